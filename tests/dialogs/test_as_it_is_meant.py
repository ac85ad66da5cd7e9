"""Groups of digits, notes, what is not to be done, hours: each taken for what it is."""

import pytest

from dialogs.draft import look
from nlu.withdrawing import last_word
from tests.stories.shops import counter_in, lines_after

_VAN = ("闪送 货车", "从苏州市姑苏区十全街66号301送到苏州市吴中区宝带西路1177号5幢1203", "13776655443", "上午")


@pytest.mark.parametrize(
    "said", ["qq也打反了 最后两位是76 330219876", "QQ号错了 是 330219876 最后是76", "qq改成330219876 不是67结尾"]
)
def test_digits_in_two_groups_are_not_glued_together(said: str) -> None:
    (line,) = lines_after("demo", "Q币100 330219867", said)
    assert line.fields == {"account": "330219876"}


@pytest.mark.parametrize("note", ["老人在家，打电话前先敲门", "到了打电话 别敲门"])
def test_a_note_keeps_what_it_says_of_telephones(note: str) -> None:
    (line,) = lines_after("路上", *_VAN, f"备注：{note}")
    assert line.fields["note"] == note


@pytest.mark.parametrize("said", ["就装一个软件就行 不重装系统", "要洗车 不打蜡", "只修图 不排版"])
def test_what_is_not_to_be_done_is_no_last_word(said: str) -> None:
    assert last_word(said, counter_in("garage").lexicon) == said


@pytest.mark.parametrize("said", ["换成时长3小时吧 我10点才下班", "练3小时吧 我10点下班"])
def test_an_hour_at_which_somebody_comes_home_is_no_size(said: str) -> None:
    (line,) = lines_after("约好的", "练琴2小时", "今晚11点", "小白", said)
    assert line.value == 3


def test_the_name_of_an_office_keeps_the_goods_that_are_in_it() -> None:
    (line,) = lines_after("写给谁", "有线费交200 123456789", "江宁有线费大厅")
    assert line.fields["city"] == "江宁有线费大厅"


@pytest.mark.parametrize("said", ["换最大的那种", "杯子也换 换最大的那种", "杯子换大一点的"])
def test_a_larger_one_is_of_the_drink_that_was_ordered(said: str) -> None:
    (line,) = lines_after("叫法", "茉莉奶绿 中杯两张", said)
    sku = look(line, counter_in("叫法").shelf).sku
    assert sku is not None
    assert (sku.code, line.quantity) == ("MO-L", 2)
