"""WeChat Pay v3 as the sandbox plays it: strict with the merchant, signed itself."""

import base64
import csv
import gzip
import hashlib
import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from tests.sandbox.shopfront import Shop

JSAPI = "/v3/pay/transactions/jsapi"
NATIVE = "/v3/pay/transactions/native"
BY_NUMBER = "/v3/pay/transactions/out-trade-no"
REFUNDS = "/v3/refund/domestic/refunds"


def query(shop: Shop, number: str) -> dict[str, object]:
    answer = shop.pay("GET", f"{BY_NUMBER}/{number}?mchid={shop.credentials.mch_id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_prepay_answer_is_signed_with_the_platform_key(shop: Shop) -> None:
    answer = shop.pay("POST", JSAPI, shop.order(shop.buyer()))

    assert answer.status_code == 200
    assert answer.json()["prepay_id"].startswith("wx")
    assert answer.headers["wechatpay-serial"] == shop.credentials.platform_key_id
    assert shop.verifies(answer.headers, answer.text)
    assert not shop.verifies(answer.headers, answer.text + " ")


@pytest.mark.parametrize(
    "changed",
    [
        {"signature": base64.b64encode(b"x" * 256).decode()},
        {"serial_no": "00FF"},
        {"mchid": "1600000001"},
        {"timestamp": "-400"},
        {"timestamp": "+400"},
        {"timestamp": "yesterday"},
    ],
)
def test_a_call_that_is_not_signed_properly_is_refused_with_a_signed_401(shop: Shop, changed: dict[str, str]) -> None:
    if changed.get("timestamp") in ("-400", "+400"):  # from now on: tests are collected minutes before they run
        changed = {"timestamp": str(int(time.time()) + int(changed["timestamp"]))}
    answer = shop.pay("POST", JSAPI, shop.order(shop.buyer()), **changed)

    assert (answer.status_code, answer.json()["code"]) == (401, "SIGN_ERROR")
    assert shop.verifies(answer.headers, answer.text)


def test_a_body_or_address_other_than_the_signed_one_is_refused(shop: Shop) -> None:
    order = shop.order(shop.buyer())
    text = json.dumps(order)
    headers = {"Authorization": shop.authorization("POST", JSAPI, text), "Accept": "*/*", "User-Agent": "t"}

    tampered = shop.http.post(JSAPI, content=text.replace("9950", "1"), headers=headers)
    moved = shop.http.post(NATIVE, content=text, headers=headers)

    assert (tampered.status_code, moved.status_code) == (401, 401)


def test_accept_and_user_agent_are_required(shop: Shop) -> None:
    target = f"{BY_NUMBER}/K0000001?mchid={shop.credentials.mch_id}"
    headers = {"Authorization": shop.authorization("GET", target, ""), "Accept": "*/*", "User-Agent": ""}

    answer = shop.http.get(target, headers=headers)

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"appid": "wx0000000000000000"},
        {"mchid": "1600000001"},
        {"description": ""},
        {"description": "字" * 128},
        {"out_trade_no": "K1234"},
        {"out_trade_no": "K" * 33},
        {"out_trade_no": "K12345 67"},
        {"attach": "a" * 129},
        {"notify_url": "https://shop.example/pay/notify?x=1"},
        {"notify_url": "http://shop.example/pay/notify"},
        {"notify_url": "/pay/notify"},
        {"amount": {"total": 0}},
        {"amount": {"total": 99.5}},
        {"amount": {"total": "9950"}},
        {"amount": {"total": True}},
        {"amount": {"total": 100, "currency": "USD"}},
        {"amount": 100},
        {"payer": {}},
        {"payer": {"openid": "o-nobody"}},
        {"time_expire": "2099-01-01 00:00:00"},
        {"time_expire": "2099-01-01T00:00:00"},
        {"time_expire": "2020-01-01T00:00:00+08:00"},
    ],
)
def test_every_parameter_is_checked(shop: Shop, wrong: dict[str, object]) -> None:
    answer = shop.pay("POST", JSAPI, shop.order(shop.buyer()) | wrong)

    assert answer.status_code == 400
    assert answer.json()["code"] in ("PARAM_ERROR", "APPID_MCHID_NOT_MATCH")


def test_the_same_number_may_be_resent_unchanged_and_only_unchanged(shop: Shop) -> None:
    order = shop.order(shop.buyer())
    first = shop.pay("POST", JSAPI, order).json()
    again = shop.pay("POST", JSAPI, order)
    changed = shop.pay("POST", JSAPI, order | {"amount": {"total": 1, "currency": "CNY"}})
    other_way = shop.pay("POST", NATIVE, order)

    assert again.json() == first
    for answer in (changed, other_way):
        assert (answer.status_code, answer.json()["code"]) == (403, "OUT_TRADE_NO_USED")


def test_a_prepay_lapses_after_two_hours_and_the_number_gets_a_new_one(shop: Shop) -> None:
    openid = shop.buyer()
    order = shop.order(openid)
    first = shop.pay("POST", JSAPI, order).json()["prepay_id"]
    shop.move_clock(7201)

    assert shop.press_pay(openid, first) == "fail"
    second = shop.pay("POST", JSAPI, order).json()["prepay_id"]
    assert second != first
    assert shop.press_pay(openid, second) == "ok"


def test_an_unpaid_trade_is_notpay_and_an_unknown_one_404(shop: Shop) -> None:
    number, _ = shop.jsapi(shop.buyer())
    unknown = shop.pay("GET", f"{BY_NUMBER}/K00000000?mchid={shop.credentials.mch_id}")
    without_mchid = shop.pay("GET", f"{BY_NUMBER}/{number}")

    found = query(shop, number)
    assert found["trade_state"] == "NOTPAY"
    assert "transaction_id" not in found
    assert (unknown.status_code, unknown.json()["code"]) == (404, "ORDER_NOT_EXIST")
    assert without_mchid.status_code == 400


def test_a_closed_trade_cannot_be_paid_or_reopened_and_closing_again_is_no_error(shop: Shop) -> None:
    openid = shop.buyer()
    order = shop.order(openid)
    prepay_id = shop.pay("POST", JSAPI, order).json()["prepay_id"]
    target, body = f"{BY_NUMBER}/{order['out_trade_no']}/close", {"mchid": shop.credentials.mch_id}

    closed = shop.pay("POST", target, body)
    assert closed.status_code == 204
    assert shop.verifies(closed.headers, "")
    assert shop.pay("POST", target, body).status_code == 204
    assert shop.press_pay(openid, prepay_id) == "fail"
    assert query(shop, order["out_trade_no"])["trade_state"] == "CLOSED"
    assert shop.pay("POST", JSAPI, order).json()["code"] == "ORDER_CLOSED"


def test_a_paid_trade_cannot_be_closed_or_ordered_again(shop: Shop) -> None:
    openid = shop.buyer()
    order = shop.order(openid)
    prepay_id = shop.pay("POST", JSAPI, order).json()["prepay_id"]
    assert shop.press_pay(openid, prepay_id) == "ok"

    closing = shop.pay("POST", f"{BY_NUMBER}/{order['out_trade_no']}/close", {"mchid": shop.credentials.mch_id})
    assert closing.json()["code"] == "ORDERPAID"
    assert shop.pay("POST", JSAPI, order).json()["code"] == "ORDERPAID"
    assert shop.press_pay(openid, prepay_id) == "fail"


def test_time_expire_ends_a_trade(shop: Shop) -> None:
    openid = shop.buyer()
    ends = datetime.now(UTC) + timedelta(minutes=15)
    number, prepay_id = shop.jsapi(openid, time_expire=ends.isoformat(timespec="seconds"))
    shop.move_clock(16 * 60)

    assert shop.press_pay(openid, prepay_id) == "fail"
    assert query(shop, number)["trade_state"] == "CLOSED"


def test_a_payment_is_announced_sealed_and_signed(shop: Shop) -> None:
    openid = shop.buyer()
    number = shop.paid(openid, attach="abc")
    (call,) = shop.bot.wait_for(shop.notify)
    notice = json.loads(call.body)
    plain = json.loads(shop.unseal(notice["resource"]))

    assert shop.verifies(call.headers, call.body.decode())
    assert call.headers["wechatpay-serial"] == shop.credentials.platform_key_id
    assert (notice["event_type"], notice["resource"]["original_type"]) == ("TRANSACTION.SUCCESS", "transaction")
    assert plain["out_trade_no"] == number
    assert plain["amount"]["total"] == 9950
    assert plain["payer"] == {"openid": openid}
    assert plain["transaction_id"] == query(shop, number)["transaction_id"]
    assert plain["attach"] == "abc"


def test_a_notice_comes_again_until_it_is_acknowledged(shop: Shop) -> None:
    answers = iter([(500, {}, b'{"code":"FAIL"}'), (401, {}, b"{}")])
    shop.bot.answer = lambda call: next(answers, (204, {}, b"")) if call.path == shop.notify else (200, {}, b"")
    number = shop.paid(shop.buyer())
    calls = shop.bot.wait_for(shop.notify, 3)
    time.sleep(0.2)

    assert len(shop.bot.to(shop.notify)) == 3
    assert len({json.loads(call.body)["id"] for call in calls}) == 1
    (kept,) = shop.http.get("/sandbox/api/notices", params={"out_trade_no": number}).json()["notices"]
    assert [one["status"] for one in kept["attempts"]] == [500, 401, 204]


def test_a_lost_notice_is_never_seen_while_the_query_knows(shop: Shop) -> None:
    shop.faults(notice={"kind": "lose", "times": 1}, notice_speed=1)
    number = shop.paid(shop.buyer())
    time.sleep(0.2)

    assert shop.bot.to(shop.notify) == []
    assert query(shop, number)["trade_state"] == "SUCCESS"


def test_a_repeated_notice_comes_several_times_at_once(shop: Shop) -> None:
    shop.faults(notice={"kind": "repeat", "n": 4, "times": 1})
    shop.paid(shop.buyer())

    assert len(shop.bot.wait_for(shop.notify, 4)) == 4


@pytest.mark.parametrize("forge", ["signature", "signtest", "serial", "amount", "mchid"])
def test_a_forged_notice_is_wrong_in_that_one_respect(shop: Shop, forge: str) -> None:
    number, _ = shop.jsapi(shop.buyer())
    shop.http.post("/sandbox/api/notices", json={"out_trade_no": number, "forge": forge}).raise_for_status()
    (call,) = shop.bot.wait_for(shop.notify)
    plain = json.loads(shop.unseal(json.loads(call.body)["resource"]))

    assert shop.verifies(call.headers, call.body.decode()) == (forge not in ("signature", "signtest"))
    assert (call.headers["wechatpay-serial"] == shop.credentials.platform_key_id) == (forge != "serial")
    assert (plain["amount"]["total"] == 9950) == (forge != "amount")
    assert (plain["mchid"] == shop.credentials.mch_id) == (forge != "mchid")
    assert call.headers["wechatpay-signature"].startswith("WECHATPAY/SIGNTEST/") == (forge == "signtest")
    assert query(shop, number)["trade_state"] == "NOTPAY"


def test_after_a_forged_notice_the_true_one_still_comes(shop: Shop) -> None:
    shop.bot.answer = lambda call: (204 if shop.verifies(call.headers, call.body.decode()) else 401, {}, b"")
    shop.faults(notice={"kind": "forge", "forge": "signature", "times": 1})
    shop.paid(shop.buyer())
    first, second = shop.bot.wait_for(shop.notify, 2)

    assert not shop.verifies(first.headers, first.body.decode())
    assert shop.verifies(second.headers, second.body.decode())


@pytest.mark.parametrize(
    "changed",
    [
        {"paySign": base64.b64encode(b"x" * 256).decode()},
        {"timeStamp": 1700000000},
        {"appId": "wx0000000000000000"},
        {"signType": "MD5"},
        {"package": "prepay_id=wx00000000000000000000000000000000"},
    ],
)
def test_the_cashier_refuses_what_the_merchant_did_not_sign(shop: Shop, changed: dict[str, object]) -> None:
    openid = shop.buyer()
    number, prepay_id = shop.jsapi(openid)

    assert shop.press_pay(openid, prepay_id, **changed) == "fail"
    assert query(shop, number)["trade_state"] == "NOTPAY"


def test_only_the_payer_of_the_prepay_can_pay_it_and_may_cancel(shop: Shop) -> None:
    openid = shop.buyer()
    number, prepay_id = shop.jsapi(openid)

    assert shop.press_pay(shop.buyer(), prepay_id) == "fail"
    assert shop.press_pay(openid, prepay_id, outcome="cancel") == "cancel"
    assert shop.press_pay(openid, prepay_id, outcome="fail") == "fail"
    assert query(shop, number)["trade_state"] == "NOTPAY"
    assert shop.press_pay(openid, prepay_id) == "ok"


def test_a_native_code_is_paid_by_whoever_scans_it(shop: Shop) -> None:
    order = shop.order("")
    del order["payer"]
    code_url = shop.pay("POST", NATIVE, order).json()["code_url"]
    openid = shop.buyer()
    answer = shop.http.post("/sandbox/api/scan", json={"openid": openid, "code_url": code_url}).json()

    assert code_url.startswith("weixin://wxpay/bizpayurl?pr=")
    assert answer["err_msg"].endswith(":ok")
    found = query(shop, order["out_trade_no"])
    assert (found["trade_type"], found["payer"]) == ("NATIVE", {"openid": openid})


def refund_body(number: str, refund_number: str, fen: int, **more: object) -> dict[str, object]:
    amount = {"refund": fen, "total": 9950, "currency": "CNY"}
    return {"out_trade_no": number, "out_refund_no": refund_number, "reason": "充值失败", "amount": amount} | more


def settled(shop: Shop, refund_number: str) -> dict[str, object]:
    for _ in range(200):
        answer = shop.pay("GET", f"{REFUNDS}/{refund_number}").json()
        if answer["status"] != "PROCESSING":
            return dict(answer)
        time.sleep(0.02)
    raise AssertionError("never settled")


def test_a_refund_is_accepted_then_settled_then_announced(shop: Shop) -> None:
    number = shop.paid(shop.buyer())
    body = refund_body(number, f"R{number}", 9950, notify_url=f"{shop.bot.url}/pay/refunded")
    first = shop.pay("POST", REFUNDS, body)
    again = shop.pay("POST", REFUNDS, body)

    assert first.json()["status"] == "PROCESSING"
    assert again.json()["refund_id"] == first.json()["refund_id"]
    assert settled(shop, f"R{number}")["status"] == "SUCCESS"
    (call,) = shop.bot.wait_for("/pay/refunded")
    notice = json.loads(call.body)
    plain = json.loads(shop.unseal(notice["resource"]))
    assert shop.verifies(call.headers, call.body.decode())
    assert (notice["event_type"], notice["resource"]["original_type"]) == ("REFUND.SUCCESS", "refund")
    assert (plain["out_refund_no"], plain["amount"]["refund"]) == (f"R{number}", 9950)
    assert query(shop, number)["trade_state"] == "REFUND"


def test_never_more_is_refunded_than_was_paid(shop: Shop) -> None:
    number = shop.paid(shop.buyer())

    assert shop.pay("POST", REFUNDS, refund_body(number, f"R1{number}", 9000)).status_code == 200
    assert shop.pay("POST", REFUNDS, refund_body(number, f"R2{number}", 951)).status_code == 400
    assert shop.pay("POST", REFUNDS, refund_body(number, f"R3{number}", 950)).status_code == 200
    assert shop.pay("POST", REFUNDS, refund_body(number, f"R4{number}", 1)).status_code == 400


def test_a_refund_number_is_not_used_for_another_amount_nor_an_unpaid_trade_refunded(shop: Shop) -> None:
    number = shop.paid(shop.buyer())
    unpaid, _ = shop.jsapi(shop.buyer())
    assert shop.pay("POST", REFUNDS, refund_body(number, f"R{number}", 100)).status_code == 200

    assert shop.pay("POST", REFUNDS, refund_body(number, f"R{number}", 200)).status_code == 400
    assert shop.pay("POST", REFUNDS, refund_body(unpaid, f"R{unpaid}", 100)).status_code == 403
    assert shop.pay("POST", REFUNDS, refund_body("K00000000", "R0", 100)).status_code == 404
    assert shop.pay("GET", f"{REFUNDS}/R00000000").status_code == 404


@pytest.mark.parametrize("kind", ["closed", "abnormal"])
def test_a_refund_can_fail(shop: Shop, kind: str) -> None:
    shop.faults(refund={"kind": kind, "times": 1})
    number = shop.paid(shop.buyer())
    shop.pay("POST", REFUNDS, refund_body(number, f"R{number}", 100))

    assert settled(shop, f"R{number}")["status"] == kind.upper()


def test_the_bill_lists_the_day_with_its_sums_and_its_hash(shop: Shop) -> None:
    shop.faults(bills_at_once=True)
    number = shop.paid(shop.buyer())
    shop.pay("POST", REFUNDS, refund_body(number, f"R{number}", 100))
    day = f"{datetime.fromtimestamp(shop.now(), UTC) + timedelta(hours=8):%Y-%m-%d}"
    answer = shop.pay("GET", f"/v3/bill/tradebill?bill_date={day}&bill_type=ALL&tar_type=GZIP").json()
    target = answer["download_url"].removeprefix(shop.url)
    packed = shop.pay("GET", target)

    text = gzip.decompress(packed.content)
    assert hashlib.sha1(text).hexdigest() == answer["hash_value"]
    assert "wechatpay-signature" not in packed.headers
    rows = list(csv.reader(text.decode("utf-8-sig").splitlines()))
    header, body, sums = rows[0], rows[1:-2], rows[-1]
    assert all(cell.startswith("`") for row in body for cell in row)
    mine = [dict(zip(header, row, strict=True)) for row in body if f"`{number}" in row]
    states = {row["交易状态"]: row for row in mine}
    assert states["`SUCCESS"]["订单金额"] == "`99.50"
    assert states["`REFUND"]["申请退款金额"] == "`1.00"
    assert sums[0] == f"`{len(body)}"


def test_a_bill_is_not_there_before_ten_the_next_day_or_without_trades(shop: Shop) -> None:
    today = f"{datetime.fromtimestamp(shop.now(), UTC) + timedelta(hours=8):%Y-%m-%d}"

    def code(day: str) -> str:
        return str(shop.pay("GET", f"/v3/bill/tradebill?bill_date={day}&bill_type=ALL").json().get("code"))

    assert code(today) == "PARAM_ERROR"
    assert code("2020-01-01") == "NO_STATEMENT_EXIST"
    assert code("20200101") == "PARAM_ERROR"


def test_the_platform_certificate_can_be_fetched_and_verifies_what_it_is_asked_for(shop: Shop) -> None:
    answer = shop.pay("GET", "/v3/certificates")
    (entry,) = answer.json()["data"]
    certificate = x509.load_pem_x509_certificate(shop.unseal(entry["encrypt_certificate"]).encode())

    assert certificate.serial_number == int(entry["serial_no"], 16)
    target = "/v3/certificates"
    headers = {
        "Authorization": shop.authorization("GET", target, ""),
        "Accept": "*/*",
        "User-Agent": "t",
        "Wechatpay-Serial": entry["serial_no"],
    }
    assert shop.http.get(target, headers=headers).headers["wechatpay-serial"] == entry["serial_no"]


def test_pay_faults_strike_as_often_as_asked_and_where_asked(shop: Shop) -> None:
    openid = shop.buyer()
    shop.faults(pay={"kind": "5xx", "times": 1})
    order = shop.order(openid)
    first, second = shop.pay("POST", JSAPI, order), shop.pay("POST", JSAPI, order)
    shop.faults(pay={"kind": "429", "on": "/close"})
    third = shop.pay("POST", JSAPI, order)
    closing = shop.pay("POST", f"{BY_NUMBER}/{order['out_trade_no']}/close", {"mchid": shop.credentials.mch_id})

    assert [one.status_code for one in (first, second, third, closing)] == [500, 200, 200, 429]
    assert first.json()["code"] == "SYSTEM_ERROR"
    assert shop.verifies(first.headers, first.text)


def test_a_notice_fault_can_name_what_it_strikes(shop: Shop) -> None:
    shop.faults(notice={"kind": "lose", "on": "REFUND"})
    number = shop.paid(shop.buyer())
    shop.bot.wait_for(shop.notify)
    body = refund_body(number, f"R{number}", 100, notify_url=f"{shop.bot.url}/pay/refunded/{number}")
    shop.pay("POST", REFUNDS, body)
    settled(shop, f"R{number}")
    time.sleep(0.1)

    assert shop.bot.to(f"/pay/refunded/{number}") == []
    shop.faults(notice=None)
    shop.bot.wait_for(f"/pay/refunded/{number}")
