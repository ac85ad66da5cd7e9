"""A yes to the summary that says once more what the order has: one link, and nothing else than what stood there."""

import pytest

from dialogs.state import Confirming
from tests.stories.counter import Counter
from tests.stories.shops import DEMO, counter_in, goods_of


def _says(first: str, then: str) -> Counter:
    counter = Counter(*goods_of(DEMO))
    counter.says(first)
    assert isinstance(counter.dialog.state, Confirming)
    counter.says(then)
    return counter


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("话费100 13812345678", "嗯是快充"),
        ("话费100 13812345678", "对的就充这个号 13812345678"),
        ("话费100 13812345678", "尾号5678 没错"),
        ("话费100 13812345678", "算了 100就100 下吧"),
        ("话费100 13812345678", "99.5 行吧 付钱"),
        ("steam50 两张", "好的 50的两张 下单"),
        ("steam50 两张", "对 就是两张 没错"),
        ("优酷年卡", "确认确认 烦死了"),
    ],
)
def test_a_yes_that_says_what_is_so_already_orders_it(first: str, then: str) -> None:
    assert len(_says(first, then).orders) == 1


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("话费100 13812345678", "嗯是慢充"),
        ("话费100 13812345678", "对的就充这个号 13812345679"),
        ("话费100 13812345678", "200就200 下吧"),
        ("话费100 13812345678", "我确认确认"),
        ("话费100 13812345678", "我再确认一下"),
        ("话费100 13812345678", "得了吧"),
        ("steam50 两张", "好 三张"),
        ("steam50 两张", "好 再来两张"),
        ("steam50 两张", "行，来两张"),
        ("steam50 两张", "对 两张100的"),
    ],
)
def test_a_yes_beside_something_else_or_a_look_orders_nothing_yet(first: str, then: str) -> None:
    assert not _says(first, then).orders


@pytest.mark.parametrize(
    "said",
    [
        "好了 就这样 一共99.5是吧 确认",
        "对啊 没要改 确认",
        "这么啰嗦 确认了 快给我充",
        "没看到我说确认了吗 你瞎啊 确认",
        "行了行了我看过了 确认下单",
        "废话少说 确认",
        "什么不敢乱说 我问你了吗。。行了行了就这个 确认",
        "谁问你了 确认",
        "一共99对吧 确认",
        "多少钱来着，99.5是吧，中，就它了",
        "多少钱来着 99.5 行 下单",
        "行吧 买了",
        "就它了",
    ],
)
def test_the_word_that_was_asked_for_orders_whatever_is_grumbled_beside_it(said: str) -> None:
    counter = counter_in("demo")
    counter.says("话费100 13812345678")
    counter.says(said)
    assert [order.total_fen for order in counter.orders] == [9950]


@pytest.mark.parametrize(
    "said",
    [
        "你先确认",
        "一共50是吧 确认",
        "多少钱来着 50是吧 行 下单",
        "多少钱来着",
        "买了",
        "他说买了 可以",
        "确认 换成50",
        "号码确认一下",
        "等我老婆确认",
        "要是便宜点我就确认",
        "确认不了啊",
    ],
)
def test_the_word_alone_orders_nothing_where_something_is_left_open(said: str) -> None:
    counter = counter_in("demo")
    counter.says("话费100 13812345678")
    counter.says(said)
    assert not counter.orders


@pytest.mark.parametrize(
    ("shop", "first", "asks"),
    [
        ("demo", "话费100 13812345678", "这回对了，不过充了到底卡不卡呀？"),
        ("demo", "steam50 两张", "这个稳不稳定啊老板听别人说的"),
        ("家里", "桶装水10桶 13812345678", "这水甜不甜啊听我妈说的"),
    ],
)
def test_a_question_that_nobody_understood_does_not_stand_in_the_way_of_the_next_yes(
    shop: str, first: str, asks: str
) -> None:
    counter = counter_in(shop)
    counter.says(first)
    assert isinstance(counter.dialog.state, Confirming)
    counter.says(asks)
    counter.says("行吧那就买吧")
    assert len(counter.orders) == 1


@pytest.mark.parametrize("said", ["怎么给我弄成这样啊 我妈用不上", "没给我弄少一点吗"])
def test_what_may_have_been_a_wish_is_shown_once_more_before_it_is_ordered(said: str) -> None:
    counter = counter_in("demo")
    counter.says("话费100 13812345678")
    counter.says(said)
    counter.says("行吧那就买吧")
    assert not counter.orders


@pytest.mark.parametrize("said", ["是不是快充啊", "改成100元"])
def test_what_is_so_already_is_not_said_to_be_changed(said: str) -> None:
    counter = counter_in("demo")
    counter.says("话费100 13812345678")
    assert "改好" not in counter.says(said).text


def test_a_size_given_for_the_first_time_is_not_said_to_be_changed() -> None:
    counter = counter_in("demo")
    counter.says("爱奇艺")
    told = counter.says("我要换成季卡 13812345678").text
    assert isinstance(counter.dialog.state, Confirming)
    assert "改好" not in told
    assert "改好" in counter.says("改成年卡").text
