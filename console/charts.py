"""Curves of days as SVG, drawn by pygal and styled in console.css: nothing inline. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from kernel.money import format_yuan

_WIDTH, _HEIGHT = 360, 170
_DATES_SHOWN = 7
_DRAWN_KEPT = 16
_LABEL_PX = 10
"""What pygal thinks a value's text measures: it stands that far from its point, and the style sheet lays it above."""
_NOT_OURS = {"defs", "desc", "rect"}
"""pygal's own style, script, backgrounds and the tooltips its script would show: ours are the points' titles."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Some days: an area, and a broken line over it where `line` is given, in one scale."""

    title: str
    unit: str
    """"yuan" for amounts in fen, "percent" for hundredths of a percent, "" for counts."""
    days: tuple[date, ...]
    values: tuple[int, ...]
    line: tuple[int, ...] = ()
    line_name: str = ""

    @property
    def svg(self) -> Markup:
        """The picture, to stand in a page."""
        return _drawn(self)


@lru_cache(_DRAWN_KEPT)
def _drawn(curve: Curve) -> Markup:
    """Draw it; what every open page asks for again is drawn once."""
    import pygal  # 5 MB that only a process whose pages are looked at needs

    both = (*curve.values, *curve.line)
    lowest, highest = min((0, *both)), max((0, *both))
    every = -(-len(curve.days) // _DATES_SHOWN) or 1
    dates = [f"{day.month}/{day.day}" for day in curve.days]
    chart = pygal.Line(
        width=_WIDTH,
        height=_HEIGHT,
        margin_top=26,
        margin_right=22,
        margin_bottom=2,
        margin_left=1,
        classes=("curve",),
        style=pygal.style.Style(value_font_size=_LABEL_PX, label_font_size=11),
        no_prefix=True,
        js=[],
        css=[],
        disable_xml_declaration=True,
        no_data_text="还没有数据",
        show_legend=False,
        show_x_guides=False,
        show_minor_x_labels=False,
        truncate_label=-1,
        x_labels=dates,
        x_labels_major=dates[::-1][::every],
        y_labels=[{"value": 0, "label": ""}],
        range=(lowest, highest if highest > lowest else lowest + 1),
        print_values=True,
        formatter=lambda _: "",
        dots_size=3,
    )
    told = [_told(curve, n) for n in range(len(curve.days))]
    chart.add("", curve.values, fill=True, show_dots=False)
    chart.add("", _points(curve, told, every))
    if curve.line:
        over = [{"value": value, "tooltip": said} for value, said in zip(curve.line, told, strict=True)]
        chart.add("", [*over[:-1], over[-1] | {"node": {"class": "dot seen"}}])
    chart.add_xml_filter(lambda root: _bare(root, _summary(curve)))
    return Markup(chart.render())  # noqa: S704 - an XML writer made it, and escaped what it was given


def _points(curve: Curve, told: Sequence[str], every: int) -> list[dict[str, Any]]:
    """The days as pygal takes them: the highest and the last are seen, their values above them where there is room."""
    points: list[dict[str, Any]] = [
        {"value": value, "tooltip": said} for value, said in zip(curve.values, told, strict=True)
    ]
    last = len(points) - 1
    top = _highest(curve)
    for n in {top, last} if points else ():
        if curve.values[n] or n == last:
            points[n]["node"] = {"class": "dot seen"}
        if curve.values[n] and (n == top or last - top >= every):
            points[n]["formatter"] = lambda value: _brief(value, curve.unit)
    return points


def _highest(curve: Curve) -> int:
    return max(range(len(curve.values)), key=lambda n: curve.values[n], default=0)


def _bare(root: Any, label: str) -> Any:
    """Take out all that our pages' CSP would refuse or our style sheet does itself."""
    for parent in list(root.iter()):
        parent.attrib.pop("style", None)
        for child in list(parent):
            strange = not isinstance(child.tag, str) or child.tag in _NOT_OURS
            unsaid = child.tag == "text" and not child.text
            if strange or unsaid or (child.tag == "title" and parent.get("class") != "dots"):
                parent.remove(child)
    for needless in ("id", "xmlns"):  # the page's own parser knows what an svg is
        del root.attrib[needless]
    root.set("role", "img")
    root.set("aria-label", label)
    return root


def _summary(curve: Curve) -> str:
    """What who cannot see the picture hears of it."""
    said = f"近 {len(curve.days)} 天每天{curve.title}"
    if not curve.days:
        return said
    return f"{said}：最高 {_told(curve, _highest(curve))}；最近 {_told(curve, len(curve.days) - 1)}"


def _told(curve: Curve, n: int) -> str:
    """A day in full."""
    told = f"{curve.days[n]} {_exact(curve.values[n], curve.unit)}"
    return f"{told}，{curve.line_name} {_exact(curve.line[n], curve.unit)}" if curve.line else told


def _exact(value: int, unit: str) -> str:
    if unit == "yuan":
        return f"¥{format_yuan(value)}"
    return f"{value / 100:.1f}%" if unit == "percent" else str(value)


def _brief(value: int, unit: str) -> str:
    """In few characters, for the picture itself."""
    if unit == "percent":
        return f"{value / 100:.0f}%"
    whole = round(value / 100) if unit == "yuan" else value
    if abs(whole) >= 10**8:
        return f"{whole / 10**8:.1f}亿"
    return f"{whole / 10**4:.1f}万" if abs(whole) >= 10**5 else str(whole)
