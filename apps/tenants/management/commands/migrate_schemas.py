from typing import Any

from django_tenants.management.commands.migrate_schemas import MigrateSchemasCommand

from apps.tenants.backend.owner import as_owner


class Command(MigrateSchemasCommand):  # type: ignore[misc]  # django-tenants has no types
    help = "Bring the public schema and every tenant's schema up to date, as their owner."

    def handle(self, *args: Any, **options: Any) -> None:
        with as_owner("migrate_schemas"):
            super().handle(*args, **options)
