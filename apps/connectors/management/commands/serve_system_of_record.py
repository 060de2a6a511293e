from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from apps.connectors.fake.server import FakeSystemOfRecord


class Command(BaseCommand):
    help = "Serve the shipped system of record: a shop, a claims system and a document store for every tenant."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8091)

    def handle(self, *_: Any, **options: Any) -> None:
        system = FakeSystemOfRecord(settings.VAR_DIR / "system_of_record", options["port"])
        self.stdout.write(f"SYSTEM_OF_RECORD_URL={system.url}")
        system.serve_forever()
