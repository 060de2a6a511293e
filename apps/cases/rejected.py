"""The report of what was not admitted: for each row its line, the reasons, and all that it held."""

import json
from collections.abc import Iterator

from apps.cases.imports import ImportRun


def rejected_lines(run: ImportRun) -> Iterator[str]:
    """As JSONL, read from the database bit by bit: {"line": 3, "problems": {"text": ["is empty."]}, "row": {…}}."""
    for rejected in run.rejected_rows.iterator(chunk_size=100):
        head = json.dumps({"line": rejected.line, "problems": rejected.problems}, ensure_ascii=False)
        yield f'{head[:-1]}, "row": {rejected.row}}}\n'
