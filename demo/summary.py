"""What `make run` says at the end: where the cases are, the layers' times, whether the log verifies, how to sign in."""

from django.conf import settings
from django.db import connection
from django.db.models import Count
from rich.console import Console
from rich.table import Table

from apps.audit.sequencer import sequence
from apps.audit.verification import Report, verify
from apps.cases.models import Case, Step
from apps.evaluations.coverage import LEAST
from apps.evaluations.labelled_sets import draft_of
from apps.evaluations.models import GateVerdict, LabelledCase
from apps.tenants.capabilities import Role
from apps.tenants.schemas import in_schema
from apps.workflows import charters
from apps.workflows.models import Workflow
from demo.world import PASSWORD, DemoTenant

LAYERS = ("intake", "context", "action", "review")


def invite(tenants: list[DemoTenant], console: Console) -> None:
    """Where to look while the rest goes on: the pages are there before the demo's story is told to its end."""
    console.print(f"[bold]Open already.[/] Everybody's password: {PASSWORD}", highlight=False)
    for tenant in tenants:
        role = Role.SENIOR_REVIEWER if tenant.has_release else Role.DECISION_OWNER
        person = next(person for person in tenant.people if person.role == role)
        console.print(f"  {_address(tenant)} as {person.email}", highlight=False, soft_wrap=True)
    console.print("The demo's cases, candidates and past arrive meanwhile.")


def show(tenants: list[DemoTenant], console: Console) -> bool:
    """Print the summary. True when every case rests and every log verifies."""
    reports = [_show_tenant(tenant, console) for tenant in tenants]
    _show_people(tenants, console)
    return all(reports)


def _show_tenant(tenant: DemoTenant, console: Console) -> bool:
    with in_schema(tenant.schema_name):
        if tenant.has_release:
            console.print(_cases(tenant))
            console.print(_times())
            console.print(_intake())
        else:
            console.print(_discovery(tenant), highlight=False)
        for verdict in GateVerdict.objects.order_by("created_at"):
            console.print(f"Gate: {verdict.sentence}", highlight=False)
        sequence()
        report = verify()
        console.print(_log(report))
        console.print()
        return report.ok and not Case.objects.exclude(state__in=Case.RESTING).exists()


def _cases(tenant: DemoTenant) -> Table:
    table = Table(title=f"{tenant.name}: cases by lane and state", title_justify="left")
    table.add_column("Lane")
    table.add_column("State")
    table.add_column("Cases", justify="right")
    counts = (
        Case.objects.values("lane", "state", "outcome").annotate(cases=Count("id")).order_by("lane", "state", "outcome")
    )
    for row in counts:
        state = row["outcome"] and Case.Outcome(row["outcome"]).label.lower()
        where = Case.State(row["state"]).label.lower()
        table.add_row(row["lane"] or "none yet", f"{where}, {state}" if state else where, f"{row['cases']:,}")
    return table


def _discovery(tenant: DemoTenant) -> str:
    """What there is before anything runs: how far the artefacts are that Discovery has to bring."""
    workflow = Workflow.objects.get(slug=tenant.workflow.slug)
    draft = draft_of(workflow)
    answered = draft.cases.exclude(expected={}).count() if draft else 0
    charter = "signed" if charters.in_force(workflow) else "not signed"
    return (
        f"{tenant.name}: in Discovery. No release, so no case comes in. Labelled {answered} of {LEAST}, "
        f"charter {charter}."
    )


def _times() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT layer, percentile_cont(0.5) WITHIN GROUP (ORDER BY microseconds) / 1000 FROM cases_step"
            " WHERE layer = ANY(%s) GROUP BY layer",
            [list(LAYERS)],
        )
        medians = dict(cursor.fetchall())
    n = Step.objects.filter(layer="review").count()
    return f"Median time per layer (n = {n:,}): " + ", ".join(
        f"{name} {medians.get(name, 0):.1f} ms" for name in LAYERS
    )


def _intake() -> str:
    """How often intake's case type is the labelled one, on the cases that no classifier has learnt from."""
    holdout = {
        row.external_id: row.expected["case_type"]
        for row in LabelledCase.objects.filter(split=LabelledCase.Split.HOLDOUT)
    }
    decided = Case.objects.filter(external_id__in=holdout).values_list("external_id", "case_type")
    right = sum(holdout[external_id] == case_type for external_id, case_type in decided)
    return f"Case type as labelled, on holdout cases: {right} of {len(decided)}"


def _log(report: Report) -> str:
    if report.ok:
        return f"[green]Audit log verified:[/] {report.entries:,} entries recomputed, root {report.root[:16]}…"
    return f"[bold red]Audit log NOT verified:[/] {report.found:,} findings. Run: manage.py audit_verify"


def _show_people(tenants: list[DemoTenant], console: Console) -> None:
    console.print(f"[bold]Sign in.[/] Everybody's password: {PASSWORD}", highlight=False)
    for tenant in tenants:
        console.print(f"\n{tenant.name}: {_address(tenant)}", soft_wrap=True)
        for person in tenant.people:
            console.print(f"  {person.role.label:<20}{person.email}", highlight=False, soft_wrap=True)


def _address(tenant: DemoTenant) -> str:
    return f"http://{tenant.slug}.{settings.BASE_DOMAIN}:{settings.PORT}"
