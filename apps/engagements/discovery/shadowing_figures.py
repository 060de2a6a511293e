"""What notes beside operators add up to: seconds for each kind of step, minutes for a case, cases an hour."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

import numpy as np

from apps.engagements.board_models import ShadowedStep
from apps.insights import intervals
from apps.insights.intervals import Estimate


@dataclass(frozen=True)
class StepTotal:
    title: str
    system: str  # the one it was done in most often
    n: int
    median: float  # seconds
    least: int
    most: int
    exceptions: int

    @property
    def share(self) -> float:
        """Of exceptions among them."""
        return self.exceptions / self.n


@dataclass(frozen=True)
class Figures:
    steps: Sequence[StepTotal]  # the one that takes most time in all first
    minutes: Estimate  # of work on a case
    per_hour: float | None  # cases, over the hours that steps ran in
    hours: float
    begin: date | None
    end: date | None

    @property
    def cases(self) -> int:
        return self.minutes.n


def figures(steps: Iterable[ShadowedStep]) -> Figures:
    """Of steps that have stopped; a case with one that has not does not count yet."""
    stopped: list[tuple[ShadowedStep, int]] = []
    running = set()
    for step in steps:
        seconds = step.seconds
        if seconds is None:
            running.add((step.shadowing_id, step.case))
        else:
            stopped.append((step, seconds))
    by_case: dict[tuple[int, int], int] = defaultdict(int)
    by_title: dict[str, list[tuple[ShadowedStep, int]]] = defaultdict(list)
    for step, seconds in stopped:
        by_title[step.title.casefold()].append((step, seconds))
        if (step.shadowing_id, step.case) not in running:
            by_case[step.shadowing_id, step.case] += seconds
    minutes = intervals.mean(np.array(list(by_case.values()), dtype=np.float64) / 60)
    hours = sum(by_case.values()) / timedelta(hours=1).total_seconds()
    days = [step.started_at.date() for step, _ in stopped]
    return Figures(
        steps=sorted((_total(each) for each in by_title.values()), key=lambda total: -total.median * total.n),
        minutes=minutes,
        per_hour=len(by_case) / hours if hours else None,
        hours=hours,
        begin=min(days, default=None),
        end=max(days, default=None),
    )


def _total(found: Sequence[tuple[ShadowedStep, int]]) -> StepTotal:
    seconds, systems = [each for _, each in found], [step.system for step, _ in found]
    return StepTotal(
        title=found[0][0].title,
        system=max(systems, key=systems.count),
        n=len(found),
        median=median(seconds),
        least=min(seconds),
        most=max(seconds),
        exceptions=sum(step.kind == ShadowedStep.Kind.EXCEPTION for step, _ in found),
    )
