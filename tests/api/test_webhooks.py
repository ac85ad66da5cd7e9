"""Webhooks from the moment something happens to a receiver that is a process of its own; nothing is lost or forged."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot import webhooks_out
from bot.jobs import run_pending
from bot.webhooks_out import TASKS
from console.api import endpoints
from console.api.endpoints import BadUrlError, check_url, is_public
from console.api.tables import EVENT_TYPES
from fulfillment import moves, reading
from tests.api.conftest import Program
from tests.api.receiving import Receiver, receiver, shop
from tests.bot.test_after_sale import Shop

__all__ = ["receiver", "shop"]

ROOT = Path(__file__).resolve().parents[2]


def endpoint_of(program: Program, url: str, *events: str) -> tuple[int, str]:
    made = program.post("/webhooks", {"url": url, "events": list(events)})
    assert made.status_code == 201, made.text
    return made.json()["id"], made.json()["secret"]


def subscribed(program: Program, receiver: Receiver, *events: str, status: int = 200) -> int:
    """The secret comes with the endpoint, the port with the receiver: so the address is changed afterwards."""
    number, secret = endpoint_of(program, "http://127.0.0.1:9/", *events)
    receiver.start(secret, status)
    assert program.http.patch(f"/api/v1/webhooks/{number}", json={"url": receiver.url}).status_code == 200
    return number


def send(shop: Shop) -> None:
    webhooks_out.send_webhooks(shop.services)
    run_pending(shop.services.engine, TASKS, shop.services, shop.clock.now())


def log_of(program: Program, number: int) -> list[dict[str, Any]]:
    return program.get(f"/webhooks/{number}/deliveries").json()["deliveries"]


def test_what_happens_to_an_order_is_told_signed_and_in_turn_without_anything_of_the_buyer(
    shop: Shop, program: Callable[..., Program], receiver: Receiver
) -> None:
    number = subscribed(program(), receiver)
    order = shop.order("充100话费 13812345678", "确认")
    shop.say("我不要了，退款")
    shop.work()
    send(shop)
    took = receiver.took()
    assert [one["body"]["type"] for one in took] == ["order.placed", "order.paid", "line.refunding"]
    for one in took:
        assert one["ok"], "the signature holds by the published rules"
        assert one["path"] == "/hooks?shop=1"
        assert one["body"]["data"]["order_no"] == order.order_no
        assert one["body"]["data"]["total_fen"] == order.total_fen
        assert one["body"]["timestamp"] == "2026-03-02T02:00:00Z"
        for secret in ("13812345678", str(order.openid), order.token):
            assert secret not in one["raw"]
    assert took[2]["body"]["data"]["line"]["sku_code"] == "HF100"
    assert len({one["id"] for one in took}) == 3
    assert [one["state"] for one in log_of(program(name="b"), number)] == ["delivered"] * 3
    send(shop)
    assert len(receiver.took()) == 3


def test_card_keys_are_never_told(shop: Shop, program: Callable[..., Program], receiver: Receiver) -> None:
    caller = program()
    subscribed(caller, receiver, "order.delivered", "line.delivered")
    sku = shop.rows(
        "SELECT code FROM sku JOIN product p ON p.id = product_id WHERE delivery = 'card' AND any_value_min IS NULL"
        " AND sku.options = '{}' AND p.fields = '[]' LIMIT 1"
    )[0]
    label = shop.rows("SELECT name || label FROM sku JOIN product p ON p.id = product_id WHERE code = :c", c=sku)[0]
    assert caller.post(f"/skus/{sku}/keys", {"keys": [{"secret": "KEY-NOT-TO-BE-TOLD"}]}).json()["imported"] == 1
    shop.order(str(label), "确认")
    shop.work()
    send(shop)
    took = receiver.took()
    assert sorted(one["body"]["type"] for one in took) == ["line.delivered", "order.delivered"]
    assert all("KEY-NOT-TO-BE-TOLD" not in one["raw"] for one in took)


def test_what_was_rolled_back_is_told_to_nobody(shop: Shop, program: Callable[..., Program]) -> None:
    number, _ = endpoint_of(program(), "http://127.0.0.1:9/")
    shop.say("充100话费 13812345678")
    shop.say("确认")
    with shop.services.engine.connect() as conn:
        order_no = conn.execute(text("SELECT order_no FROM orders")).scalar_one()
        order = reading.by_no(conn, order_no)
        assert order is not None
        moves.lock_order(conn, order_no)
        after = type(order.state).CANCELLED
        assert moves.move_order(conn, order_no, order.state, after, shop.clock.now(), cause="test")
        conn.rollback()
    assert [one["type"] for one in log_of(program(name="b"), number)] == ["order.placed"]


def test_an_endpoint_is_told_only_what_it_asked_for_and_nothing_while_it_is_off(
    shop: Shop, program: Callable[..., Program]
) -> None:
    caller = program()
    paid, _ = endpoint_of(caller, "http://127.0.0.1:9/a", "order.paid")
    off, _ = endpoint_of(caller, "http://127.0.0.1:9/b")
    assert caller.http.patch(f"/api/v1/webhooks/{off}", json={"active": False}).json()["active"] is False
    shop.order("充100话费 13812345678", "确认")
    assert [one["type"] for one in log_of(caller, paid)] == ["order.paid"]
    assert log_of(caller, off) == []
    assert caller.http.delete(f"/api/v1/webhooks/{paid}").status_code == 204
    assert caller.get(f"/webhooks/{paid}").status_code == 404
    shop.say("我不要了，退款")
    webhooks_out.forget_rest(shop.services)
    assert shop.rows("SELECT count(*) FROM webhook_delivery") == [0]


def test_an_endpoint_removed_at_that_moment_holds_up_no_order(shop: Shop, program: Callable[..., Program]) -> None:
    number, _ = endpoint_of(program(), "http://127.0.0.1:9/")
    with shop.services.engine.connect() as removing:
        assert endpoints.remove(removing, number)
        order = shop.order("充100话费 13812345678", "确认")
        removing.commit()
    assert shop.rows("SELECT state FROM orders WHERE order_no = :no", no=order.order_no) == ["paid"]
    send(shop)
    webhooks_out.forget_rest(shop.services)
    assert shop.rows("SELECT count(*) FROM webhook_delivery") == [0]


def test_a_receiver_that_was_away_gets_everything_in_the_order_in_which_it_happened(
    shop: Shop, program: Callable[..., Program], receiver: Receiver
) -> None:
    caller = program()
    number = subscribed(caller, receiver, "order.placed", "order.paid")
    secret = caller.post(f"/webhooks/{number}/secret").json()["secret"]
    receiver.stop()
    shop.order("充100话费 13812345678", "确认")
    send(shop)
    [first, second] = log_of(caller, number)[::-1]
    assert (first["state"], first["attempts"], first["last_status"]) == ("waiting", 1, None)
    assert "no answer" in first["last_problem"]
    assert second["attempts"] == 0, "one that takes nothing is left in peace"
    send(shop)
    assert log_of(caller, number)[1]["attempts"] == 1
    receiver.start(secret)
    caller.http.patch(f"/api/v1/webhooks/{number}", json={"url": receiver.url})
    shop.passes(1)
    send(shop)
    assert [one["body"]["type"] for one in receiver.took()] == ["order.placed", "order.paid"]
    assert all(one["ok"] for one in receiver.took())
    assert caller.get(f"/webhooks/{number}").json()["failures"] == 0


def test_a_sender_that_died_between_sending_and_writing_sends_the_same_again(
    shop: Shop, program: Callable[..., Program], receiver: Receiver
) -> None:
    caller = program()
    number = subscribed(caller, receiver, "order.paid")
    shop.order("充100话费 13812345678", "确认")
    services, now = shop.services, shop.clock.now()
    with services.engine.begin() as conn:
        claimed = endpoints.claim(conn, services.vault, number, now)
    assert claimed is not None
    assert webhooks_out._tried(services, claimed, now).taken
    send(shop)
    assert len(receiver.took()) == 1, "whoever has it is not overtaken while he may be alive"
    shop.passes(2)
    send(shop)
    first, second = receiver.took()
    assert first["id"] == second["id"] == f"msg_{claimed.id}"
    assert first["raw"] == second["raw"]
    with services.engine.begin() as conn:
        endpoints.taken(conn, claimed, 200, now)  # the dead one wakes up: it changes nothing
    [entry] = log_of(caller, number)
    assert (entry["state"], entry["attempts"]) == ("delivered", 2)


@pytest.mark.parametrize("status", [301, 404, 500])
def test_only_a_success_counts_and_a_redirect_is_not_followed(
    shop: Shop, program: Callable[..., Program], receiver: Receiver, status: int
) -> None:
    caller = program()
    number = subscribed(caller, receiver, "order.paid", status=status)
    shop.order("充100话费 13812345678", "确认")
    send(shop)
    assert len(receiver.took()) == 1
    [entry] = log_of(caller, number)
    assert (entry["state"], entry["last_status"], entry["last_problem"]) == ("waiting", status, f"answered {status}")


def test_after_a_day_without_success_it_is_given_up_switched_off_and_told(
    shop: Shop, program: Callable[..., Program], caplog: pytest.LogCaptureFixture
) -> None:
    caller = program()
    number, _ = endpoint_of(caller, "http://127.0.0.1:9/", "order.paid")
    shop.order("充100话费 13812345678", "确认")
    minutes = 0
    while caller.get(f"/webhooks/{number}").json()["active"]:
        send(shop)
        shop.passes(20)
        minutes += 20
        assert minutes < 26 * 60
    assert minutes >= 24 * 60
    [entry] = log_of(caller, number)
    assert entry["state"] == "failed"
    assert 8 <= entry["attempts"] <= 20, "later and later, not all the time"
    assert "24 h" in caller.get(f"/webhooks/{number}").json()["off_reason"]
    assert caller.get("/health").json()["webhooks_off"] == 1
    assert "kabot_webhooks_off 1.0" in caller.http.get("/metrics").text
    assert "switched off" in caplog.text
    again = caller.post(f"/webhooks/{number}/deliveries/{entry['id']}/resend")
    assert (again.status_code, again.json()["state"]) == (202, "waiting")
    assert caller.http.patch(f"/api/v1/webhooks/{number}", json={"active": True}).json()["off_reason"] == ""
    send(shop)
    assert log_of(caller, number)[0]["attempts"] == entry["attempts"] + 1


def test_one_that_is_gone_is_switched_off_at_once(
    shop: Shop, program: Callable[..., Program], receiver: Receiver
) -> None:
    caller = program()
    number = subscribed(caller, receiver, "order.paid", status=410)
    shop.order("充100话费 13812345678", "确认")
    send(shop)
    assert caller.get(f"/webhooks/{number}").json()["active"] is False


def test_a_test_is_sent_on_request_and_again_under_the_same_id(
    shop: Shop, program: Callable[..., Program], receiver: Receiver
) -> None:
    caller = program()
    number = subscribed(caller, receiver, "order.paid")
    told = caller.post(f"/webhooks/{number}/test").json()
    send(shop)
    assert caller.post(f"/webhooks/{number}/deliveries/{told['id']}/resend").status_code == 202
    send(shop)
    first, second = receiver.took()
    assert first["body"] == {"type": "kabot.test", "timestamp": "2026-03-02T02:00:00Z", "data": {}}
    assert first["id"] == second["id"] == told["message_id"]


def test_a_case_is_told_of_too(shop: Shop, program: Callable[..., Program]) -> None:
    caller = program()
    number, _ = endpoint_of(caller, "http://127.0.0.1:9/", "case.opened", "case.closed")
    order = shop.order("王者代练打到星耀 QQ 12345678 现在铂金", "确认")
    shop.work()
    shop.say("怎么还没到账")
    [case] = caller.get("/cases").json()["cases"]
    assert caller.post(f"/cases/{case['id']}/close", {"words": "好了"}).status_code == 200
    entries = log_of(caller, number)[::-1]
    assert [(one["type"], one["case_id"], one["order_no"]) for one in entries] == [
        ("case.opened", case["id"], order.order_no),
        ("case.closed", case["id"], order.order_no),
    ]


def test_every_move_an_order_can_make_has_a_type_that_is_documented(shop: Shop) -> None:
    from console.api.tables import _ORDER_TYPE
    from kernel.orders import LineState, OrderState

    statement = _ORDER_TYPE.replace("NEW.", "new_")
    with shop.services.engine.connect() as conn:
        for line, states in (("NULL", OrderState), ("1", LineState)):
            for before in ("", *states):
                for after in states:
                    row = f"(SELECT '{before}' AS new_from_state, '{after}' AS new_to_state, {line} AS new_line_id) n"
                    told = conn.execute(text(f"SELECT {statement} FROM {row}")).scalar()
                    assert told is None or told in EVENT_TYPES
                    assert (told is None) == (before == after or (line == "1" and after in ("waiting", "delivering")))


# ---- where they may go ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/",
        "ftp://shop.example/",
        "https://",
        "https://127.0.0.1/",
        "https://10.0.0.8/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://user:pass@shop.example/",
        "https://shop.example/#x",
        "https://shop.example:99999/",
        "https://shop.example/ x",
        "https://例子.cn/",
        "https://shop.example\\@127.0.0.1/",
        "https://" + "a" * 600,
        "https://localhost/x",
        "https://erp.localhost./",
        "https://2130706433/",
        "https://127.1/",
        "https://shop.0x7f/",
        "https://.../",
        "https://shop..example/",
        "https://shop.example:0/",
    ],
)
def test_an_address_that_is_nobodys_business_is_refused(url: str) -> None:
    with pytest.raises(BadUrlError):
        check_url(url, private=False)


def test_a_public_address_is_taken_and_a_private_one_where_it_is_allowed() -> None:
    for url in ("https://erp.example/hooks?a=1", "https://8.8.8.8:8443/", "https://Shop.xn--fiqs8s./a"):
        assert check_url(url, private=False) == url
    for url in ("http://127.0.0.1:9/", "https://10.0.0.8/", "http://erp:8080/"):
        assert check_url(url, private=True) == url


def test_a_name_that_leads_to_a_private_address_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening() as (port, calls):
        where = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in ("93.184.215.14", "127.0.0.1")]
        monkeypatch.setattr(webhooks_out.socket, "getaddrinfo", lambda *_, **__: where)
        sent = webhooks_out.post(f"http://erp.example:{port}/", b"{}", {}, private=False)
        assert (sent.status, sent.problem) == (None, "its host has no public address")
        assert calls == []


def test_the_name_is_looked_up_once_for_each_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads elsewhere a moment later leads nowhere: what was looked at is what is called."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def lookup(host: str, *rest: object, **more: object) -> object:
        asked.append(host)
        return real("127.0.0.1", *rest, **more)  # type: ignore[arg-type]

    with listening(b"HTTP/1.1 204 No Content\r\n\r\n") as (port, calls):
        monkeypatch.setattr(webhooks_out.socket, "getaddrinfo", lookup)
        sent = webhooks_out.post(f"http://erp.example:{port}/x", b"{}", {"webhook-id": "a"}, private=True)
        assert sent.status == 204
        assert [one for one in asked if one == "erp.example"] == ["erp.example"]
        assert b"Host: erp.example" in calls[0]


def test_one_that_dribbles_is_cut_off_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks_out, "TIMEOUT_S", 0.5)
    with listening(b"HTTP/1.1 200", dribble=True) as (port, _):
        sent = webhooks_out.post(f"http://127.0.0.1:{port}/", b"{}", {}, private=True)
        assert not sent.taken


def test_the_certificate_is_checked() -> None:
    with listening() as (port, _):
        sent = webhooks_out.post(f"https://127.0.0.1:{port}/", b"{}", {}, private=True)
        assert sent.status is None


def test_addresses_of_the_internet_are_told_from_others() -> None:
    from ipaddress import ip_address

    assert all(is_public(ip_address(one)) for one in ("8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"))
    private = ("127.1.2.3", "192.168.1.1", "fe80::1", "fd00::1", "::", "198.18.0.1", "255.255.255.255", "ff02::1")
    assert not any(is_public(ip_address(one)) for one in private)


@contextmanager
def listening(answer: bytes = b"", *, dribble: bool = False) -> Iterator[tuple[int, list[bytes]]]:
    """A plain server that says `answer` to whatever comes; dribbling, it goes on with a byte at a time."""
    calls: list[bytes] = []
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            try:
                conn, _ = server.accept()
            except OSError:
                return
            with conn:
                try:
                    calls.append(conn.recv(65536))
                    conn.sendall(answer)
                    while dribble and not over.wait(0.05):
                        conn.sendall(b"x")
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], calls
        over.set()
        server.shutdown(socket.SHUT_RDWR)
    thread.join(60)
