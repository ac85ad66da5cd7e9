"""The official account's API: customer messages, menu, OAuth. wechatpy carries the calls; its traps are mended here.

wechatpy 1.8.18 waits for ever by default, retries an expired token without end, and fetches tokens in a way that
makes processes invalidate each other's (design, part 4). So: a timeout on every call, stable_token behind one Redis
lock, one retry on a stale token.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import redis
import requests
from wechatpy.client import WeChatClient
from wechatpy.exceptions import WeChatClientException

from bot.config import WeChatConfig
from kernel.ids import OpenId, is_openid

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 4.0
TOKEN_MARGIN_S = 300
MEDIA_TRIES = 2
MEDIA_TOTAL_S = 10.0
STALE_TOKEN = frozenset({40001, 40014, 41001, 42001})


@dataclass(frozen=True, slots=True)
class Sent:
    """WeChat has taken the message."""


@dataclass(frozen=True, slots=True)
class Refused:
    """WeChat answered with an error code (wechat.md, C)."""

    errcode: int


@dataclass(frozen=True, slots=True)
class NotSent:
    """WeChat was not reached, or answered 5xx: the message did not go out and may be sent again."""

    reason: str


@dataclass(frozen=True, slots=True)
class MaybeSent:
    """The request went out and no answer came: the buyer may or may not have it."""

    reason: str


SendOutcome = Sent | Refused | NotSent | MaybeSent


@dataclass(frozen=True, slots=True)
class Media:
    """A file that a buyer sent."""

    content: bytes


@dataclass(frozen=True, slots=True)
class NoMedia:
    """There is no such file (any more), or it is larger than was asked for: asking again does not help."""

    reason: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who opened a page. A snapshot user is WeChat's preview, not a person: take no payment from it."""

    openid: OpenId
    snapshot: bool = False


_CODE_OF_NO_USE = frozenset({40029, 40163, 41008, 42003})
"""Wrong, used, missing, too old."""


@dataclass(frozen=True, slots=True)
class BadCode:
    """The OAuth code is wrong, used or too old: ask for a new one."""

    errcode: int


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """WeChat could not be asked, or answered something that a new code would not change."""

    reason: str


class AccountError(Exception):
    """WeChat refused a call (`errcode`) or could not be reached (None); one line without any secret."""

    def __init__(self, message: str, errcode: int | None = None) -> None:
        super().__init__(message)
        self.errcode = errcode


class _StableTokenClient(WeChatClient):  # type: ignore[misc]
    """wechatpy's client with the account's addresses, timeouts, and stable_token shared through Redis."""

    def __init__(self, *, app_id: str, app_secret: str, api_base: str, shared: "redis.Redis") -> None:
        # Before super().__init__: __new__ has already bound the endpoint objects, which read it from the instance.
        self.API_BASE_URL = f"{api_base}/cgi-bin/"
        super().__init__(app_id, app_secret, timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S), auto_retry=False)
        self._api_base = api_base
        self._shared = shared
        self._shared_key = f"wechat:token:{app_id}"
        self._mine: tuple[str, float] | None = None

    @property
    def access_token(self) -> str:
        """The account's token: from this process, else from Redis, else from WeChat."""
        if self._mine is not None and self._mine[1] > time.time():
            return self._mine[0]
        try:
            pipe = self._shared.pipeline(transaction=False)
            pipe.get(self._shared_key)
            pipe.ttl(self._shared_key)
            shared, ttl = pipe.execute()
        except redis.RedisError:
            return self._fetch()
        if isinstance(shared, bytes) and ttl > 0:
            self._mine = (shared.decode(), time.time() + min(ttl, 60))
            return self._mine[0]
        return self._fetch_once()

    def forget_token(self) -> None:
        """Drop the cached token: WeChat has called it stale."""
        self._mine = None
        try:
            self._shared.delete(self._shared_key)
        except redis.RedisError:
            log.warning("redis is away; the stale token stays in it until it expires")

    def _fetch_once(self) -> str:
        """Fetch under a lock, so that a thousand waiting calls ask WeChat once."""
        try:
            with self._shared.lock(f"{self._shared_key}:lock", timeout=10, blocking_timeout=8):
                shared = self._shared.get(self._shared_key)
                if isinstance(shared, bytes):
                    return shared.decode()
                return self._fetch()
        except redis.RedisError:
            # No lock to be had: stable_token returns the same token to everybody, so asking without it is harmless.
            return self._fetch()

    def _fetch(self) -> str:
        answer = self._http.post(
            f"{self._api_base}/cgi-bin/stable_token",
            json={
                "grant_type": "client_credential",
                "appid": self.appid,
                "secret": self.secret,
                "force_refresh": False,
            },
            timeout=self.timeout,
        )
        answer.raise_for_status()
        result = answer.json()
        token = result.get("access_token")
        if not isinstance(token, str) or not token:
            raise WeChatClientException(
                int(result.get("errcode") or -1), str(result.get("errmsg", "no token")), client=self
            )
        life_s = max(int(result.get("expires_in", 7200)) - TOKEN_MARGIN_S, 1)
        self._mine = (token, time.time() + min(life_s, 60))
        try:
            self._shared.set(self._shared_key, token, ex=life_s)
        except redis.RedisError:
            log.warning("redis is away; the token is kept by this process alone")
        return token


def open_account(wanted: WeChatConfig, shared: "redis.Redis") -> "AccountApi":
    """The account that is configured; its token is shared through Redis."""
    return AccountApi(
        app_id=wanted.app_id,
        app_secret=wanted.app_secret,
        api_base=wanted.api_base,
        oauth_base=wanted.oauth_base,
        shared=shared,
    )


class AccountApi:
    """What the shop asks of WeChat, with outcomes as values."""

    def __init__(self, *, app_id: str, app_secret: str, api_base: str, oauth_base: str, shared: "redis.Redis") -> None:
        self._app_id = app_id
        self._app_secret = app_secret
        self._api_base = api_base.rstrip("/")
        self._oauth_base = oauth_base.rstrip("/")
        self._client = _StableTokenClient(app_id=app_id, app_secret=app_secret, api_base=self._api_base, shared=shared)

    def send_text(self, openid: OpenId, text: str) -> SendOutcome:
        """Send a customer message (POST /cgi-bin/message/custom/send)."""
        return self._sent(lambda: self._client.message.send_text(openid, text))

    def send_template(self, openid: OpenId, template_id: str, url: str, fields: Mapping[str, str]) -> SendOutcome:
        """Send a service notice (POST /cgi-bin/message/template/send), which WeChat's window does not hold back."""
        data = {name: {"value": value} for name, value in fields.items()}
        return self._sent(lambda: self._client.message.send_template(openid, template_id, data, url=url))

    def _sent(self, send: Callable[[], Any]) -> SendOutcome:
        for last_try in (False, True):
            try:
                # Fetched first and by itself: without a token the message has certainly not gone out.
                _ = self._client.access_token
            except (WeChatClientException, requests.RequestException, ValueError) as error:
                return NotSent(f"no token: {type(error).__name__}")
            outcome = self._send_once(send)
            if last_try or not (isinstance(outcome, Refused) and outcome.errcode in STALE_TOKEN):
                break
            self._client.forget_token()
        return outcome

    def _send_once(self, send: Callable[[], Any]) -> SendOutcome:
        try:
            result = send()
        except WeChatClientException as error:
            if error.errcode is None:
                return NotSent(f"HTTP {getattr(error.response, 'status_code', '?')}")
            return NotSent("busy") if error.errcode == -1 else Refused(int(error.errcode))
        except requests.ConnectTimeout:
            return NotSent("connect timeout")
        except requests.ConnectionError as error:
            # A connection that was never made sent nothing; one that broke may have.
            return NotSent("no connection") if "NewConnectionError" in repr(error) else MaybeSent("connection broke")
        except (requests.RequestException, ValueError) as error:
            return MaybeSent(type(error).__name__)
        # wechatpy hands back the raw response when the body is no JSON.
        return Sent() if isinstance(result, dict) and result.get("errcode") == 0 else MaybeSent("unreadable answer")

    def media(self, media_id: str, bytes_max: int) -> Media | NoMedia | NoAnswer:
        """Fetch a file that a buyer sent; WeChat keeps it for three days (GET /cgi-bin/media/get)."""
        found: Media | NoMedia | NoAnswer = NoAnswer("not asked")
        for _ in range(MEDIA_TRIES):
            try:
                found = self._media_once(media_id, bytes_max)
            except (WeChatClientException, requests.RequestException, ValueError) as error:
                # Only the kind of the error: its text may hold the URL, and the URL holds the token.
                found = NoAnswer(type(error).__name__)
            if not isinstance(found, NoAnswer):
                break
        return found

    def _media_once(self, media_id: str, bytes_max: int) -> Media | NoMedia | NoAnswer:
        client = self._client
        ends = time.monotonic() + MEDIA_TOTAL_S
        # wechatpy's own download reads a body of any size: only its session and its token are used.
        with client._http.get(
            f"{client.API_BASE_URL}media/get",
            params={"access_token": client.access_token, "media_id": media_id},
            timeout=client.timeout,
            stream=True,
        ) as answer:
            if answer.status_code != 200:
                return NoAnswer(f"HTTP {answer.status_code}")
            content = b""
            for chunk in answer.iter_content(64 * 1024):
                content += chunk
                if len(content) > bytes_max:
                    return NoMedia("too large")
                if time.monotonic() > ends:
                    return NoAnswer("too slow")
        if content.lstrip()[:1] != b"{":
            return Media(content)
        # WeChat says by JSON, and with status 200, that there is no file.
        result = json.loads(content)
        errcode = int(result.get("errcode") or 0) if isinstance(result, dict) else 0
        if errcode in STALE_TOKEN:
            client.forget_token()
        return (
            NoAnswer(f"errcode {errcode}") if errcode in STALE_TOKEN or errcode == -1 else NoMedia(f"errcode {errcode}")
        )

    def publish_menu(self, buttons: list[dict[str, Any]]) -> None:
        """Replace the custom menu. Raises AccountError."""
        self._call(lambda: self._client.menu.create({"button": buttons}))

    def check_credentials(self) -> None:
        """Get a token, or raise AccountError."""
        self._client.forget_token()
        self._call(lambda: self._client.access_token)

    def authorize_url(self, redirect_uri: str, state: str) -> str:
        """Where to send a browser to learn its openid without asking the person (scope snsapi_base)."""
        query = urlencode(
            {
                "appid": self._app_id,
                "redirect_uri": redirect_uri,
                "response_type": "code",
                "scope": "snsapi_base",
                "state": state,
            },
            quote_via=quote,
        )
        return f"{self._oauth_base}/connect/oauth2/authorize?{query}#wechat_redirect"

    def visitor(self, code: str) -> Visitor | BadCode | NoAnswer:
        """Exchange an OAuth code for the visitor's openid. A code works once, within 5 minutes."""
        try:
            answer = requests.get(
                f"{self._api_base}/sns/oauth2/access_token",
                params={
                    "appid": self._app_id,
                    "secret": self._app_secret,
                    "code": code,
                    "grant_type": "authorization_code",
                },
                timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
            )
            answer.raise_for_status()
            result = answer.json()
        except (requests.RequestException, ValueError) as error:
            # Only the kind of the error: its text holds the URL, and the URL holds the secret.
            return NoAnswer(type(error).__name__)
        if not isinstance(result, dict):
            return NoAnswer("not an object")
        openid, errcode = result.get("openid"), result.get("errcode")
        if isinstance(openid, str) and is_openid(openid):
            return Visitor(OpenId(openid), snapshot=result.get("is_snapshotuser") == 1)
        if isinstance(errcode, int) and errcode in _CODE_OF_NO_USE:
            return BadCode(errcode)
        # Busy (-1), a wrong secret (40125), …: another code would fare no better.
        return NoAnswer(f"errcode {str(errcode)[:20]!r}")

    def _call(self, call: Callable[[], Any]) -> Any:
        try:
            try:
                return call()
            except WeChatClientException as error:
                if error.errcode not in STALE_TOKEN:
                    raise
                self._client.forget_token()
                return call()
        except WeChatClientException as error:
            raise AccountError(f"WeChat answered errcode {error.errcode}: {error.errmsg}", error.errcode) from None
        except (requests.RequestException, ValueError) as error:
            # Only the kind of the error: its text may hold a URL with a token in it.
            raise AccountError(f"WeChat cannot be reached ({type(error).__name__})") from None
