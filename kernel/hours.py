"""When somebody is there: working hours by the clock on the wall, and time counted in them."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

_SPAN = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*[-–—~～]\s*([01]?\d|2[0-4]):([0-5]\d)")
_DAY = timedelta(days=1)
_SPANS_MAX = 6


class BadHoursError(ValueError):
    """The text names no working hours."""


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """The same every day. `spans` are minutes after midnight, in order, from < to; to may lie in the next day."""

    spans: tuple[tuple[int, int], ...]
    zone: ZoneInfo

    @property
    def always(self) -> bool:
        """Whether there is no hour at which nobody is there."""
        return self.spans == ((0, 1440),)

    def is_open(self, at: datetime) -> bool:
        """Whether somebody is there at this moment."""
        return self._rest_of_span(at) > timedelta(0)

    def opens_at(self, at: datetime) -> datetime:
        """When somebody is there next: `at` itself, while it is open."""
        if self.is_open(at):
            return at
        local = at.astimezone(self.zone)
        starts = (self._moment(local, day, begin) for day in (0, 1) for begin, _ in self.spans)
        return min(start for start in starts if start > at)

    def after(self, at: datetime, work: timedelta) -> datetime:
        """The moment by which so much working time has passed since `at`."""
        at = self.opens_at(at)
        while (rest := self._rest_of_span(at)) < work:
            work -= rest
            at = self.opens_at(at + rest)
        return at + work

    def _rest_of_span(self, at: datetime) -> timedelta:
        local = at.astimezone(self.zone)
        if self.always:
            return _DAY * 365
        for day in (-1, 0):
            for begin, end in self.spans:
                if self._moment(local, day, begin) <= at < self._moment(local, day, end):
                    return self._moment(local, day, end) - at
        return timedelta(0)

    def _moment(self, local: datetime, day: int, minutes: int) -> datetime:
        """A time of day by the wall clock, so many days from the day of `local`."""
        date = local.date() + timedelta(days=day + minutes // 1440)
        return datetime.combine(date, time(minutes % 1440 // 60, minutes % 60), self.zone)

    def __str__(self) -> str:
        return "、".join(f"{_clock(begin)}–{_clock(end)}" for begin, end in self.spans)


ALWAYS = WorkingHours(((0, 1440),), ZoneInfo("Asia/Shanghai"))


def _clock(minutes: int) -> str:
    minutes = minutes if minutes == 1440 else minutes % 1440
    return f"{minutes // 60}:{minutes % 60:02d}"


def parse_hours(text: str, zone: str = "UTC") -> WorkingHours:
    """Read `09:00-22:00`, several spans by comma, over midnight too (18:00-02:00); 00:00-24:00 is always.

    Raises BadHoursError.
    """
    spans: list[tuple[int, int]] = []
    for part in filter(None, (piece.strip() for piece in re.split("[,，]", text))):
        found = _SPAN.fullmatch(part)
        if found is None:
            raise BadHoursError(f"{part[:20]}: write HH:MM-HH:MM")
        begin, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
        if max(begin, end) > 1440 or begin in (end, 1440):
            raise BadHoursError(f"{part}: no span of a day")
        spans.append((begin, end if end > begin else end + 1440))
    spans.sort()
    if not 0 < len(spans) <= _SPANS_MAX:
        raise BadHoursError("write HH:MM-HH:MM")
    following = [*spans[1:], (spans[0][0] + 1440, 0)]
    if any(end > then for (_, end), (then, _) in zip(spans, following, strict=True)):
        raise BadHoursError(f"{text}: spans overlap")
    return WorkingHours(tuple(spans), ZoneInfo(zone))
