"""What a demo tenant gave to the delivery library: its taxonomy and its target map, without what is its own."""

from apps.engagements.engagements import current
from apps.portfolio import library
from apps.tenants.capabilities import Role
from apps.tenants.schemas import in_schema
from demo.people import actor
from demo.world import DemoTenant


def give(tenant: DemoTenant) -> None:
    """Under the titles of the tenant's file. Running it again changes nothing."""
    with in_schema(tenant.schema_name):
        engagement, held = current(), {each.title for each in library.templates()}
        for kind, title in tenant.library.items():
            if engagement and title not in held:
                library.give(
                    actor=actor(Role.DECISION_OWNER), engagement=engagement, kind=kind, tenant=tenant.name, title=title
                )
