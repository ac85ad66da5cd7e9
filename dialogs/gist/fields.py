"""Accounts, choices and the like in a message: what of them is not what the order has."""

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from catalog.checks import Valid, check_field, fold
from catalog.model import Field, FieldKind, Product
from catalog.shelf import Shelf
from dialogs.by_text import accounts_anywhere
from dialogs.digits import numbers_of
from dialogs.draft import look
from dialogs.field_changes import is_size
from dialogs.gist.choices import choices_in
from dialogs.gist.clauses import Clauses, clauses_of, comes_besides, is_of_people, is_told, presents, sign
from dialogs.gist.crossed import crossed_in
from dialogs.gist.digits import few_apart, repaired
from dialogs.gist.names import names
from dialogs.gist.parcels import moved
from dialogs.gist.spelling import name_in, text_in
from dialogs.replies import number
from dialogs.state import DraftLine
from nlu.dates import asks_when, asks_when_too, day_in, days_in, hour_in, then_instead
from nlu.numerals import CHINESE

_SWAPPED = re.compile(
    "(?:[俩两2]个?|[两2]边|号码?|id|账号|角色|对方).{0,8}?(?:[写填贴弄搞打发输说记抄报]?(?:反|颠倒)|[弄搞]混|对调|互换|换过来|调换|换一下)"
)
_LATIN = re.compile(r"[0-9a-z@._-]{4,}", re.IGNORECASE)
_SHORT = re.compile(r"(?<![0-9a-z])[0-9a-z]+", re.IGNORECASE)
_OF_A_NUMBER = re.compile("[位号码]|开头|打头|末|尾|最后|后[面头]")
_PIECES_WANTED = re.compile(rf"(?:[要来买拿充]|[改换]成?)(?:\d{{1,2}}|[{CHINESE}]{{1,2}})[张份件盒套]")
_NOT_THIS = re.compile("(?:别|不|别再)[充打发寄用给](?:到)?[这那]个|不是[这那]个")
_OF_ACCOUNTS = re.compile("[大小主副]号")
"""大号 is no size where it is said of accounts."""
_SPELT = re.compile(
    r"(?<![0-9a-z])[0-9a-z]{1,6}(?:其实|应该|才)?不?是(?:字母|数字)?[0-9a-z]{1,6}(?![0-9a-z])", re.IGNORECASE
)
"""那个3其实是B: of the account that is then given whole."""
_NUMBERS = (FieldKind.CHOICE, FieldKind.TEXT, FieldKind.ADDRESS)


@dataclass(frozen=True, slots=True)
class Given:
    """(line, field, value) of what is new, and the message without anything of fields."""

    values: tuple[tuple[int, str, str], ...]
    rest: str
    by_line: bool = False
    """Whether each is meant for its own line alone."""
    sure: bool = False
    """Whether the words can mean nothing else, whatever else was made of them."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What a message makes of one field of one line; `value` is what there was where it only speaks of it."""

    at: int
    name: str
    value: str
    words: tuple[str, ...]
    near: bool = False
    """Whether it is what the line has but for a slip."""
    sure: bool = True


def fields_in(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> Given | None:
    """What fields a message gives; None where it gives two different values for one."""
    return _fields(tuple((line, line.whose) for line in lines), text, shelf)


@lru_cache(maxsize=16)  # a turn asks up to four times; two lines are equal, whosever they are
def _fields(held: tuple[tuple[DraftLine, str], ...], text: str, shelf: Shelf) -> Given | None:
    lines = [line for line, _ in held]
    clauses = clauses_of(text)
    if (crossed := _crossed(lines, clauses, shelf)) is not None:
        return Given(tuple(crossed), "", by_line=True, sure=True)
    found = list(_found(lines, clauses, shelf))
    if any(not one.value for one in found):
        return None
    said = clauses.said
    for words in sorted({word for one in found for word in one.words}, key=len, reverse=True):
        said = re.sub(re.escape(words), " ", said, flags=re.IGNORECASE)
    new = [one for one in found if one.value != lines[one.at].fields.get(one.name)]
    near = {one.value for one in new if one.near}
    new = _of_one_field([one for one in new if one.near or one.value not in near], lines, clauses, shelf)
    values = tuple(dict.fromkeys((one.at, one.name, one.value) for one in new))
    several = any(
        a.at == b.at and set(a.words) & set(b.words) for i, a in enumerate(new) for b in new[:i] if a.name != b.name
    )
    once = len({(at, name) for at, name, _ in values}) == len(values)
    sure = bool(new) and all(one.sure for one in new)
    if any(one.near or one.sure for one in new):
        said = _OF_ACCOUNTS.sub(" ", said)
    if any(one.near for one in new):
        said = _SPELT.sub(" ", said)
    return Given(values, said, sure=sure) if once and not several else None


def exchanged(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> bool:
    """Whether a message says that the accounts of two lines stand each at the other: 年卡跟月卡的号弄颠倒了."""
    return _crossed(lines, clauses_of(text), shelf) is not None


def _found(lines: Sequence[DraftLine], clauses: Clauses, shelf: Shelf) -> Iterator[_Found]:
    """What a message says of each field of each line."""
    held = {fold(value) for line in lines for value in line.fields.values()}
    for at, line in enumerate(lines):
        product = shelf.product(line.product or "")
        if product is None:
            continue
        sized = _is_sized(clauses, product, lines, shelf)
        phones = [one.name for one in product.fields if one.kind is FieldKind.PHONE]
        goods, sku = names(product.id, shelf).keys(), look(line, shelf).sku
        mine = fold(sku.label) if sku is not None else ""
        for one in product.fields:
            old = line.fields.get(one.name, "")
            if one.kind is FieldKind.CHOICE:
                choice = choices_in(one, old, clauses, goods, mine)
                if (choice := choice or crossed_in(one, old, clauses)) is not None:
                    yield _Found(at, one.name, *choice)
            elif one.kind is FieldKind.TEXT and asks_when_too(one.label):
                yield from _day(at, one, old, clauses)
            elif one.kind is FieldKind.ADDRESS:
                if old and (place := moved(old, clauses, other_phone=bool(phones))) is not None:
                    yield _Found(at, one.name, *place)
            elif whole := list(_whole(at, one, old, clauses, held)):
                yield from whole
            else:
                yield from _in_part(at, one, old, clauses, product, sized=sized)


def _day(at: int, one: Field, old: str, clauses: Clauses) -> Iterator[_Found]:
    """刚说4号有雨 改5号去吧 就是5月5号: the last day he names, where the ones before it are in it, or in what stands
    there; an hour alone is of the day that stands there. Of 小白 明晚有空 the day alone is another."""
    if not old:
        return
    new = day_in(clauses.said, lambda day: isinstance(check_field(one, day), Valid), old)
    if not asks_when(one.label):
        new = then_instead(old, new) if new else ""
    new = new or hour_in(clauses.said, old)
    checked = check_field(one, new) if new else None
    if isinstance(checked, Valid):
        yield _Found(at, one.name, checked.canonical, tuple(dict.fromkeys(days_in(clauses.said))), sure=True)


def _is_sized(clauses: Clauses, product: Product, lines: Sequence[DraftLine], shelf: Shelf) -> bool:
    """Whether digits in it are a size, or the end of an account that says which line is meant."""
    tokens = [token for token in _SHORT.findall(clauses.said) if len(token) > 1]
    held = [value for line in lines for _, value in numbers_of(line, shelf)]
    if len(lines) > 1 and any(value.endswith(token) for value in held for token in tokens):
        return True
    if any(token in (number(line.value), str(line.quantity)) for line in lines for token in tokens):
        return _OF_A_NUMBER.search(clauses.said) is None
    return any(is_size(token, product) for token in tokens) and _OF_A_NUMBER.search(clauses.said) is None


def _of_one_field(new: list[_Found], lines: Sequence[DraftLine], clauses: Clauses, shelf: Shelf) -> list[_Found]:
    """Where the same words fit several fields of a line: the one that is called by its label; else all of them."""
    out: list[_Found] = []
    for one in new:
        rivals = [other for other in new if other.at == one.at and set(other.words) & set(one.words)]
        if len(rivals) < 2:
            rivals = [other for other in new if other.words == one.words]
        labels = {(r.at, r.name): _label(lines[r.at], r.name, shelf) for r in rivals}
        named = [r for r in rivals if _speaks_of(clauses.said, labels[r.at, r.name], [*labels.values()])]
        if not named or one in named:
            out.append(one)
    return out


def _label(line: DraftLine, name: str, shelf: Shelf) -> str:
    product = shelf.product(line.product or "")
    return next((fold(one.label) for one in product.fields if one.name == name), "") if product is not None else ""


def _speaks_of(said: str, label: str, labels: Sequence[str]) -> bool:
    """Whether a message has a part of this label that no other of them has."""
    pairs = [label[at : at + 2] for at in range(len(label) - 1)]
    return any(pair in said and not any(pair in other for other in labels if other != label) for pair in pairs)


def _of_the_account(clauses: Clauses, product: Product) -> tuple[str, ...]:
    """The clauses without those that say how much it is to be, where others speak of a number: 充50就行 of 充50就行
    号码最后两位是78 不是87."""
    other = [
        part
        for part in clauses.parts
        if _OF_A_NUMBER.search(part) is None
        if _PIECES_WANTED.search(part) or any(is_size(token, product) for token in _SHORT.findall(part))
        if re.search("[充要来买改换]|元|块|就[行好]|[的吧]$", part)
    ]
    rest = tuple(part for part in clauses.parts if part not in other)
    return rest if other and any(_OF_A_NUMBER.search(part) for part in rest) else (clauses.said,)


def _in_part(at: int, one: Field, old: str, clauses: Clauses, product: Product, *, sized: bool) -> Iterator[_Found]:
    """What is put right of an account or a name, or what a free text is to be."""
    for made in (name_in(one, old, clauses), text_in(one, old, clauses.said)):
        if made is not None:
            yield _Found(at, one.name, *made)
    if not old or (one.kind in _NUMBERS and not (old.isascii() or one.pattern)):
        return
    parts = _of_the_account(clauses, product)
    for value in repaired(old, " ".join(parts), one.label) if not sized else ():
        checked = check_field(one, value)
        if isinstance(checked, Valid) and checked.canonical != old:
            yield _Found(at, one.name, checked.canonical, parts)


def _whole(at: int, one: Field, old: str, clauses: Clauses, held: Set[str]) -> Iterator[_Found]:
    """Accounts that a message gives as a whole: as what the order has where they are only spoken of."""
    tokens = dict.fromkeys((*accounts_anywhere(one, clauses.said), *_by_pattern(one, old, clauses.said)))
    for value, words in dict(_worded(one, tokens, clauses)).items():
        near = bool(old) and few_apart(old, value)
        says = _wanted(one, words, clauses, near=near)
        new = old if fold(value) in held else value if says > 0 else ""
        yield _Found(at, one.name, new, (words,), near=near, sure=_is_sure(clauses, words, says, near=near))


def _worded(one: Field, tokens: Iterable[str], clauses: Clauses) -> Iterator[tuple[str, str]]:
    """(the account as it is kept, as it is written), of those that are no part of a longer word."""
    for token in tokens:
        for spelt in (token, token.upper()):
            checked = check_field(one, spelt)
            if isinstance(checked, Valid):
                if _is_whole(token, clauses.said):
                    yield checked.canonical, token
                break


def _is_whole(token: str, said: str) -> bool:
    text, word = said.casefold(), token.casefold()
    at = text.find(word)
    around = text[max(0, at - 1) : at] + text[at + len(word) :][:1]
    return at >= 0 and not (token[0].isascii() and re.search("[0-9a-z_@]", around))


def _wanted(one: Field, words: str, clauses: Clauses, *, near: bool) -> int:
    """Whether the words around an account say that it is to be the order's: 2 by those right beside it, 1 as it is like
    the one there, or as that is said to be wrong; 0 not."""
    at, before, behind = clauses.around(words.casefold())
    if at < 0:
        return 0
    clause = before + behind
    beside = " ".join(clauses.parts[max(0, at - 1) : at]) if not before else ""
    if is_told(clause, one.label) or comes_besides(clause) or comes_besides(beside[:3]) or "的也" in beside:
        return 0  # 他的也没钱了 158…: one more
    if says := sign(before or beside, behind):
        return 2 if says > 0 else 0
    if presents(before, behind) and _is_in_its_place(clauses, words):
        return 2
    return int((near or clauses.says_wrong) and not is_of_people(clause))


def _is_in_its_place(clauses: Clauses, words: str) -> bool:
    """Whether the rest says that what the order has is another's or out of use, or that this is to be used."""
    at, before, _ = clauses.around(words.casefold())
    beside = {at} if before else {at, at - 1}
    other = _OF_ACCOUNTS.search(before) is not None
    return other or clauses.disowns(beside) or clauses.puts_to_use(set())


def _is_sure(clauses: Clauses, words: str, says: int, *, near: bool) -> bool:
    if near and says:
        return says > 1 or clauses.says_wrong
    return says > 1 and (_NOT_THIS.search(clauses.said) is not None or _is_in_its_place(clauses, words))


def _by_pattern(one: Field, old: str, said: str) -> Iterator[str]:
    """Accounts that have letters of another kind, or that are free text: a plate, a domain, a WeChat name."""
    if one.kind in (FieldKind.TEXT, FieldKind.UID) and one.pattern is not None:
        pattern = re.compile(one.pattern.strip("^$"), re.IGNORECASE)
        for found in pattern.finditer(said):
            yield found[0]
    elif one.kind is FieldKind.TEXT and old.isascii() and len(old) > 3:
        for found in _LATIN.finditer(said):
            if few_apart(old, found[0]):
                yield found[0]


def _crossed(lines: Sequence[DraftLine], clauses: Clauses, shelf: Shelf) -> list[tuple[int, str, str]] | None:
    """俩号码填反了, of two lines with one field of a kind: each gets the other's."""
    if len(lines) != 2 or not _SWAPPED.search(clauses.said) or re.search(r"\d{2}|[一二两三]位", clauses.said):
        return None
    one, other = (look(line, shelf) for line in lines)
    if one.product is None or other.product is None:
        return None
    pairs = [
        (a, b)
        for a in one.product.fields
        for b in other.product.fields
        if a.kind is b.kind and a.kind not in _NUMBERS and one.fields.get(a.name) and other.fields.get(b.name)
    ]
    if len(pairs) != 1 or one.fields[pairs[0][0].name] == other.fields[pairs[0][1].name]:
        return None
    ((a, b),) = pairs
    return [(0, a.name, other.fields[b.name]), (1, b.name, one.fields[a.name])]
