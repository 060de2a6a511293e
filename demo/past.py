"""Weeks of cases that came, were worked by a release and decided by the demo's people, written at once.

The layers are run for each case as in an evaluation; nothing is sent to a system of record. What is written is closed,
and dated to the past. Each case has one audit entry, which says when it was written and what time it tells of.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from apps.audit.entries import append, prepare, timestamp
from apps.cases.layers.run import expect
from apps.cases.layers.types import ActionResult, IntakeResult, ReviewResult
from apps.cases.loading import load
from apps.cases.models import Case, CaseVector, CaseWords, Step
from apps.cases.subjects import people_of
from apps.evaluations import batches
from apps.evaluations.batches import Evaluated, Outcome
from apps.evaluations.models import LabelledCase, Remembered
from apps.evaluations.runs import asks_model
from apps.inference.local.encoder import default_encoder
from apps.reviews.models import Disposition
from apps.tenants.actors import SYSTEM
from apps.tenants.capabilities import Role
from apps.tenants.schemas import in_schema
from apps.workflows.models import Release, Workflow
from demo import arrivals, clock, traffic
from demo.arrivals import AGAIN, Past
from demo.desk import Desk
from demo.people import actors
from demo.world import DemoTenant

BATCH = 24


class Batch(batches.Batch):
    """Keeps what each layer found, for the steps of a case."""

    def __init__(self, release: Release, as_of: datetime, region: str) -> None:
        encoder = default_encoder(settings.MODEL_DIR)
        super().__init__(load(release.pk), encoder, as_of.date(), region, 1)
        self.kept: dict[str, Evaluated] = {}

    def _outcome(self, each: Evaluated, costs: object) -> Outcome:
        made = super()._outcome(each, costs)  # type: ignore[arg-type]
        self.kept[each.row.external_id] = each
        return made


def reserve(tenant: DemoTenant) -> list[str]:
    """Numbers for the cases of the past, before newer ones are admitted. Empty when they are there already."""
    with in_schema(tenant.schema_name):
        ids = [each.submission.external_id for each in arrivals.chosen(tenant)]
        production = Workflow.objects.get(slug=tenant.workflow.slug).production
        there = Case.objects.filter(external_id__in=ids).exists()
        if there or production is None or asks_model(production):  # asking a hosted model costs money
            return []
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('cases_case_number') FROM generate_series(1, %s)", [len(ids)])
            return [f"{tenant.workflow.case_prefix}-{number}" for (number,) in cursor.fetchall()]


def bring_over(tenant: DemoTenant, numbers: Sequence[str]) -> None:
    """Write the weeks before now. `numbers` are those that `reserve` gave; none, and there is nothing to do."""
    if not numbers:
        return
    with in_schema(tenant.schema_name):
        workflow = Workflow.objects.select_related("production").get(slug=tenant.workflow.slug)
        end = timezone.now() - traffic.SPREAD
        begin = end - timedelta(weeks=tenant.history.weeks)
        rows = arrivals.planned(tenant, workflow, numbers, begin, end)
        worked = _worked(rows, tenant.region, end)
        with clock.telling(workflow.slug, begin, end):
            _write(tenant, workflow, rows, worked, begin, end)


def _worked(rows: Sequence[Past], region: str, as_of: datetime) -> dict[str, Evaluated]:
    """What each case's release makes of it, by the real layers; those that the machine gave up are left out.

    Documents and records are read as they are at `as_of`: the systems of record keep no past.
    """
    found: dict[str, Evaluated] = {}
    for release in {row.release for row in rows}:
        batch = Batch(release, as_of, region)
        own = [_as_labelled(row) for row in rows if row.release == release]
        for first in range(0, len(own), BATCH):
            batch.evaluate(own[first : first + BATCH])
            Remembered.objects.bulk_create(batch.memory.forget_batch(), ignore_conflicts=True)
        found |= batch.kept
    return {name: each for name, each in found.items() if not each.problem}


def _as_labelled(row: Past) -> LabelledCase:
    submission = row.labelled.submission
    return LabelledCase(
        external_id=submission.external_id,
        submission=submission.model_dump(mode="json"),
        expected=row.labelled.expected.model_dump(mode="json"),
    )


def _write(
    tenant: DemoTenant,
    workflow: Workflow,
    rows: Sequence[Past],
    worked: dict[str, Evaluated],
    begin: datetime,
    until: datetime,
) -> None:
    rows = [row for row in rows if row.labelled.submission.external_id in worked]
    people = people_of([row.submission for row in rows])
    operators, seniors = actors(Role.OPERATOR), actors(Role.SENIOR_REVIEWER)
    desk = Desk(workflow.slug, tenant.history, operators, seniors, begin, until)
    examples: list[tuple[Disposition, str]] = []
    for row, person in zip(rows, people, strict=True):
        if person is None:
            continue
        layers = worked[row.submission.external_id]
        gate = expect(ReviewResult, layers.layers["review"])
        decision = expect(ActionResult, layers.layers["action"]).decision
        if gate.impact == "high" or decision is None:  # takes two people, or has no proposal to decide on
            continue
        with clock.at(row.received):
            case = _case(workflow, row, layers, person.subject, tenant.region)
            decided = None if gate.route == "automatic" else desk.decide(case, row.labelled, layers)
            if gate.route != "automatic" and decided is None:  # nobody was there any more
                continue
            _close(case, decided)
            _steps(case, row, layers)
        _entry(workflow, case, decided)
        if decided and not row.submission.external_id.endswith(AGAIN):
            examples.append((decided, layers.case.words))
    for made in desk.made():
        with clock.at(made.created_at):
            made.save(force_insert=True)
    _remember(examples)


def _remember(examples: Sequence[tuple[Disposition, str]]) -> None:
    """What the decided cases mean, so that the case page shows them beside one that is like them."""
    encoder = default_encoder(settings.MODEL_DIR)
    for first in range(0, len(examples), BATCH):
        some = examples[first : first + BATCH]
        vectors, _ = encoder.both([words for _, words in some])
        CaseVector.objects.bulk_create(
            CaseVector(
                case_id=made.case_id,
                encoder=encoder.fingerprint,
                case_type=made.case.case_type,
                embedding=vector.tolist(),
                decided_at=made.created_at,
            )
            for (made, _), vector in zip(some, vectors, strict=True)
        )


def _case(workflow: Workflow, row: Past, layers: Evaluated, subject: UUID, region: str) -> Case:
    intake, gate = expect(IntakeResult, layers.layers["intake"]), expect(ReviewResult, layers.layers["review"])
    decision = expect(ActionResult, layers.layers["action"]).decision
    asked = row.submission
    return Case(
        number=row.number,
        workflow=workflow,
        release=row.release,
        subject_id=subject,
        external_id=asked.external_id,
        content_sha256=asked.fingerprint(),
        channel=asked.channel,
        customer=asked.customer,
        title=asked.subject,
        text=asked.text,
        language=asked.language,
        region=asked.region or region,
        consent=asked.consent,
        received_at=row.received,
        arm=row.arm,
        state=Case.State.CLOSED,
        layer=Case.Layer.DONE,
        case_type=intake.case_type.value,
        urgency=intake.urgency.value,
        sentiment=intake.sentiment.value,
        band=gate.band,
        lane=gate.lane,
        impact=gate.impact,
        reason=gate.reason[:400],
        decision=decision.slug if decision else "",
        reserved=gate.route == "reserved",
        in_review_since=None if gate.route == "automatic" else row.received,
    )


def _close(case: Case, decided: Disposition | None) -> None:
    outcomes = {
        Disposition.Kind.APPROVE: Case.Outcome.APPROVED,
        Disposition.Kind.EDIT: Case.Outcome.EDITED,
        Disposition.Kind.REJECT: Case.Outcome.REJECTED,
    }
    case.outcome = outcomes[Disposition.Kind(decided.kind)] if decided else Case.Outcome.AUTOMATIC
    case.closed_at = decided.created_at if decided else case.received_at
    case.save(force_insert=True)
    words = " ".join((case.number, case.external_id, case.customer, case.title, case.text))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {CaseWords._meta.db_table} (case_id, words) VALUES (%s, to_tsvector('simple', %s))",  # noqa: S608, SLF001
            [case.pk, words],
        )


def _steps(case: Case, row: Past, layers: Evaluated) -> None:
    Step.objects.bulk_create(
        Step(
            case=case,
            layer=layer,
            revision=1,
            result=result.model_dump(mode="json"),
            started_at=row.received,
            microseconds=layers.microseconds.get(layer, 0),
        )
        for layer, result in layers.layers.items()
    )


def _entry(workflow: Workflow, case: Case, decided: Disposition | None) -> None:
    append(
        prepare(
            actor=SYSTEM,
            action="case.brought_over",
            object=f"case:{case.pk}",
            case=case.pk,
            subject=str(case.subject_id),
            workflow=workflow.slug,
            release=case.release_id,
            arm=case.arm,
            lane=case.lane,
            disposition=decided.kind if decided else "automatic",
            after={
                "received": timestamp(case.received_at),
                "closed": timestamp(case.closed_at) if case.closed_at else None,
                "decided_by": str(decided.reviewer_id) if decided else None,
            },
            reason="Written when the demo was made. It tells of the time between “received” and “closed”.",
        )
    )
