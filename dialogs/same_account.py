"""The account that he has given already: 还是那个号, 地址不变 while one is asked for; 爱奇艺也要一个月 同一个号."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from catalog.checks import Valid, check_field, fold
from catalog.model import Field, FieldKind, Product
from catalog.shelf import Shelf
from dialogs import favourites, replies
from dialogs.asking import answer
from dialogs.by_text import accounts_anywhere
from dialogs.draft import account_field, field_of, look
from dialogs.effects import FindFavourites
from dialogs.filling import fill
from dialogs.merging import together
from dialogs.ordering import advance
from dialogs.state import Collecting, Confirming, Dialog, DraftLine
from dialogs.turn import Said, Scene, Turn
from nlu.frame import Item

_TEXT_MAX = 24
_NOUN = "(?:手机号?码?|电话号?码?|qq号?码?|扣扣|号码?|账号|帐号|账户|卡号?|邮箱|地址|学号|车牌号?|户号|uid|id|微信号?)"
_EARLIER = "(?:上一?[次回]|之前|以前|原来|刚才|刚刚|上面|前面|老)"
_LIKE = "(?:一样|相同|一致)"
_SAME = re.compile(
    "(?:就|还是|还|也|都|全|是|用|充|给|到|发|寄|送|那|嗯|哦|好的?|仍然?|我|你知道的?|第?[一二两三四]个|[,，、])*"
    "(?:"
    f"{_EARLIER}(?:那|的|用的|充的|填的|个|张)*(?:我的?)?{_NOUN}?"
    f"|[这那][个张](?:我的)?{_NOUN}|(?<=还是)(?:我?那个|我的)|同(?:一?[个张]|样的?)(?:的)?{_NOUN}|{_LIKE}的?{_NOUN}?|同一[个张]|同[上号]|照[旧常]|老样子|老地方"
    f"|(?:{_NOUN}(?:也|都|还是?|就)*)?(?:[跟和同与按照]|一样)(?:.{{1,6}}?)(?:的{_NOUN}?)?{_LIKE}的?{_NOUN}?"
    f"|{_NOUN}(?:也|都|还是?|就)*(?:照[旧常]|[不没]变|不[换改]|不用[换改]|{_LIKE}|同上|原来的?|老的?)"
    ")(?:的|吧|啊|哈|呀|上|里|了|就行|就好|就可以|谢谢)*"
)
"""As a whole: what is asked for is what it was."""
_BESIDE = re.compile(
    f"同一?[个张]{_NOUN}|{_LIKE}的{_NOUN}|{_NOUN}(?:也|都|还是?|就)*(?:{_LIKE}|不变|照旧|同上)"
    f"|(?:也|还是?|就|都)(?:是|用|充|到|给|寄|发)*[这那][个张]{_NOUN}|(?:用|充到?|寄到?|发到?){_EARLIER}(?:那|的|个|张)*{_NOUN}|{_EARLIER}[那的][个张]?{_NOUN}"
    f"|[充发寄]到一起"
)
"""The same in a message that orders something, too."""
_OTHERWISE = re.compile("不是|不要|别|错|换|改|多少|什么|哪|吗|[?？]|不一样|不同")
_UNCHANGED = re.compile("[不没](?:用)?[变换改]")
_ALL = re.compile("都|全|[两三四五]个|一起")
_NEVER = (FieldKind.CHOICE, FieldKind.TEXT)
_OWN = (FieldKind.CARD_NO, FieldKind.UID)
"""Of one product what they are says nothing of another's."""


def answered(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """The answer to the question for an account or an address, where it is no more than that it is the same."""
    state = dialog.state
    if not isinstance(state, Collecting | Confirming) or len(said.text) > _TEXT_MAX:
        return None
    text = fold(said.text)
    if isinstance(state, Confirming):  # it has what he means, and no order is made of the last one in its place
        told = replies.nothing_changed()
        return advance(replace(dialog, misses=0), state.lines, scene, told) if _is_same(text) else None
    if (everyone := _for_all(dialog, state, text, scene)) is not None:
        return everyone
    asked = _asked(state, scene.shelf)
    if asked is None or not _is_same(text) or (state.slot == "value" and not re.search(_NOUN, text)):
        return None  # 照旧, while the size is asked for, too: the whole of the last order
    lines = _filled(dialog, state, (), scene, all_of_them=_ALL.search(text) is not None)
    if lines is None:
        return answer(dialog, scene, replies.no_last_account(asked.label))
    return advance(replace(dialog, misses=0), lines, scene)


def _is_same(text: str) -> bool:
    plain = re.sub(r"[\s。.!！~]+", "", text)
    return not _OTHERWISE.search(_UNCHANGED.sub("", plain)) and _SAME.fullmatch(plain) is not None


def without_it(text: str) -> str:
    """A folded message without the words for the same account: 还是这个手机 is no 还是 of another choice."""
    return re.sub(rf"(?:还是|就|也是|,|，)*(?:{_BESIDE.pattern}|(?:还是|也是|就)[这那][个张]{_NOUN})", " ", text)


def carried(before: Dialog, said: Said, scene: Scene, turn: Turn) -> Turn:
    """The turn with the account put in that was said to be the same: 爱奇艺也要一个月 同一个号."""
    state = turn.dialog.state
    if not isinstance(state, Collecting) or any(not isinstance(one, FindFavourites) for one in turn.effects):
        return turn
    text = fold(said.text)
    if not _BESIDE.search(text) or _OTHERWISE.search(text) or _asked(state, scene.shelf) is None:
        return turn
    earlier = before.state.lines if isinstance(before.state, Collecting | Confirming) else ()
    lines = _filled(replace(turn.dialog, unpaid=before.unpaid), state, earlier, scene, all_of_them=True)
    if lines is None or lines == state.lines:
        return turn
    more = len(lines) > len(earlier) > 0
    return advance(turn.dialog, lines, scene, replies.added() if more else "")


def _asked(state: Collecting, shelf: Shelf) -> Field | None:
    """The account or address that is asked for, alone or along with something else."""
    looked = look(state.lines[state.line], shelf)
    if looked.product is None:
        return None
    fields = (field_of(looked.product, state.slot), *together(looked, state.slot))
    return next((one for one in fields if one is not None and one.kind not in _NEVER), None)


def _filled(
    dialog: Dialog, state: Collecting, earlier: Sequence[DraftLine], scene: Scene, *, all_of_them: bool
) -> tuple[DraftLine, ...] | None:
    """The lines with that account; None where there is none, or more than one that it could be."""
    lines, asked = list(state.lines), _asked(state, scene.shelf)
    if asked is None:
        return None
    found = _known(dialog, state, earlier, lines[state.line], asked, scene)
    if found is None:
        return None
    lines[state.line] = replace(lines[state.line], fields={**lines[state.line].fields, asked.name: found})
    for i, line in enumerate(lines):
        product = scene.shelf.product(line.product or "")
        own = account_field(product) if product is not None else None
        open_ = own is not None and own.name not in line.fields and own.kind is asked.kind
        if all_of_them and own is not None and open_ and isinstance(check_field(own, found), Valid):
            lines[i] = replace(line, fields={**line.fields, own.name: found})
    return tuple(lines)


def _known(
    dialog: Dialog, state: Collecting, earlier: Sequence[DraftLine], line: DraftLine, asked: Field, scene: Scene
) -> str | None:
    """The account he means: of this draft, else of the order that waits, else of what he paid before."""
    product = scene.shelf.product(line.product or "")
    if product is None:
        return None
    here = [one for i, one in enumerate(state.lines) if i != state.line]
    unpaid = dialog.unpaid
    waiting = unpaid.lines if unpaid is not None and unpaid.expires_at > scene.now else ()
    for lines in ((*earlier, *here), waiting):
        values = list(dict.fromkeys(_of_kind(lines, product, asked, scene.shelf)))
        if values:
            return values[0] if len(values) == 1 else None
    used = dialog.used.accounts if dialog.used is not None else ()
    return next(iter(favourites.offered(product, asked, used, scene.shelf)), None)


def _of_kind(lines: Sequence[DraftLine], product: Product, asked: Field, shelf: Shelf) -> Iterator[str]:
    """What these lines hold that such a field takes."""
    for line in lines:
        other = shelf.product(line.product or "")
        for name, value in line.fields.items():
            field = field_of(other, name) if other is not None else None
            if field is None or field.kind in _NEVER or not isinstance(check_field(asked, value), Valid):
                continue
            alike = field.kind is asked.kind or FieldKind.PHONE_OR_QQ in (field.kind, asked.kind)
            strange = asked.kind in _OWN and other is not product and field.label != asked.label
            if alike and not strange:
                yield value


def _for_all(dialog: Dialog, state: Collecting, text: str, scene: Scene) -> Turn | None:
    """三个都充138…: one account, and it is for all that still lack one."""
    asked = _asked(state, scene.shelf)
    accounts = accounts_anywhere(asked, text) if asked is not None else ()
    if asked is None or len(state.lines) < 2 or len(accounts) != 1 or not _ALL.search(text) or _OTHERWISE.search(text):
        return None
    lines = list(state.lines)
    for i, line in enumerate(lines):
        product = scene.shelf.product(line.product or "")
        own = account_field(product) if product is not None else None
        if own is None or own.name in line.fields or own.kind is not asked.kind:
            continue
        lines[i] = fill(line, Item(fields={own.name: accounts[0]}, said=frozenset({own.name})), scene.shelf).line
    changed = sum(one != other for one, other in zip(lines, state.lines, strict=True))
    return advance(replace(dialog, misses=0), lines, scene) if changed > 1 else None
