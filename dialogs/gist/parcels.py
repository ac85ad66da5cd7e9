"""Parts of an address that a message gives anew: who receives it, his phone, the street, a number in it."""

import re
from dataclasses import replace

from dialogs.addresses import HOUSE, with_piece
from dialogs.gist.clauses import Clauses, is_told
from dialogs.gist.digits import repaired
from dialogs.places import Place, read, written
from nlu.regions import region_at
from nlu.surnames import KIN, SURNAMES

_PHONE = re.compile(r"(?<!\d)1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)")
_FOR_PHONE = re.compile("电话|手机|号码?|[留写填换改]|收|快递|[打联].{0,3}这|停机|接不到|打不通")
_RECEIVER = re.compile("收[货件的]?人?|名字|姓名|签收|[写换改叫].{0,4}(?:的?名|人)|人(?:改|换|写)")
_NAME_IN = re.compile(
    rf"(?:[寄送发]给|(?:收[货件]?的?人|(?:收[货件]?的?)?(?:名字|姓名)|人)(?:的名字)?)?(?:就|请|要|得|直接|还是)*(?:写|填|改成?|换成?|叫|是|留|用)?(?:了|成|为|我?(?:{KIN}|老公|老婆|女朋友|男朋友|对象|同事|室友|朋友|闺蜜)的?(?:名字?)?|他|她|的|吧|叫|是|名|[:：])*+"
    r"(?P<name>[\u4e00-\u9fff]{2,3}?)(?:收|吧|了|哈|啊|就行|来?签收|的名字?)*"
)
_NO_NAME = re.compile(
    "不变|没变|照旧|地址|电话|手机|门牌|楼|快递|名字|收件|收货|写错|打错|错|别|不|没|都|的$|了$|吧$|谢|麻烦|方便|方向|高兴|时候|安排|常|应该|我|他|她|那|这|改|换|女朋友|同事|老公|老婆"
)
_STREET = re.compile(
    r"(?:[路街道巷弄村苑园湾庄厦]|小区|公司|学校|大学|广场).{0,12}\d|\d+(?:号楼|栋|幢|座|弄|单元)|\d+号"
)
_TO = re.compile(
    "^(?:我|现在|目前|已经|搬[家到去]*了?|就|都|给我|帮我|麻烦|请|直接|要|得|新|收货|收件|家庭|快递|应该"
    "|寄|送|发|住|地址|街道|位置|写|填|改|换|配|投|放|(?<=[寄送发])[货件]|(?<=[寄送发住搬写填改换配投放址置])[到去往至成在为是了:：]|就?是|在)*+"
)
_WANTS_PLACE = re.compile("[寄送发住搬改换写填配投放]|街道就?是|地址|错|新|才对|应该|去|漏|楼号|门牌|不是")
_SEVERAL_PARTS = re.compile("单元|室|号楼|[栋幢座楼层]\\d")
_OF_A_HOUSE = re.compile("地址|楼号|门牌|房号|楼栋|单元号|街道|后面[加补添写]|收货信息")
_CHARACTER = re.compile(
    '(?:[那这]?个|的|["“「『])(?P<char>[\u4e00-\u9fff])["”」』]?字?(?:是?(?:我)?多打的?|去掉|删[掉了除]?|拿掉|不要)'
    "|多[打写了]+(?:一?个)(?P<one>[\u4e00-\u9fff])字?$"
)
_OLD_PLACE = re.compile("原来|以前|之前|上次|老地址|旧地址|上回|去年|从哪|哪里|多远|多久|几天")
_NUMBERED = re.compile(r"[楼栋幢座]号?|门牌|房号|室|单元|号|地址|路|街")
_NUMBERED_ROAD = re.compile(r"(?P<road>[\u4e00-\u9fff]+?(?:路|街|大道|道|巷|弄))(?P<number>\d+)号?")
_TAIL = re.compile(
    r"(?:(?:的?后面|末尾|最后)(?:再|还|要)*(?:加|补|添|写)上?个?|哈|啊|吧|呢|哦|呀|了|这边|那边|这儿|这里|那里|去)+$"
)


def moved(old: str, clauses: Clauses, *, other_phone: bool) -> tuple[str, tuple[str, ...]] | None:
    """(the address with what the message gives anew, the clauses that say it); None where it gives no part.
    `other_phone`: the product asks for a phone besides, so that one alone is not the parcel's."""
    held = read(old)
    new, used = held, list[str]()
    places = (_place(clauses, at, held, whole=True) for at in range(len(clauses.parts)))
    anew = any(place is not None and region_at(place[1]) is not None for place in places)
    for at, part in enumerate(clauses.parts):
        if (phone := _phone(clauses, at, other_phone=other_phone, anew=anew)) is not None:
            new, used = replace(new, phone=phone), [*used, part]
        if (name := _name(clauses, at, anew=anew)) is not None:
            new, used = replace(new, name=name), [*used, part]
        elif (house := _house(clauses, at, new.street)) is not None:
            spoken = [one for one in clauses.parts[max(0, at - 2) : at] if _OF_A_HOUSE.search(one)]
            new, used = replace(new, street=house), [*used, *spoken, part]
        elif (place := _place(clauses, at, held, whole=anew or bool(used))) is not None:
            new = replace(new, province=place[0].province, city=place[0].city, district=place[0].district)
            new, used = replace(new, street=clauses.as_typed(place[0].street)), [*used, part]
    if new == held and (cut := _without_character(old, clauses)) is not None:
        return cut
    if new == held and (street := _renumbered(held.street, clauses)) is not None:
        new, used = replace(held, street=street), list(clauses.parts)
    return (written(new), tuple(used)) if new != held and new.street else None


def _phone(clauses: Clauses, at: int, *, other_phone: bool, anew: bool) -> str | None:
    """The parcel's telephone: spoken of as such, or beside a place that is given with its town (`anew`)."""
    part = clauses.parts[at]
    found = _PHONE.search(part)
    if found is None or is_told(part, "收件电话"):
        return None
    if re.search("收[货件]人?|快递|寄", clauses.said) is None and other_phone:
        return None
    near = " ".join(clauses.parts[max(0, at - 1) : at + 2])
    sure = anew or _FOR_PHONE.search(near.replace(found[0], "")) or _RECEIVER.search(clauses.said)
    return re.sub(r"\D", "", found[0]) if sure else None


def _name(clauses: Clauses, at: int, *, anew: bool) -> str | None:
    """Who receives it: named so, or a name alone where the message speaks of who receives it, or beside a place that is
    given with its town (`anew`)."""
    part = _PHONE.sub("", clauses.parts[at])
    found = _NAME_IN.fullmatch(part)
    if found is None or found["name"][0] not in SURNAMES or _NO_NAME.search(found["name"]):
        return None
    said = anew or _RECEIVER.search(clauses.said) or re.search("收|叫", part)
    return found["name"] if said else None


def _house(clauses: Clauses, at: int, street: str) -> str | None:
    """The street with the piece of it that is a clause by itself (楼号忘了 是3幢2单元501), where nothing else can be
    meant: it has several parts, or the address is spoken of."""
    found = HOUSE.fullmatch(clauses.parts[at])
    if found is None or not street or not re.search(r"\d", found["piece"]):
        return None
    near = " ".join(clauses.parts[max(0, at - 2) : at + 1]).replace(found["piece"], "")
    if not (_SEVERAL_PARTS.search(found["piece"]) or _OF_A_HOUSE.search(near)) or _OLD_PLACE.search(near):
        return None
    return with_piece(street, found["piece"]) or None


def _without_character(old: str, clauses: Clauses) -> tuple[str, tuple[str, ...]] | None:
    """地址前面那个来字去掉: the address without a character that stands in it once, or at its beginning."""
    for at, part in enumerate(clauses.parts):
        found = _CHARACTER.search(part)
        char = found and (found["char"] or found["one"])
        if not char or not _OF_A_HOUSE.search(" ".join(clauses.parts[max(0, at - 1) : at + 1])):
            continue
        if old.startswith(char) or old.count(char) == 1:
            return old.replace(char, "", 1).strip(), (part,)
    return None


def _place(clauses: Clauses, at: int, held: Place, *, whole: bool) -> tuple[Place, str] | None:
    """The place in a clause: a street with a number, in the region it names or else in the one that there was. `whole`:
    who receives it, or his phone, stands before it."""
    part = clauses.parts[at]
    near = " ".join(clauses.parts[max(0, at - 1) : at + 1])
    wanted = _WANTS_PLACE.search(near) is not None or (whole and region_at(part) is not None)
    if not _STREET.search(part) or _OLD_PLACE.search(near) or not wanted or "不是" in part:
        return None
    said = read(_TAIL.sub("", _TO.sub("", _PHONE.sub("", part))))
    street = said.street
    if not street or not re.search(r"[路街道巷弄村苑园湾庄厦区司校学场]", street) or not re.search(r"\d", street):
        return None
    if said.province or said.city:
        return replace(said, name="", phone=""), part
    district = said.district or held.district
    return replace(held, district=district, street=_with_tail(held.street, street)), part


def _with_tail(held: str, street: str) -> str:
    """文三路101号, of 文三路100号3幢201: only the number is another."""
    new, old = _NUMBERED_ROAD.fullmatch(street), _NUMBERED_ROAD.match(held)
    if new is None or old is None or new["road"] != old["road"]:
        return street
    return street + held[old.end() :]


def _renumbered(street: str, clauses: Clauses) -> str | None:
    """楼号不是306 是309号楼: the one number of the street that is said to be another."""
    if not _NUMBERED.search(clauses.said):
        return None
    said = re.sub(r"(?<=\d)(?:号楼|号|栋|幢|座|单元|室|楼|层)", "", clauses.said)
    made = [one for one in repaired(street, said) if one != street]
    return made[0] if len(made) == 1 else None
