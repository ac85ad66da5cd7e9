"""Juhe (聚合数据) phone credit over HTTP: forms to {api_base}/ofpay/mobile/…, a signed order, results by query."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any

from fulfillment.suppliers.port import (
    Accepted,
    Balance,
    BalanceAnswer,
    Failed,
    NoSuchOrder,
    NotOffered,
    Offer,
    OfferAnswer,
    OrderAnswer,
    Processing,
    QueryAnswer,
    Rejected,
    Success,
    TopupRequest,
    Unknown,
)
from fulfillment.suppliers.wire import BODY_BYTES_MAX, Wire, balance_fen, cost_fen, form, json_object, printable
from kernel.clock import Clock

YUAN_MAX = 10_000
_ORDER_NO = re.compile(r"[0-9A-Za-z]{8,32}")
_PHONE = re.compile(r"1[0-9]{10}")
_AMOUNT = re.compile(r"[1-9][0-9]{0,4}")

_INTERNAL_ERROR = 10014
"""系统内部异常: Juhe itself says to query after it, and never to take it for a failure."""
_AT_THE_GATE = frozenset(range(10001, 10023)) - {_INTERNAL_ERROR}
"""Key, permission, address, quota, maintenance: refused before the service was reached."""
_OF_THE_SERVICE = range(208_500, 208_600)
_NOT_ALLOWED = 208_501
"""This number cannot be topped up by this amount."""


class Juhe:
    """One account at Juhe: `app_key` is its AppKey, `app_secret` the OpenID. It knows phone numbers and amounts in
    whole yuan and no products: a SKU's supplier_code is the amount, or else its denomination is taken.

    `price_account`: a phone number to ask prices for; Juhe tells none without.
    """

    def __init__(self, *, api_base: str, app_key: str, app_secret: str, clock: Clock, price_account: str = "") -> None:
        self._base = f"{api_base.rstrip('/')}/ofpay/mobile"
        self._key = app_key
        self._open_id = app_secret
        self._clock = clock
        self._price_account = price_account
        self._wire = Wire()

    def order(self, request: TopupRequest) -> OrderAnswer:
        """Send one purchase (onlineorder), after telcheck has not said that the number cannot be topped up so."""
        amount = _amount(request)
        if (
            amount is None
            or not _PHONE.fullmatch(request.account)
            or not _ORDER_NO.fullmatch(request.supplier_order_no)
        ):
            return Failed("not a phone number and an amount in whole yuan")
        asked = {"phoneno": request.account, "cardnum": amount}
        check = self._ask("telcheck", asked)
        if isinstance(check, _Reply) and check.code == _NOT_ALLOWED:
            return Failed(check.said)  # nothing was ordered by this call; any other trouble is for the order to tell
        number = request.supplier_order_no
        sign = _md5(self._open_id + self._key + request.account + amount + number)
        reply = self._ask("onlineorder", {**asked, "orderid": number, "sign": sign})
        if isinstance(reply, Unknown):
            return reply
        if reply.code == 0:
            named = reply.result.get("uorderid", number)
            return Accepted() if named == number else Unknown("answer names another order")
        if "重复" in reply.reason or "已存在" in reply.reason:
            return Unknown(reply.said, alive=True)  # an earlier sending did arrive: the query will tell
        if reply.code in _AT_THE_GATE or reply.code in _OF_THE_SERVICE:
            return Rejected(reply.said)
        return Unknown(reply.said)

    def query(self, supplier_order_no: str) -> QueryAnswer:
        """Ask for an order's state (ordersta): 0 charging, 1 success, 9 revoked; anything else means Unknown."""
        reply = self._ask("ordersta", {"orderid": supplier_order_no})
        if isinstance(reply, Unknown):
            return reply
        if reply.code != 0:
            missing = reply.code in _OF_THE_SERVICE and any(word in reply.reason for word in ("不存在", "查询不到"))
            return NoSuchOrder() if missing and "订单" in reply.reason else Unknown(reply.said)
        if reply.result.get("uorderid", supplier_order_no) != supplier_order_no:
            return Unknown("answer names another order")
        state = reply.result.get("game_state")
        if isinstance(state, bool) or not isinstance(state, int | str):
            return Unknown("answer without a game_state")
        match str(state):
            case "1":
                return Success()
            case "9":
                return Failed("supplier: revoked")
            case "0":
                return Processing()
            case _:
                return Unknown(f"game_state {str(state)[:20]!r}")

    def balance(self) -> BalanceAnswer:
        """Ask for what is left of the deposit (yue)."""
        timestamp = str(int(self._clock.now().timestamp()))
        reply = self._ask("yue", {"timestamp": timestamp, "sign": _md5(self._open_id + self._key + timestamp)})
        if isinstance(reply, Unknown):
            return reply
        left_fen = balance_fen(reply.result.get("money")) if reply.code == 0 else None
        return Balance(left_fen) if left_fen is not None else Unknown(reply.said)

    def offer(self, product_code: str) -> OfferAnswer:
        """Ask what an amount costs for `price_account` (telquery)."""
        if not _AMOUNT.fullmatch(product_code):
            return NotOffered("not an amount in whole yuan")
        reply = self._ask("telquery", {"phoneno": self._price_account, "cardnum": product_code})
        if isinstance(reply, Unknown):
            return reply
        if reply.code != 0:
            # 维护 is of today; any other no may be of this one number.
            closed = reply.code in _OF_THE_SERVICE and "维护" in reply.reason
            return Offer(None, available=False, said=reply.said) if closed else Unknown(reply.said)
        price_fen = cost_fen(reply.result.get("inprice"))
        return Offer(price_fen, available=True) if price_fen else Unknown("unreadable price")

    def read_callback(self, body: bytes) -> str | None:
        """Read the orderid of a callback whose sign is md5(key + sporder_id + orderid)."""
        if len(body) > BODY_BYTES_MAX:
            return None
        content = form(body)
        given, theirs, ours = content.get("sign"), content.get("sporder_id"), content.get("orderid")
        if not (isinstance(given, str) and isinstance(theirs, str) and isinstance(ours, str)):
            return None
        if not _ORDER_NO.fullmatch(ours):
            return None
        expected = _md5(self._key + theirs + ours)
        return ours if hmac.compare_digest(given.encode(errors="replace"), expected.encode()) else None

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def _ask(self, method: str, fields: Mapping[str, str]) -> "_Reply | Unknown":
        # A form, though Juhe takes a query as well: the key and the buyer's number have no place in an address.
        body = self._wire.post_form(f"{self._base}/{method}", {"key": self._key, **fields})
        return body if isinstance(body, Unknown) else _read(body)


class _Reply:
    """An answer. Juhe signs none: TLS vouches for it."""

    def __init__(self, code: int, reason: str, result: dict[str, Any]) -> None:
        self.code = code
        self.reason = reason
        self.result = result

    @property
    def said(self) -> str:
        return printable(self.code, self.reason)


def _read(body: bytes) -> "_Reply | Unknown":
    answer = json_object(body)
    if answer is None:
        return Unknown("unreadable answer")
    code, result = answer.get("error_code"), answer.get("result")
    if isinstance(code, str) and re.fullmatch(r"[0-9]{1,9}", code):
        code = int(code)
    if isinstance(code, bool) or not isinstance(code, int):
        return Unknown("answer without an error_code")
    return _Reply(code, str(answer.get("reason", "")), result if isinstance(result, dict) else {})


def _amount(request: TopupRequest) -> str | None:
    """The amount in yuan as Juhe wants it; None when there is none."""
    one = request.product_code if _AMOUNT.fullmatch(request.product_code) else str(request.face_yuan or "")
    if not _AMOUNT.fullmatch(one) or request.buy_num < 1:
        return None
    yuan = int(one) * request.buy_num
    return str(yuan) if yuan <= YUAN_MAX else None


def _md5(text: str) -> str:
    """Lower case, as every signature of Juhe."""
    return hashlib.md5(text.encode(errors="surrogatepass"), usedforsecurity=False).hexdigest()
