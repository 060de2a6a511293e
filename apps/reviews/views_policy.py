"""The pages of calendar and review policy: what is in force, a form to change it, and what would follow from it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from apps.reviews import calendars, policies, policy_form
from apps.reviews.queue import REASONS
from apps.reviews.terms import CalendarVersion, PolicyVersion
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, Role, capabilities_of, requires
from apps.tenants.requests import MemberRequest
from apps.workflows.models import Workflow

WHEN = {"arrives": "as it arrives", "waits": "after waiting", "due_soon": "when due soon", "overdue": "when overdue"}


@requires(Capability.CONFIG_VIEW)
@require_http_methods(["GET", "POST"])
def calendar_page(request: MemberRequest) -> HttpResponse:
    version, content = calendars.in_force()
    problems: list[str] = []
    if request.method == "POST":
        try:
            content = policy_form.calendar_from(request.POST)
            if "preview" not in request.POST:
                _refuse_readers(request)
                calendars.change_calendar(actor=actor_of(request), content=content, note=request.POST.get("note", ""))
                messages.success(request, "The calendar is in force. Waiting cases follow within a minute.")
                return redirect("calendar")
        except ValueError as error:
            problems = policy_form.problems_of(error)
    context = {
        **policy_form.calendar_fields(content, request.POST),
        "version": version,
        "problems": problems,
        "zones": calendars.zones(),
        "previewing": "preview" in request.POST,
        "preview": policy_form.previewed(content, _policies()),
        "versions": CalendarVersion.objects.all()[:20],
    }
    return render(request, "reviews/calendar.html", context, status=422 if problems else 200)


@requires(Capability.CONFIG_VIEW)
@require_http_methods(["GET", "POST"])
def policy_page(request: MemberRequest, slug: str = "") -> HttpResponse:
    workflows = list(Workflow.objects.all())
    if not workflows:
        return render(request, "reviews/policy.html", {"workflows": []})
    workflow = get_object_or_404(Workflow, slug=slug) if slug else workflows[0]
    version, content = policies.in_force(workflow.pk)
    problems: list[str] = []
    if request.method == "POST":
        try:
            _refuse_readers(request)
            wanted = policy_form.policy_from(request.POST)
            policies.change_policy(
                actor=actor_of(request), workflow=workflow, content=wanted, note=request.POST.get("note", "")
            )
            messages.success(request, "The policy is in force. Waiting cases follow within a minute.")
            return redirect("policy_of", workflow.slug)
        except ValueError as error:
            problems = policy_form.problems_of(error)
    return _policy(request, workflows, workflow, version, content, problems)


def _policy(
    request: MemberRequest, workflows: list[Workflow], workflow: Workflow, version: int,
    content: policies.PolicyContent, problems: list[str],
) -> HttpResponse:  # fmt: skip
    given = request.POST if problems else QueryDict()
    context: dict[str, Any] = {
        **policy_form.policy_fields(content, given),
        "workflows": workflows,
        "workflow": workflow,
        "version": version,
        "problems": problems,
        "reasons": REASONS,
        "deciders": [(role.value, role.label) for role in policies.DECIDERS],
        "when": WHEN,
        "preview": policy_form.previewed(calendars.in_force()[1], [(workflow, content)]),
        "versions": PolicyVersion.objects.filter(workflow=workflow)[:20],
    }
    return render(request, "reviews/policy.html", context, status=422 if problems else 200)


def _policies() -> list[tuple[Workflow, policies.PolicyContent]]:
    return [(workflow, policies.in_force(workflow.pk)[1]) for workflow in Workflow.objects.all()]


def _refuse_readers(request: MemberRequest) -> None:
    if Capability.CONFIG_EDIT not in capabilities_of(actor_of(request).role):
        owner = Role.DECISION_OWNER.label.lower()
        raise ValueError(f"Your role reads this page. The {owner} or the consultant changes what stands on it.")
