"""Working hours by the clock on the wall, and time counted in them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.hours import ALWAYS, BadHoursError, parse_hours

HOURS = ("09:00-22:00", "00:00-24:00", "9:00-12:00,13:30-18:00", "18:00-02:00", "20:00-23:59,00:00-01:00")
ZONE = "Asia/Shanghai"
moments = st.integers(0, 10**7).map(lambda s: datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=s))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=parse_hours(HOURS[0], ZONE).zone)


def test_an_hour_promised_ten_minutes_before_closing_ends_next_morning() -> None:
    assert parse_hours("09:00-22:00", ZONE).after(at(20, 21, 50), timedelta(hours=1)) == at(21, 9, 50)


def test_a_break_at_noon_is_no_working_time() -> None:
    assert parse_hours("9:00-12:00,13:30-18:00", ZONE).after(at(20, 11, 30), timedelta(hours=2)) == at(20, 15)


def test_a_span_over_midnight_is_one_span() -> None:
    hours = parse_hours("18:00-02:00", ZONE)
    assert hours.is_open(at(21, 1, 59))
    assert not hours.is_open(at(21, 2))
    assert hours.opens_at(at(21, 2)) == at(21, 18)


def test_hours_are_those_of_the_shop_s_zone_and_not_of_the_machine() -> None:
    assert parse_hours("09:00-22:00", ZONE).is_open(datetime(2026, 11, 20, 1, 0, tzinfo=UTC))
    assert not parse_hours("09:00-22:00", "UTC").is_open(datetime(2026, 11, 20, 1, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    "text", ["", "9-18", "09:00", "25:00-26:00", "09:00-09:00", "24:00-02:00", "09:00-12:00,11:00-13:00", "x"]
)
def test_what_names_no_hours_is_refused(text: str) -> None:
    with pytest.raises(BadHoursError):
        parse_hours(text, ZONE)


@given(st.sampled_from(HOURS), moments, st.integers(1, 48 * 60))
def test_a_deadline_is_never_before_its_time_and_never_at_an_hour_when_nobody_is_there(
    text: str, now: datetime, minutes: int
) -> None:
    hours = parse_hours(text, ZONE)
    due = hours.after(now, timedelta(minutes=minutes))
    assert due >= hours.opens_at(now) + timedelta(minutes=minutes)
    assert hours.is_open(due - timedelta(seconds=1))
    assert hours.after(now, timedelta(minutes=minutes + 1)) > due


@given(moments)
def test_always_is_always(now: datetime) -> None:
    assert ALWAYS.opens_at(now) == now
    assert ALWAYS.after(now, timedelta(hours=2)) == now + timedelta(hours=2)
