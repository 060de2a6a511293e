"""The traffic page and its moves. The services judge; the page asks, and shows what they said."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from apps.evaluations.incumbents import go_back, previous_incumbent
from apps.evaluations.widening import next_step, widen
from apps.portal import traffic_page
from apps.tenants.actors import Actor, actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest, posted
from apps.workflows import moves
from apps.workflows.charters import CharterRefused, NoCharter
from apps.workflows.models import Notice, Release, Workflow
from apps.workflows.moves import MoveRefused
from apps.workflows.traffic import current_plan, slice_of
from apps.workflows.warrants import NotWarranted

Move = Callable[[Actor, Workflow, QueryDict], str]


@requires(Capability.CONFIG_VIEW)
@require_GET
def traffic(request: MemberRequest) -> HttpResponse:
    """Who handles the next case, how far each stop condition is, and may the slice grow."""
    workflows = list(Workflow.objects.select_related("production"))
    wanted = request.GET.get("workflow")
    workflow = next((each for each in workflows if each.slug == wanted), workflows[0] if workflows else None)
    context: dict[str, Any] = {"workflows": workflows}
    if workflow is not None:
        context |= traffic_page.page(workflow)
    return render(request, "traffic/traffic.html", context)


@requires(Capability.RELEASES_PROMOTE)
@require_POST
def move(request: MemberRequest, slug: str) -> HttpResponse:
    """What only the owner may do: widen, begin a slice, go back to the release before, restart."""
    return _carry_out(request, slug, OWNERS)


@requires(Capability.CONFIG_EDIT)
@require_POST
def safe_move(request: MemberRequest, slug: str) -> HttpResponse:
    """What takes traffic away or sends none: shadow, hold, narrow."""
    return _carry_out(request, slug, SAFE)


@requires(Capability.TRAFFIC_STOP)
@require_POST
def stop(request: MemberRequest, slug: str) -> HttpResponse:
    """The red stop, at any hour, by whoever is responsible for the shift."""
    return _carry_out(request, slug, {"stop": _stop})


@requires(Capability.RELEASES_PROMOTE)
@require_POST
def seen(request: MemberRequest, notice_id: int) -> HttpResponse:
    moves.see_notice(actor=actor_of(request), notice=get_object_or_404(Notice, pk=notice_id))
    return redirect("home")


def _carry_out(request: MemberRequest, slug: str, allowed: dict[str, Move]) -> HttpResponse:
    workflow = get_object_or_404(Workflow.objects.select_related("production"), slug=slug)
    given = posted(request)
    chosen = allowed.get(given.get("move", ""))
    if chosen is None:
        return HttpResponse("There is no such move.", status=400)
    try:
        messages.success(request, chosen(actor_of(request), workflow, given))
    except (MoveRefused, NotWarranted, NoCharter, CharterRefused) as refused:
        messages.error(request, f"Nothing was moved. {refused}")
    return redirect(f"{reverse('traffic')}?workflow={slug}")


def _widen(actor: Actor, workflow: Workflow, given: QueryDict) -> str:
    share = slice_of(current_plan(workflow))
    to = next_step(share.percent) if share else 0
    if given.get("to") != str(to):
        raise MoveRefused("The traffic has moved since you looked: look again.")
    widen(actor=actor, workflow=workflow, to=to, reason=given.get("reason", ""))
    return f"The slice takes {to} % from the next case on." if to < 100 else "The release takes everything now."


def _begin(actor: Actor, workflow: Workflow, given: QueryDict) -> str:
    release = _release(workflow, given)
    moves.begin_slice(
        actor=actor,
        workflow=workflow,
        release=release,
        percent=_number(given, "percent"),
        segment=given.get("segment", "").strip(),
        hourly_cap=_number(given, "cap"),
        reason=given.get("reason", ""),
    )
    return f"{release.label} takes {given.get('percent')} % from the next case on."


def _go_back(actor: Actor, workflow: Workflow, given: QueryDict) -> str:
    before = previous_incumbent(workflow)
    if before is None or before.pk != given.get("release"):
        raise MoveRefused("The traffic has moved since you looked: look again.")
    go_back(actor=actor, workflow=workflow, to=before, reason=given.get("reason", ""))
    return f"{before.label} takes all new cases again."


def _restart(actor: Actor, workflow: Workflow, given: QueryDict) -> str:
    moves.restart(actor=actor, workflow=workflow, reason=given.get("reason", ""))
    return "The incumbent clears cases again."


def _shadow(actor: Actor, workflow: Workflow, given: QueryDict) -> str:
    release = _release(workflow, given)
    moves.run_shadow(actor=actor, workflow=workflow, release=release, reason=given.get("reason", ""))
    return f"{release.label} runs in shadow from the next case on."


def _hold(actor: Actor, workflow: Workflow, given: QueryDict) -> str:
    moves.hold(actor=actor, workflow=workflow, reason=given.get("reason", ""))
    return "It stays as it is, and the record says why."


def _narrow(actor: Actor, workflow: Workflow, given: QueryDict) -> str:
    share, to = slice_of(current_plan(workflow)), _number(given, "to")
    if share is None or to >= share.percent:
        raise MoveRefused("There is no slice that is wider than that.")
    if to == 0:
        return _end(actor, workflow, given, share.release)
    moves.resize_slice(actor=actor, workflow=workflow, percent=to, reason=given.get("reason", ""), evidence={})
    return f"The slice takes {to} % from the next case on."


def _end(actor: Actor, workflow: Workflow, given: QueryDict, fingerprint: str = "") -> str:
    release = get_object_or_404(workflow.releases, pk=fingerprint or given.get("release", ""))
    moves.narrow(actor=actor, workflow=workflow, release=release, reason=given.get("reason", ""))
    return f"{release.label} has given its traffic back to the incumbent."


def _stop(actor: Actor, workflow: Workflow, given: QueryDict) -> str:
    moves.stop(actor=actor, workflow=workflow, reason=given.get("reason", ""))
    return "Stopped. Cases in flight and all that come in wait for a person."


def _release(workflow: Workflow, given: QueryDict) -> Release:
    release = workflow.releases.filter(pk=given.get("release", "")).first()
    if release is None:
        raise MoveRefused("Choose a release.")
    return release


def _number(given: QueryDict, name: str) -> int:
    text = given.get(name, "").strip() or "0"
    if not text.isdecimal() or len(text) > 6:
        raise MoveRefused(f"“{text}” is no number.")
    return int(text)


OWNERS: dict[str, Move] = {"widen": _widen, "slice": _begin, "go_back": _go_back, "restart": _restart}
SAFE: dict[str, Move] = {"shadow": _shadow, "hold": _hold, "narrow": _narrow, "end": _end}
