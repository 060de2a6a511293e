"""Looking for what is out of the ordinary, every night, and what people make of it.

Few alarms are the point: what chance gives is shared out over everything that is looked at, so that on quiet data there
is less than one alarm in `MONTHS_EACH` months, however many case types and reviewers there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.audit.entries import record
from apps.cases.reading import case_types
from apps.insights.anomaly_models import Anomaly, AnomalyLook
from apps.insights.anomaly_words import sentence, sentence_together
from apps.insights.units import Units, grain_of, units
from apps.insights.unusual import Judged, judge, together
from apps.reviews.calendars import in_force, today
from apps.tenants.actors import SYSTEM, Actor
from apps.workflows.models import Notice, Workflow
from apps.workflows.moves import tell_owner

MONTHS_EACH: Final = 2.0  # for one alarm by chance, all streams together
A_MONTH: Final = {"day": 30.4, "week": 4.35}  # units
SEVERE: Final = 6.0  # spreads off, from which on the decision owner is told at once
SEVERE_TOGETHER: Final = 1e-6  # the chance below which they are told of several at once
FURTHEST = timedelta(days=400)  # back, for what earlier units had
OF_ALL = ("volume", "latency", "cost", "mix")  # what is held against each other


class AnomalyRefused(ValueError):
    """The anomaly cannot be settled so. The message says why."""


@dataclass(frozen=True)
class Found:
    """One unit of one stream, or of several at once, where `judged` has more than one."""

    judged: tuple[Judged, ...]
    chance: float

    @property
    def at(self) -> int:
        return self.judged[0].at

    @property
    def severe(self) -> bool:
        return self.chance < SEVERE_TOGETHER if len(self.judged) > 1 else abs(self.judged[0].off) >= SEVERE


def recent(workflow: Workflow, since: date) -> QuerySet[Anomaly]:
    """Those that reach to `since` or later and that nobody dismissed, the newest first, of a day the oddest first."""
    return Anomaly.objects.filter(workflow=workflow, end__gte=since).exclude(state=Anomaly.State.DISMISSED)


def look_nightly() -> None:
    """Look at what ended since the last look. Again on the same day it changes nothing."""
    day = today() - timedelta(days=1)
    for workflow in Workflow.objects.select_related("production").exclude(production=None):
        last = AnomalyLook.objects.filter(workflow=workflow).first()
        if last is None or last.day < day:
            look(workflow=workflow, day=day, since=last.day + timedelta(days=1) if last else day)


@transaction.atomic
def look(*, workflow: Workflow, day: date, since: date, actor: Actor = SYSTEM) -> AnomalyLook:
    """Judge every unit that ends from `since` to `day`, both included. A day that was looked at up to stays so."""
    Workflow.objects.select_for_update().get(pk=workflow.pk)
    done = AnomalyLook.objects.filter(workflow=workflow, day=day).first()
    if done:
        return done
    calendar = in_force()[1]
    grain = grain_of(workflow, calendar, day)
    series = units(workflow, calendar, grain, since - FURTHEST, day)
    asked = [at for at in range(len(series.begins)) if since <= series.end(at) <= day]
    titles, looked, found = _titles(workflow), 0, 0
    for at in asked:
        judged = judged_at(series, at)
        looked = len(judged)
        for each in found_in(judged, A_MONTH[grain]):
            found += _keep(workflow, series, each, titles)
    made = AnomalyLook.objects.create(
        workflow=workflow,
        day=day,
        grain=grain,
        streams=looked,
        units=len(asked),
        found=found,
        at=timezone.now(),
    )
    record(
        actor=actor,
        action="anomalies.looked",
        object=f"anomaly_look:{made.pk}",
        workflow=workflow.slug,
        after={"day": str(day), "grain": grain, "streams": looked, "units": len(asked), "found": found},
    )
    return made


def judged_at(series: Units, at: int) -> list[Judged]:
    """Every stream that has enough to say about the unit."""
    made = (judge(each, series.season, at, series.history, series.least) for each in series.streams)
    return [each for each in made if each]


def found_in(judged: Sequence[Judged], units_a_month: float) -> list[Found]:
    """What chance would give less often than once in `MONTHS_EACH` months. Of the mix, only the oddest case type.

    Several at once are held against each other only where nothing alone is out of the ordinary.
    """
    limit = 1 / MONTHS_EACH / units_a_month / (len(judged) + 1)
    odd = sorted((each for each in judged if each.chance < limit), key=lambda each: each.chance)
    mixed = [each for each in odd if each.stream.kind == "mix"][1:]
    if odd:
        return [Found((each,), each.chance) for each in odd if each not in mixed]
    shared = [each for each in judged if each.stream.kind in OF_ALL]
    chance = together(shared)
    return [Found(tuple(shared), chance)] if chance < limit else []


@transaction.atomic
def settle_anomaly(*, actor: Actor, anomaly: Anomaly, state: str, note: str) -> Anomaly:
    """Acknowledge it, dismiss it as of no meaning, or open it again. Raises AnomalyRefused."""
    anomaly = Anomaly.objects.select_for_update(of=("self",)).select_related("workflow").get(pk=anomaly.pk)
    if state not in Anomaly.State.values:
        raise AnomalyRefused("Acknowledge it, dismiss it, or open it again.")
    if state == anomaly.state:
        raise AnomalyRefused(f"It is {anomaly.get_state_display().lower()} already, by {anomaly.settled_name}.")
    if not note.strip():
        raise AnomalyRefused(
            "Say what was behind it, why it means nothing, or why it is open again: whoever reads it later asks that."
        )
    before = anomaly.state
    anomaly.state, anomaly.note = state, note.strip()
    anomaly.settled_at, anomaly.settled_by, anomaly.settled_name = timezone.now(), actor.id, actor.name
    anomaly.save(update_fields=["state", "note", "settled_at", "settled_by", "settled_name"])
    record(
        actor=actor,
        action="anomaly.settled",
        object=f"anomaly:{anomaly.pk}",
        workflow=anomaly.workflow.slug,
        before={"state": before},
        after={"state": state},
        reason=anomaly.note,
    )
    return anomaly


def _keep(workflow: Workflow, series: Units, found: Found, titles: dict[str, str]) -> bool:
    """True when it is new; one that goes on from the unit before, or from a day of it, is carried on instead."""
    first, begin, end = found.judged[0], series.begins[found.at], series.end(found.at)
    alone = len(found.judged) == 1
    kind = first.stream.kind if alone else Anomaly.Kind.TOGETHER
    subject = first.stream.subject if alone else ""
    same = Anomaly.objects.filter(workflow=workflow, kind=kind, subject=subject)
    if same.filter(begin__lte=begin, end__gte=end).exists():
        return False
    words = (
        sentence(first, series.grain, begin, titles)
        if alone
        else sentence_together(found.judged, series.grain, begin, titles)
    )
    before = Q(end=begin - timedelta(days=1), grain=series.grain)
    within = Q(end__gte=begin, begin__lte=end)  # found by days, which have become too quiet to be looked at
    going_on = same.select_for_update().filter(before | within).first()  # who settles it now is waited for
    if going_on:
        _carry_on(going_on, found, words, series.grain, end)
        return False
    Anomaly.objects.create(
        workflow=workflow,
        kind=kind,
        subject=subject,
        grain=series.grain,
        begin=begin,
        end=end,
        sentence=words,
        severe=found.severe,
        found_at=timezone.now(),
        **_worst(found),
    )
    if found.severe:
        _tell(workflow, words)
    return True


def _carry_on(anomaly: Anomaly, found: Found, words: str, grain: str, end: date) -> None:
    """It lasts. The worst unit is the one that is shown. What was settled is open again once it is severe."""
    anomaly.end = max(end, anomaly.end)
    told = anomaly.severe
    if found.severe and not told:
        anomaly.state = Anomaly.State.OPEN
    if found.chance < anomaly.chance:
        anomaly.sentence, anomaly.grain, anomaly.severe = words, grain, anomaly.severe or found.severe
        for name, value in _worst(found).items():
            setattr(anomaly, name, value)
    anomaly.save()
    if found.severe and not told:
        _tell(anomaly.workflow, words)


def _worst(found: Found) -> dict[str, float | int | None]:
    first, alone = found.judged[0], len(found.judged) == 1
    return {
        "value": first.value if alone else None,
        "low": first.low if alone else None,
        "high": first.high if alone else None,
        "n": first.n if alone else max(each.n for each in found.judged),
        "chance": found.chance,
    }


def _tell(workflow: Workflow, words: str) -> None:
    if workflow.production:
        tell_owner(actor=SYSTEM, workflow=workflow, kind=Notice.Kind.ANOMALY, release=workflow.production, text=words)


def _titles(workflow: Workflow) -> dict[str, str]:
    return case_types([workflow.production_id]) if workflow.production_id else {}
