"""Acceptance as it stands: what was agreed on in the statement of work, beside what was measured on the holdout.

Measured is the release with a slice, else that in production, on the newest labelled set that the client signed. A
measure is reached where the lower end of its 95 % interval is; one that must not occur, where it did not occur once.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from apps.engagements.engagement_models import Engagement
from apps.engagements.statement import sow
from apps.engagements.statement.sow_content import Criterion
from apps.evaluations.labelled_sets import current_frozen
from apps.evaluations.models import LabelledCase
from apps.evaluations.run_models import EvaluationRun
from apps.workflows.models import Release, Workflow
from apps.workflows.traffic import current_plan, slice_of

State = Literal["reached", "not reached", "open", "by hand"]
Figure = Mapping[str, Any]  # as evaluations.report makes them


@dataclass(frozen=True)
class Measured:
    criterion: Criterion
    state: State
    says: str


@dataclass(frozen=True)
class Acceptance:
    """`says` names what was measured, or what is missing before anything can be."""

    says: str
    run: EvaluationRun | None
    rows: tuple[Measured, ...]


def acceptance(engagement: Engagement) -> Acceptance | None:
    """None where no statement of work was accepted, or it names no measure."""
    agreed = sow.accepted(engagement)
    criteria = sow.content_of(agreed).acceptance if agreed else ()
    if not criteria:
        return None
    run, says = _run(engagement.workflow)
    if run is None:
        return Acceptance(says, None, tuple(Measured(each, "open", "not measured yet") for each in criteria))
    return Acceptance(says, run, tuple(_measure(each, run) for each in criteria))


def _run(workflow: Workflow) -> tuple[EvaluationRun | None, str]:
    labelled_set, share = current_frozen(workflow), slice_of(current_plan(workflow))
    release = Release.objects.get(pk=share.release) if share else workflow.production
    if labelled_set is None or release is None:
        return None, "No labelled set is signed." if labelled_set is None else "No release is in production."
    runs = EvaluationRun.objects.filter(release=release, labelled_set=labelled_set, split=LabelledCase.Split.HOLDOUT)
    run = runs.filter(state=EvaluationRun.State.DONE).first()
    if run is None:
        return None, f"{release.label} has not been measured on the holdout of {labelled_set} yet."
    return run, f"{release.label} on the {run.total:,} held-out cases of {labelled_set}."


def _measure(criterion: Criterion, run: EvaluationRun) -> Measured:
    judge = MEASURES.get(_plain(criterion.measure))
    if judge is None:
        return Measured(criterion, "by hand", "No figure here has this name: hold it against the evaluation together.")
    state, says = judge(criterion, run.report["figures"])
    if run.total < criterion.cases:
        return Measured(criterion, "open", f"{says}; fewer cases than the {criterion.cases:,} agreed on")
    return Measured(criterion, state, says)


def _type(criterion: Criterion, figures: Mapping[str, Figure]) -> tuple[State, str]:
    each = figures["type_accuracy"]
    return _at_least(criterion, each["value"], each["low"], each["high"], each["n"])


def _cleared(criterion: Criterion, figures: Mapping[str, Figure]) -> tuple[State, str]:
    wrong = figures["wrong_of_automatic"]
    if not wrong["n"]:
        return "open", "No held-out case would be cleared automatically."
    return _at_least(criterion, 1 - wrong["value"], 1 - wrong["high"], 1 - wrong["low"], wrong["n"])


def _sourced(criterion: Criterion, figures: Mapping[str, Figure]) -> tuple[State, str]:
    """Of every drafted statement that needs a source."""
    n = figures["grounded"]["n"]
    if not n or criterion.least.strip() not in ("0", "0 %", "none"):
        return "by hand", f"“{criterion.least}” of {n:,} statements: hold it against the evaluation together."
    without = round((1 - figures["grounded"]["value"]) * n)
    return "not reached" if without else "reached", f"{without:,} of {n:,} drafted statements"


def _at_least(criterion: Criterion, value: float, low: float, high: float, n: int) -> tuple[State, str]:
    says = f"{100 * value:.1f} % ({100 * low:.1f}-{100 * high:.1f}, n = {n:,})"
    asked = re.fullmatch(r"\D*(\d+(?:[.,]\d+)?)\s*%\D*", criterion.least)
    if asked is None:
        return "by hand", f"{says}; “{criterion.least}” is not a share that can be read here"
    least = float(asked[1].replace(",", ".")) / 100
    return ("reached" if low >= least else "not reached" if high < least else "open"), says


def _plain(text: str) -> str:
    return text.replace("’", "'").strip().rstrip(".").casefold()


# By the words that sow.yaml offers; what somebody words otherwise is held against the evaluation by people.
MEASURES: Final[Mapping[str, Callable[[Criterion, Mapping[str, Figure]], tuple[State, str]]]] = {
    "right without a person's change, of the cases cleared automatically": _cleared,
    "case type as labelled": _type,
    "statements without a source, of all statements sent": _sourced,
}
