"""The review gate: lane x confidence x impact, the first rule that holds decides, and says so in a sentence.

No confidence moves a case out of the reserved lane. When in doubt a person decides: the automatic lane is what remains.
"""

from collections.abc import Iterator
from typing import Literal

from apps.cases.layers.planted import planted_instruction
from apps.cases.layers.types import (
    OUT_OF_SCOPE,
    UNCLASSIFIED,
    ActionResult,
    ContextResult,
    Impact,
    IntakeResult,
    Lane,
    Release,
    ReviewResult,
)
from apps.taxonomies.content import CaseType
from apps.workflows.charters import stricter

Route = Literal["automatic", "queue", "reserved"]
LIKELY = 0.2  # from this probability on another case type has a say in the lane


def run(release: Release, intake: IntakeResult, context: ContextResult, action: ActionResult) -> ReviewResult:
    lane, _ = _lane(release, intake)
    impact: Impact = action.decision.impact if action.decision else "medium"
    confidence = min(intake.case_type.confidence, action.confidence) if action.decision else intake.case_type.confidence
    route, rule, reason = next(_rules(release, lane, impact, intake, context, action))
    return ReviewResult(
        route=route,
        rule=rule,
        reason=reason,
        lane=lane,
        confidence=confidence,
        band=intake.case_type.band if action.decision is None else _lower(intake, confidence, release),
        impact=impact,
    )


def _rules(
    release: Release, lane: Lane, impact: Impact, intake: IntakeResult, context: ContextResult, action: ActionResult
) -> Iterator[tuple[Route, str, str]]:
    tag = intake.case_type
    kind, (_, strictest) = release.taxonomy.case_type(tag.value), _lane(release, intake)
    title = kind.title if kind else tag.value
    if lane == "reserved" and strictest is not None:
        subject = f"“{title}” is" if strictest is kind else f"It may be “{strictest.title}”, which is"
        yield "reserved", "reserved_lane", f"{subject} reserved to a person, whatever the confidence."
    if tag.value == UNCLASSIFIED or tag.band == "low":
        sure = f"only {tag.confidence:.0%} sure that it is “{title}”" if kind else "not sure what kind of case it is"
        yield "queue", "low_confidence", f"Intake is {sure}: the threshold asks for a person."
    if tag.value == OUT_OF_SCOPE:
        yield "queue", "out_of_scope", "It does not look like anything that this workflow handles."
    if context.doubt:
        yield "queue", "doubt", context.doubt
    ungrounded = [claim for claim in action.claims if not claim.grounded]
    if ungrounded:
        count = "One sentence" if len(ungrounded) == 1 else f"{len(ungrounded)} sentences"
        yield "queue", "ungrounded", f"{count} of the draft could not be verified: {ungrounded[0].problem}"
    if not any(claim.kind == "statement" for claim in action.claims):
        yield "queue", "nothing_to_say", "No passage that may be used answers the case."
    if impact == "high":
        decided = action.decision.title if action.decision else "The decision"
        yield "reserved", "high_impact", f"“{decided}” has high impact, so a person decides."
    planted = intake.planted or _planted_in_sources(context, action)
    if planted:
        where = "The message" if intake.planted else "A document that the draft quotes"
        yield "queue", "planted", f"{where} tries to give orders to the machine: “{planted}”"
    for effect in action.effects:
        if effect.amount is not None and effect.amount > release.amount_limit:
            yield (
                "queue",
                "amount",
                f"{effect.summary}: the amount is above {release.amount_limit}, so it needs a person.",
            )
    if release.thresholds.band(action.confidence) == "low":
        yield "queue", "unsure_draft", f"The drafter itself is only {action.confidence:.0%} sure of its reply."
    if action.dissent:
        yield "queue", "dissent", f"The model would decide “{action.dissent}”, the decision table says otherwise."
    if lane == "drafted":
        yield "queue", "drafted_lane", f"“{title}” is in the lane “drafted with review”."
    if tag.band == "medium":
        yield (
            "queue",
            "medium_confidence",
            f"Intake is {tag.confidence:.0%} sure of “{title}”, short of the automatic lane.",
        )
    yield (
        "automatic",
        "automatic_lane",
        f"“{title}” is in the automatic lane, every sentence has a source, impact is {impact}.",
    )


def _lane(release: Release, intake: IntakeResult) -> tuple[Lane, CaseType | None]:
    """The lane, and the case type that it comes from: while intake is not sure, the strictest of the likely types.

    So no wording that makes a case look a little more like another type brings it into a freer lane.
    """
    kind = release.taxonomy.case_type(intake.case_type.value)
    lane: Lane = kind.lane if kind else "drafted"
    if intake.case_type.band == "high":
        return lane, kind
    for slug, probability in intake.alternatives:
        other = release.taxonomy.case_type(slug)
        if other and probability >= LIKELY and stricter(lane, other.lane) != lane:
            lane, kind = other.lane, other
    return lane, kind


def _planted_in_sources(context: ContextResult, action: ActionResult) -> str:
    cited = {citation.passage for claim in action.claims for citation in claim.citations}
    found = (planted_instruction(passage.text) for passage in context.passages if passage.id in cited)
    return next(filter(None, found), "")


def _lower(intake: IntakeResult, confidence: float, release: Release) -> Literal["high", "medium", "low"]:
    by_action = release.band(intake.case_type.value, confidence)
    order = ("low", "medium", "high")
    return min(intake.case_type.band, by_action, key=order.index)
