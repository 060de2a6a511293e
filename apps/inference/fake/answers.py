"""What the fake provider says when nobody told it what to say: a draft that quotes the passages, the case type whose
description shares most words with the case, the sentences that share the words of a point, or else the smallest value
that fits the schema."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from apps.inference.blocks import Block, read

SENTENCE = re.compile(r"[^.!?|#\n]{20,400}[.!?](?=\s|$)")
WORD = re.compile(r"[^\W\d_]{4,}")
LISTED = re.compile(r"^- (?P<slug>[a-z0-9_]+): (?P<about>.+)$", re.MULTILINE)
DECIDED = re.compile(r"^Decision that follows from the facts: ([a-z0-9_]+)\.", re.MULTILINE)
MOST_QUOTES = 4


def sensible_answer(schema: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The input of the output tool, or the JSON of a structured answer."""
    properties = schema.get("properties", {})
    data = list(read(text))
    if "claims" in properties:
        return draft(schema, text, data)
    if "case_type" in properties:
        return case_type(schema, text, data)
    if "sentences" in properties:
        return sentences(data)
    value = smallest(schema, schema)
    return value if isinstance(value, dict) else {"value": value}


def draft(schema: Mapping[str, Any], text: str, data: Sequence[Block]) -> dict[str, Any]:
    claims = [courtesy(text, "Begin with: ")]
    for passage in (block for block in data if block.tag == "passage"):
        quote = SENTENCE.search(passage.text)
        if quote and len(claims) <= MOST_QUOTES:
            said = quote[0].strip()
            citation = {"passage": passage.attributes["id"], "quote": said}
            claims.append({"text": said, "kind": "statement", "citations": [citation]})
    claims.append(courtesy(text, "End with: "))
    answer = {
        "claims": [claim for claim in claims if claim["text"]],
        "reasoning": f"The passages answer the case in {len(claims) - 2} sentences, each quoted word for word.",
        "certainty": "likely",
    }
    allowed = schema["properties"].get("decision")
    if allowed:
        decided = DECIDED.search(text)
        answer["decision"] = decided[1] if decided else smallest(allowed, schema)
    return answer


def courtesy(text: str, marker: str) -> dict[str, Any]:
    line = next((line for line in text.splitlines() if line.startswith(marker)), marker)
    return {"text": line.removeprefix(marker), "kind": "courtesy", "citations": []}


def case_type(schema: Mapping[str, Any], text: str, data: Sequence[Block]) -> dict[str, Any]:
    words = {word for block in data for word in words_of(block.text)}
    shared = {option["slug"]: sorted(words & words_of(option["about"])) for option in LISTED.finditer(text)}
    slug = max(shared, key=lambda name: len(shared[name]), default=smallest(schema["properties"]["case_type"], schema))
    named = ", ".join(shared.get(slug, [])) or "no word of any description"
    certainty = "likely" if len(shared.get(slug, [])) > 1 else "unsure"
    return {"case_type": slug, "why": f"The case says: {named}."[:400], "certainty": certainty}


def sentences(data: Sequence[Block]) -> dict[str, Any]:
    """For each numbered point the number of the sentence with most of its words, 0 where none has half of them."""
    lines = {block.tag: [line.partition(". ")[2] for line in block.text.splitlines()] for block in data}
    reply = [words_of(line) for line in lines.get("reply", [])]
    found = []
    for point in map(words_of, lines.get("points", [])):
        shared = [len(point & words) for words in reply]
        best = max(shared, default=0)
        found.append(shared.index(best) + 1 if best and 2 * best >= len(point) else 0)
    return {"sentences": found}


def words_of(text: str) -> set[str]:
    return {word.lower() for word in WORD.findall(text)}


def smallest(part: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    """The smallest value that fits `part` of a JSON schema."""
    if "$ref" in part:
        return smallest(schema["$defs"][part["$ref"].rsplit("/", 1)[-1]], schema)
    if "const" in part:
        return part["const"]
    if "enum" in part:
        return part["enum"][0]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in part:
            return smallest(part[several][0], schema)
    if part.get("type") == "object":
        return {name: smallest(part["properties"][name], schema) for name in part.get("required", [])}
    plain: dict[str, Any] = {"array": [], "string": "", "integer": 0, "number": 0.0, "boolean": False, "null": None}
    return plain[part.get("type", "null")]
