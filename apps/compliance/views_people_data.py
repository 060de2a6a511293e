"""Requests about people's data: finding the person, the register, what is held, and carrying an erasure out."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from apps.audit.reads import object_read
from apps.cases.models import Case, Subject
from apps.compliance import people_requests as services
from apps.compliance.erasing import Stays, is_forgotten, obstacles, preview, staying
from apps.compliance.holds import NotHeld, in_force, lift_hold, place_hold
from apps.compliance.models import DataRequest, LegalHold, Restriction
from apps.compliance.people import find_people, register
from apps.compliance.subject_export import export_person
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest, posted

PAGE = 20
STATES = (("open", "In work"), ("overdue", "Overdue"), ("done", "Done"), ("refused", "Refused"), ("all", "All"))


@requires(Capability.PEOPLE_DATA)
@require_GET
def people_data_page(request: MemberRequest) -> HttpResponse:
    asked = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    state = request.GET.get("state", "open")
    page = Paginator(register(state), PAGE).get_page(request.GET.get("page"))
    context = {
        "asked": asked,
        "people": find_people(asked) if asked else [],
        "state": state if state in dict(STATES) else "open",
        "states": STATES,
        "page": page,
        "holds": in_force().select_related("subject", "case"),
    }
    return render(request, "compliance/people_data.html", context)


@requires(Capability.PEOPLE_DATA)
@require_GET
def person_page(request: MemberRequest, subject_id: UUID) -> HttpResponse:
    subject = get_object_or_404(Subject, pk=subject_id)
    object_read(request, f"subject:{subject.pk}", part="person")
    context = {
        "subject": subject,
        "forgotten": is_forgotten(subject),
        "cases": Case.objects.filter(subject=subject).select_related("workflow").order_by("-received_at")[:50],
        "count": Case.objects.filter(subject=subject).count(),
        "requests": DataRequest.objects.filter(subject=subject).order_by("-received_on"),
        "holds": LegalHold.objects.filter(subject=subject).select_related("case"),
        "restriction": Restriction.objects.filter(subject=subject).first(),
        "kinds": DataRequest.Kind.choices,
        "today": timezone.localdate(),
    }
    return render(request, "compliance/person.html", context)


@requires(Capability.PEOPLE_DATA)
@require_POST
def request_creation(request: MemberRequest, subject_id: UUID) -> HttpResponse:
    subject, form = get_object_or_404(Subject, pk=subject_id), posted(request)
    number = form.get("case", "")
    case = Case.objects.filter(number=number, subject=subject).first() if number else None
    try:
        received = date.fromisoformat(form.get("received_on", ""))
    except ValueError:
        messages.error(request, "Give the day on which the request came, as 2026-11-22.")
        return redirect("person", subject_id)
    return _try(
        request,
        lambda: services.open_request(
            actor=actor_of(request),
            subject=subject,
            kind=form.get("kind", ""),
            received_on=received,
            wishes=form.get("wishes", ""),
            case=case,
        ),
        "The request is registered.",
        redirect("person", subject_id),
    )


@requires(Capability.PEOPLE_DATA)
@require_GET
def request_page(request: MemberRequest, request_id: UUID) -> HttpResponse:
    asked = get_object_or_404(DataRequest.objects.select_related("subject", "case"), pk=request_id)
    erasure = asked.kind == DataRequest.Kind.ERASURE and asked.state == DataRequest.State.OPEN
    context = {
        "asked": asked,
        "erasure": erasure,
        "obstacles": obstacles(asked.subject) if erasure else [],
        "goes": preview(asked.subject) if erasure else [],
        "stays": staying() if erasure else [],
        "own": asked.opened_by == actor_of(request).id,
        "grounds": DataRequest.Ground.choices,
        "forgotten": is_forgotten(asked.subject),
    }
    return render(request, "compliance/data_request.html", context)


@requires(Capability.PEOPLE_DATA)
@require_POST
def request_extension(request: MemberRequest, request_id: UUID) -> HttpResponse:
    asked, because = get_object_or_404(DataRequest, pk=request_id), posted(request).get("said", "")
    done = "The request is due two months later. Tell the person why."
    deed = partial(services.extend_request, actor=actor_of(request), request=asked, because=because)
    return _try(request, deed, done, redirect("data_request", request_id))


@requires(Capability.PEOPLE_DATA)
@require_POST
def request_refusal(request: MemberRequest, request_id: UUID) -> HttpResponse:
    asked, form = get_object_or_404(DataRequest, pk=request_id), posted(request)
    ground, answer = form.get("ground", ""), form.get("said", "")
    deed = partial(services.refuse_request, actor=actor_of(request), request=asked, ground=ground, answer=answer)
    done = "The request is refused, on the ground that you chose."
    return _try(request, deed, done, redirect("data_request", request_id))


@requires(Capability.PEOPLE_DATA)
@require_POST
def request_answer(request: MemberRequest, request_id: UUID) -> HttpResponse:
    asked, answer = get_object_or_404(DataRequest, pk=request_id), posted(request).get("said", "")
    deed = partial(services.answer_request, actor=actor_of(request), request=asked, answer=answer)
    return _try(request, deed, "The request is done.", redirect("data_request", request_id))


@requires(Capability.PEOPLE_DATA)
@require_POST
def request_erasure(request: MemberRequest, request_id: UUID) -> HttpResponse:
    asked = get_object_or_404(DataRequest, pk=request_id)
    deed = partial(services.carry_out_erasure, actor=actor_of(request), request=asked)
    done = "The person is forgotten. The certificate says what went and what stays."
    return _try(request, deed, done, redirect("data_request", request_id))


@requires(Capability.PEOPLE_DATA)
@require_GET
def certificate_page(request: MemberRequest, request_id: UUID) -> HttpResponse:
    asked = get_object_or_404(DataRequest, pk=request_id, kind="erasure", state="done")
    return render(
        request, "compliance/certificate.html", {"asked": asked, "said": asked.certificate, "stays": staying()}
    )


@requires(Capability.PEOPLE_DATA)
@require_GET
def person_copy(request: MemberRequest, subject_id: UUID) -> HttpResponse:
    """The copy as a page, or with ?format=json as a file for another system (GDPR 20)."""
    subject = get_object_or_404(Subject, pk=subject_id)
    facts = export_person(actor=actor_of(request), subject=subject)
    if request.GET.get("format") == "json":
        answer = JsonResponse(facts, json_dumps_params={"ensure_ascii": False, "indent": 2})
        answer["Content-Disposition"] = f'attachment; filename="data-{subject.pk}.json"'
        return answer
    return render(request, "compliance/person_copy.html", {"subject": subject, "facts": facts})


@requires(Capability.PEOPLE_DATA)
@require_POST
def hold_creation(request: MemberRequest, subject_id: UUID) -> HttpResponse:
    subject, form = get_object_or_404(Subject, pk=subject_id), posted(request)
    number = form.get("case", "")
    case = get_object_or_404(Case, number=number, subject=subject) if number else None

    def deed() -> LegalHold:
        matter, reason = form.get("matter", "")[:120], form.get("said", "")
        return place_hold(actor=actor_of(request), subject=subject, matter=matter, reason=reason, case=case)

    return _try(request, deed, "The hold is placed. Nothing that it covers is let go.", redirect("person", subject_id))


@requires(Capability.PEOPLE_DATA)
@require_POST
def hold_end(request: MemberRequest, hold_id: UUID) -> HttpResponse:
    hold = get_object_or_404(LegalHold, pk=hold_id)
    because = posted(request).get("said", "")
    back = redirect("person", hold.subject_id)
    return _try(
        request, lambda: lift_hold(actor=actor_of(request), hold=hold, because=because), "The hold is lifted.", back
    )


@requires(Capability.PEOPLE_DATA)
@require_POST
def restriction_end(request: MemberRequest, subject_id: UUID) -> HttpResponse:
    subject = get_object_or_404(Subject, pk=subject_id)
    return _try(
        request,
        lambda: services.lift_restriction(actor=actor_of(request), subject=subject),
        "Their data is processed as before. Tell the person first (GDPR 18(3)).",
        redirect("person", subject_id),
    )


def _try(request: MemberRequest, deed: Callable[[], Any], done: str, back: HttpResponse) -> HttpResponse:
    try:
        deed()
    except Stays as kept:
        for obstacle in kept.obstacles:
            messages.error(request, obstacle)
    except (services.NotPossible, NotHeld) as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, done)
    return back
