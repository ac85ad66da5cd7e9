"""The official-account API: tokens, customer messages, menu, media, JS ticket, templates, OAuth, kf sessions."""

import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.background import Background
from sandbox.custom_menu import menu_error
from sandbox.customer_message import CustomerMessages, Refusal
from sandbox.hold import hold
from sandbox.settings import SandboxSettings
from sandbox.wechat_push import WeChatPush
from sandbox.world import World, keep_newest

TOKEN_SECONDS = 7200
_OVERLAP_SECONDS = 300
_CODE_SECONDS = 300
_MEDIA_LIMIT_BYTES = {"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "thumb": 64 << 10}
OPENID_HEADER = "X-Sandbox-Openid"

OUTSIDE = (
    '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>微信</title></head>'
    '<body style="text-align:center;padding:20vh 1em;font-family:sans-serif">'
    "<h3>请在微信客户端打开链接</h3></body></html>"
)

Call = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class AccountApi:
    """Answers under /cgi-bin, /customservice, /sns and /connect as api.weixin.qq.com does."""

    def __init__(self, settings: SandboxSettings, world: World, push: WeChatPush, background: Background) -> None:
        self._settings = settings
        self._world = world
        self._push = push
        self._background = background
        self._messages = CustomerMessages(world)
        self._codes: dict[str, dict[str, Any]] = {}

    def routes(self) -> list[Route]:
        """Everything this API answers."""
        calls: dict[str, Call] = {
            "/cgi-bin/message/custom/typing": self._typing,
            "/cgi-bin/menu/create": self._menu_create,
            "/cgi-bin/message/template/send": self._template,
            "/customservice/kfsession/create": self._kf_create,
            "/customservice/kfsession/close": self._kf_close,
        }
        return [
            Route("/cgi-bin/stable_token", self._stable_token, methods=["POST"]),
            Route("/cgi-bin/token", self._token, methods=["GET"]),
            Route("/cgi-bin/message/custom/send", self._custom_send, methods=["POST"]),
            Route("/cgi-bin/menu/get", self._menu_get, methods=["GET"]),
            Route("/cgi-bin/menu/delete", self._menu_delete, methods=["GET"]),
            Route("/cgi-bin/media/upload", self._media_upload, methods=["POST"]),
            Route("/cgi-bin/media/get", self._media_get, methods=["GET"]),
            Route("/cgi-bin/ticket/getticket", self._ticket, methods=["GET"]),
            Route("/cgi-bin/customservice/getonlinekflist", self._kf_online, methods=["GET"]),
            Route("/sns/oauth2/access_token", self._oauth_token, methods=["GET"]),
            Route("/connect/oauth2/authorize", self._authorize, methods=["GET"]),
            *(Route(path, self._json_call(call), methods=["POST"]) for path, call in calls.items()),
            Route("/cgi-bin/{rest:path}", self._no_such_call, methods=["GET", "POST"]),
        ]

    # -- tokens

    async def _stable_token(self, request: Request) -> Response:
        body = bodies.json_object(await bodies.read(request)) or {}
        if error := self._wrong_client(body.get("grant_type"), body.get("appid"), body.get("secret")):
            return bodies.json_response(error)
        return bodies.json_response(self._new_token("stable", force=body.get("force_refresh") is True))

    async def _token(self, request: Request) -> Response:
        query = request.query_params
        if error := self._wrong_client(query.get("grant_type"), query.get("appid"), query.get("secret")):
            return bodies.json_response(error)
        return bodies.json_response(self._new_token("ordinary", force=True))

    def _wrong_client(self, grant_type: Any, app_id: Any, secret: Any) -> dict[str, Any] | None:
        if grant_type != "client_credential":
            return failed(40002, "invalid grant_type")
        if app_id != self._settings.app_id:
            return failed(40013, "invalid appid")
        if not secrets.compare_digest(str(secret).encode(), self._settings.app_secret.encode()):
            return failed(40125, "invalid appsecret")
        return None

    def _new_token(self, kind: str, force: bool) -> dict[str, Any]:
        now, tokens = self._world.now(), self._world.memory.tokens
        for token, record in tokens.items():
            if record["kind"] != kind or record["superseded_at"] is not None:
                continue
            left = int(record["expires_at"] - now)
            if not force and left > _OVERLAP_SECONDS:
                return {"access_token": token, "expires_in": left}
            # A forced new stable token ends the old one at once; the ordinary one lives on for five minutes.
            record["superseded_at"] = now + (0 if force and kind == "stable" else _OVERLAP_SECONDS)
        token = f"{secrets.randbelow(90) + 10}_" + secrets.token_urlsafe(100)
        keep_newest(tokens, token, {"kind": kind, "expires_at": now + TOKEN_SECONDS, "superseded_at": None}, limit=50)
        self._world.changed()
        return {"access_token": token, "expires_in": TOKEN_SECONDS}

    def _bad_token(self, request: Request) -> dict[str, Any] | None:
        token = request.query_params.get("access_token")
        if not token:
            return failed(41001, "access_token missing")
        record = self._world.memory.tokens.get(token)
        now = self._world.now()
        if record is None:
            return failed(40014, "invalid access_token")
        if record["expires_at"] <= now:
            return failed(42001, "access_token expired")
        if record["superseded_at"] is not None and record["superseded_at"] <= now:
            return failed(40001, "invalid credential, access_token is invalid or not latest")
        return None

    def _json_call(self, call: Call) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            if error := self._bad_token(request):
                return bodies.json_response(error)
            body = bodies.json_object(await bodies.read(request))
            return bodies.json_response(failed(47001, "data format error") if body is None else await call(body))

        return answer

    async def _no_such_call(self, request: Request) -> Response:  # noqa: ARG002
        return bodies.json_response(failed(40066, "invalid url"))

    # -- customer messages

    async def _custom_send(self, request: Request) -> Response:
        if error := self._bad_token(request):
            return bodies.json_response(error)
        raw = await bodies.read(request)
        fault = self._world.faults.take("push", raw.decode("utf-8", "replace"))
        body = bodies.json_object(raw)
        if fault and fault.kind == "drop":
            self._messages.record(body, None, "dropped")
            return await hold(request, 60.0)
        if fault and fault.kind == "5xx":
            self._messages.record(body, None, "502")
            return Response("<html>502 Bad Gateway</html>", 502, media_type="text/html")
        answer = ok()
        try:
            if body is None:
                raise Refusal(47001, "data format error")
            self._messages.send(body, refuse=int(fault.kind) if fault and fault.kind.isdigit() else 0)
        except Refusal as refusal:
            answer = failed(refusal.errcode, refusal.errmsg)
        self._messages.record(body, answer, fault.kind if fault else "")
        if fault and fault.kind == "slow":
            return await hold(request, fault.seconds, bodies.json_response(answer))
        return bodies.json_response(answer)

    async def _typing(self, body: dict[str, Any]) -> dict[str, Any]:
        return ok() if str(body.get("touser")) in self._world.memory.buyers else failed(40003, "invalid openid")

    async def _template(self, body: dict[str, Any]) -> dict[str, Any]:
        buyer = self._world.memory.buyers.get(str(body.get("touser")))
        data = body.get("data")
        if buyer is None:
            return failed(40003, "invalid openid")
        if not isinstance(body.get("template_id"), str) or not body["template_id"]:
            return failed(40037, "invalid template_id")
        if not isinstance(data, dict) or not all(isinstance(v, dict) and "value" in v for v in data.values()):
            return failed(47003, "argument invalid")
        if not buyer.subscribed:
            return failed(43004, "require subscribe")
        words = "\n".join(f"{name}：{value['value']}" for name, value in data.items())
        self._world.add_line(buyer.openid, "bot", "template", words, via="push", url=body.get("url"))
        msg_id = self._world.next_id()
        event = {"MsgType": "event", "Event": "TEMPLATESENDJOBFINISH", "MsgID": msg_id, "Status": "success"}
        self._background.start(self._tell(buyer.openid, event))
        return {**ok(), "msgid": msg_id}

    async def _tell(self, openid: str, event: dict[str, Any]) -> None:
        self._push.show(openid, await self._push.deliver(openid, event))

    # -- menu

    async def _menu_create(self, body: dict[str, Any]) -> dict[str, Any]:
        if error := menu_error(body):
            return failed(*error)
        self._world.memory.menu = {"button": body["button"]}
        self._world.changed()
        self._world.stream.publish("menu", None, menu=self._world.memory.menu)
        return ok()

    async def _menu_get(self, request: Request) -> Response:
        menu = self._world.memory.menu
        shown = {"menu": menu} if menu else failed(46003, "menu no exist")
        return bodies.json_response(self._bad_token(request) or shown)

    async def _menu_delete(self, request: Request) -> Response:
        if error := self._bad_token(request):
            return bodies.json_response(error)
        self._world.memory.menu = None
        self._world.changed()
        self._world.stream.publish("menu", None, menu=None)
        return bodies.json_response(ok())

    # -- media and ticket

    async def _media_upload(self, request: Request) -> Response:
        if error := self._bad_token(request):
            return bodies.json_response(error)
        kind = request.query_params.get("type", "")
        if kind not in _MEDIA_LIMIT_BYTES:
            return bodies.json_response(failed(40004, "invalid media type"))
        async with request.form(max_files=1, max_fields=10) as form:
            upload = form.get("media")
            if upload is None or isinstance(upload, str):
                return bodies.json_response(failed(41005, "media data missing"))
            body = await upload.read(_MEDIA_LIMIT_BYTES[kind] + 1)
            content_type = upload.content_type or "application/octet-stream"
        if not body:
            return bodies.json_response(failed(44001, "empty media data"))
        if len(body) > _MEDIA_LIMIT_BYTES[kind]:
            return bodies.json_response(failed(40006, "invalid media size"))
        media_id = self._world.add_media(kind, content_type, body)
        return bodies.json_response({"type": kind, "media_id": media_id, "created_at": int(self._world.now())})

    async def _media_get(self, request: Request) -> Response:
        if error := self._bad_token(request):
            return bodies.json_response(error)
        found = self._world.media.get(request.query_params.get("media_id", ""))
        fault = self._world.faults.take("media", f"{found[0]} {found[1].removeprefix('audio/')}") if found else None
        kind = fault.kind if fault else ""
        if found is None or kind == "gone":
            return bodies.json_response(failed(40007, "invalid media_id"))
        if fault and kind == "slow":
            return await hold(request, fault.seconds)
        if kind == "5xx":
            return Response("<html>502 Bad Gateway</html>", 502, media_type="text/html")
        if kind == "speex":
            # As WeChat packs it, each packet after its length; what is in these is no sound.
            return Response(b"\x3c" + b"\xff" * 60, media_type="audio/x-speex-with-header-byte; rate=16000")
        if kind in ("huge", "garbage"):
            return Response(b"#!AMR\n" * (1 << 20) if kind == "huge" else bytes(500), media_type="audio/amr")
        suffix = {"voice": "amr", "image": "jpg", "video": "mp4"}.get(found[0], "bin")
        headers = {"Content-disposition": f'attachment; filename="media.{suffix}"'}
        return Response(found[2], media_type=found[1], headers=headers)

    async def _ticket(self, request: Request) -> Response:
        if error := self._bad_token(request):
            return bodies.json_response(error)
        if request.query_params.get("type") != "jsapi":
            return bodies.json_response(failed(40097, "invalid args"))
        now, kept = self._world.now(), self._world.memory.ticket
        if not kept or kept["expires_at"] <= now + _OVERLAP_SECONDS:
            kept = {"ticket": secrets.token_urlsafe(64), "expires_at": now + TOKEN_SECONDS}
            self._world.memory.ticket = kept
            self._world.changed()
        return bodies.json_response({**ok(), "ticket": kept["ticket"], "expires_in": int(kept["expires_at"] - now)})

    # -- OAuth

    async def _authorize(self, request: Request) -> Response:
        return self.authorize(dict(request.query_params), request.headers.get(OPENID_HEADER, ""))

    def authorize(self, query: dict[str, str], openid: str) -> Response:
        """Send the buyer back to redirect_uri with a code; outside WeChat (nobody known) show WeChat's refusal."""
        if openid not in self._world.memory.buyers:
            return HTMLResponse(OUTSIDE)
        target = urlsplit(query.get("redirect_uri", ""))
        homes = {urlsplit(self._settings.bot_address).hostname, urlsplit(self._settings.bot_url).hostname}
        if query.get("appid") != self._settings.app_id:
            return HTMLResponse("10013 appid 参数错误", 400)
        if target.scheme not in ("http", "https") or target.hostname not in homes:
            return HTMLResponse("10003 redirect_uri域名与后台配置不一致", 400)
        if query.get("response_type") != "code" or query.get("scope") not in ("snsapi_base", "snsapi_userinfo"):
            return HTMLResponse("10005 scope 参数错误", 400)
        state = query.get("state", "")
        if len(state.encode()) > 128:
            return HTMLResponse("state 参数过长", 400)
        code = "0" + secrets.token_urlsafe(23)
        record = {"openid": openid, "until": self._world.now() + _CODE_SECONDS, "used": False, "scope": query["scope"]}
        keep_newest(self._codes, code, record, limit=2_000)
        more = urlencode({"code": code, "state": state})
        location = urlunsplit(target._replace(query=f"{target.query}&{more}" if target.query else more, fragment=""))
        return RedirectResponse(location, 302)

    async def _oauth_token(self, request: Request) -> Response:
        return bodies.json_response(self._exchange(dict(request.query_params)))

    def _exchange(self, query: dict[str, str]) -> dict[str, Any]:
        if query.get("appid") != self._settings.app_id:
            return failed(40013, "invalid appid")
        if not secrets.compare_digest(query.get("secret", "").encode(), self._settings.app_secret.encode()):
            return failed(40125, "invalid appsecret")
        if query.get("grant_type") != "authorization_code":
            return failed(40002, "invalid grant_type")
        record = self._codes.get(query.get("code", ""))
        if record is None or record["until"] <= self._world.now():
            return failed(40029, "invalid code")
        if record["used"]:
            return failed(40163, "code been used")
        record["used"] = True
        buyer = self._world.memory.buyers.get(record["openid"])
        virtual = {"is_snapshotuser": 1} if buyer and buyer.snapshot else {}
        return virtual | {
            "access_token": secrets.token_urlsafe(64),
            "expires_in": TOKEN_SECONDS,
            "refresh_token": secrets.token_urlsafe(64),
            "openid": record["openid"],
            "scope": record["scope"],
        }

    # -- customer-service sessions

    async def _kf_online(self, request: Request) -> Response:
        accounts = [{"kf_account": name, "status": 1, "accepted_case": 0} for name in self._settings.kf_accounts]
        return bodies.json_response(self._bad_token(request) or {"kf_online_list": accounts})

    async def _kf_create(self, body: dict[str, Any]) -> dict[str, Any]:
        account, buyer = str(body.get("kf_account")), self._world.memory.buyers.get(str(body.get("openid")))
        if not re.fullmatch(r"[\w.-]{1,64}@[\w.-]{1,64}", account):
            return failed(65401, "invalid custom service account")
        if buyer is None:
            return failed(40003, "invalid openid")
        if account not in self._settings.kf_accounts:
            return failed(65415, "kf offline")
        if buyer.kf_account and buyer.kf_account != account:
            return failed(65414, "session is accepted by another kf")
        buyer.kf_account = account
        event = {"MsgType": "event", "Event": "kf_create_session", "KfAccount": account}
        self._background.start(self._tell(buyer.openid, event))
        return ok()

    async def _kf_close(self, body: dict[str, Any]) -> dict[str, Any]:
        buyer = self._world.memory.buyers.get(str(body.get("openid")))
        if buyer is None:
            return failed(40003, "invalid openid")
        if not buyer.kf_account or buyer.kf_account != body.get("kf_account"):
            return failed(65413, "session does not exist")
        self.end_kf_session(buyer.openid)
        return ok()

    def end_kf_session(self, openid: str) -> None:
        """Give the buyer back to the bot and tell the bot so."""
        buyer = self._world.memory.buyers[openid]
        event = {"MsgType": "event", "Event": "kf_close_session", "KfAccount": buyer.kf_account}
        buyer.kf_account = ""
        self._world.add_line(openid, "system", "transfer", "人工客服已结束会话")
        self._background.start(self._tell(openid, event))


def ok() -> dict[str, Any]:
    """{"errcode": 0, "errmsg": "ok"}"""
    return {"errcode": 0, "errmsg": "ok"}


def failed(errcode: int, errmsg: str) -> dict[str, Any]:
    """An error as WeChat words it."""
    return {"errcode": errcode, "errmsg": f"{errmsg} rid: {secrets.token_hex(4)}-{secrets.token_hex(4)}"}
