"""Log reviews, signatures, adverse impact, the record of processing, and the registers by person and case."""

from datetime import date, timedelta

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from apps.cases.models import Case, Subject
from apps.compliance.attributes import AttributesRefused, read_file, supply_attributes
from apps.compliance.framework_models import ProcessingRecord, Signature
from apps.compliance.impact import impact
from apps.compliance.log_reviews import MOST, WEEK, NotReviewable, review_week, weeks_due
from apps.compliance.officer_home import changed
from apps.compliance.processing import FIELDS, Content, content_of_record, missing_from, prefilled, write_record
from apps.compliance.processing import LONGEST as LONGEST_FIELD
from apps.compliance.signatures import SignatureRefused, verified
from apps.compliance.signing_session import components, remember_signing
from apps.compliance.subject_register import changed_cases, disclosures_of, used_cases, uses_of, versions_of
from apps.compliance.views_frameworks import period_of
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, capabilities_of, requires
from apps.tenants.requests import MemberRequest, posted

PER_PAGE = 50
LARGEST_FILE = 5_000_000  # bytes


@requires(Capability.AUDIT_VIEW)
@require_GET
def log_reviews_page(request: MemberRequest) -> HttpResponse:
    return _log_reviews(request, "")


@requires(Capability.AUDIT_EXPORT)
@require_http_methods(["POST"])
def log_review_signing(request: MemberRequest) -> HttpResponse:
    form = posted(request)
    try:
        begin = date.fromisoformat(form.get("begin", ""))
        findings = form.get("findings", "")[:4000]
        review_week(actor=actor_of(request), begin=begin, findings=findings, **components(request))
    except (NotReviewable, SignatureRefused) as error:
        return _log_reviews(request, str(error))
    except ValueError:
        return _log_reviews(request, "Choose one of the weeks that wait.")
    remember_signing(request)
    messages.success(request, f"You have signed for the week of {begin}.")
    return redirect("log_reviews")


@requires(Capability.AUDIT_VIEW)
@require_GET
def signatures_page(request: MemberRequest) -> HttpResponse:
    page = Paginator(Signature.objects.all(), PER_PAGE).get_page(request.GET.get("page"))
    rows = [(signature, verified(signature)) for signature in page]
    return render(request, "compliance/signatures.html", {"rows": rows, "page": page})


@requires(Capability.AUDIT_VIEW)
@require_GET
def impact_page(request: MemberRequest) -> HttpResponse:
    return _impact(request, "")


@requires(Capability.AUDIT_EXPORT)
@require_http_methods(["POST"])
def attributes_upload(request: MemberRequest) -> HttpResponse:
    file = request.FILES.get("file")
    try:
        given = read_file(_text_of(file))
    except AttributesRefused as error:
        return _impact(request, str(error))
    kept = supply_attributes(actor=actor_of(request), given=given)
    told = f"Attributes of {kept.kept:,} cases are kept, sealed under each person's key."
    if kept.unknown:
        told += f" {len(kept.unknown):,} numbers are unknown here, such as {', '.join(kept.unknown[:3])}."
    if kept.forgotten:
        told += f" {kept.forgotten:,} are of people who have been forgotten."
    messages.success(request, told)
    return redirect("impact")


@requires(Capability.AUDIT_VIEW)
@require_GET
def processing_page(request: MemberRequest) -> HttpResponse:
    newest = ProcessingRecord.objects.first()
    content = content_of_record(newest) if newest else prefilled(request.tenant)
    context = {
        "newest": newest,
        "missing": missing_from(newest) if newest else [],
        "fields": [(name, title, getattr(content, name)) for name, title in FIELDS.items()],
        "versions": ProcessingRecord.objects.all()[:PER_PAGE],
        "may_change": Capability.AUDIT_EXPORT in capabilities_of(actor_of(request).role),
    }
    return render(request, "compliance/processing.html", context)


@requires(Capability.AUDIT_EXPORT)
@require_http_methods(["POST"])
def processing_writing(request: MemberRequest) -> HttpResponse:
    form = posted(request)
    content = Content(**{name: form.get(name, "").strip()[:LONGEST_FIELD] for name in FIELDS})
    made = write_record(actor=actor_of(request), content=content, note=form.get("note", "")[:400])
    messages.success(request, f"Version {made.version} of the record of processing is in force.")
    return redirect("processing_record")


@requires(Capability.AUDIT_VIEW)
@require_GET
def disclosures_page(request: MemberRequest) -> HttpResponse:
    asked = request.GET.get("person", "").replace("\x00", "").strip()[:200]
    subject = Subject.objects.filter(reference=asked).first() if asked else None
    rows = disclosures_of(subject) if subject else []
    context = {"asked": asked, "subject": subject, "rows": rows}
    return render(request, "compliance/disclosures.html", context)


@requires(Capability.AUDIT_VIEW)
@require_GET
def versions_page(request: MemberRequest) -> HttpResponse:
    look, problem = period_of(request)
    number = request.GET.get("case", "").replace("\x00", "").strip()[:20]
    case = Case.objects.filter(number=number).first() if number else None
    page = Paginator(changed_cases(look), PER_PAGE).get_page(request.GET.get("page"))
    context = {"look": look, "problem": problem, "page": page, "number": number, "case": case}
    context |= {"versions": versions_of(case) if case else []}
    return render(request, "compliance/versions.html", context)


@requires(Capability.AUDIT_VIEW)
@require_GET
def uses_page(request: MemberRequest) -> HttpResponse:
    look, problem = period_of(request)
    found = used_cases(look).select_related("release", "workflow").defer("release__manifest")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {"uses": uses_of(list(page)), "page": page, "look": look, "problem": problem}
    return render(request, "compliance/uses.html", context)


def _log_reviews(request: MemberRequest, problem: str) -> HttpResponse:
    now = timezone.now()
    weeks = weeks_due(now - MOST * WEEK, now)
    waiting = [week for week in weeks if week.review is None]
    chosen = next((week for week in waiting if str(week.begin) == request.GET.get("week")), None)
    shown = chosen or (waiting[-1] if waiting else None)
    context = {
        "weeks": weeks,
        "waiting": waiting,
        "shown": shown,
        "changes": changed(shown.look) if shown else [],
        "problem": problem,
        "typed": request.POST,
        "may_change": Capability.AUDIT_EXPORT in capabilities_of(actor_of(request).role),
        "first_signing": "email" in components(request),
        "week_ends": now + timedelta(days=7 - now.weekday()),
    }
    return render(request, "compliance/log_reviews.html", context, status=400 if problem else 200)


def _impact(request: MemberRequest, problem: str) -> HttpResponse:
    look, wrong = period_of(request)
    decisions = Case.objects.exclude(decision="").order_by("decision").values_list("decision", flat=True).distinct()
    chosen = request.GET.get("decision", "")
    known = list(decisions)
    context = {
        "found": impact(look, chosen if chosen in known else ""),
        "decisions": known,
        "chosen": chosen,
        "look": look,
        "problem": problem or wrong,
        "may_change": Capability.AUDIT_EXPORT in capabilities_of(actor_of(request).role),
    }
    return render(request, "compliance/impact.html", context, status=400 if problem else 200)


def _text_of(file: object) -> str:
    if not isinstance(file, UploadedFile):
        raise AttributesRefused("Choose a file first.")
    if (file.size or 0) > LARGEST_FILE:
        raise AttributesRefused("The file is larger than 5 MB.")
    try:
        return str(file.read(), "utf-8").replace("\x00", "")
    except UnicodeDecodeError:
        raise AttributesRefused("The file is not UTF-8 text. Save it as CSV UTF-8.") from None
