"""What is only told below a summary changes nothing of it; what is wanted beside it still does."""

import pytest

from dialogs.state import Confirming
from tests.stories.counter import Counter
from tests.stories.shops import counter_in


def _below(shop: str, first: str) -> Counter:
    counter = counter_in(shop)
    counter.says(first)
    assert isinstance(counter.dialog.state, Confirming)
    return counter


@pytest.mark.parametrize(
    ("shop", "first", "remark"),
    [
        ("demo", "星巴克大杯", "朋友圈看到你们说买10送1"),
        ("demo", "京东卡100", "听说买2张送红包"),
        ("demo", "话费50 13812345678", "我有两个手机"),
        ("demo", "爱奇艺月卡 13812345678", "我家两个电视"),
        ("demo", "win11家庭版", "我家有两台电脑"),
        ("demo", "星巴克大杯两张", "平时都喝中杯 今天奢侈一把"),
        ("demo", "京东卡100", "我手里有200块钱"),
        ("demo", "京东卡100", "我一共就200块"),
        ("demo", "京东卡100", "淘宝上才98"),
        ("demo", "京东卡100", "送我妈的 她过60大寿"),
        ("demo", "王者60点券 12345678 安卓", "我老婆用苹果的"),
        ("demo", "win11家庭版", "我公司是专业版"),
        ("demo", "原神60结晶 123456789 官服", "我B服还有个号"),
        ("demo", "话费50 13812345678", "我手机里还有20块"),
        ("demo", "话费50 13812345678", "我每个月用100左右"),
        ("demo", "话费50 13812345678", "欠费30了"),
        ("demo", "优酷月卡", "我之前买的是年卡"),
        ("demo", "星巴克大杯两张", "超大杯太大了喝不完"),
        ("demo", "代练 铂金到星耀 1234567", "我上赛季打到过钻石"),
        ("campus", "饭卡50 2021001234", "我室友一次充200"),
        ("garage", "洗车5次轿车", "我家还有辆SUV"),
        ("venue", "滑雪2小时票一张", "我朋友滑了4小时"),
        ("demo", "星巴克大杯两张 话费50 13812345678", "我同事都喝超大杯"),
    ],
)
def test_a_remark_leaves_the_order_and_it_is_shown_before_it_is_placed(shop: str, first: str, remark: str) -> None:
    counter = _below(shop, first)
    before = counter.dialog.state
    assert isinstance(before, Confirming)
    assert "刚才的订单" in counter.says(remark).text
    after = counter.dialog.state
    assert isinstance(after, Confirming)
    assert after.lines == before.lines
    counter.says("确认")
    assert not counter.orders
    counter.says("确认")
    assert len(counter.orders) == 1


@pytest.mark.parametrize(
    ("shop", "first", "said", "size", "count"),
    [
        ("demo", "京东卡100", "我手里有200块钱 就买200的吧", 200, 1),
        ("demo", "京东卡100", "嗯我妈说要200", 200, 1),
        ("demo", "京东卡100", "每人一张 我们三个人", 100, 3),
        ("demo", "京东卡100", "我们公司要10张", 100, 10),
        ("demo", "话费50 13812345678", "我每个月用100 充100吧", 100, 1),
        ("demo", "话费50 13812345678", "欠费30了 充100吧", 100, 1),
        ("demo", "优酷月卡", "我朋友说年卡划算 换年卡", 12, 1),
        ("demo", "优酷月卡", "家里人都用 改成年卡", 12, 1),
        ("demo", "星巴克大杯两张", "我们三个人 要三张", None, 3),
        ("demo", "win11家庭版", "我有三台电脑 要三个", None, 3),
    ],
)
def test_a_wish_beside_a_remark_is_done(shop: str, first: str, said: str, size: int | None, count: int) -> None:
    counter = _below(shop, first)
    counter.says(said)
    state = counter.dialog.state
    assert isinstance(state, Confirming)
    assert [line.quantity for line in state.lines] == [count]
    if size is not None:
        sku = counter.shelf.sku(state.lines[0].sku or "")
        assert state.lines[0].value == size or (sku is not None and sku.value == size)
