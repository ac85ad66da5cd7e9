"""The one question to the books: each fact counts what it says, and nothing else."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, text

from fulfillment import cases, delivering, paying
from kernel.cases import CaseKind
from kernel.ids import OpenId
from risk import lists, reading
from risk.kinds import Kind, Listing
from risk.reading import ACCOUNTS_MAX
from risk.scoring import Facts
from tests.fulfillment.counter import LI, NOW, open_shop, place, want

MARKS = lists.Marks(bytes(32))
PHONE, OTHER_PHONE = "13812345678", "13900000001"
LATER = NOW + timedelta(minutes=30)


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    open_shop(engine, {"ST50": 9})
    with engine.connect() as conn:
        yield conn


def facts(conn: Connection, *accounts: str, now: datetime = LATER, besides: str = "", openid: str = LI) -> Facts:
    recent = reading.recent_facts(conn, MARKS, OpenId(openid), accounts or (PHONE,), 100, now, besides=besides)
    return reading.with_history(conn, recent, OpenId(openid), now, besides=besides)


def bought(conn: Connection, *skus: str, openid: str = LI, now: datetime = NOW, account: str = PHONE) -> str:
    lines = [want(sku, account=account) if sku == "HF100" else want(sku) for sku in skus]
    order_no = str(place(conn, *lines, openid=openid, now=now).order.order_no)
    paying.mark_paid(conn, order_no, now, now)
    return order_no


def test_nothing_is_known_of_a_new_buyer(conn: Connection) -> None:
    assert facts(conn) == Facts(100)
    assert reading.recent_facts(conn, MARKS, LI, (), 100, NOW) == Facts(100)


def test_his_own_orders_count_by_hour_and_by_day_and_the_order_itself_does_not(conn: Connection) -> None:
    bought(conn, "HF100", account=OTHER_PHONE)
    place(conn, want("HF100"))
    last = place(conn, want("ST50")).order
    expected = Facts(100, buyer_orders_1h=3, buyer_unpaid_1h=2, buyer_accounts_1h=2, buyer_spent_24h_fen=9950)
    assert facts(conn) == expected
    besides = facts(conn, besides=last.order_no)
    assert (besides.buyer_orders_1h, besides.buyer_unpaid_1h) == (2, 1)
    assert facts(conn, now=NOW + timedelta(hours=2)) == Facts(100, buyer_spent_24h_fen=9950)
    assert facts(conn, now=NOW + timedelta(hours=25)) == Facts(100)
    assert facts(conn, "13700000000", openid="oSomebody") == Facts(100)


def test_others_who_ordered_for_the_same_account_count_and_what_is_paid_for_it_by_anybody(conn: Connection) -> None:
    for openid in ("oA", "oB", "oB"):
        bought(conn, "HF100", openid=openid)
    bought(conn, "HF100")
    place(conn, want("HF100"), openid="oC")
    one = facts(conn)
    assert (one.account_buyers_24h, one.account_spent_24h_fen) == (3, 4 * 9950)
    assert facts(conn, now=NOW + timedelta(hours=25)).account_buyers_24h == 0


def test_of_several_accounts_the_most_wanted_counts(conn: Connection) -> None:
    for openid in ("oA", "oB"):
        bought(conn, "HF100", openid=openid)
    bought(conn, "HF100", openid="oC", account=OTHER_PHONE)
    several = facts(conn, OTHER_PHONE, PHONE, OTHER_PHONE, "13700000000")
    assert (several.account_buyers_24h, several.account_spent_24h_fen) == (2, 2 * 9950)
    assert facts(conn, OTHER_PHONE).account_buyers_24h == 1
    assert facts(conn, *(f"137{n:08d}" for n in range(ACCOUNTS_MAX)), PHONE).account_buyers_24h == 0


def test_what_was_delivered_and_stayed_is_credit_and_what_went_back_is_not(conn: Connection) -> None:
    kept, partly, whole = (bought(conn, "ST50") for _ in range(3))
    for order_no in (kept, partly, whole):
        delivering.deliver(conn, order_no, NOW)
    assert (facts(conn).delivered, facts(conn).given_back) == (3, 0)
    conn.execute(text("UPDATE orders SET state = 'refunded' WHERE order_no = :no"), {"no": whole})
    conn.execute(text("UPDATE order_line SET refund_fen = 1 WHERE order_no = :no"), {"no": partly})
    assert (facts(conn).delivered, facts(conn).given_back) == (1, 2)
    assert facts(conn, now=NOW + timedelta(days=181)).delivered == 0


def test_complaints_count_and_invoices_are_none(conn: Connection) -> None:
    order_no = bought(conn, "ST50")
    for kind in (CaseKind.MISSING, CaseKind.INVOICE):
        case = cases.open_case(
            conn, openid=LI, kind=kind, order_no=order_no, line_id=None, said="", transcript=[],
            now=NOW, answer_due_at=LATER, remedy_due_at=LATER,
        )  # fmt: skip
        assert case is not None
    assert facts(conn).complaints == 1


def test_a_list_is_found_by_buyer_and_by_any_account_however_it_is_written(conn: Connection) -> None:
    lists.put(conn, MARKS, Kind.ACCOUNT, " Player.One@Mail.Example ", Listing.BLOCK, why="", by="wang", now=NOW)
    lists.put(conn, MARKS, Kind.BUYER, LI, Listing.ALLOW, why="", by="wang", now=NOW)
    many = [f"137{n:08d}" for n in range(30)]
    assert (facts(conn, *many).allowed, facts(conn, *many).blocked) == (True, False)
    assert facts(conn, *many, "player.one@mail.example").blocked
    assert not facts(conn, "player.two@mail.example").blocked
    assert not facts(conn, openid=LI.upper()).allowed


@pytest.mark.parametrize("value", ["", "  ", "x" * 201, "a\0b"])
def test_what_nobody_could_be_called_is_not_listed(conn: Connection, value: str) -> None:
    with pytest.raises(ValueError, match="1 to 200"):
        lists.put(conn, MARKS, Kind.BUYER, value, Listing.BLOCK, why="", by="wang", now=NOW)
