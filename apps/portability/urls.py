from django.urls import path

from apps.portability import views

urlpatterns = [
    path("", views.hand_overs_page, name="hand_overs"),
    path("new/", views.hand_over_creation, name="hand_over_creation"),
    path("<uuid:hand_over_id>/approve/", views.hand_over_approval, name="hand_over_approval"),
    path("<uuid:hand_over_id>/cancel/", views.hand_over_end, name="hand_over_end"),
    path("<uuid:hand_over_id>/refuse/", views.hand_over_refusal, name="hand_over_refusal"),
    path("<uuid:hand_over_id>/archive/", views.hand_over_file, name="hand_over_file"),
]
