"""What a message is read as, and what must never be read into it."""
# ruff: noqa: E501 - tables of words; a wide character counts twice

import json
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlu import Expecting, Frame, Lexicon, Trace, frame_to_json, parse
from nlu.frame import INTENTS
from nlu.lexicon import ChoiceWords, FieldWords, OptionWords, ProductWords, SkuWords


def test_an_order_is_read_in_one_line(demo: Lexicon) -> None:
    frame = parse("充100话费 138 1234 5678", demo)
    (item,) = frame.items
    assert (frame.intent, item.product, item.sku, item.value) == ("order", "huafei", "HF100", 100)
    assert (item.fields, item.options, item.missing) == ({"account": "13812345678"}, {"speed": "fast"}, ())


def test_what_was_said_is_told_from_the_catalogs_defaults(demo: Lexicon) -> None:
    (item,) = parse("原神6480", demo).items
    assert item.fields == {"server": "cn"}
    assert item.said == {"product", "value"}
    assert item.missing == ("account",)


def test_a_correction_names_only_the_slot_it_changes(demo: Lexicon) -> None:
    frame = parse("改成慢充", demo)
    assert frame.intent == "change"
    assert frame.items[0].said == {"speed"}
    assert (frame.items[0].product, frame.items[0].value) == (None, None)


def test_a_ten_digit_phone_is_invalid_and_still_missing(demo: Lexicon) -> None:
    (item,) = parse("话费50 1381234567", demo).items
    assert (item.fields, item.invalid, item.missing) == ({}, {"account": "1381234567"}, ("account",))


def test_goods_that_are_not_sold_are_never_the_nearest_product(demo: Lexicon) -> None:
    for text in ("电费充200", "中石油加油卡500", "瑞幸咖啡券来一张", "芒果TV会员月卡"):
        frame = parse(text, demo)
        assert frame.intent == "order", text
        assert frame.items[0].product is None, text


def test_the_phone_topup_belongs_to_a_catalog_that_sells_one(demo: Lexicon, campus: Lexicon) -> None:
    assert parse("充100 13812345678", demo).items[0].product == "huafei"
    assert parse("充100 13812345678", campus).items[0].product is None


def test_a_wealth_of_accounts_makes_one_item_each(demo: Lexicon) -> None:
    frame = parse("给13812345678和13912345678各充50", demo)
    assert [item.fields["account"] for item in frame.items] == ["13812345678", "13912345678"]
    assert {item.sku for item in frame.items} == {"HF50"}


@pytest.mark.parametrize(
    "text",
    [
        "对了",
        "付款了",
        "下单了吗",
        "可以吗",
        "好贵",
        "好了没",
        "不错",
        "对不起",
        "取消不了怎么办",
        "好的，再看看",
        "确认取消了？",
        "没问题吗",
        "行不行",
        "行不行啊",
        "停一下",
        "能取消吗",
        "别取消",
    ],
)
def test_nobody_confirms_or_cancels_in_passing(demo: Lexicon, text: str) -> None:
    assert parse(text, demo).intent not in ("confirm", "cancel")
    assert parse(text, demo, expecting=Expecting("confirm")).intent not in ("confirm", "cancel")


# --- what was asked decides what a bare answer means ----------------------------------------------------------------


def test_a_small_number_picks_from_the_list_that_was_shown(demo: Lexicon) -> None:
    frame = parse("3", demo, expecting=Expecting("value", "huafei", listed=8))
    assert (frame.intent, frame.index) == ("choose", 3)


def test_a_denomination_beyond_the_list_is_the_denomination(demo: Lexicon) -> None:
    frame = parse("10", demo, expecting=Expecting("value", "huafei", listed=8))
    assert (frame.intent, frame.items[0].value) == ("answer", 10)


def test_any_number_of_units_is_a_value_where_any_can_be_bought(demo: Lexicon) -> None:
    frame = parse("3", demo, expecting=Expecting("value", "qbi"))
    assert (frame.intent, frame.items[0].value) == ("answer", 3)


def test_a_value_said_with_an_option_keeps_the_option(demo: Lexicon) -> None:
    (item,) = parse("100慢充", demo, expecting=Expecting("value", "huafei", listed=8)).items
    assert (item.value, item.options) == (100, {"speed": "slow"})


def test_a_count_of_units_is_the_value_and_no_quantity(demo: Lexicon) -> None:
    (item,) = parse("1000个", demo, expecting=Expecting("value", "qbi")).items
    assert (item.value, item.quantity) == (1000, 1)


def test_a_stray_number_where_an_account_was_asked_changes_no_denomination(demo: Lexicon) -> None:
    (item,) = parse("12", demo, expecting=Expecting("account", "huafei")).items
    assert (item.value, item.invalid) == (None, {"account": "12"})


def test_a_short_phone_is_invalid_for_the_field_that_was_asked(demo: Lexicon) -> None:
    frame = parse("1381234567", demo, expecting=Expecting("account", "huafei"))
    assert (frame.intent, frame.items[0].fields, frame.items[0].invalid) == ("answer", {}, {"account": "1381234567"})


def test_a_qq_number_that_looks_like_a_phone_is_a_qq_number_where_one_was_asked(demo: Lexicon) -> None:
    frame = parse("13812345678", demo, expecting=Expecting("account", "qbi"))
    assert frame.items[0].fields == {"account": "13812345678"}


def test_free_text_fills_a_text_field_and_questions_do_not(demo: Lexicon) -> None:
    asked = Expecting("heroes", "dailian")
    assert parse("李白和韩信", demo, expecting=asked).items[0].fields == {"heroes": "李白和韩信"}
    assert parse("转人工", demo, expecting=asked).intent == "human"
    assert parse("多少钱", demo, expecting=asked).intent == "price"


def test_an_address_is_taken_whole_where_one_was_asked(demo: Lexicon) -> None:
    frame = parse("广州市天河区体育西路1号2栋301 张三", demo, expecting=Expecting("address", "shujuxian"))
    assert frame.items[0].fields["address"].startswith("广州市天河区体育西路1号2栋301")


def test_an_option_is_answered_by_label_or_alias(demo: Lexicon) -> None:
    for said in ("专业版", "pro", "专业"):
        frame = parse(said, demo, expecting=Expecting("edition", "win11"))
        assert frame.items[0].options == {"edition": "pro"}, said


def test_yes_and_no_are_heard_while_a_summary_waits(demo: Lexicon) -> None:
    waiting = Expecting("confirm", "huafei")
    for said in ("好的", "嗯", "可以", "是的", "没问题", "确认"):
        assert parse(said, demo, expecting=waiting).intent == "confirm", said
    assert parse("不对", demo, expecting=waiting).intent == "deny"


# --- what must always hold -------------------------------------------------------------------------------------------

_CHATTER = st.text(
    st.sampled_from(
        list(
            string.printable
            + "零一二三四五六七八九十百千万幺两俩仨个张份块元点券月年卡季半充冲买来改不对要取消确认话费会员王者原神号码省市区路地址，。？！🚀①×＃"
        )
    ),
    max_size=120,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=_CHATTER | st.text(max_size=80), channel=st.sampled_from(["text", "voice"]))
def test_parse_never_raises_and_claims_only_known_things(demo: Lexicon, text: str, channel: str) -> None:
    frame = parse(text, demo, channel=channel)  # type: ignore[arg-type]
    assert frame.intent in INTENTS
    assert parse(text, demo, channel=channel, trace=Trace()) == frame  # type: ignore[arg-type]
    json.dumps(frame_to_json(frame))
    for item in frame.items:
        assert item.product is None or item.product in demo.products
        assert item.sku is None or any(sku.code == item.sku for sku in demo.products[item.product or ""].words.skus)
        assert item.quantity >= 1
        assert not set(item.fields) & set(item.invalid)


_WORD = st.text(st.sampled_from("甲乙丙丁卡券会员充值ABCdefXY0123456789 -（）元月个点"), min_size=1, max_size=8)
_NAME = st.sampled_from(["a", "b", "uid", "mail", "zone"])
_CHOICE = st.builds(ChoiceWords, id=_NAME, label=_WORD, aliases=st.lists(_WORD, max_size=2).map(tuple))
_FIELD = st.builds(
    FieldWords,
    name=_NAME,
    label=_WORD,
    kind=st.sampled_from(["phone", "qq", "phone_or_qq", "uid", "card_no", "email", "text", "choice", "address"]),
    pattern=st.sampled_from([None, r"^\d{9}$", "(", r"^[A-Z]{2}\d+$"]),
    choices=st.lists(_CHOICE, max_size=2).map(tuple),
    default=st.sampled_from([None, "a"]),
)
_OPTION = st.builds(OptionWords, name=_NAME, label=_WORD, choices=st.lists(_CHOICE, min_size=1, max_size=3).map(tuple))
_SKU = st.builds(
    SkuWords,
    code=st.uuids().map(str),
    label=_WORD,
    value=st.none() | st.integers(1, 5000) | st.sampled_from([0.5, 1.5]),
    unit=st.sampled_from(["", "元", "个", "月", "天", "点券", "GB", "次", "万"]),
    face_yuan=st.none() | st.sampled_from([1.0, 10.0]),
    options=st.dictionaries(_NAME, _NAME, max_size=1),
    aliases=st.lists(_WORD, max_size=2).map(tuple),
    any_value=st.none() | st.just((1, 100)),
)
_PRODUCT = st.builds(
    ProductWords,
    id=st.uuids().map(str),
    name=_WORD,
    aliases=st.lists(_WORD, max_size=2).map(tuple),
    category=st.lists(_WORD, max_size=2).map(tuple),
    fields=st.lists(_FIELD, max_size=2).map(tuple),
    options=st.lists(_OPTION, max_size=1).map(tuple),
    skus=st.lists(_SKU, min_size=1, max_size=3).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(products=st.lists(_PRODUCT, max_size=4), texts=st.lists(_WORD, min_size=1, max_size=6), data=st.data())
def test_parse_never_raises_on_any_catalog(products: list[ProductWords], texts: list[str], data: st.DataObject) -> None:
    lexicon = Lexicon(products)
    text = " ".join(texts) + data.draw(st.sampled_from(["", "来两张", "充100 13812345678", "不要", "，不对，"]))
    asked = None
    if products:
        product = data.draw(st.sampled_from(products))
        slots = ["value", "confirm", *(f.name for f in product.fields), *(o.name for o in product.options)]
        asked = Expecting(data.draw(st.sampled_from(slots)), product.id, data.draw(st.integers(0, 4)))
    for expecting in (None, asked):
        assert isinstance(parse(text, lexicon, expecting=expecting), Frame)


@pytest.mark.parametrize(
    "piece", ["1", "一", "138 ", "嗯", "话费", "中国北京市", "1-", "不对", "a1", "x", "充50,", "\n"]
)
def test_three_thousand_characters_are_read_in_bounded_time(demo: Lexicon, piece: str) -> None:
    import time

    started = time.process_time()
    parse(piece * (3000 // len(piece)), demo)
    assert time.process_time() - started < 0.5


def test_a_new_alias_works_at_once() -> None:
    words = ProductWords("p", "某某会员", aliases=("土豆泥",), skus=(SkuWords("S1", "月卡", 1, "月"),))
    assert parse("来个土豆泥月卡", Lexicon([words])).items[0].sku == "S1"


# --- what real talks got wrong ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["快充吧", "就快充吧", "还是快充吧", "没错吧", "对吧", "明天再充吧"])
def test_naming_an_option_or_asking_back_confirms_nothing(demo: Lexicon, text: str) -> None:
    assert parse(text, demo, expecting=Expecting("confirm", "huafei")).intent != "confirm"


def test_asking_for_the_link_to_pay_is_a_yes_below_a_summary_alone(demo: Lexicon) -> None:
    for text in ("付款链接发我吧", "把付款链接发给我", "发我付款链接"):
        assert parse(text, demo, expecting=Expecting("confirm", "huafei")).intent == "confirm", text
        assert parse(text, demo).intent != "confirm", text
    assert parse("付款链接打不开", demo, expecting=Expecting("confirm", "huafei")).intent != "confirm"


def test_a_nod_while_something_else_was_asked_is_not_a_sure_yes(demo: Lexicon) -> None:
    assert parse("好", demo, expecting=Expecting("account", "huafei")).confidence <= 0.5
    assert parse("好", demo, expecting=Expecting("confirm", "huafei")).confidence > 0.9


def test_every_line_of_a_pasted_list_keeps_its_own_amount(demo: Lexicon) -> None:
    said = [("13511110001", 30), ("13511110002", 30), ("13511110003", 50), ("13511110004", 50), ("13511110005", 30)]
    items = parse("\n".join(f"{phone} {amount}" for phone, amount in said), demo).items
    assert [(item.fields["account"], item.value) for item in items] == said


def test_a_word_said_in_one_line_of_a_list_is_for_that_line(demo: Lexicon) -> None:
    items = parse("13511110001 100 快\n13511110002 100 慢", demo).items
    assert [item.sku for item in items] == ["HF100", "HF100S"]


def test_of_two_accounts_given_as_an_answer_none_is_dropped(demo: Lexicon) -> None:
    asked = Expecting("account", "huafei")
    items = parse("13812345678 13912345678", demo, expecting=asked).items
    assert [item.fields["account"] for item in items] == ["13812345678", "13912345678"]
    assert len(parse("13812345678不对 13912345678", demo, expecting=asked).items) == 1


def test_this_number_and_not_that_one_keeps_this_one(demo: Lexicon) -> None:
    (item,) = parse("是13912345678不是13812345678", demo).items
    assert item.fields == {"account": "13912345678"}
    assert parse("不是100是200", demo).items[0].value == 200


def test_a_recipient_beside_an_address_belongs_to_it(demo: Lexicon) -> None:
    (item,) = parse("数据线1米 寄到北京市朝阳区建国路88号 张三 13812345678", demo).items
    assert item.fields == {"address": "北京市朝阳区建国路88号 张三 13812345678"}
    (item,) = parse("收货地址改成上海市浦东新区世纪大道100号", demo).items
    assert item.fields == {"address": "上海市浦东新区世纪大道100号"}


def test_the_unit_of_the_pending_product_is_its_denomination() -> None:
    water = ProductWords("w", "水票", skus=tuple(SkuWords(f"W{n}", f"{n}份", n, "份") for n in (5, 10, 20)))
    lexicon = Lexicon([water])
    (item,) = parse("改成10份", lexicon, expecting=Expecting("confirm", "w")).items
    assert (item.value, item.quantity) == (10, 1)


def test_a_label_of_two_numbers_counts_nothing() -> None:
    skus = (SkuWords("A", "三年3台", 3, "年"), SkuWords("B", "一年1台", 1, "年"))
    (item,) = parse("杀毒卫士三年3台", Lexicon([ProductWords("v", "杀毒卫士", skus=skus)])).items
    assert (item.sku, item.quantity) == ("A", 1)


def test_one_more_of_an_any_value_product_is_one_item(demo: Lexicon) -> None:
    (item,) = parse("再加一个Q币100 QQ 12345", demo).items
    assert (item.value, item.quantity, item.fields) == (100, 1, {"account": "12345"})


def test_short_messages_with_an_account_are_not_kept(demo: Lexicon) -> None:
    parse("1234567", demo)
    parse("转人工", demo)
    assert not any("1234567" in str(key) for key in demo.recent)
    assert any("转人工" in str(key) for key in demo.recent)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("两张100的三张50的steam卡", [(100, 2), (50, 3)]),
        ("steam50的两张100的一张", [(50, 2), (100, 1)]),
        ("steam100两张50三张", [(100, 2), (50, 3)]),
    ],
)
def test_counts_stay_with_the_amounts_they_were_said_with(
    demo: Lexicon, text: str, said: list[tuple[int, int]]
) -> None:
    assert [(item.value, item.quantity) for item in parse(text, demo).items] == said


@pytest.mark.parametrize(
    "text", ["200-300的礼品卡推荐", "五一有活动吗", "双十一打折吗", "买5送1吗", "这个13900001111是不是联通的"]
)
def test_ranges_holidays_and_questions_fill_nothing(demo: Lexicon, text: str) -> None:
    assert all(item.value is None and not item.fields for item in parse(text, demo).items)


def test_two_rows_picked_at_once_pick_none(demo: Lexicon) -> None:
    assert parse("1和3", demo, expecting=Expecting("product", None, listed=5)).intent == "unknown"


@pytest.mark.parametrize(
    ("said", "confirms"),
    [
        ("要", True),
        ("要的", True),
        ("嗯要的", True),
        ("就要这个", True),
        ("要吗", False),
        ("要不", False),
        ("对了", False),
    ],
)
def test_who_wants_what_stands_in_the_summary_confirms_it(demo: Lexicon, said: str, confirms: bool) -> None:
    frame = parse(said, demo, expecting=Expecting("confirm", "huafei"))
    assert (frame.intent == "confirm") is confirms
