"""How many it takes where everyone gets one: 家里仨手机 一人一根, 他一份我一份, 8杯数错了 是7个人."""

import re

from nlu.numerals import CHINESE, read_numeral
from nlu.surnames import KIN

_N = rf"(?:\d{{1,2}}|[{CHINESE}俩仨])"
_PAIRS = {"俩": 2, "仨": 3}
_HEADS = (
    "人|娃|孩子?|小孩|大人|老人|手机|电脑|机器|设备|号|账号|开|口人?|同学|同事|朋友|室友|女生|男生|兄弟|姐妹"
    "|闺女|儿子|电视|老爷机"
)
_KIN = (
    f"(?:{KIN}|大?[姑姨舅婶叔伯]子?|小[姑姨舅]子|对象|女?朋友|室友|舍友|同事|同学|闺蜜|邻居|同桌|队友|那口子|兄弟|哥们)"
)
_PEOPLE = re.compile(rf"({_N})[个位名台部口条]?(?:{_HEADS})")
_PAIR = re.compile("[我咱他她][们]?([俩仨])|双胞胎|两口子|小两口|[和跟]我?(?:对象|男朋友|女朋友|老公|老婆|媳妇)")
_EACH = re.compile(
    "(?:一|每|人)[个位台部]?[人号手机娃]*(?:一|1)[张个份根件杯瓶本桶盒套只条把码枝]|各一|[人号机]手一|按(?:机器|人|人头)数"
)
_BY_ACCOUNT = re.compile(f"({_N})个?(?:号|账号|手机|设备)[都全][要得]?[开充买办来装]")
"""两个号都要开: one for each, of what needs no account."""
_BY_TURNS = re.compile(
    f"(?:[他她我你](?:自己)?|(?:{_KIN}){{1,3}})[也要来]?({_N})[张个份根件杯瓶本桶盒套只条](?=$|[,，\\s就够行好吧呗的他她我你]|{_KIN})"
)
_AGAIN = re.compile("再|另|还要|加")
_TOTAL = re.compile(
    rf"(?:加上?|算上|连上?|带上)[我她他咱你](?:自己|妹|姐|弟|哥|爸|妈|娃|婆婆|对象|朋友|老公|老婆|媳妇|闺蜜|室友|同事|儿子|女儿|闺女)?"
    rf"(?:一共|总共|共|正好|刚好|就是?)?({_N})[个位口]?人?(?:$|[,，\s了吧呢])"
)
"""加上她三个, 加我一共仨: as many as they are then."""
_THEIRS = re.compile(rf"({_N})[个位口]?人的[票份量券]")
_ENOUGH = re.compile("[别莫甭勿][给]?[少漏][买算订了]|不够[分人]|少[买算]了|人人|每个?人|都[得要]有|[都全]换了")
"""部门4个人 别少买了: one for each of them."""
_ALSO = re.compile(
    rf"({_KIN})(?:[跟和与]([他她]?{_KIN}))?[^,，\s]{{0,4}}?"
    rf"也都?想?[来去要听看用吃喝玩按做报办开充买]"
)
"""Who comes along: one, or two."""
_COUPLES = re.compile("爸妈|父母|公婆|爷爷奶奶|外公外婆|姥姥姥爷|两口子|夫妻|[俩两2]")
_THEIRS_TOO = re.compile(
    "[他她](?:们?俩)?(?:自己)?(?:的|那[一1]?)[张个份根件杯瓶本桶盒套只条]?(?:也|一起|一块儿?|一并|一道|都)*(?:算上|算进|加上|带上|捎上|要上|买上|买了吧|下了吧)(?!了)"
)
"""她那张一起算上: one more."""
_MISCOUNTED = re.compile(rf"(?:数|算|记)错|人头|(?:人|位)(?:变|成)|是{_N}个人")


def each_gets_one(text: str) -> int | None:
    """As many as there are people; None where nothing of the kind is said, or it is not said how many they are."""
    if shares := shares_in(text):
        return sum(shares)
    if (total := _TOTAL.search(text) or _THEIRS.search(text)) is not None:
        many = read_numeral(total[1]) if total[1] not in _PAIRS else _PAIRS[total[1]]
        return int(many) if many is not None and 1 < many < 100 else None
    if not any(one.search(text) for one in (_EACH, _MISCOUNTED, _ENOUGH)):
        return None
    pair = _PAIR.search(text)
    heads = heads_in(text)
    if len(heads) == 1:
        return heads.pop()
    if not heads and pair is not None and _EACH.search(text):
        return 3 if pair[1] == "仨" else 2
    return None


def each_account_gets_one(text: str) -> int:
    """For how many accounts it is to be; 0 where it is not said."""
    said = _BY_ACCOUNT.search(text)
    return int(_PAIRS.get(said[1]) or read_numeral(said[1]) or 0) if said is not None else 0


def shares_in(text: str) -> tuple[int, ...]:
    """How many each of those named gets, where there is more than one: 同事要三本 我自己一本."""
    said = _BY_TURNS.findall(text) if _AGAIN.search(text) is None else []
    many = [_PAIRS.get(one) or int(read_numeral(one) or 0) for one in said]
    return tuple(many) if len(many) > 1 and all(0 < one < 100 for one in many) else ()


def newcomers(text: str) -> int:
    """How many come along (小姨子跟她对象也来); 0 where nobody does, or more than one are named apart."""
    found = list(_ALSO.finditer(text))
    if len(found) != 1:
        return 0
    return 2 if found[0][2] or _COUPLES.search(found[0][0]) else 1


def one_more_for_them(text: str) -> int:
    """How many more where somebody else's is to be counted in: 她那张一起算上, 他俩的也带上."""
    theirs = _THEIRS_TOO.search(text)
    return 0 if theirs is None else 2 if "俩" in theirs[0] else 1


def heads_in(text: str) -> set[int]:
    """How many people, machines or accounts are spoken of: 六个人."""
    said = {found[1] for found in _PEOPLE.finditer(text)}
    heads = {int(_PAIRS.get(one) or read_numeral(one) or 0) for one in said}
    return {many for many in heads if 1 < many < 100}
