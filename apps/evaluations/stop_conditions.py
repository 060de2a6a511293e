"""The charter's stop conditions, watched over the release that has a slice. A breach gives its traffic back at once.

Each window of a condition (a week, unless the charter says otherwise) is tested anew from the slice's beginning, and
its 5 % chance of a false stop is shared among the conditions: see apps.evaluations.sequential. The release in
production is measured by the same conditions; what a breach of its own leads to is for apps.evaluations.incumbents.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Literal

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.audit.canonical import Json
from apps.cases.models import Case
from apps.evaluations import signals
from apps.evaluations.sequential import (
    Interval,
    evidence_above,
    evidence_of_another_mix,
    interval,
    stability_index,
)
from apps.tenants.actors import SYSTEM
from apps.workflows import charters, moves
from apps.workflows.charters import StopCondition
from apps.workflows.models import Notice, Release, TrafficPlan, Workflow
from apps.workflows.traffic import Share, current_plan, slice_of
from apps.workflows.warrants import unexpired

ALPHA = 0.05  # the chance of a false stop in one window, all conditions together
NEAR = 0.75  # of the limit: from here on a slice does not grow
FEWEST_KINDS = 50  # cases: the index of fewer says more about chance than about the mix
TITLES = {
    "rejection": "Rejected by reviewers",
    "edit": "Changed before sending",
    "ungrounded": "Sentences without a source",
    "error": "Given up by the machine",
    "latency": "Slower than {} s",
    "cost": "Dearer than {} USD",
    "drift": "Case types unlike the incumbent's",
    "complaint": "Followed by a complaint",
    "overturned": "Cleared, and not so by a person who looks blind",
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
        """`open`: so few cases that one event more or less decides, or that the interval reaches beyond the limit."""
        above = not self.is_index or self.measured.value > self.limit
        if self.evidence >= self.needed and above:
            return "breached"
        if self.too_few:
            return "open"
        if self.measured.value >= NEAR * self.limit:
            return "near"
        return "open" if self.measured.high > self.limit else "far"

    @property
    def fewest(self) -> int:
        """The cases that it takes until a single event does not put the share above its limit."""
        return FEWEST_KINDS if self.is_index else ceil(1 / self.limit)

    @property
    def too_few(self) -> bool:
        return self.measured.n < self.fewest

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


def limit_in_words(condition: StopCondition) -> str:
    """With its unit, as the watch takes it: "6.0 %", "index 0.20", "5.0 % of the cases"."""
    if condition.metric == "drift":
        return f"index {float(condition.limit):.2f}"
    of = " of the cases" if condition.metric in ("latency", "cost") else ""
    return percent(signals.share_limit(condition)) + of


def title(condition: StopCondition) -> str:
    return TITLES[condition.metric].format(condition.limit)


def statuses(workflow: Workflow, now: datetime | None = None, since: datetime | None = None) -> list[Status]:
    """How far each of the charter's stop conditions is from its limit: in its present window, or since `since`.

    Empty while no release has a slice.
    """
    charter, share = charters.in_force(workflow), slice_of(current_plan(workflow))
    if charter is None or share is None:
        return []
    conditions = charters.content_of(charter).stop_conditions
    needed = len(conditions) / ALPHA
    now = now or timezone.now()
    return [
        _status(workflow, share, each, needed, since or window_start(share.since, each.window, now))
        for each in conditions
    ]


def incumbent_statuses(workflow: Workflow, now: datetime | None = None) -> list[Status]:
    """The same for the release in production, since it took over. Drift is left out: it has nothing beside itself."""
    charter, since = charters.in_force(workflow), in_production_since(workflow)
    if charter is None or since is None:
        return []
    conditions = [each for each in charters.content_of(charter).stop_conditions if each.metric != "drift"]
    needed, now = len(conditions) / ALPHA, now or timezone.now()
    return [
        _measured(signals.incumbents_cases(workflow, window_start(since, each.window, now)), each, needed)
        for each in conditions
    ]


def in_production_since(workflow: Workflow) -> datetime | None:
    promoted = workflow.plans.filter(move=TrafficPlan.Move.PROMOTE, incumbent=workflow.production_id).first()
    return promoted.created_at if promoted else None


def watch(workflow: Workflow) -> Status | None:
    """Narrow to the incumbent when a condition is breached or the slice's warrant has ended. Returns the breach."""
    plan = current_plan(workflow)
    share = slice_of(plan)
    if plan is None or share is None or plan.stopped:
        return None
    release = Release.objects.get(pk=share.release)
    if unexpired(release) is None:
        reason = f"The override of {release.label} ended."
        moves.narrow(actor=SYSTEM, workflow=workflow, release=release, reason=reason, kind=Notice.Kind.OVERRIDE)
        return None
    breach = next((status for status in statuses(workflow) if status.state == "breached"), None)
    if breach:
        _narrow(workflow, plan, release, breach)
    return breach


def _narrow(workflow: Workflow, plan: TrafficPlan, release: Release, breach: Status) -> None:
    """Unless somebody has moved the traffic meanwhile: then the next look judges what stands."""
    with transaction.atomic():
        Workflow.objects.select_for_update().get(pk=workflow.pk)
        current = current_plan(workflow)
        if current is not None and current.pk == plan.pk:
            reason = f"{release.label} gave its traffic back to the incumbent. {breach.sentence}"
            moves.narrow(actor=SYSTEM, workflow=workflow, release=release, reason=reason, evidence=breach.facts())


def _status(workflow: Workflow, share: Share, condition: StopCondition, needed: float, since: datetime) -> Status:
    seen = signals.Slice(workflow, share, since)
    if condition.metric == "drift":
        ours, theirs = signals.kinds_of(seen)
        index = stability_index(ours, theirs)
        measured = Interval(index, index, index, len(ours))
        evidence = evidence_of_another_mix(zip(ours, theirs, strict=True))
        return Status(condition, measured, float(condition.limit), evidence, needed)
    return _measured(seen.cases(), condition, needed)


def _measured(cases: QuerySet[Case], condition: StopCondition, needed: float) -> Status:
    values, limit = signals.values_of(cases, condition), signals.share_limit(condition)
    total = sum(values)
    measured = interval(total, len(values), 1 / needed)
    return Status(condition, measured, limit, evidence_above(total, len(values), limit), needed)


def window_start(since: datetime, days: int, now: datetime) -> datetime:
    """Windows follow each other from the slice's beginning; this is the beginning of the one that `now` is in."""
    window = timedelta(days=days)
    return since + window * max(0, (now - since) // window)


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"
