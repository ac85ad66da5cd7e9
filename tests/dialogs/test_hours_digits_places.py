"""Hours by the clock, ends of numbers, characters, how things stand, and addresses: none of them is an amount."""

import pytest

from dialogs.places import read
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
    assert "还没改进去" in reply.text or state.lines[0].fields["account"] == "13055512078"


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


@pytest.mark.parametrize(
    ("said", "unit", "street"),
    [
        ("我说的是地址呀 3幢2单元501 还是大的", "CK-L", "湖南省吉首市团结西路33号3幢2单元501 孙浩 18607430027"),
        ("等下 糕点楼号忘了 是3幢2单元501", None, "湖南省吉首市团结西路33号3幢2单元501 孙浩 18607430027"),
        (
            "不对不对 地址里怎么把楼下也写进去了 湖南省吉首市人民北路88号3幢602",
            None,
            "湖南省吉首市人民北路88号3幢602 孙浩 18607430027",
        ),
    ],
)
def test_the_address_is_put_right_while_something_else_is_asked(said: str, unit: str | None, street: str) -> None:
    (line,) = lines_after("约好的", "桂花糕 孙浩 18607430027 湖南省吉首市团结西路33号", said)
    assert (line.sku, line.fields["address"]) == (unit, street)


@pytest.mark.parametrize(
    ("said", "address", "pieces"),
    [
        ("收货:孙浩,18607430027,湖南省吉首市团结西路33号", "湖南省吉首市团结西路33号 孙浩 18607430027", 1),
        (
            "嗯68可以的 我要三盒 寄到公司来 上海浦东新区世纪大道1200号15楼 赵敏 18973310456",
            "上海浦东新区世纪大道1200号15楼 赵敏 18973310456",
            3,
        ),
        (
            "啥叫没有啊 我说的是糕点15块那种\n王倩 13512345678 苏州市吴中区东吴北路88号3幢602",
            "苏州市吴中区东吴北路88号3幢602 王倩 13512345678",
            1,
        ),
    ],
)
def test_what_is_said_before_an_address_is_no_part_of_it(said: str, address: str, pieces: int) -> None:
    (line,) = lines_after("约好的", "桂花糕大盒", said)
    assert (line.fields["address"], line.quantity) == (address, pieces)


def test_a_character_is_taken_out_of_an_address() -> None:
    (line,) = lines_after("约好的", _HOME.replace("团结", "来团结"), "三盒 不是一盒 地址里那个来字去掉")
    assert (line.quantity, line.fields["address"]) == (3, "孙浩 18607430027 湖南省吉首市团结西路33号")


@pytest.mark.parametrize(
    ("said", "months"), [("听书会员三个月 90318827", 3), ("听书开半年 90318827", 6), ("给90318827开听书 两个月的", 2)]
)
def test_months_are_the_amount_of_what_is_sold_by_any_number_of_them(said: str, months: int) -> None:
    (line,) = lines_after("约好的", said)
    assert (line.value, line.quantity, line.fields["account"]) == (months, 1, "90318827")


@pytest.mark.parametrize("said", ["美国的 20刀", "换成美区20美金的", "美国 20美刀吧"])
def test_a_choice_and_a_size_in_another_currency_both_count(said: str) -> None:
    (line,) = lines_after("约好的", "海淘卡国内100", said)
    assert (line.value, line.options["country"]) == (20, "us")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("那手机是5678那个对吧", "138****5678"),
        ("手机号是5678那个吧", "138****5678"),
        ("那手机是5679那个对吧", "不是的"),
        ("99.5对吧", "合计¥99.50"),
        ("99块5对吗", "合计¥99.50"),
    ],
)
def test_what_the_summary_shows_is_answered_and_nothing_changes(said: str, told: str) -> None:
    counter = summed_up("demo", "话费100 13812345678")
    before = counter.dialog.state
    reply = counter.says(said)
    assert told in reply.text
    assert counter.dialog.state == before


@pytest.mark.parametrize("said", ["是5678这个号 没错", "一张99.5是吧 行", "99块5 对的 买"])
def test_what_stands_there_said_back_is_a_yes(said: str) -> None:
    counter = summed_up("demo", "话费100 13812345678")
    counter.says(said)
    assert len(counter.orders) == 1


def test_what_somebody_else_takes_and_nought_are_no_sizes() -> None:
    (line,) = lines_after("demo", "京东卡", "维修店要二百 太贵了 有冇大点的")
    assert line.value is None
    (line,) = lines_after("demo", "就京东卡500 0元给我 老板说的")
    assert (line.value, line.quantity) == (500, 1)


@pytest.mark.parametrize(
    "said",
    [
        "我妈说寄她那里 收件人换成何秀英 电话18980001234 成都市锦江区东大街88号",
        "地址改成成都市锦江区东大街88号 何秀英 18980001234",
        "寄给何秀英吧 18980001234 成都市锦江区东大街88号",
    ],
)
def test_a_whole_new_address_replaces_the_old_one_while_a_size_is_asked_for(said: str) -> None:
    first = "海报一张 寄给吴磊 17700998877 成都市武侯区人民南路四段12号"
    (line,) = lines_after("各样", first, said)
    place = read(line.fields["address"])
    assert (place.name, place.phone, place.street) == ("何秀英", "18980001234", "东大街88号")
