"""What an audit entry says openly about a layer's result: names, versions, hashes, reasons; no words of a person."""

from collections.abc import Sequence
from typing import Any

from apps.cases.layers.types import ActionResult, ContextResult, Frozen, IntakeResult, ReviewResult
from apps.inference.models import Exchange


def asked(exchanges: Sequence[Exchange]) -> dict[str, Any]:
    """The round trips to hosted models that a layer took: their ids, and their fingerprints. Nothing for none."""
    if not exchanges:
        return {}
    return {
        "exchanges": [str(each.pk) for each in exchanges],
        "fingerprints": [each.fingerprints() for each in exchanges],
    }


def evidence(result: Frozen) -> dict[str, Any]:
    match result:
        case IntakeResult():
            tag = result.case_type
            return {
                "classifier": result.classifier,
                "tag": tag.value,
                "confidence": f"{tag.confidence:.4f}",
                "band": tag.band,
                "decided_by": tag.decided_by,
                "urgency": result.urgency.value,
                "sentiment": result.sentiment.value,
            }
        case ContextResult():
            return {
                "snapshot": result.snapshot,
                "reranker": result.reranker,
                "sources": [
                    {"id": passage.id, "version": passage.version, "sha256": passage.sha256}
                    for passage in result.passages
                ],
                "withheld": {each.reason: each.count for each in result.withheld},
                "facts": [fact.name for fact in result.facts],
            }
        case ActionResult():
            return {
                "decision": result.decision.slug if result.decision else "",
                "model": result.drafter,
                "prompt": result.prompt,
                "grounded": f"{result.grounded_share:.4f}",
                "citations": [citation.passage for claim in result.claims for citation in claim.citations],
            }
        case ReviewResult():
            return {
                "lane": result.lane,
                "route": result.route,
                "rule": result.rule,
                "confidence": f"{result.confidence:.4f}",
                "impact": result.impact,
            }
        case _:
            raise TypeError(f"{type(result).__name__} is no layer's result")
