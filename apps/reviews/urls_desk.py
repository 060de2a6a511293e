from django.urls import path

from apps.reviews import views_desk as desk

urlpatterns = [
    path("next/", desk.next_case, name="next_case"),
    path("<str:number>/hold/", desk.hold_case, name="hold_case"),
    path("<str:number>/release/", desk.release_case, name="release_case"),
    path("<str:number>/take-over/", desk.take_over_case, name="take_over_case"),
    path("<str:number>/give-back/", desk.give_back_case, name="give_back_case"),
]
