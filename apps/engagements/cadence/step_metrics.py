"""Monday: last week's figures against the week before and the baseline, the distance to the limits, and the sample."""

from datetime import UTC, datetime, time, timedelta

from django.db.models import QuerySet
from django.urls import reverse

from apps.cases.models import Case
from apps.engagements.cadence.audit_sample import sample_of
from apps.engagements.cadence.ritual_steps import Link, Occasion, Step, Table, percent, within
from apps.evaluations import signals
from apps.evaluations.metrics import wilson_interval
from apps.evaluations.stop_conditions import Status, incumbent_statuses, limit_in_words, statuses, title
from apps.insights.against import baselines_for, hold
from apps.insights.facts import ALL, facts
from apps.insights.kpis import KPIS, Figure, by_week
from apps.insights.rates import rate_in_force
from apps.insights.wording import amount, change, interval
from apps.workflows import charters
from apps.workflows.charters import StopCondition

WEEK = timedelta(days=7)


def steps(occasion: Occasion) -> list[Step]:
    return [
        Step(
            "figures",
            "Last week’s figures",
            "What moved, and what do you make of it? “Nothing stood out” is an answer.",
            [_figures(occasion)],
            [Link("Insights", "/insights/")],
        ),
        Step(
            "limits",
            "Distance to the stop conditions",
            "Does a limit come near? Is one so far away that it protects nobody?",
            [_last_week(occasion), *([] if occasion.past else [_watch(occasion)])],
            [Link("Traffic", reverse("traffic")), Link("Charter", reverse("charter"))],
        ),
        Step(
            "sample",
            "The audit sample",
            "Who looks at the sample, and by when?",
            _sample(occasion),
            [Link("Second look", reverse("blind")), Link("Review quality", reverse("quality"))],
        ),
    ]


def in_words(figure: Figure) -> str:
    """The value with its unit, interval and n; or why there is none."""
    if figure.value is None:
        return figure.missing
    ends = interval(figure.low, figure.high, figure.kpi)
    return f"{amount(figure.value, figure.kpi)} ({f'{ends}, ' if ends else ''}n = {figure.n:,})"


def _figures(occasion: Occasion) -> Table:
    begin, end = occasion.monday - 2 * WEEK, occasion.monday - timedelta(days=1)
    found = facts(occasion.workflow, begin, end)
    before, last = by_week(found, begin, end, rate_in_force(occasion.workflow))
    baselines = baselines_for(occasion.workflow, ALL)
    rows = []
    for name, kpi in KPIS.items():
        held = hold(last.figures[name], baselines.get(kpi.baseline))
        against = "" if held.change is None else f"{change(held.change)}, "
        baseline = f"{amount(held.baseline.value, kpi)} (n = {held.baseline.n:,})" if held.baseline else "none"
        row = [kpi.title, in_words(last.figures[name]), in_words(before.figures[name]), baseline, against + held.words]
        rows.append(row)
    note = (
        f"Cases that closed from {begin + WEEK:%d %b} to {end:%d %b %Y} (UTC): {last.cases:,}; "
        f"the week before: {before.cases:,}."
    )
    return Table("Against the week before and the baseline", _FIGURES, rows, note)


_FIGURES = ("Measure", "Last week", "The week before", "Baseline", "Last week against it")


def _last_week(occasion: Occasion) -> Table:
    """Each condition as a plain share of last week's cases, so that one week compares with another."""
    charter = charters.in_force(occasion.workflow)
    begin = datetime.combine(occasion.monday - WEEK, time(), UTC)
    came = Case.objects.filter(workflow=occasion.workflow, admitted_at__gte=begin, admitted_at__lt=begin + WEEK)
    if charter is None:
        return Table("Last week", (), (), "No charter is signed, so there are no stop conditions.")
    conditions = [each for each in charters.content_of(charter).stop_conditions if each.metric != "drift"]
    rows = [
        [title(each), *(_share(came.filter(arm=arm), each) for arm in (Case.Arm.INCUMBENT, Case.Arm.SLICE)),
         limit_in_words(each)]
        for each in conditions
    ]  # fmt: skip
    note = "Of the cases that came in during the week, with 95 % intervals; the watch tests them anew with each case."
    return Table("Last week", ("Condition", "In production", "In the slice", "Limit"), rows, note)


def _share(cases: QuerySet[Case], condition: StopCondition) -> str:
    values = signals.values_of(cases, condition)
    if not values:
        return "no case"
    n, total = len(values), sum(values)
    limit = signals.share_limit(condition)
    said = within(total / n, *wilson_interval(round(total), n), n)
    return f"{said}, {100 * total / n / limit:.0f} % of the limit" if limit else said


def _watch(occasion: Occasion) -> Table:
    rows = [
        *(_status("in production", each) for each in incumbent_statuses(occasion.workflow, occasion.now)),
        *(_status("in the slice", each) for each in statuses(occasion.workflow, occasion.now)),
    ]
    note = "In the condition’s present window. “Open”: too few cases to say." if rows else "Nothing is watched yet."
    return Table("What the watch says now", ("Condition", "Release", "Measured", "Limit", "Standing"), rows, note)


def _status(where: str, status: Status) -> list[str]:
    measured = f"{status.words}, n = {status.measured.n:,}"
    return [status.title, where, measured, status.limit_words, status.state]


def _sample(occasion: Occasion) -> list[Table]:
    sample = sample_of(occasion.workflow, occasion.monday)
    strata = [
        [
            occasion.title(each.case_type),
            f"{each.cleared:,}",
            f"{len(each.cases):,}",
            _looked(each.looked, each.otherwise),
        ]
        for each in sample.strata
    ]
    cases = [[each.number, occasion.title(each.case_type), each.said] for each in sample.cases]
    note = (
        f"{sample.cleared:,} cases cleared by themselves; {len(sample.cases)} are drawn from them, from each case type "
        "in proportion, by the hash of the case: nobody chooses, and anybody can draw the same ones again."
        if sample.cleared
        else "Nothing cleared by itself in that week, so there is nothing to draw from."
    )
    return [
        Table("By case type", ("Case type", "Cleared", "Drawn", "Looked at"), strata, note),
        Table("The cases", ("Case", "Case type", "Looked at blind"), cases, "" if cases else "No case is drawn."),
    ]


def _looked(looked: int, otherwise: int) -> str:
    return f"{looked}, of which {otherwise} not to be sent so ({percent(otherwise / looked)})" if looked else "none yet"
