"""PolicyQA as a workflow: the privacy policies of 20 web sites, and questions on them whose paragraphs are known."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from apps.cases.submission import Submission
from apps.corpora.documents import Head, PassageText, SourceDocument
from apps.evaluations.labels import Expected, Labelled
from apps.taxonomies.content import CaseType, DecisionRow, OutOfScope, Rule, Taxonomy

PER_SITE = 80  # questions: a fifth of them is held out
POINT = 300  # characters of an answer that a reply is to give

Harm = Literal["lost", "mixed up"]


@dataclass(frozen=True)
class Site:
    name: str  # "style.com"
    paragraphs: Sequence[str]
    questions: Mapping[str, tuple[tuple[int, ...], str]]  # question → its paragraphs, and what the first one answers

    @property
    def slug(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower())

    @property
    def kind(self) -> str:
        return self.slug.replace("-", "_")

    def document(self, version: int = 1, texts: Mapping[int, str] | None = None) -> SourceDocument:
        """The paragraphs as passages, or those of `texts` under their numbers."""
        told = dict(enumerate(self.paragraphs)) if texts is None else texts
        head = Head(slug=self.slug, title=self.name, owner="The site", regions=("*",), version=version)
        passages = tuple(PassageText(f"p{number}", 1, "", text) for number, text in told.items())
        return SourceDocument(head, "\n\n".join(told.values()), passages)


def read(path: Path) -> list[Site]:
    """Of a file in SQuAD's form."""
    return [_site(each["title"], each["paragraphs"]) for each in json.loads(path.read_text())["data"]]


def _site(name: str, paragraphs: Sequence[dict[str, object]]) -> Site:
    questions: dict[str, tuple[tuple[int, ...], str]] = {}
    for number, paragraph in enumerate(paragraphs):
        for asked in paragraph["qas"]:  # type: ignore[attr-defined]
            before, answer = questions.get(asked["question"], ((), asked["answers"][0]["text"]))
            if number not in before:
                questions[asked["question"]] = ((*before, number), answer)
    return Site(name, [str(each["context"]) for each in paragraphs], questions)


def taxonomy_of(sites: Sequence[Site]) -> Taxonomy:
    """A case type per site, which a rule finds by its name and which may cite its policy alone."""
    answer = DecisionRow(slug="answer", title="Answer", impact="low")
    return Taxonomy(
        version=1,
        title="Questions on privacy policies",
        case_types=tuple(
            CaseType(
                slug=site.kind,
                title=site.name,
                description=f"Questions on the policy of {site.name}.",
                lane="automatic",
                sources=(site.slug,),
                opening="Thank you for your question.",
                closing="Kind regards",
                decisions=(answer,),
            )
            for site in sites
        ),
        out_of_scope=OutOfScope(title="Another site", description="Whatever names none of the sites."),
        rules=tuple(
            Rule(id=site.slug, case_type=site.kind, any=(rf"^{re.escape(site.name)}\b",), why="It names the site.")
            for site in sites
        ),
    )


def labelled(sites: Sequence[Site], per_site: int = PER_SITE) -> list[Labelled]:
    return [
        Labelled(
            Submission(external_id=f"{site.slug}-{number:03}", subject=site.name, text=question),
            Expected(
                case_type=site.kind,
                passages=tuple(f"{site.slug}#p{place}" for place in places),
                must=(answer[:POINT],),
            ),
            (),
        )
        for site in sites
        for number, (question, (places, answer)) in enumerate(list(site.questions.items())[:per_site])
    ]


def harmed(site: Site, harm: Harm, share: float, seed: int) -> Mapping[int, str]:
    """Paragraphs by number after an import that went wrong: some are lost, or stand where another belongs."""
    count = len(site.paragraphs)
    hit = np.random.default_rng([seed, count]).permutation(count)[: round(share * count)].tolist()
    if harm == "lost":
        return {number: text for number, text in enumerate(site.paragraphs) if number not in hit}
    moved = dict(zip(hit, [*hit[1:], *hit[:1]], strict=True))
    return {number: site.paragraphs[moved.get(number, number)] for number in range(count)}
