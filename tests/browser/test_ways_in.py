"""The ways in and the pages that manage them, in a real browser: an upload up to its report, and no barrier."""

from pathlib import Path

import pytest

from apps.cases.tasks import bring_in_files
from apps.corpora.models import Document
from apps.workflows.models import Release
from tests.browser.conftest import SCREENS, Open
from tests.browser.test_accessibility import barriers
from tests.cases.world import shop_system, workflow
from tests.cast import NORTHGATE

__all__ = ["shop_system", "workflow"]

FILE = "external_id;text;mood\n" + "".join(f"m-{n};{'Hello' if n % 3 else ''};sad\n" for n in range(90))


def chosen(folder: Path) -> Path:
    path = folder / "november.csv"
    path.write_text(FILE)
    return path


@pytest.mark.django_db(transaction=True)
def test_a_file_is_uploaded_its_columns_named_and_its_progress_followed(
    open_browser: Open, workflow: object, tmp_path: Path
) -> None:
    page = open_browser("senior_reviewer")
    page.goto("/upload/")
    page.locator("#file").set_input_files(chosen(tmp_path))
    page.get_by_role("button", name="Upload", exact=True).click()
    assert page.get_by_label("external_id", exact=True).input_value() == "external_id"
    page.get_by_role("button", name="Import").click()
    page.get_by_text("Waiting to start").wait_for()
    bring_in_files(NORTHGATE)
    page.get_by_text("Rejected rows").wait_for()  # without loading the page again
    assert "30" in page.get_by_text("rejected, of 90 rows").locator("..").inner_text()
    page.get_by_role("link", name="Next").click()
    page.get_by_text("26–30 of 30").wait_for()
    with page.expect_download() as report:
        page.get_by_role("link", name="Download all with reasons").click()
    assert Path(report.value.path()).read_text().count("is missing.") == 30


@SCREENS
def test_no_page_of_configuration_people_or_keys_has_a_barrier(
    open_browser: Open, workflow: object, size: tuple[int, int], dark: bool
) -> None:
    page = open_browser("tenant_admin", size=size, dark=dark)
    found: list[str] = []
    document, release = Document.objects.get(), Release.objects.get()
    paths = ["/upload/", "/people/", "/keys/", "/taxonomy/", "/corpus/", "/prompts/", "/releases/"]
    for path in (*paths, f"/corpus/{document.pk}/", f"/releases/{release.pk}/"):
        page.goto(path)
        found += barriers(page)
        if page.evaluate("document.documentElement.scrollWidth") > size[0]:
            found.append(f"{path} is wider than the screen")
    assert found == []
