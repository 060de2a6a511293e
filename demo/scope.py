"""The integration scopes of the demo: whose the systems are, and what it takes to get there."""

from datetime import datetime

import yaml

from apps.engagements.discovery import scope
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import current, working_day
from apps.engagements.scope_models import ScopeItem
from apps.reviews import calendars
from apps.tenants.capabilities import Role
from apps.tenants.schemas import in_schema
from demo import clock
from demo.engagements import morning
from demo.people import actor
from demo.world import DemoTenant

DAY = 6  # of Discovery


def list_systems(tenant: DemoTenant) -> None:
    """As the tenant's file has them. Running it again changes nothing."""
    file = tenant.folder / "scope.yaml"
    with in_schema(tenant.schema_name):
        engagement = current()
        if engagement is None or not file.exists() or ScopeItem.objects.exists():
            return
        with clock.telling(engagement.workflow.slug, _at(engagement)):
            for said in yaml.safe_load(file.read_text(encoding="utf-8")):
                scope.add_system(actor=actor(Role.CONSULTANT), engagement=engagement, said=said)


def _at(engagement: Engagement) -> datetime:
    return morning(min(working_day(engagement.discovery_on, DAY), calendars.today()))
