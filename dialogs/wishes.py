"""Whether a message wants what it names: the one gate before money goes back, an order is cancelled, a case is opened,
a person is called or a key is shown."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Literal, get_args

from nlu.surnames import KIN
from nlu.text import normalise

Act = Literal["refund", "problem", "invoice", "human", "keys", "reorder", "cancel"]
ACTS: tuple[Act, ...] = get_args(Act)


class Stance(StrEnum):
    """How a message stands to an act it may name."""

    UNNAMED = "unnamed"
    """It does not name the act: whatever else was understood decides."""
    WANTED = "wanted"
    """A plain wish."""
    ASKED = "asked"
    """A question, a condition, somebody else's words, or both yes and no: answered, and offered with a tap."""
    REFUSED = "refused"
    """Said not to be wanted, or not wanted any more."""


_NAMES: dict[Act, re.Pattern[str]] = {
    "refund": re.compile(
        r"退(?:一下|下|了|掉|还|回|给|我|全部|\d|[一两]|[张个]|订|货|单|费)*(?:款|钱)?(?!出|房间|步)|钱(?:都|快)?还(?:给)?我|还我钱|返款|返还|refund"
    ),
    "problem": re.compile(
        r"(?:没有|没|未)(?:有|能)?(?:收到|到|充上|充进|充成|成功|反应|动静)(?:账|帐)?|不到账|少(?:了|发)"
        r"|(?:卡密|卡号|密码|兑换码|激活码|码|卡|key)?(?:是|都|全|又|还)?(?:无效|用不了|不能用|失效|兑换不了|有问题)|卡密(?:不对|错|有错)|投诉"
    ),
    "invoice": re.compile(r"(?:开)?(?:个|一?张|一下)?(?:电子|普通|增值税|专用|专)*发票|开(?:个|一?张)?票"),
    "human": re.compile(r"转?(?:接|到)?(?:人工|真人)(?:客服|服务)?|找?客服|转人|老板|投诉"),
    "keys": re.compile(r"卡密|卡号|兑换码|激活码|充值码|券码|密码"),
    "reorder": re.compile(r"再来[一1]?[单份次个张]?|照旧|再(?:买|充|下)[一1]?[单份次个张]?"),
    "cancel": re.compile(r"(?:取消|撤销)(?!退|人工|转|发票|开票|评价|投诉)|撤单|退订"),
}
_LIGHT = (
    r"(?:\s|我|你|您|俺|咱|们|就|先|再|又|来|去|要|想|给|帮|替|把|让|叫|说|讲|提|点|问|看|发|开|转|接|用|过|的|是|办理?|搞|弄|做|送|显示"
    r"|联系|申请|发起|需要|打算|准备|麻烦|请|自动|直接|现在|马上|随便|这个|那个|这单|那单|这笔|那笔|订单|单子?|钱|全部|什么|任何|啥|也|都|一?[次遍下]|一?张|a|an|the|any|my|me|i|to|give|want|need|please)"
)
_NOT = (
    r"(?:不准|不许|不得|拒绝|禁止|休要|no|not|never|don'?t|do not|不用|不必|不要|不需要?|不想|不是|不打算|不准备|不申请"
    r"|不办|不肯|别(?!的|人(?!工))|甭|勿|莫|覅|唔使|唔要|唔好|无需|无须|毋须|用不着|犯不着|没有?(?:说|讲|要|想|申请|提|点|让|叫|打算|喊)"
    r"|没必要|谁(?:说|要|让|叫)|不能|不可以|不会|不给|不让|没有?|未|不)"
)
_BEFORE = re.compile(rf"(?P<no>{_NOT})(?P<between>{_LIGHT}*)$")
_BARE = ("不", "没", "没有", "未", "不能", "不可以", "不会", "不给", "不让", "不肯")
_NEAR_NO = re.compile(rf"[不没别勿莫无拒禁][^,;了账货行对用]{{0,3}}{_LIGHT}*$")
"""A no close by that may be about something else: 不满意退款."""
_IF_AT_ALL = re.compile("会不会|[要用]不[要用]|需不需要|是不是[要该]")
_REPROACH = re.compile(r"还|你|凭|怎么|为|都|就是|一直|老")
_THREAT = re.compile("投诉|举报|差评|报警|不行|试试|告你|告到")
_WHETHER = re.compile("能不能|可不可以|有没有|能否|可否")
_TWICE_NOT = re.compile(rf"(?:不|没|别|未|无)[^,;!?]{{0,3}}{_NOT}{_LIGHT}*$")
_AFTER = re.compile(
    rf"(?:的?(?:事情?|申请))?{_LIGHT}*(?:还是|先|就)*"
    r"(?:不(?:用|要|必|需要|退|开|转|找|办|申请|想要|弄)(?:再|了|给|我|发|退|开|转|弄|办|看|显示|来|找|申请|重复|人)*"
    r"|别(?:再|给|我|退|开|转|发|弄|办|来|了)*|免了|(?:取消|撤销?|撤回|作废)(?:了|掉|吧)*|甭(?:退|开|转|发|了)*)[吧啊呀哈呢哦嘛了的]*$"
)
_WITHDRAWS = re.compile(
    r"(?:取消|撤销|撤回|撤掉|停止|放弃)(?:我|这个|那个|这次|这笔|那笔|刚才|刚刚|之前|上面|一下|申请|转|开|的)*$"
)
"""取消退款; but 取消订单退款 wants both."""
_CONDITION = re.compile(
    r"再不|超过|超时|(?:分钟|小时|[天点号日])(?:之内|以内|内|前|之前|还)|要是|如果|假如|假使|倘若|万一|只要|除非|(?:再|还|老|总)[不没].{0,10}就"
    r"|(?:不|没)[^,;!?]{1,8}[,\s]?(?:我|那|你)?们?就|不行[,\s]?(?:我|那|再|就|还)|实在不"
    r"|(?:等|过)(?:会|下|一会|一下|几天|两天)|到时候|晚点|回头|改天|下次|以后"
)
_HYPOTHESIS = re.compile(r"^[^,;!?]{0,6}(?:的话|的时候)")
_REPORTED = re.compile(
    rf"(?:{KIN}|他|她|它|人家|别人|有人|大家|网上|客服|卖家|老师|你们?|您)"
    r"(?:们|俩)?(?:刚才|刚刚|昨天|之前|都|就|也|总|一直)*(?:说|讲|问|告诉|让我|叫我|劝我?|写着?)[^,;!?]{0,5}$"
)
_QUESTION = re.compile(
    r"[?]|退款?不退|(?:能|可以|给|好)退(?:款|钱|货|掉)?[吗么嘛不]|退得了[吗么不]|[吗嘛么](?:[,;!~\s]|$)|能不能|可不可以|能否|可否|是不是|会不会|要不要|用不用|怎么|如何|多久|多长|几天|几点|什么时候|啥时候|何时"
    r"|为什么|为啥|凭什么|凭啥|哪里|哪儿|进度|到哪|流程|规则|政策|条件|呢$|[好行能以]不$|还没|什么款|退什么|退啥"
)
_TAG = re.compile(r"(?:这样)?(?:可以|行|好|能|可|成|对|中)(?:不可以|不能|不行|不|吗|么|嘛|否|没|不行吗|不对)+\?*")
_CLAUSE = re.compile(r"[^,;!?。\n]+[,;!?。\n]*")
_WANTED_BY_ASKING: frozenset[Act] = frozenset(("problem", "invoice", "human", "keys", "reorder"))
"""能开发票吗, 卡密无效怎么办, 怎么转人工: asking for these is wanting them. Money and orders want a plain word."""


def refused_acts(text: str) -> list[Act]:
    """The acts that a message refuses."""
    said = normalise(text)
    named = [act for act in ACTS if _NAMES[act].search(_read_for(act, said))]  # most messages name none
    return [act for act in named if refuses(text, act)]


def _read_for(act: Act, said: str) -> str:
    return _WHETHER.sub("", said) if act in _WANTED_BY_ASKING else said


def stance(text: str, act: Act) -> Stance:
    """How a message stands to one act. Pure; it looks at the words alone."""
    said = _read_for(act, normalise(text))
    if not _NAMES[act].search(said):
        return Stance.UNNAMED
    clauses = [found[0].strip() for found in _CLAUSE.finditer(said)]
    views = [_of_mention(clauses, i, start, end, act) for i, start, end in _mentions(clauses, act)]
    if not views:
        return Stance.UNNAMED
    if views[-1] is Stance.REFUSED:
        return Stance.REFUSED
    return Stance.WANTED if all(view is Stance.WANTED for view in views) else Stance.ASKED


def refuses(text: str, act: Act) -> bool:
    """不用退款, 别给我转人工, 没说要取消."""
    return stance(text, act) is Stance.REFUSED


def _mentions(clauses: list[str], act: Act) -> Iterator[tuple[int, int, int]]:
    for i, clause in enumerate(clauses):
        yield from ((i, found.start(), found.end()) for found in _NAMES[act].finditer(clause))


def _of_mention(clauses: list[str], at: int, start: int, end: int, act: Act) -> Stance:
    clause = clauses[at]
    before, after = clause[:start], clause[end:].strip(" ,;!。~")
    apart = clause[end : end + 1].isspace()
    earlier = "".join(clauses[:at]) + before
    conditional = _CONDITION.search(earlier) is not None or _HYPOTHESIS.search(after) is not None
    if _TWICE_NOT.search(before):
        return Stance.ASKED
    if act == "refund" and apart and _GOODS_GO.fullmatch(after):
        return Stance.ASKED if conditional else Stance.WANTED  # 退款 不要了: the goods
    if (no := _refusal(before, after, act)) is not None:
        reproach = no in _BARE and (no != "不" or _REPROACH.search(before) is not None or "给" in before)
        reproach = reproach or _THREAT.search(after) is not None
        return Stance.ASKED if conditional or reproach or _asks(clauses, at) else Stance.REFUSED
    if conditional or _REPORTED.search(before) or _IF_AT_ALL.search(clause):
        return Stance.ASKED
    if act in _WANTED_BY_ASKING:
        return Stance.WANTED
    return Stance.ASKED if _NEAR_NO.search(before) or _asks(clauses, at) else Stance.WANTED


_WISHED = re.compile("(?:我要|我想|想要?|要求|申请|帮我|给我|麻烦|请)(?:个|办)?$")
_GOODS_UNWANTED = re.compile("(?:我|就|真的?|东西|这个?)*不想[要买用玩]了?[啊吧哈]*")

_GOODS_GO = re.compile("(?:我|就|都|真的?|东西|这个?|也)*不(?:想)?(?:要|需要|买)了[啊吧哈的]*")


def _refusal(before: str, after: str, act: Act) -> str | None:
    """The word that says no to what stands between `before` and `after`."""
    found = _BEFORE.search(before)
    if found is not None and not (found["no"] in _BARE and found["between"][:1].isspace()):
        return found["no"]
    if _WISHED.search(before) and _GOODS_UNWANTED.fullmatch(after):
        return None  # 我要退款 不想要了
    if act != "cancel" and (_WITHDRAWS.search(before) or _AFTER.fullmatch(after)):
        return "取消"
    return None


def _asks(clauses: list[str], at: int) -> bool:
    """Whether the clause is a question, or one follows that is about it (退款，可以吗)."""
    if _QUESTION.search(clauses[at]):
        return True
    rest = clauses[at + 1 :]
    return bool(rest) and (_TAG.fullmatch(rest[0].strip(" ,;!")) is not None or rest[-1].endswith("?"))
