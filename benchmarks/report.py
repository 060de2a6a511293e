"""Renders docs/benchmarks.md from what the last measurements wrote: python -m benchmarks.report"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from benchmarks.figures import FOLDER, ROOT, shown, with_interval

TARGET = ROOT / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Every figure below was measured by the command above its table, on the machine and with the versions named there, and
put here by `make bench-report`. A figure that falls short of its bar stays in. In brackets: 95 % intervals.
"""


def render(documents: dict[str, dict[str, Any]]) -> str:
    sections = ("\n".join(_section(name, each)) for name, each in sorted(documents.items()))
    return HEAD + "".join(f"\n{section}\n" for section in sections)


def _section(name: str, document: dict[str, Any]) -> Iterator[str]:
    yield f"## {name.capitalize()}\n"
    yield f"`{document['command']}` on {document['machine']}.\n"
    yield f"{', '.join(f'{package} {version}' for package, version in document['versions'].items())}.\n"
    yield "| Figure | Value | n | Peer | Ratio | Bar | Holds |"
    yield "|---|---:|---:|---|---:|---|---|"
    for row in document["rows"]:
        yield _line(row)
    notes = [f"- {row['figure']}: {row['note']}" for row in document["rows"] if row.get("note")]
    if notes:
        yield "\n" + "\n".join(notes)


def _line(row: dict[str, Any]) -> str:
    peer = f"{row['peer']}: {shown(row['peer_value'])} {row['unit']}" if row["peer_value"] else ""
    ratio = f"{row['ratio']:.2f}" if row["ratio"] else ""
    holds = {None: "", True: "yes", False: "**no**"}[row["holds"]]
    value = f"{with_interval(row['value'], row.get('low'), row.get('high'))} {row['unit']}".strip()
    cells = (row["figure"], value, f"{row['n']:,}", peer, ratio, row["bar"], holds)
    return f"| {' | '.join(cells)} |"


def main() -> int:
    files = sorted(FOLDER.glob("*.json"))
    if not files:
        print(f"Nothing has been measured yet: {FOLDER} holds no figures. Run `make bench` first.", file=sys.stderr)
        return 1
    TARGET.write_text(render({file.stem: json.loads(file.read_text()) for file in files}))
    print(f"{TARGET.relative_to(ROOT)} is rendered from {', '.join(file.name for file in files)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
