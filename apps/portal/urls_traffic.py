from django.urls import path

from apps.portal import views_charter as charter
from apps.portal import views_traffic as views

urlpatterns = [
    path("traffic/", views.traffic, name="traffic"),
    path("traffic/<slug:slug>/move/", views.move, name="traffic_move"),
    path("traffic/<slug:slug>/safe-move/", views.safe_move, name="traffic_safe_move"),
    path("traffic/<slug:slug>/stop/", views.stop, name="traffic_stop"),
    path("traffic/notices/<int:notice_id>/seen/", views.seen, name="notice_seen"),
    path("charter/", charter.charter_page, name="charter"),
    path("charter/<slug:slug>/draft/", charter.charter_draft, name="charter_draft"),
    path("charter/<int:charter_id>/sign/", charter.charter_sign, name="charter_sign"),
]
