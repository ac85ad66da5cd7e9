"""Views → HTML for operators' browsers, and the headers that go with it. All is escaped; nothing is inline."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

from console.words import WORDS
from kernel.money import format_yuan

_HERE = Path(__file__).parent
STYLE = (_HERE / "static" / "console.css").read_bytes()
_STYLE_URL = f"/console/static/console.css?v={hashlib.sha256(STYLE).hexdigest()[:12]}"

HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
            "frame-ancestors 'none'"
        ),
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
)
"""No script at all: what a buyer wrote could not run even if it were not escaped."""

STYLE_HEADERS: Mapping[str, str] = MappingProxyType(
    {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
)

SAID: Mapping[str, str] = MappingProxyType(
    {
        "refunded": "已开始退款，会通知顾客",
        "delivered": "已记为完成，会通知顾客",
        "answered": "已答复，会发给顾客",
        "closed": "工单已关闭，会通知顾客",
        "sent": "已发出；若微信暂时不能推送，会在顾客下次来消息时送达",
        "ended": "已转回机器人",
        "logged_out": "已退出登录",
        "session_ended": "该设备已退出登录",
        "not_now": "没有改动：它的状态已经变了，请看最新情况",
        "no_words": "没有改动：请填写内容",
        "too_long": "没有改动：内容太长了",
    }
)
"""What a page can say was done. The address names only the key."""


def page(name: str, status: int = 200, **view: Any) -> Response:
    """Render a template. `status` is the HTTP status."""
    html = _environment().get_template(name).render(view)
    return Response(html, status_code=status, media_type="text/html", headers=dict(HEADERS))


def problem(status: int, title: str, message: str) -> Response:
    """A page that says what went wrong."""
    return page("problem.html", status, title=title, message=message)


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
    environment.filters["yuan"] = format_yuan
    environment.filters["word"] = lambda code: WORDS.get(code, code)
    environment.globals["style_url"] = _STYLE_URL
    return environment
