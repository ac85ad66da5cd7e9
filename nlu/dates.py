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
_TIME = rf"(?:{_NUMBER}点(?![券卷卡数币])(?:半|{_NUMBER}分?)?|\d{{1,2}}:\d{{2}})"
_O_CLOCK = re.compile(rf"(?P<part>{_PART}|凌晨)?(?<![\d{CHINESE}.]){_TIME}")
_WHEN = re.compile(rf"(?:{_DAY})(?:\s?(?:{_HOUR}))?")
_LABEL = re.compile("日期|日子|哪天|几号|时间|什么时候|啥时候|何时|几点")
_LABEL_OF_MORE = re.compile("[、和与及跟或/]")
CLOCK = re.compile(
    rf"(?:(?:{_PART}|凌晨|大?后[天日]|[今明][天日晚早]|半夜|夜里)[,， ]?)++{_TIME}"
    rf"|(?<![\d{CHINESE}.]){_NUMBER}点(?:半|钟|整|过|多)"
)
"""晚上8点, 八点半: an hour by the clock, which counts neither hours nor points."""
_NOT_THEN = re.compile(
    "(?:我|们|他|她|那|都|又|就|可能|突然|临时|的|话|可|要|得)*+(?:没空|没时间|没法|没在|有事|有课|不行|不在|不空|不方便|不得空|不去|不来|[来去]不[了成及]|赶不[上及]|来不及|加班|上班|取消|算了|太)"
)
"""今晚没空了: the day that it is not to be."""
_LOOSELY = "(?:以|之|过)[前后]|左右|前后"
"""今晚8点以后: no part of the day, and not to be lost."""
_FIGURES = re.compile(rf"[{CHINESE}]{{1,3}}(?=[月号日点])")


def asks_when(label: str) -> bool:
    """Whether a field is called like a day or a time, and asks for nothing else (昵称和方便的时间 does)."""
    return _LABEL.search(label) is not None and _LABEL_OF_MORE.search(label) is None


def asks_when_too(label: str) -> bool:
    """Whether a day or a time is a part of what a field asks for."""
    return _LABEL.search(label) is not None


def days_in(text: str) -> list[str]:
    """The days that a text names, in their order."""
    return [found[0] for found in _WHEN.finditer(text)]


def day_in(text: str, fits: Callable[[str], bool] = bool, old: str = "") -> str:
    """The one day that a text names, as it may be kept; "" where there is none, or several that differ: but for parts
    of the last one, those it is not to be (今晚没空了), and of the `old` one it may be named beside (4号有雨 5号去)."""
    said = [found[0] for found in _WHEN.finditer(text) if not _NOT_THEN.match(text, found.end())]
    if not said or said[-1] in old or any(one not in said[-1] and one not in old for one in said):
        return ""
    loosely = re.search(rf"{re.escape(said[-1])}(?:{_LOOSELY})", text)
    return next(
        (one for whole in (*([loosely[0]] if loosely else ()), said[-1]) for one in _spellings(whole) if fits(one)), ""
    )


def hour_in(text: str, old: str) -> str:
    """今晚9点 with the one other hour that a text names (改成10点吧): the day stays; "" where it names none, or two."""
    held = list(_O_CLOCK.finditer(old))
    said = [found for found in _O_CLOCK.finditer(text) if not _NOT_THEN.match(text, found.end())]
    new = {found[0]: found["part"] or "" for found in said if found[0] not in old}
    if len(held) != 1 or len(new) != 1 or days_in(text):
        return ""
    ((hour, part),) = new.items()
    if part and not held[0]["part"]:  # 晚上10点, of 今晚9点
        if part[0] not in old:
            return ""
        hour = hour.removeprefix(part)
    elif held[0]["part"] and not part:
        hour = held[0]["part"] + hour
    return old.replace(held[0][0], hour)


def then_instead(old: str, new: str) -> str:
    """A text with the one day, or hour, that it names put as this one; "" where it names none, or two."""
    held = days_in(old) or [found[0] for found in _O_CLOCK.finditer(old)]
    return old.replace(held[0], new) if len(held) == 1 else ""


def _spellings(day: str) -> Iterator[str]:
    """As it is written, and in figures: 十月十二号, 10月12号."""
    yield day
    yield _FIGURES.sub(lambda found: f"{read_numeral(found[0]) or found[0]}", day)
