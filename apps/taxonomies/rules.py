"""Deterministic reading of a case's text: rules decide before any model, and fields are found by pattern."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.taxonomies.content import Rule, SentimentRule, Taxonomy, UrgencyRule
from apps.taxonomies.patterns import compiled


@dataclass(frozen=True)
class RuleMatch:
    rule: str
    case_type: str
    why: str
    start: int  # of the words that matched, in characters
    end: int
    also: tuple[str, ...]  # other case types whose rules matched too: the text may hold two requests


@dataclass(frozen=True)
class LevelMatch:
    level: str
    why: str
    start: int
    end: int


@dataclass(frozen=True)
class FieldMatch:
    name: str
    title: str
    value: str
    start: int
    end: int
    alone: bool  # False when the text holds several different values, so that none can be taken without asking


def match_case_type(taxonomy: Taxonomy, text: str) -> RuleMatch | None:
    """The first rule in the authors' order that matches; they put the ones that must never be missed first."""
    found = [(rule, span) for rule in taxonomy.rules if (span := _first_span(rule, text))]
    if not found:
        return None
    rule, (start, end) = found[0]
    also = tuple(dict.fromkeys(other.case_type for other, _ in found[1:] if other.case_type != rule.case_type))
    return RuleMatch(rule.id, rule.case_type, rule.why, start, end, also)


def match_level(levels: Sequence[UrgencyRule] | Sequence[SentimentRule], text: str) -> LevelMatch | None:
    """The first level that matches, or None for the middle one (normal urgency, neutral sentiment)."""
    for rule in levels:
        if span := _first_span(rule, text):
            return LevelMatch(rule.level, rule.why, *span)
    return None


def extract_fields(taxonomy: Taxonomy, text: str) -> tuple[FieldMatch, ...]:
    """Each different value of each field once, where it first stands, in the taxonomy's order of fields."""
    matches: list[FieldMatch] = []
    for field in taxonomy.fields:
        spans: dict[str, tuple[int, int]] = {}
        for found in compiled(field.pattern).finditer(text):
            if found[0].strip():
                spans.setdefault(found[0], found.span())
        matches += [
            FieldMatch(field.name, field.title, value, start, end, len(spans) == 1)
            for value, (start, end) in spans.items()
        ]
    return tuple(matches)


def _first_span(rule: Rule | UrgencyRule | SentimentRule, text: str) -> tuple[int, int] | None:
    return next((found.span() for pattern in rule.any if (found := compiled(pattern).search(text))), None)
