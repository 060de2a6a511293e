"""The cases behind a month of a channel, and what each comes to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from apps.cases.listing import RULE, CaseRow, case_rows
from apps.cases.models import Case
from apps.insights.facts import AUTOMATIC, Facts
from apps.insights.returned import Floats
from apps.insights.returns import Period, Return


@dataclass(frozen=True)
class Behind:
    """Ids, the largest first, and what each comes to in words. `says` is how the month's figure is made of them."""

    ids: Sequence[UUID]
    worth: Sequence[str]
    says: str


@dataclass(frozen=True)
class Row:
    row: CaseRow
    worth: str


def behind(found: Return, period: Period, channel: str) -> Behind:
    """Raises KeyError for no channel."""
    made = MAKERS[channel](found, period.found)
    order = np.argsort(-made.size[made.counts], kind="stable")
    ids, sizes = period.found.id[made.counts][order], made.size[made.counts][order]
    return Behind([UUID(bytes=bytes(each)) for each in ids], [made.word(float(each)) for each in sizes], made.says)


def shown(ids: Sequence[UUID], worth: Sequence[str]) -> list[Row]:
    """The rows of one page."""
    cases = Case.objects.annotate(rule=RULE).in_bulk(ids)
    there = [(cases[each], said) for each, said in zip(ids, worth, strict=True) if each in cases]
    return [Row(row, said) for row, (_, said) in zip(case_rows([case for case, _ in there]), there, strict=True)]


@dataclass(frozen=True)
class Made:
    counts: NDArray[np.bool_]
    size: Floats
    word: Callable[[float], str]
    says: str


def _labour(found: Return, facts: Facts) -> Made:
    before, hour = found.baselines["handling_time"].value, found.hour or 0.0
    saved = before - facts.minutes

    def word(minutes: float) -> str:
        return f"{minutes:+.1f} min, {minutes / 60 * hour:+.2f} USD"

    says = (
        f"Of each case with a measured time: what it took less than the {before:g} minutes of the baseline, at"
        f" {hour:.2f} USD an hour. The month’s figure is their mean for all its cases, without what learning added."
    )
    return Made(~np.isnan(saved), saved, word, says)


def _learning(found: Return, facts: Facts) -> Made:
    first = found.premises.cleared or 0.0
    share = float((facts.outcome == AUTOMATIC).mean()) if len(facts) else 0.0
    says = (
        f"{100 * share:.0f} % cleared by themselves; when Run began it was {100 * first:.0f} %. What is above that"
        " counts, with the time that such a case takes less than one that a person decides."
    )
    return Made(facts.outcome == AUTOMATIC, facts.hours, lambda _: "cleared by itself", says)


def _quality(found: Return, facts: Facts) -> Made:
    before = found.baselines["error_rate"].value

    def word(wrong: float) -> str:
        return "would not have been sent so" if wrong else "stands"

    says = (
        f"The cases that somebody looked at blind. {100 * before:.1f} % had an error before; the share of everything"
        f" looked at up to the month’s end is held against it, at {found.terms.error_cost} USD an error, for what"
        " cleared by itself and what people decided as far as somebody has looked at some of it."
    )
    return Made(facts.looks > 0, facts.wrong.astype(np.float64), word, says)


def _cycle(found: Return, facts: Facts) -> Made:
    before = found.baselines["cycle_time"].value
    earlier = before - facts.hours
    says = (
        f"Of each case: how many hours earlier it closed than the {before:g} of the baseline. The month’s figure takes"
        f" the middle of them, at {found.terms.day_value} USD a day."
    )
    return Made(~np.isnan(earlier), earlier, lambda hours: f"{hours:+.1f} h", says)


MAKERS: Final[dict[str, Callable[[Return, Facts], Made]]] = {
    "labour": _labour,
    "learning": _learning,
    "quality": _quality,
    "cycle": _cycle,
}
