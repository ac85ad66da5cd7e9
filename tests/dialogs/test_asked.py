"""The answer to a question that offers choices, among whatever else is said."""

import pytest

from dialogs.state import Collecting, Confirming, DraftLine
from tests.stories.counter import Counter
from tests.stories.shops import counter_in

_A, _B = "苏州市姑苏区十全街66号301", "苏州市吴中区宝带西路1177号5幢1203"
_WHEN = ("闪送 电动车", f"从{_A}到{_B}", "13776655443")


def _line(counter: Counter) -> DraftLine:
    state = counter.dialog.state
    assert isinstance(state, Collecting | Confirming)
    return state.lines[0]


def _after(*texts: str, shop: str = "路上") -> DraftLine:
    counter = counter_in(shop)
    for text in texts:
        counter.says(text)
    return _line(counter)


@pytest.mark.parametrize(
    ("first", "said", "slot", "choice"),
    [
        (_WHEN, "上午吧 我下午上班", "when", "am"),
        (_WHEN, "晚上我要加班，下午可以", "when", "pm"),
        (_WHEN, "我早上要送孩子 下午三点以后吧", "when", "pm"),
        (_WHEN, "晚上下班才在家 晚上来", "when", "eve"),
        (("来个陪练",), "不用直播的啊，她白天上班哪有空看直播，录播的就行", "course", "rec"),
        (("来个陪练",), "直播的不要 录播", "course", "rec"),
        (("来个陪练",), "直播 不 录播吧", "course", "rec"),
        (("闪送",), "啥电驴货车的，东西多 就是货车", "ride", "van"),
        (("闪送",), "没有货车啊 那就电瓶车吧", "ride", "bike"),
        (("定制马克杯一个",), "白的吧", "color", "white"),
        (("定制马克杯一个",), "黑色不耐脏 白色吧", "color", "white"),
        (("时装", "踏歌行"), "她是安卓的手机，用QQ登的", "zone", "aq"),
        (("时装", "踏歌行"), "都送到一个号 苹果扣扣的", "zone", "iq"),
        (("时装", "踏歌行"), "我也不懂这些 他手机是苹果的 用微信登的", "zone", "iw"),
        (("时装",), "夜归人那件 我是苹果QQ", "zone", "iq"),
    ],
)
def test_the_choice_taken_is_the_one_answered_and_not_one_spoken_of(
    first: tuple[str, ...], said: str, slot: str, choice: str
) -> None:
    line = _after(*first, said)
    assert {**line.options, **line.fields}[slot] == choice


@pytest.mark.parametrize(
    ("first", "said", "slot"),
    [
        (_WHEN, "上午还是下午好", "when"),
        (_WHEN, "我下午上班", "when"),
        (("来个陪练",), "录播和直播有什么区别？", "course"),
        (("时装", "踏歌行"), "苹果的", "zone"),
        (("定制马克杯两个",), "黑白各一个", "color"),
    ],
)
def test_what_names_none_or_two_takes_none(first: tuple[str, ...], said: str, slot: str) -> None:
    counter = counter_in("路上")
    for text in (*first, said):
        counter.says(text)
    state = counter.dialog.state
    assert isinstance(state, Collecting | Confirming)
    assert len(state.lines) > 1 or slot not in {**state.lines[0].options, **state.lines[0].fields}


@pytest.mark.parametrize(
    ("said", "sku"),
    [("雁南飞 那个什么霜的", "SZ-A"), ("说是夜归人的，雪什么的", "SZ-B"), ("叫什么月如钩的", "SZ-C")],
)
def test_a_thing_is_told_by_a_part_of_its_name(said: str, sku: str) -> None:
    assert _after("时装", said).sku == sku


@pytest.mark.parametrize(
    ("shop", "first", "said", "slot", "now"),
    [
        ("路上", ("闪送 电动车",), "不对 东西多 现在是要货车的", "ride", "van"),
        ("路上", ("录播的陪练",), "不对 我说的是直播", "course", "live"),
        ("路上", ("白色马克杯一个",), "搞错了 是黑色", "color", "black"),
        ("路上", ("萌宠300萌币", "33018842"), "不对 娃说要的是月卡不是萌币", "sku", "MBYK"),
        ("路上", ("萌宠300萌币",), "我不要苹果卡啊 我说的是苹果手机", "os", "ios"),
    ],
)
def test_what_is_put_right_beside_the_question_is_put_right(
    shop: str, first: tuple[str, ...], said: str, slot: str, now: str
) -> None:
    line = _after(*first, said, shop=shop)
    assert {**line.options, **line.fields, "sku": line.sku}[slot] == now


@pytest.mark.parametrize("said", ["数量是1呀", "怎么2件？我就充一个萌宠", "我就做一次"])
def test_how_many_is_put_right_beside_the_question(said: str) -> None:
    line = _after("萌宠300萌币 两件", said)
    assert (line.quantity, line.value, line.sku) == (1, 300, None)


@pytest.mark.parametrize("said", ["33018842 苹果的", "33018842，是苹果", "苹果的 33018842"])
def test_a_choice_beside_the_number_is_no_second_thing(said: str) -> None:
    counter = counter_in("路上")
    counter.says("萌宠60萌币")
    counter.says(said)
    state = counter.dialog.state
    assert isinstance(state, Confirming)
    assert [line.fields for line in state.lines] == [{"uid": "33018842", "os": "ios"}]


def test_an_account_is_found_among_words() -> None:
    assert _after("录播的陪练", "上面不是发了吗 boss_li88").fields["wx"] == "boss_li88"


@pytest.mark.parametrize("said", ["100 卡号215011223344 这个要是充错了能退吗", "100 215011223344，多久到账"])
def test_an_answer_in_two_words_beside_a_question_is_taken(said: str) -> None:
    line = _after("公交卡充值", said)
    assert (line.value, line.fields) == (100, {"card": "215011223344"})


def test_what_is_wanted_instead_is_taken_whole() -> None:
    counter = counter_in("路上")
    counter.says("公交卡充100")
    counter.says("额先不充了 我先买萌宠吧 300萌币两份")
    (line,) = counter.dialog.state.lines if isinstance(counter.dialog.state, Collecting | Confirming) else ()
    assert (line.product, line.value, line.quantity) == ("pets", 300, 2)
