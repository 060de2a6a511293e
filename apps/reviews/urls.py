from django.urls import path

from apps.reviews import views, views_ahead, views_keys, views_past, views_queue

urlpatterns = [
    path("", views_queue.queue_page, name="queue"),
    path("ahead/", views_ahead.set_aside_next, name="set_aside_next"),
    path("decisions/", views_past.last_page, name="last_decisions"),
    path("decisions/<uuid:disposition_id>/reopen/", views_past.reopen_decision, name="reopen_decision"),
    path("keys/", views_keys.keys_page, name="own_keys"),
    path("keys/chosen/", views_keys.keys_choice, name="choose_keys"),
    path("keys/usual/", views_keys.keys_reset, name="usual_keys"),
    path("undo/<uuid:disposition_id>/", views.undo_decision, name="undo_decision"),
    path("<str:number>/", views.case_page, name="review_case"),
    path("<str:number>/sentence/<int:position>/", views_ahead.check_claim, name="check_claim"),
    path("<str:number>/approve/", views.approve_case, name="approve_case"),
    path("<str:number>/reject/", views.reject_case, name="reject_case"),
    path("<str:number>/escalate/", views.escalate_case, name="escalate_case"),
]
