"""Which of several amounts were asked for: a list is taken whole; a total, or a number about something else, is not."""

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from nlu.amounts import Amount, settle
from nlu.lexicon import ProductIndex
from nlu.phrases import Mention
from nlu.seen import Seen
from nlu.words import GENERAL_COUNTERS

_JOINS = re.compile(
    r"(?:[的和跟与及加再来要给还买充冲拿整订开个张份本条和就行了洗留卡券票线包款版套餐型装面值是呗吧嘛呢啊呃嗯这那种次回把也先大中小一]"
    r"|[\s,，、。;；+/&:：*x\n]|还有|另外|以及|其他|一样|分别|[月日周年季天]包|[杯壶瓶]|多少钱?|什么价格?|啥价|怎么卖|咋卖|价格|几块钱?|[?？]|and|card)*"
)
"""What may stand between two lines of one list."""
_AND = re.compile("[和跟、+及]|还有|再")
_OTHER_NAME = re.compile(r"[a-z]|[^\s,，、的]{4}")
_ASKED = re.compile(r"(?:[充冲来买要拿开加交缴续订租报洗]|打印)(?:个|[一1]?张|[一1]个|一下|点|你)?\s*$")
_ALTERNATIVES = re.compile(r"[块元]?(?:的|钱)?[\s,，]*(?:都|也)(?:行|可以|成|ok|得)(?!了)|哪个|随便")
TOTAL = re.compile(r"(?:总共|一共|合计|总价|总额|共计|凑够?|总数)(?:是|要|花|充|买)?$")
EACH = re.compile(r"[各每都]")
_MORE = re.compile("再|还[要有]|另外|[外添]?加")
_APART = re.compile(r"[,，。;；买分]")


def asked_for(anchors: list[Amount], counts: list[Amount], seen: Seen, known: bool = True) -> list[Amount]:
    """Keep the amounts that were asked for, of several: all of a list, else the one beside the verb or the goods.

    None is kept when the words do not tell: the buyer is asked then. Goods not `known` need plainer words for a list.
    """
    begun = {amount.start for amount in seen.amounts}
    anchors = [a for a in anchors if a.number != 1 or a.word or a.end not in begun] or anchors  # 12课时, 一课时25分钟
    anchors = _without_prices(anchors, seen)
    anchors = _without_total(anchors, counts, seen.text)
    anchors = _without_sum_of_each(anchors, seen)
    if len(anchors) < 2 or len(seen.accounts) > 1:
        return anchors
    covered = [(m.start, m.end) for m in seen.mentions] + [(ref.start, ref.end) for ref in seen.refs]
    covered += [(account.start, account.end) for account in seen.accounts]
    covered += [(amount.start, amount.end) for amount in seen.amounts if amount.kind != "none"]
    gaps = [_between(seen.text, one.end, other.start, covered) for one, other in pairwise(anchors)]
    counted = len(counts) >= len(anchors)
    if not known and not counted and not all(_AND.search(gap) for gap in gaps):
        return []  # 不是92是95，200的
    if all(_JOINS.fullmatch(gap) or (counted and not _OTHER_NAME.search(gap)) for gap in gaps):
        return [] if _ALTERNATIVES.match(seen.text, anchors[-1].end) and not counts else anchors
    said = [amount for amount in anchors if _ASKED.search(seen.text[max(0, amount.start - 5) : amount.start])]
    said = said or [amount for amount in anchors if _beside_goods(amount, seen)]
    return said if len(said) == 1 else []


_SHARED_OUT = re.compile("平分|均分|平摊|对半|[一每]人一半|各[充冲买来要]?一半|分着[充冲买]")


def share_out(product: ProductIndex | None, seen: Seen) -> None:
    """Read an amount that several numbers share as what each gets, where that is on sale; else it settles nothing."""
    if not _SHARED_OUT.search(seen.text):
        return
    many = len({account.said for account in seen.accounts})
    whole = [a for a in seen.amounts if a.kind == "value"]
    for amount in whole:
        number = amount.number
        share = replace(amount, kind="none")
        if product is not None and len(whole) == 1 and many > 1 and isinstance(number, int) and not number % many:
            each = replace(amount, number=number // many, word="")
            settled = settle(product, each)
            share = each if settled is not None and settled.skus else share
        seen.amounts = [share if a is amount else a for a in seen.amounts]


def _between(text: str, start: int, end: int, covered: Iterable[tuple[int, int]]) -> str:
    """Give what stands between two amounts, without the words that are explained."""
    kept = [place for place in range(start, end) if not any(s <= place < e for s, e in covered)]
    return "".join(text[place] for place in kept)


def _beside_goods(amount: Amount, seen: Seen) -> bool:
    return any(
        ref.start <= amount.start <= ref.end or 0 <= ref.start - amount.end <= 1 for ref in seen.refs if ref.product
    )


def _without_prices(anchors: list[Amount], seen: Seen) -> list[Amount]:
    """20一个月，开3个月: what a month costs is no amount, and that month is none where another is asked for."""
    ended = {amount.end for amount in seen.amounts if amount.kind in ("value", "none") and not amount.word}
    priced = {anchor.start for anchor in anchors if anchor.kind == "months" and anchor.start in ended}
    anchors = [anchor for anchor in anchors if anchor.end not in priced]
    lasting = [anchor for anchor in anchors if anchor.start not in priced]
    return lasting or anchors


def _without_sum_of_each(anchors: list[Amount], seen: Seen) -> list[Amount]:
    """充两百，哥哥…，妹妹…，一人一百: of the sum and what each of several gets, the latter."""
    many = len({account.said for account in seen.accounts})
    if len(anchors) != 2 or many < 2:
        return anchors
    whole, each = anchors
    before = seen.text[max(0, each.start - 6) : each.start]
    outside = whole.end <= min(a.start for a in seen.accounts) and each.start >= max(a.end for a in seen.accounts)
    shared = outside and whole.number == (each.number or 0) * many and _FOR_EACH.search(before)
    return [each] if shared else anchors


_FOR_EACH = re.compile(r"(?:各|每人|每个|一人|一个人?|每个号|人手)[充冲买来要给]?\s*$")


def _without_total(anchors: list[Amount], counts: list[Amount], text: str) -> list[Amount]:
    """Leave out what the others come to: 各充50一共100; 京东卡凑1000, 五百两张."""
    if len(anchors) < 2:
        return anchors
    single = [amount for amount in anchors if not TOTAL.search(text[max(0, amount.start - 5) : amount.start])]
    if single and len(single) < len(anchors):
        return single
    if len(anchors) > 2 or len(counts) != 1 or EACH.search(text[max(0, counts[0].start - 4) : counts[0].start]):
        return anchors
    count = counts[0]
    for total, other in (anchors, anchors[::-1]):
        beside = min(abs(count.start - other.end), abs(other.start - count.end)) < 2
        between = text[min(total.end, other.end) : max(total.start, other.start)]
        if (
            beside
            and total.number == (other.number or 0) * (count.number or 0)
            and _APART.search(between)
            and not _MORE.search(between)
        ):
            return [other]
    return anchors


_COUNTED_BEFORE = re.compile(r"(?:^|[\s,，。、;；+:：x*的来要拿买给订充冲加开整各]|数量)$")
_COUNTED_AFTER = re.compile(r"$|[\s,，。、;；!！?？+和跟与的吧份哈啊呗呢个给]")


def counts_plainly(amount: Amount, seen: Seen) -> bool:
    """Tell whether a bare number can say how many: 大杯3中杯2, but not 钻石3到星耀, 贵族8 or 身高1米6."""
    starts = any(m.start == amount.end for m in seen.mentions)
    ends = any(m.end == amount.start and not _only_choice(m) for m in seen.mentions)
    before = ends or any(a.end == amount.start and a.kind != "none" for a in seen.amounts)
    before = before or bool(_COUNTED_BEFORE.search(seen.text[max(0, amount.start - 2) : amount.start]))
    return before and (starts or bool(_COUNTED_AFTER.match(seen.text, amount.end)))


def _only_choice(mention: Mention) -> bool:
    entry = mention.entry
    return bool(entry.choices) and not (entry.products or entry.skus)


_USED_BY = re.compile(r"[放玩碎吃用送贴拍看听坐跑打弄坏丢抢带]了?$")


def for_others(product: ProductIndex, amount: Amount, seen: Seen) -> bool:
    """Tell whether a count is of other things: 放100张照片, 电脑2台, an option that these goods do not come in."""
    if amount.kind != "count":
        return False
    beside = [
        m.entry.owners
        for m in seen.mentions
        if m.end == amount.start and product.id not in (*m.entry.products, *m.entry.categories, *m.entry.shorthand)
    ]  # 钢琴12节, where 钢琴 is an exam's option as well as the lessons' category
    if any(owners and product.id not in owners for owners in beside):
        return True
    if beside or (amount.unit and amount.unit in (product.unit, product.any_unit, *product.piece_units)):
        return False
    before = seen.text[max(0, amount.start - 2) : amount.start]
    if amount.unit in GENERAL_COUNTERS:
        after = seen.text[amount.end : amount.end + 1]
        if _USED_BY.search(before) and after >= "\u4e00" and after not in "的吧呢啊吗给":
            return True
        named = any(
            m.start == amount.end and (m.entry.means_things or m.entry.skus or product.id in m.entry.owners)
            for m in seen.mentions
        )
        return not named and bool(_PERSONS.match(seen.text, amount.end)) and not _APIECE.search(seen.text, amount.end)
    return (
        bool(amount.unit) and _NOUN.search(before) is not None and not any(ref.end == amount.start for ref in seen.refs)
    )


_PERSONS = re.compile(r"小?孩|同[事学]|室友|老人|大人|娃|客户|员工|亲戚|朋友|学生")
_APIECE = re.compile("每|各|一人|人手")
_NOUN = re.compile(r"(?:电脑|手机|设备|机器|平板|电视|孩子|车)$")


def in_order(
    product: ProductIndex | None, anchors: list[Amount], counts: list[Amount]
) -> tuple[list[Amount], list[Amount]]:
    """Read 2*50 as two of fifty where fifty is on sale and two is not."""
    if product is None or len(anchors) != 1 or len(counts) != 1:
        return anchors, counts
    (value,), (count,) = anchors, counts
    bare = not value.unit and not count.unit and not value.word and value.kind == "value"
    if bare and value.number not in product.by_value and count.number in product.by_value and product.any_sku is None:
        return [replace(count, kind="value")], [replace(value, kind="count")]
    return anchors, counts
