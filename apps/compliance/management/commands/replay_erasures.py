"""After a backup has been restored: forget again whoever the ledger of erasures names (docs/adr/0023)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.compliance import erasure_ledger
from apps.compliance.erasing import Stays
from apps.tenants.models import Tenant
from apps.tenants.schemas import in_public, in_schema


class Command(BaseCommand):
    help = "Forget again, in every tenant's restored data, the people whom the ledger of erasures names."

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        with in_public():
            schemas = list(Tenant.objects.order_by("schema_name").values_list("schema_name", flat=True))
        for schema in schemas:
            with in_schema(schema):
                try:
                    known, again = len(erasure_ledger.erased()), erasure_ledger.replay()
                except (Stays, erasure_ledger.LedgerBroken) as problem:
                    raise CommandError(f"{schema}: {problem}") from None
            self.stdout.write(f"{schema}: {known} in the ledger, {len(again)} forgotten again")
