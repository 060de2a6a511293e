"""What the cases of one release say, case by case: the measures that stop conditions are about.

Each is a number from 0 to 1 per case. Latency and cost count the cases that are above the condition's limit, in seconds
and in USD, of which at most 5 % are allowed. Another measure is a function of the cases in `MEASURES`; drift compares
two streams and has `kinds_of`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Exists, FloatField, Func, OuterRef, QuerySet, Sum

from apps.cases.models import Case, Complaint, Step
from apps.inference.models import Exchange
from apps.reviews.models import BlindReview, Disposition
from apps.workflows.charters import StopCondition
from apps.workflows.models import Workflow
from apps.workflows.traffic import Share

TAIL = 0.05  # of the cases may be slower, or dearer, than the limit
LATER = timedelta(days=14)  # within which a complaint is about the case before it
SEGMENTS = {"channel": "channel", "region": "region", "language": "language"}
Values = Sequence[float]


class UngroundedShare(Func):
    """Of a draft's sentences that need a source, those without one: counted where they lie."""

    output_field = FloatField()
    template = """coalesce(jsonb_array_length(jsonb_path_query_array(%(expressions)s,
        '$.claims[*] ? (@.kind != "courtesy" && @.grounded == false)'))::float
        / nullif(jsonb_array_length(jsonb_path_query_array(%(expressions)s,
        '$.claims[*] ? (@.kind != "courtesy")')), 0), 0)"""


@dataclass(frozen=True)
class Slice:
    """The cases that a release took in its slice since a moment."""

    workflow: Workflow
    share: Share
    since: datetime

    def cases(self) -> QuerySet[Case]:
        return Case.objects.filter(
            workflow=self.workflow, arm=Case.Arm.SLICE, release_id=self.share.release, admitted_at__gte=self.since
        )

    def incumbents(self) -> QuerySet[Case]:
        """What the incumbent took at the same time, in the same segment."""
        name, _, value = self.share.segment.partition(":")
        segment = {SEGMENTS[name]: value} if name else {}
        return Case.objects.filter(
            workflow=self.workflow, arm=Case.Arm.INCUMBENT, admitted_at__gte=self.since, **segment
        )


def incumbents_cases(workflow: Workflow, since: datetime) -> QuerySet[Case]:
    """The cases that the release in production took since a moment, whatever a slice took beside it."""
    return Case.objects.filter(
        workflow=workflow, arm=Case.Arm.INCUMBENT, release_id=workflow.production_id, admitted_at__gte=since
    )


def values_of(cases: QuerySet[Case], condition: StopCondition) -> Values:
    """The measure of each case that has one already. Raises KeyError for drift, which compares two streams."""
    return MEASURES[condition.metric](cases, condition)


def kinds_of(seen: Slice) -> tuple[list[str], list[str]]:
    """The case types of the slice, each beside that of the incumbent's next case after it.

    Pairs are of the same moment, so that what changes for both, as after a storm, does not tell them apart.
    """
    pairs = paired(_kinds(seen.cases()), _kinds(seen.incumbents()))
    return [one for one, _ in pairs], [other for _, other in pairs]


def paired(ours: Sequence[tuple[datetime, str]], theirs: Sequence[tuple[datetime, str]]) -> list[tuple[str, str]]:
    """Each of our kinds beside the next of theirs after it, both in the order of their times."""
    pairs: list[tuple[str, str]] = []
    after = iter(theirs)
    for came, kind in ours:
        other = next((theirs_kind for theirs_came, theirs_kind in after if theirs_came >= came), None)
        if other is None:
            break
        pairs.append((kind, other))
    return pairs


def _kinds(cases: QuerySet[Case]) -> list[tuple[datetime, str]]:
    return list(cases.exclude(case_type="").order_by("admitted_at", "id").values_list("admitted_at", "case_type"))


def share_limit(condition: StopCondition) -> float:
    """The limit as the share of cases that the test is about."""
    return TAIL if condition.metric in ("latency", "cost") else float(condition.limit)


def changed_share(before: Sequence[str], after: Sequence[str]) -> float:
    """How much of a text was changed, by words: 0 for nothing, 1 when no word stayed."""
    return 1 - SequenceMatcher(None, " ".join(before).split(), " ".join(after).split(), autojunk=False).ratio()


def changed_by_people(cases: QuerySet[Case]) -> dict[UUID, float]:
    """How much of its draft was changed, for each case that a person edited and approved."""
    edits = Disposition.objects.filter(
        case__in=cases.filter(outcome=Case.Outcome.EDITED), kind=Disposition.Kind.EDIT, undone_at=None
    )
    return {case: _edited_share(disposition) for case, disposition in edits.values_list("case_id", "pk")}


def _rejections(cases: QuerySet[Case], _: StopCondition) -> Values:
    by_people = (Case.Outcome.APPROVED, Case.Outcome.EDITED, Case.Outcome.REJECTED)
    outcomes = cases.filter(outcome__in=by_people).values_list("outcome", flat=True)
    return [float(outcome == Case.Outcome.REJECTED) for outcome in outcomes]


def _edits(cases: QuerySet[Case], _: StopCondition) -> Values:
    approved = [0.0] * cases.filter(outcome=Case.Outcome.APPROVED).count()
    return approved + list(changed_by_people(cases).values())


@lru_cache(maxsize=20_000)  # what somebody changed stays what it is, and comparing texts takes long
def _edited_share(disposition: UUID) -> float:
    edit = Disposition.objects.get(pk=disposition)
    drafts = Step.objects.filter(case=edit.case_id, layer=Case.Layer.ACTION, revision=edit.revision)
    claims = drafts.values_list("result__claims", flat=True).first()
    return changed_share(_texts(claims or ()), _texts(edit.claims))


def _ungrounded(cases: QuerySet[Case], _: StopCondition) -> Values:
    drafts = Step.objects.filter(case__in=cases, layer=Case.Layer.ACTION, revision=1)
    return list(drafts.values_list(UngroundedShare("result"), flat=True))


def _errors(cases: QuerySet[Case], _: StopCondition) -> Values:
    """Cases at rest that the machine gave up, or whose effects nothing could settle."""
    gate = Step.objects.filter(case=OuterRef("pk"), layer=Case.Layer.REVIEW)
    rested = cases.filter(state__in=Case.RESTING).annotate(judged=Exists(gate))
    return [
        float(not judged or (state == Case.State.REVIEW and layer == Case.Layer.EFFECTS))
        for judged, state, layer in rested.values_list("judged", "state", "layer")
    ]


def _slow(cases: QuerySet[Case], condition: StopCondition) -> Values:
    steps = Step.objects.filter(case__in=cases, revision=1, case__state__in=Case.RESTING)
    layers = steps.exclude(layer=Case.Layer.EFFECTS).values("case_id").annotate(took=Sum("microseconds"))
    return [float(Decimal(row["took"]) > Decimal(condition.limit) * 1_000_000) for row in layers]


def _dear(cases: QuerySet[Case], condition: StopCondition) -> Values:
    rested = list(cases.filter(state__in=Case.RESTING).values_list("pk", flat=True))
    asked = Exchange.objects.filter(case_id__in=rested).exclude(outcome=Exchange.Outcome.RERUN)
    spent = asked.values_list("case_id").annotate(cost=Sum("cost"))
    costs: Mapping[Any, Decimal] = dict(spent)
    return [float(costs.get(case, Decimal(0)) > Decimal(condition.limit)) for case in rested]


def _complaints(cases: QuerySet[Case], condition: StopCondition) -> Values:
    """Cases that were complained about, as somebody recorded, or by a case of such a type within a fortnight."""
    later = Case.objects.filter(
        subject=OuterRef("subject"),
        case_type__in=condition.case_types,
        admitted_at__gt=OuterRef("admitted_at"),
        admitted_at__lte=OuterRef("admitted_at") + LATER,
    )
    recorded = Complaint.objects.filter(case=OuterRef("pk"), withdrawn_at=None)
    rested = cases.filter(state__in=Case.RESTING).annotate(complained=Exists(later) | Exists(recorded))
    return [float(complained) for complained in rested.values_list("complained", flat=True)]


def _overturned(cases: QuerySet[Case], _: StopCondition) -> Values:
    """Of the random sample of what cleared by itself: those that a person, looking blind, would not have sent so."""
    looked = BlindReview.objects.filter(case__in=cases, kind=BlindReview.Kind.SAMPLE, decided_at__isnull=False)
    verdicts = looked.order_by("case__admitted_at", "case").values_list("verdict", flat=True)
    return [float(verdict != BlindReview.Verdict.APPROVE) for verdict in verdicts]


def _texts(claims: Sequence[Mapping[str, Any]]) -> list[str]:
    return [claim["text"] for claim in claims]


MEASURES: Mapping[str, Callable[[QuerySet[Case], StopCondition], Values]] = {
    "rejection": _rejections,
    "edit": _edits,
    "ungrounded": _ungrounded,
    "error": _errors,
    "latency": _slow,
    "cost": _dear,
    "complaint": _complaints,
    "overturned": _overturned,
}
