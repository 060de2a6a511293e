"""The cadence of Run: what is due when, and the guided page of each ritual."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from apps.compliance.signatures import SignatureRefused
from apps.compliance.signing_session import components, remember_signing
from apps.engagements.cadence.adherence import adherence
from apps.engagements.cadence.audit_sample import draw_sample, sample_of
from apps.engagements.cadence.cadence_begin import BeginRefused, keep_from
from apps.engagements.cadence.cadence_form import decisions_of, notes_of, ritual_named, rows_for
from apps.engagements.cadence.calendar_of_run import (
    WEEK,
    Occurrence,
    coming,
    monday_of,
    occurrence,
    occurrences,
    waiting,
)
from apps.engagements.cadence.candidates import NotQueued, candidates, queue_for_gate
from apps.engagements.cadence.follow_ups import open_ones, standing
from apps.engagements.cadence.ritual_signing import hold, skip
from apps.engagements.cadence.ritual_steps import Occasion, shown
from apps.engagements.cadence.rituals import RitualRefused, SavedMeanwhile, people, save_draft, take_figures, to_hold
from apps.engagements.cadence_models import CadenceBegin, Ritual, RitualDraft
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import current
from apps.reviews import calendars
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest, posted

BACK, AHEAD = 9, 3  # weeks in the calendar
SHOWN = 8  # follow-ups beside it


@dataclass(frozen=True)
class WeekOf:
    monday: date
    cells: list[list[Occurrence]]  # Monday, Wednesday, Friday, and the quarter's


@requires(Capability.CONFIG_VIEW)
@require_GET
def cadence_page(request: MemberRequest) -> HttpResponse:
    return _cadence(request, "")


def _cadence(request: MemberRequest, problem: str) -> HttpResponse:
    engagement = current()
    context: dict[str, Any] = {"engagement": engagement, "tab": "cadence", "problem": problem, "typed": posted(request)}
    if engagement and engagement.run_on:
        monday = monday_of(calendars.today())
        context |= {
            "waiting": waiting(engagement),
            "coming": coming(engagement),
            "weeks": _weeks(engagement, monday),
            "this_week": monday,
            "follow_ups": standing(open_ones(engagement)[:SHOWN], actor_of(request)),
            "open": open_ones(engagement).count(),
            "adherence": adherence(engagement),
            "begin": CadenceBegin.objects.filter(engagement=engagement).first(),
        }
    return render(request, "engagements/cadence.html", context, status=400 if problem else 200)


@requires(Capability.CONFIG_EDIT)
@require_POST
def cadence_beginning(request: MemberRequest) -> HttpResponse:
    form, engagement = posted(request), _engagement()
    try:
        keep_from(actor=actor_of(request), engagement=engagement, on=form.get("on", ""), reason=form.get("reason", ""))
    except BeginRefused as problem:
        return _cadence(request, str(problem))
    return redirect("cadence")


@requires(Capability.CONFIG_VIEW)
@require_GET
def ritual_page(request: MemberRequest, ritual: str, day: str) -> HttpResponse:
    found = _occurrence(*ritual_named(ritual, day))
    if found.record is not None:
        return redirect("ritual_record", found.record.pk)
    return _page(request, found, "")


@requires(Capability.CONFIG_EDIT)
@require_POST
def ritual_writing(request: MemberRequest, ritual: str, day: str) -> HttpResponse:
    """Whatever is asked for, what was typed is kept first; the page on which it is begun holds nothing typed."""
    found, form = _occurrence(*ritual_named(ritual, day)), posted(request)
    actor, engagement = actor_of(request), _engagement()
    draft = _draft(engagement, found)
    try:
        if draft is not None and form.get("do") != "begin":
            draft = save_draft(
                actor=actor,
                draft=draft,
                notes=notes_of(form),
                decisions=decisions_of(form),
                read_at=form.get("saved_at", ""),
            )
        return _do(request, engagement, found, draft)
    except (RitualRefused, SignatureRefused, NotQueued) as problem:
        return _page(request, found, str(problem), kept=not isinstance(problem, SavedMeanwhile))


@requires(Capability.CONFIG_EDIT)
@require_POST
def ritual_skipping(request: MemberRequest, ritual: str, day: str) -> HttpResponse:
    found = _occurrence(*ritual_named(ritual, day))
    reason = posted(request).get("reason", "")
    try:
        skip(actor=actor_of(request), engagement=_engagement(), ritual=found.ritual, day=found.day, reason=reason)
    except RitualRefused as problem:
        return _page(request, found, str(problem))
    messages.success(request, f"{found.title} of {found.day:%d %b} is left out. The reason stays in the record.")
    return redirect("cadence")


def _do(request: MemberRequest, engagement: Engagement, found: Occurrence, draft: RitualDraft | None) -> HttpResponse:
    """What the button says that was pressed."""
    actor, (wanted, _, what) = actor_of(request), posted(request).get("do", "").partition(":")
    if wanted == "sign" and draft is not None:
        taken_at = posted(request).get("taken_at", "")
        made = hold(actor=actor, draft=draft, taken_at=taken_at, **components(request))
        remember_signing(request)
        messages.success(request, f"{found.title} of {found.day:%d %b} is signed.")
        return redirect("ritual_record", made.pk)
    if wanted == "begin" and draft is not None:
        messages.success(request, f"{draft.saved_name} has begun it already: go on from there.")
        return redirect("ritual", found.ritual.value, str(found.day))
    if wanted == "draw" and found.ritual == Ritual.METRICS:
        _draw(request, engagement, found)
    if wanted == "queue" and found.ritual == Ritual.REFRESH:
        _queue(request, engagement, found, what)
    if wanted in ("begin", "figures", "draw", "queue"):
        take_figures(actor=actor, engagement=engagement, ritual=found.ritual, day=found.day)
    elif draft is None:
        messages.error(request, "Nothing was written: it is signed or left out already, or nobody has begun it.")
    else:
        messages.success(request, "What you wrote is kept. Whoever opens this page goes on with it.")
    return redirect("ritual", found.ritual.value, str(found.day))


def _draw(request: MemberRequest, engagement: Engagement, found: Occurrence) -> None:
    to_hold(engagement, found.ritual, found.day)
    new = draw_sample(actor=actor_of(request), workflow=engagement.workflow, monday=monday_of(found.day))
    messages.success(request, f"{new} cases are laid out for a blind look.")


def _queue(request: MemberRequest, engagement: Engagement, found: Occurrence, fingerprint: str) -> None:
    to_hold(engagement, found.ritual, found.day)
    release = engagement.workflow.releases.filter(pk=fingerprint).first()
    if release is None:
        raise NotQueued("There is no such release.")
    queue_for_gate(actor=actor_of(request), workflow=engagement.workflow, release=release)
    messages.success(request, f"{release.label} is queued for the gate, beside the release in production.")


def _page(request: MemberRequest, found: Occurrence, problem: str, *, kept: bool = True) -> HttpResponse:
    engagement, form = _engagement(), posted(request)
    draft = _draft(engagement, found)
    notes = notes_of(form) or (draft.notes if draft else {})
    typed = [{"what": each.what, "owner": each.owner, "due_on": each.due_on} for each in decisions_of(form)]
    monday = monday_of(found.day)
    context = {
        "tab": "cadence",
        "of": found,
        "draft": draft,
        "steps": [(step, notes.get(step["slug"], "")) for step in shown(draft.figures if draft else ())],
        "rows": rows_for(typed or (draft.decisions if draft else [])),
        "people": people(),
        "follow_ups": standing(open_ones(engagement), actor_of(request)),
        "to_draw": len(sample_of(engagement.workflow, monday).to_draw) if found.ritual == Ritual.METRICS else 0,
        "queueable": _queueable(engagement, found),
        "problem": problem,
        "kept": kept and draft is not None,
        "reason": form.get("reason", ""),
        "first_signing": "email" in components(request),
    }
    return render(request, "engagements/ritual.html", context, status=400 if problem else 200)


def _queueable(engagement: Engagement, found: Occurrence) -> list[Any]:
    if found.ritual != Ritual.REFRESH:
        return []
    return [each for each in candidates(Occasion(engagement.workflow, found.day)) if each.queueable]


def _weeks(engagement: Engagement, monday: date) -> list[WeekOf]:
    """The newest first; weeks before the cadence are left out."""
    first, last = monday - BACK * WEEK, monday + AHEAD * WEEK
    found = occurrences(engagement, first, last + timedelta(days=6))
    weeks = []
    while last >= first:
        own = [each for each in found if monday_of(each.day) == last]
        weeks += [WeekOf(last, [[each for each in own if each.ritual == ritual] for ritual in Ritual])] if own else []
        last -= WEEK
    return weeks


def _engagement() -> Engagement:
    engagement = current()
    if engagement is None:
        raise Http404("No engagement is begun.")
    return engagement


def _occurrence(ritual: Ritual, day: date) -> Occurrence:
    found = occurrence(_engagement(), ritual, day)
    if found is None:
        raise Http404("The cadence has no such ritual.")
    return found


def _draft(engagement: Engagement, found: Occurrence) -> RitualDraft | None:
    return RitualDraft.objects.filter(engagement=engagement, ritual=found.ritual, day=found.day).first()
