"""What WeChat Pay and suppliers reported, as it came but for accounts and secrets: kept for the order's page."""

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from bot.bootstrap import Services
from bot.tasks import TASKS
from kernel.masking import mask, mask_within

WECHAT_PAY = "wechat_pay"
KEPT_FOR = timedelta(days=180)
HIDDEN = "（不保存）"
_DEPTH_MAX = 6
_ITEMS_MAX = 50
_TEXT_MAX = 300
_NUMBERS = ("_no", "_id", "orderid", "mchid", "appid", "_time", "time", "total", "amount", "status", "state", "code")
"""Keys that end like this hold numbers of orders and the like: they stay whole."""
_ORDERS = ("orderid", "order_id", "order_no", "trade_no", "transaction_id")
"""Those of them that do so whoever else is named before: buyer_order_no is no buyer."""
_PERSONS = ("openid", "account", "phone", "mobile", "buyer", "user")
_SECRETS = ("sign", "card", "cdk", "secret", "password", "pwd", "token", "key", "ciphertext", "nonce")

_KEEP = text("""
    INSERT INTO raw_notice (source, number, ref, kind, told, received_at)
    VALUES (:source, :number, :ref, :kind, :told, :now) ON CONFLICT (source, number) DO NOTHING
""").bindparams(bindparam("told", type_=JSONB))
_FORGET = text("DELETE FROM raw_notice WHERE received_at < :before")


def keep(
    conn: Connection, source: str, ref: str, kind: str, told: Mapping[str, Any], now: datetime, *, number: str = ""
) -> None:
    """Keep one in the transaction that acts on it; `ref` is the number of the payment or purchase it is about.

    The same one again changes nothing. Without a number of its own it is the same when it says the same.
    """
    whole = json.dumps(told, sort_keys=True, default=str, ensure_ascii=False)
    number = number or hashlib.sha256(f"{ref}\n{whole}".encode("utf-8", "replace")).hexdigest()[:32]
    row = {"source": source, "number": number, "ref": ref, "kind": kind[:64], "told": masked(told), "now": now}
    conn.execute(_KEEP, row)


def keep_body(conn: Connection, supplier: str, ref: str, body: bytes, now: datetime) -> None:
    """The same for a supplier's callback as it came: JSON or a form."""
    given = body.decode("utf-8", "replace").replace("\0", "")
    try:
        told = json.loads(given)
    except (ValueError, RecursionError):
        told = dict(parse_qsl(given, keep_blank_values=True))
    keep(conn, supplier, ref, "callback", told if isinstance(told, dict) else {"body": str(told)}, now)


def masked(told: Any, name: str = "", depth: int = 0) -> Any:
    """What is kept of a value: numbers of orders whole, persons with their ends alone, secrets not at all. Pure."""
    key = name.casefold()
    if any(word in key for word in _SECRETS) and not key.endswith(("appid", "status")):
        return HIDDEN
    if isinstance(told, Mapping | list) and depth >= _DEPTH_MAX:
        return HIDDEN
    if isinstance(told, str) and (inner := _inside(told)) is not None:
        return masked(inner, name, depth)
    if isinstance(told, Mapping):
        some = list(told.items())[:_ITEMS_MAX]
        return {_clean(str(one))[:64]: masked(value, str(one), depth + 1) for one, value in some}
    if isinstance(told, list):
        return [masked(value, name, depth + 1) for value in told[:_ITEMS_MAX]]
    if told is None or isinstance(told, bool):
        return told
    words = _clean(str(told))[:_TEXT_MAX]
    if any(word in key for word in _PERSONS) and not key.endswith(_ORDERS):
        return mask(words)
    plain = words if key.endswith(_NUMBERS) else mask_within(words)
    is_number = isinstance(told, int) or (isinstance(told, float) and math.isfinite(told))
    return told if is_number and plain == words else plain


def _clean(given: str) -> str:
    """Without what PostgreSQL keeps in no text: NUL, and halves of characters."""
    return given.replace("\0", "").encode("utf-8", "replace").decode()


def _inside(told: str) -> Mapping[str, Any] | list[Any] | None:
    """What a text holds that is itself JSON; None: it is a text."""
    if not told.lstrip().startswith(("{", "[")):
        return None
    try:
        found = json.loads(told)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list) else None


@TASKS.cron("forget_raw_notices", "40 19 * * *")
def forget_raw_notices(services: Services) -> None:
    """Forget the old ones: what they did stands in the order's history."""
    with services.engine.begin() as conn:
        conn.execute(_FORGET, {"before": services.clock.now() - KEPT_FOR})
