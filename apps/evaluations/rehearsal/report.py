"""What a rehearsal found: figures with intervals, the time that each layer took, and what is odd about the data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from apps.evaluations.metrics import Interval, wilson_interval


@dataclass(frozen=True)
class Figure:
    key: str
    title: str
    value: float | None  # 0-1; None where there was nothing to measure it on
    interval: Interval | None  # 95 %
    n: int


@dataclass(frozen=True)
class Report:
    kind: str
    data: str
    figures: Sequence[Figure]
    milliseconds: Mapping[str, Sequence[float]]  # by layer, one for each case
    warnings: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)  # what the figures are of: counts, fingerprints

    def as_json(self) -> dict[str, Any]:
        """Every figure under its own key at the top; intervals and counts beside them under the same keys."""
        return {
            "kind": self.kind,
            "data": self.data,
            **{figure.key: figure.value for figure in self.figures},
            "intervals": {figure.key: figure.interval for figure in self.figures if figure.interval},
            "n": {figure.key: figure.n for figure in self.figures},
            "milliseconds": {layer: summary(times) for layer, times in self.milliseconds.items() if times},
            "warnings": list(self.warnings),
            **self.facts,
        }

    def as_tables(self) -> RenderableType:
        return Group(self._figures(), "", self._times(), *(Text(f"! {each}", "yellow") for each in self.warnings))

    def _figures(self) -> Table:
        table = Table("Figure", title=f"{self.kind}: {self.data}", title_justify="left")
        table.add_column("JSON key", no_wrap=True)
        for name in ("Value", "95 % interval", "n"):
            table.add_column(name, justify="right")
        for figure in self.figures:
            value = "none" if figure.value is None else f"{figure.value:.4f}"
            interval = "{:.4f} to {:.4f}".format(*figure.interval) if figure.interval else ""
            table.add_row(figure.title, figure.key, value, interval, f"{figure.n:,}")
        return table

    def _times(self) -> Table:
        table = Table("Layer", title="Time per case", title_justify="left")
        for name in ("Median", "95th percentile", "n"):
            table.add_column(name, justify="right")
        for layer, times in self.milliseconds.items():
            if times:
                held = summary(times)
                table.add_row(layer, f"{held['median']:.1f} ms", f"{held['p95']:.1f} ms", f"{held['n']:,}")
        return table


def summary(times: Sequence[float]) -> dict[str, float]:
    median, high = np.quantile(times, [0.5, 0.95])
    return {"median": round(float(median), 3), "p95": round(float(high), 3), "n": len(times)}


def share(key: str, title: str, count: int, of: int) -> Figure:
    return Figure(key, title, count / of if of else None, wilson_interval(count, of) if of else None, of)
