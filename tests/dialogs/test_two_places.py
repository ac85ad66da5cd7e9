"""Parcels that go to several places."""

import pytest

from dialogs.places import read
from dialogs.state import Collecting, Confirming
from tests.stories.shops import counter_in

_A = "上海市静安区南京西路1号 王五 13900001111"
_B = "杭州市西湖区文三路9号 李芳 13700002222"
_TWO = "土鸡蛋30枚一份 豆腐猫砂两袋"


def _places(*texts: str) -> list[str]:
    counter = counter_in("heldout_pantry")
    for text in texts:
        counter.says(text)
    state = counter.dialog.state
    assert isinstance(state, Collecting | Confirming)
    return [line.fields.get("address", "") for line in state.lines]


_ASKED = [
    f"鸡蛋送{_A} 猫砂送{_B}",
    f"猫砂送{_B} 鸡蛋送{_A}",
    f"鸡蛋寄到{_A}，猫砂寄到{_B}",
    f"鸡蛋寄{_A}\n猫砂寄{_B}",
    f"{_A}，猫砂送{_B}",
    f"鸡蛋的地址{_A} 猫砂的地址{_B}",
    f"鸡蛋的收货地址是{_A}；猫砂的收货地址是{_B}",
    f"第一个送{_A} 第二个送{_B}",
    f"土鸡蛋发{_A} 豆腐砂发{_B}",
    f"{_A} 猫砂单独寄{_B}",
    "鸡蛋送上海市静安区南京西路1号王五13900001111猫砂送杭州市西湖区文三路9号李芳13700002222",
]


@pytest.mark.parametrize("said", _ASKED)
def test_each_parcel_goes_to_the_place_said_for_it(said: str) -> None:
    assert [read(place) for place in _places(_TWO, said)] == [read(_A), read(_B)]


@pytest.mark.parametrize(
    "said",
    [f"猫砂送{_B}", f"猫砂寄到{_B}", f"猫砂改送{_B}", f"第二个送{_B}", f"猫砂送我妈家 {_B}", f"猫砂的地址换成{_B}"],
)
def test_below_the_summary_one_of_them_is_sent_elsewhere(said: str) -> None:
    assert _places(_TWO, _A, said) == [_A, _B]


@pytest.mark.parametrize(
    "said",
    [_A, f"都送{_A}", f"一起寄到{_A}", f"送到{_A}", f"地址{_A}", f"麻烦送{_A}", f"我家住{_A}", f"鸡蛋和猫砂都送{_A}"],
)
def test_one_place_is_for_all(said: str) -> None:
    assert _places(_TWO, said) == [_A, _A]


@pytest.mark.parametrize("said", ["猫砂送杭州市西湖区要多久？", "鸡蛋能寄北京市吗", "猫砂发杭州几天到"])
def test_a_question_about_a_place_sends_nothing_there(said: str) -> None:
    assert _places(_TWO, _A, said) == [_A, _A]
