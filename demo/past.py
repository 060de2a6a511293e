"""Four weeks of cases that came, were worked by a release and decided by the demo's people, written at once.

The layers are run for each case as in an evaluation; nothing is sent to a system of record. What is written is closed,
and dated to the past. Each case has one audit entry, which says when it was written and what time it tells of.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from apps.audit.entries import append, prepare, timestamp
from apps.cases.layers.run import expect
from apps.cases.layers.types import ActionResult, Claim, IntakeResult, ReviewResult
from apps.cases.loading import load
from apps.cases.models import Case, CaseVector, CaseWords, Step
from apps.cases.subjects import people_of
from apps.cases.submission import Submission
from apps.evaluations import batches
from apps.evaluations.batches import Evaluated, Outcome
from apps.evaluations.labels import Labelled, read_labelled
from apps.evaluations.models import LabelledCase, Remembered
from apps.evaluations.runs import asks_model
from apps.inference.local.encoder import default_encoder
from apps.reviews.models import Disposition
from apps.tenants.actors import SYSTEM, Actor
from apps.tenants.capabilities import Role
from apps.tenants.schemas import in_schema
from apps.workflows.models import Release, Workflow
from apps.workflows.traffic import Traffic, standing
from demo import clock, traffic
from demo.people import actors
from demo.world import DemoTenant

CASES = 140  # per tenant: each is worked by the layers, which takes its time
WEEKS = 4
BATCH = 24
OFFICE_HOURS = (8, 18)
GROWTH = 1.8  # above 1 the later weeks have more cases than the earlier ones
REJECTED, REFUSED = 0.3, 0.04  # of the proposals for the wrong case type, and of the others
REWRITTEN = "Thank you for your message. I looked into it myself, and this is what I can do for you."


class Batch(batches.Batch):
    """Keeps what each layer found, for the steps of a case."""

    def __init__(self, release: Release, received: datetime, region: str) -> None:
        encoder = default_encoder(settings.MODEL_DIR)
        super().__init__(load(release.pk), encoder, received.date(), region, 1)
        self.kept: dict[str, Evaluated] = {}

    def _outcome(self, each: Evaluated, costs: object) -> Outcome:
        made = super()._outcome(each, costs)  # type: ignore[arg-type]
        self.kept[each.row.external_id] = each
        return made


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


def reserve(tenant: DemoTenant) -> list[str]:
    """Numbers for the cases of the past, before newer ones are admitted. Empty when they are there already."""
    with in_schema(tenant.schema_name):
        ids = [each.submission.external_id for each in chosen(tenant)]
        production = Workflow.objects.get(slug=tenant.workflow.slug).production
        there = Case.objects.filter(external_id__in=ids).exists()
        if there or production is None or asks_model(production):  # asking a hosted model costs money
            return []
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('cases_case_number') FROM generate_series(1, %s)", [len(ids)])
            return [f"{tenant.workflow.case_prefix}-{number}" for (number,) in cursor.fetchall()]


def chosen(tenant: DemoTenant) -> list[Labelled]:
    """Cases that do not come in now, in an order that the tenant's name decides."""
    now = {each.external_id for each in traffic.chosen(tenant)}
    rest = [each for each in map(read_labelled, tenant.cases()) if each.submission.external_id not in now]
    Random(tenant.slug).shuffle(rest)  # noqa: S311 - the same world each time, no secret
    return rest[:CASES]


def bring_over(tenant: DemoTenant, numbers: Sequence[str]) -> None:
    """Write the weeks before now. `numbers` are those that `reserve` gave; none, and there is nothing to do."""
    if not numbers:
        return
    with in_schema(tenant.schema_name):
        workflow = Workflow.objects.select_related("production").get(slug=tenant.workflow.slug)
        end = timezone.now() - traffic.SPREAD
        begin = end - timedelta(weeks=WEEKS)
        rows = _planned(tenant, standing(workflow), numbers, begin, end)
        worked = _worked(rows, tenant.region)
        with clock.telling(workflow.slug, begin, end):
            _write(workflow, rows, worked, tenant.region, end)


def _planned(tenant: DemoTenant, going: Traffic, numbers: Sequence[str], begin: datetime, end: datetime) -> list[Past]:
    """The oldest first. A slice takes what its customers sent since it began."""
    times = sorted(_times(tenant.slug, len(numbers), begin, end))
    rows = []
    for labelled, received, number in zip(chosen(tenant), times, numbers, strict=True):
        asked = labelled.submission
        routed = going.route(asked.customer or asked.external_id, set(), received)
        share = next((each for each in going.shares if each.release == routed.release.pk), None)
        sliced = routed.arm == "slice" and share is not None and share.since <= received
        release = routed.release if sliced else going.incumbent
        rows.append(Past(labelled, received, number, release, "slice" if sliced else "incumbent"))
    return rows


def _times(seed: str, number: int, begin: datetime, end: datetime) -> list[datetime]:
    """Most in office hours, few at night, fewer at the weekend; and more of late."""
    chance, found = Random(f"{seed} came"), list[datetime]()  # noqa: S311
    while len(found) < number:
        at = end - (end - begin) * chance.random() ** GROWTH
        busy = (1.0 if OFFICE_HOURS[0] <= at.hour < OFFICE_HOURS[1] else 0.2) * (1.0 if at.weekday() < 5 else 0.3)
        if chance.random() < busy:
            found.append(at)
    return found


def _worked(rows: Sequence[Past], region: str) -> dict[str, Evaluated]:
    """What each case's release makes of it, by the real layers; those that the machine gave up are left out."""
    found: dict[str, Evaluated] = {}
    for release in {row.release for row in rows}:
        batch = Batch(release, rows[0].received, region)
        own = [_as_labelled(row) for row in rows if row.release == release]
        for first in range(0, len(own), BATCH):
            batch.evaluate(own[first : first + BATCH])
            Remembered.objects.bulk_create(batch.memory.forget_batch(), ignore_conflicts=True)
        found |= batch.kept
    return {name: each for name, each in found.items() if not each.problem}


def _as_labelled(row: Past) -> LabelledCase:
    submission = row.submission
    return LabelledCase(
        external_id=submission.external_id,
        submission=submission.model_dump(mode="json"),
        expected=row.labelled.expected.model_dump(mode="json"),
    )


def _write(
    workflow: Workflow, rows: Sequence[Past], worked: dict[str, Evaluated], region: str, until: datetime
) -> None:
    rows = [row for row in rows if row.labelled.submission.external_id in worked]
    people = people_of([row.submission for row in rows])
    desk = Desk(workflow.slug, actors(Role.OPERATOR), actors(Role.SENIOR_REVIEWER), until)
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
            case = _case(workflow, row, layers, person.subject, region)
            decided = None if gate.route == "automatic" else desk.decide(case, row, layers)
            if gate.route != "automatic" and decided is None:  # nobody was there any more
                continue
            _close(case, decided)
            _steps(case, row, layers)
        _entry(workflow, case, decided)
        if decided:
            examples.append((decided, layers.case.words))
    desk.write()
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


class Desk:
    """Who decides what comes to people: in office hours, one case after the other, each after some minutes of work."""

    def __init__(self, seed: str, operators: Sequence[Actor], seniors: Sequence[Actor], until: datetime) -> None:
        self._until = until
        self._chance = Random(f"{seed} desk")  # noqa: S311
        self._operators, self._seniors = operators, seniors
        self._free: dict[str, datetime] = {}
        self._made: list[Disposition] = []
        self._in_slice = 0

    def decide(self, case: Case, row: Past, layers: Evaluated) -> Disposition | None:
        """What is right is approved; what is not is rejected or put right. In the slice drafts are rewritten often.

        None when it would take longer than the past lasts.
        """
        proposal = expect(ActionResult, layers.layers["action"])
        person = self._chance.choice(
            self._seniors if case.reserved else [*self._operators, *self._operators, *self._seniors]
        )
        begun = max(self._free.get(person.id, row.received), _office(row.received + timedelta(minutes=4)))
        minutes = 1.2 + self._chance.expovariate(1 / 2.6)
        ended = begun + timedelta(minutes=minutes)
        if ended > self._until:
            return None
        self._free[person.id] = ended + timedelta(minutes=self._chance.random())
        kind, code, claims = self._what(case, row, proposal)
        made = Disposition(
            case=case,
            revision=1,
            turn=0,
            kind=kind,
            reviewer_id=person.id,
            reviewer_name=person.name,
            role=person.role,
            reason_code=code,
            claims=[claim.model_dump(mode="json") for claim in claims],
            active_ms=int(minutes * 60_000),
            created_at=ended,
        )
        self._made.append(made)
        return made

    def write(self) -> None:
        for made in self._made:
            with clock.at(made.created_at):
                made.save(force_insert=True)

    def _what(self, case: Case, row: Past, proposal: ActionResult) -> tuple[Disposition.Kind, str, tuple[Claim, ...]]:
        expected, kinds = row.labelled.expected, Disposition.Kind
        if case.case_type != expected.case_type and case.arm != Case.Arm.SLICE and self._chance.random() < REJECTED:
            return kinds.REJECT, "wrong_type", ()
        if self._chance.random() < REFUSED:
            return kinds.REJECT, "wrong_facts", ()
        self._in_slice += case.arm == Case.Arm.SLICE
        rewritten = case.arm == Case.Arm.SLICE and self._in_slice % 3 == 0
        if rewritten or self._chance.random() < 0.08:
            return kinds.EDIT, "tone", _reworded(proposal.claims, whole=rewritten)
        return kinds.APPROVE, "", proposal.claims


def _reworded(claims: tuple[Claim, ...], *, whole: bool) -> tuple[Claim, ...]:
    """The draft with another opening; with half of it left out besides, where it was rewritten as a whole."""
    rest = claims[1 : max(2, len(claims) // 2)] if whole else claims[1:]
    return (claims[0].model_copy(update={"text": REWRITTEN}), *rest)


def _office(at: datetime) -> datetime:
    """The next moment at which somebody is there."""
    while at.weekday() >= 5 or not OFFICE_HOURS[0] <= at.hour < OFFICE_HOURS[1]:
        at = (at + timedelta(hours=1)).replace(minute=3)
    return at
