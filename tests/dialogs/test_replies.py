"""Words about orders: what was bought is named once, and what was chosen by its name."""

from dataclasses import replace
from datetime import UTC, datetime

from catalog.model import Choice, Delivery, Field, FieldKind, Product
from dialogs import replies
from kernel.ids import OpenId, OrderNo
from kernel.money import Fen
from kernel.orders import Line, LineState, Order, OrderState

NOW = datetime(2026, 11, 20, tzinfo=UTC)
ZONE = Field("server", "区服", FieldKind.CHOICE, values=(Choice("q2", "苹果QQ区"),))
GAME = Product("game", "某点券", ("游戏",), Delivery.TOPUP, (), fields=(ZONE, Field("account", "QQ号", FieldKind.QQ)))
LINE = Line(
    1, 0, "game", "某点券", "G60", "60点券", 60, 1, Fen(600), {}, {"server": "q2", "account": "12345678"}, "topup", "",
    LineState.DELIVERED,
)  # fmt: skip
ORDER = Order(OrderNo("K2611200000000001"), OpenId("o"), "t", OrderState.DELIVERED, Fen(600), NOW, NOW, (LINE,), NOW)


def test_a_finished_topup_names_the_account_and_what_was_chosen() -> None:
    assert "某点券 60点券 → 12345678 苹果QQ区。" in replies.topup_done(ORDER, LINE, GAME)
    assert "q2" not in replies.topup_done(ORDER, LINE, GAME)


def test_a_failed_topup_gives_a_reason_only_where_there_is_one() -> None:
    bare = replies.topup_failed_refunding(ORDER, LINE, 600, GAME)
    assert "苹果QQ区 没有充成。" in bare
    assert replies.topup_failed_refunding(ORDER, replace(LINE, note="充值失败"), 600, GAME) == bare
    assert "没有充成（账号不存在）。" in replies.topup_failed_refunding(
        ORDER, replace(LINE, note="账号不存在"), 600, GAME
    )


def test_what_is_sold_under_its_own_name_is_named_once() -> None:
    assert replies.line_what(replace(LINE, product_name="Q币", sku_label="Q币")) == "Q币"
    assert replies.line_what(replace(LINE, product_name="Q币", sku_label="88个")) == "Q币 88个"
