"""The demo's past: cases with their steps and decisions, dated back; an audit log that says when it was written."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from apps.audit.models import Entry
from apps.audit.sequencer import sequence
from apps.audit.verification import verify
from apps.cases.models import Case, CaseVector, Step
from apps.cases.submission import Submission
from apps.evaluations.labels import Expected, Labelled
from apps.evaluations.models import LabelledCase
from apps.reviews import calendars, policies
from apps.reviews.comparable import nearest
from apps.reviews.models import Disposition
from apps.workflows.models import Workflow
from demo import arrivals, clock, labelling, past, seeding, traffic
from demo.world import DemoTenant, tenants
from tests.cases.world import shop_system, workflow
from tests.cast import Member
from tests.demo.test_history import shop
from tests.evaluations.small_set import ASKED, DECIDED, small_set

__all__ = ["shop_system", "workflow"]


@pytest.fixture
def tenant(workflow: Workflow, monkeypatch: pytest.MonkeyPatch) -> DemoTenant:
    """The shop with sixty cases in its past: refunds that are cleared, returns and complaints that people decide."""
    rows = [
        Labelled(
            Submission(
                external_id=f"T-{1000 * place + number}",
                text=text.format(number=number),
                customer="C-1",
                channel="email",
            ),
            Expected(case_type=slug, decision=DECIDED[slug]),
            (),
        )
        for place, (slug, text) in enumerate(ASKED.items())
        for number in range(1, 21)
    ]
    monkeypatch.setattr(arrivals, "chosen", lambda _: rows)
    monkeypatch.setattr(labelling, "AGAIN", 12)
    return shop()


def brought_over(tenant: DemoTenant) -> None:
    past.bring_over(tenant, past.reserve(tenant))


def test_what_happened_is_dated_to_when_it_happened_and_the_log_to_when_it_was_written(tenant: DemoTenant) -> None:
    before = timezone.now()
    brought_over(tenant)
    cases = list(Case.objects.all())
    assert len(cases) > 40
    assert all(case.admitted_at == case.received_at < before - traffic.SPREAD for case in cases)
    assert all(case.closed_at and case.received_at <= case.closed_at < before for case in cases)
    entries = Entry.objects.filter(action="case.brought_over")
    assert entries.count() == len(cases)
    assert all(entry.at >= before for entry in entries)
    assert [entry.action for entry in Entry.objects.filter(action__startswith="history.").order_by("at")][-2:] == [
        "history.begun",
        "history.told",
    ]


def test_the_log_verifies(tenant: DemoTenant) -> None:
    brought_over(tenant)
    sequence()
    assert verify().ok


def test_people_decided_what_the_gate_sent_them_one_after_the_other_in_office_hours(tenant: DemoTenant) -> None:
    brought_over(tenant)
    assert not Disposition.objects.filter(case__outcome=Case.Outcome.AUTOMATIC).exists()
    decided = list(Disposition.objects.order_by("reviewer_id", "created_at"))
    assert {each.case_id for each in decided} == set(
        Case.objects.exclude(outcome=Case.Outcome.AUTOMATIC).values_list("pk", flat=True)
    )
    for earlier, later in pairwise(decided):
        if earlier.reviewer_id == later.reviewer_id:
            assert later.created_at - earlier.created_at >= timedelta(milliseconds=later.active_ms or 0)
    assert all(each.created_at.weekday() < 5 for each in decided)
    assert all(each.case.reserved is False or each.role == "senior_reviewer" for each in decided)


def test_what_people_decided_is_an_example_for_the_next_case_like_it(tenant: DemoTenant) -> None:
    brought_over(tenant)
    known = dict(CaseVector.objects.values_list("case_id", "decided_at"))
    assert known == dict(Disposition.objects.values_list("case_id", "created_at"))
    found = nearest(Disposition.objects.filter(kind="approve")[0].case)
    assert len(found.nearest) == 5
    assert found.nearest[0].likeness > 0.9


def test_each_case_has_what_every_layer_found(tenant: DemoTenant) -> None:
    brought_over(tenant)
    for case in Case.objects.all():
        assert set(Step.objects.filter(case=case).values_list("layer", flat=True)) == {
            "intake", "context", "action", "review",
        }  # fmt: skip


def test_telling_it_again_writes_nothing(tenant: DemoTenant) -> None:
    brought_over(tenant)
    number = Entry.objects.count()
    brought_over(tenant)
    assert Entry.objects.count() == number


def test_the_next_set_is_labelled_twice_and_some_wait_for_the_owner(tenant: DemoTenant, workflow: Workflow) -> None:
    small_set(workflow, 20)
    brought_over(tenant)
    for _ in range(2):
        labelling.begin_draft(tenant)
    anew = LabelledCase.objects.filter(labelled_set__state="draft", given=False)
    assert anew.count() == 12
    assert anew.filter(disputed=True).count() == len(labelling.DISPUTED)
    twice = [case for case in anew if case.labels.count() == 2]
    assert len(twice) == 12


def test_within_a_telling_services_date_back_and_the_log_does_not(workflow: Workflow) -> None:
    then = timezone.now() - timedelta(days=100)
    with clock.telling(workflow.slug, then):
        moment = timezone.now()
    assert moment == then
    assert timezone.now() - then > timedelta(days=99)
    assert Entry.objects.filter(at__lte=then).count() == 0


@pytest.mark.parametrize("slug", ["northgate", "harbour"])
def test_review_begins_with_holidays_and_a_policy_and_is_not_set_twice(
    workflow: Workflow, decision_owner: Member, slug: str
) -> None:
    tenant = next(each for each in tenants() if each.slug == slug)
    for _ in range(2):
        seeding.set_review(tenant, workflow, decision_owner.actor)
    (version, calendar), (_, policy) = calendars.in_force(), policies.in_force(workflow.pk)
    assert version == 1
    assert any(day.name == "Christmas Day" and not day.hours for day in calendar.special)
    assert policy.escalations[0].to == "senior_reviewer"
