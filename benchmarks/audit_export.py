"""The log as one export, made by the product and checked by the verifier: how fast, and in how much memory."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, sleep

from django.conf import settings

from apps.audit.models import LogKey
from apps.compliance.export_models import Export
from apps.compliance.exports.folders import file_of
from apps.compliance.exports.scopes import Scope
from apps.compliance.exports.services import ask
from apps.tenants.schemas import current_schema
from benchmarks.audit_writers import ACTOR
from benchmarks.figures import ROOT, Row
from benchmarks.stage import Stage


def exporting(made: Stage, size: int) -> Iterator[Row]:
    """In the current schema. `size` is the log's."""
    _start_signer(made)
    nothing, _, least = _exported(made, Scope("log", begin="2100-01-01"))
    everything, seconds, most = _exported(made, Scope("log"))
    assert (nothing.done, everything.done) == (0, everything.size), "an export left entries out"
    note = f"table, report, seal and zip file of {everything.file_bytes / 2**20:,.0f} MB included"
    yield Row("Export of the whole log as a bundle", everything.done / seconds, "entries/s", everything.done, note=note)
    note = f"what the log's length adds to it, {size:,} entries"
    figure = "Peak memory of the process that exports"
    yield Row(figure, most, "MB", everything.done, "an export of no entry", least, "<= 1.5", note)
    yield from _verifying(everything)


def _verifying(export: Export) -> Iterator[Row]:
    key = LogKey.objects.order_by("-seen_at").values_list("encoded", flat=True)[0]
    begin = perf_counter()
    subprocess.run(
        [sys.executable, ROOT / "verifier" / "verifier.py", file_of(export), "--key", key],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    rate, note = export.done / (perf_counter() - begin), "1,000,000 entries in 60 s are 16,667 a second"
    yield Row("verifier.py on that zip file", rate, "entries/s", export.done, bar=">= 16667", note=note)


def _start_signer(made: Stage) -> None:
    socket = Path(made.folder) / "signer.sock"
    made.process("-m", "apps.audit.signer", str(made.folder / "keys"), str(socket))
    while not socket.exists():
        sleep(0.05)
    settings.SIGNER_SOCKET = os.environ["SIGNER_SOCKET"] = str(socket)


def _exported(made: Stage, scope: Scope) -> tuple[Export, float, float]:
    """The export, how many seconds it took, and the most MB that its process held."""
    export = ask(actor=ACTOR, scope=scope)
    process = made.process("-m", "benchmarks.audit_exporter", current_schema(), str(export.pk), stdout=subprocess.PIPE)
    seconds, peak = json.loads(process.communicate()[0])
    export.refresh_from_db()
    assert export.state == Export.State.DONE, export.problem
    return export, seconds, peak
