"""The periodic review of the log: each week is read by somebody who signs for it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.audit.entries import record
from apps.audit.models import Checkpoint, Entry
from apps.compliance.evidence import Look
from apps.compliance.framework_models import LogReview
from apps.compliance.signatures import Signable, identify, write_signature
from apps.tenants.actors import Actor

WEEK = timedelta(days=7)
GRACE = timedelta(days=7)  # after a week's end; then its review is overdue
MEANING = "I have reviewed the log of this week."
MOST = 53  # weeks back that are looked at


class NotReviewable(ValueError):
    """The week cannot be signed for. The message says why."""


@dataclass(frozen=True)
class Week:
    begin: date  # a Monday, UTC
    review: LogReview | None

    @property
    def end(self) -> date:
        return self.begin + WEEK

    @property
    def overdue(self) -> bool:
        return self.review is None and timezone.now().date() >= self.end + GRACE

    @property
    def look(self) -> Look:
        return Look(_midnight(self.begin), _midnight(self.end))


def weeks_due(begin: datetime, end: datetime) -> list[Week]:
    """Weeks of the log that ended within the period, the newest first; at most a year of them."""
    oldest = Entry.objects.order_by("id").first()
    if oldest is None:
        return []
    first = monday(max(oldest.at, begin - WEEK).date())
    last = monday(min(end, timezone.now()).date()) - WEEK
    reviews = {
        review.begin: review for review in LogReview.objects.filter(begin__gte=first).select_related("signature")
    }
    weeks: list[Week] = []
    while last >= first and len(weeks) < MOST:
        if _midnight(last + WEEK) > begin:
            weeks.append(Week(last, reviews.get(last)))
        last -= WEEK
    return weeks


def overdue_weeks() -> list[Week]:
    now = timezone.now()
    return [week for week in weeks_due(now - MOST * WEEK, now) if week.overdue]


def review_week(*, actor: Actor, begin: date, findings: str, password: str, email: str | None = None) -> LogReview:
    """Sign for a week that has ended. Raises NotReviewable and SignatureRefused."""
    if begin != monday(begin) or _midnight(begin + WEEK) > timezone.now():
        raise NotReviewable("A week is reviewed after its last day.")
    if not findings.strip():
        raise NotReviewable("Say what you looked at and what you found, or that nothing stood out.")
    if LogReview.objects.filter(begin=begin).exists():
        raise NotReviewable("This week has been signed for already.")
    identify(actor=actor, record=f"log_review:{begin}", password=password, email=email)
    try:
        return _write(actor, begin, findings.strip(), 1 if email is None else 2)
    except IntegrityError as error:
        raise NotReviewable("Somebody else has signed for this week in the meantime.") from error


@transaction.atomic
def _write(actor: Actor, begin: date, findings: str, components: int) -> LogReview:
    week = Week(begin, None)
    entries, newest = week.look.entries().count(), Checkpoint.objects.order_by("-tree_size").first()
    root, size = (bytes(newest.root).hex(), newest.tree_size) if newest else ("", 0)
    shown = Signable(
        f"log_review:{begin}",
        {
            "begin": str(begin), "end": str(week.end), "entries": entries,
            "tree_size": size, "root": root, "findings": findings,
        },
    )  # fmt: skip
    signature = write_signature(actor=actor, record=shown, meaning=MEANING, components=components)
    review = LogReview.objects.create(
        begin=begin, end=week.end, entries=entries, tree_size=size, root=root, findings=findings, signature=signature
    )
    record(
        actor=actor,
        action="log.reviewed",
        object=f"log_review:{review.pk}",
        after={"begin": str(begin), "entries": entries, "tree_size": size, "signature": str(signature.pk)},
    )
    return review


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
