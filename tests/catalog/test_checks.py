"""What a buyer gives for a field: the canonical form, or what is wrong in words he understands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.checks import Invalid, Valid, check_field
from catalog.model import Choice, Field, FieldKind


def _field(kind: FieldKind, label: str = "账号", pattern: str | None = None) -> Field:
    values = (
        Choice("android", "安卓QQ区", ("安卓", "安卓区", "老区")),
        Choice("ios", "苹果QQ区", ("苹果", "iOS", "老区")),
    )
    return Field("account", label, kind, pattern, values if kind is FieldKind.CHOICE else ())


@pytest.mark.parametrize(
    ("kind", "raw", "canonical"),
    [
        (FieldKind.PHONE, "13812345678", "13812345678"),
        (FieldKind.PHONE, " 138-1234 5678 ", "13812345678"),
        (FieldKind.PHONE, "１３８１２３４５６７８", "13812345678"),
        (FieldKind.PHONE, "+86 138 1234 5678", "13812345678"),
        (FieldKind.PHONE, "008613812345678", "13812345678"),
        (FieldKind.QQ, "10001", "10001"),
        (FieldKind.QQ, "123 456 789", "123456789"),
        (FieldKind.PHONE_OR_QQ, "138 1234 5678", "13812345678"),
        (FieldKind.PHONE_OR_QQ, "818181818", "818181818"),
        (FieldKind.UID, "1234 56789", "123456789"),
        (FieldKind.UID, "Player_7#CN", "Player_7#CN"),
        (FieldKind.CARD_NO, "1000 1100 1234-5678", "1000110012345678"),
        (FieldKind.EMAIL, " a.b+c@mail.example.com", "a.b+c@mail.example.com"),
        (FieldKind.TEXT, "  韩信，  李白（备用） ", "韩信， 李白（备用）"),
        (FieldKind.ADDRESS, "北京市海淀区1号\n张三 13812345678", "北京市海淀区1号 张三 13812345678"),
        (FieldKind.CHOICE, "安卓", "android"),
        (FieldKind.CHOICE, "安卓ＱＱ区", "android"),
        (FieldKind.CHOICE, "IOS", "ios"),
    ],
)
def test_what_is_right_comes_out_canonical(kind: FieldKind, raw: str, canonical: str) -> None:
    assert check_field(_field(kind), raw) == Valid(canonical)


@pytest.mark.parametrize(
    ("kind", "raw", "reason"),
    [
        (FieldKind.PHONE, "1381234567", "账号应为11位，您输入了10位"),
        (FieldKind.PHONE, "138123456789", "账号应为11位，您输入了12位"),
        (FieldKind.PHONE, "12812345678", "账号应以13到19开头，您输入的以12开头"),
        (FieldKind.PHONE, "多少钱", "账号应为11位数字"),
        (FieldKind.PHONE, "", "账号不能为空"),
        (FieldKind.QQ, "1234", "账号应为5到11位，您输入了4位"),
        (FieldKind.QQ, "0123456", "账号不能以0开头"),
        (FieldKind.QQ, "abc", "账号应为5到11位数字"),
        (FieldKind.PHONE_OR_QQ, "138123456789", "账号应为11位手机号或5到11位QQ号，您输入了12位"),
        (FieldKind.UID, "我的号", "账号应为数字或字母，不超过64位"),
        (FieldKind.CARD_NO, "123", "账号应为4到32位，您输入了3位"),
        (FieldKind.EMAIL, "a@b", "账号格式不对，应类似 name@example.com"),
        (FieldKind.TEXT, "长" * 101, "账号最多100个字，您输入了101个字"),
        (FieldKind.TEXT, "长" * 501, "账号太长了，您输入了501个字"),
        (FieldKind.TEXT, "a\x07b", "账号里有无法识别的字符，请重新输入"),
        (FieldKind.ADDRESS, "北京", "账号太短，请写完整"),
        (FieldKind.CHOICE, "鸿蒙", "账号没有“鸿蒙”，可选：安卓QQ区、苹果QQ区"),
        (FieldKind.CHOICE, "老区", "账号“老区”可能是安卓QQ区、苹果QQ区，请说明是哪一个"),
    ],
)
def test_what_is_wrong_is_said_in_words(kind: FieldKind, raw: str, reason: str) -> None:
    assert check_field(_field(kind), raw) == Invalid(reason)


def test_the_fields_own_label_is_used() -> None:
    assert check_field(_field(FieldKind.PHONE, "手机号"), "1381234567") == Invalid("手机号应为11位，您输入了10位")


def test_a_pattern_stands_on_top_of_the_kind() -> None:
    card = _field(FieldKind.CARD_NO, "加油卡号", r"^1000\d{15}$")

    assert check_field(card, "1000 1234 5678 9012 345") == Valid("1000123456789012345")
    assert check_field(card, "100012345678901234") == Invalid("加油卡号应为19位，您输入了18位")
    assert check_field(card, "2000123456789012345") == Invalid("加油卡号格式不对，请核对后重新输入")


@given(st.sampled_from(FieldKind), st.text(max_size=600))
def test_any_text_gets_an_answer_and_what_passes_passes_again(kind: FieldKind, raw: str) -> None:
    field = _field(kind)
    checked = check_field(field, raw)

    if isinstance(checked, Valid):
        assert check_field(field, checked.canonical) == checked
    else:
        assert checked.reason_zh.startswith("账号")


def test_a_pattern_may_want_a_chinese_character_where_an_account_has_none() -> None:
    plate = _field(FieldKind.UID, "车牌号", "^[\u4e00-\u9fff][A-Z][A-Z0-9]{5,6}$")
    assert check_field(plate, "京A 12345") == Valid("京A12345")
    assert isinstance(check_field(plate, "京京京"), Invalid)
    assert isinstance(check_field(_field(FieldKind.UID), "京A12345"), Invalid)
    assert isinstance(check_field(_field(FieldKind.UID, pattern=".*"), "京" * 65), Invalid)
