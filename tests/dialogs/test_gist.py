"""What a buyer wants of all he says, below a summary: reasons and chatter around it change nothing."""

import pytest

from dialogs.gist.deciding import gist
from dialogs.state import Collecting, Confirming
from tests.stories.shops import counter_in, summed_up

WANTS = [
    ("demo", "给娃充20q币 3316072849", "不够 他说要60个", (60, 1)),
    ("demo", "话费30 13290715546", "30打俩电话就没 冲个一百的", (100, 1)),
    ("demo", "爱奇艺年卡 15521907743", "年的看不完 就为那一部剧 包月得了", (1, 1)),
    ("demo", "骏卡10", "10块不经花 凑够五张", (10, 5)),
    ("demo", "吃鸡60点券 709113825", "60能抽个啥子 上三百的", (300, 1)),
    ("demo", "流量1g 15133709248", "就在地铁上刷刷抖音 1g估计两天没 来五个g", (5, 1)),
]
ONLY_TELLS = [
    ("demo", "话费50 13812345678", "联通真坑 一个月扣我30块"),
    ("demo", "话费50 13812345678", "我有两个手机"),
    ("demo", "京东卡100", "我手里有200块钱"),
    ("demo", "绿钻月卡 630017742", "我00年的 从06年就开绿钻 十块钱一个月那会"),
    ("demo", "京东卡100", "加一个QQ会员"),
    ("demo", "steam卡100 两张", "多一张"),
]

SWITCHES = [
    ("demo", "爱奇艺", "问清了 是腾讯", "txvip"),
    ("demo", "爱奇艺", "不是 是腾讯的", "txvip"),
    ("photo", "R6租3天 免押 15084926371", "不对 要R5的", "r5"),
]
ANSWERS = [
    ("demo", "充话费", "一百吧 省得老来", 100),
    ("demo", "充话费", "五十的就行 别的用不着", 50),
    ("demo", "steam卡", "就买个小游戏 来50的够了", 50),
    ("cloud", "绘图猫会员", "先一个月 最近接稿少", 1),
    ("heldout_travel", "租wifi", "去5天 下周走", 5),
]
NO_ANSWERS = [
    ("demo", "京东卡", "50还是100好"),
    ("demo", "充话费", "50不要 100也不要"),
    ("demo", "充话费", "100吧 算了"),
    ("demo", "充话费", "我妈上次充了50 真快"),
]


def _lines(shop: str, first: str) -> Confirming:
    state = summed_up(shop, first).dialog.state
    assert isinstance(state, Confirming)
    return state


@pytest.mark.parametrize(("shop", "first", "said", "wanted"), WANTS)
def test_what_is_wanted_is_found_among_reasons(shop: str, first: str, said: str, wanted: tuple[int, int]) -> None:
    new = gist(_lines(shop, first).lines, said, counter_in(shop).shelf)
    assert new is not None
    assert [(line.value, line.quantity) for line in new] == [wanted]


@pytest.mark.parametrize(("shop", "first", "said"), ONLY_TELLS)
def test_what_is_only_told_changes_nothing(shop: str, first: str, said: str) -> None:
    assert gist(_lines(shop, first).lines, said, counter_in(shop).shelf) is None


@pytest.mark.parametrize(("shop", "first", "said", "value"), ANSWERS)
def test_an_answer_is_heard_among_reasons(shop: str, first: str, said: str, value: int) -> None:
    counter = counter_in(shop)
    counter.says(first)
    counter.says(said)
    state = counter.dialog.state
    assert isinstance(state, Collecting | Confirming)
    assert state.lines[0].value == value


@pytest.mark.parametrize(("shop", "first", "said"), NO_ANSWERS)
def test_what_leaves_the_answer_open_is_none(shop: str, first: str, said: str) -> None:
    counter = counter_in(shop)
    counter.says(first)
    counter.says(said)
    state = counter.dialog.state
    assert not isinstance(state, Confirming)
    assert not isinstance(state, Collecting) or state.lines[0].value is None


@pytest.mark.parametrize(("shop", "first", "said", "product"), SWITCHES)
def test_another_product_of_the_kind_is_taken_instead(shop: str, first: str, said: str, product: str) -> None:
    counter = counter_in(shop)
    counter.says(first)
    counter.says(said)
    state = counter.dialog.state
    assert isinstance(state, Collecting | Confirming)
    assert [line.product for line in state.lines] == [product]


def test_so_many_of_each_is_so_many_of_each() -> None:
    new = gist(_lines("demo", "京东卡500的两张").lines, "领导说要一张500的 另外换成两张100的", counter_in("demo").shelf)
    assert new is not None
    assert [(line.value, line.quantity) for line in new] == [(500, 1), (100, 2)]


def test_the_address_said_again_beside_each_thing_is_no_part_of_the_things() -> None:
    counter, place = counter_in("heldout11_shop"), "安徽省合肥市蜀山区黄山路599号天波大厦1806 方倩 15256018837"
    for said in (
        "苹果15手机壳 磨砂的",
        place,
        f"不对，我要的是手机壳iPhone 15 磨砂款 {place}，手机壳iPhone 16 透明款 {place}",
    ):
        counter.says(said)
    state = counter.dialog.state
    assert isinstance(state, Confirming)
    assert len(state.lines) == 2
    assert {line.fields["send_to"] for line in state.lines} == {place}
