"""Measures against the baseline, and the monthly report."""

from django.urls import URLPattern, path

from apps.insights import views, views_reports

urlpatterns: list[URLPattern] = [
    path("", views.insights, name="insights"),
    path("kpis/", views.kpis_page, name="kpis"),
    path("kpis.json", views.kpis_data, {"form": "json"}, name="kpis_json"),
    path("kpis.csv", views.kpis_data, {"form": "csv"}, name="kpis_csv"),
    path("kpis/<slug:name>/cases/", views.kpi_cases, name="kpi_cases"),
    path("rate/<slug:slug>/", views.rate_page, name="hour_rate"),
    path("rate/<slug:slug>/set/", views.rate_creation, name="hour_rate_creation"),
    path("reports/", views_reports.reports_page, name="reports"),
    path("reports/<uuid:report_id>.pdf", views_reports.report_file, name="report_file"),
    path("reports/recipients/<slug:slug>/add/", views_reports.recipient_addition, name="recipient_addition"),
    path("reports/recipients/<int:recipient_id>/remove/", views_reports.recipient_removal, name="recipient_removal"),
    path("reports/deliveries/<int:delivery_id>/retry/", views_reports.report_retry, name="report_retry"),
]
