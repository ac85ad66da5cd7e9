"""A first order, said in any order of its parts: what must come of it is known from the parts."""

import re
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from catalog.model import Field, FieldKind, Option, Product, Sku
from nlu import Item, Lexicon, parse
from nlu.lexicon import plain
from nlu.words import PIECES
from tests.stories.shops import DEMO, HERE, ROOT, goods_of

SHOPS = {
    path.stem: path for path in (DEMO, *HERE.glob("*.toml"), *(ROOT / "tests" / "corpus" / "catalogs").glob("*.toml"))
}
COUNTS = {1: ("一", "1"), 2: ("两", "2"), 3: ("三", "3")}
LEADS = ("", "要", "来", "买", "老板 ", "你好，", "给我来", "我要", "亲 ")
TAILS = ("", "，谢谢", "吧", "，急", "哈")
BETWEEN = (" ", "，", "的")
_ASIDE = re.compile("[两二三四五六七八九十百千万\\d一]")


def lexicon_of(shop: str) -> Lexicon:
    return goods_of(SHOPS[shop])[1]


def said_once(words: tuple[str, ...], others: list[str]) -> list[str]:
    return [word for word in words if others.count(plain(word)) == 1 and len(word) > 1]


def words_of(product: Product) -> list[str]:
    """Every word that some choice of this product is called, as often as it is."""
    parts: tuple[Option | Field, ...] = (*product.options, *product.fields)
    return [plain(word) for part in parts for choice in part.values or () for word in (choice.label, *choice.aliases)]


@st.composite
def orders(draw: st.DrawFn) -> tuple[str, str, str, int, dict[str, str]]:
    """(shop, message, SKU, how many, fields): name, options, size, count and accounts in any order."""
    shop = draw(st.sampled_from(sorted(SHOPS)))
    products = goods_of(SHOPS[shop])[0].products
    product = draw(st.sampled_from(products))
    names = [plain(word) for one in products for word in (one.name, *one.aliases)]
    sku = draw(st.sampled_from([sku for sku in product.skus if sku.any_value is None] or [None]))
    called = said_once((product.name, *product.aliases), names)
    assume(sku is not None and called)
    assert sku is not None
    parts = [draw(st.sampled_from(called))]
    for option in product.options:
        choice = next((choice for choice in option.values if choice.id == sku.options.get(option.name)), None)
        if choice is not None:
            known = said_once((choice.label, *choice.aliases), words_of(product))
            assume(known)
            parts.append(draw(st.sampled_from(known)))
    parts += draw(sizes(product, sku))
    several = draw(st.sampled_from((1, 1, 2, 3)))
    middle = draw(st.permutations(parts))
    if several > 1:
        unit = sku.unit if sku.value is None and len(sku.unit) == 1 else draw(st.sampled_from("个份张"))
        count = draw(st.sampled_from(COUNTS[several])) + unit
        assume(sku.unit not in PIECES or sku.value in (None, 1))  # 20张光面 两张
        assume(not any(_ASIDE.match(part) or part[0] in "年月季周日天" for part in middle[:1]))
        middle = [count, *middle] if draw(st.booleans()) else [*middle, count]
    text = middle[0]
    for one, other in pairwise(middle):
        apart = (
            " " if one[-1].isascii() or other[0].isascii() or _ASIDE.match(other) else draw(st.sampled_from(BETWEEN))
        )
        text += apart + other
    accounts = {f.name: draw(account_of(f)) for f in product.fields if f.kind in _ACCOUNTS and f.pattern is None}
    behind = "".join(draw(st.sampled_from((" ", "，"))) + said for said in accounts.values())
    return (
        shop,
        draw(st.sampled_from(LEADS)) + text + behind + draw(st.sampled_from(TAILS)),
        sku.code,
        several,
        accounts,
    )


@st.composite
def sizes(draw: st.DrawFn, product: Product, sku: Sku) -> list[str]:
    """What the size is called, where the options do not tell it."""
    peers = [other for other in product.skus if other.options == sku.options]
    if len(peers) == 1:
        return []
    called = [plain(word) for other in peers for word in (other.label, *other.aliases)]
    known = said_once((sku.label, *sku.aliases), called)
    assume(known)
    return [draw(st.sampled_from(known))]


_ACCOUNTS = {FieldKind.PHONE, FieldKind.EMAIL}


def account_of(field: Field) -> st.SearchStrategy[str]:
    if field.kind is FieldKind.EMAIL:
        return st.sampled_from(("lihua88@qq.com", "wang.wei@163.com"))
    return st.integers(3, 9).flatmap(lambda head: st.integers(10**8, 10**9 - 1).map(lambda rest: f"1{head}{rest}"))


def told(shop: str, item: Item) -> str:
    return f"{shop}: {item}"


@given(orders())
@settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@example(("同名", "潮石月卡 电脑", "CSYKP", 1, {}))
@example(("同名", "听书，一个月要2个", "TS1", 2, {}))
def test_what_is_read_is_what_was_said(order: tuple[str, str, str, int, dict[str, str]]) -> None:
    """Nothing is read that was not said: another SKU, another count, another account. What is open is asked for."""
    shop, text, code, several, fields = order
    frame = parse(text, lexicon_of(shop))
    for item in frame.items if frame.intent == "order" and len(frame.items) == 1 else ():
        if item.sku is None:
            continue
        assert (item.sku, item.quantity) == (code, several), told(shop, item)
        assert all(item.fields.get(name, said) == said for name, said in fields.items()), told(shop, item)


CLEAR = (
    ("同名", "潮石月卡 pc的 角色UID108233410", "chaoshi CSYKP uid=108233410"),
    ("同名", "潮石60月晶 苹果 uid108233410", "chaoshi CS60I uid=108233410"),
    ("同名", "游仓卡土区10美元的", "youka YTR10"),
    ("同名", "游仓美区20刀的一张", "youka YUS20"),
    ("同名", "游仓卡 10美元", "youka YUS10"),
    ("同名", "游仓日服3000滴", "youka YJP3000"),
    ("同名", "游仓日服3000日币来两张", "youka YJP3000 x2"),
    ("同名", "文档365个人版一年", "wendang WDP12"),
    ("同名", "两个年付的365单人版 lihua88@qq.com", "wendang WDP12 x2 email=lihua88@qq.com"),
    ("同名", "充3000播币 boss_li88", "bobi BOB 3000 boid=boss_li88"),
    ("同名", "播音号是CdY2Wfk 播币要三百个哈", "bobi BOB 300 boid=CdY2Wfk"),
    ("同名", "播币51个QQ号792659161", "bobi BOB 51 boid=792659161"),
    ("同名", "找个棋局陪练 今晚 3个小时", "peilian PL 3"),
    ("同名", "2个小时 qq区陪练 微信号u_ZH62r6Vb3", "peilian PL 2 zone=qq wx=u_ZH62r6Vb3"),
    ("同名", "陪练 微信区 两小时，ywmYuF_tSit", "peilian PL 2 zone=wx wx=ywmYuF_tSit"),
    ("同名", "两个手机散热背夹要黑", "sanre SRB x2"),
    ("同名", "背夹，白吧", "sanre SRW"),
    ("同名", "2次洗车 越野车", "xiche XCV x2"),
    ("同名", "洗车要三次，轿车", "xiche XCS x3"),
    ("同名", "听书年会员要两个", "yinshu TS12 x2"),
    ("同名", "流量包，10G 一个月 13812345678", "liuliang LL10M mobile=13812345678"),
    ("家里", "驾校 C2班\n181465370264683963 15683312329", "drive JX2 idcard=181465370264683963 mobile=15683312329"),
    ("fresh", "1646406067,2张红星会员充十二个月", "liuxing LX12 x2 acct=1646406067"),
    ("cloud", "给我来短信要100条 应用IDAPP268136", "duanxin SMS 100 appid=APP268136"),
    ("heldout_club", "两位学车C2", "driving JX2 x2"),
    ("heldout_club", "储物柜，一个月 66168749", "locker LK1 card=66168749"),
    ("p10_playhouse", "戏票一楼座 午场，急", "huaju HJ-SM"),
    ("fresh", "3个日本7天的环游eSIM流量卡", "esim ES-JP7 x3"),
    ("studio", "7119540463，练习币要10枚", "coin COIN 10 account=7119540463"),
)  # fmt: skip


def in_words(item: Item, lexicon: Lexicon) -> str:
    """As `CLEAR` writes it: the value of what is sold in any number, the count over one, the fields that were said."""
    sold = next((sku for sku in lexicon.products[item.product or ""].words.skus if sku.code == item.sku), None)
    value = [str(item.value)] if sold is not None and sold.any_value else []
    count = [f"x{item.quantity}"] if item.quantity > 1 else []
    fields = [f"{name}={said}" for name, said in item.fields.items() if name in item.said]
    return " ".join([item.product or "?", item.sku or "-", *value, *count, *fields])


@pytest.mark.parametrize(("shop", "text", "meant"), CLEAR)
def test_an_order_says_what_it_says(shop: str, text: str, meant: str) -> None:
    frame = parse(text, lexicon_of(shop))
    assert frame.intent == "order"
    assert [in_words(item, lexicon_of(shop)) for item in frame.items] == [meant]


@pytest.mark.parametrize(
    ("shop", "text", "not_read"),
    [
        ("同名", "两个手机号都充播币", "quantity"),  # whose, and not how many
        ("同名", "洗车每周洗两次", "quantity"),
        ("demo", "充值100到13800001111 慢一点没关系", "speed"),
        ("同名", "今晚8点陪练", "value"),
        ("同名", "播币300个 hello", "boid"),
    ],
)
def test_what_looks_alike_says_nothing_of_it(shop: str, text: str, not_read: str) -> None:
    shop = "catalog.demo" if shop == "demo" else shop
    assert not any(not_read in item.said for item in parse(text, lexicon_of(shop)).items)


def test_the_catalogs_are_found() -> None:
    assert len(SHOPS) > 20
