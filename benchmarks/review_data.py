"""Waiting cases by the ten thousand: the demo's that a person has to decide, copied with all that hangs on them."""

from collections.abc import Mapping
from contextlib import suppress

from django.db import connection, transaction

from apps.audit.commitments import subject_keys
from apps.cases.models import Case, Subject
from apps.cases.processing import work_queue
from apps.reviews.models import Disposition
from apps.reviews.refusals import Refused
from apps.reviews.services import approve
from apps.tenants.actors import Actor
from benchmarks.traffic import demo_cases, send_in
from demo.world import DemoTenant

DEMO_CASES = 80
OF_ONE_PERSON = 5  # cases
KEYS_AT_ONCE = 2_000
DECIDED = 15_000  # earlier ones, of the last 90 days, with which an open one is compared
# Copies are named by a word and a number. Their steps come first, because a case's place names the gate's rule.
ID = "md5(%(word)s || n)::uuid"
PERSON = f"md5(%(word)s || 'person' || n / {OF_ONE_PERSON})::uuid"
# Which pattern each copy is of.
COPIES = """
SELECT n, pattern.* FROM generate_series(%(first)s::int, %(last)s::int) AS n
JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS slot FROM cases_case
      WHERE state = 'review' AND number NOT LIKE 'B_-%%') AS pattern
ON pattern.slot = n %% (SELECT count(*) FROM cases_case WHERE state = 'review' AND number NOT LIKE 'B_-%%')
"""
OWN = {
    "id": ID,
    "subject_id": PERSON,
    "number": "%(word)s || n",
    "external_id": "%(word)s || n",
    "idempotency_key": "NULL",
    "in_review_since": "now() - random() * interval '5 days'",
}
AGO = "now() - (n %% 90) * interval '1 day'"
DONE = OWN | {"state": "'closed'", "layer": "'done'", "outcome": "'approved'", "received_at": AGO, "closed_at": AGO}


class _TakenBack(Exception):
    """Ends the transaction of a try."""


def make_patterns(tenant: DemoTenant, actor: Actor) -> int:
    """The demo's cases through all four layers; how many of them wait for one person to approve them, and stay."""
    send_in(tenant, demo_cases(tenant, DEMO_CASES), batch=100)
    work_queue(Case.Queue.QUICK)
    waiting = list(Case.objects.filter(state=Case.State.REVIEW))
    others = [case.pk for case in waiting if not _is_approved_by(actor, case)]
    Case.objects.filter(pk__in=others).update(state=Case.State.CLOSED)
    return len(waiting) - len(others)


def _is_approved_by(actor: Actor, case: Case) -> bool:
    """Whether pressing the key that approves closes it: there is a draft, and no second person is needed."""
    kind = ""
    with suppress(_TakenBack, Refused), transaction.atomic():
        kind = approve(actor=actor, case_id=case.pk, revision=case.revision).kind
        raise _TakenBack
    return kind == Disposition.Kind.APPROVE


def copy_cases(first: int, last: int) -> None:
    """Waiting copies number `first` to `last`, both included, in one transaction: BR-1, BR-2 and so on."""
    _copy({"word": "BR-", "first": first, "last": last}, OWN, "NULL::timestamptz")


def copy_decided() -> None:
    """What people decided before, with which an open case is compared: BD-1, BD-2 and so on."""
    span: dict[str, str | int] = {"word": "BD-", "first": 1, "last": DECIDED}
    with transaction.atomic(), connection.cursor() as cursor:
        _copy(span, DONE, AGO)
        cursor.execute(
            f"""INSERT INTO reviews_disposition (id, case_id, revision, turn, kind, reviewer_id, reviewer_name, role,
                    reason_code, rationale, escalated_to, claims, created_at)
                SELECT gen_random_uuid(), {ID}, revision, 0, 'approve', md5('somebody')::uuid, 'Somebody', 'operator',
                    '', '', '', '[]', {AGO} FROM ({COPIES}) AS copy""",
            span,
        )


def _copy(span: Mapping[str, str | int], own: Mapping[str, str], decided_at: str) -> None:
    columns = [str(field.column) for field in Case._meta.concrete_fields]  # noqa: SLF001 - Django documents it
    values = ", ".join(own.get(name, f"copy.{name}") for name in columns)
    copies = f"FROM ({COPIES}) AS copy"
    statements = (
        f"""INSERT INTO cases_subject (id, reference, created_at)
            SELECT DISTINCT {PERSON}, {PERSON}::text, now() {copies} ON CONFLICT DO NOTHING""",
        f"""INSERT INTO cases_step (case_id, layer, revision, result, started_at, microseconds)
            SELECT {ID}, step.layer, step.revision, step.result, step.started_at, step.microseconds {copies}
            JOIN cases_step AS step ON step.case_id = copy.id""",
        f"INSERT INTO cases_case ({', '.join(columns)}) SELECT {values} {copies}",
        f"""INSERT INTO cases_casewords (case_id, words) SELECT {ID}, words {copies}
            JOIN cases_casewords AS known ON known.case_id = copy.id""",
        f"""INSERT INTO cases_casevector (case_id, encoder, case_type, embedding, decided_at)
            SELECT {ID}, known.encoder, known.case_type, known.embedding, {decided_at} {copies}
            JOIN cases_casevector AS known ON known.case_id = copy.id""",
    )
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, span)
    subjects = Subject.objects.filter(cases__number__startswith=str(span["word"])).distinct()
    known = list(subjects.values_list("pk", flat=True))
    for start in range(0, len(known), KEYS_AT_ONCE):
        subject_keys(known[start : start + KEYS_AT_ONCE])  # as they were made when the cases came in
