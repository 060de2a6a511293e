from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.tenants.provisioning import create_tenant


class Command(BaseCommand):
    help = "Make a tenant: schema, role, host name and tables. Safe to run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--schema", required=True, help="t_ and 1 to 40 small letters or digits")
        parser.add_argument("--slug", required=True, help="the name in addresses: <slug>.<base domain>")
        parser.add_argument("--name", required=True)
        parser.add_argument("--region", required=True)
        parser.add_argument("--industry", default="")

    def handle(self, *_: Any, **options: Any) -> None:
        fields = {key: options[key] for key in ("schema", "slug", "name", "region", "industry")}
        try:
            create_tenant(**fields, domain=f"{options['slug']}.{settings.BASE_DOMAIN}")
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        self.stdout.write(f"{options['name']} is ready as {options['schema']}.")
