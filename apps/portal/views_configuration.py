"""The configuration, to read: taxonomy and documents. A new version of the taxonomy comes in as a file."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.corpora.models import Document, Snapshot
from apps.portal.configuration import (
    current_documents,
    decision_tables,
    document_state,
    taxonomy_in_force,
)
from apps.portal.taxonomy_upload import preview, uploaded_text
from apps.taxonomies.models import TaxonomyVersion
from apps.taxonomies.services import AlreadySignedOff, VersionConflict, create_version, sign_off
from apps.taxonomies.upload import NotATaxonomy, parse_taxonomy
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest
from apps.workflows.models import Workflow


@requires(Capability.CONFIG_VIEW)
@require_GET
def taxonomy_page(request: MemberRequest) -> HttpResponse:
    asked = request.GET.get("version", "")
    version = get_object_or_404(TaxonomyVersion, pk=int(asked)) if _is_id(asked) else taxonomy_in_force()
    context: dict[str, object] = {
        "version": version,
        "versions": TaxonomyVersion.objects.defer("content")[:50],
        "workflows": Workflow.objects.all(),
    }
    if version:
        taxonomy = version.taxonomy()
        tables = decision_tables(taxonomy)
        context |= {
            "taxonomy": taxonomy,
            "kinds": [(kind, tables[kind.slug]) for kind in taxonomy.case_types],
            "current": taxonomy_in_force(),
        }
    return render(request, "portal/config_taxonomy.html", context)


@requires(Capability.CONFIG_EDIT)
@require_http_methods(["GET", "POST"])
def taxonomy_upload(request: MemberRequest) -> HttpResponse:
    """Shows first what a taxonomy would change, then stores it as the next version."""
    workflow = get_object_or_404(Workflow, slug=request.GET.get("workflow", "").replace("\x00", ""))
    if request.method == "GET":
        return render(request, "taxonomies/upload.html", {"workflow": workflow})
    text = uploaded_text(request)
    context: dict[str, object] = {"workflow": workflow, "text": text}
    try:
        taxonomy = parse_taxonomy(text)
        if "save" in request.POST:
            version = create_version(actor=actor_of(request), workflow=workflow.slug, taxonomy=taxonomy)
            messages.success(request, f"Stored as version {version.version}. A release can be composed with it now.")
            return redirect(f"{reverse('taxonomy')}?version={version.pk}")
        context |= preview(workflow.slug, taxonomy)
    except NotATaxonomy as error:
        context["problems"] = error.problems
    except VersionConflict as error:
        context["problems"] = [str(error)]
    return render(request, "taxonomies/upload.html", context, status=400 if "problems" in context else 200)


@requires(Capability.RELEASES_PROMOTE)
@require_POST
def taxonomy_signing(request: MemberRequest, version_id: int) -> HttpResponse:
    """The decision owner signs what decides."""
    version = get_object_or_404(TaxonomyVersion, pk=min(version_id, 2**63 - 1))
    reason = request.POST.get("reason", "").replace("\x00", "").strip()[:2000]
    try:
        signed = sign_off(actor=actor_of(request), version=version, reason=reason)
        messages.success(request, f"Version {signed.version} is signed off by {signed.signed_off_name}.")
    except AlreadySignedOff as error:
        messages.error(request, str(error))
    return redirect(f"{reverse('taxonomy')}?version={version.pk}")


@requires(Capability.CONFIG_VIEW)
@require_GET
def corpus_page(request: MemberRequest) -> HttpResponse:
    today = timezone.now().date()
    rows = [(document, document_state(document, today)) for document in current_documents()]
    snapshots = Snapshot.objects.filter(corpus__scratch=False).select_related("corpus")[:10]
    return render(request, "portal/config_corpus.html", {"rows": rows, "snapshots": snapshots})


@requires(Capability.CONFIG_VIEW)
@require_GET
def document_page(request: MemberRequest, document_id: int) -> HttpResponse:
    documents = Document.objects.filter(corpus__scratch=False).select_related("corpus")
    document = get_object_or_404(documents.defer("text"), pk=min(document_id, 2**31 - 1))
    context = {
        "document": document,
        "state": document_state(document, timezone.now().date()),
        "passages": document.passages.only("anchor", "part", "heading", "text", "position").order_by("position"),
        "versions": documents.filter(corpus=document.corpus, slug=document.slug).defer("text").order_by("-id"),
    }
    return render(request, "portal/config_document.html", context)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
