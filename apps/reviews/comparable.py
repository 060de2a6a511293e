"""Cases like this one that people have decided: what they did, and what they changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from apps.cases.layers.types import ActionResult, Claim
from apps.cases.models import Case, Step
from apps.cases.statements import execute
from apps.reviews.models import Disposition
from apps.reviews.queue import MOST, Tally
from apps.reviews.reasons import CODES

COMPARED = 2_000  # decided last, of the same case type: what bounds the time that this takes
RECENT = timedelta(days=60)
SHORT = 90  # characters of a sentence that was changed

# The case's own type is asked for as one value, so that those decided last come in the order of the index.
NEAREST = """
WITH own AS (SELECT encoder, case_type, embedding FROM cases_casevector WHERE case_id = %(case)s),
compared AS (
    SELECT case_id, embedding <=> (SELECT embedding FROM own) AS distance FROM cases_casevector
    WHERE case_type = (SELECT case_type FROM own) AND encoder = (SELECT encoder FROM own)
        AND decided_at IS NOT NULL AND case_id <> %(case)s
    ORDER BY decided_at DESC LIMIT %(compared)s),
nearest AS (SELECT case_id, distance FROM compared ORDER BY distance LIMIT %(n)s),
recent AS (
    SELECT FROM cases_casevector
    WHERE case_type = (SELECT case_type FROM own) AND decided_at >= now() - %(recent)s LIMIT %(most)s)
SELECT counted.recent, nearest.case_id, 1 - nearest.distance AS likeness
FROM (SELECT count(*) AS recent FROM recent) AS counted LEFT JOIN nearest ON true ORDER BY nearest.distance
"""


@dataclass(frozen=True)
class Comparable:
    case: Case
    disposition: Disposition
    changed: str  # “left out: …”, “reworded: …”, or "" where nothing was
    likeness: float  # cosine of the angle between their meanings, 1 for the same words

    @property
    def verdict(self) -> tuple[str, str]:
        """Tone and words of its tag."""
        match self.disposition.kind:
            case Disposition.Kind.APPROVE:
                return "good", "approved"
            case Disposition.Kind.EDIT:
                return "warn", f"fixed: {CODES.get(self.disposition.reason_code, 'reworded').lower()}"
            case _:
                return "bad", f"rejected: {CODES.get(self.disposition.reason_code, 'no reason').lower()}"


@dataclass(frozen=True)
class Comparison:
    nearest: list[Comparable]
    recent: Tally  # decided by people in the last 60 days, of the same case type


def nearest(case: Case, n: int = 5) -> Comparison:
    """The `n` cases nearest by meaning among those of the same type that people decided. Three queries at most."""
    asked = {"case": case.pk, "n": n, "compared": COMPARED, "recent": RECENT, "most": MOST + 1}
    rows = execute(NEAREST, asked)
    likeness = {row["case_id"]: row["likeness"] for row in rows if row["case_id"]}
    return Comparison(_told(likeness) if likeness else [], Tally(rows[0]["recent"]))


def _told(likeness: Mapping[UUID, float]) -> list[Comparable]:
    last = {
        each.case_id: each
        for each in Disposition.objects.filter(case__in=likeness, undone_at=None, kind__in=Disposition.FINAL)
        .select_related("case")
        .only("kind", "revision", "reason_code", "reviewer_name", "claims", "case__number", "case__title", "case__text")
        .order_by("created_at")
    }
    proposed = _proposed([each for each in last.values() if each.kind == Disposition.Kind.EDIT])
    return [
        Comparable(last[pk].case, last[pk], _changed(last[pk], proposed.get(pk, ())), like)
        for pk, like in likeness.items()
        if pk in last
    ]


def _proposed(edited: Sequence[Disposition]) -> dict[UUID, tuple[Claim, ...]]:
    wanted = {(each.case_id, each.revision) for each in edited}
    steps = Step.objects.filter(case__in=[pk for pk, _ in wanted], layer=Case.Layer.ACTION) if wanted else ()
    return {
        step.case_id: ActionResult.model_validate(step.result).claims
        for step in steps
        if (step.case_id, step.revision) in wanted
    }


def _changed(disposition: Disposition, proposed: Sequence[Claim]) -> str:
    """What became of the draft, by the first sentence that is not as it was."""
    before, after = [claim.text for claim in proposed], [claim["text"] for claim in disposition.claims]
    gone, came = [text for text in before if text not in after], [text for text in after if text not in before]
    if gone and not came:
        return f"left out: “{_short(gone[0])}”"
    return f"reworded: “{_short(came[0])}”" if came and gone else ""


def _short(text: str) -> str:
    return text if len(text) <= SHORT else f"{text[: SHORT - 1].rsplit(' ', 1)[0]}…"
