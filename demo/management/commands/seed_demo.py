from typing import Any

from django.core.management.base import BaseCommand

from demo.seeding import seed
from demo.world import tenants


class Command(BaseCommand):
    help = "Make the demo tenants with their people, taxonomy, corpus, prompts and first release. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        for tenant in tenants():
            seed(tenant, lambda step, name=tenant.name: self.stdout.write(f"{name}: {step}"))
