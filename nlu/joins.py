"""Words that join one thing wanted to the next, ask for it, or tell what for, in the one form that all else reads.

外加一张, 还有50的两张, 另外两张100的 are 再来 …; 帮我弄两张 is 帮我来两张;
单位发福利用 and 谢谢 are nothing that is sold."""

import re

from nlu.numerals import CHINESE
from nlu.words import PIECES

_MANY = rf"(?:\d{{1,2}}|[{CHINESE}俩仨]{{1,2}})"
_COUNT = rf"(?:{_MANY}[{PIECES}]|[俩仨])"
_NOT_OF_IT = "号|人|充|冲|给|是|要|[改换退说]|问题|[\\s,，。]|$"
_BEGINS = rf"(?<=[{PIECES}俩仨的\s,，、;；])"
_JOINS = re.compile(
    rf"(?:外加|以及|另外|顺便|附加|附带|捎带|还有)(?=(?:我?(?:还|再|要|来)*)?{_COUNT}(?!{_NOT_OF_IT}))"
    rf"|{_BEGINS}(?:外加|以及|附带|捎带)(?![号码])"
    rf"|{_BEGINS}(?:还有|另外|顺便)(?=(?![我你他她它这那])[^\s,，。;；]{{1,12}}{_COUNT}(?=$|[\s,，。;；!！吧呗哈谢送给发寄]))"
)
_COUNTED = re.compile(_COUNT)
_ASKS_FOR = re.compile(rf"(?<=[帮给]我)[弄整搞](?={_COUNT})")
_CHANGES = re.compile("[改换退删减]|取消|不要|错|没")
_WHAT_FOR = re.compile(
    rf"(?<=[{PIECES}俩仨的元块卡券票\s,，])(?:我们?|咱们?|是|要|都|也|给)*(?:单位|公司|学校|班[里上级]|部门|店[里铺]|厂[里子]|工会|社区|办公室|团队|车间|宿舍|家里)?(?:这边|那边|这次|里)?(?:要|来|拿)?"
    r"(?:发福利|福利|搞活动|做活动|办活动|活动|开年会|年会|团建|[做发当]?奖品|抽奖|[做当]礼品|走访|慰问)用?的?(?=$|[\s,，。!！~])"
)
"""At the end of what is ordered: why. Behind no name of goods, which may be a part of it."""

_COURTESY = re.compile(
    rf"(?<=[{PIECES}俩仨吧的])(?:多谢|谢谢|感谢|谢了|拜托|辛苦|麻烦|劳驾)(?:了|啦|啊|哈|您|你|老板|店家|掌柜|亲)*(?=$|[\s,，。!！~])"
)
"""Run into a count: 中杯的两杯谢谢."""

_BECOMES = re.compile("(?:变成|变为|调成|调到|换做|换作|改作|改做|弄成|搞成|整成)(?!本|功|就)")
_ADDS = re.compile(rf"(?:(?<=[再多来])|(?<![\u4e00-\u9fff]))添(?=上?{_COUNT})")


_HEARD = re.compile(rf"(?<=[来要买])({_MANY})分(?=$|[\s,，。!！吧])")
"""来两分, as speech recognition writes it."""


_BECOMES_SO_MANY = re.compile(rf"(?<![改换])变(?=\d{{1,3}}[\u4e00-\u9fff]|{_COUNT})")
_SOME_OF_IT = re.compile(rf"(^|[\s,，])有({_COUNT})(?:想|得|是|给我)?(?:要|换成?)(?=[^不,，\s])")
"""有一件要XL的, of two."""


_BEGINS_BESIDES = re.compile(r"^\s*(?:外加|附带|捎带)上?(?![号码费])")


def plain_verbs(text: str) -> str:
    """The text with 再加 for 外加, 改成 for whatever makes one thing of another (变成一年的, 变4份), 加 for 添,
    份 for 分 as heard, 其中一件换成 for 有一件要."""
    text = _SOME_OF_IT.sub(r"\1其中\2换成", _BECOMES_SO_MANY.sub("改", _BEGINS_BESIDES.sub("再加", text)))
    return _ADDS.sub("加", _BECOMES.sub("改成", _HEARD.sub(r"\1份", text)))


def joined_plainly(text: str) -> str:
    """The text in that form, and as long as it was, so that places in it agree.

    另外一张 alone may be the other of two (另外一张给我妈, 另外一个号充100): it joins only where a thing follows.
    """
    if _CHANGES.search(text) or not _COUNTED.search(text):
        return text
    text = _ASKS_FOR.sub("来", _COURTESY.sub(_blank, _WHAT_FOR.sub(_blank, text)))
    first = _COUNTED.search(text)
    return text if first is None else text[: first.end()] + _JOINS.sub("再来", text[first.end() - 1 :])[1:]


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])
