from django.urls import path

from apps.evaluations import views_assurance as assurance

urlpatterns = [
    path("", assurance.assurance_page, name="assurance"),
    path("new/<str:fingerprint>/", assurance.assurance_creation, name="assurance_creation"),
    path("runs/<uuid:run_id>/", assurance.assurance_run, name="assurance_run"),
    path("runs/<uuid:run_id>/cancel/", assurance.assurance_cancellation, name="assurance_cancellation"),
    path("runs/<uuid:run_id>/findings/<str:key>/", assurance.finding_page, name="assurance_finding"),
    path("runs/<uuid:run_id>/findings/<str:key>/look/", assurance.finding_look, name="assurance_look"),
]
