"""What the reviewer's pages show: rows of the queue, and a case with its draft and evidence side by side."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from apps.cases.layers.types import Claim, ContextResult, Tag
from apps.cases.models import Case
from apps.cases.reading import Layers, case_types, headline, layers_of, marked_text
from apps.cases.strip import Cell, strip
from apps.connectors.models import Effect
from apps.connectors.selectors import effects_of
from apps.prompts.diff import Row as DiffRow
from apps.prompts.diff import compare_texts
from apps.reviews.drafts import as_left
from apps.reviews.evidence import Evidence, evidence_of
from apps.reviews.models import Disposition
from apps.reviews.queue import REASONS
from apps.reviews.regrounding import reground
from apps.tenants.capabilities import Role


@dataclass(frozen=True)
class ClaimView:
    position: int
    claim: Claim  # as it stands in its field while it is edited, checked
    sources: list[int]  # numbers of the evidence that it cites
    proposed: str  # what would be sent there

    @property
    def change(self) -> list[DiffRow]:
        """What was reworded; empty where nothing was."""
        return compare_texts(self.proposed, self.claim.text)

    @property
    def verdict(self) -> tuple[str, str]:
        """Tone and words of its tag."""
        if not self.claim.text.strip():
            return "plain", "left out"
        if not self.claim.grounded:
            return "bad", "no source" if not self.claim.citations else "not covered"
        return {"courtesy": ("plain", "courtesy"), "fact": ("good", "from records")}.get(
            self.claim.kind, ("good", "grounded")
        )


@dataclass(frozen=True)
class Record:
    """What a system of record says about one thing: “Order”, and its values by their titles."""

    title: str
    system: str
    facts: list[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """One answer of intake: “Case type”, “Return”, and the tag behind it."""

    title: str
    value: str
    tag: Tag


@dataclass(frozen=True)
class CaseView:
    case: Case
    headline: str
    case_type: str
    layers: Layers
    strip: list[Cell]
    reason: str
    pieces: list[tuple[str, str]]
    answers: list[Answer]
    records: list[Record]
    claims: list[ClaimView]
    evidence: list[Evidence]
    effects: list[Effect]
    dispositions: list[Disposition]
    first: Disposition | None = None  # of two approvals, while the second is waited for
    titles: dict[str, str] = field(default_factory=dict)

    @property
    def alternatives(self) -> list[tuple[str, float]]:
        """The next most likely case types that are at all likely."""
        found = self.layers.intake.alternatives if self.layers.intake else ()
        return [(self.titles.get(slug, slug.replace("_", " ")), share) for slug, share in found[:2] if share >= 0.01]

    @property
    def decider(self) -> str:
        """Who may decide it, in words."""
        if self.case.escalated_to:
            return f"the {_role(self.case.escalated_to)}"
        return "a senior reviewer or the decision owner" if self.case.reserved else "any operator"

    @property
    def outcome(self) -> Disposition | None:
        final = [each for each in self.dispositions if each.kind in Disposition.FINAL]
        return final[-1] if final else None

    @property
    def sent_change(self) -> list[DiffRow]:
        """What the person changed of the draft, sentence by sentence; empty where nothing was."""
        edited = self.outcome is not None and self.outcome.kind == Disposition.Kind.EDIT
        return self._change(self.outcome) if edited else []

    @property
    def first_change(self) -> list[DiffRow]:
        """What the first of two people changed of the machine's draft; empty where nothing was."""
        return self._change(self.first) if self.first and self.first.reason_code else []

    @property
    def worded_by(self) -> str:
        """Who changed what was sent: with two people, the one whose approval was checked."""
        if self.outcome is None:
            return ""
        checked = [each for each in self.dispositions if each.pk == self.outcome.checks_id]
        return (checked or [self.outcome])[0].reviewer_name

    def _change(self, by: Disposition | None) -> list[DiffRow]:
        if by is None or self.layers.action is None:
            return []
        proposed = "\n".join(claim.text for claim in self.layers.action.claims)
        return compare_texts(proposed, "\n".join(claim["text"] for claim in by.claims))

    @property
    def escalation(self) -> Disposition | None:
        handed = [each for each in self.dispositions if each.kind == Disposition.Kind.ESCALATE]
        return handed[-1] if handed and self.case.escalated_to else None


def view_of(case: Case, typed: Mapping[int, str] | None = None) -> CaseView:
    """Everything that the case's page shows. `typed` are texts of claims that somebody is editing."""
    layers = layers_of(case)
    titles = case_types([case.release_id])
    dispositions = list(case.dispositions.filter(undone_at=None))
    first = _first(case, dispositions)
    proposed = as_left(layers.action, first).claims if layers.action else ()
    evidence = evidence_of(layers.context, proposed)
    numbers = {each.passage.id: each.number for each in evidence}
    edited = typed or {}
    return CaseView(
        case=case,
        headline=headline(case),
        case_type=titles.get(case.case_type, case.case_type.replace("_", " ")),
        layers=layers,
        strip=strip(case, layers, titles),
        reason=REASONS.get(
            "escalated" if case.escalated_to else layers.review.rule if layers.review else "machine", ""
        ),
        pieces=marked_text(case.text, layers.intake.fields if layers.intake else ()),
        answers=_answers(layers, titles),
        records=_records(layers.context),
        claims=[
            claim_view(position, claim, edited.get(position, claim.text), layers.context, numbers)
            for position, claim in enumerate(proposed)
        ],
        evidence=evidence,
        effects=list(effects_of(case.pk)),
        dispositions=dispositions,
        first=first,
        titles=titles,
    )


def _first(case: Case, dispositions: Sequence[Disposition]) -> Disposition | None:
    """The approval that waits to be checked: what it says is what would be sent."""
    if case.state != Case.State.REVIEW:
        return None
    made = [each for each in dispositions if each.kind == Disposition.Kind.PROPOSE and each.revision == case.revision]
    return made[0] if made else None


def claim_view(
    position: int, proposed: Claim, text: str, context: ContextResult | None, numbers: Mapping[str, int]
) -> ClaimView:
    """A sentence of the draft as somebody words it now. `numbers` are those of the evidence, by passage."""
    claim = proposed if text == proposed.text else reground(proposed, text, context)
    cited = sorted({numbers[each.passage] for each in claim.citations if each.passage in numbers})
    return ClaimView(position, claim, cited, proposed.text)


def _answers(layers: Layers, titles: Mapping[str, str]) -> list[Answer]:
    if layers.intake is None:
        return []
    intake = layers.intake
    return [
        Answer("Case type", titles.get(intake.case_type.value, intake.case_type.value), intake.case_type),
        Answer("Urgency", intake.urgency.value, intake.urgency),
        Answer("Mood", intake.sentiment.value, intake.sentiment),
    ]


def _records(context: ContextResult | None) -> list[Record]:
    """The facts by the record that they were read from."""
    found: dict[str, Record] = {}
    for fact in context.facts if context else ():
        name, _, title = fact.name.partition(".")
        record = found.setdefault(name, Record(name.capitalize(), fact.system, []))
        record.facts.append((title.replace("_", " "), _value(fact.value)))
    return list(found.values())


def _value(value: str) -> str:
    if value in {"true", "false"}:
        return "yes" if value == "true" else "no"
    return value.replace(", ", ",").replace(",", ", ").replace("_", " ") if _LIST.fullmatch(value) else value


_LIST = re.compile(r"[a-z_]+(, ?[a-z_]+)+")


def _role(role: str) -> str:
    return Role(role).label.lower() if role in set(Role) else role
