"""What the gate would let through and the owner does not: a stopped workflow, and lanes that the charter tightens."""

from apps.cases.layers.types import Lane, ReviewResult
from apps.cases.statements import execute
from apps.workflows import charters
from apps.workflows.models import Workflow
from apps.workflows.traffic import current_plan

# Many may look at once; who moves the traffic waits for them, and they for that.
LOCK = "SELECT id FROM workflows_workflow WHERE slug = %(slug)s FOR SHARE"


def hold_back(gate: ReviewResult, workflow_slug: str, case_type: str) -> ReviewResult:
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
    return gate


def _to_person(gate: ReviewResult, lane: Lane, rule: str, reason: str) -> ReviewResult:
    route = "reserved" if lane == "reserved" else "queue"
    return gate.model_copy(update={"route": route, "lane": lane, "rule": rule, "reason": reason})
