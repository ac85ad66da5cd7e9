"""One product counted out by its options: 白色M两件L三件 黑色XL一件, 黑色M和L各一件 白色XL两件, 每种口味来一块."""

import re
from collections.abc import Sequence
from itertools import pairwise
from itertools import product as combined

from nlu.amounts import Amount
from nlu.lexicon import ProductIndex, SkuWords
from nlu.numerals import CHINESE, read_numeral
from nlu.seen import Seen

Row = tuple[dict[str, str], int]
_Said = tuple[int, int, tuple[tuple[str, str], ...]]
MOST = 8
_EACH = re.compile(r"(?:各|都|分别|一样|每样|每种|每个)(?:来|要|买|拿|给我)?\s*$")
_CORRECTS = re.compile("不对|不是|错|改|换|别|还是|或者?|[?？]|算了|不要")


def option_rows(product: ProductIndex, seen: Seen, counts: Sequence[Amount], named: Sequence[Amount] = ()) -> list[Row]:
    """Give what is counted, row by row, each with all of its options; nothing where it cannot be told for each.

    What is said once (白色) is for every row, what changes (M, L) for those that follow until it is said anew.
    """
    said = _said(product, seen, named)
    values = {pair for _, _, pairs in said for pair in pairs}
    several = {name for name, _ in values if sum(other == name for other, _ in values) > 1}
    if not several or not counts or _CORRECTS.search(seen.text):
        return []
    shared = {name: chosen for name, chosen in values if name not in several}
    varying = [(start, tuple(p for p in pairs if p[0] in several)) for start, _, pairs in said]
    varying = [(start, pairs) for start, pairs in varying if pairs]
    numbers = sorted((c for c in counts if c.number), key=lambda count: count.start)
    if numbers[0].start < varying[0][0] and len(numbers) == len(varying):
        marks = [*(count.start for count in numbers), len(seen.text)]
        spans = list(pairwise(marks))  # 两件M三件L
    else:
        marks = [0, *(count.start for count in numbers)]
        spans = list(pairwise(marks))
    if varying[-1][0] >= spans[-1][1] or varying[0][0] < spans[0][0]:
        return []
    rows: list[Row] = []
    carried: dict[str, str] = {}
    for (start, end), count in zip(spans, numbers, strict=True):
        own: dict[str, list[str]] = {}
        for place, pairs in varying:
            for name, chosen in pairs if start <= place < end else ():
                if chosen not in own.setdefault(name, []):
                    own[name].append(chosen)
        many = [name for name, chosen in own.items() if len(chosen) > 1]
        if not own or len(many) > 1 or (many and not _EACH.search(seen.text[: count.start])):
            return []
        if not rows and several - own.keys():
            return []  # of the first it must be said whole
        for one in combined(*([(name, chosen) for chosen in own[name]] for name in own)):
            carried = {**carried, **dict(one)}
            rows.append(({**shared, **carried}, int(count.number or 1)))
    return rows if 1 < len(rows) <= MOST and all(_on_sale(product, options) for options, _ in rows) else []


def _said(product: ProductIndex, seen: Seen, named: Sequence[Amount]) -> list[_Said]:
    """List where options are said, by their own words or by a SKU's name (白色M), which may be what `named` it."""
    found = []
    known = {mention.start for mention in seen.mentions}
    for one in named:
        skus = product.by_word.get(one.word, ()) if one.word and one.start not in known else ()
        if len(skus) == 1:
            found.append((one.start, one.end, tuple(skus[0].options.items())))
    for mention in seen.mentions:
        option = product.option_words.get(mention.word)
        skus = product.by_word.get(mention.word, ()) if option is None else ()
        pairs = (option,) if option else tuple(skus[0].options.items()) if len(skus) == 1 else ()
        if pairs and not mention.entry.choices:
            found.append((mention.start, mention.end, pairs))
    return sorted(found)


def _on_sale(product: ProductIndex, options: dict[str, str]) -> bool:
    return any(all(sku.options.get(n, c) == c for n, c in options.items()) for sku in product.words.skus)


_NUMBER = rf"(?P<many>\d|[{CHINESE}])"
_EVERY = re.compile(
    rf"(?:除了?(?P<but>[^,，。]{{1,8}}?)(?:以外|之外|外)?[,，]?(?:其[他它余])?的?(?:都|每[种个样款])"
    rf"|(?:每(?P<unit>[种个样款])|{_NUMBER}(?P<of>[种个样款])|(?:所有|全部)的?)(?P<what>[\u4e00-\u9fff]{{0,3}}?)(?P<each>各|都|一样|每样|分别)?)"
    r"(?:各|都|一样|每样|分别)?(?:来|要|买|拿|给我)?各?\s*$"
)
_ANY_KIND = re.compile("(?:口?味道?|颜?色|版本?|规格|面[额值]|尺?码|尺寸|型号?|款式?|品种|种类?|样式?|.?型)?")


_EACH_OF_THESE = re.compile(r"^(?:那?就|我?要|给我)*(?:各|都各?|每[种样个款]|一样)(?:来|要|买|拿)?$")


def every_kind(
    product: ProductIndex, seen: Seen, counts: Sequence[Amount], options: dict[str, str], asked: str = ""
) -> list[tuple[dict[str, str], Amount | None, int]]:
    """Give each kind there is where so many of every one are wanted: 每种口味来一块, 三个口味各一块, 除了全麦的都来.

    Where one option is `asked`, 各来一块 is each of its values.
    """
    for count in counts:
        if asked and _EACH_OF_THESE.search(seen.text[: count.start].strip()):
            return [(pairs, size, int(count.number or 1)) for pairs, size in _kinds(product, "", options, asked)][:MOST]
        match = _EVERY.search(seen.text[: count.start])
        if match is None:
            continue
        what, unit = match["what"] or "", match["unit"] or match["of"] or "种"
        if (match["but"] is None and not match["unit"] and not match["each"]) or (unit == "个" and not what):
            continue  # 我们三个各一张
        but = _named_in(product, match["but"]) if match["but"] else set()
        if match["but"] and not but:
            return []
        rest = {name: chosen for name, chosen in options.items() if (name, chosen) not in but}
        kinds = _kinds(product, what, rest, asked)
        many = read_numeral(match["many"]) if match["many"] else None
        if many not in (None, len(kinds)):
            return []
        wanted = [(pairs, size) for pairs, size in kinds if not but & {*pairs.items(), ("", str(size))}]
        quantity = int(count.number or 1)
        return [({**rest, **pairs}, size, quantity) for pairs, size in wanted] if 1 < len(kinds) <= MOST else []
    return []


def _kinds(
    product: ProductIndex, what: str, chosen: dict[str, str], asked: str
) -> list[tuple[dict[str, str], Amount | None]]:
    """List what one kind or another is: the values of the one option that is open, else the SKUs."""
    sold = [s for s in product.words.skus if all(s.options.get(n, c) == c for n, c in chosen.items())]
    open_ = {
        option.name: list(dict.fromkeys(sku.options[option.name] for sku in sold if option.name in sku.options))
        for option in product.words.options
        if option.name not in chosen
    }
    open_ = {name: values for name, values in open_.items() if len(values) > 1 and asked in ("", "value", name)}
    named = [o.name for o in product.words.options if what and (o.label.endswith(what) or what.endswith(o.label))]
    names = [name for name in open_ if name in named] or ([*open_] if _ANY_KIND.fullmatch(what) else [])
    if len(names) == 1:
        return [({names[0]: value}, None) for value in open_[names[0]]]
    if names or open_ or not _ANY_KIND.fullmatch(what) or any(sku.any_value for sku in sold):
        return []
    sizes = [_size(product, sku) for sku in sold]
    return [({}, size) for size in sizes if size is not None] if all(sizes) else []


def _size(product: ProductIndex, sku: SkuWords) -> Amount | None:
    """Give what names this SKU alone: a word, or its value."""
    word = next((word for word, skus in product.by_word.items() if list(skus) == [sku]), "")
    if word:
        return Amount(0, 0, "word", word=word)
    alone = sku.value is not None and list(product.by_value.get(sku.value, ())) == [sku]
    return Amount(0, 0, "value", sku.value, product.unit) if alone else None


def _named_in(product: ProductIndex, said: str) -> set[tuple[str, str]]:
    """Give the options and SKUs named in these words."""
    found = {pair for word, pair in product.option_words.items() if word in said}
    sizes = [sku for word, skus in product.by_word.items() for sku in skus if word in said]
    sizes += [sku for match in re.finditer(r"\d+", said) for sku in product.by_value.get(int(match[0]), ())]
    return found | {("", str(_size(product, sku))) for sku in sizes}
