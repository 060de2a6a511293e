"""Figures as benchmarks write them, and the page that is made of them."""

import json

import pytest

from benchmarks import report
from benchmarks.clocks import Clocks
from benchmarks.figures import Row, with_interval


def row(value: float, peer: float | None, bar: str) -> Row:
    return Row("Cases", value, "cases/s", 100, "Peer" if peer else "", peer, bar, "A note.")


@pytest.mark.parametrize(
    ("value", "peer", "bar", "holds"),
    [
        (300, 100, ">= 2.0", True),
        (150, 100, ">= 2.0", False),
        (0.94, None, ">= 0.92", True),
        (30, None, "<= 10", False),
        (5, 1, "", None),
    ],
)
def test_whether_a_bar_holds_is_computed(value, peer, bar, holds):
    assert row(value, peer, bar).as_json()["holds"] is holds


def test_a_row_has_every_field_of_the_form():
    fields = {"figure", "value", "unit", "n", "peer", "peer_value", "ratio", "bar", "holds", "note", "low", "high"}
    assert row(1, 2, "").as_json().keys() == fields


def test_the_page_keeps_a_figure_that_falls_short_with_its_note(tmp_path, monkeypatch):
    document = {
        "machine": "2 cores",
        "versions": {"python": "3.11"},
        "command": "make bench",
        "rows": [row(150, 100, ">= 2.0").as_json()],
    }
    (tmp_path / "platform.json").write_text(json.dumps(document))
    monkeypatch.setattr(report, "FOLDER", tmp_path)
    monkeypatch.setattr(report, "ROOT", tmp_path)
    monkeypatch.setattr(report, "TARGET", tmp_path / "benchmarks.md")
    assert report.main() == 0
    page = (tmp_path / "benchmarks.md").read_text()
    assert "| Cases | 150 cases/s | 100 | Peer: 100 cases/s | 1.50 | >= 2.0 | **no** |" in page
    assert "- Cases: A note." in page


def test_an_interval_stands_behind_its_value():
    assert with_interval(95.3, 94.6, 96.02) == "95.3 (94.6 to 96)"
    assert with_interval(19.4, None, None) == "19.4"


def test_without_any_measurement_the_page_is_left_alone(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(report, "FOLDER", tmp_path)
    monkeypatch.setattr(report, "TARGET", tmp_path / "benchmarks.md")
    assert report.main() == 1
    assert "Nothing has been measured yet" in capsys.readouterr().err
    assert not (tmp_path / "benchmarks.md").exists()


def test_time_inside_a_timed_function_counts_once(monkeypatch):
    now = iter([0.0, 1.0, 4.0, 10.0])  # outer begins, inner begins, inner ends, outer ends
    monkeypatch.setattr("benchmarks.clocks.perf_counter", lambda: next(now))
    clocks = Clocks()
    inner = clocks.timed("inner", lambda: None)
    clocks.timed("outer", inner)()
    assert clocks.seconds == {"inner": 3.0, "outer": 7.0}
