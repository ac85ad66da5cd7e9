"""Notices: what is genuine is read, and every kind of forgery is refused before it can mean anything."""

import base64
import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.ids import new_order_no
from payments.gateway import Prepay, RefundReport, RefundStatus, TradeState, Transaction
from payments.notices import BadNotice, NoticeKeys, OtherNotice, PaymentNotice, RefundNotice, read_notice
from payments.signing import PlatformKeys, load_public_key
from sandbox.settings import Credentials, new_credentials
from tests.payments.till import NOON, TTL, Platform, SandboxTill, request

Notice = tuple[Mapping[str, str], bytes]


@pytest.fixture(scope="session")
def keys(pay_credentials: Credentials) -> NoticeKeys:
    public = load_public_key(pay_credentials.platform_public_key_pem.encode())
    return NoticeKeys(
        platform=PlatformKeys({pay_credentials.platform_key_id: public}),
        api_v3_key=pay_credentials.api_v3_key.encode(),
        app_id=pay_credentials.app_id,
        mch_id=pay_credentials.mch_id,
    )


def test_a_genuine_payment_is_read_with_its_total_not_what_the_payer_paid(platform: Platform, keys: NoticeKeys) -> None:
    headers, body = platform.notice(platform.envelope(platform.seal(platform.transaction())))
    assert read_notice(headers, body, keys=keys, now=NOON) == PaymentNotice(
        "EV-2611220001",
        Transaction(
            "K2611220000000001",
            TradeState.SUCCESS,
            9950,
            "4200000000202611220000000001",
            "oPayer",
            datetime(2026, 11, 22, 4, 0, tzinfo=UTC),
        ),
    )


def test_a_genuine_refund_is_read(platform: Platform, keys: NoticeKeys) -> None:
    sealed = platform.seal(platform.refund(), "refund")
    headers, body = platform.notice(platform.envelope(sealed, "REFUND.SUCCESS"))
    assert read_notice(headers, body, keys=keys, now=NOON) == RefundNotice(
        "EV-2611220001",
        RefundReport(
            "K2611220000000001-R1",
            "K2611220000000001",
            "50300000000000000000000001",
            RefundStatus.SUCCESS,
            5000,
            9950,
            datetime(2026, 11, 22, 4, 5, tzinfo=UTC),
        ),
    )


@pytest.mark.parametrize("status", ["ABNORMAL", "CLOSED"])
def test_a_refund_that_failed_has_no_time(platform: Platform, keys: NoticeKeys, status: str) -> None:
    plain = platform.refund(refund_status=status)
    del plain["success_time"]
    headers, body = platform.notice(platform.envelope(platform.seal(plain, "refund"), f"REFUND.{status}"))
    notice = read_notice(headers, body, keys=keys, now=NOON)
    assert isinstance(notice, RefundNotice)
    assert notice.refund.status == RefundStatus(status)


@pytest.mark.parametrize("left_out", ["amount", "success_time"])
def test_a_refund_notice_that_is_brief_is_read_all_the_same(
    platform: Platform, keys: NoticeKeys, left_out: str
) -> None:
    plain = platform.refund()
    del plain[left_out]
    headers, body = platform.notice(platform.envelope(platform.seal(plain, "refund"), "REFUND.SUCCESS"))
    notice = read_notice(headers, body, keys=keys, now=NOON)
    assert isinstance(notice, RefundNotice)
    assert notice.refund.status is RefundStatus.SUCCESS


def test_a_genuine_notice_of_an_unknown_kind_is_accepted_and_means_nothing(
    platform: Platform, keys: NoticeKeys
) -> None:
    headers, body = platform.notice(platform.envelope({"ciphertext": "?"}, "COUPON.USE"))
    assert read_notice(headers, body, keys=keys, now=NOON) == OtherNotice("EV-2611220001", "COUPON.USE")


def test_header_names_are_compared_without_case(platform: Platform, keys: NoticeKeys) -> None:
    headers, body = platform.notice(platform.envelope(platform.seal(platform.transaction())))
    lower = {name.lower(): value for name, value in headers.items()}
    assert isinstance(read_notice(lower, body, keys=keys, now=NOON), PaymentNotice)


@pytest.mark.parametrize("seconds", [-300, 300])
def test_a_notice_at_the_edge_of_the_window_counts(platform: Platform, keys: NoticeKeys, seconds: int) -> None:
    headers, body = platform.notice(platform.envelope(platform.seal(platform.transaction())))
    assert isinstance(read_notice(headers, body, keys=keys, now=NOON + timedelta(seconds=seconds)), PaymentNotice)


def test_what_the_sandbox_sends_for_a_payment_is_genuine(wechat: SandboxTill, keys: NoticeKeys) -> None:
    number, payer = str(new_order_no(NOON)), wechat.buyer()
    prepay = wechat.gateway.open_jsapi(request(number, expires_at=wechat.clock.now() + TTL), payer)
    assert isinstance(prepay, Prepay)
    assert wechat.pay(prepay, payer)
    assert _announced(wechat, number, keys) == wechat.gateway.query(number)


def _announced(wechat: SandboxTill, number: str, keys: NoticeKeys) -> Transaction:
    for _ in range(200):
        for headers, body in tuple(wechat.notices):
            notice = read_notice(headers, body, keys=keys, now=wechat.clock.now())
            if isinstance(notice, PaymentNotice) and notice.transaction.out_trade_no == number:
                return notice.transaction
        time.sleep(0.02)
    raise AssertionError("no notice came")


# ---- forgeries -----------------------------------------------------------------------------------------------------

Forge = Callable[[Platform], Notice]


def _signed(platform: Platform, **signing: Any) -> Notice:
    return platform.notice(platform.envelope(platform.seal(platform.transaction())), **signing)


def _with_headers(platform: Platform, **changed: str | None) -> Notice:
    headers, body = _signed(platform)
    altered = dict(headers) | {f"Wechatpay-{name}": value for name, value in changed.items()}
    return {name: value for name, value in altered.items() if value is not None}, body


def _envelope(platform: Platform, event_type: str = "TRANSACTION.SUCCESS", **changed: Any) -> Notice:
    return platform.notice(platform.envelope(platform.seal(platform.transaction()), event_type, **changed))


def _resource(platform: Platform, **changed: Any) -> Notice:
    return platform.notice(platform.envelope(platform.seal(platform.transaction()) | changed))


def _transaction(platform: Platform, *without: str, **changed: Any) -> Notice:
    plain = {name: value for name, value in platform.transaction(**changed).items() if name not in without}
    return platform.notice(platform.envelope(platform.seal(plain)))


def _refund(platform: Platform, event_type: str = "REFUND.SUCCESS", **changed: Any) -> Notice:
    return platform.notice(platform.envelope(platform.seal(platform.refund(**changed), "refund"), event_type))


def _amount(**changed: Any) -> dict[str, Any]:
    return {"total": 9950, "payer_total": 9950, "currency": "CNY"} | changed


def _altered_body(platform: Platform) -> Notice:
    headers, body = _signed(platform)
    return headers, body.replace(b"EV-2611220001", b"EV-2611220002")


def _flipped_seal(platform: Platform) -> Notice:
    sealed = platform.seal(platform.transaction())
    raw = bytearray(base64.b64decode(sealed["ciphertext"]))
    raw[20] ^= 1
    return platform.notice(platform.envelope(sealed | {"ciphertext": base64.b64encode(raw).decode()}))


_OTHER = new_credentials()
_STAMP = int(NOON.timestamp())

FORGERIES: dict[str, tuple[Forge, str]] = {
    "signature missing": (lambda p: _with_headers(p, Signature=None), "headers"),
    "signature empty": (lambda p: _with_headers(p, Signature=""), "headers"),
    "signature far too long": (lambda p: _with_headers(p, Signature="A" * 5000), "headers"),
    "signature no base64": (lambda p: _with_headers(p, Signature="%%%%"), "signature wrong"),
    "signature of another text": (lambda p: _with_headers(p, Nonce="other"), "signature wrong"),
    "signature by another key": (lambda p: _signed(p, pem=_OTHER.platform_private_key_pem), "signature wrong"),
    "signature by the merchant": (lambda p: _signed(p, pem=p.credentials.merchant_private_key_pem), "signature wrong"),
    "probe": (
        lambda p: _with_headers(p, Signature="WECHATPAY/SIGNTEST/" + _signed(p)[0]["Wechatpay-Signature"][19:]),
        "probe",
    ),
    "body altered": (_altered_body, "signature wrong"),
    "body with a trailing newline": (lambda p: (_signed(p)[0], _signed(p)[1] + b"\n"), "signature wrong"),
    "serial missing": (lambda p: _with_headers(p, Serial=None), "headers"),
    "serial unknown": (lambda p: _with_headers(p, Serial="PUB_KEY_ID_0100000000"), "serial unknown"),
    "nonce missing": (lambda p: _with_headers(p, Nonce=None), "headers"),
    "timestamp missing": (lambda p: _with_headers(p, Timestamp=None), "headers"),
    "timestamp not a number": (lambda p: _with_headers(p, Timestamp="now"), "timestamp is no number"),
    "timestamp signed by a minus": (lambda p: _with_headers(p, Timestamp=f"-{_STAMP}"), "timestamp is no number"),
    "timestamp in other digits": (lambda p: _with_headers(p, Timestamp="１７６３"), "headers"),
    "timestamp of a hundred digits": (lambda p: _with_headers(p, Timestamp="9" * 100), "timestamp is no number"),
    "replayed after the window": (lambda p: _signed(p, at=NOON - timedelta(seconds=301)), "window"),
    "from the future": (lambda p: _signed(p, at=NOON + timedelta(seconds=301)), "window"),
    "too large": (lambda p: p.notice(b" " * 65_537), "too large"),
    "empty body": (lambda p: p.notice(b""), "not JSON"),
    "not JSON": (lambda p: p.notice(b"<xml/>"), "not JSON"),
    "not UTF-8": (lambda p: p.notice(b'{"id":"\xff"}'), "not JSON"),
    "NaN": (lambda p: p.notice(b'{"id": NaN}'), "not JSON"),
    "nested without end": (lambda p: p.notice(b"[" * 60_000), "not JSON"),
    "a list": (lambda p: p.notice(b"[]"), "not a JSON object"),
    "no id": (lambda p: _envelope(p, id=None), "id"),
    "id with a zero byte": (lambda p: _envelope(p, id="EV\x00"), "id"),
    "id as a number": (lambda p: _envelope(p, id=7), "id"),
    "event type missing": (lambda p: _envelope(p, event_type=None), "event_type"),  # type: ignore[arg-type]
    "resource type": (lambda p: _envelope(p, resource_type="plain-resource"), "resource_type"),
    "resource missing": (lambda p: _envelope(p, resource=None), "resource"),
    "algorithm": (lambda p: _resource(p, algorithm="none"), "algorithm"),
    "refund sealed as a payment": (
        lambda p: p.notice(p.envelope(p.seal(p.refund(), "refund"), "TRANSACTION.SUCCESS")),
        "appid",
    ),
    "another nonce": (lambda p: _resource(p, nonce="lkjihgfedcba"), "ciphertext"),
    "a nonce of one character": (lambda p: _resource(p, nonce="a"), "ciphertext"),
    "another associated data": (lambda p: _resource(p, associated_data="refund"), "ciphertext"),
    "sealed with another key": (
        lambda p: p.notice(p.envelope(p.seal(p.transaction(), key=_OTHER.api_v3_key))),
        "ciphertext",
    ),
    "seal flipped by a bit": (_flipped_seal, "ciphertext"),
    "ciphertext no base64": (lambda p: _resource(p, ciphertext="***"), "ciphertext"),
    "ciphertext shorter than its tag": (lambda p: _resource(p, ciphertext="AAAA"), "ciphertext"),
    "not sealed at all": (
        lambda p: _resource(p, ciphertext=base64.b64encode(json.dumps(p.transaction()).encode()).decode()),
        "ciphertext",
    ),
    "sealed something else": (lambda p: p.notice(p.envelope(p.seal(b"[]"))), "not a JSON object"),
    "another app": (lambda p: _transaction(p, appid="wx0000000000000000"), "appid"),
    "another merchant": (lambda p: _transaction(p, mchid="1600000000"), "mchid"),
    "another merchant's refund": (lambda p: _refund(p, mchid="1600000000"), "mchid"),
    "another currency": (lambda p: _transaction(p, amount=_amount(currency="JPY")), "currency"),
    "no currency": (lambda p: _transaction(p, amount={"total": 9950}), "currency"),
    "not paid": (lambda p: _transaction(p, trade_state="NOTPAY"), "trade_state"),
    "paid and refunded": (lambda p: _transaction(p, trade_state="REFUND"), "trade_state"),
    "state unknown": (lambda p: _transaction(p, trade_state="PAID"), "trade_state"),
    "no number": (lambda p: _transaction(p, "out_trade_no"), "out_trade_no"),
    "number too long": (lambda p: _transaction(p, out_trade_no="K" * 33), "out_trade_no"),
    "no transaction id": (lambda p: _transaction(p, "transaction_id"), "transaction_id"),
    "no payer": (lambda p: _transaction(p, "payer"), "payer"),
    "no amount": (lambda p: _transaction(p, "amount"), "amount"),
    "amount as a float": (lambda p: _transaction(p, amount=_amount(total=99.5)), "total"),
    "amount as text": (lambda p: _transaction(p, amount=_amount(total="9950")), "total"),
    "amount as true": (lambda p: _transaction(p, amount=_amount(total=True)), "total"),
    "amount nothing": (lambda p: _transaction(p, amount=_amount(total=0)), "total"),
    "amount below nothing": (lambda p: _transaction(p, amount=_amount(total=-9950)), "total"),
    "amount beyond all money": (lambda p: _transaction(p, amount=_amount(total=10**12)), "total"),
    "no time": (lambda p: _transaction(p, "success_time"), "success_time"),
    "time without a zone": (lambda p: _transaction(p, success_time="2026-11-22T12:00:00"), "success_time"),
    "time that is none": (lambda p: _transaction(p, success_time="yesterday"), "success_time"),
    "refund state against its event": (lambda p: _refund(p, refund_status="CLOSED"), "refund_status"),
    "refund state unknown": (lambda p: _refund(p, refund_status="DONE"), "refund_status"),
    "refund without its number": (lambda p: _refund(p, out_refund_no=""), "out_refund_no"),
    "refund as text": (lambda p: _refund(p, amount={"total": 9950, "refund": "1"}), "refund"),
}


@pytest.mark.parametrize("kind", FORGERIES)
def test_a_forged_notice_is_refused_for_what_is_wrong_with_it(kind: str, platform: Platform, keys: NoticeKeys) -> None:
    forge, reason = FORGERIES[kind]
    headers, body = forge(platform)
    read = read_notice(headers, body, keys=keys, now=NOON)
    assert isinstance(read, BadNotice)
    assert reason in read.reason


def test_a_reason_tells_nothing_of_what_was_inside(platform: Platform, keys: NoticeKeys) -> None:
    headers, body = _transaction(platform, appid="wx-somebody-else", payer={"openid": "oSecret"})
    read = read_notice(headers, body, keys=keys, now=NOON)
    assert read == BadNotice("unreadable: appid")


def test_an_old_certificate_no_longer_in_force_proves_nothing(platform: Platform, keys: NoticeKeys) -> None:
    old = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    platform_keys = PlatformKeys({})
    platform_keys.replace_certificates({platform.credentials.platform_key_id: old})
    platform_keys.replace_certificates({})
    emptied = NoticeKeys(platform_keys, keys.api_v3_key, keys.app_id, keys.mch_id)
    headers, body = _signed(platform)
    assert read_notice(headers, body, keys=emptied, now=NOON) == BadNotice("serial unknown")


_HEADERS = st.dictionaries(
    st.sampled_from(["Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Signature", "Wechatpay-Serial", "X"]),
    st.text(max_size=50),
)


@given(headers=_HEADERS, body=st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_reading_never_raises_and_never_believes_noise(headers: dict[str, str], body: bytes) -> None:
    keys = NoticeKeys(PlatformKeys({}), b"k" * 32, "wx", "16")
    assert isinstance(read_notice(headers, body, keys=keys, now=NOON), BadNotice)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3)
)


@given(changed=st.dictionaries(st.sampled_from(["trade_state", "amount", "payer", "success_time", "mchid"]), _JSON))
@settings(max_examples=100, deadline=None)
def test_whatever_is_sealed_inside_reading_never_raises(changed: dict[str, Any], pay_credentials: Credentials) -> None:
    platform = Platform(pay_credentials)
    public = load_public_key(pay_credentials.platform_public_key_pem.encode())
    keys = NoticeKeys(
        PlatformKeys({pay_credentials.platform_key_id: public}),
        pay_credentials.api_v3_key.encode(),
        pay_credentials.app_id,
        pay_credentials.mch_id,
    )
    headers, body = platform.notice(platform.envelope(platform.seal(platform.transaction(**changed))))
    read = read_notice(headers, body, keys=keys, now=NOON)
    assert isinstance(read, BadNotice) == bool(changed)
