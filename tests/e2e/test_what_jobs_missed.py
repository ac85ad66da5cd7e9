"""What a lost job leaves undone is found by the sweeps: refunds nobody drives, payments left open."""

from bot import background
from payments.gateway import TradeState, Transaction
from tests.e2e.shop import Buyer, Shop, eventually

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux) Chrome/140"}


def _open_by_code(shop: Shop, path: str) -> str:
    """Open the pay page on a computer: a second attempt, to be scanned. Its number at WeChat Pay."""
    shop.bot.get(path, headers=BROWSER).raise_for_status()
    shop.bot.get(f"{path}/qr.svg").raise_for_status()
    return str(shop.query("SELECT out_trade_no FROM payment WHERE code_url IS NOT NULL ORDER BY id DESC LIMIT 1")[0])


def _state(shop: Shop, number: str) -> object:
    found = shop.services.gateway.query(number)
    return found.state if isinstance(found, Transaction) else found


def test_once_one_attempt_has_paid_the_order_the_other_is_closed_at_wechat(shop: Shop) -> None:
    buyer = shop.buyer()
    path = buyer.order("充10话费 13912341001", "确认")
    second = _open_by_code(shop, path)
    assert _state(shop, second) is TradeState.NOTPAY
    buyer.pay(path)
    eventually(lambda: _state(shop, second) is TradeState.CLOSED)
    eventually(lambda: shop.query("SELECT state FROM payment WHERE out_trade_no = :n", n=second) == ["closed"])


def test_an_attempt_left_open_after_its_time_is_closed_by_the_sweep(shop: Shop) -> None:
    buyer = shop.buyer()
    path = buyer.order("充10话费 13912341002", "确认")
    second = _open_by_code(shop, path)
    with shop.engine.begin() as conn:  # as when the worker had died before it closed it
        conn.exec_driver_sql(
            "UPDATE payment SET expires_at = now() - interval '10 min' WHERE out_trade_no = %s", (second,)
        )
    background.sweep_work(shop.services)
    eventually(lambda: _state(shop, second) is TradeState.CLOSED)


def _refunding(shop: Shop, phone: str) -> tuple[Buyer, int]:
    """A buyer whose top-up failed and whose refund WeChat Pay does not take yet; and the line."""
    buyer = shop.buyer()
    path = buyer.order(f"充10话费 {phone}", "确认")
    shop.sandbox.post(f"/wx/{buyer.openid}{path}/jsapi").raise_for_status()
    shop.faults(supplier={"kind": "failed", "times": -1}, pay={"kind": "not_enough", "times": -1})
    buyer.pay(path)
    sql = "SELECT l.id FROM order_line l JOIN orders USING (order_no) WHERE openid = :o AND l.state = 'refunding'"
    [line] = eventually(lambda: shop.query(sql, o=buyer.openid))
    eventually(lambda: shop.query("SELECT 1 FROM refund WHERE line_id = :l AND tries > 0", l=line))
    shop.faults(supplier=None, pay=None)
    return buyer, line


def test_a_refund_whose_job_was_lost_still_reaches_the_buyer(shop: Shop) -> None:
    buyer, line = _refunding(shop, "13912341003")
    with shop.engine.begin() as conn:
        conn.exec_driver_sql("DELETE FROM procrastinate_jobs WHERE task_name = 'drive_refund' AND status = 'todo'")
        conn.exec_driver_sql("UPDATE refund SET next_try_at = now() - interval '1 min' WHERE line_id = %s", (line,))
    background.sweep_work(shop.services)
    buyer.told("退款成功")


def test_a_refund_that_was_never_asked_for_is_asked_for_by_the_sweep(shop: Shop) -> None:
    buyer, line = _refunding(shop, "13912341004")
    with shop.engine.begin() as conn:
        conn.exec_driver_sql("DELETE FROM procrastinate_jobs WHERE task_name = 'drive_refund' AND status = 'todo'")
        conn.exec_driver_sql("DELETE FROM refund WHERE line_id = %s", (line,))
        conn.exec_driver_sql(
            "UPDATE payment SET refunded_fen = 0 WHERE order_no IN (SELECT order_no FROM order_line WHERE id = %s)",
            (line,),
        )
    background.sweep_work(shop.services)
    buyer.told("退款成功")
    assert shop.query("SELECT count(*) FROM refund WHERE line_id = :l", l=line) == [1]
