"""A parcel's address in one line, and single parts of it corrected: 收货人改成吴强, 门牌号是68号不是66号."""

import re
from dataclasses import replace

from dialogs.places import bare, joined, name_in, read, written
from nlu.numerals import CHINESE

_PHONE = re.compile(r"(?<!\d)1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)")
_PLACE = re.compile(r"[省市区县镇乡村路街道巷弄号栋幢楼室]|\d")
_REGION = re.compile(r"[省市区县]")
_STREET = re.compile(r"[\u4e00-\u9fff]{1,10}?(?:路|街|大道|道|巷|弄)\d+(?:号|弄)?")
_STREET_NAME = re.compile(r"[^省市区县镇乡\d\s,，]{1,10}?(?:路|街|大道|巷|弄|道)(?=\d)")
_VERB = re.compile(
    r"^(?:请|麻烦)?(?:帮我|给我)?(?:寄送?到|寄往|寄给|寄|送货?[到至]|发货?[到至往]|邮寄?到|快递到"
    r"|(?:收货|收件)?地址(?:是|为|[:：])+)[:： ]*"
)
_LINK = re.compile("^(?:就?是|应该是|改成|改为|换成)")
_WHO = re.compile(r"收[货件]人|名字|姓名|联系人")
_TO = r"(?:错了?|不对|写错了?)?[,，。 ]*(?:改成|改为|换成|应该是|是|叫|改)[:： ]*"
_NAME_TO = re.compile(
    rf"(?:收[货件]人|名字|姓名|联系人)(?:的?名字)?{_TO}([\u4e00-\u9fff·]{{2,4}}|[A-Za-z]{{2,20}})(?:[,，。 ]|不是|$)"
)
_IS_NOT = re.compile(r"是([\w-]{1,20}?)[,，。 ]*(?:而)?不是([\w-]{1,20})")
_NOT_IS = re.compile(r"不是([\w-]{1,20}?)[,，。 ]*(?:而)?(?:是|应该是)([\w-]{1,20})")
_WRONG_IS = re.compile(r"([\w-]{1,20}?)(?:写|打|填)?错了?[,，。 ]*(?:应该)?(?:是|改成)([\w-]{1,20})")
_FROM_TO = re.compile(r"([\w-]{1,20}?)(?:改成|改为|换成)([\w-]{1,20})")
_WHOLE_CHARS = 8
_PLACE_TO = re.compile(rf"(?:(?:收货|收件)?地址|门牌号?|楼号|房号|街道|路名|路|小区|位置){_TO}(.+)")


_N = rf"(?:[a-z]?\d+[a-z]?|[{CHINESE}]+|[a-z东南西北])"
_KINDS = "号楼|栋|幢|座|单元|楼|层|室|户|门"
_PIECES = rf"(?:{_N}(?:{_KINDS}))+(?:\d{{2,5}}(?:室|号)?)?"
HOUSE = re.compile(
    "(?:对了|哦|嗯|哎|那个|等[下等]|补充(?:一?下)?|(?:我|好像|刚才)*+(?:忘了?|忘记|[漏少没]了?)(?:[写说填打加]了?)?"
    "|还有|再?(?:加|写|补|填)上?|后面|前面|详细|具体|收?货?(?:地址|门牌|楼|房|单元|楼栋|楼层|房间)号?(?:是|的)?"
    "|是|在|我家?|家里?|住|[,，:：])*+"
    rf"(?P<piece>{_PIECES})(?:的|吧|啊|哈|谢谢)*"
)
"""再加上2栋301: a piece of a house, and nothing else."""
_HOUSE_ONLY = re.compile(_PIECES)
_PIECE = re.compile(rf"({_N})({_KINDS})(\d{{2,5}}(?:室|号)?$)?")
_NO = r"[\da-z一二三四五六七八九十]{1,4}"
_MORE_OF_IT = re.compile(
    r"(?P<head>(?:[哦啊噢嗯]|对了|还有|再|另外|(?:收货)?地址|后面|最后面?|末尾|补充|一下|帮我|给我|麻烦|请|要|的|忘了?|漏了?|没|少|[写说打填]了?|楼号|门牌号?|房号|单元号?"
    r"|加上?|补上?|是|[,，:：\s])*+)"
    rf"(?P<tail>(?P<first>{_NO}(?:号楼|栋|幢|座|单元|层|楼|室|号房))(?:[-,，\s]*{_NO}(?:单元|层|楼|室|号房|号))*[-,，\s]*(?:\d{{3,4}})?)"
    r"(?:[吧哦啊呢的]|谢谢|[。.!！\s])*",
    re.IGNORECASE,
)
_SURE_PART = re.compile("号楼|单元|室|号房")


def with_more(address: str, text: str) -> str | None:
    """The address with what was left out behind its street (再加上2栋301, 忘了写楼号 3号楼502); None when a message is
    anything else, 再加一座, or the address has such a part already."""
    found = _MORE_OF_IT.fullmatch(text.strip())
    place = read(address)
    if found is None or not place.street or found["first"][-1] in place.street.split("号", 1)[-1]:
        return None
    sure = (
        _SURE_PART.search(found["tail"])
        or found["tail"] != found["first"]
        or re.search("地址|楼号|门牌|后面", found["head"])
    )
    tail = re.sub(r"[,，\s]", "", found["tail"])
    return written(replace(place, street=place.street + tail)) if sure else None


def with_piece(street: str, piece: str) -> str:
    """The street with 2栋301 behind it; where it has a 栋 already, that one is put right."""
    found = list(_PIECE.finditer(piece))
    there = {one[2] for one in _PIECE.finditer(street)}
    kinds = {one[2]: one[1] + one[2] for one in found}
    if not kinds.keys() & there:
        return street + piece
    if kinds.keys() <= there and not any(one[3] for one in found):
        return _PIECE.sub(lambda one: kinds.get(one[2], one[1] + one[2]) + (one[3] or ""), street)
    first = min(one.start() for one in _PIECE.finditer(street) if one[2] in kinds)
    return street[:first] + piece if _HOUSE_ONLY.fullmatch(street, first) else ""


def tidy(address: str, old: str = "") -> str:
    """The address without the verb before it; who receives it stays when only the place is new."""
    new = bare(_LINK.sub("", _VERB.sub("", address)))
    said, held = read(new), read(old)
    if said.street and not (said.province or said.city) and (held.province or held.city):
        return written(joined(held, said))  # the same town: only the street is new
    phone, name = _PHONE.search(old), name_in(old)
    if name is not None and name_in(new) is None:
        new = f"{new} {name}"
    if phone is not None and _PHONE.search(new) is None:
        new = f"{new} {phone[0]}"
    return new


def corrected_address(address: str, text: str) -> str | None:
    """The address with one part corrected: 收货人改成吴强, 电话改成139…, 门牌号是68号不是66号. None when the message is
    no such correction, or the part it corrects stands there twice or not at all."""
    if not re.search("[改换错]|不是|不对|应该", text):
        return None
    named = _NAME_TO.search(text)
    phone, old_phone = _PHONE.search(text), _PHONE.search(address)
    if named is not None:
        old = name_in(address)
        address = address.replace(old, named[1], 1) if old else f"{address} {named[1]}"
    if phone is not None and re.search("电话|手机|号码", text) and not _PLACE_TO.search(text):
        return address.replace(old_phone[0], phone[0], 1) if old_phone else f"{address} {phone[0]}"
    if named is not None:
        return address
    for pattern, new, old_at in ((_NOT_IS, 2, 1), (_IS_NOT, 1, 2), (_WRONG_IS, 2, 1), (_FROM_TO, 2, 1)):
        found = pattern.search(text)
        if found is not None and address.count(found[old_at]) == 1:
            return address.replace(found[old_at], found[new], 1)
    placed = _PLACE_TO.search(text)
    return _with_place(address, placed[1].strip()) if placed is not None and _PLACE.search(placed[1]) else None


def _with_place(address: str, new: str) -> str | None:
    """A new place: whole, or only a district or street of the same city."""
    said, held = read(new), read(address)
    if (said.district or said.street) and not (said.province or said.city) and (held.province or held.city):
        if said.district:
            return written(joined(held, said))
    elif _REGION.search(new) and len(new) >= _WHOLE_CHARS:
        return tidy(new, address)
    street, old = _STREET.search(new), _STREET_NAME.search(address)
    if street is None or old is None:
        return None
    end = re.compile(r"\d+(?:号|弄)?").match(address, old.end())
    return address[: old.start()] + new + address[end.end() if end else old.end() :]
