"""The cases behind an anomaly, and the way of its stream before and after."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import DurationField, ExpressionWrapper, F, QuerySet

from apps.cases.listing import RULE
from apps.cases.models import Case
from apps.insights.anomaly_models import Anomaly
from apps.insights.units import Grain, units
from apps.insights.unusual import Judged, judge
from apps.reviews.calendars import in_force, today
from apps.reviews.models import Disposition

Kind = Anomaly.Kind
BEFORE = timedelta(days=7 * 26)
AFTER = timedelta(days=7 * 6)
TOOK = ExpressionWrapper(F("closed_at") - F("received_at"), output_field=DurationField())
DECISIONS = (Disposition.Kind.APPROVE, Disposition.Kind.EDIT, Disposition.Kind.REJECT)


def cases_behind(anomaly: Anomaly) -> QuerySet[Case]:
    """Those that came in or closed in its days, or that the reviewer decided in them."""
    zone = ZoneInfo(in_force()[1].zone)
    begin = datetime.combine(anomaly.begin, time(), zone)
    end = datetime.combine(anomaly.end + timedelta(days=1), time(), zone)
    cases = Case.objects.filter(workflow=anomaly.workflow_id).annotate(rule=RULE)
    closed = cases.filter(state=Case.State.CLOSED, closed_at__gte=begin, closed_at__lt=end)
    match anomaly.kind:
        case Kind.LATENCY:
            return closed.exclude(outcome=Case.Outcome.AUTOMATIC).order_by(-TOOK, "id")
        case Kind.COST:
            return closed.order_by("-closed_at", "-id")
        case Kind.UNCHANGED | Kind.PACE:
            decided = Disposition.objects.filter(
                reviewer_id=anomaly.subject,
                created_at__gte=begin,
                created_at__lt=end,
                undone_at=None,
                kind__in=DECISIONS,
            )
            return cases.filter(pk__in=decided.values("case")).order_by("-closed_at", "-id")
        case _:
            kind = {"case_type": anomaly.subject} if anomaly.kind == Kind.MIX else {}
            came = cases.filter(received_at__gte=begin, received_at__lt=end, **kind)
            return came.order_by("-received_at", "-id")


@dataclass(frozen=True)
class Unit:
    begin: date
    judged: Judged
    odd: bool  # within the anomaly


def way(anomaly: Anomaly) -> list[Unit]:
    """The stream's units from half a year before to six weeks after, each beside what was usual then.

    Empty for several at once. Reckoned from the records as they are now.
    """
    if anomaly.kind == Kind.TOGETHER:
        return []
    grain: Grain = "day" if anomaly.grain == "day" else "week"
    last = min(anomaly.end + AFTER, today() - timedelta(days=1))
    series = units(anomaly.workflow, in_force()[1], grain, anomaly.begin - 2 * BEFORE, last)
    stream = next(
        (each for each in series.streams if (each.kind, each.subject) == (anomaly.kind, anomaly.subject)), None
    )
    if stream is None:
        return []
    found = []
    for at, begin in enumerate(series.begins):
        judged = judge(stream, series.season, at, series.history, series.least)
        if judged and begin >= anomaly.begin - (BEFORE if grain == "week" else BEFORE / 4):
            found.append(Unit(begin, judged, anomaly.begin <= begin <= anomaly.end))
    return found
