"""The stand-in supplier 福禄: POST /fulu/api/getway, orders that take their time, and the callback."""

import base64
import hashlib
import json
import re
import secrets
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.hold import hold
from sandbox.supplier_base import SKEW_SECONDS, Supplier
from sandbox.world import ORDERS, SHANGHAI, SupplierOrder, at_shanghai, keep_newest

_REQUIRED = ("app_key", "method", "timestamp", "version", "format", "charset", "sign_type", "biz_content", "sign")
_ORDER_TYPES = {"mobile": 1, "card": 3, "direct": 4}
STATES = ("untreated", "processing", "success", "failed")

_ORDERING = {"fulu.order.direct.add": "direct", "fulu.order.mobile.add": "mobile", "fulu.order.card.add": "card"}
BAD_PARAMETER, BAD_SIGN, OLD, NO_METHOD, DUPLICATE, NOT_FOUND, NO_GOODS = 1001, 1002, 1003, 1004, 3000, 3001, 3002
NO_PRODUCT = 3010


class FuluError(Exception):
    """The supplier's answer is an error code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


class Fulu(Supplier):
    """Takes orders, works on them, calls back."""

    def routes(self) -> list[Route]:
        """Everything the supplier answers."""
        return [Route("/fulu/api/getway", self._gateway, methods=["POST"])]

    def resume(self) -> None:
        """After a restart: go on with orders that were being worked on."""
        for order in self._world.memory.supplier_orders.values():
            if order.state in ("untreated", "processing"):
                self._background.start(self._work(order))

    async def _gateway(self, request: Request) -> Response:
        body = bodies.json_object(await bodies.read(request))
        try:
            method, content = self._checked(body)
            if method not in _ORDERING:
                # A query only fails when the panel names it: otherwise nothing could ever be found out.
                waiting = self._world.faults.supplier
                fault = self._world.faults.take("supplier", method) if waiting and waiting.on else None
                answer = self._answer(self._told(method, content))
            else:
                fault = self._world.faults.take("supplier", method)
                if fault and fault.kind == "refused":
                    raise FuluError(NO_GOODS, "商品维护中，暂停下单")
                accepted = fault is None or fault.accepted or fault.kind in ("success", "failed", "processing")
                answer = self._answer(self._add(method, content, fault.kind if fault else "")) if accepted else {}
        except FuluError as error:
            return bodies.json_response(self._answer(None, error.code, error.message))
        if fault and fault.kind == "timeout":
            return await hold(request, 60.0)
        if fault and fault.kind == "unknown":
            return Response("<html>502 Bad Gateway</html>", 502, media_type="text/html")
        if fault and fault.kind == "garbage":
            return Response('{"code":0,"message":"接口调用成功","resu', media_type="application/json")
        return bodies.json_response(answer)

    def _checked(self, body: dict[str, Any] | None) -> tuple[str, dict[str, Any]]:
        if body is None or not all(isinstance(body.get(name), str) for name in _REQUIRED):
            raise FuluError(BAD_PARAMETER, "公共参数缺失")
        if body["app_key"] != self._settings.fulu_app_key or body["sign_type"] != "md5":
            raise FuluError(BAD_PARAMETER, "app_key或sign_type无效")
        unsigned = {name: value for name, value in body.items() if name != "sign"}
        if not secrets.compare_digest(sign(unsigned, self._settings.fulu_app_secret).encode(), body["sign"].encode()):
            raise FuluError(BAD_SIGN, "签名错误")
        try:
            at = datetime.strptime(body["timestamp"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI)
        except ValueError:
            raise FuluError(BAD_PARAMETER, "timestamp格式错误") from None
        if abs(at.timestamp() - self._world.now()) > SKEW_SECONDS:
            raise FuluError(OLD, "timestamp已过期")
        if body["version"] != "2.0" or body["format"] != "json" or body["charset"].lower() != "utf-8":
            raise FuluError(BAD_PARAMETER, "version、format或charset无效")
        content = bodies.json_object(body["biz_content"].encode())
        if content is None:
            raise FuluError(BAD_PARAMETER, "biz_content不是有效的JSON")
        return body["method"], content

    def _told(self, method: str, content: dict[str, Any]) -> dict[str, Any]:
        match method:
            case "fulu.order.info.get":
                return self._info(content)
            case "fulu.user.info.get":
                left = float(self._world.memory.supplier_balances["fulu"])
                return {"name": "沙箱商户", "balance": left, "is_open": 1}
            case "fulu.goods.info.get":
                return self._product(str(content.get("product_id", "")))
        raise FuluError(NO_METHOD, "接口方法不存在")

    def _product(self, product_id: str) -> dict[str, Any]:
        goods = self._world.memory.supplier_goods.get("fulu", {}).get(product_id)
        if goods is None:
            raise FuluError(NO_PRODUCT, "商品不存在")
        return {
            "product_id": product_id,
            "product_name": f"沙箱商品 {product_id}",
            "product_type": "直充",
            "face_value": 1.0,
            "purchase_price": float(goods.get("price", "1.0")),
            "sales_status": goods.get("state", "上架"),
            "stock_status": goods.get("stock", "充足"),
        }

    def _add(self, method: str, content: dict[str, Any], outcome: str) -> dict[str, Any]:
        number = content.get("customer_order_no")
        if not isinstance(number, str) or not 1 <= len(number) <= 50:
            raise FuluError(BAD_PARAMETER, "customer_order_no：1–50个字符")
        account = _account(_ORDERING[method], content)
        product, value = str(content.get("product_id", "")), str(content.get("charge_value", ""))
        if _ORDERING[method] != "mobile" and not product:
            raise FuluError(BAD_PARAMETER, "product_id为必填项")
        buy_num = content.get("buy_num", 1)
        if not re.fullmatch(r"[1-9]\d{0,3}", str(buy_num)):
            raise FuluError(BAD_PARAMETER, "buy_num须为1–9999的整数")
        if number in self._world.memory.supplier_orders:
            raise FuluError(DUPLICATE, "外部订单号已存在")
        at = at_shanghai(self._world.now())
        order_id = f"{at:%y%m%d%H%M%S}{secrets.randbelow(10**8):08d}"
        order = SupplierOrder(
            number, order_id, _ORDERING[method], product, account, int(buy_num),
            value, self._world.now(), outcome if outcome in ("failed", "processing") else "success",
        )  # fmt: skip
        keep_newest(self._world.memory.supplier_orders, number, order, ORDERS)
        self._changed(order)
        self._background.start(self._work(order))
        return self.shown(order, cards=False)

    def _info(self, content: dict[str, Any]) -> dict[str, Any]:
        order = self._world.memory.supplier_orders.get(str(content.get("customer_order_no")))
        if order is None:
            raise FuluError(NOT_FOUND, "订单不存在")
        return self.shown(order, cards=True)

    def shown(self, order: SupplierOrder, *, cards: bool) -> dict[str, Any]:
        """An order as the supplier's answers show it; cards are encrypted, and only a query has them."""
        shown: dict[str, Any] = {
            "order_id": order.order_id,
            "customer_order_no": order.customer_order_no,
            "product_id": order.product_id or f"10{_ORDER_TYPES[order.kind]}",
            "product_name": f"沙箱商品 {order.product_id or order.value}",
            "charge_account": order.account,
            "buy_num": order.buy_num,
            "order_price": 1.0,
            "order_type": _ORDER_TYPES[order.kind],
            "order_state": order.state,
            "create_time": f"{at_shanghai(order.created_at):%Y-%m-%d %H:%M:%S}",
            "finish_time": f"{at_shanghai(order.finished_at):%Y-%m-%d %H:%M:%S}" if order.finished_at else "",
            "area": "",
            "server": "",
            "type": "",
            "operator_serial_number": f"SN{order.order_id}" if order.state == "success" else "",
        }
        if cards and order.kind == "card" and order.state == "success":
            secret = self._settings.fulu_app_secret
            shown["cards"] = [
                {
                    "card_type": 1,
                    "card_number": encrypt_card(card["number"], secret),
                    "card_pwd": encrypt_card(card["secret"], secret),
                    "card_deadline": "2036-12-31 23:59:59",
                }
                for card in order.cards
            ]
        return shown

    def settle(self, order: SupplierOrder, state: str) -> None:
        """End an order (or put it back to processing) and call back."""
        order.state, order.outcome = state, state if state in ("success", "failed", "processing") else "processing"
        order.finished_at = self._world.now() if state in ("success", "failed") else 0.0
        if state == "success" and order.kind == "card" and not order.cards:
            order.cards = [
                {"number": f"SBX{secrets.randbelow(10**12):012d}", "secret": secrets.token_hex(8).upper()}
                for _ in range(order.buy_num)
            ]
        self._changed(order)
        if order.finished_at:
            self._background.start(self._call_back(order))

    def fault_cleared(self) -> None:
        """Orders that stood still for the fault go on."""
        for order in self._world.memory.supplier_orders.values():
            if order.outcome == "processing" and order.state in ("untreated", "processing"):
                order.outcome = "success"
                self._background.start(self._work(order))

    async def _work(self, order: SupplierOrder) -> None:
        half = self._world.faults.supplier_seconds / 2
        await self._notices.rest(half)
        if order.state == "untreated":
            order.state = "processing"
            self._changed(order)
        await self._notices.rest(half)
        if order.state == "processing" and order.outcome != "processing":
            self.settle(order, order.outcome)

    async def _call_back(self, order: SupplierOrder) -> None:
        content: dict[str, Any] = {
            "order_id": order.order_id,
            "charge_finish_time": f"{at_shanghai(order.finished_at):%Y-%m-%d %H:%M:%S}",
            "customer_order_no": order.customer_order_no,
            "order_status": order.state,
            "recharge_description": "充值成功" if order.state == "success" else "充值失败",
            "product_id": order.product_id,
            "price": "1.0000",
            "buy_num": str(order.buy_num),
            "operator_serial_number": f"SN{order.order_id}" if order.state == "success" else "",
        }
        content["sign"] = sign(content, self._settings.fulu_app_secret)
        await self._call_until_answered(self._settings.supplier_name, lambda url: self._client.post(url, json=content))

    def _answer(self, result: dict[str, Any] | None, code: int = 0, message: str = "接口调用成功") -> dict[str, Any]:
        text = "" if result is None else json.dumps(result, ensure_ascii=False, separators=(",", ":"))
        secret = self._settings.fulu_app_secret
        return {"code": code, "message": message, "result": text, "sign": sign_text(text, secret)}

    def listed(self, order: SupplierOrder) -> dict[str, Any]:
        """An order as the sandbox's own interface lists it."""
        return self.shown(order, cards=False) | {"kind": order.kind, "charge_value": order.value}


def sign_text(text: str, secret: str) -> str:
    """md5 over the text's characters in order, and the secret after them; lower case."""
    return hashlib.md5(("".join(sorted(text)) + secret).encode(), usedforsecurity=False).hexdigest()


def sign(content: dict[str, Any], secret: str) -> str:
    """The signature over parameters: their compact JSON, Chinese and slashes unescaped, through `sign_text`."""
    return sign_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), secret)


def encrypt_card(text: str, secret: str) -> str:
    """AES-256-ECB, PKCS#7, base64, the key being the app secret's 32 characters."""
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(secret.encode()), modes.ECB()).encryptor()  # noqa: S305 - the protocol's choice
    padded = padder.update(text.encode()) + padder.finalize()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def _account(kind: str, content: dict[str, Any]) -> str:
    if kind == "card":
        return ""
    if kind == "mobile":
        phone = str(content.get("charge_phone", ""))
        if not re.fullmatch(r"1\d{10}", phone):
            raise FuluError(BAD_PARAMETER, "charge_phone须为11位手机号")
        if not re.fullmatch(r"[1-9]\d{0,4}(\.0+)?", str(content.get("charge_value", ""))):
            raise FuluError(BAD_PARAMETER, "charge_value须为正数")
        return phone
    account = content.get("charge_account")
    if not isinstance(account, str) or not 1 <= len(account) <= 200:
        raise FuluError(BAD_PARAMETER, "charge_account为必填项")
    return account
