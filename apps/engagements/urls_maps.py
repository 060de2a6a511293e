"""The maps of Discovery: workflow, integration, governance."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
