"""Identifiers: who (OpenId), which order (OrderNo), and the unguessable tokens of links."""

import re
import secrets
from datetime import datetime
from typing import NewType
from zoneinfo import ZoneInfo

OpenId = NewType("OpenId", str)
OrderNo = NewType("OrderNo", str)

_URL_SAFE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SHANGHAI = ZoneInfo("Asia/Shanghai")


def new_order_no(now: datetime) -> OrderNo:
    """Make an order number: K + yymmdd + 10 random digits, 17 characters.

    Short enough to read aloud, and inside WeChat Pay's out_trade_no (6–32 of ``[0-9A-Za-z_-|*]``) with room for
    the suffix of a further payment attempt.
    """
    return OrderNo(f"K{_day(now)}{secrets.randbelow(10**10):010d}")


def is_openid(text: str) -> bool:
    """Whether this can be the openid of somebody: what comes from outside need not be."""
    return _URL_SAFE.fullmatch(text) is not None


def is_token(text: str) -> bool:
    """Whether this can be the token of a link."""
    return _URL_SAFE.fullmatch(text) is not None


def first_order_no(since: datetime) -> str:
    """What no number of an order placed since then is less than: numbers go by the day."""
    return f"K{_day(since)}"


def _day(at: datetime) -> str:
    day = at.astimezone(_SHANGHAI)
    return f"{day.year % 100:02}{day.month:02}{day.day:02}"  # %y%m%d takes five times as long


def new_token() -> str:
    """Make a link's token: 192 random bits, URL-safe."""
    return secrets.token_urlsafe(24)
