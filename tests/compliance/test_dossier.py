"""A case's dossier: all of it in one statement, and only what was known at the moment that is asked for."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.audit.sequencer import sequence
from apps.cases.complaints import record_complaint, withdraw_complaint
from apps.compliance.dossier import NoSuchCase, dossier
from apps.connectors.models import Effect
from apps.reviews import services
from apps.reviews.models import Disposition
from apps.tenants.actors import SYSTEM, Actor
from apps.tenants.schemas import in_schema
from tests.factories import waiting_case

OLGA = Actor("person", str(uuid4()), "Olga Brandt", "senior_reviewer")
pytestmark = pytest.mark.usefixtures("northgate")


def approved():
    case = waiting_case(ungrounded=False)
    services.approve(actor=OLGA, case_id=case.pk, revision=1, edits={}, reason_code="", rationale="As the policy says.")
    return case


def test_a_dossier_is_one_statement_whatever_has_happened_to_the_case():
    case = approved()
    sequence()
    with CaptureQueriesContext(connection) as asked:
        whole = dossier(case.pk)
    assert len(asked) == 1
    assert [entry.action for entry in whole.entries][:6] == [
        "case.admitted", "case.intake", "case.context", "case.action", "case.review", "review.approve",
    ]  # fmt: skip
    assert whole.intact
    assert whole.placed == len(whole.entries)


def test_it_holds_what_stands_beside_the_entries():
    whole = dossier(approved().pk)
    assert whole.case.workflow == "customer-service"
    assert whole.release.manifest.fingerprint == whole.release.fingerprint
    assert whole.run_of(whole.entries[2]).result["passages"][0]["text"]
    assert [(each.kind, each.rationale, each.undone) for each in whole.found.dispositions] == [
        ("approve", "As the policy says.", False)
    ]
    assert {whole.state_of(effect) for effect in whole.found.effects} == {"planned"}


def test_every_moment_shows_what_was_known_then_and_nothing_of_later():
    case = approved()
    whole = dossier(case.pk)
    for count, entry in enumerate(whole.entries, start=1):
        then = dossier(case.pk, entry.at)
        assert [each.id for each in then.entries] == [each.id for each in whole.entries[:count]]
    came_in, read = dossier(case.pk, whole.entries[0].at), dossier(case.pk, whole.entries[1].at)
    assert came_in.found.steps == ()
    assert [step.layer for step in read.found.steps] == ["intake"]
    before_the_decision = dossier(case.pk, whole.entries[4].at)
    assert before_the_decision.found.dispositions == ()
    assert before_the_decision.found.effects == ()


def test_an_effect_has_the_state_that_it_had():
    case = approved()
    planned = dossier(case.pk).entries[-1].at
    services.undo(actor=OLGA, disposition_id=Disposition.objects.get().pk)
    now, then = dossier(case.pk), dossier(case.pk, planned)
    assert {now.state_of(effect) for effect in now.found.effects} == {"cancelled"}
    assert {then.state_of(effect) for effect in then.found.effects} == {"planned"}
    assert set(Effect.objects.values_list("state", flat=True)) == {"cancelled"}
    assert [each.undone for each in now.found.dispositions] == [True]
    assert [each.undone for each in then.found.dispositions] == [False]


def test_a_complaint_that_was_withdrawn_later_stood_before():
    case = waiting_case()
    services.reject(actor=OLGA, case_id=case.pk, revision=1, reason_code="tone", rationale="Rude.")
    complaint, _ = record_complaint(actor=SYSTEM, case=case, said="Nobody read what I wrote.")
    recorded = timezone.now()
    withdraw_complaint(actor=SYSTEM, complaint=complaint)
    assert [each.withdrawn for each in dossier(case.pk).found.complaints] == [True]
    assert [each.withdrawn for each in dossier(case.pk, recorded).found.complaints] == [False]
    assert dossier(case.pk, case.admitted_at - timedelta(days=1)).found.complaints == ()


def test_before_a_case_came_in_its_dossier_is_empty():
    case = waiting_case()
    then = dossier(case.pk, case.admitted_at - timedelta(days=1))
    assert then.entries == ()
    assert then.found.steps == ()


def test_no_other_tenants_case_has_a_dossier(harbour):
    case = waiting_case()
    with in_schema(harbour.schema_name), pytest.raises(NoSuchCase):
        dossier(case.pk)
