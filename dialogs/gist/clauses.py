"""A message in its clauses, and what the words around a value say of it: wanted, refused or only told."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from nlu.numerals import DIGITS
from nlu.surnames import KIN
from nlu.text import lower, normalise_keeping_case

_STOPS = r"[\s,，。;；!！~～、…:：]+"
_DOTS = r"(?<!\d)\.|\.(?!\d)"
_BUT = "但是?|不过|然后"
_AT_STOPS = re.compile(_STOPS)
_SPLIT = re.compile(f"{_STOPS}|(?<=[吧呗嘛])(?=.)|{_BUT}|所以|因为")
BREAKS = re.compile(f"{_STOPS}|{_DOTS}|{_BUT}")
"""Between the clauses of a message, and its sentences."""
JOINTS = re.compile(f"{_SPLIT.pattern}|{_DOTS}")
"""The same, and behind 吧, and before a reason."""
_ASKS = re.compile(
    "[?？吗]|什么(?!的)|(?<![不没])怎么(?!着)|哪[个种里]|多少(?:钱|米|块|天|久|一[个张份杯盒瓶次件])|多久|能不能|可不可以|([是行好算要够对能会])不\\1|有没有"
)
_EXCLAIMS = re.compile(
    r"怎么(?:不是|还要|都是|这么|那么)(?!.*[?？吗呢])|没什么|我[^,，\s]{0,2}[说要选点]的[^,，。?？\s]{1,10}[?？].*(?:咋|怎么).{0,6}"
)
"""我说的5张吧？咋成1张了: no question."""
_POLITE = re.compile(
    "(?:能不能|可不可以|能否)(?=(?:先|帮我|给我|麻烦)*(?:把.{1,8})?(?:撤|取消|[去拿划删减退]掉|删|[改换]成))"
)
"""流量那个能不能撤了啊: a wish."""
_SPEAKS_OF = re.compile(
    "联系|[打拨].{0,6}找我|找我|加我|微信|停机|老号|旧号|备用|平时|平常|原来|以前|之前|从前|已经有|上周|上次|去年|昨天|前天|还有点|有事|有问题"
    "|用过|充过|买过|快递|发票|提醒|通知|短信|客服|到账|多少|查|人工|备注过"
)
"""What is told of an account that the order is not for."""
_DIGIT = "[零〇一二两三四五六七八九幺洞拐]"
_READ_OUT = re.compile(f"{_DIGIT}(?:[,，、 -]?{_DIGIT}){{5,}}(?![十百千万])")
"""Digits said one by one: 幺三八，零零幺幺."""
PEOPLE = (
    rf"(?:{KIN}|表[哥姐弟妹]|堂[哥姐弟妹]|外甥女?|侄[子女儿]|[老小]?爹|老[妈爸爹豆头]|男友|女友|领导|客户|别人|人家)"
)
"""Whose an account may be, as a pattern."""
_NOUN = (
    "(?:手机|电话|号码?|qq|扣扣|账号|账户|uid|id|邮箱|邮件|卡|车牌|车|身份证|户|学|微信|角色|会员|宽带|通行证|编)号?码?"
)
_WHOSE = rf"(?:我|他|她|咱)?们?(?:自己|自个儿?)?家?(?:{PEOPLE}|私人|个人|本人|公司|单位)?(?:自己)?的?"
_PRESENTS = re.compile(
    rf"(?:这个?是|[这那]个?|应该|就?是)?{_WHOSE}(?:[这那][个张台部]|名下)?(?:新?[办换开买]|新|正)?的?[大小主副另]?(?:一?个)?(?:{_NOUN}|[大小主副]号)?(?:是|为|[:=])*"
)
_PRESENTED = re.compile(rf"(?:这个?|那个?|的|是|吧|啊|哈|哦|呀)*(?:{_WHOSE})(?:{_NOUN})?(?:吧|啊|哈|哦|呀|的)*")
_NOT_HIS = re.compile(
    rf"(?:[是用给]|[成错串])(?:了|到)*我?们?(?:家|自己)?(?:{PEOPLE}|他|她|老的?|旧的?|以前|之前|原来|公司|单位|工作|[小副]号).{{0,6}}(?:[的号车机卡]|邮箱|微信|那[台个张])?了?$"
    "|停机|停用|注销|丢了|没电|没流量|欠费|卖[掉了]|不用了|[登用上]不[了上]|换号|[收接]不到|打不通|销号|报废|过户|封了|[不没]在用|不是[我他她]的"
    r"|[我他她](?:自己)?的.{0,6}(?:[充冲交买续开]过|还有|够用)|没带|登不上|忘了密码|密码忘"
)
"""What is said of the account that the order has: another's, or out of use."""
_USED = re.compile(
    r"(?:[充冲打写填用绑登挂发寄存报]|登记|注册)(?:[到在给进上]|成)*(?:[我他她它](?:的|自己的)?|这[个里上边头张台]*|[他她我]?那[个里上]|里[头面]|进去|名下)(?:上面?|里头?|号|名下|来)*(?:的|吧|就行|就好|哈|啊)*$"
    "|名下的?$|(?:[拿用].{0,6}|qq|扣扣|微信|手机号?|邮箱|账号)[登注册]+的?$"
)
"""What is said of the account that it is to be."""
_OF_PEOPLE = re.compile("室友|同事|同学|朋友|邻居")
_OF_OTHERS = re.compile(
    "也|还有|还要|再|另|一样|同样|一起|加上|多加|加[个张份]|多[来充]|顺便|分开|[两三]个都|都[要充]|各"
)
"""It comes besides: an account of one more."""
_REFUSED_BEFORE = re.compile(
    "(?:不是|不要|不用|不想|没在|(?<!有)没有?|[听看]不[懂惯]|不爱|不会|不喜欢|讨厌|受不了|不在|不去|别|[说写点搞弄选按打填输看记发录抄错]成|当成|当作|错成)了?(?:在|去|用|选|走|给|写|填|充|发|寄|打|到|要|玩|这个|那个|我|的|个|是){0,3}$|别.{0,8}[到在给成去上]$"
)
_REFUSED_BEHIND = re.compile(
    r"^(?:[这那](?:个|边|家|张|里|会儿?)?|的|号|区|服|店|上|[是的]*(?:我)?(?:手滑|手误|手快|刚才?))*+"
    r"(?:[不没](?!是.|.{0,2}[错变])|太|别(?!再?.?[错忘])|错|[写填打输选点搞弄说抄]错|人[多满太]|远|关门|修|堵|停|注销|收不到|去不了|来不[了及]|有[事课]|没空|丢|坏|欠费|是(?:我)?(?:手滑|手误|乱|瞎|以前|之前|原来)|就?(?:不用|算)了)"
)
_WANTED_BEFORE = re.compile(
    "(?:就?[是叫用开填写留发充冲打寄绑上选要去来放到换改挪移约走拍做吃住玩讲说学报掉回升按登记挂定租拿取派配安排喝穿印装搬转成为在]|应该|其实|现在|还是|最好|麻烦|改约|改期|换个?|只能|才是?)"
    "(?:了|到|回|成|为|[我他她你]们?|的|那个?|这个?|是|个|上|给|去|在|[:：]|一下|安排|吧|新|另一?个|[大小主副][号卡]|手机|电话|[号码]|账号|邮箱|qq|扣扣|车牌|[那这]台|名下|自己"
    f"|导师|公司|单位|家里|{PEOPLE})*+$"
)
_WANTED_BEHIND = re.compile(
    r"^(?:的|那个?|这个?|号|区|服|店|那?边|那?家)*+(?:(?:这个?)?才[是对]|是我(?:自己|本人)?的?(?:手机|号码?|$)|[这那]个?号?为准|为准|吧|呗|啦|啊|哈|哦|呀|嘛|来|做|送|上[门课来]|过?去|取|拿|接|拍|玩|[就也]?(?:行|好|可以|够|成|中)了?$|没错|的话|$)"
)
_TURNED = re.compile("(?:掉|降|升|上|打|回|爬|冲|转|搬|换|改|挪|移|变|调)(?:了|到|回|上|成|去|来|至)*$")
"""What a state or a time has come to: 掉回钻石了, 挪到星期天."""
_PAST = re.compile("上次|上回|昨[天晚]|前天|之前|以前|从前|去年|上个?月|上周|每次|平时|一般|当时|那会|原来|本来")
_WRONG = re.compile(
    "错|不对|[抄串写填打弄搞说记贴发]反|反了|串了|抄成|[打写说填输选点按抄]成|弄混|搞混|看岔|手滑|眼瞎|看错|手误|手抖|手快|眼花|多[按打写输看抄敲填弄点]|[漏少][打写输抄敲填看了]|漏|收不到|接不到|没流量|不[咋怎常太]么?[用上登]|不用了|停机|停了|注销|换号|换卡|丢了|才[是对]|为准|改|换"
)


@dataclass(frozen=True, slots=True)
class Clauses:
    """A message, normalised, and its clauses."""

    said: str
    parts: tuple[str, ...]
    cased: str
    """The same, letters as they were typed."""

    def as_typed(self, words: str) -> str:
        """What stands in the message like these words, but for its letters: A座1203."""
        at = self.said.find(words)
        return self.cased[at : at + len(words)] if at >= 0 else words

    @property
    def says_wrong(self) -> bool:
        """Whether something of the order is said to be wrong or out of use."""
        return _WRONG.search(self.said) is not None

    def disowns(self, besides: Collection[int]) -> bool:
        """Whether some clause, but these, says that the account of the order is another's, or out of use."""
        return any(_NOT_HIS.search(part) for at, part in enumerate(self.parts) if at not in besides)

    def puts_to_use(self, besides: Collection[int]) -> bool:
        """Whether some clause, but these, says that it is to be on what is spoken of: 充这里头, 写她, 拿扣扣登的."""
        return any(_USED.search(part) for at, part in enumerate(self.parts) if at not in besides)

    def around(self, words: str) -> tuple[int, str, str]:
        """(which clause a value stands in, what is before it there, what is behind it)."""
        for at, part in enumerate(self.parts):
            before, found, behind = part.partition(words)
            if found:
                return at, before, behind
        return -1, "", ""


def clauses_in(text: str) -> list[str]:
    """What stands between the commas of a message, and the like."""
    return [clause for clause in _AT_STOPS.split(text) if clause]


def asks(text: str) -> bool:
    """Whether a message asks something."""
    return _ASKS.search(_POLITE.sub("", _EXCLAIMS.sub("", text))) is not None


def clauses_of(text: str) -> Clauses:
    """Normalise a message and split it."""
    cased = _READ_OUT.sub(_in_figures, normalise_keeping_case(text))
    said = lower(cased)
    return Clauses(said, tuple(part for part in _SPLIT.split(said) if part), cased)


def _in_figures(found: re.Match[str]) -> str:
    return "".join({"幺": "1", "洞": "0", "拐": "7"}.get(c, str(DIGITS.get(c, ""))) for c in found[0])


def presents(before: str, behind: str) -> bool:
    """Whether a clause has nothing besides an account but whose or what it is: 我的…, 新车牌…, …是我爸的手机."""
    used = _USED.search(behind) if not before else None
    return _PRESENTS.fullmatch(before) is not None and (_PRESENTED.fullmatch(behind) or used) is not None


def is_of_people(clause: str) -> bool:
    """Whether it tells of somebody that accounts are rarely ordered for."""
    return _OF_PEOPLE.search(clause) is not None


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
