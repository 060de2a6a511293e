"""A workflow with labelled cases, without release or models: what the workbench stands on."""

from collections.abc import Iterable

from apps.cases.submission import Submission
from apps.evaluations.labels import Expected, Labelled
from apps.tenants.actors import SYSTEM
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow

SUBJECTS = ("boots", "tent", "lamp", "stove", "rope", "map", "jacket", "bottle", "compass", "bag")


def shop(slug: str = "shop") -> Workflow:
    return create_workflow(actor=SYSTEM, slug=slug, title="Shop", owner="dora@cast.example", case_prefix="S")


def labelled(number: int, case_type: str = "refund", *, text: str = "") -> Labelled:
    subject = SUBJECTS[number % len(SUBJECTS)]
    words = text or f"My {subject} number {number} came broken, and I have waited {number * 7} days for {case_type}."
    return Labelled(Submission(external_id=f"L-{number}", text=words), Expected(case_type=case_type), ())


def many(count: int, types: Iterable[str] = ("refund", "return")) -> list[Labelled]:
    names = tuple(types)
    return [labelled(number, names[number % len(names)]) for number in range(count)]
