"""Which product a message is about: what names one, what only seems to, and what tells it when no word does."""

import re
from collections import Counter
from dataclasses import replace

from nlu.accounts import Account, accept
from nlu.amounts import Amount, settle
from nlu.frame import Named
from nlu.lexicon import FieldWords, Lexicon, ProductIndex, plain
from nlu.phrases import MOST, Entry
from nlu.seen import Ref, Seen
from nlu.text import normalise
from nlu.words import DURATION_WORDS, GENERAL_COUNTERS, TOO_GENERIC

SHOWN = 20
"""No buyer chooses from more candidates than this."""
ONTO = re.compile(r"(?:到|上|升|至|冲|打到|目标)(?:是|为|[:\s])*$")
"""What stands before the option that something is to become: 钻石上王者."""

_MEANT = 8
"""A word that more products share tells nothing about which one is meant."""


def named_in(text: str, lexicon: Lexicon) -> tuple[Named, ...]:
    """List the words of a text that can mean goods, in their order, whatever is said about them."""
    found: list[Named] = []
    for mention in lexicon.phrases.find(normalise(text)):
        entry = mention.entry
        sold = (
            entry.products
            or entry.shorthand
            or entry.categories
            or entry.skus
            or _sized_so(mention.word, entry, lexicon)
        )
        if not sold or len(sold) > _MEANT or not mention.exact or len(mention.word) < 2:
            continue
        whole = bool(entry.products) or (not entry.shorthand and bool(entry.categories))
        if whole or entry.shorthand or len(sold) == 1:
            found.append(Named(mention.word, tuple(sold), whole))
    return tuple(found)


def _sized_so(word: str, entry: Entry, lexicon: Lexicon) -> list[str]:
    """What has a size that begins with a word for one of its options: 蛋挞, of 蛋挞六只装."""
    owners = entry.owners if entry.options and len(entry.owners) == 1 else []
    return [pid for pid in owners if any(plain(sku.label).startswith(word) for sku in lexicon.products[pid].words.skus)]


def named(seen: Seen, lexicon: Lexicon, wants_topup: bool) -> list[str]:
    """Settle what the words that name products mean, and give those products in order of mention."""
    _imply_topup(seen, lexicon, wants_topup)
    seen.refs = [_as_option(ref, seen, lexicon) for ref in seen.refs]
    seen.refs = [_narrowed(ref, seen, lexicon) for ref in seen.refs]
    products = list(dict.fromkeys(ref.product for ref in seen.refs if ref.product))
    return _without_parts(products, seen, lexicon)


def _as_option(ref: Ref, seen: Seen, lexicon: Lexicon) -> Ref:
    """星耀上王者: the end of an option's label is no product when the words beside it speak of the option's product."""
    if ref.product and ONTO.search(seen.text[max(0, ref.start - 6) : ref.start]):
        for mention in seen.mentions:
            for owner in mention.entry.owners:
                if owner != ref.product and ref.word in lexicon.products[owner].option_tails:
                    return replace(ref, product=owner, start=ref.start, end=ref.start, word="")
    return ref


def _narrowed(ref: Ref, seen: Seen, lexicon: Lexicon) -> Ref:
    """腾讯月卡: of what a short name could mean, only one comes by the month."""
    if not ref.candidates or ref.weak or not any(other.product for other in seen.refs):
        return ref
    if any(other.product and other.start == ref.end for other in seen.refs):
        return ref  # 钢琴陪练 is what the second word names
    joined = next((o.candidates for o in seen.refs if ref.end == o.start or o.end == ref.start), ())
    both = [pid for pid in ref.candidates if pid in joined]
    if len(both) == 1:  # 视频会员腾讯
        return replace(ref, product=both[0], candidates=())
    beside = [m for m in seen.mentions if 0 <= m.start - ref.end <= 2]
    offering = [pid for pid in ref.candidates if any(pid in m.entry.owners for m in beside)]
    if len(offering) == 1:  # 庙会日场票: of what is named after the fair, only tickets have a 日场
        return replace(ref, product=offering[0], candidates=())
    amounts = [a for a in seen.amounts if a.kind in ("value", "months")]
    touching = [a for a in amounts if 0 <= a.start - ref.end <= 1 or a.end == ref.start]
    amounts = touching or amounts  # …，再来三张2小时停车
    able = [pid for pid in ref.candidates if amounts and all(settle(lexicon.products[pid], a) for a in amounts)]
    sold = [pid for pid in able if all((s := settle(lexicon.products[pid], a)) and s.skus for a in amounts)]
    able = sold if len(sold) == 1 else able  # 滑雪4小时: lessons come by one and two
    return replace(ref, product=able[0], candidates=()) if len(able) == 1 else ref


def _imply_topup(seen: Seen, lexicon: Lexicon, wants_topup: bool) -> None:
    """充50元到138…，再给QQ…充20Q币: a clause of its own with phone, money and 充 is a top-up beside the goods named."""
    named = {ref.product for ref in seen.refs}
    if (
        not wants_topup
        or not seen.accounts
        or lexicon.phone_topup is None
        or lexicon.phone_topup in named
        or None in named
        or not named
    ):
        return
    taken = any(accept(f, a.said) for a in seen.accounts for pid in named if pid for f in _fields_of(lexicon, pid))
    for clause in _OWN_ORDER.finditer(seen.text):
        start, end = clause.span()
        phone = any(start <= a.start < end and a.cue in ("", "any", "phone") and _like_phone(a) for a in seen.accounts)
        money = any(start <= a.start < end and a.kind == "value" and a.unit in ("", "元") for a in seen.amounts)
        goods = any(start <= ref.start < end for ref in seen.refs)
        if (
            phone
            and money
            and not goods
            and re.search("[充冲交缴]", clause[0])
            and (len(seen.accounts) > 1 or not taken)
        ):
            seen.refs.append(Ref(start, start, "", lexicon.phone_topup))
            return


_OWN_ORDER = re.compile(r"(?:(?!再来|再要|还有|另外|以及)[^,，;；。\n])+")


def _fields_of(lexicon: Lexicon, pid: str) -> tuple[FieldWords, ...]:
    return lexicon.products[pid].account_fields


def _without_parts(products: list[str], seen: Seen, lexicon: Lexicon) -> list[str]:
    """王者…代练 is one product: a word that is part of the other product's own name does not name a second one."""
    if len(products) < 2:
        return products
    kept = []
    for pid in products:
        words = [ref.word for ref in seen.refs if ref.product == pid]
        others = [lexicon.products[other] for other in products if other != pid]
        part = any(
            all(any(word in name and word != name for name in other.names) for word in words) for other in others
        )
        if not (part and not any(settle_any(lexicon.products[pid], seen.amounts))):
            kept.append(pid)
    return kept or products


def settle_any(product: ProductIndex, amounts: list[Amount]) -> list[Amount]:
    """List the amounts that pick something of this product."""
    chosen = []
    for amount in amounts:
        settled = settle(product, amount)
        if settled and (settled.value is not None or settled.skus is not None):
            chosen.append(amount)
    return chosen


def inferred(seen: Seen, lexicon: Lexicon, wants_topup: bool) -> tuple[ProductIndex | None, tuple[str, ...]]:
    """Find the product when no word names it: by unit, SKU, choice, or the phone top-up of 充100 138…"""
    candidates = next((ref.candidates for ref in seen.refs if ref.candidates), ())
    foreign = any(ref.foreign for ref in seen.refs)
    if foreign and not candidates:
        return None, ()
    for amount in seen.amounts:
        narrowed: tuple[str, ...] = ()
        if amount.kind == "value" and amount.unit not in ("", "元"):
            narrowed = lexicon.unit_products.get(amount.unit, ())
        elif amount.kind == "count" and any(_sold_by(lexicon.products[pid], amount.unit) for pid in candidates):
            # 照片冲印50张: of prints sold by 20, 50 and 100张
            narrowed = tuple(pid for pid in candidates if _sold_by(lexicon.products[pid], amount.unit))
        elif amount.kind == "count" and amount.unit in lexicon.counted and amount.unit not in GENERAL_COUNTERS:
            # 24节 alone may be of anything; with a choice that only one product offers, it is that product's.
            offering = {pid for m in seen.mentions for pid in m.entry.owners}
            narrowed = tuple(pid for pid in lexicon.counted[amount.unit] if pid in offering)
        elif amount.word:
            entry = lexicon.phrases.get(amount.word)
            narrowed = tuple(entry.skus) if entry and amount.word not in DURATION_WORDS else ()
        if narrowed:
            both = tuple(pid for pid in candidates if pid in narrowed)
            candidates = both or candidates or narrowed
    whole = owner_of_all(seen) or _owner_by_kind(seen, lexicon)
    if whole and whole not in candidates and not foreign:
        return lexicon.products[whole], ()
    if candidates and candidates == (lexicon.phone_topup,) and wants_topup and _tops_up(seen):
        return lexicon.products[candidates[0]], ()  # 电话打得多…给我充50，138…
    if candidates:
        for mention in seen.mentions:
            owners = [pid for pid in candidates if pid in mention.entry.owners]
            if owners:
                candidates = tuple(owners)
        candidates = candidates[:MOST]
        for amount in seen.amounts:
            meant = {pid: settle(lexicon.products[pid], amount) for pid in candidates}
            able = [pid for pid in candidates if _labelled(lexicon.products[pid], amount, seen.text)]
            able = able or [pid for pid, settled in meant.items() if settled]
            candidates = tuple(able) if amount.kind in ("value", "months") and able else candidates
        if len(candidates) == 1 and not any(ref.weak for ref in seen.refs):
            return lexicon.products[candidates[0]], ()
        return None, candidates[:SHOWN]
    if foreign or lexicon.phone_topup is None or not wants_topup:
        return None, ()
    money = [a for a in seen.amounts if a.kind == "value" and a.unit in ("", "元")]
    phones = [a for a in seen.accounts if a.cue in ("", "any", "phone") and _like_phone(a)]
    vague = any(a.kind == "none" for a in seen.amounts)
    if phones and (money or vague or re.search("[充冲]", seen.text)) and not _elsewhere(seen):
        return lexicon.products[lexicon.phone_topup], ()
    return None, (lexicon.phone_topup,) if money and re.search("[充冲交缴]", seen.text) else ()


def owner_of_all(seen: Seen) -> str:
    """Give the one product that has all the options and sizes named, of several: 钢琴十级; "" where none has."""
    offered = [set(m.entry.owners or (() if m.entry.means_things else m.entry.skus)) for m in seen.mentions]
    owned = Counter(pid for pids in offered for pid in pids)
    whole = [pid for pid, n in owned.items() if n > 1 and n == sum(map(bool, offered))]
    return whole[0] if len(whole) == 1 else ""


def _owner_by_kind(seen: Seen, lexicon: Lexicon) -> str:
    """Give the one product of an option behind which stands what its name ends in: 饿了么红包, of 外卖红包."""
    for mention in seen.mentions:
        owners = mention.entry.owners if not mention.entry.means_things and len(mention.word) > 1 else []
        behind = seen.text[mention.end :].removeprefix("的")
        tails = {name[-2:] for pid in owners[:1] for name in lexicon.products[pid].names if len(name) > 3}
        if len(owners) == 1 and behind[:2] in tails - TOO_GENERIC:
            return owners[0]
    return ""


def of_options(seen: Seen, lexicon: Lexicon) -> ProductIndex | None:
    """Find the product that alone has all the options named, of several with a count: 拿铁中杯两杯 美式大杯一杯."""
    named = [m for m in seen.mentions if m.entry.options]
    if len(named) < 2 or any(m.entry.means_things for m in seen.mentions) or seen.refs:
        return None
    owners = set.intersection(*({*m.entry.owners} for m in named))
    counted = any(amount.kind == "count" and amount.unit for amount in seen.amounts)
    return lexicon.products[owners.pop()] if len(owners) == 1 and counted else None


def _labelled(product: ProductIndex, amount: Amount, text: str) -> bool:
    """Tell whether a SKU's whole label stands here: 8小时票 are no eight hours of a coach."""
    labels = (plain(sku.label) for sku in product.words.skus)
    return any(text.startswith(label, amount.start) for label in labels if len(label) > amount.end - amount.start)


def _tops_up(seen: Seen) -> bool:
    money = any(a.kind == "value" and a.unit in ("", "元") for a in seen.amounts)
    return money and any(_like_phone(a) for a in seen.accounts) and re.search("[充冲]", seen.text) is not None


def _sold_by(product: ProductIndex, unit: str) -> bool:
    return bool(unit) and unit in (product.unit, product.any_unit)


def _like_phone(account: Account) -> bool:
    return (account.said.startswith("1") and len(account.said) in (10, 11, 12)) or account.cue == "phone"


def _elsewhere(seen: Seen) -> bool:
    """Tell whether a duration or a choice word speaks of something other than a top-up."""
    lasting = [a for a in seen.amounts if a.kind in ("months", "word") and not _HOW_LONG_HE_IS.match(seen.text, a.end)]
    return bool(lasting) or any(m.entry.choices for m in seen.mentions)


_HOW_LONG_HE_IS = re.compile("[了多]|的?老|来了?")
"""5年了都在你这充: no length of what he wants."""
