"""Connects a demo tenant to the shipped systems of record, and fills them."""

from django.conf import settings

from apps.connectors.catalogue import CATALOGUE
from apps.connectors.fake.client import load_records
from apps.connectors.services import register_known_system
from apps.tenants.actors import SYSTEM
from demo.world import DemoTenant


def connect_systems(tenant: DemoTenant) -> None:
    """Register the systems that the tenant's records name, and put the records as the files have them."""
    records = tenant.records()
    for slug in records.keys() & CATALOGUE.keys():
        register_known_system(actor=SYSTEM, slug=slug)
    load_records(settings.SYSTEM_OF_RECORD_URL, tenant.schema_name, records)
