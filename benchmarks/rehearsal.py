"""The public sets through the layers, as figures beside the others: python -m benchmarks.rehearsal DATA

DATA is a folder with banking77/, ir/cranfield/ and ir/scifact/. Nothing of it is copied.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.figures import FOLDER, ROOT, Row, machine, publish

SETS = {
    "banking77": ("intent", {"accuracy": ">= 0.92", "coverage_at_95": ">= 0.93", "precision_reached": ">= 0.95"}),
    "ir/cranfield": ("retrieval", {"ndcg_at_10": ">= 0.42"}),
    "ir/scifact": ("retrieval", {"ndcg_at_10": ">= 0.71", "ndcg_at_10_reranked": ">= 0.72"}),
}
ALSO = {
    "intent": ("accuracy", "macro_f1", "ece", "coverage_at_95", "precision_reached", "tag_accuracy"),
    "retrieval": ("ndcg_at_10", "ndcg_at_10_reranked", "recall_at_50"),
}


def main() -> int:
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        print(__doc__, file=sys.stderr)
        return 2
    data, on = Path(sys.argv[1]), machine()
    rows = [row for name, (kind, bars) in SETS.items() for row in _rows(data / name, name, kind, bars)]
    publish("rehearsal", "make bench-rehearsal DATA=…", rows, on)
    return 0


def _rows(path: Path, name: str, kind: str, bars: dict[str, str]) -> Iterator[Row]:
    said = _rehearsed(path, kind, FOLDER / "rehearsals" / f"{name.replace('/', '-')}.json")
    for key in ALSO[kind]:
        low, high = said["intervals"].get(key) or (None, None)
        yield Row(f"{name}: {key}", said[key], "", said["n"][key], bar=bars.get(key, ""), low=low, high=high)
    for layer, times in said["milliseconds"].items():
        yield Row(f"{name}: median time of {layer}", times["median"], "ms", times["n"])


def _rehearsed(path: Path, kind: str, output: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "embedded.command", "rehearse", "--data", str(path.absolute())]
    subprocess.run([*command, "--kind", kind, "--json", str(output)], cwd=ROOT, check=True, env=os.environ.copy())
    content: dict[str, Any] = json.loads(output.read_text())
    return content


if __name__ == "__main__":
    sys.exit(main())
