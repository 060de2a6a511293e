"""Action: a typed proposal. What to decide comes from a table over trusted facts; how to say it, from a drafter.

Untrusted text has no power here: it can change neither the decision, nor an amount, nor a recipient.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from apps.cases.layers.grounding import verify
from apps.cases.layers.types import (
    ActionResult,
    CaseInput,
    Claim,
    ContextResult,
    Decision,
    Draft,
    DraftRequest,
    IntakeResult,
    PlannedEffect,
    Ports,
    Release,
)
from apps.taxonomies.content import DecisionRow
from apps.taxonomies.decisions import MissingFact, choose, fill


class Refused(ValueError):
    """A plan that the release does not grant: a defect of the configuration, never retried."""


def run(case: CaseInput, release: Release, ports: Ports, intake: IntakeResult, context: ContextResult) -> ActionResult:
    kind = release.taxonomy.case_type(intake.case_type.value)
    if kind is None:
        why = "No type of this workflow fits, so nothing is proposed."
        return ActionResult(claims=(), decision=None, effects=(), reasoning=why, drafter="", prompt="", confidence=0.0)
    facts = {fact.name: fact.value for fact in context.facts}
    choice = choose(kind, facts)
    row = choice.row
    decision = Decision(slug=row.slug, title=row.title, impact=row.impact, why=choice.why)
    effects = tuple(plan_effects(row, facts, release))
    request = DraftRequest(
        case=case,
        intake=intake,
        context=context,
        decision=decision,
        decisions=tuple((each.slug, each.title) for each in kind.decisions),
        say=row.say,
        opening=kind.opening,
        closing=kind.closing,
    )
    draft, claims, repaired = _draft_verified(request, ports)
    return ActionResult(
        claims=claims,
        decision=decision,
        effects=effects,
        reasoning=draft.reasoning,
        drafter=release.routes["action"],
        prompt=draft.prompt,
        exchanges=(draft.exchange,) if draft.exchange else (),
        dissent=draft.decision if draft.decision and draft.decision != row.slug else "",
        repaired=repaired,
        confidence=draft.confidence,
    )


def plan_effects(row: DecisionRow, facts: Mapping[str, str], release: Release) -> Iterator[PlannedEffect]:
    """The decision's effects with parameters from trusted facts.

    Raises Refused for an operation that the release does not grant, and for a fact that is missing.
    """
    for template in row.effects:
        operation = f"{template.system}.{template.operation}"
        if operation not in release.grants:
            raise Refused(f"The release does not grant {operation}.")
        try:
            params = {name: fill(value, facts) for name, value in template.params.items()}
            summary = fill(template.summary, facts)
        except MissingFact as missing:
            raise Refused(f"{operation} cannot be planned: {missing}") from None
        yield PlannedEffect(
            system=template.system,
            operation=template.operation,
            params=params,
            object=",".join(f"{name}:{value}" for name, value in sorted(params.items()) if name != "amount"),
            summary=summary,
            amount=_amount(params.get("amount")),
        )


def _amount(value: str | None) -> Decimal | None:
    if value is None:
        return None
    try:
        return Decimal(value)
    except InvalidOperation:
        raise Refused(f"{value!r} is not an amount.") from None


def _draft_verified(request: DraftRequest, ports: Ports) -> tuple[Draft, tuple[Claim, ...], bool]:
    """A draft and its verified claims. One bounded repair; what is still wrong then, a person sees."""
    draft = ports.draft(request)
    claims = verify(draft.claims, request.context.passages, request.context.facts)
    problems = tuple(f"“{claim.text}” {claim.problem}" for claim in claims if not claim.grounded)
    if not problems:
        return draft, claims, False
    second = ports.draft(replace(request, problems=problems))
    repaired = verify(second.claims, request.context.passages, request.context.facts)
    if sum(not claim.grounded for claim in repaired) >= len(problems):
        return draft, claims, False
    return second, repaired, True
