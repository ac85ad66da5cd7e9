"""A buyer who writes faster than anybody types."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dialogs.pace import Pace, counted, verdict

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def rulings(waits_s: list[int], most: int) -> list[str]:
    pace, now, said = None, NOW, []
    for wait_s in waits_s:
        now += timedelta(seconds=wait_s)
        pace = counted(pace, now)
        said.append(verdict(pace, most))
    return said


def test_he_is_told_once_and_then_not_answered_until_the_minute_is_over() -> None:
    assert rulings([0] * 6, 3) == ["take", "take", "take", "tell", "ignore", "ignore"]
    assert rulings([0, 0, 59, 0, 0, 1], 3) == ["take", "take", "take", "tell", "ignore", "take"]


@given(st.lists(st.integers(20, 300), max_size=30))
def test_whoever_writes_every_twenty_seconds_is_always_heard(waits_s: list[int]) -> None:
    assert set(rulings(waits_s, 3)) <= {"take"}


@given(st.lists(st.integers(0, 90), max_size=60), st.integers(1, 5))
def test_no_more_than_allowed_are_taken_in_a_minute_and_each_silence_was_announced(
    waits_s: list[int], most: int
) -> None:
    said, pace, now = rulings(waits_s, most), None, NOW
    for wait_s, ruling in zip(waits_s, said, strict=True):
        now += timedelta(seconds=wait_s)
        fresh = pace is None or (now.timestamp() - pace.since_s) >= 60
        pace = counted(pace, now)
        assert not fresh or ruling == "take"
    assert all(said[i - 1] != "take" for i, ruling in enumerate(said) if ruling == "ignore")


def test_without_a_limit_and_after_the_clock_went_back_everybody_is_heard() -> None:
    assert set(rulings([0] * 200, 0)) == {"take"}
    assert counted(Pace(int(NOW.timestamp()) + 30, 99), NOW) == Pace(int(NOW.timestamp()), 1)
