"""An order said anew takes the place of the one that was got wrong, below a summary and below the link."""

import pytest

from dialogs.state import Confirming
from kernel.orders import OrderState
from tests.stories.counter import Counter
from tests.stories.shops import counter_in

_NUMBER = "13812345678"
_DATA = f"流量5g {_NUMBER}"
_BOTH = f"充100话费 {_NUMBER} 还有steam50两张"


def _after(*texts: str) -> Counter:
    counter = counter_in("demo")
    for text in texts:
        counter.says(text)
    return counter


_ANEW = [
    ("星巴克大杯一张 中杯一张 再来个优酷月卡", "不对，我要的是星巴克 大杯券，星巴克 中杯券", ["XB-L*1", "XB-M*1"]),
    (f"话费100 {_NUMBER}", "错了 我要的是话费200", ["HF200*1"]),
    ("买5张100的京东卡，再买2张50的", "不对，我要的是京东卡 100元 六份", ["JD100*6"]),
    ("京东卡100 5张", "不对，我要的是京东卡200的", ["JD200*5"]),
    ("京东卡100 5张", "不对 我要的是京东卡100", ["JD100*1"]),
    (_BOTH, "我要的是steam100", ["HF100*1", "ST100*2"]),
    (_BOTH, "我说的是steam50 一张", ["HF100*1", "ST50*1"]),
    (_DATA, "搞错啦 我要的是充话费50", ["HF50*1"]),
    (_DATA, "搞错啦 是要充话费50 不是流量", ["HF50*1"]),
    (_DATA, "哎我买错了 应该是爱奇艺的季卡", ["IQ3*1"]),
    (_DATA, "刚下的不要了 重新来 网易云月卡一个", ["HJ1*1"]),
    (_DATA, "看错了 是要流量10g", ["LL10*1"]),
    (_DATA, "不对，我是要充Q币50个 123456", ["QB*1"]),
]


@pytest.mark.parametrize(("first", "anew", "wanted"), _ANEW, ids=[row[1] for row in _ANEW])
def test_below_a_summary_the_lines_are_what_he_says_anew(first: str, anew: str, wanted: list[str]) -> None:
    counter = _after(first, anew, "确认")
    (order,) = counter.orders
    assert [f"{line.sku_code}*{line.quantity}" for line in order.lines] == wanted


@pytest.mark.parametrize(("first", "anew", "wanted"), _ANEW, ids=[row[1] for row in _ANEW])
def test_below_the_link_no_order_but_the_one_said_anew_waits(first: str, anew: str, wanted: list[str]) -> None:
    counter = _after(first, "确认", anew, "确认")
    waiting = [order for order in counter.orders if order.state is OrderState.UNPAID]
    assert [[f"{line.sku_code}*{line.quantity}" for line in order.lines] for order in waiting] == [wanted]


def test_what_is_not_said_again_stays_as_it_was() -> None:
    state = _after(_DATA, "不对 我要的是话费50").dialog.state
    assert isinstance(state, Confirming)
    assert state.lines[0].fields == {"account": _NUMBER}


@pytest.mark.parametrize("said", ["我要的是13998765432", "不对 是13998765432", "错了 最后一位是9"])
def test_a_new_number_alone_leaves_the_goods_as_they_were(said: str) -> None:
    state = _after(_DATA, said).dialog.state
    assert isinstance(state, Confirming)
    assert [(line.product, line.fields["account"] == _NUMBER) for line in state.lines] == [("liuliang", False)]


_IN_FULL = [
    (
        ["话费50 13177450291 13177450382 18674021155"],
        "话费50元 13177450291，话费50元 13177450382",
        ["HF50 13177450291", "HF50 13177450382"],
    ),
    (
        ["王者1180点券 苹果区 QQ3310924475", "再来个话费300"],  # while the phone is asked for
        "王者1180点券 3310924475 苹果QQ区，王者300点券 1287740936 安卓QQ区",
        ["WZ1180 3310924475", "WZ300 1287740936"],
    ),
]


@pytest.mark.parametrize(("said", "listed", "wanted"), _IN_FULL)
def test_a_list_in_full_takes_the_place_of_what_stands_there(said: list[str], listed: str, wanted: list[str]) -> None:
    counter = _after(*said, listed, "确认")
    (order,) = counter.orders
    assert [f"{line.sku_code} {line.fields['account']}" for line in order.lines] == wanted
