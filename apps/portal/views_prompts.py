"""The prompt repository: every version word for word, what changed between two, and a form for the next."""

from itertools import groupby

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from apps.portal.prompting import PromptForm, used_by
from apps.prompts.diff import compare_texts
from apps.prompts.models import PromptVersion
from apps.prompts.services import create_version
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest
from apps.workflows.history import names_of


@requires(Capability.CONFIG_VIEW)
@require_GET
def prompts_page(request: MemberRequest) -> HttpResponse:
    use = used_by()
    prompts = [
        (slug, [(version, use.get(version.sha256, [])) for version in versions])
        for slug, versions in groupby(PromptVersion.objects.all(), key=lambda version: version.slug)
    ]
    return render(request, "prompts/list.html", {"prompts": prompts})


@requires(Capability.CONFIG_VIEW)
@require_GET
def prompt_page(request: MemberRequest, slug: str) -> HttpResponse:
    """One prompt: its last version, or the one asked for, beside another when there are two."""
    versions = list(PromptVersion.objects.filter(slug=slug))
    if not versions:
        raise Http404
    after = _version(versions, request.GET.get("after", "")) or versions[0]
    earlier = [version for version in versions if version.version < after.version]
    before = _version(versions, request.GET.get("before", "")) or (earlier[0] if earlier else None)
    use = used_by()
    context = {
        "slug": slug,
        "versions": [(version, use.get(version.sha256, [])) for version in versions],
        "names": names_of(version.created_by for version in versions),
        "before": before,
        "after": after,
        "rows": compare_texts(before.text, after.text) if before else [],
        "inline": request.GET.get("view") == "inline",
    }
    return render(request, "prompts/prompt.html", context)


@requires(Capability.CONFIG_EDIT)
@require_http_methods(["GET", "POST"])
def prompt_version_page(request: MemberRequest) -> HttpResponse:
    """The next version of a prompt, begun with the words of its last; or a prompt's first."""
    slug = request.GET.get("slug", "").replace("\x00", "")
    last = PromptVersion.objects.filter(slug=slug).first()
    form = PromptForm(last, request.POST or None)
    if form.is_valid():
        version = create_version(actor=actor_of(request), prompt=form.prompt())
        new = last is None or version.version > last.version
        said = "is stored" if new else "has exactly these words already, so nothing was stored"
        messages.success(request, f"{version} {said}. A release can be composed with it.")
        return redirect("prompt", version.slug)
    context = {"form": form, "last": last}
    return render(request, "prompts/new.html", context, status=400 if form.is_bound else 200)


def _version(versions: list[PromptVersion], asked: str) -> PromptVersion | None:
    return next((version for version in versions if str(version.version) == asked), None)
