"""Counts by measure words beyond the plain counters: 两包, 三卷, 两壶, where the words around them count goods."""

import re

from nlu.lexicon import Lexicon
from nlu.numerals import CHINESE
from nlu.words import COUNTERS, GENERAL_COUNTERS, MEASURES

_RARER = frozenset(MEASURES) - frozenset(COUNTERS) - frozenset("块次课名层刀匹种款样滴") | {"只", "颗"}
"""3000滴 is said for 3000的;
块 and 刀 are money, 层 and 匹 sizes, 课 a lesson of its own; 名 and 次 are counted elsewhere;
two kinds (种款样) are not two pieces of one."""
_OF_PLACES = frozenset("页版排回场堂趟圈轮局期例客部架间栋头团")
"""They number pages, floors, rounds and instalments as well: these count goods only right behind or before them."""
_WISHED = re.compile(r"(?:来|要|买|拿|订|再加|再|改成|改为|换成|变成|数量|给我)$")
_OPEN = re.compile(r"(?:^|[\s,，。、;；:：+!！~的各共装那就和])$")
_SIZE = re.compile(rf"[\d{CHINESE}][^\s\d,，。;；有了没过]{{1,3}}$")
_CLOSED = re.compile(
    r"(?=[\d一二两三四五六七八九十])|装|(?:的|吧|呗|哈|啊|呢|就行|就好|就够了?|够了|可以了?)*(?:$|[\s,，。、;；:：+!！?？~])|(?:再|和|跟|寄|送到|发到|给)"
)
_ASKS_BACK = re.compile("对[吧吗么不嘛]")
"""学生票30对吧？"""
_GLUED = re.compile(r"的?(?:$|[\s,，。;；!！~])")


def counted_by_measure(text: str, start: int, end: int, lexicon: Lexicon, ends: set[int]) -> bool:
    """Tell whether the number at `start`–`end` and the measure behind it count goods: 腥味两包, 来两卷, 两壶酸梅汤."""
    measure = text[end : end + 1]
    own = measure in lexicon.pieces and measure not in GENERAL_COUNTERS
    if not (own or measure in _RARER) or _ASKS_BACK.match(text, end):
        return False
    before, after = text[max(0, start - 6) : start], text[end + 1 : end + 25]
    begins = any(m.start == 0 for m in lexicon.phrases.find(after.removeprefix("的")))
    wished = bool(_WISHED.search(before))
    beside = start in ends or wished
    if measure in _OF_PLACES and not own:
        return beside and (begins or bool(_GLUED.match(after)))
    beside = beside or bool(_OPEN.search(before)) or bool(_SIZE.search(before))
    return beside and (begins or bool(_CLOSED.match(after)))
