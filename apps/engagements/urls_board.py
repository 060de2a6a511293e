"""The engagement: its board, notes of shadowing, baselines and the tenth day."""

from django.urls import path

from apps.engagements import views_board

urlpatterns = [path("", views_board.board_page, name="engagement")]
