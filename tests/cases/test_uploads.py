"""Files by browser: what is good comes in, what is bad is shown and can be fetched, whoever may not sees nothing."""

import json

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.audit.models import Entry
from apps.cases import uploads
from apps.cases.imports import ImportRun
from apps.cases.models import Case
from apps.cases.tasks import bring_in_files, sweep
from apps.tenants.actors import SYSTEM
from apps.workflows.services import create_workflow
from tests.factories import customer_service

SCHEMA = "t_northgate"


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def workflow(northgate):
    return customer_service()


def upload(browser, content: str | bytes, name: str = "cases.csv", **fields: str):
    file = SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())
    return browser.post("/upload/", {"file": file, "workflow": "customer-service", **fields})


def imported(browser, content: str | bytes, name: str = "cases.csv", **fields: str) -> str:
    """Upload, let the worker do its part, and give the page."""
    response = upload(browser, content, name, **fields)
    assert response.status_code == 302, response.content
    bring_in_files(SCHEMA)
    return str(browser.get(response.headers["Location"]).content.decode())


def test_a_file_comes_in_and_its_bad_rows_are_shown(senior_reviewer, workflow):
    page = imported(senior_reviewer, "external_id,text\nm-1,My boots split.\nm-2,\nm-3,\x00\n")
    assert Case.objects.get().external_id == "m-1"
    assert "<strong>text</strong> is missing." in page
    assert "holds a NUL byte" in page
    run = ImportRun.objects.get()
    assert (run.rows, run.admitted, run.rejected, run.state) == (3, 1, 2, "done")
    assert Entry.objects.get(action="case.admitted").actor == f"person:{senior_reviewer.user.pk}"


def test_the_rejected_rows_can_be_fetched_whole(senior_reviewer, workflow):
    imported(senior_reviewer, 'external_id,text\nm-1,\nm-2,"caf\xe9"\n'.encode("latin-1"), name="März.csv")
    response = senior_reviewer.get(f"/upload/{ImportRun.objects.get().pk}/rejected/")
    lines = [json.loads(line) for line in b"".join(response.streaming_content).splitlines()]
    assert [line["line"] for line in lines] == [2, 3]
    assert lines[0]["row"] == {"external_id": "m-1", "text": ""}
    assert "Byte 0xE9 is not utf-8" in lines[1]["problems"]["row"][0]
    assert "attachment" in response.headers["Content-Disposition"]


def test_the_file_itself_is_not_kept(senior_reviewer, workflow, django_capture_on_commit_callbacks):
    upload(senior_reviewer, "text\nhello\n")
    stored = ImportRun.objects.get().stored
    assert stored.startswith("t_northgate/imports/")
    assert default_storage.exists(stored)
    with django_capture_on_commit_callbacks(execute=True):
        bring_in_files(SCHEMA)
    assert not default_storage.exists(stored)
    assert ImportRun.objects.get().stored == ""


def test_columns_that_nobody_knows_are_asked_about_before_anything_comes_in(senior_reviewer, workflow):
    response = upload(senior_reviewer, "ref;body;mood\n7;My boots split.;sad\n")
    address = response.headers["Location"]
    bring_in_files(SCHEMA)
    assert Case.objects.count() == 0
    page = senior_reviewer.get(address).content.decode()
    assert "What are these columns?" in page
    names = list(ImportRun.objects.get().columns)
    said = {f"column-{names.index(name)}": field for name, field in (("ref", "external_id"), ("body", "text"))}
    senior_reviewer.post(f"{address}columns/", said)
    bring_in_files(SCHEMA)
    case = Case.objects.get()
    assert (case.external_id, case.text) == ("7", "My boots split.")


def test_without_a_text_the_question_is_asked_again(senior_reviewer, workflow):
    address = upload(senior_reviewer, "ref,body\n7,hello\n").headers["Location"]
    page = senior_reviewer.post(f"{address}columns/", {"column-0": "customer"}, follow=True).content.decode()
    assert "No column is the text." in page
    assert "--text-field" not in page
    page = senior_reviewer.post(f"{address}columns/", {"column-0": "text", "column-1": "text"}, follow=True)
    assert "meant to be “text”" in page.content.decode()


def test_the_same_file_again_admits_nothing(senior_reviewer, workflow):
    imported(senior_reviewer, "text\nhello\n")
    imported(senior_reviewer, "text\nhello\n")
    assert Case.objects.count() == 1
    assert ImportRun.objects.order_by("-id")[0].repeats == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "submitted file is empty|is empty"),
        (b"PK\x03\x04", "an Excel workbook"),
        ("text\nhello\n".encode("utf-16-le"), "utf-16-le"),
        (b"a,a\n1,2\n", "same name"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(senior_reviewer, workflow, content, words):
    response = upload(senior_reviewer, content)
    assert response.status_code == 400
    assert any(each in response.content.decode() for each in words.split("|"))
    assert ImportRun.objects.count() == 0


def test_the_encoding_can_be_said(senior_reviewer, workflow):
    imported(senior_reviewer, "text\nGröße\n".encode("cp1252"), encoding="cp1252")
    assert Case.objects.get().text == "Größe"


def test_no_file_no_workflow_and_too_large_a_file_are_said(senior_reviewer, workflow, monkeypatch):
    assert "Choose a file" in senior_reviewer.post("/upload/", {"workflow": "customer-service"}).content.decode()
    assert "Choose the workflow" in upload(senior_reviewer, "text\na\n", workflow="none").content.decode()
    monkeypatch.setattr(uploads, "LIMIT", 3)
    assert "Cut it into several" in upload(senior_reviewer, "text\na\n").content.decode()


def test_a_workflow_without_a_release_takes_no_file(senior_reviewer, workflow):
    create_workflow(actor=SYSTEM, slug="returns", title="Returns", owner="dora@cast.example")
    assert "no release in production" in upload(senior_reviewer, "text\na\n", workflow="returns").content.decode()
    assert default_storage.listdir("t_northgate/imports")[1] == []


def test_a_file_that_breaks_off_says_so_and_keeps_what_came_before(senior_reviewer, workflow):
    page = imported(senior_reviewer, b"text\nhello\n" + b"x" * 17_000_000)
    assert "Stopped." in page
    assert Case.objects.count() == 1


def test_many_rejected_rows_come_in_pages(senior_reviewer, workflow):
    imported(senior_reviewer, "external_id,text\n" + "".join(f"m-{n},\n" for n in range(60)))
    page = senior_reviewer.get(f"/upload/{ImportRun.objects.get().pk}/?page=3").content.decode()
    assert "51–60 of 60" in page
    assert "m-59" in page


def test_the_page_of_a_running_import_asks_for_the_progress_alone(senior_reviewer, workflow):
    address = upload(senior_reviewer, "text\nhello\n").headers["Location"]
    part = senior_reviewer.get(address, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<section id="progress"')
    assert 'hx-trigger="every 1s"' in part
    bring_in_files(SCHEMA)
    assert "hx-trigger" not in senior_reviewer.get(address, headers={"HX-Request": "true"}).content.decode()


def test_a_file_whose_message_was_lost_is_found_again(senior_reviewer, workflow, monkeypatch):
    upload(senior_reviewer, "text\nhello\n")
    ImportRun.objects.update(touched_at="2020-01-01T00:00:00Z")
    sent: list[str] = []
    monkeypatch.setattr("apps.cases.hints.send_imports", sent.append)
    sweep(SCHEMA)
    assert sent == [SCHEMA]


def test_who_may_not_admit_may_not_upload(operator, tenant_admin, workflow):
    assert operator.get("/upload/").status_code == 403
    assert "Upload" not in operator.get("/").content.decode()
    assert tenant_admin.get("/upload/").status_code == 200


def test_before_there_is_anything_the_page_says_what_belongs_here(senior_reviewer, northgate):
    page = senior_reviewer.get("/upload/").content.decode()
    assert "No workflow takes cases yet" in page
    assert "No file has come in yet" in page
