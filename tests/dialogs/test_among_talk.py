"""What is wanted among much that is told begins an order; what is only told begins none."""

import pytest

from dialogs.state import Collecting, Confirming, Idle
from tests.stories.shops import counter_in


@pytest.mark.parametrize(
    ("shop", "said"),
    [
        ("demo", "给我吓得 孩子非要我给他开个腾讯视频会员"),
        ("heldout_club", "医生说再不动就晚了 逼着我办个游泳馆门票"),
        ("venue", "我家那位天天念叨 非要我给他订个网球场地"),
    ],
)
def test_what_is_wanted_among_talk_is_begun(shop: str, said: str) -> None:
    counter = counter_in(shop)
    counter.says(said)
    state = counter.dialog.state
    assert isinstance(state, Collecting | Confirming)
    (line,) = state.lines
    assert line.product is not None


@pytest.mark.parametrize(
    "said", ["我室友王者充了680 还是没出", "我妈昨天办了爱奇艺 又退了", "我没想要京东卡", "上次在别人家买steam卡被坑了"]
)
def test_what_is_only_told_begins_nothing(said: str) -> None:
    counter = counter_in("demo")
    counter.says(said)
    assert isinstance(counter.dialog.state, Idle)
