"""A product made and changed part by part, without its whole entry: SKUs, options, what buyers give, places, names."""

from collections.abc import Callable

import pytest

from bot import misses
from catalog.model import AnyValue, Choice, Delivery, FieldKind
from console.goods import LIST_MAX, choices_of, choices_text
from tests.bot.test_after_sale import LI, WANG, Shop
from tests.console.conftest import Window
from tests.console.test_goods import STEAM, _listed, _product, _saved

Login = Callable[..., Window]
NEW = {
    "id": "guagua",
    "name": "呱呱钻石",
    "category": "直播/呱呱",
    "delivery": "直充",
    "label": "100钻",
    "price": "9.90",
    "cost": "9",
}


def _sent(window: Window, path: str, **form: str) -> None:
    answer = window.send(f"/console/goods/{path}", **form)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].endswith("said=drafted")


def test_a_product_is_made_of_forms_alone_and_sold(shop: Shop, login: Login) -> None:
    window = login()
    _sent(window, "new", **NEW)
    of = {"id": "guagua"}
    speed = {
        "name": "speed",
        "label": "到账",
        "values": "slow | 慢充 | 便宜的\nfast | 快充 | 秒到，急速",
        "default": "快充",
    }
    _sent(window, "option", **of, **speed)
    _sent(window, "field", **of, name="account", label="呱呱号", kind="用户ID")
    _sent(window, "field", **of, name="zone", label="大区", kind="选择", values="安卓\n苹果", optional="1")
    sku = {
        "code": "GG200",
        "label": "200钻",
        "price": "19",
        "value": "200",
        "unit": "钻",
        "option1": "slow",
        "min": "",
        "max": "",
    }
    _sent(window, "sku/add", **of, **sku)
    first = {
        "code": "guagua-1",
        "label": "100钻",
        "price": "9.80",
        "value": "100",
        "unit": "钻",
        "min": "1",
        "max": "5",
    }
    _sent(window, "sku", **of, **first)
    _sent(window, "sku/place", **of, code="GG200", place="1")
    assert _saved(window).endswith("said=saved_catalog")
    product = _product(shop, "guagua")
    assert (product.delivery, product.category) == (Delivery.TOPUP, ("直播", "呱呱"))
    assert [(sku.code, sku.options["speed"], sku.value) for sku in product.skus] == [
        ("GG200", "slow", 200),
        ("guagua-1", "fast", 100),
    ]
    assert product.skus[1].any_value == AnyValue(1, 5)
    assert product.options[0].values[1] == Choice("fast", "快充", ("秒到", "急速"))
    assert [(field.kind, field.optional) for field in product.fields] == [
        (FieldKind.UID, False),
        (FieldKind.CHOICE, True),
    ]
    assert "呱呱号" in shop.say("来200钻的呱呱钻石慢充", WANG)
    _sent(window, "option", **of, name="speed", drop="1")
    _sent(window, "field", **of, name="zone", drop="1")
    _saved(window)
    product = _product(shop, "guagua")
    assert not product.options
    assert [field.name for field in product.fields] == ["account"]
    assert not any(sku.options for sku in product.skus)


def test_an_option_that_loses_a_value_leaves_no_sku_without_one(shop: Shop, login: Login) -> None:
    window = login()
    found = next(one for one in _listed(shop).products if one.options and len(one.options[0].values) > 1)
    option = found.options[0]
    kept = option.values[0]
    text = choices_text((kept,))
    assert text is not None
    _sent(window, "option", id=found.id, name=option.name, label=option.label, values=text, default="")
    draft = window.see(f"/console/goods/product?id={found.id}")
    assert kept.label in draft
    _saved(window)
    assert {sku.options[option.name] for sku in _product(shop, found.id).skus} == {kept.id}


def test_the_longest_form_and_the_widest_are_taken(shop: Shop, login: Login) -> None:
    window = login()
    aliases = "，".join(f"顾客叫它的第{number}个很长很长的名字而且还要更长一些" for number in range(150))
    assert 3500 < len(aliases) <= LIST_MAX
    words = {"name": "Steam充值卡", "category": "游戏", "aliases": aliases, "tags": aliases, "note": "说" * 1000}
    _sent(window, "product", id="steam", **words)
    for number in range(10):  # as many options as a product may have
        _sent(window, "option", id="steam", name=f"o{number}", label=f"选项{number}", values=f"a{number} | 甲{number}")
    chosen = {f"option{number + 1}": f"a{number}" for number in range(10)}
    sku = {"label": "100元", "price": "77.70", "cost": "9", "face": "10", "eta": "", "value": "100", "unit": "元"}
    last = {"supplier": "", "supplier_code": "", "aliases": "", "min": "", "max": ""}
    _sent(window, "sku", id="steam", code=_product(shop, "steam").skus[0].code, **sku, **chosen, **last)
    _saved(window)
    saved = _product(shop, "steam")
    assert (len(saved.aliases), len(saved.options), saved.skus[0].price_fen) == (150, 10, 7770)


def test_a_list_too_long_for_a_form_is_refused_and_never_cut(shop: Shop, login: Login) -> None:
    window, before = login(), _product(shop, "steam")
    aliases = "，".join(f"第{number}个名字" for number in range(LIST_MAX // 5))
    answer = window.send("/console/goods/product", id="steam", name="Steam", category="游戏", aliases=aliases)
    assert (answer.status_code, "最多 4000 个字" in answer.text) == (422, True)
    values = "\n".join(f"v{number} | 第{number}个取值" for number in range(LIST_MAX // 10))
    for path, form in (("option", {}), ("field", {"kind": "选择"})):
        answer = window.send(f"/console/goods/{path}", id="steam", name="n", label="x", values=values, **form)
        assert (answer.status_code, "最多 4000 个字" in answer.text) == (422, True)
    assert choices_text(tuple(Choice(f"v{number}", f"第{number}个取值") for number in range(LIST_MAX // 10))) is None
    assert _product(shop, "steam") == before
    assert shop.rows("SELECT count(*) FROM catalog_draft") == [0]


@pytest.mark.parametrize(
    ("path", "form", "told"),
    [
        ("new", {**NEW, "id": "steam"}, "已经有编号是 steam"),
        ("new", {**NEW, "id": ""}, "没有改动"),
        ("new", {**NEW, "price": ""}, "售价不能空着"),
        ("sku/add", {"id": "steam", "code": "ST50", "label": "x", "price": "1"}, "ST50 已经用过"),
        ("sku/add", {"id": "steam", "code": "N1", "label": "x", "price": "1", "value": "many"}, "数值写成数字"),
        ("sku/add", {"id": "steam", "code": "N1", "label": "x", "price": "1", "min": "9", "max": ""}, "任意数量"),
        ("sku/add", {"id": "nothing", "code": "N1", "label": "x", "price": "1"}, "没有这个商品"),
        ("option", {"id": "steam", "name": "speed", "label": "到账", "values": ""}, "至少要有一个取值"),
        ("option", {"id": "steam", "name": "s", "label": "x", "values": "a | 甲", "default": "乙"}, "默认 不在"),
        ("field", {"id": "steam", "name": "value", "label": "x", "kind": "文字"}, "不能叫 value"),
        ("field", {"id": "steam", "name": "x", "label": "x", "kind": "选择", "values": ""}, "缺少 取值"),
    ],
)
def test_a_part_that_no_catalog_could_have_changes_nothing(
    shop: Shop, login: Login, path: str, form: dict[str, str], told: str
) -> None:
    answer = login().send(f"/console/goods/{path}", **form)
    assert answer.status_code == 422
    assert told in answer.text
    assert "第 1" not in answer.text
    assert shop.rows("SELECT count(*) FROM catalog_draft") == [0]


def test_a_sentence_is_read_with_what_stands_in_the_form_and_is_kept_nowhere(shop: Shop, login: Login) -> None:
    window = login()
    tried = window.send("/console/goods/product/try", **STEAM, words="来张阀门卡50").text
    now, after = tried.split("<h3>现在")[1].split("<h3>带上这里的改动")
    assert "ST50" in after.split("</form>")[0]
    assert "ST50" not in now
    assert "阀门卡" in tried.split('name="aliases"')[1].split("</textarea>")[0], "what was typed stands there still"
    assert shop.rows("SELECT count(*) FROM catalog_draft") == [0]
    wrong = window.send("/console/goods/product/try", **{**STEAM, "category": "a/b/c/d"}, words="来张阀门卡50")
    assert wrong.status_code == 422
    assert "应有 1 到 3 级" in wrong.text


def test_what_was_not_understood_is_offered_where_the_product_is(shop: Shop, login: Login) -> None:
    for said in ("来点猪猪币50", "来点猪猪币100"):
        misses.keep(shop.services, LI, said, "unknown")
    window = login()
    groups = window.see("/console/knowledge")
    product = groups.split('<option value="')[1].split('"')[0]
    assert "猪猪币" not in window.see(f"/console/goods/product?id={product}")
    page = window.see(f"/console/goods/product?id={product}&hints=1")
    assert "来点猪猪币50" in page
    _sent(window, "alias", id=product, alias="猪猪币")
    _saved(window)
    assert "猪猪币" in _product(shop, product).aliases


def test_values_with_signs_of_their_own_are_not_offered_as_lines() -> None:
    plain = (Choice("a", "甲", ("一", "二")), Choice("b", "乙"))
    assert choices_text(plain) == "a | 甲 | 一，二\nb | 乙"
    assert choices_of("a | 甲 | 一，二\nb | 乙") == plain
    assert choices_text((Choice("a", "甲|乙"),)) is None
    for odd in (Choice("a", "甲 | 乙"), Choice("a", "甲", ("一、二",)), Choice("a", "甲\n乙")):
        text = choices_text((odd,))
        assert text is None, text
