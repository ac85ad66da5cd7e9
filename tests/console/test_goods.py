"""The catalog in the console: changed in a draft, tried on a sentence, looked at as a difference, saved and undone."""

import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from catalog import editing
from catalog.editing import Basis, Pricing
from catalog.files import read_catalog, read_text
from catalog.model import Delivery, Product, Sku
from catalog.shelf import Shelf
from catalog.store import load_listed
from console.roles import Role
from kernel.money import Fen
from tests.bot.test_after_sale import WANG, Shop
from tests.console.conftest import Window, csrf_in

Login = Callable[..., Window]
DEMO = Path(__file__).parents[2] / "data" / "catalog.demo.toml"
STEAM = {
    "id": "steam",
    "name": "Steam充值卡",
    "category": "游戏充值/PC平台/Steam",
    "aliases": "steam，蒸汽平台、Steam钱包\nsteam卡,阀门卡",
    "eta": "即时发卡",
    "note": "国区账号可用",
    "tags": "",
}


def _saved(window: Window) -> str:
    """Look at the draft and save it; what the page then says."""
    page = window.see("/console/goods/draft")
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen, page
    return window.send("/console/goods/save", seen=seen[1]).headers["location"]


def _listed(shop: Shop) -> Shelf:
    with shop.services.engine.connect() as conn:
        return load_listed(conn)


def _product(shop: Shop, product_id: str) -> Product:
    found = _listed(shop).product(product_id)
    assert found
    return found


def _toml(window: Window, toml: str, product_id: str = "") -> Any:
    csrf = csrf_in(window.http.get("/console/goods/new").text)
    return window.http.post(
        "/console/goods/toml", data={"csrf": csrf, "id": product_id, "toml": toml}, files={"file": ("", b"")}
    )


def test_an_alias_is_drafted_tried_on_a_sentence_saved_and_sold_by(shop: Shop, login: Login) -> None:
    window = login()
    assert window.send("/console/goods/product", **STEAM).headers["location"].endswith("said=drafted")
    assert "阀门卡" not in str(_product(shop, "steam").aliases)
    tried = window.send("/console/goods/try", words="来张阀门卡50").text
    now, after = tried.split("<h3>现在")[1].split("<h3>保存后")
    assert "Steam充值卡 50元（ST50）" in after
    assert "ST50" not in now
    assert "<ins>steam、蒸汽平台、Steam钱包、steam卡、阀门卡</ins>" in tried
    assert _saved(window).endswith("said=saved_catalog")
    assert _product(shop, "steam").aliases[-1] == "阀门卡"
    assert "没有改动" in window.see("/console/goods/draft")
    assert "没保存的改动" not in window.see("/console/goods")
    assert shop.rows("SELECT what FROM operator_action WHERE what <> 'log_in'") == ["save_catalog"]


def test_a_price_is_changed_and_the_version_before_comes_back(shop: Shop, login: Login) -> None:
    window = login()
    before = _listed(shop)
    form = {"id": "steam", "code": "ST50", "label": "50元", "price": "48.8", "cost": "49", "face": "", "aliases": ""}
    window.send("/console/goods/sku", **form)
    page = window.see("/console/goods/draft")
    assert "<del>¥50.50</del> → <ins>¥48.80</ins>" in page
    assert "售价低于成本" in page
    _saved(window)
    sku = _listed(shop).sku("ST50")
    assert sku
    assert (sku.price_fen, sku.cost_fen) == (4880, 4900)
    assert "48.80" in shop.say("Steam 50元 一张"), "the bot sells at it"
    number = re.search(r"/console/goods/history/(\d+)", window.see("/console/goods/history"))
    assert number
    window.send(f"/console/goods/history/{number[1]}")
    assert "<del>¥48.80</del> → <ins>¥50.50</ins>" in window.see("/console/goods/draft")
    _saved(window)
    assert _listed(shop).version == before.version
    assert _listed(shop).products == before.products


def test_a_version_that_no_file_can_say_any_more_is_told_of_and_changes_nothing(shop: Shop, login: Login) -> None:
    window = login()
    kept = zlib.compress(b'[[product]]\nid = "steam"\naliases = ["a\\u0007b"]\n')
    with shop.services.engine.begin() as conn:
        row = {"content": kept, "now": shop.clock.now()}
        conn.execute(
            text(
                "INSERT INTO catalog_snapshot (version, content, saved_by, saved_at) VALUES ('v', :content, 'x', :now)"
            ),
            row,
        )
    [number] = shop.rows("SELECT id FROM catalog_snapshot")
    answer = window.send(f"/console/goods/history/{number}")
    assert "没有改动：那时的目录里有现在不能用的内容" in window.see(answer.headers["location"])
    assert "没有改动" in window.see("/console/goods/draft")


def test_two_who_change_at_once_do_not_undo_each_other(shop: Shop, login: Login) -> None:
    anna, bob = login(), login(Role.MANAGER, "bob")
    anna.send("/console/goods/out", id="steam", code="ST50")
    stale = re.search(r'name="seen" value="(\w+)"', anna.see("/console/goods/draft"))
    assert stale
    bob.send("/console/goods/place", id="steam", place="1")
    assert _saved(bob).endswith("said=saved_catalog")
    refused = anna.send("/console/goods/save", seen=stale[1])
    assert refused.headers["location"].endswith("said=catalog_moved")
    assert _listed(shop).products[0].id == "steam"
    assert _listed(shop).sku("ST50")
    page = anna.see("/console/goods/draft")
    assert "Steam充值卡 50元（ST50）" in page
    assert "换位置" in page, "what he would undo is told"
    assert "您开始改之后，目录又被保存过" in page, "and that it is somebody else's"
    anna.send("/console/goods/discard")
    anna.send("/console/goods/out", id="steam", code="ST50")
    assert "您开始改之后" not in anna.see("/console/goods/draft")


def test_what_is_taken_off_sale_is_refused_and_brought_back_as_it_was(shop: Shop, login: Login) -> None:
    window = login()
    before = _product(shop, "steam")
    window.send("/console/goods/out", id="steam", code="ST50")
    window.send("/console/goods/out", id="jdcard")
    _saved(window)
    assert [sku.code for sku in _product(shop, "steam").skus] == ["ST100", "ST200", "ST500"]
    assert _listed(shop).product("jdcard") is None
    off = window.see("/console/goods").split("已下架")[1]
    assert "京东E卡" in off
    assert "Steam充值卡" in off
    window.send("/console/goods/back", id="steam")
    window.send("/console/goods/back", id="jdcard")
    _saved(window)
    assert {sku.code for sku in _product(shop, "steam").skus} == {sku.code for sku in before.skus}
    assert len(_product(shop, "jdcard").skus) == 5


def test_a_new_product_is_written_as_its_entry_and_sold(shop: Shop, login: Login) -> None:
    window = login()
    entry = window.see("/console/goods/new")
    assert "[[product]]" in entry
    toml = (
        '[[product]]\nid="guagua"\nname="呱呱直播钻石"\ncategory=["直播"]\ndelivery="topup"\n'
        'field=[{name="account",kind="uid",label="呱呱号"}]\nsku=[{code="GG1",label="100钻",value=100,unit="钻",price="9.90"}]\n'
    )
    assert _toml(window, toml).headers["location"].endswith("said=drafted")
    _saved(window)
    assert "呱呱号" in shop.say("呱呱直播100钻", WANG)
    assert "已经有 id 是 guagua" in _toml(window, toml).text
    assert "id 不能改" in _toml(window, toml.replace("guagua", "other"), "guagua").text
    changed = _toml(window, toml.replace("9.90", "9.50"), "guagua")
    assert changed.status_code == 303
    assert "<ins>¥9.50</ins>" in window.see("/console/goods/draft")


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ("[[product]\n", "第 1 行"),
        ('[[product]]\nid="a b"\nname="x"\ncategory=["y"]\ndelivery="card"\nsku=[]\n', "不能有空格"),
        ("", "没有商品"),
        ('[[product]]\nid="x"\nname="<script>alert(1)</script>"\ncategory=[]\ndelivery="card"\n', "category"),
    ],
)
def test_an_entry_that_is_wrong_is_told_by_line_and_comes_back_to_be_mended(
    shop: Shop, login: Login, toml: str, told: str
) -> None:
    answer = _toml(login(), toml)
    assert answer.status_code == 422
    assert told in answer.text
    assert "<script>" not in answer.text
    assert shop.rows("SELECT count(*) FROM catalog_draft") == [0]


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("product", {**STEAM, "name": ""}),
        ("product", {**STEAM, "category": "a/b/c/d"}),
        ("product", {**STEAM, "id": "nothing"}),
        ("sku", {"id": "steam", "code": "ST50", "label": "50元", "price": "-1"}),
        ("sku", {"id": "steam", "code": "ST50", "label": "50元", "price": "0"}),
        ("sku", {"id": "steam", "code": "ST50", "label": "", "price": "1"}),
        ("sku", {"id": "steam", "code": "no", "label": "x", "price": "1"}),
    ],
)
def test_a_form_that_no_catalog_could_say_changes_nothing(
    shop: Shop, login: Login, path: str, form: dict[str, str]
) -> None:
    answer = login().send(f"/console/goods/{path}", **form)
    assert answer.status_code == 422
    assert "没有改动" in answer.text
    assert shop.rows("SELECT count(*) FROM catalog_draft") == [0]


def test_a_catalog_file_goes_out_and_comes_in_and_what_it_drops_is_told(login: Login) -> None:
    window = login()
    out = window.http.get("/console/goods/catalog.toml")
    assert out.headers["content-disposition"].startswith("attachment")
    assert read_text(out.content).products == read_catalog(DEMO).products
    csrf = csrf_in(window.http.get("/console/goods/file").text)

    def sent(content: bytes) -> Any:
        return window.http.post("/console/goods/file", data={"csrf": csrf}, files={"file": ("c.toml", content)})

    assert sent(out.content).headers["location"].endswith("said=drafted")
    assert "没有改动" in window.see("/console/goods/draft"), "the same is no draft"
    assert "第 2 行" in sent(b"[[product]]\nid=\n").text
    assert sent(b"").status_code == 422
    less = out.text.replace('price = "50.50"', 'price = "49.50"', 1)
    sent(less.encode())
    assert "<ins>¥49.50</ins>" in window.see("/console/goods/draft")
    window.send("/console/goods/discard")
    assert "没有改动" in window.see("/console/goods/draft")


def test_prices_are_changed_in_bulk_with_a_preview(shop: Shop, login: Login) -> None:
    window = login()
    form = {"category": "游戏充值/PC平台", "id": "", "basis": "price", "percent": "98.5", "plus": "-0.10", "step": "10"}
    assert window.send("/console/goods/prices", **form).headers["location"].endswith("said=drafted")
    page = window.see("/console/goods/draft")
    assert "<del>¥50.50</del> → <ins>¥49.60</ins>" in page
    assert "京东" not in page
    _saved(window)
    sku = _listed(shop).sku("ST500")
    assert sku
    assert sku.price_fen == 49040
    for wrong in ({"percent": "x"}, {"plus": "a"}, {"basis": "moon"}, {"percent": "-3"}):
        assert window.send("/console/goods/prices", **{**form, **wrong}).status_code == 422
    assert "没有价格会变" in window.send("/console/goods/prices", **{**form, "percent": "100", "plus": ""}).text
    for given_away in ({"percent": "0", "plus": ""}, {"plus": "-60"}):
        refused = window.send("/console/goods/prices", **{**form, **given_away})
        assert refused.status_code == 422
        assert "会变成 0 元或更少，没有改动" in refused.text
    assert "没有改动" in window.see("/console/goods/draft")


@given(st.integers(1, 10**7), st.integers(1, 99_999), st.integers(-1000, 1000), st.sampled_from([1, 10, 50, 100]))
def test_a_new_price_is_above_zero_and_as_near_as_its_step_allows(
    price: int, percent: int, plus: int, step: int
) -> None:
    sku = Sku("s", "s", Fen(price))
    product = Product("p", "p", ("c",), Delivery.CARD, (sku,))
    [after] = editing.priced((product,), Pricing(Basis.PRICE, percent, plus, step), lambda *_: True)
    got = after.skus[0].price_fen
    exact = price * percent / 10_000 + plus
    assert got >= step
    assert got % step == 0
    assert got == step or abs(got - exact) <= step / 2 + 1e-6
    assert editing.priced((product,), Pricing(Basis.COST, percent, plus, step), lambda *_: True) == (product,)


def test_who_may_not_see_money_sees_no_costs(login: Login) -> None:
    window = login()
    window.send("/console/goods/sku", id="steam", code="ST50", label="50元", price="50.50", cost="33.33")
    _saved(window)
    assert "33.33" in window.see("/console/goods/product?id=steam")
    sue = login(Role.SUPPORT, "sue").see("/console/goods/product?id=steam")
    assert "¥50.50" in sue
    assert "33.33" not in sue


def test_products_are_found_by_what_they_are_called(shop: Shop, login: Login) -> None:
    window = login()
    page = window.see("/console/goods?q=蒸汽")
    assert "Steam充值卡" in page
    assert "京东E卡" not in page
    assert "没有符合的商品" in window.see("/console/goods?q=<b>nothing")
    assert window.http.get("/console/goods/product?id=nothing").status_code == 404
    assert "更多商品" in window.see("/console/goods?from=0") or len(_listed(shop).products) <= 50
