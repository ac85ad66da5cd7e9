"""What happens in WeChat when a buyer presses 支付 in a page, or scans a native code."""

import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies, pay_crypto
from sandbox.settings import SandboxSettings
from sandbox.trades import Trades
from sandbox.world import Trade, World

_INVOKE = "get_brand_wcpay_request"
_OUTCOMES = ("ok", "cancel", "fail")


class Cashier:
    """The payment sheet of WeChat's app, as `WeixinJSBridge.invoke('getBrandWCPayRequest')` and the scanner see it."""

    def __init__(self, settings: SandboxSettings, world: World, trades: Trades) -> None:
        self._settings = settings
        self._world = world
        self._trades = trades
        self._merchant = pay_crypto.public_key(settings.merchant_cert_public_key_pem)

    def routes(self) -> list[Route]:
        """Everything the cashier answers."""
        return [
            Route("/sandbox/api/cashier", self._invoke, methods=["POST"]),
            Route("/sandbox/api/cashier/show", self._show, methods=["POST"]),
            Route("/sandbox/api/scan", self._scan, methods=["POST"]),
        ]

    async def _invoke(self, request: Request) -> Response:
        asked = bodies.json_object(await bodies.read(request))
        if asked is None:
            return bodies.json_response({"error": "not a JSON object"}, 400)
        found = self._prepaid(asked)
        return self._end(asked, found, str(asked.get("openid")))

    async def _show(self, request: Request) -> Response:
        """What the payment sheet shows before the buyer decides."""
        asked = bodies.json_object(await bodies.read(request)) or {}
        found = self._scanned(asked) if "code_url" in asked else self._prepaid(asked)
        if isinstance(found, str):
            return bodies.json_response({"err_desc": found})
        return bodies.json_response({"total_fen": found.total_fen, "description": found.request["description"]})

    async def _scan(self, request: Request) -> Response:
        asked = bodies.json_object(await bodies.read(request))
        if asked is None:
            return bodies.json_response({"error": "not a JSON object"}, 400)
        return self._end(asked, self._scanned(asked), str(asked.get("openid")))

    def _end(self, asked: dict[str, Any], found: Trade | str, openid: str) -> Response:
        outcome = asked.get("outcome", "ok")
        if outcome not in _OUTCOMES:
            return bodies.json_response({"error": f"outcome is one of {', '.join(_OUTCOMES)}"}, 400)
        if isinstance(found, str):
            return _failed(found)
        if outcome == "fail":
            return _failed("支付失败，请更换支付方式")
        if outcome == "cancel":
            return bodies.json_response({"err_msg": f"{_INVOKE}:cancel"})
        why = self._trades.pay(found, openid)
        if why:
            return _failed(why)
        return bodies.json_response(
            {"err_msg": f"{_INVOKE}:ok", "out_trade_no": found.out_trade_no, "transaction_id": found.transaction_id}
        )

    def _prepaid(self, asked: dict[str, Any]) -> Trade | str:
        """The trade a page wants paid, or why it cannot be."""
        names = ("appId", "timeStamp", "nonceStr", "package", "signType", "paySign")
        values = [asked.get(name) for name in names]
        if not all(isinstance(value, str) and value for value in values):
            # timeStamp as a number is the classic mistake: iOS refuses it.
            return "缺少参数，或参数不是字符串"
        app_id, stamp, nonce, package, sign_type, pay_sign = (str(value) for value in values)
        if app_id != self._settings.app_id or sign_type != "RSA" or not stamp.isdigit():
            return "appId、signType或timeStamp错误"
        if not pay_crypto.verifies(f"{app_id}\n{stamp}\n{nonce}\n{package}\n", pay_sign, self._merchant):
            return "支付验证签名失败"
        trade = self._trades.by_prepay_id(package.removeprefix("prepay_id="))
        if not package.startswith("prepay_id=") or trade is None:
            return "prepay_id无效或已过期"
        if str(asked.get("openid")) not in self._world.memory.buyers:
            return "用户不存在"
        if not secrets.compare_digest(trade.openid.encode(), str(asked["openid"]).encode()):
            return "下单账号与支付账号不一致，请核实后再支付"
        return trade

    def _scanned(self, asked: dict[str, Any]) -> Trade | str:
        """The trade behind a native code, or why it cannot be paid."""
        if str(asked.get("openid")) not in self._world.memory.buyers:
            return "用户不存在"
        return self._trades.by_code_url(str(asked.get("code_url", ""))) or "二维码已失效"


def _failed(why: str) -> Response:
    return bodies.json_response({"err_msg": f"{_INVOKE}:fail", "err_desc": why})
