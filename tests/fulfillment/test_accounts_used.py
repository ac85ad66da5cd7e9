"""What a buyer gave before is told to him alone, and only what he paid for."""

from datetime import timedelta

from sqlalchemy import Connection, text

from fulfillment import reading
from fulfillment.paying import mark_paid
from kernel.ids import OpenId
from kernel.orders import UsedAccount
from tests.fulfillment.counter import LI, NOW, place, want


def _pay(conn: Connection, order_no: str) -> None:
    mark_paid(conn, order_no, NOW, NOW)


def test_accounts_of_paid_orders_are_listed_latest_first_and_each_once(conn: Connection) -> None:
    for minute, phone in enumerate(("13511110001", "13511110002", "13511110001")):
        placed = place(conn, want("HF100", account=phone), now=NOW + timedelta(minutes=minute))
        _pay(conn, placed.order.order_no)
    used = reading.accounts_used(conn, LI)
    assert used == (UsedAccount("calls", "account", "13511110001"), UsedAccount("calls", "account", "13511110002"))


def test_unpaid_orders_and_other_buyers_accounts_are_never_listed(conn: Connection) -> None:
    place(conn, want("HF100", account="13511110001"))
    other = place(conn, want("HF100", account="13511110002"), openid="somebody else")
    _pay(conn, other.order.order_no)
    assert reading.accounts_used(conn, LI) == ()
    assert reading.accounts_used(conn, OpenId("somebody else")) == (UsedAccount("calls", "account", "13511110002"),)


def test_the_account_of_a_line_that_was_given_back_is_not_offered_again(conn: Connection) -> None:
    order = place(conn, want("HF100", account="13511110001"), want("QB", value=10)).order
    _pay(conn, order.order_no)
    given_back = "UPDATE order_line SET state = 'refunded', refund_fen = total_fen WHERE id = :id"
    conn.execute(text(given_back), {"id": order.lines[0].id})
    assert reading.accounts_used(conn, LI) == (UsedAccount("coins", "qq", "123456"),)
