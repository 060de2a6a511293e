"""The decision of the tenth day: signed by the decision owner, bound to the evidence that was shown."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import IntegrityError, transaction

from apps.audit.canonical import Json
from apps.audit.entries import record
from apps.compliance.signatures import Signable, identify, write_signature
from apps.engagements.board_models import DayTen
from apps.engagements.discovery.day_ten_evidence import Evidence, gather
from apps.engagements.discovery.day_ten_rules import Recommendation, recommend
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import begin_phase
from apps.reviews import calendars
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Capability, capabilities_of

Decision, Phase = DayTen.Decision, Engagement.Phase
FARTHEST = timedelta(days=730)  # from the first day of Discovery to the first of Build
MEANING = {
    Decision.COMMIT: "I have read this evidence, and commit to Build.",
    Decision.CONDITIONS: "I have read this evidence, and commit to Build under these conditions.",
    Decision.WALK_AWAY: "I have read this evidence, and walk away.",
}


class DecisionRefused(ValueError):
    """The decision cannot be signed so. The message says why."""


@dataclass(frozen=True)
class Decided:
    """What the decision owner decided. `sha256` is of the evidence that was on the page."""

    decision: str
    reason: str
    conditions: str
    build_on: date | None
    sha256: str


def sign_day_ten(
    *, actor: Actor, engagement: Engagement, decided: Decided, password: str, email: str | None = None
) -> DayTen:
    """Sign, and go on to Build or end. Raises DecisionRefused, SignatureRefused and EngagementRefused."""
    evidence = gather(engagement)
    advice = recommend(evidence)
    _check(actor, engagement, decided, evidence, advice)
    identify(actor=actor, record=f"day_ten:{engagement.pk}", password=password, email=email)
    try:
        return _write(actor, engagement, decided, evidence, advice, 1 if email is None else 2)
    except IntegrityError as error:
        raise DecisionRefused("Somebody else has signed in the meantime.") from error


@transaction.atomic
def _write(
    actor: Actor, engagement: Engagement, decided: Decided, evidence: Evidence, advice: Recommendation, components: int
) -> DayTen:
    engagement = Engagement.objects.select_for_update(of=("self",)).select_related("workflow").get(pk=engagement.pk)
    walking = decided.decision == Decision.WALK_AWAY
    reason = decided.reason.strip()
    conditions = decided.conditions.strip() if decided.decision == Decision.CONDITIONS else ""
    build_on = None if walking else decided.build_on
    content: dict[str, Json] = {
        "engagement": engagement.pk,
        "workflow": engagement.workflow.slug,
        "evidence": evidence.model_dump(mode="json"),
        "recommended": str(advice.decision.value),
        "decision": decided.decision,
        "reason": reason,
        "conditions": conditions,
        "build_on": None if build_on is None else str(build_on),
    }
    meaning = MEANING[Decision(decided.decision)]
    shown = Signable(f"day_ten:{engagement.pk}", content)
    signature = write_signature(actor=actor, record=shown, meaning=meaning, components=components)
    made = DayTen.objects.create(
        engagement=engagement,
        decision=decided.decision,
        recommended=advice.decision,
        reason=reason,
        conditions=conditions,
        evidence=content["evidence"],
        build_on=build_on,
        signature=signature,
    )
    record(
        actor=actor,
        action="day_ten.decided",
        object=f"engagement:{engagement.pk}",
        workflow=engagement.workflow.slug,
        after={
            "decision": made.decision, "recommended": made.recommended, "evidence": evidence.sha256,
            "signature": str(signature.pk),
        },
        reason=made.reason,
    )  # fmt: skip
    if engagement.phase == Phase.DISCOVERY:
        phase, on = (Phase.BUILD, build_on) if build_on else (Phase.ENDED, calendars.today())
        begin_phase(actor=actor, engagement=engagement, phase=phase, on=on, reason=made.reason or meaning)
    return made


def _check(actor: Actor, engagement: Engagement, decided: Decided, evidence: Evidence, advice: Recommendation) -> None:
    known = decided.decision in Decision.values
    against = known and decided.decision != advice.decision
    walking = decided.decision == Decision.WALK_AWAY
    late = engagement.phase != Phase.DISCOVERY
    unsaid = decided.decision == Decision.CONDITIONS and not decided.conditions.strip()
    too_early = decided.build_on is not None and decided.build_on <= engagement.discovery_on
    too_late = decided.build_on is not None and decided.build_on > engagement.discovery_on + FARTHEST
    refusals = {
        "Only a decision owner signs the tenth day.": Capability.RELEASES_PROMOTE not in capabilities_of(actor.role),
        "Choose: commit, commit with conditions, or walk away.": not known,
        "The tenth day is signed for already.": DayTen.objects.filter(engagement=engagement).exists(),
        "Build has begun: what is left to sign is that it was committed to.": late and walking,
        "The engagement has ended.": engagement.phase == Phase.ENDED,
        "The evidence has changed since this page was opened. Read it again, then sign.": (
            decided.sha256 != evidence.sha256
        ),
        f"The evidence recommends: {advice.decision.label.lower()}. Say why you decide otherwise.": (
            against and not decided.reason.strip()
        ),
        "Say which conditions, and by when.": unsaid,
        "Say on which day Build begins.": known and not walking and decided.build_on is None,
        "Build begins after Discovery.": not walking and too_early,
        "Build begins within two years of Discovery: what was measured would not hold any longer.": (
            not walking and too_late
        ),
    }
    for words, applies in refusals.items():
        if applies:
            raise DecisionRefused(words)
