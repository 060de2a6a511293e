"""The public site: pages for everyone, on the base domain."""

from django.urls import URLPattern, URLResolver, include, path

from apps.portal import views as portal

urlpatterns: list[URLPattern | URLResolver] = [
    path("", portal.landing, name="landing"),
    path("", include("apps.planning.urls")),
]
