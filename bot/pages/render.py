"""Views → HTML, SVG and JSON for buyers' browsers, with the headers that go with them. No I/O after import."""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TypedDict

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from bot.pages.views import SHANGHAI, OrderView, PayView
from kernel.money import format_yuan

_HERE = Path(__file__).parent
_STATIC = _HERE / "static"
_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
CODE_URL_MAX = 512

HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": (
            "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        ),
    }
)
"""Sent with every page, every ``state`` and ``jsapi`` answer and the QR code, beside what safe_headers.py adds."""

STATIC_HEADERS: Mapping[str, str] = MappingProxyType(
    # Pages name static files with their content's hash, so a file that changes has another address.
    {"Cache-Control": "public, max-age=31536000, immutable"}
)


@dataclass(frozen=True, slots=True)
class Page:
    """One answer for a browser: HTML with its HTTP status. Send it with HEADERS."""

    status: int
    html: str


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One static file. Send it with STATIC_HEADERS."""

    body: bytes
    media_type: str


class LineStateJson(TypedDict):
    name: str
    state: str
    state_text: str
    note: str


class PayStateJson(TypedDict):
    """The answer of ``GET /pay/{token}/state``."""

    state: str
    title: str
    message: str
    final: bool
    lines: list[LineStateJson]
    order_url: str | None
    expires_in: int


def render_pay(view: PayView) -> Page:
    """The pay page inside WeChat, in whatever state the order is."""
    return Page(200, _template("pay.html").render(view=view))


def render_scan(view: PayView) -> Page:
    """The pay page in an ordinary browser: the native QR code ``{token}/qr.svg`` and how to scan it."""
    return Page(200, _template("scan.html").render(view=view))


def render_order(view: OrderView, *, in_wechat: bool) -> Page:
    """The order page. Keys are on it exactly when the view holds them."""
    return Page(200, _template("order.html").render(view=view, in_wechat=in_wechat))


def render_not_found(shop_name: str) -> Page:
    """404 for a link that names nothing. The same for every such link, so that guessing tells nothing."""
    return render_error(shop_name, 404, "链接无效", "请核对链接，或回到公众号聊天重新获取。")


def render_error(shop_name: str, status: int, title: str, message: str) -> Page:
    """A page that says what went wrong in plain words. `status` is the HTTP status; works at /pay/… and /orders/…."""
    return Page(status, _template("notice.html").render(shop_name=shop_name, title=title, message=message))


def pay_state(view: PayView) -> PayStateJson:
    """What the pay page asks for while it waits; see PayStateJson."""
    return {
        "state": view.state.value,
        "title": view.title,
        "message": view.message,
        "final": view.state.is_final,
        "lines": [
            {"name": line.name, "state": line.state.value, "state_text": line.state_text, "note": line.note}
            for line in view.lines
        ],
        "order_url": view.order_url,
        "expires_in": view.expires_in,
    }


def render_qr(code_url: str) -> str:
    """Draw a native payment's code_url (wechat.md, D) as an SVG document. ValueError above CODE_URL_MAX characters."""
    if not 0 < len(code_url) <= CODE_URL_MAX:
        raise ValueError("code_url is empty or too long")
    drawing = io.BytesIO()
    segno.make(code_url, error="m", micro=False).save(
        drawing, kind="svg", border=3, scale=8, dark="#000", light="#fff", xmldecl=False, nl=False
    )
    return drawing.getvalue().decode()


def static_file(name: str) -> StaticFile | None:
    """Find a static file by its bare name; None for any name that is not one of ours."""
    return _static_files().get(name)


@lru_cache(maxsize=1)
def _static_files() -> Mapping[str, StaticFile]:
    return {
        path.name: StaticFile(path.read_bytes(), _MEDIA_TYPES[path.suffix])
        for path in sorted(_STATIC.iterdir())
        if path.suffix in _MEDIA_TYPES
    }


def _static_url(name: str) -> str:
    """Address a static file so that it holds at /pay/… and at /orders/…, below any prefix."""
    digest = hashlib.sha256(_static_files()[name].body).hexdigest()[:12]
    return f"../pay/static/{name}?v={digest}"


def _moment(at: datetime) -> str:
    local = at.astimezone(SHANGHAI)
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def _clock(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%H:%M}"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(yuan=format_yuan, moment=_moment, clock=_clock)
    environment.globals["static"] = lru_cache(maxsize=16)(_static_url)
    return environment


def _template(name: str) -> Template:
    return _environment().get_template(name)
