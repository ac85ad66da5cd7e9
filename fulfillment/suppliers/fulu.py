"""Fulu (福禄) over HTTP: signed JSON to one address, results by query, a callback that is only a hint."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

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

_ORDER_NO = re.compile(r"[0-9A-Za-z_-]{1,50}")
_ON_SALE, _OUT_OF_STOCK = "上架", "断货"
_SHANGHAI = ZoneInfo("Asia/Shanghai")

_DETAILS = {
    "game": "charge_game_name",
    "region": "charge_game_region",
    "area": "charge_game_region",
    "server": "charge_game_srv",
    "zone": "charge_game_srv",
    "role": "charge_game_role",
    "type": "charge_type",
}
"""How the catalog's usual field names are called by Fulu; any other name is sent as it is."""


_NO_REFUSAL = (
    "已存在",
    "重复",
    "系统",
    "繁忙",
    "超时",
    "未知",
    "稍后",
    "处理中",
    "busy",
    "timeout",
    "unknown",
    "system",
)
"""Fulu publishes no stable codes, so the words of an error decide: these say that an earlier sending of this number did
arrive, or that nobody knows. The query will tell what became of it, and nothing is given back on such words."""


class Fulu:
    """One account at Fulu. Top-ups are `fulu.order.direct.add`, the SKU's supplier_code being the product_id."""

    def __init__(self, *, api_base: str, app_key: str, app_secret: str, clock: Clock) -> None:
        self._url = f"{api_base.rstrip('/')}/api/getway"  # the spelling is Fulu's own
        self._app_key = app_key
        self._secret = app_secret
        self._clock = clock
        self._wire = Wire()

    def order(self, request: TopupRequest) -> OrderAnswer:
        """Send one purchase. A duplicate number is answered with an error by Fulu and never buys twice."""
        content: dict[str, Any] = {
            "product_id": request.product_code,
            "customer_order_no": request.supplier_order_no,
            "charge_account": request.account,
            "buy_num": request.buy_num,
        }
        for name, value in request.details.items():
            content.setdefault(_DETAILS.get(name, name), value)
        reply = self._ask("fulu.order.direct.add", content)
        if isinstance(reply, Unknown):
            return reply
        if reply.code != "0":
            said = reply.message.lower()
            doubt = any(word in said for word in _NO_REFUSAL)
            return Unknown(reply.said, alive=True) if doubt else Rejected(reply.said)
        if reply.result.get("customer_order_no", request.supplier_order_no) != request.supplier_order_no:
            return Unknown("answer names another order")
        return Accepted()

    def query(self, supplier_order_no: str) -> QueryAnswer:
        """Ask for an order's state. Codes and states that are not known mean Unknown."""
        reply = self._ask("fulu.order.info.get", {"customer_order_no": supplier_order_no})
        if isinstance(reply, Unknown):
            return reply
        if reply.code != "0":
            # Fulu publishes no stable code for it, so its words decide; the policy never settles on them alone.
            missing = "订单" in reply.message and "不存在" in reply.message
            return NoSuchOrder() if missing else Unknown(reply.said)
        if reply.result.get("customer_order_no", supplier_order_no) != supplier_order_no:
            return Unknown("answer names another order")
        match reply.result.get("order_state"):
            case "success":
                return Success()
            case "failed":
                return Failed("supplier: failed")
            case "processing" | "untreated":
                return Processing()
            case state:
                return Unknown(f"order_state {str(state)[:20]!r}")

    def balance(self) -> BalanceAnswer:
        """Ask for what is left of the deposit (fulu.user.info.get)."""
        reply = self._ask("fulu.user.info.get", {})
        if isinstance(reply, Unknown):
            return reply
        left_fen = balance_fen(reply.result.get("balance")) if reply.code == "0" else None
        return Balance(left_fen) if left_fen is not None else Unknown(reply.said)

    def offer(self, product_code: str) -> OfferAnswer:
        """Ask for a product's price and state (fulu.goods.info.get): 上架 and not 断货 can be had."""
        reply = self._ask("fulu.goods.info.get", {"product_id": product_code})
        if isinstance(reply, Unknown):
            return reply
        if reply.code != "0":
            missing = "商品" in reply.message and ("不存在" in reply.message or "找不到" in reply.message)
            return NotOffered(reply.said) if missing else Unknown(reply.said)
        price_fen, sales = cost_fen(reply.result.get("purchase_price")), reply.result.get("sales_status")
        named = str(reply.result.get("product_id", product_code))
        if price_fen is None or price_fen <= 0 or not isinstance(sales, str) or named != product_code:
            return Unknown("unreadable product")
        stock = str(reply.result.get("stock_status", ""))
        said = sales if sales != _ON_SALE else stock
        return Offer(price_fen, available=sales == _ON_SALE and stock != _OUT_OF_STOCK, said=printable(said))

    def read_callback(self, body: bytes) -> str | None:
        """Read the customer_order_no of a callback whose signature is right."""
        if len(body) > BODY_BYTES_MAX:
            return None
        content = json_object(body) or form(body)
        given = content.pop("sign", None)
        number = content.get("customer_order_no")
        if not isinstance(given, str) or not isinstance(number, str) or not _ORDER_NO.fullmatch(number):
            return None
        return number if self._signed(given, _compact(content), _spaced(content)) else None

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def _ask(self, method: str, content: Mapping[str, Any]) -> "_Reply | Unknown":
        params: dict[str, Any] = {
            "app_key": self._app_key,
            "method": method,
            "timestamp": f"{self._clock.now().astimezone(_SHANGHAI):%Y-%m-%d %H:%M:%S}",
            "version": "2.0",
            "format": "json",
            "charset": "utf-8",
            "sign_type": "md5",
            "app_auth_token": "",
            "biz_content": _compact(content),
        }
        params["sign"] = self._sign(_compact(params))
        answer = self._wire.post_json(self._url, _compact(params))
        return answer if isinstance(answer, Unknown) else self._read(answer)

    def _read(self, body: bytes) -> "_Reply | Unknown":
        answer = json_object(body)
        if answer is None:
            return Unknown("unreadable answer")
        given, code, result = answer.pop("sign", None), answer.get("code"), answer.get("result")
        text = result if isinstance(result, str) else _compact(result) if isinstance(result, dict) else ""
        # What the signature of an answer covers is not documented: the result's text or the whole answer. An answer
        # without one came over the connection that we opened, and TLS vouches for it; a wrong one is not believed.
        if given and not (isinstance(given, str) and self._signed(given, text, _compact(answer), _spaced(answer))):
            return Unknown("the answer's signature is wrong")
        if isinstance(code, bool) or not isinstance(code, int | str):
            return Unknown("answer without a code")
        content = json_object(text.encode()) if text else {}
        if content is None:
            return Unknown("unreadable result")
        return _Reply(str(code), str(answer.get("message", "")), content)

    def _signed(self, given: str, *readings: str) -> bool:
        return any(_same(given, self._sign(text)) for text in readings)

    def _sign(self, text: str) -> str:
        """All characters sorted, the secret after them, md5, lower case: the protocol's own."""
        signed = "".join(sorted(text)) + self._secret
        return hashlib.md5(_bytes(signed), usedforsecurity=False).hexdigest()


class _Reply:
    """A signed answer."""

    def __init__(self, code: str, message: str, result: dict[str, Any]) -> None:
        self.code = code
        self.message = message
        self.result = result

    @property
    def said(self) -> str:
        return printable(self.code[:20], self.message)


def _compact(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _spaced(content: Mapping[str, Any]) -> str:
    """As most JSON writers do by default; the spaces are characters of the signature, too."""
    return json.dumps(content, ensure_ascii=False)


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(_bytes(given), _bytes(expected))


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")  # JSON may spell half a character; that is no reason to fail
