"""What is hard to read safely: numbers that buy nothing, other people's yes, lists, corrections in the middle."""

# ruff: noqa: E501 - a wide character counts twice

import pytest

from nlu import Lexicon, parse
from nlu.lexicon import ChoiceWords, FieldWords, OptionWords, ProductWords, SkuWords


@pytest.mark.parametrize(
    "text",
    [
        "会议室在12楼1203，10点开始", "我屋头住三楼二零一", "今天跌了5个点", "我工资3000", "他欠我300块", "王者打了30级", "爱奇艺看了三个月",
        "steam余额50", "我妈昨天给我转了500", "火锅两百八一顿", "小爱同学，定个七点的闹钟", "我的工号是30251", "2026年11月22日 星期日",
        "13812345678这个号是谁的", "我住2单元301", "Q币还剩30个", "限号3和8",
    ],
)  # fmt: skip
def test_talk_that_is_not_about_buying_claims_nothing(demo: Lexicon, text: str) -> None:
    frame = parse(text, demo)
    assert frame.intent not in ("order", "answer", "confirm", "cancel")
    assert all(item.value is None and item.quantity == 1 and not item.fields for item in frame.items)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("我生日0612 帮我充qb60 qq 20060612", 60), ("别家steam100才卖98 你们呢", 100), ("100Q币98块对吧", 100),
        ("话费100，别充成200 13812345678", 100), ("话费三十，系三十唔系十三", 30), ("2026-11-22\n话费13500050006 30", 30),
        ("给我充1000000000元话费", 1000000000), ("22.8的腾讯视频", None), ("总共300块，三张京东卡", None),
    ],
)  # fmt: skip
def test_prices_dates_and_refused_amounts_are_no_denominations(demo: Lexicon, text: str, value: int | None) -> None:
    assert [item.value for item in parse(text, demo).items] == [value]


@pytest.mark.parametrize(
    "text",
    [
        "他说确认",
        "他让我确认",
        "我妈说可以",
        "先不确认",
        "别取消",
        "不用取消，等着就行",
        "我没说取消",
        "确认一下多少钱",
        "没错是没错，就是我还没想好",
    ],
)
def test_somebody_elses_yes_and_a_yes_taken_back_confirm_and_cancel_nothing(demo: Lexicon, text: str) -> None:
    assert parse(text, demo).intent not in ("confirm", "cancel")


@pytest.mark.parametrize("text", ["嗯好的，那就这样，确认", "快点下单吧", "核对过了，没问题", "对呀就是这个号", "啱嘅"])
def test_a_yes_in_many_words_is_a_yes(demo: Lexicon, text: str) -> None:
    assert parse(text, demo).intent == "confirm"


def test_goods_and_accounts_that_take_turns_stay_pairs(demo: Lexicon) -> None:
    items = parse("话费50 138 1234 5678Q币30 1234567", demo).items
    assert [(item.product, item.fields["account"]) for item in items] == [
        ("huafei", "13812345678"),
        ("qbi", "1234567"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1. 13812345678 充50\n2. 13912345678 充100", [(50, 1), (100, 1)]),
        ("序号1 13812345678 50\n序号2 13912345678 50", [(50, 1), (50, 1)]),
        ("张三13812345678 100 李四13912345678 50", [(100, 1), (50, 1)]),
        ("13812345678充50，剩下的两个13912345678 13712345678充30", [(50, 1), (30, 1), (30, 1)]),
        ("前两个充50，最后一个充100：13812345678 13912345678 13712345678", [(50, 1), (50, 1), (100, 1)]),
        ("除了13912345678都充50：13812345678 13912345678 13712345678", [(50, 1), (50, 1)]),
    ],
)
def test_a_list_keeps_its_amounts_and_its_numbering_counts_nothing(
    demo: Lexicon, text: str, said: list[tuple[int, int]]
) -> None:
    assert [(item.value, item.quantity) for item in parse(text, demo).items] == said


def test_each_line_with_goods_of_its_own_is_read_by_itself(demo: Lexicon) -> None:
    items = parse("王者300 安卓 11223301\n王者60x2 苹果 11223302", demo).items
    assert [(i.sku, i.quantity, i.fields["server"]) for i in items] == [("WZ300", 1, "android"), ("WZ60", 2, "ios")]


def test_less_than_nothing_is_no_quantity(demo: Lexicon) -> None:
    assert [item.quantity for item in parse("来-2张京东卡100", demo).items] == [1]


def test_what_was_declined_takes_its_number_along(demo: Lexicon) -> None:
    items = parse("18812340001充50，18812340002充100，18812340003不充了", demo).items
    assert [item.fields["account"] for item in items] == ["18812340001", "18812340002"]


def test_another_row_can_be_picked_instead(demo: Lexicon) -> None:
    for text in ("不要第二个 要第三个", "还是第三个吧", "换第三个"):
        assert (parse(text, demo).intent, parse(text, demo).index) == ("choose", 3), text


def _driving() -> Lexicon:
    gear = OptionWords(
        "gear", "车型", (ChoiceWords("m", "手动挡车", ("手动",)), ChoiceWords("a", "自动挡车", ("自动",)))
    )
    hours = ProductWords(
        "hours",
        "科目二练车课时",
        aliases=("科目二练车",),
        options=(gear,),
        skus=tuple(SkuWords(f"{g}{n}", f"{n}课时", n, "课时", options={"gear": g}) for n in (2, 4) for g in "ma"),
    )
    school = ProductWords("school", "C1手动挡学车", aliases=("手动挡",), skus=(SkuWords("C1", "普通班"),))
    return Lexicon([hours, school])


def test_an_option_of_the_goods_named_is_no_product_of_its_own() -> None:
    (item,) = parse("科目二练车4课时，手动挡的", _driving()).items
    assert item.sku == "m4"
    assert parse("报手动挡", _driving()).items[0].product == "school"


def test_what_is_sold_by_the_piece_is_counted_as_its_denomination() -> None:
    prints = [
        ProductWords(
            f"p{size}",
            f"{size}寸照片",
            category=("照片冲印",),
            skus=tuple(SkuWords(f"{size}-{n}", f"{n}张", n, "张") for n in (20, 50)),
        )
        for size in (6, 7)
    ]
    (item,) = parse("照片冲印来50张", Lexicon(prints)).items
    assert (item.product, item.candidates, item.value, item.quantity) == (None, ("p6", "p7"), 50, 1)


def test_any_value_skus_are_told_apart_by_their_option() -> None:
    ink = OptionWords("ink", "颜色", (ChoiceWords("bw", "黑白"), ChoiceWords("color", "彩色")), default="bw")
    skus = (
        SkuWords("B", "黑白", unit="页", any_value=(10, 500), options={"ink": "bw"}),
        SkuWords("C", "彩色", unit="页", any_value=(10, 200), options={"ink": "color"}),
    )
    lexicon = Lexicon([ProductWords("print", "文件打印", options=(ink,), skus=skus)])
    assert [item.sku for item in parse("文件打印50页 彩色", lexicon).items] == ["C"]
    assert [item.sku for item in parse("文件打印50页", lexicon).items] == ["B"]
    assert [item.sku for item in parse("文件打印300页 彩色", lexicon).items] == [None]


def test_a_phone_beside_an_address_is_the_phone_where_both_are_asked() -> None:
    fields = (FieldWords("address", "地址", "address"), FieldWords("phone", "电话", "phone"))
    lexicon = Lexicon([ProductWords("tune", "钢琴调律", fields=fields, skus=(SkuWords("T", "一次"),))])
    (item,) = parse("钢琴调律，北京市朝阳区建国路5号，13911112345", lexicon).items
    assert item.fields == {"address": "北京市朝阳区建国路5号", "phone": "13911112345"}


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("欠费30元 给13812345678冲个100", [(100, 1)]), ("上回50这回100话费13812345678", [(100, 1)]),
        ("欠费15块6，充50就够了，17712121111", [(50, 1)]), ("油卡每个月充500，这次先200", [(200, 1)]),
        ("腾讯会员买一年送三个月的那种", [(12, 1)]), ("王者充60安卓 3区 QQ12345678", [(60, 1)]),
        ("steam上那游戏5折才60，来张100的", [(100, 1)]), ("王者点券60，我6点要打排位", [(60, 1)]),
        ("京东卡凑1000，五百两张", [(500, 2)]), ("要1000块京东卡，分两张500", [(500, 2)]), ("付你200，京东卡两张100", [(100, 2)]),
        ("13812345678和13912345678各充50一共100", [(50, 1), (50, 1)]),
        ("京东e卡五百一张两百两张", [(500, 1), (200, 2)]), ("我用5g网，加个流量包3G", [(3, 1)]),
        ("steam卡50、100、200各来两张", [(50, 2), (100, 2), (200, 2)]), ("充话费50元 100元 都可以", [(None, 1)]),
        ("代练，钻石3到星耀", [(None, 1)]), ("王者贵族8，充680", [(680, 1)]), ("win11家庭版1个，电脑2台", [(None, 1)]), ("2*50 steam卡", [(50, 2)]),
        ("B站大会员一年 还有两张星巴克大杯", [(12, 1), (None, 2)]), ("骏卡一共买300块的", [(None, 1)]),
        ("给我五张大杯三张中杯一共八张", [(None, 5), (None, 3)]), ("京东卡一百来张", [(None, 1)]), ("网盘会员27一月那个", [(None, 1)]),
        ("油卡两张卡各充200 1000111122223333444 1000111122223333445", [(200, 1), (200, 1)]),
        ("Q币100个，给两个QQ各50：12345678 87654321", [(50, 1), (50, 1)]), ("先来一张大杯，好喝再来十张", [(None, 1)]),
        ("b站会员20一个月，开3个月", [(3, 1)]), ("数据线一米的三条给两个同事", [(None, 3)]), ("给5个员工每人一张500的京东卡", [(500, 5)]),
    ],
)  # fmt: skip
def test_of_several_numbers_only_those_asked_for_are_claimed(
    demo: Lexicon, text: str, items: list[tuple[int | None, int]]
) -> None:
    assert [(item.value, item.quantity) for item in parse(text, demo).items] == items


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("Q币我要50…不，80 qq12345678", [(80, 1)]), ("Q币来一百不两百个 qq12345678", [(200, 1)]),
        ("steam卡要100…呃不，200的", [(200, 1)]), ("话费充50不不充100 13812345678", [(100, 1)]),
        ("Q币必须今天到，50个 qq12345678", [(50, 1)]), ("Q必五十个 qq12345678", [(50, 1)]), ("Q币*50 qq12345678", [(50, 1)]),
        ("Qbi来88个 给12345678", [(88, 1)]), ("给我来两个Q币100的 12345678", [(100, 2)]), ("Q币50 qq12345678，两份", [(50, 2)]),
        ("Q币充到500个 qq12345678", [(None, 1)]), ("我号里有80Q币，再来20 qq12345678", [(20, 1)]),
        ("话费里还有100，充50 13812345678", [(50, 1)]), ("京东卡200的有吗，来两张", [(200, 2)]),
        ("2×京东卡100", [(100, 2)]), ("steam卡50，我们四位每人一张", [(50, 4)]), ("steam卡100，我们俩一人一张", [(100, 2)]),
    ],
)  # fmt: skip
def test_what_is_said_last_is_ordered_and_what_is_there_or_aimed_at_is_not(
    demo: Lexicon, text: str, items: list[tuple[int | None, int]]
) -> None:
    assert [(item.value, item.quantity) for item in parse(text, demo).items] == items


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("第二个，不对第三个", 3), ("选1…不，选2", 2), ("第3个吧，啊不对，第2个", 2), ("3号，说错了，5号", 5),
        ("第二个不行，第三个", 3), ("不要第二个要第三个", 3),
    ],
)  # fmt: skip
def test_the_row_said_last_is_the_one_that_is_picked(demo: Lexicon, text: str, index: int) -> None:
    frame = parse(text, demo)
    assert (frame.intent, frame.index) == ("choose", index)


@pytest.mark.parametrize(
    "text",
    [
        "出售steam卡100的，95要不要", "我们代理各种话费充值，9折供货，加V abc123", "长期收购各种礼品卡京东卡500面值",
        "转让京东卡500两张，有要的私聊", "卖Q币，100个80块", "本店长期供应京东卡，92折", "Q币货源，量大从优",
    ],
)  # fmt: skip
def test_who_offers_goods_to_us_buys_none(demo: Lexicon, text: str) -> None:
    assert parse(text, demo).intent == "unknown"


@pytest.mark.parametrize("text", ["你们低价的话费有吗，充100 13812345678", "我是代理，话费100给我充一个 13812345678"])
def test_words_of_trade_in_an_order_leave_it_an_order(demo: Lexicon, text: str) -> None:
    assert [(item.product, item.value) for item in parse(text, demo).items] == [("huafei", 100)]


def _court() -> ProductWords:
    roof = OptionWords("roof", "场地", (ChoiceWords("out", "室外"), ChoiceWords("in", "室内")), default="out")
    skus = tuple(SkuWords(f"{n}{r}", f"{n}小时", n, "小时", options={"roof": r}) for n in (1, 2) for r in ("out", "in"))
    return ProductWords("court", "网球场", options=(roof,), skus=skus)


@pytest.mark.parametrize(
    ("text", "roof"),
    [
        ("网球场2小时，不要室外的", None), ("网球场2小时，室外不行", None), ("网球场2小时，室外没空，室内", "in"),
        ("网球场2小时，不要室内的", "out"), ("网球场2小时，得是室内的", "in"), ("网球场2小时", "out"),
    ],
)  # fmt: skip
def test_what_is_refused_comes_back_by_no_default(text: str, roof: str | None) -> None:
    (item,) = parse(text, Lexicon([_court()])).items
    assert (item.value, item.options.get("roof")) == (2, roof)


def test_goods_that_describe_his_own_thing_are_not_bought() -> None:
    tyres = ProductWords("tyre", "换轮胎", skus=(SkuWords("16", "16寸", 16, "寸"),))
    wash = ProductWords("wash", "洗车卡", skus=(SkuWords("5", "5次", 5, "次"),))
    lexicon = Lexicon([tyres, wash])
    assert [item.product for item in parse("我家车是16寸换轮胎，洗车卡5次一张", lexicon).items] == ["wash"]
    assert [item.product for item in parse("换轮胎16寸一个，洗车卡5次一张", lexicon).items] == ["tyre", "wash"]


@pytest.mark.parametrize(
    "text",
    [
        "会籍卡，持卡人是刘洋手机13812345678", "会籍卡，持卡人:刘洋 手机号:13812345678", "会籍卡 持卡人刘洋 13812345678",
        "会籍卡 持卡人叫刘洋 会员手机13812345678",
    ],
)  # fmt: skip
def test_a_free_text_ends_where_the_next_field_begins(text: str) -> None:
    fields = (FieldWords("holder", "持卡人", "text"), FieldWords("phone", "会员手机", "phone"))
    lexicon = Lexicon([ProductWords("club", "会籍卡", fields=fields, skus=(SkuWords("C", "一张"),))])
    assert parse(text, lexicon).items[0].fields == {"holder": "刘洋", "phone": "13812345678"}


def test_a_short_name_that_two_names_begin_with_is_neither() -> None:
    lexicon = Lexicon([ProductWords("foot", "泡脚券", skus=(SkuWords("F", "一次"),)), ProductWords("salt", "泡脚盐")])
    (item,) = parse("来一份泡脚", lexicon).items
    assert (item.product, set(item.candidates)) == (None, {"foot", "salt"})
    assert parse("来一份泡脚券", lexicon).items[0].product == "foot"


@pytest.mark.parametrize(
    ("said", "sku", "quantity"),
    [
        ("星巴克大杯两个 噢大杯不要了 中杯一杯", "XB-M", 1),
        ("星巴克大杯两个，大杯不要了，中杯一杯", "XB-M", 1),
        ("Steam50两张 50不要了 100一张", "ST100", 1),
        ("京东卡不要了 steam50", "ST50", 1),
    ],
)
def test_what_is_said_again_only_to_be_declined_is_gone_with_its_count(
    demo: Lexicon, said: str, sku: str, quantity: int
) -> None:
    (item,) = parse(said, demo).items
    assert (item.sku, item.quantity) == (sku, quantity)
