"""What a simulation will take, before it is asked for: from what evaluations took here."""

from apps.evaluations.batches import TRIALS
from apps.evaluations.estimates import LAYERS, Estimate, median_of, parts_of, reused_layers, usd_of
from apps.evaluations.models import Simulation
from apps.evaluations.simulation.sources import Available, every
from apps.workflows.models import Release
from apps.workflows.releases import manifest_of


def estimate(release: Release, incumbent: Release, source: str, there: Available) -> Estimate:
    """Both releases are run, each draft once. What they share, or an evaluation has answered, costs nothing."""
    came = -(-there.came // every(there.came)) if source == Simulation.Source.TRAFFIC else 0
    seconds: float | None = 0.0
    usd: float | None = 0.0
    reused: tuple[str, ...] = ()
    ours, theirs = parts_of(manifest_of(release)), parts_of(manifest_of(incumbent))
    for each in (incumbent, release):
        known = reused_layers(each, there.labelled_set, "holdout") if there.labelled_set else ()
        shared = tuple(layer for layer in ours if each == release and ours[layer] == theirs[layer])
        for cases, without in ((came, shared), (there.holdout, (*shared, *known))):
            todo = [median_of(name) for name, layer in LAYERS.items() if layer not in without and cases]
            seconds = None if seconds is None or None in todo else seconds + cases * sum(map(_known, todo)) / 1e6
            price = usd_of(each, cases, without)
            usd = None if usd is None or price is None else usd + price / TRIALS
        reused = (*reused, *(layer for layer in (*shared, *known) if layer not in reused))
    return Estimate(came + there.holdout, seconds, usd, tuple(layer for layer in ours if layer in reused))


def _known(microseconds: float | None) -> float:
    return microseconds or 0.0
