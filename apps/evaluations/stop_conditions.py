"""The charter's stop conditions, watched over the release that has a slice. A breach gives its traffic back at once.

Each window of a condition (a week, unless the charter says otherwise) is tested anew from the slice's beginning, and
its 5 % chance of a false stop is shared among the conditions: see apps.evaluations.sequential.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db import transaction
from django.utils import timezone

from apps.audit.canonical import Json
from apps.evaluations import signals
from apps.evaluations.sequential import (
    Interval,
    evidence_above,
    evidence_of_another_mix,
    interval,
    stability_index,
)
from apps.tenants.actors import SYSTEM, Actor
from apps.workflows import charters, moves
from apps.workflows.charters import StopCondition
from apps.workflows.models import Notice, Release, TrafficPlan, Warrant, Workflow
from apps.workflows.services import point_production
from apps.workflows.traffic import Share, current_plan, slice_of
from apps.workflows.warrants import issue, proof_of, unexpired

ALPHA = 0.05  # the chance of a false stop in one window, all conditions together
NEAR = 0.75  # of the limit: from here on a slice does not grow
TITLES = {
    "rejection": "Rejected by reviewers",
    "edit": "Changed before sending",
    "ungrounded": "Sentences without a source",
    "error": "Given up by the machine",
    "latency": "Slower than {} s",
    "cost": "Dearer than {} USD",
    "drift": "Case types unlike the incumbent's",
    "complaint": "Followed by a complaint",
}
State = Literal["breached", "near", "open", "far"]


@dataclass(frozen=True)
class Status:
    """Where a condition stands in its present window."""

    condition: StopCondition
    measured: Interval  # for drift the stability index, without an interval
    limit: float  # in the unit of `measured`
    evidence: float  # against "the limit is kept"; a breach from `needed` on
    needed: float

    @property
    def title(self) -> str:
        return title(self.condition)

    @property
    def is_index(self) -> bool:
        return self.condition.metric == "drift"

    @property
    def state(self) -> State:
        """`open`: so few cases that the interval still reaches beyond the limit."""
        above = not self.is_index or self.measured.value > self.limit
        if self.evidence >= self.needed and above:
            return "breached"
        if self.measured.n and self.measured.value >= NEAR * self.limit:
            return "near"
        return "open" if self.measured.high > self.limit else "far"

    @property
    def sentence(self) -> str:
        return f"{self.title}: {self.words} in {self.measured.n:,} cases, and the limit is {self.limit_words}."

    @property
    def words(self) -> str:
        return f"index {self.measured.value:.2f}" if self.is_index else percent(self.measured.value)

    @property
    def limit_words(self) -> str:
        return f"{self.limit:.2f}" if self.is_index else percent(self.limit)

    def facts(self) -> dict[str, Json]:
        """For the record: the audit log holds decimals as text."""
        return {
            "metric": self.condition.metric,
            "value": f"{self.measured.value:.4f}",
            "low": f"{self.measured.low:.4f}",
            "high": f"{self.measured.high:.4f}",
            "n": self.measured.n,
            "limit": f"{self.limit:.4f}",
            "evidence": f"{self.evidence:.4g}",
            "needed": f"{self.needed:.4g}",
            "state": self.state,
        }


def title(condition: StopCondition) -> str:
    return TITLES[condition.metric].format(condition.limit)


def statuses(workflow: Workflow, now: datetime | None = None) -> list[Status]:
    """How far each of the charter's stop conditions is from its limit. Empty while no release has a slice."""
    charter, share = charters.in_force(workflow), slice_of(current_plan(workflow))
    if charter is None or share is None:
        return []
    conditions = charters.content_of(charter).stop_conditions
    needed = len(conditions) / ALPHA
    return [_status(workflow, share, each, needed, now or timezone.now()) for each in conditions]


def watch(workflow: Workflow) -> Status | None:
    """Narrow to the incumbent when a condition is breached or the slice's warrant has ended. Returns the breach."""
    plan = current_plan(workflow)
    share = slice_of(plan)
    if plan is None or share is None or plan.stopped:
        return None
    release = Release.objects.get(pk=share.release)
    if unexpired(release) is None:
        moves.narrow(actor=SYSTEM, workflow=workflow, release=release, reason=f"The override of {release.label} ended.")
        return None
    breach = next((status for status in statuses(workflow) if status.state == "breached"), None)
    if breach:
        _narrow(workflow, plan, release, breach)
    return breach


@transaction.atomic
def end_expired_override(workflow: Workflow) -> bool:
    """Go back to the release before, when the one in production is there by an override that has ended.

    When nothing leads back, because what the releases before once proved does not hold any more, the workflow stops.
    """
    locked = Workflow.objects.select_for_update(of=("self",)).select_related("production").get(pk=workflow.pk)
    release, plan = locked.production, current_plan(locked)
    if release is None or unexpired(release) or plan is None or plan.stopped:
        return False
    reason = f"The emergency override of {release.label} ended."
    before = previous_incumbent(locked)
    if before is None:
        moves.stop(actor=SYSTEM, workflow=locked, reason=f"{reason} No release before it may take its place.")
        return True
    go_back(actor=SYSTEM, workflow=locked, to=before, reason=reason)
    moves.tell_owner(actor=SYSTEM, workflow=locked, kind=Notice.Kind.OVERRIDE, release=release, text=reason)
    return True


def previous_incumbent(workflow: Workflow) -> Release | None:
    """The last release before the one in production whose proof still holds; None when nothing leads back."""
    plans = workflow.plans.exclude(incumbent=workflow.production_id).select_related("incumbent")
    seen = {plan.incumbent_id: plan.incumbent for plan in plans}  # the newest first
    return next((release for release in seen.values() if proof_of(release)), None)


@transaction.atomic
def go_back(*, actor: Actor, workflow: Workflow, to: Release, reason: str) -> None:
    """Give all new cases to a release that was in production before. Raises NotWarranted when its proof is refuted."""
    warrant = issue(actor=actor, proposed_by=actor, kind=Warrant.Kind.ROLLBACK, release=to, reason=reason)
    point_production(actor=actor, workflow=workflow, release=to, reason=reason, warrant=warrant)


def _narrow(workflow: Workflow, plan: TrafficPlan, release: Release, breach: Status) -> None:
    """Unless somebody has moved the traffic meanwhile: then the next look judges what stands."""
    with transaction.atomic():
        Workflow.objects.select_for_update().get(pk=workflow.pk)
        current = current_plan(workflow)
        if current is not None and current.pk == plan.pk:
            reason = f"{release.label} gave its traffic back to the incumbent. {breach.sentence}"
            moves.narrow(actor=SYSTEM, workflow=workflow, release=release, reason=reason, evidence=breach.facts())


def _status(workflow: Workflow, share: Share, condition: StopCondition, needed: float, now: datetime) -> Status:
    seen = signals.Slice(workflow, share, window_start(share.since, condition.window, now))
    if condition.metric == "drift":
        ours, theirs = signals.kinds_of(seen)
        index = stability_index(ours, theirs)
        measured = Interval(index, index, index, len(ours))
        evidence = evidence_of_another_mix(zip(ours, theirs, strict=True))
        return Status(condition, measured, float(condition.limit), evidence, needed)
    values, limit = signals.values_of(seen, condition), signals.share_limit(condition)
    total = sum(values)
    measured = interval(total, len(values), 1 / needed)
    return Status(condition, measured, limit, evidence_above(total, len(values), limit), needed)


def window_start(since: datetime, days: int, now: datetime) -> datetime:
    """Windows follow each other from the slice's beginning; this is the beginning of the one that `now` is in."""
    window = timedelta(days=days)
    return since + window * max(0, (now - since) // window)


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"
