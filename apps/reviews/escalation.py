"""Handing a case on: by a person, or by a rule of the policy when it arrives, waits too long, or its clock runs out."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.audit.entries import record
from apps.cases import transitions
from apps.cases.models import Case
from apps.reviews import calendars, policies
from apps.reviews.absences import FALL_BACK, Target, resolve, who_may_decide
from apps.reviews.assignments import held_by
from apps.reviews.desk import Assignment, Place
from apps.reviews.dispositions import record_disposition
from apps.reviews.models import Disposition
from apps.reviews.notifying import notify
from apps.reviews.policies import Escalation
from apps.reviews.refusals import Refused
from apps.reviews.terms import Clock, Notification
from apps.reviews.working_time import Hours, NeverOpen, before
from apps.tenants.actors import SYSTEM, Actor
from apps.workflows.models import Workflow

ROLES = tuple(FALL_BACK)
BATCH = 200  # cases of one rule at a time


def hand_on(actor: Actor, case: Case, target: Target, *, rationale: str, reason_code: str = "") -> Disposition:
    """Give the case to the role or the person. The caller holds the case's row lock."""
    transitions.escalate(case, to=target.role)
    said = f"{rationale.strip()} ({target.detour})" if target.detour else rationale
    made = record_disposition(
        actor, case, Disposition.Kind.ESCALATE, reason_code=reason_code, rationale=said, escalated_to=target.role
    )
    if target.person:
        now = timezone.now()
        given = {
            "holder_id": target.person.user_id,
            "holder_name": target.person.user.name,
            "source": Assignment.Source.REASSIGNED,
            "since": now,
            "beaten_at": now,
            "lease_until": None,
        }
        Assignment.objects.update_or_create(case=case, defaults=given)
        record(
            actor=actor,
            action="review.reassigned",
            object=f"case:{case.pk}",
            case=case.pk,
            subject=str(case.subject_id),
            layer="review",
            after={"holder": str(target.person.user_id)},
        )
    told = [target.person.user_id] if target.person else who_may_decide(case)
    kind = Notification.Kind.GIVEN if target.person else Notification.Kind.ESCALATED
    by = f"{actor.name} gave you" if target.person else f"{actor.name} escalated"
    notify(to=[each for each in told if str(each) != actor.id], kind=kind, text=f"{by} {case.number}.", case=case)
    return made


def check_target(case: Case, to: str) -> Target:
    """Raises Refused for somebody who cannot have the case, or has it already."""
    target = resolve(to)
    if target.person is None and case.escalated_to == target.role:
        raise Refused(f"The case is already with the {target.role.label.lower()}.")
    return target


def by_rules() -> int:
    """Carry out the policies' rules. Each has its turn once per case. Returns how many cases were handed on."""
    hours = calendars.in_force()[1].hours()
    handed = 0
    for workflow in Workflow.objects.all():
        for rule in policies.in_force(workflow.pk)[1].escalations:
            due = _due(workflow, rule, hours)
            handed += sum(_by_rule(case_id, rule) for case_id in due.values_list("pk", flat=True)[:BATCH])
    return handed


def _due(workflow: Workflow, rule: Escalation, hours: Hours) -> QuerySet[Place]:
    waiting = Place.objects.filter(workflow=workflow, away=Place.Away.HERE, case__clock__isnull=False)
    waiting = waiting.exclude(case__clock__escalated_by__contains=[rule.name])
    same = {name: getattr(rule, name) for name in ("case_type", "urgency") if getattr(rule, name)}
    if rule.reason:
        same["rule"] = rule.reason
    match rule.when:
        case "due_soon":
            when = Q(case__clock__warned_at__isnull=False)
        case "overdue":
            when = Q(case__clock__breached_at__isnull=False)
        case "waits":
            when = _waited(hours, float(rule.hours) * timedelta(hours=1))
        case _:
            when = Q()
    return waiting.filter(when, **same).order_by("since")


def _waited(hours: Hours, working: timedelta) -> Q:
    """With a person for so much working time."""
    try:
        return Q(since__lte=before(hours, timezone.now(), working))
    except NeverOpen:
        return Q(pk=None)


@transaction.atomic
def _by_rule(case_id: UUID, rule: Escalation) -> bool:
    """False when somebody is at it right now: they are left in peace, and the rule comes again."""
    case = Case.objects.select_for_update(skip_locked=True).filter(pk=case_id, state=Case.State.REVIEW).first()
    held = held_by([case_id]).get(case_id)
    if case is None or (held and held.lease_until is not None):
        return False
    clock = Clock.objects.select_for_update().get(pk=case_id)
    clock.escalated_by.append(rule.name)
    clock.save(update_fields=["escalated_by"])
    target = resolve(rule.to, rule.otherwise)
    if target.person is None and case.escalated_to == target.role:
        return False
    made = hand_on(SYSTEM, case, target, rationale=_why(rule))
    record(
        actor=SYSTEM,
        action="review.rule_applied",
        object=f"disposition:{made.pk}",
        case=case.pk,
        subject=str(case.subject_id),
        layer="review",
        reason=_why(rule),
        after=rule.model_dump(mode="json"),
    )
    return True


def _why(rule: Escalation) -> str:
    when = {
        "arrives": "Cases like it go there at once",
        "waits": f"It has waited for {rule.hours} working hours",
        "due_soon": "It is due soon",
        "overdue": "It is overdue",
    }[rule.when]
    return f"{when}, so the review policy hands it on."
