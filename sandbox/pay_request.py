"""The checks WeChat Pay v3 makes on what a merchant sends: who signed it, and whether every parameter may be so."""

import ipaddress
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from starlette.requests import Request

from sandbox import pay_crypto
from sandbox.settings import SandboxSettings

SCHEME = "WECHATPAY2-SHA256-RSA2048 "
SKEW_SECONDS = 300
TRADE_NO = re.compile(r"[0-9A-Za-z_\-|*]{6,32}")
REFUND_NO = re.compile(r"[0-9A-Za-z_\-|*@]{1,64}")
_FIELDS = {"mchid", "nonce_str", "timestamp", "serial_no", "signature"}
_MOST_FEN = 10**9


class PayError(Exception):
    """WeChat Pay's answer is an error: an HTTP status, a code, a message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, code, message)
        self.status = status
        self.code = code
        self.message = message


def bad(message: str) -> PayError:
    """400 PARAM_ERROR."""
    return PayError(400, "PARAM_ERROR", message)


def check_caller(request: Request, body: bytes, settings: SandboxSettings, merchant: RSAPublicKey, now: float) -> None:
    """Raise PayError unless the merchant signed exactly this call within the last five minutes."""
    if not request.headers.get("user-agent") or not request.headers.get("accept"):
        raise bad("Http头缺少Accept或User-Agent")
    header = request.headers.get("authorization", "")
    refused = PayError(401, "SIGN_ERROR", "错误的签名，验签失败")
    if not header.startswith(SCHEME):
        raise PayError(401, "SIGN_ERROR", "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》")
    fields = dict(re.findall(r'(\w+)="([^"]*)"', header[len(SCHEME) :]))
    if set(fields) != _FIELDS or not fields["timestamp"].isdigit() or len(fields["timestamp"]) > 12:
        raise PayError(401, "SIGN_ERROR", "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》")
    if abs(now - int(fields["timestamp"])) > SKEW_SECONDS:
        raise PayError(401, "SIGN_ERROR", "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟")
    if fields["mchid"] != settings.mch_id:
        raise PayError(401, "SIGN_ERROR", "商户号不存在")
    if fields["serial_no"].upper() != settings.merchant_serial.upper():
        raise PayError(401, "SIGN_ERROR", "商户证书序列号有误")
    raw_path = request.scope.get("raw_path") or request.url.path.encode()
    path = raw_path.decode("latin-1").split("?")[0]
    query = request.scope["query_string"].decode("latin-1")
    target = f"{path}?{query}" if query else path
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise refused from None
    message = f"{request.method}\n{target}\n{fields['timestamp']}\n{fields['nonce_str']}\n{text}\n"
    if not pay_crypto.verifies(message, fields["signature"], merchant):
        raise refused


def trade_request(body: dict[str, Any], trade_type: str, settings: SandboxSettings) -> dict[str, Any]:
    """The parameters of a new trade, checked. Raises PayError."""
    if body.get("appid") != settings.app_id:
        raise PayError(400, "APPID_MCHID_NOT_MATCH", "appid和mchid不匹配")
    if body.get("mchid") != settings.mch_id:
        raise PayError(400, "PARAM_ERROR", "商户号与签名不一致")
    _text(body, "description", 127)
    if not isinstance(body.get("out_trade_no"), str) or not TRADE_NO.fullmatch(body["out_trade_no"]):
        raise bad("out_trade_no：6–32个字符，只能是数字、大小写字母_-|*")
    if "attach" in body:
        _text(body, "attach", 128)
    _notify_url(body.get("notify_url"))
    amount = body.get("amount")
    if not isinstance(amount, dict):
        raise bad("amount为必填项")
    _fen(amount.get("total"), "amount.total")
    if amount.get("currency", "CNY") != "CNY":
        raise bad("amount.currency：只支持CNY")
    if "time_expire" in body:
        expiry(body["time_expire"])
    if trade_type == "JSAPI":
        payer = body.get("payer")
        if not isinstance(payer, dict) or not isinstance(payer.get("openid"), str) or not payer["openid"]:
            raise bad("payer.openid为必填项")
    return body


def expiry(value: Any) -> float:
    """time_expire as seconds since 1970. Raises PayError unless it is RFC 3339 with an offset."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise bad("time_expire：须为rfc3339格式") from None
    if moment.tzinfo is None or "T" not in value:
        raise bad("time_expire：须为rfc3339格式，带时区")
    return moment.timestamp()


def refund_request(body: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a refund, checked. Raises PayError."""
    number = body.get("out_refund_no")
    if not isinstance(number, str) or not REFUND_NO.fullmatch(number):
        raise bad("out_refund_no：1–64个字符，只能是数字、大小写字母_-|*@")
    if not isinstance(body.get("transaction_id") or body.get("out_trade_no"), str):
        raise bad("transaction_id和out_trade_no二选一")
    if "reason" in body:
        _text(body, "reason", 80)
    if "notify_url" in body:
        _notify_url(body["notify_url"])
    amount = body.get("amount")
    if not isinstance(amount, dict):
        raise bad("amount为必填项")
    _fen(amount.get("refund"), "amount.refund")
    _fen(amount.get("total"), "amount.total")
    if amount.get("currency") != "CNY":
        raise bad("amount.currency为必填项，只支持CNY")
    return body


def _text(body: dict[str, Any], name: str, limit: int) -> None:
    value = body.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= limit:
        raise bad(f"{name}：1–{limit}个字符")


def _fen(value: Any, name: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST_FEN:
        raise bad(f"{name}：须为正整数，单位为分")


def _notify_url(value: Any) -> None:
    try:
        parts = urlsplit(value) if isinstance(value, str) and len(value) <= 255 else None
        host = parts.hostname if parts else None
    except ValueError:
        parts = host = None
    if parts is None or not host or parts.query or parts.fragment or "?" in value:
        raise bad("notify_url：须为可直接访问的URL，不能携带查询串")
    # WeChat asks for public https; a sandbox on one machine can only be reached by http on a private address.
    if parts.scheme != "https" and not (parts.scheme == "http" and _private(host)):
        raise bad("notify_url：须为https地址")


def _private(host: str) -> bool:
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or "." not in host:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_private or address.is_loopback
