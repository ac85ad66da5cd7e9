"""Curves of days as the server draws them: bars and a line in the picture's units. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 360, 170
LEFT, RIGHT, TOP, GROUND = 10, 350, 26, 140
_DATES_SHOWN = 7


@dataclass(frozen=True, slots=True)
class Bar:
    """One day: its bar, and where the line passes."""

    day: date
    x: float
    width: float
    y: float
    height: float
    line_y: float
    value: int
    line_value: int | None
    dated: bool
    """Its date stands below; of thirty not every one does."""
    labelled: bool
    """Its value stands above: the highest and the last."""

    @property
    def middle(self) -> float:
        """Where its date and the line's point stand."""
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of some days. `zero` is the ground line: a loss goes below it."""

    title: str
    unit: str
    """"yuan" for amounts in fen, "percent" for hundredths of a percent, "" for counts."""
    bars: tuple[Bar, ...]
    zero: float
    line_name: str = ""

    @property
    def points(self) -> str:
        """The line, as a polyline has it."""
        return " ".join(f"{bar.middle},{bar.line_y}" for bar in self.bars if bar.line_value is not None)


def chart(
    title: str,
    unit: str,
    days: Sequence[date],
    values: Sequence[int],
    line: Sequence[int] | None = None,
    line_name: str = "",
) -> Chart:
    """Place each day's value as a bar, and another as a line over them, in one scale."""
    both = [*values, *(line or ())]
    highest, lowest = max(0, *both, 0), min(0, *both, 0)
    span = (highest - lowest) or 1

    def y_of(value: int) -> float:
        return round(TOP + (GROUND - TOP) * (highest - value) / span, 1)

    zero = y_of(0)
    step = (RIGHT - LEFT) / max(1, len(days))
    top = max(range(len(values)), key=lambda n: values[n]) if values else -1
    every = -(-len(days) // _DATES_SHOWN)
    bars = tuple(
        Bar(
            day=day,
            x=round(LEFT + n * step + step * 0.15, 1),
            width=round(step * 0.7, 1),
            y=min(y_of(values[n]), zero),
            height=round(abs(zero - y_of(values[n])), 1),
            line_y=y_of(line[n]) if line is not None else zero,
            value=values[n],
            line_value=line[n] if line is not None else None,
            dated=(len(days) - 1 - n) % every == 0,
            labelled=bool(values[n]) and n in (top, len(days) - 1) and not (n != top and len(days) - 1 - top < every),
        )
        for n, day in enumerate(days)
    )
    return Chart(title, unit, bars, zero, line_name)
