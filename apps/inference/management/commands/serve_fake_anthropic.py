from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from apps.inference.fake.server import FakeAnthropic


class Command(BaseCommand):
    help = "Serve a model provider that speaks the Anthropic Messages API, for tests and demonstrations."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8090)

    def handle(self, *_: Any, **options: Any) -> None:
        fake = FakeAnthropic(options["port"])
        self.stdout.write(f"ANTHROPIC_BASE_URL={fake.url}")
        fake.serve_forever()
