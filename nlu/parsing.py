"""parse: one message → one Frame. Finds what was said, decides what it is for, and reads the slots accordingly."""

import re
from dataclasses import replace

from nlu.absent import drop_absent, found_in
from nlu.accounts import accept
from nlu.amounts import settle
from nlu.answers import read_answer, read_number
from nlu.any_number import values_of_any_number
from nlu.assent import agrees
from nlu.counting import count_otherwise
from nlu.deciding import PLAIN_CUES, Wording, decide, talks_of_something_else
from nlu.doubting import without_leftovers
from nlu.frame import Channel, Expecting, Frame, Intent, Item
from nlu.goods import chosen_of, options_of
from nlu.group_amounts import with_shared_amounts
from nlu.intent import certain, chosen, chosen_last, merely_agrees
from nlu.items import finish
from nlu.joins import joined_plainly
from nlu.lacking import drop_lacking
from nlu.lexicon import Lexicon, ProductIndex
from nlu.naming import SHOWN, owner_of_all
from nlu.own_code import standing_code
from nlu.reading import drafts
from nlu.seeing import look_at
from nlu.seen import Ref, Seen
from nlu.taking_back import corrects_itself, drop_taken_back
from nlu.text import as_written, lower, normalise_keeping_case
from nlu.trace import Trace
from nlu.withdrawing import in_parts, last_word, without_withdrawn

NO_ITEMS: frozenset[Intent] = frozenset(
    ("human", "greet", "thanks", "confirm", "deny", "cancel", "balance", "unknown", "batch", "choose")
)
ABOUT_PRODUCT: frozenset[Intent] = frozenset(("help", "rate", "invoice", "browse", "reorder"))
"""Here only a product (or account) makes an item: a number or a choice alone names nothing."""
TALK_OF_PAST: frozenset[Intent] = frozenset(("order_status", "keys", "refund", "problem"))


def parse(
    text: str,
    lexicon: Lexicon,
    *,
    channel: Channel = "text",
    expecting: Expecting | None = None,
    trace: Trace | None = None,
) -> Frame:
    """Read one message. Never raises; what the words do not settle is left open (contract, part 3).

    `expecting` is what the bot has just asked: it decides what a bare 3, 100 or 12345678 means. A `trace` is filled
    with what the reading went by.
    """
    if len(text) > _SHORT or trace is not None:
        return _read(text, lexicon, channel, expecting, trace)
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


def _read(
    text: str, lexicon: Lexicon, channel: Channel, expecting: Expecting | None, trace: Trace | None = None
) -> Frame:
    said = with_shared_amounts(joined_plainly(_said(text, channel, expecting)))
    cased = normalise_keeping_case(said)
    if expecting is None or expecting.slot != "confirm":  # below a summary it is a correction of what stands there
        cased = without_withdrawn(cased, lower(cased), lexicon)
    cased = in_parts(cased)
    plain = lower(cased)
    if expecting is not None and (last := last_word(plain, lexicon)) != plain:
        cased = plain = last
    at_once = _at_once(text, plain, lexicon, expecting)
    if at_once is None:
        seen = look_at(as_written(said, cased), plain, lexicon)
        if expecting is not None and expecting.product is not None:
            seen.refs = chosen_of(expecting.product, seen, lexicon)
            seen.mentions = options_of(expecting.product, seen, lexicon)
        if trace is not None:
            trace.saw(seen)
        at_once = _awaited(plain, seen, lexicon, expecting)
        if at_once is None:
            return _whole(plain, seen, lexicon, expecting, trace)
    frame, why = at_once
    if trace is not None:
        trace.text, trace.why = plain, why
    return frame


def _at_once(text: str, plain: str, lexicon: Lexicon, expecting: Expecting | None) -> tuple[Frame, str] | None:
    """Read what needs no looking for slots: a plain yes or no, a thumb, digits where they were asked for."""
    below_summary = expecting is not None and expecting.slot == "confirm"
    if not plain or plain == "买":
        if below_summary and (plain or _THUMB.search(text)):
            return Frame("confirm", confidence=0.9), "a thumb up where a yes was asked"
        return Frame("unknown"), "nothing was said"
    whole = certain(plain)
    if whole in (None, "thanks", "greet") and below_summary and agrees(plain):
        whole = "confirm"
    if whole == "confirm" and any(
        m.entry.options or m.entry.choices or m.entry.skus for m in lexicon.phrases.find(plain)
    ):
        whole = None  # 快充吧 names an option: nobody confirms what he is changing
    if whole is not None:
        asked = expecting is not None and expecting.slot != "confirm"
        if whole == "confirm" and asked and merely_agrees(plain):
            return Frame("confirm", confidence=0.5), "a nod while something else was asked: it fills nothing"
        return Frame(whole, confidence=0.99), "says this and nothing else"
    if chosen_last(plain):
        return Frame("choose", index=(expecting.listed or None) if expecting else None, confidence=0.9), "the last row"
    if expecting is not None and plain.isdecimal():
        answer = read_number(plain, lexicon, expecting)
        return (answer, f"digits where {expecting.slot} was asked") if answer is not None else None
    return None


def _awaited(plain: str, seen: Seen, lexicon: Lexicon, expecting: Expecting | None) -> tuple[Frame, str] | None:
    """Read the answer to what was asked, or a row of a list."""
    answer = read_answer(seen, lexicon, expecting) if expecting is not None else None
    if answer is not None and expecting is not None:
        return answer, f"answers what was asked: {expecting.slot}"
    if _SEVERAL_CHOSEN.fullmatch(plain):
        return Frame("unknown", confidence=0.5), "several rows at once: one is picked at a time"
    index = chosen(seen.text)
    if index is not None and _is_choice(seen, index):
        return Frame("choose", index=index, confidence=0.95), "picks a row"
    return None


def _whole(plain: str, seen: Seen, lexicon: Lexicon, expecting: Expecting | None, trace: Trace | None) -> Frame:
    """Read a message as a whole: what it is for, then its items."""
    held = expecting and (_gives_accounts_of(seen, lexicon, expecting) or _sizes_pending(seen, lexicon, expecting))
    if held:
        seen.refs = [Ref(0, 0, "", held)]
    said = Wording(seen, lexicon)
    verdict = decide(said)
    if trace is not None:
        trace.decided(said, verdict)
    confidence, intent, _ = verdict
    if expecting is not None and (_only_chooses(said, intent, expecting) or _reads_out(said, intent, expecting)):
        intent, confidence = "change", 0.6
    if intent == "change" and expecting is None and corrects_itself(seen):
        intent = "order"  # 盐搓两张 说错了 奶搓
    if intent == "answer" and expecting is None and seen.accounts and owner_of_all(seen):
        intent = "order"  # 超级影视月卡 33810275, where nothing was asked
    _read_unit_of_pending(seen, lexicon, expecting)
    found = found_in(seen)
    begins = intent == "order" or (intent == "answer" and expecting is None)
    absent = (*drop_absent(seen, lexicon, found), *drop_lacking(seen, lexicon, found)) if begins else ()
    items = _items(intent, seen, lexicon, trace, pending=_takes_all(seen, lexicon, expecting))
    if intent == "answer" and expecting is None and len({i.product for i in items if i.product}) == 1 < len(items):
        intent = "order"  # 拿铁中杯两杯 美式大杯一杯, where nothing was asked
    if intent in ("price", "search") and talks_of_something_else(said):
        items = ()  # 到南京200公里要加多少油: its unit names no goods
    if intent in ("answer", "change") and not items:
        items = _named_skus(seen, lexicon)
    if intent in ("answer", "unknown") and not items and not seen.refs:
        sold = lexicon.unit_products.get(plain.strip("的吧。 "), ())
        if sold and len(plain) > 1 and _HAN_ONLY.match(plain):  # 点券 alone: of which game?
            return Frame("order", (Item(candidates=sold[:SHOWN], missing=("product",)),), confidence=0.6)
    if intent == "answer" and not any(item.said or item.product or item.candidates for item in items):
        intent, items, confidence = "unknown", (), 0.3
    if intent == "unknown" and plain.strip("的吧类区。 ！!") in lexicon.categories:
        intent, confidence = "browse", 0.6  # a category and nothing else: what is in it?
    return Frame(intent, items, confidence=round(confidence, 3), absent=absent if items else ())


def _gives_accounts_of(seen: Seen, lexicon: Lexicon, expecting: Expecting) -> str:
    """60213457交80, 60213499交120, while a water bill is being ordered: of that, and no top-up of a telephone."""
    product = lexicon.products.get(expecting.product or "")
    beside = product is not None and not seen.refs and expecting.slot != "confirm" and seen.amounts
    if beside and product is not None and len(standing_code(product, replace(seen))) > len(seen.texts):
        return product.id  # 双线的 8000 账号fengxue_88
    if product is None or seen.refs or not seen.accounts or not any(a.kind == "value" for a in seen.amounts):
        return ""
    if len(seen.accounts) == 1 and (expecting.slot == "confirm" or _PHONE.fullmatch(seen.accounts[0].said)):
        return ""
    fits = all(any(accept(one, account.said) for one in product.account_fields) for account in seen.accounts)
    return product.id if fits else ""


def _sizes_pending(seen: Seen, lexicon: Lexicon, expecting: Expecting) -> str:
    """开一年 12个月, to how many months of it: of that, and no other product of which a size is called so."""
    product = lexicon.products.get(expecting.product or "")
    if product is None or expecting.slot != "value" or seen.refs or not seen.amounts:
        return ""
    if any(amount.kind != "months" for amount in seen.amounts):
        return ""
    sizes = [settle(product, replace(amount, word="")) for amount in seen.amounts]
    return product.id if all(size is not None and size.value is not None for size in sizes) else ""


def _only_chooses(said: Wording, intent: Intent, expecting: Expecting) -> bool:
    """还有区是苹果的, while that game is being ordered: a choice of what is pending, and no word of complaint."""
    product = said.lexicon.products.get(expecting.product or "")
    if product is None or intent not in ("problem", "unknown", "help", "order_status") or said.asks:
        return False
    chosen = [m for m in said.seen.mentions if m.word in product.option_words or m.word in product.choice_words]
    others = any(ref.product not in (None, product.id) for ref in said.seen.refs)
    return bool(chosen) and not others and said.cues <= PLAIN_CUES | {"change", "state", "again"} and not said.only_told


_PHONE = re.compile(r"1[3-9]\d{9}")
_WRITTEN_ON = re.compile(
    r"(?:单子?|账单|通知单|卡片?|本子|纸|发票|户口本)(?:上面?|里面?)(?:是|有)?(?:写|印|打|记|显示)"
)


def _reads_out(said: Wording, intent: Intent, expecting: Expecting) -> bool:
    """单子上写的3301027756, while that is being ordered: what he reads from a paper of his is no order of ours."""
    product = said.lexicon.products.get(expecting.product or "")
    if product is None or intent not in ("order_status", "problem", "help") or not _WRITTEN_ON.search(said.seen.text):
        return False
    if any(ref.product not in (None, product.id) for ref in said.seen.refs):
        return False
    return bool(said.seen.accounts or said.seen.amounts) and not said.cues & {"not_arrived", "paid", "status", "angry"}


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
_FILLERS = re.compile(r"(?:^|(?<=[，,。 ]))(?:嗯|呃|额|那个|这个|就是说?|然后|哎|啊)+[，,。 ]+")


_SIGHS = re.compile(
    r"^(?:(?:切|嘁|啧|哼|唉|哎呀?|嗐|哦|噢|喔|嗯|额|呃|好吧|行吧|靠|晕|呵呵|哈哈)[\s,，。.…!！~]*+)++(?=那|就|要|来|\d|[一二两三四五六七八九十])"
)
"""切 那500的来两份: what he feels about it, before the answer."""


def _said(text: str, channel: Channel, expecting: Expecting | None) -> str:
    if expecting is not None and expecting.slot != "confirm":
        text = _SIGHS.sub("", text)
    return _FILLERS.sub("", text) or text if channel == "voice" else text


def _is_choice(seen: Seen, index: int) -> bool:
    """A bare number up to nine picks from a list; a larger one needs 第 or 选."""
    if any(ref.product and ref.end - ref.start >= len(seen.text) for ref in seen.refs):
        return False  # 92号 is what somebody calls 92号汽油券
    return index <= 9 or re.search("第|选|no|#|号|序", seen.text) is not None


_HAN_ONLY = re.compile("[\u4e00-\u9fff]+")


def _takes_all(seen: Seen, lexicon: Lexicon, expecting: Expecting | None) -> bool:
    """打3小时吧, while something sold by the hour is being ordered: a size that it can have is of nothing else."""
    product = lexicon.products.get(expecting.product or "") if expecting is not None else None
    sizes = [a for a in seen.amounts if a.kind in ("value", "months", "word")]
    if product is None or not sizes or any(ref.product or ref.candidates for ref in seen.refs):
        return False
    return all(a.unit and a.unit in product.pair_units and _has_size(product, a.number) for a in sizes)


def _has_size(product: ProductIndex, number: float | None) -> bool:
    ranges = [sku.any_value for sku in product.any_skus if sku.any_value is not None]
    return number in product.by_value or any(low <= (number or 0) <= high for low, high in ranges)


def _items(
    intent: Intent, seen: Seen, lexicon: Lexicon, trace: Trace | None = None, *, pending: bool = False
) -> tuple[Item, ...]:
    if intent in NO_ITEMS:
        return ()
    if intent not in TALK_OF_PAST:
        values_of_any_number(seen, lexicon)
        drop_taken_back(seen)
        count_otherwise(seen, lexicon)
        if trace is not None:
            trace.left(seen, "taken back: refused, declined or corrected")
    named = any(ref.product or ref.candidates for ref in seen.refs)
    if intent in TALK_OF_PAST and not named and not seen.accounts:
        return ()
    again_for = intent == "reorder" and bool(seen.accounts)  # the same once more, for another account
    if intent in ABOUT_PRODUCT and not again_for and not any(ref.product for ref in seen.refs):
        return ()
    made = drafts(
        seen,
        lexicon,
        wants_topup=intent in ("order", "price"),
        infers=intent not in ("answer", "change") and not seen.unplaced and not pending,
    )
    items = without_leftovers(tuple(finish(draft, lexicon) for draft in made), seen, lexicon)
    if trace is not None:
        trace.left(seen, "part of another name, or an option of the goods beside it")
        trace.weighed(seen, lexicon, items)
    if intent in ("order", "browse"):
        return items if intent == "order" or named else ()
    if intent in TALK_OF_PAST or intent in ABOUT_PRODUCT:
        return tuple(replace(item, missing=()) for item in items)
    if intent in ("answer", "change"):
        items = tuple(replace(item, missing=()) for item in items)
    return tuple(item for item in items if item.said or item.product or item.candidates)
