"""A case's story in order of time: each audit entry in words, with what its step, decision or effect says beside it.

The entry is the proof, and holds no words of anyone. The words come from the tables beside it.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from apps.audit.timeline import TimelineEntry
from apps.cases.layers.run import RESULTS
from apps.cases.layers.types import ActionResult, ContextResult, IntakeResult, ReviewResult
from apps.compliance.agreement import Agreement, Words
from apps.compliance.dossier import Dossier
from apps.compliance.dossier_parts import DecisionThen, ExchangeThen, StepThen
from apps.compliance.titles import title_of
from apps.reviews.reasons import CODES
from apps.tenants.capabilities import Role

Tone = Literal["good", "warn", "bad", "now", "none"]
TONES: dict[str, Tone] = {
    "case.gave_up": "bad",
    "case.effects_unsettled": "bad",
    "effect.failed": "bad",
    "effect.unknown": "warn",
    "review.reject": "bad",
    "review.escalate": "warn",
    "review.undone": "warn",
    "review.reopened": "warn",
    "review.edit": "good",
    "review.approve": "good",
}


@dataclass(frozen=True)
class Chapter:
    entry: TimelineEntry
    title: str
    who: str
    tone: Tone
    said: list[str] = field(default_factory=list)  # sentences
    facts: list[tuple[str, str]] = field(default_factory=list)
    took: timedelta | None = None
    words: list[Agreement] = field(default_factory=list)  # whether what stands beside it is what it was made for
    exchanges: list[ExchangeThen] = field(default_factory=list)  # model calls that led to it


def chapters_of(dossier: Dossier) -> list[Chapter]:
    """The dossier's entries, oldest first, each with what stands beside it."""
    words, calls = Words(dossier), Calls(dossier)
    decisions = {str(each.id): each for each in dossier.found.dispositions}
    effects = {str(each.id): each for each in dossier.found.effects}
    chapters = []
    for entry in dossier.entries:
        kind, _, identifier = entry.object.partition(":")
        decision = decisions.get(identifier) if kind == "disposition" else None
        effect = effects.get(identifier) if kind == "effect" else None
        run = dossier.run_of(entry)
        chapters.append(
            Chapter(
                entry=entry,
                title=title_of(entry.action),
                who=decision.reviewer_name
                if decision and entry.actor.startswith("person:")
                else dossier.name_of(entry.actor),
                tone=TONES.get(entry.action, "none"),
                said=[*_of_run(run), *_of_decision(entry, decision), *([effect.summary] if effect else [])],
                facts=_facts(entry.facts),
                took=run.took if run else None,
                words=words.of(entry),
                exchanges=calls.before(entry),
            )
        )
    return chapters


class Calls:
    """Gives each model call to the next entry of the layer that it was made for."""

    def __init__(self, dossier: Dossier) -> None:
        self._left = list(dossier.found.exchanges)

    def before(self, entry: TimelineEntry) -> list[ExchangeThen]:
        named = set(entry.facts.get("exchanges") or ())
        layer = entry.action.removeprefix("case.") if entry.action.startswith("case.") else ""
        own = [
            each
            for each in self._left
            if str(each.id) in named or (each.purpose == layer and each.started_at <= entry.at)
        ]
        self._left = [each for each in self._left if each not in own]
        return own


def _of_run(run: StepThen | None) -> list[str]:
    if run is None or run.layer not in RESULTS:
        return []
    match RESULTS[run.layer].model_validate(run.result):
        case IntakeResult() as intake:
            return [intake.case_type.why]
        case ContextResult() as context:
            found = [f"{document}: {', '.join(parts)}." for document, parts in _found(context).items()]
            return [*(found or ["No passage that may be used was found."]), *filter(None, [context.doubt])]
        case ActionResult(decision=decision):
            return [f"{decision.title}: {decision.why}" if decision else "No decision was proposed."]
        case ReviewResult() as gate:
            return [gate.reason]
        case _:
            return []


def _found(context: ContextResult) -> dict[str, list[str]]:
    """Document and version → the headings of what was found in it."""
    documents: dict[str, list[str]] = {}
    for passage in context.passages:
        headings = documents.setdefault(f"{passage.title} v{passage.version}", [])
        if passage.heading not in headings:
            headings.append(passage.heading)
    return documents


def _of_decision(entry: TimelineEntry, decision: DecisionThen | None) -> list[str]:
    if decision is None or entry.action in {"review.undone", "review.reopened"}:
        return []
    said = [f"Reason: {CODES[decision.reason_code].lower()}."] if decision.reason_code in CODES else []
    if decision.escalated_to in set(Role):
        said.append(f"To the {Role(decision.escalated_to).label.lower()}.")
    return [*said, f"“{decision.rationale}”"] if decision.rationale else said


HIDDEN = frozenset({"v", "tenant", "id", "at", "action", "actor", "object", "case", "layer", "subject", "sources"})


def _facts(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """The rest of what the entry's bytes say, as they say it."""
    shown = [(name.replace("_", " "), _plain(value)) for name, value in facts.items() if name not in HIDDEN]
    sources = facts.get("sources")
    if isinstance(sources, list):
        shown.append(("sources", str(len(sources))))
    return [(name, value) for name, value in shown if value]


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {_plain(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(_plain(each) for each in value)
    return "" if value is None else str(value)
