"""Decisions that drift or a breach calls for: opened, worked on by stages, and put before the decision owner.

Drift leads to a retraining, by itself only where the charter allows it. A breach in production leads to a proposal to
go back, unless the charter has let the product go back already. A worker that is killed loses no more than one stage.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.evaluations import leased_run
from apps.evaluations.assurance.runs import assure, last_for_gate
from apps.evaluations.decision_steps import Kind, Stage, State, after_commit, open_decision, take_step
from apps.evaluations.drift_models import DriftReport
from apps.evaluations.incumbents import go_back, previous_incumbent
from apps.evaluations.labelled_sets import current_frozen
from apps.evaluations.leased_run import claim
from apps.evaluations.lifecycle_models import DecisionRecord
from apps.evaluations.promotion import approve
from apps.evaluations.retraining import STAGES
from apps.evaluations.runs import evaluate
from apps.tenants.actors import SYSTEM, Actor
from apps.tenants.capabilities import Capability, capabilities_of
from apps.workflows import charters, moves
from apps.workflows.models import Notice, Release, TrafficPlan, Workflow
from apps.workflows.traffic import current_plan, shares_of

logger = logging.getLogger(__name__)
TRAINING = timedelta(minutes=4)  # a stage may take this much longer than a lease: training on ten thousand texts does
PAUSE = timedelta(seconds=20)  # before a stage that waits looks again
FIRST_SLICE = 10  # percent
ASKED = ("asked", Stage.SUGGESTED)  # the steps of those who wanted it: whoever proposes does not approve


class NotDecided(ValueError):
    """The decision stays as it is. The message says why."""


def consider() -> None:
    """Open the decisions that drift and breaches call for. Doing it again changes nothing."""
    for workflow in Workflow.objects.select_related("production").exclude(production=None):
        _consider_drift(workflow)
        _consider_breach(workflow)


def retrain(*, actor: Actor, workflow: Workflow, why: str) -> DecisionRecord:
    """Start a retraining on the signed labelled set because a person asks for it. Raises NotDecided."""
    labelled_set, reason = current_frozen(workflow), why.strip()
    if workflow.production is None:
        raise NotDecided(f"“{workflow.title}” has no release in production yet: compose the first one.")
    if labelled_set is None:
        raise NotDecided("No labelled set is signed: there is nothing to learn from.")
    if not reason:
        raise NotDecided("Say why: the reason begins the record.")
    try:
        return open_decision(
            actor=actor,
            workflow=workflow,
            incumbent=workflow.production,
            kind=Kind.RETRAIN,
            stage=Stage.TRAIN,
            why=reason,
            what=f"{actor.name} asked for a retraining.",
            evidence={"Incumbent": workflow.production.label, "Labelled set": str(labelled_set)},
            labelled_set=labelled_set,
        )
    except IntegrityError as error:
        raise NotDecided("A retraining is open already: finish or decline that one first.") from error


def start(*, actor: Actor, decision: DecisionRecord) -> None:
    """Start a retraining that was suggested. Raises NotDecided."""
    labelled_set = current_frozen(decision.workflow)
    if decision.stage != Stage.SUGGESTED:
        raise NotDecided("It has been started already.")
    if labelled_set is None:
        raise NotDecided("No labelled set is signed: there is nothing to learn from. Have one signed first.")
    if decision.workflow.production_id != decision.incumbent_id:
        raise NotDecided("Another release is in production now than the one that drifted. Decline this.")
    what = f"{actor.name} started the retraining."
    evidence = {"Labelled set": str(labelled_set)}
    if not take_step(decision, actor=actor, to=Stage.TRAIN, what=what, evidence=evidence, labelled_set=labelled_set):
        raise NotDecided("Somebody else was faster.")


@transaction.atomic
def accept(*, actor: Actor, decision: DecisionRecord, reason: str) -> None:
    """Do what is proposed. A retrained release gets a warrant and its first slice; going back is done at once.

    Raises NotDecided, or what `approve`, `begin_slice` and `go_back` raise.
    """
    candidate, said = _proposed(actor, decision, reason)
    if decision.kind == Kind.ROLLBACK:
        go_back(actor=actor, workflow=decision.workflow, to=candidate, reason=said)
        what, evidence = f"{candidate.label} takes all new cases again.", {"Instead of": decision.incumbent.label}
    else:
        if decision.verdict is None:
            raise NotDecided("It has no verdict of the gate.")
        if decision.steps.filter(stage__in=ASKED, done_by=actor.id).exists():
            raise NotDecided("You asked for the retraining, so another decision owner accepts it.")
        warrant = approve(actor=actor, verdict=decision.verdict, reason=said)
        evidence = {"Decision": str(decision.pk), "Verdict": str(decision.verdict.pk), "Warrant": str(warrant.pk)}
        moves.begin_slice(
            actor=actor,
            workflow=decision.workflow,
            release=candidate,
            percent=FIRST_SLICE,
            reason=said,
            evidence=evidence,
        )
        what = f"{candidate.label} takes its first {FIRST_SLICE} % of the customers."
    if not take_step(decision, actor=actor, to=Stage.ACCEPTED, what=what, why=said, evidence=evidence):
        raise NotDecided("Somebody else was faster.")


@transaction.atomic
def decline(*, actor: Actor, decision: DecisionRecord, reason: str) -> None:
    """End it here, whatever its stage; a shadow of its candidate ends too. Raises NotDecided."""
    if not decision.open:
        raise NotDecided("It is at its end already.")
    if decision.stage == Stage.PROPOSED and Capability.RELEASES_PROMOTE not in capabilities_of(actor.role):
        raise NotDecided("What is proposed is for a decision owner to decline.")
    if not reason.strip():
        raise NotDecided("Say why: the reason stays in the record.")
    if decision.kind == Kind.RETRAIN and decision.candidate and _in_shadow(decision.workflow, decision.candidate):
        moves.narrow(actor=actor, workflow=decision.workflow, release=decision.candidate, reason=reason)
    what = f"{actor.name} declined it."
    if not take_step(decision, actor=actor, to=Stage.DECLINED, what=what, why=reason.strip()):
        raise NotDecided("It moved on meanwhile: look again.")


@transaction.atomic
def try_again(*, actor: Actor, decision: DecisionRecord) -> None:
    """Put one that was given up back to work, where it was; failed measurements are asked for anew."""
    held = DecisionRecord.objects.select_for_update().get(pk=decision.pk)
    if held.state != State.FAILED:
        raise NotDecided("It was not given up.")
    if held.stage == Stage.MEASURE and held.labelled_set and held.candidate:
        for release in (held.incumbent, held.candidate):
            evaluate(actor=actor, release=release, labelled_set=held.labelled_set)
            if last_for_gate(release, held.labelled_set):
                assure(actor=actor, release=release, labelled_set=held.labelled_set)
    held.state, held.attempts, held.problem, held.lease_until = State.QUEUED, 0, "", timezone.now()
    held.save(update_fields=["state", "attempts", "problem", "lease_until"])
    leased_run.record_deed(actor, held, "resumed", held.incumbent_id)
    after_commit(held)


def work(decision_id: UUID) -> bool:
    """Do as many stages as there are, until one has to wait. True when it rests, or somebody else works on it."""
    everything = DecisionRecord.objects.select_related(
        "workflow__production", "incumbent__workflow", "candidate__workflow", "labelled_set", "verdict"
    )
    decision = claim(everything, decision_id, lambda _: TRAINING)
    if decision is None:
        return True
    try:
        while not decision.resting:
            if not _still_sensible(decision) or not STAGES[decision.stage](decision):
                _pause(decision)
                return decision.resting
    except Exception as error:
        logger.exception("Decision %s failed at %s", decision.pk, decision.stage)
        return leased_run.wait(decision, error, decision.incumbent_id)
    return True


def waiting() -> Sequence[UUID]:
    return leased_run.waiting(DecisionRecord.objects.all())


def for_people() -> QuerySet[DecisionRecord]:
    """Those that wait for somebody to start them, to decide on them, or to put right what failed."""
    mine = Q(stage__in=DecisionRecord.FOR_PEOPLE) | Q(stage__in=DecisionRecord.OPEN, state=State.FAILED)
    return DecisionRecord.objects.filter(mine)


def _still_sensible(decision: DecisionRecord) -> bool:
    """Another release in production makes the comparison moot."""
    if decision.workflow.production_id == decision.incumbent_id:
        return True
    what = "Another release went into production, so that this one would be compared with the wrong one."
    take_step(decision, actor=SYSTEM, to=Stage.ENDED, what=what)
    return False


def _pause(decision: DecisionRecord) -> None:
    held = DecisionRecord.objects.filter(pk=decision.pk, state=State.RUNNING)
    held.update(lease_until=timezone.now() + PAUSE, attempts=0)


def _consider_drift(workflow: Workflow) -> None:
    report = DriftReport.objects.filter(release=workflow.production_id).first()
    if report is None or not report.drifted or report.decisions.exists() or workflow.production is None:
        return
    labelled_set = current_frozen(workflow)
    earlier = DecisionRecord.objects.filter(workflow=workflow, kind=Kind.RETRAIN)
    tried = earlier.filter(incumbent=workflow.production, labelled_set=labelled_set)
    if tried.exists() or earlier.filter(stage__in=DecisionRecord.OPEN).exists():
        return
    charter = charters.in_force(workflow)
    alone = labelled_set is not None and charter is not None and charters.content_of(charter).automatic_retraining
    open_decision(
        actor=SYSTEM,
        workflow=workflow,
        incumbent=workflow.production,
        kind=Kind.RETRAIN,
        stage=Stage.TRAIN if alone else Stage.SUGGESTED,
        why=report.report["sentence"],
        what="Drift was found, and the charter lets it start a retraining."
        if alone
        else "Drift was found. The charter leaves it to a person to start a retraining.",
        evidence={
            "Drift report": str(report.pk),
            "Incumbent": workflow.production.label,
            **{
                each["title"]: f"{each['excess']} beyond chance, limit {each['limit']}, n = {each['n']}"
                for each in report.report["measures"]
                if each["state"] == "drift"
            },
        },
        drift=report,
        labelled_set=labelled_set,
    )


def _consider_breach(workflow: Workflow) -> None:
    """A notice of a breach by the release that was in production then, and that no record speaks of yet."""
    notice = Notice.objects.filter(workflow=workflow, kind=Notice.Kind.BREACH).select_related("release").first()
    if notice is None or DecisionRecord.objects.filter(report__notice=notice.pk).exists():
        return
    then = TrafficPlan.objects.filter(workflow=workflow, created_at__lte=notice.created_at).first()
    if then is None or then.incumbent_id != notice.release_id:
        return
    went_back = workflow.production_id != notice.release_id
    target = workflow.production if went_back else previous_incumbent(workflow)
    earlier = DecisionRecord.objects.filter(workflow=workflow, kind=Kind.ROLLBACK, stage__in=DecisionRecord.OPEN)
    if target is None or earlier.exists():
        return
    evidence = {name.capitalize(): str(value) for name, value in notice.evidence.items()}
    decision = open_decision(
        actor=SYSTEM,
        workflow=workflow,
        incumbent=notice.release,
        kind=Kind.ROLLBACK,
        stage=Stage.PROPOSED,
        why=notice.text,
        what=f"{notice.release.label} breached a stop condition in production. {target.label} was there before it.",
        evidence=evidence,
        candidate=target,
        report={"notice": notice.pk},
    )
    if went_back:
        what = f"{target.label} takes all new cases again."
        why = "Production had moved back already as this was written."
        take_step(decision, actor=SYSTEM, to=Stage.ACCEPTED, what=what, why=why)


def _proposed(actor: Actor, decision: DecisionRecord, reason: str) -> tuple[Release, str]:
    if decision.stage != Stage.PROPOSED or decision.candidate is None:
        raise NotDecided("Nothing is proposed here.")
    if Capability.RELEASES_PROMOTE not in capabilities_of(actor.role):
        raise NotDecided("That is for a decision owner.")
    if not reason.strip():
        raise NotDecided("Say why: the reason stays in the record.")
    if decision.workflow.production_id != decision.incumbent_id:
        raise NotDecided("Another release is in production now. Decline this.")
    return decision.candidate, reason.strip()


def _in_shadow(workflow: Workflow, release: Release) -> bool:
    plan = current_plan(workflow)
    shares = shares_of(plan) if plan else ()
    return any(share.release == release.pk and share.mode == "shadow" for share in shares)
