"""What is told of, there already or declined orders nothing; what a buyer gives of his own is kept as he wrote it."""
# ruff: noqa: E501 - a wide character counts twice

import pytest

from nlu import Lexicon, parse
from nlu.lexicon import FieldWords, ProductWords, SkuWords
from nlu.telling import told


@pytest.mark.parametrize(
    "text",
    [
        "我舍友一口气充了两千点券",
        "他说他上周在你这买了三张京东卡",
        "昨天喝了两杯星巴克大杯",
        "好久没玩原神了",
        "我没说要充100啊",
        "五十块的话费用了三个月",
        "话费一个月一百多",
        "会议号 883 291 002",
        "请你喝奶茶 20块的",
        "我数三下 三 二 一",
    ],
)
def test_a_message_that_only_tells_orders_nothing(demo: Lexicon, text: str) -> None:
    frame = parse(text, demo)
    assert frame.intent == "unknown"
    assert frame.items == ()


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ("话费够用，流量来5G 13600112244", "liuliang"),
        ("优酷先不买，百度网盘年卡买两个", "baidupan"),
        ("我不玩王者，来个原神月卡", "yuanshen"),
        ("刚买过steam了，这次要骏卡100", "junwang"),
        ("京东卡我有好几张了，星巴克大杯来一张", "xingbake"),
        ("没买过steam卡，来张50的", "steam"),
    ],
)
def test_of_goods_told_and_goods_wanted_only_the_wanted_are_ordered(demo: Lexicon, text: str, product: str) -> None:
    frame = parse(text, demo)
    assert frame.intent == "order"
    assert [item.product for item in frame.items] == [product]


def test_what_was_bought_before_may_be_wanted_again_but_not_what_is_there_already(demo: Lexicon) -> None:
    again = parse("昨天京东卡买了2张100的，再来1张200的", demo)
    assert [(item.product, item.value, item.quantity) for item in again.items] == [("jdcard", 200, 1)]
    other = parse("我有京东卡了，200的来一张", demo)
    assert "jdcard" not in [item.product for item in other.items]


@pytest.mark.parametrize(
    "text",
    [
        "之前充的是50 这次充100 13812345678",
        "以前都充50 现在充100 13812345678",
        "本来想充50 算了充100吧 13812345678",
        "没有50的就充100 13812345678",
    ],
)
def test_what_was_charged_before_is_not_charged_beside_what_is_wanted_now(demo: Lexicon, text: str) -> None:
    frame = parse(text, demo)
    assert [(item.value, item.fields.get("account")) for item in frame.items] == [(100, "13812345678")]


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("win11家庭版 用不着专业版", {"edition": "home"}),
        ("系统激活码，家庭版，专业版就不用了", {"edition": "home"}),
        ("慢充就行，别给我弄快充，话费100", {"speed": "slow"}),
    ],
)
def test_an_option_that_is_declined_is_not_chosen(demo: Lexicon, text: str, options: dict[str, str]) -> None:
    assert [dict(item.options) for item in parse(text, demo).items] == [options]


def test_a_clause_is_told_by_what_it_says_itself() -> None:
    text = "优酷还没到期,续爱奇艺月卡"
    assert [text[start:end] for start, end in told(text)] == ["优酷还没到期"]
    assert told("我有两个号,都充50") == ()
    assert told("话费不够用了,充100") == ()


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("妥了，就这么的", "confirm"), ("中中中，赶紧弄吧", "confirm"), ("係，幫我落單", "confirm"), ("冇問題", "confirm"),
        ("幫我取消掉", "cancel"), ("甭买了，撤了吧", "cancel"), ("俺不要了", "cancel"), ("先不充了，等下个月", "cancel"),
        ("唔係呢個", "deny"),
    ],
)  # fmt: skip
def test_yes_no_and_stop_are_understood_as_they_are_said_anywhere(demo: Lexicon, text: str, intent: str) -> None:
    assert parse(text, demo).intent == intent


@pytest.mark.parametrize(
    "text",
    [
        "妥了没",
        "中不中",
        "没说不要",
        "不用取消，等着就行",
        "得了吧",
        "谁取消的",
        "已经取消了",
        "晓得了",
        "他说取消",
        "您好",
        "你好",
        "大家好",
        "这次好慢",
        "晚上好",
        "师傅好",
        "阿姨好呀",
        "兄弟好",
    ],
)
def test_what_only_sounds_like_a_yes_or_a_stop_is_neither(demo: Lexicon, text: str) -> None:
    assert parse(text, demo).intent not in ("confirm", "cancel")


def _shop() -> Lexicon:
    plate = FieldWords("plate", "车牌号", "text", "^[一-龥][A-Z][A-Z0-9]{5,6}$")
    park = ProductWords("park", "停车月卡", fields=(plate,), skus=(SkuWords("P1", "1个月", 1, "月"),))
    title = FieldWords("title", "封面文字", "text", optional=True)
    album = ProductWords(
        "album", "照片书", fields=(FieldWords("name", "姓名", "text"), title), skus=(SkuWords("A1", "照片书"),)
    )
    return Lexicon((park, album))


def test_a_plate_is_checked_read_out_and_one_for_each_car() -> None:
    shop = _shop()
    assert parse("停车月卡，车牌豫A一二三四五", shop).items[0].fields == {"plate": "豫A12345"}
    assert parse("停车月卡，车牌号晋A123", shop).items[0].invalid == {"plate": "晋A123"}
    two = parse("停车月卡一个月，冀B11111和冀B22222", shop).items
    assert [item.fields["plate"] for item in two] == ["冀B11111", "冀B22222"]


def test_a_name_and_what_is_to_be_written_are_kept_as_they_were_written() -> None:
    item = parse("照片書一本，封面寫「歲月」，叫葉小燕", _shop()).items[0]
    assert item.fields == {"title": "歲月", "name": "葉小燕"}
