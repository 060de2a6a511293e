"""The workbench of labelled sets: versions, what is in them, what they lack, and the way to the next version."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.cases.listing import CaseSelection, case_rows, find_cases
from apps.cases.rows import Unreadable
from apps.evaluations import drafts, freezing, leakage, proposals
from apps.evaluations.agreement import agreement_in
from apps.evaluations.coverage import LEAST, MOST, PER_TYPE, coverage_of, taxonomy_for
from apps.evaluations.label_files import LIMIT, read_label_file
from apps.evaluations.labelling import to_label
from apps.evaluations.looks import worn
from apps.evaluations.models import LabelledSet, Leak
from apps.evaluations.set_reading import CaseFilter, cards, found_cases
from apps.evaluations.tasks import send_check
from apps.reviews.models import Disposition
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.rendering import render_found
from apps.tenants.requests import MemberRequest
from apps.tenants.schemas import current_schema
from apps.workflows.models import Workflow

PER_PAGE = 25
PROPOSALS = 50


@requires(Capability.CONFIG_VIEW)
@require_GET
def sets_page(request: MemberRequest) -> HttpResponse:
    return render(request, "evaluations/labels.html", {"workflows": cards(), "least": LEAST, "most": MOST})


@requires(Capability.CONFIG_EDIT)
@require_POST
def draft_creation(request: MemberRequest, workflow: str) -> HttpResponse:
    of = get_object_or_404(Workflow, slug=workflow)
    try:
        draft = drafts.start_draft(actor=actor_of(request), workflow=of, name=_text(request, "name"))
    except drafts.DraftRefused as error:
        messages.error(request, str(error))
        return redirect("labelled_sets")
    return redirect("labelled_set", draft.pk)


@requires(Capability.CONFIG_VIEW)
@require_GET
def set_page(request: MemberRequest, set_id: int) -> HttpResponse:
    labelled_set = _set(set_id)
    draft = labelled_set.state == LabelledSet.State.DRAFT
    coverage = coverage_of(labelled_set)
    leaks = labelled_set.leaks.all()
    context = {
        **_about(request, labelled_set),
        "coverage": coverage,
        "per_type": PER_TYPE,
        "least": LEAST,
        "most": MOST,
        "agreement": agreement_in(labelled_set),
        "disputed": labelled_set.cases.filter(disputed=True)[:50],
        "leaks": leaks[:100],
        "open_leaks": leaks.filter(accepted_at=None).count(),
        "checked": leakage.is_checked(labelled_set),
        "obstacles": [] if labelled_set.signed_off_at else freezing.obstacles(labelled_set),
        "warnings": [] if labelled_set.signed_off_at else freezing.warnings(labelled_set),
        "erased": labelled_set.cases.exclude(erased_at=None).count(),
        "looks": worn(labelled_set),
        "to_label": to_label(labelled_set, actor_of(request)).count() if draft else 0,
        "waiting": proposals.waiting(labelled_set.workflow).count() if draft else 0,
    }
    return render(request, "evaluations/labels_set.html", context)


@requires(Capability.CONFIG_VIEW)
@require_GET
def cases_page(request: MemberRequest, set_id: int) -> HttpResponse:
    labelled_set, asked = _set(set_id), CaseFilter.of(request.GET)
    page = Paginator(found_cases(labelled_set, asked), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        **_about(request, labelled_set),
        "asked": asked,
        "page": page,
        "rows": asked.rows(list(page.object_list), actor_of(request)),
        "types": coverage_of(labelled_set).strata,
    }
    return render_found(request, "evaluations/labels_cases.html", context)


@requires(Capability.CONFIG_EDIT)
@require_http_methods(["GET", "POST"])
def add_page(request: MemberRequest, set_id: int) -> HttpResponse:
    """Cases of the workflow, to search and to add."""
    draft = _draft(set_id)
    if request.method == "POST":
        return _add_chosen(request, draft)
    selection = CaseSelection.of(request.GET)
    there = draft.cases.values("external_id")
    cases = find_cases(selection).filter(workflow=draft.workflow_id).exclude(external_id__in=there)
    page = Paginator(cases, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        **_about(request, draft),
        "selection": selection,
        "page": page,
        "rows": case_rows(list(page.object_list)),
        "limit": LIMIT >> 20,
    }
    return render_found(request, "evaluations/labels_add.html", context)


def _add_chosen(request: MemberRequest, draft: LabelledSet) -> HttpResponse:
    try:
        added = drafts.add_real_cases(actor=actor_of(request), draft=draft, case_ids=_ids(request, "case"))
        messages.success(request, f"{added} added, to be labelled.")
    except drafts.DraftRefused as error:
        messages.error(request, str(error))
    return redirect(request.get_full_path())


@requires(Capability.CONFIG_EDIT)
@require_POST
def file_upload(request: MemberRequest, set_id: int) -> HttpResponse:
    draft, file = _draft(set_id), request.FILES.get("file")
    taxonomy = taxonomy_for(draft.workflow)
    try:
        if not isinstance(file, UploadedFile) or (file.size or 0) > LIMIT:
            raise Unreadable(f"Choose a file of at most {LIMIT >> 20} MB.")
        if taxonomy is None:
            raise Unreadable("The workflow has no taxonomy yet, so no label can be checked.")
        read = read_label_file(cast("Any", file.file), (file.name or "file").replace("\x00", ""), taxonomy)
        name = (file.name or "file").replace("\x00", "")[:200]
        added = drafts.add_labelled_cases(actor=actor_of(request), draft=draft, cases=read.cases, file_name=name)
    except (Unreadable, drafts.DraftRefused) as error:
        messages.error(request, f"Not taken: {error}")
        return redirect("labelled_set_add", draft.pk)
    context = {**_about(request, draft), "added": added, "there": len(read.cases) - added, "rejected": read.rejected}
    return render(request, "evaluations/labels_file.html", context)


@requires(Capability.CONFIG_EDIT)
@require_http_methods(["GET", "POST"])
def proposals_page(request: MemberRequest, set_id: int) -> HttpResponse:
    """What reviewers decided, as labels. A decision about several is shown before it is taken."""
    draft = _draft(set_id)
    waiting = proposals.waiting(draft.workflow)
    chosen = waiting.filter(pk__in=_ids(request, "disposition")) if request.method == "POST" else waiting.none()
    doing = request.POST.get("do", "")
    if chosen and doing in {"accept", "reject"}:
        return _decide(request, draft, list(chosen), doing)
    context = {
        **_about(request, draft),
        "previewed": proposals.proposed(list(chosen[:PROPOSALS])),
        "proposed": [] if chosen else proposals.proposed(list(waiting[:PROPOSALS])),
        "count": waiting.count(),
    }
    return render(request, "evaluations/labels_proposals.html", context)


def _decide(request: MemberRequest, draft: LabelledSet, chosen: list[Disposition], doing: str) -> HttpResponse:
    actor = actor_of(request)
    try:
        if doing == "accept":
            added = proposals.accept(actor=actor, draft=draft, dispositions=chosen)
            messages.success(request, f"{added} added with their labels. Others can label them once more.")
        else:
            reason = _text(request, "reason")
            count = proposals.reject(actor=actor, workflow=draft.workflow, dispositions=chosen, reason=reason)
            messages.success(request, f"{count} will not be proposed again.")
    except drafts.DraftRefused as error:
        messages.error(request, str(error))
    return redirect("label_proposals", draft.pk)


@requires(Capability.CONFIG_EDIT)
@require_POST
def leak_check(request: MemberRequest, set_id: int) -> HttpResponse:
    labelled_set = _set(set_id)
    leakage.ask_for_check(actor=actor_of(request), labelled_set=labelled_set)
    send_check(current_schema(), labelled_set.pk)
    return redirect(f"/labelled-sets/{labelled_set.pk}/#leaks")


@requires(Capability.RELEASES_PROMOTE)
@require_POST
def leak_acceptance(request: MemberRequest, set_id: int, leak_id: int) -> HttpResponse:
    leak = get_object_or_404(Leak, pk=leak_id, labelled_set_id=set_id)
    try:
        leakage.accept_leak(actor=actor_of(request), leak=leak, reason=_text(request, "reason"))
    except leakage.LeakNotAccepted as error:
        messages.error(request, str(error))
    return redirect(f"/labelled-sets/{set_id}/#leaks")


@requires(Capability.RELEASES_PROMOTE)
@require_POST
def freezing_step(request: MemberRequest, set_id: int) -> HttpResponse:
    """Freeze and sign a draft, or sign a version that came frozen."""
    labelled_set, actor, note = _set(set_id), actor_of(request), _text(request, "note")
    try:
        if labelled_set.state == LabelledSet.State.DRAFT:
            labelled_set = freezing.freeze(actor=actor, draft=labelled_set, note=note)
        else:
            labelled_set = freezing.sign_off(actor=actor, labelled_set=labelled_set, note=note)
        messages.success(request, f"Version {labelled_set.version} is signed. Releases are measured on it from now on.")
    except (freezing.FreezeRefused, drafts.DraftRefused) as error:
        messages.error(request, f"Not signed: {error}")
    return redirect("labelled_set", set_id)


@requires(Capability.CONFIG_EDIT)
@require_POST
def draft_discarding(request: MemberRequest, set_id: int) -> HttpResponse:
    try:
        drafts.discard_draft(actor=actor_of(request), draft=_set(set_id))
    except drafts.DraftRefused as error:
        messages.error(request, str(error))
        return redirect("labelled_set", set_id)
    return redirect("labelled_sets")


@requires(Capability.CONFIG_EDIT)
@require_POST
def case_removal(request: MemberRequest, set_id: int, case_id: int) -> HttpResponse:
    draft = _set(set_id)
    case = get_object_or_404(draft.cases, pk=case_id)
    try:
        drafts.remove_case(actor=actor_of(request), draft=draft, external_id=case.external_id)
        messages.success(request, f"{case.external_id} is no longer in the draft.")
    except drafts.DraftRefused as error:
        messages.error(request, str(error))
    return redirect("labelled_set", set_id)


def _set(set_id: int) -> LabelledSet:
    known = LabelledSet.objects.select_related("workflow", "based_on")
    return get_object_or_404(known, pk=min(set_id, 2**63 - 1))


def _draft(set_id: int) -> LabelledSet:
    known = LabelledSet.objects.select_related("workflow", "workflow__production")
    return get_object_or_404(known, pk=min(set_id, 2**63 - 1), state=LabelledSet.State.DRAFT)


def _about(request: MemberRequest, labelled_set: LabelledSet) -> dict[str, Any]:
    return {
        "set": labelled_set,
        "draft": labelled_set.state == LabelledSet.State.DRAFT,
        "part": request.resolver_match.url_name if request.resolver_match else "",
    }


def _text(request: MemberRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\x00", "").strip()[:2000]


def _ids(request: MemberRequest, name: str) -> list[UUID]:
    """The UUIDs among what was ticked."""
    found = []
    for text in request.POST.getlist(name)[:1000]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
