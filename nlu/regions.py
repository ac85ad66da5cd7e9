"""Provinces and cities of China, and where the region of an address begins in a sentence: 寄到新重庆市 is 重庆市."""

import re
from functools import cache

from nlu.text import load_table

_PEOPLE = "朝鲜|土家|苗|藏|羌|彝|布依|侗|哈尼|壮|傣|景颇|傈僳|回|蒙古|哈萨克|柯尔克孜|白|维吾尔"
_KINDS = re.compile(rf"(?:特别行政区|省|市|地区|林区|盟|(?:(?:{_PEOPLE})族?)*自治[区州])$")
_STREET_NEXT = (
    r"(?![东西南北中]?[一二三四五]?(?:环|路|街|大道|道(?!里|外)|巷|弄|村|小区|花园|苑|大厦|广场|饭店|酒店|宾馆|银行|商场|店|公园|大学"
    r"|学院|医院|[中小]学|机场|火车站|人(?!民)|菜|的|这边|那边|区|县))"
)
"""南京路 of Shanghai is no city, nor is 朝阳区 of Beijing; 北京人 is no place."""


@cache
def regions() -> dict[str, tuple[str, ...]]:
    """Give every province (or municipality) with its cities, by their full names."""
    return {province: tuple(cities.split()) for province, cities in load_table("regions.json").items()}


def short(name: str) -> str:
    """Name a province or city as one says it: 浙江, 杭州, 延边, 内蒙古."""
    plain = _KINDS.sub("", name)
    return {"内": "内蒙古", "西": "西藏"}.get(plain, plain if len(plain) > 1 else name)


@cache
def _pattern() -> re.Pattern[str]:
    names = [name for province, cities in regions().items() for name in (province, *cities)]
    full = sorted(names, key=len, reverse=True)
    said = sorted({short(name) for name in names} - set(full), key=len, reverse=True)
    ending = "(?:省|市|自治州|地区|盟|自治区)"
    return re.compile(f"{'|'.join(full)}|(?:{'|'.join(said)})(?:{ending}|{_STREET_NEXT})")


def region_at(text: str) -> int | None:
    """Tell where the first province or city stands in a text; None when it names none."""
    found = _pattern().search(text)
    return found.start() if found is not None else None


def region_in_front(text: str) -> str:
    """Give the province or city that a text begins with, as it is written there; "" when it begins with none."""
    found = _pattern().match(text)
    return found[0] if found is not None else ""


def begins_with_region(text: str) -> bool:
    """Tell whether a text begins with a province or city, also by its short name alone: 南京港华燃气."""
    return _short_pattern().match(text) is not None


@cache
def _short_pattern() -> re.Pattern[str]:
    names = [name for province, cities in regions().items() for name in (province, *cities)]
    return re.compile("|".join(sorted({short(name) for name in names} | set(names), key=len, reverse=True)))


LEAD = re.compile(
    r"(?:[\s,，:：;；、。]|收[\u4e00-\u9fff]{1,2}人|(?:收[货件]|新|老|旧|家庭|公司|邮寄|快递|送货|详细)?地址|(?:联系)?(?:电话|手机|方式|号码)号?码?"
    r"|我们?|你|[他她它]|我?(?:家里?|老家)|我们?(?:公司|单位)|公司|单位|学校|宿舍|办公室|(?:女|男)朋友|[爸妈]妈?|老[婆公]|朋友|同事"
    r"|请|麻烦|帮|给|把|都|就|再|来|要|是|为|在|住|到|去|往|至|寄送?|发货?|送(?:货|上门)?|快递|邮寄?|配送|递|新"
    r"|[一二两三四五六七八九十\d]{1,2}[支个件份根条盒袋箱瓶张套双把只本束枝台包])*+"
)
"""What is said right before a place and is none of it."""


def without_lead(text: str) -> int:
    """Tell where the address in a text begins: behind the labels, pronouns and verbs before its province or city."""
    at = region_at(text)
    return at if at and LEAD.fullmatch(text, 0, at) else 0
