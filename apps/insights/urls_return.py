"""What the workflow returns, what is out of the ordinary, and what is to come."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
