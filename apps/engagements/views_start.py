"""From a public tool to an engagement: where one's workspace is, and there for which workflow."""

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from apps.engagements.discovery import answers as coming
from apps.engagements.discovery.board import begin_discovery
from apps.engagements.discovery.forms_start import StartForm, WorkspaceForm
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import EngagementRefused, add_answers, another_may_start, current
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, public_page, requires
from apps.tenants.requests import MemberRequest, posted
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow

SCHEME, PORT = ("https", "") if settings.HTTPS else ("http", f":{settings.PORT}")
WORKSPACES = f"{SCHEME}://*.{settings.BASE_DOMAIN}{PORT}"  # where the form may lead


@public_page
@csp_update({"form-action": [SELF, WORKSPACES]})
@require_safe
def start_page(request: HttpRequest) -> HttpResponse:
    """What comes along, and to which workspace. Nothing is looked up, so nobody learns who has one."""
    form = WorkspaceForm(request.GET if "workspace" in request.GET else None)
    along = request.GET.copy()
    along.pop("workspace", None)
    if form.is_valid():
        host = f"{form.cleaned_data['workspace']}.{settings.BASE_DOMAIN}{PORT}"
        path = reverse("engagement_creation", urlconf=settings.ROOT_URLCONF)
        return redirect(f"{SCHEME}://{host}{path}?{along.urlencode()}")
    said = _in_words(coming.read(request.GET))
    pairs = [(name, value) for name, values in along.lists() for value in values]
    context = {"form": form, "said": said, "pairs": pairs, "base": settings.BASE_DOMAIN}
    return render(request, "engagements/start.html", context, status=400 if form.errors else 200)


@requires(Capability.CONFIG_EDIT)
@require_http_methods(["GET", "POST"])
def engagement_creation(request: MemberRequest) -> HttpResponse:
    """The answers are in the address, also while somebody signs in and when the form is refused."""
    answers, engagement = coming.read(request.GET), None if another_may_start() else current()
    form = StartForm(posted(request) if request.method == "POST" else None, answers=answers)
    if engagement is None and form.is_valid():
        try:
            started = _start(request, form, answers)
            messages.success(request, f"The engagement of {started.workflow.title} is started; its ten days are below.")
            return redirect("engagement")
        except (EngagementRefused, ValueError) as error:
            form.add_error(None, str(error))
    said = [coming.in_words(tool, given) for tool, given in answers.items()]
    context = {
        "form": form,
        "said": said,
        "engagement": engagement,
        "problem": next(filter(None, (each.problem for each in said)), ""),
    }
    return render(request, "engagements/new.html", context, status=400 if form.errors else 200)


@requires(Capability.CONFIG_EDIT)
@require_http_methods(["POST"])
def answers_adding(request: MemberRequest) -> HttpResponse:
    """What was answered in a further tool comes to the engagement that there is."""
    answers, engagement = coming.read(request.GET), current()
    problems = [each.problem for each in _in_words(answers) if each.problem]
    if engagement is None or not answers or problems:
        messages.error(request, " ".join(problems) or "Nothing was added: the address holds no answers.")
        return redirect(f"{reverse('engagement_creation')}?{request.GET.urlencode()}")
    add_answers(actor=actor_of(request), engagement=engagement, answers=answers)
    messages.success(request, f"The answers are with the engagement of {engagement.workflow.title}.")
    return redirect("engagement")


@transaction.atomic
def _start(request: MemberRequest, form: StartForm, answers: dict[str, coming.Given]) -> Engagement:
    actor, said = actor_of(request), form.cleaned_data
    workflow = (
        Workflow.objects.get(pk=said["workflow"])
        if said["workflow"]
        else create_workflow(
            actor=actor, slug=form.slug, title=said["title"], owner=said["owner"], kpi=said["kpi"],
            monthly_volume=said["volume"] or 0,
        )
    )  # fmt: skip
    return begin_discovery(actor=actor, workflow=workflow, discovery_on=said["discovery_on"], answers=answers)


def _in_words(answers: dict[str, coming.Given]) -> list[coming.Said]:
    return [coming.in_words(tool, given) for tool, given in answers.items()]
