"""A person is forgotten: their labelled cases are taken out of drafts and blanked in frozen versions, which say so."""

from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.audit.models import Entry
from apps.cases.models import Subject
from apps.evaluations.coverage import coverage_of
from apps.evaluations.drafts import start_draft
from apps.evaluations.erasure import erase_from_sets
from apps.evaluations.freezing import obstacles
from apps.evaluations.judgement import SetFacts, judge_arrays
from apps.evaluations.labelled_sets import cases_in, erased_in, training_examples
from apps.evaluations.labels import Expected, Labelled
from apps.evaluations.models import Label, LabelledCase, LabelledSet
from apps.evaluations.services import create_labelled_set, set_frozen
from apps.tenants.actors import SYSTEM
from apps.tenants.models import Tenant
from tests.evaluations.labelling import labelled, shop
from tests.evaluations.test_gate_judgement import RIGHT, pair


def of(customer: str, number: int) -> Labelled:
    each = labelled(number)
    points = Expected(case_type="refund", must=("greet Mr Smith by name",))
    return each._replace(submission=each.submission.model_copy(update={"customer": customer}), expected=points)


@pytest.fixture
def frozen(northgate: Tenant) -> LabelledSet:
    """Twenty cases, four of them held out, ten of C-1 and ten of C-2."""
    cases = [of("C-1" if number % 2 else "C-2", number) for number in range(20)]
    return create_labelled_set(actor=SYSTEM, workflow=shop(), name="First", cases=cases)


@pytest.fixture
def subject(frozen: LabelledSet) -> UUID:
    return Subject.objects.create(id=uuid4(), reference="C-1", created_at=timezone.now()).pk


def test_a_forgotten_persons_cases_are_blank_and_counted(frozen: LabelledSet, subject: UUID) -> None:
    held_out = cases_in(frozen, "holdout").count()
    assert erase_from_sets(actor=SYSTEM, subject=subject, reason="She asked for it.") == 10
    blank = frozen.cases.exclude(erased_at=None)
    assert blank.count() == 10
    assert {(case.submission["text"], case.submission["customer"], str(case.expected)) for case in blank} == {
        ("", "", "{}")
    }
    assert erased_in(frozen, "holdout") + cases_in(frozen, "holdout").count() == held_out
    assert coverage_of(frozen).in_all == 10
    assert not obstacles(frozen)[0].startswith("10 cases without")
    assert Entry.objects.filter(action="labelled_set.subject_erased").count() == 1


def test_nothing_learns_from_a_blank_case_and_no_draft_carries_it_on(frozen: LabelledSet, subject: UUID) -> None:
    erase_from_sets(actor=SYSTEM, subject=subject, reason="She asked for it.")
    assert all(example.text for example in training_examples(frozen))
    assert start_draft(actor=SYSTEM, workflow=frozen.workflow).cases.count() == 10


def test_a_draft_loses_the_case(frozen: LabelledSet, subject: UUID) -> None:
    draft = start_draft(actor=SYSTEM, workflow=frozen.workflow)
    assert erase_from_sets(actor=SYSTEM, subject=subject, reason="She asked for it.") == 20
    assert draft.cases.count() == 10


def test_what_people_said_of_a_frozen_case_goes_with_it(frozen: LabelledSet, subject: UUID) -> None:
    draft = start_draft(actor=SYSTEM, workflow=frozen.workflow)
    for case in draft.cases.all():
        Label.objects.create(labelled_case=case, labeller_id="olga", labeller_name="Olga", answers={"must": ["x"]})
    set_frozen(draft, "f" * 64)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        Label.objects.all().delete()
    erase_from_sets(actor=SYSTEM, subject=subject, reason="She asked for it.")
    assert Label.objects.count() == 10


def test_somebody_of_whom_nothing_is_labelled_changes_nothing(frozen: LabelledSet) -> None:
    assert erase_from_sets(actor=SYSTEM, subject=uuid4(), reason="She asked for it.") == 0
    assert not Entry.objects.filter(action="labelled_set.subject_erased").exists()


def test_the_database_lets_a_frozen_case_change_by_blanking_only(frozen: LabelledSet, subject: UUID) -> None:
    case = frozen.cases.first()
    assert case
    now, blank = timezone.now(), {"text": "", "customer": ""}
    for change in (
        {"erased_at": now},
        {"erased_at": now, "expected": {}},
        {"erased_at": now, "expected": {}, "submission": blank, "external_id": "other"},
        {"expected": {}, "submission": blank},
    ):
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            LabelledCase.objects.filter(pk=case.pk).update(**change)
    erase_from_sets(actor=SYSTEM, subject=subject, reason="She asked for it.")
    blanked = frozen.cases.exclude(erased_at=None).first()
    assert blanked
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        LabelledCase.objects.filter(pk=blanked.pk).update(erased_at=None)


def test_a_verdict_says_that_the_set_has_shrunk() -> None:
    verdict = judge_arrays(pair(RIGHT), [], SetFacts(cases=97, strata={}, erased=3))
    assert any(note.startswith("The set has shrunk: 3 of its 100 cases are blank") for note in verdict.notes)
