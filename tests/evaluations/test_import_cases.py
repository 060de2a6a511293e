"""manage.py import_cases: good rows come in once, bad ones are named and kept, and a kill loses nothing."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.audit.models import Entry
from apps.cases import importing
from apps.cases.admission import admit_batch
from apps.cases.imports import ImportRun
from apps.cases.models import Case
from apps.evaluations.models import LabelledSet
from apps.tenants.schemas import in_schema
from tests.cast import NORTHGATE
from tests.factories import customer_service

NORTHGATES = ("--tenant", "northgate", "--workflow", "customer-service")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def workflow(northgate):
    return customer_service()


@dataclass
class Importer:
    """Writes a file, imports it, and gives what was said."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, content: str | bytes, *options: str, name: str = "cases.csv") -> str:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        call_command("import_cases", *NORTHGATES, "--file", str(path), *options)
        return self.capsys.readouterr().out


@pytest.fixture
def importer(workflow, tmp_path, capsys) -> Importer:
    return Importer(tmp_path, capsys)


def rejected(importer: Importer, name: str = "cases.csv") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (importer.folder / f"{name}.rejected.jsonl").read_text().splitlines()]


def numbered(count: int) -> str:
    return "external_id,text\n" + "".join(f"m-{n},Case number {n}.\n" for n in range(count))


def test_good_rows_come_in_and_bad_ones_are_kept_with_their_reasons(importer):
    said = importer(
        "External ID,Text,language\nm-1,My boots split.,en\nm-2,,en\nm-3,Meine Stiefel,deutsch\nm-4,Late,\n"
    )
    assert "4 rows: 2 admitted, 0 here before, 0 twice in the file, 2 rejected." in said
    assert "line 3: Text is missing." in said
    assert set(Case.objects.values_list("external_id", "language", "channel")) == {
        ("m-1", "en", "file"),
        ("m-4", "en", "file"),
    }
    assert [(each["line"], list(each["problems"])) for each in rejected(importer)] == [(3, ["Text"]), (4, ["language"])]
    assert rejected(importer)[1]["row"] == {"External ID": "m-3", "Text": "Meine Stiefel", "language": "deutsch"}


def test_the_same_file_again_admits_nothing_and_what_was_mended_comes_in(importer):
    importer("external_id,text\nm-1,a\nm-2,\n")
    assert "2 rows: 0 admitted, 1 here before, 0 twice in the file, 1 rejected." in importer(
        "external_id,text\nm-1,a\nm-2,\n"
    )
    assert "1 admitted, 1 here before" in importer("external_id,text\nm-1,a\nm-2,mended\n")
    assert not (importer.folder / "cases.csv.rejected.jsonl").exists()


def test_an_id_that_comes_twice_in_the_file_is_counted_or_refused_with_the_line(importer):
    said = importer("external_id,text\nm-1,a\nm-1,a\nm-1,b\n")
    assert "1 admitted, 0 here before, 1 twice in the file, 1 rejected" in said
    assert "line 4: row Has the same id as line 2, with other content." in said


def test_an_id_that_came_before_with_other_content_is_refused(importer):
    importer("external_id,text\nm-1,a\n")
    assert "came with this id before, with other content" in importer("external_id,text\nm-1,b\n")


def test_without_an_id_the_same_row_is_the_same_case_whenever_it_comes(importer):
    importer("text,customer\nhello,C-1\nhello,C-2\nhello,C-1\n")
    assert "1 admitted, 2 here before, 1 twice in the file" in importer(
        "text,customer\nhello,C-1\nhello,C-2\nhello,C-1\nnew,C-1\n"
    )
    assert Case.objects.count() == 3


def test_an_empty_id_where_there_is_an_id_column_is_named(importer):
    assert "external_id is missing." in importer("external_id,text\n,a\nm-2,b\n")


def test_columns_that_are_not_understood_are_named_once_with_what_to_say(importer):
    with pytest.raises(
        CommandError, match=r"Not understood: “ref”, “mood”.*--field ref=customer.*--leave-out ref,mood"
    ):
        importer("ref,text,mood\n1,a,b\n")
    assert Case.objects.count() == 0
    assert ImportRun.objects.count() == 0
    importer("ref,text,mood\n1,a,b\n", "--id-field", "ref", "--leave-out", "mood")
    assert Case.objects.get().external_id == "1"


def test_a_column_can_be_named_for_any_field(importer):
    said = ("--text-field", "body", "--field", "who=customer", "--field", "when=received_at")
    importer("body,who,when\nhello,C-9,2026-11-20T10:00:00Z\n", *said)
    case = Case.objects.get()
    assert (case.text, case.customer, f"{case.received_at:%Y-%m-%d}") == ("hello", "C-9", "2026-11-20")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "No column is the text.*“id”, “body”.*--text-field COLUMN"),
        (("--text-field", "words"), "no column “words”"),
        (("--text-field", "body", "--field", "id=colour"), "no field “colour”"),
        (("--text-field", "body", "--field", "id=text"), "meant to be “text”"),
        (("--text-field", "body", "--field", "id"), "COLUMN=FIELD"),
        (("--text-field", "body", "--encoding", "klingon"), "no encoding"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_comes_in(importer, options, words):
    with pytest.raises(CommandError, match=words):
        importer("id,body\n1,hello\n", *options)
    assert Case.objects.count() == 0


def test_a_field_that_turns_up_later_in_a_jsonl_file_spoils_its_row(importer):
    lines = [json.dumps({"external_id": f"m-{n}", "text": "a"}) for n in range(200)]
    lines.append(json.dumps({"external_id": "late", "text": "a", "colour": "red"}))
    said = importer("\n".join(lines), name="cases.jsonl")
    assert "200 admitted" in said
    assert "line 201: colour is not a field of a case." in said


def test_strange_characters_are_named_and_kept_and_stop_nothing(importer):
    rows = [
        b'{"external_id": "a", "text": "nul \\u0000"}',
        b'{"external_id": "b", "text": "half \\ud800"}',
        b'{"external_id": "c", "text": "caf\xe9"}',
        b'{"external_id": "d", "text": "' + b"x" * 10_485_760 + b'"}',
        b'{"external_id": "e", "text": "fine"}',
    ]
    said = importer(b"\n".join(rows), name="cases.jsonl")
    assert "5 rows: 1 admitted, 0 here before, 0 twice in the file, 4 rejected." in said
    kept = rejected(importer, "cases.jsonl")
    assert kept[0]["row"]["text"] == "nul \x00"
    assert kept[1]["row"]["text"] == "half \ud800"
    assert kept[2]["row"]["raw"].encode(errors="surrogateescape") == rows[2] + b"\n"
    assert len(kept[3]["row"]["text"]) == 10_485_760


def test_labels_go_into_a_labelled_set(importer, workflow):
    labels = {
        "Where is my parcel?": "where_is_my_order",
        "Take it back.": "return",
        "Hi": "out_of_scope",
        "x": "nonsense",
    }
    file = "text,category\n" + "".join(f"{text},{label}\n" for text, label in labels.items())
    said = importer(file, "--label-field", "category", name="spring.csv")
    assert "3 admitted" in said
    assert "category “nonsense” is no case type of the taxonomy" in said
    labelled = LabelledSet.objects.get(workflow=workflow)
    assert labelled.name == "spring"
    assert {case.expected["case_type"] for case in labelled.cases.all()} == {
        "where_is_my_order",
        "return",
        "out_of_scope",
    }
    importer(file, "--label-field", "category", name="spring.csv")
    assert LabelledSet.objects.count() == 1


def test_what_comes_before_a_place_that_cannot_be_read_is_in(importer):
    content = b"external_id,text\nm-1,a\nm-2,b\nm-3," + b"x" * 17_000_000
    with pytest.raises(CommandError, match=r"Line 4 has more than .* What came before it is in"):
        importer(content)
    assert Case.objects.count() == 2
    assert ImportRun.objects.get().state == "failed"


def test_start_and_end_are_in_the_log_without_names(importer):
    importer(numbered(3), name="anna-svensson.csv")
    entered, finished = Entry.objects.filter(action__startswith="import.").order_by("at")
    assert (entered.action, finished.action) == ("import.entered", "import.finished")
    assert json.loads(bytes(finished.bytes))["after"]["admitted"] == "3"
    assert b"anna" not in bytes(entered.bytes) + bytes(finished.bytes)


def test_an_import_that_was_interrupted_goes_on_behind_its_last_batch(importer, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 10)
    batches: list[int] = []

    def interrupted(**arguments):
        batches.append(len(arguments["submissions"]))
        if len(batches) == 3:
            raise KeyboardInterrupt
        return admit_batch(**arguments)

    monkeypatch.setattr(importing, "admit_batch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        importer(numbered(45))
    assert Case.objects.count() == 20
    said = importer(numbered(45))
    assert "45 rows: 45 admitted, 0 here before, 0 twice in the file, 0 rejected." in said
    assert (Case.objects.count(), ImportRun.objects.get().state) == (45, "done")


def test_an_import_that_never_gets_on_gives_up(importer, monkeypatch):
    def broken(**arguments):
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(importing, "admit_batch", broken)
    for _ in range(importing.ATTEMPTS):
        with pytest.raises(RuntimeError):
            importer(numbered(1))
    with pytest.raises(CommandError, match="stopped several times"):
        importer(numbered(1))


@pytest.mark.parametrize(
    ("tenant", "workflow_slug", "words"),
    [
        ("nowhere", "customer-service", "no tenant 'nowhere'.*harbour, northgate"),
        ("t_northgate", "x", "no workflow 'x'"),
    ],
)
def test_who_it_is_for_must_exist(workflow, tmp_path, tenant, workflow_slug, words):
    (tmp_path / "a.csv").write_text("text\na\n")
    with pytest.raises(CommandError, match=words):
        call_command("import_cases", tenant=tenant, workflow=workflow_slug, file=tmp_path / "a.csv")


def test_a_file_that_is_not_there_is_named(workflow, tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_cases", tenant="northgate", workflow="customer-service", file=tmp_path / "none.csv")


@pytest.mark.django_db(transaction=True)
def test_an_import_that_was_killed_and_started_again_admits_every_row_once(tmp_path):
    with in_schema(NORTHGATE):
        customer_service()
    path = tmp_path / "cases.csv"
    path.write_text(numbered(3000))
    command = [sys.executable, "manage.py", "import_cases", *NORTHGATES, "--file", str(path)]
    first = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while first.poll() is None and count() == 0:
        time.sleep(0.02)
    first.kill()
    first.wait()
    assert 0 < count() < 3000
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env=os.environ).stdout
    assert "3,000 rows: 3,000 admitted, 0 here before, 0 twice in the file, 0 rejected." in said
    assert count() == 3000
    with in_schema(NORTHGATE):
        assert Entry.objects.filter(action="case.admitted").count() == 3000


def count() -> int:
    with in_schema(NORTHGATE):
        return Case.objects.count()
