import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from apps.audit.verification import Report, verify
from apps.tenants.models import Tenant
from apps.tenants.schemas import in_public, in_schema

SHOWN = 20


class Command(BaseCommand):
    help = "Recompute the audit log from its exact bytes and name whatever does not agree: then the exit code is 1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", help="slug or schema name; all tenants without it")
        parser.add_argument("--json", action="store_true", help="print one JSON document instead of lines")

    def handle(self, *_: Any, **options: Any) -> None:
        reports = []
        for tenant in self.tenants(options["tenant"]):
            with in_schema(tenant.schema_name):
                reports.append(verify())
            if not options["json"]:
                self.show(reports[-1])
        if options["json"]:
            self.stdout.write(
                json.dumps({"ok": all(r.ok for r in reports), "tenants": [r.as_json() for r in reports]}, indent=2)
            )
        if not all(report.ok for report in reports):
            sys.exit(1)

    def tenants(self, name: str | None) -> list[Tenant]:
        with in_public():
            tenants = Tenant.objects.order_by("schema_name")
            found = list(tenants.filter(Q(slug=name) | Q(schema_name=name)) if name else tenants)
        if name and not found:
            raise CommandError(f"There is no tenant {name!r}.")
        return found

    def show(self, report: Report) -> None:
        counted = (
            f"{report.entries:,} entries recomputed, {report.checkpoints:,} checkpoints, {report.waiting:,} waiting"
        )
        if report.ok:
            self.stdout.write(f"{report.tenant}: verified. {counted}. Root {report.root} ({report.seconds:.1f} s)")
            return
        self.stdout.write(self.style.ERROR(f"{report.tenant}: NOT verified, {report.found:,} findings. {counted}."))
        for finding in report.findings[:SHOWN]:
            place = f" at place {finding.sequence}" if finding.sequence is not None else ""
            self.stdout.write(
                f"  {finding.problem}{place}{f', entry {finding.entry}' if finding.entry else ''}: {finding.detail}"
            )
        if report.found > SHOWN:
            self.stdout.write(f"  and {report.found - SHOWN:,} more")
