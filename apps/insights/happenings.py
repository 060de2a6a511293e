"""What people did to the traffic while the figures were made: the moves of a period, each with a letter for charts."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from string import ascii_uppercase

from apps.insights.facts import start_of
from apps.workflows.models import TrafficPlan, Workflow
from apps.workflows.traffic import shares_of

Move = TrafficPlan.Move
TOLD = (Move.PROMOTE, Move.SLICE, Move.WIDEN, Move.NARROW, Move.STOP, Move.RESTART)
MOST = len(ascii_uppercase)


@dataclass(frozen=True)
class Happening:
    letter: str
    at: datetime
    title: str
    release: str  # the label of the one that it was about
    reason: str
    who: str


def happenings(workflow: Workflow, begin: date, end: date) -> list[Happening]:
    """The last ones of the period, in the order in which they came."""
    plans = TrafficPlan.objects.filter(
        workflow=workflow, move__in=TOLD, created_at__gte=start_of(begin), created_at__lt=start_of(end) + timedelta(1)
    ).select_related("incumbent")
    labels = dict(workflow.releases.values_list("pk", "label"))
    told = sorted(plans[:MOST], key=lambda plan: plan.version)
    return [
        Happening(letter, plan.created_at, plan.title, _about(plan, labels), plan.reason, plan.created_name)
        for letter, plan in zip(ascii_uppercase, told, strict=False)
    ]


def _about(plan: TrafficPlan, labels: dict[str, str]) -> str:
    if plan.move in (Move.SLICE, Move.WIDEN):
        share = next((each for each in shares_of(plan) if each.mode == "slice"), None)
        if share:
            return f"{labels.get(share.release, share.release[:6])}, {share.percent} %"
    return plan.incumbent.label
