"""What a shop would probably not want is said, and nothing else."""

from pathlib import Path

import pytest

from bot.cli import main
from catalog.advice import advice
from catalog.files import read_catalog, read_text

ROOT = Path(__file__).parents[2]
_GOOD = """
[[product]]
id = "p"
name = "茶"
category = ["茶"]
delivery = "{delivery}"
field = [{field}]
sku = [{sku}]
"""
_SKU = '{ code = "A", label = "一盒", value = 1, price = "9.90" }'
_PHONE = '{ name = "to", kind = "phone", label = "手机号" }'


def said(delivery: str = "card", field: str = "", sku: str = _SKU) -> tuple[str, ...]:
    return advice(read_text(_GOOD.format(delivery=delivery, field=field, sku=sku).encode()).products)


@pytest.mark.parametrize("file", ["data/catalog.demo.toml", "tests/contracts/shop.toml"])
def test_a_sensible_catalog_is_told_nothing(file: str) -> None:
    assert advice(read_catalog(ROOT / file).products) == ()


def test_a_topup_needs_an_account_and_a_parcel_an_address() -> None:
    assert said("card") == said("service") == said("topup", _PHONE) == ()
    assert said("parcel", '{ name = "to", kind = "address", label = "收货地址" }') == ()
    assert "不知道充给谁" in said("topup")[0]
    assert "没有收货地址" in said("parcel", _PHONE)[0]


def test_a_card_has_the_price_that_stands_there() -> None:
    any_value = '{ code = "A", label = "茶", price = "1.00", any_value = { min = 1, max = 9 } }'
    assert said("topup", _PHONE, any_value) == ()
    assert "SKU A 是卡密却写了 any_value" in said("card", sku=any_value)[0]


def test_skus_that_look_alike_are_named() -> None:
    twin = _SKU.replace('"A"', '"B"').replace("9.90", "8.80")
    other = _SKU.replace('"A"', '"C"').replace("一盒", "一大盒")
    assert said(sku=f"{_SKU}, {twin}, {other}") == ("p: SKU A B 的名称、面值和选项都一样, 顾客分不清",)


def test_advice_refuses_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "shop.toml"
    file.write_text(_GOOD.format(delivery="topup", field="", sku=_SKU), encoding="utf-8")
    assert main(["catalog", "check", str(file)]) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines()[1].startswith("提醒  p: ")
    assert printed.err == ""
