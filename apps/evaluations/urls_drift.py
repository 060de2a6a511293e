from django.urls import path

from apps.evaluations import views_drift as views

urlpatterns = [
    path("", views.drift_page, name="drift"),
    path("look/<slug:slug>/", views.drift_look, name="drift_look"),
]
