"""A case's story in order of time: each audit entry in words, with what its step, decision or effect says beside it.

The entry is the proof, and holds no words of anyone. The words come from the tables beside it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from apps.audit.timeline import TimelineEntry, timeline
from apps.cases.layers.types import ContextResult
from apps.cases.models import Case
from apps.cases.reading import Layers, layers_of
from apps.connectors.models import Effect
from apps.connectors.selectors import effects_of
from apps.reviews.models import Disposition
from apps.reviews.reasons import CODES
from apps.tenants.capabilities import Role
from apps.tenants.models import ApiKey, Membership

Tone = Literal["good", "warn", "bad", "now", "none"]
TITLES = {
    "case.admitted": "Came in",
    "case.intake": "Intake",
    "case.context": "Context",
    "case.action": "Action",
    "case.review": "Review gate",
    "model.asked": "Model asked",
    "case.closed": "Closed",
    "case.gave_up": "The machine gave up",
    "case.effects_unsettled": "An effect could not be settled",
    "review.approve": "Approved",
    "review.edit": "Edited and approved",
    "review.reject": "Rejected",
    "review.escalate": "Escalated",
    "review.undone": "Decision taken back",
    "review.reopened": "Taken up again",
    "review.taken_over": "Taken over",
    "review.given_back": "Given back",
    "review.reassigned": "Given to somebody",
}
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


def story(case: Case) -> list[Chapter]:
    """The case's entries, oldest first. Four queries and those of the audit log, however long the story is."""
    entries = timeline(case.pk)
    names = _names(entries)
    layers = layers_of(case)
    decisions = {str(each.pk): each for each in case.dispositions.all()}
    effects = {str(each.pk): each for each in effects_of(case.pk)}
    return [_chapter(entry, names, layers, decisions, effects) for entry in entries]


def _chapter(
    entry: TimelineEntry,
    names: dict[str, str],
    layers: Layers,
    decisions: dict[str, Disposition],
    effects: dict[str, Effect],
) -> Chapter:
    kind, _, identifier = entry.object.partition(":")
    decision = decisions.get(identifier) if kind == "disposition" else None
    effect = effects.get(identifier) if kind == "effect" else None
    who = (
        decision.reviewer_name
        if decision and entry.actor.startswith("person:")
        else names.get(entry.actor, entry.actor)
    )
    return Chapter(
        entry=entry,
        title=TITLES.get(entry.action, _words(entry.action)),
        who=who,
        tone=TONES.get(entry.action, "none"),
        said=[*_of_layer(entry, layers), *_of_decision(entry, decision), *([effect.summary] if effect else [])],
        facts=_facts(entry.facts),
        took=layers.took.get(entry.action.removeprefix("case.")) if entry.action.startswith("case.") else None,
    )


def _of_layer(entry: TimelineEntry, layers: Layers) -> list[str]:
    match entry.action:
        case "case.intake" if layers.intake:
            return [layers.intake.case_type.why]
        case "case.context" if layers.context:
            found = [f"{document}: {', '.join(parts)}." for document, parts in _found(layers.context).items()]
            return [*(found or ["No passage that may be used was found."]), *filter(None, [layers.context.doubt])]
        case "case.action" if layers.action:
            decision = layers.action.decision
            return [f"{decision.title}: {decision.why}" if decision else "No decision was proposed."]
        case "case.review" if layers.review:
            return [layers.review.reason]
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


def _of_decision(entry: TimelineEntry, decision: Disposition | None) -> list[str]:
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


def _names(entries: Iterable[TimelineEntry]) -> dict[str, str]:
    """Names behind “person:…” and “key:…”, of this tenant's members and keys."""
    ids: dict[str, set[UUID]] = {"person": set(), "key": set()}
    for entry in entries:
        kind, _, identifier = entry.actor.partition(":")
        if kind in ids:
            ids[kind].add(UUID(identifier))
    members = Membership.objects.filter(user__in=ids["person"]).select_related("user")
    names = {f"person:{each.user_id}": f"{each.user.name}, {each.get_role_display().lower()}" for each in members}
    names |= {f"key:{key.pk}": f"API key “{key.name}”" for key in ApiKey.objects.filter(pk__in=ids["key"])}
    return names | {"service:thinslice": "Thinslice"}


def _words(action: str) -> str:
    return action.replace(".", " ").replace("_", " ").capitalize()
