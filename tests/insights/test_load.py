"""The load forecast beats the naive one where there is a pattern, and hands follow Erlang's formula."""

from datetime import timedelta
from math import factorial

import numpy as np
import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.cases.models import Case
from apps.insights.load import Load
from apps.insights.load_model import (
    CLOSED,
    HORIZON,
    backtest,
    by_level,
    hands_needed,
    hourly,
    interval,
    settled,
    waits,
)
from apps.reviews.calendars import CalendarContent, change_calendar
from tests.cast import Member
from tests.factories import customer_service
from tests.insights.closed import Closed, write

BY_WEEKDAY = np.array([1.2, 1.1, 1.0, 1.0, 0.9, 0.4, 0.3])


def past(seed: int, days: int = 182, level: float = 200.0, spread: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    chance, kinds = np.random.default_rng(seed), np.arange(days) % 7
    mean = level * BY_WEEKDAY[kinds] * np.exp(0.001 * np.arange(days))
    return chance.negative_binomial(mean / (spread - 1), 1 / spread).astype(float), kinds


def test_the_forecast_is_off_less_than_the_naive_one_and_its_interval_holds(capsys: pytest.CaptureFixture[str]) -> None:
    off, naive, within = [], [], []
    for seed in range(12):
        days, kinds = past(seed)
        tested = backtest(days[:-HORIZON], kinds[:-HORIZON])
        assert tested is not None
        expected = by_level(days[:-HORIZON], kinds[:-HORIZON], kinds[-HORIZON:])
        low, high = interval(expected, tested.spread)
        within.append(((low <= days[-HORIZON:]) & (days[-HORIZON:] <= high)).mean())
        off.append(tested.off)
        naive.append(tested.naive)
    with capsys.disabled():
        print(f"\noff {np.mean(off):.1%}, naive {np.mean(naive):.1%}; {np.mean(within):.0%} within eight of ten")
    assert np.mean(off) < 0.85 * np.mean(naive)
    assert 0.7 <= np.mean(within) <= 0.95


def test_a_holiday_is_forecast_as_a_sunday_and_a_short_past_says_nothing_of_itself() -> None:
    days, kinds = past(1)
    sunday, holiday = by_level(days, kinds, np.array([6, CLOSED]))
    assert holiday == sunday
    assert backtest(days[:30], kinds[:30]) is None


def test_a_day_that_stands_out_by_itself_is_no_level_and_one_that_comes_again_is() -> None:
    days, kinds = past(2, level=20)
    once, ahead = days.copy(), np.arange(HORIZON) % 7
    once[-1] = 600
    plain, cut = (by_level(settled(each, kinds), kinds, ahead) for each in (days, once))
    assert cut[6] < 3 * plain[6]
    assert cut[:6] == pytest.approx(plain[:6], rel=0.35)
    again = once.copy()
    again[-8] = 500
    assert settled(again, kinds)[[-8, -1]].tolist() == [500, 600]
    busy, _ = past(2)
    shifted = np.concatenate((busy, 2 * busy[-28:]))
    more = np.arange(len(shifted)) % 7
    assert settled(shifted, more) == pytest.approx(shifted)


def test_hours_are_shares_of_a_day_of_their_kind() -> None:
    counts = np.zeros((14, 24))
    counts[:, 9] = 10
    counts[[5, 6, 12, 13], 20] = 30
    kinds = np.arange(14) % 7
    assert hourly(counts, kinds, 0).sum() == pytest.approx(1)
    assert hourly(counts, kinds, 0)[9] > 0.7
    assert hourly(counts, kinds, 6)[20] > hourly(counts, kinds, 6)[9]


@pytest.mark.parametrize(("hands", "load"), [(1, 0.5), (3, 2.0), (10, 8.0), (25, 20.0)])
def test_waiting_is_as_erlangs_formula_has_it(hands: int, load: float) -> None:
    full = load**hands / factorial(hands) * hands / (hands - load)
    free = sum(load**each / factorial(each) for each in range(hands))
    assert waits(hands, load) == pytest.approx(full / (free + full))


def test_nobody_is_needed_for_nothing_and_a_full_house_always_waits() -> None:
    assert hands_needed(0, 5, 30) == 0
    assert waits(3, 3.0) == 1.0
    assert hands_needed(60, 5, 60) == 6  # five are busy all of the time, and nobody is busier than 85 %


@settings(max_examples=60, deadline=None)
@given(an_hour=st.floats(0, 500), more=st.floats(0, 500), minutes=st.floats(0.01, 30), within=st.floats(0, 480))
def test_more_cases_never_take_fewer_hands_and_more_patience_never_more(
    an_hour: float, more: float, minutes: float, within: float
) -> None:
    assert hands_needed(an_hour + more, minutes, within) >= hands_needed(an_hour, minutes, within)
    assert hands_needed(an_hour, minutes, within + 10) <= hands_needed(an_hour, minutes, within)


def test_the_page_says_whom_it_takes_and_what_that_rests_on(consultant: Member) -> None:
    customer_service()
    assert "Too little has come in yet" in consultant.get("/insights/load/").content.decode()
    now = timezone.now().replace(hour=10)
    write([Closed(closed=now - timedelta(days=1 + at // 6), minutes=5, hours=1) for at in range(6 * 60)])
    page = consultant.get("/insights/load/").content.decode()
    assert "Tried on 3 past fortnights" in page
    assert "5.0 minutes each" in page
    data = consultant.get("/insights/load.json").json()
    assert len(data["days"]) == HORIZON
    opened = [each for each in data["days"] if not each["closed"]]
    assert all(max(hour["reviewers"] for hour in each["hours"]) == 1 for each in opened)
    assert sum(each["expected"] for each in data["days"]) == pytest.approx(14 * 6, rel=0.2)


def test_what_waits_already_and_what_comes_at_lunch_is_work_too(consultant: Member) -> None:
    office = "08:00-12:00, 13:00-17:00"
    always = CalendarContent(week=(office,) * 7)
    change_calendar(actor=consultant.actor, content=always, note="Lunch is closed.")
    noon = timezone.now().replace(hour=12)
    cases = write([Closed(closed=noon - timedelta(days=1 + at // 10), minutes=6, hours=0) for at in range(10 * 40)])
    before = Load(customer_service())
    # All of the ten cases of a day come at noon, and are decided in the afternoon.
    assert before.waiting == 0
    afternoon = [each.to_review for each in before.days[1].hours if each.hour > 12]
    assert sum(afternoon) == pytest.approx(sum(each.to_review for each in before.days[1].hours), rel=0.2)
    assert sum(each.to_review for day in before.days for each in day.hours) == pytest.approx(140, rel=0.1)
    Case.objects.filter(pk__in=[case.pk for case in cases[-50:]]).update(state="review", closed_at=None)
    after = Load(customer_service())
    assert after.waiting == 50
    more = [sum(hour.to_review for hour in load.days[0].hours) for load in (before, after)]
    assert more[1] - more[0] == pytest.approx(50)
