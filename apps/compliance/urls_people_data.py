from django.urls import path

from apps.compliance import views_people_data as people
from apps.compliance import views_retention as retention

urlpatterns = [
    path("", people.people_data_page, name="people_data"),
    path("retention/", retention.retention_page, name="retention"),
    path("retention/rules/", retention.rule_creation, name="retention_rule_creation"),
    path("retention/rules/<uuid:rule_id>/end/", retention.rule_end, name="retention_rule_end"),
    path("retention/run/", retention.retention_run, name="retention_run"),
    path("people/<uuid:subject_id>/", people.person_page, name="person"),
    path("people/<uuid:subject_id>/copy/", people.person_copy, name="person_copy"),
    path("people/<uuid:subject_id>/requests/", people.request_creation, name="data_request_creation"),
    path("people/<uuid:subject_id>/holds/", people.hold_creation, name="hold_creation"),
    path("people/<uuid:subject_id>/restriction/end/", people.restriction_end, name="restriction_end"),
    path("holds/<uuid:hold_id>/end/", people.hold_end, name="hold_end"),
    path("requests/<uuid:request_id>/", people.request_page, name="data_request"),
    path("requests/<uuid:request_id>/certificate/", people.certificate_page, name="erasure_certificate"),
    path("requests/<uuid:request_id>/answer/", people.request_answer, name="data_request_answer"),
    path("requests/<uuid:request_id>/erase/", people.request_erasure, name="data_request_erasure"),
    path("requests/<uuid:request_id>/extend/", people.request_extension, name="data_request_extension"),
    path("requests/<uuid:request_id>/refuse/", people.request_refusal, name="data_request_refusal"),
]
