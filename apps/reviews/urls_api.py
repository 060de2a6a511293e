from django.urls import path

from apps.reviews.api import AnswerView

urlpatterns = [path("v1/cases/<str:number>/answer", AnswerView.as_view(), name="api_answer")]
