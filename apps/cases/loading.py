"""From a fingerprint to everything that a release pins, loaded and ready. Kept per process: a release never changes."""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from apps.cases.layers.types import Release, Thresholds
from apps.inference import artefacts
from apps.inference.local.classifier import Artefact
from apps.prompts.models import PromptVersion
from apps.taxonomies.content import Taxonomy
from apps.taxonomies.models import TaxonomyVersion
from apps.tenants.schemas import current_schema
from apps.workflows.manifest import Manifest
from apps.workflows.models import Release as StoredRelease
from apps.workflows.releases import manifest_of


@dataclass(frozen=True)
class Loaded:
    release: Release
    manifest: Manifest
    classifiers: dict[str, Artefact]  # by tag: case_type, urgency, sentiment
    prompts: dict[str, str]  # by layer: the text of the prompt


def load(fingerprint: str) -> Loaded:
    return _load(current_schema(), fingerprint)


@lru_cache(maxsize=64)
def _load(_schema: str, fingerprint: str) -> Loaded:
    """The schema is part of the key: two tenants may hold the same fingerprint, never the same rows."""
    manifest = manifest_of(StoredRelease.objects.get(pk=fingerprint))
    taxonomy = Taxonomy.model_validate(TaxonomyVersion.objects.get(sha256=manifest.taxonomy).content)
    classifiers = {
        tag: Artefact.from_bytes(artefacts.load(sha256)) for tag, sha256 in manifest.intake.classifiers.items()
    }
    prompts = {"intake": _prompt(manifest.intake.prompt), "action": _prompt(manifest.action.prompt)}
    release = Release(
        fingerprint=fingerprint,
        workflow=manifest.workflow,
        taxonomy=taxonomy,
        thresholds=Thresholds(high=float(manifest.intake.high), medium=float(manifest.intake.medium)),
        classifier=manifest.intake.classifiers.get("case_type", ""),
        routes={"intake": manifest.intake.route, "action": manifest.action.route},
        grants=frozenset(manifest.action.grants),
        amount_limit=Decimal(manifest.action.amount_limit),
        snapshot=str(manifest.context.snapshot),
        passages_wanted=manifest.context.passages,
        per_type={
            case_type: Thresholds(high=float(own.high), medium=float(own.medium))
            for case_type, own in manifest.intake.per_type.items()
        },
    )
    return Loaded(release, manifest, classifiers, prompts)


def _prompt(sha256: str) -> str:
    return PromptVersion.objects.get(sha256=sha256).text if sha256 else ""
