"""What came of one labelled case under one release, and what of it is right."""

from collections.abc import Mapping
from functools import cached_property

from apps.cases.layers.types import (
    OUT_OF_SCOPE,
    ActionResult,
    Band,
    ContextResult,
    Frozen,
    IntakeResult,
    Lane,
    PlannedEffect,
    ReviewResult,
)
from apps.evaluations.labels import Expected
from apps.evaluations.rubric import WORDS, Judged, by_words


class CaseResult(Frozen):
    external_id: str
    expected: Expected
    case_type: str
    urgency: str
    sentiment: str
    probability: float  # that intake gave to `case_type`
    decided_by: str  # rule, classifier, model, default
    band: Band
    passages: tuple[str, ...] = ()  # anchors ("returns#return-window"), best first
    cited: tuple[str, ...] = ()  # anchors that the draft quotes
    decision: str = ""
    effects: tuple[str, ...] = ()  # planned: "shop.refund amount=80.00 order=88-10001"
    reply: tuple[str, ...] = ()  # sentence by sentence
    grounded: tuple[bool, ...] = ()  # of each claim that needs a source
    made: tuple[bool, ...] = ()  # of each point that the reply must make
    violated: tuple[bool, ...] = ()  # of each point that it must not make
    judge: str = WORDS  # who says so: "words", or a model's route
    route: str = "queue"  # automatic, queue, reserved
    rule: str = ""
    reason: str = ""
    lane: Lane = "drafted"
    microseconds: Mapping[str, int] = {}  # by layer
    cost: float = 0.0  # USD
    trials: tuple[bool, ...] = ()  # whether each repeated trial was right, where a model may answer differently
    problem: str = ""  # why the machine gave the case up

    @property
    def in_scope(self) -> bool:
        return self.case_type != OUT_OF_SCOPE

    @property
    def type_right(self) -> bool:
        return self.case_type == self.expected.case_type

    @property
    def decision_right(self) -> bool | None:
        """None where no expert said what is to be decided."""
        if self.expected.decision is None:
            return None if self.expected.case_type != OUT_OF_SCOPE else not self.decision
        return self.decision == self.expected.decision

    @cached_property
    def right(self) -> bool:
        """End to end: the type, the decision where one is labelled, and a source for each sentence that needs one."""
        return self.type_right and self.decision_right is not False and all(self.grounded) and not self.problem

    @property
    def automatic(self) -> bool:
        return self.route == "automatic"


def result_of(
    external_id: str,
    expected: Expected,
    layers: Mapping[str, Frozen],
    microseconds: Mapping[str, int],
    *,
    cost: float = 0.0,
    judged: Judged | None = None,
) -> CaseResult:
    """The result of a case whose four layers ran. Its points are judged by words, unless `judged` says how they were.

    Raises KeyError when a layer is missing.
    """
    intake, context = layers["intake"], layers["context"]
    action, review = layers["action"], layers["review"]
    assert isinstance(intake, IntakeResult) and isinstance(context, ContextResult)  # noqa: S101, PT018 - for the types
    assert isinstance(action, ActionResult) and isinstance(review, ReviewResult)  # noqa: S101, PT018
    anchors = {passage.id: f"{passage.source}#{passage.anchor}" for passage in context.passages}
    reply = reply_of(action)
    judged = judged or by_words(expected.must, expected.must_not, reply)
    return CaseResult(
        external_id=external_id,
        expected=expected,
        case_type=intake.case_type.value,
        urgency=intake.urgency.value,
        sentiment=intake.sentiment.value,
        probability=intake.case_type.confidence,
        decided_by=intake.case_type.decided_by,
        band=intake.case_type.band,
        passages=tuple(dict.fromkeys(anchors.values())),
        cited=tuple(
            dict.fromkeys(
                anchors.get(each.passage, each.passage) for claim in action.claims for each in claim.citations
            )
        ),
        decision=action.decision.slug if action.decision else "",
        effects=tuple(_told(each) for each in action.effects),
        reply=reply,
        grounded=tuple(claim.grounded for claim in action.claims if claim.kind != "courtesy"),
        made=judged.made,
        violated=judged.violated,
        judge=judged.by,
        route=review.route,
        rule=review.rule,
        reason=review.reason,
        lane=review.lane,
        microseconds=dict(microseconds),
        cost=cost,
    )


def reply_of(action: ActionResult) -> tuple[str, ...]:
    """Sentence by sentence."""
    return tuple(claim.text for claim in action.claims)


def _told(effect: PlannedEffect) -> str:
    params = " ".join(f"{name}={value}" for name, value in sorted(effect.params.items()))
    return f"{effect.system}.{effect.operation} {params}".strip()
