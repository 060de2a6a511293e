"""How long does the page of figures take, over HTTP, where a tenant has closed fifty thousand cases?

    python -m benchmarks.insights [--cases N] [--looks N]

The cases are made in the database, a half year of them, with decisions, exchanges with a model and blind looks, on a
throw-away PostgreSQL.
"""

import argparse
import os
from collections.abc import Iterator
from datetime import timedelta
from statistics import median, quantiles
from time import perf_counter
from urllib.request import Request, urlopen

import psycopg
from rich.console import Console

from benchmarks.figures import Row, machine, publish
from benchmarks.review import HOST, cpu, web
from benchmarks.stage import Stage, stage

WEEKS = 26
WARM = 4  # looks before it counts: each process reads once what it reads once
OWN = "of these processes, whatever else the machine does"
console = Console(stderr=True)
SUBJECT = "INSERT INTO cases_subject (id, reference, created_at) VALUES (gen_random_uuid(), 'somebody', now())"
CASES = """
INSERT INTO cases_case (id, number, workflow_id, release_id, subject_id, external_id, content_sha256, channel, customer,
    title, text, language, region, consent, received_at, admitted_at, arm, state, layer, queue, lease_until, fence,
    attempt, revision, case_type, urgency, sentiment, band, lane, impact, reason, decision, reserved, escalated_to,
    outcome, closed_at)
SELECT gen_random_uuid(), 'BI-' || n, workflow.id, production_id, subject.id, 'insight-' || n, repeat('a', 64), 'email',
    '', 'My parcel', repeat('I have waited for it since last week. ', 20), 'en', 'EU', true,
    at - random() * interval '60 hours', at, CASE WHEN n %% 9 = 0 THEN 'slice' ELSE 'incumbent' END, 'closed', 'done',
    'quick', at, 0, 0, 1 + (n %% 31 = 0)::int, 'type_' || n %% 14, 'normal', 'neutral', 'high', 'drafted', 'low', '',
    'send', false, '', (array['automatic', 'automatic', 'automatic', 'approved', 'edited', 'rejected'])[1 + n %% 6], at
FROM workflows_workflow AS workflow, (SELECT id FROM cases_subject LIMIT 1) AS subject,
    (SELECT n, now() - n * %(apart)s AS at FROM generate_series(1, %(cases)s) AS n) AS times
"""
DECISIONS = """
INSERT INTO reviews_disposition (id, case_id, revision, turn, kind, reviewer_id, reviewer_name, role, reason_code,
    rationale, escalated_to, claims, active_ms, created_at)
SELECT gen_random_uuid(), id, revision, 1,
    CASE outcome WHEN 'approved' THEN 'approve' WHEN 'edited' THEN 'edit' ELSE 'reject' END,
    lpad((1 + abs(hashtext(number)) %% 8)::text, 32, '0')::uuid, 'Somebody', 'operator', '', '', '',
    jsonb_build_array(jsonb_build_object('text', repeat('Your parcel is on its way. ', 20))), random() * 400000,
    closed_at
FROM cases_case WHERE outcome IN ('approved', 'edited', 'rejected')
"""
EXCHANGES = """
INSERT INTO inference_exchange (id, case_id, person, purpose, route, request, request_digest, response,
    response_digest, content_type, status, outcome, problem, input_tokens, output_tokens, cost, cost_estimated,
    started_at, microseconds)
SELECT gen_random_uuid(), id, subject_id, 'action', 'anthropic:model', convert_to(repeat(md5(number), 90), 'UTF8'),
    'hmac-sha256:' || md5(number), convert_to(repeat(md5(number), 40), 'UTF8'), '', 'application/json', 200,
    'answered', '', 1000, 100, 0.0123, false, closed_at, 1
FROM cases_case
"""
LOOKS = """
INSERT INTO reviews_blindreview (id, kind, workflow_id, case_id, expected, drawn_at, holder_name, verdict, reason_code,
    rationale, reviewer_name, reviewer_id, decided_at)
SELECT gen_random_uuid(), 'sample', workflow_id, id, '{}', closed_at, '', 'approve', '', '', 'Somebody',
    gen_random_uuid(), closed_at
FROM cases_case WHERE outcome = 'automatic' AND number LIKE '%%5'
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.insights")
    parser.add_argument("--cases", type=int, default=50_000)
    parser.add_argument("--looks", type=int, default=40, help="at the page, for each figure")
    chosen = parser.parse_args()
    on = machine()
    with stage() as made:
        rows = list(_measure(made, chosen.cases, chosen.looks))
    publish("insights", "python -m benchmarks.insights", rows, on)


def _measure(made: Stage, cases: int, looks: int) -> Iterator[Row]:
    from benchmarks.traffic import seeded

    with seeded() as tenant:
        console.print(f"Making {cases:,} closed cases of {WEEKS} weeks")
        _fill(made, tenant.schema_name, cases)
        session = _consultant()
        with web(made, "config.settings") as port:
            for path, what, bar in (
                ("/insights/kpis/", "the page of figures, 13 weeks", "<= 300"),
                (f"/insights/kpis/?weeks={WEEKS}", f"the page of figures, {WEEKS} weeks", ""),
                ("/insights/kpis/cycle_time/cases/", "the cases behind a figure, 13 weeks", ""),
            ):
                for _ in range(WARM):
                    _looked_at(port, session, path)
                before = cpu(made)
                took = [_looked_at(port, session, path) for _ in range(looks)]
                spent, where = (cpu(made) - before) / looks * 1000, f"{what}, {cases:,} closed cases"
                note = f"load {os.getloadavg()[0]:.1f} at its end"
                yield Row(f"{where}, median", median(took), "ms", looks, bar=bar, note=note)
                yield Row(f"{where}, p95", quantiles(took, n=20)[18], "ms", looks)
                yield Row(f"{where}: CPU time of web and PostgreSQL", spent, "ms", looks, note=OWN)


def _fill(made: Stage, schema: str, cases: int) -> None:
    apart = timedelta(weeks=WEEKS) / cases
    with psycopg.connect(made.server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"SET search_path TO {schema}, public, extensions")
        for statement in (SUBJECT, CASES, DECISIONS, EXCHANGES, LOOKS):
            connection.execute(statement, {"cases": cases, "apart": apart})
        connection.execute("VACUUM ANALYZE")


def _consultant() -> str:
    from apps.portal.people import add_member
    from apps.tenants.actors import SYSTEM
    from benchmarks.reviewers import session_of

    member = add_member(actor=SYSTEM, email="bench@northgate.example", name="Reader", role="auditor")
    return session_of(member.user)


def _looked_at(port: int, session: str, path: str) -> float:
    """Milliseconds until the whole page is here."""
    begin = perf_counter()
    headers = {"Host": f"{HOST}:{port}", "Cookie": f"sessionid={session}"}
    with urlopen(Request(f"http://127.0.0.1:{port}{path}", headers=headers)) as answer:
        answer.read()
    return (perf_counter() - begin) * 1000


if __name__ == "__main__":
    main()
