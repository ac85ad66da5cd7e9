"""What the summary shows, asked about once more (那手机是5678那个对吧, 360对吧, 506对的 颜色是银的吧): answered by what
stands there; nothing is changed by it."""

import re

from catalog.checks import fold
from catalog.model import FieldKind
from dialogs import paying, replies
from dialogs.asking import answer
from dialogs.assent import TENTHS, without_held
from dialogs.digits import numbers_of
from dialogs.draft import Looked, look
from dialogs.gist.clauses import clauses_in
from dialogs.state import Confirming, Dialog, DraftLine, Idle
from dialogs.turn import Said, Scene, Turn
from kernel.masking import mask
from nlu.assent import HELD
from nlu.text import lower, normalise

_TEXT_MAX = 40
_ASKS = r"(?:对吧|对吗|对不对|是吧|是吗|没错吧|对的?吧|是不是|对嘛|[吧吗么])[?？]*$"
_STRONG = re.compile(r"(?:对吧|对吗|对不对|是吧|是吗|没错吧|对的吧|吗)[?？]*$")
_AROUND = re.compile(
    r"(?:那|这|就|都|是|的|个|充|发|寄|到|给|我|你|填|写|要|买|一共|总共|合计|总价|价格|一[张个份盒]|每[张个份盒]|块钱?|元|手机|电话|qq|扣扣|账号"
    r"|号码?|尾号|末尾|最后|结尾|开头|后[三四]位|颜色|地址|门牌|收货|没错|没问题|对|嗯|好|行|哈|啊|呀|哦|吧|吗|么|嘛|不|[?？,，。!！\s]|"
    + HELD
    + ")*"
)
_DIGITS = re.compile(r"(?<![\d.])\d{3,6}(?![\d.])")
_OF_A_NUMBER = re.compile("手机|电话|qq|扣扣|账号|号码|尾号|末尾|结尾|开头|后[三四]位|[那这]个号")
_SUM = re.compile(r"(?<![\d.])¥?(\d{1,6}(?:\.\d{1,2})?)(?:元|块钱?)?")


def checked(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """The answer to such a question about the one line that is summed up, or that waits for payment; None for any other
    message."""
    state, live = dialog.state, paying.live_unpaid(dialog, scene)
    lines = state.lines if isinstance(state, Confirming) else live.lines if live and isinstance(state, Idle) else ()
    text = TENTHS.sub(r"\1.\2", lower(normalise(said.text)))
    asks = re.search(_ASKS, fold(text)) is not None and re.search(r"\d", text) is not None
    if len(lines) != 1 or len(text) > _TEXT_MAX or not asks or said.late:
        return None
    told = _told(lines[0], text, scene)
    return answer(dialog, scene, told) if told else None


def _told(line: DraftLine, text: str, scene: Scene) -> str:
    """What stands there of what is asked about; "" where something else is said."""
    looked = look(line, scene.shelf)
    plain = [_with_digits_held(without_held(clause, looked), looked) for clause in clauses_in(text)]
    rest = _SUM.sub(lambda n: HELD if float(n[1]) in _prices(looked) else n[0], " ".join(plain))
    if HELD in rest and _AROUND.fullmatch(rest):
        return replies.stands_so(_account(line, text, scene, held=True) or _total(looked, text))
    if HELD in rest or not _STRONG.search(fold(text)) or len(plain) != 1:
        return ""
    other = _SUM.search(rest)
    if other is None or not _AROUND.fullmatch(rest.replace(other[0], HELD)) or _is_sold(looked, other[1]):
        return ""
    of_number = _OF_A_NUMBER.search(rest) is not None
    held = _account(line, text, scene, held=False) if of_number else _total(looked, "")
    return replies.stands_otherwise(held) if held else ""


def _with_digits_held(clause: str, looked: Looked) -> str:
    """The clause with a blank for digits that an account ends or begins with, or that stand in an address."""
    places = [re.findall(r"\d+", value) for value in looked.fields.values()]
    values = {run for runs in places for run in runs}
    return _DIGITS.sub(
        lambda n: HELD if any(one.endswith(n[0]) or one.startswith(n[0]) for one in values) else n[0], clause
    )


def _account(line: DraftLine, text: str, scene: Scene, *, held: bool) -> str:
    """The one account that the digits are of, by its label; `held` tells whether they must be in it."""
    digits = _DIGITS.findall(text)
    accounts = [(field, value) for field, value in numbers_of(line, scene.shelf) if field.kind is not FieldKind.ADDRESS]
    meant = [
        (field, value)
        for field, value in accounts
        if not held or any(value.endswith(one) or value.startswith(one) for one in digits)
    ]
    return replies.what_is(meant[0][0].label, mask(meant[0][1])) if len(meant) == 1 else ""


def _total(looked: Looked, text: str) -> str:
    """What it comes to, where that stands in the text; of no text in any case."""
    total = looked.total_fen()
    sums = {float(one[1]) for one in _SUM.finditer(text)}
    return replies.comes_to(total) if total is not None and (not text or total / 100 in sums) else ""


def _prices(looked: Looked) -> set[float]:
    """The price of one, and of all."""
    fen = [looked.total_fen(), looked.sku.price_fen if looked.sku is not None else None]
    return {one / 100 for one in fen if one is not None}


def _is_sold(looked: Looked, number: str) -> bool:
    """Whether it may be a size or a count that is wanted instead: 200是吧."""
    skus = looked.product.skus if looked.product is not None else ()
    return float(number) < 100 or any(sku.any_value is not None or sku.value == float(number) for sku in skus)
