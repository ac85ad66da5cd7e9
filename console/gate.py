"""The gate before every page: body within limits, session, CSRF token, right; then the page itself, in a thread."""

import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from urllib.parse import parse_qsl, quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console import accounts, render
from console.accounts import Operator
from console.desk import Parts
from console.roles import Right, may

HOME = "/console"
LOGIN = "/console/login"
SESSION_COOKIE = "kabot_console"
BODY_BYTES_MAX = 96 * 1024
"""The longest form: a product with 4,000 characters of aliases, as many of tags and 1,000 of a note, 9 bytes each."""
TOKEN_MIN = 20
FIELDS_MAX = 40
"""The widest form: a SKU of a product with ten options."""
_OWN_PATH = re.compile(r"/console(/[A-Za-z0-9_-]+){0,4}")
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that has come through the gate."""

    request: Request
    operator: Operator
    csrf: str
    form: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    @property
    def address(self) -> str:
        """Where it comes from."""
        return address_of(self.request)

    @property
    def actor(self) -> str:
        """Who is named in the order's history."""
        return f"operator:{self.operator.name}"

    def number(self, name: str) -> int:
        """A number in the path; 0, which is nobody's, for anything that is none."""
        return whole(self.request.path_params[name]) or 0

    def query_number(self, name: str) -> int | None:
        """A number in the query; None for anything that is none."""
        return whole(self.request.query_params.get(name, ""))

    def words(self, name: str, most: int) -> str | None:
        """A field of the form without blanks around it; None when it is longer than allowed."""
        given = self.form.get(name, "").replace("\r\n", "\n").strip()
        return given if len(given) <= most else None


def whole(given: str, digits: int = 15) -> int | None:
    """A whole number as somebody gave it, in the digits 0 to 9 and no more of them than `digits`; None: it is none."""
    return int(given) if given.isascii() and given.isdecimal() and len(given) <= digits else None


Page = Callable[[Asked], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


def guarded(parts: Parts, page: Page, right: Right) -> Endpoint:
    """The page behind the gate, for operators with this right."""

    async def endpoint(request: Request) -> Response:
        form = await read_form(request) if request.method == "POST" else {}
        if form is None:
            return render.problem(413, "内容太多", "请缩短后再提交。")
        return await run_in_threadpool(_through, parts, page, right, request, form)

    return endpoint


def _through(parts: Parts, page: Page, right: Right, request: Request, form: Mapping[str, str]) -> Response:
    token = request.cookies.get(SESSION_COOKIE, "")
    # A page that renews itself is no sign of life: somebody may have left it open.
    seen = "x-kabot-live" not in request.headers
    operator = accounts.who(parts.engine, token, parts.life, parts.clock.now(), seen=seen)
    if operator is None:
        return to_login(request)
    if request.method == "POST" and not is_csrf(token, form.get("csrf", "")):
        return page_expired()
    if not may(operator.role, right):
        return no_right()
    return page(Asked(request, operator, csrf_of(token), form))


def page_expired() -> Response:
    """What a form without this session's token gets."""
    return render.problem(403, "页面已过期", "请返回上一页，刷新后再提交。")


def no_right() -> Response:
    """What an operator gets whose role may not."""
    return render.problem(403, "没有权限", "您的角色不能做这件事，请联系店主。")


async def read_form(request: Request) -> dict[str, str] | None:
    """The fields of a form, each once; None when it is too large or no form."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            return None
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError:  # not ASCII, or too many fields
        return None
    # NUL is what PostgreSQL takes in no text.
    return {name: value.replace("\0", "") for name, value in pairs}


def csrf_of(token: str) -> str:
    """What forms carry: only who knows the cookie's token, which no other site does, can make it."""
    return hmac.digest(token.encode(), b"kabot console form 1", sha256).hex()


def is_csrf(token: str, given: str) -> bool:
    """Whether a form is one of ours, made for this session. Without a cookie none is: anybody knows nothing's token."""
    return len(token) >= TOKEN_MIN and hmac.compare_digest(csrf_of(token).encode(), given.encode())


def to_login(request: Request) -> Response:
    """Ask for a login first, and come back to the page (not to a form that was sent)."""
    path = own_path(request.url.path)
    wanted = f"?next={quote(path)}" if request.method == "GET" and path != HOME else ""
    return RedirectResponse(LOGIN + wanted, status_code=303)


def own_path(path: str) -> str:
    """The path, where it is a page of the console; else the first page. Nothing leads out of here."""
    return path if _OWN_PATH.fullmatch(path) and not path.startswith(LOGIN) else HOME


def address_of(request: Request) -> str:
    """The address a request comes from, behind the trusted proxies."""
    return request.client.host if request.client is not None else ""


def said(path: str, code: str) -> Response:
    """Go to a page that says what was done. `code` is one of render.SAID."""
    return RedirectResponse(f"{path}?said={code}", status_code=303)
