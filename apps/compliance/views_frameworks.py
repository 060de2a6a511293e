"""Frameworks, their evidence packs, and what is done about gaps."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from apps.compliance.evidence import Look
from apps.compliance.framework_models import Gap
from apps.compliance.frameworks import Answer, Framework, Row, framework_of, pack, pack_of, packs, the_map
from apps.compliance.gaps import GapRefused, close_gap, decide_scope, plan_gap
from apps.compliance.signatures import SignatureRefused
from apps.compliance.signing_session import components, remember_signing
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, capabilities_of, requires
from apps.tenants.models import Membership
from apps.tenants.requests import MemberRequest, posted

DAYS = 90  # that a pack looks back over unless somebody asks for others
LONGEST = 4000


@requires(Capability.AUDIT_VIEW)
@require_GET
def frameworks_page(request: MemberRequest) -> HttpResponse:
    look, problem = period_of(request)
    context = {"packs": packs(look), "look": look, "problem": problem, "version": the_map().version}
    return render(request, "compliance/frameworks.html", context)


@requires(Capability.AUDIT_VIEW)
@require_GET
def framework_page(request: MemberRequest, framework_id: str) -> HttpResponse:
    return _framework(request, _known(framework_id), "")


@requires(Capability.AUDIT_VIEW)
@require_GET
def framework_json(request: MemberRequest, framework_id: str) -> JsonResponse:
    look, problem = period_of(request)
    if problem:
        return JsonResponse({"problem": problem}, status=400)
    return JsonResponse(pack(_known(framework_id).id, begin=look.begin, end=look.end), json_dumps_params={"indent": 2})


@requires(Capability.AUDIT_EXPORT)
@require_POST
def framework_scope(request: MemberRequest, framework_id: str) -> HttpResponse:
    framework, form = _known(framework_id), posted(request)
    try:
        scope = decide_scope(
            actor=actor_of(request),
            framework=framework,
            applies=form.get("applies") == "yes",
            ground=form.get("ground", "")[:LONGEST],
        )
    except GapRefused as error:
        return _framework(request, framework, str(error))
    messages.success(request, f"{framework.title} {'applies' if scope.applies else 'does not apply'} from now on.")
    return redirect("framework", framework.id)


@requires(Capability.AUDIT_VIEW)
@require_GET
def gaps_page(request: MemberRequest) -> HttpResponse:
    """Each row that is not covered, once, the overdue first."""
    look, _ = period_of(request)
    state = request.GET.get("state", "")
    wanting = [answer for each in packs(look) for answer in each.answers if answer.wanting]
    shown = sorted((answer for answer in wanting if _in_state(answer, state)), key=_urgency)
    context = {"answers": shown, "all": wanting, "overdue": sum(_overdue(each) for each in wanting), "chosen": state}
    context |= {"closed": sum(bool(each.stated) for each in wanting), "states": Gap.State.choices[:3]}
    return render(request, "compliance/gaps.html", context)


@requires(Capability.AUDIT_VIEW)
@require_GET
def gap_page(request: MemberRequest, row_id: str) -> HttpResponse:
    return _gap(request, row_id, "")


@requires(Capability.AUDIT_EXPORT)
@require_POST
def gap_plan(request: MemberRequest, row_id: str) -> HttpResponse:
    _, row = _row(row_id)
    form = posted(request)
    try:
        plan_gap(
            actor=actor_of(request),
            row=row,
            state=form.get("state", ""),
            owner=_uuid(form.get("owner", "")),
            due_on=_day(form.get("due_on", "")),
            note=form.get("note", "")[:LONGEST],
        )
    except (GapRefused, ValueError) as error:
        return _gap(request, row_id, str(error))
    messages.success(request, "The gap is planned.")
    return redirect("gaps")


@requires(Capability.AUDIT_EXPORT)
@require_POST
def gap_closing(request: MemberRequest, row_id: str) -> HttpResponse:
    _, row = _row(row_id)
    note = posted(request).get("note", "")[:LONGEST]
    try:
        close_gap(actor=actor_of(request), row=row, note=note, **components(request))
    except (GapRefused, SignatureRefused) as error:
        return _gap(request, row_id, str(error))
    remember_signing(request)
    messages.success(request, "Signed. The pack shows it as stated by you, not as shown by the system.")
    return redirect("gaps")


def period_of(request: MemberRequest) -> tuple[Look, str]:
    """The days asked for, the last ninety without any, and what is wrong with them."""
    today = timezone.now().date()
    usual = today - timedelta(days=DAYS - 1), today
    try:
        begin, end = _day(request.GET.get("begin", "")) or usual[0], _day(request.GET.get("end", "")) or usual[1]
    except ValueError as error:
        return _look(*usual), str(error)
    if begin > end:
        return _look(*usual), "The period ends before it begins, so the last 90 days are shown."
    return _look(begin, end), ""


def _look(begin: date, end: date) -> Look:
    midnight = datetime.combine(begin, time(), UTC), datetime.combine(end, time(), UTC) + timedelta(days=1)
    return Look(*midnight)


def _framework(request: MemberRequest, framework: Framework, refused: str) -> HttpResponse:
    look, problem = period_of(request)
    context = {
        "pack": pack_of(framework, look),
        "look": look,
        "problem": problem or refused,
        "version": the_map().version,
        "may_change": Capability.AUDIT_EXPORT in capabilities_of(actor_of(request).role),
    }
    return render(request, "compliance/framework.html", context, status=400 if refused else 200)


def _gap(request: MemberRequest, row_id: str, problem: str) -> HttpResponse:
    framework, row = _row(row_id)
    look, _ = period_of(request)
    answer = next(each for each in pack_of(framework, look).answers if each.row is row)
    context = {
        "answer": answer,
        "problem": problem,
        "typed": request.POST,
        "members": Membership.objects.filter(active=True).select_related("user").order_by("user__name"),
        "states": [(state.value, state.label) for state in Gap.State if state != Gap.State.CLOSED],
        "may_change": Capability.AUDIT_EXPORT in capabilities_of(actor_of(request).role),
        "first_signing": "email" in components(request),
    }
    return render(request, "compliance/gap.html", context, status=400 if problem else 200)


def _known(framework_id: str) -> Framework:
    try:
        return framework_of(framework_id)
    except LookupError as error:
        raise Http404(str(error)) from error


def _row(row_id: str) -> tuple[Framework, Row]:
    for framework in the_map().frameworks:
        for row in framework.rows:
            if row.id == row_id:
                return framework, row
    raise Http404(f"The map has no row {row_id}.")


def _in_state(answer: Answer, state: str) -> bool:
    return not state or (answer.gap.state if answer.gap else Gap.State.OPEN) == state


def _overdue(answer: Answer) -> bool:
    return answer.gap is not None and answer.gap.overdue


def _urgency(answer: Answer) -> tuple[bool, bool, bool, date]:
    """Overdue first, then without an owner, then missing before partly, then by date."""
    gap = answer.gap
    due = gap.due_on if gap and gap.due_on else date.max
    return bool(answer.stated), not _overdue(answer), answer.finding.state != "missing", due


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise GapRefused("The owner must be somebody who works here.") from None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ValueError("Write days as 2026-11-22.") from None
