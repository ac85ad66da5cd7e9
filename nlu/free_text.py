"""Addresses, names and other free text that the catalog asks for, where the message says which it is."""
# ruff: noqa: E501 - tables of words; a wide character counts twice

import re

from nlu.items import ADDRESS
from nlu.lexicon import Lexicon
from nlu.own_code import behind_label
from nlu.regions import without_lead
from nlu.seen import Seen
from nlu.surnames import COMMON
from nlu.words import PIECES

_PLACE = re.compile(
    r"[\u4e00-\u9fff\da-z]{1,12}?(?:省|市|自治区|区|县|镇|乡|村|街道|大道|路|街|巷|(?<=[\d一二三四五六七八九十])弄|小区|花园|苑|大厦|广场|栋|幢|号楼|单元|室|号院|学校|大学|宿舍|公寓)"
)


_PLACE_HINT = re.compile("[省市区县镇乡村路街巷弄栋幢苑]|小区|花园|大厦|广场|单元|学校|大学|公寓|宿舍|地址|寄到|送到")


_ADDRESS_CUE = re.compile(
    r"(?:收货地址|地址|寄到|寄给|送到|邮寄到|发到|快递到|发货到|寄(?=[:\s]|[\u4e00-\u9fff]{2,3}[省市区县]))(?:改成|改为|改到|换成|换到|应该是|错了|是|为|写|[:,，\s])*"
)


_NO_RECEIVER = rf"(?![寄送发邮][到给往]|快递|[一两二三四五六七八九十俩仨][{PIECES}])"
"""寄到138…, 两份 138…"""
_RECIPIENT = (
    r"(?:(?:收件人|收货人|联系人|姓名|名字|联系电话|联系方式|手机号码?|手机|电话|tel)(?:是|为|[:=\s])*"
    r"(?:1[3-9]\d(?:[ -]?\d{4}){2}|[\u4e00-\u9fff]{2,4}(?![\u4e00-\u9fff]))|1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)"
    rf"|(?:(?<![\u4e00-\u9fff\da-z])|(?<=[寄送发][给到])|(?<=[\s,，]寄)(?![到给往])){_NO_RECEIVER}[\u4e00-\u9fff]{{2,3}}(?:收|先生|女士)?(?=[\s,，、]*1[3-9]\d)"
    rf"|(?<=[\d\s,，][\s,，、]){_NO_RECEIVER}(?!谢谢|多谢|麻烦|尽快|快点|急用|辛苦|拜托|感谢)[\u4e00-\u9fff]{{2,3}}收?(?=$|[\s,，。]))"
)


_RECIPIENT_AFTER = re.compile(rf"(?:[\s,，、;；]{{0,4}}{_RECIPIENT}){{1,6}}")


_RECIPIENT_BEFORE = re.compile(
    rf"(?:{_RECIPIENT}[\s,，、;；]{{0,4}}){{1,6}}(?:(?:收货)?地址(?:是|为|[:\s])*|寄到|送到)?$"
)
"""Name and phone beside an address belong to it: a parcel needs them as much as the street."""


def find_texts(seen: Seen, lexicon: Lexicon, taken: bytearray) -> dict[str, str]:
    """Read addresses and other free text that the catalog asks for, when the message says which it is."""
    texts: dict[str, str] = {}
    names = lexicon.field_names.get("address")
    if names:
        span = address_span(seen.text)
        span = _to_its_end(seen.text, span, lexicon) if span else None
        if span and not (lexicon.names_goods(seen.text[slice(*span)]) and not _ADDRESS_CUE.search(seen.text)):
            texts[ADDRESS] = seen.cased[span[0] : span[1]]
            taken[span[0] : span[1]] = b"\x01" * (span[1] - span[0])
            seen.text_spans.append(span)
            while (further := address_span(seen.text[span[1] :])) is not None and further[1]:
                span = _to_its_end(seen.text, (span[1] + further[0], span[1] + further[1]), lexicon)
                seen.more_places.append((*span, seen.cased[span[0] : span[1]]))
                taken[span[0] : span[1]] = b"\x01" * (span[1] - span[0])
    for label, name in lexicon.text_cues:
        place = seen.text.find(label)
        while place >= 0 and name not in texts:
            begin = place + len(label)
            if any(len(other) > len(label) and seen.text.startswith(other, place) for other in lexicon.labels):
                place = seen.text.find(label, place + 1)
                continue  # 学员电话 is no 学员
            formed = behind_label(seen.cased, begin, lexicon.text_forms[name]) if name in lexicon.text_forms else None
            if formed and not any(taken[slice(*formed)]):
                texts[name] = seen.cased[slice(*formed)]
                taken[slice(*formed)] = b"\x01" * (formed[1] - formed[0])
                seen.text_spans.append(formed)
                break
            stop = _end_of_text(seen.text, begin + 1, len(seen.text), lexicon, taken)
            match = _TEXT_SAID.match(seen.text, begin, stop)
            if match is None and label in lexicon.person_cues:
                match = _NAME_BESIDE.match(seen.text, begin, stop)
                match = None if match and lexicon.words.knows(match[1]) and not re.match(COMMON, match[1]) else match
            elif match is None and len(label) >= 3:  # 常用英雄李白
                match = _TEXT_BESIDE.match(seen.text, begin, stop)
                match = None if match and _NO_TEXT.search(match[1]) else match
            if match and not _ASKED.match(match[1]) and not any(taken[match.start(1) : match.end(1)]):
                texts[name] = seen.cased[match.start(1) : match.end(1)].strip(_QUOTES)
                taken[match.start(1) : match.end(1)] = b"\x01" * (match.end(1) - match.start(1))
                seen.text_spans.append(match.span(1))
            place = seen.text.find(label, place + 1)
    for label, name, goods in lexicon.short_labels:
        place = seen.text.find(label)
        match = _CODE_BESIDE.match(seen.text, place + len(label)) if place >= 0 and name not in texts else None
        if match and any(said in seen.text for said in goods) and not any(taken[match.start(1) : match.end(1)]):
            texts[name] = seen.cased[match.start(1) : match.end(1)]
            taken[match.start(1) : match.end(1)] = b"\x01" * (match.end(1) - match.start(1))
            seen.text_spans.append(match.span(1))
    for head, name in lexicon.written_on:
        if head not in seen.text:
            continue
        match = re.search(
            rf"{re.escape(head)}(?:上面?|要|就|请|帮我|给我|的字)*(?:写|印|刻|题)(?:上|着|个|一句|成|:|是)*([^,，。;；!！?？\n]{{1,40}})",
            seen.text,
        )
        if match and (cut := _end_of_text(seen.text, match.start(1), match.end(1), lexicon, taken)) < match.end(1):
            match = re.compile(r".{1,40}").match(seen.text, match.start(1), cut)
            match = re.compile("(.+)").match(seen.text, *match.span()) if match else None
        asks = match is not None and _NO_TEXT.match(match[1])
        if match and not asks and name not in texts and not any(taken[match.start(1) : match.end(1)]):
            texts[name] = seen.cased[match.start(1) : match.end(1)].strip(_QUOTES)
            taken[match.start(1) : match.end(1)] = b"\x01" * (match.end(1) - match.start(1))
            seen.text_spans.append(match.span(1))
    if lexicon.person_field and lexicon.person_field not in texts:
        for match in (*_CALLED.finditer(seen.text), *_STANDING_NAME.finditer(seen.text)):
            if (
                not any(taken[match.start() : match.end()])
                and not lexicon.words.knows(match[0])
                and not lexicon.phrases.find(match[0])
            ):
                texts[lexicon.person_field] = seen.cased[match.start() : match.end()]  # 普通话报名 王小丽 东校区
                taken[match.start() : match.end()] = b"\x01" * len(match[0])
                seen.text_spans.append(match.span())
                break
    return texts


_NO_PLACE = (
    r"[要来买拿订充给寄送发谢请急帮吧了收写改换两张份]|麻烦|尽快|快[点些]|一共|总共|数量|辛苦|[一二三四五六七八九十\d]+[个件本瓶盒袋套箱只支条桶包]"
    r"|(?:先生|女士|小姐)|1[3-9]\d{9}"
)
_STANDS_THERE = re.compile(
    rf"(?:(?!{_NO_PLACE})[\u4e00-\u9fff\da-z]){{2,14}}(?=$|[\s,，。;；!！、])|舍(?![\u4e00-\u9fff])"
)
"""The last part of a place, whatever it is called: 90号东部软件园, 233号中信西门."""


def _to_its_end(text: str, span: tuple[int, int], lexicon: Lexicon) -> tuple[int, int]:
    """Add what stands right behind a street's number, up to the next comma, and the receiver behind that."""
    start, end = span
    rest = _STANDS_THERE.match(text, end) if text[start:end].endswith(_NUMBERED) or text[end - 1].isdecimal() else None
    if rest is None or any(m.exact and m.word in rest[0] for m in lexicon.phrases.find(rest[0])):
        return span
    around = _RECIPIENT_AFTER.match(text, rest.end())
    return start, around.end() if around else rest.end()


_NUMBERED = ("号", "弄", "院", "苑", "楼", "座", "栋", "幢", "区", "园")


_TEXT_SAID = re.compile(
    r"(?:号码?)?(?:(?:写|填)?错了|不对)?[,，\s]*[都全也]?(?:应该是|是|为|换成|改成|改为|叫|写着?|印|刻|[:=])\s*"
    r"((?:(?!\s+(?:\d{6}|身份证|电话|手机|qq|邮箱|地址|账号|卡号))[^,，。;；!！?？\n]){1,40})"
)


def _end_of_text(text: str, begin: int, end: int, lexicon: Lexicon, taken: bytearray) -> int:
    """Find where a text that begins here ends: at the next field's label, or at an address with its own label."""
    following = lexicon.next_field.search(text, begin + 1, end)
    stop = following.start() if following else end
    other = taken.find(b"\x01", begin + 1, stop)
    return begin + len(_LEADS_ON.sub("", text[begin:other])) if other > 0 else stop


_LEADS_ON = re.compile(r"[\s,，]*(?:(?:收货|寄送|邮寄|收件|上门)?地址(?:是|为|:)?|寄到|送到|寄给?|送给?)?[\s,，:]*$")


_QUOTES = " \"'“”‘’「」『』《》"


_NAME_BESIDE = re.compile(r"\s*([\u4e00-\u9fff]{2,4})(?=$|[,，。;；!！\s\d])")


_STANDING_NAME = re.compile(rf"(?<=[\s,，])(?!杨柳|高高|何时|马上|钱包){COMMON}[\u4e00-\u9fff]{{1,2}}(?=[\s,，]|$)")
"""A name between spaces: a common surname and one or two characters."""


_CALLED = re.compile(
    rf"(?:(?<=叫)|(?<=叫做)|(?<=叫:)|(?<=叫,)|(?<=叫,[嗯呃额哦],)|(?<=叫[嗯呃额]))(?!车|人|我|你|他){COMMON}[\u4e00-\u9fff]{{1,2}}(?=$|[,，。;；!！\s\d的])"
)
"""孩子叫赵一诺; 名字叫，嗯，白鹿"""


_TEXT_BESIDE = re.compile(r"\s*([^,，。;；!！?？\s]{1,16})(?=$|[,，。;；!！\s])")


_CODE_BESIDE = re.compile(r"(?:是|为|[:=\s])*([a-z\d][a-z\d._@-]{2,39})(?![a-z\d])")


_ASKED = re.compile("(?:什么|啥|怎么|干嘛|干什么|做什么)(?:东西|意思|的|啊|呀|呢|用|填|写)*$")
"""备注是什么 gives none."""


_NO_TEXT = re.compile("怎么|什么|哪|吗|填|咋|多少|要|写|不|错")


_NO_DISTRICT = re.compile(r"(?:^|[^\u4e00-\u9fff])[\u4e00-\u9fff\da-z]区$")
"""美区, A区: no place of an address."""


_BESIDE = re.compile(
    r"(?:\s?(?:[\u4e00-\u9fffa-z]{0,8}?(?:专卖店|驿站|便利店|超市|酒店|饭店|店(?!长)|博物馆|图书馆|体育馆|馆|中心|医院|银行|写字楼|公司|前台|收发室|门卫室?|物业|门口)"
    r"(?:的?(?:旁边?|对面|附近|门口|楼[上下]|隔壁))?|[\u4e00-\u9fffa-z]{2,8}?(?:旁边?|对面|附近|隔壁)|[\u4e00-\u9fff]{2,8}(?:楼|阁|轩|府)(?=$|[,，。;；!！\s])|[一二三四五六七八九十\d]{1,2}期|[a-z]区(?:\d{1,2}排)?(?:\d{1,4}号)?|[a-z\d]{1,3}(?:座|层|楼|室|房|号))){1,3}"
)
"""What stands beside the street's number tells where: 92号 佳能专卖店, 夫子庙博物馆旁."""


_INSIDE = re.compile(
    r"(?:\s?(?:[a-z]|\d{1,4}|[一二三四五六七八九十]{1,3})(?:号楼|号|座|栋|幢|单元|层|楼|室|房|户)|(?<=[楼座栋幢层元])\s?\d{3,4}(?![\d元块个张份]))+"
)
"""Floors and rooms behind a building's name: C座9楼, 3单元1502."""


def _together(places: list[re.Match[str]], text: str, cued: bool) -> list[re.Match[str]]:
    """Give the first stretch of places that nothing but words of one clause lies between: two of them, unless `cued`."""
    stretch: list[re.Match[str]] = []
    for place in places:
        if stretch and (
            _STOPS.search(text[stretch[-1].end() : place.start()] + place[0][:1])
            or place.start() - stretch[-1].end() > 14
        ):
            if cued or len(stretch) > 1:
                return stretch
            stretch = []
        stretch.append(place)
    return stretch


_STOPS = re.compile("[,，。;；!！?？\n]")


def address_span(text: str) -> tuple[int, int] | None:
    """Find a postal address: what follows a cue, or a stretch with at least two kinds of place words."""
    if not _PLACE_HINT.search(text):
        return None
    cue = _ADDRESS_CUE.search(text)
    start = cue.end() if cue else 0
    places = _together([p for p in _PLACE.finditer(text, start) if not _NO_DISTRICT.search(p[0])], text, bool(cue))
    if not places or (len(places) < 2 and not (cue and places[0].start() == start)):
        return None
    first = places[0].start()
    verb = re.search(r"(?:寄到|送到|寄|送|到|在|给)(?=[\u4e00-\u9fff]{2})", text[first : places[0].end()])
    if verb and not cue:
        first += verb.end()
    end = places[-1].end()
    tail = re.match(
        r"(?:[\u4e00-\u9fff\da-z-]*?(?:\d+(?:号楼|号|栋|室|房|户|单元|楼|层|幢|座)*|[a-z]座|[一二三四五六七八九十百零]+(?:号楼|号|栋|室|房|单元|楼|层|幢|座)+)(?![\d]))+",
        text[end:],
    )
    if tail and len(tail[0]) <= 14 and not re.search(r"1[3-9]\d{9}", tail[0]):
        end += tail.end()
    beside = _BESIDE.match(text, end)
    end = beside.end() if beside else end
    inside = _INSIDE.match(text, end)
    end = inside.end() if inside else end
    around = _RECIPIENT_AFTER.match(text, end)
    if around:
        end = around.end()
    whom = _RECIPIENT_BEFORE.search(text[:first])
    if whom and re.search(r"1[3-9]\d|收[件货]人|联系人|姓名", whom[0]):
        first = whom.start()
    return first + without_lead(text[first:end]), end
