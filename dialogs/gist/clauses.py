"""A message in its clauses, and what the words around a value say of it: wanted, refused or only told."""

import re
from dataclasses import dataclass

from nlu.surnames import KIN
from nlu.text import normalise

_SPLIT = re.compile(r"[\s,，。;；!！~～、…:：]+|(?<=[吧呗嘛])(?=.)|但是?|不过|所以|因为|然后")
_SPEAKS_OF = re.compile(
    "联系|[打拨].{0,6}找我|找我|加我|微信|停机|老号|旧号|备用|平时|平常|原来|以前|之前|从前|已经有|上周|上次|去年|昨天|前天|还有点|有事|有问题|室友|同事|朋友|邻居"
    "|用过|充过|买过|登[录陆]|提醒|通知|短信|客服|到账|多少|查|人工|备注过"
)
"""What is told of an account that the order is not for."""
_OF_OTHERS = re.compile(
    "也|还有|还要|再|另|一样|同样|一起|加上|多加|加[个张份]|多[来充]|顺便|分开|[两三]个都|都[要充]|各"
)
"""It comes besides: an account of one more."""
_REFUSED_BEFORE = re.compile(
    "(?:不是|不要|不用|不想|没在|没有?|不在|不去|别|[说写点搞弄选按打填输看记发录抄错]成|当成|当作|错成)了?(?:在|去|用|选|走|给|写|填|充|发|寄|打|到|要|玩|这个|那个|我|的|个|是){0,3}$|别.{0,8}[到在给成去上]$"
)
_REFUSED_BEHIND = re.compile(
    r"^(?:[这那](?:个|边|家|张|里|会儿?)?|的|号|区|服|店|上|[是的]*(?:我)?(?:手滑|手误|手快|刚才?))*+"
    r"(?:[不没](?!.{0,2}[错变])|太|别|错|[写填打输选点搞弄说抄]错|人[多满太]|远|关门|修|堵|停|注销|收不到|去不了|来不[了及]|有[事课]|没空|丢|坏|欠费|是(?:我)?(?:手滑|手误|乱|瞎|以前|之前|原来)|就?(?:不用|算)了)"
)
_WANTED_BEFORE = re.compile(
    "(?:就?[是叫用填写留发充冲打寄绑上选要去来放到换改挪移约走拍做吃住玩讲说学报掉回升按登定租拿取派配安排喝穿印装搬转成为在]|应该|其实|现在|还是|最好|麻烦|改约|改期|换个?|只能|才是?)"
    "(?:了|到|回|成|为|[我他她你]们?|的|那个?|这个?|是|个|上|给|去|在|[:：]|一下|安排|吧|新|另一?个|[大小主副][号卡]|手机|电话|[号码]|账号|邮箱|qq"
    f"|导师|公司|单位|家里|对象|朋友|同事|{KIN})*$"
)
_WANTED_BEHIND = re.compile(
    r"^(?:的|那个?|这个?|号|区|服|店|那?边|那?家)*+(?:(?:这个?)?才[是对]|是我|为准|吧|呗|啦|啊|哈|哦|呀|嘛|来|做|送|上[门课来]|过?去|取|拿|接|拍|玩|[就也]?(?:行|好|可以|够|成|中)了?$|没错|的话|$)"
)
_TURNED = re.compile("(?:掉|降|升|上|打|回|爬|冲|转|搬|换|改|挪|移|变|调)(?:了|到|回|上|成|去|来|至)*$")
"""What a state or a time has come to: 掉回钻石了, 挪到星期天."""
_PAST = re.compile("上次|上回|昨[天晚]|前天|之前|以前|从前|去年|上个?月|上周|每次|平时|一般|当时|那会|原来|本来")
_WRONG = re.compile(
    "错|不对|[抄串写填打弄搞说记贴发]反|反了|串了|抄成|[打写说填输选点按抄]成|弄混|搞混|看岔|手滑|眼瞎|看错|手误|手抖|手快|眼花|多[按打写输]|[漏少][打写输了]|漏|收不到|接不到|没流量|不[咋怎常太]么?[用上登]|不用了|停机|停了|注销|换号|换卡|丢了|才[是对]|为准|改|换"
)


@dataclass(frozen=True, slots=True)
class Clauses:
    """A message, normalised, and its clauses."""

    said: str
    parts: tuple[str, ...]

    @property
    def says_wrong(self) -> bool:
        """Whether something of the order is said to be wrong or out of use."""
        return _WRONG.search(self.said) is not None

    def around(self, words: str) -> tuple[int, str, str]:
        """(which clause a value stands in, what is before it there, what is behind it)."""
        for at, part in enumerate(self.parts):
            before, found, behind = part.partition(words)
            if found:
                return at, before, behind
        return -1, "", ""


def clauses_of(text: str) -> Clauses:
    """Normalise a message and split it."""
    said = normalise(text)
    return Clauses(said, tuple(part for part in _SPLIT.split(said) if part))


def is_told(clause: str, label: str = "") -> bool:
    """Whether a clause with an account only speaks of it: 有事打…找我."""
    return _SPEAKS_OF.search(clause.replace(label[:2], "") if label else clause) is not None


def comes_besides(clause: str) -> bool:
    """Whether what a clause names is to come besides what there is: 我妈的…也要."""
    return _OF_OTHERS.search(clause) is not None


def sign(before: str, behind: str) -> int:
    """1 wanted, -1 refused, 0 only spoken of: what stands right around a value says it."""
    if _REFUSED_BEFORE.search(before):
        return -1
    if _TURNED.search(before):
        return 1
    if _REFUSED_BEHIND.search(behind):
        return -1
    if _PAST.search(before):
        return 0
    return 1 if _WANTED_BEFORE.search(before) or (behind and _WANTED_BEHIND.search(behind)) else 0
