"""Closes an export: table, report and papers beside the entries, the seal over all of it, and one zip file."""

import hashlib
import json
import shutil
import zipfile
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Q

from apps.audit.bundles import seal
from apps.audit.models import LogKey, SignedCheckpoint
from apps.audit.notes import Key, Note, Tree
from apps.audit.signer import client
from apps.audit.signing import published
from apps.compliance import frameworks
from apps.compliance.export_models import Export
from apps.compliance.exports.folders import file_of
from apps.compliance.exports.report import Sealed, write_report
from apps.compliance.exports.scopes import Kind, Scope
from apps.compliance.exports.table import Summary, write_table
from apps.tenants.models import Tenant
from apps.tenants.schemas import current_schema

PAPERS = ("verifier/verifier.py", "docs/bundle.md")
READ_ME = """An extract of the audit log of {tenant}, sealed so that nobody can have changed it unseen.

  report.pdf      for people, to be printed
  entries.csv     for spreadsheets
  entries.jsonl   the entries themselves, byte for byte as they were hashed
  bundle.md       what the other files are, and what they prove

To check it, with Python 3.11 or newer and the package "cryptography":

  python verifier.py THIS_FOLDER_OR_ZIP --key KEY

KEY is the log's public key as {tenant} publishes it. Do not take it from this folder, nor the verifier if you doubt it:
bundle.md says enough to write another.
"""


def pack(export: Export, folder: Path) -> Summary:
    """Write all that the entries still lack, and the zip file. Raises SignerAway, SignerRefused, NoProof."""
    scope, tenant = Scope(**export.scope), Tenant.objects.get(pk=current_schema()).name
    newest = SignedCheckpoint.objects.get(pk=export.size)
    checkpoint, keys = published(newest), _keys()
    earlier = [published(each) for each in _left_the_house(export.size)]
    summary, evidence = write_table(folder), _evidence(export, scope)
    if evidence:
        (folder / "evidence.json").write_text(json.dumps(evidence, indent=2, ensure_ascii=False), encoding="utf-8")
    write_report(
        folder,
        tenant=tenant,
        scope=scope,
        summary=summary,
        evidence=evidence,
        sealed=Sealed(Tree.parse(checkpoint.text), keys, _witnesses(newest), len(earlier)),
        by=export.created_name,
        at=export.created_at.astimezone(UTC).replace(microsecond=0),
    )
    for paper in PAPERS:
        shutil.copyfile(settings.BASE_DIR / paper, folder / Path(paper).name)
    (folder / "README.txt").write_text(READ_ME.format(tenant=tenant))
    seal(
        folder,
        checkpoint=checkpoint,
        earlier=earlier,
        keys=keys,
        scope=scope.stated(),
        entries=export.done,
        sign=_sign,
    )
    _zip(folder, file_of(export))
    return summary


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _evidence(export: Export, scope: Scope) -> dict[str, Any] | None:
    """What live records answer to the framework, for the days of the export; from the tenant's first without them."""
    if scope.kind != Kind.FRAMEWORK:
        return None
    first = Tenant.objects.get(pk=current_schema()).created_at
    begin = datetime.combine(date.fromisoformat(scope.begin), time(), UTC) if scope.begin else first
    end = datetime.combine(date.fromisoformat(scope.end) + timedelta(days=1), time(), UTC) if scope.end else None
    return frameworks.pack(scope.id, begin=begin, end=end or export.created_at)


def _sign(text: str) -> Note:
    return client.sign_export(settings.SIGNER_SOCKET, text)


def _keys() -> list[Key]:
    """All that have signed for the log, the present one first."""
    return [Key.parse(each.encoded) for each in LogKey.objects.order_by("-seen_at", "encoded")]


def _left_the_house(size: int) -> list[SignedCheckpoint]:
    """Signed checkpoints that somebody else holds too, so that the log cannot contradict them."""
    out = Q(deliveries__delivered_at__isnull=False) | Q(cosignatures__isnull=False)
    return list(SignedCheckpoint.objects.filter(out, pk__lt=size).distinct().order_by("pk"))


def _witnesses(signed: SignedCheckpoint) -> list[str]:
    return sorted({each.witness.partition("+")[0] for each in signed.cosignatures.all()})


def _zip(folder: Path, target: Path) -> None:
    draft = target.with_suffix(".new")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as bundle:
        for path in sorted(folder.iterdir()):
            bundle.write(path, path.name)
    draft.rename(target)
