"""The owner's texts in place of ours: what is taken, what is refused and why; nothing is said outside of a line."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.files import read_catalog
from dialogs import replies, wording
from dialogs.wording import WordingError, problem_with, read, use, written
from kernel.ids import OpenId, OrderNo
from kernel.money import Fen
from kernel.orders import Order, OrderState

NOW = datetime(2026, 11, 20, tzinfo=UTC)
ORDER = Order(OrderNo("K2611200000000001"), OpenId("o"), "t", OrderState.REFUNDED, Fen(600), NOW, NOW, (), NOW)
HAN = re.compile("[\u4e00-\u9fff]{2,}")
SENT = {"改成", "数量改"}
"""What a tap sends, word for word."""


@pytest.fixture(autouse=True)
def _own_words() -> Iterator[None]:
    yield
    use({})


def test_a_line_is_said_in_the_owners_words_and_all_others_in_ours() -> None:
    use(read('placed = "下好啦 {order_no} {total} {minutes}分钟 {link}"'))
    assert replies.placed("K1", 9950, "https://a.example/pay/t", 15) == (
        '下好啦 K1 ¥99.50 15分钟 <a href="https://a.example/pay/t">点这里付款</a>'
    )
    assert replies.order_cancelled("K1") == "订单 K1 已取消，不用付款了。"
    use({})
    assert replies.placed("K1", 9950, "u", 15).startswith("下单成功，订单号：K1")


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ('plced = "下好啦"', "line 1: plced: there is no line of this name"),
        ('\n\nyou_are_welcome = "{who}您好"', "line 3: you_are_welcome: {who} is not known here; there are: none"),
        ('order_cancelled = "{order_n} 没了"', "{order_n} is not known here; there are: {order_no}"),
        ('order_cancelled = "取消了"', "order_cancelled: {order_no} is missing"),
        ('placed = "{order_no} {total} {minutes}"', "placed: {link} is missing"),
        ('refunded = "{amount}已经退回（{order_no}）"', "refunded: must contain 退款"),
        ('topup_done = "{what}{account} 好啦 {order_no}"', "topup_done: must contain 充值成功"),
        ('summary_how = "回复「确认」，{cancel} {change}"', "summary_how: {confirm} is missing"),
        ('keys_delivered = "{order_no}"', "keys_delivered: {keys} is missing"),
        ('you_are_welcome = " "', "is empty"),
        ("you_are_welcome = 1", "write the text in quotes"),
        (f'you_are_welcome = "{"好" * 101}"', "is 303 bytes long; at most 300"),
        ('you_are_welcome = "a\\u0007"', "has a control character in it"),
        ('you_are_welcome = "<b>好</b>"', "may stand only in a whole link"),
        ('you_are_welcome = "好 {"', "a brace that is to be seen is written twice"),
        ('order_cancelled = "{order_no.__class__}"', "is no placeholder"),
        ('order_cancelled = "{order_no!r}"', "is no placeholder"),
        ('order_cancelled = "{order_no:9}"', "is no placeholder"),
        ("not toml", "line 1"),
        ('[buyer]\nhello = "好"', "buyer: there is no line of this name"),
    ],
)
def test_a_text_that_cannot_be_used_is_refused_with_its_line_and_cause(toml: str, says: str) -> None:
    with pytest.raises(WordingError, match=re.escape(says)):
        read(toml)


def test_everything_wrong_is_named_at_once() -> None:
    with pytest.raises(WordingError) as refused:
        read('a = "x"\nplaced = "x"\nyou_are_welcome = "好"')
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == ["line 1", "line 2"]


def test_braces_and_links_of_the_owner_are_said_as_they_are() -> None:
    use(read('you_are_welcome = """{{好}}\n<a href="https://a.example/x?y=1">看看</a>"""'))
    assert replies.you_are_welcome() == '{好}\n<a href="https://a.example/x?y=1">看看</a>'


def test_the_list_of_all_lines_is_a_file_that_changes_nothing() -> None:
    ours = {one.name: one.own for one in wording.lines()}
    assert read(written()) == ours
    assert len(ours) > 150
    use({"added": "加好了"})
    assert 'added = "加好了"' in written()


def test_every_own_text_would_pass_the_check() -> None:
    assert {one.name: problem_with(one.name, one.own) for one in wording.lines()} == {
        one.name: "" for one in wording.lines()
    }


@given(st.text(max_size=120))
def test_what_passes_the_check_can_always_be_said(text: str) -> None:
    if not problem_with("refunded", text):
        use({"refunded": text})
        said = replies.refunded(ORDER, 600)
        assert ORDER.order_no in said
        assert "退款" in said


def test_no_words_for_buyers_stand_outside_of_a_line() -> None:
    """What is written here must be in a @line or a phrase: see the head of dialogs/replies."""
    files = sorted(Path(replies.__file__).parent.glob("*.py"))
    assert len(files) > 10
    outside = [
        part.value
        for file in files
        for statement in ast.parse(file.read_text("utf-8")).body
        for part in _texts(statement)
        if HAN.search(part.value) and part.value not in SENT
    ]
    assert not outside


def _texts(node: ast.AST) -> Iterator[ast.Constant]:
    """Texts in code: no docstrings or keys, not what makes a line, no words that buyers use, not what taps send."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("line", "phrase", "tap"):
        return
    if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "").endswith(("_WORDS", "JUST_FAILED")):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node
    for child in node.values if isinstance(node, ast.Dict) else ast.iter_child_nodes(node):
        yield from _texts(child)


def test_a_shop_with_other_words_still_says_what_was_ordered() -> None:
    use(read('summary_head = "看看对不对："\nsummary_total = "一共 {total}"\nsummary_how = "好的话回复{confirm}"'))
    product = read_catalog(Path(__file__).parents[2] / "data" / "catalog.demo.toml").products[0]
    line = replies.SummaryLine(product.name, "100元", 1, (("手机号", "13812345678"),), "", 9950)
    told = replies.summary((line,), digital=False, change="改成50元")
    assert told.startswith("看看对不对：\n")
    assert "一共 ¥99.50" in told
    assert told.endswith("</a>")
