"""What of a product is called how when people talk (年的, 包月, 五个g), and what they only compare (大一号)."""

import re
from collections.abc import Sequence
from functools import lru_cache

from catalog.checks import fold
from catalog.model import Sku
from catalog.shelf import Shelf
from dialogs.recount_words import names_of_product

_SPAN = re.compile("^(半年|双月|[年月季周日天])(?=[卡票包套会费]|$|度)")
_SIZE = re.compile("^(超大|特大|[大中小])(?=[杯份号盒包桶瓶]|$)")
_SPANS = {
    "年": ("一年", "12个月", "十二个月"),
    "季": ("一季", "三个月", "3个月", "仨月"),
    "月": ("一个月", "1个月", "一月"),
    "周": ("一周", "一星期", "一个星期", "七天", "7天"),
    "半年": ("六个月", "6个月"),
}
_LAST_OF_NAME = re.compile("(?<=..)(?:版|卡|券|票|套餐|课|间|型|款|装|结晶|点券|月包)$")


@lru_cache(maxsize=256)
def names(product_id: str, shelf: Shelf) -> dict[str, frozenset[str]]:
    """Names, folded, and the codes of the SKUs that each can mean."""
    product = shelf.product(product_id)
    if product is None:
        return {}
    found = dict(names_of_product(product_id, shelf))
    for sku in product.skus:
        for name in spoken(sku):
            found[name] = found.get(name, frozenset()) | {sku.code}
    everything = frozenset(sku.code for sku in product.skus)
    for name in [name for name, codes in found.items() if codes == everything and len(product.skus) > 1]:
        found.setdefault(name, everything)
    return found


def spoken(sku: Sku) -> set[str]:
    """What a size is called besides its label."""
    called: set[str] = set()
    for label in (sku.label, *sku.aliases):
        name = fold(label)
        if (span := _SPAN.match(name)) is not None:
            called |= {f"{span[1]}的", f"包{span[1]}", f"{span[1]}度", f"按{span[1]}", *_SPANS.get(span[1], ())}
        if (size := _SIZE.match(name)) is not None:
            called |= {f"{size[1]}的", f"{size[1]}号"}
        short = _LAST_OF_NAME.sub("", name)
        if short != name and not short.isdecimal():
            called |= {short} if len(short) > 1 else {f"{short}的"}
    return called


def compared(clause: str, mine: Sku, siblings: Sequence[Sku]) -> Sku | None:
    """大一号, 换那个最大的, 要长的那根: the size meant, of those that differ in nothing else."""
    sizes = sorted(siblings, key=lambda sku: sku.price_fen)
    if mine not in sizes or len(sizes) < 2:
        return None
    at = sizes.index(mine)
    if _UP.search(clause):
        return sizes[at + 1] if at + 1 < len(sizes) else None
    if _DOWN.search(clause):
        return sizes[at - 1] if at else None
    if _MOST.search(clause) or (_MORE.search(clause) and len(sizes) == 2):
        return sizes[-1] if at + 1 < len(sizes) else None
    if _LEAST.search(clause) or (_LESS.search(clause) and len(sizes) == 2):
        return sizes[0] if at else None
    return None


_UP = re.compile("[大高长贵]一?[号档级](?!的?不)|升一?[级档]|再[大长高][一点些]*的")
_DOWN = re.compile("[小低短]一?[号档级]|降一?[级档]|再[小短]一?[点些]的")
_MOST = re.compile("最[大贵高长多]的?|顶配|顶格|拉满")
_LEAST = re.compile("最[小便短少低]宜?的?")
_MORE = re.compile("[大长多贵厚]的那?|[大长多]那[个种根张份瓶]|^[大长]的$")
_LESS = re.compile("[小短少]的那?|便宜的|[小短少]那[个种根张份瓶]|^[小短]的$")
