"""What the words choose: options and choices of one item, and several items that differ in nothing else."""

import re
from collections import Counter
from collections.abc import Container
from dataclasses import replace
from itertools import pairwise

from nlu.amounts import Amount
from nlu.dealing import BREAK
from nlu.figures import sizes_and_counts
from nlu.items import Draft
from nlu.lexicon import ProductIndex
from nlu.matching import count_for
from nlu.naming import ONTO
from nlu.phrases import Mention
from nlu.seen import CLAUSE, Seen


def choose(draft: Draft, product: ProductIndex | None, seen: Seen) -> None:
    """Fill options and choices; a word that is both (钻石 now, 钻石 as the target) goes where 从…到… puts it."""
    for ending, pair in product.option_tails.items() if product else ():  # 钻石上王者
        place = seen.text.rfind(ending)
        if place > 0 and ONTO.search(seen.text[max(0, place - 6) : place]):
            draft.options[pair[0]] = pair[1]
    weighed = _weighed(product, seen)
    for mention in seen.mentions:
        if mention.start in weighed:
            continue
        options, choices = meanings(mention, product)
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


_EITHER = re.compile(r"的?\s*(?:或者?|还是|/|要么)\s*")
_OR = re.compile(r"的?\s*(?:和|跟|与|还是|或者?|、|/|vs)\s*")


def _weighed(product: ProductIndex | None, seen: Seen) -> set[int]:
    """Give where two values of one option stand beside each other: 快充和慢充有什么区别 chooses neither."""
    chosen = [(m, product.option_words[m.word]) for m in seen.mentions if product and m.word in product.option_words]
    return {
        place
        for (one, (name, value)), (other, (again, another)) in pairwise(chosen)
        if name == again and value != another and _OR.fullmatch(seen.text[one.end : other.start])
        for place in (one.start, other.start)
    }


def meanings(mention: Mention, product: ProductIndex | None) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    if product is None:
        return list(mention.entry.options), list(mention.entry.choices)
    option = product.option_words.get(mention.word)
    return ([option] if option else []), list(product.choice_words.get(mention.word, ()))


def options_apart(product: ProductIndex | None, seen: Seen) -> list[tuple[Mention, tuple[str, str]]]:
    """List the options that make separate items (专业版一个家庭版一个): two values of one option."""
    if product is None:
        pairs = [(m, m.entry.options[0]) for m in seen.mentions if len(m.entry.options) == 1 and not m.entry.choices]
        counted = sum(amount.kind == "count" for amount in seen.amounts)
        if counted < 2:
            return []
        values = Counter(name for name, _ in {pair for _, pair in pairs})
        if max(values.values(), default=0) == counted:  # 夜场票 两个大人一个小孩: at night, all of them
            pairs = [(m, pair) for m, pair in pairs if values[pair[0]] == counted]
        if len({pair for _, pair in pairs}) != counted or len({pair[0] for _, pair in pairs}) != 1:
            return []
        return pairs if len(pairs) == counted else []
    named = [
        (m, product.option_words[m.word])
        for m in seen.mentions
        if m.word in product.option_words and not m.entry.choices
    ]
    if not named:
        return []
    named += [(m, pair) for m in seen.mentions for pair in of_sku(m, product) if _says(m.word, pair, product)]
    named.sort(key=lambda pair: pair[0].start)  # 科目一科目四补考, where the latter is a SKU's own name
    chosen = Counter(name for name, _ in {pair for _, pair in named})
    several = [name for name, values in chosen.items() if values > 1]
    if len(several) != 1:
        return []
    named = [(m, pair) for m, pair in named if pair[0] == several[0]]  # 夜场成人两张儿童一张
    places = {a.start for a in seen.amounts if a.kind == "count"}
    named.sort(key=lambda pair: (pair[0].end in places, -pair[0].start))  # 给两个孩子报，儿童票两张
    first = {pair: m for m, pair in named}
    ordered = sorted(first.values(), key=lambda m: m.start)
    if any(_EITHER.fullmatch(seen.text[one.end : other.start]) for one, other in pairwise(ordered)):
        return []  # 家庭版或者专业版都行
    return sorted(((m, pair) for pair, m in first.items()), key=lambda found: found[0].start)


def _says(word: str, pair: tuple[str, str], product: ProductIndex) -> bool:
    """Tell whether a SKU's name says its option (日本7天), or merely has one (包月 of the open roof)."""
    words = [w for w, chosen in product.option_words.items() if chosen == pair and len(w) > 1]
    return any(w in word or word in w for w in words)


def grouped(product: ProductIndex | None, seen: Seen) -> list[tuple[Amount, dict[str, str]]]:
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


def of_sku(mention: Mention, product: ProductIndex) -> list[tuple[str, str]]:
    """List the options of the one SKU that a word is the name of."""
    skus = product.by_word.get(mention.word, ())
    return list(skus[0].options.items()) if len(skus) == 1 and mention.word not in product.option_words else []


def choices_apart(
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


def paired_with_options(
    product: ProductIndex | None, seen: Seen, counted: Container[str], sold_by: Container[str]
) -> list[tuple[Amount, tuple[str, str]]]:
    """Pair amounts with options that take turns with them: 光面50 绒面50; 慢充100和快充100."""
    options = options_apart(product, seen)
    if len(options) < 2:
        return []
    amounts = [a for a in sizes_and_counts(product, seen, counted, sold_by, repeats=True)[0] if a.kind != "word"]
    if len(amounts) == len(options) + 1 and amounts[0].number == sum(a.number or 0 for a in amounts[1:]):
        amounts = amounts[1:]  # 精修20张，10张日系10张胶片
    turns = sorted([(a.start, "amount") for a in amounts] + [(mention.start, "option") for mention, _ in options])
    if len(amounts) != len(options):
        return []
    if any(one[1] == other[1] for one, other in pairwise(turns)):
        return _paired_by_part(amounts, options, seen.text)
    return [(amount, option) for amount, (_, option) in zip(amounts, options, strict=True)]


_BREAK_OR_SPACE = re.compile(rf"{BREAK.pattern}|\s")


def _paired_by_part(
    amounts: list[Amount], options: list[tuple[Mention, tuple[str, str]]], text: str
) -> list[tuple[Amount, tuple[str, str]]]:
    """Pair each amount with the option of its own part of the list: 补水的20片 再来一包5片的美白."""
    for breaking in (BREAK, _BREAK_OR_SPACE):
        breaks = [match.start() for match in breaking.finditer(text)]
        by_part = {sum(place <= mention.start for place in breaks): option for mention, option in options}
        homes = [sum(place <= amount.start for place in breaks) for amount in amounts]
        if len(set(homes)) == len(amounts) and set(homes) == set(by_part):
            return [(amount, by_part[home]) for amount, home in zip(amounts, homes, strict=True)]
    return []


_BOTH = re.compile(r"各|分别|都[要来买]|多少钱|什么价|啥价|怎么卖|咋卖|价格|多少")


def both_meant(anchors: list[tuple[Mention, tuple[str, str]]], text: str) -> bool:
    """Tell whether of two values of one option both are asked for: 5G月包和日包多少钱."""
    between = text[anchors[0][0].end : anchors[-1][0].start].strip()
    return len(anchors) == 2 and between in ("和", "跟", "与", "、", "") and _BOTH.search(text) is not None


def by_option(
    base: Draft, anchors: list[tuple[Mention, tuple[str, str]]], counts: list[Amount], seen: Seen
) -> list[Draft]:
    spans = [Amount(m.start, m.end, "word", None, "", m.word) for m, _ in anchors]
    made = []
    chosen_mentions = [mention for mention, _ in anchors]
    own_counts = [c for c in counts if not any(m.start == c.end and m not in chosen_mentions for m in seen.mentions)]
    counts = own_counts if len(own_counts) == len(anchors) else counts
    clauses = [match.span() for match in CLAUSE.finditer(seen.text)]
    for i, (mention, (name, chosen)) in enumerate(anchors):
        quantity = count_for(i, spans, counts, seen.text)
        start, end = next((s, e) for s, e in clauses if s <= mention.start < e)
        own = [pair for m in seen.mentions if start <= m.start < end for pair in meanings(m, base.product)[1]]
        choices = {**base.choices, **dict(own)}  # 半决赛B区两张，总决赛主席台一张
        p = base.product
        named = p is not None and mention.word in p.by_word and mention.word not in p.option_words
        made.append(
            replace(
                base,
                amount=spans[i] if named and base.amount is None else base.amount,  # 泰国卡一张 日本7天两张
                quantity=quantity,
                options={**base.options, name: chosen},
                choices=choices,
                accounts=list(seen.accounts),
            )
        )
    return made


def with_own_option(options: dict[str, str], product: ProductIndex | None, amount: Amount | None) -> dict[str, str]:
    """成人票两张儿童票一张: each SKU's name brings its own option, not the one that was said last."""
    if product is None or amount is None or not amount.word:
        return options
    own = product.option_words.get(amount.word)
    if own is None:  # 往返票, beside 单程
        skus = product.by_word.get(amount.word, ())
        pairs = list(skus[0].options.items()) if len(skus) == 1 else []
        return {**options, **{name: chosen for name, chosen in pairs if _says(amount.word, (name, chosen), product)}}
    return {**options, own[0]: own[1]}
