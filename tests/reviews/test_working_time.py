"""Working time, whatever the zone, the hours, the holidays and the changes of the clocks."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.reviews.working_time import NO_TIME, Hours, NeverOpen, add, before, due, measure, open_on, used_until

NINE_TO_FIVE = tuple(((540, 1020),) if day < 5 else () for day in range(7))
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
# Summer time, none, half an hour, a quarter of an hour off, and a day that was skipped altogether.
ZONES = [
    "Europe/Amsterdam",
    "UTC",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "America/Sao_Paulo",
]


@st.composite
def opening(draw):
    """Up to three stretches of a day, in order."""
    marks = sorted(draw(st.sets(st.integers(0, 1440), max_size=6)))
    return tuple(zip(marks[0::2], marks[1::2], strict=False))


@st.composite
def hours(draw):
    week = list(draw(st.tuples(*[opening()] * 7)))
    week[draw(st.integers(0, 6))] = ((draw(st.integers(0, 700)), draw(st.integers(701, 1440))),)
    closed = draw(st.dictionaries(st.dates(date(2011, 1, 1), date(2028, 1, 1)), opening(), max_size=8))
    return Hours(draw(st.sampled_from(ZONES)), tuple(week), tuple(sorted(closed.items())))


moments = st.datetimes(datetime(2011, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - the library adds the zone
# Days with a change of the clocks in one of the zones: chance alone would hardly meet them.
changes = st.sampled_from(
    [date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 8), date(2026, 4, 5), date(2011, 12, 30), date(2018, 11, 4)]
)
near_changes = st.builds(
    lambda day, minutes: datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minutes),
    changes,
    st.integers(-2000, 4000),
)
starts = st.one_of(moments, near_changes)
amounts = st.integers(0, 200 * 3600).map(lambda seconds: timedelta(seconds=seconds))


@given(hours(), starts, amounts)
@settings(deadline=None)
def test_what_is_added_is_measured_again(hours, start, working):
    assert measure(hours, start, add(hours, start, working)) == working


@given(hours(), starts, amounts)
@settings(deadline=None)
def test_what_is_measured_and_added_comes_back_unless_all_were_closed_at_the_end(hours, start, later):
    end = start + later
    back = add(hours, start, measure(hours, start, end))
    assert back <= end or back == start
    assert measure(hours, back, end) == NO_TIME


@given(hours(), starts, amounts)
@settings(deadline=None)
def test_what_is_taken_off_is_measured_again(hours, end, working):
    assert measure(hours, before(hours, end, working), end) == working


@given(hours(), starts, amounts, amounts)
@settings(deadline=None)
def test_it_does_not_matter_where_time_is_cut(hours, start, first, second):
    middle, end = start + first, start + first + second
    assert measure(hours, start, end) == measure(hours, start, middle) + measure(hours, middle, end)
    assert add(hours, add(hours, start, first), second) == add(hours, start, first + second)


@given(hours(), starts, amounts, st.lists(st.tuples(amounts, amounts), max_size=3))
@settings(deadline=None)
def test_a_pause_takes_no_working_time(hours, start, allowed, gaps):
    pauses, at = [], start
    for running, paused in gaps:
        pauses.append((at + running, at + running + paused))
        at = pauses[-1][1]
    assert used_until(hours, start, due(hours, start, allowed, pauses), pauses) == allowed


@given(hours(), st.one_of(changes, st.dates(date(2011, 1, 2), date(2027, 12, 30))))
@settings(deadline=None)
def test_the_hours_of_neighbouring_days_are_in_order_and_never_overlap(hours, day):
    ends = [each for offset in (-1, 0, 1) for each in open_on(hours, day + timedelta(days=offset))]
    flat = [moment for interval in ends for moment in interval]
    assert flat == sorted(flat)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM)


def test_a_holiday_is_no_working_day():
    hours = Hours("Europe/Amsterdam", NINE_TO_FIVE, ((date(2026, 12, 25), ()),))
    assert add(hours, local("2026-12-24T16:00"), timedelta(hours=2)) == local("2026-12-28T10:00")


def test_a_short_day_has_its_own_hours():
    hours = Hours("Europe/Amsterdam", NINE_TO_FIVE, ((date(2026, 12, 24), ((540, 720),)),))
    assert measure(hours, local("2026-12-24T08:00"), local("2026-12-24T18:00")) == timedelta(hours=3)


def test_a_weekend_in_which_the_clocks_change_takes_nothing():
    hours = Hours("Europe/Amsterdam", NINE_TO_FIVE)
    assert add(hours, local("2026-03-27T16:00"), timedelta(hours=2)) == local("2026-03-30T10:00")


@pytest.mark.parametrize(("day", "long"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)])
def test_a_day_around_the_clock_is_as_long_as_it_is(day, long):
    always = Hours("Europe/Amsterdam", (((0, 1440),),) * 7)
    start = local(f"{day}T00:00")
    assert measure(always, start, start + timedelta(days=1)) == timedelta(hours=long)


def test_hours_within_the_hour_that_does_not_exist_are_none():
    night = Hours("Europe/Amsterdam", (((120, 175),),) * 7)  # 02:00 to 02:55
    assert open_on(night, date(2026, 3, 29)) == ()


def test_local_times_give_what_the_same_moments_in_utc_give():
    always = Hours("Europe/Amsterdam", (((0, 1440),),) * 7)
    start = local("2026-10-24T12:00")
    assert add(always, start, timedelta(hours=24)) == start.astimezone(UTC) + timedelta(hours=24)
    assert measure(always, start, local("2026-10-25T12:00")) == timedelta(hours=25)


def test_what_is_never_open_is_said_to_be():
    with pytest.raises(NeverOpen):
        add(Hours("UTC", ((),) * 7), datetime(2026, 1, 1, tzinfo=UTC), timedelta(hours=1))
