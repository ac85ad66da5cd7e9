"""A count that heads a list: 我要两张卡 steam100和京东200 is one of each."""

import re
from collections.abc import Callable
from dataclasses import replace

from nlu.amounts import Amount
from nlu.items import Draft
from nlu.seen import Seen

MOST = 20
_GENERIC = "东西|商品|卡片?|券|票|会员|充值卡|礼品卡|点卡|激活码|套餐|[样种款个]"
_LEADS = re.compile(rf"(?:的?(?:{_GENERIC}))*[\s,，:：、;；]*(?:分别)?是?[\s:：]*")

_MORE = re.compile("再|还[要有]|另外|[外添]?加(?!油)")


def without_heading(seen: Seen, read: Callable[[Seen], list[Draft]]) -> list[Draft]:
    """Give what is listed where the first count tells how many that are in all; else nothing."""
    head = _head(seen)
    if head is None:
        return []
    listed = replace(
        seen,
        amounts=[amount for amount in seen.amounts if amount is not head],
        refs=[*seen.refs],
        mentions=[*seen.mentions],
        accounts=[*seen.accounts],
    )
    made = read(listed)
    several = len({draft.product.id for draft in made if draft.product}) > 1
    if len(made) < 2 or sum(draft.quantity or 1 for draft in made) != head.number or not all(d.product for d in made):
        return []
    named = [ref for ref in seen.refs if ref.product and (ref.start == head.end or ref.end == head.start)]
    return [] if several and named else made  # 两张京东卡 steam50: two of the first


def _head(seen: Seen) -> Amount | None:
    """Give the first count where it stands before all that is listed, parted from it: 两个东西 steam100 win11."""
    counts = [amount for amount in seen.amounts if amount.kind == "count"]
    head = counts[0] if counts else None
    if head is None or not 1 < (head.number or 0) <= MOST:
        return None
    sizes = [amount.start for amount in seen.amounts if amount.kind in ("value", "months", "word")]
    sizes += [mention.start for mention in seen.mentions if mention.entry.options]
    sizes += [count.start for count in counts[1:]]
    goods = [ref for ref in seen.refs if ref.product or ref.candidates]
    beside = (ref for ref in goods if seen.text[head.end : ref.start] in ("", "的") or ref.end == head.start)
    its = next((ref for ref in beside if ref.start >= head.end or ref.end == head.start), None)
    first = min([*sizes, *(ref.start for ref in goods if ref is not its)], default=0)
    if first < head.end or any(account.start < head.end for account in seen.accounts):
        return None
    after = max(head.end, its.end if its else 0)
    between = _LEADS.fullmatch(seen.text, after, first) is not None
    if first == head.end and _MORE.search(seen.text, first):
        return None  # 两个100的话费，再来一个300的
    if len(counts) == 1 and len({ref.product for ref in goods}) == 1 and (its is None or first >= after):
        return head  # 两张京东卡100和200
    return head if between and first > after else None
