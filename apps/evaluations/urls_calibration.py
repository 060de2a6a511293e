from django.urls import path

from apps.evaluations import views_calibration as views

urlpatterns = [
    path("", views.calibration_page, name="calibration"),
    path("propose/", views.threshold_proposal, name="threshold_proposal"),
]
