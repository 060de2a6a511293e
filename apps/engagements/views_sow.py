"""The statement of work: reading, writing, comparing, discussing, offering and accepting it."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.compliance.signatures import SignatureRefused
from apps.compliance.signing_session import SIGNED, components, remember_signing
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import current
from apps.engagements.sow_models import SowComment, SowVersion
from apps.engagements.statement import sow, sow_paper
from apps.engagements.statement.sow_content import as_text as text_of
from apps.engagements.statement.sow_content import clauses, gaps, outside
from apps.engagements.statement.sow_form import PARTY, PRICES, content_from, typed, typed_again
from apps.engagements.statement.sow_prefill import prefilled
from apps.prompts.diff import compare_texts
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, capabilities_of, requires
from apps.tenants.requests import MemberRequest, posted

PER_PAGE = 25


@requires(Capability.CONFIG_VIEW)
@require_GET
def sow_page(request: MemberRequest) -> HttpResponse:
    """The newest version, or how to begin."""
    engagement = current()
    version = sow.newest(engagement) if engagement else None
    return _version(request, engagement, version, "")


@requires(Capability.CONFIG_VIEW)
@require_GET
def sow_version(request: MemberRequest, number: int) -> HttpResponse:
    return _version(request, current(), _known(number), "")


@requires(Capability.CONFIG_VIEW)
@require_GET
def sow_comparison(request: MemberRequest, number: int, other: int) -> HttpResponse:
    before, after = sorted((_known(number), _known(other)), key=lambda each: each.number)
    rows = compare_texts(text_of(sow.content_of(before)), text_of(sow.content_of(after)))
    return render(request, "engagements/sow_comparison.html", {"before": before, "after": after, "rows": rows})


@requires(Capability.CONFIG_EDIT)
@require_http_methods(["GET", "POST"])
def sow_writing(request: MemberRequest) -> HttpResponse:
    """A new version on top of the one that was open."""
    engagement = _engagement()
    last = sow.newest(engagement)
    if request.method == "GET":
        content = sow.content_of(last) if last else prefilled(engagement, request.tenant.name)
        return _form(request, typed(content), last.number if last else 0, "")
    form = posted(request)
    base = int(form.get("base", "0")) if form.get("base", "0").isdecimal() else 0
    try:
        content, note = content_from(form), form.get("note", "")
        made = sow.write_version(actor=actor_of(request), engagement=engagement, content=content, note=note, base=base)
    except ValueError as error:
        return _form(request, typed_again(form), base, str(error), note=form.get("note", ""))
    messages.success(request, f"Version {made.number} is written.")
    return redirect("sow")


@requires(Capability.CONFIG_EDIT)
@require_POST
def sow_offering(request: MemberRequest, number: int) -> HttpResponse:
    """Offer the version, or take the offer back."""
    version, form = _known(number), posted(request)
    try:
        if form.get("do") == "withdraw":
            sow.withdraw(actor=actor_of(request), version=version, reason=form.get("reason", ""))
            said = f"The offer of version {number} is taken back."
        else:
            sow.offer(actor=actor_of(request), version=version)
            said = f"Version {number} is on offer: the decision owner accepts or declines it."
    except sow.SowRefused as error:
        return _version(request, version.engagement, version, str(error))
    messages.success(request, said)
    return redirect("sow")


@requires(Capability.RELEASES_PROMOTE)
@require_POST
def sow_deciding(request: MemberRequest, number: int) -> HttpResponse:
    """Accept with a signature, or decline with a reason."""
    version, form = _known(number), posted(request)
    try:
        if form.get("do") == "decline":
            sow.decline(actor=actor_of(request), version=version, reason=form.get("reason", ""))
            said = f"Version {number} is declined, with your reason."
        else:
            sow.accept(actor=actor_of(request), version=version, **components(request))
            remember_signing(request)
            said = f"Version {number} is accepted, and signed by you."
    except (sow.SowRefused, SignatureRefused) as error:
        return _version(request, version.engagement, version, str(error))
    messages.success(request, said)
    return redirect("sow")


@requires(Capability.CONFIG_VIEW)
@require_POST
def sow_commenting(request: MemberRequest, number: int) -> HttpResponse:
    version, form = _known(number), posted(request)
    try:
        sow.comment(
            actor=actor_of(request), version=version, section=form.get("section", ""), text=form.get("text", "")
        )
    except sow.SowRefused as error:
        return _version(request, version.engagement, version, str(error))
    return redirect("sow")


@requires(Capability.CONFIG_EDIT)
@require_POST
def sow_resolving(request: MemberRequest, comment_id: int) -> HttpResponse:
    remark = get_object_or_404(SowComment, pk=comment_id)
    try:
        sow.resolve(actor=actor_of(request), remark=remark, resolution=posted(request).get("resolution", ""))
    except sow.SowRefused as error:
        messages.error(request, str(error))
    return redirect("sow")


@requires(Capability.CONFIG_VIEW)
@require_GET
def sow_pdf(request: MemberRequest, number: int) -> HttpResponse:  # noqa: ARG001 - the tenant's, by its schema
    version = _known(number)
    return _download(sow_paper.pdf(version), "application/pdf", f"statement-of-work-{version.number}.pdf")


@requires(Capability.CONFIG_VIEW)
@require_GET
def sow_docx(request: MemberRequest, number: int) -> HttpResponse:  # noqa: ARG001 - the tenant's, by its schema
    version = _known(number)
    return _download(sow_paper.docx(version), sow_paper.DOCX, f"statement-of-work-{version.number}.docx")


def _version(
    request: MemberRequest, engagement: Engagement | None, version: SowVersion | None, problem: str
) -> HttpResponse:
    context: dict[str, object] = {"engagement": engagement, "version": version, "problem": problem}
    if engagement and version:
        content, may = sow.content_of(version), capabilities_of(actor_of(request).role)
        remarks = SowComment.objects.filter(engagement=engagement)
        open_ones, versions = list(remarks.filter(resolved_at=None)), SowVersion.objects.filter(engagement=engagement)
        context |= {
            "clauses": [(each, [mark for mark in open_ones if mark.section == each.key]) for each in clauses(content)],
            "gaps": gaps(content),
            "outside": outside(content.prices),
            "state": sow.state_of(version),
            "standing": sow_paper.standing(version),
            "newest": sow.newest(engagement) == version,
            "moves": version.moves.select_related("signature"),
            "versions": Paginator(versions, PER_PAGE).get_page(request.GET.get("page")),
            "open": len(open_ones),
            "resolved": remarks.exclude(resolved_at=None),
            "may_edit": Capability.CONFIG_EDIT in may,
            "may_decide": Capability.RELEASES_PROMOTE in may,
            "first_signing": not request.session.get(SIGNED),
            "typed": request.POST,
        }
    return render(request, "engagements/sow.html", context, status=400 if problem else 200)


def _form(request: MemberRequest, fields: dict[str, object], base: int, problem: str, note: str = "") -> HttpResponse:
    context = {"fields": fields, "base": base, "problem": problem, "note": note, "party": PARTY, "prices": PRICES}
    return render(request, "engagements/sow_form.html", context, status=400 if problem else 200)


def _engagement() -> Engagement:
    engagement = current()
    if engagement is None:
        raise Http404("There is no engagement.")
    return engagement


def _known(number: int) -> SowVersion:
    versions = SowVersion.objects.filter(engagement=_engagement()).select_related("engagement__workflow")
    return get_object_or_404(versions, number=number)


def _download(content: bytes, kind: str, name: str) -> HttpResponse:
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
