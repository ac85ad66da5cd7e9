"""How many of which line, and what some of several become: at a summary, while something is asked, below the link."""

import pytest

from dialogs.draft import look
from dialogs.recounting import recounted
from dialogs.state import Collecting, Confirming
from kernel.orders import OrderState
from tests.stories.counter import Counter
from tests.stories.shops import counter_in

_HOME = "上海市静安区南京西路1号 王五 13900001111"
_FAIR = ("venue", "庙会日场两张，夜场三张")
_FILM = ("campus", "巨幕两张，普通厅三张电影票")
_LITTER = ("heldout_pantry", f"猫砂豆腐的两袋，膨润土三袋/{_HOME}")
_PARK = ("garage", "停车券2小时两张，5小时三张")
_CARD = ("demo", "京东卡100 三张")
_FOUR = ("demo", "京东卡100 四张")
_COFFEE = ("demo", "星巴克大杯三张")
_TWO = ("demo", "京东卡100三张，steam50两张")

_OF_TWO = [
    ("{b}一{u}", 1),
    ("{b}也两{u}", 2),
    ("{b}一{u}就够了", 1),
    ("{b}减到一{u}", 1),
    ("{b}多拿一{u}", 4),
    ("{b}再补一{u}", 4),
    ("{b}还差一{u}", 4),
    ("{b}不够 再补一{u}", 4),
    ("{b}多给我一{u}", 4),
    ("{b}少拿一{u}", 2),
    ("{b}退一{u}", 2),
    ("{b}去掉一{u}", 2),
    ("{b}取消一{u}", 2),
    ("{b}其实一{u}就行", 1),
    ("{b}不是三{u} 是一{u}", 1),
    ("{b}三{u}太多了 一{u}", 1),
    ("{b}我说的是一{u}", 1),
    ("可以 不过{b}一{u}就行", 1),
    ("{a}不变 {b}一{u}", 1),
    ("第二个一{u}", 1),
    ("后面那个一{u}", 1),
    ("{b}也要两{u}就够了", 2),
]
_SHOPS = [
    (_FAIR, "日场", "夜场", "张", "FA-D", "FA-N"),
    (_FILM, "巨幕", "普通厅", "张", "DY-MX", "DY-2D"),
    (_LITTER, "豆腐的", "膨润土", "袋", "MST", "MSP"),
    (_PARK, "2小时的", "5小时的", "张", "PH2", "PH5"),
]
_TABLE = [
    # some of several become another size
    (_CARD, "一张换成200", "JD100:2 JD200:1"),
    (_CARD, "有一张改成200", "JD100:2 JD200:1"),
    (_CARD, "留一张100 其他换200", "JD100:1 JD200:2"),
    (_FOUR, "一半换成200的", "JD100:2 JD200:2"),
    (_FOUR, "一张换200 一张换50", "JD100:2 JD200:1 JD50:1"),
    (_COFFEE, "一张换成中杯 一张换成超大杯", "XB-L:1 XB-M:1 XB-X:1"),
    (_COFFEE, "两张换成中杯 一张换成超大杯", "XB-M:2 XB-X:1"),
    (_COFFEE, "一张中杯 两张超大杯", "XB-M:1 XB-X:2"),
    (_COFFEE, "行 不过一张换中杯", "XB-L:2 XB-M:1"),
    (_COFFEE, "换一张中杯", "XB-L:2 XB-M:1"),
    (("demo", "优酷月卡三张"), "留一张月卡 其他换年卡", "YK1:1 YK12:2"),
    (("campus", "巨幕票三张"), "有一张要普通厅的", "DY-MX:2 DY-2D:1"),
    (("venue", "庙会夜场三张"), "其中两张换日场", "FA-N:1 FA-D:2"),
    # fewer
    (_CARD, "取消一张", "JD100:2"),
    (_CARD, "取消其中一张", "JD100:2"),
    (_CARD, "多买了 退一张", "JD100:2"),
    (_CARD, "有一张不要了", "JD100:2"),
    (_CARD, "少买两张", "JD100:1"),
    (_TWO, "京东取消一张", "JD100:2 ST50:2"),
    (_TWO, "京东卡减一张 steam加一张", "JD100:2 ST50:3"),
    (_TWO, "各减一张", "JD100:2 ST50:1"),
    # another size, while the address or the phone is asked for
    (("heldout_pantry", "土鸡蛋30枚一份"), "60枚的也来一份", "JD30:1 JD60:1"),
    (("heldout_pantry", "土鸡蛋30枚一份"), "再来一份60枚的", "JD30:1 JD60:1"),
    (("heldout_pantry", "猫砂豆腐的两袋，膨润土三袋"), "豆腐的多来一袋", "MST:3 MSP:3"),
    (("campus", "欢乐岛成人票两张"), "儿童的也来一张", "LY-A:2 LY-C:1"),
    (("campus", "欢乐岛成人票两张"), "我妈也去 老人票一张", "LY-A:2 LY-S:1"),
    (("campus", "欢乐岛成人票两张"), "多来一张", "LY-A:3"),
    (("garage", "轮胎16寸的换两条"), "17寸的也换两条", "TY16:2 TY17:2"),
    (("garage", "轮胎16寸的换两条"), "16寸多换一条", "TY16:3"),
    (("demo", "京东卡100 5张"), "另外200的两张", "JD100:5 JD200:2"),
    (("venue", "庙会夜场三张"), "两张不变 一张日场", "FA-N:2 FA-D:1"),
    (("venue", "庙会夜场三张"), "其中一张日场", "FA-N:2 FA-D:1"),
    (("venue", "庙会夜场三张"), "夜场两张日场一张", "FA-N:2 FA-D:1"),
    (_FAIR, "全要夜场", "FA-N:5"),
    (_FAIR, "日场三张 夜场两张 刚才说反了", "FA-D:3 FA-N:2"),
    (_TWO, "我老公不去了 各减一张", "JD100:2 ST50:1"),
    (_TWO, "京东卡一张50的两张 其他不变", "JD100:1 JD50:2 ST50:2"),
    (_TWO, "每样再来一张", "JD100:4 ST50:3"),
    (("demo", "steam100 三张"), "留一张 另外两张换成50", "ST100:1 ST50:2"),
    (("demo", "steam100 三张"), "我想一张换成50", "ST100:2 ST50:1"),
    (("heldout_travel", "海洋公园成人2张 儿童1张"), "老人也去一个", "HYA:2 HYK:1 HYO:1"),
    (_FAIR, "一张夜场换成日场", "FA-D:3 FA-N:2"),
    # of what is sold in any number
    (("demo", "q币150 qq12345678"), "减50", "QB:100"),
    (("demo", "q币150 qq12345678"), "多充20个", "QB:170"),
    (("demo", "q币150 qq12345678"), "减掉50个", "QB:100"),
    (_CARD, "砍掉一张", "JD100:2"),
    # what there is changed, and one thing more
    (("demo", "百度网盘月卡"), "年卡吧 另外优酷月卡也要", "BD12:1 YK1:1"),
    (("demo", "百度网盘月卡"), "算了要年卡 再来个优酷月卡", "BD12:1 YK1:1"),
    (("demo", "话费50 13812345678"), "改成100 顺便充个5g流量", "HF100:1 LL5:1"),
    (("demo", "话费50 13812345678"), "换成100的 另外steam50一张", "HF100:1 ST50:1"),
    (("demo", "steam100"), "两张 再加一张50的", "ST100:2 ST50:1"),
    (("demo", "steam100"), "要两张 骏网50也要一张", "ST100:2 JW50:1"),
    (("demo", "steam100"), "换成50的，再来两张星巴克大杯", "ST50:1 XB-L:2"),
    (("demo", "steam100"), "你好 另外来张京东卡50", "ST100:1 JD50:1"),
    (("venue", "庙会夜场两张"), "改成日场 再加一个盲盒单盒", "FA-D:2 BB1:1"),
    (("venue", "庙会夜场两张"), "改三张 另外盲盒整套一个", "FA-N:3 BB6:1"),
    (("demo", "京东卡100，steam50"), "不要京东了换两张steam", "ST50:2"),
    # what one is, the other shall be
    (("campus", "保温杯白色350ml两个，藏青500ml一个"), "藏青的也要350", "BZ-WM:2 BZ-NM:1"),
    (("campus", "保温杯白色350ml两个，藏青500ml一个"), "都要350", "BZ-WM:2 BZ-NM:1"),
]  # fmt: skip


def _after(shop: str, *said: str) -> Counter:
    counter = counter_in(shop)
    for text in said:
        counter.says(text)
    return counter


def _held(counter: Counter) -> dict[str, int]:
    """SKUs and how many of each: of the draft, or of the order that waits."""
    state = counter.dialog.state
    if not isinstance(state, Collecting | Confirming):
        waiting = [order for order in counter.orders if order.state is OrderState.UNPAID]
        return {line.sku_code: line.quantity for order in waiting for line in order.lines}
    skus = [(look(line, counter.shelf).sku, line) for line in state.lines]
    counts = [(sku, line.quantity if sku.any_value is None else int(line.value or 0)) for sku, line in skus if sku]
    return {sku.code: count for sku, count in counts}


def _as_dict(want: str) -> dict[str, int]:
    return {code: int(count) for code, _, count in (part.partition(":") for part in want.split())}


@pytest.mark.parametrize("shop", _SHOPS, ids=[row[2] for row in _SHOPS])
@pytest.mark.parametrize(("said", "count"), _OF_TWO, ids=[row[0] for row in _OF_TWO])
def test_a_count_said_of_one_line_is_of_that_line(
    shop: tuple[tuple[str, str], str, str, str, str, str], said: str, count: int
) -> None:
    (name, first), one, other, unit, own, its = shop
    counter = _after(name, *first.split("/"), said.format(a=one, b=other, u=unit))
    assert isinstance(counter.dialog.state, Confirming)
    assert _held(counter) == {own: 2, its: count}


@pytest.mark.parametrize(("shop", "said", "want"), _TABLE, ids=[f"{row[0][1]}/{row[1]}" for row in _TABLE])
def test_some_become_another_and_the_others_stay(shop: tuple[str, str], said: str, want: str) -> None:
    assert _held(_after(shop[0], *shop[1].split("/"), said)) == _as_dict(want)


@pytest.mark.parametrize(
    ("shop", "said", "want"),
    [
        (_CARD, "取消一张", "JD100:2"),
        (_CARD, "退一张", "JD100:2"),
        (_CARD, "一张不要了", "JD100:2"),
        (_CARD, "一张换成200", "JD100:2 JD200:1"),
        (_CARD, "有一张换成50", "JD100:2 JD50:1"),
        (_CARD, "再加一张", "JD100:4"),
        (_FAIR, "夜场再补一张", "FA-D:2 FA-N:4"),
        (_FAIR, "夜场退一张", "FA-D:2 FA-N:2"),
        (_FAIR, "夜场一张就够了", "FA-D:2 FA-N:1"),
    ],
)
def test_below_the_link_the_order_gives_way_to_one_of_other_counts(shop: tuple[str, str], said: str, want: str) -> None:
    counter = _after(shop[0], shop[1], "确认", said)
    assert isinstance(counter.dialog.state, Confirming)
    assert _held(counter) == _as_dict(want)


@pytest.mark.parametrize("said", ["夜场也来一张", "夜场也一张"])
def test_more_of_it_or_so_many_in_all_is_asked(said: str) -> None:
    counter = _after(*_FAIR)
    assert "再加1" in counter.says(said).text
    counter.says("确认")
    assert not counter.orders
    assert _held(counter) == {"FA-D": 2, "FA-N": 3}
    counter.says("夜场再加1个")
    assert _held(counter) == {"FA-D": 2, "FA-N": 4}


@pytest.mark.parametrize(
    ("shop", "said"),
    [
        (_FAIR, "夜场几点开始"),
        (_FAIR, "夜场多少钱一张"),
        (_FAIR, "夜场还有吗"),
        (_FAIR, "夜场一张能进两个人吗"),
        (_FAIR, "我朋友上次夜场买了一张"),
        (_FAIR, "日场和夜场一张票都能看？"),
        (_FAIR, "再加一张京东卡"),
        (_CARD, "一张多少钱"),
        (_CARD, "可以退一张吗"),
        (_CARD, "少一张行不行"),
        (_CARD, "有一张是送人的"),
        (_CARD, "一张给我妈"),
        (_CARD, "要一张"),
        (_CARD, "取消三张"),
        (_CARD, "再来一单"),
        (("heldout_pantry", "桶装水10桶"), "要5桶"),
        (("demo", "话费50 13812345678"), "138那个多充50"),
    ],
)
def test_what_says_anything_besides_is_not_read_by_this_rule(shop: tuple[str, str], said: str) -> None:
    counter = _after(shop[0], shop[1])
    state = counter.dialog.state
    assert isinstance(state, Collecting | Confirming)
    assert recounted(state.lines, said, (), counter.shelf) is None


_STREET = "四川省成都市武侯区人民南路四段11号"


@pytest.mark.parametrize("ordered", [False, True], ids=["summary", "link"])
@pytest.mark.parametrize(
    ("said", "tail"),
    [
        ("再加上2栋301", "2栋301"),
        ("地址后面加上5栋2单元", "5栋2单元"),
        ("忘了写楼号 3号楼502", "3号楼502"),
        ("后面再加5单元", "5单元"),
        ("漏了房号 301室", "301室"),
        ("楼号是6栋", "6栋"),
    ],
)
def test_what_was_left_out_of_an_address_is_no_count(said: str, tail: str, ordered: bool) -> None:
    counter = _after(
        "heldout_pantry", "猫砂豆腐的两袋", f"{_STREET} 李小红 13900001111", *(["确认"] if ordered else [])
    )
    counter.says(said)
    state = counter.dialog.state
    assert isinstance(state, Confirming)
    assert [(line.quantity, line.fields["address"]) for line in state.lines] == [
        (2, f"{_STREET}{tail} 李小红 13900001111")
    ]


@pytest.mark.parametrize("said", ["再加一袋", "再加两栋", "再来一座", "2栋有人吗", "3号下午送", "11号楼下便利店收"])
def test_a_count_or_a_place_in_other_words_is_no_part_of_an_address(said: str) -> None:
    from dialogs.addresses import with_more

    assert with_more(f"{_STREET} 李小红 13900001111", said) is None
