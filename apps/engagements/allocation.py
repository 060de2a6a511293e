"""What a person of the delivery team gives to an engagement, in hours a week, and in which phase a week will be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from apps.audit.entries import record
from apps.engagements.allocation_models import WEEK, Allocation
from apps.engagements.build.standings import agreed_weeks
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import DAYS, working_day
from apps.engagements.statement.sow_content import LAST_WEEK
from apps.tenants.actors import Actor

Phase = Engagement.Phase
# Assumed until somebody says otherwise, and shown as assumed.
USUAL: Final[Mapping[str, int]] = {Phase.DISCOVERY: 24, Phase.BUILD: 16, Phase.RUN: 4}


class AllocationRefused(ValueError):
    """The hours cannot be kept so. The message says why."""


@dataclass(frozen=True)
class Planned:
    phase: str
    hours: int
    assumed: bool  # nobody has said these hours


def hours_of(engagement: Engagement, person: UUID) -> dict[str, Planned]:
    """By phase."""
    said = Allocation.objects.filter(engagement=engagement, person=person)
    known = {each.phase: each.hours for each in said}
    return {phase: Planned(phase, known.get(phase, usual), phase not in known) for phase, usual in USUAL.items()}


@transaction.atomic
def allocate(*, actor: Actor, engagement: Engagement, person: UUID, hours: Mapping[str, int]) -> None:
    """Say the hours a week, by phase; those of phases that are not named stay. Raises AllocationRefused."""
    Engagement.objects.select_for_update(of=("self",)).get(pk=engagement.pk)
    for phase, number in hours.items():
        if phase not in USUAL or not 0 <= number <= WEEK:
            raise AllocationRefused(f"Hours a week lie between 0 and {WEEK}.")
    before = {phase: each.hours for phase, each in hours_of(engagement, person).items() if phase in hours}
    for phase, number in hours.items():
        Allocation.objects.update_or_create(
            engagement=engagement, person=person, phase=phase, defaults={"hours": number}
        )
    record(
        actor=actor,
        action="engagement.hours_said",
        object=f"engagement:{engagement.pk}",
        workflow=engagement.workflow.slug,
        before=before,
        after=dict(hours),
    )


def phase_on(engagement: Engagement, day: date) -> str:
    """The phase of a coming day: Build is expected to follow Discovery at once, and Run its last agreed week."""
    if engagement.phase == Phase.DISCOVERY:
        begins = working_day(engagement.discovery_on, DAYS) + timedelta(days=1)
    elif engagement.phase == Phase.BUILD and engagement.build_on:
        begins = engagement.build_on
    else:
        return str(engagement.phase)
    if day < begins:
        return str(Phase.DISCOVERY)
    weeks = max((end for _, end in agreed_weeks(engagement).values()), default=LAST_WEEK)
    monday = begins - timedelta(days=begins.weekday())
    return str(Phase.BUILD if day < monday + timedelta(weeks=weeks) else Phase.RUN)
