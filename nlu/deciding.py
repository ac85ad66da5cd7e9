"""What a message is for: what its slots alone make certain, else the model's ranking. Every verdict says why."""

import re
from collections.abc import Set
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from nlu.amounts import Amount
from nlu.cues import cues_of, unexplained
from nlu.frame import Intent
from nlu.intent import COUNT, NUMBER, SKU, SLOTS, VALUE, blank, certain, gives_up, is_bare, scores, slots_of, words_of
from nlu.lexicon import Lexicon
from nlu.phrases import DEEDS
from nlu.rulings import (
    as_before,
    comes,
    declines,
    hires,
    in_english,
    not_there,
    priced_elsewhere,
    reproaches,
    said_again,
    short_of,
)
from nlu.seen import Ref, Seen
from nlu.taking_back import negated

SURE = 0.25
"""Below this probability the wording is not understood, unless the slots speak for themselves."""
ELSEWHERE = 4
"""A number among more unexplained characters than this, with no goods named, is part of talk about something else."""


class Verdict(NamedTuple):
    """What a message is for, how sure that is, and why: `kabot parse --explain` says so."""

    confidence: float
    intent: Intent
    why: str


@dataclass
class Wording:
    """What the rules look at: the message with its slots blanked out, and what the slots are."""

    seen: Seen
    lexicon: Lexicon

    def __post_init__(self) -> None:
        seen = self.seen
        slots = slots_of(seen)
        self.spans = [span for span in slots if not seen.tells(span[0])] if seen.told else slots
        self.only_told = bool(seen.told) and not self.spans
        """Whatever goods and amounts are named, they are only talked about."""
        hidden = sorted([*self.spans, *((*piece, "") for piece in seen.told)]) if seen.told else slots
        self.blanked = blank(seen, hidden).strip(_BETWEEN)
        self.rests = len(self.blanked) > 1 or bool(self.spans)
        """Something is said beside what is told."""
        if not self.rests:
            self.spans, self.blanked = slots, blank(seen, slots)
        self.amounts: list[Amount] = [a for a in seen.amounts if a.kind != "none"]
        asked = ([ref for ref in seen.refs if not seen.tells(ref.start)] if seen.told else []) or seen.refs
        self.has_product = any(ref.product or ref.candidates for ref in asked)
        self.named = self.has_product or any(ref.foreign for ref in asked)
        self.picks = any(m.entry.options or m.entry.choices for m in seen.mentions)
        self.slots = bool(seen.accounts or self.amounts or seen.texts) or self.picks

    @cached_property
    def cues(self) -> frozenset[str]:
        """The families of words that point at an intent."""
        return frozenset(cues_of(self.blanked))

    @cached_property
    def asks(self) -> bool:
        """Tell whether anything is asked."""
        return _ASKING.search(self.blanked) is not None

    @cached_property
    def ranked(self) -> list[tuple[float, Intent]]:
        """The model's ranking, best first."""
        if self.seen.told and self.rests:
            pieces = [(*piece, "") for piece in self.seen.told]
            return scores(self.blanked, [word for word in words_of(self.seen, sorted([*self.spans, *pieces])) if word])
        return scores(self.blanked, words_of(self.seen, self.spans))


def decide(said: Wording) -> Verdict:
    """Ask the rules in turn, then the model."""
    if said.only_told:
        return _no_trade(said) or _of_what_is_told(said)
    if _FORBIDS.search(said.blanked) and not gives_up(said.blanked):
        return _without_orders(said)
    for rule in RULES:
        verdict = rule(said)
        if verdict is not None:
            return verdict
    return _by_model(said)


_FORBIDS = re.compile(
    r"(?:别|不要|不用|甭|莫|不许|不准)(?:急着|着急|马上|现在|直接|自动|擅自|乱|随便)?(?:给|帮|替)?我?(?:再|就)?(?:下单|提交|付款|扣款|扣钱|落单)(?!错|(?:的|成)|[两2二多几ＱＮ]|了.{0,2}[充买要来])"
)
"""京东卡1000，别给我下单"""


def _without_orders(said: Wording) -> Verdict:
    """Read a message that forbids an order as what it asks beside that, if anything."""
    for p, intent in said.ranked:
        if intent not in ORDERS and intent not in RULED and intent != "unknown" and said.asks and p > SURE:
            return Verdict(p, intent, "what is asked, where an order is forbidden")
    return Verdict(0.6, "unknown", "an order is forbidden")


_ORDERING = re.compile(r"[充冲买要来整弄搞开订续办交缴购租约洗印]|报[名个考]|拍[个张套]|下单|下一?单|给我|top ?up|buy")
_ASKING = re.compile(
    r"(?<!不)(?!不)([\u4e00-\u9fff])不\1|[吗么没不?？]$|能.{1,8}[吗么没不](?=[,，。])|[多都]少(?!.{0,4}(?:随便|都行|没想好|无所谓|不限))|多久|怎么|什么|哪|咋|有没有|几"
)
_EITHER_OR = re.compile(r"([送能会有用退])不\1(?!帮|给|请|麻烦|先|快)")
_CHANGING = re.compile(
    r"不[要充买来][^,，]{1,4}[,，]\s*(?:就|只|要|充|买|来)|改|换|错|(?<!是)不是|还是|应该|唔系|更正|change|加一|减一|多加|不够|调"
)


PLAIN_CUES = frozenset(("buy", "topup", "topup_for", "hello", "thank"))
"""Words of a plain order: goods and a slot with nothing but these can be no question and no complaint."""


CORRECTING_CUES = frozenset(("wrong", "broken", "change", "refuse"))
"""不对 and 错了 complain of nothing when goods, amount and account stand beside them: the buyer corrects himself."""


def _bare(said: Wording) -> Verdict | None:
    """Read a message of slots and particles alone: an order when it names goods or joins an amount with an account."""
    if not is_bare(said.blanked) or (said.picks and priced_elsewhere(said.seen, said.lexicon)):
        return None
    seen, lexicon = said.seen, said.lexicon
    units = [a for a in seen.amounts if a.kind == "value"]
    names = [
        a
        for a in seen.amounts
        if a.word and (entry := lexicon.phrases.get(a.word)) and len(entry.skus) == 1 and not entry.options
    ]
    if names and (len(seen.amounts) > len(names) or seen.accounts):
        return Verdict(0.8, "order", "a SKU's own name with a count or an account")  # 空月祝福两个
    if said.has_product:
        short = any(ref.candidates and len(_categories(lexicon, ref.word)) < 2 for ref in seen.refs)
        sure = any(ref.product for ref in seen.refs) or said.slots or short
        return Verdict(0.9, "order", "goods, and nothing but slots and particles") if sure else None
    if any(ref.foreign for ref in seen.refs) or (seen.accounts and units):
        return Verdict(0.9, "order", "an amount with an account, or goods not sold here")
    if re.search("[充要来]", said.blanked) and (units or any(a.kind in ("months", "word") for a in seen.amounts)):
        return None
    if any(a.unit not in ("", "元") and a.kind == "value" for a in seen.amounts):
        return Verdict(0.8, "order", "an amount in a unit that only some goods have")
    owners = {pid for mention in seen.mentions for pid in mention.entry.owners}
    if any(owners.intersection(lexicon.counted.get(a.unit, ())) for a in seen.amounts if a.kind == "count"):
        return Verdict(0.8, "order", "a choice that one product offers, in its own unit")  # 金牌教练24节
    if said.slots and re.search("[ＯＳＶＱＡ]", said.blanked):
        return Verdict(0.9, "answer", "a slot alone, and no goods")
    return None


def _no_trade(said: Wording) -> Verdict | None:
    if _TURNED_OUT.search(said.blanked) and not said.asks:
        return Verdict(0.7, "problem", "something else was delivered than was wanted")
    if _CALLS_OFF.fullmatch(said.blanked):
        return Verdict(0.7, "cancel", "calls off what it names, and nothing else is said")
    if gives_up(said.blanked):
        return Verdict(0.8, "cancel", "ends in a plain stop, with no slot and no other wish")
    if _ASKED_THEN_ORDERED.search(said.blanked):
        return Verdict(0.7, "order", "a question, then an order")
    if _NO_BUYER.search(said.blanked):
        return Verdict(0.9, "unknown", "an advertisement, begging or an injection")
    if not said.asks and short_of(said.seen.text):
        return Verdict(0.7, "problem", "less has come than was paid for")
    if not_there(said.seen.text):
        return Verdict(0.7, "problem", "what to do about what did not come")
    if declines(said.seen.text):
        return Verdict(0.6, "unknown", "something is declined, and nothing else said")
    if reproaches(said.seen.text):
        return Verdict(0.6, "order_status", "the hour of buying, set against the hour it is")
    if said.picks and priced_elsewhere(said.seen, said.lexicon):
        return Verdict(0.7, "unknown", "what something costs that is no goods of this shop")
    if _DEFIES.search(said.blanked) and not said.seen.accounts:
        return Verdict(0.7, "unknown", "money of his own that he will not spend here")
    if _only_broken(said):
        return Verdict(0.6, "problem", "a thing is broken, and nothing is asked for")
    return None


def _only_broken(said: Wording) -> bool:
    """Tell whether a thing broke and nothing else is said but which: 我的数据线坏了，1米的那根."""
    seen = said.seen
    broken = _BROKEN.search(seen.text)
    if broken is None or seen.accounts or _BUYING.search(seen.text) or not (seen.refs or said.picks):
        return False
    start = max(seen.text.rfind(char, 0, broken.start()) for char in ",，。;； ")
    figures = any(a.kind in ("value", "months", "count") for a in seen.amounts)
    return not figures and all(start < ref.start < broken.end() for ref in seen.refs)


_DEFIES = re.compile(
    r"(?:有|揣着?|留着|存着)[^,，ＶＮ]{0,2}[ＶＮ](?:块|元|钱)*[,，]?(?:我|老子|俺)?(?:也|就是?|偏偏?|都|才|可|还是?){0,3}不(?:买|充|冲|花|订|给你|消费)[^?？]*$"
)
_BROKEN = re.compile("(?:坏|断|裂|碎|烂|破|漏)(?:了|掉|水)")
_BUYING = re.compile("[买充来订换修续租要约报加再]|给我|下单|[吗么?？]")


def _plain_order(said: Wording) -> Verdict | None:
    if said.asks or _GONE_WRONG.search(said.blanked):
        return None
    if said.has_product and _GIVE.search(said.blanked):
        return Verdict(0.8, "order", "give such an account so much: whatever is told beside it")
    asked = [a for a in said.amounts if not said.seen.tells(a.start)] if said.seen.told else said.amounts
    if said.seen.accounts and asked:
        corrects = said.has_product or len(said.seen.accounts) > 1
        if _CORRECTED.search(said.blanked) and _TOPPED_UP.search(said.blanked):
            corrects = True
        if said.cues <= (PLAIN_CUES | CORRECTING_CUES if corrects else PLAIN_CUES):
            return Verdict(0.9, "order", "an amount and an account in words of a plain order")
    if said.has_product and _plain_cues(said) and _WANTED.search(said.blanked):
        return Verdict(0.6, "order", "goods right after a word of buying")
    explained = _ORDERING.search(said.blanked) or unexplained(said.blanked) <= ELSEWHERE
    if said.named and said.slots and _plain_cues(said) and explained and not _doubted(said):
        return Verdict(0.9, "order", "goods and a slot in words of a plain order")
    return None


_ASKS_WHEN = re.compile(
    r"(?:今[天晚]|明天|现在|马上|大概|一般|那|请问|什么时候|啥时候|几点|多久|多长时间|要|当天){0,5}(?:(?:不?能|会|可以){1,2})"
    r"(?:到账?|到货|充上|充好|弄好|发货|送到|收到|好)(?:吗|么|嘛|不|呢|啊|呀|[?？])?"
)
_SIGHS = re.compile(
    r"(?:死?骗子)?(?:你们?)?(?:怎么|咋|为什么|为啥)?(?:还|都|一直)?没有?人(?:理|回|应|管|搭理|回复)我?(?:啊|呢|吗|呀|了)?"
    r"|(?:你们?|您)?(?:到底)?(?:听|看)?(?:不)?(?:得)?(?:懂|会)(?:不懂|不会)?(?:人话|中文|普通话|字)?(?:吗|么|嘛|啊|呢)?|(?:真|太|好)?(?:烦死?|服|无语|气死(?:人|我)?|郁闷|醉|慢死?|磨叽|墨迹)了?(?:啊|呀|吧)?"
    r"|(?:死?骗子|快点|快些|麻烦快点|搞快点|急|在不在|有人吗)(?:啊|呀|吧)?"
)
_PART = re.compile(r"[^\s,，。;；!！?？]+")
_OF_THE_PAST = re.compile("[了过没退]|投诉|已经|还在|上次|刚才|昨天|前天")


def _with_a_question(said: Wording) -> Verdict | None:
    """Read 话费30，138…，今天能到吗 as the order it is: the question and the sigh are beside it."""
    parts = _PART.findall(said.blanked)
    hearts = [part for part in parts if _ANY_SLOT.search(part)]
    beside = [part for part in parts if part not in hearts]
    if not hearts or not beside or not (said.amounts or said.seen.accounts) or not (said.has_product or said.picks):
        return None
    if not all(_ASKS_WHEN.fullmatch(part) or _SIGHS.fullmatch(part) for part in beside):
        return None
    heart = ",".join(hearts)
    if _OF_THE_PAST.search(heart) or _ASKING.search(heart) or not set(cues_of(heart)) <= PLAIN_CUES:
        return None
    return Verdict(0.7, "order", "goods and slots, with a question or a sigh beside them")


DOUBTED_FROM, DOUBT = 1, 0.15


def _doubted(said: Wording) -> bool:
    """Ask the model where more is said than goods, slots and words of buying: whether it can be an order at all."""
    if said.seen.accounts and said.amounts and _TOPPED_UP.search(said.blanked):
        return False
    hearts = ",".join(clause for clause in _CLAUSE.findall(said.blanked) if _ANY_SLOT.search(clause))
    if unexplained(hearts) <= DOUBTED_FROM:
        return False
    return next((p for p, intent in said.ranked if intent == "order"), 0.0) < DOUBT


def _asks_whether_sold(said: Wording) -> Verdict | None:
    """Read 你们这能交电费吧 as the question what there is of it."""
    if said.slots or not said.has_product or _CAN_ONE.fullmatch(said.blanked) is None:
        return None
    return Verdict(0.8, "search", "whether one can get it here")


_CAN_ONE = re.compile(
    "(?:请问|那|你们?|您|贵?店|家|里|这里?|这边|这儿|那边|现在|还|也|都)*(?:能不能|可不可以|可以不可以|能否|是不是(?:能|可以)|能|可以|可|支持|接不接|收不收)"
    "(?:帮忙?|代|给我|替我|帮我|直接|在线)*(?:[交充冲缴买办开订弄续租]值?|代?充值|代缴|代充|缴纳)?[个下]?[ＰＣ](?:充值)?的?(?:吗|么|吧|不|没|嘛|啊|呀|呢|[?？!！~])*"
)


def _somebody_for(said: Wording) -> Verdict | None:
    """Read 想找个人陪着去 as a wish for what is sold that is called so (陪诊), and not for somebody of the shop."""
    found = _SOMEBODY.search(said.seen.text)
    if found is None or said.named or said.seen.accounts:
        return None
    called = {pid for pid, one in said.lexicon.products.items() for name in one.names if found["deed"] in name}
    if len(called) != 1:
        return None
    said.seen.refs = [Ref(found.start("deed"), found.end("deed"), found["deed"], called.pop())]
    return Verdict(0.6, "search", "somebody for a deed that is sold here")


_SOMEBODY = re.compile(
    f"(?:找|请|雇|要|来|有没有|有)个?人(?:来|能|可以|给我|帮我|给|帮|过来|上门|专门)*(?P<deed>[陪教{DEEDS}])"
)


def _phone_and_sum(said: Wording) -> Verdict | None:
    """Read 算了 再给你们一次机会 100 138…: an amount and an account in a clause of their own, whatever grumble stands
    before."""
    if said.named or said.asks or not said.cues.isdisjoint(_OF_WHAT_WAS) or _GONE_WRONG.search(said.blanked):
        return None
    alone = re.search(r"(?:^|[\s,，。!！])(?:充|冲|就)?(?:Ｖ\s?Ａ|Ａ\s?Ｖ)(?:$|[\s,，。!！])", said.blanked)
    return Verdict(0.7, "order", "an amount and an account alone in their clause") if alone is not None else None


_OF_WHAT_WAS = (
    "not_arrived",
    "broken",
    "wrong",
    "paid",
    "status",
    "past",
    "refund",
    "invoice",
    "keys",
    "human",
    "state",
)


def _correction(said: Wording) -> Verdict | None:
    if said.seen.accounts and not said.named and not said.amounts and as_before(said.seen.text):
        return Verdict(0.8, "reorder", "the same once more, for another account")
    if not said.named and said_again(said.blanked):
        return Verdict(0.7, "answer", "an amount, and another in its place")
    if said.slots and not said.named and not said.asks:
        corrects = said.cues and said.cues <= CORRECTING_CUES and said.cues != {"refuse"}
        prefers = said.cues <= PLAIN_CUES | CORRECTING_CUES and _PREFERS.search(said.blanked)
        if corrects or (prefers and not said.seen.accounts):
            return Verdict(0.85, "change", "a slot in words of a correction, and no goods")
    refused = [ref for ref in said.seen.refs if ref.product and negated(said.seen.text, ref.start)]
    if 0 < len(refused) < sum(ref.product is not None for ref in said.seen.refs) and not said.asks:
        return Verdict(0.7, "order", "one thing refused, another named")  # 不要爱奇艺 要优酷
    return None


def _deed(said: Wording) -> Verdict | None:
    """Read 坐垫坏了，修一下 as the order for what is named 维修: what broke is why."""
    match = _DEED.search(said.seen.text)
    if match is None or said.asks or not said.cues <= DEED_CUES or _GONE_WRONG.search(said.blanked):
        return None
    pids = {ref.product for ref in said.seen.refs if ref.product}
    names = [name for pid in pids for name in said.lexicon.products[pid].names]
    labels = [sku.label for pid in pids for sku in said.lexicon.products[pid].words.skus]
    if not any(match[1] in word for word in (*names, *labels)) or _OF_THE_PAST.search(_BROKEN.sub("", said.blanked)):
        return None
    return Verdict(0.7, "order", "a service, and the deed asked for")


DEED_CUES = PLAIN_CUES | {"broken", "change"}
_DEED = re.compile(f"([{DEEDS}])(?:一下|一次|下|个)(?![了过])")


def _of_one_product(said: Wording) -> Verdict | None:
    """Read 日本流量7天和泰国7天各一张: options and SKUs of one product alone, and how many, are an order for it."""
    owners = [set(m.entry.owners or m.entry.skus) for m in said.seen.mentions if not m.entry.means_things]
    owners = [own for own in owners if own]
    if said.named or said.asks or len(owners) < 2 or len(set.union(*owners)) != 1 or not said.cues <= PLAIN_CUES:
        return None
    counted = any(amount.kind == "count" for amount in said.amounts)
    return (
        Verdict(0.7, "order", "options of one product, counted") if counted and unexplained(said.blanked) < 4 else None
    )


def _unplaced(said: Wording) -> Verdict | None:
    if not said.named and said.amounts and said.cues <= PLAIN_CUES and _UNPLACED.fullmatch(said.blanked):
        said.seen.unplaced = True
        return Verdict(0.6, "order", "an amount of something that is not sold here")
    return None


ORDERS: tuple[Intent, ...] = ("order", "answer", "change", "browse")
NEEDED: dict[Intent, frozenset[str]] = {
    "problem": frozenset(("not_arrived", "broken", "wrong", "angry", "paid")), "order_status": frozenset(("status",)),
    "help": frozenset(("how", "about", "can")), "price": frozenset(("price", "amount_q")),
    "search": frozenset(("have", "can")), "greet": frozenset(("hello",)),
}  # fmt: skip
"""What somebody tells of (我室友充了500) is for one of these only when its words say so."""


def _of_what_is_told(said: Wording) -> Verdict:
    """Read a message that only tells: it orders nothing and changes nothing."""
    if _WILL_NOT.fullmatch(said.blanked):
        return Verdict(0.7, "cancel", "goods by name, not to be bought")
    whole = blank(said.seen)
    if _stops_first(said) or gives_up(whole):
        return Verdict(0.7, "cancel", "a plain stop, and what the buyer does instead")
    if said.rests:
        p, intent = next((p, i) for p, i in said.ranked if i not in ORDERS and i not in RULED)
        if intent != "unknown" and (p > SURE_OF_REST or _needed(intent, said.cues)):
            return Verdict(p, intent, "what is said beside what is told")
    for p, intent in scores(whole):
        if intent in ORDERS or intent in RULED or intent == "unknown":
            continue
        if (p > SURE_OF_TOLD and intent in NEEDED) or (p > SURE and _needed(intent, set(cues_of(whole)))):
            return Verdict(p, intent, "what is told, and a word of this kind")
    return Verdict(0.5, "unknown", "tells of something and asks for nothing")


def _needed(intent: Intent, cues: Set[str]) -> bool:
    return not (NEEDED.get(intent) or SUPPORT.get(intent, frozenset())).isdisjoint(cues)


def _stops_first(said: Wording) -> bool:
    """Read 不用了，我自己去营业厅: a plain stop, then nothing that this shop could do."""
    if said.seen.refs or said.amounts or said.seen.accounts:
        return False
    clauses = [clause for clause in _CLAUSE.findall(said.seen.text) if not _SIGH.fullmatch(clause.strip())]
    stops = [clause for clause in clauses if certain(clause.strip()) != "cancel"]
    rest = [clause for clause in stops if not _SOME_DAY.search(clause)]
    if len(stops) == len(clauses) or certain(clauses[0].strip()) != "cancel":
        return False
    return cues_of(",".join(rest).strip(_BETWEEN)) in ((), ("about",), ("state",), ("chat",))


_SIGH = re.compile("(?:嗯|呃|额|哎|唉|那|好吧?|行吧?|啊|哦)+")
_SOME_DAY = re.compile(
    r"(?:等|回头|过[几两]天|改天|以后|下次|晚点|有空|需要).{0,10}(?:再说|再来|再[买充看弄搞]|再找你?|再联系)(?:吧|了|啊)*$"
)


SURE_OF_REST, SURE_OF_TOLD = 0.6, 0.9
_WILL_NOT = re.compile(r"(?:我|那|就|这个|那个|的|还是|先|都|[\sＰＣ])*不(?:买|充|订|租|报|约)了(?:吧|啊|哈|谢谢)*")

RULES = (
    _somebody_for,
    _bare,
    _no_trade,
    _asks_whether_sold,
    _plain_order,
    _deed,
    _of_one_product,
    _with_a_question,
    _unplaced,
    _correction,
    _phone_and_sum,
)


def _by_model(said: Wording) -> Verdict:
    """Take the likeliest intent that the slots allow, unless they speak against it."""
    ranked = ((p, intent) for p, intent in said.ranked if not ruled_out(p, intent, said))
    confidence, intent = next(ranked, (0.0, "unknown"))
    why = "the likeliest reading of the wording"
    if intent == "order" and _EITHER_OR.search(said.blanked):
        confidence, intent = next(((p, i) for p, i in ranked if i in ("search", "price", "help")), (0.0, "unknown"))
        why = "either-or asks, and orders nothing"
    if intent == "change" and any(ref.product for ref in said.seen.refs) and said.amounts and said.seen.accounts:
        return Verdict(confidence, "order", "everything was said at once: nothing is left to be changed")
    if intent == "change" and len({ref.product for ref in said.seen.refs if ref.product}) > 1 and len(said.amounts) > 1:
        return Verdict(confidence, "order", "one order, corrected while it was said")
    if intent == "reorder" and said.has_product and said.seen.accounts and said.amounts and "past" not in said.cues:
        return Verdict(confidence, "order", "goods, how much and for whom: nothing is left to the last order")
    wants = said.cues <= PLAIN_CUES and _WANTS.fullmatch(said.blanked) is not None
    wants = wants or (not said.named and not said.seen.accounts and hires(said.blanked))
    if wants and ((intent == "unknown" and confidence < 0.97) or (intent == "order" and not said.named)):
        said.seen.unplaced = True
        return Verdict(max(confidence, 0.5), "order", "wanted, but nothing that is sold here")  # 配副眼镜
    words_alone = any(a.word for a in said.amounts) or intent not in ("order", "answer", "unknown")
    if not said.named and not said.seen.accounts and not words_alone and in_english(said.blanked):
        said.seen.unplaced = True
        return Verdict(max(confidence, 0.5), "order", "a kind of goods and how much of it, in English")
    bought = said.named or any(a.word for a in said.amounts) or not said.cues.isdisjoint(("buy", "topup", "topup_for"))
    if (intent == "answer" or (intent == "order" and not bought)) and _says_more(said):
        return Verdict(0.4, "unknown", "a number or an account among words that no answer has")
    if intent in ("answer", "order", "change") and talks_of_something_else(said):
        return Verdict(min(confidence, 0.5), "unknown", "a number among much that no buyer says")
    if intent == "unknown" and confidence < 0.85 and _only_goods(said):
        return Verdict(0.5, "order", "goods with hardly another word")
    unsure = confidence < (0.6 if intent == "unknown" else 0.45)
    topup = said.seen.accounts and said.amounts and _TOPPED_UP.search(said.blanked)
    if unsure and ((said.has_product and said.slots) or topup) and not said.asks and "state" not in said.cues:
        return Verdict(max(confidence, 0.5), "order", "no wording is likely, but goods and a slot are there")
    if intent == "unknown" and said.has_product and topup and not said.asks and not said.seen.told:
        return Verdict(0.5, "order", "goods, an amount and an account to top up, whatever is told beside them")
    if intent == "change" and not said.slots and not said.named and unexplained(said.blanked) > ELSEWHERE:
        return Verdict(0.4, "unknown", "something is changed that is none of this shop's")
    if confidence < SURE and intent != "unknown":
        return Verdict(confidence, "unknown", "no wording is likely")
    return Verdict(confidence, intent, why)


def ruled_out(p: float, intent: Intent, said: Wording) -> str:
    """Say why an intent cannot be what the message is for; "" when it can."""
    if not _possible(intent, said):
        return "by rule alone" if intent in RULED else "nothing in the message is for it"
    return "" if p > 0.6 or _supported(intent, said.cues) else "none of its words"


def _plain_cues(said: Wording) -> bool:
    """Tell whether all words are those of a plain order; how things stand (我70岁了) may be told in another clause."""
    cues = said.cues - PLAIN_CUES
    hearts = (clause for clause in _CLAUSE.findall(said.blanked) if _ANY_SLOT.search(clause))
    if cues == {"state"} and _BUYS.search(said.blanked):
        return True
    return not cues or (cues == {"state"} and not any("state" in cues_of(clause) for clause in hearts))


_WANTED = re.compile(r"(?<![不别没在去])(?:租|订|报|买|充|约|拍|洗)[一个张]{0,2}Ｐ")
_BUYS = re.compile(rf"(?:想|要|给我|帮我)(?:报|买|充|来|订|租|约|办|开)[一个张份]{{0,2}}[{SLOTS}]")
"""18岁想报Ｐ: whatever else is told, this is wanted."""


_BETWEEN = " ,，。;；!！、~"
_CLAUSE = re.compile(r"[^,，。;；!！]+")
_ANY_SLOT = re.compile(rf"[{SLOTS.replace(NUMBER, '')}]")


def _says_more(said: Wording) -> bool:
    """Tell whether an amount or an account stands among other words (会议号 883 291 002), uncalled for."""
    called = any(account.cue not in ("", "any") for account in said.seen.accounts)
    return not (said.picks or said.seen.texts or called) and unexplained(said.blanked) > 0


def talks_of_something_else(said: Wording) -> bool:
    """Tell whether a number stands among much that no buyer says: 会议室在12楼, 10点开始."""
    if said.named or said.picks or not said.amounts or any(a.word for a in said.seen.amounts):
        return False
    if said.seen.accounts and comes(said.blanked):
        return False
    return not _TOPPED_UP.search(said.blanked) and unexplained(said.blanked) > ELSEWHERE


RULED = ("confirm", "deny", "cancel", "choose")
"""A model never confirms or cancels for a buyer."""
SUPPORT: dict[Intent, frozenset[str]] = {
    "rate": frozenset(("rate", "angry", "abuse")), "thanks": frozenset(("thank",)),
    "refund": frozenset(("refund", "refuse")),
    "invoice": frozenset(("invoice",)), "balance": frozenset(("balance",)), "human": frozenset(("human",)),
    "reorder": frozenset(("again", "past")), "batch": frozenset(("batch",)), "keys": frozenset(("keys", "resend")),
}  # fmt: skip
"""Without a word of its own family, one of these intents needs the model to be rather sure."""


def _supported(intent: Intent, cues: Set[str]) -> bool:
    return intent not in SUPPORT or not SUPPORT[intent].isdisjoint(cues)


def _categories(lexicon: Lexicon, word: str) -> list[str]:
    entry = lexicon.phrases.get(word)
    return entry.categories if entry else []


_NO_BUYER = re.compile(
    r"加(?:我|个)?(?:微信|v信|vx|wx|扣群|群)|https?://|www\.|日结|刷单|无抵押|办证|招代理|低价出售|(?:高价|长期|专业|大量)回收"
    r"|(?:转账|汇款|打款|打钱)(?:给我)?\s*Ｖ|借我|发.{0,2}红包|ignore .{0,30}instruction|system ?:|set price"
    r"|^(?:诚信|长期|高价|大量)*(?:求购|收购|回收)|^(?:诚信|长期|高价)?(?:收|出)[ＰＣ]|^出[个张一两Ｑ][^,，]{0,3}[ＰＣ]|(?:低价|便宜|急|半价)出(?:$|[,，。;了])"
    r"|(?:本店|我们公司|我司|本公司|我们(?:这边|店)?)(?:专业|长期|大量)?(?:代理|承接|供应|出售|批发|专做)|厂家(?:直销|直供)|货源(?![^,，]{0,4}[吗么没])|量大从优|诚招|(?:要|有意|需要)的?(?:可以?)?(?:私聊|私信|联系|滴滴)|便宜卖|可小?刀|^卖[ＰＣ]|(?:我们|我司|本公司)[^,，你]{0,4}(?:提供|出租)|有意者|(?:有需要|需要|有意|想要|详聊)的?(?:可以?|请)?(?:加我|加微|加v|联系我|私我)"
    r"|(?:^|[,，。;])(?:本人|个人|我)?(?:有[^,，]{0,8})?(?:低价|便宜|急|打折)?(?:出售|转让|转卖)(?![^,，]{0,8}[吗么])[^,，?？]{0,8}[ＰＣＶＳＯ]|忽略.{0,8}(?:指令|规则|设定)"
)
"""Advertisements, begging and injections: whatever goods they name, nobody is buying."""
_UNPLACED = re.compile(
    rf"(?:来|要|买|整|充|拿|给我来?|我要|想要)?(?![来要买整充拿])"
    rf"(?:(?![我你他她它这那哪的了吗呢吧啊改换成是不没有多少几怎啥什么为给和跟号码到还就只都也太真很再又先后上下前错对加减退还查欠投开])[\u4e00-\u9fff]){{2,6}}"
    rf"[的 ]?[{VALUE}{SKU}{COUNT}](?:的|吧|谢谢|[。.!！])*"
)
"""狗粮Ｖ, 瑜伽课Ｑ: goods that the shop does not know, and how much of them."""
_TOPPED_UP = re.compile(r"[充冲交缴].{0,3}Ｖ|Ｖ.{0,3}[充冲]|Ａ.{0,4}[充冲]|[充冲].{0,6}Ａ")
_TURNED_OUT = re.compile("(?<!别)(?<!不要)(?<!别给我)[充买发给拍]成(?:的是)?[ＶＰＯＳ]了")
"""充成50了 我要100的"""
_CALLS_OFF = re.compile(
    r"(?:先|就|那|你)*别(?:再)?给(?:我|他|她)?Ａ[充冲弄交缴]了?[吧啊]*"
    r"|[ＰＣ](?:我|那|就|还是|先|的|单)*算了(?:吧)?[,，。 ]*(?:太|有点)?[慢贵]?[了啦]?"
)
_ASKED_THEN_ORDERED = re.compile(
    r"(?:怎么|咋|如何)(?:个|样)?[^,，?？]{1,4}[,，?？\s]+(?:我|帮我|给我|就|直接|你)*(?:想|要)?(?:来|要|办|开|充|订|报|租|买|弄|整|拿|洗|拍)(?:[一个份张台套次单本Ｑ两]){1,2}[吧呗啊呀。!！]*$"
    r"|(?:没有?|没货|不行)(?:的话)?[,，]?就[^,，?？吗么]{0,6}[充买来要租订报拿][^?？吗么]{0,3}[ＰＶＱＳＯ]|你?有就[来要买充]|[?？](?!.*[?？吗么])[^?？]{0,8}[充冲买来要](?=.{0,6}Ｖ)(?=.*Ａ)"
)
"""有活动吗？没有的话给我充Ｖ，Ａ"""
_WANTS = re.compile(
    r"(?:我|想|要|帮我|给我|麻烦|请|帮忙|老板|[,， ])*(?:"
    r"(?:报|租|配|订|定|约|洗|印|做|办|买|来|整|搞|开|充|修)一?[个副张套份本件位台间次瓶盒杯条根部节]"
    r"|(?:我要|我想|帮我|给我)(?:报|租|配|订|买|充|学)|(?<![^,， ])(?:租|报名|预约|预订|拍|洗|冲印|打印|代办))"
    rf"(?![人电警])(?:(?![了吗呢吧的])[\u4e00-\u9fffa-z\d]){{2,10}}[{VALUE}{SKU}{COUNT}]?(?:[吧呗啊。.!！]*)"
)
_WANTS_ALONE = re.compile(rf"^{_WANTS.pattern}$")
_GIVE = re.compile(
    "(?:^|[,，。 ])(?:帮我|麻烦)?给(?:我|他|她|俺)?Ａ(?:再)?[充冲整弄来搞交缴][个点]?Ｖ(?!.*(?:没|未|错))"
)
_GONE_WRONG = re.compile(r"[充买拍发]错|^(?!.*别[充打发]).*去了$|要退|想退|的退")
"""充错号了 is no correction of what is being ordered: it has been bought already."""
_CORRECTED = re.compile(rf"(?:不对|错了?|不是|哦不|算了|不要|改成?|换成?).{{0,6}}[{SLOTS}]")
_PREFERS = re.compile(
    r"(?:不要|唔要|别要)[ＯＳＶ]|[ＯＳＶ]的?(?:不要|唔要)了?[,，\s]*(?:我|就|想)?[要换改充来][ＯＳＶ]|(?:只要|就要|多要|少要|多加|少|加|减)[Ｑ]"
)


def _only_goods(said: Wording) -> bool:
    """Tell whether a product stands there with hardly another word."""
    named = any(ref.product for ref in said.seen.refs)
    words = sum("\u4e00" <= char <= "\u9fff" for char in said.blanked)
    return named and words <= 1 and said.cues <= PLAIN_CUES and not said.asks


def _possible(intent: Intent, said: Wording) -> bool:
    if intent in RULED:
        return False
    if intent == "answer":
        return said.slots and not any(ref.product for ref in said.seen.refs)
    if intent == "change":
        return _CHANGING.search(said.blanked) is not None or _CHANGING.search(said.seen.text) is not None
    if intent == "order":
        return said.named or said.slots or any(words.search(said.blanked) for words in (_ORDERING, _WANTS_ALONE))
    return True
