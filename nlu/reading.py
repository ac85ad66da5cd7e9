"""One consistent reading of a whole message: which product, amount, account and count belong together."""

import re
from collections import Counter
from collections.abc import Container
from dataclasses import replace
from itertools import pairwise

from nlu.accounts import Account, accept
from nlu.amounts import Amount, Settled, settle
from nlu.dealing import BREAK, deal, lines_of
from nlu.items import Draft
from nlu.lexicon import Lexicon, ProductIndex
from nlu.licence import TOTAL, asked_for, counts_plainly, for_others, in_order
from nlu.naming import ONTO, inferred, named
from nlu.numerals import read_numeral
from nlu.people import separate, unshared
from nlu.phrases import Mention
from nlu.seen import Seen
from nlu.words import GENERAL_COUNTERS


def drafts(seen: Seen, lexicon: Lexicon, wants_topup: bool, infers: bool = True) -> list[Draft]:
    """Group everything into one draft per thing that was said; without `infers` only a name names a product."""
    products = named(seen, lexicon, wants_topup)
    lines = lines_of(seen)
    if lines:
        return [draft for line in lines for draft in drafts(line, lexicon, wants_topup, infers)]
    if len(products) > 1:
        parts = deal(products, seen, lexicon)
        return [draft for pid, part in parts.items() for draft in _one(lexicon.products[pid], (), part)]
    if products:
        return _alone(lexicon.products[products[0]], seen)
    product, candidates = inferred(seen, lexicon, wants_topup) if infers else (None, ())
    sold_by = {unit for pid in candidates for unit in (lexicon.products[pid].unit, lexicon.products[pid].any_unit)}
    if product is not None:
        return _alone(product, seen)
    return _one(product, candidates, seen, lexicon.counted.keys(), sold_by)


def _alone(product: ProductIndex, seen: Seen) -> list[Draft]:
    """Read everything as being about one product that is known: for one, or for several people."""
    apart = separate(product, seen, lambda own, part: _one(own, (), part))
    return apart or unshared(product, _one(product, (), seen))


def _one(
    product: ProductIndex | None,
    candidates: tuple[str, ...],
    seen: Seen,
    counted: Container[str] = (),
    sold_by: Container[str] = (),
) -> list[Draft]:
    """Read everything as being about one product: several amounts or several accounts make several items."""
    seen.accounts = _meant_for(product, seen.accounts)
    anchors, counts = _anchors(product, seen, counted, sold_by, repeats=len(seen.accounts) > 1)
    base = Draft(product, candidates)
    _choose(base, product, seen)
    base.texts = dict(seen.texts)
    paired = _paired(product, seen, counted, sold_by) if anchors and len(seen.accounts) < 2 else []
    if paired:
        return [
            replace(
                base,
                amount=amount,
                quantity=_count_for(i, [one for one, _ in paired], counts, seen.text),
                options={**base.options, option[0]: option[1]},
                accounts=list(seen.accounts),
            )
            for i, (amount, option) in enumerate(paired)
        ]
    groups = _grouped(product, seen) if len(anchors) < 2 and len(seen.accounts) < 2 else []
    if groups:
        spans = [span for span, _ in groups]
        return [
            replace(
                base,
                amount=anchors[0] if anchors else None,
                quantity=_count_for(i, spans, counts, seen.text),
                options={**base.options, **options},
                accounts=list(seen.accounts),
            )
            for i, (_, options) in enumerate(groups)
        ]
    choice_anchors = _choice_anchors(product, seen, counts) if len(anchors) < 2 and len(seen.accounts) < 2 else []
    if choice_anchors:
        return [
            replace(
                base,
                amount=anchors[0] if anchors else None,
                quantity=int(count.number or 1),
                accounts=list(seen.accounts),
                choices={**base.choices, name: chosen},
            )
            for (name, chosen), count in choice_anchors
        ]
    if len(anchors) > 1:
        anchors = asked_for(anchors, counts, seen, known=product is not None or bool(candidates))
    option_anchors = _option_anchors(product, seen) if len(anchors) < 2 else []
    words = {m.word for m, _ in option_anchors if product is not None and m.word not in product.option_words}
    if option_anchors and product is not None and anchors and anchors[0].word in words:
        for mention, _ in option_anchors:  # 夜场成人两张儿童一张: at night, both
            base.options = {**dict(_of_sku(mention, product)), **base.options}
        anchors = []
    if option_anchors and (not anchors or len(counts) >= len(option_anchors)):
        if anchors and counts[0].number == sum(count.number or 0 for count in counts[1:]):
            counts = counts[1:]  # 5次的两张，一张轿车一张越野车
        return _by_option(replace(base, amount=anchors[0] if anchors else None), option_anchors, counts, seen)
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
        if quantity == len(accounts) and not _each_of(quantity, counts, seen.text):
            quantity = None  # 俩月卡 138…和131…: one for each
        options, choices = dict(base.options), dict(base.choices)
        for chosen, meant in ((options, 0), (choices, 1)):
            pairs = [(pair, own) for m, own in local for pair in _meanings(m, product)[meant]]
            for pair, own in pairs:
                if own is not account and chosen.get(pair[0]) == pair[1]:
                    del chosen[pair[0]]
            chosen.update(pair for pair, own in pairs if own is account)
        made.append(
            replace(base, amount=amount, quantity=quantity, accounts=[account], options=options, choices=choices)
        )
    return made


_PARTS = (
    re.compile(r"[^\n]+"),
    re.compile(r"[^\n;；。]+"),
    re.compile(r"[^\n;；。,，]+"),
    re.compile(r"[^\s,，;；。]+"),
)


def _said_with_one(seen: Seen, accounts: list[Account]) -> list[tuple[Mention, Account]]:
    """List the options said in the line (or the piece between spaces) of one account: they are that account's alone."""
    placed = [
        (mention, at) for mention in seen.mentions if (at := _whose(seen.text, mention, len(accounts))) is not None
    ]
    if placed:
        return [(mention, accounts[at]) for mention, at in placed]
    for parts in _PARTS:
        spans = [match.span() for match in parts.finditer(seen.text)]
        homes = [next((i for i, (s, e) in enumerate(spans) if s <= a.start < e), -1) for a in accounts]
        if len(set(homes)) == len(accounts):
            by_span = dict(zip(homes, accounts, strict=True))
            found = ((m, next((i for i, (s, e) in enumerate(spans) if s <= m.start < e), -1)) for m in seen.mentions)
            return [(m, by_span[i]) for m, i in found if i in by_span and (m.entry.options or m.entry.choices)]
    return []


_WHOSE = re.compile(
    r"(?:第(?P<nth>[一二三四五1-5])个|(?P<first>前面?那?一?个)|(?P<last>后面?那?一?个|最后那?一?个))(?:号码?|人)?的?(?:要|用|是|走|选|给)*\s*$"
)


def _whose(text: str, mention: Mention, accounts: int) -> int | None:
    """Tell whose an option is when it says so: 第二个号要慢充."""
    match = _WHOSE.search(text[max(0, mention.start - 10) : mention.start])
    if match is None or not (mention.entry.options or mention.entry.choices):
        return None
    at = accounts - 1 if match["last"] else 0 if match["first"] else int(read_numeral(match["nth"]) or 0) - 1
    return at if 0 <= at < accounts else None


def _meant_for(product: ProductIndex | None, accounts: list[Account]) -> list[Account]:
    """Leave out accounts of another kind when one that fits was said: a QQ number beside the phone to top up."""
    if product is None or len(accounts) < 2:
        return accounts
    fitting = [
        a
        for a in accounts
        if any(
            accept(entry, a.said) and not (a.cue == "phone" and entry.kind == "qq") for entry in product.account_fields
        )
    ]
    return [a for a in accounts if a in fitting or not a.cue or a.cue == "any"] if fitting else accounts


def _with_own_option(options: dict[str, str], product: ProductIndex | None, amount: Amount | None) -> dict[str, str]:
    """成人票两张儿童票一张: each SKU's name brings its own option, not the one that was said last."""
    own = product.option_words.get(amount.word) if product and amount and amount.word else None
    return {**options, own[0]: own[1]} if own else options


def _anchors(
    product: ProductIndex | None,
    seen: Seen,
    counted: Container[str] = (),
    sold_by: Container[str] = (),
    repeats: bool = False,
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
            by_count = amount.unit in counted and amount.unit not in GENERAL_COUNTERS
            if amount.kind == "count" and not by_count and amount.unit not in sold_by:
                counts.append(amount)
            elif amount.kind != "word" and (repeats or (amount.number, amount.unit or "元") not in known):
                known.append((amount.number, amount.unit or "元"))
                anchors.append(amount)
            continue
        settled = settle(product, amount)
        if settled is None or _of_other_things(product, amount, seen) or for_others(product, amount, seen):
            continue
        if settled.count is not None:
            if amount.kind == "count" or counts_plainly(amount, seen):
                counts.append(amount)  # but not 稳定十一激活码, 钻石3到星耀
        elif (
            product.any_sku
            and amount.kind == "count"
            and (amount.number or 0) < 10
            and any(a.kind == "value" and a.unit != "元" and settle(product, a) for a in seen.amounts)
        ):
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
        anchors, counts = _worth(product, anchors, counts, seen)
    if product is not None and not anchors and len(counts) == 1 and product.unit in seen.text:
        only = counts[0]
        if only.unit == "个" and product.unit not in ("", "个", "元") and only.number in product.by_value:
            return [replace(only, kind="value", unit=product.unit)], []  # 科三的课时给我加四个
    if product is not None and not anchors and _may_be_value(product, counts):
        return [], []
    return _only_on_sale(product, *in_order(product, anchors, counts), seen)


_FACE = re.compile(r"\s*(?:块|元|的|面额|面值)*(?:面额|面值|一张|1张|每张)")


def _worth(
    product: ProductIndex, anchors: list[Amount], counts: list[Amount], seen: Seen
) -> tuple[list[Amount], list[Amount]]:
    """给我来300块的，要100面额的: three of a hundred."""
    totals = [a for a in seen.amounts if a.kind == "none" and a.number and a.unit == "元"]
    if len(anchors) == 1 and len(totals) == 1 and not any((count.number or 0) > 1 for count in counts):
        both = _worth(product, [*anchors, replace(totals[0], kind="value")], counts, seen)
        return both if len(both[0]) == 1 else (anchors, counts)  # 总共300块的，100一张的
    if len(anchors) != 2 or any((count.number or 0) > 1 for count in counts):
        return anchors, counts
    for whole, face in (anchors, anchors[::-1]):
        settled, total = settle(product, face), whole.number or 0
        sold = settled is not None and bool(settled.skus) and bool(face.number)
        said = _FACE.match(seen.text, face.start + len(str(face.number))) or _FACE.match(seen.text, face.end)
        unsold = total > (face.number or 0) and whole.number not in product.by_value
        if sold and said and unsold and total % (face.number or 1) == 0:
            return [face], [Amount(whole.start, whole.end, "count", total // (face.number or 1), "张")]
    return anchors, counts


def _may_be_value(product: ProductIndex, counts: list[Amount]) -> bool:
    """50个 of what comes in fifties: fifty pieces, or the one of fifty."""
    if len(counts) != 1 or counts[0].unit != "个" or product.unit in ("个", "张"):
        return False
    number = counts[0].number or 0
    return number > 9 and number in product.by_value


def _of_other_things(product: ProductIndex, amount: Amount, seen: Seen) -> bool:
    """三瓶啤酒, when nothing is sold by the 瓶: a counter of its own before a word that names nothing here."""
    if (
        amount.kind != "count"
        or not amount.unit
        or amount.unit in GENERAL_COUNTERS
        or amount.unit in product.piece_units
    ):
        return False
    after = seen.text[amount.end : amount.end + 1]
    clause = _CLAUSE.match(seen.text, amount.end)
    told = clause is not None and any(amount.end <= mention.start < clause.end() for mention in seen.mentions)
    return (
        amount.unit not in (product.unit, product.any_unit)
        and not told
        and after >= "\u4e00"
        and after not in "的吧呢啊和跟还再就到给寄送要"
    )


def _of_label(product: ProductIndex, count: Amount, anchors: list[Amount]) -> bool:
    """三年3台 names one SKU: a number that its label has beside the amount it stands next to counts nothing."""
    named = product.by_pair.get((count.number, count.unit)) if count.number is not None and count.unit else None
    beside = [a for a in anchors if 0 <= count.start - a.end <= 1 or 0 <= a.start - count.end <= 1]
    picked = {sku.code for a in beside for sku in (settle(product, a) or Settled()).skus or ()}
    return any(sku.code in picked for sku in named or ())


_OF_NOUN = re.compile(r"(?![的和跟与及还再各要吧给])[\u4e00-\u9fff]{2}")
"""泰国7天的esim，6天行程: not on sale, and said of something."""


def _only_on_sale(
    product: ProductIndex | None, anchors: list[Amount], counts: list[Amount], seen: Seen
) -> tuple[list[Amount], list[Amount]]:
    """With several amounts, a bare number not on sale is no denomination; a small one after another is a count."""
    if product is None or len(anchors) < 2:
        return anchors, counts
    sold = [a for a in anchors if (s := settle(product, a)) and s.skus]
    if not sold:
        return anchors, counts
    rest = [a for a in anchors if a not in sold]
    counts = counts + [
        replace(a, kind="count")
        for a in rest
        if not a.unit and a.kind == "value" and (a.number or 0) < 10 and counts_plainly(a, seen)
    ]
    kept = [a for a in anchors if a in sold or a.kind != "value" or (a.unit and not _OF_NOUN.match(seen.text, a.end))]
    words = [a for a in kept if a.word and a.kind == "word"]
    if words and len(kept) > len(words):
        # A SKU's own name next to another amount of the same SKU family: keep the name only if it differs.
        codes = [{s.code for s in (settle(product, a) or settle(product, words[0])).skus or ()} for a in kept]  # type: ignore[union-attr]
        kept = [a for i, a in enumerate(kept) if not any(j != i and codes[j] < codes[i] for j in range(len(kept)))]
    return kept, counts


_EACH = re.compile("各|每|都")
_LATER = re.compile("再[来要买充]?$")


def _count_for(i: int, anchors: list[Amount], counts: list[Amount], text: str) -> int | None:
    """Find how many of the i-th amount: the count that stands next to it, or one said for each (各两张)."""
    counts = [count for count in counts if count.number is not None and 0 < count.number <= 10000]
    totals = [count for count in counts if TOTAL.search(text[max(0, count.start - 5) : count.start])]
    if totals and len(counts) > 1:  # 五张大杯三张中杯一共八张; 大杯两张再加一张，一共三张
        counts = totals if len(anchors) < 2 else [count for count in counts if count not in totals]
    for count in counts:
        if re.search(
            r"(?:各|每个|每样|每种|都要?|一样|每|分别)[来要买充整洗租印拍订报做打弄搞]?\s*$",
            text[max(0, count.start - 4) : count.start],
        ):
            others = [other for other in counts if other is not count]
            if len(others) == 1 and count.number == 1 and len(anchors) < 2:
                return int(others[0].number or 1)  # 年卡两张，我和室友各一张
            return int(count.number or 1)
    if len(anchors) < 2:
        if not counts:
            return None
        if not anchors:
            return int(counts[-1].number or 1)
        nearest = min(counts, key=lambda c: min(abs(c.start - anchors[0].end), abs(anchors[0].start - c.end)))
        larger = [c for c in counts if c.number and c.number > 1 and not _LATER.search(text[: c.start][-3:])]
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


def _each_of(quantity: int, counts: list[Amount], text: str) -> bool:
    """Tell whether this many were said for each account: 各两张, but not 两张卡各充200."""
    return any(c.number == quantity and _EACH.search(text[max(0, c.start - 4) : c.start]) for c in counts)


def _gap(text: str, start: int, end: int) -> int:
    """Measure how far apart two things stand; a clause boundary counts for more than any word."""
    between = text[start:end]
    if between == "的":  # 50的两张100的一张: two of fifty
        return 0
    return end - start + 8 * len(BREAK.findall(between)) + 4 * between.count(" ")


_CLAUSE = re.compile(r"[^,，;；。\n]+")


_NTH = re.compile(
    r"(?:第(?P<nth>[一二三四五\d])个|前(?P<first>[一两二三四五\d])个|(?:最后|后面?)(?P<last>[一两二三四五\d])个"
    r"|(?P<rest>剩下|其余|其他|其它|另外)的?[一两二三四五\d]?个?)(?:号码?|人)?(?:都|各)?(?:改成?|换成?|要|是|给)*(?:充|冲)?\s*$"
)


def _nth(text: str, anchor: Amount, total: int, spoken_for: int) -> range | None:
    """Tell which accounts an amount is for when it says so: 第二个充100, 前两个充50, 最后一个充30, 其他充20."""
    match = _NTH.search(text[max(0, anchor.start - 12) : anchor.start])
    if match is None:
        return None
    if match["rest"]:
        return range(spoken_for, total)
    count = int(read_numeral(match["nth"] or match["first"] or match["last"]) or 0)
    if match["nth"]:
        return range(count - 1, count)
    return range(count) if match["first"] else range(max(0, total - count), total)


def _anchor_of(i: int, accounts: list[Account], anchors: list[Amount], text: str) -> Amount | None:
    """Find the amount of the i-th account: that of its line or clause, else the one said before it."""
    told, plain = 0, []
    for anchor in anchors:
        places = _nth(text, anchor, len(accounts), told)
        if places is not None and i in places:
            return anchor
        told = max(told, places.stop if places else 0)
        plain += [] if places else [anchor]
    anchors = plain or anchors
    if not anchors or len({(a.number, a.unit, a.word) for a in anchors}) == 1:
        return anchors[0] if anchors else None
    account = accounts[i]
    for parts in (_PARTS[0], _CLAUSE):
        start, end = next(m.span() for m in parts.finditer(text) if m.start() <= account.start < m.end())
        inside = [a for a in anchors if start <= a.start < end]
        alone = sum(start <= other.start < end for other in accounts) == 1
        if inside and (alone or len(inside) == 1):
            return min(inside, key=lambda a: min(abs(a.start - account.end), abs(account.start - a.end)))
    if len(anchors) == len(accounts):
        return anchors[i]
    before = [a for a in anchors if a.end <= account.start]
    return before[-1] if before else anchors[0]


def _roles(product: ProductIndex | None, accounts: list[Account]) -> bool:
    """Tell whether several accounts fill several fields of one item (a phone and a UID), not one item each."""
    if product is None:  # 浙AD12345，135…: a plate and the phone beside it
        cues = {account.cue for account in accounts}
        return len(accounts) == len(cues) == 2 and any(cue.startswith("=") for cue in cues)
    if len(accounts) < 2 or len(product.account_fields) < 2:
        return False
    return len(accounts) <= len(product.account_fields) and len({a.cue for a in accounts}) == len(accounts)


def _choose(draft: Draft, product: ProductIndex | None, seen: Seen) -> None:
    """Fill options and choices; a word that is both (钻石 now, 钻石 as the target) goes where 从…到… puts it."""
    for ending, pair in product.option_tails.items() if product else ():  # 钻石上王者
        place = seen.text.rfind(ending)
        if place > 0 and ONTO.search(seen.text[max(0, place - 6) : place]):
            draft.options[pair[0]] = pair[1]
    for mention in seen.mentions:
        options, choices = _meanings(mention, product)
        if options and choices:
            before = seen.text[max(0, mention.start - 8) : mention.start]
            if ONTO.search(before):
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
        values = Counter(name for name, _ in {pair for _, pair in pairs})
        if max(values.values(), default=0) == counted:  # 夜场票 两个大人一个小孩: at night, all of them
            pairs = [(m, pair) for m, pair in pairs if values[pair[0]] == counted]
        if counted < 2 or len({pair for _, pair in pairs}) != counted or len({pair[0] for _, pair in pairs}) != 1:
            return []
        return pairs if len(pairs) == counted else []
    named = [
        (m, product.option_words[m.word])
        for m in seen.mentions
        if m.word in product.option_words and not m.entry.choices
    ]
    if named:  # 科目一科目四补考, where the latter is a SKU's own name
        named += [(m, pair) for m in seen.mentions for pair in _of_sku(m, product)]
        named.sort(key=lambda pair: pair[0].start)
    chosen = Counter(name for name, _ in {pair for _, pair in named})
    several = [name for name, values in chosen.items() if values > 1]
    if len(several) != 1:
        return []
    named = [(m, pair) for m, pair in named if pair[0] == several[0]]  # 夜场成人两张儿童一张
    places = {a.start for a in seen.amounts if a.kind == "count"}
    named.sort(key=lambda pair: (pair[0].end in places, -pair[0].start))  # 给两个孩子报，儿童票两张
    first = {pair: m for m, pair in named}
    return sorted(((m, pair) for pair, m in first.items()), key=lambda found: found[0].start)


def _grouped(product: ProductIndex | None, seen: Seen) -> list[tuple[Amount, dict[str, str]]]:
    """Group values of several options that are each said anew for every item: 黑的L码和白的M码各一件."""
    groups: list[tuple[Amount, dict[str, str]]] = []
    for m in seen.mentions if product else ():
        pair = product.option_words.get(m.word) if product and not m.entry.choices else None
        if pair is None:
            continue
        if not groups or groups[-1][1].get(pair[0], pair[1]) != pair[1]:
            groups.append((Amount(m.start, m.end, "word", None, "", m.word), {}))
        span, options = groups[-1]
        groups[-1] = (replace(span, end=m.end), {**options, pair[0]: pair[1]})
    sizes = {frozenset(options) for _, options in groups}
    return groups if len(groups) > 1 and len(sizes) == 1 and len(groups[0][1]) > 1 else []


def _of_sku(mention: Mention, product: ProductIndex) -> list[tuple[str, str]]:
    """List the options of the one SKU that a word is the name of."""
    skus = product.by_word.get(mention.word, ())
    return list(skus[0].options.items()) if len(skus) == 1 and mention.word not in product.option_words else []


def _choice_anchors(
    product: ProductIndex | None, seen: Seen, counts: list[Amount]
) -> list[tuple[tuple[str, str], Amount]]:
    """Pair values of one choice with counts that take turns with them: S码一套 L码一套."""
    if product is None or len(counts) < 2:
        return []
    pairs = [(m, p) for m in seen.mentions if not m.entry.options for p in product.choice_words.get(m.word, ())[:1]]
    turns = sorted([(m.start, "choice") for m, _ in pairs] + [(count.start, "count") for count in counts])
    if len({name for _, (name, _) in pairs}) != 1 or len({pair for _, pair in pairs}) != len(counts):
        return []
    if len(pairs) != len(counts) or any(one[1] == other[1] for one, other in pairwise(turns)):
        return []
    return [(pair, count) for (_, pair), count in zip(pairs, counts, strict=True)]


def _paired(
    product: ProductIndex | None, seen: Seen, counted: Container[str], sold_by: Container[str]
) -> list[tuple[Amount, tuple[str, str]]]:
    """Pair amounts with options that take turns with them: 光面50 绒面50; 慢充100和快充100."""
    options = _option_anchors(product, seen)
    if len(options) < 2:
        return []
    amounts = [a for a in _anchors(product, seen, counted, sold_by, repeats=True)[0] if a.kind != "word"]
    if len(amounts) == len(options) + 1 and amounts[0].number == sum(a.number or 0 for a in amounts[1:]):
        amounts = amounts[1:]  # 精修20张，10张日系10张胶片
    turns = sorted([(a.start, "amount") for a in amounts] + [(mention.start, "option") for mention, _ in options])
    if len(amounts) != len(options) or any(one[1] == other[1] for one, other in pairwise(turns)):
        return []
    return [(amount, option) for amount, (_, option) in zip(amounts, options, strict=True)]


def _by_option(
    base: Draft, anchors: list[tuple[Mention, tuple[str, str]]], counts: list[Amount], seen: Seen
) -> list[Draft]:
    spans = [Amount(m.start, m.end, "word", None, "", m.word) for m, _ in anchors]
    made = []
    chosen_mentions = [mention for mention, _ in anchors]
    own_counts = [c for c in counts if not any(m.start == c.end and m not in chosen_mentions for m in seen.mentions)]
    counts = own_counts if len(own_counts) == len(anchors) else counts
    clauses = [match.span() for match in _CLAUSE.finditer(seen.text)]
    for i, (mention, (name, chosen)) in enumerate(anchors):
        quantity = _count_for(i, spans, counts, seen.text)
        start, end = next((s, e) for s, e in clauses if s <= mention.start < e)
        own = [pair for m in seen.mentions if start <= m.start < end for pair in _meanings(m, base.product)[1]]
        choices = {**base.choices, **dict(own)}  # 半决赛B区两张，总决赛主席台一张
        made.append(
            replace(
                base,
                quantity=quantity,
                options={**base.options, name: chosen},
                choices=choices,
                accounts=list(seen.accounts),
            )
        )
    return made
