"""Starting an engagement, and taking it from phase to phase."""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import islice

from django.db import transaction
from django.utils import timezone

from apps.audit.canonical import Json
from apps.audit.entries import record
from apps.engagements.engagement_models import Engagement
from apps.reviews.calendars import in_force
from apps.reviews.working_time import open_on
from apps.tenants.actors import Actor
from apps.workflows.models import Workflow

Phase = Engagement.Phase
DAYS = 10  # of work, in Discovery
FARTHEST = 400  # days that are looked through for working ones
NEXT: Mapping[str, tuple[str, ...]] = {
    Phase.DISCOVERY: (Phase.BUILD, Phase.ENDED),
    Phase.BUILD: (Phase.RUN, Phase.ENDED),
    Phase.RUN: (Phase.ENDED,),
    Phase.ENDED: (),
}


class EngagementRefused(ValueError):
    """The engagement cannot be changed so. The message says why."""


@transaction.atomic
def start_engagement(
    *, actor: Actor, workflow: Workflow, discovery_on: date, answers: Mapping[str, Mapping[str, Json]]
) -> Engagement:
    """Begin Discovery, with what was answered in the public tools. Raises EngagementRefused."""
    list(Workflow.objects.select_for_update().order_by("pk"))  # so that two people do not start one each
    if Engagement.objects.filter(workflow=workflow).exists():
        raise EngagementRefused("This workflow has its engagement already.")
    if not another_may_start():
        raise EngagementRefused("An engagement is under way, or its routine goes on: there is no second one beside it.")
    made = Engagement.objects.create(
        workflow=workflow,
        discovery_on=discovery_on,
        answers={tool: dict(given) for tool, given in answers.items()},
        created_at=timezone.now(),
        created_by=actor.id,
        created_name=actor.name,
    )
    record(
        actor=actor,
        action="engagement.started",
        object=f"engagement:{made.pk}",
        workflow=workflow.slug,
        after={"discovery_on": str(discovery_on), "tools": sorted(answers)},
    )
    return made


@transaction.atomic
def begin_phase(*, actor: Actor, engagement: Engagement, phase: str, on: date, reason: str) -> Engagement:
    """Go on to the next phase, or end. Raises EngagementRefused."""
    engagement = Engagement.objects.select_for_update(of=("self",)).select_related("workflow").get(pk=engagement.pk)
    if phase not in NEXT[engagement.phase]:
        raise EngagementRefused(f"{Phase(phase).label} does not follow {engagement.get_phase_display()}.")
    if not reason.strip():
        raise EngagementRefused("Say why: what was decided, and by whom.")
    before = {"phase": engagement.phase}
    engagement.phase = phase
    setattr(engagement, f"{phase}_on", on)
    engagement.save(update_fields=["phase", f"{phase}_on"])
    record(
        actor=actor,
        action="engagement.phase_begun",
        object=f"engagement:{engagement.pk}",
        workflow=engagement.workflow.slug,
        before=before,
        after={"phase": phase, "on": str(on)},
        reason=reason.strip(),
    )
    return engagement


@transaction.atomic
def add_answers(*, actor: Actor, engagement: Engagement, answers: Mapping[str, Mapping[str, Json]]) -> Engagement:
    """What was answered in a further tool, or in the same one again: the later answers count."""
    engagement = Engagement.objects.select_for_update(of=("self",)).select_related("workflow").get(pk=engagement.pk)
    before: dict[str, Json] = {tool: engagement.answers.get(tool) for tool in answers}
    engagement.answers = {**engagement.answers, **{tool: dict(given) for tool, given in answers.items()}}
    engagement.save(update_fields=["answers"])
    record(
        actor=actor,
        action="engagement.answers_added",
        object=f"engagement:{engagement.pk}",
        workflow=engagement.workflow.slug,
        before=before,
        after={tool: engagement.answers[tool] for tool in answers},
    )
    return engagement


def current() -> Engagement | None:
    """The tenant's engagement: the one under way, or else the one that ended last."""
    known = Engagement.objects.select_related("workflow")
    return known.exclude(phase=Phase.ENDED).first() or known.last()


def another_may_start() -> bool:
    """None is under way, and the last one ended before it came to its routine, which goes on after the hand-over."""
    engagement = current()
    return engagement is None or (engagement.phase == Phase.ENDED and engagement.run_on is None)


def working_day(first: date, number: int) -> date:
    """The `number`-th working day from `first` on, counted from 1, by the tenant's business calendar."""
    return working_days(first, number)[-1]


def working_days(first: date, count: int) -> list[date]:
    """The first so many working days from `first` on. Raises EngagementRefused for a calendar that is never open."""
    hours = in_force()[1].hours()
    days = (first + timedelta(days=after) for after in range(FARTHEST))
    found = list(islice((day for day in days if open_on(hours, day)), count))
    if len(found) < count:
        raise EngagementRefused("The business calendar has too few working days. Correct it, then try again.")
    return found
