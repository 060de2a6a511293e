"""A tenant leaves one installation and goes on in another: same rows, same log, sealed texts that open."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from apps.audit import commitments
from apps.audit.models import Entry, SubjectKey
from apps.audit.sealing import seal, unseal
from apps.audit.sequencer import sequence
from apps.audit.verification import verify
from apps.cases.admission import admit
from apps.cases.models import Case
from apps.cases.processing import work_queue
from apps.portability.packing import KEYS, MANIFEST, SEAL, digest, pack
from apps.portability.tables import LEFT_BEHIND, lines, tables
from apps.portability.travel_key import TravelKey
from apps.portability.unpacking import Imported, Refused, _take_away, batches, import_tenant
from apps.tenants.actors import SYSTEM
from apps.tenants.models import Membership, User
from apps.tenants.schemas import in_public, in_schema
from tests.architecture.planting import plant
from tests.cases.world import submission
from tests.cast import NORTHGATE, email_of, member

pytestmark = pytest.mark.django_db(transaction=True)
PASSPHRASE = "orchid gravel lantern nine"


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr("apps.cases.hints.send", lambda *_: None)


def digests() -> dict[str, Any]:
    with connection.cursor() as cursor:
        found = tables(cursor, NORTHGATE)
        with connection.connection.cursor() as raw:
            return {each.name: digest(lines(raw, each)) for each in found}


def packed(folder: Path) -> Path:
    path = folder / "northgate.zip"
    pack(path, TravelKey.of(PASSPHRASE))
    return path


def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on this is another installation: no such tenant, and another master key."""
    _take_away(NORTHGATE)
    monkeypatch.setattr(settings, "AUDIT_KEK", "the master key of the other house")
    commitments._kept.clear()


def taken_in(path: Path, **changes: Any) -> Imported:
    return import_tenant(path, **{"passphrase": PASSPHRASE, "base_domain": "localhost", **changes})


def test_a_tenant_at_work_goes_on_in_another_installation(workflow, shop_system, tmp_path, monkeypatch):
    admit(actor=SYSTEM, workflow=workflow, submission=submission(), region="EU")
    for queue in ("quick", "effects"):
        work_queue(queue)
    case = Case.objects.get()
    sealed = seal(case.subject_id, "a place", b"what was said")
    sequence()
    before, root = digests(), verify().root
    path = packed(tmp_path)
    elsewhere(monkeypatch)

    done = taken_in(path)

    with in_schema(NORTHGATE):
        report = verify()
        assert done.log.ok
        assert done.log.root == root
        assert report.ok
        assert Entry.objects.filter(action="tenant.imported").exists()
        after = digests()
        moved = {name for name in before if before[name] != after[name]}
        assert moved == {KEYS, "audit_entry", "audit_pending"}
        assert unseal(case.subject_id, "a place", sealed) == b"what was said"
        officer = member("compliance_officer", NORTHGATE)
        assert officer.get(f"/cases/{case.number}/").status_code == 200
        admit(actor=SYSTEM, workflow=workflow, submission=submission(external_id="after"), region="EU")
        for queue in ("quick", "effects"):
            work_queue(queue)
        assert Case.objects.get(external_id="after").state == "closed"
        sequence()
        assert verify().ok


def test_every_table_comes_out_as_it_went_in_and_people_keep_their_roles(northgate, tmp_path, monkeypatch):
    planted = plant("quince")
    SubjectKey.objects.update(wrapped=None, destroyed_at="2026-01-01T00:00Z")
    names = {model._meta.db_table for model in planted} - LEFT_BEHIND.keys()
    before = digests()
    assert names <= {name for name, told in before.items() if told["rows"]}
    path = packed(tmp_path)
    elsewhere(monkeypatch)
    former, here = operator_moves()

    done = taken_in(path, other_is_off=True)

    with in_schema(NORTHGATE):
        after = digests()
        assert {name for name in before if before[name] != after[name]} <= {"audit_entry", "audit_pending"}
    with in_public():
        assert email_of("operator") in done.known
        roles = dict(Membership.objects.filter(tenant=NORTHGATE, active=True).values_list("user__email", "role"))
        assert roles[email_of("decision_owner")] == "decision_owner"
        assert roles[email_of("operator")] == "operator"
        monkeypatch.setattr("getpass.getpass", lambda **_: "a new house, a new word")
        call_command("changepassword", email_of("decision_owner"), verbosity=0)
        assert User.objects.get(email=email_of("decision_owner")).check_password("a new house, a new word")
        assert not Membership.objects.get(tenant=NORTHGATE, user_id=former).active
        assert Membership.objects.get(tenant=NORTHGATE, user=here).active


def operator_moves() -> tuple[Any, User]:
    """The operator's number in the archive is another one's here, and their address has an account of its own."""
    with in_public():
        operator = User.objects.get(email=email_of("operator"))
        operator.email = "olga@elsewhere.example"
        operator.save()
        return operator.pk, User.objects.create_user(email=email_of("operator"), name="Olga Brandt")


def test_every_table_of_the_schema_is_in_the_archive_or_named_with_a_reason(northgate, tmp_path):
    with zipfile.ZipFile(packed(tmp_path)) as archive:
        held = {Path(name).stem for name in archive.namelist() if name.startswith("tables/")}
        left = json.loads(archive.read("manifest.json"))["left_behind"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'p')",
                       [NORTHGATE])  # fmt: skip
        assert held | left.keys() == {name for (name,) in cursor.fetchall()}


def test_an_archive_is_refused_where_it_cannot_go_and_nothing_is_left_of_it(northgate, tmp_path, monkeypatch):
    path = packed(tmp_path)
    with pytest.raises(Refused, match="schema t_northgate here already"):
        taken_in(path)
    elsewhere(monkeypatch)
    secret = tmp_path / "secret"
    secret.write_text("not the passphrase at all")
    with pytest.raises(CommandError, match="not the passphrase"):
        call_command("import_tenant", str(path), "--passphrase-file", str(secret))
    with pytest.raises(Refused, match="host name harbour"):
        taken_in(path, domain="harbour.localhost")
    for wrong in ({"slug": "North Gate"}, {"domain": "https://northgate.example"}, {"domain": "northgate:8000"}):
        with pytest.raises(Refused, match=r"cannot stand in an address|is no host name"):
            taken_in(path, **wrong)
    with pytest.raises(Refused, match="manifest was changed"):
        taken_in(rewritten(path, "manifest.json", "", later="cases.9999_later", sealed=False))
    with pytest.raises(Refused, match="is damaged"):
        taken_in(rewritten(path, "tables/cases_subject.jsonl", '{"id": 1}\n'))
    with pytest.raises(Refused, match="Only in the archive: cases"):
        taken_in(rewritten(path, "manifest.json", "", later="cases.9999_later"))
    with in_public(), connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_namespace WHERE nspname = %s", [NORTHGATE])
        assert cursor.rowcount == 0
        assert not Membership.objects.filter(tenant_id=NORTHGATE).exists()


def test_rows_go_in_by_their_size_and_a_passphrase_by_what_one_sees():
    sizes = [len(batch) for batch in batches(["x" * 3_000_000] * 7 + ["x"] * 1200)]
    assert sizes == [3, 3, 500, 500, 201]
    typed, again = (TravelKey.of(f"caf{accent} gravel nine", b"0" * 16) for accent in ("\u00e9", "e\u0301"))
    assert typed == again


def test_the_command_leaves_no_half_archive_and_none_that_others_read(northgate, tmp_path, monkeypatch):
    secret, path = tmp_path / "secret", tmp_path / "out.zip"
    secret.write_bytes(f"{PASSPHRASE}\r\n".encode())
    call_command("export_tenant", "northgate", str(path), "--passphrase-file", str(secret))
    assert path.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(path) as archive:
        assert TravelKey.opened(PASSPHRASE, json.loads(archive.read("manifest.json"))["passphrase"])
    with pytest.raises(CommandError, match="is there already"):
        call_command("export_tenant", "northgate", str(path), "--passphrase-file", str(secret))

    monkeypatch.setattr("apps.portability.packing.people", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        call_command("export_tenant", "northgate", str(tmp_path / "half.zip"), "--passphrase-file", str(secret))
    assert not (tmp_path / "half.zip").exists()


def rewritten(path: Path, name: str, text: str, later: str = "", *, sealed: bool = True) -> Path:
    """The archive with one file replaced, or with one migration more in its manifest, sealed anew or not."""
    changed = path.with_name("changed.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        key = TravelKey.opened(PASSPHRASE, json.loads(old.read(MANIFEST))["passphrase"])
        for each in old.namelist():
            held = old.read(each)
            if each == name and later:
                manifest = json.loads(held)
                held = json.dumps({**manifest, "migrations": [*manifest["migrations"], later]}).encode()
            if each == SEAL and sealed:
                held = key.seal(new.read(MANIFEST)).encode()
            new.writestr(each, text.encode() if each == name and not later else held)
    return changed
