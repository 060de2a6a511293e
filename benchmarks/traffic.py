"""Cases for Northgate, the demo's retailer, as its own demo files have them or made alike by the thousand."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic, sleep

from apps.cases.admission import NotAdmitted, admit, admit_batch
from apps.cases.models import Case
from apps.cases.submission import Submission
from apps.evaluations.labels import read_labelled
from apps.tenants.actors import SYSTEM
from apps.tenants.schemas import in_schema
from apps.workflows.models import Workflow
from demo.seeding import seed
from demo.world import DemoTenant, tenants

LOOK_SECONDS = 0.02
STUCK_SECONDS = 40.0


class Stuck(RuntimeError):
    """Cases do not come to rest; what is measured would mean nothing."""


def northgate() -> DemoTenant:
    return next(tenant for tenant in tenants() if tenant.slug == "northgate")


@contextmanager
def seeded() -> Iterator[DemoTenant]:
    """Northgate with its first release, and the current schema set to its own."""
    tenant = northgate()
    seed(tenant, lambda _: None)
    with in_schema(tenant.schema_name):
        yield tenant


def demo_cases(tenant: DemoTenant, count: int) -> list[Submission]:
    return [read_labelled(row).submission for row, _ in zip(tenant.cases(), range(count), strict=False)]


def made_cases(first: int, count: int) -> list[Submission]:
    """Each from a person of its own, so that no key of theirs is at hand already."""
    text = "May I send back the boots that I bought last week? They are too small for me, and I have not worn them."
    return [
        Submission(external_id=f"B-{number}", customer=f"B-{number}", text=text)
        for number in range(first, first + count)
    ]


def send_in(tenant: DemoTenant, submissions: Sequence[Submission], *, batch: int) -> None:
    """Admit the cases one by one, as the REST door does, or `batch` at a time, as a file of cases comes in."""
    workflow = Workflow.objects.select_related("production").get(slug=tenant.workflow.slug)
    if batch == 1:
        for submission in submissions:
            admit(actor=SYSTEM, workflow=workflow, submission=submission, region=tenant.region)
        return
    for start in range(0, len(submissions), batch):
        part = submissions[start : start + batch]
        for answer in admit_batch(actor=SYSTEM, workflow=workflow, submissions=part, region=tenant.region):
            if isinstance(answer, NotAdmitted):
                raise answer


def wait_until_all_rest() -> None:
    """Raises Stuck when none comes to rest for a while."""
    left, since = unfinished(), monotonic()
    while left:
        sleep(LOOK_SECONDS)
        before, left = left, unfinished()
        if left != before:
            since = monotonic()
        elif monotonic() - since > STUCK_SECONDS:
            raise Stuck(f"{left} cases have not come to rest for {STUCK_SECONDS:.0f} s.")


def unfinished() -> int:
    return Case.objects.filter(state=Case.State.OPEN).count()
