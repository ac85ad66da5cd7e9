"""Texts that a message gives by what they are called, wherever they stand (编号是30581122 区服紫禁之巅 角色名叫小鱼),
and the one text still wanted where it plainly stands there unnamed (手机壳 黑色 iPhone 15 Pro)."""
# ruff: noqa: E501 - tables of words; a wide character counts twice

import re
from collections.abc import Container, Sequence

from catalog.checks import fold
from catalog.model import Field, FieldKind, Option, Product
from dialogs.by_text import accounts_anywhere
from dialogs.freetext import is_person
from dialogs.labels import asks_several, called, in_own_words, names_in, names_of_label, things_in
from nlu.code_labels import code_in
from nlu.dates import asks_when, day_in, days_in
from nlu.intent import certain
from nlu.no_text import is_no_text, is_other_wish, without_talk_behind
from nlu.regions import begins_with_region, region_at

_BREAK = r"[\s,，。;；、!！\n]"
_LEAD = r"(?:(?:我|他|她|它)?们?的|我|那个?|这个?|还有|然后|另外|再|就|游戏)*+"
_MISTAKEN = r"(?:还是|都)?(?:(?:刚才?|刚刚)?[写打填输说发搞弄给]?(?:错|反|漏)[了啦啊]*|忘[了记]?[写填说]?了?|不对|没(?:有)?[改变换](?:过|啊|呀|好|过来)?|不是这个)[\s,，。!！]*"
_IS = r"(?:就?(?:应该)?是|叫做?|为|[写填]成?(?:的是|上)?(?!的|了|错|什|在|哪|吗)|选|只[要填写选]|[:：=]|改[成为]|换[成为]|要[用写选填](?!吗|什)|要(?![什是怎不吗改换填写加再看多少])|用(?!什))"
_LINK = rf"(?:\s*(?:{_MISTAKEN})?\s*(?:就|要|请|帮我|给我|都|再|还)*{_IS}[\s:：]*|\s*{_MISTAKEN})"
_NO_VALUE = re.compile(
    "[的了么吗呢怎什啥哪谁几多不没是错改换看我你您呀啊吧嘛填写]|有(?:没|吗|几|哪)|要(?:怎|什|不|是)|上[面哪次]|下[面次]|里面?|和(?:我|上|之)|在[哪这那我]"
    "|跟(?:上|之|我)|会(?:不|在|变)|能不|可[以不]|需要|发(?:你|给|过|了|我)|给(?:你|我|错|过)|.{0,6}(?:怎么|什么|哪|吗|咋|多少|错)"
)
"""What stands right behind a label that is no value of it: 昵称是什么, 编号在哪看."""
_ASKS = re.compile(r"[?？]|[吗么呢]$|什么|怎么|哪[里个儿]|多少|多久|能不能|可不可以|能.{0,8}[吗么]")
_NOT_BESIDE = re.compile("[了吗呢吧啊嘛太很都还就对]|不|没|可以|一样")
_STOP = re.compile(r"[,，。;；!！\n]|1[3-9]\d{9}(?!\d)|[A-Za-z0-9._+-]+@|(?<![A-Za-z0-9])\d{9,}")
_FURTHER = re.compile(r"\s+(?=[A-Za-z0-9+][A-Za-z0-9+.]*(?:$|[\s,，。;；!！]))(?!\d{5,})")
_AT_IT = re.compile(r"^[\u4e00-\u9fff]{1,4}的时候")
_HOW = re.compile(
    "别|不要|不用|去[掉一]|修|弄|做|打|放|留|调|涂|剪|包|用|帮|把|尽量|最好|记得|一定|必须|温柔|仔细|[点些]$|露"
)
"""Of how something is to be done."""
_NO_NOTE = re.compile(
    r"\d{2}|便宜|优惠|打折|太?贵|快[点些]|[急等]|付|钱|发货|到账|订单|确认|退|错|换|改|再[来要加买]|这个|那个|谢谢|不[要用]了|[他她它你您]们?"
)
_MEANT = re.compile(r"(?:^|[\s,，。!！])我(?:是说|的意思是说?|的意思就是|说的(?:就)?是)[\s,，:：]*(.+)$")
_NOTE_LEAST = 5
_TOLD_OF_IT = re.compile("我?(?![要买充说选用拍订发给送寄的][的是])[\u4e00-\u9fff]{1,2}的是(?=..)")
"""投的是市场专员."""
_QUOTES = " \"'“”「」『』：:，,、"
_PARTICLES = re.compile("(?<=..)[啊呀哦哈嘛]+$")
_POINTS_BACK = re.compile(
    "(?:就|是|按)*(?:这个|这些|这样|这几[个点条]|上面(?:这|那)?些?|前面(?:这|那)?些?|以上)(?:了|吧|就行|就好|哈|啊|的)*"
)
_TALK_ABOUT_IT = re.compile(
    r"(?:.*(?:别带|别写|别加|不要带|去掉|删[了掉]|不用写|没让).*|(?:都|一起|帮我|也)?(?:加上|写上|记一?下|备注上)(?:吧|哈|哦)?)"
)
_MODEL = re.compile(
    r"(?=.*\d)[\u4e00-\u9fff]{0,4}[A-Za-z][A-Za-z0-9 +.-]*[\u4e00-\u9fff]{0,3}|(?![要买来拿订充改换]|数量)[\u4e00-\u9fff]{2,4}\d{1,3}(?: ?[A-Za-z][A-Za-z0-9 +]*)?"
)
"""iPhone 15 Pro, 华为Mate60, 小米14: letters and digits as no word has them."""
_MODEL_LABEL = re.compile("型|款式|设备|品牌|版本")
_PLACE_LABEL = re.compile("城市|地区|单位|省|市")
_PLACE = re.compile("[\u4e00-\u9fff]{2,4}?(?:水务|自来水|供水|供电|电网|电力|燃气|港华|华润|新奥|热力)")
_PIECES = re.compile(r"[,，。;；、!！\n]+|(?<![A-Za-z0-9+])\s+|\s+(?![A-Za-z0-9+.]+(?:\s|$))")
_PIECES_MAX, _AROUND_DAY = 12, 4
_CODE_AND_ONE = 2
_WORD = re.compile("[\u4e00-\u9fff·]{2,8}")
_ACCOUNT_LEAD = r"(?:我|他|她)?(?:的|家)?(?:联系)?(?:手机|电话|微信|邮箱|QQ|qq|号码|联系方式)?号?码?(?:就?是|[:：])?\s*"
_SAYS = re.compile("^(?:(?:我(?:说的|的意思)|就)就?是(?:说)?|我是说)(?=..)")
_ORDERS = re.compile("再[来要加买拿]|另外[来要加买]|[加多][一两二三1-9][个份件单]|也[来要]一|下单")


def is_plain_text(one: Field) -> bool:
    """Whether a field takes what words he likes: no pattern, and nobody's name."""
    return one.kind is FieldKind.TEXT and one.pattern is None and not is_person(one)


def by_label(product: Product, text: str) -> tuple[dict[str, str], str]:
    """(the texts that the message gives by their names; the message without them)."""
    texts = {one.name: one for one in product.fields if is_plain_text(one) and not in_own_words(one.label)}
    names = {name: meant for name, meant in names_in(product).items() if meant in texts}
    values: dict[str, str] = {}
    rest = text
    every = tuple(names_in(product))
    for name in sorted(names, key=len, reverse=True):
        one = texts[names[name]]
        if one.name in values:
            continue
        beside = r"|\s*(?=\S)" if len(name) > 1 else ""
        pattern = rf"(?:^|(?<={_BREAK}))(?:{_LEAD})?{re.escape(name)}(?:的?(?:名字|名称|字))?(?:{_LINK}{beside})"
        for found in re.finditer(pattern, rest, re.IGNORECASE):
            linked = re.search(rf"{_LINK}$", found[0]) is not None
            said, stop = _value(rest[found.end() :], one, every)
            said = code_in(one.label, said) or said
            if not said or is_no_text(said) or _ASKS.search(said) or (not linked and _is_no_value(said)):
                continue
            values[one.name] = said
            rest = f"{rest[: found.start()].strip(' ,，。;；')} {rest[found.end() + stop :].strip(' ,，。;；')}".strip()
            break
    return values, "" if values and _TALK_ABOUT_IT.fullmatch(rest) else rest


def _is_no_value(said: str) -> bool:
    """Whether what stands beside a label says something of it: 昵称太长了, 编号发你了."""
    return _NO_VALUE.match(said) is not None or (not said.isascii() and _NOT_BESIDE.search(said) is not None)


def pointed_back(product: Product, text: str) -> dict[str, str]:
    """痘痘去一下 牙齿别露 要求就这个: the sentences that stand before it, where they name no goods."""
    notes = [one for one in product.fields if is_plain_text(one) and in_own_words(one.label)]
    if len(notes) != 1:
        return {}
    names = "|".join(map(re.escape, (*called(notes[0]), "备注")))
    found = re.search(rf"(?:{names})[:：]?{_POINTS_BACK.pattern}[\s。!！~]*$", text)
    before = _AT_IT.sub("", text[: found.start()].strip(_QUOTES)) if found is not None else ""
    named = any(name in fold(before) for name in _names_of(product))
    return {notes[0].name: before} if before and not named else {}


def note_in(product: Product, text: str) -> dict[str, str]:
    """What a message may be that the summary invites: the wishes in it of how it is to be done (脸修清楚点 背景别动)."""
    notes = [one for one in product.fields if one.optional and is_plain_text(one) and in_own_words(one.label)]
    pieces = re.split(r"(?<=[\s,，。;；!！])", text.strip())
    while pieces and (not pieces[0].strip(_QUOTES) or is_no_text(pieces[0])):
        pieces = pieces[1:]
    said = "".join(pieces).strip(_QUOTES)
    names_goods = any(name in fold(said) for name in _names_of(product))
    plain = len(said) >= _NOTE_LEAST and not (names_goods or is_other_wish(said) or _ASKS.search(said))
    return (
        {notes[0].name: said} if len(notes) == 1 and plain and _HOW.search(said) and not _NO_NOTE.search(said) else {}
    )


def note_meant(product: Product, text: str) -> dict[str, str]:
    """什么叫就这个 我是说去痘 然后牙齿别露: he says himself what he meant, and it is such a wish."""
    found = _MEANT.search(text)
    return note_in(product, found[1]) if found is not None else {}


def _value(tail: str, one: Field, names: Sequence[str]) -> tuple[str, int]:
    """(what is given there; how far it reaches): up to the next label or account; a name or a model also up to a space,
    unless it goes on with letters and digits (iPhone 15 Pro)."""
    names = [name for name in names if len(name) > 1]
    stop = found.start() if (found := _STOP.search(tail)) is not None else len(tail)
    for name in names:
        for again in re.finditer(rf"(?<={_BREAK})(?:{_LEAD})?{re.escape(name)}", tail, re.IGNORECASE):
            stop = min(stop, again.start())
    at = region_at(tail)
    if at and any(map(str.isdigit, tail[at:])) and tail[at - 1] in " ,，。":
        stop = min(stop, at)
    if not in_own_words(one.label):
        space = tail.find(" ")
        while 0 < space < stop:
            if (further := _FURTHER.match(tail, space)) is None or not tail[space - 1].isascii():
                stop = space
                break
            space = tail.find(" ", further.end())
    said = without_talk_behind(tail[:stop].strip(_QUOTES)).strip(_QUOTES)
    plain = said if in_own_words(one.label) else _PARTICLES.sub("", said)
    return plain, stop


def standing_alone(product: Product, text: str, have: Container[str]) -> tuple[dict[str, str], str]:
    """The texts that must be given and are not, where a piece of the message looks like one and like nothing else."""
    wanted = [one for one in product.fields if is_plain_text(one) and not one.optional and one.name not in have]
    pieces = [piece.strip() for piece in _PIECES.split(text) if piece.strip()]
    if _ASKS.search(text) or not 1 < len(pieces) <= _PIECES_MAX:
        return {}, text
    names = _names_of(product)
    values: dict[str, str] = {}
    for one in wanted:
        free = [piece for piece in pieces if not any(name in fold(piece) for name in names)]
        if _PLACE_LABEL.search(one.label):  # 南京港华燃气 is no 燃气费
            free = [
                piece for piece in pieces if piece in free or (begins_with_region(piece) and fold(piece) not in names)
            ]
        for piece in (found := _fitting(one.label, free, alone=len(wanted) == 1)):
            text = text.replace(piece, " ", 1)
            pieces = [other for other in pieces if other != piece]
        if found:
            values[one.name] = _TOLD_OF_IT.sub("", " ".join(found), count=1)
    return values, text


def beside_code(asked: Field, product: Product, text: str, have: Container[str]) -> dict[str, str]:
    """30581122 紫禁之巅, where the first was asked for: the one other text that is wanted, in the one piece left over."""
    code = code_in(asked.label, text) if is_plain_text(asked) else ""
    wanted = [one for one in product.fields if is_plain_text(one) and not one.optional and one.name not in have]
    others = [one for one in wanted if one is not asked]
    pieces = [piece for piece in re.split(rf"{_BREAK}+", text.strip()) if piece]
    if not code or len(pieces) != _CODE_AND_ONE or len(others) != 1 or in_own_words(others[0].label):
        return {}
    rest = next((piece for piece in pieces if code not in piece), "")
    if not _WORD.fullmatch(rest) or is_no_text(rest) or is_other_wish(rest) or _NOT_BESIDE.search(rest):
        return {}
    named = any(name in fold(rest) for name in _names_of(product))
    return {} if named or code not in pieces else {asked.name: code, others[0].name: rest}


def _fitting(label: str, pieces: Sequence[str], *, alone: bool) -> tuple[str, ...]:
    """What of some words is such a text: a day or time, a city, a model; of several things in one each of them; where it
    is the only one wanted (`alone`), what is told of it."""
    if asks_several(label) and not _PLACE_LABEL.search(label):
        parts = [one for one in things_in(label) if one]
        fits = [[piece for piece in pieces if _fits_part(part, piece)] for part in parts]
        every = tuple(piece for piece in pieces if any(piece in one for one in fits))
        return every if all(fits) and every else ()
    if asks_when(label):
        found = [piece for piece in pieces if (day := day_in(piece)) and len(piece) <= len(day) + _AROUND_DAY]
        return (day_in(found[0]),) if len(found) == 1 else ()
    if _PLACE_LABEL.search(label):
        found = [piece for piece in pieces if _PLACE.match(piece) or begins_with_region(piece)]
    elif _MODEL_LABEL.search(label):
        found = [piece for piece in pieces if _MODEL.fullmatch(piece)]
    else:
        found = [piece for piece in pieces if alone and _TOLD_OF_IT.match(piece)]
    return (found[0],) if len(found) == 1 else ()


def _fits_part(part: str, piece: str) -> bool:
    if asks_when(part):
        return bool(days_in(piece))
    return any(name in fold(piece) and fold(piece) != name for name in names_of_label(part))


def in_one(asked: Field, text: str, accounts: Sequence[Field]) -> dict[str, str]:
    """All of the message, where sentences are asked for (要装什么、什么时间方便): goods named inside are no purchase. What
    is one of the accounts still wanted goes to its own field."""
    if (
        not in_own_words(asked.label)
        or is_no_text(text)
        or certain(fold(text)) is not None
        or is_other_wish(text)
        or _ASKS.search(text)
    ):
        return {}
    if _ORDERS.search(text):
        return {}
    values: dict[str, str] = {}
    rest = text
    for one in accounts:
        found = accounts_anywhere(one, rest)
        if len(found) == 1 and found[0] in rest:
            values[one.name] = found[0]
            rest = re.sub(rf"{_ACCOUNT_LEAD}{re.escape(found[0])}", " ", rest, count=1)
    pieces = re.split(r"(?<=[\s,，。;；!！])", rest.strip())
    while pieces and (not pieces[0].strip(_QUOTES) or is_no_text(pieces[0])):
        pieces = pieces[1:]
    said = _SAYS.sub("", without_talk_behind("".join(pieces).strip(_QUOTES))).strip(_QUOTES)
    return {**values, asked.name: said} if len(said) > 1 and not is_no_text(said) else {}


def _names_of(product: Product) -> set[str]:
    """All that its goods and choices are called."""
    parts: tuple[Option | Field, ...] = (*product.options, *product.fields)
    names = {product.name, *product.aliases}
    names |= {name for sku in product.skus for name in (sku.label, *sku.aliases)}
    names |= {name for part in parts for choice in part.values for name in (choice.label, *choice.aliases)}
    return {fold(name) for name in names if len(name) > 1}
