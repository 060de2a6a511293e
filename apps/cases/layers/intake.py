"""Intake: what kind of case is this, how urgent, in what mood, and which values does it name?

Deterministic rules first, then the trained classifier, then a model for what is still ambiguous. Below the threshold
the answer keeps its low band, and the review gate gives the case to a person.
"""

from collections.abc import Sequence

from apps.cases.layers.planted import planted_instruction
from apps.cases.layers.types import (
    OUT_OF_SCOPE,
    UNCLASSIFIED,
    Band,
    CaseInput,
    ExtractedField,
    IntakeResult,
    Ports,
    Release,
    Tag,
)
from apps.taxonomies.content import SentimentRule, UrgencyRule
from apps.taxonomies.rules import extract_fields, match_case_type, match_level


def run(case: CaseInput, release: Release, ports: Ports) -> IntakeResult:
    words = case.words
    case_type, alternatives, classifier = _case_type(words, case, release, ports)
    return IntakeResult(
        case_type=case_type,
        urgency=_level("urgency", "normal", release.taxonomy.urgency, words, case, release, ports),
        sentiment=_level("sentiment", "neutral", release.taxonomy.sentiment, words, case, release, ports),
        fields=tuple(
            ExtractedField(
                name=found.name,
                title=found.title,
                value=found.value,
                start=found.start,
                end=found.end,
                band="high" if found.alone else "medium",
            )
            for found in extract_fields(release.taxonomy, case.text)
        ),
        alternatives=alternatives,
        classifier=classifier,
        planted=planted_instruction(words),
    )


def _case_type(
    words: str, case: CaseInput, release: Release, ports: Ports
) -> tuple[Tag, tuple[tuple[str, float], ...], str]:
    rule = match_case_type(release.taxonomy, words)
    if rule:
        band: Band = "medium" if rule.also else "high"
        why = f"{rule.why} It may also ask for: {', '.join(rule.also)}." if rule.also else rule.why
        tag = Tag(value=rule.case_type, confidence=1.0, band=band, decided_by="rule", why=why)
        return tag, tuple((other, 1.0) for other in rule.also), ""
    prediction = ports.classify("case_type", case)
    if prediction is None:
        return _without_classifier(case, release, ports), (), ""
    tag = _from_classifier(prediction.label, prediction.probability, prediction.in_scope, release)
    alternatives = tuple(prediction.alternatives)
    if tag.band == "medium" and tag.value != OUT_OF_SCOPE:
        tag = ports.ask_case_type(case, [(prediction.label, prediction.probability), *alternatives]) or tag
    return tag, alternatives, release.classifier


def _from_classifier(label: str, probability: float, in_scope: bool, release: Release) -> Tag:
    if not in_scope or label == OUT_OF_SCOPE:
        why = "It is unlike every labelled case of the types that this workflow handles."
        sure = label == OUT_OF_SCOPE and release.band(label, probability) == "high"
        band: Band = "high" if sure else "medium"
        return Tag(value=OUT_OF_SCOPE, confidence=probability, band=band, decided_by="classifier", why=why)
    kind = release.taxonomy.case_type(label)
    if kind is None:  # trained on a version of the taxonomy that knew this type
        why = f"The classifier says {label}, which this version of the taxonomy does not have."
        return Tag(value=UNCLASSIFIED, confidence=0.0, band="low", decided_by="classifier", why=why)
    band = release.band(label, probability)
    why = f"The labelled cases most like it are of type “{kind.title}” ({probability:.0%} sure)."
    return Tag(value=label, confidence=probability, band=band, decided_by="classifier", why=why)


def _without_classifier(case: CaseInput, release: Release, ports: Ports) -> Tag:
    candidates: Sequence[tuple[str, float]] = [(kind.slug, 0.0) for kind in release.taxonomy.case_types]
    why = "No rule matches, and no classifier has been trained yet."
    unknown = Tag(value=UNCLASSIFIED, confidence=0.0, band="low", decided_by="default", why=why)
    return ports.ask_case_type(case, candidates) or unknown


def _level(
    tag: str,
    default: str,
    rules: Sequence[UrgencyRule] | Sequence[SentimentRule],
    words: str,
    case: CaseInput,
    release: Release,
    ports: Ports,
) -> Tag:
    rule = match_level(rules, words)
    if rule:
        return Tag(value=rule.level, confidence=1.0, band="high", decided_by="rule", why=rule.why)
    prediction = ports.classify("urgency" if tag == "urgency" else "sentiment", case)
    if prediction is None:
        why = f"No rule for {tag} matches."
        return Tag(value=default, confidence=0.5, band="medium", decided_by="default", why=why)
    return Tag(
        value=prediction.label,
        confidence=prediction.probability,
        band=release.thresholds.band(prediction.probability),
        decided_by="classifier",
        why=f"Labelled cases with such words are {prediction.label} ({prediction.probability:.0%} sure).",
    )
