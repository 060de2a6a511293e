from django.urls import path

from apps.compliance import views_exports as views

urlpatterns = [
    path("", views.exports_page, name="exports"),
    path("new/", views.export_creation, name="export_creation"),
    path("<uuid:export_id>/cancel/", views.export_end, name="export_end"),
    path("<uuid:export_id>/again/", views.export_renewal, name="export_renewal"),
    path("<uuid:export_id>/bundle/", views.bundle_file, name="bundle_file"),
]
