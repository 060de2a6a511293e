"""Passages for people to choose as gold: those of the documents that the workflow's release searches."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_

from django.db.models import Q, QuerySet

from apps.corpora.models import Corpus, Passage
from apps.workflows.models import Workflow
from apps.workflows.releases import manifest_of

SHOWN = 12


@dataclass(frozen=True)
class Section:
    anchor: str  # document#heading, as a label names it
    title: str
    text: str


def find_passages(workflow: Workflow, words: str) -> list[Section]:
    """Sections whose title, heading or text has all the words, by document. Empty without words."""
    asked = words.split()[:8]
    if not asked:
        return []
    each = [Q(heading__icontains=word) | Q(text__icontains=word) | Q(document__title__icontains=word) for word in asked]
    return _sections(_passages(workflow).filter(reduce(and_, each)), SHOWN)


def passages_named(workflow: Workflow, anchors: Sequence[str]) -> list[Section]:
    """The sections of these anchors, in their order. One that is gone keeps its anchor for a title."""
    pairs = [anchor.partition("#") for anchor in anchors]
    if not pairs:
        return []
    wanted = reduce(lambda one, other: one | other, (Q(document__slug=slug, anchor=part) for slug, _, part in pairs))
    found = {section.anchor: section for section in _sections(_passages(workflow).filter(wanted), len(pairs))}
    return [found.get(anchor, Section(anchor, anchor, "")) for anchor in anchors]


def _passages(workflow: Workflow) -> QuerySet[Passage]:
    """The first part of each section, of the snapshot in production, else of what is current."""
    passages = Passage.objects.filter(part=1).select_related("document").defer("embedding", "token_vectors")
    if workflow.production_id is None or workflow.production is None:
        corpora = Corpus.objects.filter(scratch=False, slug=workflow.slug)
        return passages.filter(document__corpus__in=corpora, document__valid__upper_inf=True)
    context = manifest_of(workflow.production).context
    return passages.filter(document__corpus__slug=context.corpus, document__valid__contains=context.snapshot)


def _sections(passages: QuerySet[Passage], limit: int) -> list[Section]:
    return [
        Section(f"{each.document.slug}#{each.anchor}", f"{each.document.title} § {each.heading}", each.text)
        for each in passages.order_by("document__title", "position")[:limit]
    ]
