"""Who is looking at a page: WeChat's OAuth on the way in, a signed cookie afterwards."""

import base64
import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from kernel.ids import OpenId

VISIT_COOKIE = "kabot_visit"
STATE_COOKIE = "kabot_state"
AGAIN_COOKIE = "kabot_again"
"""Set while WeChat is asked anew because a code was of no use: a second one in a row is no accident."""
PREVIEW_COOKIE = "kabot_preview"
"""Set for WeChat's preview (a snapshot user), which is nobody who could pay."""
VISIT_LIFE = timedelta(hours=12)
_PURPOSE = b"kabot visit cookie 1"


class Visits:
    """Signs and reads the visit cookie: `openid.expiry.signature`."""

    def __init__(self, secret_key: bytes) -> None:
        self._key = hmac.digest(secret_key, _PURPOSE, "sha256")

    def cookie_for(self, openid: OpenId, now: datetime) -> str:
        """Make the cookie that says this browser belongs to `openid`, for 12 hours."""
        expires = int((now + VISIT_LIFE).timestamp())
        body = f"{base64.urlsafe_b64encode(openid.encode()).decode().rstrip('=')}.{expires}"
        return f"{body}.{self._sign(body)}"

    def openid_in(self, cookie: str, now: datetime) -> OpenId | None:
        """Read a cookie; None when it is missing, forged or too old."""
        body, _, signature = cookie.rpartition(".")
        name, _, expires = body.partition(".")
        if not name or not hmac.compare_digest(self._sign(body).encode(), signature.encode()):
            return None
        if int(expires) < now.timestamp():
            return None
        return OpenId(base64.urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode())

    def _sign(self, body: str) -> str:
        return hmac.new(self._key, body.encode(), sha256).hexdigest()


def new_state() -> str:
    """Make the value that ties an OAuth answer to the browser that asked."""
    return secrets.token_urlsafe(16)


def is_ordinary_browser(user_agent: str) -> bool:
    """Whether this is a browser outside WeChat. A program that says neither is taken for WeChat's web view."""
    return "Mozilla" in user_agent and "MicroMessenger" not in user_agent
