"""Measures against the baseline, and the monthly report."""

from django.urls import URLPattern, path

from apps.insights import views

urlpatterns: list[URLPattern] = [
    path("", views.insights, name="insights"),
    path("kpis/", views.kpis_page, name="kpis"),
    path("kpis.json", views.kpis_data, {"form": "json"}, name="kpis_json"),
    path("kpis.csv", views.kpis_data, {"form": "csv"}, name="kpis_csv"),
    path("kpis/<slug:name>/cases/", views.kpi_cases, name="kpi_cases"),
    path("rate/<slug:slug>/", views.rate_page, name="hour_rate"),
    path("rate/<slug:slug>/set/", views.rate_creation, name="hour_rate_creation"),
]
