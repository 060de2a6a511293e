"""A ritual while it is held: its figures are taken, notes and decisions written down.

What is signed later is what was shown: the figures stay as they were taken until somebody takes them anew.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from apps.audit.canonical import Json
from apps.audit.entries import record
from apps.engagements.cadence import step_calibration, step_metrics, step_refresh, step_retrospective
from apps.engagements.cadence.calendar_of_run import Occurrence, occurrence
from apps.engagements.cadence.ritual_steps import Occasion, Step
from apps.engagements.cadence_models import Ritual, RitualDraft, RitualRecord
from apps.engagements.engagement_models import Engagement
from apps.tenants.actors import Actor
from apps.tenants.models import Membership
from apps.tenants.schemas import current_schema

STEPS: Final[Mapping[Ritual, Callable[[Occasion], list[Step]]]] = {
    Ritual.METRICS: step_metrics.steps,
    Ritual.REFRESH: step_refresh.steps,
    Ritual.CALIBRATION: step_calibration.steps,
    Ritual.RETROSPECTIVE: step_retrospective.steps,
}
LONGEST, LONGEST_DECISION, MOST_DECISIONS = 4_000, 400, 20


class RitualRefused(ValueError):
    """The ritual cannot be held, saved or skipped so. The message says why."""


class SavedMeanwhile(RitualRefused):
    """Somebody else has saved the draft since it was read, and what is written down now would replace theirs."""


@dataclass(frozen=True)
class Decision:
    """As it was typed: `owner` is a person's id, `due_on` an ISO date; either may be empty in a draft."""

    what: str
    owner: str
    due_on: str

    @property
    def empty(self) -> bool:
        return not self.what.strip()


def figures_of(engagement: Engagement, ritual: Ritual, day: date, *, past: bool = False) -> list[dict[str, Any]]:
    """The steps with their figures as of now, as JSON."""
    return [each.as_json() for each in STEPS[ritual](Occasion(engagement.workflow, day, past))]


@transaction.atomic
def take_figures(*, actor: Actor, engagement: Engagement, ritual: Ritual, day: date, past: bool = False) -> RitualDraft:
    """Begin the ritual, or take its figures anew; what is written down stays. Raises RitualRefused."""
    to_hold(engagement, ritual, day)
    now, figures = timezone.now(), figures_of(engagement, ritual, day, past=past)
    said = {"figures": figures, "taken_at": now, "saved_at": now, "saved_by": actor.id, "saved_name": actor.name}
    draft, new = RitualDraft.objects.update_or_create(engagement=engagement, ritual=ritual, day=day, defaults=said)
    enter(actor, "ritual.begun" if new else "ritual.figures_taken", engagement, ritual, day)
    return draft


@transaction.atomic
def save_draft(
    *, actor: Actor, draft: RitualDraft, notes: Mapping[str, str], decisions: Sequence[Decision], read_at: str = ""
) -> RitualDraft:
    """Keep what was typed so far, whether or not it could be signed.

    `read_at` is the `saved_at` of the draft that the person had before them; "" where nobody else can have had it.
    Raises RitualRefused, and SavedMeanwhile.
    """
    held = RitualDraft.objects.select_for_update().filter(pk=draft.pk).first()
    if held is None:
        raise RitualRefused("Somebody has signed or skipped it meanwhile.")
    if read_at and held.saved_by != actor.id and held.saved_at.isoformat() != read_at:
        raise SavedMeanwhile(
            f"{held.saved_name} has saved it while you wrote. Open this page a second time and compare: yours is "
            "below, and takes the place of theirs when you save again."
        )
    kept = [each for each in decisions if not each.empty]
    if len(kept) > MOST_DECISIONS or any(len(each.what) > LONGEST_DECISION for each in kept):
        raise RitualRefused(f"At most {MOST_DECISIONS} decisions of {LONGEST_DECISION} characters each.")
    steps = {step["slug"] for step in held.figures}
    held.notes = {slug: text.strip()[:LONGEST] for slug, text in notes.items() if slug in steps and text.strip()}
    held.decisions = [{"what": each.what.strip(), "owner": each.owner, "due_on": each.due_on} for each in kept]
    held.saved_at, held.saved_by, held.saved_name = timezone.now(), actor.id, actor.name
    held.save(update_fields=["notes", "decisions", "saved_at", "saved_by", "saved_name"])
    after = {"notes": len(held.notes), "decisions": len(held.decisions)}
    enter(actor, "ritual.saved", held.engagement, Ritual(held.ritual), held.day, after=after)
    return held


def people() -> list[tuple[str, str]]:
    """Who may own a decision: id and name of each active member, by name."""
    members = Membership.objects.filter(tenant_id=current_schema(), active=True).select_related("user")
    return [(str(each.user_id), each.user.name) for each in members.order_by("user__name")]


def to_hold(engagement: Engagement, ritual: Ritual, day: date) -> Occurrence:
    found = occurrence(engagement, ritual, day)
    if found is None:
        raise RitualRefused("The cadence has no such ritual on this day.")
    if found.record is not None:
        raise RitualRefused(f"It is {found.words} already.")
    return found


def name_of(engagement: Engagement, ritual: Ritual, day: date) -> str:
    return f"ritual:{engagement.pk}/{ritual.value}/{day}"


def enter(
    actor: Actor, action: str, engagement: Engagement, ritual: Ritual, day: date,
    *, after: Mapping[str, Json] | None = None, reason: str = "", made: RitualRecord | None = None,
) -> None:  # fmt: skip
    kept = {"record": str(made.pk)} if made else {}
    record(
        actor=actor,
        action=action,
        object=name_of(engagement, ritual, day),
        workflow=engagement.workflow.slug,
        after={**(after or {}), **kept} or None,
        reason=reason,
    )
