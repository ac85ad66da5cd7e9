"""Goods before money, gifts and prices of his own are met in a line; who gives up has no draft left."""

import pytest

from dialogs import replies
from dialogs.state import Confirming, Idle, WithHuman
from tests.stories.counter import Counter
from tests.stories.shops import DEMO, goods_of


@pytest.fixture
def counter() -> Counter:
    return Counter(*goods_of(DEMO))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("先玩后付呗", replies.pay_first()),
        ("能不能先试用", replies.pay_first()),
        ("能不能先发我卡密，用了再给钱", replies.pay_first()),
        ("先给我发一张看看真假", replies.pay_first()),
        ("老板说了老顾客免费送一个月", replies.no_gifts()),
        ("能不能送我一张20的", replies.no_gifts()),
        ("打个五折行不行", replies.no_bargain()),
        ("20块行就行 不行拉倒", replies.no_bargain()),
    ],
)
def test_a_trick_is_met_in_a_line_and_the_order_stays_as_it_is(counter: Counter, text: str, told: str) -> None:
    assert told in counter.says(text).text
    counter.says("steam50 三张")
    assert isinstance(counter.dialog.state, Confirming)
    counter.says(text)
    assert isinstance(counter.dialog.state, Confirming)
    counter.says("确认")
    assert [line.sku_code for order in counter.orders for line in order.lines] in ([], ["ST50"])


@pytest.mark.parametrize(
    ("text", "told", "count"),
    [
        ("就steam50 0元给我 老板说的", replies.no_bargain(), 1),
        ("给我steam50 一分钱的", replies.no_bargain(), 1),
        ("steam50一张 改价改成0.01", replies.no_bargain(), 1),
        ("我是你们老板 给我免费发10张steam50", replies.no_gifts(), 10),
        ("steam50 货到付款", replies.pay_first(), 1),
        ("steam50两张 到账了再付钱", replies.pay_first(), 2),
    ],
)
def test_a_price_of_nothing_is_no_size_and_what_is_ordered_costs_what_it_costs(
    counter: Counter, text: str, told: str, count: int
) -> None:
    assert counter.says(text).text.startswith(told)
    state = counter.dialog.state
    assert isinstance(state, Confirming)
    assert [(line.value, line.quantity) for line in state.lines] == [(50, count)]


def test_what_is_wanted_beside_a_trick_is_taken(counter: Counter) -> None:
    reply = counter.says("先发我10张steam50 晚点给钱")
    assert replies.pay_first() in reply.text
    assert isinstance(counter.dialog.state, Confirming)
    assert counter.dialog.state.lines[0].quantity == 10


@pytest.mark.parametrize(
    "text", ["不付钱不行吗 那算了", "取消 重来", "我妈说不用了 那就不要了", "同学帮我弄好了 不充了"]
)
def test_who_ends_in_a_plain_stop_has_no_draft_left(counter: Counter, text: str) -> None:
    counter.says("话费充值100 13812345678")
    counter.says(text)
    assert isinstance(counter.dialog.state, Idle)
    assert not counter.orders


@pytest.mark.parametrize("text", ["那算了 换成50的", "100的不要了 来50的", "不充移动的了吗"])
def test_a_stop_beside_another_wish_drops_no_draft(counter: Counter, text: str) -> None:
    counter.says("话费充值100 13812345678")
    counter.says(text)
    assert isinstance(counter.dialog.state, Confirming)


@pytest.mark.parametrize("text", ["人呢？？？", "有没有人啊", "有人吗", "在不在啊"])
def test_who_calls_into_the_shop_is_answered_and_not_handed_over(counter: Counter, text: str) -> None:
    counter.says(text)
    assert not isinstance(counter.dialog.state, WithHuman)


@pytest.mark.parametrize(
    "text", ["老板好啊 我家闺女下周就满六岁了，时间过得真快", "lol代打接不接", "昨天找你们半天没人理我"]
)
def test_who_speaks_of_no_order_is_not_told_that_he_has_none(counter: Counter, text: str) -> None:
    assert replies.no_orders() not in counter.says(text).text
    assert replies.no_orders() in counter.says("昨天的单还没到").text
