from django.urls import path

from apps.reviews import views_blind as views

urlpatterns = [
    path("", views.blind_page, name="blind"),
    path("next/", views.take_blind, name="take_blind"),
    path("<uuid:review_id>/", views.blind_review, name="blind_review"),
    path("<uuid:review_id>/decide/", views.decide_blind, name="decide_blind"),
]
