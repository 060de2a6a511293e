from django.urls import path

from apps.cases import upload_views as views

urlpatterns = [
    path("", views.upload_page, name="upload"),
    path("<uuid:run_id>/", views.import_page, name="import_run"),
    path("<uuid:run_id>/columns/", views.import_columns, name="import_columns"),
    path("<uuid:run_id>/rejected/", views.rejected_rows, name="import_rejected"),
]
