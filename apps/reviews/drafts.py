"""The proposal that a person sees, and what becomes of it when they reword it."""

from collections.abc import Mapping

from apps.cases.layers.types import ActionResult, Claim, ContextResult
from apps.cases.models import Case
from apps.reviews.four_eyes import first_approval
from apps.reviews.models import Disposition
from apps.reviews.regrounding import reground


def proposal_of(case: Case) -> ActionResult | None:
    """As it stands: where the first of two people has approved, with the claims as they left them."""
    return proposal_left_by(first_approval(case), case)


def proposal_left_by(first: Disposition | None, case: Case) -> ActionResult | None:
    """The same, where it is known whether there is a first of two."""
    step = case.steps.filter(layer=Case.Layer.ACTION, revision=case.revision).first()
    return as_left(ActionResult.model_validate(step.result), first) if step else None


def as_left(proposal: ActionResult, first: Disposition | None) -> ActionResult:
    """The proposal with the claims as the first of two people left them, if one has approved it."""
    if first is None:
        return proposal
    return proposal.model_copy(update={"claims": tuple(Claim.model_validate(claim) for claim in first.claims)})


def context_of(case: Case) -> ContextResult | None:
    step = case.steps.filter(layer=Case.Layer.CONTEXT, revision=case.revision).first()
    return ContextResult.model_validate(step.result) if step else None


def edited_claims(case: Case, proposal: ActionResult, edits: Mapping[int, str]) -> tuple[Claim, ...]:
    """The claims with the texts at `edits`' positions replaced and checked again; an empty text drops its claim.

    What a person writes is theirs: a reworded claim that no source covers is kept, and keeps the flag that says so.
    """
    texts = {position: text.strip() for position, text in edits.items()}
    if all(
        proposal.claims[position].text == text for position, text in texts.items() if position < len(proposal.claims)
    ):
        return proposal.claims
    context = context_of(case)
    return tuple(
        claim if texts.get(position, claim.text) == claim.text else reground(claim, texts[position], context)
        for position, claim in enumerate(proposal.claims)
        if texts.get(position, claim.text)
    )
