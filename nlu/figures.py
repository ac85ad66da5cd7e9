"""Which numbers say what size and which say how many, for one product: the two never compete for the same number."""

import re
from collections.abc import Container
from dataclasses import replace

from nlu.amounts import Amount, Settled, settle
from nlu.lexicon import ProductIndex, plain, unit_key
from nlu.licence import counts_plainly, for_others, in_order
from nlu.seen import CLAUSE, Seen
from nlu.words import GENERAL_COUNTERS, MEASURES, PIECES


def sizes_and_counts(
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
            if amount.kind == "count" and amount.unit == "个" and _pieces_of(seen, amount, sold_by):
                anchors.append(replace(amount, kind="value"))  # 课时包10个
            elif amount.kind == "count" and not by_count and amount.unit not in sold_by:
                counts.append(amount)
            elif amount.kind != "word" and (repeats or (amount.number, amount.unit or "元") not in known):
                known.append((amount.number, amount.unit or "元"))
                anchors.append(amount)
            continue
        settled = settle(product, amount)
        if settled is None and _measure_of_another_size(product, amount, seen):
            counts.append(replace(amount, kind="count"))
            continue
        if settled is None or _of_other_things(product, amount, seen) or for_others(product, amount, seen):
            continue
        if settled.count is not None:
            if amount.unit in product.others_units:
                continue  # 铁馆20节: lessons of another product, and no twenty of this
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
    if len(anchors) > 1:
        anchors = _without_descriptions(anchors, seen.text)
    if product is not None and product.unit != "元":  # 100Q币98块: the 98 is its price
        own = [a for a in anchors if a.unit != "元"]
        anchors = own or anchors
    if any(count.kind == "count" for count in counts):  # 温度十一要一个: with a plain count, a bare number is none
        counts = [count for count in counts if count.kind == "count"]
    if product is not None and anchors:
        counts = [count for count in counts if not _of_label(product, count, anchors)]
        anchors, counts = _worth(product, anchors, counts, seen)
    plain = [count for count in counts if not _FOR_EACH.search(seen.text[max(0, count.start - 4) : count.start])]
    if product is not None and not anchors and len(plain) == 1 and product.unit in seen.text:
        only, rest = plain[0], [count for count in counts if count not in plain]
        counted = _LESSONS if product.unit in _LESSONS else ("个",)
        if only.unit in counted and product.unit not in ("", "个", "元") and only.number in product.by_value:
            return [replace(only, kind="value", unit=product.unit)], rest  # 科三的课时给我加四个, 每人一份
    sizes = [count for count in plain if product is not None and _in_other_words(product, count)]
    if product is not None and not anchors and len(sizes) == 1 and len(plain) == 2:
        rest = [count for count in counts if count not in sizes]
        return [replace(sizes[0], kind="value", unit=product.unit)], rest  # 胶片24张，两包
    if product is not None and not anchors and _may_be_value(product, counts):
        plainly = _in_other_words(product, counts[0]) and counts[0].unit != "张"  # 33朵 of what comes in 33枝
        return ([replace(counts[0], kind="value", unit=product.unit)], []) if plainly else ([], [])
    if product is not None and not anchors and len(counts) == 1:
        anchors = _by_own_unit(product, counts[0])
    if product is not None and not anchors and not product.valued:
        anchors = _in_its_name(product, seen)
    return _only_on_sale(product, *in_order(product, anchors, counts), seen)


def _in_its_name(product: ProductIndex, seen: Seen) -> list[Amount]:
    """Give the SKU whose name a name of the goods has in it: 上门换药 is the 换药 of 上门护理."""
    if any(m.word in product.option_words for m in seen.mentions):
        return []
    refs = [r for r in seen.refs if r.product == product.id and len(r.word) > 2 and not seen.tells(r.start)]
    found = {word: ref for ref in refs for word in product.by_word if len(word) > 1 and word in ref.word != word}
    told = [w for w in found if len(product.by_word[w]) == 1 and not all(w in name for name in product.names)]
    return [Amount(found[told[0]].start, found[told[0]].start, "word", word=told[0])] if len(told) == 1 else []


def _pieces_of(seen: Seen, amount: Amount, sold_by: Container[str]) -> bool:
    """Tell whether 个 stands for a unit that is said before it: 课时包10个."""
    said = _UNIT_AHEAD.search(seen.text[: amount.start])
    each = _FOR_EACH.search(seen.text[max(0, amount.start - 4) : amount.start])
    return said is not None and said[1] in sold_by and each is None and (amount.number or 0) > 1


_UNIT_AHEAD = re.compile(r"(?<![\d一二两三四五六七八九十百千])(课时|小时|点券)包?(?:来|要|充|买|的)?$")


def _by_own_unit(product: ProductIndex, count: Amount) -> list[Amount]:
    """Name the one kind that is sold by this unit: 两桶 of water that comes by the 桶 and by the book of tickets."""
    if product.valued or not count.unit or (count.number, count.unit) in product.by_pair:
        return []
    sold = [sku for sku in product.words.skus if unit_key(sku.unit) == count.unit]
    if any(plain(sku.label).startswith(f"{count.number}{count.unit}") for sku in product.words.skus):
        return []  # 10桶水票
    word = plain(sold[0].label) if len(sold) == 1 < len(product.words.skus) else ""
    return [Amount(count.start, count.start, "word", word=word)] if word in product.by_word else []


def _in_other_words(product: ProductIndex, count: Amount) -> bool:
    """Tell whether a count is a size on sale, counted by another word than its own: 24张 of what has 片."""
    return (
        (count.number or 0) > 3
        and count.number in product.by_value
        and product.unit in PIECES
        and count.unit in PIECES
        and bool(count.unit)
    )


def _without_descriptions(anchors: list[Amount], text: str) -> list[Amount]:
    """折叠自行车补个胎: a SKU's name that only tells what thing it is, beside one that says what shall be done."""
    deeds = [a for a in anchors if a.word and len(a.word) > 1 and a.word[0] in _DONE_TO_THINGS]
    told = [
        a for a in anchors if a.kind == "word" and a not in deeds and _OF_A_THING.match(text, a.end) and a.word in text
    ]
    return [a for a in anchors if a not in told] if deeds and told else anchors


_DONE_TO_THINGS = frozenset("打洗换修剪补贴调烫染磨封拆装改焊缝刷喷抛")
_OF_A_THING = re.compile("(?![的吧呢啊和跟与及还再各要一两三二也都就])[\u4e00-\u9fff]")
_FOR_EACH = re.compile("[各每都]|一人|人手")
_LESSONS = ("课时", "节", "堂", "课", "次", "个")
"""What lessons are counted by: 科三课时4节 are four of them."""


def _measure_of_another_size(product: ProductIndex, amount: Amount, seen: Seen) -> bool:
    """500毫升两壶, where only the litre comes in a 壶: no such size is sold, so the two count the half litre."""
    if amount.kind != "value" or amount.unit not in MEASURES or not amount.unit or (amount.number or 0) > 10:
        return False
    sizes = (settle(product, a) for a in seen.amounts if a.kind == "value" and a is not amount and a.unit != "元")
    return any(size is not None and size.skus for size in sizes)


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
    if len(counts) != 1 or product.unit in ("个", "张"):
        return False
    if counts[0].unit != "个" and not _in_other_words(product, counts[0]):
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
    clause = CLAUSE.match(seen.text, amount.end)
    told = clause is not None and any(amount.end <= mention.start < clause.end() for mention in seen.mentions)
    return (
        amount.unit not in (product.unit, product.any_unit)
        and not told
        and after >= "\u4e00"
        and after not in "的吧呢啊和跟还再就到给寄送要"
    )


def _of_label(product: ProductIndex, count: Amount, anchors: list[Amount]) -> bool:
    """三年3台 names one SKU: a number that its label has beside the amount it stands next to counts nothing."""
    if count.unit == "个" != product.unit:
        return False  # two of 2TB, which is also called 两个t
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
        if (not a.unit and a.kind == "value" and (a.number or 0) < 10 and counts_plainly(a, seen))
        or (a.unit == product.unit and 0 < (a.number or 0) < 10 and "个" in seen.text[a.start : a.end])
    ]
    kept = [a for a in anchors if a in sold or a.kind != "value" or (a.unit and not _OF_NOUN.match(seen.text, a.end))]
    words = [a for a in kept if a.word and a.kind == "word"]
    if words and len(kept) > len(words):
        # A SKU's own name next to another amount of the same SKU family: keep the name only if it differs.
        codes = [{s.code for s in (settle(product, a) or settle(product, words[0])).skus or ()} for a in kept]  # type: ignore[union-attr]
        kept = [a for i, a in enumerate(kept) if not any(j != i and codes[j] < codes[i] for j in range(len(kept)))]
    return kept, counts
