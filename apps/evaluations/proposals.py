"""What reviewers decided, as labels to be confirmed: a disposition proposes, a person accepts or rejects."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.audit.entries import record
from apps.cases.layers.types import ActionResult, Claim, ContextResult
from apps.cases.models import Case, Step
from apps.evaluations.drafts import add_rows, submission_of
from apps.evaluations.labels import Expected
from apps.evaluations.models import LabelledCase, LabelledSet, LabelProposal
from apps.reviews.models import Disposition
from apps.reviews.reasons import CODES
from apps.tenants.actors import Actor
from apps.workflows.models import Workflow

POINT = 400  # characters


@dataclass(frozen=True)
class Proposed:
    """A disposition, and the label that follows from it."""

    disposition: Disposition
    expected: Expected
    why: str
    open: bool = False  # a rejection says what is wrong, and a person has to say what is right


def waiting(workflow: Workflow) -> QuerySet[Disposition]:
    """Dispositions that confirm, change or reject a draft and that nobody has looked at as labels, newest first."""
    settled = timezone.now() - timedelta(seconds=settings.UNDO_SECONDS)
    return (
        Disposition.objects.filter(
            case__workflow=workflow,
            kind__in=Disposition.FINAL,
            undone_at=None,
            created_at__lt=settled,
        )
        .exclude(pk__in=LabelProposal.objects.values("disposition"))
        .exclude(case__case_type="")
        .select_related("case")
        .order_by("-created_at")
    )


def proposed(dispositions: Sequence[Disposition]) -> list[Proposed]:
    """The labels that follow from them."""
    steps = Step.objects.filter(
        case__in=[each.case_id for each in dispositions], layer__in=(Case.Layer.ACTION, Case.Layer.CONTEXT)
    )
    results = {(step.case_id, step.revision, step.layer): step.result for step in steps}
    made = []
    for each in dispositions:
        action = results.get((each.case_id, each.revision, Case.Layer.ACTION))
        context = results.get((each.case_id, each.revision, Case.Layer.CONTEXT))
        made.append(
            _proposed(
                each,
                ActionResult.model_validate(action) if action else None,
                ContextResult.model_validate(context) if context else None,
            )
        )
    return made


@transaction.atomic
def accept(*, actor: Actor, draft: LabelledSet, dispositions: Sequence[Disposition]) -> int:
    """Add the cases with the proposed labels to the draft, for others to label against. Returns how many were new.

    A rejected case comes without an answer, for a person to label.
    """
    open_ones = _still_waiting(draft.workflow, dispositions)
    proposals = proposed(open_ones)
    rows = [
        LabelledCase(
            external_id=each.disposition.case.external_id,
            submission=submission_of(each.disposition.case).model_dump(mode="json"),
            expected={} if each.open else each.expected.model_dump(mode="json"),
            given=not each.open,
            source=LabelledCase.Source.DISPOSITION,
            case=each.disposition.case,
        )
        for each in proposals
    ]
    added = add_rows(actor=actor, draft=draft, rows=rows, source="reviewers' decisions")
    _decide(actor, proposals, draft, "")
    return added


@transaction.atomic
def reject(*, actor: Actor, workflow: Workflow, dispositions: Sequence[Disposition], reason: str) -> int:
    """Do not take them as labels. Returns how many were still waiting."""
    proposals = proposed(_still_waiting(workflow, dispositions))
    _decide(actor, proposals, None, reason.strip())
    return len(proposals)


def _still_waiting(workflow: Workflow, dispositions: Sequence[Disposition]) -> list[Disposition]:
    Workflow.objects.select_for_update().get(pk=workflow.pk)  # so that nobody decides on the same ones meanwhile
    return list(waiting(workflow).filter(pk__in=[each.pk for each in dispositions]))


def _decide(actor: Actor, proposals: Sequence[Proposed], draft: LabelledSet | None, reason: str) -> None:
    LabelProposal.objects.bulk_create(
        LabelProposal(
            disposition=each.disposition,
            accepted=draft is not None,
            expected=each.expected.model_dump(mode="json"),
            labelled_set=draft,
            reason=reason,
            decided_by=actor.id,
            decided_name=actor.name,
        )
        for each in proposals
    )
    for each in proposals:
        record(
            actor=actor,
            action="label.proposal_accepted" if draft else "label.proposal_rejected",
            object=f"disposition:{each.disposition.pk}",
            case=each.disposition.case_id,
            reason=reason,
            after={"labelled_set": draft.pk if draft else None, "case_type": each.expected.case_type},
        )


def _proposed(disposition: Disposition, action: ActionResult | None, context: ContextResult | None) -> Proposed:
    case = disposition.case
    sent = [Claim.model_validate(claim) for claim in disposition.claims]
    before = {claim.text for claim in action.claims} if action else set()
    after = {claim.text for claim in sent}
    edited, rejected = (disposition.kind == kind for kind in (Disposition.Kind.EDIT, Disposition.Kind.REJECT))
    expected = Expected.model_validate(
        {
            "case_type": case.case_type,
            "urgency": case.urgency or "normal",
            "sentiment": case.sentiment or "neutral",
            "decision": None if rejected else case.decision or None,
            "passages": () if rejected else _cited(sent, context),
            "must": _points(claim.text for claim in sent if claim.text not in before) if edited else (),
            "must_not": _points(claim.text for claim in action.claims if claim.text not in after)
            if edited and action
            else (),
        }
    )
    return Proposed(disposition, expected, _why(disposition), open=rejected)


def _cited(claims: Sequence[Claim], context: ContextResult | None) -> tuple[str, ...]:
    """The sections that the reply as it was sent cites, as document#heading."""
    anchors = {passage.id: f"{passage.source}#{passage.anchor}" for passage in context.passages} if context else {}
    cited = [anchors[each.passage] for claim in claims for each in claim.citations if each.passage in anchors]
    return tuple(dict.fromkeys(cited))


def _points(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.strip()[:POINT] for text in texts if text.strip()))


def _why(disposition: Disposition) -> str:
    if disposition.kind == Disposition.Kind.APPROVE:
        return f"{disposition.reviewer_name} sent the draft as it was."
    because = CODES.get(disposition.reason_code, disposition.reason_code).lower()
    if disposition.kind == Disposition.Kind.REJECT:
        return f"{disposition.reviewer_name} rejected the draft: {because}."
    return f"{disposition.reviewer_name} changed the draft before it went out: {because}."
