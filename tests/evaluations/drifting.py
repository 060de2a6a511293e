"""Cases that a release took over some weeks, with what intake said of them, made without running a layer."""

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from apps.cases.models import Case, Step
from apps.workflows.models import Workflow
from tests.evaluations.slices import add_cases

TEXTS = {
    "refund": "Where is my refund for order 88-10001?",
    "return": "I want to send back my boots.",
    "complaint": "I must complain about the tent.",
    "tax": "Please send me the invoice with your value added tax number for our books.",
}


def take(workflow: Workflow, types: Sequence[str], *, days_ago: float, confidence: float = 0.9) -> list[Case]:
    """Production takes a case of each type, in this order, a minute apart, from so many days ago on."""
    assert workflow.production is not None
    cases = add_cases(workflow, workflow.production, len(types), arm="incumbent")
    begin = timezone.now() - timedelta(days=days_ago)
    for place, (case, kind) in enumerate(zip(cases, types, strict=True)):
        case.case_type, case.text, case.title = kind, f"{TEXTS[kind]} Number {place}.", ""
        case.admitted_at = begin + timedelta(minutes=place)
        case.closed_at = case.admitted_at + timedelta(hours=1)
    Case.objects.bulk_update(cases, ["case_type", "text", "title", "admitted_at", "closed_at"])
    said = {"confidence": confidence, "decided_by": "classifier"}
    Step.objects.bulk_create(
        Step(
            case=case,
            layer=Case.Layer.INTAKE,
            revision=1,
            result={"case_type": {**said, "value": case.case_type}},
            started_at=case.admitted_at,
            microseconds=1,
        )
        for case in cases
    )
    return cases


def mixed(number: int, *kinds: str) -> list[str]:
    return [kinds[place % len(kinds)] for place in range(number)]
