"""What a blind review came to, beside what the machine or another person had done."""

from dataclasses import dataclass

from apps.cases.reading import headline
from apps.reviews.models import BlindReview
from apps.tenants.actors import Actor

LATEST = 20
WORDS = {"approve": "send it as it is", "edit": "change it first", "reject": "reject it"}
DONE = {"approve": "sent it as it was", "edit": "changed it first", "reject": "rejected it"}


@dataclass(frozen=True)
class Compared:
    review: BlindReview
    headline: str
    other: str  # what was done, or is right, in a sentence
    agrees: bool

    @property
    def said(self) -> str:
        return WORDS[self.review.verdict]


def compared(review: BlindReview) -> Compared:
    """Of a decided one, with `case` and `first` at hand."""
    other, agrees = _against(review)
    return Compared(review, headline(review.case), other, agrees)


def mine(actor: Actor) -> list[Compared]:
    """The person's own, newest first."""
    own = BlindReview.objects.filter(reviewer_id=actor.id).select_related("case", "first")
    return [compared(each) for each in own[:LATEST]]


def agreed(review: BlindReview) -> bool:
    return _against(review)[1]


def _against(review: BlindReview) -> tuple[str, bool]:
    approved = review.verdict == BlindReview.Verdict.APPROVE
    if review.kind == BlindReview.Kind.SAMPLE:
        return "The machine had cleared it by itself.", approved
    if review.kind == BlindReview.Kind.KNOWN:
        sound = bool(review.expected.get("sound"))
        right = "The labelled set agrees with the draft." if sound else "The labelled set says something else."
        return right, approved is sound
    first = review.first
    if first is None:  # the database has none of this kind without it
        raise ValueError(f"{review.pk} has no first decision.")
    return f"{first.reviewer_name} {DONE[first.kind]}.", first.kind == review.verdict
