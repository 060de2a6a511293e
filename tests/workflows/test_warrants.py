"""No release takes traffic without a warrant: the services say so in words, and the database refuses."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.audit.models import Entry
from apps.tenants.actors import SYSTEM
from apps.workflows.models import Notice, TrafficPlan, Warrant, Workflow
from apps.workflows.services import point_production
from apps.workflows.warrants import NotWarranted, issue, valid_for
from tests.charters import actor, candidate, warrant
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
    override = warrant(candidate(workflow), Warrant.Kind.OVERRIDE, expires_at=timezone.now() + timedelta(seconds=0.05))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.06)")
    assert valid_for(override.release) is None
    assert "no valid warrant" in refused("UPDATE workflows_workflow SET production_id = %s", [override.release_id])


@pytest.mark.parametrize("statement", ["UPDATE workflows_warrant SET reason = 'x'", "DELETE FROM workflows_warrant"])
def test_a_warrant_is_written_once(workflow, statement):
    with pytest.raises(Exception, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


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
    with pytest.raises(NotWarranted, match="never took traffic"):
        warrant(candidate(workflow), Warrant.Kind.ROLLBACK)


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
