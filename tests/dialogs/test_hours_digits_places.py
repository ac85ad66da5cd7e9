"""Hours by the clock, ends of numbers, characters, how things stand, and addresses: none of them is an amount."""

import pytest

from dialogs.state import Confirming
from tests.stories.shops import counter_in, lines_after, summed_up

_PIANO = ("练琴2小时", "今晚9点", "小白")
_HOME = "桂花糕大盒 孙浩 18607430027 湖南省吉首市团结西路33号"


@pytest.mark.parametrize(
    ("said", "hours", "start"),
    [
        ("改一下 要3个小时 明天晚上8点吧 今晚没空了", 3, "明天晚上8点"),
        ("时间改成明晚8点", 2, "明晚8点"),
        ("10点吧 9点来不及", 2, "今晚10点"),
        ("从后天下午3点开始 4个钟头", 4, "后天下午3点"),
        ("改到八点半", 2, "今晚八点半"),
    ],
)
def test_an_hour_by_the_clock_moves_the_time_and_counts_no_hours(said: str, hours: int, start: str) -> None:
    (line,) = lines_after("约好的", *_PIANO, said)
    assert (line.value, line.fields["start"]) == (hours, start)


def test_of_a_text_that_tells_more_than_a_time_the_time_alone_is_another() -> None:
    (line,) = lines_after("约好的", "全屋组网", "小米BE7000 后天晚上8点后都行")
    assert line.fields["note"] == "小米BE7000 后天晚上8点后都行"
    (line,) = lines_after("约好的", "全屋组网", "小米BE7000 后天晚上8点后都行", "时间改成周六下午3点")
    assert line.fields["note"] == "小米BE7000 周六下午3点后都行"


@pytest.mark.parametrize("said", ["那个来是我打多了 不影响送吧 算了就这样 确认", "我打多了一个字 算了就这样 确认"])
@pytest.mark.parametrize(("shop", "first"), [("demo", "京东卡100 三张"), ("约好的", "海淘卡国内50 三张")])
def test_characters_typed_too_many_are_no_pieces(shop: str, first: str, said: str) -> None:
    state = summed_up(shop, first).dialog.state
    counter = summed_up(shop, first)
    counter.says(said)
    assert isinstance(state, Confirming)
    assert isinstance(counter.dialog.state, Confirming)
    assert counter.dialog.state.lines == state.lines


def test_a_number_of_characters_counts_nothing() -> None:
    (line,) = lines_after("约好的", "江湖币680", "编号就30581122 区服就四个字紫禁之巅")
    assert line.quantity == 1
    (line,) = lines_after("约好的", "江湖币680 四份 编号30581122", "啥四份？我就买一份 区服名字只要紫禁之巅")
    assert (line.quantity, line.fields["area"]) == (1, "紫禁之巅")


@pytest.mark.parametrize(
    ("said", "stars"),
    [
        ("我这号卡在30来星老打不上去了 代打 给我整十二颗星呗", 12),
        ("代打 我现在30星 给我打12颗星", 12),
        ("代打加星 已经28星了 再加12颗", 12),
        ("代打12颗 13812345678", 12),
    ],
)
def test_how_things_stand_is_no_wish(said: str, stars: int) -> None:
    (line,) = lines_after("约好的", said)
    assert (line.value, line.quantity) == (stars, 1)


@pytest.mark.parametrize(
    "said",
    [
        "哎呀不好意思 看错了 充50就行 号码最后两位是78 不是87",
        "充50就行 号码最后两位是78",
        "号码尾号是2078 改成50的",
        "后四位错了 是2078 充50",
    ],
)
def test_an_amount_and_the_end_of_a_number_are_both_changed(said: str) -> None:
    (line,) = lines_after("demo", "话费100 13055512087", said)
    assert (line.value, line.fields["account"]) == (50, "13055512078")


@pytest.mark.parametrize(
    "said", ["50块的吧 手机号中间错了", "号码最后两位写反了 另外金额要50", "改成50 号码第三位错了"]
)
def test_the_half_that_is_not_done_is_told(said: str) -> None:
    counter = summed_up("demo", "话费100 13055512087")
    reply = counter.says(said)
    state = counter.dialog.state
    assert isinstance(state, Confirming)
    assert state.denied or state.lines[0].fields["account"] == "13055512078"
    assert "没看懂" in reply.text or state.lines[0].fields["account"] == "13055512078"


@pytest.mark.parametrize(
    ("said", "street"),
    [
        (
            "我妈说寄她那里 收件人换成何秀英 电话18980001234 成都市锦江区东大街88号",
            "成都市锦江区东大街88号 何秀英 18980001234",
        ),
        ("收货人改成何秀英 18980001234 成都市锦江区东大街88号", "成都市锦江区东大街88号 何秀英 18980001234"),
        ("等下 楼号忘了 是3幢2单元501", "湖南省吉首市团结西路33号3幢2单元501 孙浩 18607430027"),
        ("地址还要加个门牌 团结西路33号后面加 3栋2单元", "湖南省吉首市团结西路33号3栋2单元 孙浩 18607430027"),
    ],
)
def test_what_is_said_of_the_address_is_put_in_it(said: str, street: str) -> None:
    (line,) = lines_after("约好的", _HOME, said)
    assert line.fields["address"] == street


def test_a_piece_of_the_address_is_added_below_the_link() -> None:
    counter = counter_in("约好的")
    for message in (_HOME, "确认", "地址还要加个门牌 团结西路33号后面加 3栋2单元"):
        counter.says(message)
    state = counter.dialog.state
    assert isinstance(state, Confirming)
    assert "33号3栋2单元" in state.lines[0].fields["address"]


def test_a_house_that_is_there_already_is_put_right_with_what_follows() -> None:
    (line,) = lines_after("约好的", f"{_HOME}3幢", "楼号忘了 是3幢2单元501")
    assert "33号3幢2单元501 " in line.fields["address"]
