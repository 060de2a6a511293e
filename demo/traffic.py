"""Sends the demo's cases in through the same door as everybody's, and waits until each has come to rest."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from apps.cases.admission import admit
from apps.cases.models import Case
from apps.cases.submission import Submission
from apps.evaluations.labels import read_labelled
from apps.evaluations.models import LabelledCase
from apps.evaluations.splits import plan_splits
from apps.tenants.actors import SYSTEM
from apps.tenants.schemas import in_schema
from apps.workflows.models import Workflow
from demo.world import DemoTenant

CASES = 120  # per tenant
SPREAD = timedelta(hours=30)  # the cases came in over this time, the last one just now
STUCK_SECONDS = 120  # without any case coming to rest, something is wrong
LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Stuck(Exception):
    waiting: int

    def __str__(self) -> str:
        return f"{self.waiting} cases have not come to rest for {STUCK_SECONDS} s. See var/log/worker.log."


def chosen(tenant: DemoTenant) -> list[Submission]:
    """Which cases come in: all that no classifier has learnt from first, so that what is shown was not rehearsed."""
    labelled = [read_labelled(row) for row in tenant.cases()]
    splits = plan_splits({each.submission.external_id: each.expected.case_type for each in labelled}, {})
    submissions = [each.submission for each in labelled]
    unseen = [each for each in submissions if splits[each.external_id] == LabelledCase.Split.HOLDOUT]
    seen = [each for each in submissions if splits[each.external_id] != LabelledCase.Split.HOLDOUT]
    return (unseen + seen)[:CASES]


def send(tenant: DemoTenant, sent: Callable[[], None]) -> None:
    """Admit the tenant's cases; those that came before stay what they are. `sent` is called after each."""
    submissions = chosen(tenant)
    with in_schema(tenant.schema_name):
        workflow = Workflow.objects.select_related("production").get(slug=tenant.workflow.slug)
        known = set(Case.objects.filter(workflow=workflow).values_list("external_id", flat=True))
        first = timezone.now() - SPREAD
        for position, submission in enumerate(submissions, start=1):
            if submission.external_id not in known:
                received = first + SPREAD * position / len(submissions)
                admit(
                    actor=SYSTEM,
                    workflow=workflow,
                    submission=submission.model_copy(update={"received_at": received}),
                    region=tenant.region,
                )
            sent()


def resting(tenants: list[DemoTenant]) -> Iterator[tuple[int, int]]:
    """Cases at rest and in all, again and again until the two are the same. Raises Stuck."""
    last_change, before = time.monotonic(), -1
    while True:
        at_rest = in_all = 0
        for tenant in tenants:
            with in_schema(tenant.schema_name):
                in_all += Case.objects.count()
                at_rest += Case.objects.filter(state__in=Case.RESTING).count()
        yield at_rest, in_all
        if at_rest == in_all:
            return
        if at_rest != before:
            last_change, before = time.monotonic(), at_rest
        elif time.monotonic() - last_change > STUCK_SECONDS:
            raise Stuck(in_all - at_rest)
        time.sleep(LOOK_SECONDS)
