"""What is said around a message and means nothing for it: 亲，…，麻烦了; 等等，…，可以吗; …，改好了我付款."""

import re

from catalog.shelf import Shelf
from dialogs.filling import asks_for_words
from dialogs.state import Collecting, Confirming, Dialog, WithHuman
from nlu.numerals import CHINESE
from nlu.surnames import KIN
from nlu.words import PIECES

_BREAK = re.compile(r"[\s,，。;；!！~～…]+")
_BEGINS = re.compile(
    "(?:亲爱?的?|老板娘?|掌柜的?|店家|你好|您好|在吗|在不在|诶|哎呀?|唉|嗯+|呃+|哦+|噢|那个|这个|稍等(?:一下)?|等等|等一?[下会]|慢着|且慢"
    "|打扰(?:一?下)?了?|(?:麻烦|劳驾|请问)(?:[你您]|一下|了)*|我再?确认一?下|我?想了一?想|我想想)[啊呀哈哦呢吧嘛]*"
)
_ENDS = re.compile(
    "(?:(?:多谢|谢谢|感谢|谢了|麻烦|辛苦|拜托|劳驾)(?:[了啦你您啊哈]|老板娘?|店家|亲)*|急用?|快一?点|尽快|抓紧"
    "|(?:可以|[行好成中]|ok)(?:吗|不|么|嘛)|可不可以|行不行|好不好|(?:千万|可)?别再?[弄搞写发充]错了?|改好了?我?[就再马上]*(?:付款?|给钱)|我?(?:这就|马上|现在|立刻)就?(?:去?付款?|支付|给钱))[啊呀哈哦呢吧嘛]*"
)
_GRUMBLES = re.compile(
    "(?:真|太|好)?(?:小气|抠门?|抠搜)了?|(?:别人家?|人家|隔壁)(?:店|那[边儿])?(?:里|都|可以|能)*(?:打折|便宜).{0,3}|便宜一?点(?:是吧|吧|呗|嘛|哈)?"
    "|不?打折就不打折(?:吧|呗)?|(?:行了?)?不(?:逗你?|闹|开玩笑|扯|贫)了|(?:哈+)?(?:逗|跟)你?玩的?|切|没意思|老老实实|说?正经的|磨磨唧唧的?|什么破店"
    "|(?:你们?)?(?:到底)?(?:行不行|快点行不行|能不能行)(?:啊|呀)?"
)
"""Haggling and banter around what is ordered; at a summary 便宜点 is about it."""
_AT_THE_BOT = re.compile(
    "(?:[哎诶唉喂]|我说|[你您]们?|[这那](?:个|种|破)?|什么|啥|个|就是|真是|破|傻|笨|蠢|死|烂|臭|智障|垃圾|弱智|又是|的){0,6}"
    "(?:机器人|人工智障)(?:真|太|怎么|这么|那么|是不是|都|也)*(?:[笨傻蠢烦呆]|不行|听不懂|看不懂|没用|有病|智障|听不懂人话)*[了啊呀吧的]*"
    "|(?:跟|和|对)(?:[你您]们?)?这?个?机器人(?:真的?|就是)?(?:说不[清通明]白?楚?|讲不[清通明]白?楚?|没法(?:说|聊|沟通)|说话真?[累烦])[了啊]*"
)
"""哎你这机器人！！话费不要: what he wants is done, and nobody called for the word alone."""
_FOR_A_PERSON = re.compile("人工|真人|客服|老板|[换找叫转来]个?人|人来")
_MISTAKEN = re.compile(
    "(?:哎呀|哎|啊)?我?(?:刚才|刚刚|刚)?我?(?:手滑|手误|没看清|[看搞弄点]错|口误|眼花)了?|(?:不好意思|抱歉)[啊哈了]*"
    "|(?:其他|其它|别的|其余|剩下)的?都?(?:就这样|不[变动改用换]|照旧|一样|对|没错|没问题)[了啊哈的吧]*"
)
"""That something was wrong before tells a correction from one more order: left out beside others that do."""
_SAYS_WHAT = re.compile("[改换加减添]|再[来要]|也[要来]|还要|另外|顺便|不是|少|多|去掉|不要")
_WISH = (
    rf"再[来加要添]|[加减少退](?:[\d{CHINESE}俩仨])|去掉|[换改选]|[来要](?:[\d{CHINESE}俩仨]|[大小最快慢])|[一总]共(?:就?要)?[\d{CHINESE}]"
    rf"|充到|不要[\d{CHINESE}]|数量|[\d{CHINESE}]{{1,3}}[{PIECES}]?(?:的|就|吧|$)"
)
_SOMETHING = re.compile(rf"[\dA-Za-z{CHINESE}俩仨半]|..")
_SAID_BY = re.compile(
    rf"(?:要不(?:然|就)*|想想|(?:我?想了一?想|寻思)[,，\s]*)(?:还是|就)*(?={_WISH})"
    rf"|(?:(?:我|俺|咱)?(?:们|家)?的?(?:{KIN}|孩子|娃|领导|老板|同事|朋友|室友|对象|客户|公司|单位)(?:刚才?|又|也)?[说讲]了?"
    rf"|(?:我?刚才?)?问[了过]?一?下(?:我|俺|咱)?(?:们|家)?(?:{KIN}|孩子|领导|同事|朋友|室友|对象|客户))[,，\s]*(?:还是|就|是)*(?={_WISH})"
)
"""Who says so: 我老婆说一共两张. Not of what somebody tells (我朋友说充了100)."""
_TELLS = re.compile("(?<![就行好够])[了过](?!吧)|[我你他她它]|上次|去年|昨天|之前|以前|[?？吗呢]")
_TEXT_MAX = 120


def without_fillers(text: str, dialog: Dialog, shelf: Shelf) -> str:
    """The message without them; the same where nothing would be left, or where any words may be what was asked for."""
    if len(text) > _TEXT_MAX or "\n" in text or _asks_for_words(dialog, shelf):
        return text
    spans = _clauses(text)
    summed = isinstance(dialog.state, Confirming)
    while len(spans) > 1 and _is_filler(_BEGINS, text, spans[0], spans[1:], grumbles=not summed):
        spans = spans[1:]
    while len(spans) > 1 and _is_filler(_ENDS, text, spans[-1], spans[:-1], grumbles=not summed):
        spans = spans[:-1]
    plain = text[spans[0][0] : spans[-1][1]] if spans else text
    if not isinstance(dialog.state, Confirming) or len(dialog.state.lines) > 1:
        return plain  # 我妈说她那个换200 is of one of them; below the link, that somebody says so tells a correction
    said_by = _SAID_BY.match(plain)
    if said_by is None or _TELLS.search(plain, said_by.end()):
        return plain
    return plain[said_by.end() :]


def _asks_for_words(dialog: Dialog, shelf: Shelf) -> bool:
    """Whether a text or an address is asked for, or a person listens."""
    if isinstance(dialog.state, WithHuman):
        return True  # a person reads what he writes
    return isinstance(dialog.state, Collecting) and asks_for_words(dialog.state, shelf)


def _clauses(text: str) -> list[tuple[int, int]]:
    ends = [found.span() for found in _BREAK.finditer(text)]
    starts = [0, *(end for _, end in ends)]
    return [(a, b) for a, b in zip(starts, [*(start for start, _ in ends), len(text)], strict=True) if a < b]


def _is_filler(
    fillers: re.Pattern[str], text: str, clause: tuple[int, int], rest: list[tuple[int, int]], *, grumbles: bool
) -> bool:
    said, others = text[slice(*clause)], text[rest[0][0] : rest[-1][1]]
    if not _SOMETHING.search(others):
        return False
    if grumbles and _GRUMBLES.fullmatch(said) and any(map(str.isdigit, others)):
        return True
    if _AT_THE_BOT.fullmatch(said) and _SAYS_WHAT.search(others) and not _FOR_A_PERSON.search(others):
        return True
    return fillers.fullmatch(said) is not None or (
        _MISTAKEN.fullmatch(said) is not None and _SAYS_WHAT.search(others) is not None
    )
