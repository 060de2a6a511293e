from functools import partial
from typing import Any

from django.core.management.base import BaseCommand

from demo.seeding import seed
from demo.world import tenants


class Command(BaseCommand):
    help = "Make the demo tenants with their people, taxonomy, corpus, prompts and first release. Safe to run again."

    def handle(self, *_: Any, **__: Any) -> None:
        for tenant in tenants():
            seed(tenant, partial(self.say, tenant.name))

    def say(self, tenant: str, step: str) -> None:
        self.stdout.write(f"{tenant}: {step}")
