"""Somebody is forgotten: what they wrote is gone from every table, what was done stays provable, a hold stops it."""

import json

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.audit.models import Entry, SubjectKey
from apps.audit.sequencer import sequence
from apps.audit.verification import verify
from apps.cases.admission import admit
from apps.cases.models import Case, Step, Subject
from apps.cases.submission import Submission
from apps.compliance.erasing import Stays, forget_person, obstacles, preview
from apps.compliance.holds import lift_hold, place_hold
from apps.compliance.inventory import PLACES, Fate
from apps.tenants.actors import SYSTEM
from tests.architecture.planting import tenant_models
from tests.factories import TEXT, customer_service, waiting_case

WHO = "dana.whitfield@mail.example"
SAID = ("Dana", "Whitfield", "Ridgeline", "88-20417")


def closed(text: str = TEXT) -> Case:
    case = waiting_case(customer=WHO, text=text)
    case.state, case.layer, case.outcome, case.closed_at = "closed", "done", "rejected", timezone.now()
    case.save()
    return case


@pytest.fixture
def case(northgate) -> Case:
    return closed()


def everything() -> str:
    """All that the tenant's tables hold, but for what is the organisation's own and was there before."""
    found = []
    for model in tenant_models():
        if model._meta.app_label in {"taxonomies", "workflows", "corpora", "prompts"}:
            continue
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT to_jsonb(t)::text FROM {model._meta.db_table} t")
            found += [f"{model._meta.label} {row}" for (row,) in cursor.fetchall()]
    entries = [bytes(each).decode() for each in Entry.objects.values_list("bytes", flat=True)]
    return "\n".join(found + entries)


def forget(case: Case):
    return forget_person(actor=SYSTEM, subject=case.subject, reason="Asked for it.")


def test_nothing_that_a_person_wrote_is_left_in_any_table(case):
    assert all(word in everything() for word in SAID)
    certificate = forget(case)
    left = [line[:160] for line in everything().splitlines() if any(word in line for word in (*SAID, WHO))]
    assert not left
    assert {line["title"]: line["rows"] for line in certificate["gone"]}["What the layers found and drafted"] == 4


def test_the_preview_says_what_the_certificate_says_afterwards(case):
    closed()
    announced = preview(case.subject)
    assert announced == forget(case)["gone"]


def test_the_key_is_destroyed_and_the_log_still_verifies(case):
    forget(case)
    assert bytes(SubjectKey.objects.get(pk=case.subject_id).wrapped or b"") == b""
    sequence()
    assert verify().findings == []
    entry = json.loads(bytes(Entry.objects.get(action="person.forgotten").bytes))
    assert WHO not in str(entry)


def test_somebody_who_writes_again_is_somebody_new(case):
    forget(case)
    again = admit(
        actor=SYSTEM,
        workflow=customer_service(),
        submission=Submission(external_id="later", text="Hello again.", customer=WHO),
        region="EU",
    )
    assert Case.objects.get(pk=again.case_id).subject_id != case.subject_id


def test_the_same_message_sent_again_does_not_come_back(case):
    forget(case)
    case.refresh_from_db()
    again = Submission(external_id=case.external_id, text=TEXT, customer=WHO)
    with pytest.raises(ValueError, match="came with this id before"):
        admit(actor=SYSTEM, workflow=customer_service(), submission=again, region="EU")


def test_a_case_in_work_is_decided_first(northgate):
    case = waiting_case(customer=WHO)
    with pytest.raises(Stays, match="still in work"):
        forget(case)
    assert Subject.objects.get(pk=case.subject_id).reference == WHO


def test_a_hold_stops_it_until_it_is_lifted(case):
    hold = place_hold(actor=SYSTEM, subject=case.subject, matter="Whitfield v. Northgate", reason="Sued us.")
    with pytest.raises(Stays, match="A legal hold stands"):
        forget(case)
    lift_hold(actor=SYSTEM, hold=hold, because="Settled.")
    assert not obstacles(case.subject)
    forget(case)


def test_the_database_itself_keeps_what_is_held(case):
    place_hold(actor=SYSTEM, subject=case.subject, matter="Whitfield v. Northgate", reason="Sued us.", case=case)
    with pytest.raises(IntegrityError, match="legal hold"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO compliance_erased_case (case_id, reason, at) VALUES (%s, 'x', now())", [case.pk])


def test_steps_go_with_an_erased_case_only(case):
    with pytest.raises(IntegrityError, match="has not been erased"), transaction.atomic():
        Step.objects.filter(case=case).delete()


def test_somebody_elses_words_stay(case):
    other = waiting_case(customer="C-2", text="The zip is stuck.")
    forget(case)
    other.refresh_from_db()
    assert (other.text, other.steps.count()) == ("The zip is stuck.", 4)


def test_every_title_of_the_inventory_has_its_place_first():
    assert PLACES[0].title
    assert all(place.by for place in PLACES if place.fate in (Fate.EMPTIED, Fate.REMOVED))
