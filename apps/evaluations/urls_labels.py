from django.urls import path

from apps.evaluations import views_labelling as labelling
from apps.evaluations import views_labels as labels

urlpatterns = [
    path("", labels.sets_page, name="labelled_sets"),
    path("drafts/<slug:workflow>/new/", labels.draft_creation, name="labelled_set_draft"),
    path("<int:set_id>/", labels.set_page, name="labelled_set"),
    path("<int:set_id>/cases/", labels.cases_page, name="labelled_cases"),
    path("<int:set_id>/add/", labels.add_page, name="labelled_set_add"),
    path("<int:set_id>/add/file/", labels.file_upload, name="labelled_set_file"),
    path("<int:set_id>/proposals/", labels.proposals_page, name="label_proposals"),
    path("<int:set_id>/check/", labels.leak_check, name="labelled_set_check"),
    path("<int:set_id>/leaks/<int:leak_id>/", labels.leak_acceptance, name="leak_acceptance"),
    path("<int:set_id>/freeze/", labels.freezing_step, name="labelled_set_freeze"),
    path("<int:set_id>/discard/", labels.draft_discarding, name="labelled_set_discard"),
    path("<int:set_id>/remove/<int:case_id>/", labels.case_removal, name="labelled_case_removal"),
    path("<int:set_id>/label/", labelling.next_case, name="label_next"),
    path("<int:set_id>/label/<int:case_id>/", labelling.label_page, name="label"),
    path("<int:set_id>/label/<int:case_id>/save/", labelling.label_saving, name="label_saving"),
    path("<int:set_id>/label/<int:case_id>/look/", labelling.holdout_look, name="holdout_look"),
    path("<int:set_id>/label/<int:case_id>/adjudicate/", labelling.adjudication, name="label_adjudication"),
    path("<int:set_id>/passages/", labelling.passages_found, name="label_passages"),
]
