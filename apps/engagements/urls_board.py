"""The engagement: its board, notes of shadowing, baselines and the tenth day."""

from django.urls import path

from apps.engagements import views_allocation, views_baselines, views_board, views_day_ten, views_shadowing, views_start

urlpatterns = [
    path("", views_board.board_page, name="engagement"),
    path("hours/", views_allocation.own_hours, name="own_hours"),
    path("new/", views_start.engagement_creation, name="engagement_creation"),
    path("new/answers/", views_start.answers_adding, name="answers_adding"),
    path("lay-out/", views_board.board_layout, name="board_layout"),
    path("tasks/new/", views_board.task_creation, name="task_creation"),
    path("tasks/<int:task_id>/", views_board.task_page, name="task"),
    path("tasks/<int:task_id>/state/", views_board.task_moving, name="task_moving"),
    path("tasks/<int:task_id>/remove/", views_board.task_removal, name="task_removal"),
    path("shadowing/", views_shadowing.shadowing_list, name="shadowing"),
    path("shadowing/new/", views_shadowing.shadowing_beginning, name="shadowing_beginning"),
    path("shadowing/steps.csv", views_shadowing.shadowing_table, name="shadowing_table"),
    path("shadowing/<int:shadowing_id>/", views_shadowing.shadowing_notes, name="shadowing_notes"),
    path("shadowing/<int:shadowing_id>/tap/", views_shadowing.shadowing_tap, name="shadowing_tap"),
    path("baseline/", views_baselines.baselines_page, name="engagement_baselines"),
    path("baseline/new/", views_baselines.baseline_recording, name="baseline_recording"),
    path("day-10/", views_day_ten.day_ten_page, name="day_ten"),
    path("day-10/sign/", views_day_ten.day_ten_signing, name="day_ten_signing"),
]
