"""Exports: from asking to a zip file that a stranger's verifier accepts, killed and resumed on the way."""

import csv
import json
import re
import subprocess
import sys
import zipfile
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.audit.models import Entry, LogKey
from apps.audit.publishing import add_destination, publish
from apps.audit.sequencer import sequence
from apps.audit.signing import sign_newest
from apps.cases.models import Case
from apps.compliance.export_models import Export
from apps.compliance.exports import services, table
from apps.compliance.exports.attachment import NoStandIn, attach
from apps.compliance.exports.folders import file_of, folder_of
from apps.compliance.exports.links import is_good, link_to
from apps.compliance.exports.report import printable
from apps.compliance.exports.scopes import Scope, read_scope
from apps.compliance.frameworks import the_map
from apps.tenants.actors import SYSTEM
from tests.audit.conftest import REVIEWER, execute, write
from tests.factories import Draft, admitted_case

ROOT = Path(__file__).parents[2]
EVERYTHING = Scope("log")


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def made(scope: Scope = EVERYTHING) -> Export:
    export = services.ask(actor=REVIEWER, scope=scope)
    assert services.work(export.pk)
    export.refresh_from_db()
    assert (export.state, export.problem) == ("done", "")
    return export


def verified(path: Path, *arguments: str) -> str:
    key = LogKey.objects.order_by("-seen_at").first().encoded
    command = [sys.executable, ROOT / "verifier" / "verifier.py", path, "--key", key, *arguments]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def entries_in(export: Export) -> list[dict[str, Any]]:
    with zipfile.ZipFile(file_of(export)) as bundle:
        return [json.loads(line) for line in bundle.read("entries.jsonl").splitlines()]


def test_the_whole_log_is_exported_and_a_stranger_can_verify_it(signing):
    write(12)
    sequence()
    sign_newest()
    export = made()
    assert export.total == export.done == export.size == len(entries_in(export))
    verified(file_of(export))
    with zipfile.ZipFile(file_of(export)) as bundle:
        assert set(bundle.namelist()) >= {"report.pdf", "entries.csv", "verifier.py", "bundle.md", "README.txt"}
        assert json.loads(bundle.read("manifest.json"))["scope"] == {"kind": "log"}
    assert not folder_of(export).exists()
    assert list(Entry.objects.filter(action__startswith="export.").order_by("at").values_list("action", flat=True)) == [
        "export.asked",
        "export.finished",
    ]


def test_checkpoints_that_left_the_house_before_are_in_it_with_proof_that_the_log_only_grew(
    signing, settings, tmp_path
):
    settings.CHECKPOINT_FOLDER = tmp_path / "outside"
    add_destination(actor=REVIEWER, kind="folder", every_hours=1)
    sequence()
    left = sign_newest()
    assert publish() == 1
    write(20)
    export = made()
    with zipfile.ZipFile(file_of(export)) as bundle:
        (earlier,) = json.loads(bundle.read("manifest.json"))["earlier"]
    assert (earlier["note"], bool(earlier["path"])) == (left.note, True)
    assert "earlier checkpoints: 1" in verified(file_of(export))


def test_the_export_of_a_case_holds_its_entries_and_verifies(signing):
    case, _ = admitted_case(Draft()), admitted_case(Draft(customer="C-2"))
    export = made(read_scope({"kind": "case", "which": case.number.lower()}))
    found = entries_in(export)
    assert {each["case"] for each in found} == {str(case.pk)}
    assert {each["action"] for each in found} >= {"case.admitted", "export.asked"}
    assert export.size > export.done
    verified(file_of(export))


def test_exports_select_by_person_customer_workflow_and_period(signing, senior_reviewer):
    case = admitted_case(Draft(customer="C-7"))
    admitted_case(Draft(customer="C-8"))
    record_by = senior_reviewer.actor
    services.ask(actor=record_by, scope=EVERYTHING)
    by_person = entries_in(made(read_scope({"kind": "person", "which": record_by.id})))
    assert [each["action"] for each in by_person] == ["export.asked"]
    by_customer = entries_in(made(read_scope({"kind": "customer", "which": "C-7"})))
    assert {each["case"] for each in by_customer} == {str(case.pk)}
    by_workflow = entries_in(made(read_scope({"kind": "workflow", "which": case.workflow.slug})))
    assert {each.get("case") for each in by_workflow} >= {str(each.pk) for each in Case.objects.all()}
    assert {each["action"] for each in by_workflow} >= {"workflow.created", "warrant.issued", "case.admitted"}
    assert "export.asked" not in {each["action"] for each in by_workflow}
    tomorrow = (timezone.now() + timedelta(days=1)).date().isoformat()
    empty = made(read_scope({"kind": "log", "begin": tomorrow}))
    assert (empty.done, entries_in(empty)) == (0, [])
    verified(file_of(empty))


def test_the_export_of_a_framework_holds_its_evidence_and_the_log_of_the_period(signing):
    admitted_case(Draft())
    framework = the_map().frameworks[0]
    export = made(read_scope({"kind": "framework", "which": framework.id}))
    assert export.done == export.size
    with zipfile.ZipFile(file_of(export)) as bundle:
        evidence = json.loads(bundle.read("evidence.json"))
        assert "evidence.json" in json.loads(bundle.read("manifest.json"))["files"]
    assert evidence["framework"] == framework.id
    assert [row["id"] for row in evidence["rows"]] == [row.id for row in framework.rows]
    verified(file_of(export))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "kind"),
        ({"kind": "everything"}, "kind"),
        ({"kind": "case", "which": "N-1"}, "which"),
        ({"kind": "person", "which": "x"}, "which"),
        ({"kind": "customer", "which": ""}, "which"),
        ({"kind": "workflow", "which": "none"}, "which"),
        ({"kind": "framework", "which": "none"}, "which"),
        ({"kind": "log", "begin": "yesterday"}, "begin"),
        ({"kind": "log", "begin": "2026-02-02", "end": "2026-02-01"}, "end"),
    ],
)
def test_what_cannot_be_exported_is_said_at_its_field(northgate, given, field):
    with pytest.raises(ValidationError) as refused:
        read_scope(given)
    assert list(refused.value.message_dict) == [field]


def test_a_killed_export_goes_on_where_it_was_and_gives_the_same_bundle(signing, monkeypatch):
    write(40, case=UUID(int=7))
    write(40, case=UUID(int=8))
    monkeypatch.setattr(services, "PIECE", 9)
    scope = Scope("case", str(UUID(int=8)), "R-8")
    export = services.ask(actor=REVIEWER, scope=scope)
    assert not services.work(export.pk, seconds=0)
    export.refresh_from_db()
    assert (export.done, export.total) == (9, 41)
    with (folder_of(export) / "entries.jsonl").open("ab") as torn:
        torn.write(b"half a piece that was never counted")
    (folder_of(export) / "report.pdf").write_text("half a report")
    assert services.work(export.pk)
    export.refresh_from_db()
    assert export.done == export.total == len(entries_in(export))
    verified(file_of(export))


def test_an_export_whose_files_are_gone_begins_anew(signing, monkeypatch):
    write(30)
    monkeypatch.setattr(services, "PIECE", 9)
    export = services.ask(actor=REVIEWER, scope=EVERYTHING)
    services.work(export.pk, seconds=0)
    for path in folder_of(export).iterdir():
        path.unlink()
    assert services.work(export.pk)
    export.refresh_from_db()
    assert export.done == export.total
    verified(file_of(export))


def test_without_a_signer_an_export_waits_and_says_why(signing, settings):
    write(1)
    export = services.ask(actor=REVIEWER, scope=EVERYTHING)
    settings.SIGNER_SOCKET = "/nowhere/signer.sock"
    assert not services.work(export.pk)
    export.refresh_from_db()
    assert "signer does not answer" in export.problem
    settings.SIGNER_SOCKET = ""
    with pytest.raises(ValidationError, match="SIGNER_SOCKET"):
        services.ask(actor=REVIEWER, scope=EVERYTHING)


def test_an_entry_that_is_gone_is_counted_as_missing(signer, settings, insider):
    settings.SIGNER_SOCKET, settings.LOG_NAME = str(signer[1]), "damaged.example"
    written = write(5)
    sequence()
    execute("DELETE FROM audit_entry WHERE id = %s", written[2].id)
    export = made()
    assert export.report["missing"] == 1
    assert export.done == export.total - 1


def test_a_cancelled_export_keeps_nothing(signing, monkeypatch):
    write(30)
    monkeypatch.setattr(services, "PIECE", 9)
    export = services.ask(actor=REVIEWER, scope=EVERYTHING)
    services.work(export.pk, seconds=0)
    assert services.cancel(actor=REVIEWER, export=export)
    assert services.work(export.pk)
    assert services.clear() == 1
    assert not folder_of(export).exists()


def test_after_a_week_the_file_is_taken_away_and_the_log_says_so(signing):
    export = made()
    assert services.clear() == 0
    Export.objects.filter(pk=export.pk).update(finished_at=timezone.now() - timedelta(days=7))
    assert (services.clear(), services.clear()) == (1, 0)
    assert not file_of(export).exists()
    assert Entry.objects.filter(action="export.removed", object=f"export:{export.pk}").exists()
    export.refresh_from_db()
    with pytest.raises(FileNotFoundError, match="Ask for it again"):
        services.fetch(actor=SYSTEM, export=export)


def test_only_so_many_exports_are_under_way_at_once(signing):
    for _ in range(services.AT_ONCE):
        services.ask(actor=REVIEWER, scope=EVERYTHING)
    with pytest.raises(ValidationError, match="under way"):
        services.ask(actor=REVIEWER, scope=EVERYTHING)


# --- the table and the report ---------------------------------------------------------------------------------------


def test_no_cell_of_the_table_begins_a_formula(signing):
    write(1, reason='=HYPERLINK("https://evil.example")', workflow="\t@SUM(1)", subject="＝1+1")
    export = made()
    with zipfile.ZipFile(file_of(export)) as bundle:
        text = bundle.read("entries.csv").decode("utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == export.done
    assert rows[0]["reason"] == '\'=HYPERLINK("https://evil.example")'
    assert not [cell for row in rows for cell in row.values() if cell.lstrip(" ").startswith(table.DANGEROUS)]


def test_the_report_is_pdf_a_3_with_the_hashed_entries_attached(signing):
    write(3, reason="Größe – naïve, Привет, 中文 😀")
    export = made()
    with zipfile.ZipFile(file_of(export)) as bundle:
        pdf, entries = bundle.read("report.pdf"), bundle.read("entries.jsonl")
    assert attached(pdf) == entries
    assert b"<pdfaid:part>3</pdfaid:part>" in pdf
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in pdf
    assert b"/AFRelationship/Source" in pdf
    assert b"/OutputIntents" in pdf


def attached(pdf: bytes) -> bytes:
    """What a reader finds by the newest cross-reference table, as ISO 32000-1 describes it."""
    at = int(re.search(rb"startxref\s+(\d+)\s+%%EOF\s*$", pdf)[1])
    lines = pdf[at:].split(b"\r\n")
    where = {}
    for head, line in zip(pdf[at:].split(b"\n")[1::2], pdf[at:].split(b"\n")[2::2], strict=False):
        if re.fullmatch(rb"\d+ 1", head):
            where[int(head.split()[0])] = int(line[:10])
    assert lines
    number, length = sorted(where)
    found = re.match(rb"(\d+) 0 obj\n.*?/Size (\d+).*?/Length (\d+) 0 R>>\nstream\n", pdf[where[number] :], re.DOTALL)
    assert (int(found[1]), int(found[3])) == (number, length)
    size = int(re.match(rb"\d+ 0 obj\n(\d+)\nendobj", pdf[where[length] :])[1])
    begin = where[number] + found.end()
    content = zlib.decompress(pdf[begin : begin + size])
    assert len(content) == int(found[2])
    return content


def test_a_pdf_without_a_stand_in_gets_no_attachment(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7\ntrailer\n<</Size 1>>\nstartxref\n9\n%%EOF")
    with pytest.raises(NoStandIn):
        attach(tmp_path / "a.pdf", tmp_path / "a.pdf", "D:20261122000000Z")


def test_what_cannot_be_printed_is_given_by_its_number():
    assert printable({"a": ["Grüße – ok", "中\x07", 3]}) == {"a": ["Grüße – ok", "<U+4E2D><U+0007>", 3]}


# --- the page -------------------------------------------------------------------------------------------------------


def test_an_export_is_asked_for_watched_and_downloaded_by_the_compliance_officer(
    signing, compliance_officer, django_capture_on_commit_callbacks
):
    case = admitted_case(Draft())
    assert "Nothing was exported yet" in compliance_officer.get("/exports/").content.decode()
    page = compliance_officer.post("/exports/new/", {"kind": "case", "which": case.number}, follow=True)
    assert "The export is on its way" in page.content.decode()
    export = Export.objects.get()
    assert services.work(export.pk)
    page = compliance_officer.get("/exports/").content.decode()
    assert case.number in page
    link = re.search(r'href="(/exports/[^"]+bundle/[^"]+)"', page)[1].replace("&amp;", "&")
    response = compliance_officer.get(link)
    assert b"".join(response.streaming_content) == file_of(export).read_bytes()
    assert re.search(r'filename="northgate-audit-\d{4}-\d\d-\d\d-\w+\.zip"', response["content-disposition"])
    downloaded = Entry.objects.get(action="export.downloaded")
    assert downloaded.actor == f"person:{compliance_officer.user.pk}"
    assert "downloaded 1 time" in compliance_officer.get("/exports/").content.decode()


def test_a_case_leads_to_its_export(compliance_officer, operator):
    case = admitted_case(Draft())
    link = f"/exports/?kind=case&amp;which={case.number}"
    assert link in compliance_officer.get(f"/cases/{case.number}/").content.decode()
    assert link not in operator.get(f"/cases/{case.number}/").content.decode()
    assert f'value="{case.number}"' in compliance_officer.get(link.replace("&amp;", "&")).content.decode()


def test_a_link_ends_after_a_day_and_belongs_to_one_export_and_role(signing, compliance_officer, auditor, monkeypatch):
    export, other = made(), made(Scope("log", begin="2026-01-01"))
    assert is_good(export, link_to(export).partition("link=")[2].replace("%3A", ":").replace("%2F", "/"))
    link = link_to(export)
    assert auditor.get(link).status_code == 403
    crossed = link.replace(str(export.pk), str(other.pk), 1)
    assert "has expired" in compliance_officer.get(crossed, follow=True).content.decode()
    later = timezone.now().timestamp() + 24 * 3600 + 1
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    assert "has expired" in compliance_officer.get(link, follow=True).content.decode()
    assert not Entry.objects.filter(action="export.downloaded").exists()


def test_what_is_wrong_is_said_beside_the_field_and_what_was_typed_stays(compliance_officer, settings):
    settings.SIGNER_SOCKET = "/some/where"
    answer = compliance_officer.post("/exports/new/", {"kind": "case", "which": "N-404", "begin": "2026-01-01"})
    page = answer.content.decode()
    assert (answer.status_code, "There is no case with this number." in page) == (400, True)
    assert 'value="N-404"' in page
    assert 'value="2026-01-01"' in page


def test_an_auditor_sees_the_exports_and_asks_for_none(signing, auditor):
    made()
    page = auditor.get("/exports/").content.decode()
    assert "Ready" in page
    assert "New export" not in page
    assert "Download" not in page
    assert auditor.post("/exports/new/", {"kind": "log"}).status_code == 403


def test_an_export_is_cancelled_and_asked_for_again(signing, compliance_officer):
    services.ask(actor=REVIEWER, scope=EVERYTHING)
    export = Export.objects.get()
    compliance_officer.post(f"/exports/{export.pk}/cancel/")
    assert "Cancelled" in compliance_officer.get("/exports/").content.decode()
    compliance_officer.post(f"/exports/{export.pk}/again/")
    assert list(Export.objects.order_by("created_at").values_list("state", flat=True)) == ["cancelled", "queued"]
