"""A number to be reached at, beside the account to be topped up, is charged nothing."""

import pytest

from nlu import Lexicon, parse
from tests.stories.shops import ROOT, goods_of

CATALOGS = ROOT / "tests/corpus/catalogs"


@pytest.mark.parametrize(
    "said",
    [
        "充50话费 13912340087 联系我打13600001111",
        "充50话费 13912340087 有事打13600001111",
        "充50话费13912340087，备用号13600001111",
        "给13912340087充50话费，有问题联系13600001111",
        "充50话费 13912340087 我的电话13600001111",
    ],
)
def test_where_the_buyer_can_be_reached_is_not_topped_up(demo: Lexicon, said: str) -> None:
    items = parse(said, demo).items
    assert [(item.sku, item.fields["account"]) for item in items] == [("HF50", "13912340087")]


@pytest.mark.parametrize("said", ["我的电话13912340087 充50话费", "充50话费 有事打13912340087"])
def test_the_only_number_is_the_one_to_top_up(demo: Lexicon, said: str) -> None:
    (item,) = parse(said, demo).items
    assert item.fields["account"] == "13912340087"


@pytest.mark.parametrize(
    "said", ["充50话费 13912340087 我的电话13600001111也充50", "话费各充50 13912340087 我的电话13600001111"]
)
def test_a_number_of_his_own_that_is_charged_too_stays(demo: Lexicon, said: str) -> None:
    assert [item.fields["account"] for item in parse(said, demo).items] == ["13912340087", "13600001111"]


def test_the_latin_end_of_a_name_is_no_part_of_the_account_behind_it() -> None:
    (item,) = parse("酷狗VIP 18912340077 月卡", goods_of(CATALOGS / "p11_market.toml")[1]).items
    assert (item.sku, dict(item.fields)) == ("KG1", {"phone": "18912340077"})
