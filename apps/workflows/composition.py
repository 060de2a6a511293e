"""Composes a release from its parts, and refuses parts that do not fit together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from apps.connectors.models import System
from apps.corpora.models import Document, Passage, Snapshot
from apps.prompts.models import PromptVersion
from apps.taxonomies.content import Taxonomy
from apps.taxonomies.models import TaxonomyVersion
from apps.workflows.manifest import ActionPart, ContextPart, IntakePart, Manifest, TypeThresholds
from apps.workflows.models import Workflow

PASSAGES = 8
DIGITS = 6  # of a threshold: finer than any set of labelled cases can tell


class PartsDoNotFit(ValueError):
    """`problems` says each place where the parts contradict each other."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Parts:
    taxonomy: TaxonomyVersion
    snapshot: Snapshot
    prompts: Mapping[str, PromptVersion]  # by purpose: intake, action
    classifiers: Mapping[str, str]  # tag → fingerprint of the artefact
    high: float
    medium: float
    amount_limit: Decimal
    intake_route: str = ""
    action_route: str = "local:extractive"
    per_type: Mapping[str, TypeThresholds] = field(default_factory=dict)  # case type → thresholds of its own


def compose(workflow: Workflow, parts: Parts) -> Manifest:
    """The manifest of a release made of these parts. Raises PartsDoNotFit."""
    taxonomy = parts.taxonomy.taxonomy()
    problems = [*_unknown_sources(taxonomy, parts.snapshot), *_unknown_operations(taxonomy)]
    problems += [
        f"{slug} has thresholds and is no case type" for slug in sorted(parts.per_type) if not taxonomy.case_type(slug)
    ]
    if problems:
        raise PartsDoNotFit(problems)
    prompt = {purpose: version.sha256 for purpose, version in parts.prompts.items()}
    return Manifest(
        workflow=workflow.slug,
        taxonomy_version=parts.taxonomy.version,
        taxonomy=parts.taxonomy.sha256,
        intake=IntakePart(
            classifiers=dict(parts.classifiers),
            encoder=parts.snapshot.encoder,
            high=f"{parts.high:.{DIGITS}f}",
            medium=f"{parts.medium:.{DIGITS}f}",
            route=parts.intake_route,
            prompt=prompt.get("intake", ""),
            per_type=dict(parts.per_type),
        ),
        context=ContextPart(
            corpus=parts.snapshot.corpus.slug,
            snapshot=parts.snapshot.version,
            snapshot_sha256=parts.snapshot.sha256,
            passages=PASSAGES,
            reranker="maxsim",
        ),
        action=ActionPart(
            route=parts.action_route,
            prompt=prompt.get("action", ""),
            grants=tuple(sorted(taxonomy.operations())),
            amount_limit=str(parts.amount_limit),
        ),
    )


def _unknown_sources(taxonomy: Taxonomy, snapshot: Snapshot) -> list[str]:
    documents = Document.objects.filter(corpus=snapshot.corpus, valid__contains=snapshot.version)
    slugs = set(documents.values_list("slug", flat=True))
    anchors = {
        f"{slug}#{anchor}"
        for slug, anchor in Passage.objects.filter(document__in=documents).values_list("document__slug", "anchor")
    }
    missing = sorted(taxonomy.sources() - slugs), sorted(taxonomy.anchors() - anchors)
    return [f"{name} is not in {snapshot}" for names in missing for name in names]


def _unknown_operations(taxonomy: Taxonomy) -> list[str]:
    offered = {f"{system.slug}.{operation}" for system in System.objects.all() for operation in system.operations}
    return [f"no system of record offers {operation}" for operation in sorted(taxonomy.operations() - offered)]
