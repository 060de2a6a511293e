"""The demo's monthly report was made and sent once, where a workflow runs; each workflow has its rate."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from apps.insights.models import Delivery, HourRate, MonthlyReport
from demo import reports
from demo.world import DemoTenant, tenants
from tests.cast import NORTHGATE, Member
from tests.factories import customer_service
from tests.insights.closed import Closed, write


@pytest.mark.parametrize("tenant", tenants(), ids=lambda tenant: tenant.slug)
def test_last_months_report_is_sent_once_where_the_workflow_runs(
    consultant: Member, decision_owner: Member, tenant: DemoTenant
) -> None:
    slug = customer_service().slug
    write([Closed(closed=timezone.now().replace(day=1) - timedelta(days=3))] * 40)
    workflow = tenant.workflow.model_copy(update={"slug": slug})
    here = tenant.model_copy(update={"schema_name": NORTHGATE, "workflow": workflow})
    for _ in range(2):
        reports.set_rates(here)
        reports.send_last(here)
    assert HourRate.objects.count() == 1
    made = list(MonthlyReport.objects.all())
    assert len(made) == bool(tenant.phases.run)
    assert len(mail.outbox) == 2 * len(made)
    assert not Delivery.objects.filter(sent_at=None).exists()
    assert not Delivery.objects.filter(sent_at__gt=timezone.now()).exists()
