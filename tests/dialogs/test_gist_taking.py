"""What a message is taken for, in the order of how sure it is: told, put right, changed with reasons, one more."""

import pytest

from dialogs.draft import look
from dialogs.state import Collecting, Confirming, Idle
from tests.stories.counter import Counter
from tests.stories.shops import summed_up

CHANGED = [
    ("demo", "话费50 13812345678", "填成我媳妇的了 应该充我的 13812345670", "50元 1 13812345670"),
    ("demo", "爱奇艺年卡 15521907743", "别整年的 追完就不看了 三个月", "季卡 1"),
    ("demo", "原神980 181240093", "卡里只剩三百来块 300的那个", "300结晶 1"),
    ("demo", "京东卡100", "我哥说两百能打折是不是 那我换两百的 200", "200元 1"),
    ("cloud", "译芽翻译30天 13812345678", "论文写一年呢 办365天的", "365天 1"),
    ("garage", "洗车卡5次轿车", "我爸让办十次的 他天天洗", "10次轿车 1"),
    ("p9_spa", "足疗60分钟", "上次六十没按够 这回九十", "90分钟 1"),
    ("driving", "C2普通班 李建国 13812345678", "时间太紧 直接给我办VIP班", "VIP班 1"),
]
"""Whether below the summary or below the link."""
TOLD = [
    ("demo", "话费50 13812345678", "我表弟一个月话费九十九 家里人都说他"),
    ("demo", "京东卡100", "我同事去年买的是500的 拿去换了个锅"),
    ("garage", "洗车卡5次轿车", "上次那个师傅一口气洗了10台车"),
    ("p10_playhouse", "酸梅汤300毫升", "我外甥一天喝三杯 牙都坏了"),
    ("heldout_pantry", "大闸蟹398型", "我们家四口人一人一只正好"),
]
OF_EACH = [
    ("demo", "京东卡100", "改一下 要一张两百的一张一百的", ["200 1", "100 1"]),
    ("demo", "京东卡100 三张", "算了 两张一百的一张五十的", ["100 2", "50 1"]),
]
SINGLE = [
    ("demo", "京东卡100", "200"),
    ("demo", "话费50 13812345678", "13900001111"),
]


def _begun(shop: str, first: str, *, placed: bool) -> Counter:
    counter = summed_up(shop, first)
    if placed:
        counter.says("确认")
        if isinstance(counter.dialog.state, Confirming):
            counter.says("确认")
        assert [order.state.value for order in counter.orders] == ["unpaid"]
    return counter


@pytest.mark.parametrize("placed", [False, True])
@pytest.mark.parametrize(("shop", "first", "said", "wanted"), CHANGED)
def test_a_change_among_reasons_is_made_above_and_below_the_link(
    shop: str, first: str, said: str, wanted: str, *, placed: bool
) -> None:
    counter = _begun(shop, first, placed=placed)
    counter.says(said)
    state = counter.dialog.state
    assert isinstance(state, Confirming)
    (line,) = state.lines
    sku = look(line, counter.shelf).sku
    label, quantity, *account = wanted.split()
    assert sku is not None
    assert (sku.label, line.quantity) == (label, int(quantity))
    assert not account or account[0] in line.fields.values()
    assert [order for order in counter.orders if order.state.value == "unpaid"] == []


@pytest.mark.parametrize("placed", [False, True])
@pytest.mark.parametrize(("shop", "first", "said"), TOLD)
def test_what_is_only_told_changes_neither(shop: str, first: str, said: str, *, placed: bool) -> None:
    counter = _begun(shop, first, placed=placed)
    before, orders = counter.dialog.state, list(counter.orders)
    counter.says(said)
    after = counter.dialog.state
    assert list(counter.orders) == orders
    if isinstance(before, Confirming):
        assert isinstance(after, Confirming)
        assert after.lines == before.lines
    else:
        assert isinstance(after, Idle)


@pytest.mark.parametrize(("shop", "first", "said"), SINGLE)
def test_a_size_or_an_account_alone_is_asked_below_the_link(shop: str, first: str, said: str) -> None:
    counter = _begun(shop, first, placed=True)
    reply = counter.says(said)
    assert not isinstance(counter.dialog.state, Collecting | Confirming)
    assert "另买一份" in reply.text


@pytest.mark.parametrize("placed", [False, True])
@pytest.mark.parametrize(("shop", "first", "said", "wanted"), OF_EACH)
def test_so_many_of_each_size_may_stand_in_one_clause(
    shop: str, first: str, said: str, wanted: list[str], *, placed: bool
) -> None:
    counter = _begun(shop, first, placed=placed)
    counter.says(said)
    state = counter.dialog.state
    assert isinstance(state, Confirming)
    assert sorted(f"{line.value} {line.quantity}" for line in state.lines) == sorted(wanted)
