"""The looks of the past nights, one after another, as they would have been: found by the product, not written."""

from datetime import timedelta

from apps.insights.anomalies import look
from apps.insights.models import AnomalyLook
from apps.reviews.calendars import today
from apps.tenants.schemas import in_schema
from apps.workflows.models import Workflow
from demo.world import DemoTenant

WEEKS = 18  # back; before that there is no usual range yet


def look_back(tenant: DemoTenant) -> None:
    """Nothing to do where somebody has looked before."""
    with in_schema(tenant.schema_name):
        workflow = Workflow.objects.select_related("production").get(slug=tenant.workflow.slug)
        if workflow.production is None or AnomalyLook.objects.exists():
            return
        day = today() - timedelta(days=1)
        look(workflow=workflow, day=day, since=day - timedelta(weeks=WEEKS))
