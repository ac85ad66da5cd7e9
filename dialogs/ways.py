"""A way from one place to another in one message: 从A路1号搬到B路2号, 搬入地址是… 搬出是…."""
# ruff: noqa: E501 - tables of words; a wide character counts twice

import re
from collections.abc import Iterator
from dataclasses import dataclass

from catalog.model import Field, Option, Product

FROM = re.compile("[出取起发始装]|上车|原|旧")
TO = re.compile("[入送到达终收卸]|目的|下车|新")
"""Which end a field's label speaks of."""
_PLACE = re.compile(
    r"[省市区县旗镇乡村屯路街道巷弄胡同号栋幢楼座苑园里厦庄湾寓院府城港站]|小区|公司|学校|大学|中学|小学|医院|广场|花园|家园|单元|机场|酒店|宾馆"
)
_STRONG = re.compile(
    r"\d+[号栋幢楼室座弄层单-]|[一二三四五六七八九十\d]+单元|^[\dA-Za-z-]{1,8}[号室栋幢楼座]?$|[路街巷弄苑园]\d|[市区县路街道巷弄]"
)
_JOINT = re.compile(
    r"\s*(?:搬家?|送|拉|运|带|挪|寄|去|跑|转)?(?:货|东西)?(?:到|至|往|(?<=[搬送拉运寄挪])去|→|➡|->|—+>?)(?:了)?\s*(?=[\u4e00-\u9fff])"
)
_SINCE = re.compile("(?:从|由|自|起点|出发地?)[是:：\\s]*")
_AROUND = re.compile(
    "^(?:我|们|家|住|在|的|老|现在|是|就|那个|这个|[:：\\s])*|(?:那边|这边|那里|这里|那儿|这儿|附近|的|吧|啊|哈|了|大概|大约|一共)+$"
)
_ENDS_PLACE = re.compile(
    r"1[3-9]\d{9}|多少|几[点个天楼]|多久|要不|能不|可以|明天|后天|今天|周[一二三四五六日末]|上午|下午|早上|晚上|电话|手机|没有?电梯|[有无]电梯|东西|家具|谢谢|麻烦|师傅"
)
_IS = r"的?(?:地址|地点|位置)?(?:应该|就|要|请|都|给我|帮我)*(?:是|为|在|写|填|改成|改为|改到|换成|换到|改|[:：])+[\s:：]*"
_EDGES = " \t\n,，。;；、"


@dataclass(frozen=True, slots=True)
class Way:
    """The two ends as they were said (one of them may be empty), and the rest of the message."""

    start: str
    end: str
    rest: str


def way_in(text: str, start_label: str, end_label: str, product: Product) -> Way | None:
    """The way that a message gives, by the labels of its ends or by 到 between them; None where it gives none."""
    parts: tuple[Option | Field, ...] = (*product.options, *product.fields)
    choices = tuple(n for part in parts for c in part.values for n in (c.label, *c.aliases))
    return _labelled(text, start_label, end_label, choices) or _joined(text, choices)


def _labelled(text: str, start_label: str, end_label: str, choices: tuple[str, ...]) -> Way | None:
    found: list[tuple[int, int, int, int]] = []  # which, where its label begins, its place, its end
    for which, label in enumerate((start_label, end_label)):
        short = re.sub("(?:地址|地点|位置)$", "", label)
        named = re.search(rf"(?:{re.escape(label)}|{re.escape(short)})(?:{_IS}|\s+(?=\S))", text)
        if named is not None:
            found.append((which, named.start(), named.end(), 0))
    found.sort(key=lambda one: one[1])
    ends = ["", ""]
    spans = []
    for i, (which, begin, place, _) in enumerate(found):
        limit = found[i + 1][1] if i + 1 < len(found) else len(text)
        stop = place + _length(text[place:limit], choices)
        ends[which] = _bare(text[place:stop])
        spans.append((begin, stop))
    if not found or not all(_is_place(ends[which]) for which, *_ in found):
        return None
    return Way(ends[0], ends[1], _without(text, spans))


def _joined(text: str, choices: tuple[str, ...]) -> Way | None:
    for joint in _joints(text):
        before, behind = text[: joint.start()], text[joint.end() :]
        since = list(_SINCE.finditer(before))
        begin = since[-1].end() if since else _begins(before)
        start = _bare(before[begin:])
        stop = _length(behind, choices)
        end = _bare(behind[:stop])
        sure = bool(since) or "搬" in joint[0] or bool(re.search(r"\d", start))
        if sure and _is_place(start) and _is_place(end):
            first = since[-1].start() if since else begin
            return Way(start, end, _without(text, [(first, joint.end() + stop)]))
    return None


def _joints(text: str) -> Iterator[re.Match[str]]:
    """Where 到 may join two places; not that of 送到 at the front."""
    return (found for found in _JOINT.finditer(text) if text[: found.start()].strip(_EDGES))


def _begins(before: str) -> int:
    """Where the place before 到 begins, said without 从: at the first of its last pieces that are of a place."""
    begin = len(before)
    for piece in reversed(list(re.finditer(r"[^\s,，。;；、]+", before))):
        if not (_PLACE.search(piece[0]) and _STRONG.search(piece[0])) or re.search(r"1[3-9]\d{9}", piece[0]):
            break
        begin = piece.start()
    return begin


def _length(behind: str, choices: tuple[str, ...]) -> int:
    """How far a place goes: to where something else is said."""
    stop = 0
    for piece in re.finditer(r"[^\s,，。;；、!！?？~]+", behind):
        said = piece[0]
        cuts = [m.start() for m in (_ENDS_PLACE.search(said),) if m is not None]
        cuts += [at for name in choices if len(name) > 1 and (at := said.find(name)) >= 0]
        cut = min(cuts, default=len(said))
        if stop and not _STRONG.search(said[:cut]):
            break
        stop = piece.start() + cut
        if cut < len(said):
            break
    return stop


def _bare(place: str) -> str:
    return _AROUND.sub("", _AROUND.sub("", place.strip(_EDGES))).strip(_EDGES)


def _is_place(text: str) -> bool:
    return len(text) > 1 and _PLACE.search(text) is not None and "搬" not in text


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    kept, at = [], 0
    for begin, stop in sorted(spans):
        kept.append(text[at:begin])
        at = max(at, stop)
    kept.append(text[at:])
    return " ".join(part for one in kept if (part := one.strip(_EDGES)))
