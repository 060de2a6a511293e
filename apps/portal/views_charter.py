"""The charter of a workflow: read it, write the next version, sign it. No owner, no traffic."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from pydantic import ValidationError

from apps.evaluations.stop_conditions import limit_in_words, title
from apps.portal.charter_form import as_form, content_from, problems_of
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest, posted
from apps.workflows.charters import CharterContent, CharterRefused, content_of, draft_charter, in_force, sign_charter
from apps.workflows.models import Charter, Workflow


@requires(Capability.CONFIG_VIEW)
@require_GET
def charter_page(request: MemberRequest) -> HttpResponse:
    """The version in force, or the one asked for."""
    workflows = list(Workflow.objects.select_related("production"))
    wanted = request.GET.get("workflow")
    workflow = next((each for each in workflows if each.slug == wanted), workflows[0] if workflows else None)
    versions = list(workflow.charters.all()) if workflow else []
    current = in_force(workflow) if workflow else None
    number = request.GET.get("version", "")
    shown = next((each for each in versions if str(each.version) == number), current or next(iter(versions), None))
    content = content_of(shown) if shown else None
    context = {
        "workflows": workflows,
        "workflow": workflow,
        "versions": versions,
        "current": current,
        "charter": shown,
        "content": content,
        "conditions": [(title(each), limit_in_words(each), each) for each in content.stop_conditions]
        if content
        else [],
        "missing": content.missing() if content else [],
    }
    return render(request, "traffic/charter.html", context)


@requires(Capability.CONFIG_EDIT)
@require_http_methods(["GET", "POST"])
def charter_draft(request: MemberRequest, slug: str) -> HttpResponse:
    """The next version, beginning with what the last one says."""
    workflow = get_object_or_404(Workflow.objects.select_related("production"), slug=slug)
    last, given = workflow.charters.first(), posted(request)
    problems: list[str] = []
    if request.method == "POST":
        try:
            content = content_from(given)
        except ValidationError as error:
            problems = problems_of(error, given)
        else:
            return _drafted(request, workflow, content, given.get("note", ""))
    fields = as_form(content_of(last) if last else CharterContent(), workflow, given)
    context = {"workflow": workflow, "problems": problems, **fields}
    return render(request, "traffic/charter_draft.html", context, status=400 if problems else 200)


@requires(Capability.RELEASES_PROMOTE)
@require_POST
def charter_sign(request: MemberRequest, charter_id: int) -> HttpResponse:
    charter = get_object_or_404(Charter.objects.select_related("workflow"), pk=charter_id)
    try:
        sign_charter(actor=actor_of(request), charter=charter)
        messages.success(request, f"Version {charter.version} is in force.")
    except CharterRefused as refused:
        messages.error(request, f"Not signed. {refused}")
    return redirect(f"{reverse('charter')}?workflow={charter.workflow.slug}&version={charter.version}")


def _drafted(request: MemberRequest, workflow: Workflow, content: CharterContent, note: str) -> HttpResponse:
    charter = draft_charter(actor=actor_of(request), workflow=workflow, content=content, note=note.strip())
    messages.success(request, f"Version {charter.version} waits for the signature of the decision owner.")
    return redirect(f"{reverse('charter')}?workflow={workflow.slug}&version={charter.version}")
