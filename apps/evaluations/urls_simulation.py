from django.urls import path

from apps.evaluations import views_simulation as views

urlpatterns = [
    path("", views.simulations_page, name="simulations"),
    path("new/", views.simulation_creation, name="simulation_creation"),
    path("<uuid:simulation_id>/", views.simulation_page, name="simulation"),
    path("<uuid:simulation_id>/cancel/", views.simulation_cancellation, name="simulation_cancellation"),
]
