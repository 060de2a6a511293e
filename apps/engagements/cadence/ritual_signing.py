"""How a ritual ends: signed into a record with what was seen and decided, or left out for a reason."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from apps.audit.canonical import Json
from apps.audit.entries import timestamp
from apps.compliance.signatures import Signable, identify, write_signature
from apps.engagements.cadence.audit_sample import sample_of
from apps.engagements.cadence.calendar_of_run import Occurrence, monday_of
from apps.engagements.cadence.rituals import LONGEST, Decision, RitualRefused, enter, name_of, people, to_hold
from apps.engagements.cadence_models import FollowUp, Ritual, RitualDraft, RitualRecord
from apps.engagements.engagement_models import Engagement
from apps.reviews import calendars
from apps.reviews.notifying import tell
from apps.reviews.terms import Notification
from apps.tenants.actors import Actor

MEANING = "I have held this ritual: I have seen these figures, and this is what was decided."


def hold(*, actor: Actor, draft: RitualDraft, taken_at: str, password: str, email: str | None = None) -> RitualRecord:
    """Sign what the draft says; `taken_at` names the figures that were shown.

    Raises RitualRefused and SignatureRefused.
    """
    ready(draft)
    if taken_at != draft.taken_at.isoformat():
        raise RitualRefused("The figures were taken anew while you read. Look at them, then sign.")
    identify(
        actor=actor, record=name_of(draft.engagement, Ritual(draft.ritual), draft.day), password=password, email=email
    )
    try:
        return write_record(actor=actor, draft=draft, components=1 if email is None else 2)
    except IntegrityError as error:
        raise RitualRefused("Somebody else has signed it in the meantime.") from error


def ready(draft: RitualDraft) -> list[tuple[Decision, str, date]]:
    """The decisions with their owners' names and days. Raises RitualRefused where something is missing."""
    found = to_hold(draft.engagement, Ritual(draft.ritual), draft.day)
    if found.state == "ahead":
        raise RitualRefused(f"It is held from {found.due_on:%A %d %B} on. What you wrote is kept until then.")
    if draft.taken_at.astimezone(ZoneInfo(calendars.in_force()[1].zone)).date() < draft.day:
        raise RitualRefused(
            f"The figures were taken on {draft.taken_at:%A %d %B}, before the day that they are for. "
            "Take them anew and look at them, then sign."
        )
    if found.state == "missed":
        raise RitualRefused("The next one is due already. Say why this one was left out; its figures are of the past.")
    silent = [step["title"] for step in draft.figures if not draft.notes.get(step["slug"])]
    if silent:
        raise RitualRefused(f"Write a note for “{silent[0]}”: what you saw, or that nothing stood out.")
    if draft.ritual == Ritual.METRICS and sample_of(draft.engagement.workflow, monday_of(draft.day)).to_draw:
        raise RitualRefused("The audit sample is not drawn yet. Draw it, then sign.")
    return _owned([Decision(**each) for each in draft.decisions])


@transaction.atomic
def write_record(*, actor: Actor, draft: RitualDraft, components: int) -> RitualRecord:
    """The record of somebody whom `identify` has let through. Raises RitualRefused."""
    owned, engagement, ritual = ready(draft), draft.engagement, Ritual(draft.ritual)
    found = to_hold(engagement, ritual, draft.day)
    decisions = [{"what": each.what, "owner": name, "due_on": str(on)} for each, name, on in owned]
    content = {
        "ritual": ritual.value, "day": str(draft.day), "due_on": str(found.due_on), "held_on": str(found.today),
        "figures_taken_at": timestamp(draft.taken_at), "figures": draft.figures, "notes": draft.notes,
        "decisions": decisions,
    }  # fmt: skip
    signable = Signable(name_of(engagement, ritual, draft.day), content)
    signature = write_signature(actor=actor, record=signable, meaning=MEANING, components=components)
    made = RitualRecord.objects.create(
        **_common(actor, engagement, found),
        outcome=RitualRecord.Outcome.HELD,
        figures=draft.figures,
        taken_at=draft.taken_at,
        notes=draft.notes,
        decisions=decisions,
        words=" \n".join([*draft.notes.values(), *(f"{each['what']} {each['owner']}" for each in decisions)]),
        signature=signature,
    )
    FollowUp.objects.bulk_create(
        FollowUp(record=made, what=each.what, owner_id=UUID(each.owner), owner_name=name, due_on=on)
        for each, name, on in owned
    )
    _tell_owners(actor, made, owned)
    RitualDraft.objects.filter(pk=draft.pk).delete()
    after: dict[str, Json] = {
        "due_on": str(made.due_on),
        "late": made.late,
        "decisions": decisions,
        "signature": str(signature.pk),
    }
    enter(actor, "ritual.held", engagement, ritual, draft.day, after=after, made=made)
    return made


def skip(*, actor: Actor, engagement: Engagement, ritual: Ritual, day: date, reason: str) -> RitualRecord:
    """Leave one out that is due or past, and say why. A draft of it goes. Raises RitualRefused."""
    try:
        return _skip(actor, engagement, ritual, day, reason)
    except IntegrityError as error:
        raise RitualRefused("Somebody else has signed it or left it out in the meantime.") from error


@transaction.atomic
def _skip(actor: Actor, engagement: Engagement, ritual: Ritual, day: date, reason: str) -> RitualRecord:
    found, said = to_hold(engagement, ritual, day), reason.strip()[:LONGEST]
    if found.state == "ahead":
        raise RitualRefused(f"It is due on {found.due_on:%A %d %B} only.")
    if not said:
        raise RitualRefused("Say why it is left out: the reason stays in the record.")
    made = RitualRecord.objects.create(
        **_common(actor, engagement, found), outcome=RitualRecord.Outcome.SKIPPED, reason=said, words=said
    )
    RitualDraft.objects.filter(engagement=engagement, ritual=ritual, day=day).delete()
    enter(actor, "ritual.skipped", engagement, ritual, day, reason=said, made=made)
    return made


def _owned(decisions: Sequence[Decision]) -> list[tuple[Decision, str, date]]:
    names, today, owned = dict(people()), calendars.today(), []
    for each in decisions:
        if each.owner not in names:
            raise RitualRefused(f"Choose who carries out “{each.what}”.")
        try:
            due_on = date.fromisoformat(each.due_on)
        except ValueError:
            raise RitualRefused(f"Say by which day “{each.what}” is done.") from None
        if due_on < today:
            raise RitualRefused(f"“{each.what}” is to be done on a day that is past.")
        owned.append((each, names[each.owner], due_on))
    return owned


def _tell_owners(actor: Actor, made: RitualRecord, owned: Sequence[tuple[Decision, str, date]]) -> None:
    """Each owner, unless they have signed it themselves."""
    link = reverse("ritual_record", args=[made.pk])
    for each, _, on in owned:
        if each.owner != actor.id:
            text = f"Yours to do by {on:%d %B %Y}, as {actor.name} signed: {each.what}"
            tell(to=[UUID(each.owner)], kind=Notification.Kind.FOLLOW_UP, text=text[:400], link=link)


def _common(actor: Actor, engagement: Engagement, found: Occurrence) -> dict[str, Any]:
    return {
        "engagement": engagement, "ritual": found.ritual, "day": found.day, "due_on": found.due_on,
        "held_on": found.today, "by_id": actor.id, "by_name": actor.name, "by_role": actor.role, "at": timezone.now(),
    }  # fmt: skip
