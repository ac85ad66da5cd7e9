"""A day, or a time of one, among other words: 5月2号去, 改礼拜五吧, 下周六上午十点. What is kept is what he wrote."""

import re
from collections.abc import Callable, Iterator

from nlu.numerals import CHINESE, read_numeral

_NUMBER = rf"(?:\d{{1,2}}|[{CHINESE}]{{1,3}})"
_DAY = (
    rf"(?:\d{{4}}\s?[年./-]\s?)?(?:{_NUMBER}\s?月\s?{_NUMBER}\s?[号日]?|(?<![\d.])\d{{1,2}}[./-]\d{{1,2}}(?![\d.]))"
    r"|(?<![\d第])\d{1,2}[号日](?![线楼店码院门桌])"
    r"|大?后[天日]|[今明][天日晚早](?![的还也])|(?:这|本|下下?)?个?(?:周|星期|礼拜)[一二三四五六日天末]"
    r"|(?:五一|十一|国庆|元旦|中秋|春节|清明|端午|除夕)(?:节|当天|那天)?"
)
_PART = "早上|上午|中午|下午|傍晚|晚上"
_HOUR = rf"(?:{_PART}|凌晨)?(?:{_NUMBER}点(?:半|{_NUMBER}分?)?|\d{{1,2}}:\d{{2}})|{_PART}"
_WHEN = re.compile(rf"(?:{_DAY})(?:\s?(?:{_HOUR}))?")
_LABEL = re.compile("日期|日子|哪天|几号|时间")
_FIGURES = re.compile(rf"[{CHINESE}]{{1,3}}(?=[月号日点])")


def asks_when(label: str) -> bool:
    """Whether a field is called like a day or a time."""
    return _LABEL.search(label) is not None


def days_in(text: str) -> list[str]:
    """The days that a text names, in their order."""
    return [found[0] for found in _WHEN.finditer(text)]


def day_in(text: str, fits: Callable[[str], bool] = bool, old: str = "") -> str:
    """The one day that a text names, as it may be kept; "" where there is none, or several that differ: but for parts
    of the last one, and of the `old` one that it may be named beside (4号有雨 5号去)."""
    said = days_in(text)
    if not said or said[-1] in old or any(one not in said[-1] and one not in old for one in said):
        return ""
    return next((one for one in _spellings(said[-1]) if fits(one)), "")


def _spellings(day: str) -> Iterator[str]:
    """As it is written, and in figures: 十月十二号, 10月12号."""
    yield day
    yield _FIGURES.sub(lambda found: f"{read_numeral(found[0]) or found[0]}", day)
