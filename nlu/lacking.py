"""Choices named that the product has not: 草莓蛋糕, where the cake comes in others; 18寸 of tyres in 16寸 and 17寸.

What looks like one of a product's choices, and is none, is never filled in by the usual one in silence."""

import re
from functools import lru_cache

from nlu.absent import Found, blanked, is_a_name, is_asked_for
from nlu.frame import Absent
from nlu.lexicon import Lexicon, ProductIndex, plain
from nlu.phrases import DEEDS, Mention
from nlu.seen import Seen, slot_names
from nlu.words import GENERIC_TAILS, TOO_GENERIC

_BREAK = re.compile(r"[\s,，、。;；!！\n]")
_NUMBERED = re.compile(r"\d+(?P<unit>[\u4e00-\u9fff]{1,2})")
_LETTERS = re.compile(r"(?<![0-9a-z\u4e00-\u9fff])(?:x{0,3}[sl]|m|[2-5]xl)码|(?<![0-9a-z])(?:x{0,3}[sl]|m|[2-5]xl)码")
_A_LETTER = re.compile(r"(?:x{0,3}[sl]|m|[2-5]xl)码?")
_NO_CHOICE = re.compile(
    "[的了我你他她它这那个张份不要来买给帮有是在和跟与也都就还再多少几每各一两二三四五六七八九十半先充冲租订报洗做孩]|手机|分钟|地|时|哪|什么"
)
_KIND_MAX = 3
_NEAR = 5
"""Of two values of one option the count that stands so near behind it makes goods of each: 蓝色L 2件 白色L 1件."""
_VERBS = DEEDS + "充冲买来要交缴续开办寄送到"


class _Kind:
    """One thing that tells a product's SKUs apart: what it is called, and how its values end."""

    def __init__(self, slot: str, words: frozenset[str], labels: list[str]) -> None:
        self.slot, self.words = slot, words
        units = [found["unit"] for label in labels if (found := _NUMBERED.fullmatch(label))]
        ends = [label[-1:] for label in labels if len(label) > 1 and not label[-1:].isascii()]
        self.unit = units[0] if len(units) == len(labels) > 1 and len(set(units)) == 1 else ""
        same = len(labels) > 1 and len(ends) == len(labels) and len(set(ends)) == 1 and not self.unit
        self.end = _same_end(labels) if same and ends[0] not in _VERBS else ""
        self.letters = len(labels) > 1 and all(_A_LETTER.fullmatch(label) for label in labels)


def _same_end(labels: list[str]) -> str:
    end = labels[0]
    while not all(label.endswith(end) and label != end for label in labels):
        end = end[1:]
    return end.lstrip("qwertyuiopasdfghjklzxcvbnm")


@lru_cache(maxsize=512)
def _kinds(product: ProductIndex) -> tuple[_Kind, ...]:
    parts = [(o.name, o.choices) for o in product.words.options]
    parts += [(f.name, f.choices) for f in product.words.fields if f.choices]
    kinds = []
    for name, choices in parts:
        labels = [plain(choice.label) for choice in choices]
        words = frozenset(plain(word) for choice in choices for word in (choice.label, *choice.aliases))
        kinds.append(_Kind(name, words, labels))
    return tuple(kinds)


def drop_lacking(seen: Seen, lexicon: Lexicon, found: Found) -> tuple[Absent, ...]:
    """Name the choices that the one product spoken of has not, and leave out the counts that are theirs."""
    product = _product(seen, lexicon)
    if product is None or not _kinds(product):
        return ()
    said = [one for one in _of_others(seen, product) if one[2]] + _like_its_own(seen, product, found)
    said += _before_its_name(seen, product, found) if not said else []
    own = {name for m in seen.mentions if product.id in m.entry.owners for name in slot_names(m)}
    counted = [a.start for a in seen.amounts if a.kind == "count"]
    said = [one for one in said if one[2] not in own or any(0 <= at - one[1] < _NEAR for at in counted)]
    said = [one for one in said if is_asked_for(one[0], one[1], seen.text)]
    for _, end, _ in said:
        _drop_count(seen, end, product)
    named = {seen.text[a:b]: slot for a, b, slot in said}
    return tuple(Absent(words, words, product.id, slot) for words, slot in named.items())


def _product(seen: Seen, lexicon: Lexicon) -> ProductIndex | None:
    refs = [ref for ref in seen.refs if not ref.foreign]
    named = {ref.candidates[0] if len(ref.candidates) == 1 else ref.product for ref in refs}
    if not named:
        owners = [set(m.entry.owners) for m in seen.mentions if m.entry.owners and not m.entry.means_things]
        named = set(owners[0]) if len(owners) == 1 and len(owners[0]) == 1 else set()
    return lexicon.products.get(named.pop() or "") if len(named) == 1 else None


def _of_others(seen: Seen, product: ProductIndex) -> list[tuple[int, int, str]]:
    """草莓, which is another product's: where it stands right beside this one."""
    own = [(ref.start, ref.end) for ref in seen.refs if ref.product == product.id]
    own += [(m.start, m.end) for m in seen.mentions if product.id in m.entry.owners]
    return [
        (m.start, m.end, _slot(m, seen.text[m.start : m.end], product))
        for m in seen.mentions
        if m.entry.options and product.id not in (*m.entry.owners, *m.entry.skus) and not m.entry.means_things
        if m.end - m.start > 1 and not any(m.word in word for word in product.all_words)
        if any(0 <= m.start - end <= 1 or 0 <= start - m.end <= 1 for start, end in own)
    ]


def _slot(mention: Mention, words: str, product: ProductIndex) -> str:
    names = [name for name in slot_names(mention) if name in product.option_names]
    ending = [kind.slot for kind in _kinds(product) if kind.end and words.endswith(kind.end)]
    return (names or ending or [""])[0]


def _like_its_own(seen: Seen, product: ProductIndex, found: Found) -> list[tuple[int, int, str]]:
    """绿色, where others end in 色; 18寸; S码: what is made as the values of an option are, and is none of them."""
    text, left, said = seen.text, "", []
    for kind in _kinds(product):
        if kind.unit:
            pattern = re.compile(rf"(?<![\d.])\d{{1,3}}{re.escape(kind.unit)}")
            hits = [m.span() for m in pattern.finditer(text) if m[0] not in product.all_words]
            covered = [(m.start, m.end) for m in seen.mentions]
            hits = [(a, b) for a, b in hits if not any(s < b and a < e for s, e in covered)]
        elif kind.letters:
            hits = [m.span() for m in _LETTERS.finditer(text) if not {m[0], m[0][:-1]} & kind.words]
        elif kind.end:
            left = left or blanked(text, found)
            pattern = re.compile(
                rf"[\u4e00-\u9fff0-9a-z]{{1,{_KIND_MAX}}}?{re.escape(kind.end)}(?![\u4e00-\u9fff]{{1,2}}Ｓ)"
            )
            hits = [m.span() for m in pattern.finditer(left) if _is_a_choice(m[0], kind, product)]
        else:
            continue
        said += [(start, end, kind.slot) for start, end in hits]
    return said


def _before_its_name(seen: Seen, product: ProductIndex, found: Found) -> list[tuple[int, int, str]]:
    """8寸抹茶蛋糕: a thing that nothing explains right before the name, where the usual taste would be taken."""
    named = {name for m in seen.mentions for name in slot_names(m)}
    tastes = {option.name for option in product.words.options if _OF_TASTE.search(option.label)}
    usual = [name for name in product.option_defaults if name not in named and name in tastes]
    if len(usual) != 1:
        return []
    left = blanked(seen.text, found)
    hits = (
        _BEFORE_NAME.search(left, 0, ref.start) for ref in seen.refs if product.id in (ref.product, *ref.candidates)
    )
    return [(hit.start(1), hit.end(1), usual[0]) for hit in hits if hit and is_a_name(hit[1])]


_OF_TASTE = re.compile("[味色香馅]|材料")
_BEFORE_NAME = re.compile(r"(?:^|[\sＳＱＶ,，]的?|[来要买订]|[个张份块条])([\u4e00-\u9fff]{2,3})$")


def _is_a_choice(words: str, kind: _Kind, product: ProductIndex) -> bool:
    bare = words.removesuffix(kind.end)
    return not (
        _NO_CHOICE.search(bare)
        or words in GENERIC_TAILS
        or words in TOO_GENERIC
        or any(words in word for word in product.all_words)
    )


def _drop_count(seen: Seen, end: int, product: ProductIndex) -> None:
    """蓝色L 2件 白色L 1件: the two are of what there is not, where another clause has its own choice and count."""
    text = seen.text
    stop = _BREAK.search(text, end)
    counts = [a for a in seen.amounts if a.kind == "count"]
    own = [a for a in counts if a.start >= end][:1]
    others = [m for m in seen.mentions if product.id in (*m.entry.owners, *m.entry.skus) and own]
    others = [m for m in others if m.start >= own[0].end]
    if stop is not None and own and others and any(a.start > own[0].start for a in counts):
        seen.amounts = [a for a in seen.amounts if a is not own[0]]
