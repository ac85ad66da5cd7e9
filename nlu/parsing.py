"""parse: one message → one Frame. Finds what was said, decides what it is for, and reads the slots accordingly."""

import re
from dataclasses import replace

from nlu.answers import read_answer, read_number
from nlu.cues import cues_of, unexplained
from nlu.frame import Channel, Expecting, Frame, Intent, Item
from nlu.intent import (
    COUNT,
    SKU,
    SLOTS,
    VALUE,
    Span,
    blank,
    certain,
    chosen,
    chosen_last,
    gives_up,
    is_bare,
    merely_agrees,
    scores,
    slots_of,
    words_of,
)
from nlu.items import finish
from nlu.lexicon import Lexicon
from nlu.naming import SHOWN
from nlu.reading import drafts
from nlu.seeing import Seen, drop_taken_back, look_at, negated
from nlu.text import lower, normalise_keeping_case

SURE = 0.32
"""Below this probability the wording is not understood, unless the slots speak for themselves."""

ELSEWHERE = 4
"""A number among more unexplained characters than this, with no goods named, is part of talk about something else."""

NO_ITEMS: frozenset[Intent] = frozenset(
    ("human", "greet", "thanks", "confirm", "deny", "cancel", "balance", "unknown", "batch", "choose")
)
ABOUT_PRODUCT: frozenset[Intent] = frozenset(("help", "rate", "invoice", "browse", "reorder"))
"""Here only a product (or account) makes an item: a number or a choice alone names nothing."""
TALK_OF_PAST: frozenset[Intent] = frozenset(("order_status", "keys", "refund", "problem"))


def parse(text: str, lexicon: Lexicon, *, channel: Channel = "text", expecting: Expecting | None = None) -> Frame:
    """Read one message. Never raises; what the words do not settle is left open (contract, part 3).

    `expecting` is what the bot has just asked: it decides what a bare 3, 100 or 12345678 means.
    """
    if len(text) > _SHORT:
        return _read(text, lexicon, channel, expecting)
    key = (text, channel, expecting)
    known = lexicon.recent.get(key)
    if known is None:
        known = _read(text, lexicon, channel, expecting)
        if sum(map(str.isdigit, text)) < 5:  # nobody's account is kept
            if len(lexicon.recent) >= _RECENT:
                lexicon.recent.clear()
            lexicon.recent[key] = known
    return known


_SHORT, _RECENT = 8, 2048
"""So short, the same few messages come again and again (充话费, 100, 确认): each is read once per lexicon."""


def _read(text: str, lexicon: Lexicon, channel: Channel, expecting: Expecting | None) -> Frame:
    cased = normalise_keeping_case(_said(text, channel))
    plain = lower(cased)
    if not plain or plain == "买":
        waits = expecting is not None and expecting.slot == "confirm"
        return Frame("confirm", confidence=0.9) if waits and (plain or _THUMB.search(text)) else Frame("unknown")
    whole = certain(plain)
    if whole == "confirm" and any(
        m.entry.options or m.entry.choices or m.entry.skus for m in lexicon.phrases.find(plain)
    ):
        whole = None  # 快充吧 names an option: nobody confirms what he is changing
    if whole is not None:
        asked = expecting is not None and expecting.slot != "confirm"
        if whole == "confirm" and asked and merely_agrees(plain):
            return Frame("confirm", confidence=0.5)  # 好 while the account was asked: a nod, which fills nothing
        return Frame(whole, confidence=0.99)
    if chosen_last(plain):
        return Frame("choose", index=(expecting.listed or None) if expecting else None, confidence=0.9)
    if expecting is not None and plain.isdigit():
        answer = read_number(plain, lexicon, expecting)
        if answer is not None:
            return answer
    seen = look_at(cased, plain, lexicon)
    if expecting is not None:
        answer = read_answer(seen, lexicon, expecting)
        if answer is not None:
            return answer
    if _SEVERAL_CHOSEN.fullmatch(plain):
        return Frame("unknown", confidence=0.5)  # 1和3: one is picked at a time
    index = chosen(seen.text)
    if index is not None and _is_choice(seen, index):
        return Frame("choose", index=index, confidence=0.95)
    slots = slots_of(seen)
    confidence, intent = _decide(seen, blank(seen, slots), slots, lexicon)
    _read_unit_of_pending(seen, lexicon, expecting)
    items = _items(intent, seen, lexicon)
    if intent == "answer" and not items:
        items = _named_skus(seen, lexicon)
    if intent in ("answer", "unknown") and not items and not seen.refs:
        sold = lexicon.unit_products.get(plain.strip("的吧。 "), ())
        if sold and len(plain) > 1 and _HAN_ONLY.match(plain):  # 点券 alone: of which game?
            return Frame("order", (Item(candidates=sold[:SHOWN], missing=("product",)),), confidence=0.6)
    if intent == "answer" and not any(item.said or item.product or item.candidates for item in items):
        intent, items, confidence = "unknown", (), 0.3
    if intent == "unknown" and plain.strip("的吧类区。 ！!") in lexicon.categories:
        intent, confidence = "browse", 0.6  # a category and nothing else: what is in it?
    return Frame(intent, items, confidence=round(confidence, 3))


def _read_unit_of_pending(seen: Seen, lexicon: Lexicon, expecting: Expecting | None) -> None:
    """改成10份 while something sold by 5, 10 and 20份 is pending: the number is the denomination, not a count."""
    product = lexicon.products.get(expecting.product or "") if expecting else None
    if product is None or any(ref.product != product.id for ref in seen.refs):
        return
    seen.amounts = [
        replace(a, kind="value") if a.kind == "count" and a.unit == product.unit and a.number in product.by_value else a
        for a in seen.amounts
    ]


def _named_skus(seen: Seen, lexicon: Lexicon) -> tuple[Item, ...]:
    """大杯 alone: a SKU's own name answers something, but names no product by itself."""
    entries = [lexicon.phrases.get(amount.word) for amount in seen.amounts if amount.word]
    return tuple(Item(candidates=tuple(entry.skus)) for entry in entries[:1] if entry and entry.skus)


_SEVERAL_CHOSEN = re.compile(r"(?:选|要|就|我要)*[1-9](?:\s*(?:和|跟|,|，|、)\s*[1-9])+(?:吧|都要)?")
_THUMB = re.compile("^[\\s\U0001f44c\U0001f44d\U0001f197\u2705\u2714\ufe0f\U0001f3fb-\U0001f3ff]+$")
_FILLERS = re.compile(r"(?:^|(?<=[，,。 ]))(?:嗯+|呃+|额|那个|这个|就是说?|然后|哎|啊)+[，,。 ]+")


def _said(text: str, channel: Channel) -> str:
    return _FILLERS.sub("", text) or text if channel == "voice" else text


def _is_choice(seen: Seen, index: int) -> bool:
    """A bare number up to nine picks from a list; a larger one needs 第 or 选."""
    return index <= 9 or re.search("第|选|no|#|号|序", seen.text) is not None


_ORDERING = re.compile(r"[充冲买要来整弄搞开订续办交缴购租约洗印]|报[名个考]|拍[个张套]|下单|下一?单|给我|top ?up|buy")
_ASKING = re.compile(
    r"(?<!不)(?!不)([\u4e00-\u9fff])不\1|[吗么没不?？]$|[多都]少(?!.{0,4}(?:随便|都行|没想好|无所谓|不限))|多久|怎么|什么|哪|咋|有没有|几"
)
_HAN_ONLY = re.compile("[\u4e00-\u9fff]+")
_EITHER_OR = re.compile(r"([送能会有用退])不\1")
_CHANGING = re.compile(r"改|换|错|(?<!是)不是|还是|应该|唔系|更正|change|加一|减一|多加|不够|调")


PLAIN_CUES = frozenset(("buy", "topup", "topup_for", "hello", "thank"))
"""Words of a plain order: goods and a slot with nothing but these can be no question and no complaint."""


CORRECTING_CUES = frozenset(("wrong", "broken", "change", "refuse"))
"""不对 and 错了 complain of nothing when goods, amount and account stand beside them: the buyer corrects himself."""


def _decide(seen: Seen, blanked: str, spans: list[Span], lexicon: Lexicon) -> tuple[float, Intent]:
    """Combine the model's ranking with what the slots alone make certain."""
    has_product = any(ref.product or ref.candidates for ref in seen.refs)
    amounts = [a for a in seen.amounts if a.kind != "none"]
    slots = bool(seen.accounts or amounts) or any(m.entry.options or m.entry.choices for m in seen.mentions)
    if is_bare(blanked):
        bare = _bare(seen, blanked, has_product, slots, lexicon)
        if bare is not None:
            return bare
    if gives_up(blanked):
        return 0.8, "cancel"
    if _ASKED_THEN_ORDERED.search(blanked):
        return 0.7, "order"
    if _NO_BUYER.search(blanked):
        return 0.9, "unknown"
    named = has_product or any(ref.foreign for ref in seen.refs)
    if seen.accounts and amounts and not _ASKING.search(blanked):
        allowed = PLAIN_CUES | CORRECTING_CUES if has_product or len(seen.accounts) > 1 else PLAIN_CUES
        if allowed.issuperset(cues_of(blanked)):
            return 0.9, "order"
    plainly = _plain_cues(blanked) and not _ASKING.search(blanked)
    if named and slots and plainly and (_ORDERING.search(blanked) or unexplained(blanked) <= ELSEWHERE):
        return 0.9, "order"
    if slots and not named and not _ASKING.search(blanked):
        cues = set(cues_of(blanked))
        corrects = cues and cues <= CORRECTING_CUES and cues != {"refuse"}
        if corrects or (cues <= PLAIN_CUES | CORRECTING_CUES and _PREFERS.search(blanked) and not seen.accounts):
            return 0.85, "change"
    if not named and amounts and _UNPLACED.fullmatch(blanked) and PLAIN_CUES.issuperset(cues_of(blanked)):
        seen.unplaced = True
        return 0.6, "order"
    taken_back = [ref for ref in seen.refs if ref.product and negated(seen.text, ref.start)]
    named_count = sum(ref.product is not None for ref in seen.refs)
    if 0 < len(taken_back) < named_count and not _ASKING.search(blanked):
        return 0.7, "order"  # 不要爱奇艺 要优酷
    every = scores(blanked, words_of(seen, spans))
    cues = set(cues_of(blanked))
    ranked = [
        (p, intent)
        for p, intent in every
        if _possible(intent, seen, blanked, has_product, slots) and (p > 0.6 or _supported(intent, cues))
    ]
    confidence, intent = ranked[0] if ranked else (0.0, "unknown")
    if intent == "order" and _EITHER_OR.search(blanked):
        confidence, intent = next(((p, i) for p, i in ranked if i in ("search", "price", "help")), (0.0, "unknown"))
    if intent == "change" and any(ref.product for ref in seen.refs) and amounts and seen.accounts:
        return confidence, "order"  # everything was said at once: nothing is left to be changed
    if intent in ("answer", "order", "change") and _talks_of_something_else(seen, blanked, named):
        return min(confidence, 0.5), "unknown"
    if intent == "unknown" and confidence < 0.9 and PLAIN_CUES.issuperset(cues) and _WANTS.fullmatch(blanked):
        seen.unplaced = True
        return 0.5, "order"  # 配副眼镜: goods the shop does not know
    if intent == "unknown" and confidence < 0.85 and _only_goods(seen, blanked):
        return 0.5, "order"
    if confidence < (0.6 if intent == "unknown" else 0.45) and has_product and slots and not _ASKING.search(blanked):
        return max(confidence, 0.5), "order"
    if confidence < SURE and intent != "unknown" and confidence < 0.2:
        return confidence, "unknown"
    return confidence, intent


def _plain_cues(blanked: str) -> bool:
    """Tell whether all words are those of a plain order; how things stand (我70岁了) may be told in another clause."""
    cues = set(cues_of(blanked)) - PLAIN_CUES
    hearts = (clause for clause in _CLAUSE.findall(blanked) if _ANY_SLOT.search(clause))
    return not cues or (cues == {"state"} and not any("state" in cues_of(clause) for clause in hearts))


_CLAUSE = re.compile(r"[^,，。;；!！]+")
_ANY_SLOT = re.compile(rf"[{SLOTS}]")


def _talks_of_something_else(seen: Seen, blanked: str, named: bool) -> bool:
    """Tell whether a number stands among much that no buyer says: 会议室在12楼, 10点开始."""
    placed = any(m.entry.options or m.entry.choices for m in seen.mentions) or any(a.word for a in seen.amounts)
    if named or placed or not any(a.kind != "none" for a in seen.amounts):
        return False
    return not _TOPPED_UP.search(blanked) and unexplained(blanked) > ELSEWHERE


SUPPORT: dict[Intent, frozenset[str]] = {
    "rate": frozenset(("rate", "angry", "abuse")), "thanks": frozenset(("thank",)),
    "refund": frozenset(("refund", "refuse")),
    "invoice": frozenset(("invoice",)), "balance": frozenset(("balance",)), "human": frozenset(("human",)),
    "reorder": frozenset(("again", "past")), "batch": frozenset(("batch",)), "keys": frozenset(("keys", "resend")),
}  # fmt: skip
"""Without a word of its own family, one of these intents needs the model to be rather sure."""


def _supported(intent: Intent, cues: set[str]) -> bool:
    return intent not in SUPPORT or not SUPPORT[intent].isdisjoint(cues)


def _categories(lexicon: Lexicon, word: str) -> list[str]:
    entry = lexicon.phrases.get(word)
    return entry.categories if entry else []


_NO_BUYER = re.compile(
    r"加(?:我|个)?(?:微信|v信|vx|wx|扣群|群)|https?://|www\.|日结|刷单|无抵押|办证|招代理|低价出售|(?:高价|长期|专业|大量)回收"
    r"|(?:转账|汇款|打款|打钱)(?:给我)?\s*Ｖ|借我|发.{0,2}红包|ignore .{0,30}instruction|system ?:|set price"
    r"|^(?:诚信|长期|高价)?(?:收|求购|收购|出)[ＰＣ]|忽略.{0,8}(?:指令|规则|设定)"
)
"""Advertisements, begging and injections: whatever goods they name, nobody is buying."""
_UNPLACED = re.compile(
    rf"(?:来|要|买|整|充|拿|给我来?|我要|想要)?(?![来要买整充拿])"
    rf"(?:(?![我你他她它这那哪的了吗呢吧啊改换成是不没有多少几怎啥什么为给和跟号码到还就只都也太真很再又先后上下前错对加减])[\u4e00-\u9fff]){{2,6}}"
    rf"[的 ]?[{VALUE}{SKU}{COUNT}](?:的|吧|谢谢|[。.!！])*"
)
"""狗粮Ｖ, 瑜伽课Ｑ: goods that the shop does not know, and how much of them."""
_TOPPED_UP = re.compile(r"[充冲交缴].{0,3}Ｖ|Ｖ.{0,3}[充冲]|Ａ.{0,4}[充冲]|[充冲].{0,6}Ａ")
_ASKED_THEN_ORDERED = re.compile(r"[?？](?!.*[?？吗么])[^?？]{0,8}[充冲买来要](?=.{0,6}Ｖ)(?=.*Ａ)")
"""有活动吗？没有的话给我充Ｖ，Ａ"""
_WANTS = re.compile(
    r"(?:我(?:想|要)?|想|要|帮我|给我|麻烦|请|帮忙|老板|[,， ])*(?:"
    r"(?:报|租|配|订|定|约|洗|印|做|办|买|来|整|搞|开|充|修)一?[个副张套份本件位台间次瓶盒杯条根部节]"
    r"|(?:我要|我想|帮我|给我)(?:报|租|配|订|买|充|学)|(?<![^,， ])(?:租|报名|预约|预订|拍|洗|冲印|打印|代办))"
    rf"(?![人电警])(?:(?![了吗呢吧的])[\u4e00-\u9fffa-z\d]){{2,10}}[{VALUE}{SKU}{COUNT}]?(?:[吧呗啊。.!！]*)"
)
_PREFERS = re.compile(
    r"(?:不要|唔要|别要)[ＯＳＶ]|[ＯＳＶ]的?(?:不要|唔要)了?[,，\s]*(?:我|就|想)?[要换改充来][ＯＳＶ]|(?:只要|就要|多要|少要|多加|少|加|减)[Ｑ]"
)


def _only_goods(seen: Seen, blanked: str) -> bool:
    """Tell whether a product stands there with hardly another word."""
    named = any(ref.product for ref in seen.refs)
    words = sum("\u4e00" <= char <= "\u9fff" for char in blanked)
    return named and words <= 1 and PLAIN_CUES.issuperset(cues_of(blanked)) and not _ASKING.search(blanked)


def _bare(seen: Seen, blanked: str, has_product: bool, slots: bool, lexicon: Lexicon) -> tuple[float, Intent] | None:
    """Read a message of slots and particles alone: an order when it names goods or joins an amount with an account."""
    single = [ref for ref in seen.refs if ref.product]
    units = [a for a in seen.amounts if a.kind == "value"]
    names = [
        a
        for a in seen.amounts
        if a.word and (entry := lexicon.phrases.get(a.word)) and len(entry.skus) == 1 and not entry.options
    ]
    if names and (len(seen.amounts) > len(names) or seen.accounts):
        return 0.8, "order"  # a SKU's own name with a count or an account: 空月祝福两个
    durations = [a for a in seen.amounts if a.kind in ("months", "word")]
    if has_product:
        short = any(ref.candidates and len(_categories(lexicon, ref.word)) < 2 for ref in seen.refs)
        return (0.9, "order") if single or slots or short else None
    if any(ref.foreign for ref in seen.refs) or (seen.accounts and units):
        return 0.9, "order"
    if re.search("[充要来]", blanked) and (units or durations):
        return None
    if any(a.unit not in ("", "元") and a.kind == "value" for a in seen.amounts):
        return 0.8, "order"
    owners = {pid for mention in seen.mentions for pid in mention.entry.owners}
    if any(owners.intersection(lexicon.counted.get(a.unit, ())) for a in seen.amounts if a.kind == "count"):
        return 0.8, "order"  # 金牌教练24节: a choice that one product offers, and its own unit
    if slots and re.search("[ＯＳＶＱＡ]", blanked):
        return 0.9, "answer"
    return None


def _possible(intent: Intent, seen: Seen, blanked: str, has_product: bool, slots: bool) -> bool:
    if intent in ("confirm", "deny", "cancel", "choose"):
        return False
    if intent == "answer":
        return slots and not any(ref.product for ref in seen.refs)
    if intent == "change":
        return _CHANGING.search(blanked) is not None or _CHANGING.search(seen.text) is not None
    if intent == "order":
        return has_product or slots or any(ref.foreign for ref in seen.refs) or _ORDERING.search(blanked) is not None
    return True


def _items(intent: Intent, seen: Seen, lexicon: Lexicon) -> tuple[Item, ...]:
    if intent in NO_ITEMS:
        return ()
    if intent not in TALK_OF_PAST:
        drop_taken_back(seen)
    named = any(ref.product or ref.candidates for ref in seen.refs)
    if intent in TALK_OF_PAST and not named and not seen.accounts:
        return ()
    if intent in ABOUT_PRODUCT and not any(ref.product for ref in seen.refs):
        return ()
    made = drafts(
        seen,
        lexicon,
        wants_topup=intent in ("order", "price"),
        infers=intent not in ("answer", "change") and not seen.unplaced,
    )
    items = tuple(finish(draft, lexicon) for draft in made)
    if intent in ("order", "browse"):
        return items if intent == "order" or named else ()
    if intent in TALK_OF_PAST or intent in ABOUT_PRODUCT:
        return tuple(replace(item, missing=()) for item in items)
    if intent in ("answer", "change"):
        items = tuple(replace(item, missing=()) for item in items)
    return tuple(item for item in items if item.said or item.product or item.candidates)
