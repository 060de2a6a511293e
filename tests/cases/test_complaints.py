"""A customer complains: a person or a program says so, it is on the record, and what was a mistake is taken back."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.audit.models import Entry
from apps.cases.complaints import NotTaken, record_complaint, withdraw_complaint
from apps.cases.models import Case, Complaint
from apps.tenants.capabilities import Capability
from tests.cases.test_api import Program, refused
from tests.charters import actor
from tests.factories import Draft, admitted_case, customer_service

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(northgate) -> Case:
    customer_service()
    case = admitted_case(Draft())
    case.state, case.layer, case.outcome = Case.State.CLOSED, Case.Layer.DONE, Case.Outcome.APPROVED
    case.save()
    return case


@pytest.fixture
def program(case):
    return Program(Capability.CASES_ADMIT)


def send(program, case, **fields):
    address = f"/api/v1/cases/{case.number}/complaints"
    return program.post(address, json.dumps(fields), content_type="application/json")


def test_a_complaint_is_recorded_and_its_words_stay_out_of_the_log(case):
    record_complaint(actor=actor("operator"), case=case, said="Nobody read my letter.")
    entry = Entry.objects.get(action="complaint.recorded")
    assert (entry.case_id, entry.actor) == (case.pk, f"person:{actor('operator').id}")
    assert b"letter" not in bytes(entry.bytes)


def test_an_open_case_takes_no_complaint(case):
    Case.objects.filter(pk=case.pk).update(state=Case.State.REVIEW)
    with pytest.raises(NotTaken, match="not closed yet"):
        record_complaint(actor=actor("operator"), case=case)


@pytest.mark.parametrize("off", [timedelta(days=1), timedelta(days=-900)])
def test_a_complaint_comes_after_the_case_and_before_now(case, off):
    with pytest.raises(NotTaken, match="its time"):
        record_complaint(actor=actor("operator"), case=case, complained_at=timezone.now() + off)


def test_what_was_a_mistake_is_withdrawn_once_and_stays_on_the_record(case):
    complaint, _ = record_complaint(actor=actor("operator"), case=case)
    withdraw_complaint(actor=actor("senior_reviewer"), complaint=complaint)
    with pytest.raises(NotTaken, match="Samir Haddad has withdrawn"):
        withdraw_complaint(actor=actor("operator"), complaint=complaint)
    assert Entry.objects.filter(action="complaint.withdrawn").exists()
    assert Complaint.objects.get().withdrawn_name == "Samir Haddad"


def test_the_operator_records_and_withdraws_in_the_browser(operator, case):
    assert "Nobody has complained" in operator.get(f"/cases/{case.number}/").content.decode()
    page = operator.post(f"/cases/{case.number}/complaints/", {"said": "Nobody read my letter."}, follow=True)
    assert "Nobody read my letter." in page.content.decode()
    complaint = Complaint.objects.get()
    page = operator.post(f"/cases/complaints/{complaint.pk}/withdraw/", follow=True)
    assert "counts no longer" in page.content.decode()


def test_readers_record_nothing(auditor, case):
    assert auditor.post(f"/cases/{case.number}/complaints/", {}).status_code == 403
    assert "The customer complained…" not in auditor.get(f"/cases/{case.number}/").content.decode()


def test_an_open_case_offers_no_complaint_and_refuses_one(operator, case):
    Case.objects.filter(pk=case.pk).update(state=Case.State.REVIEW, in_review_since=timezone.now())
    assert "The customer complained…" not in operator.get(f"/cases/{case.number}/").content.decode()
    page = operator.post(f"/cases/{case.number}/complaints/", {}, follow=True)
    assert "not closed yet" in page.content.decode()


def test_a_program_records_a_complaint_once(program, case):
    first = send(program, case, external_id="crm-7", said="Wrong size again.", complained_at=timezone.now().isoformat())
    again = send(program, case, external_id="crm-7", said="Wrong size again.")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert (first.json()["case"], first.json()["withdrawn_at"]) == (case.number, None)


def test_what_a_program_cannot_complain_about_is_refused_in_one_form(program, case):
    refused(send(program, case, said="x" * 2001), 400, "invalid")
    refused(send(program, case, stars=1), 400, "invalid")
    Case.objects.filter(pk=case.pk).update(number="R-999999")
    refused(send(program, case), 404, "not_found")
    case.number = "R-999999"
    Case.objects.filter(pk=case.pk).update(state=Case.State.OPEN)
    refused(send(program, case), 409, "not_taken")


def test_a_key_that_may_only_read_records_nothing(case):
    refused(send(Program(Capability.CASES_VIEW), case), 403, "permission_denied")
