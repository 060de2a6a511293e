"""What the report of a month says: its figures beside those of the month before, and what was done meanwhile."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Q

from apps.evaluations.models import DecisionRecord
from apps.insights import wording
from apps.insights.against import Against
from apps.insights.anomalies import recent
from apps.insights.facts import start_of
from apps.insights.kpis import KPIS, Figure
from apps.insights.models import Anomaly
from apps.insights.overview import Overview
from apps.insights.reports.drawing import svg
from apps.insights.selection import Selection
from apps.tenants.models import Tenant
from apps.tenants.schemas import current_schema
from apps.workflows.models import Workflow

WEEKS_SHOWN = 13  # in the charts, the last of them with the month's last day
DRAWN = ("throughput", "cycle_time", "reviewed_time", "error_rate", "cost_per_case", "automation")
OF_TYPES = ("automation", "unchanged", "cycle_time", "reviewed_time", "cost_per_case")
MOST_TYPES, MOST_DECISIONS = 20, 20


def contents(workflow: Workflow, begin: date, end: date) -> dict[str, Any]:
    """In words and drawings, for the page's setting. `figures` has the numbers."""
    month = _overview(workflow, begin, end)
    earlier = _overview(workflow, (begin - timedelta(days=1)).replace(day=1), begin - timedelta(days=1))
    quarter = _overview(workflow, end - timedelta(days=end.weekday(), weeks=WEEKS_SHOWN - 1), end)
    before = {each.figure.name: each.figure for each in earlier.held}
    return {
        "tenant": Tenant.objects.get(pk=current_schema()).name,
        "workflow": workflow.title,
        "owner": workflow.owner,
        "month": f"{begin:%B %Y}",
        "cases": f"{len(month.found):,}",
        "sentences": _sentences(month),
        "rows": [_row(each, before[each.figure.name]) for each in month.held],
        "notes": [f"{each.figure.kpi.title}: {each.figure.missing}" for each in month.held if each.figure.missing],
        "baselines": [wording.baseline(each) for each in month.baselines.values()],
        "charts": _charts(quarter),
        "types": [_type(part.title, part.cases, part.held) for part in month.parts[:MOST_TYPES]],
        "type_titles": [KPIS[name].title for name in OF_TYPES],
        "moves": [[f"{each.at:%d %b}", each.title, each.release, each.reason] for each in month.happenings],
        "marks": [f"{each.letter} {each.at:%d %b}: {each.title}, {each.release}" for each in quarter.happenings],
        "decisions": _decisions(workflow, begin, end),
        "anomalies": [[_span(each), each.sentence] for each in recent(workflow, begin).filter(begin__lte=end)],
        "says": [[kpi.title, kpi.says, kpi.method] for kpi in KPIS.values()],
        "rate": f"{month.rate.usd} USD an hour ({month.rate.source})" if month.rate else "",
        "figures": month.as_json(),
    }


def _overview(workflow: Workflow, begin: date, end: date) -> Overview:
    return Overview(workflow, Selection(workflow=workflow.slug, begin=str(begin), end=str(end)))


def _sentences(month: Overview) -> list[str]:
    """What is to be known first: what reached its target, what got worse, what nothing can be said of."""
    found = [f"{len(month.found):,} cases closed."]
    for verdict, words in (
        ("reached", "Beyond doubt at the target of 90 days"),
        ("worse", "Beyond doubt worse than the baseline"),
        ("no_baseline", "Without a baseline, so that nothing is claimed"),
    ):
        names = [each.figure.kpi.title.lower() for each in month.held if each.verdict == verdict]
        if names:
            found.append(f"{words}: {'; '.join(names)}.")
    return found


def _row(held: Against, before: Figure) -> list[str]:
    kpi, figure = held.figure.kpi, held.figure
    ends = wording.interval(figure.low, figure.high, kpi)
    return [
        kpi.title,
        wording.amount(figure.value, kpi) + (f" ({ends})" if ends else ""),
        f"{figure.n:,}",
        wording.amount(before.value, kpi),
        wording.amount(held.baseline.value, kpi) if held.baseline else wording.NOTHING,
        wording.change(held.change) or wording.NOTHING,
        wording.target(held) or wording.NOTHING,
        held.words,
    ]


def _charts(quarter: Overview) -> list[list[str]]:
    """Title, drawing, and what it shows for whoever cannot see it."""
    drawn = ((held.figure.kpi, chart) for held, chart in quarter.charts if held.figure.name in DRAWN)
    return [
        [f"{kpi.title}, {wording.SHORT[kpi.unit]}", svg(chart), f"{kpi.title}, week by week, {wording.SHORT[kpi.unit]}"]
        for kpi, chart in drawn
        if chart
    ]


def _type(title: str, cases: int, held: Sequence[Against]) -> list[str]:
    """Each figure with its n, where that is not all cases of the type."""
    own = [each.figure for name in OF_TYPES for each in held if each.figure.name == name]
    said = [wording.amount(each.value, each.kpi) + (f" (n = {each.n:,})" if 0 < each.n < cases else "") for each in own]
    return [title, f"{cases:,}", *said]


def _span(anomaly: Anomaly) -> str:
    begin, end = (f"{day:%d %b}" for day in (anomaly.begin, anomaly.end))
    return begin if begin == end else f"{begin} – {end}"


def _decisions(workflow: Workflow, begin: date, end: date) -> list[list[str]]:
    """Begun or ended in the month."""
    since, until = start_of(begin), start_of(end) + timedelta(days=1)
    within = Q(created_at__gte=since, created_at__lt=until) | Q(finished_at__gte=since, finished_at__lt=until)
    rows = DecisionRecord.objects.filter(within, workflow=workflow)[:MOST_DECISIONS]
    return [[f"{each.created_at:%d %b}", each.get_kind_display(), each.why, each.get_stage_display()] for each in rows]
