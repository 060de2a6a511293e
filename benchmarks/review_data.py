"""Waiting cases by the ten thousand: the demo's that a person has to decide, copied with all that hangs on them."""

from contextlib import suppress

from django.db import connection, transaction

from apps.cases.models import Case
from apps.cases.processing import work_queue
from apps.reviews.models import Disposition
from apps.reviews.refusals import Refused
from apps.reviews.services import approve
from apps.tenants.actors import Actor
from benchmarks.traffic import demo_cases, send_in
from demo.world import DemoTenant

DEMO_CASES = 80
ID = "md5('bench-' || n)::uuid"
# Which pattern each copy is of. The steps come first, because a case's place in the queue names the gate's rule.
COPIES = """
SELECT n, pattern.* FROM generate_series(%(first)s::int, %(last)s::int) AS n
JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS slot FROM cases_case
      WHERE state = 'review' AND external_id NOT LIKE 'bench-%%') AS pattern
ON pattern.slot = n %% (SELECT count(*) FROM cases_case WHERE state = 'review' AND external_id NOT LIKE 'bench-%%')
"""
OWN = {
    "id": ID,
    "number": "'BR-' || n",
    "external_id": "'bench-' || n",
    "idempotency_key": "NULL",
    "in_review_since": "now() - random() * interval '5 days'",
}


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
    """Copies number `first` to `last`, both included, in one transaction, and the planner's statistics after it."""
    span = {"first": first, "last": last}
    columns = [field.column for field in Case._meta.concrete_fields]  # noqa: SLF001 - Django documents it
    values = ", ".join(OWN.get(name, f"copy.{name}") for name in columns)
    copies = f"FROM ({COPIES}) AS copy"
    statements = (
        f"""INSERT INTO cases_step (case_id, layer, revision, result, started_at, microseconds)
            SELECT {ID}, step.layer, step.revision, step.result, step.started_at, step.microseconds {copies}
            JOIN cases_step AS step ON step.case_id = copy.id""",
        f"INSERT INTO cases_case ({', '.join(columns)}) SELECT {values} {copies}",
        f"""INSERT INTO cases_casewords (case_id, words) SELECT {ID}, words {copies}
            JOIN cases_casewords AS known ON known.case_id = copy.id""",
        f"""INSERT INTO cases_casevector (case_id, encoder, case_type, embedding, decided_at)
            SELECT {ID}, known.encoder, known.case_type, known.embedding, known.decided_at {copies}
            JOIN cases_casevector AS known ON known.case_id = copy.id""",
    )
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, span)
