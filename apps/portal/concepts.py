"""The concepts of the public site, and how search engines and models are told of them."""

from functools import cache
from pathlib import Path

import yaml
from django.urls import reverse
from pydantic import BaseModel, ConfigDict, TypeAdapter

from apps.planning.tools import TOOLS

SUMMARY = (
    "A platform for AI-native workflows: a model works on every case, a person decides what matters, and every step "
    "can be proved later."
)


class Piece(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Question(Piece):
    ask: str
    answer: str


class Concept(Piece):
    slug: str
    title: str
    definition: str
    body: tuple[str, ...]
    questions: tuple[Question, ...]


@cache
def concepts() -> dict[str, Concept]:
    """By slug, in the order of the file. Raises pydantic.ValidationError when the file is not what it should be."""
    text = Path(__file__).with_name("concepts.yaml").read_text()
    found = TypeAdapter(tuple[Concept, ...]).validate_python(yaml.safe_load(text))
    return {concept.slug: concept for concept in found}


def linked_data(concept: Concept, address: str, site: str) -> dict[str, object]:
    """A schema.org graph of the concept and its questions, as JSON-LD."""
    term = {
        "@type": "DefinedTerm",
        "@id": address,
        "name": concept.title,
        "description": concept.definition,
        "inDefinedTermSet": {"@type": "DefinedTermSet", "name": "Thinslice: concepts", "url": f"{site}concepts/"},
    }
    questions = [
        {"@type": "Question", "name": each.ask, "acceptedAnswer": {"@type": "Answer", "text": each.answer}}
        for each in concept.questions
    ]
    page = {"@type": "FAQPage", "url": address, "name": concept.title, "mainEntity": questions}
    return {"@context": "https://schema.org", "@graph": [term, page]}


def product_data(site: str) -> dict[str, object]:
    return {
        "@context": "https://schema.org",
        "@type": "SoftwareApplication",
        "name": "Thinslice",
        "url": site,
        "applicationCategory": "BusinessApplication",
        "operatingSystem": "Linux",
        "description": SUMMARY,
    }


def for_models(site: str) -> str:
    """llms.txt: what is here, in Markdown, definition first."""
    lines = [
        "# Thinslice",
        "",
        f"> {SUMMARY}",
        "",
        "## Concepts",
        "",
        *(f"- [{each.title}]({site}concepts/{each.slug}/): {each.definition}" for each in concepts().values()),
        "",
        "## Tools (answers as JSON too, without a key)",
        "",
        *(f"- [{each.title}]({site}{_path(each.page)}): {each.does} Data: {site}{_path(each.data)}" for each in TOOLS),
        "",
    ]
    return "\n".join(lines)


def _path(name: str) -> str:
    return reverse(name)[1:]
