"""Where an older rule reads half of a message, or counts by a number that counts nothing, its gist is taken."""

import pytest

from dialogs.draft import look
from dialogs.state import Confirming
from tests.stories.shops import counter_in

WHOLE = [
    ("demo", "星巴克大杯券", "换成中杯的，要三张", "中杯券 3"),
    ("demo", "爱奇艺年卡 13812345678", "开一季 给我弟 13812345679", "季卡 1 13812345679"),
    ("garage", "洗车卡5次轿车", "洗得勤 换十次的", "10次轿车 1"),
    ("heldout_club", "驾校C2班 张晓燕 330102199801012345 13588880000", "确认一下 我姐考了三次", "C2班 1"),
    (
        "fresh",
        "猫粮鸡肉味2kg 江苏省苏州市姑苏区 干将东路333号 吴梅 13771712345",
        "2kg两个月就没了 要10kg的",
        "鸡肉味10kg 1",
    ),
    ("demo", "京东卡100 两张", "数量改5", "100元 5"),
    ("demo", "话费50 13812345678", "50打不了几天 充一百吧", "100元 1"),
]


@pytest.mark.parametrize(("shop", "first", "said", "wanted"), WHOLE)
def test_all_that_was_said_is_done(shop: str, first: str, said: str, wanted: str) -> None:
    counter = counter_in(shop)
    counter.says(first)
    counter.says(said)
    state = counter.dialog.state
    assert isinstance(state, Confirming)
    (line,) = state.lines
    looked = look(line, counter.shelf)
    label, quantity, *account = wanted.split()
    assert looked.sku is not None
    assert (looked.sku.label, line.quantity) == (label, int(quantity))
    assert not account or account[0] in line.fields.values()


@pytest.mark.parametrize(
    ("shop", "first", "said", "label"),
    [
        ("demo", "流量1GB 18630042751", "1g太少 5个g的 充到17731168204上", "5GB月包"),
        ("demo", "爱奇艺年卡 13812345678", "年的看不完 要月卡 充到13812345679", "月卡"),
        ("cloud", "jetide1个月 zhou.dev@163.com", "一个月不够 要12个月的 邮箱写dev@kuaifan.cn", "12个月"),
    ],
)
def test_two_things_put_right_below_the_link_are_no_second_order(shop: str, first: str, said: str, label: str) -> None:
    counter = counter_in(shop)
    counter.says(first)
    counter.says("确认")
    counter.says(said)
    state = counter.dialog.state
    assert isinstance(state, Confirming)
    (line,) = state.lines
    sku = look(line, counter.shelf).sku
    assert sku is not None
    assert sku.label == label
    assert [order.state.value for order in counter.orders if order.state.value == "unpaid"] == []
