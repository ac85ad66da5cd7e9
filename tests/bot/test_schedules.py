"""What happens by itself, and when: the hours that are promised, read off the register of tasks."""

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter

from bot import background
from bot.background import TASKS

CHINA = ZoneInfo("Asia/Shanghai")
AN_HOUR = timedelta(hours=1)
SUNDAY = datetime(2026, 11, 22, tzinfo=CHINA)


def rounds(name: str, span: timedelta = timedelta(days=1)) -> list[datetime]:
    """When a recurring task runs from Sunday's midnight in China on, for so long, on the clocks there."""
    schedule = TASKS.by_name[name].cron
    assert schedule is not None
    found = croniter(schedule, SUNDAY.astimezone(ZoneInfo("UTC")) - timedelta(seconds=1), second_at_beginning=False)
    at, until = [], SUNDAY + span
    while (moment := found.get_next(datetime).astimezone(CHINA)) < until:
        at.append(moment)
    return at


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("reconcile_yesterday", "10:30"),  # the bill of the day before is there from 10:00 (wechat.md, D)
        ("reconcile_suppliers", "11:00"),
    ],
)
def test_the_books_are_compared_with_the_outside_every_day(name: str, at: str) -> None:
    assert [f"{one:%d %H:%M}" for one in rounds(name, timedelta(days=3))] == [f"{day} {at}" for day in (22, 23, 24)]


@pytest.mark.parametrize("name", ["check_books", "anchor_history"])
def test_the_books_and_the_history_are_looked_at_every_night(name: str) -> None:
    nights = rounds(name, timedelta(days=7))
    assert len(nights) == 7
    assert all(one.hour < 6 for one in nights)


def test_the_whole_history_is_walked_once_a_week() -> None:
    assert len(rounds("verify_history", timedelta(days=7))) == 1


@pytest.mark.parametrize(
    ("name", "every"),
    [
        ("ask_balances", timedelta(minutes=10)),
        ("synchronise_offers", timedelta(minutes=10)),
        ("look_at_stock", timedelta(hours=1)),
        ("expire_orders", timedelta(seconds=10)),
        ("sweep_orders", timedelta(minutes=1)),
        ("sweep_work", timedelta(minutes=1)),
        ("sweep_holds", timedelta(minutes=1)),
        ("compensate_late", timedelta(minutes=1)),
    ],
)
def test_what_is_looked_at_all_day_is_looked_at_that_often(name: str, every: timedelta) -> None:
    assert background.TASKS is TASKS
    span = max(every * 144, timedelta(hours=2))
    at = rounds(name, span)
    assert {later - earlier for earlier, later in pairwise(at)} == {every}
    assert len(at) == span // every


def test_no_two_sweeps_of_every_minute_begin_at_once_and_each_take_a_connection() -> None:
    minutely = [task.cron for task in TASKS.by_name.values() if task.cron and len(rounds(task.name, AN_HOUR)) == 60]
    assert len(minutely) > 5
    assert len(set(minutely)) == len(minutely)
