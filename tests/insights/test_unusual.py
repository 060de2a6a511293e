"""Few alarms where nothing happens, and one soon where something does."""

from collections.abc import Sequence

import numpy as np
import pytest

from apps.insights.anomalies import A_MONTH, found_in
from apps.insights.units import HISTORY, LEAST, Grain
from apps.insights.unusual import Judged, Stream, judge, together

BY_WEEKDAY = np.array([1.2, 1.1, 1.0, 1.0, 0.9, 0.4, 0.3])


def amounts(
    chance: np.random.Generator, kind: str, subject: str, middle: float, spread: float, n: np.ndarray
) -> Stream:
    """Middles of log-normal amounts, each unit a tenth off by its own."""
    off = chance.normal(0, 0.1, len(n)) + 1.2533 * spread / np.sqrt(np.maximum(n, 1)) * chance.normal(0, 1, len(n))
    value = np.where(n >= 6, middle * np.exp(off), np.nan)
    return Stream(kind, subject, "amount", value, n, np.full(len(n), spread))


def shares(kind: str, subject: str, count: np.ndarray, n: np.ndarray) -> Stream:
    return Stream(kind, subject, "share", np.where(n >= 10, count / np.maximum(n, 1), np.nan), n)


def quiet(seed: int, length: int, level: float, grain: Grain) -> tuple[list[Stream], np.ndarray]:
    """A workflow in which nothing happens: it grows, has weekdays, is no Poisson process, and remembers yesterday."""
    chance = np.random.default_rng(seed)
    season = np.arange(length) % 7 if grain == "day" else np.zeros(length, dtype=np.int64)
    by_weekday = BY_WEEKDAY[season] if grain == "day" else np.ones(length)
    memory = np.zeros(length)
    for at in range(1, length):
        memory[at] = 0.3 * memory[at - 1] + chance.normal(0, 0.08)
    mean = level * by_weekday * np.exp(0.001 * np.arange(length) + memory)
    came = chance.negative_binomial(mean, 0.5).astype(float)
    kinds = chance.dirichlet(np.array([8, 5, 3, 2, 1, 1, 0.5, 0.5]) * 200, length)
    counts = np.array([chance.multinomial(int(n), part) for n, part in zip(came, kinds, strict=True)])
    streams = [
        Stream("volume", "", "count", came, came),
        amounts(chance, "latency", "", 12.0, 1.0, came),
        amounts(chance, "cost", "", 0.05, 0.5, came),
        *(shares("mix", str(kind), counts[:, kind], came) for kind in range(counts.shape[1])),
    ]
    decided = np.floor(came / 8)
    for person in range(4):
        unchanged = chance.binomial(decided.astype(int), np.clip(chance.normal(0.85, 0.02, length), 0, 1))
        streams.append(shares("unchanged", str(person), unchanged, decided))
        streams.append(amounts(chance, "pace", str(person), 4.0, 0.6, decided))
    return streams, season


def judged(streams: Sequence[Stream], season: np.ndarray, at: int, grain: Grain) -> list[Judged]:
    made = (judge(each, season, at, HISTORY[grain], LEAST[grain]) for each in streams)
    return [each for each in made if each]


@pytest.mark.parametrize(("grain", "worlds", "length", "level"), [("day", 4, 118, 200.0), ("week", 12, 52, 22.0)])
def test_quiet_data_gives_at_most_one_alarm_in_two_months(
    grain: Grain, worlds: int, length: int, level: float, capsys: pytest.CaptureFixture[str]
) -> None:
    alarms = looked = 0
    for seed in range(worlds):
        streams, season = quiet(seed, length, level, grain)
        for at in range(LEAST[grain], length):
            alarms += len(found_in(judged(streams, season, at, grain), A_MONTH[grain]))
            looked += 1
    a_month = alarms / looked * A_MONTH[grain]
    with capsys.disabled():
        print(f"\n{grain}: {alarms} false alarms in {looked} units, {a_month:.2f} a month")
    assert a_month <= 0.5


def planted(kind: str, subject: str, factor: float, worlds: int = 12) -> float:
    """In how many of the worlds a change on the last day, a Wednesday, is found, and named rightly."""
    hits = 0
    for seed in range(worlds):
        streams, season = quiet(seed, 66, 200.0, "day")
        for each in streams:
            if (each.kind, each.subject) == (kind, subject):
                each.value[-1] *= factor
        found = found_in(judged(streams, season, 65, "day"), A_MONTH["day"])
        first = found[0].judged[0].stream if found and len(found[0].judged) == 1 else None
        hits += first is not None and (first.kind, first.subject) == (kind, subject)
    return hits / worlds


@pytest.mark.parametrize(
    ("kind", "subject", "factor"),
    [
        ("volume", "", 2.2),
        ("latency", "", 3.0),
        ("cost", "", 2.0),
        ("mix", "2", 2.2),
        ("unchanged", "1", 0.4),
        ("pace", "3", 3.0),
    ],
)
def test_a_planted_shift_is_found_on_its_day_and_named(
    kind: str, subject: str, factor: float, capsys: pytest.CaptureFixture[str]
) -> None:
    found = planted(kind, subject, factor)
    with capsys.disabled():
        print(f"\n{kind} × {factor}: {found:.0%} of the worlds")
    assert found >= 0.75


def test_a_sunday_is_held_against_sundays() -> None:
    streams, season = quiet(1, 70, 200.0, "day")
    sunday = judge(streams[0], season, 69, 56, 28)
    assert sunday is not None
    assert sunday.high < 150
    assert sunday.chance > 0.01


def test_an_odd_day_of_the_past_does_not_become_the_rule() -> None:
    streams, season = quiet(1, 66, 200.0, "day")
    before = judge(streams[0], season, 65, 56, 28)
    streams[0].value[[20, 33, 47]] *= 10
    after = judge(streams[0], season, 65, 56, 28)
    assert before is not None
    assert after is not None
    assert after.high < 1.5 * before.high


def test_too_little_past_says_nothing() -> None:
    streams, season = quiet(1, 66, 200.0, "day")
    assert judge(streams[0], season, 20, 56, 28) is None
    streams[1].value[65] = np.nan
    assert judge(streams[1], season, 65, 56, 28) is None


def test_an_odd_combination_is_found_though_nothing_alone_is_odd() -> None:
    chance = np.random.default_rng(4)
    base = chance.normal(0, 1, 60)
    pasts = [base + chance.normal(0, 0.2, 60) for _ in range(3)]
    stream = Stream("volume", "", "count", np.zeros(1), np.zeros(1))

    def at(*off: float) -> float:
        return together([Judged(stream, 0, 0, 0, 0, 0, o, 0.1, past) for o, past in zip(off, pasts, strict=True)])

    assert at(2.4, -2.4, 2.4) < 1e-4 < 0.01 < at(1.5, 1.5, 1.5)
    assert together([]) == 1.0
