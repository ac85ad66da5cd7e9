"""An order is the same order, whatever stands before it, behind it and between its parts."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dialogs.draft import look
from dialogs.state import Collecting, Confirming
from tests.stories.shops import counter_in

LEADS = ("", "给我来", "帮我弄", "老板，", "麻烦给我", "你好，我想买", "给我整", "帮忙搞", "那就", "嗯", "在吗 ", "先")
JOINS = (
    "，",
    " ",
    "、",
    "和",
    "，还有",
    "，再来",
    "，再加",
    " 外加",
    "，另外",
    "，再要",
    " 还要",
    "，加",
    "，顺便",
    "，以及",
)
TAILS = ("", "谢谢", "单位发福利用", "公司活动用", "吧", "，急用", "，朋友托我买的", "，麻烦了", " 做奖品", "，年会用")
GOODS = {  # product: (what it is called, what it is counted by, {SKU: what the size is called})
    "demo": {
        "京东E卡": (
            ("京东卡", "京东E卡"),
            "张",
            {"JD100": ("100", "100元"), "JD200": ("200块", "二百"), "JD500": ("500",)},
        ),
        "Steam": (("steam卡", "Steam充值卡"), "张", {"ST50": ("50元", "五十"), "ST100": ("100",), "ST200": ("200",)}),
        "骏网": (("骏网卡", "骏网一卡通"), "份", {"JW50": ("50元",), "JW100": ("100", "一百")}),
        "星巴克": (("星巴克", "星巴克券"), "杯", {"XB-M": ("中杯",), "XB-L": ("大杯",), "XB-X": ("超大杯",)}),
        "话费": (("话费", "电话费"), "个", {"HF50": ("50元", "五十"), "HF100": ("100",), "HF200": ("200块",)}),
    },
    "heldout_pantry": {
        "生鲜卡": (("生鲜卡", "生鲜礼品卡"), "张", {"SX100": ("100元",), "SX300": ("300",), "SX500": ("500块",)}),
        "蛋糕券": (("蛋糕券", "生日蛋糕券"), "份", {"DG6": ("6寸", "六寸"), "DG8": ("8寸",), "DG10": ("10寸",)}),
    },
    "heldout9_angler": {
        "正钓票": (("黑坑票", "正钓票"), "张", {"HK4": ("4小时", "四小时"), "HK6": ("6小时",), "HK8": ("8小时",)}),
    },
}
ORDERS = (
    "{lead}{q1}{s1}的{name}{join}{q2}{s2}的{tail}",
    "{lead}{name}{q1}{s1}的{join}{q2}{s2}的{tail}",
    "{lead}{name}{s1}的{q1}{join}{s2}的{q2}{tail}",
    "{lead}{s1}的{name}{q1}{join}{s2}的{q2}{tail}",
    "{lead}{s1}的{name}{q1}{join}{s2}的{name}{q2}{tail}",
)
MANY = {1: "一", 2: "两", 3: "三"}


def lines_for(shop: str, message: str) -> dict[str, int] | str:
    """SKU: how many, of the summary that the message leads to; the answer where it leads to none."""
    counter = counter_in(shop)
    told = counter.says(message).text
    state = counter.dialog.state
    if not isinstance(state, Confirming):
        return told
    made: dict[str, int] = {}
    for line in state.lines:
        sku = look(line, counter.scene.shelf).sku
        assert sku is not None
        made[sku.code] = made.get(sku.code, 0) + line.quantity
    return made


@st.composite
def two_sizes(draw: st.DrawFn) -> tuple[str, str, dict[str, int]]:
    """(shop, message, what it orders)"""
    shop = draw(st.sampled_from(sorted(GOODS)))
    names, piece, sizes = GOODS[shop][draw(st.sampled_from(sorted(GOODS[shop])))]
    one, other = draw(st.permutations(sorted(sizes)))[:2]
    n1, n2 = draw(st.sampled_from(sorted(MANY))), draw(st.sampled_from(sorted(MANY)))
    message = draw(st.sampled_from(ORDERS)).format(
        lead=draw(st.sampled_from(LEADS)),
        join=draw(st.sampled_from(JOINS)),
        tail=draw(st.sampled_from(TAILS)),
        name=draw(st.sampled_from(names)),
        q1=MANY[n1] + piece,
        q2=MANY[n2] + piece,
        s1=draw(st.sampled_from(sizes[one])),
        s2=draw(st.sampled_from(sizes[other])),
    )
    return shop, f"{message} 13812345678" if piece == "个" else message, {one: n1, other: n2}


@given(two_sizes())
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(("demo", "给我来两杯中杯的星巴克，还有一杯超大杯的。", {"XB-M": 2, "XB-X": 1}))
@example(("demo", "京东卡200的三张,100的两张,单位发福利用", {"JD200": 3, "JD100": 2}))
@example(("demo", "一份200元的话费，再来一份100元的话费 13812345678", {"HF200": 1, "HF100": 1}))
@example(("demo", "三个50的电话费，三个1GB月包的流量 13812345678", {"HF50": 3, "LL1": 3}))
def test_two_sizes_are_two_lines_however_they_are_joined(order: tuple[str, str, dict[str, int]]) -> None:
    shop, message, wanted = order
    assert lines_for(shop, message) == wanted


POLITE = ("", "亲，", "老板，", "等等，", "诶 ", "稍等 ", "那个，", "嗯…", "麻烦", "我再确认下，", "麻烦你，")
CLOSING = (
    "",
    "，谢谢",
    "，麻烦了",
    "，别弄错了",
    "，改好了我付款",
    "，我这就付",
    " 可以吗",
    " 行不",
    "，急",
    "，辛苦老板",
)
CORRECTIONS = (
    ("京东卡100 两张", "改成200的"),
    ("京东卡100 两张", "变成500"),
    ("京东卡100 两张", "不要100的了，要200的"),
    ("京东卡100 两张", "数量改成3"),
    ("京东卡100 两张", "再添一张"),
    ("京东卡100 两张", "再加一张500的"),
    ("京东卡100 两张", "500的也要一张"),
    ("京东卡100 三张", "减一张"),
    ("充100话费 13812345678", "号码错了，是13912345678"),
    ("充100话费 13812345678", "换成慢充"),
    ("星巴克大杯两杯", "不是大杯是中杯"),
    ("星巴克大杯两杯，中杯一杯", "大杯的不要了"),
    ("足疗60分钟两张", "换90分钟的"),
)


@given(
    st.sampled_from(CORRECTIONS),
    st.sampled_from(POLITE),
    st.sampled_from(CLOSING),
    st.booleans(),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_correction_is_the_same_however_politely_it_is_said(
    order: tuple[str, str], polite: str, closing: str, below_the_link: bool
) -> None:
    first, correction = order
    drafts = []
    for message in (correction, f"{polite}{correction}{closing}"):
        counter = counter_in("p9_spa" if "足疗" in first else "demo")
        counter.says(first)
        if below_the_link:
            assert "/pay/" in counter.says("确认").text
        counter.says(message)
        state = counter.dialog.state
        drafts.append(state.lines if isinstance(state, Confirming) else ())
    assert drafts[0]
    assert drafts[0] == drafts[1]


@given(
    st.sampled_from(
        ("减一张", "再加一张", "一共两张", "去掉一张", "改成500的", "换200的", "再来两张", "不要100的，要200的")
    ),
    st.sampled_from(("我老婆说", "孩子说", "领导刚说了，", "刚问了下我弟，", "要不", "想想还是", "我妈又说")),
)
@settings(max_examples=60, deadline=None)
def test_a_correction_is_the_same_whoever_says_so(correction: str, said_by: str) -> None:
    drafts = []
    for message in (correction, f"{said_by}{correction}"):
        counter = counter_in("demo")
        counter.says("京东卡100 三张")
        counter.says(message)
        state = counter.dialog.state
        assert isinstance(state, Confirming)
        drafts.append(state.lines)
    assert drafts[0] == drafts[1]


def test_hours_are_no_digits_of_a_phone() -> None:
    counter = counter_in("venue")
    counter.says("网球场地 2小时室外 13309876512")
    counter.says("不是2小时室外是1小时室外")
    state = counter.dialog.state
    assert isinstance(state, Confirming)
    assert look(state.lines[0], counter.scene.shelf).sku == counter.scene.shelf.sku("TN1O")
    assert "13309876512" in state.lines[0].fields.values()


def test_a_size_may_be_settled_while_an_account_is_asked_for() -> None:
    counter = counter_in("heldout_club")
    counter.says("问下私教")
    counter.says("10节的")
    counter.says("算了先1节吧")
    counter.says("18114207735")
    state = counter.dialog.state
    assert isinstance(state, Collecting)
    assert look(state.lines[0], counter.scene.shelf).sku == counter.scene.shelf.sku("PT1")


def test_what_only_another_product_is_called_is_no_more_of_what_there_is() -> None:
    counter = counter_in("p9_spa")
    counter.says("门票夜场 大人2个小孩1个")
    counter.says("再加两张奶搓")
    state = counter.dialog.state
    assert isinstance(state, Confirming)
    made = [(look(line, counter.scene.shelf).sku, line.quantity) for line in state.lines]
    assert [(sku.code if sku else "", n) for sku, n in made] == [("MP-NA", 2), ("MP-NC", 1), ("CZ-M", 2)]


def test_shares_are_pieces_where_they_are_heard() -> None:
    assert lines_for("demo", "京东卡100 来两分") == {"JD100": 2}


@pytest.mark.parametrize(
    ("shop", "message", "wanted"),
    [
        ("p9_spa", "夜场票大人两个小孩一个", {"MP-NA": 2, "MP-NC": 1}),
        ("venue", "博物馆学生票两张\n610102200309152316\n61011620041127062X", {"MU-S": 2}),
        ("fresh", "打印35页 chenwt2003@163.com", {"PR": 1}),
    ],
)
def test_a_count_is_of_what_stands_beside_it(shop: str, message: str, wanted: dict[str, int]) -> None:
    assert lines_for(shop, message) == wanted


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (("星巴克大杯两杯", "有一杯要超大杯的"), [("XB-L", 1), ("XB-X", 1)]),
        (("星巴克大杯两杯", "变4杯"), [("XB-L", 4)]),
        (("王者680", "算了 吃鸡680", "又说打王者了 还是王者680吧 苹果区 2290417735", "2290417735"), [("WZ680", 1)]),
    ],
)
def test_what_becomes_of_it_is_what_he_says(said: tuple[str, ...], wanted: list[tuple[str, int]]) -> None:
    counter = counter_in("demo")
    for message in said:
        counter.says(message)
    state = counter.dialog.state
    assert isinstance(state, Confirming | Collecting)
    made = [(look(line, counter.scene.shelf).sku, line.quantity) for line in state.lines]
    assert [(sku.code if sku else "", many) for sku, many in made] == wanted


QUESTIONS = (
    ("demo", "买京东卡", "100"),
    ("demo", "买京东卡", "500元"),
    ("demo", "买腾讯视频会员 13812345678", "年卡"),
    ("demo", "充话费 50", "13812345678"),
    ("demo", "星巴克", "大杯"),
    ("p9_spa", "足疗", "90分钟"),
    ("heldout_club", "健身房会员", "三个月"),
)


@given(
    st.sampled_from(QUESTIONS),
    st.sampled_from(("", "哦 ", "好的 ", "嗯 ", "等等 ", "麻烦 ", "老板 ", "额，", "诶 ")),
    st.sampled_from(("", "，谢谢", "，麻烦了", "，别充错了", " 可以吗", "，急", "，快点", "，辛苦")),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_an_answer_is_the_same_however_politely_it_is_given(
    question: tuple[str, str, str], polite: str, closing: str
) -> None:
    shop, first, plain = question
    drafts = []
    for message in (plain, f"{polite}{plain}{closing}"):
        counter = counter_in(shop)
        counter.says(first)
        assert isinstance(counter.dialog.state, Collecting)
        counter.says(message)
        state = counter.dialog.state
        assert isinstance(state, Confirming | Collecting)
        drafts.append(state.lines)
    assert drafts[0] == drafts[1]


@pytest.mark.parametrize("question", ["100块给我4小时行不行", "能不能找个女生带", "晚上八点好不好"])
def test_a_question_is_no_text_that_was_asked_for(question: str) -> None:
    counter = counter_in("games")
    counter.says("陪练3小时")
    counter.says(question)
    state = counter.dialog.state
    assert isinstance(state, Collecting)
    assert question not in state.lines[0].fields.values()


@pytest.mark.parametrize(
    ("shop", "said", "wanted"),
    [
        ("demo", ("京东卡", "小气 别人家都打折 那要200的"), "JD200"),
        ("demo", ("哈哈逗你玩的 正经的 京东卡要一张100的",), "JD100"),
        ("同名", ("潮石月卡 安卓的", "不对 我换手机了 现在是苹果的", "108233410"), "CSYKI"),
        ("同名", ("潮石月卡 安卓的", "潮石月卡安卓 108233410"), "CSYKA"),
        ("同名", ("潮石月卡 安卓的 108233410", "潮石月卡安卓"), "CSYKA"),
        ("同名", ("话费50 联通 13776018829", "算了还是移动的100吧"), "YD100"),
        ("同名", ("话费50 13776018829", "哎算了还是100吧 50两天就打没了", "移动"), "YD100"),
    ],
)
def test_what_is_wanted_is_heard_among_grumbles_and_changes(shop: str, said: tuple[str, ...], wanted: str) -> None:
    counter = counter_in(shop)
    for message in said:
        counter.says(message)
    state = counter.dialog.state
    assert isinstance(state, Confirming)
    found = look(state.lines[0], counter.scene.shelf).sku
    assert found is not None
    assert found.code == wanted
