"""WeChat's in-app browser: the bot's pages at /wx/{openid}/…, each phone with its own cookies and identity."""

import re
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sandbox import bodies
from sandbox.account_api import AccountApi
from sandbox.doorway import METHODS, REQUEST_LIMIT_BYTES, Doorway, forwarded_headers, plain_response, raw_path
from sandbox.settings import SandboxSettings
from sandbox.world import World, keep_newest

USER_AGENT = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UD1A.231105.004; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/122.0.6261.120 Mobile Safari/537.36 XWEB/1220133 MMWEBSDK/20240501 "
    "MicroMessenger/8.0.50.2701(0x28003253) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64"
)
_PHONES = 200
_HEAD = re.compile(rb"<head(\s[^>]*)?>", re.IGNORECASE)
_DROPPED = frozenset({"x-frame-options", "set-cookie", "strict-transport-security", "cross-origin-opener-policy"})


class Browser:
    """Shows the bot's pages as WeChat does on each buyer's phone."""

    def __init__(self, settings: SandboxSettings, world: World, doorway: Doorway, account: AccountApi) -> None:
        self._settings = settings
        self._world = world
        self._doorway = doorway
        self._account = account
        self._cookies: dict[str, httpx.Cookies] = {}

    def routes(self) -> list[Route]:
        """Every path of every phone."""
        return [Route("/wx/{openid}/{path:path}", self._open, methods=METHODS)]

    async def _open(self, request: Request) -> Response:
        openid = request.path_params["openid"]
        if openid not in self._world.memory.buyers:
            return PlainTextResponse("没有这位顾客", 404)
        path, query = "/" + request.path_params["path"], request.scope["query_string"].decode("latin-1")
        if path == "/connect/oauth2/authorize":
            return self._authorize(query, openid)
        body = await bodies.read(request, REQUEST_LIMIT_BYTES)
        answer = await self._fetch(request, openid, body)
        if answer.is_redirect:
            return self._redirect(answer, openid)
        return self._page(answer, openid)

    async def _fetch(self, request: Request, openid: str, body: bytes) -> httpx.Response:
        jar = self._cookies.get(openid)
        if jar is None:
            jar = httpx.Cookies()
            keep_newest(self._cookies, openid, jar, _PHONES)
        home = urlsplit(self._settings.bot_address)
        own = {"cookie", "user-agent", "host", "referer", "origin", "x-forwarded-host", "x-forwarded-proto"}
        headers = [(name, value) for name, value in forwarded_headers(request) if name not in own]
        headers += [("user-agent", USER_AGENT), ("host", home.netloc), ("x-forwarded-proto", home.scheme)]
        headers += [("x-requested-with", "com.tencent.mm")] if "x-requested-with" not in request.headers else []
        if "origin" in request.headers:
            headers.append(("origin", f"{home.scheme}://{home.netloc}"))
        if referer := request.headers.get("referer"):
            prefix = f"/wx/{openid}/"
            seen = urlsplit(referer).path
            headers.append(("referer", self._settings.bot_address + "/" + seen.partition(prefix)[2]))
        url = self._doorway.address(request, raw_path(request)[len(f"/wx/{openid}") :])
        call = httpx.Request(request.method, url, headers=headers, content=body)
        jar.set_cookie_header(call)
        answer = await self._doorway.send(call)
        jar.extract_cookies(answer)
        return answer

    def _redirect(self, answer: httpx.Response, openid: str) -> Response:
        location = answer.headers.get("location", "")
        target = urlsplit(location)
        if target.path == "/connect/oauth2/authorize":
            # WeChat itself answers this one; the page never sees it.
            return self._authorize(target.query, openid)
        return self._moved(answer.status_code, location, openid)

    def _authorize(self, query: str, openid: str) -> Response:
        answer = self._account.authorize(dict(parse_qsl(query, keep_blank_values=True)), openid)
        if answer.status_code != 302:
            return answer
        return self._moved(302, answer.headers["location"], openid)

    def _moved(self, status: int, location: str, openid: str) -> Response:
        """A redirect inside the phone: addresses of the bot get the phone's prefix, others stay."""
        target = urlsplit(location)
        homes = {urlsplit(self._settings.bot_address).netloc, urlsplit(self._settings.bot_url).netloc}
        inside = target.netloc in homes or (not target.netloc and location.startswith("/"))
        if inside:
            location = urlunsplit(("", "", f"/wx/{openid}{target.path or '/'}", target.query, target.fragment))
        return Response(status_code=status, headers={"Location": location, "Cache-Control": "no-store"})

    def _page(self, answer: httpx.Response, openid: str) -> Response:
        response = plain_response(answer, _DROPPED)
        policy = response.headers.get("content-security-policy")
        if policy:
            # The chat page shows this page in a frame, as the app does in its own view.
            kept = [part for part in policy.split(";") if not part.strip().lower().startswith("frame-ancestors")]
            response.headers["content-security-policy"] = ";".join(kept)
        if "text/html" in answer.headers.get("content-type", ""):
            bridge = f'<script src="/sandbox/bridge.js?openid={openid}"></script>'.encode()
            body = bytes(response.body)
            found = _HEAD.search(body)
            at = found.end() if found else 0
            response.body = body[:at] + bridge + body[at:]
            response.headers["content-length"] = str(len(response.body))
        return response
