"""A correction is done whole, or what was left of it is told and 确认 does not order yet."""

import pytest

from dialogs.state import Confirming
from tests.stories.shops import counter_in

_NOT_DONE = "还没改进去"
_PHONE = "13812345678"


@pytest.mark.parametrize(
    ("first", "said", "held"),
    [
        (f"话费100 {_PHONE}", "充50就行 号码最后两位是99 不是78", "13812345699"),
        (f"话费100 {_PHONE}", "改成50的 后两位应该是99", "13812345699"),
        (f"话费100 {_PHONE}", "充50吧 号是13812345600", "13812345600"),
        ("王者60点券 12345678 安卓", "改成300的 区是苹果区", "ios"),
        ("王者60点券 12345678 安卓", "号码87654321 区要苹果的", "ios"),
    ],
)
def test_both_halves_are_done_or_the_other_is_told(first: str, said: str, held: str) -> None:
    counter = counter_in("demo")
    counter.says(first)
    counter.says(said)
    state = counter.dialog.state
    assert isinstance(state, Confirming)
    done = any(held in line.fields.values() for line in state.lines)
    counter.says("确认")
    assert bool(counter.orders) == done


@pytest.mark.parametrize(
    ("shop", "first", "said"),
    [
        ("demo", "京东卡100", "再加两张steam50"),
        ("demo", f"话费100 {_PHONE}", "再加50Q币 QQ12345678"),
        ("demo", "京东卡100两张", "数量改2 换成200的"),
        ("demo", f"话费100 {_PHONE}", "改成50吧 不是100"),
        ("demo", f"话费100 {_PHONE}", "号码改成13900001111 那个5678是我老婆的旧号"),
        ("demo", "王者60点券 12345678 安卓", "改成300的 还是安卓区"),
        ("demo", f"话费100 {_PHONE}", "50就够了 下个月15号发工资再说"),
    ],
)
def test_nothing_is_told_where_all_of_it_is_done(shop: str, first: str, said: str) -> None:
    counter = counter_in(shop)
    counter.says(first)
    assert _NOT_DONE not in counter.says(said).text
