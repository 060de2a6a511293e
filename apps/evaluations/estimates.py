"""What an evaluation will take, before it is asked for: from what earlier ones took, and from what is remembered."""

from dataclasses import dataclass

import numpy as np

from apps.cases.models import Step
from apps.evaluations.batches import TRIALS
from apps.evaluations.labelled_sets import cases_in
from apps.evaluations.models import LabelledSet
from apps.evaluations.run_models import EvaluationRun, Remembered
from apps.evaluations.runs import asks_model
from apps.inference.models import Exchange
from apps.workflows.manifest import Manifest
from apps.workflows.models import Release
from apps.workflows.releases import manifest_of

LATEST = 500  # measurements that a median is taken of
LAYERS = {"prediction": "intake", "context": "context", "action": "action"}  # what is remembered → the layer


@dataclass(frozen=True)
class Estimate:
    cases: int
    seconds: float | None  # of work; None while nothing was ever measured here
    usd: float | None  # None: a model is asked, and nobody has asked it yet
    reused: tuple[str, ...]  # layers that an earlier evaluation on this split has answered already


def estimate(release: Release, labelled_set: LabelledSet, split: str = "holdout") -> Estimate:
    """From medians per layer and case. A layer whose parts were evaluated before on this split costs nothing."""
    cases = cases_in(labelled_set, split).count()
    reused = reused_layers(release, labelled_set, split)
    medians = {name: median_of(name) for name in LAYERS}
    todo = [medians[name] for name, layer in LAYERS.items() if layer not in reused]
    seconds = None if any(each is None for each in todo) else cases * sum(each or 0.0 for each in todo) / 1e6
    return Estimate(cases, seconds, usd_of(release, cases, reused), reused)


def reused_layers(release: Release, labelled_set: LabelledSet, split: str) -> tuple[str, ...]:
    """Those whose parts equal the parts of a release that was evaluated on this split to the end."""
    done = EvaluationRun.objects.filter(labelled_set=labelled_set, split=split, state=EvaluationRun.State.DONE)
    ours = parts_of(manifest_of(release))
    known = [parts_of(manifest_of(run.release)) for run in done.select_related("release")]
    return tuple(layer for layer, part in ours.items() if any(part == other[layer] for other in known))


def parts_of(manifest: Manifest) -> dict[str, object]:
    """What each layer's answers depend on, down to the layers before it."""
    classifiers = manifest.intake.classifiers
    intake = (classifiers, manifest.intake.encoder)
    context = (*intake, manifest.taxonomy, manifest.context)
    action = (*context, manifest.action.model_dump(exclude={"amount_limit"}))
    return {"intake": intake, "context": context, "action": action}


def median_of(name: str) -> float | None:
    """Microseconds a case."""
    took = list(
        Remembered.objects.filter(layer=name).order_by("-created_at").values_list("microseconds", flat=True)[:LATEST]
    )
    if not took:
        took = list(
            Step.objects.filter(layer=LAYERS[name]).order_by("-pk").values_list("microseconds", flat=True)[:LATEST]
        )
    return float(np.median(took)) if took else None


def usd_of(release: Release, cases: int, reused: tuple[str, ...]) -> float | None:
    if not asks_model(release) or "action" in reused:
        return 0.0
    costs = list(
        Exchange.objects.filter(purpose="action").order_by("-started_at").values_list("cost", flat=True)[:LATEST]
    )
    return cases * TRIALS * float(np.median([float(cost) for cost in costs])) if costs else None
