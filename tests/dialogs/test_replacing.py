"""What a new request throws out of an order is told, and comes back when it is missed; what comes besides throws
nothing out."""

import pytest

from dialogs.draft import look
from dialogs.state import Collecting, Confirming
from kernel.orders import LineState, OrderState
from tests.stories.counter import Counter
from tests.stories.shops import counter_in

_TWO = "话费 我爸13800001111充100 我妈13900002222充100"
_THREE = f"{_TWO} 我自己13700003333充100"


def _after(*texts: str, shop: str = "demo") -> Counter:
    counter = counter_in(shop)
    for text in texts:
        counter.says(text)
    return counter


def _lines(counter: Counter) -> list[str]:
    state = counter.dialog.state
    assert isinstance(state, Collecting | Confirming)
    looked = [look(line, counter.shelf) for line in state.lines]
    return [f"{one.sku.code if one.sku is not None else ''}*{one.line.quantity}" for one in looked]


def _values(counter: Counter) -> list[int | None]:
    state = counter.dialog.state
    assert isinstance(state, Collecting | Confirming)
    return [line.value for line in state.lines if line.product == "huafei"]


@pytest.mark.parametrize(
    "text",
    ["再帮我爱奇艺充个月卡 13900001111", "麻烦再帮忙充下爱奇艺月卡 13900001111", "再给我开个爱奇艺月卡13900001111"],
)
def test_once_more_with_other_goods_behind_comes_besides(text: str) -> None:
    assert _lines(_after("京东卡100两张", text)) == ["JD100*2", "IQ1*1"]


_MISSED = [
    "京东卡也要的呀 怎么没了 都要",
    "京东卡咋没了呀 两样都要",
    "我的京东卡呢？",
    "怎么京东卡没了",
    "不是 京东卡也得买的",
    "京东卡去哪了",
    "刚才的京东卡也要",
    "刚才那两个也要",
]


@pytest.mark.parametrize("text", _MISSED)
def test_what_was_replaced_comes_back_where_it_is_missed(text: str) -> None:
    assert _lines(_after("京东卡100两张", "爱奇艺月卡 13900001111", text)) == ["JD100*2", "IQ1*1"]


@pytest.mark.parametrize("text", ["京东卡不要了", "嗯 那京东卡算了", "京东卡去掉"])
def test_what_was_replaced_and_is_refused_begins_nothing(text: str) -> None:
    assert _lines(_after("京东卡100两张", "爱奇艺月卡 13900001111", text)) == ["IQ1*1"]


@pytest.mark.parametrize("text", ["不对 我要Q币50个 12345678", "刚才不是说了吗 Q币50个 12345678"])
def test_of_several_lines_what_a_new_order_throws_out_is_told_and_kept(text: str) -> None:
    counter = _after("京东卡100两张 爱奇艺月卡 13900001111")
    told = counter.says(text).text
    assert "京东E卡 100元 ×2" in told
    assert "爱奇艺黄金VIP" in told
    counter.says("都要")
    assert sorted(_lines(counter)) == ["IQ1*1", "JD100*2", "QB*1"]


_SEVERAL = [
    ("第2件第3件改成50", [100, 50, 50]),
    ("第2、3件改成50", [100, 50, 50]),
    ("第1和3件50", [50, 100, 50]),
    ("第2第3个改50", [100, 50, 50]),
    ("我妈和我都是50", [100, 50, 50]),
    ("我和我妈都改成50", [100, 50, 50]),
    ("不对呀 妈和我都是50 只有我爸是100", [100, 50, 50]),
    ("第2个50 第3个200", [100, 50, 200]),
]


@pytest.mark.parametrize(("text", "values"), _SEVERAL)
def test_of_several_lines_all_that_are_named_together_are_changed(text: str, values: list[int]) -> None:
    assert _values(_after(_THREE, text)) == values


_CHANGED_AND_ADDED = ["第2件改成50 再加个Q币50个 QQ号12345678", "我妈的改成50，再加Q币50个 12345678"]


@pytest.mark.parametrize("text", _CHANGED_AND_ADDED)
def test_a_change_and_something_besides_with_its_account_are_both_done(text: str) -> None:
    counter = _after(_TWO, text)
    assert _values(counter) == [100, 50]
    assert isinstance(counter.dialog.state, Confirming)
    assert counter.dialog.state.lines[-1].fields == {"account": "12345678"}


_AGAIN = [
    ("跟刚才一样再充一份，这次充我老婆的13600223311", (100, "13600223311")),
    ("收到了，再来一单 这次50", (50, "13800001111")),
    ("收到了谢谢，再来一份一样的", (100, "13800001111")),
    ("照刚才那个手机号再充50", (50, "13800001111")),
    ("再充50 还是那个手机号", (50, "13800001111")),
    ("再照旧来一个", (100, "13800001111")),
    ("再来一单 给我弟充 13900002222", (100, "13900002222")),
]


@pytest.mark.parametrize(("text", "wanted"), _AGAIN)
def test_once_more_nothing_of_whose_number_it_is_is_called_unclear(text: str, wanted: tuple[int, str]) -> None:
    counter = _after("话费100 13800001111", "确认")
    counter.settle(LineState.DELIVERED)
    counter.says(text)
    counter.says("确认")
    (line,) = counter.orders[0].lines if len(counter.orders) > 1 else ()
    assert (line.value, line.fields["account"]) == wanted


@pytest.mark.parametrize(("text", "count"), [("再照旧来一个，我想连着开两个月", 1), ("照旧 连着开两个月", 2)])
def test_one_more_to_have_two_months_in_a_row_is_one(text: str, count: int) -> None:
    counter = _after("爱奇艺月卡 13900001111", "确认")
    counter.settle(LineState.DELIVERED)
    counter.says(text)
    counter.says("确认")
    assert [line.quantity for order in counter.orders for line in order.lines] == [count, 1]


def test_two_months_in_a_row_are_two_of_the_month() -> None:
    assert _lines(_after("爱奇艺月卡 13900001111", "我想连着开两个月")) == ["IQ1*2"]
    assert _lines(_after("爱奇艺月卡 13900001111", "连着开三个月")) == ["IQ3*1"]


_COUNTED = [
    ("京东卡500一张", "哎 领导两个人呢 还有书记 200的来三张吧", ["JD500*1", "JD200*3"]),
    ("京东卡500一张 京东卡200一张", "不是 就只要200的三张 500的不要了", ["JD200*3"]),
    ("京东卡500一张 京东卡200一张", "只要200的三张", ["JD200*3"]),
    ("京东卡500一张 京东卡200两张", "只要200的", ["JD200*2"]),
]


@pytest.mark.parametrize(("first", "text", "wanted"), _COUNTED)
def test_how_many_of_a_size_come_or_stay_is_never_lost(first: str, text: str, wanted: list[str]) -> None:
    assert _lines(_after(first, text)) == wanted


_SHARED = [
    "我爸13800001111充100 我妈13900002222和我13700003333各充50",
    "13800001111充100 13900002222 13700003333各50",
    "我妈13900002222和我13700003333各50，我爸13800001111充100",
    "话费 我爸13800001111充100，我妈13900002222、我弟13700003333 各50",
]


@pytest.mark.parametrize("text", _SHARED)
def test_an_amount_that_two_accounts_share_is_not_the_third_ones(text: str) -> None:
    state = _after(text).dialog.state
    assert isinstance(state, Confirming)
    amounts = {line.fields["account"]: line.value for line in state.lines}
    assert amounts == {"13800001111": 100, "13900002222": 50, "13700003333": 50}


@pytest.mark.parametrize("text", ["话费也要的呀 怎么没了", "话费呢"])
def test_what_is_missed_and_stands_there_is_shown_as_it_is(text: str) -> None:
    assert _values(_after(_TWO, text)) == [100, 100]


@pytest.mark.parametrize("text", ["刚才那个京东卡还在的吧", "刚下的那单还在吗", "对了 京东卡那单还有效吗"])
@pytest.mark.parametrize("between", [(), ("爱奇艺月卡 13900001111",)])
def test_whether_what_waits_is_still_there_repeats_and_cancels_nothing(text: str, between: tuple[str, ...]) -> None:
    counter = _after("京东卡100两张", "确认", *between)
    state = counter.dialog.state
    assert "前付款都有效" in counter.says(text).text
    assert counter.dialog.state == state
    assert [order.state for order in counter.orders] == [OrderState.UNPAID]


@pytest.mark.parametrize(
    "text", ["好 现在弄爱奇艺 还是刚说的月卡 13900001111", "接下来买爱奇艺月卡 还是刚说的 13900001111"]
)
def test_the_next_order_takes_no_other_ones_place(text: str) -> None:
    counter = _after("京东卡100两张", "确认", text)
    assert [order.state for order in counter.orders] == [OrderState.UNPAID]
    assert _lines(counter) == ["IQ1*1"]
