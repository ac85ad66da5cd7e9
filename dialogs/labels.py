"""What buyers call what the catalog asks for: 编号 of 角色编号, 区服 of 区服名, 昵称 or ID of 游戏昵称."""

import re
from functools import lru_cache

from catalog.checks import fold
from catalog.model import Field, Option, Product
from nlu.dates import asks_when

_BRACKETS = re.compile(r"[(（\[【].*$")
_SEVERAL = re.compile("以及|[和与及、/+或]")
_END = re.compile("(?<=..)(?:姓名|名字|名称|名|号|内容|信息|文字)$")
_NICK = re.compile("昵称|网名|角色名|游戏名|用户名")
_NICKS = ("昵称", "网名", "游戏名", "角色名", "游戏id", "id", "名字", "我叫")
_NAMES = ("名字", "我叫")
_PERSON = re.compile("姓名|名字|[人员]$")
_REALM, _REALMS = re.compile("区服|大区|服务器"), ("区服", "大区", "服务器", "区")
_NOTE = re.compile("备注|要求|说明|需求|内容|嘱咐|交代|补充|注意|留言|描述|什么|哪[些种]|怎么")


@lru_cache(maxsize=2048)
def called(one: Field | Option) -> tuple[str, ...]:
    """What it is called, the longest first; of several things in one only all of it."""
    return names_of_label(one.label)


def names_of_label(text: str) -> tuple[str, ...]:
    """The same of a label alone."""
    label = fold(_BRACKETS.sub("", text).strip()) or fold(text)
    if asks_several(label):
        return tuple(sorted({fold(text), label}, key=len, reverse=True))
    realm = _REALMS if _REALM.search(label) else ()
    names = [fold(text), label, *realm, _END.sub("", label), label[-2:], *(_NICKS if _NICK.search(label) else ())]
    return tuple(sorted({name for name in names if len(name) > 1 or name in realm}, key=len, reverse=True))


def asks_several(label: str) -> bool:
    """Whether one text is to hold several things: 游戏昵称和方便上号的时间."""
    return _SEVERAL.search(_BRACKETS.sub("", label)) is not None


def things_in(label: str) -> list[str]:
    """What a text holds that is to hold several things: 游戏昵称, 方便上号的时间."""
    return [part.strip() for part in _SEVERAL.split(_BRACKETS.sub("", label))]


def in_own_words(label: str) -> bool:
    """Whether whole sentences are asked for, and no name, number or place: 修图要求, 要装什么、什么时间方便."""
    return asks_several(label) or (_NOTE.search(label) is not None and not asks_when(label))


def names_in(product: Product) -> dict[str, str]:
    """What the product's fields and options are called, and which of them each name means; none that could mean two."""
    parts: tuple[Option | Field, ...] = (*product.fields, *product.options)
    names: dict[str, set[str]] = {}
    persons = any(_PERSON.search(one.label) for one in product.fields)
    for one in parts:
        for name in called(one):
            if persons and name in _NAMES and name != fold(one.label):
                continue  # 我叫王芳 is no name in a game where whose order it is is asked for as well
            names.setdefault(name, set()).add(one.name)
    whole = {fold(one.label): one.name for one in parts}
    return {name: whole.get(name) or min(meant) for name, meant in names.items() if name in whole or len(meant) == 1}
