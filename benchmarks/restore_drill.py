"""Does what was erased stay erased when a backup comes back? python -m benchmarks.restore_drill

On a throw-away platform of its own: cases come in, a backup is taken, a person is forgotten, the backup is restored
into a fresh place, the erasures are replayed from the ledger that lies outside of it, and the log is verified there.
That the words are back before the replay and gone after it is seen in a dump of the restored database.
"""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from uuid import uuid4

from rich.console import Console

from benchmarks.stage import ROOT, stage
from embedded import postgres
from embedded.placement import place
from embedded.sockets import make_private

SCHEMA, WHO = "t_northgate", "dana.whitfield@mail.example"
WORDS = (WHO, "the sole has come off", "boots that split")  # of nobody else
CASES = 12  # three of them the person's
OTHERS = {"text": "It is late.", "title": "Late"}
console = Console()


@dataclass
class Drill:
    started: float = field(default_factory=perf_counter)
    failed: list[str] = field(default_factory=list)

    def step(self, what: str) -> None:
        console.print(f"{perf_counter() - self.started:6.1f} s  {what}")

    def check(self, what: str, *, holds: bool) -> None:
        self.step(f"{'[green]holds[/]' if holds else '[red]FAILS[/]'}  {what}")
        if not holds:
            self.failed.append(what)


def main() -> int:
    drill = Drill()
    with stage() as made:
        subject = _cases()
        drill.step(f"{CASES} cases of four people came in")
        copy = made.folder / "restored"
        _back_up(made.server, copy)
        drill.step("a backup was taken with pg_basebackup")
        certificate = _forget(subject)
        drill.step(f"{WHO} was forgotten after it, by two people; entry {certificate['entry']}")
        drill.check("nothing of theirs is in the live database", holds=not (left := _found(made.server)))
        for line in left:
            drill.step(line)
        made.server.stop()
        drill.step("the live database is gone")
        restored = postgres.start(copy)
        try:
            _look_at(drill, restored)
        finally:
            restored.stop()
    console.print("[red]The drill has failed.[/]" if drill.failed else "[green]What was erased stays erased.[/]")
    return 1 if drill.failed else 0


def _cases() -> str:
    """Cases with drafts and decisions, made by the product's services. Returns the id of the person to be forgotten."""
    from django.utils import timezone

    from apps.cases.models import Case
    from apps.tenants.schemas import in_schema
    from tests import cast
    from tests.factories import waiting_case

    cast.build()
    with in_schema(SCHEMA):
        for number in range(CASES):
            theirs = {"customer": WHO} if number % 4 == 0 else {"customer": f"C-{number % 4}", **OTHERS}
            case = waiting_case(**theirs)
            case.state, case.layer, case.outcome, case.closed_at = "closed", "done", "rejected", timezone.now()
            case.save()
        _sequence()
        return str(Case.objects.filter(customer=WHO).values_list("subject", flat=True)[0])


def _forget(subject: str) -> dict[str, str]:
    from django.utils import timezone

    from apps.cases.models import Subject
    from apps.compliance.people_requests import carry_out_erasure, open_request
    from apps.tenants.actors import Actor
    from apps.tenants.schemas import in_schema

    first, second = (
        Actor("person", str(uuid4()), name, role)
        for name, role in (("Carl Okafor", "compliance_officer"), ("Dora Lindqvist", "decision_owner"))
    )
    with in_schema(SCHEMA):
        asked = open_request(
            actor=first, subject=Subject.objects.get(pk=subject), kind="erasure", received_on=timezone.localdate()
        )
        certificate: dict[str, str] = carry_out_erasure(actor=second, request=asked).certificate
        _sequence()
    return certificate


def _sequence() -> None:
    from apps.audit.sequencer import sequence

    sequence()


def _back_up(server: postgres.Server, target: Path) -> None:
    """Of the whole cluster: roles, schemas and keys come along."""
    places, url = place(target), server.url(postgres.SUPERUSER, "postgres")
    make_private(places.data, places.user)
    options = ["--checkpoint=fast", "-X", "stream"]
    postgres.run_program(places, "pg_basebackup", "-D", str(places.data), "-d", url, *options)


def _look_at(drill: Drill, restored: postgres.Server) -> None:
    drill.step("the backup was restored into a fresh place")
    drill.check("the backup still held their words, so this drill shows something", holds=len(_found(restored)) > 3)
    settings = os.environ | {"DATABASE_URL": restored.url(), "DATABASE_OWNER_URL": restored.url("app_owner")}
    replayed = _manage("replay_erasures", settings)
    drill.check(f"the ledger was replayed: {replayed.stdout.strip()}", holds="1 forgotten again" in replayed.stdout)
    again = _manage("replay_erasures", settings)
    drill.check("replaying again changes nothing", holds="0 forgotten again" in again.stdout)
    drill.check("nothing of theirs is in the restored database", holds=not _found(restored))
    _sequence_in(settings)
    verified = _manage("audit_verify", settings)
    drill.check(f"the log verifies: {verified.stdout.strip().splitlines()[-1:]}", holds=verified.returncode == 0)


def _found(server: postgres.Server) -> list[str]:
    """Lines of a dump with any of the person's words."""
    places = place(server.data_dir)
    own = [f"--exclude-table-data=*.{name}_*" for name in ("taxonomies", "workflows")]  # the organisation's examples
    dump = postgres.run_program(places, "pg_dump", "--data-only", *own, "-d", server.url(postgres.SUPERUSER))
    return [line[:100] for line in dump.splitlines() if any(word in line for word in WORDS)]


def _manage(command: str, settings: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", command], cwd=ROOT, env=settings, capture_output=True, text=True, check=False
    )


def _sequence_in(settings: dict[str, str]) -> None:
    source = (
        "import django; django.setup()\n"
        "from apps.tenants.schemas import in_schema\nfrom apps.audit.sequencer import sequence\n"
        f"with in_schema({SCHEMA!r}): sequence()"
    )
    subprocess.run([sys.executable, "-c", source], cwd=ROOT, env=settings, check=True)


if __name__ == "__main__":
    sys.exit(main())
