"""What of an order goes: a line (五百的就算了 太贵), all but one (只弄我那个), a piece or two (他那份免了)."""

import re
from typing import Literal

from dialogs.gist.clauses import clauses_in
from nlu.numerals import CHINESE, read_numeral
from nlu.surnames import KIN
from nlu.words import PIECES

_N = rf"(?:\d{{1,2}}|[{CHINESE}俩仨])"
_VERB = (
    "(?:[要买充冲订开办弄搞整缴续付]"
    "|[用交看玩去来做洗拿出续算点打送寄收喝吃加搓按带](?=了|咯|啦|吧|的?$|我们|[买充要]|[它他她]$))"
)
_KEEPS = re.compile(
    r"(?<![爬走跑拿搬扛提吃喝玩看追拉])[不没别莫勿甭](?:用|要|需要?|必|消)?[改换动变碰](?![^,了的吧啊]{1,3}的|成|[一两二三四五\d])|没毛病|没问题|没错|[对是]的$|照[旧常样充买办做]|保留|留着|留下|正常|继续|原样|还是要|还要|有用|没变"
    r"|^\|的?(?:还|就|都|也|仍)*(?:要|买|充|留|在|订)[的着了吧呗啊]*$"
)
_STATES = "[够动变错行是好上知记对到着急贵多少完起住见清懂会能掉可算得差放太同改换]|一样|小心"
"""What 不…了 says of something as it is, and lets nothing go: 不够了, 不对了."""
_DROPS = re.compile(
    rf"(?:(?<!又)[不唔甭莫勿]|别)(?:再|想|打算|准备|用|要|需要?|必|自己|我们|咱们?|重复|白|浪费|先|急着)*(?:给[他她它我]们?)?(?:我们?)?{_VERB}(?!起|够|完|上了|到了|动|了解|改|着急)"
    rf"|[不唔甭](?!{_STATES})[^,|不了]{{1,5}}了[吧啊哈呗]?$"
    r"|不要|别要|唔要|不需要|用不[着上到]|犯不[着上]|没必要|多余|多买了|取消|作废|作罢|拉倒|罢了|省了|黄了|撤[了掉吧]|撤$|撤单"
    r"|[删划砍拿抹去退剔刨扣减勾摘踢挪抽扔丢](?:掉|走|出[来去])|[删剔勾砍踢刨][了吧](?:吧|呗|啊)?|删除|删$|[去抹退免][了吧]|免[掉去]?$|退订|算[了咯啦]|不予|别了|退$|划[了去]|刨$|剔$|扣$|去除|不参加|甭[^想]"
)
_ONLY = re.compile(
    r"(?:只|光|单单?|就|仅|想了下只)(?:要|买|充|冲|留|弄|搞|订|按|做|洗|看|拿|开|办|交|给)+(?:[我下])?[那这]?一?(?:[个张份])?(?:\||$)|^.{0,4}(?:只|光|就)\|?$|^(?:那?就)?[只]?留(?:下|着)?(?:一?[个张份])?(?:\||$)"
    r"|(?:只|光|单|仅)(?:先|给|帮|替|[我他她]|想|用|需){0,2}[要买充冲留弄搞订做洗看开办交付缴租寄听搓上去来]+\|(?:的|就[行好够可]以?|吧|了|呗|啊|哈)*$"
)
_MORE = re.compile(
    r"[改换添再]|加(?!班)|[弄搞整]成|[充降升加减]到|多[来要]|\d|第|[?？吗]|[来要](?:[一两三四五六七八九十]|[个张份杯条件盒])"
)
_CHANGES = re.compile(
    r"[改换添]|减[一两三四五六七八九十]|少[来要买拿算整弄]|[弄搞整]成|[充降升加减]到|多[来要]|\d|第|[?？吗]|[来要](?:[一两三四五六七八九十]|[个张份杯条件盒])|再[来加要充买整搞]"
)
"""The same in a clause beside the one that lets go: 让它再臭两天 asks for nothing."""
_OF_NO_SIZE = re.compile(
    r"[刚才早新已经]换(?:过|了(?!个|张))?|\d+(?:\.\d+)?(?:分(?!钟)|岁|年级|个?人|口人|[遍次回斤度%])|(?:[还就]剩?|剩下?)(?:有|着|了)?\d+[多来几]?(?:个?[a-z]+|[块元张个天])?"
)
"""考了58分, 还剩8个g: numbers of a reason."""
_GONE = re.compile(
    rf"(?:{_DROPS.pattern})|别算|[刨扣剔减撤划抹删退砍去]掉|[剔扣减退撤砍]了?(?:我|他|她)?(?:[一两三]|$)"
    rf"|[他她]们?(?:[俩仨]|[两三四]个)人?[都也]?不(?![是会懂知想敢够急])[^,了]{{1,4}}$|少[来要买充整弄拿打订做办]?(?:[一1两俩]|[他她它]|那)|[抽拿拎挑剔]{_N}[{PIECES}]?(?:出[来去]|走|掉)"
)
_MORE_OF_IT = re.compile(
    r"[改换添再]|加(?!班)|\d{3,}|第|[?？吗]|不(?:用|要|需要)?[改动变退]|什么|还是|要[一两三四五六七八九十\d]"
)
_HABIT = re.compile(
    rf"(?:{KIN}|[他她]们?|娃)(?:平时|从来|一直|现在)?(?:只|光|就)(?:爱|喜欢|会|肯)?[看听用吃喝玩学泡练]"
)
"""我女儿只看爱奇艺: no wish."""
_FATE = Literal["drop", "keep", "only"]
_COUNT = re.compile(rf"(\d{{1,3}}|[{CHINESE}]{{1,3}}|[俩仨])(?:[{PIECES}位]|(?<=[俩仨]))")
_PAIR = re.compile(
    r"(?:[他她它]们?|[你我]|(?<![前后那这]))(?P<many>俩|仨|[两三四2-4](?=个?人|位|口子|个[都也]?不))(?:个?人|位|口子)?"
)
_ONE = re.compile(
    rf"[他她它](?:自己)?的?[那这]一?[{PIECES}]|[他她]的(?=[不别先也都给]|$)|算[他她它]|给[他她它](?=取消|退|撤|去掉|删|划)|[把掉删去][他她它]|(?!这样)[那这]一?[{PIECES}]|少一?[个位]人?的?$"
)
_SOMEBODY = re.compile(
    rf"(?:我|他|她)?(?:{KIN}|[老小][王李张刘陈赵周吴])(?!们|[俩仨妈爸爷奶和跟与])[^不]{{0,5}}"
    "(?:不(?:想|能|打算|跟)?(?:进去|[去来进坐泡住]|参加)[了的啊吧呗]*$|[去来]不了)"
)
"""姥姥晕船就不进去了: one who does not come."""
_PIECES = re.compile(rf"(?<![第这他她每])(\d{{1,2}}|[{CHINESE}]{{1,2}})([{PIECES}])(?!人|月|来|多)")


def fate(words: str) -> _FATE | None:
    """What becomes of a line that this is said of, where nothing else is: by the one clause that says so."""
    clauses = words.split(",")
    fates = {at: becomes for at, clause in enumerate(clauses) if (becomes := _fate(clause)) is not None}
    if any(_CHANGES.search(_OF_NO_SIZE.sub("", clause)) for at, clause in enumerate(clauses) if at not in fates):
        return None
    return min(fates.values(), key=("drop", "only", "keep").index, default=None)


def _fate(clause: str) -> _FATE | None:
    if _KEEPS.search(clause) and not _DROPS.search(_KEEPS.sub("", clause)):
        return "keep"
    if _DROPS.search(clause) is not None:
        return "drop" if not _MORE.search(clause) else None
    if _ONLY.search(clause) and not _MORE.search(clause) and not _HABIT.search(clause):
        return "only"
    return None


def counts_in(words: str) -> set[int]:
    """How many pieces are spoken of: 取消一张."""
    return {_number(one[1]) for one in _COUNT.finditer(words)}


def _number(text: str) -> int:
    return {"俩": 2, "仨": 3}.get(text) or int(read_numeral(text) or 0)


_SO_BE_IT = re.compile("算了[,，]?(?:那?就|还是)?(?:这样|这么|不[改换动]|按|行|好)|(?:打|敲|输|写)多了?(?:$|一?个?字)")
"""算了就这样 lets nothing go, and characters typed too many are no pieces."""


def fewer(text: str, quantity: int) -> int | None:
    """How many of so many pieces are left where somebody's go (大刘不搓 他那份免了, 把她俩的撤了, 有一张重了 扣掉)."""
    clauses = clauses_in(text)
    plain = [_SO_BE_IT.sub("", clause) for clause in clauses]
    going = [at for at, clause in enumerate(plain) if _GONE.search(clause) and not _KEEPS.search(clause)]
    if quantity < 2 or not going or _MORE_OF_IT.search(text):
        return None
    stays = {n for clause in clauses if _KEEPS.search(clause) for n in _pieces(clause)}
    if len(stays) == 1:
        return left if 0 < (left := stays.pop()) < quantity else None
    meant = clauses[max(0, going[-1] - 1) : going[-1] + 1]
    many = {_number(one["many"]) for clause in clauses for one in _PAIR.finditer(clause)}
    said = {n for clause in meant for n in _pieces(clause)}
    many = many or (said - {quantity} or said)  # 那五张给我减两张
    many = many or ({1} if any(_ONE.search(clause) for clause in meant) else set())
    many = many or ({1} if _SOMEBODY.match(clauses[going[-1]]) else set())
    left = quantity - many.pop() if len(many) == 1 else 0
    return left if left > 0 else None


def _pieces(clause: str) -> set[int]:
    return {_number(one[1]) for one in _PIECES.finditer(clause)}
