"""How much somebody wants, said in another unit, by its half or double, by who comes along, or beside the old size."""

import pytest

from dialogs.draft import look
from dialogs.gist.deciding import gist
from dialogs.state import Confirming, DraftLine
from tests.stories.shops import counter_in, summed_up

WANTS = [
    ("life", "律询咨询30分钟 13812345678 劳动纠纷", "半小时说不清楚 来一个小时的", "value", 60),
    ("driving", "模拟器机时60分钟 71234567", "教练说要两个小时才够", "value", 120),
    ("fresh", "口语课4课时 13812345678 启蒙级", "四节太少 孩子刚入门 报12节", "value", 12),
    (
        "p9_spa",
        "死海浴盐250克袋装 江苏省苏州市吴中区东吴北路31号 陆建平 13962105577",
        "袋装泡两次就没 换罐装",
        "sku",
        "YA500",
    ),
    ("p9_spa", "太空舱上铺", "爬梯子怕摔 睡下面的", "sku", "CA-L"),
    ("p10_playhouse", "话剧池座午场两张", "中午要上课 看晚上那场", "sku", "HJ-SE"),
    ("demo", "steam卡100", "手滑点了 啊不 50的", "value", 50),
    ("demo", "京东卡100", "要200 不对 500", "value", 500),
    ("demo", "加油卡500 1000115500023471180", "跑川藏线呢 翻个倍", "value", 1000),
    ("demo", "话费100 13812345678", "手头紧 减半吧", "value", 50),
    ("demo", "steam卡50 4张", "用不了这么多 砍一半", "quantity", 2),
    ("demo", "星巴克大杯两杯", "同事也去 加上她三个", "quantity", 3),
    ("demo", "星巴克大杯", "我们组五个人呢 别少买了", "quantity", 5),
    ("demo", "星巴克大杯两杯", "再多一杯吧 前台也想喝 三杯", "quantity", 3),
    ("demo", "星巴克大杯", "来一对吧 闺蜜也想要", "quantity", 2),
    ("campus", "电影票普通厅两张", "表妹跟她同学也去 四张", "quantity", 4),
    ("campus", "电影票普通厅两张", "表妹跟她同学也去 再添两张", "quantity", 4),
    ("demo", "网易云黑胶月卡", "他那份也带上", "quantity", 2),
    ("demo", "京东卡100 两张", "俩太多 单张就够", "quantity", 1),
    ("garage", "轮胎更换16寸两条 13812345678", "四条都磨平了 那全换了吧", "quantity", 4),
    ("demo", "星巴克大杯", "有俩人喝 要两杯 刚只点了一杯", "quantity", 2),
    ("demo", "京东卡100 30张", "张数多按了个零", "quantity", 3),
    ("demo", "京东卡50", "手滑 少打个0", "value", 500),
    ("driving", "科目三练车2课时 13812345678", "两个课时不够练 来四个吧", "value", 4),
    ("driving", "科目三练车2课时 13812345678", "来四个两课时的", "quantity", 4),
    ("heldout_travel", "欧洲流量7天 linda88@gmail.com", "行程改了 要待十五天", "value", 15),
    ("demo", "代练 钻石到星耀 qq1234567", "别停在星耀 一口气上王者吧", "sku", "DL-W"),
    ("p10_playhouse", "话剧楼座午场两张", "腿脚不好 顺便换一楼的", "sku", "HJ-SM"),
    ("demo", "win11专业版", "问了同事 home就够了", "sku", "W11H"),
    (
        "campus",
        "保温杯白色350ml 成都市武侯区科华北路65号 王敏 13900002222",
        "要藏青的 还有 要大的500ml",
        "sku",
        "BZ-NL",
    ),
    ("demo", "话费200 13812345678", "一百就行 慢点到没所谓", "sku", "HF100S"),
    ("demo", "steam卡100", "降到50的中不中", "value", 50),
    ("demo", "steam卡50", "我室友买的都是100的 给我也来100的", "value", 100),
    ("demo", "京东卡100 三张", "我弟一张我妹一张 别的不用", "quantity", 2),
    ("demo", "京东卡100", "同事要三张 我自己两张", "quantity", 5),
    ("demo", "京东卡100 两张", "没有优惠也来五张吧", "quantity", 5),
    ("demo", "优酷年卡", "就追一部剧 一年太长了", "sku", "YK1"),
    ("life", "南湖店月卡 13344445555", "我公司在北城那边 南湖太远", "sku", "GYM-N1"),
    ("demo", "win11家庭版", "家庭版没有远程桌面的吧 那我换个版本", "sku", "W11P"),
    ("campus", "电影票普通厅两张", "闺蜜也来 那就三个人的票", "quantity", 3),
    ("demo", "骏卡50", "一百的划算 来个百元的", "value", 100),
    ("demo", "爱奇艺月卡 15521907743", "老婆要追剧 来一个季度的吧", "value", 3),
    ("demo", "网易一卡通50", "五百点不够充坐骑 一千点那个", "value", 100),
    ("demo", "话费100 13812345678", "不急着用 慢慢到的那种就行", "sku", "HF100S"),
    ("demo", "腾讯视频年卡 13855209914", "一年太浪费 三个月的那种", "value", 3),
    ("heldout_travel", "欧洲流量7天 linda88@gmail.com", "七天玩不够 半个月的", "value", 15),
    ("demo", "数据线1米 冯强 13309840071 湖北省武汉市洪山区珞喻路312号", "够不着 要长嘅", "sku", "SJX2"),
    ("demo", "win11专业版", "又不加域 便宜那个版本得了", "sku", "W11H"),
    ("heldout9_angler", "黑坑正钓票4小时", "钓个痛快 要八个钟的", "value", 8),
    ("demo", "星巴克中杯", "俩人喝 大杯的两杯", "sku", "XB-L"),
]
ONLY_TOLD = [
    ("demo", "话费100 13812345678", "上个月翻倍了 花了两百"),
    ("demo", "话费100 13812345678", "首充双倍没了真可惜"),
    ("demo", "steam卡100", "我同学买了50的 说够玩半年"),
    ("demo", "爱奇艺月卡 15521907743", "我看剧一般一天看三个小时"),
    ("life", "律询咨询30分钟 13812345678 劳动纠纷", "排队等了一个小时 终于轮到我"),
    ("demo", "星巴克大杯两杯", "有三个人在排队"),
    ("demo", "星巴克大杯两杯", "我们办公室八个人天天点"),
    ("demo", "腾讯视频月卡 13855209914", "去年充的年卡都没看几次"),
    ("demo", "流量5g 13438221097", "我一个月要用10g多呢"),
    ("demo", "京东卡100", "店里500的都卖完了"),
    ("p9_spa", "太空舱上铺", "上次睡下面的 太吵了"),
    ("p10_playhouse", "话剧池座午场两张", "晚上还要加班"),
    ("demo", "骏卡50", "前年我一百的都买过"),
    ("demo", "steam卡50", "打折要等到月底 还有十天"),
    ("demo", "话费50 13812345678", "每次一百一百地充 心疼"),
    ("fresh", "口语课4课时 13812345678 启蒙级", "别家12节才一千多"),
    ("demo", "星巴克大杯", "三个小时没喝水了"),
    ("demo", "网易一卡通50", "我以前一千点一周就花完"),
    ("demo", "爱奇艺年卡 15521907743", "我妈办的季卡 到期了"),
    ("demo", "话费100 13812345678", "一半是给公司报销的"),
    ("demo", "京东卡100", "是不是要200才包邮啊 先这样"),
    ("demo", "steam卡100", "少打个0"),
    ("demo", "优酷年卡", "一年好长啊 孩子都该上学了"),
    ("life", "南湖店月卡 13344445555", "我妹公司在北城那边"),
    ("demo", "腾讯视频年卡 13855209914", "一年太久了"),
    ("demo", "话费100 13812345678", "号码多打了个0"),
    ("demo", "星巴克大杯两杯", "我弟也去过那家店"),
    ("demo", "代练 钻石到星耀 qq1234567", "我同学都打到王者了"),
    ("heldout_travel", "欧洲流量7天 linda88@gmail.com", "去年在那待了半个月"),
    ("demo", "京东卡100", "单张卡面还挺好看"),
]


def _lines(shop: str, first: str) -> tuple[DraftLine, ...]:
    state = summed_up(shop, first).dialog.state
    assert isinstance(state, Confirming)
    return state.lines


@pytest.mark.parametrize(("shop", "first", "said", "part", "wanted"), WANTS)
def test_a_size_or_count_is_known_however_it_is_said(
    shop: str, first: str, said: str, part: str, wanted: int | str
) -> None:
    shelf = counter_in(shop).shelf
    new = gist(_lines(shop, first), said, shelf)
    assert new is not None
    (line,) = new
    sku = look(line, shelf).sku
    assert sku is not None
    assert {"value": line.value, "quantity": line.quantity, "sku": sku.code}[part] == wanted


@pytest.mark.parametrize(("shop", "first", "said"), ONLY_TOLD)
def test_an_amount_that_is_only_told_changes_nothing(shop: str, first: str, said: str) -> None:
    assert gist(_lines(shop, first), said, counter_in(shop).shelf) is None


def test_a_size_given_below_the_link_with_its_reasons_changes_the_order_that_waits() -> None:
    counter = counter_in("demo")
    for text in ("steam卡100", "确认"):
        counter.says(text)
    reply = counter.says("刚看了下余额 只够玩个小的 50的那个")
    assert "Steam" in reply.text
    assert "50元" in reply.text


def test_a_bare_size_below_the_link_is_still_asked_about() -> None:
    counter = counter_in("demo")
    for text in ("steam卡100", "确认"):
        counter.says(text)
    assert "另买一份" in counter.says("50").text


def test_of_two_lines_the_one_whose_size_is_refused_is_changed() -> None:
    lines = _lines("demo", "流量1g 15133709248，星巴克大杯")
    new = gist(lines, "1g撑不到周末 换十个g的", counter_in("demo").shelf)
    assert new is not None
    assert [(line.product, line.value) for line in new] == [(lines[0].product, 10), (lines[1].product, lines[1].value)]


@pytest.mark.parametrize("said", ["我老婆嫌少 充够两百", "我爸一个人在老家 直接两百的", "话都说不完 三百那种"])
def test_what_the_last_clause_wants_is_no_mere_telling(said: str) -> None:
    counter = counter_in("demo")
    counter.says("话费100 13812345678")
    counter.says(said)
    assert isinstance(counter.dialog.state, Confirming)
    (line,) = counter.dialog.state.lines
    assert line.value in (200, 300)


@pytest.mark.parametrize("said", ["我弟在营业厅 充了200", "隔壁老王家 一个月打200", "听说那边做活动 充200送20"])
def test_what_others_do_is_told(said: str) -> None:
    counter = counter_in("demo")
    counter.says("话费100 13812345678")
    counter.says(said)
    assert isinstance(counter.dialog.state, Confirming)
    (line,) = counter.dialog.state.lines
    assert line.value == 100
