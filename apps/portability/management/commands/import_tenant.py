import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.portability.passphrase import read_passphrase
from apps.portability.travel_key import WrongPassphrase
from apps.portability.unpacking import Imported, Refused, import_tenant


class Command(BaseCommand):
    help = "Take a tenant in that export_tenant, or the page for hand-overs, wrote in another installation."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--slug", default="", help="else the one that it had")
        parser.add_argument("--domain", default="", help="its host name; <slug>.<base domain> without it")
        parser.add_argument("--passphrase-file", type=Path, help="else it is asked for")
        parser.add_argument(
            "--other-is-off", action="store_true", help="the installation that it comes from sends nothing any more"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        passphrase = read_passphrase(options["passphrase_file"])
        try:
            done = import_tenant(
                options["file"],
                passphrase=passphrase,
                slug=options["slug"],
                domain=options["domain"],
                base_domain=settings.BASE_DOMAIN,
                other_is_off=options["other_is_off"],
            )
        except (Refused, WrongPassphrase) as error:
            raise CommandError(str(error)) from None
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        self.tell(done)
        if not done.log.ok:
            sys.exit(1)

    def tell(self, done: Imported) -> None:
        self.stdout.write(f"{done.tenant.name} is here as {done.tenant.schema_name}: {done.rows:,} rows, read back.")
        verdict = "verified" if done.log.ok else f"NOT verified, {done.log.found:,} findings that came along"
        self.stdout.write(f"Log: {verdict}. {done.log.entries:,} entries, root {done.log.root}")
        if done.known:
            self.stdout.write(f"Had an account here already, and keep it: {', '.join(done.known)}")
        self.stdout.write("Nobody else can sign in yet, for passwords do not travel. Give each person one with")
        self.stdout.write("  manage.py changepassword ADDRESS")
        self.stdout.write("the administrator first. API keys are to be made anew.")
