from typing import Any

from django.core.management.base import BaseCommand

from apps.compliance.sealing_earlier import seal_earlier
from apps.tenants.models import Tenant
from apps.tenants.schemas import in_public, in_schema


class Command(BaseCommand):
    help = "Seal what models were asked before exchanges were sealed. Needed once after such an upgrade."

    def handle(self, *_: Any, **__: Any) -> None:
        with in_public():
            schemas = list(Tenant.objects.order_by("schema_name").values_list("schema_name", flat=True))
        for schema in schemas:
            with in_schema(schema):
                done = seal_earlier()
            self.stdout.write(f"{schema}: {done.sealed:,} exchanges sealed, {done.removed:,} removed.")
