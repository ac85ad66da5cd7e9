"""移动 is a carrier to choose, and the beginning of 移动流量: the message, or the question, settles which."""

import pytest

from nlu import parse
from nlu.frame import Expecting
from tests.stories.shops import HERE, goods_of

PHONE = "13776018829"
ASKED = Expecting("carrier", "sanwang", 2)


@pytest.mark.parametrize(
    ("said", "product", "value"),
    [
        (f"移动 100 {PHONE}", "sanwang", 100),
        (f"移动100 {PHONE}", "sanwang", 100),
        ("给她充一百吧 她是移动的", "sanwang", 100),
        (f"移动10G {PHONE}", "ydliuliang", 10),
        (f"话费 联通 50 {PHONE}", "sanwang", 50),
    ],
)
def test_the_size_says_whose_name_it_is(said: str, product: str, value: int) -> None:
    (item,) = parse(said, goods_of(HERE / "同名.toml")[1]).items
    assert (item.product, item.value, item.invalid) == (product, value, {})
    assert set(item.fields.values()) == ({PHONE} if PHONE in said else set())


@pytest.mark.parametrize(
    ("said", "value", "account"),
    [
        ("烦不烦 移动移动！！", None, None),
        ("她是移动的吧", None, None),
        ("移动 100", 100, None),
        (f"移动100 {PHONE}", 100, PHONE),
        (f"移动 {PHONE}", None, PHONE),
        ("这回给她充一百吧 她是移动的", 100, None),
    ],
)
def test_what_is_asked_for_is_answered_with_all_that_is_said(said: str, value: int | None, account: str | None) -> None:
    (item,) = parse(said, goods_of(HERE / "同名.toml")[1], expecting=ASKED).items
    assert item.product in (None, "sanwang")
    assert (item.options.get("carrier"), item.value, item.fields.get("mobile")) == ("cmcc", value, account)


def test_another_product_by_its_name_is_that() -> None:
    (item,) = parse("要移动流量", goods_of(HERE / "同名.toml")[1], expecting=ASKED).items
    assert item.product == "ydliuliang"
