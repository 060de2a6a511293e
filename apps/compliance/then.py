"""Where a case stood at a moment, told by its entries alone."""

from collections.abc import Iterable
from typing import TypeAlias

from apps.audit.timeline import TimelineEntry
from apps.cases.models import Case
from apps.cases.reading import Layers, layers_from
from apps.compliance.dossier import Dossier

State, Layer, Outcome = Case.State, Case.Layer, Case.Outcome
Move: TypeAlias = tuple[str | None, str | None, str | None]
# What an entry did to (state, layer, outcome); None leaves it as it is.
MOVES: dict[str, Move] = {
    "case.intake": (None, Layer.CONTEXT, None),
    "case.context": (None, Layer.ACTION, None),
    "case.action": (None, Layer.REVIEW, None),
    "case.gave_up": (State.REVIEW, None, None),
    "case.effects_unsettled": (State.REVIEW, Layer.EFFECTS, None),
    "case.closed": (State.CLOSED, Layer.DONE, None),
    "review.approve": (State.OPEN, Layer.EFFECTS, Outcome.APPROVED),
    "review.edit": (State.OPEN, Layer.EFFECTS, Outcome.EDITED),
    "review.reject": (State.CLOSED, Layer.DONE, Outcome.REJECTED),
    "review.undone": (State.REVIEW, Layer.REVIEW, ""),
    "review.reopened": (State.REVIEW, Layer.REVIEW, ""),
}
CLEARED: Move = (State.OPEN, Layer.EFFECTS, Outcome.AUTOMATIC)
OUTCOMES = {"approve": Outcome.APPROVED, "edit": Outcome.EDITED, "reject": Outcome.REJECTED}
TO_A_PERSON: Move = (State.REVIEW, Layer.REVIEW, None)


def case_then(entries: Iterable[TimelineEntry]) -> Case:
    """A case that is never saved, with the state, layer and outcome that the entries lead to."""
    case = Case(state=State.OPEN, layer=Layer.INTAKE, outcome="")
    for entry in entries:
        state, layer, outcome = _move(entry)
        case.state = case.state if state is None else state
        case.layer = case.layer if layer is None else layer
        case.outcome = case.outcome if outcome is None else outcome
    return case


def _move(entry: TimelineEntry) -> Move:
    if entry.action == "case.review":
        return CLEARED if entry.facts.get("route") == "automatic" else TO_A_PERSON
    if entry.action == "case.brought_over":  # closed long before
        return State.CLOSED, Layer.DONE, OUTCOMES.get(str(entry.facts.get("disposition")), Outcome.AUTOMATIC)
    return MOVES.get(entry.action, (None, None, None))


def layers_then(dossier: Dossier) -> Layers:
    """What each layer's last run by then had found."""
    runs = {step.layer: (step.result, step.microseconds) for step in dossier.found.steps}  # in order: the last remains
    return layers_from(runs)
