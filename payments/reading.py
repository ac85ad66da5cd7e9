"""What WeChat Pay writes, read with suspicion: JSON to values, every field checked for shape and size."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn

from payments.gateway import RefundReport, RefundStatus, TradeState, Transaction

_TOTAL_FEN_MAX = 10**11
_TEXT_MAX = 128


class UnreadableError(Exception):
    """A message that does not have the shape it must have; the text names the field, never its value."""


def read_json(body: bytes) -> dict[str, Any]:
    """Read a JSON object in UTF-8. Raise UnreadableError for anything else, and where a name stands twice in an object:
    two readers could take it for two different messages."""
    try:
        data = json.loads(body.decode(), parse_constant=_no_constant, object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:
        raise UnreadableError("not JSON") from error
    if not isinstance(data, dict):
        raise UnreadableError("not a JSON object")
    return data


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def text(data: Mapping[str, Any], name: str, *, longest: int = _TEXT_MAX, optional: bool = False) -> str:
    """Read a printable string of 1 to `longest` characters; where it is optional, a missing or empty one is ''."""
    value = data.get(name)
    if optional and value in (None, ""):
        return ""
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
        raise UnreadableError(name)
    return value


def _fen(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name)
    if type(value) is not int or not 0 < value <= _TOTAL_FEN_MAX:  # bool is an int; a float is no amount
        raise UnreadableError(name)
    return value


def inner(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Read an object inside the object."""
    value = data.get(name)
    if not isinstance(value, dict):
        raise UnreadableError(name)
    return value


def _time(data: Mapping[str, Any], name: str) -> datetime:
    try:
        at = datetime.fromisoformat(text(data, name, longest=64))
    except ValueError as error:
        raise UnreadableError(name) from error
    if at.tzinfo is None:
        raise UnreadableError(name)
    return at


def read_transaction(data: Mapping[str, Any], *, app_id: str, mch_id: str) -> Transaction:
    """Read a payment; what is only known once it was paid must be there when it was. Raise UnreadableError."""
    if text(data, "appid") != app_id:
        raise UnreadableError("appid")
    if text(data, "mchid") != mch_id:
        raise UnreadableError("mchid")
    try:
        state = TradeState(text(data, "trade_state"))
    except ValueError as error:
        raise UnreadableError("trade_state") from error
    number = text(data, "out_trade_no", longest=32)
    if state not in (TradeState.SUCCESS, TradeState.REFUND):
        return Transaction(number, state, total_fen=0)
    amount = inner(data, "amount")
    if text(amount, "currency") != "CNY":
        raise UnreadableError("currency")
    return Transaction(
        out_trade_no=number,
        state=state,
        total_fen=_fen(amount, "total"),
        transaction_id=text(data, "transaction_id", longest=64),
        payer_openid=text(inner(data, "payer"), "openid"),
        success_time=_time(data, "success_time"),
    )


def read_refund(data: Mapping[str, Any], *, status_field: str) -> RefundReport:
    """Read a refund: answers call its state `status`, notices `refund_status`. Raise UnreadableError."""
    try:
        status = RefundStatus(text(data, status_field))
    except ValueError as error:
        raise UnreadableError(status_field) from error
    # A brief answer names number and state alone; what it does say of the amount must be right.
    amount = inner(data, "amount") if "amount" in data else {}
    if text(amount, "currency", optional=True) not in ("", "CNY"):  # notices carry none
        raise UnreadableError("currency")
    return RefundReport(
        out_refund_no=text(data, "out_refund_no", longest=64),
        out_trade_no=text(data, "out_trade_no", longest=32),
        refund_id=text(data, "refund_id", longest=64),
        status=status,
        refund_fen=_fen(amount, "refund") if amount else None,
        total_fen=_fen(amount, "total") if amount else None,
        success_time=_time(data, "success_time") if data.get("success_time") else None,
        create_time=_time(data, "create_time") if "create_time" in data else None,
    )
