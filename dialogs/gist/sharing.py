"""How many it takes where everyone gets one: 家里仨手机 一人一根, 他一份我一份, 8杯数错了 是7个人."""

import re

from nlu.numerals import CHINESE, read_numeral

_N = rf"(?:\d{{1,2}}|[{CHINESE}俩仨])"
_HEADS = (
    "人|娃|孩子?|小孩|大人|老人|手机|电脑|机器|设备|号|账号|开|口人?|同学|同事|朋友|室友|女生|男生|兄弟|姐妹"
    "|闺女|儿子|电视|老爷机"
)
_PEOPLE = re.compile(rf"({_N})[个位名台部口条]?(?:{_HEADS})")
_PAIR = re.compile("[我咱他她][们]?([俩仨])|双胞胎|两口子|小两口|[和跟]我?(?:对象|男朋友|女朋友|老公|老婆|媳妇)")
_EACH = re.compile(
    "(?:一|每|人)[个位台部]?[人号手机娃]*(?:一|1)[张个份根件杯瓶本桶盒套只条把码枝]|各一|[人号机]手一|按(?:机器|人|人头)数"
)
_BY_TURNS = re.compile("[他她我你](?:自己)?(?:也)?[一1][张个份根件杯瓶本桶盒套只条]")
_MISCOUNTED = re.compile(rf"(?:数|算|记)错|人头|(?:人|位)(?:变|成)|是{_N}个人")


def each_gets_one(text: str) -> int | None:
    """As many as there are people; None where nothing of the kind is said, or it is not said how many they are."""
    by_turns = _BY_TURNS.findall(text)
    if len(by_turns) > 1:
        return len(by_turns)
    if not _EACH.search(text) and not _MISCOUNTED.search(text):
        return None
    pair = _PAIR.search(text)
    heads = {found[1] for found in _PEOPLE.finditer(text) if found[1] not in ("一", "1")}
    if len(heads) == 1:
        many = read_numeral(heads.pop())
        return int(many) if many is not None and 1 < many < 100 else None
    if not heads and pair is not None and _EACH.search(text):
        return 3 if pair[1] == "仨" else 2
    return None
