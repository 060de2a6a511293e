"""The terms of the return: the prices of the accepted statement of work, and what was put into the calculator."""

from decimal import Decimal

from apps.engagements.engagements import current
from apps.engagements.statement import sow
from apps.insights.models import ReturnTerms
from apps.insights.return_terms import Terms, set_terms
from apps.tenants.capabilities import Role
from apps.tenants.schemas import in_schema
from demo import clock
from demo.engagements import morning
from demo.people import actor
from demo.world import DemoTenant

OWN_HOURS = (Decimal(60), Decimal(12))  # a month, until Run and in it, as the calculator assumes


def agree(tenant: DemoTenant) -> None:
    """Nothing to do before a statement of work is accepted, or where somebody has set the terms before."""
    with in_schema(tenant.schema_name):
        engagement = current()
        version = sow.accepted(engagement) if engagement else None
        if engagement is None or version is None or ReturnTerms.objects.exists():
            return
        prices, answers = sow.content_of(version).prices, engagement.answers["roi"]
        terms = Terms(
            discovery_on=engagement.discovery_on,
            build_on=engagement.build_on,
            run_on=engagement.run_on,
            discovery=Decimal(prices.discovery),
            build=Decimal(prices.build),
            run=Decimal(prices.run),
            own_hours_building=OWN_HOURS[0],
            own_hours_running=OWN_HOURS[1],
            error_cost=Decimal(answers["error_cost"]),
            day_value=Decimal(answers["day_value"]),
            monthly_volume=int(answers["volume"]),
            sampled=True,
            routine=Decimal(answers["routine"]) / 100,
            complexity=answers["complexity"],
            geography=answers["geography"],
            industry=answers["industry"],
        )
        source = (
            f"Statement of work, version {version.number}, as accepted; error cost and volume: finance, in Discovery"
        )
        with clock.telling(engagement.workflow.slug, morning(engagement.build_on or engagement.discovery_on)):
            set_terms(actor=actor(Role.CONSULTANT), workflow=engagement.workflow, terms=terms, source=source)
