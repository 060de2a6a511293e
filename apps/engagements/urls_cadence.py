"""The cadence of Run, and the hand-over."""

from django.urls import path

from apps.engagements import views_cadence, views_hand_over, views_records

urlpatterns = [
    path("cadence/", views_cadence.cadence_page, name="cadence"),
    path("cadence/begin/", views_cadence.cadence_beginning, name="cadence_beginning"),
    path("cadence/records/", views_records.records_page, name="ritual_records"),
    path("cadence/records/<uuid:record_id>/", views_records.record_page, name="ritual_record"),
    path("cadence/follow-ups/", views_records.follow_ups_page, name="follow_ups"),
    path("cadence/follow-ups/<uuid:follow_up_id>/", views_records.follow_up_closing, name="follow_up_closing"),
    path("hand-over/", views_hand_over.hand_over_page, name="hand_over"),
    path("hand-over/end/", views_hand_over.engagement_ending, name="engagement_ending"),
    path("hand-over/<slug:item>/", views_hand_over.hand_over_stating, name="hand_over_stating"),
    path("cadence/<slug:ritual>/<slug:day>/", views_cadence.ritual_page, name="ritual"),
    path("cadence/<slug:ritual>/<slug:day>/write/", views_cadence.ritual_writing, name="ritual_writing"),
    path("cadence/<slug:ritual>/<slug:day>/skip/", views_cadence.ritual_skipping, name="ritual_skipping"),
]
