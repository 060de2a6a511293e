"""No release takes traffic without a warrant: the services say so in words, and the database refuses."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.audit.models import Entry
from apps.tenants.actors import SYSTEM
from apps.workflows.models import Notice, TrafficPlan, Warrant, Workflow
from apps.workflows.moves import tell_owner
from apps.workflows.services import point_production
from apps.workflows.warrants import NotWarranted, issue, valid_for
from tests.charters import actor, candidate, proof, signed_set, warrant
from tests.factories import customer_service

pytestmark = pytest.mark.django_db


@pytest.fixture
def workflow(northgate):
    return customer_service()


def refused(statement: str, parameters: list[str]) -> str:
    with pytest.raises(IntegrityError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
    return str(caught.value)


def test_the_database_refuses_production_without_a_warrant(workflow):
    statement = "UPDATE workflows_workflow SET production_id = %s"
    assert "no valid warrant" in refused(statement, [candidate(workflow).pk])


def test_the_database_refuses_a_slice_without_a_warrant_and_lets_a_shadow_run(workflow):
    def plan(mode: str) -> TrafficPlan:
        shares = [{"release": candidate(workflow).pk, "mode": mode}]
        return TrafficPlan(workflow=workflow, version=9, incumbent=workflow.production, shares=shares, move="slice")

    with pytest.raises(IntegrityError, match="no valid warrant"), transaction.atomic():
        plan("slice").save()
    plan("shadow").save()


def test_the_database_refuses_an_expired_override(workflow):
    release = candidate(workflow)
    Warrant.objects.create(
        kind="override", release=release, incumbent=workflow.production, proposed_by="a", approved_by="b", reason="x",
        expires_at=timezone.now() - timedelta(seconds=1),
    )  # fmt: skip
    assert valid_for(release) is None
    assert "no valid warrant" in refused("UPDATE workflows_workflow SET production_id = %s", [release.pk])


@pytest.mark.parametrize("statement", ["UPDATE workflows_warrant SET reason = 'x'", "DELETE FROM workflows_warrant"])
def test_a_warrant_is_written_once(workflow, statement):
    with pytest.raises(Exception, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def promote(workflow, release, given=None) -> None:
    given = given or warrant(release)
    point_production(actor=actor("decision_owner"), workflow=workflow, release=release, reason="Better.", warrant=given)


def test_who_proposes_does_not_approve(workflow):
    owner = actor("decision_owner")
    with pytest.raises(NotWarranted, match="two people"):
        issue(actor=owner, proposed_by=owner, kind=Warrant.Kind.FIRST, release=candidate(workflow), reason="Now.")


def test_only_a_decision_owner_approves(workflow):
    with pytest.raises(NotWarranted, match="decision owner"):
        issue(
            actor=actor("consultant"),
            proposed_by=actor("operator"),
            kind=Warrant.Kind.GATE,
            release=candidate(workflow),
            reason="Now.",
        )


def test_a_second_release_does_not_pass_as_the_first(workflow):
    with pytest.raises(NotWarranted, match="goes through the gate"):
        warrant(candidate(workflow), Warrant.Kind.FIRST)


def test_a_gate_warrant_names_its_verdict(workflow):
    with pytest.raises(NotWarranted, match="verdict"):
        issue(
            actor=actor("decision_owner"),
            proposed_by=actor("consultant"),
            kind=Warrant.Kind.GATE,
            release=candidate(workflow),
            reason="It looks better.",
        )


@pytest.mark.parametrize("days", [None, -1, 15])
def test_an_override_ends_within_a_fortnight(workflow, days):
    ends = None if days is None else timezone.now() + timedelta(days=days)
    with pytest.raises(NotWarranted, match="14 days"):
        warrant(candidate(workflow), Warrant.Kind.OVERRIDE, expires_at=ends)


def test_an_override_is_told_to_the_owner(workflow):
    warrant(candidate(workflow), Warrant.Kind.OVERRIDE, expires_at=timezone.now() + timedelta(days=1))
    assert "Ines Calder and Dora Lindqvist" in Notice.objects.get(kind="override").text


def test_going_back_needs_a_release_that_took_traffic_before(workflow):
    with pytest.raises(NotWarranted, match="never took all of the traffic"):
        warrant(candidate(workflow), Warrant.Kind.ROLLBACK)


def test_going_back_needs_a_proof_that_holds(workflow):
    before, release = workflow.production, candidate(workflow)
    promote(workflow, release)
    tell_owner(actor=SYSTEM, workflow=workflow, kind=Notice.Kind.BREACH, release=before, text="It was wrong all along.")
    with pytest.raises(NotWarranted, match="does not hold"):
        warrant(before, Warrant.Kind.ROLLBACK)


def test_nothing_leads_back_to_what_was_there_by_an_override_alone(workflow):
    before, release = workflow.production, candidate(workflow)
    override = warrant(release, Warrant.Kind.OVERRIDE, expires_at=timezone.now() + timedelta(days=2))
    owner = actor("decision_owner")
    point_production(actor=owner, workflow=workflow, release=release, reason="It burns.", warrant=override)
    way_back = warrant(before, Warrant.Kind.ROLLBACK)
    point_production(actor=owner, workflow=workflow, release=before, reason="It is out.", warrant=way_back)
    with pytest.raises(NotWarranted, match="does not hold"):
        warrant(release, Warrant.Kind.ROLLBACK)
    with pytest.raises(IntegrityError, match="Nothing leads back"), transaction.atomic():
        Warrant.objects.create(
            kind=Warrant.Kind.ROLLBACK, release=release, incumbent=before, reason="x", approved_by=owner.id
        )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"passed": False}, "did not pass"),
        ({"incumbent_id": None}, "against another release"),
        ({"created_by": "somebody else"}, "Whoever asked for the verdict"),
    ],
)
def test_a_gate_warrant_rests_on_a_verdict_that_passed_against_the_incumbent(workflow, changes, words):
    release = candidate(workflow)
    verdict = proof(release, **changes)
    with pytest.raises(NotWarranted, match=words):
        warrant(release, evidence={"verdict": str(verdict.pk), "sentence": "Trust me."})


def test_a_verdict_on_one_release_lets_no_other_through(workflow):
    verdict = proof(candidate(workflow, high="0.7"))
    with pytest.raises(NotWarranted, match="on another release"):
        warrant(candidate(workflow), evidence={"verdict": str(verdict.pk), "sentence": "Trust me."})


def test_a_verdict_that_nobody_gave_lets_nothing_through(workflow):
    for invented in (str(uuid4()), "1"):
        with pytest.raises(NotWarranted, match="names no verdict"):
            warrant(candidate(workflow), evidence={"verdict": invented, "sentence": "Trust me."})


def test_a_newer_verdict_counts(workflow):
    release = candidate(workflow)
    passed = proof(release)
    proof(release, passed=False)
    with pytest.raises(NotWarranted, match="newer verdict"):
        warrant(release, evidence={"verdict": str(passed.pk), "sentence": "Trust me."})


def test_a_set_that_nobody_signed_proves_nothing(workflow):
    release = candidate(workflow)
    verdict = proof(release, labelled_set=signed_set(workflow, signed_off_at=None))
    with pytest.raises(NotWarranted, match="not frozen and signed"):
        warrant(release, evidence={"verdict": str(verdict.pk), "sentence": "Trust me."})


def test_the_database_refuses_a_gate_warrant_whoever_writes_it(workflow):
    release = candidate(workflow)
    verdict = proof(release, passed=False)
    with pytest.raises(IntegrityError, match="did not pass"), transaction.atomic():
        Warrant.objects.create(
            kind="gate", release=release, incumbent=workflow.production, evidence={"verdict": str(verdict.pk)},
            proposed_by=actor("consultant").id, approved_by="me", reason="Trust me.",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "first"}, "goes through the gate"),
        ({"kind": "rollback"}, "Nothing leads back"),
        ({"kind": "override", "expires_at": timezone.now() + timedelta(days=20)}, "within 14 days"),
        ({"kind": "override", "expires_at": timezone.now() + timedelta(days=2), "incumbent": None}, "names another"),
    ],
)
def test_the_database_refuses_the_other_kinds_where_they_are_not_due(workflow, fields, words):
    given = {"incumbent": workflow.production, "proposed_by": "a", "approved_by": "b", "reason": "x", **fields}
    with pytest.raises(IntegrityError, match=words), transaction.atomic():
        Warrant.objects.create(release=candidate(workflow), **given)


def test_a_breach_uses_the_warrant_up_for_all_of_the_traffic_too(workflow):
    release = candidate(workflow)
    given = warrant(release)
    breach = {"actor": SYSTEM, "workflow": workflow, "kind": Notice.Kind.BREACH, "release": release}
    tell_owner(**breach, text="Rejections are at 12 %.")
    with pytest.raises(NotWarranted, match="Rejections are at 12 %"):
        promote(workflow, release, given)
    assert "no valid warrant" in refused("UPDATE workflows_workflow SET production_id = %s", [release.pk])
    with pytest.raises(NotWarranted, match="after the labelled set of the verdict was signed"):
        warrant(release, evidence=given.evidence)
    promote(workflow, release, warrant(release))  # on a newer set


def test_a_notice_of_a_breach_stays(workflow):
    breach = {"actor": SYSTEM, "workflow": workflow, "kind": Notice.Kind.BREACH, "release": candidate(workflow)}
    tell_owner(**breach, text="Rejections are at 12 %.")
    for statement in ("DELETE FROM workflows_notice", "UPDATE workflows_notice SET kind = 'stopped'"):
        assert "only ever seen" in refused(statement, [])


def test_a_warrant_against_a_release_that_has_gone_is_worth_nothing(workflow):
    release, other = candidate(workflow), candidate(workflow, high="0.7")
    given = warrant(release)
    promote(workflow, other, warrant(other))
    assert valid_for(release) is None
    with pytest.raises(NotWarranted, match="not in production now"):
        promote(workflow, release, given)
    assert "no valid warrant" in refused("UPDATE workflows_workflow SET production_id = %s", [release.pk])


def test_production_moves_with_the_warrant_and_says_so_in_the_log(workflow):
    release = candidate(workflow)
    given = warrant(release)
    point_production(actor=actor("decision_owner"), workflow=workflow, release=release, reason="Better.", warrant=given)
    assert Workflow.objects.get(pk=workflow.pk).production_id == release.pk
    assert str(given.pk).encode() in bytes(Entry.objects.filter(action="release.promoted").latest("at").bytes)
    plan = TrafficPlan.objects.filter(workflow=workflow).latest("version")
    assert (plan.move, plan.incumbent_id) == ("promote", release.pk)


def test_a_warrant_is_good_for_its_own_release_only(workflow):
    other = warrant(candidate(workflow, high="0.7"))
    with pytest.raises(NotWarranted):
        point_production(actor=SYSTEM, workflow=workflow, release=candidate(workflow), reason="Better.", warrant=other)
