from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.db.models import Q

from apps.audit.entries import record
from apps.portability.packing import pack
from apps.portability.passphrase import read_passphrase
from apps.portability.travel_key import TravelKey
from apps.tenants.actors import SYSTEM
from apps.tenants.models import Tenant
from apps.tenants.schemas import in_public, in_schema


class Command(BaseCommand):
    help = "Write the whole state of a tenant into one ZIP file, which import_tenant takes in elsewhere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("tenant", help="slug or schema name")
        parser.add_argument("file", type=Path)
        parser.add_argument("--passphrase-file", type=Path, help="else it is asked for")

    def handle(self, *_: Any, **options: Any) -> None:
        name, path = options["tenant"], options["file"]
        with in_public():
            tenant = Tenant.objects.filter(Q(slug=name) | Q(schema_name=name)).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {name!r}.")
        key = TravelKey.of(read_passphrase(options["passphrase_file"]))
        try:
            path.touch(mode=0o600, exist_ok=False)  # it is for nobody else on this machine to read
        except FileExistsError:
            raise CommandError(f"{path} is there already.") from None
        try:
            manifest = self.write(tenant, path, key)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        self.tell(tenant, path, manifest)

    def write(self, tenant: Tenant, path: Path, key: TravelKey) -> dict[str, Any]:
        with in_schema(tenant.schema_name):
            with transaction.atomic():
                record(actor=SYSTEM, action="archive.exported", object=f"tenant:{tenant.schema_name}")
            return pack(path, key)

    def tell(self, tenant: Tenant, path: Path, manifest: dict[str, Any]) -> None:
        rows = sum(each["rows"] for each in manifest["files"].values())
        size = path.stat().st_size
        self.stdout.write(
            f"{tenant.name}: {rows:,} rows of {len(manifest['files']) - 1} tables, {size:,} bytes in {path}."
        )
