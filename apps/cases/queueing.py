"""Which queue a layer's work goes to: local work is quick, a hosted model is slow, effects leave the house."""

from collections.abc import Mapping

from apps.cases.models import Case
from apps.workflows.models import Workflow
from apps.workflows.releases import manifest_of

NEXT = {
    Case.Layer.INTAKE: Case.Layer.CONTEXT,
    Case.Layer.CONTEXT: Case.Layer.ACTION,
    Case.Layer.ACTION: Case.Layer.REVIEW,
}


def queue_for(layer: str, routes: Mapping[str, str]) -> str:
    if layer == Case.Layer.EFFECTS:
        return Case.Queue.EFFECTS
    return Case.Queue.MODEL if routes.get(layer, "").startswith("anthropic:") else Case.Queue.QUICK


def first_queue(workflow: Workflow) -> str:
    """The queue that a new case of the workflow waits in."""
    if workflow.production is None:
        return Case.Queue.QUICK
    manifest = manifest_of(workflow.production)
    return queue_for(Case.Layer.INTAKE, {"intake": manifest.intake.route})
