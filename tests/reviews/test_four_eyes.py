"""What weighs heavily is approved by two people. The product says so kindly, and the database insists."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from apps.audit.models import Entry
from apps.cases.models import Case
from apps.connectors.models import Effect
from apps.reviews import policies, queue, services, snoozing
from apps.reviews.drafts import proposal_of
from apps.reviews.models import Assignment, Disposition, Notification
from apps.reviews.queue import Selection
from apps.reviews.refusals import Refused
from apps.workflows.models import Workflow
from tests.factories import waiting_case

Kind = Disposition.Kind


def heavy() -> Case:
    case = waiting_case(ungrounded=False, reserved=True, rule="high_impact")
    Case.objects.filter(pk=case.pk).update(impact="high")
    case.refresh_from_db()
    return case


def approve(person, case, **more):
    case.refresh_from_db()
    return services.approve(actor=person.actor, case_id=case.pk, revision=case.revision, **more)


def test_the_first_approval_leaves_the_case_waiting_for_somebody_else(senior_reviewer, decision_owner):
    case = heavy()
    first = approve(senior_reviewer, case)
    case.refresh_from_db()
    assert (first.kind, case.state, case.outcome) == (Kind.PROPOSE, "review", "")
    assert not Effect.objects.exists()
    told = Notification.objects.get(person_id=decision_owner.user.pk)
    assert (told.kind, told.link) == ("check", f"/review/{case.number}/")


def test_the_second_approval_sends_it(senior_reviewer, decision_owner):
    case = heavy()
    first = approve(senior_reviewer, case)
    second = approve(decision_owner, case)
    case.refresh_from_db()
    assert (second.kind, second.checks, case.layer, case.outcome) == (Kind.APPROVE, first, "effects", "approved")
    told = Notification.objects.get(person_id=senior_reviewer.user.pk)
    assert told.text == f"Dora Lindqvist checked and approved {case.number}."


def test_nobody_checks_their_own_approval(senior_reviewer, decision_owner):
    case = heavy()
    approve(senior_reviewer, case)
    with pytest.raises(Refused, match="somebody else has checked it"):
        approve(senior_reviewer, case)


def test_who_changes_it_makes_it_theirs_and_the_first_person_checks(senior_reviewer, decision_owner):
    case = heavy()
    approve(senior_reviewer, case)
    second = approve(decision_owner, case, edits={1: "You can return them."}, reason_code="tone", rationale="Shorter.")
    assert second.kind == Kind.PROPOSE
    last = approve(senior_reviewer, case)
    case.refresh_from_db()
    assert (last.kind, last.checks, case.outcome) == (Kind.EDIT, second, "edited")
    assert "You can return them." in [claim["text"] for claim in last.claims]


def test_the_second_person_sees_what_the_first_one_wrote(senior_reviewer):
    case = heavy()
    approve(senior_reviewer, case, edits={1: "You can return them."}, reason_code="tone", rationale="Shorter.")
    proposal = proposal_of(case)
    assert proposal is not None
    assert "You can return them." in [claim.text for claim in proposal.claims]


def test_one_person_is_enough_to_reject(senior_reviewer, decision_owner):
    case = heavy()
    approve(senior_reviewer, case)
    services.reject(
        actor=decision_owner.actor, case_id=case.pk, revision=case.revision, reason_code="tone", rationale="No."
    )
    case.refresh_from_db()
    assert case.outcome == "rejected"


def test_the_first_approval_can_be_undone(senior_reviewer, decision_owner):
    case = heavy()
    services.undo(actor=senior_reviewer.actor, disposition_id=approve(senior_reviewer, case).pk)
    Assignment.objects.all().delete()
    assert approve(decision_owner, case).kind == Kind.PROPOSE


def test_undoing_the_check_leaves_the_first_approval(senior_reviewer, decision_owner):
    case = heavy()
    approve(senior_reviewer, case)
    services.undo(actor=decision_owner.actor, disposition_id=approve(decision_owner, case).pk)
    assert approve(decision_owner, case).kind == Kind.APPROVE


def test_the_policy_says_which_cases_need_two(senior_reviewer, consultant):
    case = heavy()
    content = policies.PolicyContent(two_people=policies.TwoPeople(impacts=(), case_types=("complaint",)))
    policies.change_policy(
        actor=consultant.actor, workflow=Workflow.objects.get(), content=content, note="Only complaints."
    )
    entry = Entry.objects.get(action="review_policy.changed")
    assert b'"impacts":["high"]' in bytes(entry.bytes)
    assert approve(senior_reviewer, case).kind == Kind.APPROVE
    assert approve(senior_reviewer, waiting_case(ungrounded=False, case_type="complaint")).kind == Kind.PROPOSE


def insert(case, person, kind: str, checks=None) -> None:
    """What somebody with the application's own connection could try."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO reviews_disposition (id, case_id, revision, turn, kind, reviewer_id, reviewer_name, role,"
            " reason_code, rationale, escalated_to, claims, created_at, checks_id) VALUES (gen_random_uuid(), %s, %s,"
            " %s, %s, %s, 'x', 'x', '', '', '', '[]', now(), %s)",
            [case.pk, case.revision, case.fence, kind, person.user.pk, checks and checks.pk],
        )


@pytest.mark.parametrize("kind", ["approve", "edit"])
def test_the_database_takes_no_single_approval(senior_reviewer, kind):
    with pytest.raises(DatabaseError, match="needs the approval of two people"):
        insert(heavy(), senior_reviewer, kind)


def test_the_database_takes_no_check_by_the_same_person(senior_reviewer, decision_owner):
    case = heavy()
    first = approve(senior_reviewer, case)
    with pytest.raises(DatabaseError, match="cannot be the one who checks"):
        insert(case, senior_reviewer, "approve", first)
    insert(case, decision_owner, "approve", first)


def test_the_database_takes_no_check_of_another_cases_approval(senior_reviewer, decision_owner):
    first = approve(senior_reviewer, heavy())
    with pytest.raises(DatabaseError, match="no approval that stands"):
        insert(heavy(), decision_owner, "approve", first)


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE cases_case SET state = 'open', layer = 'effects', outcome = 'approved'", "two people"),
        ("UPDATE cases_case SET state = 'closed', outcome = 'approved'", "two people"),
        ("UPDATE cases_case SET state = 'open', outcome = 'approved', impact = 'low'", "two people"),
        ("UPDATE cases_case SET impact = 'low'", "does not lose its weight"),
        ("UPDATE reviews_disposition SET reviewer_id = gen_random_uuid()", "not changed afterwards"),
        ("UPDATE reviews_disposition SET kind = 'escalate'", "not changed afterwards"),
        ("UPDATE reviews_policyversion SET content = '{}'", "permission denied|written once"),
    ],
)
def test_the_database_lets_nobody_around_it(senior_reviewer, statement, why):
    case = heavy()
    approve(senior_reviewer, case)
    with pytest.raises(DatabaseError, match=why), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_table_of_the_same_name_in_the_way_changes_nothing(senior_reviewer):
    case = heavy()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE reviews_policyversion (workflow_id bigint, version int, content jsonb)")
        cursor.execute("INSERT INTO reviews_policyversion VALUES (%s, 9, '{\"two_people\": {}}')", [case.workflow_id])
    with pytest.raises(DatabaseError, match="two people"):
        insert(case, senior_reviewer, "approve")


def test_what_is_undone_does_not_come_back(senior_reviewer):
    case = heavy()
    made = approve(senior_reviewer, case)
    services.undo(actor=senior_reviewer.actor, disposition_id=made.pk)
    with pytest.raises(DatabaseError, match="not changed afterwards"), transaction.atomic():
        Disposition.objects.filter(pk=made.pk).update(undone_at=None)
    assert Entry.objects.filter(action="review.undone", case_id=case.pk).count() == 1


def test_what_one_approved_first_is_not_ones_own_to_decide(senior_reviewer, decision_owner):
    case = heavy()
    approve(senior_reviewer, case)
    mine = Selection(mine="1")
    assert queue.first(mine, senior_reviewer.actor, 5) == []
    assert queue.first(mine, decision_owner.actor, 5) == [case]


def page(person, case, doing: str = "") -> str:
    return unescape(person.get(f"/review/{case.number}/{doing}").content.decode())


def test_the_second_person_is_shown_what_would_be_sent_and_what_the_first_one_changed(senior_reviewer, decision_owner):
    case = heavy()
    drafted = [claim.text for claim in proposal_of(case).claims]
    approve(senior_reviewer, case, edits={1: "You can return them."}, reason_code="tone", rationale="Shorter.")
    shown = page(decision_owner, case)
    assert "<p>You can return them." in shown
    assert f"<p>{drafted[1]}" not in shown
    assert f"What {senior_reviewer.user.name} changed in the machine's draft" in shown
    assert f"edited by {senior_reviewer.user.name}" in shown
    assert "You can return them.</textarea>" in page(decision_owner, case, "?do=edit")


def test_a_sentence_that_the_first_person_left_out_moves_no_edit_of_the_second_to_another(
    senior_reviewer, decision_owner
):
    case = heavy()
    approve(senior_reviewer, case, edits={0: ""}, reason_code="tone", rationale="Shorter.")
    left = [claim.text for claim in proposal_of(case).claims]
    shown = page(decision_owner, case, "?do=edit")
    for position, text in enumerate(left):
        assert re.search(rf'<textarea id="claim-{position}"[^>]*>{re.escape(text)}</textarea>', shown)
    assert f'name="claim-{len(left)}"' not in shown


def test_a_checked_approval_says_who_worded_it(senior_reviewer, decision_owner):
    case = heavy()
    approve(senior_reviewer, case, edits={1: "You can return them."}, reason_code="tone", rationale="Shorter.")
    approve(decision_owner, case)
    shown = page(decision_owner, case)
    assert f"What {senior_reviewer.user.name} changed before it went out" in shown
    assert "changed in the machine's draft" not in shown


def test_an_approval_without_changes_is_not_called_an_edit(senior_reviewer, decision_owner):
    case = heavy()
    approve(senior_reviewer, case)
    assert "edited by" not in page(decision_owner, case)


@pytest.mark.parametrize("kind", ["snoozed", "sent_back"])
def test_what_is_laid_aside_offers_no_decision_until_it_is_brought_back(operator, kind):
    case = waiting_case(ungrounded=False)
    if kind == "snoozed":
        until = timezone.now() + timedelta(hours=4)
        snoozing.snooze(actor=operator.actor, case_id=case.pk, until=until, note="Waits for the warehouse.")
    else:
        snoozing.send_back(actor=operator.actor, case_id=case.pk, question="Which order is it?")
    for doing in ("", "?do=edit"):
        shown = page(operator, case, doing)
        assert not [deed for deed in ("approve", "reject", "edit", "escalate") if f'data-decides="{deed}"' in shown]
        assert "Snooze <kbd" not in shown
        assert "Bring it back now" in shown
    snoozing.fetch(actor=operator.actor, case_id=case.pk)
    assert 'data-decides="approve"' in page(operator, case)
