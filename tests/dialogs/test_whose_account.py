"""Of several lines the account, or the amount, of the one that is meant is put right, and of no other."""

import pytest

from dialogs.state import Confirming
from tests.stories.shops import counter_in

A, B, C = "13812345678", "13987654321", "13700001111"
_TWO = f"{A}充50 {B}充100"
_BOTH = f"话费50 {A} 爱奇艺月卡 {A}"


def _shown(shop: str, *messages: str) -> list[tuple[object, str]]:
    counter = counter_in(shop)
    for message in messages:
        counter.says(message)
    state = counter.dialog.state
    assert isinstance(state, Confirming), state
    return [(line.value, next(iter(line.fields.values()))) for line in state.lines]


@pytest.mark.parametrize(
    ("shop", "first", "said", "shown"),
    [
        ("demo", _TWO, f"充100的那个号错了 是{C}", [(50, A), (100, C)]),
        ("demo", _TWO, "充50的号错了是13812345679", [(50, "13812345679"), (100, B)]),
        ("demo", _TWO, f"第二个号错了 应该是{C}", [(50, A), (100, C)]),
        ("demo", _TWO, f"100那个充{C}", [(50, A), (100, C)]),
        ("demo", _TWO, f"139那个号错了 是{C}", [(50, A), (100, C)]),
        ("demo", _TWO, f"把{B}换成{C}", [(50, A), (100, C)]),
        ("demo", _TWO, f"号错了 都是{C}", [(50, C), (100, C)]),
        ("demo", _TWO, "13987654322", [(50, A), (100, "13987654322")]),
        ("demo", _TWO, "搞反了", [(50, B), (100, A)]),
        ("demo", _TWO, "金额写反了", [(50, B), (100, A)]),
        ("demo", _TWO, "两个号反了", [(50, B), (100, A)]),
        ("demo", _TWO, "138的100 139的50", [(100, A), (50, B)]),
        ("demo", _TWO, "138那个充100 139那个充50", [(100, A), (50, B)]),
        ("demo", _TWO, "138充30 139充100", [(30, A), (100, B)]),
        ("demo", _TWO, "尾号5678充30，尾号4321充20", [(30, A), (20, B)]),
        ("demo", _BOTH, f"会员充我老婆号上 {B}", [(50, A), (1, B)]),
        ("demo", _BOTH, f"会员的号换成{B}", [(50, A), (1, B)]),
        ("demo", _BOTH, f"爱奇艺那个充{B}", [(50, A), (1, B)]),
        ("campus", "饭卡50 2021001234 饭卡100 2021005678", "100的学号错了 是2021005679",
         [(50, "2021001234"), (100, "2021005679")]),
        ("demo", _BOTH, f"号错了 {B}", [(50, B), (1, B)]),
        ("demo", _BOTH, "改成100", [(100, A), (1, A)]),
        ("demo", _BOTH, "改成年卡", [(50, A), (12, A)]),
        # what is one more, or of all, or not said of which
        ("demo", _TWO, f"再加{C}充100", [(50, A), (100, B), (100, C)]),
        ("demo", _TWO, f"{C}也充100", [(50, A), (100, B), (100, C)]),
        ("demo", _TWO, "都改成30", [(30, A), (30, B)]),
        ("demo", _TWO, f"号错了 是{C}", [(50, A), (100, B)]),
        ("demo", _TWO, C, [(50, A), (100, B)]),
        ("demo", _BOTH, "反了", [(50, A), (1, A)]),
        ("demo", _TWO, "充50的那个不要了", [(100, B)]),
    ],
)  # fmt: skip
def test_what_is_put_right_is_that_of_the_line_that_is_meant(
    shop: str, first: str, said: str, shown: list[tuple[object, str]]
) -> None:
    assert _shown(shop, first, said) == shown
