"""Sets the report of a month as a PDF."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from apps.compliance.exports.report import printable

LAYOUT = Path(__file__).with_name("monthly.typ")


def typeset(said: Mapping[str, Any], at: datetime) -> bytes:
    """The document's bytes; the same for the same contents and second."""
    import typst  # here, for its program of 80 MB is of use to this worker alone, and only now

    compiled = typst.Compiler(LAYOUT, ignore_system_fonts=True).compile(
        format="pdf",
        sys_inputs={"data": printed(said, at)},
        pdf_standards=["a-2a"],
        timestamp=at.replace(microsecond=0),
    )
    if not isinstance(compiled, bytes):  # a PDF is one document, and comes as one
        raise TypeError("The report came in pieces.")
    return compiled


def printed(said: Mapping[str, Any], at: datetime) -> str:
    """What the layout reads, as JSON."""
    words = {name: value for name, value in said.items() if name not in ("figures", "charts")}
    data = printable(json.loads(json.dumps(words, ensure_ascii=False).replace("−", "–")))  # what `printable` knows
    data["charts"] = said["charts"]  # drawings, whose own texts are short and plain
    data["at"] = f"{at:%Y-%m-%d %H:%M} UTC"
    return json.dumps(data)
