"""The pages about orders: found by any of their numbers, parts given back, keys replaced, carried away as a file."""

import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from catalog.key_import import import_keys
from console import export
from console.roles import Role
from tests.bot.test_after_sale import WANG, Shop
from tests.console.conftest import Window

Login = Callable[..., Window]
BY_HAND = ("王者代练打到星耀 QQ 12345678 现在铂金", "确认")
KEYS = "STEAM-AAAA-0001\nSTEAM-AAAA-0002\nSTEAM-AAAA-0003"


def _sold_keys(shop: Shop, tmp_path: Path, quantity: int = 2) -> tuple[str, int]:
    """A delivered order of card keys: its number and its line."""
    file = tmp_path / "ST50.txt"
    file.write_text(KEYS)
    import_keys(shop.services.engine, shop.services.vault, "ST50", file)
    order = shop.order(f"50的steam卡{quantity}张", "确认")
    shop.work()
    return order.order_no, order.lines[0].id


@pytest.mark.parametrize("what", ["transaction_id", "out_trade_no"])
def test_an_order_is_found_by_its_numbers_at_wechat_pay(shop: Shop, login: Login, what: str) -> None:
    mine = shop.order(*BY_HAND)
    other = shop.order("充100话费 13812345678", "确认", openid=WANG)
    [number] = shop.rows(f"SELECT {what} FROM payment WHERE order_no = :no", no=mine.order_no)
    page = login().see(f"/console/orders?q={number}")
    assert mine.order_no in page
    assert other.order_no not in page


@pytest.mark.parametrize("words", ["STEAM-AAAA-0001", "AAAA-0001", "0001"])
def test_who_bought_a_key_is_found_by_the_key_or_a_part_of_it(
    shop: Shop, login: Login, tmp_path: Path, words: str
) -> None:
    number, _ = _sold_keys(shop, tmp_path, 1)
    window = login()
    answer = window.send("/console/orders/by-key", words=words)
    assert number in answer.text
    assert "STEAM-AAAA" not in answer.text.replace(words, "")
    assert number not in window.send("/console/orders/by-key", words="AAAA-0003").text, "in stock, sold to nobody"
    assert window.send("/console/orders/by-key", words="0").headers["location"].endswith("fragment")


def test_a_part_of_a_line_is_given_back_and_the_rest_later(shop: Shop, login: Login) -> None:
    order = shop.order(*BY_HAND)
    shop.work()
    line = order.lines[0].id
    window = login()
    window.send(f"/console/lines/{line}/done", note="")
    page = f"/console/orders/{order.order_no}"
    assert "最多 150.00" in window.see(page)

    def give(amount: str, before: str) -> str:
        answer = window.send(f"/console/lines/{line}/refund-some", amount=amount, before=before, reason="补偿")
        return answer.headers["location"].rpartition("=")[2]

    assert give("3.00", "0") == "refunded"
    assert give("3.00", "0") == "not_now", "pressed twice"
    assert "已退 ¥3.00" in window.see(page)
    assert "最多 147.00" in window.see(page)
    for amount in ("", "0", "-1", "1e3", "147.01", "1.234", "三元"):
        assert give(amount, "300") == "not_now", amount
    assert give("1", "x") == "not_now"
    assert give("147", "300") == "refunded"
    assert shop.rows("SELECT sum(amount_fen) FROM refund") == [15000]
    assert shop.rows("SELECT count(*) FROM operator_action WHERE what = 'give_some'") == [2]


def test_a_bad_key_is_replaced_from_the_order_and_only_one_of_its_own(shop: Shop, login: Login, tmp_path: Path) -> None:
    number, line = _sold_keys(shop, tmp_path)
    window = login(Role.SUPPORT)
    assert "换卡密…" in window.see(f"/console/orders/{number}")
    [first, second, free] = shop.rows("SELECT id FROM card_key ORDER BY id")
    for key in (str(free), "x", ""):
        answer = window.send(f"/console/lines/{line}/replace-key", key=key, reason="无效")
        assert answer.headers["location"].endswith("not_now"), key
    answer = window.send(f"/console/lines/{line}/replace-key", key=str(first), reason="顾客说无效")
    assert answer.headers["location"] == f"/console/orders/{number}?said=replaced"
    shop.work()
    assert "STEAM-AAAA-0003" in shop.say("嗯")
    again = window.send(f"/console/lines/{line}/replace-key", key=str(second), reason="无效")
    assert again.headers["location"].endswith("not_now"), "none is left"
    assert shop.rows("SELECT what FROM operator_action WHERE what <> 'log_in'") == ["replace_key"]


def test_keys_are_sent_once_more_to_their_owner_alone(shop: Shop, login: Login, tmp_path: Path) -> None:
    _, line = _sold_keys(shop, tmp_path, 1)
    assert "STEAM-AAAA-0001" in shop.say("嗯")
    assert login(Role.SUPPORT).send(f"/console/lines/{line}/resend").headers["location"].endswith("resent")
    shop.work()
    assert "STEAM-AAAA-0001" not in shop.say("嗯", WANG)
    assert "STEAM-AAAA-0001" in shop.say("嗯")


def test_an_unpaid_order_is_cancelled_once_and_a_paid_one_never(shop: Shop, login: Login) -> None:
    shop.say("充100话费 13812345678")
    shop.say("确认")
    [unpaid] = shop.rows("SELECT order_no FROM orders")
    paid = shop.order(*BY_HAND, openid=WANG)
    window = login(Role.SUPPORT)
    assert "取消订单…" in window.see(f"/console/orders/{unpaid}")
    codes = [window.send(f"/console/orders/{unpaid}/cancel").headers["location"] for _ in range(2)]
    assert [code.rpartition("=")[2] for code in codes] == ["cancelled", "not_now"]
    assert window.send(f"/console/orders/{paid.order_no}/cancel").headers["location"].endswith("not_now")
    assert window.send("/console/orders/K1/cancel").headers["location"].endswith("not_now")
    assert shop.rows("SELECT actor FROM order_event WHERE to_state = 'cancelled'") == ["operator:anna"]


def test_what_wechat_pay_and_suppliers_said_is_for_those_who_may(shop: Shop, login: Login) -> None:
    order = shop.order(*BY_HAND)
    [number] = shop.rows("SELECT transaction_id FROM payment")
    page = login(Role.FINANCE, "fred").see(f"/console/orders/{order.order_no}")
    assert "原始记录" in page
    assert str(number) in page
    assert "oLi" not in page.replace(order.order_no, ""), "not who he is"
    assert "prepay_id" not in page
    support = login(Role.SUPPORT, "sue").see(f"/console/orders/{order.order_no}")
    assert "原始记录" not in support
    assert str(number) not in support


# ---- as a file -----------------------------------------------------------------------------------------------------


def _csv(answer: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.decode("utf-8-sig"))))


def test_orders_are_carried_away_as_csv_with_what_one_may_see(shop: Shop, login: Login) -> None:
    order = shop.order(*BY_HAND)
    shop.order("充100话费 13812345678", "确认", openid=WANG)
    answer = login().send("/console/orders/export", format="csv", q="", state="paid")
    assert answer.headers["content-disposition"].startswith('attachment; filename="orders-20260302-1000.csv"')
    head, *rows = _csv(answer.content)
    assert head[:3] == ["订单号", "状态", "下单"]
    assert {row[0] for row in rows} == set(map(str, shop.rows("SELECT order_no FROM orders")))
    mine = next(row for row in rows if row[0] == order.order_no)
    assert mine[1:4] == ["已付款", "2026-03-02 10:00:00", "2026-03-02 10:00:00"]
    assert "12345678" in mine
    assert "150.00" in mine
    assert head[-1] == "成本"
    masked = _csv(login(Role.FINANCE, "fred").send("/console/orders/export", format="csv").content)
    assert "1***8" in next(row for row in masked if row[0] == order.order_no)
    none = _csv(login(Role.OWNER, "olga").send("/console/orders/export", format="csv", q="nothing").content)
    assert len(none) == 1
    assert shop.rows("SELECT after ->> 'lines' FROM operator_action WHERE what = 'export' ORDER BY id") == [
        "2",
        "2",
        "0",
    ]


def test_a_workbook_holds_texts_and_no_formula(shop: Shop, login: Login) -> None:
    shop.order(*BY_HAND)
    with shop.services.engine.begin() as conn:
        conn.execute(text("""UPDATE order_line SET sku_label = '=HYPERLINK("http://evil.example")'"""))
    window = login()
    book = zipfile.ZipFile(io.BytesIO(window.send("/console/orders/export", format="xlsx").content))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "HYPERLINK" in sheet
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet.replace("HYPERLINK", "")
    rows = _csv(window.send("/console/orders/export", format="csv").content)
    assert rows[1][6].startswith("'=HYPERLINK")


def test_more_than_a_file_takes_is_said_and_not_begun(
    shop: Shop, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.order(*BY_HAND)
    shop.order("充100话费 13812345678", "确认", openid=WANG)
    monkeypatch.setattr(export, "ROWS_MAX", 1)
    answer = login().send("/console/orders/export", format="csv")
    assert answer.headers["location"] == "/console/orders?said=too_many_rows"


@given(st.lists(st.lists(st.one_of(st.text(), st.integers()), min_size=1, max_size=4), max_size=5))
def test_no_cell_of_a_csv_begins_like_a_formula(rows: list[export.Row]) -> None:
    written = b"".join(export.csv_of(rows)).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(written, newline="")):
        for cell in row:
            number = cell.lstrip("-").isdigit()
            assert number or not cell.lstrip(" \n").startswith(("=", "+", "-", "@", "\t", "\r")), cell


def test_all_that_can_be_done_about_a_line_can_be_done_beside_the_talk(
    shop: Shop, login: Login, tmp_path: Path
) -> None:
    _, line = _sold_keys(shop, tmp_path)
    shop.say("转人工")
    [talk] = shop.rows("SELECT id FROM handoff")
    back = f"/console/talks/{talk}"
    window = login()
    page = window.see(back)
    for words in ("重新发送卡密", "换卡密…", "退款…", "部分退款…", "····0001", "确认退款 ¥101.00"):
        assert words in page, words
    [first, *_] = shop.rows("SELECT id FROM card_key ORDER BY id")
    answer = window.send(f"/console/lines/{line}/replace-key", key=str(first), reason="无效", back=back)
    assert answer.headers["location"] == f"{back}?said=replaced"
    answer = window.send(f"/console/lines/{line}/refund-some", amount="1", before="0", reason="补偿", back=back)
    assert answer.headers["location"] == f"{back}?said=refunded"
    answer = window.send(f"/console/lines/{line}/refund", reason="x", back="//evil.example/console")
    assert answer.headers["location"].startswith("/console/orders/K"), "nothing leads out of the console"
