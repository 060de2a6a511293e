"""What the documents name exists, and what can be set is in the README."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
VARIABLE = re.compile(r'env\.(?:text|boolean|integer|words|folder|mail|route)\("([A-Z_]+)"')
PLACE = re.compile(r"`((?:apps|config|demo|docs|embedded|static|templates|tests)/[\w./-]+)`")


def test_every_file_and_folder_that_a_document_names_exists():
    missing = {
        f"{document.relative_to(ROOT)}: {place}"
        for document in DOCUMENTS
        for place in PLACE.findall(document.read_text(encoding="utf-8"))
        if not (ROOT / place).exists()
    }
    assert not missing


def test_the_readme_lists_exactly_the_variables_that_the_settings_read():
    code = [path.read_text(encoding="utf-8") for path in (ROOT / "config").glob("*.py")]
    read = {name for text in code for name in VARIABLE.findall(text)}
    listed = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert read == listed
