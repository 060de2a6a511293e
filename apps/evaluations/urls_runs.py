from django.urls import path

from apps.evaluations import views_runs as runs

urlpatterns = [
    path("", runs.runs_page, name="runs"),
    path("new/<str:fingerprint>/", runs.run_creation, name="run_creation"),
    path("runs/<uuid:run_id>/", runs.run_page, name="run"),
    path("runs/<uuid:run_id>/cancel/", runs.run_cancellation, name="run_cancellation"),
    path("compare/<str:fingerprint>/", runs.comparison_page, name="comparison"),
    path("compare/<str:fingerprint>/judge/", runs.judging, name="judging"),
    path("verdicts/<uuid:verdict_id>/", runs.verdict_page, name="verdict"),
    path("verdicts/<uuid:verdict_id>/approve/", runs.approval, name="approval"),
    path("overrides/new/<str:fingerprint>/", runs.override_proposal, name="override_proposal"),
    path("overrides/<uuid:override_id>/", runs.override_decision, name="override_decision"),
]
