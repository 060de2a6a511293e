"""The delivery library: looking, using, and giving."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import current
from apps.engagements.workflow_map.map_content import MapContent
from apps.engagements.workflow_map.swimlanes import draw
from apps.portfolio import library
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest, posted

PER_PAGE = 25


@requires(Capability.CONFIG_VIEW)
@require_GET
def library_page(request: MemberRequest) -> HttpResponse:
    words, kind = request.GET.get("q", "")[:200], request.GET.get("kind", "")
    page = Paginator(library.templates(words, kind), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "q": words, "kind": kind, "kinds": library.KINDS, "engagement": current()}
    return render(request, "portfolio/library.html", context)


@requires(Capability.CONFIG_VIEW)
@require_GET
def template_page(request: MemberRequest, slug: str) -> HttpResponse:
    return _shown(request, _known(slug), "")


@requires(Capability.CONFIG_EDIT)
@require_POST
def template_using(request: MemberRequest, slug: str) -> HttpResponse:
    template = _known(slug)
    try:
        said = library.use_template(actor=actor_of(request), engagement=_engagement(), template=template)
    except library.LibraryRefused as error:
        return _shown(request, template, str(error))
    messages.success(request, said)
    return redirect("template", slug)


@requires(Capability.RELEASES_PROMOTE)
@require_http_methods(["GET", "POST"])
def template_giving(request: MemberRequest, kind: str) -> HttpResponse:
    """The client's decision owner sees what would leave, and gives it."""
    engagement, tenant, problem = _engagement(), request.tenant.name, ""
    title = posted(request).get("title", "")
    if request.method == "POST":
        try:
            made = library.give(actor=actor_of(request), engagement=engagement, kind=kind, tenant=tenant, title=title)
            messages.success(request, f"“{made.title}” is in the library.")
            return redirect("library")
        except library.LibraryRefused as error:
            problem = str(error)
    try:
        offered = library.offer(engagement, kind, tenant)
    except library.LibraryRefused as error:
        raise Http404(str(error)) from error
    context = {"offered": offered, "problem": problem, "title": title or offered.template.title, "kind": kind}
    return render(request, "portfolio/giving.html", context, status=400 if problem else 200)


def _shown(request: MemberRequest, template: library.Template, problem: str) -> HttpResponse:
    """A map is drawn as well."""
    context: dict[str, object] = {"template": template, "engagement": current(), "problem": problem}
    if template.kind == "map":
        content = MapContent.model_validate(template.content)
        context |= {"content": content, "drawing": draw(content)}
    return render(request, "portfolio/template.html", context, status=400 if problem else 200)


def _known(slug: str) -> library.Template:
    template = library.template_of(slug)
    if template is None:
        raise Http404("There is no such template.")
    return template


def _engagement() -> Engagement:
    engagement = current()
    if engagement is None:
        raise Http404("There is no engagement.")
    return engagement
