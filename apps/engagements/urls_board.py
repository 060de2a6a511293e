"""The engagement: its board, notes of shadowing, baselines and the tenth day."""

from django.urls import path

from apps.engagements import views_board, views_start

urlpatterns = [
    path("", views_board.board_page, name="engagement"),
    path("new/", views_start.engagement_creation, name="engagement_creation"),
    path("new/answers/", views_start.answers_adding, name="answers_adding"),
    path("lay-out/", views_board.board_layout, name="board_layout"),
    path("tasks/new/", views_board.task_creation, name="task_creation"),
    path("tasks/<int:task_id>/", views_board.task_page, name="task"),
    path("tasks/<int:task_id>/state/", views_board.task_moving, name="task_moving"),
    path("tasks/<int:task_id>/remove/", views_board.task_removal, name="task_removal"),
]
