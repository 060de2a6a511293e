from django.urls import path

from apps.evaluations import views_quality as views

urlpatterns = [
    path("quality/", views.quality_page, name="quality"),
    path("quality/coaching/", views.own_coaching, name="coaching"),
    path("quality/coaching/<uuid:person_id>/", views.coaching_page, name="coaching_of"),
    path("loop/", views.loop_page, name="loop"),
]
