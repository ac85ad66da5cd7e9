"""Digits of an account and pieces of an address, said in few words below a summary, are no counts and no amounts."""

import pytest

from dialogs.state import Confirming
from tests.stories.counter import Counter
from tests.stories.shops import counter_in

_CABLE = "一米数据线 李小红 13812345678 四川省成都市武侯区科华路1号"


def _after(shop: str, first: str, said: str) -> Counter:
    counter = counter_in(shop)
    counter.says(first)
    assert isinstance(counter.dialog.state, Confirming)
    counter.says(said)
    return counter


@pytest.mark.parametrize(
    ("shop", "first", "said", "account"),
    [
        ("demo", "q币30 123456789", "qq后面漏了个5", "1234567895"),
        ("demo", "q币30 12345678", "qq最后少了个5", "123456785"),
        ("demo", "q币30 12345678", "号码后面还有个6", "123456786"),
        ("demo", "q币30 12345678", "qq号少打了一位 最后是9", "123456789"),
        ("demo", "q币30 123456789", "qq多打了个9", "12345678"),
        ("demo", "绿钻月卡 12345678", "qq漏了一位 后面加个9", "123456789"),
        ("demo", "绿钻月卡 12345678", "qq号后面加个9", "123456789"),
        ("demo", "绿钻月卡 12345678", "我qq少写了一个数字 末尾是9", "123456789"),
        ("demo", "绿钻月卡 12345678", "qq前面漏了个1", "112345678"),
        ("demo", "和平60点券 12345678", "qq结尾漏了0", "123456780"),
        ("demo", "话费50 13812345678", "号打错了一位 最后是9", "13812345679"),
        ("demo", "话费50 13812345678", "尾数是9 不是8", "13812345679"),
        ("demo", "话费50 13812345678", "错了最后是445", "13812345445"),
        ("demo", "话费50 13812345678", "结尾是5679", "13812345679"),
        ("demo", "话费50 13812345678", "号码错了一位 最后那个应该是9", "13812345679"),
        ("campus", "饭卡50 2021001234", "尾数是5 不是4", "2021001235"),
        ("demo", _CABLE, "再加上2栋301", "科华路1号2栋301"),
        ("demo", _CABLE, "地址后面加上5栋2单元", "科华路1号5栋2单元"),
        ("demo", _CABLE, "忘了写楼号 3号楼502", "科华路1号3号楼502"),
        ("demo", _CABLE, "门牌号漏了 5栋801室", "科华路1号5栋801室"),
        ("demo", _CABLE, "我家住2栋301", "科华路1号2栋301"),
        ("demo", _CABLE, "补充一下 2单元401", "科华路1号2单元401"),
        ("demo", _CABLE, "地址写错了 是200号", "科华路200号"),
        ("demo", _CABLE, "门牌是200号", "科华路200号"),
        ("demo", _CABLE, "不是1号 是200号", "科华路200号"),
        ("demo", f"{_CABLE}2栋301", "是3栋", "科华路1号3栋301"),
    ],
)
def test_the_account_or_address_is_put_right_and_nothing_else(shop: str, first: str, said: str, account: str) -> None:
    before = _after(shop, first, "").dialog.state
    after = _after(shop, first, said).dialog.state
    assert isinstance(before, Confirming)
    assert isinstance(after, Confirming)
    (was,), (now,) = before.lines, after.lines
    assert (now.value, now.sku, now.quantity) == (was.value, was.sku, was.quantity)
    value = next(iter(now.fields.values()))
    assert value == account or (account in value and "李小红" in value)


@pytest.mark.parametrize(
    ("first", "said"),
    [("q币30 12345678", "少打了一个0"), ("q币30 12345678", "后面还有个0"), ("话费50 13812345678", "少打了一个0")],
)
def test_a_digit_that_could_be_the_amount_s_is_asked_about_and_nothing_is_ordered(first: str, said: str) -> None:
    counter = _after("demo", first, said)
    counter.says("确认")
    assert not counter.orders


@pytest.mark.parametrize(
    ("first", "said", "size", "count"),
    [
        ("q币30 12345678", "少打了一个0 是300个", 300, 1),
        ("q币30 12345678", "再加5个", 35, 1),
        ("话费50 13812345678", "最后改成100吧", 100, 1),
        ("话费50 13812345678", "最后是100", 100, 1),
        (_CABLE, "再加一根", None, 2),
        (_CABLE, "再加2根", None, 3),
        (_CABLE, "数量改成2根", None, 2),
    ],
)
def test_counts_and_amounts_stay_what_they_are(first: str, said: str, size: int | None, count: int) -> None:
    state = _after("demo", first, said).dialog.state
    assert isinstance(state, Confirming)
    assert state.lines[0].quantity == count
    assert size is None or state.lines[0].value == size
