"""What a release makes of one case, in the few numbers that a month is added up from; and what a person did with it."""

from dataclasses import dataclass
from typing import Literal

from apps.cases.layers.types import Frozen
from apps.evaluations.case_result import CaseResult
from apps.evaluations.report import CLASSIFIED, mean_of, seconds_of

Route = Literal["automatic", "queue", "reserved"]


class Outcome(Frozen):
    case_type: str
    decision: str
    route: Route
    wrong: float  # the chance that the case type is wrong, by intake's own probability; 0 where a rule decided
    right: bool | None  # end to end, where an expert labelled the case
    ungrounded: float | None  # share of the sentences that need a source; None where no sentence does
    gave_up: bool
    seconds: float
    cost: float  # USD

    @property
    def automatic(self) -> bool:
        return self.route == "automatic"


@dataclass(frozen=True)
class Done:
    """What became of a case that came in: the proposal that a person saw, and what they did with it."""

    outcome: str  # Case.Outcome, "" while it is open
    decision: str
    changed: float | None  # share of the words that a person changed; None where nobody edited


@dataclass(frozen=True)
class Replayed:
    """One distinct case: what either release makes of it, and what was done with it where it came in."""

    incumbent: Outcome
    candidate: Outcome
    done: Done | None = None


def outcome_of(result: CaseResult, *, labelled: bool) -> Outcome:
    grounded = mean_of(result.grounded)
    return Outcome(
        case_type=result.case_type,
        decision=result.decision,
        route=result.route,
        wrong=1 - result.probability if result.decided_by == CLASSIFIED else 0.0,
        right=result.right if labelled else None,
        ungrounded=None if grounded is None else 1 - grounded,
        gave_up=bool(result.problem),
        seconds=seconds_of(result),
        cost=result.cost,
    )


def rejected(replayed: Replayed) -> float | None:
    """Whether a person would reject the candidate's proposal: by what they did with the same one, or by the label.

    None where the case reaches nobody, or nothing says. A proposal other than the one that was approved counts as
    rejected.
    """
    ours, done = replayed.candidate, replayed.done
    if ours.automatic:
        return None
    if ours.right is not None:
        return float(not ours.right)
    if done is None or done.outcome not in ("approved", "edited", "rejected"):
        return None
    if done.decision == ours.decision:
        return float(done.outcome == "rejected")
    return None if done.outcome == "rejected" else 1.0


def edited(replayed: Replayed) -> float | None:
    """How much a person would change: known where they worked on the same proposal and sent it."""
    ours, done = replayed.candidate, replayed.done
    if ours.automatic or done is None or done.decision != ours.decision or done.outcome not in ("approved", "edited"):
        return None
    return done.changed or 0.0
