"""What is spoken: said back each time, and taken for what it was said to."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from dialogs.asking import expecting
from dialogs.effects import Listen, PlaceOrder
from dialogs.facts import BeingHeard, Unheard
from dialogs.state import Confirming, Dialog, from_json, standing, to_json
from dialogs.step import step
from dialogs.turn import Said, Spoke
from nlu.parsing import parse
from tests.dialogs.talkers import SCENE, dialogs
from tests.stories.counter import Counter
from tests.stories.shops import DEMO, goods_of

EVERYTHING = [
    "充100话费 13812345678",
    "充话费",
    "有什么卖的",
    "有没有视频会员",
    "Q币多少钱",
    "我的订单",
    "卡密再发一次",
    "再来一单",
    "我要退款",
    "没到账",
    "开发票",
    "余额",
    "人工",
    "帮助",
    "你好",
    "谢谢",
    "确认",
    "取消",
    "改成50",
    "第二个",
    "啊吧啊吧",
    "不要了",
    "批量",
]
"""One for each kind of talk."""


@pytest.fixture
def counter() -> Counter:
    return Counter(*goods_of(DEMO))


def spoken(counter: Counter, words: str, *, late: bool = False) -> str:
    frame = parse(words, counter.lexicon, channel="voice", expecting=expecting(counter.dialog, counter.scene))
    return counter.hears(Said(frame, words, by_voice=True, late=late)).text


@pytest.mark.parametrize("before", [(), ("充话费",), ("充100话费 13812345678",), ("充100话费 13812345678", "确认")])
@pytest.mark.parametrize("words", EVERYTHING)
def test_whatever_is_spoken_is_said_back_once_before_the_answer(
    counter: Counter, before: tuple[str, ...], words: str
) -> None:
    for one in before:
        counter.says(one)
    told = spoken(counter, words)
    assert told.startswith(f"听到：「{words}」")
    assert told.count("听到") == 1
    assert told.removeprefix(f"听到：「{words}」").strip()


@pytest.mark.parametrize("words", ["确认", "取消", "不对"])
def test_a_late_yes_or_no_changes_nothing_and_the_question_is_asked_again(counter: Counter, words: str) -> None:
    counter.says("充100话费 13812345678")
    summary = counter.dialog.state
    told = spoken(counter, words, late=True)
    assert counter.effects == []
    assert counter.dialog.state == summary
    assert "¥99.50" in told
    assert "/pay/" in counter.says("确认").text


def test_a_late_second_one_picks_nothing(counter: Counter) -> None:
    counter.says("充话费")
    before = counter.dialog
    spoken(counter, "第二个", late=True)
    assert counter.dialog.state == before.state


def test_anything_else_that_is_late_is_taken_as_if_said_now(counter: Counter) -> None:
    assert "¥99.50" in spoken(counter, "充100话费 13812345678", late=True)
    assert "¥49.80" in spoken(counter, "改成50", late=True)


def test_a_voice_nobody_wrote_down_is_listened_to_and_what_is_asked_stays(counter: Counter) -> None:
    counter.says("充100话费")
    before = counter.dialog
    turn = step(before, Spoke(), counter.scene)
    assert turn.effects == (Listen(standing(before)),)
    told = step(turn.dialog, BeingHeard(), counter.scene)
    assert "正在听" in told.reply.text
    assert standing(told.dialog) == standing(before)


@pytest.mark.parametrize("why", ["off", "lost", "silent", "long", "many"])
def test_a_voice_that_cannot_be_made_out_is_asked_for_by_typing_with_the_question_or_the_menu(
    counter: Counter, why: str
) -> None:
    assert "自助下单" in (alone := step(Dialog(), Unheard(why), counter.scene).reply.text)  # type: ignore[arg-type]
    assert "打字" in alone
    counter.says("充100话费")
    asked = step(counter.dialog, Unheard(why), counter.scene).reply.text  # type: ignore[arg-type]
    assert "打字" in asked
    assert "手机" in asked


def test_what_is_asked_stands_until_something_else_is_said(counter: Counter) -> None:
    counter.says("充100话费 13812345678")
    at_first = standing(counter.dialog)
    counter.says("多少钱")
    assert standing(counter.dialog) == at_first, "a question in the middle changes nothing"
    counter.says("改成50")
    assert standing(counter.dialog) != at_first


@settings(max_examples=100, deadline=None)
@given(dialogs)
def test_no_spoken_yes_that_is_late_orders_anything_in_any_talk(dialog: Dialog) -> None:
    frame = parse("确认", goods_of(DEMO)[1], channel="voice", expecting=expecting(dialog, SCENE))
    turn = step(dialog, Said(replace(frame, intent="confirm"), "确认", by_voice=True, late=True), SCENE)
    assert not any(isinstance(effect, PlaceOrder) for effect in turn.effects)
    if isinstance(dialog.state, Confirming):
        assert turn.dialog.state == dialog.state


@settings(max_examples=50, deadline=None)
@given(dialogs)
def test_what_stands_survives_storage(dialog: Dialog) -> None:
    assert standing(from_json(to_json(dialog))) == standing(dialog)
