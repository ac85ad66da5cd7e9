"""Nets below the understanding: frames that are wrong on purpose, and what the talk makes of them."""

from catalog.model import AnyValue, Choice, Delivery, Field, FieldKind, Option, Product, Sku
from catalog.shelf import Shelf
from dialogs.hearing import heard_again
from dialogs.several_items import unread_rows
from dialogs.state import Confirming, Dialog, DraftLine, Remembered
from dialogs.step import step
from dialogs.turn import Said, Scene
from kernel.money import Fen
from nlu.frame import Frame, Intent, Item
from tests.dialogs.talkers import NOW

PHONE = Field("phone", "手机号", FieldKind.PHONE)
SPEED = Option("speed", "方式", (Choice("fast", "快充", ("快",)), Choice("slow", "慢充")), "fast")
TALK = Product(
    "talk",
    "话费",
    ("充值",),
    Delivery.TOPUP,
    (
        Sku("T50", "50元", Fen(4980), 50, "元", options={"speed": "fast"}),
        Sku("T100", "100元", Fen(9950), 100, "元", options={"speed": "fast"}),
        Sku("T100S", "100元慢充", Fen(9550), 100, "元", options={"speed": "slow"}),
    ),
    fields=(PHONE,),
    options=(SPEED,),
)
WATER = Product(
    "water",
    "桶装水",
    ("送水",),
    Delivery.CARD,
    (Sku("W10", "10桶", Fen(14000), 10, "桶"), Sku("W20", "20桶", Fen(26000), 20, "桶")),
)
COIN = Product(
    "coin",
    "Q币",
    ("充值",),
    Delivery.TOPUP,
    (Sku("C", "Q币", Fen(98), unit="个", any_value=AnyValue(1, 500)),),
    fields=(Field("qq", "QQ号", FieldKind.QQ),),
)
SCENE = Scene(NOW, Shelf([TALK, WATER, COIN], "1"), "https://shop.example")
SLOW = DraftLine("talk", value=100, options={"speed": "slow"}, fields={"phone": "13812345678"})


def _said(intent: Intent, text: str, *items: Item) -> Said:
    return Said(Frame(intent, items), text)


def _fills(product: str, **slots: object) -> Item:
    return Item(product, said=frozenset({"product", *slots}), **slots)  # type: ignore[arg-type]


def test_a_confirm_that_names_a_choice_orders_nothing() -> None:
    talk = Dialog(Confirming((SLOW,), (9550,)))
    turn = step(talk, _said("confirm", "就快充吧"), SCENE)
    assert turn.effects == ()
    assert "¥99.50" in turn.reply.text


def test_a_bare_confirm_stays_one() -> None:
    talk = Dialog(Confirming((SLOW,), (9550,)))
    said = _said("confirm", "快点，确认")
    assert heard_again(talk, said, SCENE) is said


def test_a_number_with_the_unit_of_a_size_is_the_size_and_no_count() -> None:
    talk = Dialog(Confirming((DraftLine("water", value=20),), (26000,)))
    tens = Item(quantity=10, said=frozenset({"quantity"}))
    turn = step(talk, _said("change", "改成10桶", tens), SCENE)
    assert isinstance(turn.dialog.state, Confirming)
    assert turn.dialog.state.totals_fen == (14000,)


def test_a_count_in_another_unit_stays_a_count() -> None:
    talk = Dialog(Confirming((DraftLine("water", value=20),), (26000,)))
    turn = step(talk, _said("change", "改成10份", Item(quantity=10, said=frozenset({"quantity"}))), SCENE)
    assert isinstance(turn.dialog.state, Confirming)
    assert turn.dialog.state.totals_fen == (260000,)


def test_each_row_of_a_list_has_its_own_amount() -> None:
    text = "13511110001 100\n135 1111 0002 50\n13511110003"
    wrong = [
        _fills("talk", value=100, fields={"phone": "13511110001"}),
        _fills("talk", value=100, fields={"phone": "13511110002"}),
        _fills("talk", value=100, fields={"phone": "13511110003"}),
    ]
    items = heard_again(Dialog(), _said("order", text, *wrong), SCENE).frame.items
    assert [item.value for item in items] == [100, 50, 100]


def test_a_row_with_two_amounts_of_which_none_was_understood_is_asked_about() -> None:
    wrong = [
        _fills("talk", value=100, fields={"phone": "13511110001"}),
        _fills("talk", value=100, fields={"phone": "13511110002"}),
    ]
    text = "13511110001 100\n13511110002 50或30"
    items = heard_again(Dialog(), _said("order", text, *wrong), SCENE).frame.items
    assert [item.value for item in items] == [100, None]


def test_rows_of_a_list_that_became_nothing_are_found() -> None:
    items = [_fills("talk", fields={"phone": "13511110001"}), _fills("talk", fields={"phone": "13511110002"})]
    rows = "话费\n13511110001 100\nabc 50\n13511110002 50\n谢谢"
    assert unread_rows(items, rows) == [(3, "abc 50")]


def test_a_number_called_a_phone_is_no_qq_number() -> None:
    talk = step(Dialog(used=Remembered((), NOW)), _said("order", "100个Q币", _fills("coin", value=100)), SCENE).dialog
    phone = Item(fields={"qq": "13812345678"}, said=frozenset({"qq"}))
    turn = step(talk, _said("answer", "手机号行不行 13812345678", phone), SCENE)
    assert "这里要的是QQ号" in turn.reply.text
    turn = step(talk, _said("answer", "13812345678", phone), SCENE)
    assert isinstance(turn.dialog.state, Confirming)


def test_of_two_choices_named_and_one_understood_neither_is_taken() -> None:
    slow = _fills("talk", value=100, sku="T100S", options={"speed": "slow"}, quantity=2)
    item = heard_again(Dialog(), _said("order", "快充两份慢充一份", slow), SCENE).frame.items[0]
    assert (item.options, item.quantity) == ({}, 1)
    said = _said("order", "不要快充，要慢充100", slow)
    assert heard_again(Dialog(), said, SCENE) is said
