"""Retention rules, what holds because of them, and what the next run would let go."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from apps.compliance.models import RetentionRule
from apps.compliance.retention import NoRule, apply_retention, end_rule, forecast, make_rule
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest, posted
from apps.workflows.models import Workflow


@requires(Capability.PEOPLE_DATA)
@require_GET
def retention_page(request: MemberRequest) -> HttpResponse:
    context = {
        "forecast": forecast(),
        "rules": RetentionRule.objects.filter(ended_at=None).select_related("workflow"),
        "ended": RetentionRule.objects.exclude(ended_at=None).select_related("workflow").order_by("-ended_at")[:20],
        "data": RetentionRule.Data.choices,
        "workflows": Workflow.objects.order_by("title"),
    }
    return render(request, "compliance/retention.html", context)


@requires(Capability.PEOPLE_DATA)
@require_POST
def rule_creation(request: MemberRequest) -> HttpResponse:
    form = posted(request)
    slug, days = form.get("workflow", ""), form.get("days", "")
    workflow = get_object_or_404(Workflow, slug=slug) if slug else None
    try:
        make_rule(
            actor=actor_of(request),
            data=form.get("data", ""),
            days=int(days) if days.isascii() and days.isdigit() and len(days) < 7 else 0,
            source=form.get("source", "")[:300],
            workflow=workflow,
        )
    except NoRule as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "The rule holds. The preview shows what the next run lets go because of it.")
    return redirect("retention")


@requires(Capability.PEOPLE_DATA)
@require_POST
def rule_end(request: MemberRequest, rule_id: UUID) -> HttpResponse:
    rule = get_object_or_404(RetentionRule, pk=rule_id)
    try:
        end_rule(actor=actor_of(request), rule=rule)
    except NoRule as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "The rule has ended. What it has let go does not come back.")
    return redirect("retention")


@requires(Capability.PEOPLE_DATA)
@require_POST
def retention_run(request: MemberRequest) -> HttpResponse:
    gone = apply_retention(actor=actor_of(request))
    said = ", ".join(f"{rows} rows of “{RetentionRule.Data(data).label}”" for data, rows in gone.items())
    messages.success(request, f"Let go: {said}." if gone else "Nothing was over its time.")
    return redirect("retention")
