"""Measures against the baseline, and the monthly report."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
