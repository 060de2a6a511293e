"""The public tools; each page's JSON has its address with `.json`."""

from django.urls import path

from apps.planning import views

urlpatterns = [
    path("roi/", views.roi_page, name="roi"),
    path("roi.json", views.roi_data, name="roi_data"),
    path("sprint/", views.sprint_page, name="sprint"),
    path("sprint.json", views.sprint_data, name="sprint_data"),
    path("build-or-buy/", views.build_or_buy_page, name="build_or_buy"),
    path("build-or-buy.json", views.build_or_buy_data, name="build_or_buy_data"),
]
