"""The cadence of a workflow in Run as it was kept: rituals held by the services, dated back, and this week's left open.

Figures are taken as of the moment that is told of; what only holds of the present is left out of them.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any
from unittest.mock import patch

import yaml
from django.utils import timezone
from pydantic import BaseModel, ConfigDict

from apps.engagements.cadence.audit_sample import draw_sample
from apps.engagements.cadence.cadence_begin import keep_from
from apps.engagements.cadence.calendar_of_run import QUARTER, WEEK, Occurrence, monday_of, occurrences
from apps.engagements.cadence.follow_ups import finish
from apps.engagements.cadence.ritual_signing import skip, write_record
from apps.engagements.cadence.rituals import Decision, save_draft, take_figures
from apps.engagements.cadence_models import FollowUp, Ritual, RitualRecord
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import current
from apps.evaluations.labels import Expected, read_labelled
from apps.evaluations.thresholds import study
from apps.reviews import blind, calendars
from apps.reviews.blind_models import BlindReview
from apps.reviews.deciding import may_decide
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Role
from apps.tenants.schemas import in_schema
from demo import clock, engagements
from demo.people import actor, actors
from demo.second_looks import said_of
from demo.world import DemoTenant


class Piece(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Skipped(Piece):
    ritual: Ritual
    weeks_ago: int
    reason: str


class Late(Piece):
    ritual: Ritual
    weeks_ago: int
    days: int
    why: str


class Decided(Piece):
    ritual: Ritual
    weeks_ago: int
    what: str
    owner: Role
    days: int  # until it is due
    done_after: int = 0  # days; 0 where it is open
    outcome: str = ""


class Content(Piece):
    kept_elsewhere: str
    by: dict[Ritual, Role]
    calibration_by_owner_for: int
    skipped: Skipped
    late: Late
    notes: dict[Ritual, dict[str, tuple[str, ...]]]
    decisions: tuple[Decided, ...]


def keep(tenant: DemoTenant) -> None:
    """Nothing to do where rituals are kept already, and before Run."""
    file = tenant.folder / "cadence.yaml"
    with in_schema(tenant.schema_name):
        engagement = current()
        if not file.exists() or engagement is None or engagement.run_on is None or RitualRecord.objects.exists():
            return
        content = Content.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
        expected = {row.submission.external_id: row.expected for row in map(read_labelled, tenant.cases())}
        today, begin = calendars.today(), monday_of(engagement.run_on) + QUARTER
        if begin >= today:
            return
        chance = Random(f"{tenant.slug} cadence")  # noqa: S311 - the same world each time, no secret
        # The same release is held against the same answers each week.
        studied = patch("apps.engagements.cadence.step_calibration.study", lru_cache(study))
        with studied, clock.telling(engagement.workflow.slug, _morning(begin), _morning(today)):
            said = content.kept_elsewhere
            keep_from(actor=actor(Role.CONSULTANT), engagement=engagement, on=str(begin), reason=said)
            due = occurrences(engagement, begin, monday_of(today) - timedelta(days=1))
            for day, each in sorted(((_held_on(each, content, today), each) for each in due), key=lambda pair: pair[0]):
                with clock.at(_morning(day)):
                    _hold(engagement, each, content, today)
                    _finish(content)
                if each.ritual == Ritual.METRICS:
                    with clock.at(_morning(day + timedelta(days=1))):
                        _look_at_samples(expected, chance)


def _held_on(found: Occurrence, content: Content, today: date) -> date:
    late = content.late
    return found.due_on + timedelta(days=late.days if _is(late, found, today) else 0)


def _hold(engagement: Engagement, found: Occurrence, content: Content, today: date) -> None:
    """Or leave it out, where the story says so."""
    holder, workflow = _holder(found, content, today), engagement.workflow
    if _is(content.skipped, found, today):
        skip(actor=holder, engagement=engagement, ritual=found.ritual, day=found.day, reason=content.skipped.reason)
        return
    if found.ritual == Ritual.METRICS:
        draw_sample(actor=holder, workflow=workflow, monday=found.day)
    draft = take_figures(actor=holder, engagement=engagement, ritual=found.ritual, day=found.day, past=True)
    weeks = (found.day - engagement.discovery_on) // WEEK
    notes = {step["slug"]: _note(step, content.notes[found.ritual], weeks) for step in draft.figures}
    if _is(content.late, found, today):
        notes = {step: f"{said} {content.late.why}" for step, said in notes.items()}
    decided = [
        Decision(each.what, actor(each.owner).id, str(found.day + timedelta(days=each.days)))
        for each in content.decisions
        if _is(each, found, today)
    ]
    draft = save_draft(actor=holder, draft=draft, notes=notes, decisions=decided)
    write_record(actor=holder, draft=draft, components=1)


def _note(step: Mapping[str, Any], notes: Mapping[str, tuple[str, ...]], weeks: int) -> str:
    """Where the step's first table is empty, what is written about that."""
    name = step["slug"]
    said = notes.get(f"{name}_none", notes[name]) if not step["tables"][0]["rows"] else notes[name]
    return said[weeks % len(said)]


def _look_at_samples(expected: Mapping[str, Expected], chance: Random) -> None:
    """On the day after: what a person says follows from the label of the case, as elsewhere in the demo."""
    drawn = BlindReview.objects.filter(
        kind=BlindReview.Kind.SAMPLE, verdict="", drawn_at__lt=timezone.now() - timedelta(hours=20)
    )
    people = [*actors(Role.OPERATOR), *actors(Role.SENIOR_REVIEWER)]
    for each in drawn.select_related("case").order_by("case__number"):
        allowed = [person for person in people if may_decide(person, each.case)]
        verdict, code, note = said_of(each.case, expected, chance, fussy=0)
        blind.decide(actor=chance.choice(allowed), review_id=each.pk, verdict=verdict, reason_code=code, rationale=note)


def _finish(content: Content) -> None:
    """What was done by this day."""
    outcomes = {each.what: each for each in content.decisions if each.outcome}
    for each in FollowUp.objects.filter(done_at=None, what__in=outcomes).select_related("record"):
        told = outcomes[each.what]
        if each.record.day + timedelta(days=told.done_after) <= calendars.today():
            finish(actor=actor(told.owner), follow_up=each.pk, outcome=told.outcome)


def _holder(found: Occurrence, content: Content, today: date) -> Actor:
    lately = found.day >= monday_of(today) - content.calibration_by_owner_for * WEEK
    if found.ritual == Ritual.CALIBRATION and lately:
        return actor(Role.DECISION_OWNER)
    return actor(content.by.get(found.ritual, Role.DECISION_OWNER))


def _is(told: Skipped | Late | Decided, found: Occurrence, today: date) -> bool:
    weeks_ago = (monday_of(today) - monday_of(found.day)) // WEEK
    return (told.ritual, told.weeks_ago) == (found.ritual, weeks_ago)


def _morning(day: date) -> datetime:
    return engagements.morning(day) + timedelta(hours=1)
