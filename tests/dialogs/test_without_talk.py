"""A message of which nothing came is heard once more without the clauses that name nothing."""

import pytest

from dialogs.state import Collecting, Confirming, Idle
from tests.stories.shops import counter_in, lines_after


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("充个两百吧 慢慢到就行 便宜点", 200),
        ("话费来一百 便宜点呗 手头紧", 100),
        ("便宜点吧老板 话费充三十", 30),
    ],
)
def test_a_haggle_swallows_no_order(said: str, value: int) -> None:
    counter = counter_in("demo")
    reply = counter.says(said)
    state = counter.dialog.state
    assert isinstance(state, Collecting | Confirming)
    assert [(line.product, line.value) for line in state.lines] == [("huafei", value)]
    assert "不讲价" in reply.text


@pytest.mark.parametrize("said", ["话费100多少钱 便宜点", "上次充的两百 便宜点吧", "不要两百的了 便宜点"])
def test_what_asks_tells_or_refuses_orders_nothing(said: str) -> None:
    counter = counter_in("demo")
    counter.says(said)
    assert not counter.orders
    assert isinstance(counter.dialog.state, Idle) or not any(line.value == 200 for line in counter.dialog.state.lines)


def test_below_a_summary_what_is_told_changes_nothing() -> None:
    before = lines_after("cloud", "译芽翻译30天 13812345678")
    assert lines_after("cloud", "译芽翻译30天 13812345678", "论文三十页 翻译得我头秃") == before
