from django.urls import path

from apps.cases import views

urlpatterns = [
    path("", views.cases_page, name="cases"),
]
