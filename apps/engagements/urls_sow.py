"""The statement of work, and the board of Build."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
