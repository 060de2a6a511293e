"""Cases that a slice took, made without running a layer."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.cases.models import Case, Step, Subject
from apps.workflows import moves
from apps.workflows.models import Release, TrafficPlan, Workflow
from apps.workflows.traffic import current_plan
from tests.charters import actor, candidate, warrant

GROUNDED = ({"text": "Yes.", "kind": "statement", "grounded": True},)


def begin_slice(workflow: Workflow, percent: int = 12) -> Release:
    release = candidate(workflow)
    warrant(release)
    moves.begin_slice(
        actor=actor("decision_owner"), workflow=workflow, release=release, percent=percent, reason="Try it."
    )
    return release


def begun(workflow: Workflow, days: int, percent: int = 12) -> Release:
    """A slice that began so many days ago."""
    release = begin_slice(workflow, percent)
    plan = current_plan(workflow)
    assert plan is not None
    since = (timezone.now() - timedelta(days=days)).isoformat()
    shares = [share | {"since": since} for share in plan.shares]
    TrafficPlan.objects.create(
        workflow=workflow,
        version=plan.version + 1,
        incumbent=plan.incumbent,
        shares=shares,
        move=plan.move,
        reason="The same, dated back.",
    )
    return release


def add_cases(
    workflow: Workflow, release: Release, number: int, *, outcome: str = "approved", case_type: str = "return",
    arm: str = "slice", judged: bool = True, took: int = 1_000_000, admitted: timedelta = timedelta(),
    claims: Sequence[Mapping[str, Any]] = GROUNDED,
) -> list[Case]:  # fmt: skip
    """So many closed cases; `took` microseconds each, admitted that long ago."""
    known = Case.objects.count()
    subjects = [Subject(reference=f"S-{known + each}") for each in range(number)]
    Subject.objects.bulk_create(subjects)
    cases = [
        Case(
            number=f"X-{known + each}",
            workflow=workflow,
            release=release,
            subject=subjects[each],
            external_id=f"x-{known + each}",
            content_sha256="",
            channel="email",
            text="Hello",
            language="en",
            region="EU",
            received_at=timezone.now(),
            state=Case.State.CLOSED,
            layer=Case.Layer.DONE,
            arm=arm,
            case_type=case_type,
            lane="drafted",
            outcome=outcome,
        )
        for each in range(number)
    ]
    Case.objects.bulk_create(cases)
    Case.objects.filter(pk__in=[case.pk for case in cases]).update(admitted_at=timezone.now() - admitted)
    steps = {"action": {"claims": list(claims)}} | ({"review": {}} if judged else {})
    Step.objects.bulk_create(
        Step(
            case=case, layer=layer, revision=1, result=result, started_at=timezone.now(),
            microseconds=took // len(steps),
        )
        for case in cases
        for layer, result in steps.items()
    )  # fmt: skip
    return cases
