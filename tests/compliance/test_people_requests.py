"""Requests about people's data: due in a month, answered or refused, and nobody forgets a person alone."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from apps.audit.commitments import SubjectForgotten, commit
from apps.cases.holding import hold_back
from apps.cases.models import Case, Subject
from apps.compliance import erasure_ledger
from apps.compliance.erasing import is_forgotten
from apps.compliance.models import DataRequest, ErasedCase, Restriction
from apps.compliance.people_requests import (
    NotPossible,
    answer_request,
    carry_out_erasure,
    extend_request,
    open_request,
    refuse_request,
)
from apps.compliance.retention import apply_retention, forecast, make_rule
from apps.compliance.subject_export import export_person
from apps.tenants.actors import SYSTEM
from apps.tenants.schemas import current_schema
from tests.compliance.test_erasing import WHO, closed
from tests.factories import Draft, customer_service, review

TODAY = timezone.localdate


@pytest.fixture
def case(northgate) -> Case:
    return closed()


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "ERASURE_LEDGER", tmp_path)
    return tmp_path


def asked(of: Case, who, kind: str = "erasure", wishes: str = "", case: Case | None = None) -> DataRequest:
    return open_request(actor=who.actor, subject=of.subject, kind=kind, received_on=TODAY(), wishes=wishes, case=case)


def test_a_request_is_due_after_thirty_days_and_extended_once(case, compliance_officer):
    request = asked(case, compliance_officer, "access")
    assert request.due_on == TODAY() + timedelta(days=30)
    request = extend_request(actor=compliance_officer.actor, request=request, because="Three systems are asked.")
    assert request.due_on == TODAY() + timedelta(days=90)
    with pytest.raises(NotPossible, match="allows it once"):
        extend_request(actor=compliance_officer.actor, request=request, because="Again.")


def test_nobody_forgets_a_person_alone(case, compliance_officer, decision_owner, ledger):
    request = asked(case, compliance_officer, wishes="Please forget me, Dana Whitfield.")
    with pytest.raises(NotPossible, match="second person"):
        carry_out_erasure(actor=compliance_officer.actor, request=request)
    done = carry_out_erasure(actor=decision_owner.actor, request=request)
    assert (done.state, done.wishes, done.closed_name) == ("done", "", decision_owner.actor.name)
    assert done.certificate["subject"] == str(case.subject_id)
    assert ErasedCase.objects.get(case=case).request == request
    with pytest.raises(SubjectForgotten):
        commit(case.subject_id, b"x")


def test_a_refusal_names_its_ground(case, compliance_officer):
    request = asked(case, compliance_officer)
    with pytest.raises(NotPossible, match="ground"):
        refuse_request(actor=compliance_officer.actor, request=request, ground="", answer="No.")
    refused = refuse_request(
        actor=compliance_officer.actor, request=request, ground="17-3-e", answer="A claim is being defended."
    )
    assert refused.get_ground_display().startswith("Legal claims")


def test_a_contested_decision_names_its_case(case, compliance_officer):
    with pytest.raises(NotPossible, match="Choose the case"):
        asked(case, compliance_officer, "contest")
    request = asked(case, compliance_officer, "contest", case=case)
    assert answer_request(actor=compliance_officer.actor, request=request, answer="It stands.").state == "done"


def test_restricted_data_clears_nothing_automatically(case, compliance_officer):
    gate = review(Draft()).model_copy(update={"route": "automatic", "rule": "sure", "lane": "automatic"})
    slug = customer_service().slug
    assert hold_back(gate, slug, "some_type", case.subject_id).route == "automatic"
    answer_request(
        actor=compliance_officer.actor, request=asked(case, compliance_officer, "restriction"), answer="Restricted."
    )
    held = hold_back(gate, slug, "some_type", case.subject_id)
    assert (held.route, held.rule) == ("queue", "restricted")


def test_a_copy_says_by_what_logic_was_decided_and_names_nobody_else(case, compliance_officer):
    copy = export_person(actor=compliance_officer.actor, subject=case.subject)
    (one,) = copy["cases"]
    assert one["text"].startswith("Hi,")
    assert one["logic"]["read_as"]["why"] == "The words are those of earlier returns."
    assert one["logic"]["who_decides"]["lane"] == "The system proposes, and a person decides."
    assert "a person" in str(one["decisions"]) or not one["decisions"]


def old(case: Case, days: int) -> None:
    Case.objects.filter(pk=case.pk).update(closed_at=timezone.now() - timedelta(days=days))


def test_of_the_retention_rules_the_longest_wins(case):
    old(case, 400)
    make_rule(actor=SYSTEM, data="cases", days=365, source="Schedule")
    assert [each.due for each in forecast()] == [1]
    make_rule(actor=SYSTEM, data="cases", days=2190, source="17 CFR 240.17a-4", workflow=case.workflow)
    assert [each.due for each in forecast()] == [0]
    assert apply_retention() == {}


def test_what_is_over_its_time_goes_once_and_what_is_asked_about_stays(case, compliance_officer):
    kept = closed(text="Another matter.")
    other = closed(text="Third.")
    Case.objects.filter(pk=kept.pk).update(subject=Subject.objects.create(reference="C-9"))
    for each in (case, kept, other):
        old(each, 400)
    kept.refresh_from_db()
    asked(kept, compliance_officer, "access")
    make_rule(actor=SYSTEM, data="cases", days=365, source="Schedule")
    assert [(each.due, each.kept) for each in forecast()] == [(2, 1)]
    assert apply_retention() == {"cases": 2}
    assert apply_retention() == {}
    assert Case.objects.get(pk=case.pk).text == ""
    assert Case.objects.get(pk=kept.pk).text == "Another matter."
    assert not is_forgotten(case.subject)


def test_the_ledger_tells_a_changed_line_and_is_caught_up(case, compliance_officer, decision_owner, ledger):
    carry_out_erasure(actor=decision_owner.actor, request=asked(case, compliance_officer))
    assert erasure_ledger.erased() == []  # the transaction of the test is still open
    assert erasure_ledger.catch_up() == 1
    assert erasure_ledger.catch_up() == 0
    assert [each.subject for each in erasure_ledger.erased()] == [case.subject_id]
    file = ledger / f"{current_schema()}.jsonl"
    file.write_text(file.read_text().replace(str(case.subject_id), "0" * 8 + str(case.subject_id)[8:]))
    with pytest.raises(erasure_ledger.LedgerBroken, match="Line 1"):
        erasure_ledger.erased()


def test_a_restriction_ends_with_the_person(case, compliance_officer, decision_owner, ledger):
    answer_request(
        actor=compliance_officer.actor, request=asked(case, compliance_officer, "restriction"), answer="Restricted."
    )
    carry_out_erasure(actor=decision_owner.actor, request=asked(case, compliance_officer))
    assert not Restriction.objects.exists()
    assert Subject.objects.get(pk=case.subject_id).reference != WHO
