"""Reads a case for people: its steps as the typed results, the words of its taxonomy, what else the person sent in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from apps.cases.layers.types import (
    OUT_OF_SCOPE,
    ActionResult,
    CaseInput,
    ContextResult,
    ExtractedField,
    IntakeResult,
    ReviewResult,
)
from apps.cases.models import Case, Step
from apps.taxonomies.content import Taxonomy
from apps.taxonomies.models import TaxonomyVersion
from apps.tenants.schemas import current_schema
from apps.workflows.models import Release
from apps.workflows.releases import manifest_of


@dataclass(frozen=True)
class Layers:
    """What the layers found for the case's current revision; None where a layer has not run."""

    intake: IntakeResult | None
    context: ContextResult | None
    action: ActionResult | None
    review: ReviewResult | None
    took: dict[str, timedelta]  # by layer


def input_of(case: Case) -> CaseInput:
    """The case as its layers get it."""
    return CaseInput(
        id=str(case.pk),
        subject=case.title,
        text=case.text,
        channel=case.channel,
        language=case.language,
        region=case.region,
        consent=case.consent,
        customer=case.customer or None,
        received_on=case.received_at.date(),
    )


def layers_of(case: Case) -> Layers:
    steps = Step.objects.filter(case=case, revision=case.revision)
    return layers_from({step.layer: (step.result, step.microseconds) for step in steps})


def layers_from(steps: Mapping[str, tuple[Any, int]]) -> Layers:
    """`steps`: layer → its stored result, and how long it took in microseconds."""
    found = {name: result for name, (result, _) in steps.items()}
    return Layers(
        intake=IntakeResult.model_validate(found["intake"]) if "intake" in found else None,
        context=ContextResult.model_validate(found["context"]) if "context" in found else None,
        action=ActionResult.model_validate(found["action"]) if "action" in found else None,
        review=ReviewResult.model_validate(found["review"]) if "review" in found else None,
        took={name: timedelta(microseconds=took) for name, (_, took) in steps.items()},
    )


def case_types(releases: Sequence[str]) -> dict[str, str]:
    """Slug → title of every case type in these releases' taxonomies, and of being out of scope."""
    titles: dict[str, str] = {}
    for release in releases:
        taxonomy = taxonomy_of(release)
        titles |= {kind.slug: kind.title for kind in taxonomy.case_types} | {OUT_OF_SCOPE: taxonomy.out_of_scope.title}
    return titles


def taxonomy_of(release: str) -> Taxonomy:
    """The taxonomy that a release pins. Neither ever changes, so it is read once."""
    return _taxonomy(current_schema(), release)


@lru_cache(maxsize=64)
def _taxonomy(_schema: str, release: str) -> Taxonomy:
    """The schema is part of the key: two tenants may hold the same fingerprint, never the same rows."""
    manifest = manifest_of(Release.objects.get(pk=release))
    return TaxonomyVersion.objects.get(workflow=manifest.workflow, sha256=manifest.taxonomy).taxonomy()


def headline(case: Case, *, length: int = 90) -> str:
    """The case's subject line, or the beginning of its text where it has none."""
    line = case.title.strip() or next((line.strip() for line in case.text.splitlines() if line.strip()), case.number)
    return line if len(line) <= length else f"{line[: length - 1].rsplit(' ', 1)[0]}…"


def marked_text(text: str, fields: Sequence[ExtractedField]) -> list[tuple[str, str]]:
    """The case text in pieces: (words, title of the field that was read from them, or "")."""
    pieces: list[tuple[str, str]] = []
    at = 0
    for field in sorted(fields, key=lambda each: each.start):
        if at <= field.start < field.end <= len(text):
            pieces += [(text[at : field.start], ""), (text[field.start : field.end], field.title)]
            at = field.end
    return [piece for piece in [*pieces, (text[at:], "")] if piece[0]]
