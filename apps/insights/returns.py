"""What a workflow has returned, from its live records against the baseline of Discovery, beside what was forecast."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Final

import numpy as np

from apps.compliance import retention
from apps.compliance.people_models import RetentionRule
from apps.insights import baselines, ledger
from apps.insights.against import interval_of
from apps.insights.counting import COUNTING, error_strata
from apps.insights.facts import AUTOMATIC, Facts, facts
from apps.insights.intervals import Estimate, median, stratified
from apps.insights.ledger import Line
from apps.insights.models import Baseline, ReturnTerms
from apps.insights.rates import rate_in_force
from apps.insights.return_terms import Terms
from apps.insights.returned import Month, Outcome, Premises, Returned, missing, outcome, projected, reckon
from apps.planning.roi import CHANNELS, COSTS, Business, Floats, drawn, likely
from apps.reviews.calendars import today
from apps.workflows.models import Workflow

ENOUGH: Final = 30  # cases of a month, from which on its share that cleared is taken as where learning began


@dataclass(frozen=True)
class Period:
    """A calendar month, or the part of it that is there."""

    begin: date
    end: date
    whole: bool
    found: Facts
    scale: float
    lines: Sequence[Line]

    @property
    def cost(self) -> float:
        return sum(line.usd for line in self.lines)

    @property
    def name(self) -> str:
        return f"{self.begin:%Y-%m}"


@dataclass(frozen=True)
class Return:
    workflow: Workflow
    terms: Terms
    source: str

    @cached_property
    def baselines(self) -> Mapping[str, Baseline]:
        return {each.measure: each for each in baselines.all_in_force(self.workflow) if not each.case_type}

    @cached_property
    def hour(self) -> float | None:
        """USD: as set, else what the baselines come to."""
        return rate_in_force(self.workflow) or self._implied

    @property
    def hour_is_implied(self) -> bool:
        return self.hour is not None and rate_in_force(self.workflow) is None

    @cached_property
    def periods(self) -> list[Period]:
        """Every month since Discovery began."""
        last, found = today(), []
        paid = ledger.fees(self.terms, self.source, last) + ledger.own_people(self.terms, self.hour, last)
        for month in ledger.months(self.terms.discovery_on, last):
            end = min(ledger.following(month) - timedelta(days=1), last)
            records = facts(self.workflow, month, end)
            lines = [line for line in paid if month <= line.on <= end]
            scale = self._scale(month, end, len(records))
            if records.usd.sum():
                lines.append(_models(records, scale, end))
            whole = end == ledger.following(month) - timedelta(days=1)
            found.append(Period(month, end, whole, records, scale, sorted(lines, key=lambda each: each.on)))
        return found

    @cached_property
    def metered_from(self) -> date | None:
        """The first day of closed cases whose requests to models are kept, with what they cost; None where all are."""
        let_go = (RetentionRule.Data.CASES, RetentionRule.Data.EXCHANGES)
        days = [each.days for each in retention.terms() if each.data in let_go and each.workflow == self.workflow]
        first = today() - timedelta(days=min(days)) if days else self.terms.discovery_on
        return first if first > self.terms.discovery_on else None

    @cached_property
    def whole(self) -> int:
        """Months that are over."""
        return sum(each.whole for each in self.periods)

    @cached_property
    def premises(self) -> Premises:
        known = {name: _estimate(each) for name, each in self.baselines.items()}
        return Premises(
            hour=self.hour,
            minutes=known.get("handling_time"),
            errors=known.get("error_rate"),
            error_cost=float(self.terms.error_cost) or None,
            hours=known.get("cycle_time"),
            day_value=float(self.terms.day_value) or None,
            cleared=self._cleared_first,
        )

    @cached_property
    def missing(self) -> Mapping[str, str]:
        """Why a channel claims nothing."""
        return missing(self.premises)

    @cached_property
    def months(self) -> list[Month]:
        return [self._month(each, *errors) for each, errors in zip(self.periods, self._errors, strict=True)]

    @cached_property
    def returned(self) -> Returned:
        return reckon(self.premises, self.months)

    @cached_property
    def outcome(self) -> Outcome:
        return outcome(self.returned, self.whole)

    @cached_property
    def projection(self) -> Floats:
        """Cumulative USD over 36 months: (worlds, 36)."""
        return np.cumsum(projected(self.returned, self.whole), axis=1)

    @cached_property
    def business(self) -> Business | None:
        """What the forecast rests on: the baseline as it was measured. None without handling time or volume."""
        measured = {name: each.value for name, each in self.baselines.items()}
        if not measured.get("handling_time") or not self.terms.monthly_volume:
            return None
        return Business(
            volume=self.terms.monthly_volume,
            minutes=measured["handling_time"],
            routine=float(self.terms.routine),
            complexity=self.terms.complexity,
            geography=self.terms.geography,
            industry=self.terms.industry,
            unit_cost=measured.get("cost_per_case"),
            error_rate=measured.get("error_rate", 0.0),
            error_cost=float(self.terms.error_cost),
            cycle_days=measured.get("cycle_time", 0.0) / 24,
            day_value=float(self.terms.day_value),
        )

    @cached_property
    def forecast(self) -> tuple[Floats, Floats, Floats] | None:
        """Cumulative USD at the end of each of 36 months: likely, and the 10th and 90th percentile."""
        if self.business is None:
            return None
        low, high = np.percentile(np.cumsum(drawn(self.business).net, axis=1), (10, 90), axis=0)
        return np.cumsum(likely(self.business).net[0]), low, high

    @property
    def channels(self) -> list[tuple[str, str, float | None, str]]:
        """Name, title, USD so far (None: nothing is claimed), and why not."""
        flows = self.returned.channels
        return [
            (name, title, float(flows[name][0].sum()) if name in flows else None, self.missing.get(name, ""))
            for name, title in CHANNELS.items()
        ]

    def says(self, channel: str, at: int) -> bool:
        """Whether the month has anything that the channel could be measured on."""
        month = self.months[at]
        measured = {"quality": month.errors, "cycle": month.hours}.get(channel, month.minutes)
        return channel in self.returned.channels and measured.value is not None

    @property
    def lines(self) -> list[Line]:
        return [line for period in self.periods for line in period.lines]

    @property
    def costs(self) -> list[tuple[str, str, float]]:
        """Kind, title and USD so far."""
        sums = {kind: sum(line.usd for line in self.lines if line.kind == kind) for kind in COSTS}
        return [(kind, title, sums[kind]) for kind, title in COSTS.items()]

    @property
    def _implied(self) -> float | None:
        cost, minutes = self.baselines.get("cost_per_case"), self.baselines.get("handling_time")
        return cost.value / minutes.value * 60 if cost and minutes and minutes.value else None

    def _scale(self, begin: date, end: date, n: int) -> float:
        """Cases of the month for each that is recorded. Days before Run began stand for themselves."""
        if not self.terms.sampled or not self.terms.run_on or begin < self.terms.run_on.replace(day=1) or not n:
            return 1.0
        days = (end - max(begin, self.terms.run_on)).days + 1
        of_month = days / (ledger.following(begin) - begin).days
        return max(1.0, self.terms.monthly_volume * of_month / n)

    @cached_property
    def _cleared_first(self) -> float | None:
        """The share that cleared by itself in the first whole month of Run with enough cases."""
        if self.terms.run_on is None:
            return None
        for each in self.periods:
            if each.whole and each.begin >= self.terms.run_on.replace(day=1) and len(each.found) >= ENOUGH:
                return _cleared(each.found)
        return None

    def _month(self, period: Period, errors: Estimate, judged: float) -> Month:
        found = period.found
        return Month(
            cases=len(found),
            scale=period.scale,
            minutes=COUNTING["handling_time"](found, 0.0),
            errors=errors,
            hours=median(found.hours),
            cleared=_cleared(found) if self._learns(period) else (self._cleared_first or 0.0),
            saved_when_cleared=_apart(found),
            cost=period.cost,
            judged=judged,
        )

    def _learns(self, period: Period) -> bool:
        return self.terms.run_on is not None and period.begin >= self.terms.run_on.replace(day=1)

    @cached_property
    def _errors(self) -> list[tuple[Estimate, float]]:
        """By month: of all that was looked at up to its end, as a single month has too few looks to say anything; and
        the share of the month's cases for which that speaks. Where nobody looked at what cleared by itself, or at what
        people decided, it says nothing of those.
        """
        strata = [error_strata(each.found) for each in self.periods]
        made = []
        for month, so_far in zip(strata, np.cumsum(strata, axis=0).tolist() if strata else (), strict=True):
            judged = sum(size for (size, _, _), (_, n, _) in zip(month, so_far, strict=True) if n)
            made.append((stratified(so_far), judged / max(sum(size for size, _, _ in month), 1)))
        return made


def return_of(workflow: Workflow) -> Return | None:
    """None while nobody has set the terms."""
    last = ReturnTerms.objects.filter(workflow=workflow).first()
    return Return(workflow, Terms.model_validate(last.content), last.source) if last else None


def _models(found: Facts, scale: float, on: date) -> Line:
    paid = float(found.usd.sum()) * scale
    title = f"Models, {len(found):,} cases" + (f" × {scale:.3g}" if scale != 1 else "")
    return Line(on, "models", title, paid, "metered, exchange by exchange")


def _estimate(baseline: Baseline) -> Estimate:
    low, high = interval_of(baseline)
    return Estimate(baseline.value, baseline.n, low, high)


def _cleared(found: Facts) -> float:
    return float((found.outcome == AUTOMATIC).mean()) if len(found) else 0.0


def _apart(found: Facts) -> float:
    """Minutes that a case takes less when it clears by itself; 0 where one of the two kinds is missing."""
    timed, own = ~np.isnan(found.minutes), found.outcome == AUTOMATIC
    if not (timed & own).any() or not (timed & ~own).any():
        return 0.0
    return float(found.minutes[timed & ~own].mean() - found.minutes[timed & own].mean())
