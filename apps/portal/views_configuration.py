"""The configuration, to read: taxonomy, documents, prompts, releases."""

import json

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.corpora.models import Document, Snapshot
from apps.portal.configuration import (
    current_documents,
    decision_tables,
    document_state,
    parts_of,
    taxonomy_in_force,
)
from apps.prompts.models import PromptVersion
from apps.taxonomies.models import TaxonomyVersion
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest
from apps.workflows.models import Release, Workflow


@requires(Capability.CONFIG_VIEW)
@require_GET
def taxonomy_page(request: MemberRequest) -> HttpResponse:
    asked = request.GET.get("version", "")
    version = get_object_or_404(TaxonomyVersion, pk=int(asked)) if _is_id(asked) else taxonomy_in_force()
    context: dict[str, object] = {"version": version, "versions": TaxonomyVersion.objects.defer("content")[:50]}
    if version:
        taxonomy = version.taxonomy()
        tables = decision_tables(taxonomy)
        context |= {
            "taxonomy": taxonomy,
            "kinds": [(kind, tables[kind.slug]) for kind in taxonomy.case_types],
            "current": taxonomy_in_force(),
        }
    return render(request, "portal/config_taxonomy.html", context)


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


@requires(Capability.CONFIG_VIEW)
@require_GET
def prompts_page(request: MemberRequest) -> HttpResponse:
    return render(request, "portal/config_prompts.html", {"prompts": PromptVersion.objects.all()[:100]})


@requires(Capability.CONFIG_VIEW)
@require_GET
def releases_page(request: MemberRequest) -> HttpResponse:
    workflows = Workflow.objects.select_related("production").prefetch_related("releases")
    return render(request, "portal/config_releases.html", {"workflows": workflows})


@requires(Capability.CONFIG_VIEW)
@require_GET
def release_page(request: MemberRequest, fingerprint: str) -> HttpResponse:
    known = Release.objects.select_related("workflow")
    release = get_object_or_404(known, pk=fingerprint.replace("\x00", ""))
    manifest = json.dumps(json.loads(bytes(release.manifest)), indent=2, ensure_ascii=False)
    context = {"release": release, "parts": parts_of(release), "manifest": manifest}
    return render(request, "portal/config_release.html", context)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
