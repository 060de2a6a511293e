"""The statement of work, and the board of Build."""

from django.urls import path

from apps.engagements import views_build as build
from apps.engagements import views_sow as views

urlpatterns = [
    path("build/", build.build_page, name="build_board"),
    path("build/close/", build.build_closing, name="build_closing"),
    path("build/changes/", build.change_asking, name="change_asking"),
    path("build/changes/<int:change_id>/", build.change_deciding, name="change_deciding"),
    path("sow/", views.sow_page, name="sow"),
    path("sow/new/", views.sow_writing, name="sow_writing"),
    path("sow/<int:number>/", views.sow_version, name="sow_version"),
    path("sow/<int:number>/against/<int:other>/", views.sow_comparison, name="sow_comparison"),
    path("sow/<int:number>/pdf/", views.sow_pdf, name="sow_pdf"),
    path("sow/<int:number>/docx/", views.sow_docx, name="sow_docx"),
    path("sow/<int:number>/offer/", views.sow_offering, name="sow_offering"),
    path("sow/<int:number>/decide/", views.sow_deciding, name="sow_deciding"),
    path("sow/<int:number>/comments/", views.sow_commenting, name="sow_commenting"),
    path("sow/comments/<int:comment_id>/", views.sow_resolving, name="sow_resolving"),
]
