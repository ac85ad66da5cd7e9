"""One consistent reading of a whole message: which product, amount, account and count belong together."""

import re
from collections.abc import Container, Sequence
from dataclasses import replace
from itertools import pairwise

from nlu.accounts import Account, accept
from nlu.amounts import Amount, Settled, settle
from nlu.items import Draft
from nlu.lexicon import Lexicon, ProductIndex
from nlu.phrases import MOST, Mention
from nlu.seeing import Ref, Seen
from nlu.words import DURATION_WORDS, GENERAL_COUNTERS

SHOWN = 20
"""No buyer chooses from more candidates than this."""


def drafts(seen: Seen, lexicon: Lexicon, wants_topup: bool, infers: bool = True) -> list[Draft]:
    """Group everything into one draft per thing that was said; without `infers` only a name names a product."""
    _imply_topup(seen, lexicon, wants_topup)
    seen.refs = [_as_option(ref, seen, lexicon) for ref in seen.refs]
    seen.refs = [_narrowed(ref, seen, lexicon) for ref in seen.refs]
    products = list(dict.fromkeys(ref.product for ref in seen.refs if ref.product))
    products = _without_parts(products, seen, lexicon)
    if len(products) > 1:
        return _several(products, seen, lexicon)
    if products:
        return _one(lexicon.products[products[0]], (), seen)
    product, candidates = _inferred(seen, lexicon, wants_topup) if infers else (None, ())
    return _one(product, candidates, seen, lexicon.counted)


def _as_option(ref: Ref, seen: Seen, lexicon: Lexicon) -> Ref:
    """星耀上王者: the end of an option's label is no product when the words beside it speak of the option's product."""
    if ref.product and _ONTO.search(seen.text[max(0, ref.start - 6) : ref.start]):
        for mention in seen.mentions:
            for owner in mention.entry.owners:
                if owner != ref.product and ref.word in lexicon.products[owner].option_tails:
                    return replace(ref, product=owner, start=ref.start, end=ref.start, word="")
    return ref


def _narrowed(ref: Ref, seen: Seen, lexicon: Lexicon) -> Ref:
    """腾讯月卡: of what a short name could mean, only one comes by the month."""
    if ref.weak or not any(other.product for other in seen.refs):
        return ref
    amounts = [a for a in seen.amounts if a.kind in ("value", "months")]
    able = [pid for pid in ref.candidates if amounts and all(settle(lexicon.products[pid], a) for a in amounts)]
    return replace(ref, product=able[0], candidates=()) if len(able) == 1 else ref


def _imply_topup(seen: Seen, lexicon: Lexicon, wants_topup: bool) -> None:
    """充50元到138…，再给QQ…充20Q币: a clause of its own with phone, money and 充 is a top-up beside the goods named."""
    named = {ref.product for ref in seen.refs}
    if not wants_topup or lexicon.phone_topup is None or lexicon.phone_topup in named or None in named or not named:
        return
    for clause in re.finditer(r"[^,，;；。\n]+", seen.text):
        start, end = clause.span()
        phone = any(start <= a.start < end and a.cue in ("", "any", "phone") and _like_phone(a) for a in seen.accounts)
        money = any(start <= a.start < end and a.kind == "value" and a.unit in ("", "元") for a in seen.amounts)
        goods = any(start <= ref.start < end for ref in seen.refs)
        if phone and money and not goods and re.search("[充冲交缴]", clause[0]) and len(seen.accounts) > 1:
            seen.refs.append(Ref(start, start, "", lexicon.phone_topup))
            return


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


def _inferred(seen: Seen, lexicon: Lexicon, wants_topup: bool) -> tuple[ProductIndex | None, tuple[str, ...]]:
    """Find the product when no word names it: by unit, SKU, choice, or the phone top-up of 充100 138…"""
    candidates = next((ref.candidates for ref in seen.refs if ref.candidates), ())
    foreign = any(ref.foreign for ref in seen.refs)
    if foreign and not candidates:
        return None, ()
    for amount in seen.amounts:
        narrowed: tuple[str, ...] = ()
        if amount.kind == "value" and amount.unit not in ("", "元"):
            narrowed = lexicon.unit_products.get(amount.unit, ())
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
    if candidates:
        for mention in seen.mentions:
            owners = [pid for pid in candidates if pid in mention.entry.owners]
            if owners:
                candidates = tuple(owners)
        candidates = candidates[:MOST]
        for amount in seen.amounts:
            able = [pid for pid in candidates if settle(lexicon.products[pid], amount)]
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


def _like_phone(account: Account) -> bool:
    return (account.said.startswith("1") and len(account.said) in (10, 11, 12)) or account.cue == "phone"


def _elsewhere(seen: Seen) -> bool:
    """Tell whether a duration or a choice word speaks of something other than a top-up."""
    return any(a.kind in ("months", "word") for a in seen.amounts) or any(m.entry.choices for m in seen.mentions)


def _one(
    product: ProductIndex | None, candidates: tuple[str, ...], seen: Seen, sold_by: Container[str] = ()
) -> list[Draft]:
    """Read everything as being about one product: several amounts or several accounts make several items."""
    seen.accounts = _meant_for(product, seen.accounts)
    anchors, counts = _anchors(product, seen, sold_by, repeats=len(seen.accounts) > 1)
    base = Draft(product, candidates)
    _choose(base, product, seen)
    base.texts = dict(seen.texts)
    option_anchors = _option_anchors(product, seen) if not anchors else []
    if option_anchors:
        return _by_option(base, option_anchors, counts, seen)
    shared_accounts = _roles(product, seen.accounts)
    accounts = [] if shared_accounts else seen.accounts
    if len(accounts) < 2:
        made = []
        for i, amount in enumerate(anchors or [None]):
            quantity = _count_for(i, anchors, counts, seen.text)
            options = _with_own_option(base.options, product, amount)
            made.append(replace(base, amount=amount, quantity=quantity, accounts=list(seen.accounts), options=options))
        return made
    made = []
    local = _said_with_one(seen, accounts)
    for i, account in enumerate(accounts):
        amount = _anchor_of(i, accounts, anchors, seen.text)
        quantity = _count_for(anchors.index(amount) if amount else 0, anchors, counts, seen.text)
        if quantity == len(accounts) and not _EACH.search(seen.text):
            quantity = None  # 俩月卡 138…和131…: one for each
        options = dict(base.options)
        for mention, own in local:
            pair = _option_of(mention, product)
            if pair and own is not account and options.get(pair[0]) == pair[1]:
                del options[pair[0]]
        for mention, own in local:
            pair = _option_of(mention, product)
            if pair and own is account:
                options[pair[0]] = pair[1]
        made.append(replace(base, amount=amount, quantity=quantity, accounts=[account], options=options))
    return made


def _option_of(mention: Mention, product: ProductIndex | None) -> tuple[str, str] | None:
    if product:
        return product.option_words.get(mention.word)
    return mention.entry.options[0] if mention.entry.options else None


_PARTS = (re.compile(r"[^\n]+"), re.compile(r"[^\s,，;；。]+"))


def _said_with_one(seen: Seen, accounts: list[Account]) -> list[tuple[Mention, Account]]:
    """List the options said in the line (or the piece between spaces) of one account: they are that account's alone."""
    for parts in _PARTS:
        spans = [match.span() for match in parts.finditer(seen.text)]
        homes = [next((i for i, (s, e) in enumerate(spans) if s <= a.start < e), -1) for a in accounts]
        if len(set(homes)) == len(accounts):
            by_span = dict(zip(homes, accounts, strict=True))
            found = ((m, next((i for i, (s, e) in enumerate(spans) if s <= m.start < e), -1)) for m in seen.mentions)
            return [(m, by_span[i]) for m, i in found if i in by_span and m.entry.options]
    return []


def _meant_for(product: ProductIndex | None, accounts: list[Account]) -> list[Account]:
    """Leave out accounts of another kind when one that fits was said: a QQ number beside the phone to top up."""
    if product is None or len(accounts) < 2:
        return accounts
    fitting = [a for a in accounts if any(accept(entry, a.said) for entry in product.account_fields)]
    return [a for a in accounts if a in fitting or not a.cue or a.cue == "any"] if fitting else accounts


def _with_own_option(options: dict[str, str], product: ProductIndex | None, amount: Amount | None) -> dict[str, str]:
    """成人票两张儿童票一张: each SKU's name brings its own option, not the one that was said last."""
    own = product.option_words.get(amount.word) if product and amount and amount.word else None
    return {**options, own[0]: own[1]} if own else options


def _anchors(
    product: ProductIndex | None, seen: Seen, sold_by: Container[str] = (), repeats: bool = False
) -> tuple[list[Amount], list[Amount]]:
    """Split the amounts into those that say which denomination and those that say how many.

    The same amount twice is said once, unless it `repeats` for several accounts.
    """
    anchors: list[Amount] = []
    counts: list[Amount] = []
    known: list[object] = []
    for amount in seen.amounts:
        if amount.kind == "none":
            continue
        if product is None:
            if amount.kind == "count" and (amount.unit in GENERAL_COUNTERS or amount.unit not in sold_by):
                counts.append(amount)
            elif amount.kind != "word" and (repeats or (amount.number, amount.unit or "元") not in known):
                known.append((amount.number, amount.unit or "元"))
                anchors.append(amount)
            continue
        settled = settle(product, amount)
        if settled is None:
            continue
        if settled.count is not None:
            after = seen.text[amount.end : amount.end + 1]
            written = seen.text[amount.start].isdigit()
            if amount.kind == "count" or written or not "\u4e00" <= after <= "\u9fff" or after in "的吧份":
                counts.append(amount)  # but not 稳定十一激活码
        elif product.any_sku and amount.kind == "count" and any(a.kind == "value" for a in seen.amounts):
            counts.append(amount)  # 再加一个Q币100: the hundred is the value
        elif repeats or (settled.value, settled.skus) not in known:
            known.append((settled.value, settled.skus))
            anchors.append(amount)
    if product is not None and product.unit != "元":  # 100Q币98块: the 98 is its price
        own = [a for a in anchors if a.unit != "元"]
        anchors = own or anchors
    if any(count.kind == "count" for count in counts):  # 温度十一要一个: with a plain count, a bare number is none
        counts = [count for count in counts if count.kind == "count"]
    if product is not None and anchors:
        counts = [count for count in counts if not _of_label(product, count, anchors)]
    return _only_on_sale(product, anchors, counts)


def _of_label(product: ProductIndex, count: Amount, anchors: list[Amount]) -> bool:
    """三年3台 names one SKU: a number that its label has beside the amount it stands next to counts nothing."""
    named = product.by_pair.get((count.number, count.unit)) if count.number is not None and count.unit else None
    beside = [a for a in anchors if 0 <= count.start - a.end <= 1 or 0 <= a.start - count.end <= 1]
    picked = {sku.code for a in beside for sku in (settle(product, a) or Settled()).skus or ()}
    return any(sku.code in picked for sku in named or ())


def _only_on_sale(
    product: ProductIndex | None, anchors: list[Amount], counts: list[Amount]
) -> tuple[list[Amount], list[Amount]]:
    """With several amounts, a bare number not on sale is no denomination; a small one after another is a count."""
    if product is None or len(anchors) < 2:
        return anchors, counts
    sold = [a for a in anchors if (s := settle(product, a)) and s.skus]
    if not sold:
        return anchors, counts
    rest = [a for a in anchors if a not in sold]
    counts = counts + [
        replace(a, kind="count") for a in rest if not a.unit and a.kind == "value" and (a.number or 0) < 10
    ]
    kept = [a for a in anchors if a in sold or a.unit or a.kind != "value"]
    words = [a for a in kept if a.word and a.kind == "word"]
    if words and len(kept) > len(words):
        # A SKU's own name next to another amount of the same SKU family: keep the name only if it differs.
        codes = [{s.code for s in (settle(product, a) or settle(product, words[0])).skus or ()} for a in kept]  # type: ignore[union-attr]
        kept = [a for i, a in enumerate(kept) if not any(j != i and codes[j] < codes[i] for j in range(len(kept)))]
    return kept, counts


def _count_for(i: int, anchors: list[Amount], counts: list[Amount], text: str) -> int | None:
    """Find how many of the i-th amount: the count that stands next to it, or one said for each (各两张)."""
    counts = [count for count in counts if count.number is not None and 0 < count.number <= 10000]
    for count in counts:
        if re.search(
            r"(?:各|每个|每样|每种|都要?|一样|每|分别)[来要买充整]?\s*$", text[max(0, count.start - 4) : count.start]
        ):
            return int(count.number or 1)
    if len(anchors) < 2:
        if not counts:
            return None
        if not anchors:
            return int(counts[-1].number or 1)
        nearest = min(counts, key=lambda c: min(abs(c.start - anchors[0].end), abs(anchors[0].start - c.end)))
        larger = [c for c in counts if c.number and c.number > 1]
        return int((larger[0] if nearest.number == 1 and len(larger) == 1 else nearest).number or 1)
    turns = sorted([*anchors, *counts], key=lambda a: a.start)
    if len(counts) == len(anchors) and all((one in counts) != (other in counts) for one, other in pairwise(turns)):
        return int(counts[i].number or 1)  # 两张100的三张50的; 大杯3中杯2
    for k, count in enumerate(counts):
        before = max((j for j, a in enumerate(anchors) if a.end <= count.start), default=None)
        after = min((j for j, a in enumerate(anchors) if a.start >= count.end), default=None)
        gap_before = _gap(text, anchors[before].end, count.start) if before is not None else 99
        gap_after = _gap(text, count.end, anchors[after].start) if after is not None else 99
        if k + 1 < len(counts) and after is not None and counts[k + 1].start < anchors[after].start:
            gap_after = 99
        owner = before if gap_before <= gap_after else after
        if owner == i and min(gap_before, gap_after) < 99:
            return int(count.number or 1)
    return None


def _gap(text: str, start: int, end: int) -> int:
    """Measure how far apart two things stand; a clause boundary counts for more than any word."""
    between = text[start:end]
    if between == "的":  # 50的两张100的一张: two of fifty
        return 0
    return end - start + 8 * len(_BREAK.findall(between)) + 4 * between.count(" ")


_CLAUSE = re.compile(r"[^,，;；。\n]+")


def _anchor_of(i: int, accounts: list[Account], anchors: list[Amount], text: str) -> Amount | None:
    """Find the amount of the i-th account: that of its line or clause, else the one said before it."""
    if not anchors or len({(a.number, a.unit, a.word) for a in anchors}) == 1:
        return anchors[0] if anchors else None
    account = accounts[i]
    for parts in (_PARTS[0], _CLAUSE):
        start, end = next(m.span() for m in parts.finditer(text) if m.start() <= account.start < m.end())
        inside = [a for a in anchors if start <= a.start < end]
        alone = sum(start <= other.start < end for other in accounts) == 1
        if inside and alone:
            return min(inside, key=lambda a: min(abs(a.start - account.end), abs(account.start - a.end)))
    if len(anchors) == len(accounts):
        return anchors[i]
    before = [a for a in anchors if a.end <= account.start]
    return before[-1] if before else anchors[0]


def _roles(product: ProductIndex | None, accounts: list[Account]) -> bool:
    """Tell whether several accounts fill several fields of one item (a phone and a UID), not one item each."""
    if product is None or len(accounts) < 2 or len(product.account_fields) < 2:
        return False
    return len(accounts) <= len(product.account_fields) and len({a.cue for a in accounts}) == len(accounts)


_ONTO = re.compile(r"(?:到|上|升|至|冲|打到|目标)(?:是|为|[:\s])*$")


def _choose(draft: Draft, product: ProductIndex | None, seen: Seen) -> None:
    """Fill options and choices; a word that is both (钻石 now, 钻石 as the target) goes where 从…到… puts it."""
    for ending, pair in product.option_tails.items() if product else ():  # 钻石上王者
        place = seen.text.rfind(ending)
        if place > 0 and _ONTO.search(seen.text[max(0, place - 6) : place]):
            draft.options[pair[0]] = pair[1]
    for mention in seen.mentions:
        options, choices = _meanings(mention, product)
        if options and choices:
            before = seen.text[max(0, mention.start - 8) : mention.start]
            if _ONTO.search(before):
                choices = []
            elif re.search(r"(?:从|现在|目前|当前|本来|我是|已经|才|在)(?:是|为|[:\s])*$", before) or re.match(
                r"\s*(?:打|上|升|冲|代练|代打|拉)*(?:到|上|升|至|->|-)", seen.text[mention.end : mention.end + 5]
            ):
                options = []
            else:
                continue
        if len(options) == 1:
            draft.options[options[0][0]] = options[0][1]
        elif len(choices) == 1:
            draft.choices[choices[0][0]] = choices[0][1]


def _meanings(mention: Mention, product: ProductIndex | None) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    if product is None:
        return list(mention.entry.options), list(mention.entry.choices)
    option = product.option_words.get(mention.word)
    return ([option] if option else []), list(product.choice_words.get(mention.word, ()))


def _option_anchors(product: ProductIndex | None, seen: Seen) -> list[tuple[Mention, tuple[str, str]]]:
    """List the options that make separate items (专业版一个家庭版一个): two values of one option."""
    if product is None:
        pairs = [(m, m.entry.options[0]) for m in seen.mentions if len(m.entry.options) == 1 and not m.entry.choices]
        counted = sum(amount.kind == "count" for amount in seen.amounts)
        if counted < 2 or len({pair for _, pair in pairs}) != counted or len({pair[0] for _, pair in pairs}) != 1:
            return []
        return pairs if len(pairs) == counted else []
    named = [
        (m, product.option_words[m.word])
        for m in seen.mentions
        if m.word in product.option_words and not m.entry.choices
    ]
    values = {pair for _, pair in named}
    if len(values) < 2 or len({name for name, _ in values}) != 1:
        return []
    first = {pair: m for m, pair in reversed(named)}
    return sorted(((m, pair) for pair, m in first.items()), key=lambda found: found[0].start)


def _by_option(
    base: Draft, anchors: list[tuple[Mention, tuple[str, str]]], counts: list[Amount], seen: Seen
) -> list[Draft]:
    spans = [Amount(m.start, m.end, "word", None, "", m.word) for m, _ in anchors]
    made = []
    for i, (_, (name, chosen)) in enumerate(anchors):
        quantity = _count_for(i, spans, counts, seen.text)
        made.append(
            replace(base, quantity=quantity, options={**base.options, name: chosen}, accounts=list(seen.accounts))
        )
    return made


_EACH_BEFORE = re.compile(r"(?:各|分别|每样|每种|一样|都)(?:来|要|买|充)?\s*$")
_EACH = re.compile("各|每|都|分别(?!是|为|给)")
_BREAK = re.compile(r"[,，。;；、!！\n+]|还有|另外|再来|再要|以及|和|跟|再")


def _several(products: list[str], seen: Seen, lexicon: Lexicon) -> list[Draft]:
    """Deal out amounts, accounts and choices to several products, clause by clause."""
    refs = sorted((ref for ref in seen.refs if ref.product in products), key=lambda ref: ref.start)
    firsts = [next(ref for ref in refs if ref.product == pid) for pid in products]
    firsts.sort(key=lambda ref: ref.start)
    breaks = [match.start() for match in _BREAK.finditer(seen.text)]
    spaces = [place for place, char in enumerate(seen.text) if char == " "]
    parts = {ref.product: Seen(seen.text, seen.cased) for ref in firsts}
    by_turns = _in_turns(firsts, seen.accounts)
    for amount in seen.amounts:
        owner = _owner(amount.start, amount.end, refs, breaks, lexicon, amount, spaces)
        each = amount.kind == "count" and _EACH_BEFORE.search(seen.text[: amount.start])
        for pid in parts if each else [owner]:
            parts[pid].amounts.append(amount)
    for account in seen.accounts:
        turn = by_turns.get(account.start)
        if turn and _takes(lexicon, turn, account):
            parts[turn.product].accounts.append(account)
            continue
        for pid in _account_owners(account, firsts, refs, breaks, lexicon, len(seen.accounts)):
            parts[pid].accounts.append(account)
    for mention in seen.mentions:
        if mention.entry.options or mention.entry.choices:
            able = [ref for ref in refs if ref.product in mention.entry.owners] or refs
            parts[_owner(mention.start, mention.end, able, breaks, lexicon, None)].mentions.append(mention)
    _share_amount(parts, firsts)
    made: list[Draft] = []
    for ref in firsts:
        assert ref.product is not None  # noqa: S101 - firsts holds settled references only
        part = parts[ref.product]
        part.texts = seen.texts
        made += _one(lexicon.products[ref.product], (), part)
    return made


def _in_turns(firsts: list[Ref], accounts: list[Account]) -> dict[int, Ref]:
    """话费50 138… Q币30 123…: products and accounts that take turns belong together pair by pair."""
    turns = sorted([(ref.start, "goods") for ref in firsts] + [(account.start, "account") for account in accounts])
    if len(firsts) != len(accounts) or any(one[1] == other[1] for one, other in pairwise(turns)):
        return {}
    return {account.start: ref for account, ref in zip(accounts, firsts, strict=True)}


_AND = re.compile(r"\s*(?:的)?\s*(?:和|跟|与|及|以及|、|还有)\s*")


def _share_amount(parts: dict[str | None, Seen], firsts: list[Ref]) -> None:
    """腾讯和爱奇艺都要月卡: an amount said once after the last product counts for those before that have none."""
    last = parts[firsts[-1].product]
    shared = [amount for amount in last.amounts if amount.kind != "count"]
    if not shared or any(a.kind != "count" for ref in firsts[:-1] for a in parts[ref.product].amounts):
        return
    joined = all(_AND.fullmatch(last.text[one.end : other.start]) for one, other in pairwise(firsts))
    if not joined and not re.search("都|各|分别|一样", last.text):
        return
    for ref in firsts[:-1]:
        parts[ref.product].amounts += shared


def _owner(
    start: int,
    end: int,
    refs: list[Ref],
    breaks: list[int],
    lexicon: Lexicon,
    amount: Amount | None,
    spaces: Sequence[int] = (),
) -> str | None:
    """Find the product that something at [start, end) belongs to: the nearest in its clause, else the one before."""

    def distance(ref: Ref) -> tuple[bool, int, int, int]:
        between = (end, ref.start) if ref.start >= end else (ref.end, start)
        crossed = sum(between[0] <= place < between[1] for place in breaks)
        fits = amount is None or ref.product is None or settle(lexicon.products[ref.product], amount) is not None
        apart = sum(between[0] <= place < between[1] for place in spaces)
        steps = crossed * 2 + (1 if ref.start >= end and crossed else 0)
        return (not fits, steps, apart, abs(between[1] - between[0]))

    return min(refs, key=distance).product


def _account_owners(
    account: Account, firsts: list[Ref], refs: list[Ref], breaks: list[int], lexicon: Lexicon, total: int
) -> list[str | None]:
    """An account goes to the product it stands with; a single one goes to every product that takes it."""
    able = [ref for ref in firsts if _takes(lexicon, ref, account)]
    if not able:
        able = [ref for ref in firsts if ref.product and lexicon.products[ref.product].account_fields]
    if total == 1 and len(able) > 1:
        return [ref.product for ref in able]
    names = {ref.product for ref in able}
    near = [ref for ref in refs if ref.product in names] or refs
    return [_owner(account.start, account.end, near, breaks, lexicon, None)]


def _takes(lexicon: Lexicon, ref: Ref, account: Account) -> bool:
    fields = lexicon.products[ref.product].account_fields if ref.product else ()
    kinds = {"phone": ("phone", "phone_or_qq"), "qq": ("qq", "phone_or_qq")}.get(account.cue)
    return any(accept(entry, account.said) and (kinds is None or entry.kind in kinds) for entry in fields)
