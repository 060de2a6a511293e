"""A release and cases made from a labelled set, so that the layers run on it as they do in production."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from apps.cases.layers.types import CaseInput, Release, Thresholds
from apps.taxonomies.content import CaseType, DecisionRow, OutOfScope, Taxonomy

WORKFLOW = "rehearsal"


def taxonomy_of(labels: Sequence[str]) -> tuple[Taxonomy, Mapping[str, str]]:
    """A taxonomy whose case types are the labels, and each label's slug."""
    slugs: dict[str, str] = {}
    for label in labels:
        slugs[label] = _slug(label, set(slugs.values()))
    decision = DecisionRow(slug="answer", title="Answer", impact="low")
    types = tuple(
        CaseType(
            slug=slug,
            title=label[:200],
            description=f"Cases labelled {label[:200]}.",
            lane="drafted",
            sources=(),
            opening="Thank you for your message.",
            closing="Kind regards",
            decisions=(decision,),
        )
        for label, slug in slugs.items()
    )
    outside = OutOfScope(title="Out of scope", description="Whatever has none of the labels.")
    return Taxonomy(version=1, title="Rehearsal", case_types=types, out_of_scope=outside), slugs


def _slug(label: str, taken: set[str]) -> str:
    stem = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:40]
    stem = stem if stem[:1].isalpha() else f"type_{stem}".rstrip("_")
    slug, number = stem, 2
    while slug in taken or slug == "out_of_scope":
        slug, number = f"{stem}_{number}", number + 1
    return slug


def release_of(taxonomy: Taxonomy, *, thresholds: Thresholds, classifier: str = "") -> Release:
    """Local routes, no grants: nothing leaves the house and no effect can be planned."""
    return Release(
        fingerprint="rehearsal",
        workflow=WORKFLOW,
        taxonomy=taxonomy,
        thresholds=thresholds,
        classifier=classifier,
        routes={"intake": "", "action": "local:extractive"},
        grants=frozenset(),
        amount_limit=Decimal(0),
        snapshot="",
        passages_wanted=8,
    )


def case_of(number: int, text: str, on: date) -> CaseInput:
    return CaseInput(
        id=f"rehearsal-{number}",
        subject="",
        text=text,
        channel="rehearsal",
        language="en",
        region="",
        consent=True,
        customer=None,
        received_on=on,
    )
