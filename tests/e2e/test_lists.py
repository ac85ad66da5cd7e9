"""A pasted list and a number used before, over real HTTP, database and jobs."""

import time

from tests.e2e.shop import Shop, eventually, pay_path


def test_a_list_is_mended_paid_once_and_each_line_delivered_or_refunded_by_itself(shop: Shop) -> None:
    buyer = shop.buyer()
    rows = [
        f"135{number:08d} 话费 {size}" for number, size in enumerate((100, 50, 30, 100, 50, 30, 100, 50, 30, 100, 50))
    ]
    told = buyer.say("\n".join([*rows, "1351234567 话费 100"]))
    assert "收到12行，11行没问题，1行要改" in told
    assert "行12：手机号应为11位，您输入了10位" in told
    summary = buyer.say("行12 13512345678")
    assert "共12件" in summary
    assert "00000010" in buyer.say("全部明细")
    placed = buyer.say("确认")
    order_no = shop.query("SELECT order_no FROM orders WHERE openid = :o", o=buyer.openid)[0]
    shop.faults(supplier={"kind": "failed", "times": 1})
    assert buyer.pay(pay_path(placed)) == "get_brand_wcpay_request:ok"
    states = "SELECT state FROM order_line WHERE order_no = :no ORDER BY position"
    ends = eventually(
        lambda: found if set(found := shop.query(states, no=order_no)) <= {"delivered", "refunded"} else None,
        30,
    )
    assert sorted(ends) == ["delivered"] * 11 + ["refunded"]
    assert shop.query("SELECT state FROM orders WHERE order_no = :no", no=order_no) == ["delivered"]
    assert "退款" in buyer.told("退款", 20)


def test_a_hundred_lines_are_one_order(shop: Shop) -> None:
    buyer = shop.buyer()
    began = time.process_time()  # not the clock on the wall: other programs may have the machine
    summary = buyer.say("\n".join(f"136{number:08d} 话费 10" for number in range(100)))
    assert "共100件" in summary
    assert "¥1005.00" in summary
    placed = buyer.say("确认")
    assert time.process_time() - began < 5, "WeChat waits five seconds for each"
    assert placed.count("/pay/") == 1
    assert shop.query(
        "SELECT count(*) FROM order_line l JOIN orders o USING (order_no) WHERE openid = :o", o=buyer.openid
    ) == [100]
    assert "¥1005.00" in buyer.open(pay_path(placed)).text or "1005.00" in buyer.open(pay_path(placed)).text


def test_the_number_used_before_is_choice_one_and_nobody_elses(shop: Shop) -> None:
    buyer, other = shop.buyer(), shop.buyer()
    buyer.pay(buyer.order("充10话费 13812345678", "确认"))
    buyer.told("充值成功")
    asked = buyer.say("充话费50")
    assert "上次的号码 138****5678" in asked
    assert "13812345678" not in asked
    assert "13812345678" in buyer.say("1")
    assert "138" not in other.say("充话费50")
