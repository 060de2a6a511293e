"""What came before now, when, and which release took it.

A past that is longer than the written cases last has some of them twice: the second time in its older half.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from apps.cases.submission import Submission
from apps.evaluations.labels import Labelled, read_labelled
from apps.workflows.models import Release, Workflow
from apps.workflows.traffic import standing_under
from demo import traffic
from demo.desk import OFFICE_HOURS
from demo.world import DemoTenant

GROWTH = 1.2  # above 1 the later weeks have more cases than the earlier ones
BUSIER = 0.4  # of the cases of a bad stretch, so many more
AGAIN = "-2"  # ends the sender's own number of a case that is told of twice


@dataclass(frozen=True)
class Past:
    """One case of the past: what came, when, and by which release it was worked."""

    labelled: Labelled
    received: datetime
    number: str
    release: Release
    arm: str

    @property
    def submission(self) -> Submission:
        return self.labelled.submission.model_copy(update={"received_at": self.received})


def chosen(tenant: DemoTenant) -> list[Labelled]:
    """Cases that do not come in now, in an order that the tenant's name decides; the oldest first."""
    now = {each.external_id for each in traffic.chosen(tenant)}
    rest = [each for each in map(read_labelled, tenant.cases()) if each.submission.external_id not in now]
    Random(tenant.slug).shuffle(rest)  # noqa: S311 - the same world each time, no secret
    wanted = tenant.history.cases
    return [*map(_again, rest[: max(0, wanted - len(rest))]), *rest[:wanted]]


def _again(labelled: Labelled) -> Labelled:
    own = labelled.submission
    return labelled._replace(submission=own.model_copy(update={"external_id": f"{own.external_id}{AGAIN}"}))


def planned(
    tenant: DemoTenant, workflow: Workflow, numbers: Sequence[str], begin: datetime, end: datetime
) -> list[Past]:
    """The oldest first, each by the release that took it under the plan of its time."""
    plans = [(plan.created_at, standing_under(workflow, plan)) for plan in workflow.plans.order_by("version")]
    rows, came = [], chosen(tenant)
    times = _times(tenant, len(came), begin, end)
    for labelled, received, number in zip(came, times, numbers, strict=True):
        asked = labelled.submission
        then = next((going for since, going in reversed(plans) if since <= received), plans[0][1])
        routed = then.route(asked.customer or asked.external_id, set(), received)
        rows.append(Past(labelled, received, number, routed.release, routed.arm))
    return rows


def _times(tenant: DemoTenant, number: int, begin: datetime, end: datetime) -> list[datetime]:
    """Most in office hours, few at night, fewer at the weekend; more of late, and more in a bad stretch."""
    chance, found = Random(f"{tenant.slug} came"), list[datetime]()  # noqa: S311
    while len(found) < number:
        at = end - (end - begin) * chance.random() ** GROWTH
        busy = (1.0 if OFFICE_HOURS[0] <= at.hour < OFFICE_HOURS[1] else 0.2) * (1.0 if at.weekday() < 5 else 0.3)
        if chance.random() * (1 + BUSIER) < busy * (1 + BUSIER * tenant.history.is_bad(end - at)):
            found.append(at)
    return sorted(found)
