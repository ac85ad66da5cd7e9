"""What is only told in the middle of an order, with numbers, sizes and names in it: the order stays as it is. Beside
each row what sounds alike and is a correction."""

import pytest

from dialogs.state import Collecting, Confirming
from tests.stories.counter import Counter
from tests.stories.shops import counter_in

ADDRESS = "江苏省苏州市姑苏区 干将东路333号 吴梅 13771712345"
ROWS = [
    (
        "heldout12_shop",
        f"日常保洁4小时，下午，联系电话13771712345，上门地址{ADDRESS}",
        "上次那个师傅快 2小时就搞完还帮我擦了5扇窗;我邻居在别家用的6小时的 擦得一塌糊涂;你们应该不用那么麻烦吧",
        "4小时干不完 要6小时的=6 1",
    ),
    ("p10_playhouse", "包厢晚场两张", "六百八一张 头一回坐这么好的位子 激动", "六百八太贵 换池座晚场=None 2"),
    ("demo", "优酷年卡", "爱奇艺一年才199 你这个真敢要价;我闺蜜她们五个人合着买的季卡 太会省了", ""),
    (
        "life",
        "南湖店月卡 13344445555",
        "我同学在北城那边 天天喊我;北城店器械少吧",
        "北城离我近 换北城的=1 1;我单位在北城 南湖太远=1 1",
    ),
    (
        "p10_playhouse",
        "话剧池座午场两张",
        "晚上还有个饭局;一楼看得清楚吧;我们四个人约好一起吃饭",
        "午场赶不上 晚上那场=None 2",
    ),
    ("demo", "代练 钻石到星耀 qq1234567", "我同学打到王者了 眼红", ""),
    (
        "garage",
        "停车月卡地上1个月 豫A12345",
        "我弟那张地下的卡过期了;地下太潮了;地下的早满了;我邻居停地下;我车3个月没洗了",
        "地下的吧 晒得慌=1 1;换3个月的省心=3 1",
    ),
    (
        "fresh",
        "口语课12课时 13500001357 启蒙级",
        "他姐上了48节 口语可好了;4节就听腻了咋办;上完12节再说",
        "先报4节试试水=4 1;48节划算 报48节=48 1",
    ),
    ("demo", "星巴克中杯", "三个同事刚走;我闺蜜家俩孩子都爱喝甜的;同学家三杯都喝不完", "三个人 每人一杯=None 3"),
    ("heldout11_shop", "巨无霸套餐", "我家娃只吃麦乐鸡 一次20块", ""),
    (
        "demo",
        "话费50 13812345678",
        "刚接了3个推销电话 烦;这个月流量都超了10个g了"
        ";隔壁老王充100送20呢;一天给我打5个推销电话 烦死;两张卡都欠费了;我爸一个月200都不够用 真能聊"
        ";移动那边办一个要三百多 你家才五十"
        ";停机两天了 客户都找不到我;我弟的号是13900001111 他上周刚充过;49块几毛 也不抹个零",
        "我爸一个月打不了几个电话 30就够了=30 1;刚接了3个推销 换成100的吧=100 1",
    ),
    (
        "demo",
        "京东卡100",
        "我有两个朋友也在你家买 都说好;双十一凑单凑得我头都大了 三百减五十"
        ";上次那张50的我还没用完呢;朋友推荐我来的 他买的腾讯年卡",
        "我有两个朋友结婚 改成两张=100 2;要三张 分给孩子们=100 3",
    ),
    (
        "demo",
        "原神980 181240093",
        "十连抽歪了两次 气死我了;再抽60发就保底了 保佑我;我室友氪了6480 还是没出;今天21号新池子开了",
        "980不够抽 换1980的=1980 1;十连歪了两次 上3280=3280 1",
    ),
    (
        "life",
        f"桶装水10桶 {ADDRESS}",
        "上家水站50桶才收我四百 你们贵了点;我们办公室二十个人 喝得可快了",
        "我们二十个人喝 要20桶的=20 1",
    ),
    ("garage", "美区100美元", "现在汇率都七块三了 心疼;日区那张1000的上周就用完了", "用不了那么多 25刀就行=25 1"),
    (
        "driving",
        "C2普通班 李建国 13812345678",
        "我表哥考了四次才过 笑死;今年28了才想起来学车;我同学报的VIP班 花了快八千",
        "",
    ),
    (
        "fresh",
        f"猫粮鸡肉味2kg {ADDRESS}",
        "三文鱼味的它闻都不闻;邻居家一次囤10kg 也不怕坏;我家橘猫都十六斤了",
        "三只猫呢 2kg不够吃 换10公斤的=10 1;来三袋 家里猫多=2 3",
    ),
    (
        "campus",
        "饭卡100 2023104567",
        "食堂涨价了 一顿要十五块;二食堂的麻辣香锅50块才一小碗",
        "食堂涨价了 充200=200 1;放假了 50就够=50 1",
    ),
    (
        "p9_spa",
        f"推拿45分钟 {ADDRESS} 13771712345",
        "腰疼了两个星期了;我妹叫的是75分钟 她说不错;停车要等十分钟 有点烦",
        "腰疼 45分钟不解乏 上75的=75 1",
    ),
    ("p10_playhouse", "酸梅汤300毫升", "我儿子一口气能喝三杯;我五号厅第三排 位子真好", "我们仨 来三杯=300 3"),
    ("heldout_pantry", "大闸蟹398型", "超市里598的缩水成八只了;去年送的888的 人家还嫌小", "五口人 398太小 要598=598 1"),
    (
        "heldout_travel",
        "日本esim5天 linzq@163.com",
        "机票才900 捡了个大便宜;还有15天就飞了 好激动",
        "要待一个礼拜 换7天的=7 1",
    ),
    (
        "heldout11_shop",
        "话费100元 13877776666",
        "我有三张卡 这张是主卡;移动老给我发短信 一天五条",
        "100用不完 50就行=50 1",
    ),
    (
        "cloud",
        "译芽翻译30天 13812345678",
        "论文三十页 翻译得我头秃;我导师买的365天 用不到一半",
        "毕业论文要弄一年 换365天的=365 1",
    ),
]
TOLD = [(shop, first, told) for shop, first, remarks, _ in ROWS for told in remarks.split(";")]
MEANT = [
    (shop, first, *row.split("=")) for shop, first, _, corrections in ROWS for row in corrections.split(";") if row
]


def _lines(counter: Counter) -> list[tuple[object, ...]]:
    state = counter.dialog.state
    assert isinstance(state, Collecting | Confirming), state
    return [(line.product, line.sku, line.value, line.quantity, line.fields) for line in state.lines]


@pytest.mark.parametrize(("shop", "first", "told"), TOLD)
def test_what_is_told_below_the_summary_changes_nothing(shop: str, first: str, told: str) -> None:
    counter = counter_in(shop)
    counter.says(first)
    before = _lines(counter)
    counter.says(told)
    assert isinstance(counter.dialog.state, Confirming)
    assert _lines(counter) == before
    assert counter.dialog.listed is None


@pytest.mark.parametrize(("shop", "first", "told"), TOLD)
def test_what_is_told_below_the_link_leaves_the_order_waiting(shop: str, first: str, told: str) -> None:
    counter = counter_in(shop)
    counter.says(first)
    counter.says("确认")
    placed, state = [(order.order_no, order.state) for order in counter.orders], counter.dialog.state
    assert placed
    counter.says(told)
    assert [(order.order_no, order.state) for order in counter.orders] == placed
    assert counter.dialog.state == state
    assert counter.dialog.listed is None


def test_what_is_told_while_the_size_is_known_and_the_number_asked_changes_nothing() -> None:
    counter = counter_in("demo")
    counter.says("爱奇艺年卡")
    before = _lines(counter)
    counter.says("我表姐充的是月卡 她说贵死了")
    assert isinstance(counter.dialog.state, Collecting)
    assert _lines(counter) == before


@pytest.mark.parametrize(("shop", "first", "said", "wanted"), MEANT)
def test_what_sounds_alike_and_wishes_something_is_a_correction(shop: str, first: str, said: str, wanted: str) -> None:
    counter = counter_in(shop)
    counter.says(first)
    counter.says(said)
    state = counter.dialog.state
    assert isinstance(state, Confirming)
    assert [f"{line.value} {line.quantity}" for line in state.lines] == [wanted]
