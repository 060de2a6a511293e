"""What a month is made of: arrivals, a person's minutes, stop conditions, and the report. All without a database."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from apps.evaluations.models import Simulation
from apps.evaluations.simulation.handling import Minutes, sittings, stated_minutes
from apps.evaluations.simulation.months import (
    HOURS,
    OFFICE,
    Month,
    as_it_came,
    from_labels,
    hour_of_week,
    resampled,
    week_of,
    weights_of,
)
from apps.evaluations.simulation.outcomes import Done, Outcome, Replayed, edited, rejected
from apps.evaluations.simulation.reading import headline
from apps.evaluations.simulation.report import WIDTHS, World, report_of
from apps.evaluations.simulation.stops import Breach, breach_of, values_of
from apps.workflows.charters import StopCondition
from apps.workflows.models import Release

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
REJECTION = StopCondition(metric="rejection", limit="0.06")
UNGROUNDED = StopCondition(metric="ungrounded", limit="0.05")


def outcome(route: str = "queue", **fields: object) -> Outcome:
    usual: dict[str, object] = {
        "case_type": "return", "decision": "explain", "wrong": 0.1, "right": None, "ungrounded": 0.0, "gave_up": False,
        "seconds": 0.1, "cost": 0.0,
    }  # fmt: skip
    return Outcome.model_validate({"route": route, **usual, **fields})


def month(cases: list[int], positions: list[int] | None = None) -> Month:
    times = [MONDAY + timedelta(hours=HOURS * place / len(cases)) for place in range(len(cases))]
    return as_it_came(MONDAY, times, cases, positions or [0] * len(cases))


def world(cases: list[Replayed], came: Month, *conditions: StopCondition, minutes: Minutes | None = None) -> World:
    return World(MONDAY, cases, came, resampled(came, 200), minutes or stated_minutes(6), conditions, cases)


def test_a_slice_takes_the_customers_below_its_width() -> None:
    assert list(month([0, 0, 0], [0, 499, 500]).inside(5)) == [True, True, False]


def test_drawn_months_are_as_long_as_the_one_that_came_and_the_same_each_time() -> None:
    came = month([0, 1, 2, 3])
    one, other = resampled(came, 2), resampled(came, 2)
    assert [len(each.case) for each in one] == [4, 4]
    assert all((a.case == b.case).all() for a, b in zip(one, other, strict=True))
    assert all((np.diff(each.hours) >= 0).all() for each in one)


def test_labelled_cases_are_drawn_as_often_as_their_type_comes_and_when_cases_come() -> None:
    weights = weights_of(["refund", "return", "return"], ["refund"] * 180 + ["return"] * 20)
    assert list(weights) == [180, 10, 10]
    drawn = from_labels(MONDAY, 4_000, weights, OFFICE, 1)[0]
    assert (drawn.case == 0).mean() == pytest.approx(0.9, abs=0.02)
    in_office = [8 <= hour % 24 < 18 for hour in drawn.hours.astype(int)]
    assert np.mean(in_office) > 0.7


def test_where_too_little_came_the_office_hours_and_the_sets_own_mix_are_assumed() -> None:
    assert week_of([MONDAY] * 10) is OFFICE
    assert list(weights_of(["a", "b"], ["a"] * 10)) == [1, 1]


def test_hours_are_learnt_from_what_came() -> None:
    at = MONDAY + timedelta(days=2, hours=9, minutes=30)
    assert week_of([at] * 200)[hour_of_week(at)] > 199


def test_the_time_of_a_decision_is_that_since_the_same_persons_last_one_and_pauses_do_not_count() -> None:
    at = [MONDAY + timedelta(minutes=each) for each in (0, 4, 6, 50, 53)]
    decisions = [("mara", at[0]), ("joost", at[1]), ("mara", at[2]), ("mara", at[3]), ("mara", at[4])]
    assert sorted(sittings(decisions)) == [3, 6]


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        (Done("approved", "explain", None), 0.0),
        (Done("rejected", "explain", None), 1.0),
        (Done("approved", "refund", None), 1.0),
        (Done("rejected", "refund", None), None),
        (Done("", "explain", None), None),
        (None, None),
    ],
)
def test_a_person_would_reject_what_they_rejected_and_what_they_decided_otherwise(
    done: Done | None, expected: float | None
) -> None:
    assert rejected(Replayed(outcome(), outcome(), done)) == expected
    assert rejected(Replayed(outcome(), outcome("automatic"), done)) is None


def test_a_label_says_what_would_be_rejected_where_no_person_worked() -> None:
    assert rejected(Replayed(outcome(), outcome(right=False))) == 1.0
    assert rejected(Replayed(outcome(), outcome(right=True))) == 0.0


def test_edits_are_known_of_the_same_proposal_only() -> None:
    assert edited(Replayed(outcome(), outcome(), Done("edited", "explain", 0.4))) == 0.4
    assert edited(Replayed(outcome(), outcome(), Done("approved", "explain", None))) == 0.0
    assert edited(Replayed(outcome(), outcome(), Done("edited", "refund", 0.4))) is None


def test_a_stop_condition_fires_on_the_case_that_leaves_no_doubt() -> None:
    bad = [Replayed(outcome(), outcome(ungrounded=0.5))]
    breach = breach_of(month([0] * 100), 100, bad, values_of(bad, UNGROUNDED), UNGROUNDED, 20)
    assert breach is not None
    assert 3 <= breach.cases <= 15
    assert breach.day <= 4


def test_a_good_release_is_not_stopped_and_a_narrow_slice_takes_longer() -> None:
    good, bad = (Replayed(outcome(), outcome(ungrounded=each)) for each in (0.0, 0.5))
    assert breach_of(month([0] * 400), 100, [good], values_of([good], UNGROUNDED), UNGROUNDED, 20) is None
    spread = list(range(0, 10_000, 25))
    narrow, wide = (
        breach_of(month([0] * 400, spread[::-1]), percent, [bad], values_of([bad], UNGROUNDED), UNGROUNDED, 20)
        for percent in (25, 100)
    )
    assert wide is not None
    assert narrow is not None
    assert narrow.day > wide.day


def test_another_mix_of_types_is_drift() -> None:
    drift = StopCondition(metric="drift", limit="0.2")
    cases = [Replayed(outcome(case_type="return"), outcome(case_type="refund"))]
    positions = [0, 9_999] * 200
    assert isinstance(breach_of(month([0] * 400, positions), 50, cases, np.array([np.nan]), drift, 20), Breach)
    same = [Replayed(outcome(), outcome())]
    assert breach_of(month([0] * 400, positions), 50, same, np.array([np.nan]), drift, 20) is None


def test_the_report_adds_up_lanes_hours_and_errors_of_both_releases() -> None:
    cases = [
        Replayed(outcome("queue"), outcome("automatic", right=True)),
        Replayed(outcome("reserved"), outcome("reserved", right=True)),
    ]
    report = report_of(world(cases, month([0, 0, 0, 1] * 25), REJECTION))
    figures = report["figures"]
    assert figures["automatic"]["candidate"]["value"] == 75
    assert figures["automatic"]["incumbent"]["value"] == 0
    assert figures["reserved"]["candidate"]["value"] == 25
    assert figures["hours"]["incumbent"]["value"] == pytest.approx(10)  # 100 cases of 6 minutes
    assert figures["hours"]["difference"]["value"] == pytest.approx(-7.5)
    assert figures["hours"]["difference"]["high"] < 0
    assert figures["wrong_alone"]["candidate"]["value"] == pytest.approx(7.5)
    assert figures["wrong_measured"]["candidate"]["value"] == 0
    assert figures["wrong_measured"]["candidate"]["high"] > 0  # one labelled case proves little
    assert sum(report["load"]["candidate"]) == pytest.approx(2.5 / 4)
    assert report["moved"] == {"to_machine": 75, "to_person": 0, "other_decision": 0}


def test_every_figure_lies_in_its_interval_and_every_width_is_reckoned() -> None:
    cases = [Replayed(outcome("queue"), outcome("automatic")), Replayed(outcome("automatic"), outcome("queue"))]
    measured = Minutes(6, 5, 7, 40)
    report = report_of(world(cases, month([0, 0, 1] * 50, list(range(0, 9_000, 60))), REJECTION, minutes=measured))
    assert [each["percent"] for each in report["widenings"]] == list(WIDTHS)
    for each in report["widenings"]:
        for figure in each["figures"].values():
            assert figure["low"] <= figure["value"] <= figure["high"]
    last = report["widenings"][-1]["figures"]["hours"]
    assert last["value"] == report["figures"]["hours"]["candidate"]["value"]


def test_what_nothing_can_tell_is_said_and_not_guessed() -> None:
    cases = [Replayed(outcome(), outcome("automatic"))]
    report = report_of(world(cases, month([0] * 60), REJECTION, StopCondition(metric="complaint", limit="0.03")))
    stops = report["widenings"][0]["stops"]
    assert all("unknown" in stop for stop in stops)


@pytest.mark.parametrize(
    ("at_most", "n", "said"),
    [
        (41.0, 23, "By the labelled holdout it would be 40 (12 to 90, n = 23)."),
        (8.0, 23, "By the labelled holdout it would be 40 (12 to 90, n = 23): do not rely on the smaller number."),
        (41.0, 0, "as far as intake’s probabilities hold."),
    ],
)
def test_the_headline_tells_what_the_labels_say_beside_the_probabilities(at_most: float, n: int, said: str) -> None:
    report = report_of(world([Replayed(outcome("queue"), outcome("automatic", right=True))], month([0] * 100)))
    report["figures"]["wrong_alone"]["candidate"]["high"] = at_most
    report["figures"]["wrong_measured"]["candidate"] = {"value": 40.0, "low": 12.0, "high": 90.0, "n": n}
    assert headline(Simulation(release=Release(label="2026.47-b"), report=report)).endswith(said)
