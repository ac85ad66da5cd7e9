"""What is said by the way claims nothing: figures of other things, alternatives only weighed, whom it is not for."""

import pytest

from nlu import Lexicon, parse
from nlu.frame import Item
from tests.corpus.beside import read_beside
from tests.corpus.evaluate import lexicon_of


def test_remarks_beside_an_order_add_next_to_nothing_to_it() -> None:
    outcome = read_beside(made=1500)
    assert outcome.harmful < 0.03, outcome.examples[:20]
    assert outcome.right > 0.8 * outcome.made


@pytest.mark.parametrize(
    "remark",
    [
        "我手机是小米14",
        "队里11个人",
        "工资刚发了六千二",
        "我在A座2012",
        "十万火急",
        "十一回老家用",
        "车是宝马320",
    ],
)
@pytest.mark.parametrize("shape", ["{},京东卡两张", "京东卡两张，{}", "京东卡两张 {}"])
def test_a_figure_of_something_else_is_no_denomination(demo: Lexicon, remark: str, shape: str) -> None:
    (item,) = parse(shape.format(remark), demo).items
    assert (item.product, item.value, item.quantity, item.fields) == ("jdcard", None, 2, {})


@pytest.mark.parametrize(
    "said", ["我上个月才充了五十，给我妈那个号充一百", "给我自己充五十", "先充50试试", "金额改为50"]
)
def test_a_figure_beside_a_word_of_asking_still_asks(demo: Lexicon, said: str) -> None:
    frame = parse(f"{said}，13812345678", demo)
    assert [item.value for item in frame.items] == [100 if "一百" in said else 50]


def _only(text: str, shop: Lexicon) -> Item:
    frame = parse(text, shop)
    assert frame.intent == "order", frame
    (item,) = frame.items
    return item


@pytest.mark.parametrize(
    ("said", "sku"),
    [
        ("爱奇艺月卡21块5，年卡199，那就年卡吧，13322221111", "IQ12"),
        ("win十一激活码，家庭版一百九十八，专业版二百五十八，要家庭版。", "W11H"),
    ],
)
def test_alternatives_that_were_only_weighed_are_not_ordered(demo: Lexicon, said: str, sku: str) -> None:
    assert _only(said, demo).sku == sku


def test_an_account_that_it_must_not_go_to_is_no_account_of_the_order(demo: Lexicon) -> None:
    item = _only("Q币充50，别充到我那个123454321，充到大号987656789", demo)
    assert item.fields == {"account": "987656789"}


def test_what_stands_for_it_in_another_shop_is_read_the_same_way() -> None:
    shop = lexicon_of("p10_playhouse.toml")
    assert _only("应援豆一千颗，编号F3030303", shop).value == 1000
    assert _only("剧场钱包6033334444充300，别充到6033334445去了", shop).fields == {"wallet": "6033334444"}
    assert _only("我妹的编号是F1112223，我的是F1112224，给我妹充200颗星豆", shop).fields == {"fan": "F1112223"}
    assert _only("双人餐来一份。", shop).sku == "TCAN2"
    assert _only("点播码三部的买两份，一份自己看一份送人", shop).sku == "DB3"
    shirts = parse("文化衫黑的L码和白的M码各一件", shop).items
    assert [item.sku for item in shirts] == ["WH-LI", "WH-MR"]


def test_a_code_to_fetch_something_is_no_account(demo: Lexicon) -> None:
    assert parse("腾讯会员年卡 QQ13912345678，取件码5-2-1008", demo).items[0].fields == {"account": "13912345678"}


@pytest.mark.parametrize(
    ("said", "sku"),
    [
        ("电脑是win10家庭版，买个win11专业版激活码", "W11P"),
        ("桌子离插座1米5，数据线买2米的两条", "SJX2"),
    ],
)
def test_a_choice_named_in_other_talk_is_not_ordered(demo: Lexicon, said: str, sku: str) -> None:
    assert _only(said, demo).sku == sku


@pytest.mark.parametrize(
    ("said", "sku"),
    [
        ("上次买的大桶爆米花吃不完，这次来个小桶焦糖的", "BM-SC"),
        ("单人餐三十八，双人餐六十六，嗯，那就双人餐来一份吧。", "TCAN2"),
        ("楼座午场两张，池座180太贵了", "HJ-GM"),
    ],
)
def test_what_was_had_or_weighed_before_is_not_ordered_again(said: str, sku: str) -> None:
    assert _only(said, lexicon_of("p10_playhouse.toml")).sku == sku


def test_one_or_the_other_is_no_amount(demo: Lexicon) -> None:
    assert all(item.value is None for item in parse("我要充Q币，充100还是充200好呢", demo).items)


@pytest.mark.parametrize(
    ("said", "sku"),
    [
        ("油卡100的不卖吗？那200吧 1000113200001112223", "JY200"),
        ("充10块话费试试水，行的话明天充300，13912121212", "HF10"),
        ("手机停机了急，先充20，晚上发工资再充100，13912121212", "HF20"),
    ],
)
def test_what_is_asked_first_or_put_off_is_not_ordered_now(demo: Lexicon, said: str, sku: str) -> None:
    assert _only(said, demo).sku == sku
