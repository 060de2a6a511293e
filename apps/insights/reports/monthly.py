"""The report of a month: made once, on its own or as often as asked, and the same ever after."""

import hashlib
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from apps.audit.entries import record
from apps.cases.models import Case
from apps.insights.facts import start_of
from apps.insights.models import Delivery, MonthlyReport
from apps.insights.reports.contents import contents
from apps.insights.reports.document import typeset
from apps.insights.reports.recipients import recipients_of
from apps.tenants.actors import SYSTEM
from apps.workflows.models import Workflow


def month_before(day: date) -> date:
    """The first day of the month before the one of `day`."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def last_day(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def make_due() -> int:
    """Make last month's report of each workflow that closed cases in it and has none. Returns how many."""
    month, made = month_before(timezone.now().date()), 0
    for workflow in Workflow.objects.all():
        if not MonthlyReport.objects.filter(workflow=workflow, month=month).exists() and _closed(workflow, month):
            made += make_report(workflow=workflow, month=month) is not None
    return made


def make_report(*, workflow: Workflow, month: date) -> MonthlyReport | None:
    """The report of the month that begins at `month`, to be sent to whoever is a recipient. None where there is one.

    It is set before the transaction, which is short: two who make it at once do it in vain once.
    """
    said = contents(workflow, month, last_day(month))
    pdf = typeset(said, timezone.now())
    with transaction.atomic():
        Workflow.objects.select_for_update().get(pk=workflow.pk)
        if MonthlyReport.objects.filter(workflow=workflow, month=month).exists():
            return None
        return _keep(workflow, month, said, pdf)


def _keep(workflow: Workflow, month: date, said: dict[str, object], pdf: bytes) -> MonthlyReport:
    now = timezone.now()
    made = MonthlyReport.objects.create(
        workflow=workflow,
        month=month,
        figures=said["figures"],
        pdf=pdf,
        sha256=hashlib.sha256(pdf).hexdigest(),
        created_at=now,
    )
    Delivery.objects.bulk_create(
        Delivery(report=made, person_id=member.user_id, person_name=member.user.name, again_at=now)
        for _, member in recipients_of(workflow)
    )
    record(
        actor=SYSTEM,
        action="report.made",
        object=f"report:{made.pk}",
        workflow=workflow.slug,
        after={"month": f"{month:%Y-%m}", "sha256": made.sha256},
    )
    return made


def _closed(workflow: Workflow, month: date) -> bool:
    within = {"closed_at__gte": start_of(month), "closed_at__lt": start_of(last_day(month)) + timedelta(days=1)}
    return Case.objects.filter(workflow=workflow, state=Case.State.CLOSED, **within).exists()
