"""What of a product is called how when people talk (年的, 包月, 五个g), and what they only compare (大一号)."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from catalog.checks import fold
from catalog.model import Product, Sku
from catalog.shelf import Shelf
from dialogs.recount_words import names_of_product

_SPAN = re.compile("^(半年|双月|[年月季周日天])(?=[卡票包套会费]|$|度)")
_SIZE = re.compile("^(超大|特大|[大中小])(?=[杯份号盒包桶瓶]|$)")
_SPANS = {
    "年": ("一年", "一整年", "整年", "全年", "12个月", "十二个月"),
    "季": ("一季", "季度", "一季度", "一个季度", "一个季", "三个月", "3个月", "仨月"),
    "月": ("一个月", "1个月", "一月", "单月", "按月", "月付", "个把月"),
    "周": ("一周", "一星期", "一个星期", "一礼拜", "一个礼拜", "七天", "7天"),
    "天": ("一天", "一日"),
    "半年": ("六个月", "6个月", "半年度"),
}
_LAST_OF_NAME = re.compile("(?<=..)(?:版|卡|券|票|套餐|课|间|型|款|装|座|结晶|点券|月包|[盒袋箱罐瓶桶])$")
_REACH = re.compile("^(?:打|升|冲|练|爬)到(.{2,})$")
_LATIN = re.compile("[a-z]{4,}")
_SIDE = re.compile("^([上下左右前后里外])[铺层座排侧边]$")
_TIMES_OF_DAY = {
    "[早晨]场": ("早上", "上午", "早场"),
    "午场|下午场": ("下午", "中午", "午场"),
    "晚场|夜场": ("晚上", "夜里", "夜场", "晚场", "晚间"),
    "日场": ("白天", "白日", "日场"),
}
_PACKED = re.compile(r"^\d+(?:\.\d+)?(?:[a-z]+|毫升|克|升|斤|公斤)([^\d\W]{1,2})$")
"""250克袋装, 1000毫升壶: what it comes in."""


@lru_cache(maxsize=256)
def names(product_id: str, shelf: Shelf) -> dict[str, frozenset[str]]:
    """Names, folded, and the codes of the SKUs that each can mean."""
    product = shelf.product(product_id)
    if product is None:
        return {}
    found = dict(names_of_product(product_id, shelf))
    for sku in product.skus:
        short = _without_choice(sku, product)
        called = spoken(sku) if short is sku else {*spoken(sku), *spoken(short), short.label}
        for name in called:
            found[name] = found.get(name, frozenset()) | {sku.code}
    for option in product.options:
        for choice in option.values:
            own = frozenset(sku.code for sku in product.skus if sku.options.get(option.name) == choice.id)
            called = {choice.id} if _LATIN.fullmatch(choice.id) else set()  # home就行
            for label in map(fold, (choice.label, *choice.aliases)):
                called |= _paraphrased(label) | {_LAST_OF_NAME.sub("", label)}
            for name in called:
                found[name] = found.get(name, frozenset()) | own
    everything = frozenset(sku.code for sku in product.skus)
    for name in [name for name, codes in found.items() if codes == everything and len(product.skus) > 1]:
        found.setdefault(name, everything)
    return found


def _without_choice(sku: Sku, product: Product) -> Sku:
    """年卡, of 北城店年卡: its label without the choice that it names first."""
    label = fold(sku.label)
    chosen = [
        fold(one.label) for option in product.options for one in option.values if sku.options.get(option.name) == one.id
    ]
    rest = [label.removeprefix(name) for name in chosen if label.startswith(name) and len(label) > len(name) + 1]
    return replace(sku, label=rest[0], aliases=()) if len(rest) == 1 else sku


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
        if (rank := _REACH.match(name)) is not None:
            ends = {rank[1], rank[1][-2:]}
            called |= {
                f"{verb}{end}" for verb in ("冲到", "打上", "冲上", "上", "升到", "上到", "打到") for end in ends
            }
        called |= _paraphrased(name)
    return called


def _paraphrased(name: str) -> set[str]:
    """下面的 for 下铺, 晚上那场 for 晚场, 桶装 for 1000克桶装."""
    if (side := _SIDE.match(name)) is not None:
        return {f"{side[1]}{part}{end}" for part in "面边头层" for end in ("的", "那", "")}
    if name in ("快充", "慢充", "快到", "慢到"):
        how = name[0]
        return {f"{how}{end}" for end in ("的", "到", "点到", "些到", f"{how}到", f"{how}充", "那个", "那种")}
    if (packed := _PACKED.match(name)) is not None:
        kind = packed[1].removesuffix("装")
        return {f"{kind}装", f"{kind}的", f"大{kind}", f"{kind}子"}
    times = [one for ends, called in _TIMES_OF_DAY.items() if re.search(f"(?:{ends})$", name) for one in called]
    return {
        f"{one}{end}" for one in times for end in ("的", "那场", "场", "那个", "") if not one.endswith("场") or not end
    }


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


_THAT = "(?:那|个|版|款|档|种|根|张|瓶|条|份|杯)"
_ABIT = "(?:一?[点些]儿?|几[块毛]|一截)?"
_UP = re.compile(
    f"[大高长贵上](?:一[号档级]|[档级]|号(?=[的吧就]|$))(?!的?不)|[升提]一?[级档]|(?:再|更){_ABIT}[大长高多]{_ABIT}的|往[上大]|[升换]个?更?大"
)
_DOWN = re.compile(
    f"[小低短](?:一[号档级]|[档级]|号(?=[的吧就]|$))|降一?[级档]|(?:再|更){_ABIT}[小短少]{_ABIT}的|往[下小]|[降换]个?更?小"
)
_MOST = re.compile("最[大贵高长多久][的嘅那]?|顶配|顶格|拉满|上限|封顶")
_LEAST = re.compile("最[小便短少低]宜?[的嘅那]?|起步价?那|最低消费")
_MORE = re.compile(f"[大长多贵厚久]{_ABIT}[的嘅哒滴]{_THAT}?|[大长多贵]{_ABIT}那?{_THAT}|^[要来换]?[大长][的嘅哒滴]$")
_LESS = re.compile(
    f"[小短少]{_ABIT}[的嘅哒滴]{_THAT}?|便宜{_ABIT}(?:的|嘅|哒|滴|那?{_THAT})|[小短少]{_ABIT}那?{_THAT}|^[要来换]?[小短][的嘅哒滴]$"
)
