"""What stands around an address and is no part of it: 我住在, 寄到新地址, 尽快发, 放门口就行, 姓李, a card's words."""

import re
from collections.abc import Sequence

from nlu.regions import region_at, region_in_front

_PLACE = re.compile(
    r"\d|[省市区县旗镇乡村屯路街道巷弄胡同号栋幢楼室座层组苑园里厦庄湾店部处科站院馆坊城港期房户]|单元|大学|学校|公司|广场|小区|门卫|前台"
)
"""What a piece of an address has."""
_HOUSE = re.compile(r"\d+[号栋幢楼室座弄单层组院]?|[一二三四五六七八九十]+[号栋幢楼室座单层]")
_NUMERAL = "[\\d一二两三四五六七八九十]{1,3}"
_TALK = (
    r"(?:请|麻烦|记得)?(?:尽快|尽早|快点|早点|赶紧|急[用要着]?|加急|谢谢|多谢|辛苦|不急|放(?:在|到)?(?:门口|前台|门卫|驿站|快递柜|菜鸟|物业|保安)"
    r"|不要?(?:放|给|送)|别(?:放|给|送)|到(?:了|前|之前|时)|提前|送(?:来|之?前|的时候)|(?:今天|明天|后天|早上|上午|中午|下午|晚上|周[一二三四五六日末]|星期|工作日)"
    rf"|{_NUMERAL}(?:[点:：]|月{_NUMERAL}[日号])|贺卡|卡片|卡上|备注|附言|帮?包装|包好|写|生日|要快|发(?:顺丰|快递|货)|走顺丰|包邮|货到)"
)
_ONLY_TALK = re.compile(
    rf"{_TALK}|(?:再|来|要|买|拿)*{_NUMERAL}[支个件份根条盒袋箱瓶张束枝本套双把只](?!楼|单元|门)|姓[\u4e00-\u9fff]{{1,2}}$|(?:好|可以|行|ok|我|她|他|是|给|叫|请|麻烦)+[的了吧呢哈啊你您]*$"
)
_TALK_BEHIND = re.compile(rf"(?<=[\d号栋幢楼室座弄层院店园厦苑])(?:{_TALK}).*$")
_LEAD = re.compile(
    r"(?:我们?|你|[他她它]|家|老家|公司|人|现在|目前|就|都|再|请|麻烦|帮|把|来|要|新|送货?|发货?|寄送?|快递|邮寄?|配送|上门|收货|收件"
    rf"|(?:女|男)朋友|[爸妈]妈?|老[婆公]|朋友|同事|{_NUMERAL}[支个件份根条盒袋箱瓶张束枝本])*+(?:到|在|给|往|至|地址|住)(?:是|为|[:：])*(?:新?地址)?"
)


def is_talk(piece: str) -> bool:
    """Whether a piece is a wish, thanks or another remark, and no part of an address."""
    return _ONLY_TALK.match(piece) is not None


def only_place(pieces: Sequence[str]) -> list[str]:
    """The pieces of an address, without what is said around them. It begins at its province or city, when it names
    one; behind a house number only what has a place's words goes on with it."""
    kept: list[str] = []
    housed = False
    for piece in _from_region(pieces):
        piece = _TALK_BEHIND.sub("", piece)
        if housed and (is_talk(piece) or not _PLACE.search(piece)):
            continue
        kept.append(piece)
        housed = housed or _HOUSE.search(piece) is not None
    return kept


def _from_region(pieces: Sequence[str]) -> list[str]:
    for i, piece in enumerate(pieces):
        at = region_at(piece)
        if at is None:
            continue
        before = [*pieces[:i], piece[:at]]
        if not any(_PLACE.search(_counted(one)) and not _is_said(one) for one in before):
            return [piece[at:], *pieces[i + 1 :]]
        if at == 0 and region_in_front(piece)[-1] in "省市区" and _HOUSE.search(before[0]):
            return [*pieces[i:], *before]  # 文三路1号，杭州市西湖区
        break
    first = [piece for piece in pieces if piece]
    if any(_HOUSE.search(piece) and not _is_said(piece) for piece in first):
        while first and _is_said(first[0]):  # 前面那堆话删了 街道就是东吴北路88号
            del first[0]
    if first and (lead := _LEAD.match(first[0])) is not None:
        first[0] = first[0][lead.end() :]
    return [piece for piece in first if piece]


_SAID = re.compile(
    "[你啥么吗了说删]|我(?!们?(?:家|住|在|公司))|没有|可以|什么|怎么|型号|不对|错|^嗯|^我?们?(?:公司|家里?|单位|学校|宿舍)(?:[这那]边)?[来去]?$|^(?:[寄送发]|快递)(?:货|件)?[到去给在].{0,6}$"
)
_NUMBERED = re.compile(r"\d+(?:号|栋|幢|楼|室|座|弄|单元)|[路街巷道]\d")


def _is_said(piece: str) -> bool:
    """Whether a piece is something he says, though a number or a place's word is in it: 嗯188可以的, 寄到公司来."""
    return _SAID.search(piece) is not None and _NUMBERED.search(piece) is None


def _counted(piece: str) -> str:
    """The words before a place without how many of what: 一支, 33枝."""
    return re.sub(rf"{_NUMERAL}[支个件份根条盒袋箱瓶张束枝本]|(?:新|旧|老)?地址|送到|寄到", "", piece)
