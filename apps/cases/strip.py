"""The strip, the product's signature: intake → context → action → review, each with its state, band and time."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from apps.cases.layers.types import Band
from apps.cases.models import Case
from apps.cases.reading import Layers

State = Literal["good", "warn", "bad", "now", "none"]
LAYERS = ("intake", "context", "action", "review")
# Which layer a rule of the review gate found wanting.
WANTING = {
    "low_confidence": "intake",
    "medium_confidence": "intake",
    "out_of_scope": "intake",
    "planted": "intake",
    "doubt": "context",
    "nothing_to_say": "context",
    "ungrounded": "action",
    "high_impact": "action",
    "amount": "action",
    "dissent": "action",
}


@dataclass(frozen=True)
class Cell:
    layer: str
    state: State
    says: str = ""
    band: Band | None = None
    took: timedelta | None = None

    @property
    def title(self) -> str:
        return self.layer.capitalize()


def small_strip(case: Case, rule: str) -> list[Cell]:
    """The cells' states alone, for a row: from the case itself and the gate's rule, without reading its steps."""
    return [Cell(layer, _state(case, layer, rule)) for layer in LAYERS]


def strip(case: Case, layers: Layers, titles: dict[str, str]) -> list[Cell]:
    """The four cells with what each layer found, in words. `titles` names the case types."""
    rule = layers.review.rule if layers.review else ""
    return [
        Cell("intake", _state(case, "intake", rule), _intake(layers, titles), _band(layers), layers.took.get("intake")),
        Cell("context", _state(case, "context", rule), _context(layers), None, layers.took.get("context")),
        Cell("action", _state(case, "action", rule), _action(layers), None, layers.took.get("action")),
        Cell("review", _state(case, "review", rule), _review(case), None, layers.took.get("review")),
    ]


def _state(case: Case, layer: str, rule: str) -> State:
    reached = LAYERS.index(case.layer) if case.layer in LAYERS else len(LAYERS)
    at = LAYERS.index(layer)
    if layer == "review" and reached >= at and case.state == Case.State.REVIEW:
        return "now"
    if at > reached:
        return "none"
    if at == reached and case.state != Case.State.CLOSED:
        return "bad" if case.state == Case.State.REVIEW else "now"  # a person has it before its layers were through
    if layer == "review" and case.outcome == Case.Outcome.REJECTED:
        return "bad"
    return "warn" if WANTING.get(rule) == layer else "good"


def _band(layers: Layers) -> Band | None:
    return layers.intake.case_type.band if layers.intake else None


def _intake(layers: Layers, titles: dict[str, str]) -> str:
    if layers.intake is None:
        return "not run yet"
    tag = layers.intake.case_type
    return f"{titles.get(tag.value, tag.value.replace('_', ' '))} · {tag.confidence:.2f}"


def _context(layers: Layers) -> str:
    if layers.context is None:
        return "not run yet"
    passages, sources = len(layers.context.passages), len({passage.source for passage in layers.context.passages})
    kept_out = sum(each.count for each in layers.context.withheld)
    return f"{_count(passages, 'passage')} from {_count(sources, 'source')}, {kept_out} kept out"


def _action(layers: Layers) -> str:
    if layers.action is None:
        return "not run yet"
    needing = [claim for claim in layers.action.claims if claim.kind != "courtesy"]
    decision = layers.action.decision.title if layers.action.decision else "no decision"
    return f"{sum(claim.grounded for claim in needing)} of {_count(len(needing), 'claim')} grounded · {decision}"


def _review(case: Case) -> str:
    if case.state == Case.State.REVIEW:
        return "waits for a person"
    return case.get_outcome_display().lower() if case.outcome else "not reached yet"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
