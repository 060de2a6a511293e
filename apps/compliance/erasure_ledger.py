"""Who has been forgotten, kept outside of the database, so that a restored backup forgets them again.

One file for each tenant, one JSON object a line, only ever appended to. It names nobody: a subject is a number. Each
line carries an HMAC over itself and the line before, under a key derived from AUDIT_KEK (or SECRET_KEY), so a line that
was changed, left out or moved is found; lines missing at the end are not, and are put back from the database.
"""

import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.cases.models import Subject
from apps.compliance.erasing import Certificate, forget_person
from apps.compliance.models import DataRequest
from apps.tenants.actors import SYSTEM
from apps.tenants.schemas import current_schema


class LedgerBroken(ValueError):
    """A line of the ledger is not what was written. The message names file and line."""


@dataclass(frozen=True)
class Erased:
    subject: UUID
    at: str
    entry: str
    mac: str


def path() -> Path:
    return Path(settings.ERASURE_LEDGER) / f"{current_schema()}.jsonl"


def after_commit(certificate: Certificate) -> None:
    """Write it down once the deed is committed. What a crash in between leaves out, `catch_up` puts in."""
    transaction.on_commit(lambda: append(certificate))


def append(certificate: Certificate) -> None:
    """Once a subject, on the disk before it returns. Raises LedgerBroken."""
    where = path()
    where.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with where.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        known = list(_read(file.read(), where))
        if any(str(each.subject) == certificate["subject"] for each in known):
            return
        line = {name: certificate[name] for name in ("subject", "at", "entry")}
        line["mac"] = _mac(line, known[-1].mac if known else "")
        file.write(json.dumps(line, sort_keys=True).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def erased() -> list[Erased]:
    """All lines of the tenant's ledger, in order. Raises LedgerBroken."""
    return list(_read(path().read_bytes(), path())) if path().exists() else []


def catch_up() -> int:
    """Write down what is certified in the database and missing here. Returns how many."""
    known = {str(each.subject) for each in erased()}
    done = DataRequest.objects.filter(kind=DataRequest.Kind.ERASURE, state=DataRequest.State.DONE).order_by("closed_at")
    missing: list[Certificate] = [
        each.certificate for each in done if each.certificate and each.certificate["subject"] not in known
    ]
    for certificate in missing:
        append(certificate)
    return len(missing)


def replay() -> list[UUID]:
    """Forget again whoever the ledger names and the database, restored from before, still knows. Raises Stays.

    A hold that was placed before the backup and lifted after it stands again and stops this: lift it, then repeat.
    """
    again: list[UUID] = []
    for each in erased():
        subject = Subject.objects.filter(pk=each.subject).first()
        if subject is None or subject.reference.startswith("forgotten:"):
            continue
        forget_person(
            actor=SYSTEM, subject=subject, reason=f"Forgotten before the restore, as entry {each.entry} says."
        )
        again.append(each.subject)
    return again


def _read(content: bytes, where: Path) -> Iterator[Erased]:
    previous = ""
    for number, exact in enumerate(content.splitlines(), start=1):
        try:
            line = json.loads(exact)
            mac = line.pop("mac")
            sound = hmac.compare_digest(mac, _mac(line, previous))
            each = Erased(UUID(line["subject"]), line["at"], line["entry"], mac)
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerBroken(f"Line {number} of {where} cannot be read: {error}") from None
        if not sound:
            raise LedgerBroken(f"Line {number} of {where} is not what was written, or one before it is missing.")
        previous = mac
        yield each


def _mac(line: dict[str, str], previous: str) -> str:
    secret = hashlib.sha256(b"erasure ledger\0" + (settings.AUDIT_KEK or settings.SECRET_KEY).encode()).digest()
    exact = json.dumps([current_schema(), previous, line], sort_keys=True).encode()
    return hmac.digest(secret, exact, hashlib.sha256).hex()
