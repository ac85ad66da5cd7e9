"""What is said around a message and means nothing for it: 亲，…，麻烦了; 等等，…，可以吗; …，改好了我付款."""

import re

from dialogs.state import Collecting, Dialog
from nlu.numerals import CHINESE

_BREAK = re.compile(r"[\s,，。;；!！~～…]+")
_BEGINS = re.compile(
    "(?:亲爱?的?|老板娘?|掌柜的?|店家|客服|你好|您好|在吗|在不在|诶|哎呀?|唉|嗯+|呃+|哦+|噢|那个|这个|稍等(?:一下)?|等等|等一?[下会]|慢着|且慢"
    "|打扰(?:一?下)?了?|(?:麻烦|劳驾|请问)(?:[你您]|一下|了)*|我再?确认一?下|我?想了一?想|我想想)[啊呀哈哦呢吧嘛]*"
)
_ENDS = re.compile(
    "(?:(?:多谢|谢谢|感谢|谢了|麻烦|辛苦|拜托|劳驾)(?:[了啦你您啊哈]|老板娘?|店家|亲)*|急用?|快一?点|尽快|抓紧"
    "|(?:可以|[行好成中]|ok)(?:吗|不|么|嘛)|可不可以|行不行|好不好|(?:千万|可)?别再?[弄搞写发充]错了?|改好了?我?[就再马上]*(?:付款?|给钱)|我?(?:这就|马上|现在|立刻)就?(?:去?付款?|支付|给钱))[啊呀哈哦呢吧嘛]*"
)
_MISTAKEN = re.compile(
    "(?:哎呀|哎|啊)?我?(?:刚才|刚刚|刚)?我?(?:手滑|手误|没看清|[看搞弄点]错|口误|眼花)了?|(?:不好意思|抱歉)[啊哈了]*"
    "|(?:其他|其它|别的|其余|剩下)的?都?(?:不[变动改用换]|照旧|一样)[了啊哈]*"
)
"""That something was wrong before tells a correction from one more order: left out beside others that do."""
_SAYS_WHAT = re.compile("[改换加减添]|再[来要]|也[要来]|还要|另外|顺便|不是|少|多|去掉|不要")
_SOMETHING = re.compile(rf"[\dA-Za-z{CHINESE}俩仨半]|..")
_TEXT_MAX = 120


def without_fillers(text: str, dialog: Dialog) -> str:
    """The message without them; the same where nothing would be left, or where any words may be what was asked for."""
    if len(text) > _TEXT_MAX or "\n" in text or isinstance(dialog.state, Collecting):
        return text
    spans = _clauses(text)
    while len(spans) > 1 and _is_filler(_BEGINS, text, spans[0], spans[1:]):
        spans = spans[1:]
    while len(spans) > 1 and _is_filler(_ENDS, text, spans[-1], spans[:-1]):
        spans = spans[:-1]
    return text[spans[0][0] : spans[-1][1]] if spans else text


def _clauses(text: str) -> list[tuple[int, int]]:
    ends = [found.span() for found in _BREAK.finditer(text)]
    starts = [0, *(end for _, end in ends)]
    return [(a, b) for a, b in zip(starts, [*(start for start, _ in ends), len(text)], strict=True) if a < b]


def _is_filler(fillers: re.Pattern[str], text: str, clause: tuple[int, int], rest: list[tuple[int, int]]) -> bool:
    said, others = text[slice(*clause)], text[rest[0][0] : rest[-1][1]]
    if not _SOMETHING.search(others):
        return False
    return fillers.fullmatch(said) is not None or (
        _MISTAKEN.fullmatch(said) is not None and _SAYS_WHAT.search(others) is not None
    )
