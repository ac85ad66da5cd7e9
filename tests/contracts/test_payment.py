"""Contract parts 5 and 6: money and delivery, as WeChat Pay, the supplier and the buyer see them."""

import base64
import re
import time
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.contracts import outside
from tests.contracts.outside import APP_ID, MCH_ID, Buyer, Order, Shop, eventually

STRANGERS_KEY = rsa.generate_private_key(65537, 2048)


def test_the_parameters_of_the_bridge_are_exact_and_signed(buyer: Buyer) -> None:
    order = buyer.order("星海60两张")
    params = order.open()
    assert sorted(params) == ["appId", "nonceStr", "package", "paySign", "signType", "timeStamp"]
    assert (params["appId"], params["signType"], type(params["timeStamp"])) == (APP_ID, "RSA", str)
    text = "".join(params[name] + "\n" for name in ("appId", "timeStamp", "nonceStr", "package"))
    outside._MERCHANT.public_key().verify(
        base64.b64decode(params["paySign"]), text.encode(), padding.PKCS1v15(), hashes.SHA256()
    )
    assert order.open()["package"] == params["package"]
    asked = buyer.shop.pay.orders[order.no]["ask"]
    assert (asked["amount"], asked["payer"]) == ({"total": 11776, "currency": "CNY"}, {"openid": buyer.openid})
    assert asked["notify_url"] == buyer.shop.url + "/pay/notify"
    assert all(part in order.page for part in ("117.76", "星海点卡"))


def test_a_paid_order_brings_its_keys_once_as_imported(shop: Shop, buyer: Buyer) -> None:
    order = buyer.order("星海60两张")
    order.open()
    paid = shop.pay.pay(order.no)
    begun = time.monotonic()
    assert [shop.notify(paid).status_code for _ in range(3)] == [200] * 3
    assert time.monotonic() - begun < 15, "nothing is delivered before the answer"
    message = buyer.got("XH-SECRET")
    keys = re.findall(r"XH-SECRET-(\d+)", message)
    assert len(set(keys)) == 2
    assert all(f"XH-NO-{key}" in message for key in keys)
    time.sleep(0.5)
    assert sum("XH-SECRET" in text for text in buyer.pushed) == 1
    with buyer.browser() as browser:
        browser.get(order.link)
        assert browser.post(order.link + "/jsapi").status_code in range(400, 500)


def bent(paid: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return (
        paid
        | {k: v for k, v in changed.items() if k != "amount"}
        | {"amount": paid["amount"] | changed.get("amount", {})}
    )


def test_a_forged_notice_is_refused_and_changes_nothing(shop: Shop, buyer: Buyer) -> None:
    order = buyer.order("年卡光影会员激活码")
    order.open()
    paid = {
        "appid": APP_ID,
        "mchid": MCH_ID,
        "out_trade_no": order.no,
        "transaction_id": "4200001",
        "trade_type": "JSAPI",
        "trade_state": "SUCCESS",
        "success_time": "2026-11-22T08:00:00+08:00",
        "payer": {"openid": buyer.openid},
        "amount": {"total": 16800, "payer_total": 16800, "currency": "CNY"},
    }
    answers = {
        "key": shop.notify(paid, key="x" * 32),
        "signer": shop.notify(paid, signer=STRANGERS_KEY),
        "serial": shop.notify(paid, serial="PUB_KEY_ID_OTHER"),
        "old": shop.notify(paid, at=time.time() - 400),
        "future": shop.notify(paid, at=time.time() + 400),
        "appid": shop.notify(bent(paid, appid="wxother")),
        "mchid": shop.notify(bent(paid, mchid="1")),
        "total": shop.notify(bent(paid, amount={"total": 1, "payer_total": 1})),
        "only payer_total": shop.notify(bent(paid, amount={"total": 1})),
        "currency": shop.notify(bent(paid, amount={"currency": "USD"})),
        "number": shop.notify(bent(paid, out_trade_no="NONESUCH01")),
        "empty": shop.http.post("/pay/notify"),
    }
    body, headers = shop.pay.notice(paid)
    for name in ("Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Signature", "Wechatpay-Serial"):
        answers["no " + name] = shop.http.post(
            "/pay/notify", content=body, headers={k: v for k, v in headers.items() if k != name}
        )
    probe = {**headers, "Wechatpay-Signature": "WECHATPAY/SIGNTEST/" + headers["Wechatpay-Signature"]}
    answers["probe"] = shop.http.post("/pay/notify", content=body, headers=probe)
    answers["tampered"] = shop.http.post("/pay/notify", content=body.replace(b"2026", b"2027"), headers=headers)
    assert {k: a.status_code for k, a in answers.items() if a.status_code != 401 or a.json()["code"] != "FAIL"} == {}
    assert "待付款" in buyer.say("我的订单")
    assert buyer.pushed == []


def test_a_lost_notice_is_asked_for_after_five_seconds(shop: Shop, buyer: Buyer) -> None:
    order = buyer.order("年卡光影会员激活码")
    order.open()
    shop.pay.pay(order.no)
    buyer.got("GY-SECRET", seconds=9)


def test_the_keys_are_shown_to_their_owner_alone(shop: Shop, buyer: Buyer) -> None:
    order = buyer.order("年卡光影会员激活码")
    friend = Buyer(shop)
    order.open(friend)
    shop.notify(shop.pay.pay(order.no))
    key = re.findall(r"GY-SECRET-\d+", buyer.got("GY-SECRET"))[0]
    assert key in order.order_page().text
    assert key in buyer.say("我的卡密")
    with friend.browser() as browser:
        assert key not in browser.get(order.link).text + order.order_page(friend).text
    assert key not in httpx.get(order.link.replace("/pay/", "/orders/"), follow_redirects=True).text
    assert "GY-SECRET" not in friend.say("我的卡密")
    assert friend.pushed == []


@pytest.mark.parametrize("refusal", [45015, 45047, 43004])
def test_what_cannot_be_pushed_comes_with_the_next_message_and_stands_on_the_page(
    shop: Shop, buyer: Buyer, refusal: int
) -> None:
    shop.account.refuse[buyer.openid] = refusal
    order = buyer.order("年卡光影会员激活码").paid()
    eventually(lambda: any("GY-SECRET" in c["body"] and buyer.openid in c["body"] for c in shop.account.calls))
    key = eventually(lambda: re.findall(r"GY-SECRET-\d+", order.order_page().text))[0]
    assert key in buyer.say("在吗")
    assert "GY-SECRET" not in buyer.say("在吗")


def test_an_outage_of_pushes_is_waited_for(shop: Shop, buyer: Buyer) -> None:
    shop.account.refuse[buyer.openid] = "503"
    buyer.order("年卡光影会员激活码").paid()
    eventually(lambda: any("GY-SECRET" in c["body"] and buyer.openid in c["body"] for c in shop.account.calls))
    del shop.account.refuse[buyer.openid]
    buyer.got("GY-SECRET")


def adds(shop: Shop, account: str) -> list[dict[str, Any]]:
    return [a for a in shop.fulu.adds if account in (a.get("charge_account"), a.get("charge_phone"))]


def test_a_topup_goes_to_the_supplier_once_and_is_told(shop: Shop, buyer: Buyer) -> None:
    unsigned = list(shop.pay.bad_signatures)
    buyer.order("绿豆币50个 QQ 7654321").paid()
    buyer.got("充值成功", "绿豆币")
    assert (shop.pay.bad_signatures, shop.fulu.bad) == (unsigned, [])  # every request signed as the protocols ask
    assert [(a["product_id"], a["buy_num"]) for a in adds(shop, "7654321")] == [("LD-ANY", 50)]
    buyer.order("不急的话费50 13812340000").paid()
    eventually(lambda: adds(shop, "13812340000"))
    assert [str(a.get("product_id")) for a in adds(shop, "13812340000")] == ["SLOW-50"]


def test_a_failed_topup_goes_back_by_the_original_route(shop: Shop, buyer: Buyer) -> None:
    shop.fulu.script["13800001001"] = "failed"
    order = buyer.order("充50 13800001001").paid()
    buyer.got("退款", "49.70")
    (refund,) = eventually(lambda: [r for r in list(shop.pay.refunds.values()) if r["out_trade_no"] == order.no])
    assert (refund["amount"]["refund"], refund["amount"]["total"]) == (4970, 4970)
    assert len(adds(shop, "13800001001")) == 1


def test_an_unsettled_topup_is_only_asked_about(shop: Shop, buyer: Buyer) -> None:
    scripts = {"13800001002": "unknown", "13800001003": "processing"}
    shop.fulu.script |= scripts
    for account in scripts:
        buyer.order("充50 " + account).paid()
    numbers = [eventually(lambda account=account: adds(shop, account))[0]["customer_order_no"] for account in scripts]
    eventually(lambda: set(numbers) <= set(shop.fulu.queries))
    assert buyer.pushed == []
    for no in numbers:
        shop.fulu.finish(no, "success")
        forged = shop.http.post("/supplier/fulu/notify", json={**shop.fulu.callback(no, "success"), "sign": "0" * 32})
        assert forged.text != "success"
        assert shop.http.post("/supplier/fulu/notify", json=shop.fulu.callback(no, "success")).text == "success"
    for account in scripts:
        buyer.got("充值成功", account)
        assert len(adds(shop, account)) == 1


def test_a_callback_is_a_hint_and_not_believed(shop: Shop, buyer: Buyer) -> None:
    shop.fulu.script["13800001004"] = "processing"
    buyer.order("充50 13800001004").paid()
    no = eventually(lambda: adds(shop, "13800001004"))[0]["customer_order_no"]
    assert shop.http.post("/supplier/fulu/notify", json=shop.fulu.callback(no, "success")).text == "success"
    time.sleep(1)
    assert buyer.pushed == []


def test_cancelling_closes_the_payment_before_the_stock_is_free(shop: Shop, buyer: Buyer) -> None:
    order = buyer.order("年卡光影会员激活码")
    order.open()
    buyer.say("取消")
    eventually(lambda: shop.pay.orders[order.no]["state"] == "CLOSED")
    with buyer.browser() as browser:
        assert browser.get(order.link).status_code == 200
        assert browser.post(order.link + "/jsapi").status_code in range(400, 500)


@pytest.mark.parametrize("path", ["/pay/nonesuch", "/orders/nonesuch", "/pay/" + "x" * 300])
def test_an_unknown_token_is_a_clear_404(shop: Shop, path: str) -> None:
    assert shop.http.get(path).status_code == 404


def test_health_readiness_and_figures_are_there(shop: Shop) -> None:
    assert shop.http.get("/healthz").status_code == 200
    assert shop.http.get("/readyz").json() == {"database": "ok", "redis": "ok"}
    figures = shop.http.get("/metrics")
    assert figures.headers["content-type"].startswith("text/plain")
    assert "# TYPE kabot_" in figures.text


def test_a_worker_killed_in_the_middle_of_a_delivery_is_taken_over(shop: Shop, buyer: Buyer) -> None:
    worker = next(p for p in shop.processes if "worker" in p.args)  # type: ignore[operator]
    shop.account.refuse[buyer.openid] = "500"
    buyer.order("年卡光影会员激活码").paid()
    eventually(lambda: any("GY-SECRET" in c["body"] and buyer.openid in c["body"] for c in shop.account.calls))
    time.sleep(0.3)  # the refusal is written down, the next try not yet made
    worker.kill()
    worker.wait()
    shop.processes.remove(worker)
    del shop.account.refuse[buyer.openid]
    shop.start("worker")
    buyer.got("GY-SECRET", seconds=15)
    time.sleep(0.5)
    assert sum("GY-SECRET" in text for text in buyer.pushed) == 1


def test_kill_9_of_the_web_process_loses_no_word_of_the_talk(shop: Shop, buyer: Buyer) -> None:
    buyer.say("话费50")
    web = next(p for p in shop.processes if "serve" in p.args)  # type: ignore[operator]
    web.kill()
    web.wait()
    shop.processes.remove(web)
    shop.serve()
    buyer.say("13812345678")
    Order(buyer, buyer.say("确认")).paid()
    buyer.got("充值成功")
