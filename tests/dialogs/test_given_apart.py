"""Two ends of a way, words to be written and notes: what a message gives for a field in words of their own."""

import pytest

from tests.stories.shops import lines_after

_A, _B = "苏州市姑苏区十全街66号301", "苏州市吴中区宝带西路1177号5幢1203"
_TO = "成都市武侯区科华北路65号3栋2单元801 周敏 13908081234"
_MUG = ("定制马克杯一个 黑色", _TO)
_VAN = "闪送 货车"


@pytest.mark.parametrize(
    "said",
    [
        (_VAN, f"从{_A}送到{_B}"),
        (_VAN, f"{_A} 到 {_B}"),
        (_VAN, f"{_A}到{_B}"),
        (_VAN, f"送达地址是{_B} 取件是{_A}"),
        (_VAN, f"取件：{_A}\n送达：{_B}"),
        (f"{_VAN} 从{_A} 到{_B} 13776655443 上午",),
        (f"{_VAN} {_A}到{_B}",),
        (_VAN, "苏州市干将路1号", _B, f"地址错了 是从{_A}送到{_B}"),
        (_VAN, "苏州市干将路1号", _B, f"取件地址就写{_A}"),
        (_VAN, _A, "苏州市干将路1号", f"送达地址改成{_B}"),
    ],
)
def test_each_end_of_a_way_goes_to_its_own_field(said: tuple[str, ...]) -> None:
    (line,) = lines_after("路上", *said)
    assert (line.fields["from"], line.fields["to"]) == (_A, _B)


def test_what_comes_with_a_way_is_taken_too() -> None:
    (line,) = lines_after("路上", f"{_VAN} 从{_A} 到{_B} 13776655443 上午")
    assert (line.fields["phone"], line.fields["when"]) == ("13776655443", "am")


@pytest.mark.parametrize("said", ["从十全街送到宝带西路大概多少钱", "从十全街到宝带西路要多久？"])
def test_a_way_that_is_asked_about_is_no_address(said: str) -> None:
    for first in ((_VAN,), ("闪送",)):
        (line,) = lines_after("路上", *first, said)
        assert not {"from", "to"} & line.fields.keys()


def test_a_street_that_is_asked_about_is_no_address() -> None:
    (line,) = lines_after("路上", _VAN, "几点能到虎丘区塔园路")
    assert "from" not in line.fields


def test_what_a_note_is_for_is_no_note() -> None:
    (line,) = lines_after("路上", f"{_VAN} 从{_A} 到{_B} 13776655443 上午", "备注是什么")
    assert "note" not in line.fields


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ((*_MUG, "杯子上写 岁岁平安"), "岁岁平安"),
        ((*_MUG, "上面要写岁岁平安"), "岁岁平安"),
        ((*_MUG, "刻字没写上去啊 岁岁平安"), "岁岁平安"),
        ((*_MUG, "那字能刻不 刻上 妈妈六十大寿快乐"), "妈妈六十大寿快乐"),
        ((*_MUG, "刻字：两百岁生日快乐"), "两百岁生日快乐"),
        (("定制马克杯一个 黑色 杯子上刻岁岁平安", _TO), "岁岁平安"),
        (("定制马克杯一个 黑色", f"{_TO} 上面刻 岁岁平安"), "岁岁平安"),
    ],
)
def test_words_to_be_written_are_no_second_thing(said: tuple[str, ...], words: str) -> None:
    (line,) = lines_after("路上", *said)
    assert (line.fields.get("words"), line.quantity, line.options) == (words, 1, {"color": "black"})
    assert line.fields["address"].startswith("成都市")


@pytest.mark.parametrize("said", ["上面能写字吗", "刻字要加钱吗", "不用写字", "上面什么都别写", "写错了", "字写在哪里"])
def test_what_asks_or_refuses_writes_nothing(said: str) -> None:
    (line,) = lines_after("路上", *_MUG, said)
    assert "words" not in line.fields


@pytest.mark.parametrize(
    ("said", "note"),
    [
        (("录播的陪练", "zhubo_ali 要会玩崔三娘的"), "要会玩崔三娘的"),
        (("录播的陪练", "zhubo_ali 备注一下 只打晚上那场"), "只打晚上那场"),
        (("录播的陪练", "zhubo_ali", "要求写一下 别开麦"), "别开麦"),
    ],
)
def test_a_wish_beside_an_account_is_kept_where_there_is_a_place_for_it(said: tuple[str, ...], note: str) -> None:
    (line,) = lines_after("路上", *said)
    assert (line.fields["wx"], line.fields.get("want")) == ("zhubo_ali", note)


@pytest.mark.parametrize("said", ["zhubo_ali 要快点", "zhubo_ali 别弄错了", "zhubo_ali 要多少钱", "zhubo_ali 要三次的"])
def test_haste_and_questions_are_no_note(said: str) -> None:
    (line,) = lines_after("路上", "录播的陪练", said)
    assert "want" not in line.fields
