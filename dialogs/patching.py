"""A few digits put on an account or put right at its end, and a piece put on an address, below a summary: 漏了个5,
错了最后是445, 再加上2栋301, 门牌是200号. None of it is a count or an amount."""

import re
from collections.abc import Iterator
from dataclasses import replace

from catalog.checks import Valid, check_field, fold
from catalog.model import Field, Product
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.addresses import HOUSE, with_piece
from dialogs.digits import numbers_of
from dialogs.draft import field_of
from dialogs.field_changes import ASKS, is_size
from dialogs.ordering import advance, doubted, miss
from dialogs.places import goes_by_parcel, read, written
from dialogs.state import Confirming, Dialog, DraftLine
from dialogs.turn import Said, Scene, Turn

_TEXT_MAX = 30
_END = "(?:后面|最后面?|末尾|结尾|尾巴|尾数)"
_START = "(?:最?前面|开头|最开始)"
_ACCOUNT = re.compile("qq|扣扣|号|手机|电话|账户|id|uid|位|数字")
_LACKS = (
    "(?:[漏少缺落掉]|没[打写输填])[了打写输填掉]*+"
    r"(?:一?[个位]数?字?)?(?P<new>[0-9x]{1,4})(?!\d|[个张份元块])"
)
_TOO_MUCH = re.compile(r"多(?:打|写|输|填)?了?(?:一?[个位]数?字?)?(?P<new>[0-9x]{1,3})(?!\d|[个张份元块])")
_MISSING = re.compile(rf"(?:(?P<end>{_END})|(?P<start>{_START}))?(?:那里?|处)?(?:还|又)?{_LACKS}")
_PUT_ON = re.compile(
    rf"(?:(?P<end>{_END})|(?P<start>{_START}))(?:那里?|处)?(?:还|再)?(?:应该)?(?:要)?(?:加|有|补|添)(?:上|了)?(?:一?[个位])?(?P<new>[0-9x]{{1,4}})$"
)
_ONE_SHORT = re.compile(
    rf"[少漏缺]了?(?:打|写|输|填)?了?(?:一|1)[个位](?:数字|号码?|数)?[^0-9]*?{_END}(?:那?[一个]?[个位])?(?:应该)?(?:还)?(?:是|加|有|补)(?:个|上)?(?P<new>[0-9x])(?!\d)"
)
_ENDS_IN = re.compile(
    rf"(?:{_END}|最后)(?:那|这)?(?:[个几两三四一]?[个位])?(?:数字?|号)?(?:应该)?是(?P<new>[0-9x]{{1,4}})(?:(?:才对|的|啊|哈|吧)*$|[,，]?(?:而)?不是)"
)
_PLACED = re.compile(f"{_END}|{_START}|最后")
_DIGITS = re.compile(r"\d+")
_SURE = re.compile(f"错|不对|不是|[位号]|尾数|结尾|{_ACCOUNT.pattern}")
_WAS = re.compile(r"不是([0-9x]{1,4})(?![0-9a-z])")
_NUMBER = re.compile(
    "(?:对了|哦|嗯|哎|地址|门牌号?|收货|号码?|[写填打弄]?错了?|不对|应该|不是\\d+号|[,，:：])*+(?:应该)?(?:是|改成|换成|改为)(?P<new>\\d+)号"
)
_STREET_NUMBER = re.compile(r"\d+号(?!楼|院|线|口)")


def patched(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """The summary with the one account or address put right that such words can be about; None for any other words."""
    state, text = dialog.state, fold(said.text)
    if not isinstance(state, Confirming) or len(text) > _TEXT_MAX or ASKS.search(text):
        return None
    if (new := _address(state, text, scene.shelf)) is not None:
        return advance(replace(dialog, misses=0), new, scene, replies.changed())
    made = {(at, name, value) for at, name, value in _accounts(state, text, scene.shelf)}
    if len({(name, value) for _, name, value in made}) != 1:
        return None
    ((at, name, value), *_) = made
    product = scene.shelf.product(state.lines[at].product or "")
    if product is not None and not _SURE.search(text) and (_may_be_amount(product) or not _PLACED.search(text)):
        if len(set(_DIGITS.findall(text))) > 1:
            return None  # 少打了一个0 是300个
        field = field_of(product, name)
        return miss(doubted(dialog), scene, replies.digits_of_what(field.label if field is not None else ""))
    old = state.lines[at].fields[name]
    lines = [
        replace(line, fields={**line.fields, name: value}) if line.fields.get(name) == old else line
        for line in state.lines
    ]
    return advance(replace(dialog, misses=0), lines, scene, replies.changed())


def _may_be_amount(product: Product) -> bool:
    return any(sku.any_value is not None for sku in product.skus)


def _accounts(state: Confirming, text: str, shelf: Shelf) -> Iterator[tuple[int, str, str]]:
    """(line, field, account) for each account that such words could make, where it passes its check."""
    for at, line in enumerate(state.lines):
        product = shelf.product(line.product or "")
        for field, old in numbers_of(line, shelf):
            for value in _values(text, old, product) if product is not None else ():
                checked = check_field(field, value)
                if isinstance(checked, Valid) and checked.canonical != old:
                    yield at, field.name, checked.canonical


def _values(text: str, old: str, product: Product) -> Iterator[str]:
    """The account with what the words put on it, or with its end put right."""
    short = _ONE_SHORT.search(text)
    put = short or _PUT_ON.search(text) or _MISSING.search(text)
    if put is not None:
        yield put["new"] + old if short is None and put["start"] else old + put["new"]
        return
    if (extra := _TOO_MUCH.search(text)) is not None:
        if old.endswith(extra["new"]) or old.count(extra["new"]) == 1:
            yield "".join(old.rsplit(extra["new"], 1))
        return
    end = _ENDS_IN.search(text)
    was = _WAS.search(text)
    if was is not None and not old.endswith(was[1]):
        return
    if end is not None and (_SURE.search(text) or not is_size(end["new"], product)):
        yield old[: -len(end["new"])] + end["new"]


def _address(state: Confirming, text: str, shelf: Shelf) -> list[DraftLine] | None:
    """The lines with the one address they have longer by a piece (2栋301), or with another number in its street."""
    held = {value for line in state.lines for _, value in _parcels(line, shelf)}
    added, numbered = HOUSE.fullmatch(text), _NUMBER.fullmatch(text)
    if len(held) != 1 or (added is None and numbered is None):
        return None
    (old,) = held
    place = read(old)
    street = place.street
    if numbered is not None:
        if len(_STREET_NUMBER.findall(street)) != 1:
            return None
        street = _STREET_NUMBER.sub(f"{numbered['new']}号", street)
    elif added is not None:
        street = with_piece(street, added["piece"])
    if not street or street == place.street:
        return None
    new = written(replace(place, street=street))
    return [
        replace(line, fields={**line.fields, **{field.name: new for field, _ in _parcels(line, shelf)}})
        for line in state.lines
    ]


def _parcels(line: DraftLine, shelf: Shelf) -> Iterator[tuple[Field, str]]:
    product = shelf.product(line.product or "")
    for field in product.fields if product is not None else ():
        if product is not None and goes_by_parcel(field, product) and field.name in line.fields:
            yield field, line.fields[field.name]
