"""What the reviewer's pages show: rows of the queue, and a case with its draft and evidence side by side."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from apps.cases.layers.types import Claim, ContextResult, Passage, Tag
from apps.cases.models import Case
from apps.cases.reading import Layers, case_types, earlier_cases, headline, layers_of, marked_text
from apps.cases.strip import Cell, strip
from apps.connectors.models import Effect
from apps.connectors.selectors import effects_of
from apps.corpora.models import Document
from apps.reviews.models import Disposition
from apps.reviews.queue import REASONS
from apps.tenants.capabilities import Role

SEARCHES = ("words", "meaning", "rerank")  # in the order in which they happen


@dataclass(frozen=True)
class ClaimView:
    position: int
    claim: Claim
    sources: list[int]  # numbers of the evidence that it cites
    typed: str  # what stands in its field while it is edited

    @property
    def verdict(self) -> tuple[str, str]:
        """Tone and words of its tag."""
        if not self.claim.grounded:
            return "bad", "no source" if not self.claim.citations else "not covered"
        return {"courtesy": ("plain", "courtesy"), "fact": ("good", "from records")}.get(
            self.claim.kind, ("good", "grounded")
        )


@dataclass(frozen=True)
class Evidence:
    number: int
    passage: Passage
    pieces: list[tuple[str, bool]]  # the text, and whether a claim quotes these words
    cited: bool
    since: date | None  # when the document took effect; None where the corpus no longer says

    @property
    def why(self) -> str:
        """“words 3rd, meaning 1st, rerank 1st”"""
        ranks = self.passage.ranks
        order = sorted(ranks, key=lambda name: SEARCHES.index(name) if name in SEARCHES else len(SEARCHES))
        return ", ".join(f"{name} {ordinal(ranks[name])}" for name in order)


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
    earlier: list[Case]
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
    def escalation(self) -> Disposition | None:
        handed = [each for each in self.dispositions if each.kind == Disposition.Kind.ESCALATE]
        return handed[-1] if handed and self.case.escalated_to else None


def view_of(case: Case, typed: Mapping[int, str] | None = None) -> CaseView:
    """Everything that the case's page shows. `typed` are texts of claims that somebody is editing."""
    layers = layers_of(case)
    titles = case_types([case.release_id])
    proposed = layers.action.claims if layers.action else ()
    evidence = _evidence(layers.context, proposed)
    numbers = {each.passage.id: each.number for each in evidence}
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
        claims=[_claim(position, claim, numbers, typed) for position, claim in enumerate(proposed)],
        evidence=evidence,
        effects=list(effects_of(case.pk)),
        dispositions=list(case.dispositions.filter(undone_at=None)),
        earlier=list(earlier_cases(case)),
        titles=titles,
    )


def _claim(position: int, claim: Claim, numbers: Mapping[str, int], typed: Mapping[int, str] | None) -> ClaimView:
    cited = sorted({numbers[each.passage] for each in claim.citations if each.passage in numbers})
    return ClaimView(position, claim, cited, (typed or {}).get(position, claim.text))


def _answers(layers: Layers, titles: Mapping[str, str]) -> list[Answer]:
    if layers.intake is None:
        return []
    intake = layers.intake
    return [
        Answer("Case type", titles.get(intake.case_type.value, intake.case_type.value), intake.case_type),
        Answer("Urgency", intake.urgency.value, intake.urgency),
        Answer("Mood", intake.sentiment.value, intake.sentiment),
    ]


def _evidence(context: ContextResult | None, claims: Iterable[Claim]) -> list[Evidence]:
    """The passages, those that the draft cites first and in the order in which it cites them."""
    if context is None:
        return []
    quotes: dict[str, list[str]] = {}
    for citation in (each for claim in claims for each in claim.citations):
        quotes.setdefault(citation.passage, []).append(citation.quote)
    known = {passage.id: passage for passage in context.passages}
    order = [known[name] for name in quotes if name in known]
    order += [passage for passage in context.passages if passage.id not in quotes]
    since = _in_force_since({passage.source for passage in order})
    return [
        Evidence(
            number=number,
            passage=passage,
            pieces=quoted(readable(passage.text), quotes.get(passage.id, ())),
            cited=passage.id in quotes,
            since=since.get((passage.source, passage.version)),
        )
        for number, passage in enumerate(order, start=1)
    ]


def _in_force_since(sources: set[str]) -> dict[tuple[str, int], date]:
    """(document, version) → the first day on which it applies."""
    rows = Document.objects.filter(slug__in=sources).values_list("slug", "version", "effective")
    return {(slug, version): span.lower for slug, version, span in rows if span and span.lower}


def readable(text: str) -> str:
    """A passage without the bars of its tables: “Step · Who · Within”."""
    lines = [line for line in text.splitlines() if not _RULER.fullmatch(line.strip())]
    return "\n".join(
        " · ".join(cell.strip() for cell in line.strip().strip("|").split("|")) if line.startswith("|") else line
        for line in lines
    )


_RULER = re.compile(r"\|[\s|:-]+\|")


def quoted(text: str, quotes: Iterable[str]) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether a quote covers it. White space and typographic variants may differ."""
    covered: list[tuple[int, int]] = []
    for quote in quotes:
        found = re.search(_tolerant(quote), text)
        if found and found.end() > found.start():
            covered.append(found.span())
    pieces: list[tuple[str, bool]] = []
    at = 0
    for start, end in sorted(covered):
        if end > at:
            start = max(start, at)
            pieces += [(text[at:start], False), (text[start:end], True)]
            at = end
    return [piece for piece in [*pieces, (text[at:], False)] if piece[0]]


def _tolerant(quote: str) -> str:
    """A pattern for the quote that overlooks what verification overlooks."""
    same = {"'": "['’‘]", "’": "['’‘]", '"': '["“”]', "“": '["“”]', "”": '["“”]', "-": "[-–—]", "–": "[-–—]"}
    words = quote.replace("*", "").replace("`", "").split()
    return r"[\s*`]+".join("[*`]*".join(same.get(letter, re.escape(letter)) for letter in word) for word in words)


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


def ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
