"""What comes besides what is ordered, and what comes in its place, in words of all kinds."""

import pytest

from kernel.orders import OrderState
from tests.stories.shops import counter_in

_POST = "河南省郑州市金水区花园路12号3号楼502 李健 13700001111"
BESIDES = [
    ("demo", "京东卡100", "50的也捎上一张", "JD100:1 JD50:1"),
    ("demo", "星巴克大杯", "超大杯也给我整一张 我媳妇爱喝", "XB-L:1 XB-X:1"),
    ("demo", "绿钻月卡 630017742", "q币也要 充60个 同一个号", "LZ1:630017742 QB:630017742"),
    ("demo", "爱奇艺月卡 13812345678", "b站的也开一个月 还是这个号", "BL1:13812345678 IQ1:13812345678"),
    ("demo", "话费50 13812345678", "我妈那个13900001111也充50", "HF50:13812345678 HF50:13900001111"),
    ("demo", "骏卡30", "再加一张一样的 送室友", "JW30:2"),
    ("demo", "骏卡30", "50的、100的都再来一张", "JW100:1 JW30:1 JW50:1"),
    ("demo", "骏卡10", "还差个30的 一并买了", "JW10:1 JW30:1"),
    ("demo", "原神小月卡 128844017", "给我室友也充个60结晶 他uid是155667788", "YS60:155667788 YSKY:128844017"),
    ("demo", "steam100", "50的落下了 补上", "ST100:1 ST50:1"),
    ("demo", "骏卡50", "漏掉一张100的 给加进去", "JW100:1 JW50:1"),
    ("demo", "星巴克大杯", "给我妈也来一份同款", "XB-L:2"),
    ("demo", "win11家庭版", "公司那台要专业版 也拿一个", "W11H:1 W11P:1"),
    ("demo", "流量5g 13812345678", "话费也见底了 一道充50 号不变", "HF50:13812345678 LL5:13812345678"),
    (
        "demo",
        "话费100 13812345678",
        "油卡也没油了 充200 卡号1000116600117733904",
        "HF100:13812345678 JY200:1000116600117733904",
    ),
    ("p11_market", "生椰拿铁券一张", "我闺蜜说她要美式 一起下了", "RX-MS:1 RX-SY:1"),
    ("p11_market", "喜茶20", "蛋挞忘点了 再加一份蛋挞", "HT20:1 KFC-T:1"),
    ("venue", "庙会票日场两张", "晚上还想去 夜场的也来两张", "FA-D:2 FA-N:2"),
    ("campus", "普通厅电影票两张", "电影票够了 再给我来个10次的洗衣卡", "DY-2D:2 XY10:1"),
    ("garage", f"车载香薰柠檬 {_POST}", "再搭瓶海洋的 一起寄", "SC-L:1 SC-O:1"),
]
BESIDES += [
    ("demo", "星巴克中杯", "还有俩同学 她们要大杯 一起下了吧", "XB-L:2 XB-M:1"),
    ("demo", "骏卡30", "再加仨一样的 送室友", "JW30:4"),
    ("venue", "庙会日场单人两张", "还要停车 来张4小时的停车券", "FA-D:2 PK4:1"),
]
_SHELL = f"手机壳苹果15磨砂 {_POST}"
BESIDES += [
    ("heldout11_shop", _SHELL, "我对象也来一个 苹果16 透明的", "SK15-M:1 SK16-T:1"),
    ("heldout11_shop", _SHELL, "给我妹也弄一个 她是苹果16的", "SK15-M:1 SK16-M:1"),
]
INSTEAD = [
    ("garage", "92号汽油200", "嘶 我车喝95的 面额照旧", "G95-200:1"),
    ("demo", "爱奇艺月卡 13812345678", "我一直用的优酷 时长不变", "YK1:1"),
    ("demo", "京东卡100", "京东现在都不用了 换steam的吧", "ST100:1"),
    ("demo", "星巴克大杯", "她戒咖啡了 换50的东哥卡吧", "JD50:1"),
    ("demo", "爱奇艺月卡 13812345678", "哎点错了 我要开的是b站", "BL1:13812345678"),
    ("demo", "王者60点券 77001122 安卓", "王者不玩了 给和平充 还是60", "HP60:77001122"),
    ("demo", "话费50 13812345678", "话费老婆刚交 这钱给我冲q币 50个 号630017742", "QB:630017742"),
    ("demo", "腾讯视频月卡 13812345678", "老公说家里有腾讯 那开优酷吧 也是一个月", "YK1:1"),
    ("photo", "租R5 三天 13812345678 信用免押", "R5太沉 换成R6 别的都不变", "R6D3:1"),
    ("demo", "腾讯视频季卡 13812345678", "嘴瓢了 爱奇艺季卡", "IQ3:13812345678"),
    ("demo", "骏卡50", "点岔了 网易的不是骏网 面值没变", "WY50:1"),
    ("demo", "绿钻月卡 630017742", "我听歌用的网易云 绿钻帮我去掉 开网易云月卡", "HJ1:1"),
    ("demo", "腾讯视频年卡 13812345678", "不看腾讯了 白娘子在优酷 年卡", "YK12:1"),
    ("heldout10_tongues", "托福模考一次", "学校只认雅思 托福的换掉", "YA1:1"),
    ("heldout11_shop", "珍珠奶茶两杯", "奶茶别要了 换圣代 还是俩", "MX-XL:2"),
    ("driving", "计算机一级月卡", "我报的是二级 Office的 也是月卡", "J2O1:1"),
    ("venue", "滑雪票半天两张", "雪场没开 去庙会夜场得了 还是两张", "FA-N:2"),
    ("heldout_pantry", "生鲜卡300", "人家爱吃螃蟹 换398的蟹券", "DX398:1"),
    ("demo", "骏卡30", "拿错了拿错了 网易的 也是30", "WY30:1"),
]
INSTEAD += [
    ("garage", "美区苹果卡25美元，停车小时券5小时", "搞错区了 要日区的 3000日元那种", "AJ3000:1 PH5:1"),
    ("demo", "优酷年卡，京东卡100", "优酷那个我媳妇有了 顶成网易云年卡", "HJ12:1 JD100:1"),
]
INSTEAD += [("demo", "吃鸡60点券 709113825", "我说的是q币 30个 别给弄成吃鸡的", "QB:709113825")]
REMARKS = [
    ("heldout11_shop", _SHELL, "给我妹也弄一个 她是华为的"),
    ("venue", "庙会日场单人两张", "还得排队 人太多了"),
    ("demo", "京东卡100", "我家里还有张steam卡没用"),
    ("demo", "京东卡100", "京东的卡不如steam的好卖"),
    ("demo", "话费50 13812345678", "我手机里还有30块"),
    ("demo", "爱奇艺月卡 13812345678", "不用换 就爱奇艺 腾讯没啥看的"),
    ("demo", "骏卡30", "网易的我买过 骏网的头一回"),
    ("garage", "92号汽油200", "95的涨价了 还好我加92"),
    ("demo", "steam50", "等双十一再买100的"),
    ("demo", "王者60点券 630017742 安卓", "一起玩的都充680 就我穷"),
    ("demo", "爱奇艺月卡 13812345678", "优酷的我也有 都是家里老人看"),
    ("games", "天启30", "再过两天就放假了 可以玩个够"),
    ("heldout11_shop", "滴滴20", "菜鸟的寄件券我还剩一张呢"),
    ("p9_spa", "汤泉日场成人票两张", "上回搓澡师傅手真重 搓得我生疼"),
    ("demo", "话费50 13812345678", "流量我还有10个g呢"),
    ("demo", "爱奇艺月卡 13812345678", "是爱奇艺便宜还是腾讯"),
]


def _ordered(shop: str, *texts: str) -> str:
    counter = counter_in(shop)
    for text in texts:
        counter.says(text)
    waiting = [line for order in counter.orders if order.state is OrderState.UNPAID for line in order.lines]
    return " ".join(sorted(f"{line.sku_code}:{line.fields.get('account', line.quantity)}" for line in waiting))


@pytest.mark.parametrize(("shop", "first", "said", "wanted"), [*BESIDES, *INSTEAD])
def test_below_a_summary_it_comes_besides_or_in_its_place(shop: str, first: str, said: str, wanted: str) -> None:
    assert _ordered(shop, first, said, "确认") == wanted


@pytest.mark.parametrize(("shop", "first", "said", "wanted"), [*BESIDES, *INSTEAD])
def test_below_the_link_nothing_waits_that_he_gave_up(shop: str, first: str, said: str, wanted: str) -> None:
    assert _ordered(shop, first, "确认", said, "确认") == wanted


@pytest.mark.parametrize(("shop", "first", "said"), REMARKS)
def test_what_is_only_told_of_other_goods_changes_nothing(shop: str, first: str, said: str) -> None:
    counter = counter_in(shop)
    counter.says(first)
    before = counter.dialog.state
    counter.says(said)
    assert getattr(counter.dialog.state, "lines", ()) == getattr(before, "lines", None)
