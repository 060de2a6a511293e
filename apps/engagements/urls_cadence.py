"""The cadence of Run, and the hand-over."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
