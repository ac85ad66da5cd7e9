"""Several parcels that go to several places, said in one message: 慕斯送上海市…，蛋挞寄杭州市…; or one of them sent
elsewhere."""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.checks import Valid, check_field
from catalog.model import Field
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.addresses import tidy
from dialogs.ordering import advance
from dialogs.places import goes_by_parcel, read
from dialogs.pointing import pointed
from dialogs.state import Collecting, Confirming, Dialog, DraftLine
from dialogs.turn import Said, Scene, Turn
from nlu.regions import region_at

_HEAD = re.compile(
    r"(?:^|(?<=[\s,，。;；、\d]))(?P<what>(?:第\d)?[^\s,，。;；、\d]{1,12}?)"
    r"(?:的?(?:收货|配送|收件)?地址(?:[改换]成|改为|是|为|填|写|[:：])*|(?:就|也|单独|直接|[改换]成?)?(?:送货?|寄|发货?|邮寄?|快递)(?:到|往|给|至|去)*)[:：\s]*"
)
_SAYS_MORE = re.compile(r"[改换加减要]|不|[\d一二两三四五六七八九十](?!号)")
_ASKS = re.compile(r"[?？吗呢]|多久|多少|几天|能不能|可以不")
_EDGES = " \t\n,，。;；、"


def sent_apart(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """Each place to the goods that it is said for, and what stands before them to the rest; None for any other
    message."""
    state, text = dialog.state, said.text
    if (
        not isinstance(state, Collecting | Confirming)
        or len(state.lines) < 2
        or region_at(text) is None
        or _ASKS.search(text)
    ):
        return None
    fields = [_parcel(line, scene.shelf) for line in state.lines]
    heads = [
        (found, at) for found in _HEAD.finditer(text) if (at := _meant(state.lines, fields, found["what"], scene.shelf))
    ]
    if not heads:
        return None
    ends = [*(found.start() for found, _ in heads[1:]), len(text)]
    places = [(at, text[found.end() : end].strip(_EDGES)) for (found, at), end in zip(heads, ends, strict=True)]
    named = {i for at, _ in places for i in at}
    if first := text[: heads[0][0].start()].strip(_EDGES):
        places.append((tuple(i for i, field in enumerate(fields) if field and i not in named), first))
    if not all(_is_place(place) for _, place in places):
        return None
    lines = list(state.lines)
    for at, place in places:
        for i in at:
            if (line := _sent(lines[i], fields[i], place)) is None:
                return None
            lines[i] = line
    told = replies.changed() if isinstance(state, Confirming) else ""
    return advance(replace(dialog, misses=0), lines, scene, told)


def _parcel(line: DraftLine, shelf: Shelf) -> Field | None:
    product = shelf.product(line.product or "")
    return next((f for f in product.fields if goes_by_parcel(f, product)), None) if product is not None else None


def _meant(lines: Sequence[DraftLine], fields: Sequence[Field | None], words: str, shelf: Shelf) -> tuple[int, ...]:
    """The parcels that the words before 送 or 的地址 name."""
    if not re.match("第.[件个样]", words) and _SAYS_MORE.search(words):
        return ()
    named = [pointed(lines, part, shelf) for part in re.split("[和跟与及]", words)]
    at = tuple(dict.fromkeys(i for one in named if one is not None for i in one.lines))
    return at if None not in named and all(fields[i] is not None for i in at) else ()


def _is_place(text: str) -> bool:
    place = read(text)
    return bool(place.province or place.city) and bool(place.street)


def _sent(line: DraftLine, field: Field | None, place: str) -> DraftLine | None:
    if field is None:
        return None
    checked = check_field(field, tidy(place, line.fields.get(field.name, "")))
    return replace(line, fields={**line.fields, field.name: checked.canonical}) if isinstance(checked, Valid) else None
