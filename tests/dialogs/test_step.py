"""What must hold for every talk, whatever is heard in it."""

import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.checks import Valid, check_field, fold
from catalog.model import Delivery, Product, Sku
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.asking import expecting
from dialogs.draft import field_of
from dialogs.effects import EndHandoff, PlaceOrder
from dialogs.state import Collecting, Confirming, Dialog, DraftLine, Idle, WithHuman, from_json, to_json
from dialogs.step import step
from dialogs.turn import Heard, Said, Scene
from kernel.money import Fen
from nlu.frame import Expecting, Frame, Item
from tests.dialogs.talkers import NOW, SCENE, SHELF, dialogs, frames, heard, ready, sayings

ANCHOR = re.compile(r'<a href="[^"<>]*">[^<>]*</a>')


@settings(max_examples=200, deadline=None)
@given(dialogs, heard)
def test_no_talk_fails_whatever_is_heard(dialog: Dialog, said: Heard) -> None:
    turn = step(dialog, said, SCENE)
    expecting(turn.dialog, SCENE)
    assert len(turn.reply.text.encode()) <= 2047
    assert from_json(to_json(turn.dialog)) == turn.dialog


@settings(max_examples=100, deadline=None)
@given(dialogs, heard)
def test_a_reply_holds_no_markup_but_whole_links(dialog: Dialog, said: Heard) -> None:
    text = step(dialog, said, SCENE).reply.text
    assert "<" not in ANCHOR.sub("", text)


@settings(max_examples=100, deadline=None)
@given(dialogs, heard)
def test_at_most_one_effect_of_a_turn_is_answered(dialog: Dialog, said: Heard) -> None:
    turn = step(dialog, said, SCENE)
    asked = [effect for effect in turn.effects if not isinstance(effect, EndHandoff)]
    assert len(asked) <= 1
    assert not (asked and turn.reply.text)


@settings(max_examples=200, deadline=None)
@given(dialogs, heard)
def test_nothing_is_ordered_but_by_confirming_the_summary_that_was_shown(dialog: Dialog, said: Heard) -> None:
    for effect in step(dialog, said, SCENE).effects:
        if isinstance(effect, PlaceOrder):
            state = dialog.state.resume if isinstance(dialog.state, WithHuman) else dialog.state
            assert isinstance(said, Said)
            assert said.frame.intent == "confirm" or fold(said.text) in replies.CONFIRM_WORDS
            assert isinstance(state, Confirming)
            assert not state.denied
            assert tuple(line.total_fen for line in effect.lines) == state.totals_fen


@settings(max_examples=50, deadline=None)
@given(ready, dialogs)
def test_a_complete_draft_is_ordered_by_confirming_it(state: Confirming, before: Dialog) -> None:
    turn = step(replace(before, state=state, listed=None), Said(Frame("confirm"), "确认"), SCENE)
    (effect,) = turn.effects
    assert isinstance(effect, PlaceOrder)
    assert tuple(line.total_fen for line in effect.lines) == state.totals_fen


@settings(max_examples=100, deadline=None)
@given(dialogs, st.lists(sayings, min_size=1, max_size=4))
def test_no_order_holds_a_value_that_fails_its_check(start: Dialog, talk: list[Said]) -> None:
    dialog = start
    for said in [*talk, Said(Frame("confirm"), "确认")]:
        turn = step(dialog, said, SCENE)
        dialog = turn.dialog
        for effect in turn.effects:
            if isinstance(effect, PlaceOrder):
                for line in effect.lines:
                    product, sku = SHELF.product_of(line.sku), SHELF.sku(line.sku)
                    assert product is not None
                    assert sku is not None
                    assert 1 <= line.quantity <= 99
                    if sku.any_value is not None:
                        assert line.value is not None
                        assert sku.any_value.min <= line.value <= sku.any_value.max
                    for name, value in line.fields.items():
                        field = field_of(product, name)
                        assert field is not None
                        assert isinstance(check_field(field, value), Valid)
                    needed = {f.name for f in product.fields if not f.optional}
                    assert needed <= line.fields.keys()


@settings(max_examples=50, deadline=None)
@given(dialogs, frames.filter(lambda frame: frame.intent not in ("answer", "choose", "change")))
def test_the_bot_is_silent_while_a_person_talks(dialog: Dialog, frame: Frame) -> None:
    resume = Idle() if isinstance(dialog.state, WithHuman) else dialog.state
    talking = Dialog(WithHuman(NOW.replace(hour=23), resume))
    turn = step(talking, Said(frame, "在吗"), SCENE)
    assert turn.reply.text == ""
    assert turn.effects == ()
    assert isinstance(turn.dialog.state, WithHuman)
    assert turn.dialog.state.resume == resume


@settings(max_examples=50, deadline=None)
@given(dialogs)
def test_cancelling_clears_what_is_pending(dialog: Dialog) -> None:
    turn = step(dialog, Said(Frame("cancel"), "取消"), SCENE)
    if isinstance(dialog.state, Collecting | Confirming):
        assert turn.dialog.state == Idle()


def test_a_price_that_moved_since_the_summary_is_shown_again_and_not_ordered() -> None:
    line = DraftLine("tel", value=50, fields={"phone": "13812345678"})
    stale = Dialog(Confirming((line,), (4000,)))
    turn = step(stale, Said(Frame("confirm"), "确认"), SCENE)
    assert turn.effects == ()
    assert "¥49.80" in turn.reply.text
    again = step(turn.dialog, Said(Frame("confirm"), "确认"), SCENE)
    assert isinstance(again.effects[0], PlaceOrder)


def test_an_option_asked_for_is_not_asked_when_one_sku_is_left() -> None:
    two_years = Item(product="soft", value=2, said=frozenset({"product", "value"}))
    turn = step(Dialog(), Said(Frame("order", (two_years,)), "软件两年"), SCENE)
    assert isinstance(turn.dialog.state, Confirming)


def test_one_answer_about_size_serves_all_lines_of_the_product() -> None:
    lines = tuple(
        Item(product="tel", fields={"phone": phone}, said=frozenset({"product", "phone"}))
        for phone in ("13812345678", "13912345678")
    )
    turn = step(Dialog(), Said(Frame("order", lines), "给两个号充话费"), SCENE)
    assert "第1件" in turn.reply.text
    turn = step(turn.dialog, Said(Frame("choose", index=2), "2"), SCENE)
    assert isinstance(turn.dialog.state, Confirming)
    assert turn.dialog.state.totals_fen == (4980, 4980)


def _many(count: int, label: str) -> Scene:
    skus = tuple(Sku(f"M{i}", f"{label}{i}元", Fen(i * 100), i, "元") for i in range(10, 10 + count))
    return replace(SCENE, shelf=Shelf([Product("many", "很多", ("多",), Delivery.CARD, skus)], "1"))


def test_a_long_list_comes_in_pages_of_nine_and_the_numbers_go_on() -> None:
    scene = _many(20, "")
    item = Item(product="many", said=frozenset({"product"}))
    first = step(Dialog(), Said(Frame("order", (item,)), "很多"), scene)
    assert "9. 18元" in first.reply.text
    assert "10. 19元" not in first.reply.text
    second = step(first.dialog, Said(Frame("unknown"), "更多"), scene)
    assert "10. 19元" in second.reply.text
    assert expecting(second.dialog, scene) == Expecting("value", "many", 18)
    last = step(second.dialog, Said(Frame("unknown"), "更多"), scene)
    assert "20. 29元" in last.reply.text
    chosen = step(last.dialog, Said(Frame("choose", index=20), "20"), scene)
    assert isinstance(chosen.dialog.state, Confirming)
    assert "29元" in chosen.reply.text


def test_a_number_that_was_not_shown_yet_but_is_a_size_is_the_size() -> None:
    scene = _many(20, "")
    item = Item(product="many", said=frozenset({"product"}))
    first = step(Dialog(), Said(Frame("order", (item,)), "很多"), scene)
    answer = Item(value=12, sku="M12", said=frozenset({"value"}))
    chosen = step(first.dialog, Said(Frame("answer", (answer,)), "12"), scene)
    assert "规格：12元" in chosen.reply.text


def test_a_list_of_very_long_names_is_whole() -> None:
    scene = _many(9, "名字特别特别特别特别长的一种面额")
    item = Item(product="many", said=frozenset({"product"}))
    text = step(Dialog(), Said(Frame("order", (item,)), "很多"), scene).reply.text
    assert all(f"{n}. 名字" in text for n in range(1, 10))
    assert len(text.encode()) <= 2047


def test_a_summary_of_ten_lines_holds_every_account() -> None:
    phones = [f"1381234567{n}" for n in range(10)]
    items = tuple(
        Item(product="tel", value=50, fields={"phone": p}, said=frozenset({"product", "value", "phone"}))
        for p in phones
    )
    turn = step(Dialog(), Said(Frame("order", items), "十个号"), SCENE)
    assert all(phone in turn.reply.text for phone in phones)
    assert "合计：¥498.00" in turn.reply.text


def test_an_eleventh_line_is_not_taken_silently() -> None:
    items = tuple(Item(product="soft", value=2, said=frozenset({"product", "value"})) for _ in range(11))
    turn = step(Dialog(), Said(Frame("order", items), "十一个"), SCENE)
    assert "最多10件" in turn.reply.text
    assert isinstance(turn.dialog.state, Confirming)
    assert len(turn.dialog.state.lines) == 10
