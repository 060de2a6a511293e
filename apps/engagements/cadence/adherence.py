"""How well the cadence is kept: of the rituals that were due in the last quarter, how many were held, and by whom."""

from dataclasses import dataclass

from apps.engagements.cadence.calendar_of_run import QUARTER, Occurrence, occurrences
from apps.engagements.cadence_models import Ritual
from apps.engagements.engagement_models import Engagement
from apps.evaluations.review_quality import Rate
from apps.reviews import calendars
from apps.tenants.capabilities import Role


@dataclass(frozen=True)
class Adherence:
    """Over those that can no longer be held in time: today's is not asked for yet."""

    due: int
    held: int
    late: int
    skipped: int
    missed: int  # with those that are overdue

    @property
    def in_time(self) -> Rate:
        return Rate(self.held, self.due)


def adherence(engagement: Engagement) -> Adherence:
    past = past_ones(engagement)
    states = [each.state for each in past]
    held, late, skipped = (states.count(state) for state in ("held", "late", "skipped"))
    return Adherence(len(past), held, late, skipped, len(past) - held - late - skipped)


def past_ones(engagement: Engagement) -> list[Occurrence]:
    today = calendars.today()
    return [each for each in occurrences(engagement, today - QUARTER, today) if each.state not in ("ahead", "due")]


def held_by_client(engagement: Engagement, ritual: Ritual) -> int:
    """How many of the last quarter were held by somebody who is not of the delivery team."""
    held = [each.record for each in past_and_today(engagement) if each.ritual == ritual and each.record]
    return sum(each.held and each.by_role != Role.CONSULTANT for each in held)


def past_and_today(engagement: Engagement) -> list[Occurrence]:
    today = calendars.today()
    return occurrences(engagement, today - QUARTER, today)
