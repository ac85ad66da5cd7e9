"""How many were said: persons, dozens, a total of one face value, the same people counted twice."""

import pytest

from nlu import Expecting, Lexicon, parse
from tests.corpus.evaluate import lexicon_of


@pytest.mark.parametrize(
    ("shop", "said", "sku", "quantity"),
    [
        ("p9_spa.toml", "汤泉夜场 四位成人", "MP-NA", 4),
        ("p9_spa.toml", "足疗90分钟 首席的 两位", "ZL90C", 2),
        ("", "半打京东卡50", "JD50", 6),
        ("", "星巴克大杯一打", "XB-L", 12),
        ("", "我要总共300块的steam卡 100一张的", "ST100", 3),
        ("p9_spa.toml", "浴盐500克两包", "YA500", 2),
        ("p9_spa.toml", "两包500克的浴盐", "YA500", 2),
        ("life.toml", "面膜补水20片两板", "MM-M20", 2),
        ("games.toml", "蓝牙手柄两只", "SB-B", 2),
        ("campus.toml", "保温杯白色来三卷", "BZ-WM", 3),
        ("p10_playhouse.toml", "酸梅汤500毫升两壶", "SM500", 2),
    ],
)
def test_a_quantity_is_read_however_it_is_counted(demo: Lexicon, shop: str, said: str, sku: str, quantity: int) -> None:
    (item,) = parse(said, lexicon_of(shop) if shop else demo).items
    assert (item.sku, item.quantity) == (sku, quantity)


@pytest.mark.parametrize("said", ["我手机后四位8823，京东卡50", "打印100页，京东卡50", "京东卡50，我们几位都要"])
def test_what_counts_no_goods_is_no_quantity(demo: Lexicon, said: str) -> None:
    assert all(item.quantity == 1 for item in parse(said, demo).items)


def test_who_is_counted_twice_is_ordered_for_once() -> None:
    items = parse("给两个孩子报游泳，儿童票两张，大人陪一张", lexicon_of("heldout_club.toml")).items
    assert [(item.sku, item.quantity) for item in items] == [("SWC", 2), ("SWA", 1)]


def test_two_denominations_added_up_answer_nothing(demo: Lexicon) -> None:
    frame = parse("50加30", demo, expecting=Expecting("value", "huafei"))
    assert all(item.value is None for item in frame.items) or len(frame.items) == 2


@pytest.mark.parametrize("said", ["充50 13800000001 再来一张京东卡100", "给13800000001充50，再来一张京东卡100"])
def test_a_denomination_beside_a_phone_is_a_top_up_of_its_own(demo: Lexicon, said: str) -> None:
    topup, card = parse(said, demo).items
    assert (topup.sku, topup.fields) == ("HF50", {"account": "13800000001"})
    assert (card.sku, card.quantity) == ("JD100", 1)


def test_a_round_number_beside_a_phone_is_an_amount() -> None:
    (item,) = parse("储值100000 13566001728", lexicon_of("p9_spa.toml")).items
    assert (item.value, item.fields, item.invalid) == (100000, {"vip_phone": "13566001728"}, {})


@pytest.mark.parametrize("said", ["改成两位", "改成三个人"])
def test_persons_change_the_quantity(demo: Lexicon, said: str) -> None:
    frame = parse(said, demo, expecting=Expecting("confirm", "jdcard"))
    assert (frame.intent, [item.quantity for item in frame.items]) == ("change", [2 if "两" in said else 3])


@pytest.mark.parametrize("said", ["改成两包", "要两包", "两包吧", "换成两卷", "改成两只"])
def test_any_measure_word_changes_the_quantity(demo: Lexicon, said: str) -> None:
    frame = parse(said, demo, expecting=Expecting("confirm", "jdcard"))
    assert frame.intent in ("change", "answer")
    assert [item.quantity for item in frame.items] == [2]


@pytest.mark.parametrize(
    ("shop", "said"),
    [
        ("campus.toml", "保温杯白色，家里有两只猫"),
        ("campus.toml", "保温杯白色，我住3栋"),
        ("campus.toml", "保温杯白色，我每天抽两包烟"),
        ("p9_spa.toml", "浴盐500克 家里还剩两包"),
        ("campus.toml", "保温杯白色30对吧"),
    ],
)
def test_measures_of_other_things_count_no_goods(shop: str, said: str) -> None:
    (item,) = parse(said, lexicon_of(shop)).items
    assert item.quantity == 1


def test_a_round_number_behind_a_that_counts_like_one_without(demo: Lexicon) -> None:
    asked = Expecting("value", "qbi")
    that, plain = (parse(said, demo, expecting=asked) for said in ("那100个吧", "100个吧"))
    assert that.items == plain.items != ()
