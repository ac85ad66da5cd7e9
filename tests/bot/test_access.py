"""Who may see what: every route, every header, every viewer; links that cannot be guessed, and end."""

import base64
import logging
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import redis
from sqlalchemy import Engine
from starlette.routing import Route
from starlette.testclient import TestClient

from bot import background, backups, buyer_pages, delivering, ordering, paying
from bot.app import create_app
from bot.bootstrap import Services, build
from bot.config import load_config
from bot.database import make_engine
from bot.visits import VISIT_COOKIE, VISIT_LIFE
from catalog.key_import import import_keys
from catalog.store import import_catalog
from console.gate import SESSION_COOKIE
from dialogs.facts import OrderPlaced
from kernel.clock import MovableClock, SystemClock
from kernel.ids import OpenId
from kernel.orders import Order
from payments.attempts import Opened, open_attempt
from payments.fake import FakeWechatPay
from payments.gateway import TradeType
from tests.fulfillment.counter import SHELF, want

assert background.TASKS
OWNER, FRIEND = OpenId("oOwner-0001"), OpenId("oFriend-0001")
KEY, PHONE = "ACCESS-KEY-7H2K-99QX", "13812345678"
WECHAT = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Mobile MicroMessenger/8.0.50"
BROWSER = "Mozilla/5.0 (X11; Linux) Chrome/140"


@dataclass
class Door:
    """The shop's pages, and people before them."""

    services: Services
    clock: MovableClock

    def client(self, *, raising: bool = True) -> TestClient:
        app = create_app(self.services)
        return TestClient(app, follow_redirects=False, raise_server_exceptions=raising)

    def look(self, path: str, viewer: OpenId | str | None, agent: str = WECHAT, method: str = "GET") -> httpx.Response:
        cookie = self.services.visits.cookie_for(viewer, self.clock.now()) if isinstance(viewer, str) else ""
        headers = {"User-Agent": agent} | ({"Cookie": f"{VISIT_COOKIE}={cookie}"} if cookie else {})
        return self.client().request(method, path, headers=headers)

    def order(self, *lines: str, openid: OpenId = OWNER, key: str = "m1") -> Order:
        placed = ordering.place(self.services, openid, key, [want(line) for line in lines])
        assert isinstance(placed, OrderPlaced)
        return placed.order

    def delivered(self) -> Order:
        """An order with a card key and a top-up, paid, the key sold."""
        order, wechat = self.order("ST50", "HF100"), self.services.gateway
        assert isinstance(wechat, FakeWechatPay)
        opened = open_attempt(
            self.services.engine, wechat, order_no=order.order_no, total_fen=order.total_fen, description="x",
            trade_type=TradeType.JSAPI, payer_openid=OWNER, expires_at=order.expires_at, now=self.clock.now(),
        )  # fmt: skip
        assert isinstance(opened, Opened)
        paid = wechat.pay(opened.credential, OWNER)
        assert paid is not None
        paying.take_transaction(self.services, paid)
        delivering.deliver_order(self.services, order_no=order.order_no)
        return order


@pytest.fixture
def door(engine: Engine, redis_url: str, tmp_path: Path) -> Iterator[Door]:
    (tmp_path / "config.toml").write_text('[app]\ndata_dir = "data"\npublic_url = "https://shop.example"\n')
    clock = MovableClock(SystemClock().now())
    url = engine.url.render_as_string(hide_password=False)
    services = build(load_config(tmp_path / "config.toml", {}), database_url=url, redis_url=redis_url, clock=clock)
    services = replace(services, gateway=FakeWechatPay(clock))
    with services.engine.begin() as conn:
        import_catalog(conn, SHELF)
    (tmp_path / "keys.txt").write_text(KEY)
    import_keys(services.engine, services.vault, "ST50", tmp_path / "keys.txt")
    yield Door(services, clock)
    services.engine.dispose()


def addresses(door: Door, token: str) -> list[str]:
    """Every route there is, with this token in it; a new route is walked without anybody thinking of it."""
    routes = [route for route in create_app(door.services).routes if isinstance(route, Route)]
    filled = [route.path.replace("{token}", token).replace("{name}", "pay.css") for route in routes]
    assert len(filled) > 8
    return [*filled, "/nothing", "/orders/", "/pay/static/none"]


def test_every_answer_of_every_route_carries_the_headers_that_keep_it_to_its_reader(door: Door) -> None:
    token = door.delivered().token
    client = door.client()
    for path in {*addresses(door, token), *addresses(door, "no-such-token")}:
        for method in ("GET", "POST", "HEAD", "DELETE"):
            said = client.request(method, path, headers={"User-Agent": BROWSER}).headers
            assert said["x-content-type-options"] == "nosniff", (method, path)
            if path == "/wechat":
                continue  # WeChat's servers alone are answered there
            assert said["referrer-policy"] == "no-referrer", (method, path)
            assert said["x-frame-options"] == "DENY", (method, path)
            assert said["strict-transport-security"], (method, path)
            assert "frame-ancestors 'none'" in said["content-security-policy"], (method, path)
            kept = "/static/" in path and method in ("GET", "HEAD") and "immutable" in said["cache-control"]
            assert kept or said["cache-control"] == "no-store", (method, path)
            assert "server" not in said


def test_a_bug_shows_nothing_of_itself_and_carries_the_headers_too(door: Door) -> None:
    door.services.engine.dispose()
    broken = replace(door.services, shelf=None)  # type: ignore[arg-type]
    order = door.order("HF100")
    app = create_app(broken)
    answer = TestClient(app, raise_server_exceptions=False).get(f"/pay/{order.token}", headers={"User-Agent": BROWSER})
    assert answer.status_code == 500
    assert "Traceback" not in answer.text
    assert "NoneType" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_links_cannot_be_guessed_and_nothing_else_names_an_order(door: Door) -> None:
    orders = [door.order("HF100", openid=OpenId(f"o{n}"), key=f"k{n}") for n in range(20)]
    tokens = [order.token for order in orders]
    assert len(set(tokens)) == len(tokens)
    assert all(len(token) == 32 for token in tokens)  # 192 bits
    assert len({token[:6] for token in tokens}) == len(tokens)
    for guess in (
        orders[0].order_no,
        str(orders[0].lines[0].id),
        tokens[0][:-1],
        tokens[0].swapcase(),
        tokens[0] + "=",
    ):
        assert door.look(f"/orders/{guess}", OWNER).status_code == 404
        assert door.look(f"/pay/{guess}", OWNER).status_code == 404


def forged(door: Door) -> dict[str, str]:
    """Cookies that somebody else could make, or that were true once."""
    true = door.services.visits.cookie_for(OWNER, door.clock.now())
    body, _, signature = true.rpartition(".")
    name, _, expires = body.partition(".")
    return {
        "no signature": body + ".",
        "signature of another": body
        + "."
        + door.services.visits.cookie_for(FRIEND, door.clock.now()).rpartition(".")[2],
        "longer life": f"{name}.{int(expires) + 1}.{signature}",
        "expired": door.services.visits.cookie_for(OWNER, door.clock.now() - VISIT_LIFE - timedelta(seconds=1)),
        "openid in clear": f"{OWNER}.{expires}.{signature}",
        "upper case": true.upper(),
        "nothing": "..",
        "no number": f"{name}.x.{signature}",
        "long": "A" * 5000,
        "bytes": "\xff\xfe.1.2",
    }


def test_a_card_key_is_on_no_page_but_its_owners_and_the_account_only_masked_before_strangers(door: Door) -> None:
    order = door.delivered()
    pages = [path for path in addresses(door, order.token) if order.token in path]
    assert KEY in door.look(f"/orders/{order.token}", OWNER).text
    for path in pages:
        for viewer, agent in ((FRIEND, WECHAT), (FRIEND, BROWSER), (None, WECHAT), (None, BROWSER), (None, "")):
            for method in ("GET", "POST"):
                shown = door.look(path, viewer, agent, method)
                assert KEY not in shown.text
                assert PHONE not in shown.text, (path, viewer, agent)
                assert OWNER not in shown.text
        for what, cookie in forged(door).items():
            headers = {"User-Agent": BROWSER, "Cookie": f"{VISIT_COOKIE}={cookie}".encode("latin-1")}
            shown = door.client().get(path, headers=headers)
            assert shown.status_code < 500, what
            assert KEY not in shown.text, what


def test_neither_metrics_nor_logs_nor_redirects_hold_a_key_a_buyer_or_a_link(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    order = door.delivered()
    for viewer in (OWNER, FRIEND):
        door.look(f"/orders/{order.token}", viewer)
    sent = door.look(f"/orders/{order.token}", None, WECHAT)
    assert sent.status_code == 302
    assert KEY not in sent.headers["location"]
    assert "HttpOnly" in sent.headers["set-cookie"]
    assert "Secure" in sent.headers["set-cookie"]
    assert "samesite=lax" in sent.headers["set-cookie"].lower()
    figures = door.client().get("/metrics").text
    ours = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("httpx"))
    for secret in (KEY, OWNER, FRIEND, PHONE, order.token):
        assert secret not in figures
        assert secret not in ours


def test_no_card_key_stands_in_a_backup_or_in_redis_as_it_is(door: Door, tmp_path: Path) -> None:
    order = door.delivered()
    assert KEY in door.look(f"/orders/{order.token}", OWNER).text
    backups.write(door.services.engine, door.services.config.app, tmp_path / "shop.backup")
    with tarfile.open(tmp_path / "shop.backup") as archive:
        files = [archive.extractfile(member) for member in archive.getmembers()]
        contents = [file.read() for file in files if file is not None]
    assert any(order.token.encode() in content for content in contents)
    for form in (KEY.encode(), KEY.encode().hex().encode(), base64.b64encode(KEY.encode())):
        assert not any(form in content for content in contents)
        assert not any(form in (door.services.redis.dump(name) or b"") for name in door.services.redis.scan_iter("*"))


def test_an_old_link_shows_nothing_to_anybody_but_its_owner(door: Door) -> None:
    order = door.delivered()
    assert door.look(f"/orders/{order.token}", FRIEND).status_code == 200
    door.clock.move(buyer_pages.LINK_LIVES + timedelta(minutes=1))
    for path in (f"/orders/{order.token}", f"/pay/{order.token}", f"/pay/{order.token}/state"):
        assert door.look(path, FRIEND).status_code == 404
        assert door.look(path, None, BROWSER).status_code == 404
        assert door.look(path, OWNER).status_code == 200
    assert KEY in door.look(f"/orders/{order.token}", OWNER).text


def test_who_tries_links_at_random_is_stopped_and_the_others_are_not(door: Door) -> None:
    order = door.delivered()
    guesser = TestClient(create_app(door.services), client=("203.0.113.9", 1), follow_redirects=False)
    tried = [guesser.get(f"/orders/{n:032d}").status_code for n in range(32)]
    assert tried == [404] * 30 + [429] * 2
    stopped = guesser.get(f"/orders/{order.token}", headers={"User-Agent": BROWSER})
    assert (stopped.status_code, stopped.headers["retry-after"]) == (429, "60")
    assert door.look(f"/orders/{order.token}", OWNER).status_code == 200


def test_a_payment_is_opened_so_often_in_a_minute_and_no_oftener(door: Door) -> None:
    order = door.order("HF100")
    asked = [door.look(f"/pay/{order.token}/jsapi", OWNER, method="POST").status_code for _ in range(22)]
    assert asked == [200] * 20 + [429] * 2
    assert door.look(f"/pay/{order.token}", OWNER).status_code == 200


def test_without_redis_pages_are_not_limited(door: Door) -> None:
    order = door.order("HF100")
    door.services.redis.connection_pool.disconnect()
    away = replace(door.services, redis=redis.Redis.from_url("redis://127.0.0.1:1/0"))
    client = TestClient(create_app(away), follow_redirects=False)
    assert {client.get(f"/orders/{n:032d}").status_code for n in range(35)} == {404}
    assert client.get(f"/pay/{order.token}", headers={"User-Agent": BROWSER}).status_code == 200


def test_while_the_database_is_away_a_buyer_is_asked_to_come_again_and_no_bug_is_reported(door: Door) -> None:
    order = door.order("HF100")
    gone = replace(door.services, engine=make_engine("postgresql+psycopg://kabot@127.0.0.1:1/kabot"))
    client = TestClient(create_app(gone))  # which raises what nobody handles
    page = client.get(f"/pay/{order.token}", headers={"User-Agent": BROWSER, "Accept": "text/html,*/*"})
    asked = client.post(f"/pay/{order.token}/jsapi", headers={"User-Agent": BROWSER})
    client.cookies.set(SESSION_COOKIE, "somebody")
    elsewhere = client.get("/console")
    assert [one.status_code for one in (page, asked, elsewhere)] == [503, 503, 503]
    assert all(one.headers["retry-after"] == "5" for one in (page, asked, elsewhere))
    assert "稍等几秒" in page.text
    assert "稍后再试" in asked.json()["error"]
    assert page.headers["cache-control"] == "no-store"
