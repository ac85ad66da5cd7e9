"""The stand-in supplier 聚合: POST /juhe/ofpay/mobile/…, orders that take their time, and the callback."""

import hashlib
import re
import secrets
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.hold import hold
from sandbox.supplier_base import SKEW_SECONDS, Supplier
from sandbox.world import ORDERS, SupplierOrder, at_shanghai, keep_newest

AMOUNTS = ("5", "10", "20", "30", "50", "100", "200", "300", "500")
STATES = {"processing": "0", "success": "1", "failed": "9"}

BAD_KEY, BAD_SIGN, NOT_ALLOWED, CLOSED, BAD_NUMBER, DUPLICATE, NOT_FOUND = (
    10001, 208513, 208501, 208503, 208509, 208510, 208516,
)  # fmt: skip


class JuheError(Exception):
    """The supplier's answer is an error code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class Juhe(Supplier):
    """Takes orders, works on them, calls back."""

    def routes(self) -> list[Route]:
        """Everything the supplier answers. (The real one takes GET as well; nobody should put its key there.)"""
        return [Route("/juhe/ofpay/mobile/{method}", self._gateway, methods=["POST"])]

    def resume(self) -> None:
        """After a restart: go on with orders that were being worked on."""
        for order in self._world.memory.juhe_orders.values():
            if order.state == "processing":
                self._background.start(self._work(order))

    async def _gateway(self, request: Request) -> Response:
        method = request.path_params["method"]
        fields = dict(parse_qsl((await bodies.read(request)).decode(errors="replace"), keep_blank_values=True))
        fault = None
        try:
            if fields.get("key") != self._settings.juhe_app_key or not self._settings.juhe_app_key:
                raise JuheError(BAD_KEY, "错误的请求KEY")
            waiting = self._world.faults.juhe
            # Only an order fails unless the panel names another method: else nothing could ever be found out.
            if method == "onlineorder" or (waiting and waiting.on):
                fault = self._world.faults.take("juhe", method)
            answer = self._answered(method, fields, fault.kind if fault else "", accepted=not fault or fault.accepted)
        except JuheError as error:
            return bodies.json_response({"reason": error.reason, "result": None, "error_code": error.code})
        if fault and fault.kind == "timeout":
            return await hold(request, 60.0)
        if fault and fault.kind == "unknown":
            return bodies.json_response({"reason": "系统内部异常", "result": None, "error_code": 10014})
        if fault and fault.kind == "garbage":
            return Response('{"reason":"订单提交成功","resu', media_type="application/json")
        return bodies.json_response(answer)

    def _answered(self, method: str, fields: dict[str, str], fault: str, *, accepted: bool) -> dict[str, Any]:
        match method:
            case "telcheck":
                self._allowed(fields)
                return _ok("允许充值的手机号码及金额", None)
            case "telquery":
                self._allowed(fields)
                return _ok("查询成功", self._price(fields["cardnum"]))
            case "onlineorder":
                if fault == "refused":
                    raise JuheError(CLOSED, "运营商地区维护，暂不能充值")
                if not accepted and fault in ("timeout", "unknown", "garbage"):
                    return {}
                return _ok("订单提交成功，等待充值", self._shown(self._order(fields, fault)))
            case "ordersta":
                order = self._world.memory.juhe_orders.get(fields.get("orderid", ""))
                if order is None:
                    raise JuheError(NOT_FOUND, "查询不到该订单")
                return _ok("查询成功", self._shown(order))
            case "yue":
                return _ok("success", self._balance(fields))
        raise JuheError(10022, "未知的接口")

    def _allowed(self, fields: dict[str, str]) -> None:
        if not re.fullmatch(r"1\d{10}", fields.get("phoneno", "")) or fields.get("cardnum") not in AMOUNTS:
            raise JuheError(NOT_ALLOWED, "不允许充值的手机号码及金额")

    def _price(self, amount: str) -> dict[str, Any]:
        goods = self._world.memory.supplier_goods.get("juhe", {}).get(amount, {})
        if goods.get("state", "上架") != "上架":
            raise JuheError(CLOSED, "运营商地区维护，暂不能充值")
        return {
            "cardid": "191404",
            "cardname": f"沙箱话费{amount}元直充",
            "inprice": float(goods.get("price", int(amount) * 0.984)),
            "game_area": "沙箱",
        }

    def _order(self, fields: dict[str, str], fault: str) -> SupplierOrder:
        phone, amount, number = (fields.get(name, "") for name in ("phoneno", "cardnum", "orderid"))
        if not re.fullmatch(r"[0-9A-Za-z]{8,32}", number):
            raise JuheError(BAD_NUMBER, "商家订单号须为8-32位字母数字")
        secret = self._settings.juhe_open_id + self._settings.juhe_app_key
        if not _same(fields.get("sign", ""), md5(secret + phone + amount + number)):
            raise JuheError(BAD_SIGN, "校验值sign错误")
        self._allowed(fields)
        if number in self._world.memory.juhe_orders:
            raise JuheError(DUPLICATE, "重复的订单号")
        now = self._world.now()
        order = SupplierOrder(
            number, f"{at_shanghai(now):%Y%m%d%H%M%S}{secrets.randbelow(1000):03d}", "mobile", "", phone, 1, amount,
            now, fault if fault in ("failed", "processing") else "success", "processing",
        )  # fmt: skip
        keep_newest(self._world.memory.juhe_orders, number, order, ORDERS)
        self._changed(order)
        self._background.start(self._work(order))
        return order

    def _balance(self, fields: dict[str, str]) -> dict[str, Any]:
        at = fields.get("timestamp", "")
        expected = md5(self._settings.juhe_open_id + self._settings.juhe_app_key + at)
        if not _same(fields.get("sign", ""), expected):
            raise JuheError(BAD_SIGN, "校验值sign错误")
        if not at.isdigit() or abs(int(at) - self._world.now()) > SKEW_SECONDS:
            raise JuheError(BAD_SIGN, "timestamp已过期")
        return {"uid": self._settings.juhe_open_id[:8], "money": self._world.memory.supplier_balances["juhe"]}

    def _shown(self, order: SupplierOrder) -> dict[str, Any]:
        return {
            "cardid": "191404",
            "cardnum": "1",
            "ordercash": round(int(order.value) * 0.984, 3),
            "cardname": f"沙箱话费{order.value}元直充",
            "sporder_id": order.order_id,
            "uorderid": order.customer_order_no,
            "game_userid": order.account,
            "game_state": STATES[order.state],
        }

    def listed(self, order: SupplierOrder) -> dict[str, Any]:
        """An order as the sandbox's own interface lists it."""
        return self._shown(order) | {
            "kind": "juhe",
            "customer_order_no": order.customer_order_no,
            "order_state": order.state,
            "product_name": f"聚合话费 {order.value}元",
            "charge_account": order.account,
            "buy_num": order.buy_num,
            "create_time": f"{at_shanghai(order.created_at):%Y-%m-%d %H:%M:%S}",
        }

    def settle(self, order: SupplierOrder, state: str) -> None:
        """End an order (or put it back to processing) and call back."""
        order.state = order.outcome = state
        order.finished_at = self._world.now() if state != "processing" else 0.0
        self._changed(order)
        if order.finished_at:
            self._background.start(self._call_back(order))

    def fault_cleared(self) -> None:
        """Orders that stood still for the fault go on."""
        for order in self._world.memory.juhe_orders.values():
            if order.outcome == order.state == "processing":
                order.outcome = "success"
                self._background.start(self._work(order))

    async def _work(self, order: SupplierOrder) -> None:
        await self._notices.rest(self._world.faults.supplier_seconds)
        if order.state == "processing" and order.outcome != "processing":
            self.settle(order, order.outcome)

    async def _call_back(self, order: SupplierOrder) -> None:
        content = {"sporder_id": order.order_id, "orderid": order.customer_order_no, "sta": STATES[order.state]}
        content["sign"] = md5(self._settings.juhe_app_key + order.order_id + order.customer_order_no)
        await self._call_until_answered(self._settings.juhe_name, lambda url: self._client.post(url, data=content))


def md5(text: str) -> str:
    """Lower case, as every signature of this supplier."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _same(given: str, expected: str) -> bool:
    return secrets.compare_digest(given.encode(), expected.encode())


def _ok(reason: str, result: dict[str, Any] | None) -> dict[str, Any]:
    return {"reason": reason, "result": result, "error_code": 0}
