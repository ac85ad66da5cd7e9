"""WeChat Pay v3 over HTTP: every call verified, every answer signed."""

import json
import secrets
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies, pay_crypto
from sandbox.bills import Bills
from sandbox.hold import hold
from sandbox.pay_request import PayError, bad, check_caller
from sandbox.settings import SandboxSettings
from sandbox.trades import Trades
from sandbox.world import World, rfc3339

Result = dict[str, Any] | Response | None
Call = Callable[[Request, dict[str, Any]], Result]


class PayApi:
    """Answers under /v3 as api.mch.weixin.qq.com does."""

    def __init__(self, settings: SandboxSettings, world: World, trades: Trades) -> None:
        self._settings = settings
        self._world = world
        self._trades = trades
        self._bills = Bills(settings, world)
        self._merchant = pay_crypto.public_key(settings.merchant_cert_public_key_pem)
        self._key = pay_crypto.private_key(settings.platform_private_key_pem)
        self._certificate_serial, self._certificate = pay_crypto.platform_certificate(self._key)

    def routes(self) -> list[Route]:
        """Everything this API answers."""
        trades = "/v3/pay/transactions"
        return [
            self._route("POST", f"{trades}/jsapi", self._jsapi),
            self._route("POST", f"{trades}/native", self._native),
            self._route("GET", f"{trades}/out-trade-no/{{number}}", self._query),
            self._route("GET", f"{trades}/id/{{transaction_id}}", self._query_by_id),
            self._route("POST", f"{trades}/out-trade-no/{{number}}/close", self._close),
            self._route("POST", "/v3/refund/domestic/refunds", self._refund),
            self._route("GET", "/v3/refund/domestic/refunds/{number}", self._query_refund),
            self._route("GET", "/v3/bill/tradebill", self._bill),
            self._route("GET", "/v3/billdownload/file", self._bill_file),
            self._route("GET", "/v3/certificates", self._certificates),
            Route("/v3/{rest:path}", self._no_such_call, methods=["GET", "POST", "PUT", "DELETE"]),
        ]

    def _route(self, method: str, path: str, call: Call) -> Route:
        async def answer(request: Request) -> Response:
            return await self._answer(request, call)

        return Route(path, answer, methods=[method])

    async def _answer(self, request: Request, call: Call) -> Response:
        raw = await bodies.read(request)
        try:
            check_caller(request, raw, self._settings, self._merchant, self._world.now())
            if strike := await self._fault(request):
                return strike
            body = bodies.json_object(raw) if raw else {}
            if body is None:
                raise bad("请求体不是有效的JSON")
            result = call(request, body)
        except PayError as error:
            shown = {"code": error.code, "message": error.message}
            return self._signed(request, error.status, shown)
        if isinstance(result, Response):
            return result
        return self._signed(request, 204 if result is None else 200, result)

    async def _fault(self, request: Request) -> Response | None:
        fault = self._world.faults.take("pay", f"{request.method} {request.url.path}")
        if fault is None:
            return None
        if fault.kind == "slow":
            await hold(request, fault.seconds)
            return None
        if fault.kind == "429":
            raise PayError(429, "FREQUENCY_LIMITED", "频率超限")
        if fault.kind == "not_enough":
            raise PayError(403, "NOT_ENOUGH", "基本账户余额不足，请充值后重新发起")
        raise PayError(500, "SYSTEM_ERROR", "系统错误")

    def _signed(self, request: Request, status: int, value: dict[str, Any] | None) -> Response:
        body = "" if value is None else json.dumps(value, ensure_ascii=False)
        stamp, nonce = str(int(self._world.now())), secrets.token_hex(16)
        asked = request.headers.get("wechatpay-serial", "")
        by_certificate = asked.upper() == self._certificate_serial
        headers = {
            "Request-ID": secrets.token_hex(16).upper(),
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Signature": pay_crypto.sign(f"{stamp}\n{nonce}\n{body}\n", self._key),
            "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
            "Wechatpay-Serial": self._certificate_serial if by_certificate else self._settings.platform_key_id,
        }
        if value is None:
            return Response(status_code=status, headers=headers)
        return Response(body, status, headers, media_type="application/json")

    async def _no_such_call(self, request: Request) -> Response:
        return self._signed(request, 404, {"code": "RESOURCE_NOT_EXISTS", "message": "API不存在"})

    # -- calls

    def _jsapi(self, _: Request, body: dict[str, Any]) -> Result:
        return {"prepay_id": self._trades.open(body, "JSAPI").prepay_id}

    def _native(self, _: Request, body: dict[str, Any]) -> Result:
        return {"code_url": self._trades.open(body, "NATIVE").code_url}

    def _query(self, request: Request, _: dict[str, Any]) -> Result:
        self._own(request.query_params.get("mchid"))
        return self._trades.shown(self._trades.find(request.path_params["number"]))

    def _query_by_id(self, request: Request, _: dict[str, Any]) -> Result:
        self._own(request.query_params.get("mchid"))
        return self._trades.shown(self._trades.by_transaction_id(request.path_params["transaction_id"]))

    def _close(self, request: Request, body: dict[str, Any]) -> Result:
        self._own(body.get("mchid"))
        self._trades.close(request.path_params["number"])
        return None

    def _refund(self, _: Request, body: dict[str, Any]) -> Result:
        return self._trades.shown_refund(self._trades.refund(body))

    def _query_refund(self, request: Request, _: dict[str, Any]) -> Result:
        return self._trades.shown_refund(self._trades.find_refund(request.path_params["number"]))

    def _bill(self, request: Request, _: dict[str, Any]) -> Result:
        bill = self._bills.order(dict(request.query_params))
        bill["download_url"] = f"{str(request.base_url).rstrip('/')}/v3/billdownload/file?token={bill.pop('token')}"
        return dict(bill)

    def _bill_file(self, request: Request, _: dict[str, Any]) -> Result:
        body = self._bills.download(request.query_params.get("token", ""))
        if body is None:
            raise PayError(404, "RESOURCE_NOT_EXISTS", "账单文件不存在")
        return Response(body, media_type="application/octet-stream")  # never signed: the hash says whether it is whole

    def _certificates(self, _: Request, __: dict[str, Any]) -> Result:
        now = self._world.now()
        sealed = pay_crypto.seal(self._certificate, self._settings.api_v3_key, "certificate")
        one = {
            "serial_no": self._certificate_serial,
            "effective_time": rfc3339(now - 30 * 86400),
            "expire_time": rfc3339(now + 4 * 365 * 86400),
            "encrypt_certificate": sealed,
        }
        return {"data": [one]}

    def _own(self, mch_id: Any) -> None:
        if mch_id != self._settings.mch_id:
            raise bad("mchid为必填项，且须与签名的商户号一致")
