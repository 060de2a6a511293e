from django.urls import path

from apps.reviews import views_bulk as bulk
from apps.reviews import views_desk as desk
from apps.reviews import views_saved as saved

urlpatterns = [
    path("next/", desk.next_case, name="next_case"),
    path("many/", bulk.bulk_actions, name="bulk_actions"),
    path("many/preview/", bulk.bulk_page, name="bulk"),
    path("many/<uuid:bulk_id>/", bulk.bulk_action, name="bulk_action"),
    path("many/<uuid:bulk_id>/undo/", bulk.bulk_undo, name="bulk_undo"),
    path("filters/", saved.filter_saving, name="save_filter"),
    path("filters/<uuid:filter_id>/remove/", saved.filter_removal, name="remove_filter"),
    path("<str:number>/hold/", desk.hold_case, name="hold_case"),
    path("<str:number>/release/", desk.release_case, name="release_case"),
    path("<str:number>/take-over/", desk.take_over_case, name="take_over_case"),
    path("<str:number>/give-back/", desk.give_back_case, name="give_back_case"),
    path("<str:number>/give/", desk.give_case, name="give_case"),
]
