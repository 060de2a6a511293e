"""What the gate would let through and the owner does not: a stopped workflow, lanes that the charter tightens, and
what rooms above know about a person.
"""

from collections.abc import Callable
from uuid import UUID

from apps.cases.layers.types import Lane, ReviewResult
from apps.cases.statements import execute
from apps.workflows import charters
from apps.workflows.models import Workflow
from apps.workflows.traffic import current_plan

HELD = frozenset({"stopped", "no_owner", "charter_lane"})  # the rules that stand instead of the gate's

# Many may look at once; who moves the traffic waits for them, and they for that.
LOCK = "SELECT id FROM workflows_workflow WHERE slug = %(slug)s FOR SHARE"

Why = Callable[[UUID], str]  # a person → why nothing about them clears automatically, or ""
_reasons: list[Why] = []


def ask_about_person(why: Why) -> None:
    """Have this asked, from now on, before anything clears automatically. Called once, as the process starts."""
    if why not in _reasons:
        _reasons.append(why)


def hold_back(gate: ReviewResult, workflow_slug: str, case_type: str, person: UUID) -> ReviewResult:
    """The gate's word, or a person's turn instead of it. Call in the transaction that stores it.

    The lock keeps a stop from falling between this look and the commit: after it nothing more clears automatically.
    """
    execute(LOCK, {"slug": workflow_slug})
    workflow = Workflow.objects.get(slug=workflow_slug)
    plan = current_plan(workflow)
    if plan is not None and plan.stopped:
        return _to_person(gate, gate.lane, "stopped", f"The workflow is stopped, so a person decides: {plan.reason}")
    charter = charters.in_force(workflow)
    if charter is None:
        return _to_person(gate, gate.lane, "no_owner", "No charter is in force, so nothing clears automatically.")
    lane = charters.stricter(gate.lane, charters.content_of(charter).lanes.get(case_type, gate.lane))
    if lane != gate.lane:
        return _to_person(gate, lane, "charter_lane", f"The charter puts this type into the lane “{lane}”.")
    for why in _reasons:
        if reason := why(person):
            return _to_person(gate, gate.lane, "restricted", reason)
    return gate


def _to_person(gate: ReviewResult, lane: Lane, rule: str, reason: str) -> ReviewResult:
    route = "reserved" if lane == "reserved" else "queue"
    return gate.model_copy(update={"route": route, "lane": lane, "rule": rule, "reason": reason})
