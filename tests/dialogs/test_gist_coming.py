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
    ("garage", f"车载香薰柠檬 {_POST}", "再搭瓶海洋的 一起寄", "SC-L:1 SC-O:1"),
]
INSTEAD = [
    ("demo", "京东卡100", "京东现在都不用了 换steam的吧", "ST100:1"),
    ("demo", "星巴克大杯", "她戒咖啡了 换50的东哥卡吧", "JD50:1"),
    ("demo", "爱奇艺月卡 13812345678", "哎点错了 我要开的是b站", "BL1:13812345678"),
    ("demo", "王者60点券 77001122 安卓", "王者不玩了 给和平充 还是60", "HP60:77001122"),
    ("demo", "话费50 13812345678", "话费老婆刚交 这钱给我冲q币 50个 号630017742", "QB:630017742"),
    ("demo", "腾讯视频月卡 13812345678", "老公说家里有腾讯 那开优酷吧 也是一个月", "YK1:1"),
    ("photo", "租R5 三天 13812345678 信用免押", "R5太沉 换成R6 别的都不变", "R6D3:1"),
    ("heldout_pantry", "生鲜卡300", "人家爱吃螃蟹 换398的蟹券", "DX398:1"),
    ("demo", "骏卡30", "拿错了拿错了 网易的 也是30", "WY30:1"),
]
REMARKS = [
    ("demo", "京东卡100", "我家里还有张steam卡没用"),
    ("demo", "京东卡100", "京东的卡不如steam的好卖"),
    ("demo", "话费50 13812345678", "我手机里还有30块"),
    ("demo", "爱奇艺月卡 13812345678", "不用换 就爱奇艺 腾讯没啥看的"),
    ("demo", "骏卡30", "网易的我买过 骏网的头一回"),
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
