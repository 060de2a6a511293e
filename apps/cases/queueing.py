"""Which queue a layer's work goes to: local work is quick, a hosted model is slow, effects leave the house."""

from collections.abc import Mapping

from apps.cases.models import Case
from apps.workflows.models import Release
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


def first_queue(release: Release) -> str:
    """The queue that a new case of the release waits in."""
    return queue_for(Case.Layer.INTAKE, {"intake": manifest_of(release).intake.route})
