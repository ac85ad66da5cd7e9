"""Pasted lists: up to a hundred rows, reported by row, summed up by kind, one order."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.effects import PlaceOrder
from dialogs.rows import read_rows
from dialogs.state import Collecting, Confirming
from kernel.orders import OrderState
from tests.stories.counter import Counter
from tests.stories.shops import DEMO, goods_of

ROOT = Path(__file__).parents[2]
TAGS = re.compile(r"<a [^>]*>|</a>")
MESSAGE_BYTES = 2048


def phones(count: int) -> list[str]:
    return [f"135{number:08d}" for number in range(count)]


def says(counter: Counter, text: str) -> str:
    reply = counter.says(text).text
    assert len(reply.encode()) <= MESSAGE_BYTES
    return TAGS.sub("", reply)


def test_a_hundred_rows_are_one_order_of_a_hundred_lines() -> None:
    counter = Counter(*goods_of(DEMO))
    told = says(counter, "\n".join(f"{phone} 话费 100" for phone in phones(100)))
    assert "共100件" in told
    assert "话费充值 100元 ×100 ¥9950.00" in told
    assert "合计：¥9950.00" in told
    says(counter, "确认")
    (placed,) = [effect for effect in counter.effects if isinstance(effect, PlaceOrder)]
    assert [line.fields["account"] for line in placed.lines] == phones(100)
    assert counter.orders[0].state is OrderState.UNPAID


def test_a_hundred_and_one_rows_are_refused_and_change_nothing() -> None:
    counter = Counter(*goods_of(DEMO))
    says(counter, "充Q币")
    before = counter.dialog
    told = says(counter, "\n".join(f"{phone} 话费 100" for phone in phones(101)))
    assert "一次最多100行，您发了101行" in told
    assert counter.dialog == before


def test_all_lines_of_a_long_order_can_be_read_page_by_page() -> None:
    counter = Counter(*goods_of(DEMO))
    says(counter, "\n".join(f"{phone} 话费 100" for phone in phones(60)))
    pages = [says(counter, "全部明细")]
    while "看下一页" in pages[-1]:
        pages.append(says(counter, "更多"))
    assert all(sum(phone in page for page in pages) == 1 for phone in phones(60))
    assert "明细已经看完" in says(counter, "更多")
    assert "135" in says(counter, "第1页")
    says(counter, "确认")
    assert any(isinstance(effect, PlaceOrder) for effect in counter.effects)


def test_a_long_list_stays_a_long_list_when_a_line_is_taken_out_or_added() -> None:
    counter = Counter(*goods_of(DEMO))
    says(counter, "\n".join(f"{phone} 话费 100" for phone in phones(30)))
    says(counter, "第3件不要了")
    assert isinstance(counter.dialog.state, Confirming)
    assert len(counter.dialog.state.lines) == 29
    says(counter, "再加100个Q币 12345678")
    assert isinstance(counter.dialog.state, Confirming)
    assert len(counter.dialog.state.lines) == 30


def test_more_mistakes_than_a_message_holds_are_told_in_parts() -> None:
    counter = Counter(*goods_of(DEMO))
    told = says(counter, "\n".join(f"{phone[:10]} 话费 100" for phone in phones(100)))
    assert "每一行都要改" in told
    assert "还有85行有问题" in told


def test_ordinary_messages_are_not_read_row_by_row() -> None:
    _, lexicon = goods_of(DEMO)
    assert read_rows("充100话费 13812345678", lexicon) == ()
    assert read_rows("您好\n在吗\n", lexicon) == ()


@pytest.mark.parametrize("joint", [" ", "，", ",", "\t", "、", "；", "　", " | "])
def test_cells_may_be_divided_by_anything_and_stand_in_any_order(joint: str) -> None:
    rows = [("13511110001", "话费", "100"), ("50", "13511110002", "话费"), ("话费", "30", "13511110003")]
    counter = Counter(*goods_of(DEMO))
    assert "合计：¥179.25" in says(counter, "\n".join(joint.join(row) for row in rows))


good = st.tuples(st.sampled_from(phones(40)), st.sampled_from(["30", "50", "100"])).map(lambda t: f"{t[0]} 话费 {t[1]}")
bad = st.sampled_from(
    ["1351234 话费 100", "你好呀", "13512345678 话费 33", "100", "<b>x</b>", "话费 50", "🙂", "0" * 300]
)


@settings(max_examples=40, deadline=None)
@given(st.lists(good, min_size=3, max_size=12), st.lists(bad, max_size=12), st.data())
def test_nothing_is_ordered_that_no_row_said(right: list[str], wrong: list[str], data: st.DataObject) -> None:
    rows = data.draw(st.permutations([*right, *wrong]))
    counter = Counter(*goods_of(DEMO))
    for text in (
        "\n".join(rows),
        *data.draw(st.lists(st.sampled_from(["只下对的", "确认", "全部明细", "更多"]), max_size=4)),
    ):
        says(counter, text)
        wanted = {(row.split()[0], row.split()[-1]) for row in rows if re.fullmatch(r"\d{11} 话费 \d+", row)}
        for placed in (effect for effect in counter.effects if isinstance(effect, PlaceOrder)):
            assert {(line.fields["account"], str(line.value)) for line in placed.lines} <= wanted
    state = counter.dialog.state
    assert not isinstance(state, Collecting) or 0 <= state.line < len(state.lines)
