"""Some digits of an account corrected, by where they stand or by what they are: 倒数第二位是5不是4, 2918改成2981."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from catalog.checks import Valid, check_field, fold
from catalog.model import Field, FieldKind
from catalog.shelf import Shelf
from dialogs.draft import field_of, look
from dialogs.filling import named_field
from dialogs.replies import number
from dialogs.state import DraftLine
from nlu.numerals import CHINESE, DIGITS, read_numeral

_N = rf"([1-9]|1\d|[{CHINESE}]{{1,2}})"
_D = rf"[0-9x零〇{CHINESE}]"
_WRONG = "(?:数字?|号)?(?:都|是)?(?:写|打|填|输|弄|搞)?(?:错了?|反了?)?[,，\\s]*"
_IS = "(?:应该?)?(?:是|改成|改为|换成|为)"
_WAS = rf"(?:[,，\s]*(?:而)?不是(?P<was>{_D}{{1,8}}))?"
_FROM_THE_END = re.compile(rf"倒数第{_N}[位个]{_WRONG}{_IS}(?P<new>{_D})(?!{_D}){_WAS}")
_FROM_THE_START = re.compile(rf"(?<!倒数)第{_N}位{_WRONG}{_IS}(?P<new>{_D})(?!{_D}){_WAS}")
_THE_LAST = re.compile(
    rf"(?<!倒数第)(?<!最)(?:后面?|末)(?P<n>{_N})[位个]{_WRONG}{_IS}(?P<new>{_D}{{2,8}})(?!{_D}){_WAS}"
)
_THE_FIRST = re.compile(rf"(?:前面?|开头|最前面?)(?:{_N}[位个])?{_WRONG}{_IS}(?P<new>{_D}{{2,8}})(?!{_D}){_WAS}")
_THESE = re.compile(
    r"(?<!\d)(?P<was>\d{2,8})(?:那|这)?(?:[一几两三四]?[位个段])?(?:的?地方)?(?:都|是)?(?:写|打|填|输|弄|搞)?(?:错了?|反了?)?[,，\s]*"
    r"(?:应该?)?(?:是|[改换](?:成|为|到)?|变成)(?P<new>\d{2,8})(?!\d)"
)
_SWAPPED = re.compile("(?:最后|末尾?|后面?)(?:两|二|2)[位个](?:数字?)?(?:写|打|填|输|弄|搞)?(?:反|颠倒|倒)了?")
_OF_A_NUMBER = re.compile("[号位码段]|中间|开头|数字|地址")
"""What says that digits are part of a number, where they could be a size as well."""
_SURE_CHARS = 4
_NO_ACCOUNTS = (FieldKind.CHOICE, FieldKind.TEXT, FieldKind.ADDRESS)


def with_digits(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> tuple[DraftLine, ...] | None:
    """The lines with the one account corrected that such words can be about; None when they are no such words, or when
    it could be two. An account that would not pass its check is none."""
    said = fold(text)
    found = {
        (field.name, old, new)
        for line in lines
        for field, old in numbers_of(line, shelf)
        for new in _corrections(line, field, old, said, shelf)
    }
    if len(found) != 1:
        return None
    ((name, old, new),) = found
    return tuple(
        replace(line, fields={**line.fields, name: new}) if line.fields.get(name) == old else line for line in lines
    )


def numbers_of(line: DraftLine, shelf: Shelf) -> Iterator[tuple[Field, str]]:
    """What a line holds that is made of digits and the like: (field, value)."""
    product = shelf.product(line.product or "")
    for name, value in line.fields.items():
        field = field_of(product, name) if product is not None else None
        if field is not None and field.kind not in _NO_ACCOUNTS:
            yield field, value


def _corrections(line: DraftLine, field: Field, old: str, said: str, shelf: Shelf) -> Iterator[str]:
    """What the words would make of this account, where it passes its check."""
    product = shelf.product(line.product or "")
    named = named_field(product, said) if product is not None else None
    if named is not None and named.kind not in _NO_ACCOUNTS and named is not field:
        return
    for at, size, new, was in _places(line, old, said, shelf):
        now = old[at : at + size]
        if not 0 <= at <= len(old) - size or now == new or (was and was != now):
            continue
        checked = check_field(field, old[:at] + new + old[at + size :])
        if isinstance(checked, Valid):
            yield checked.canonical


def _places(line: DraftLine, old: str, said: str, shelf: Shelf) -> Iterator[tuple[int, int, str, str]]:
    """(where in the account, how many characters, what they should be, what he says they are)."""
    if found := _FROM_THE_END.search(said):
        yield len(old) - _count(found[1]), 1, _digits(found["new"]), _digits(found["was"])
    elif found := _FROM_THE_START.search(said):
        yield _count(found[1]) - 1, 1, _digits(found["new"]), _digits(found["was"])
    elif found := _THE_LAST.search(said):
        new = _digits(found["new"])
        if _count(found["n"]) == len(new):
            yield len(old) - len(new), len(new), new, _digits(found["was"])
    elif found := _THE_FIRST.search(said):
        new = _digits(found["new"])
        if found[1] is None or _count(found[1]) == len(new):
            yield 0, len(new), new, _digits(found["was"])
    elif _SWAPPED.search(said):
        yield len(old) - 2, 2, old[:-3:-1], ""
    elif found := _THESE.search(said):
        was, new = found["was"], found["new"]
        one = old.count(was) == 1 and len(was) == len(new) < len(old)
        sized = _is_size(line, was, shelf) or (len(was) < _SURE_CHARS and _is_sold(line, new, shelf))
        if one and (_OF_A_NUMBER.search(said) or not sized):
            yield old.index(was), len(was), new, was


def _is_size(line: DraftLine, digits: str, shelf: Shelf) -> bool:
    """Whether a number is what the line has now: 100改成200 is about that."""
    looked = look(line, shelf)
    label = looked.sku.label if looked.sku is not None else ""
    return digits in (number(line.value), str(line.quantity)) or re.search(rf"(?<!\d){digits}(?!\d)", label) is not None


def _is_sold(line: DraftLine, digits: str, shelf: Shelf) -> bool:
    product = shelf.product(line.product or "")
    return product is not None and any(digits == number(sku.value) for sku in product.skus)


def _count(text: str) -> int:
    found = read_numeral(text)
    return int(found) if found is not None else 0


def _digits(text: str | None) -> str:
    return "".join(str(DIGITS.get(char, char)) for char in text or "")
