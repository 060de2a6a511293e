from django.urls import path

from apps.reviews import views, views_queue

urlpatterns = [
    path("", views_queue.queue_page, name="queue"),
    path("undo/<uuid:disposition_id>/", views.undo_decision, name="undo_decision"),
    path("<str:number>/", views.case_page, name="review_case"),
    path("<str:number>/approve/", views.approve_case, name="approve_case"),
    path("<str:number>/reject/", views.reject_case, name="reject_case"),
    path("<str:number>/escalate/", views.escalate_case, name="escalate_case"),
]
