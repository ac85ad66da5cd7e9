"""The gateway to WeChat Pay v3: each operation's request, and what its answer and error codes mean to us."""

import hashlib
import secrets
import zlib
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

from kernel.clock import Clock
from payments.exchange import Answer, Exchange, PaySettings
from payments.gateway import (
    AlreadyPaid,
    BillNotReady,
    Busy,
    Closed,
    CodeUrl,
    Failure,
    NoAnswer,
    NoBill,
    NoSuchNumber,
    NotEnough,
    NumberClosed,
    NumberUsed,
    OpenAnswer,
    PaymentRequest,
    Prepay,
    RefundReport,
    RefundRequest,
    Rejected,
    Transaction,
)
from payments.reading import UnreadableError, read_refund, read_transaction, text
from payments.signing import PlatformKeys

_BILL_BYTES_MAX = 512 * 1024 * 1024
_PAID = ("ORDERPAID", "ORDER_PAID")
_CLOSED = ("ORDER_CLOSED", "ORDERCLOSED")
_ABSENT = ("ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS")
_SHANGHAI = ZoneInfo("Asia/Shanghai")

Given = TypeVar("Given", Prepay, CodeUrl)


class WechatPay:
    """WeChat Pay v3 (`gateway.PayGateway`). Raises ValueError when the keys cannot be read."""

    def __init__(self, settings: PaySettings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._exchange = Exchange(settings, clock)
        self._ask = self._exchange.ask

    @property
    def platform_keys(self) -> PlatformKeys:
        """What notices are checked with, too: for `NoticeKeys`."""
        return self._exchange.platform_keys

    def refresh_certificates(self) -> bool:
        """Fetch the platform certificates; see `Exchange.refresh_certificates`."""
        return self._exchange.refresh_certificates()

    def shut_down(self) -> None:
        """Close every connection."""
        self._exchange.shut_down()

    def open_jsapi(self, request: PaymentRequest, payer_openid: str) -> Prepay | OpenAnswer:
        """POST /v3/pay/transactions/jsapi."""
        payload = {**self._payment(request), "payer": {"openid": payer_openid}}
        answer = self._ask("POST", "/v3/pay/transactions/jsapi", payload)
        return _opened(answer, lambda data: Prepay(text(data, "prepay_id", longest=64)))

    def open_native(self, request: PaymentRequest) -> CodeUrl | OpenAnswer:
        """POST /v3/pay/transactions/native."""
        answer = self._ask("POST", "/v3/pay/transactions/native", self._payment(request))
        return _opened(answer, lambda data: CodeUrl(text(data, "code_url", longest=512)))

    def bridge_params(self, prepay_id: str) -> Mapping[str, str]:
        """Sign getBrandWCPayRequest: appId, timeStamp (seconds, as a string), nonceStr, package."""
        stamp, nonce = str(int(self._clock.now().timestamp())), secrets.token_hex(16)
        package = f"prepay_id={prepay_id}"
        return {
            "appId": self._settings.app_id,
            "timeStamp": stamp,
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": self._exchange.merchant.sign(self._settings.app_id, stamp, nonce, package),
        }

    def query(self, out_trade_no: str) -> Transaction | NoSuchNumber | Failure:
        """GET /v3/pay/transactions/out-trade-no/{no}."""
        answer = self._ask("GET", f"{_number_path(out_trade_no)}?mchid={quote(self._settings.mch_id, safe='')}")
        if not isinstance(answer, Answer):
            return answer
        if answer.status != 200:
            return NoSuchNumber() if answer.code in _ABSENT else answer.rejected()
        try:
            found = read_transaction(answer.data, app_id=self._settings.app_id, mch_id=self._settings.mch_id)
        except UnreadableError as error:
            return NoAnswer(f"unreadable: {error}")
        return found if found.out_trade_no == out_trade_no else NoAnswer("answer about another number")

    def close(self, out_trade_no: str) -> Closed | AlreadyPaid | NoSuchNumber | Failure:
        """POST /v3/pay/transactions/out-trade-no/{no}/close."""
        answer = self._ask("POST", f"{_number_path(out_trade_no)}/close", {"mchid": self._settings.mch_id})
        if not isinstance(answer, Answer):
            return answer
        if answer.status == 204 or answer.code in _CLOSED:
            return Closed()
        if answer.code in _PAID:
            return AlreadyPaid()
        return NoSuchNumber() if answer.code in _ABSENT else answer.rejected()

    def refund(self, request: RefundRequest) -> RefundReport | NotEnough | NoSuchNumber | Failure:
        """POST /v3/refund/domestic/refunds."""
        payload = {
            "out_trade_no": request.out_trade_no,
            "out_refund_no": request.out_refund_no,
            "reason": request.reason,
            "notify_url": self._settings.notify_url,
            "amount": {"refund": request.refund_fen, "total": request.total_fen, "currency": "CNY"},
        }
        answer = self._ask("POST", "/v3/refund/domestic/refunds", payload, again=False)
        if isinstance(answer, Answer) and answer.code == "NOT_ENOUGH":
            return NotEnough()
        return _refund(answer, request.out_refund_no)

    def query_refund(self, out_refund_no: str) -> RefundReport | NoSuchNumber | Failure:
        """GET /v3/refund/domestic/refunds/{no}."""
        answer = self._ask("GET", f"/v3/refund/domestic/refunds/{quote(out_refund_no, safe='')}")
        return _refund(answer, out_refund_no)

    def trade_bill(self, day: date) -> bytes | NoBill | BillNotReady | Failure:
        """GET /v3/bill/tradebill, then the file it names, unpacked and checked against its SHA-1."""
        answer = self._ask("GET", f"/v3/bill/tradebill?bill_date={day.isoformat()}&bill_type=ALL&tar_type=GZIP")
        if not isinstance(answer, Answer):
            return answer
        if answer.status != 200:
            if answer.code == "NO_STATEMENT_EXIST":
                return NoBill()
            return BillNotReady() if answer.code == "STATEMENT_CREATING" else answer.rejected()
        try:
            if text(answer.data, "hash_type") != "SHA1":
                return NoAnswer("unreadable: hash_type")
            wanted, url = text(answer.data, "hash_value"), text(answer.data, "download_url", longest=2048)
        except UnreadableError as error:
            return NoAnswer(f"unreadable: {error}")
        packed = self._exchange.download(url)
        return packed if isinstance(packed, NoAnswer) else _unpack_bill(packed, wanted.lower())

    def _payment(self, request: PaymentRequest) -> dict[str, Any]:
        return {
            "appid": self._settings.app_id,
            "mchid": self._settings.mch_id,
            "description": request.description,
            "out_trade_no": request.out_trade_no,
            "time_expire": request.expires_at.astimezone(_SHANGHAI).isoformat(timespec="seconds"),
            "notify_url": self._settings.notify_url,
            "amount": {"total": request.total_fen, "currency": "CNY"},
        }


def _number_path(out_trade_no: str) -> str:
    return f"/v3/pay/transactions/out-trade-no/{quote(out_trade_no, safe='')}"


def _opened(
    answer: Answer | Busy | Rejected | NoAnswer, read: Callable[[Mapping[str, Any]], Given]
) -> Given | OpenAnswer:
    if not isinstance(answer, Answer):
        return answer
    if answer.status == 200:
        try:
            return read(answer.data)
        except UnreadableError as error:
            return NoAnswer(f"unreadable: {error}")
    if answer.code in _PAID:
        return AlreadyPaid()
    if answer.code == "OUT_TRADE_NO_USED" or "请求重入" in str(answer.data.get("message", "")):
        return NumberUsed()  # the second is how INVALID_REQUEST says the same: 请求重入时，参数与首次请求时不一致
    return NumberClosed() if answer.code in _CLOSED else answer.rejected()


def _refund(answer: Answer | Busy | Rejected | NoAnswer, out_refund_no: str) -> RefundReport | NoSuchNumber | Failure:
    if not isinstance(answer, Answer):
        return answer
    if answer.status != 200:
        return NoSuchNumber() if answer.code in _ABSENT else answer.rejected()
    try:
        report = read_refund(answer.data, status_field="status")
    except UnreadableError as error:
        return NoAnswer(f"unreadable: {error}")
    return report if report.out_refund_no == out_refund_no else NoAnswer("answer about another number")


def _unpack_bill(packed: bytes, sha1: str) -> bytes | NoAnswer:
    """Unpack a bill; its SHA-1 is that of the bill itself, not of the packed file."""
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        bill = unpacker.decompress(packed, _BILL_BYTES_MAX)
    except zlib.error:
        return NoAnswer("bill cannot be unpacked")
    if not unpacker.eof:
        return NoAnswer("bill cut off or too large")
    digest = hashlib.sha1(bill, usedforsecurity=False).hexdigest()
    return bill if digest == sha1 else NoAnswer("bill does not match its hash")
