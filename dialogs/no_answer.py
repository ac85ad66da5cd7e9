"""What comes while words are asked for and gives none of them: a correction of what is held already (不是80 是120,
where a city is asked for), talk, a delay. Words of his own would take anything."""

import re
from collections.abc import Callable
from dataclasses import replace

from catalog.checks import fold
from catalog.model import Field, FieldKind, Option
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.asking import answer
from dialogs.draft import asked_field, field_of
from dialogs.filling import FREE
from dialogs.labels import called
from dialogs.ordering import miss
from dialogs.picking import COMMANDS
from dialogs.pointing import names_of
from dialogs.state import Collecting, Confirming, Dialog
from dialogs.turn import Said, Scene, Turn
from nlu.no_text import is_delay, is_no_text
from nlu.numerals import CHINESE
from nlu.words import PIECES

_WRONG = re.compile(
    r"(?:[写打填输说发搞弄充选点买看报给]|下单)(?:得|的)?(?:错|反|多|少)|错[了啦]|不对|不是|应该[是要为]|[改换][成为到]|[改换](?=[\d一二两三四五六七八九十])|才[是对]"
)
_COUNTS = re.compile(rf"(?:改|换|就?要|来|买|拿)(?:成|为|到)?[\d{CHINESE}]{{1,3}}[{PIECES}](?:的|吧|就行|就好|了|哈)*")
_RATHER = re.compile(
    r"(?:[充冲交买拍选下填写打输说]错了?[,，\s]*(?:我?(?:要|想|应该)|应该|是|改){1,3}|应该[要是]?)[充冲交买拍]?\d{1,6}(?:元|块钱?|个|张|份|的|了|吧)*"
)
_OF_PLACES = re.compile("门牌|地址|街道|小区|楼栋|单元|房号|收[件货]人|电话|手机|区号")
_CODE = re.compile(r"[A-Za-z0-9]{2,}")


def below_summary(text: str, dialog: Dialog, shelf: Shelf) -> Dialog | None:
    """The talk as if all that is held were summed up, where the message is a correction of it; None for any other."""
    state = dialog.state
    if not isinstance(state, Collecting) or len(state.lines) != 1 or state.half:
        return None
    asked = asked_field(state, shelf)
    if asked is None or asked.kind not in FREE or state.slot in state.lines[0].fields:
        return None
    said = fold(text)
    counts = asked.kind is FieldKind.TEXT and (_COUNTS.fullmatch(said) or _RATHER.fullmatch(said)) is not None
    if not (counts or (_WRONG.search(said) and _speaks_of_held(said, state, shelf))):
        return None
    return replace(dialog, state=Confirming(state.lines, (0,)), listed=None)


def _speaks_of_held(said: str, state: Collecting, shelf: Shelf) -> bool:
    """Whether it names what stands in the line already, and not what is asked for."""
    line = state.lines[state.line]
    product = shelf.product(line.product or "")
    asked = field_of(product, state.slot) if product is not None else None
    if product is None or asked is None or any(name in said for name in called(asked)):
        return False
    parts: tuple[Option | Field, ...] = (*product.options, *product.fields)
    held = [one for one in parts if one.name in line.options or one.name in line.fields]
    if any(name in said for one in held for name in called(one)):
        return True
    words = (*replies.QUANTITY_WORDS, *replies.VALUE_WORDS)
    given = {fold(value) for name, value in line.fields.items() if len(value) > 1}
    places = any(one.kind is FieldKind.ADDRESS and one.name in line.fields for one in product.fields)
    if any(word in said for word in words) or any(value in said for value in given):
        return True
    if places and _OF_PLACES.search(said):
        return True
    numbers = _CODE.findall(said)
    return any(name in numbers if name.isdecimal() else name in said for name in names_of(line, shelf))


def corrected(dialog: Dialog, said: Said, scene: Scene, hear: Callable[[Dialog, Said, Scene], Turn]) -> Turn:
    """The order with that correction, and then the question again; only the question where nothing came of it."""
    below = below_summary(said.text, dialog, scene.shelf)
    if below is None or not isinstance(dialog.state, Collecting):
        return hear(dialog, replace(said, corrects=False), scene)
    turn = hear(below, replace(said, corrects=False), scene)
    after = turn.dialog.state
    if isinstance(after, Collecting | Confirming) and after.lines != dialog.state.lines and not turn.dialog.misses:
        return turn
    return miss(dialog, scene)


def put_off(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """好的我要, 等会儿给你, 我找不到在哪看: the question stands, and nobody is told that he was not understood."""
    state = dialog.state
    if not isinstance(state, Collecting) or said.frame.intent in COMMANDS or said.frame.items:
        return None
    asked = asked_field(state, scene.shelf)
    later = is_delay(said.text)
    if asked is None or not (later or (asked.kind is FieldKind.TEXT and is_no_text(said.text))):
        return None
    return answer(dialog, scene, replies.no_hurry() if later else "")
