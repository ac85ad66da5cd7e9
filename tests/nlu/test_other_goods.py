"""What merely begins or ends like goods of this shop is none of them: asked about, never sold as the nearest."""

import pytest

from nlu import Lexicon, parse
from tests.corpus.evaluate import lexicon_of


@pytest.mark.parametrize(
    "said",
    ["爱奇艺体育会员月卡", "京东plus会员一年", "王者皮肤一个", "迪卡侬礼品卡200", "优酷服务器一年"],
)
def test_a_name_of_ours_with_another_thing_behind_it_is_something_else(demo: Lexicon, said: str) -> None:
    assert all(item.product is None and item.sku is None for item in parse(said, demo).items)


@pytest.mark.parametrize(
    ("shop", "said"),
    [("studio.toml", "声乐体验课一节"), ("venue.toml", "乒乓球场地2小时")],
)
def test_a_kind_of_ours_behind_another_thing_only_suggests(shop: str, said: str) -> None:
    assert all(item.product is None and item.sku is None for item in parse(said, lexicon_of(shop)).items)


@pytest.mark.parametrize(
    ("said", "product"),
    [
        ("电信话费50", "huafei"),
        ("公司油卡充500", "jiayou"),
        ("steam面额100的", "steam"),
        ("王者账号12345678充300点券", "wangzhe"),
        ("爱奇艺会员一年", "iqiyi"),
        ("王者贵族8，充680", "wangzhe"),
    ],
)
def test_what_may_be_said_of_any_goods_makes_nothing_else_of_them(demo: Lexicon, said: str, product: str) -> None:
    assert [item.product for item in parse(said, demo).items] == [product]


def test_a_platform_where_the_goods_are_cheaper_takes_nothing_from_them() -> None:
    (item,) = parse("美团上通兑券才29，你们这33，那来两张吧", lexicon_of("p10_playhouse.toml")).items
    assert (item.product, item.value, item.quantity) == ("tongdui", None, 2)


def test_a_foreign_name_may_end_the_message(demo: Lexicon) -> None:
    assert parse("优酷 美团", demo).items


@pytest.mark.parametrize(
    ("said", "intent"),
    [("给话费开发票", "invoice"), ("两单一起开发票 个人 me@a.cn", "invoice"), ("腾讯会员续费一年", "order")],
)
def test_a_verb_behind_the_goods_makes_nothing_else_of_them(demo: Lexicon, said: str, intent: str) -> None:
    frame = parse(said, demo)
    assert frame.intent == intent
    assert all(item.product for item in frame.items)
