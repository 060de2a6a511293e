"""The monthly reports: reading them, and who gets them by e-mail."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from apps.insights.models import Delivery, MonthlyReport, Recipient
from apps.insights.reports.recipients import (
    RecipientRefused,
    add_recipient,
    members,
    recipients_of,
    remove_recipient,
)
from apps.insights.reports.sending import NothingToRetry, retry
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest, posted
from apps.workflows.models import Workflow

PER_PAGE = 24


@requires(Capability.CONFIG_VIEW)
@require_GET
def reports_page(request: MemberRequest) -> HttpResponse:
    made = MonthlyReport.objects.defer("pdf", "figures").select_related("workflow").prefetch_related("deliveries")
    workflows = [(each, recipients_of(each)) for each in Workflow.objects.all()]
    context = {
        "page": Paginator(made, PER_PAGE).get_page(request.GET.get("page")),
        "workflows": workflows,
        "members": members(),
    }
    return render(request, "insights/reports.html", context)


@requires(Capability.CONFIG_VIEW)
@require_GET
def report_file(request: MemberRequest, report_id: UUID) -> HttpResponse:  # noqa: ARG001 - a view takes it
    report = get_object_or_404(MonthlyReport.objects.defer("figures").select_related("workflow"), pk=report_id)
    name = f"{report.workflow.slug}-{report.month:%Y-%m}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(bytes(report.pdf), content_type="application/pdf", headers=headers)


@requires(Capability.CONFIG_EDIT)
@require_POST
def recipient_addition(request: MemberRequest, slug: str) -> HttpResponse:
    workflow = get_object_or_404(Workflow, slug=slug)
    try:
        person = UUID(posted(request).get("person", ""))
        add_recipient(actor=actor_of(request), workflow=workflow, person=person)
    except (ValueError, ValidationError) as refused:
        told = str(refused) if isinstance(refused, RecipientRefused) else "Choose a person."
        messages.error(request, told)
    return redirect("reports")


@requires(Capability.CONFIG_EDIT)
@require_POST
def recipient_removal(request: MemberRequest, recipient_id: int) -> HttpResponse:
    recipient = get_object_or_404(Recipient.objects.select_related("workflow"), pk=recipient_id)
    remove_recipient(actor=actor_of(request), recipient=recipient)
    return redirect("reports")


@requires(Capability.CONFIG_EDIT)
@require_POST
def report_retry(request: MemberRequest, delivery_id: int) -> HttpResponse:
    try:
        retry(actor=actor_of(request), delivery=get_object_or_404(Delivery, pk=delivery_id))
    except NothingToRetry as nothing:
        messages.error(request, str(nothing))
    else:
        messages.success(request, "It is tried again within the hour.")
    return redirect("reports")
