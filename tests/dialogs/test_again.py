"""Once more, for somebody else, to another place, in another size: what is not said is as it was."""

import pytest

from dialogs.state import Collecting, Confirming, DraftLine
from kernel.orders import LineState, OrderState
from tests.stories.counter import Counter
from tests.stories.shops import counter_in

_HOME, _NEW = "李雷 13800001111 上海市徐汇区漕溪路10号", "杭州市西湖区文三路20号 李雷 13800001111"


def _bought(shop: str, *orders: str) -> Counter:
    counter = counter_in(shop)
    for order in orders:
        counter.says(order)
        counter.says("确认")
        counter.settle(LineState.DELIVERED)
    return counter


def _line(counter: Counter) -> DraftLine:
    state = counter.dialog.state
    assert isinstance(state, Collecting | Confirming)
    (line,) = state.lines
    return line


@pytest.mark.parametrize("said", ["那再充个60的 还是这个号", "行 看到了 那再来个60的 还是上次那个号"])
def test_the_server_is_that_of_the_last_order_where_the_account_is(said: str) -> None:
    counter = _bought("games", "328星钻 12345678 西岭")
    counter.says(said)
    line = _line(counter)
    assert (line.value, line.fields) == (60, {"role": "12345678", "area": "west"})
    assert isinstance(counter.dialog.state, Confirming)


@pytest.mark.parametrize("said", ["好使 给我妹也充个一样的 她号13900001111", "收到了 给朋友也来一个一样的 13900001111"])
def test_the_same_for_somebody_else(said: str) -> None:
    counter = _bought("demo", "话费100 13812345678")
    counter.says(said)
    line = _line(counter)
    assert (line.product, line.value, line.fields["account"]) == ("huafei", 100, "13900001111")
    assert "没看懂" not in counter.says("看看").text


def test_for_somebody_else_without_his_number_is_not_for_the_last_one() -> None:
    counter = _bought("demo", "话费100 13812345678")
    counter.says("给我妈也充一个一样的")
    assert not isinstance(counter.dialog.state, Confirming)


@pytest.mark.parametrize(
    ("said", "size"),
    [
        (f"那算了 再来一箱吧 还是3斤小个 寄{_NEW}", "L3S"),
        (f"再来一箱 8斤大个 寄到{_NEW}", "L8B"),
        (f"收到了 再来一箱 3斤大个 寄{_NEW}", "L3B"),
    ],
)
def test_a_size_called_by_a_number_says_of_which_of_two_orders(said: str, size: str) -> None:
    counter = _bought("果子", f"翠玉梨3斤小个 寄{_HOME}", f"核桃1斤 寄{_HOME}")
    counter.says(said)
    line = _line(counter)
    assert (line.product, line.sku, line.fields["address"]) == ("pear", size, _NEW)


def test_a_part_of_a_size_that_was_not_ordered_is_told_and_not_left_out() -> None:
    counter = _bought("果子", f"翠玉梨3斤小个 寄{_HOME}")
    assert "「一箱大个」这句没看懂" in counter.says("再来一箱大个").text


@pytest.mark.parametrize(
    ("first", "said", "want"),
    [
        ("京东卡200 话费50 15174589903", "啊再加一张50的卡一起付吧", ("jdcard", 50)),
        ("京东卡200", "再加一张steam50一起付吧", ("steam", 50)),
        ("话费100 13812345678", "再来一张50的steam 跟刚才那单一起付", ("steam", 50)),
    ],
)
def test_what_is_to_be_paid_with_the_order_that_waits_becomes_one_order_with_it(
    first: str, said: str, want: tuple[str, int]
) -> None:
    counter = counter_in("demo")
    counter.says(first)
    counter.says("确认")
    counter.says(said)
    state = counter.dialog.state
    assert isinstance(state, Confirming)
    assert (state.lines[-1].product, state.lines[-1].value) == want
    assert len(state.lines) == len(counter.orders[0].lines) + 1
    assert counter.orders[0].state is OrderState.CANCELLED
