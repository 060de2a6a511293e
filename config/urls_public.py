"""The public site: pages for everyone, on the base domain."""

from django.urls import URLPattern, URLResolver, include, path

from apps.compliance import views_readiness as readiness
from apps.engagements import views_start as start
from apps.portal import views_public as public

urlpatterns: list[URLPattern | URLResolver] = [
    path("", public.landing, name="landing"),
    path("", include("apps.planning.urls")),
    path("readiness/", readiness.public_readiness, name="public_readiness"),
    path("readiness.json", readiness.public_readiness_data, name="public_readiness_data"),
    path("start/", start.start_page, name="start"),
    path("concepts/", public.concept_list, name="concepts"),
    path("concepts/<slug:slug>/", public.concept_page, name="concept"),
    path("llms.txt", public.llms, name="llms"),
    path("robots.txt", public.robots, name="robots"),
    path("sitemap.xml", public.sitemap, name="sitemap"),
]
