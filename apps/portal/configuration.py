"""Reads the configuration for people: what is in force, and what every part of a release is."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from apps.corpora.models import Document, Snapshot
from apps.prompts.models import PromptVersion
from apps.taxonomies.content import Taxonomy
from apps.taxonomies.diff import in_words
from apps.taxonomies.models import TaxonomyVersion
from apps.workflows.manifest import Manifest
from apps.workflows.models import Release, Workflow
from apps.workflows.releases import manifest_of


def taxonomy_in_force() -> TaxonomyVersion | None:
    """What production uses; else the newest."""
    release = Release.objects.filter(pk__in=Workflow.objects.values("production")).order_by("workflow__title").first()
    versions = TaxonomyVersion.objects.order_by("-created_at")
    if release:
        manifest = manifest_of(release)
        versions = versions.filter(workflow=manifest.workflow, sha256=manifest.taxonomy)
    return versions.first()


@dataclass(frozen=True)
class DecisionInWords:
    title: str
    slug: str
    impact: str
    when: list[str]
    effects: list[str]
    sources: tuple[str, ...]


def decision_tables(taxonomy: Taxonomy) -> dict[str, list[DecisionInWords]]:
    """Case type → its decisions in the order in which they are tried."""
    return {
        kind.slug: [
            DecisionInWords(
                title=row.title,
                slug=row.slug,
                impact=row.impact,
                when=[in_words(condition) for condition in row.when],
                effects=[effect.summary for effect in row.effects],
                sources=row.say,
            )
            for row in kind.decisions
        ]
        for kind in taxonomy.case_types
    }


def current_documents() -> QuerySet[Document]:
    """Each document as it is now: in the last snapshot, or drafted for the next."""
    documents = Document.objects.filter(corpus__scratch=False, valid__upper_inf=True)
    return documents.select_related("corpus").defer("text").order_by("corpus__slug", "title")


def document_state(document: Document, today: date) -> str:
    if (document.valid.lower or 0) > document.corpus.latest:
        return "draft"
    return "in force" if today in document.effective else "not in force"


@dataclass(frozen=True)
class Parts:
    """What a manifest's fingerprints stand for; None where the part is gone from this database."""

    manifest: Manifest
    taxonomy: TaxonomyVersion | None
    snapshot: Snapshot | None
    prompts: list[PromptVersion]


def parts_of(release: Release) -> Parts:
    manifest = manifest_of(release)
    hashes = [each for each in (manifest.intake.prompt, manifest.action.prompt) if each]
    return Parts(
        manifest=manifest,
        taxonomy=TaxonomyVersion.objects.filter(workflow=manifest.workflow, sha256=manifest.taxonomy).first(),
        snapshot=Snapshot.objects.filter(
            Q(corpus__slug=manifest.context.corpus), version=manifest.context.snapshot
        ).first(),
        prompts=list(PromptVersion.objects.filter(sha256__in=hashes)),
    )
