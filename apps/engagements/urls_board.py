"""The engagement: its board, notes of shadowing, baselines and the tenth day."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
