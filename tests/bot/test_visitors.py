"""Who opens a page, when WeChat answers oddly or not at all: no round without end, no preview that pays, no 5xx for a
link that cannot be one."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from bot import background, ordering
from bot.app import create_app
from bot.bootstrap import Services, build
from bot.config import load_config
from bot.visits import VISIT_COOKIE
from catalog.store import import_catalog
from dialogs.facts import OrderPlaced
from kernel.clock import SystemClock
from kernel.ids import OpenId
from kernel.orders import Order
from payments.fake import FakeWechatPay
from tests.fulfillment.counter import SHELF, want

assert background.TASKS
OWNER = OpenId("oOwner-0001")
PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Mobile MicroMessenger/8.0.50"
LIMIT = 6


class WeChat(ThreadingHTTPServer):
    """Says `says` to whoever brings a code."""

    says: Any = None

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert isinstance(self.server, WeChat)
            body = json.dumps(self.server.says).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), self.Handler)


@dataclass
class Phone:
    """A buyer's phone before a page, and WeChat behind it."""

    wechat: WeChat
    services: Services
    client: TestClient
    order: Order

    @property
    def page(self) -> str:
        return f"/pay/{self.order.token}"

    def goes(self, path: str) -> tuple[httpx.Response, int]:
        """Open a page as WeChat's browser does, sent to and fro: where it ends, and after how many codes."""
        answer, codes = self.client.get(path), 0
        while answer.status_code == 302 and codes < LIMIT:
            where = httpx.URL(answer.headers["location"])
            if where.host == "open.weixin.qq.com":
                codes += 1
                back = httpx.URL(where.params["redirect_uri"])
                answer = self.client.get(back.path, params={"code": f"c{codes}", "state": where.params["state"]})
            else:
                answer = self.client.get(where.path)
        return answer, codes


@pytest.fixture
def phone(engine: Engine, redis_url: str, tmp_path: Path) -> Iterator[Phone]:
    wechat = WeChat()
    threading.Thread(target=wechat.serve_forever, daemon=True).start()
    (tmp_path / "config.toml").write_text(
        '[app]\ndata_dir = "data"\npublic_url = "https://shop.example"\n'
        f'[wechat]\napi_base = "http://127.0.0.1:{wechat.server_port}"\n'
    )
    url = engine.url.render_as_string(hide_password=False)
    services = build(load_config(tmp_path / "config.toml", {}), database_url=url, redis_url=redis_url)
    services = replace(services, gateway=FakeWechatPay(SystemClock()))
    with services.engine.begin() as conn:
        import_catalog(conn, SHELF)
    placed = ordering.place(services, OWNER, "m1", [want("HF100")])
    assert isinstance(placed, OrderPlaced)
    client = TestClient(
        create_app(services), base_url="https://shop.example", follow_redirects=False, headers={"User-Agent": PHONE}
    )
    yield Phone(wechat, services, client, placed.order)
    wechat.shutdown()
    wechat.server_close()
    services.engine.dispose()


@pytest.mark.parametrize(
    "says",
    [
        {"errcode": -1, "errmsg": "busy"},
        {"errcode": 40125, "errmsg": "invalid appsecret"},
        {"errcode": "40029"},
        {"errcode": {"a": 1}},
        {"openid": "o\x00x"},
        {"openid": "o" * 500},
        {"openid": 5},
        {},
        [],
        None,
    ],
    ids=str,
)
def test_what_a_new_code_would_not_change_ends_on_a_page_that_says_so(phone: Phone, says: Any) -> None:
    phone.wechat.says = says
    for path in (phone.page, phone.page.replace("pay", "orders", 1)):
        answer, codes = phone.goes(path)
        assert answer.status_code == 503
        assert "微信暂时没有回应" in answer.text
        assert codes == 1
        assert VISIT_COOKIE not in phone.client.cookies


@pytest.mark.parametrize("errcode", [40029, 40163])
def test_a_code_of_no_use_is_replaced_once_and_not_for_ever(phone: Phone, errcode: int) -> None:
    phone.wechat.says = {"errcode": errcode}
    answer, codes = phone.goes(phone.page)
    assert (answer.status_code, codes) == (503, 2)
    phone.wechat.says = {"openid": OWNER}
    answer, codes = phone.goes(phone.page)
    assert (answer.status_code, codes) == (200, 1)
    assert "确认支付" in answer.text


def test_wechats_preview_gets_nothing_to_pay_with_until_somebody_is_there(phone: Phone) -> None:
    phone.wechat.says = {"openid": OWNER, "is_snapshotuser": 1}
    answer, _ = phone.goes(phone.page)
    assert "请使用完整服务" in answer.text
    refused = phone.client.post(f"{phone.page}/jsapi")
    assert refused.status_code == 403
    assert "使用完整服务" in refused.json()["error"]
    phone.wechat.says = {"openid": OWNER}
    assert "确认支付" in phone.goes(phone.page)[0].text
    assert "package" in phone.client.post(f"{phone.page}/jsapi").json()


@pytest.mark.parametrize("token", ["%00", "a%00b", "%0a", "a%0a", "a" * 65, "é", "..", "%ff"])
def test_what_cannot_be_a_link_is_not_there(phone: Phone, token: str) -> None:
    assert phone.client.get(f"/pay/{token}").status_code == 404
    assert phone.client.get(f"/pay/{token}/state").status_code == 404
    assert phone.client.get(f"/pay/{token}/qr.svg").status_code == 404
    assert phone.client.get(f"/orders/{token}").status_code == 404
    assert phone.client.post(f"/pay/{token}/jsapi").status_code == 404


def test_a_friend_is_no_longer_asked_to_pay_what_is_paid(phone: Phone) -> None:
    phone.wechat.says = {"openid": "oFriend-0001"}
    assert "您可以代为支付" in phone.goes(phone.page)[0].text
    ordering.cancel(phone.services, OWNER, phone.order.order_no)
    assert "您可以代为支付" not in phone.goes(phone.page)[0].text
