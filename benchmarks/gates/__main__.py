"""Do the gate, the thresholds and the stop conditions keep what they promise? python -m benchmarks.gates DATA

DATA is a folder with banking77/ and policyqa/. Nothing of it is copied. It takes some minutes of two cores.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console

from benchmarks.figures import FOLDER, Row, machine, publish
from benchmarks.gates.training import Labelled
from benchmarks.stage import Stage, stage

if TYPE_CHECKING:  # the product's modules want their settings first
    from apps.evaluations.rehearsal.intent_data import Example
    from benchmarks.gates.weeks import Stream

console = Console(stderr=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-gates", description=__doc__)
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--trials", type=int, default=200, help="of each kind of candidate")
    chosen = parser.parse_args()
    for name in ("banking77", "policyqa/dev.json"):
        if not (chosen.data / name).exists():
            parser.error(f"{chosen.data / name} is not there. Say where the sets are: make bench-gates DATA=PATH")
    on = machine()
    with stage() as made:
        rows = list(_rows(made, chosen.data, chosen.trials))
    publish("gates", "make bench-gates DATA=…", rows, on)


def _rows(made: Stage, data: Path, trials: int) -> Iterator[Row]:
    from benchmarks.gates import candidates, duration, replies, thresholds, weeks

    console.print("An evaluation of 500 cases")
    yield from duration.rows(made)
    console.print("Thresholds on banking77")
    train, test = _banking(data / "banking77")
    yield from thresholds.rows(train, test)
    yield from candidates.rows(train, test, trials)
    yield from replies.rows(data / "policyqa" / "dev.json", trials)
    console.print("Simulated weeks")
    yield from weeks.rows(_stream())


def _banking(folder: Path) -> tuple[Labelled, Labelled]:
    from django.conf import settings

    from apps.evaluations.rehearsal.intent_data import read_intent_set
    from apps.evaluations.rehearsal.releases import taxonomy_of
    from apps.evaluations.rehearsal.remembered import RememberingEncoder
    from apps.inference.local.encoder import default_encoder

    read = read_intent_set(folder)
    encoder = RememberingEncoder(default_encoder(settings.MODEL_DIR), FOLDER / "vectors")
    _, slugs = taxonomy_of(read.labels)

    def encoded(examples: "Sequence[Example]") -> Labelled:
        texts = [example.text for example in examples]
        return Labelled(texts, encoder.encode(texts), np.array([slugs[example.label] for example in examples]))

    return encoded(read.train), encoded(read.test)


def _stream() -> "Stream":
    from apps.workflows.charters import CharterContent
    from benchmarks.gates.weeks import stream_of
    from benchmarks.traffic import northgate

    tenant = northgate()
    counts = Counter(row["expected"]["case_type"] for row in tenant.cases())
    shares = {kind: count / counts.total() for kind, count in counts.items()}
    return stream_of(CharterContent.model_validate(tenant.charter()), shares)


if __name__ == "__main__":
    main()
