"""Of several lines those change that a message names, whatever is said before it, behind it and in whatever words."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dialogs.draft import look
from dialogs.state import Confirming
from tests.stories.counter import Counter
from tests.stories.shops import counter_in

LEADS = ("", "等等 ", "哎呀 ", "不好意思 ", "我老婆说", "刚问了下我妈，", "领导说了 ", "要不 ")
TAILS = ("", "，谢谢", "，用不完", "，别弄错了", "，预算不够", " 行不", "哈", " 麻烦了")
BASES = {  # (shop, what is ordered): [(SKU, how many, what it is called)], as the summary shows them
    ("demo", "京东卡100两张，steam50三张"): [
        ("JD100", 2, ("京东卡", "京东那张", "京东卡100")),
        ("ST50", 3, ("steam卡", "steam50", "steam那个")),
    ],
    ("demo", "大杯星巴克两杯，中杯一杯，超大杯三杯"): [
        ("XB-L", 2, ("大杯", "大杯的", "第一个")),
        ("XB-M", 1, ("中杯", "中杯的", "第二个")),
        ("XB-X", 3, ("超大杯", "超大杯的", "最后那个")),
    ],
    ("demo", "2份Windows 11 激活码家庭版，1份Windows 11 激活码专业版"): [
        ("W11H", 2, ("家庭版", "家庭版的Windows 11 激活码", "前面那个")),
        ("W11P", 1, ("专业版", "专业版的", "后面那个")),
    ],
    ("heldout_pantry", "3份宠物洗护小型洗护，1份大闸蟹礼券398型 13812345678"): [
        ("XH-S", 3, ("小型洗护", "宠物洗护", "第一个")),
        ("DX398", 1, ("大闸蟹礼券", "398型的", "第二个")),
    ],
    ("heldout9_angler", "两张4小时的黑坑正钓票，一张6小时的"): [
        ("HK4", 2, ("4小时的", "4小时那个", "黑坑正钓票4小时")),
        ("HK6", 1, ("6小时的", "黑坑正钓票6小时", "后面那个")),
    ],
}
MANY = {1: "一", 2: "两", 3: "三", 4: "四", 5: "五"}
TO_COUNT = ("{it}改成{n}份", "{it}要{n}份", "{it}不是{was}份是{n}份", "{it}数量错了 是{n}份", "{it}我要的是{n}份")
DROPS = ("{it}不要了", "去掉{it}", "{it}算了", "{it}先不买了", "{it}下次再说", "{it}删了吧")
KEEPS = ("只要{it}", "除了{it}都不要了", "就要{it} 别的不要了", "留{it}就行")
SWAPS = ("弄反了 {a}{nb}份 {b}{na}份", "{a}应该是{nb}份，{b}是{na}份")
Held = dict[str, int]


def held_by(counter: Counter) -> Held:
    state = counter.dialog.state
    assert isinstance(state, Confirming)
    skus = [look(line, counter.shelf).sku for line in state.lines]
    return {sku.code: line.quantity for sku, line in zip(skus, state.lines, strict=True) if sku is not None}


@st.composite
def corrections(draw: st.DrawFn) -> tuple[tuple[str, str], str, Held]:
    """((shop, first message), correction, what the order becomes)"""
    base = draw(st.sampled_from(sorted(BASES)))
    lines = BASES[base]
    wanted = {sku: count for sku, count, _ in lines}
    (sku, was, names), (other, beside, others) = draw(st.permutations(lines))[:2]
    it, that = draw(st.sampled_from(names)), draw(st.sampled_from(others))
    n = draw(st.sampled_from([many for many in MANY if many != was]))
    kind = draw(st.sampled_from(("count", "drop", "keep", "swap", "two", "count and drop")))
    to_count = draw(st.sampled_from(TO_COUNT)).format(it=it, n=MANY[n], was=MANY[was])
    match kind:
        case "count":
            said, wanted[sku] = to_count, n
        case "drop":
            said = draw(st.sampled_from(DROPS)).format(it=it)
            del wanted[sku]
        case "keep":
            said, wanted = draw(st.sampled_from(KEEPS)).format(it=it), {sku: was}
        case "swap":
            said = draw(st.sampled_from(SWAPS)).format(a=it, b=that, na=MANY[was], nb=MANY[beside])
            wanted |= {sku: beside, other: was}
        case "two":
            said = f"{it}改成{MANY[n]}份，还有{that}要五份"
            wanted |= {sku: n, other: 5}
        case _:
            said = f"{it}改成{MANY[n]}份，{that}{draw(st.sampled_from(('不要了', '算了', '去掉')))}"
            wanted[sku] = n
            del wanted[other]
    tail = "" if kind == "keep" else draw(st.sampled_from(TAILS))
    return base, f"{draw(st.sampled_from(LEADS))}{said}{tail}", wanted


@given(corrections(), st.booleans())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(
    (("heldout9_angler", "两张4小时的黑坑正钓票，一张6小时的"), "4小时的来四份，然后6小时的算了", {"HK4": 4}), True
)
def test_what_is_said_of_one_of_several_lines_is_done_to_it_alone(
    said: tuple[tuple[str, str], str, Held], below_the_link: bool
) -> None:
    (shop, first), correction, wanted = said
    counter = counter_in(shop)
    counter.says(first)
    assert held_by(counter) == {sku: count for sku, count, _ in BASES[shop, first]}
    if below_the_link:
        assert "/pay/" in counter.says("确认").text
    counter.says(correction)
    if wanted == {sku: count for sku, count, _ in BASES[shop, first]}:
        return
    assert held_by(counter) == wanted


@pytest.mark.parametrize(
    ("first", "said", "wanted"),
    [
        ("京东卡100两张，京东卡200一张", "100的不要100的 要500的", {"JD500": 2, "JD200": 1}),
        ("京东卡100两张，steam50三张", "应该三张京东卡100，两张steam50", {"JD100": 3, "ST50": 2}),
        ("京东卡100两张，steam50三张", "steam退一张不要", {"JD100": 2, "ST50": 2}),
        ("京东卡100两张，steam50三张", "外加两张京东卡200", {"JD100": 2, "ST50": 3, "JD200": 2}),
        ("京东卡100两张，京东卡200一张", "200那个应该是500", {"JD100": 2, "JD500": 1}),
    ],
)
def test_every_word_of_a_message_about_several_lines_is_read(first: str, said: str, wanted: Held) -> None:
    counter = counter_in("demo")
    counter.says(first)
    counter.says(said)
    assert held_by(counter) == wanted
