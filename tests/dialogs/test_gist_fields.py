"""Accounts, choices, names and addresses put right among other words: only what is wanted comes into the order."""

import pytest

from catalog.shelf import Shelf
from dialogs.gist.deciding import gist
from dialogs.state import DraftLine
from tests.stories.shops import counter_in

Fields = dict[str, str]
_PLACE = "四川省成都市武侯区人民南路四段27号 罗军 18281903365"
_PUPIL = {"name": "李建国", "mobile": "13812345678"}
_APPLE = {"account": "2019443876", "server": "ios"}
WANTED: list[tuple[str, str, Fields, str, Fields]] = [
    ("demo", "HF30", {"account": "18987720164"}, "188不是189 别的都对", {"account": "18887720164"}),
    ("demo", "HF30", {"account": "18987720164"}, "尾号65哈 我记岔了 不是64", {"account": "18987720165"}),
    ("demo", "HF30", {"account": "18987720164"}, "开头三位写错 应该177", {"account": "17787720164"}),
    ("demo", "QB", {"account": "90533718"}, "手滑多敲个1 是9053378", {"account": "9053378"}),
    ("demo", "WZ300", {"account": "2019443876", "server": "ios"}, "安卓的 刚说成苹果了 晕", {"server": "android"}),
    ("demo", "WZ300", {"account": "2019443876", "server": "ios"}, "我华为手机 得是安卓区吧", {"server": "android"}),
    ("demo", "DL-W", {"account": "66720941", "rank_now": "xingyao"}, "连输一晚上 掉到钻石了", {"rank_now": "zuanshi"}),
    ("demo", "SJX2", {"address": _PLACE}, "门牌抄错啦 不是27号 是29号", {"address": _PLACE.replace("27号", "29号")}),
    ("demo", "SJX2", {"address": _PLACE}, "换我妹收 王芳 13900001111", {"address": f"{_PLACE[:-14]}王芳 13900001111"}),
    (
        "demo",
        "SJX2",
        {"address": _PLACE},
        "电话写13900001111吧 我那个老打不通",
        {"address": f"{_PLACE[:-11]}13900001111"},
    ),
    ("cloud", "HT1", {"mail": "maohua@qq.com"}, "qq邮箱好久没上 用mao77@163.com", {"mail": "mao77@163.com"}),
    ("games", "PL3", {"wx": "lucky_zhou"}, "微信后头还有77 lucky_zhou77", {"wx": "lucky_zhou77"}),
    (
        "driving",
        "C1-P",
        {"name": "李建国", "mobile": "13812345678"},
        "名字错了一个字 李健国 健康的健",
        {"name": "李健国"},
    ),
    ("studio", "GT8", {"mobile": "13812345678", "slot": "wed"}, "周三要加班 挪到星期天", {"slot": "sun"}),
    ("demo", "HF30", {"account": "13803711234"}, "中间应该0731 手快打成0371", {"account": "13807311234"}),
    ("cloud", "HT1", {"mail": "maohua@qq.com"}, "后缀填错 是126不是qq", {"mail": "maohua@126.com"}),
    ("p10_playhouse", "XD", {"fan": "F2023001"}, "编号该是F2032001 2跟3打反了", {"fan": "F2032001"}),
    ("demo", "HF30", {"account": "18987720164"}, "填成我姐的啦 我的13900001111", {"account": "13900001111"}),
    ("demo", "HF30", {"account": "18987720164"}, "她自己那张13900001111 我这张没在用了", {"account": "13900001111"}),
    ("demo", "HF30", {"account": "18987720164"}, "他手机13900001111 登记他名下", {"account": "13900001111"}),
    ("demo", "HF30", {"account": "18987720164"}, "13900001111我老公的 打到他那个上面", {"account": "13900001111"}),
    ("demo", "HF30", {"account": "18987720164"}, "一三九零零零零幺幺幺幺 刚念错", {"account": "13900001111"}),
    ("demo", "IQ12", {"account": "18987720164"}, "填的是小号 大号13900001111", {"account": "13900001111"}),
    ("life", "ETC300", {"plate": "豫A12B3C"}, "车卖了 现在开豫AD66021", {"plate": "豫AD66021"}),
    ("games", "XY648", {"role": "20451187", "area": "east"}, "这是小号 大号30451187", {"role": "30451187"}),
    ("cloud", "HT1", {"mail": "maohua@qq.com"}, "那是公司邮箱 我私人的mao77@163.com", {"mail": "mao77@163.com"}),
    ("driving", "C1-P", _PUPIL, "学车的是我儿子 王浩然", {"name": "王浩然"}),
    ("driving", "C1-P", _PUPIL, "不是我学 我弟李建军学", {"name": "李建军"}),
    ("driving", "C1-P", _PUPIL, "名字报我闺女的 李思雨", {"name": "李思雨"}),
    ("demo", "DL-X", {"account": "66720941", "rank_now": "bojin"}, "昨天刚爬到钻石了", {"rank_now": "zuanshi"}),
    ("demo", "WZ300", _APPLE, "我儿子讲是安卓 不是苹果", {"server": "android"}),
    ("demo", "WZ300", _APPLE, "他是安卓的不是苹果", {"server": "android"}),
    ("demo", "WZ300", _APPLE, "我是安卓的别弄错了", {"server": "android"}),
    ("demo", "WZ300", _APPLE, "有没有安卓的 给我安卓", {"server": "android"}),
    ("life", "ETC300", {"plate": "豫A12B3C"}, "最后那个C是G", {"plate": "豫A12B3G"}),
    ("demo", "HF30", {"account": "18987720164"}, "没少打 打错了 末尾应该是0165", {"account": "18987720165"}),
    ("demo", "LZ1", {"account": "905337182"}, "多抄了一位 没有后面那个2 90533718", {"account": "90533718"}),
    ("life", "FL-33", {"receiver": "13811112222"}, "贺卡内容：早日康复", {"card_text": "早日康复"}),
    ("life", "FL-33", {"receiver": "13811112222"}, "忘讲了 贺卡写上 祝妈妈安康", {"card_text": "祝妈妈安康"}),
    ("heldout_pantry", "SP5", {"tel": "13803711234", "floor": "lift"}, "老楼没电梯的哦", {"floor": "stairs"}),
]
TOLD: list[tuple[str, str, Fields, str]] = [
    ("demo", "HF30", {"account": "18987720164"}, "有事打13900001111找我"),
    ("demo", "HF30", {"account": "18987720164"}, "我189开头那个用了十年了"),
    ("demo", "HF30", {"account": "18987720164"}, "我妈18987720165也要"),
    ("demo", "HF30", {"account": "18987720164"}, "13900001111是我同事的 他推荐我来的"),
    ("demo", "HF30", {"account": "18987720164"}, "我老公13900001111上周在你家充的"),
    ("demo", "HF30", {"account": "18987720164"}, "快递打13900001111"),
    ("demo", "HF30", {"account": "18987720164"}, "朋友13900001111说你家靠谱"),
    ("cloud", "HT1", {"mail": "maohua@qq.com"}, "发票发mao77@163.com"),
    ("driving", "C1-P", _PUPIL, "我朋友张伟在你家学的"),
    ("driving", "C1-P", _PUPIL, "麻烦让王教练带我"),
    ("driving", "C1-P", _PUPIL, "他是我同学 张伟"),
    ("demo", "WZ300", _APPLE, "苹果的别弄错"),
    ("demo", "WZ300", _APPLE, "我室友不是苹果的"),
    ("demo", "HF30", {"account": "13803711234"}, "第五位是7不是0"),
    ("studio", "GT8", {"mobile": "13812345678", "slot": "wed"}, "周三周六都行"),
    ("demo", "QB", {"account": "12345678"}, "多加个qq12345679"),
    ("demo", "WZ300", {"account": "2019443876", "server": "ios"}, "我室友是安卓的"),
    ("demo", "WZ300", {"account": "2019443876", "server": "ios"}, "苹果那边我玩好多年了"),
    ("demo", "DL-W", {"account": "66720941", "rank_now": "xingyao"}, "我朋友现在是钻石的"),
    ("demo", "SJX2", {"address": _PLACE}, "上次寄的人民北路8号那单收到了"),
    ("demo", "SJX2", {"address": _PLACE}, "快递放门口就行"),
    (
        "heldout_club",
        "JX2",
        {"student": "王芳", "idcard": "110105199003074516", "mobile": "13855556666"},
        "最后一位是7",
    ),
]


def _line(shelf: Shelf, code: str, fields: Fields) -> DraftLine:
    sku = shelf.sku(code)
    product = shelf.product_of(code)
    assert sku is not None
    assert product is not None
    value = 30 if sku.any_value is not None else None
    return DraftLine(
        product.id, sku=code if value is None else None, value=value, options=dict(sku.options), fields=fields
    )


@pytest.mark.parametrize(("shop", "code", "fields", "said", "wanted"), WANTED)
def test_what_is_given_anew_comes_into_the_order_and_nothing_else(
    shop: str, code: str, fields: Fields, said: str, wanted: Fields
) -> None:
    shelf = counter_in(shop).shelf
    line = _line(shelf, code, fields)
    new = gist([line], said, shelf)
    assert new is not None
    assert [(dict(one.fields), one.sku, one.value, one.quantity) for one in new] == [
        ({**fields, **wanted}, line.sku, line.value, 1)
    ]


@pytest.mark.parametrize(("shop", "code", "fields", "said"), TOLD)
def test_what_is_only_told_of_never_comes_into_the_order(shop: str, code: str, fields: Fields, said: str) -> None:
    shelf = counter_in(shop).shelf
    assert gist([_line(shelf, code, fields)], said, shelf) is None


@pytest.mark.parametrize("said", ["俩号码填反了", "两个qq贴反啦", "号码弄反了 换一下"])
def test_two_accounts_that_were_exchanged_change_places(said: str) -> None:
    shelf = counter_in("demo").shelf
    lines = [_line(shelf, code, {"account": account}) for code, account in (("WZ300", "7654321"), ("WZ60", "1234567"))]
    new = gist(lines, said, shelf)
    assert new is not None
    assert [one.fields["account"] for one in new] == ["1234567", "7654321"]
