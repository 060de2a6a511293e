"""Composes the four layers. Production persists each result as it comes; rehearsal and replay take them all at once."""

import time
from collections.abc import Mapping
from typing import Literal, TypeVar

from django.utils import timezone

from apps.cases.layers import action, context, intake, review
from apps.cases.layers.types import (
    ActionResult,
    CaseInput,
    ContextResult,
    Frozen,
    IntakeResult,
    Ports,
    Release,
    ReviewResult,
    Timed,
)

Result = TypeVar("Result", bound=Frozen)
LayerName = Literal["intake", "context", "action", "review"]
ORDER: tuple[LayerName, ...] = ("intake", "context", "action", "review")
RESULTS: Mapping[str, type[Frozen]] = {
    "intake": IntakeResult,
    "context": ContextResult,
    "action": ActionResult,
    "review": ReviewResult,
}


def run_layer(layer: str, case: CaseInput, release: Release, ports: Ports, earlier: Mapping[str, Frozen]) -> Timed:
    """Run one layer on the results of those before it. Raises KeyError when one of them is missing."""
    started_at, begin = timezone.now(), time.perf_counter_ns()
    result = _result(layer, case, release, ports, earlier)
    return Timed(result, started_at, (time.perf_counter_ns() - begin) // 1000)


def run_all(case: CaseInput, release: Release, ports: Ports) -> dict[str, Timed]:
    """All four layers, with nothing stored and no effect sent."""
    timed: dict[str, Timed] = {}
    for layer in ORDER:
        timed[layer] = run_layer(layer, case, release, ports, {name: each.result for name, each in timed.items()})
    return timed


def _result(layer: str, case: CaseInput, release: Release, ports: Ports, earlier: Mapping[str, Frozen]) -> Frozen:
    if layer == "intake":
        return intake.run(case, release, ports)
    tags = expect(IntakeResult, earlier["intake"])
    if layer == "context":
        return context.run(case, release, ports, tags)
    found = expect(ContextResult, earlier["context"])
    if layer == "action":
        return action.run(case, release, ports, tags, found)
    if layer == "review":
        return review.run(release, tags, found, expect(ActionResult, earlier["action"]))
    raise KeyError(f"{layer} is no layer")


def expect(kind: type[Result], result: Frozen) -> Result:
    if not isinstance(result, kind):
        raise TypeError(f"expected {kind.__name__}, not {type(result).__name__}")
    return result
