"""WeChat's in-app browser, the ordinary doorway to the bot, the fault panel's limits, and the memory over restarts."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from sandbox.app import create_app
from sandbox.server import free_socket, running
from sandbox.settings import Credentials, SandboxSettings
from tests.sandbox.shopfront import Call, Shop, shop_running

PAGE = b"<!doctype html><html><head><title>t</title></head><body>hi</body></html>"


def test_each_phone_has_its_own_cookies_and_the_real_browsers_are_not_passed_on(shop: Shop) -> None:
    def answer(call: Call) -> tuple[int, dict[str, str], bytes]:
        return 200, {"Set-Cookie": f"who={call.query.get('me', '')}; Path=/; HttpOnly"}, b"ok"

    shop.bot.answer = answer
    one, other = shop.buyer(), shop.buyer()
    for openid, name in ((one, "one"), (other, "other")):
        shown = shop.http.get(f"/wx/{openid}/set?me={name}", headers={"Cookie": "secret=1"})
        assert "set-cookie" not in shown.headers
    for openid in (one, other):
        shop.http.get(f"/wx/{openid}/see", headers={"Cookie": "secret=1"})

    first, second = shop.bot.to("/see")
    assert (first.headers["cookie"], second.headers["cookie"]) == ("who=one", "who=other")
    assert "MicroMessenger" in first.headers["user-agent"]


def test_a_page_gets_the_bridge_first_and_may_be_framed(shop: Shop) -> None:
    policy = "default-src 'self'; frame-ancestors 'none'; script-src 'self'"
    headers = {"Content-Type": "text/html; charset=utf-8", "X-Frame-Options": "DENY", "Content-Security-Policy": policy}
    shop.bot.answer = lambda _: (200, headers, PAGE)
    openid = shop.buyer()
    shown = shop.http.get(f"/wx/{openid}/pay/abc")

    assert f'<head><script src="/sandbox/bridge.js?openid={openid}"></script><title>' in shown.text
    assert "x-frame-options" not in shown.headers
    assert shown.headers["content-security-policy"] == "default-src 'self'; script-src 'self'"
    assert int(shown.headers["content-length"]) == len(shown.content)


def test_other_files_come_through_unchanged(shop: Shop) -> None:
    shop.bot.answer = lambda _: (200, {"Content-Type": "text/css"}, b"<head>")

    assert shop.http.get(f"/wx/{shop.buyer()}/a.css").content == b"<head>"


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("{bot}/orders/1?a=b#c", "/wx/{openid}/orders/1?a=b#c"),
        ("{sandbox}/orders/1", "/wx/{openid}/orders/1"),
        ("/orders/1", "/wx/{openid}/orders/1"),
        ("../orders/1", "../orders/1"),
        ("https://elsewhere.example/x", "https://elsewhere.example/x"),
        ("//elsewhere.example/x", "//elsewhere.example/x"),
    ],
)
def test_redirects_stay_inside_the_phone(shop: Shop, location: str, shown: str) -> None:
    openid = shop.buyer()
    target = location.format(bot=shop.bot.url, sandbox=shop.url)
    shop.bot.answer = lambda _: (303, {"Location": target}, b"")
    answer = shop.http.get(f"/wx/{openid}/pay/abc")

    assert (answer.status_code, answer.headers["location"]) == (303, shown.format(openid=openid))


def test_oauth_happens_on_the_way_as_the_phones_owner(shop: Shop) -> None:
    openid = shop.buyer()
    back = f"{shop.url}/pay/abc".replace(":", "%3A").replace("/", "%2F")
    target = (
        f"{shop.url}/connect/oauth2/authorize?appid={shop.credentials.app_id}&redirect_uri={back}"
        "&response_type=code&scope=snsapi_base&state=s1#wechat_redirect"
    )
    shop.bot.answer = lambda _: (302, {"Location": target}, b"")
    location = httpx.URL(shop.http.get(f"/wx/{openid}/pay/abc").headers["location"])
    query = {"appid": shop.credentials.app_id, "secret": shop.credentials.app_secret, "code": location.params["code"]}
    found = shop.http.get("/sns/oauth2/access_token", params=query | {"grant_type": "authorization_code"}).json()

    assert location.path == f"/wx/{openid}/pay/abc"
    assert location.params["state"] == "s1"
    assert found["openid"] == openid


def test_a_form_posted_in_the_phone_arrives_as_from_the_bots_own_page(shop: Shop) -> None:
    openid = shop.buyer()
    headers = {"Origin": "http://localhost:1", "Referer": f"http://localhost:1/wx/{openid}/pay/abc"}
    shop.http.post(f"/wx/{openid}/pay/abc/jsapi?x=1", content=b"a=1", headers=headers)
    (call,) = shop.bot.to("/pay/abc/jsapi")

    assert (call.method, call.body, call.query) == ("POST", b"a=1", {"x": "1"})
    assert call.headers["origin"] == shop.url
    assert call.headers["referer"] == f"{shop.url}/pay/abc"


def test_a_phone_nobody_has_shows_nothing(shop: Shop) -> None:
    assert shop.http.get("/wx/o-nobody/pay/abc").status_code == 404


def test_every_other_path_is_the_bot_with_the_callers_own_headers(shop: Shop) -> None:
    shop.bot.answer = lambda _: (201, {"Set-Cookie": "a=1", "X-Frame-Options": "DENY"}, b"console")
    answer = shop.http.post("/console/login?next=%2Fa", content=b"u=1", headers={"Cookie": "b=2", "User-Agent": "Edge"})
    (call,) = shop.bot.to("/console/login")

    assert (answer.status_code, answer.content) == (201, b"console")
    assert (answer.headers["set-cookie"], answer.headers["x-frame-options"]) == ("a=1", "DENY")
    assert (call.headers["cookie"], call.headers["user-agent"], call.body) == ("b=2", "Edge", b"u=1")
    assert call.query == {"next": "/a"}
    assert call.headers["x-forwarded-for"] == "127.0.0.1"
    shop.http.cookies.clear()


def test_the_doorway_remembers_nobodys_cookies(shop: Shop) -> None:
    shop.bot.answer = lambda _: (200, {"Set-Cookie": "session=a; Path=/"}, b"")
    httpx.get(f"{shop.url}/console", trust_env=False)
    httpx.get(f"{shop.url}/console", trust_env=False)

    assert all("cookie" not in call.headers for call in shop.bot.to("/console"))


def test_what_the_bot_tells_an_open_page_comes_through_at_once(credentials: Credentials) -> None:
    first_is_there = threading.Event()

    class Telling(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream; charset=utf-8")
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(b"data: one\n\n")
            first_is_there.wait(60)
            self.wfile.write(b"data: two\n\n")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Telling) as bot:
        threading.Thread(target=bot.serve_forever, daemon=True).start()
        settings = credentials.sandbox_settings(
            bot_url=f"http://127.0.0.1:{bot.server_port}", public_url="http://sandbox.local"
        )
        with (
            running(create_app(settings), free_socket()) as url,
            httpx.stream("GET", f"{url}/console/events", trust_env=False, timeout=20) as answer,
        ):
            lines = (line for line in answer.iter_lines() if line)
            assert next(lines) == "data: one"
            first_is_there.set()
            assert next(lines) == "data: two"
            assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert answer.headers["cache-control"] == "no-store"
        bot.shutdown()


def test_without_the_bot_the_doorway_says_so_and_the_chat_shows_it(credentials: Credentials) -> None:
    sock, nobody = free_socket(), free_socket()
    closed = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    settings = credentials.sandbox_settings(bot_url=closed, public_url="http://sandbox.local")
    with running(create_app(settings), sock) as url, httpx.Client(base_url=url, trust_env=False) as http:
        assert http.get("/healthz").status_code == 502
        lines = http.post("/sandbox/api/buyers", json={}).json()["messages"]
    nobody.close()

    assert lines[-1]["kind"] == "error"


@pytest.mark.parametrize(
    "panel",
    [
        {"notice": "explode"},
        {"notice": {"kind": "forge", "forge": "colour"}},
        {"push": {"kind": "slow", "seconds": -1}},
        {"supplier": {"kind": "failed", "times": "often"}},
        {"weather": "rain"},
        {"notice_speed": 0},
        {"bills_at_once": "yes"},
    ],
)
def test_a_fault_the_panel_does_not_have_changes_nothing(shop: Shop, panel: dict[str, object]) -> None:
    before = shop.http.get("/sandbox/api/faults").json()
    answer = shop.http.put("/sandbox/api/faults", json={"pay": "429"} | panel)

    assert answer.status_code == 400
    assert shop.http.get("/sandbox/api/faults").json() == before


def test_too_long_a_body_is_refused(shop: Shop) -> None:
    answer = shop.http.post("/sandbox/api/buyers", content=b'{"name":"' + b"x" * (1 << 20) + b'"}')

    assert answer.status_code == 413


def test_a_restart_finds_chats_tokens_trades_and_unfinished_notices(credentials: Credentials, tmp_path: Path) -> None:
    kept = {"data_dir": str(tmp_path), "bot_public_url": "http://shop.local"}
    with shop_running(credentials, **kept) as shop:
        openid = shop.buyer()
        shop.say(openid, "昨天")
        token = shop.token()
        shop.faults(notice={"kind": "lose"}, notice_speed=1)
        number = shop.paid(openid, notify_url="http://shop.local/pay/notify")
    assert (tmp_path / "sandbox.json").stat().st_mode & 0o077 == 0

    with shop_running(credentials, **kept) as shop:
        chat = shop.http.get(f"/sandbox/api/chat/{openid}").json()["messages"]
        assert "昨天" in [line["content"] for line in chat]
        assert shop.token() == token
        (trade,) = shop.http.get("/sandbox/api/transactions").json()["transactions"]
        assert (trade["out_trade_no"], trade["trade_state"]) == (number, "SUCCESS")
        assert number in shop.unseal(json.loads(shop.bot.wait_for("/pay/notify")[0].body)["resource"])


def test_an_unreadable_memory_is_put_aside(credentials: Credentials, tmp_path: Path) -> None:
    (tmp_path / "sandbox.json").write_text('{"buyers": 7')
    with shop_running(credentials, data_dir=str(tmp_path)) as shop:
        assert shop.http.get("/sandbox/api/buyers").json() == {"buyers": []}
    assert (tmp_path / "sandbox.unreadable").exists()


def test_settings_survive_their_file_and_name_what_is_wrong_with_it(credentials: Credentials, tmp_path: Path) -> None:
    settings = credentials.sandbox_settings(
        bot_url="http://127.0.0.1:9/", public_url="http://127.0.0.1:8", mode="plain"
    )
    path = tmp_path / "sandbox-settings.json"
    settings.write(path)
    assert SandboxSettings.read(path) == settings
    assert settings.bot_url == "http://127.0.0.1:9"
    path.write_text(path.read_text().replace('"token"', '"tokken"'))
    with pytest.raises(ValueError, match="tokken"):
        SandboxSettings.read(path)
    assert credentials.app_secret not in repr(credentials) + repr(settings)


def test_escapes_in_a_path_stay_as_they_are(shop: Shop) -> None:
    openid = shop.buyer()
    shop.http.get(f"/wx/{openid}/a%2Fb%20c?q=%2F")
    shop.http.get("/a%2Fb%20c?q=%2F")

    assert [call.path for call in shop.bot.calls[-2:]] == ["/a%2Fb%20c", "/a%2Fb%20c"]
    assert shop.bot.calls[-1].query == {"q": "/"}


def test_a_virtual_visitor_is_marked_as_one(shop: Shop) -> None:
    visitor = shop.http.post("/sandbox/api/buyers", json={"snapshot": True}).json()["openid"]
    found = []
    for openid in (visitor, shop.buyer()):
        page = f"/wx/{openid}/connect/oauth2/authorize"
        asked = {"appid": shop.credentials.app_id, "redirect_uri": f"{shop.url}/p", "response_type": "code"}
        location = shop.http.get(page, params=asked | {"scope": "snsapi_base"}).headers["location"]
        query = {"appid": shop.credentials.app_id, "secret": shop.credentials.app_secret}
        query |= {"code": httpx.URL(location).params["code"], "grant_type": "authorization_code"}
        found.append(shop.http.get("/sns/oauth2/access_token", params=query).json().get("is_snapshotuser"))

    assert found == [1, None]
