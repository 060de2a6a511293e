"""What is set on paper, page by page, as pictures. Typst brings its fonts along, so every machine draws alike."""

from pathlib import Path
from typing import Any

import typst

from tests.looks.pictures import assert_looks_right


def assert_paper_looks_right(name: str, layout: Path, data: str, folder: Path) -> None:
    """`data` is the JSON that the layout reads."""
    pages: Any = typst.compile(layout, format="png", ppi=96, ignore_system_fonts=True, sys_inputs={"data": data})
    for number, png in enumerate(pages if isinstance(pages, list) else [pages], start=1):
        assert_looks_right(f"paper-{name}-{number}", png, folder / f"{name}-{number}.png")
