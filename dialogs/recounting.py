"""How many of which line, and what some of several become: 夜场多拿两张, 有一盒换成团圆, 一张中杯两张大杯, 取消一张."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from catalog.checks import fold
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.draft import look
from dialogs.paying import live_unpaid
from dialogs.recount_basket import Basket, as_sku, is_a_size
from dialogs.recount_words import HALF, Word, may_recount, words_of
from dialogs.state import DRAFT_LINES_MAX, Collecting, Confirming, Dialog, DraftLine, Idle
from dialogs.turn import Said, Scene
from nlu.frame import Item

_SAYS = frozenset("AEMLKZ")
"""Kinds of words that change something without a count."""
_OF_HELD = ("set", "drop", "only", "more", "less")
"""Steps about a line that there is: 京东卡一份，还有50的要五份 is of the other thing, the only one of 50."""
_SIZED = ("NWN", "NSN")
"""月卡那个应该是半年卡: one of several becomes a size that none of them is."""
_BESIDES = ("还有", "另外", "还有就是", "另外还有")
"""Said before the next of several things, where how many there are to be was said of the one before."""
_ENOUGH = re.compile("够|就行|就好|只")
_ANOTHER_ORDER = re.compile("^(?:再|还|又|另外|顺便)+想?(?:[来要买拿订]|$)|^另外")


@dataclass(frozen=True, slots=True)
class Open:
    """It says how many, and leaves open of what, or whether more or in all: asked, never guessed."""

    question: str


def recounted(
    lines: Sequence[DraftLine], text: str, items: Sequence[Item], shelf: Shelf
) -> tuple[DraftLine, ...] | Open | None:
    """The lines as a message leaves them that says nothing but how many of which; None for any other message."""
    if not may_recount(text) or any(item.fields or item.invalid for item in items):
        return None
    return _recounted(tuple((line, line.whose) for line in lines), text, shelf)


@lru_cache(maxsize=16)  # a turn asks up to six times; two lines are equal, whosever they are
def _recounted(held: tuple[tuple[DraftLine, str], ...], text: str, shelf: Shelf) -> tuple[DraftLine, ...] | Open | None:
    lines = [line for line, _ in held]
    read = _read(lines, text, shelf)
    if read is None:
        return None
    steps, basket = read
    steps = _without_reason(basket, steps)
    if any(kind in _ALONE for kind, _ in steps[1:]) or (steps[-1][0] in _ALONE and len(read[0]) == len(steps)):
        return None
    spoken_of: frozenset[str] = frozenset()
    for kind, words in steps:
        verb = kind in _OF_HELD and any(word.kind in "MSWLK" for word in words)
        named = verb and len(names := _of(words, "N")) == 1 and len(basket.named(names[0])) == 1
        words = words if named else [_narrowed(word, spoken_of, shelf) for word in words]
        spoken_of = next((own for word in words if len(own := _products(word, shelf)) == 1), spoken_of)
        if not _STEPS[kind](basket, words):
            return Open(basket.question) if basket.question else None
    out = _merged([line for line in basket.lines if line.quantity > 0], shelf)
    if not out or len(out) > DRAFT_LINES_MAX or out == tuple(lines):
        return None
    return out


def _without_reason(basket: Basket, steps: list[tuple[str, list[Word]]]) -> list[tuple[str, list[Word]]]:
    """三张吧 小舅子也要一张, of two: the one more is why there are to be three."""
    if len(basket.lines) != 1 or len(steps) != 2:
        return steps
    (kind, words), (other, more) = steps
    total, by = [w.count for w in words if w.kind == "C"], [w.count for w in more if w.kind == "C"] or [1]
    named = any(w.kind == "N" for w in more)
    grows = kind in ("first", "set") and other in ("also", "more") and len(total) == 1 and not named
    return steps[:1] if grows and total[0] == basket.amount(0) + by[0] else steps


def _products(word: Word, shelf: Shelf) -> frozenset[str]:
    """Of which products a name can be."""
    found = (shelf.product_of(code) for code in word.skus)
    return frozenset(product.id for product in found if product is not None)


def _narrowed(word: Word, spoken_of: frozenset[str], shelf: Shelf) -> Word:
    """京东卡一张50的两张: the 50 is of what was named before, where it can be."""
    both = _products(word, shelf) & spoken_of
    if not both or both == _products(word, shelf):
        return word
    kept = (code for code in word.skus if (own := shelf.product_of(code)) is not None and own.id in both)
    return replace(word, skus=frozenset(kept))


def recounts(dialog: Dialog, said: Said, scene: Scene) -> bool:
    """Whether it says how many of what is being put together, or of the order that waits for payment; 再来一张200的 is
    an order of its own there."""
    state, live = dialog.state, live_unpaid(dialog, scene)
    if isinstance(state, Collecting | Confirming):
        return recounted(state.lines, said.text, said.frame.items, scene.shelf) is not None
    if not isinstance(state, Idle) or live is None or dialog.listed is not None:
        return False
    return _of_the_order(live.lines, said, scene)


def _of_the_order(lines: Sequence[DraftLine], said: Said, scene: Scene) -> bool:
    if recounted(lines, said.text, said.frame.items, scene.shelf) is None:
        return False
    read = _read(lines, said.text, scene.shelf)
    return read is not None and not any(_may_be_another(kind, words, len(lines)) for kind, words in read[0])


def _may_be_another(kind: str, words: Sequence[Word], lines: int) -> bool:
    """再来一张200的, 两份大杯一份中杯: an order of its own just as well, below the link of one; not 第二个再来一张."""
    if any(word.nth >= 0 for word in words):
        return False
    if kind == "share" and lines > 1:
        return True
    return any(word.kind == "A" or (word.kind == "M" and _ANOTHER_ORDER.match(word.text)) for word in words)


def _read(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> tuple[list[tuple[str, list[Word]]], Basket] | None:
    if len(lines) > DRAFT_LINES_MAX:
        return None
    looked = [look(line, shelf) for line in lines]
    open_ = {one.line.product for one in looked if one.sku is None or one.trouble}
    products = [one.product.id for one in looked if one.product is not None and one.product.id not in open_]
    words = words_of(text, tuple(dict.fromkeys(products)), len(lines), shelf) if products else None
    if not words:
        return None
    basket = Basket(list(lines), shelf)
    kinds = "".join(word.kind for word in words)
    sized = kinds in _SIZED and len(lines) > 1 and not basket.named(words[-1])
    if "C" not in kinds and not sized and not _SAYS & set(kinds):
        return None
    steps = _steps(kinds, words)
    return (steps, basket) if steps and any(kind in _COUNTS for kind, _ in steps) else None


# ---- the clauses, by the kinds of their words ----------------------------------------------------------------------

_PATTERNS: tuple[tuple[str, str], ...] = (
    ("keep", "N?B?W?KCN?B?R[SW]N"),
    ("share", "N?(?:CN){2,}|N?CNB(?:CNB?)*CN"),
    ("part", "NB?OC[SW]?N|NB?CSN|O?CN[SW]N|OC[SW]?N|CSN|SCN|CUB?C[SW]?N|KCB?M?C[SW]N"),
    ("become", "N?B?LNB?[WS]N"),
    ("restate", "WCN(?:B?W?CN)+"),
    ("only", "KNB?(?:R?E?L|R?E?U)?|ZNB?R?E?L|NB?RE?L"),
    ("set", "MN[WS]+C|N(?:XC|CT|TC?)B?[WS]?C|N[WS]?CXC|NLCB[WS]?C|NB?[WS]?C|NWUB?C"),
    ("less", "NLCL|NB?T?B?O?LC|NB?O?CL|N?B?LOC|N?B?OCL|CL|LCN|LNC|TB?LC|TCB?LC|LC"),
    ("more", "NB?T?B?M[CN]N?|TB?MC|MCN|MNC|MN|MC"),
    ("also", "NAB?W?CN?|YB?W?NC|YB?W?CN|YB?MNC|YB?MCN"),
    ("kind", "N(?:A[WS]?|[WS])N"),
    ("every", "E[ML]C|E[SWA]?C|EA?[SW]N"),
    ("same", "NU|RU"),
    ("drop", "M?NL+|LN"),
    ("first", "[WS]?C(?=B)|[WS]?N(?=B)"),
)
_COMPILED = [(kind, re.compile(pattern)) for kind, pattern in _PATTERNS]
_ALONE = ("first",)
"""两张 再加一张50的: a count or size of the one thing, where more follows; alone it may be an answer."""
_COUNTS = ("become", "restate", "only", "drop", "keep", "share", "part", "set", "less", "more", "also", "kind", "every")


def _steps(kinds: str, words: Sequence[Word]) -> list[tuple[str, list[Word]]] | None:
    """What the message does, clause by clause; None where its words are in no order that is known."""
    if not kinds:
        return []
    for kind, pattern in _COMPILED:
        found = pattern.match(kinds)
        ends = range(found.end(), 0, -1) if found is not None else ()
        for end in ends:
            whole = found if kind in _ALONE else pattern.fullmatch(kinds, 0, end)
            if whole is None or whole.end() != end:
                continue
            after = end + (kinds[end : end + 1] == "B")
            rest = _steps(kinds[after:], words[after:])
            if rest is not None:
                return [(kind, list(words[:end])), *rest]
    return None


def _of(words: Sequence[Word], kind: str) -> list[Word]:
    return [word for word in words if word.kind == kind]


def _subject(basket: Basket, words: Sequence[Word]) -> int | None:
    """The one line spoken of: named, or the only one; several, or none of several, is asked."""
    names = _of(words, "N")
    at = basket.named(names[0]) if names else list(range(len(basket.lines)))
    if len(at) > 1:
        basket.question = replies.which_line_counts(len(basket.lines))
    return at[0] if len(at) == 1 else None


def _set(basket: Basket, words: Sequence[Word]) -> bool:
    counts, names = _of(words, "C"), _of(words, "N")
    if basket.counted and names[0].skus and not basket.named(names[0]) and counts[-1].count != HALF:
        return _added(basket, names[0], counts[-1])  # 大人一张 小孩一张
    at = _subject(basket, words)
    basket.counted = True
    if at is None or (words[1:2] and words[1].kind == "L" and counts[0].count != basket.amount(at)):
        return False
    return counts[-1].count != HALF and basket.set(at, counts[-1].count, counts[-1].piece)


def _less(basket: Basket, words: Sequence[Word]) -> bool:
    (count, *_), at = _of(words, "C")[-1:], _subject(basket, words)
    if at is None or (len(basket.lines) == 1 and count.count >= basket.amount(at)):
        return False
    off = basket.amount(at) // 2 if count.count == HALF else count.count
    return basket.set(at, basket.amount(at) - off, count.piece)


def _more(basket: Basket, words: Sequence[Word]) -> bool:
    """再补一张, 再加一支体外的: more of a line, or one more line."""
    counts, names = _of(words, "C"), _of(words, "N")
    count = counts[-1] if counts else Word("C", "")
    if count.count == HALF or (not names and len(basket.lines) > 1):
        return False
    if len(names) > 1:
        both = names[0].skus & names[1].skus
        names = [replace(names[1], skus=both)] if both else []
        if not names:
            return False
    at = basket.named(names[0]) if names else [0]
    if len(at) == 1:
        in_all = basket.counted and words[0].text in _BESIDES
        return bool(counts) and basket.set(
            at[0], count.count if in_all else basket.amount(at[0]) + count.count, count.piece
        )
    if at:
        basket.question = replies.which_line_counts(len(basket.lines))
        return False
    return _added(basket, names[0], count)


def _added(basket: Basket, word: Word, count: Word) -> bool:
    like = next((at for at in reversed(range(len(basket.lines))) if basket.like(word, at) is not None), None)
    sku = basket.like(word, like) if like is not None else None
    if like is None or sku is None or is_a_size(basket.product(like), count.count, count.piece):
        return False
    return basket.add(sku, like, count.count)


def _also(basket: Basket, words: Sequence[Word]) -> bool:
    """儿童的也来一张: one more line; 夜场也两张, of three: as many as of the other, where that is what it says."""
    count, names = _of(words, "C")[-1], _of(words, "N")
    word = names[0] if len(names) == 1 else replace(names[0], skus=names[0].skus & names[1].skus)
    at = basket.named(word)
    if not at and word.skus and count.count != HALF:
        return _added(basket, word, count)
    if len(at) != 1:
        return False
    others = {basket.amount(i) for i in range(len(basket.lines)) if i != at[0]}
    if count.count not in others:
        basket.question = replies.more_or_in_all(words[0].text, count.count)
        return False
    return basket.set(at[0], count.count, count.piece)


def _kind(basket: Basket, words: Sequence[Word]) -> bool:
    """美式也要大杯: what is there becomes that."""
    first, second = _of(words, "N")
    at = basket.named(first)
    sku = basket.like(second, at[0]) if len(at) == 1 else None
    if sku is None or sku == basket.sku(at[0]):
        return False
    basket.become(at[0], sku)
    return True


def _part(basket: Basket, words: Sequence[Word]) -> bool:
    """有一盒换成团圆: some become another size, the others stay."""
    counts, names = _of(words, "C"), _of(words, "N")
    count = counts[-1]
    gone = any(line.quantity == 0 for line in basket.lines)
    if len(names) == 1 and gone and len(there := basket.named(names[0])) == 1:
        return basket.set(there[0], count.count, count.piece)  # 不要京东了 换两张steam
    if len(names) > 1:
        at = basket.named(names[0])
    else:
        there = [i for i in range(len(basket.lines)) if i not in basket.made and i not in basket.named(names[0])]
        at = [i for i in there if basket.like(names[0], i) is not None]
    if len(at) > 1:
        basket.question = replies.which_line_counts(len(basket.lines))
    sku = basket.like(names[-1], at[0]) if len(at) == 1 else None
    if len(counts) > 1 and len(at) == 1 and sum(one.count for one in counts) != basket.amount(at[0]):
        return False  # 两盒不变 一盒团圆, of three
    return sku is not None and basket.part(at[0], sku, count.count, count.piece)


def _share(basket: Basket, words: Sequence[Word]) -> bool:
    """一张中杯 两张超大杯, of three: as many as there are become these."""
    names, counts = _of(words, "N"), _of(words, "C")
    head = names[: len(names) - len(counts)]
    if len(basket.lines) > 1 and not head:
        return _restate(basket, words)
    at = _subject(basket, head)
    if at is None or sum(one.count for one in counts) != basket.amount(at) or any(one.count == HALF for one in counts):
        return False
    skus = [basket.like(name, at) for name in names[len(head) :]]
    if None in skus or len(set(map(id, skus))) < len(skus):
        return False
    line = basket.lines[at]
    made = [
        replace(as_sku(line, sku, basket.shelf), quantity=one.count)
        for sku, one in zip(skus, counts, strict=True)
        if sku
    ]
    basket.lines[at : at + 1] = made
    return all(sku is not None and sku.any_value is None for sku in skus)


def _keep(basket: Basket, words: Sequence[Word]) -> bool:
    """留一张月卡 其他换年卡."""
    count, names = _of(words, "C")[0], _of(words, "N")
    at = 0 if len(basket.lines) == 1 else None
    if at is None or any(at not in basket.named(name) for name in names[:-1]):
        return False
    sku = basket.like(names[-1], at)
    others = basket.amount(at) - count.count
    return sku is not None and others > 0 and count.count != HALF and basket.part(at, sku, others, count.piece)


def _every(basket: Basket, words: Sequence[Word]) -> bool:
    """各减一张, 都改成一张, 都要M."""
    counts, names = _of(words, "C"), _of(words, "N")
    for at in range(len(basket.lines)):
        if names:
            sku = basket.like(names[0], at)
            if sku is None:
                return False
            basket.become(at, sku)
            continue
        by = counts[0].count
        now = {"M": basket.amount(at) + by, "L": basket.amount(at) - by}.get(words[1].kind, by)
        if by == HALF or now < 1 or not basket.set(at, now, counts[0].piece):
            return False
    return len(basket.lines) > 1


def _first(basket: Basket, words: Sequence[Word]) -> bool:
    if len(basket.lines) != 1:
        return False
    if (count := _of(words, "C")) and count[0].count != HALF:
        return basket.set(0, count[0].count, count[0].piece)
    sku = basket.like(words[-1], 0)
    if sku is not None:
        basket.become(0, sku)
    return sku is not None


def _restate(basket: Basket, words: Sequence[Word]) -> bool:
    """应该两份大杯，一份中杯, of both: so many of each."""
    pairs = list(zip(_of(words, "C"), _of(words, "N"), strict=True))
    meant = [basket.named(name) for _, name in pairs]
    if any(len(at) != 1 for at in meant) or len({at[0] for at in meant}) < len(basket.lines):
        return False
    return all(
        count.count != HALF and basket.set(at[0], count.count, count.piece)
        for at, (count, _) in zip(meant, pairs, strict=True)
    )


def _become(basket: Basket, words: Sequence[Word]) -> bool:
    """购物卡不要100的 要200的, 不要大杯的要中杯的: one line becomes another size."""
    *old, new = _of(words, "N")
    every = set(range(len(basket.lines)))
    at = sorted(every.intersection(*(set(basket.named(name)) for name in old)))
    sku = basket.like(new, at[0]) if len(at) == 1 else None
    if sku is None or sku == basket.sku(at[0]):
        return False
    basket.become(at[0], sku)
    return True


def _only(basket: Basket, words: Sequence[Word]) -> bool:
    """只要第二个, 除了大杯都不要了: every other line goes."""
    at = _subject(basket, words)
    if at is None or len(basket.lines) < 2:
        return False
    basket.lines = [line if i == at else replace(line, quantity=0) for i, line in enumerate(basket.lines)]
    return True


def _drop(basket: Basket, words: Sequence[Word]) -> bool:
    at = _subject(basket, words)
    if at is None or _is_of_how(basket, at, words) or (words[0].kind == "M" and words[0].text not in _BESIDES):
        return False
    basket.lines[at] = replace(basket.lines[at], quantity=0)
    return True


def _is_of_how(basket: Basket, at: int, words: Sequence[Word]) -> bool:
    """不要快充, of one line of its product: how it is to be, and not which goes."""
    product, names = basket.product(at), _of(words, "N")
    of_it = [line for line in basket.lines if line.product == basket.lines[at].product]
    if product is None or len(of_it) > 1 or len(names) != 1:
        return False
    labels = (label for option in product.options for one in option.values for label in (one.label, *one.aliases))
    return names[0].text in set(map(fold, labels))


_STEPS: dict[str, Callable[[Basket, Sequence[Word]], bool]] = {
    "become": _become,
    "restate": _restate,
    "only": _only,
    "keep": _keep,
    "share": _share,
    "part": _part,
    "set": _set,
    "less": _less,
    "more": _more,
    "also": _also,
    "kind": _kind,
    "every": _every,
    "same": lambda basket, words: words[0].kind == "R" or bool(basket.named(words[0])),
    "drop": _drop,
    "first": _first,
}


# ---- lines ---------------------------------------------------------------------------------------------------------


def _merged(lines: Sequence[DraftLine], shelf: Shelf) -> tuple[DraftLine, ...]:
    """Two lines of the same thing for the same account are one."""
    out: list[DraftLine] = []
    for line in lines:
        sku = look(line, shelf).sku
        same = next(
            (
                i
                for i, other in enumerate(out)
                if look(other, shelf).sku == sku and other.fields == line.fields and _counted(other, shelf)
            ),
            None,
        )
        if same is None:
            out.append(line)
        else:
            out[same] = replace(out[same], quantity=out[same].quantity + line.quantity)
    return tuple(out)


def _counted(line: DraftLine, shelf: Shelf) -> bool:
    looked = look(line, shelf)
    return looked.sku is not None and looked.sku.any_value is None
