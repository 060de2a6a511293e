"""Rehearses the action layer's check: are the sentences flagged that the set says rest on no source?"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from apps.cases.layers.run import expect, run_layer
from apps.cases.layers.types import (
    ActionResult,
    ContextResult,
    Draft,
    DraftRequest,
    IntakeResult,
    Passage,
    Tag,
    Thresholds,
)
from apps.evaluations.metrics import bootstrap_interval
from apps.evaluations.rehearsal.attribution import claims_of, sentence_spans
from apps.evaluations.rehearsal.grounding_data import GroundingSet, Judged
from apps.evaluations.rehearsal.reach import NothingInReach
from apps.evaluations.rehearsal.releases import case_of, release_of, taxonomy_of
from apps.evaluations.rehearsal.remembered import Progress
from apps.evaluations.rehearsal.report import Figure, Report, share

LABEL = "Text"


@dataclass(frozen=True)
class TextAsDraft(NothingInReach):
    """The set's text in the drafter's place, so that the layer checks it as it checks any draft."""

    judged: Judged

    def draft(self, request: DraftRequest) -> Draft:
        claims = claims_of(self.judged.text, request.context.passages)
        return Draft(claims=claims, reasoning="The text of the set.", confidence=1.0)


@dataclass(frozen=True)
class Checked:
    """Sentences of one text: flagged by the check, and unsupported by the set's own word."""

    flagged: NDArray[np.bool_]
    unsupported: NDArray[np.bool_]
    milliseconds: float


def rehearse(data: GroundingSet, name: str, *, progress: Progress, limit: int | None) -> Report:
    texts = data.texts[:limit]
    checked = []
    for number, judged in enumerate(texts, start=1):
        checked.append(_check(judged))
        progress(number, len(texts))
    return Report(
        kind="grounding",
        data=name,
        figures=_figures(checked, texts),
        milliseconds={"action": [each.milliseconds for each in checked]},
        warnings=data.warnings,
        facts={"texts": len(texts), "sentences": sum(len(each.flagged) for each in checked)},
    )


def _check(judged: Judged) -> Checked:
    taxonomy, slugs = taxonomy_of([LABEL])
    release = release_of(taxonomy, thresholds=Thresholds(high=1.0, medium=0.5))
    passages = tuple(_passage(number, text) for number, text in enumerate(judged.sources, start=1))
    earlier = {
        "intake": _intake(slugs[LABEL]),
        "context": ContextResult(passages=passages, withheld=(), facts=(), snapshot="", reranker=""),
    }
    case = case_of(judged.line, judged.text, timezone.now().date())
    timed = run_layer("action", case, release, TextAsDraft(judged), earlier)
    claims = expect(ActionResult, timed.result).claims
    return Checked(
        flagged=np.array([not claim.grounded for claim in claims], bool),
        unsupported=np.array([_overlaps(judged, start, end) for start, end in sentence_spans(judged.text)], bool),
        milliseconds=timed.microseconds / 1000,
    )


def _overlaps(judged: Judged, start: int, end: int) -> bool:
    """A sentence is unsupported as soon as one letter or digit of it is."""
    shared = [judged.text[max(start, first) : min(end, last)] for first, last in judged.unsupported]
    return any(letter.isalnum() for words in shared for letter in words)


def _intake(slug: str) -> IntakeResult:
    sure = Tag(value=slug, confidence=1.0, band="high", decided_by="rule", why="There is one type.")
    none = Tag(value="normal", confidence=1.0, band="high", decided_by="default", why="Not asked.")
    return IntakeResult(case_type=sure, urgency=none, sentiment=none, fields=(), alternatives=(), classifier="")


def _passage(number: int, text: str) -> Passage:
    return Passage(
        id=f"source-{number}",
        source=f"source-{number}",
        title=f"Source {number}",
        version=1,
        anchor="text",
        heading="",
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        score=1 / number,
        ranks={},
    )


def _figures(checked: Sequence[Checked], texts: Sequence[Judged]) -> list[Figure]:
    n = len(checked)
    hits = np.array([(each.flagged & each.unsupported).sum() for each in checked])
    flagged = np.array([each.flagged.sum() for each in checked])
    unsupported = np.array([each.unsupported.sum() for each in checked])

    def f1(rows: NDArray[np.intp]) -> float:
        either = flagged[rows].sum() + unsupported[rows].sum()
        return float(2 * hits[rows].sum() / either) if either else 1.0

    supported = sum(not judged.unsupported for judged in texts)
    return [
        share("fully_grounded", "Texts found fully grounded", int((flagged == 0).sum()), n),
        share("fully_grounded_labelled", "Texts fully grounded by their labels", supported, n),
        share("unsupported_precision", "Flagged sentences that are unsupported", int(hits.sum()), int(flagged.sum())),
        share("unsupported_recall", "Unsupported sentences that are flagged", int(hits.sum()), int(unsupported.sum())),
        Figure("unsupported_f1", "F1 of the two", f1(np.arange(n)), bootstrap_interval(n, f1), n),
    ]
