"""Which line of several a correction is about, and what of the order goes, among reasons and chatter."""

import pytest

from dialogs.draft import look
from dialogs.state import Confirming, DraftLine
from tests.stories.counter import Counter
from tests.stories.shops import summed_up

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
    ("demo", "话费50 13812345678，话费30 13987651234", "写反了 5678的充30 另一个充50", ["HF30*1", "HF50*1"]),
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
_MIXED = "QQ音乐绿钻月卡 77665544，爱奇艺月卡 13812345678"
_SUPER = "星巴克中杯两张，超大杯四张"
GOES += [
    ("demo", _CUPS, "大杯的勾掉吧没人要喝", ["XB-M*2"]),
    ("demo", _CUPS, "大杯的不喝了 让他再等两天", ["XB-M*2"]),
    ("demo", _MIXED, "听歌的不续费了 他嫌难听", ["IQ1*1"]),
    ("demo", _CARDS, "京东那张能不能帮我去掉呀 单位刚发了一张", ["ST50*2"]),
    ("demo", _MIXED, "只留追剧的那个吧 绿钻我同学送了", ["IQ1*1"]),
    ("demo", _THREE, "1234那个我刚自己缴过，别重复缴了", ["HF100*1", "HF30*1"]),
    ("demo", "话费100 13812345678，流量5g 13987651234", "上网的作废吧 宽带都装好了", ["HF100*1"]),
    ("campus", "欢乐岛 成人两张 儿童一张 手机13871629405", "小孩的拿掉 他要去外婆家", ["LY-A*2"]),
    ("demo", "话费100 13812345678，给我妈13987651234也充50", "我妈说她话费够用 她那个甭充了", ["HF100*1"]),
]
CHANGED += [
    ("demo", _CUPS, "都翻个倍 人来得多", ["XB-M*4", "XB-L*2"]),
    ("demo", _CUPS, "各五张，我数错人了", ["XB-M*5", "XB-L*5"]),
    ("demo", _CARDS, "所有东西都三份 省得再买", ["JD100*3", "ST50*3"]),
    ("demo", _CUPS, "反啦 中杯一个大杯仨", ["XB-M*1", "XB-L*3"]),
    ("demo", _SUPER, "超大杯的砍一半 喝不完", ["XB-M*2", "XB-X*2"]),
    ("demo", _CUPS, "大杯再多来一张 保安大叔也要喝", ["XB-M*2", "XB-L*2"]),
    ("demo", _CARDS, "京东的整一对儿呗", ["JD100*2", "ST50*2"]),
    ("demo", _THREE, "5678的提到200，人家说不满200不给活动", ["HF200*1", "HF50*1", "HF30*1"]),
]
FEWER = [
    ("demo", "steam50 四张", "那四张给我减一张吧 老李自己有了", ["ST50*3"]),
    ("campus", "巨幕电影票三张", "小王出差赶不回来 少一个人的", ["DY-MX*2"]),
    ("demo", "steam50 四张", "用到猴年马月 砍掉一半", ["ST50*2"]),
    ("demo", "steam50 四张", "哪用得了四张 对半砍吧", ["ST50*2"]),
    ("demo", "steam50 四张", "三张留着 另外那一张不买了", ["ST50*3"]),
    ("demo", "星巴克大杯五张", "小李请假了 少他那张", ["XB-L*4"]),
    ("demo", "steam50 四张", "老王那张不用买了 他自己有", ["ST50*3"]),
    ("demo", "steam50 四张", "有俩兄弟说不玩了 把他们俩的撤掉", ["ST50*2"]),
    ("demo", "星巴克大杯五张", "我妹减肥 划掉她那张", ["XB-L*4"]),
    ("campus", "巨幕电影票三张", "班长又要加班 他那份免了吧", ["DY-MX*2"]),
]
FEWER += [
    ("demo", "steam50 四张", "多要了 抽走一张", ["ST50*3"]),
    ("p9_spa", "盐搓四张", "数错了 拿掉两张出来", ["CZ-S*2"]),
    ("heldout_travel", "海洋公园长者票三张 林小夏 13812345678", "奶奶腿疼不去了", ["HYO*2"]),
    ("demo", "steam50 四张", "我弟不玩了 给他取消", ["ST50*3"]),
    ("demo", "steam50 四张", "哪用得了四张 砍一半", ["ST50*2"]),
]
_GYM = "动力健身房南湖店年卡 13803711234，动力健身房北城店月卡 15937186620"
_IQ_YK = "爱奇艺月卡 13812345678，优酷月卡"
_SLOW = "话费100慢充 13803711234，话费200慢充 15937186620"
CHANGED += [
    ("life", _GYM, "前面那个月卡就行，后面的改年卡", ["GYM-S1*1", "GYM-N12*1"]),
    ("demo", _THREE, "头两个就行 最后那个他自己充了", ["HF100*1", "HF50*1"]),
    ("demo", _THREE, "下面两个都充100", ["HF100*1", "HF100*1", "HF100*1"]),
    ("demo", _SLOW, "俩都要快的 人家等着打电话", ["HF100*1", "HF200*1"]),
    ("demo", "win11专业版，百度网盘年卡", "网盘那个月卡够使 我又不存电影", ["W11P*1", "BD1*1"]),
    ("demo", "京东卡100，steam50", "steam那张搞错了，要的是京东500", ["JD100*1", "JD500*1"]),
    ("demo", "京东卡100，steam50", "steam其实是京东50 写错了", ["JD100*1", "JD50*1"]),
]
_FILTERS = "滤芯pp棉一支，ro膜一支 河南省郑州市金水区花园路12号3号楼502 李健 13700001111"
GOES += [
    ("heldout12_shop", _FILTERS, "ro膜前阵子刚换过 那个去掉", ["LX-P*1"]),
    ("demo", _IQ_YK, "优酷上周刚续过 那个不要了", ["IQ1*1"]),
    ("demo", _CARDS, "京东我妈给了一张 这个划掉", ["ST50*2"]),
]
CHANGED += [
    ("demo", "爱奇艺月卡 13812345678，爱奇艺年卡 13987651234", "两个号都开年卡", ["IQ12*1", "IQ12*1"]),
    ("demo", "百度网盘月卡", "两个号都要开", ["BD1*2"]),
]
_COFFEE = "瑞幸美式一张，瑞幸生椰一张，喜茶20"
_SHOWS = "腾讯月卡 13655667788，爱奇艺月卡 13655667788，京东卡100"
_GAMES = "王者300点券 9948271 安卓，吃鸡300点券 9948271"
GOES += [("p11_market", _COFFEE, "奶茶不喝了 咖啡留着", ["RX-MS*1", "RX-SY*1"])]
CHANGED += [
    ("life", _GYM, "都去南湖 离得近", ["GYM-S12*1", "GYM-S1*1"]),
    ("demo", "话费50 13812345678，话费100 13987651234", "反了 5678充100 1234充50", ["HF100*1", "HF50*1"]),
    ("campus", "欢乐岛 成人两张 儿童一张 手机13871629405", "孩子多带一个 邻居家的", ["LY-A*2", "LY-C*2"]),
]
_SAME = "话费100 13812345678，话费100 13766554433"
_KID = "话费30 13012340000，流量5g 13012340000，q币50 884213765"
GOES += [
    ("demo", _KID, "流量不给他续了 才考了30分 其他照旧", ["HF30*1", "QB*1"]),
    ("demo", _KID, "游戏币的不给他充了 剩下照旧", ["HF30*1", "LL5*1"]),
    ("demo", "话费30 13012340000，流量5g 13012340000", "流量那个能不能删了 还剩3个g没用完", ["HF30*1"]),
]
CHANGED += [
    ("demo", _SAME, "后面那个可以慢慢到 前面那个急", ["HF100*1", "HF100S*1"]),
    ("demo", _CUPS, "大杯仨 我姑也来", ["XB-M*2", "XB-L*3"]),
    ("demo", _CUPS, "数写反了 中杯一个大杯俩", ["XB-M*1", "XB-L*2"]),
    ("p9_spa", "盐搓两张，足疗60分钟两张", "按脚的三个人按 搓澡的不动", ["CZ-S*2", "ZL60*3"]),
    ("demo", "steam100，网易30三张", "网易的少拿一张 他小号卖了", ["ST100*1", "WY30*2"]),
    ("campus", "普通厅电影票一张，单人餐一张", "票三张 餐不变", ["DY-2D*3", "XS-A*1"]),
    ("campus", "洗衣卡学期卡，单人餐一张", "下学期实习去了 学期卡用不完 来十次的", ["XY10*1", "XS-A*1"]),
    ("demo", "骏卡50，网易一卡通50", "骏卡我要的3张吧？怎么成1张了", ["JW50*3", "WY50*1"]),
]
FEWER += [("demo", "京东卡50八张", "有三张用不上 退掉那三张 其余照旧", ["JD50*5"])]
FEWER += [
    ("demo", "steam50 四张", "多拍了一张", ["ST50*3"]),
    ("demo", "星巴克大杯五张", "他们两个不喝咖啡", ["XB-L*3"]),
]
STAYS = [
    ("demo", _CUPS, "中杯我都喝腻了"),
    ("demo", _CUPS, "大杯的不错 同事都说好"),
    ("demo", _CUPS, "中杯一半都是冰吧"),
    ("demo", _CARDS, "京东那张能不能退啊"),
    ("demo", _MIXED, "听歌那个我从来不记得续"),
    ("demo", _MIXED, "我孩子天天追剧 气死我了"),
    ("demo", _CARDS, "大家都说京东的好用"),
    ("demo", _CARDS, "以前每样都买过"),
    ("demo", _THREE, "中间那个是我老板的"),
    ("demo", "steam50 四张", "我弟非要抽奖 半年工资都没了"),
    ("demo", "steam50 四张", "隔壁小李都不玩了"),
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
    ("demo", _THREE, "前面两个月没充过"),
    ("demo", _IQ_YK, "爱奇艺是我妈看的"),
    ("demo", _IQ_YK, "都换成季卡"),
    ("demo", "steam50 四张", "一张一张发就行"),
    ("demo", _SHOWS, "我女儿只看爱奇艺"),
    ("demo", _GAMES, "我室友王者充了680"),
    ("demo", "话费50 13812345678，话费100 13987651234", "加起来充个200就行"),
    ("demo", _CARDS, "steam前几天打折 那张还留着"),
    ("p11_market", "瑞幸美式一张，肯德基全家桶一份", "瑞幸没有就换喜茶的20"),
    ("p11_market", "瑞幸美式一张，肯德基全家桶一份", "室友点的全家桶 他一个人吃光了"),
    ("demo", _CUPS, "我姐点的超大杯 喝了一下午"),
    ("demo", "京东卡100，steam50", "京东那张我又不急"),
    ("campus", "巨幕电影票三张", "女朋友不理我了"),
    ("demo", "steam50 四张", "抽奖抽了四张 真开心"),
]


def _of(counter: Counter) -> list[str]:
    state = counter.dialog.state
    return [_written(line, counter) for line in state.lines] if isinstance(state, Confirming) else []


def _written(line: DraftLine, counter: Counter) -> str:
    sku = look(line, counter.shelf).sku
    return f"{sku.code if sku is not None else ''}*{line.quantity}"


@pytest.mark.parametrize(("shop", "first", "said", "wanted"), GOES + CHANGED + FEWER)
def test_what_is_said_of_one_line_is_done_to_that_one(shop: str, first: str, said: str, wanted: list[str]) -> None:
    counter = summed_up(shop, first)
    counter.says(said)
    assert sorted(_of(counter)) == sorted(wanted)


def test_what_is_named_behind_what_is_refused_is_all_of_it() -> None:
    counter = summed_up("demo", "网易一卡通50，骏卡100")
    counter.says("网易的不要 是骏网50和骏网100")
    assert sorted(_of(counter)) == ["JW100*1", "JW50*1"]


@pytest.mark.parametrize(("shop", "first", "said", "wanted"), GOES + CHANGED + FEWER)
def test_below_the_link_the_order_is_made_anew_so(shop: str, first: str, said: str, wanted: list[str]) -> None:
    counter = summed_up(shop, first)
    counter.says("确认")
    counter.says(said)
    assert sorted(_of(counter)) == sorted(wanted)


@pytest.mark.parametrize(("shop", "first", "said"), STAYS)
def test_what_is_only_told_of_a_line_changes_nothing(shop: str, first: str, said: str) -> None:
    counter = summed_up(shop, first)
    before = _of(counter)
    counter.says(said)
    assert _of(counter) == before


def test_an_order_is_not_cancelled_to_be_made_the_same_again() -> None:
    counter = summed_up("heldout11_shop", "手机壳苹果15磨砂 河南省郑州市金水区花园路12号3号楼502 李健 13700001111")
    counter.says("确认")
    counter.says("给我妹也弄一个 她是华为的")
    assert [order.state.value for order in counter.orders] == ["unpaid"]
