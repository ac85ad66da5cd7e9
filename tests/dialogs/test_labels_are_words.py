"""Brackets, stars and bars in what a catalog calls its goods, labels and choices are signs like any others: no message
breaks over them, and what is given by such a label arrives."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialogs.state import Collecting, Confirming
from tests.stories.shops import HERE, counter_in, goods_of, lines_after

_SHOP = "怪名字"
_PLACE = "成都市武侯区科华北路65号 周敏 13908081234"
_BEGINNINGS = (
    "会员+",
    "会员+ 标准+",
    "会员+ 豪华* boss_li88 紫禁之巅",
    "点券.500 13812345678",
    "点券. 双线+",
    f"杯( 大杯 {_PLACE}",
    f"小杯*300ml {_PLACE} iPhone 15",
    "报名| 单科(+)",
    "考试?",
)
_FRAMES = (
    "{}",
    "{}是什么",
    "{}写错了 是abc123",
    "{}改成abc123",
    "{}：王芳",
    "{}王芳",
    "不是{} 要{}",
    "{}不要了",
    "再来一份{}",
    "{}多少钱",
    "换成{}",
    "{}就这个",
    "第1个{}",
    "{}两份",
    "我的{}呢",
    "{}没写对啊 是{}",
)


def _names() -> tuple[str, ...]:
    names: list[str] = []
    for product in goods_of(HERE / f"{_SHOP}.toml")[0].products:
        parts = (*product.options, *product.fields)
        names += [product.name, *product.aliases, *product.category, *(part.label for part in parts)]
        names += [name for sku in product.skus for name in (sku.label, *sku.aliases)]
        names += [name for part in parts for one in part.values for name in (one.label, *one.aliases)]
    return tuple(dict.fromkeys(names))


_WORDS = st.sampled_from((*_names(), "abc_123", "13812345678", "今晚8点", "(", "[", "*+?", "\\"))
_MESSAGES = st.builds(
    lambda frame, one, other: frame.replace("{}", one, 1).replace("{}", other), st.sampled_from(_FRAMES), _WORDS, _WORDS
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(_BEGINNINGS), st.lists(_MESSAGES, min_size=1, max_size=3))
def test_no_message_breaks_over_signs_in_names(first: str, said: list[str]) -> None:
    counter = counter_in(_SHOP)
    for message in (first, *said):
        counter.says(message)


@pytest.mark.parametrize("name", _names())
@pytest.mark.parametrize("first", _BEGINNINGS)
def test_every_name_can_be_said_at_every_point(first: str, name: str) -> None:
    counter = counter_in(_SHOP)
    for message in (first, name, f"{name}写错了 是abc123"):
        counter.says(message)
    assert isinstance(counter.dialog.state, Collecting | Confirming) or counter.orders is not None


@pytest.mark.parametrize(
    ("said", "name", "value"),
    [
        (("会员+ 标准+", "账号(UID)或[昵称：boss_li88"), "account", "boss_li88"),
        (("会员+ 标准+", "boss_li88", "区服+大区?：紫禁之巅"), "realm", "紫禁之巅"),
        ((f"小杯*300ml {_PLACE}", "型号?*+：Mate60 Pro"), "model", "Mate60 Pro"),
        ((f"小杯*300ml {_PLACE}", "Mate60", "型号?*+写错了 是Mate60 Pro"), "model", "Mate60 Pro"),
    ],
)
def test_a_text_is_given_by_such_a_label(said: tuple[str, ...], name: str, value: str) -> None:
    (line,) = lines_after(_SHOP, *said)
    assert line.fields[name] == value
