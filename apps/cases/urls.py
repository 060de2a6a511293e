from django.urls import path

from apps.cases import complaint_views, views

urlpatterns = [
    path("", views.cases_page, name="cases"),
    path("complaints/<uuid:complaint_id>/withdraw/", complaint_views.withdraw, name="withdraw_complaint"),
    path("<str:number>/complaints/", complaint_views.complain, name="complain"),
]
