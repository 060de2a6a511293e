from django.urls import path

from apps.evaluations import views_decisions as views

urlpatterns = [
    path("", views.decisions_page, name="decisions"),
    path("retrain/<slug:slug>/", views.retraining, name="retraining"),
    path("<uuid:decision_id>/", views.decision_page, name="decision"),
    path("<uuid:decision_id>/act/", views.decision_act, name="decision_act"),
]
