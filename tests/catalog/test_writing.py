"""A catalog written as a file is read back as the very same, and what two catalogs differ in is told."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from catalog.diffing import Kind, differences
from catalog.files import read_catalog, read_text
from catalog.model import AnyValue, Backup, Choice, Delivery, Field, FieldKind, Option, Product, Sku
from catalog.shelf import Shelf
from catalog.store import import_catalog, load_listed, load_off_sale, load_shelf
from catalog.writing import to_toml
from kernel.money import Fen

DEMO = Path(__file__).parents[2] / "data" / "catalog.demo.toml"
CATALOGS = [DEMO, *sorted((Path(__file__).parents[1] / "corpus" / "catalogs").glob("*.toml"))]

words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).map(str.strip).filter(bool)
names = st.from_regex(r"[a-z][a-z0-9_-]{0,10}", fullmatch=True).filter(lambda one: one not in ("product", "value"))


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.stem)
def test_every_catalog_we_have_survives_being_written(path: Path) -> None:
    shelf = read_catalog(path)
    again = read_text(to_toml(shelf.products).encode())
    assert again.products == shelf.products
    assert again.version == shelf.version
    assert differences(shelf.products, again.products) == ()


@given(st.lists(words, min_size=1, max_size=3), st.lists(words, max_size=3, unique=True), words, words, names)
def test_whatever_words_it_has_a_product_survives_being_written(
    category: list[str], aliases: list[str], name: str, note: str, option: str
) -> None:
    speed = Option(option, name, (Choice("a", "甲", tuple(aliases)), Choice("b", "乙")), "a")
    field = Field("account" if option != "account" else "acc", name, FieldKind.TEXT, optional=True)
    sku = Sku(
        "S1", name, Fen(990), value=2.5, unit="元", face_fen=Fen(0), options={option: "b"}, any_value=AnyValue(1, 9)
    )
    more = replace(
        sku, code="S2", any_value=None, backup=(Backup("fulu", None, Fen(1)),), allow_loss=True, supplier="juhe"
    )
    product = Product(
        "p", name, tuple(category), Delivery.TOPUP, (sku, more), tuple(aliases), (field,), (speed,), note=note
    )
    assert read_text(to_toml([product]).encode()).products == (product,)


CARD = Product(
    "card",
    "卡",
    ("卡",),
    Delivery.CARD,
    (Sku("C10", "10元", Fen(990), cost_fen=Fen(900)), Sku("C20", "20元", Fen(1980))),
)
OTHERS = tuple(replace(CARD, id=f"p{n}", name=f"商品{n}", skus=(Sku(f"P{n}", "一个", Fen(100)),)) for n in range(5))


def test_the_difference_names_what_changed_and_warns_of_a_loss() -> None:
    ten, twenty = CARD.skus
    dearer = replace(
        CARD, aliases=("卡卡",), skus=(replace(ten, price_fen=Fen(800)), twenty, Sku("C50", "50元", Fen(5000)))
    )
    found = differences([CARD], [dearer])
    assert [(one.kind, one.name, one.what, one.before, one.after, one.loss) for one in found] == [
        (Kind.CHANGED, "卡", "别名", "", "卡卡", False),
        (Kind.CHANGED, "卡 10元（C10）", "售价", "¥9.90", "¥8.00", True),
        (Kind.ADDED, "卡 50元（C50）", "售价", "", "¥50.00", False),
    ]
    assert differences([CARD, *OTHERS], OTHERS)[0].kind is Kind.GONE
    assert differences([CARD], [replace(CARD, skus=(twenty,))])[0].name == "卡 10元（C10）"
    turned = replace(CARD, options=(Option("o", "O", (Choice("x", "X"),)),))
    other_id = replace(CARD, options=(Option("o", "O", (Choice("y", "X"),)),))
    assert [one.what for one in differences([turned], [other_id])] == ["其他细节"], "nothing is changed silently"


@given(st.permutations(range(5)))
def test_of_products_in_another_order_those_are_named_that_were_moved(order: list[int]) -> None:
    after = [OTHERS[n] for n in order]
    moved = [one.product_id for one in differences(OTHERS, after)]
    stayed = [one.id for one in OTHERS if one.id not in moved]
    assert stayed == [one.id for one in after if one.id not in moved]
    assert len(moved) < 5


def test_one_product_brought_to_the_front_is_the_one_that_moved() -> None:
    last_first = [OTHERS[4], *OTHERS[:4]]
    assert [(one.kind, one.name) for one in differences(OTHERS, last_first)] == [(Kind.MOVED, "商品4")]


def test_what_no_supplier_has_stays_listed_and_what_left_the_catalog_can_come_back(engine: Engine) -> None:
    with engine.begin() as conn:
        import_catalog(conn, Shelf((CARD, *OTHERS), "any"))
        conn.execute(text("UPDATE sku SET paused_note = '缺货' WHERE code = 'C10'"))
        listed = load_listed(conn)
        assert listed.products == (CARD, *OTHERS)
        assert [sku.code for sku in load_shelf(conn).products[0].skus] == ["C20"]
        import_catalog(conn, listed)
        assert conn.execute(text("SELECT paused_note FROM sku WHERE code = 'C10'")).scalar() == "缺货"
        assert load_listed(conn).version == listed.version
        import_catalog(conn, Shelf((replace(CARD, skus=CARD.skus[1:]), *OTHERS[1:]), "any"))
        gone = load_off_sale(conn)
        assert [(one.id, [sku.code for sku in one.skus]) for one in gone] == [("card", ["C10"]), ("p0", ["P0"])]
