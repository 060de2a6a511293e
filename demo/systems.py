"""Connects a demo tenant to the shipped systems of record, and fills them."""

import httpx2
from django.conf import settings

from apps.connectors.catalogue import CATALOGUE
from apps.connectors.services import register_known_system
from apps.tenants.actors import SYSTEM
from demo.world import DemoTenant


def connect_systems(tenant: DemoTenant) -> None:
    """Register the systems that the tenant's records name, and load the records. Loading again replaces nothing that was done since."""
    records = tenant.records()
    for slug in records.keys() & CATALOGUE.keys():
        register_known_system(actor=SYSTEM, slug=slug)
    httpx2.put(
        f"{settings.SYSTEM_OF_RECORD_URL}/{tenant.schema_name}/records", json=records, timeout=30
    ).raise_for_status()
