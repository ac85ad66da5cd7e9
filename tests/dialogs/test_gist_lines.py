"""Which line of several a correction is about, and what of the order goes, among reasons and chatter."""

import pytest

from dialogs.draft import look
from dialogs.state import Confirming, DraftLine
from tests.stories.counter import Counter
from tests.stories.shops import counter_in

_THREE = "话费100 13812345678，话费50 13987651234，话费30 15822334455"
_CARDS = "京东卡100，steam50 两张"
_CUPS = "星巴克中杯两张 大杯一张"

GOES = [
    ("demo", _THREE, "中间的那个不用充咯 我姐自己会弄", ["HF100*1", "HF30*1"]),
    ("demo", _THREE, "4455的别充了，他欠我钱呢", ["HF100*1", "HF50*1"]),
    ("demo", _CARDS, "京东的划掉吧 老板说不给报", ["ST50*2"]),
    ("demo", _CARDS, "steam那个甭要了，号都被盗了", ["JD100*1"]),
    ("demo", "王者300点券 9948271 安卓，吃鸡300点券 9948271", "吃鸡的撤了 那游戏卸了都", ["WZ300*1"]),
    ("demo", "steam100，steam50", "只要一百那张，便宜的那个删掉哈", ["ST100*1"]),
    ("demo", "话费50 13812345678，流量5g 13987651234", "流量的不办了 家里有wifi，话费照旧", ["HF50*1"]),
    ("campus", "欢乐岛 成人两张 儿童一张 手机13871629405", "小的发烧了 儿童的就不买了", ["LY-A*2"]),
    (
        "campus",
        "饭卡充值50元 2021034567，饭卡充值100元 2022118890",
        "8890是我室友的 他自己充好了，只弄我那个",
        ["FK50*1"],
    ),
    ("p9_spa", "盐搓两张 奶搓一张", "奶搓的免了吧 她皮肤过敏", ["CZ-S*2"]),
]
CHANGED = [
    ("demo", _THREE, "前两个不动 最后那个给他充到50 他话多", ["HF100*1", "HF50*1", "HF50*1"]),
    ("demo", _THREE, "1234那个充200 那是我领导", ["HF100*1", "HF200*1", "HF30*1"]),
    ("demo", _CARDS, "京东的弄成500 过节送人，另一个不变", ["JD500*1", "ST50*2"]),
    ("demo", _CUPS, "中杯五张哈 新来了三个实习生", ["XB-M*5", "XB-L*1"]),
    ("demo", _CUPS, "大杯的来仨 中杯一张够喝", ["XB-M*1", "XB-L*3"]),
    ("demo", "爱奇艺月卡 13812345678，优酷月卡", "爱奇艺那个弄成包年 省得老忘，优酷先留着", ["IQ12*1", "YK1*1"]),
    ("demo", "京东卡500，京东卡100", "100那张也500吧 一碗水端平", ["JD500*1", "JD500*1"]),
    ("demo", "腾讯视频月卡 13812345678，爱奇艺月卡 13812345678", "腾讯换季卡，爱奇艺去掉算了", ["TX3*1"]),
    ("venue", "庙会日场两张，夜场三张", "夜场的减一张 老李膝盖疼爬不动", ["FA-D*2", "FA-N*2"]),
]
CHANGED += [
    ("demo", _CARDS, "京东的配500的吧 一百哪够啊", ["JD500*1", "ST50*2"]),
    ("demo", _CUPS, "中杯喝不了俩，一个，大杯照旧", ["XB-M*1", "XB-L*1"]),
    ("demo", "话费100 13812345678，流量5g 13812345678", "流量那个给10g 话费不动", ["HF100*1", "LL10*1"]),
]
FEWER = [
    ("demo", "steam50 四张", "老王那张不用买了 他自己有", ["ST50*3"]),
    ("demo", "steam50 四张", "有俩兄弟说不玩了 把他们俩的撤掉", ["ST50*2"]),
    ("demo", "星巴克大杯五张", "我妹减肥 划掉她那张", ["XB-L*4"]),
    ("campus", "巨幕电影票三张", "班长又要加班 他那份免了吧", ["DY-MX*2"]),
]
STAYS = [
    ("demo", "steam50 四张", "老王那张先别急着发"),
    ("demo", "steam50 四张", "他俩的不用改"),
    ("demo", "steam50 四张", "我那张够不够玩半年"),
    ("demo", _CUPS, "中杯会不会太小了点"),
    ("demo", _CUPS, "上次那家的大杯才十几块"),
    ("demo", _CARDS, "steam那个我朋友也买过"),
    ("demo", _CARDS, "steam那个要快点"),
    ("demo", _CARDS, "京东的我留着送人"),
    ("demo", _THREE, "5678是我妈的号 她天天刷视频"),
    ("demo", _THREE, "后面那个是我爸的"),
    ("demo", _CUPS, "你看大杯我一个人喝得完不"),
]


def _ordering(shop: str, first: str) -> Counter:
    counter = counter_in(shop)
    counter.says(first)
    assert isinstance(counter.dialog.state, Confirming)
    return counter


def _of(counter: Counter) -> list[str]:
    state = counter.dialog.state
    return [_written(line, counter) for line in state.lines] if isinstance(state, Confirming) else []


def _written(line: DraftLine, counter: Counter) -> str:
    sku = look(line, counter.shelf).sku
    return f"{sku.code if sku is not None else ''}*{line.quantity}"


@pytest.mark.parametrize(("shop", "first", "said", "wanted"), GOES + CHANGED + FEWER)
def test_what_is_said_of_one_line_is_done_to_that_one(shop: str, first: str, said: str, wanted: list[str]) -> None:
    counter = _ordering(shop, first)
    counter.says(said)
    assert sorted(_of(counter)) == sorted(wanted)


@pytest.mark.parametrize(("shop", "first", "said", "wanted"), GOES + CHANGED + FEWER)
def test_below_the_link_the_order_is_made_anew_so(shop: str, first: str, said: str, wanted: list[str]) -> None:
    counter = _ordering(shop, first)
    counter.says("确认")
    counter.says(said)
    assert sorted(_of(counter)) == sorted(wanted)


@pytest.mark.parametrize(("shop", "first", "said"), STAYS)
def test_what_is_only_told_of_a_line_changes_nothing(shop: str, first: str, said: str) -> None:
    counter = _ordering(shop, first)
    before = _of(counter)
    counter.says(said)
    assert _of(counter) == before
