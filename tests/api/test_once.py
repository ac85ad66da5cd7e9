"""The same request sent again: one effect, one answer; two at once; what nobody finished; what was never done."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from bot import webhooks_out
from console.api import once
from console.api.scopes import Scope
from tests.api.conftest import Program
from tests.bot.test_after_sale import Shop

SERVICE = ("王者代练打到星耀 QQ 12345678 现在铂金", "确认")


def service_line(shop: Shop) -> tuple[str, int]:
    order = shop.order(*SERVICE)
    shop.work()
    return order.order_no, order.lines[0].id


def test_a_request_sent_again_has_one_effect_and_gets_the_same_answer(
    shop: Shop, program: Callable[..., Program]
) -> None:
    caller = program()
    order_no, line_id = service_line(shop)
    path, body = f"/orders/{order_no}/lines/{line_id}/refund", {"reason": "没有货", "amount_fen": 100}
    first = caller.post(path, body, key="refund-1")
    assert first.status_code == 200, first.text
    assert "idempotent-replayed" not in first.headers
    again = caller.post(path, body, key="refund-1")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert shop.rows("SELECT refund_fen FROM order_line WHERE id = :id", id=line_id) == [100]
    assert caller.post(path, body, key="refund-2").json()["refunded_fen"] == 200
    assert shop.rows("SELECT count(*) FROM operator_action") == [2]


def test_the_same_key_for_something_else_is_refused(shop: Shop, program: Callable[..., Program]) -> None:
    caller = program()
    order_no, line_id = service_line(shop)
    path = f"/orders/{order_no}/lines/{line_id}/refund"
    assert caller.post(path, {"reason": "没有货", "amount_fen": 100}, key="k").status_code == 200
    for other, body in ((path, {"reason": "没有货", "amount_fen": 101}), (path.replace("refund", "resend"), None)):
        answer = caller.post(other, body, key="k")
        assert answer.status_code == 422
        assert answer.json()["type"] == "urn:kabot:problem:idempotency-key-reused"
    assert program(name="other").post(path, {"reason": "没有货", "amount_fen": 100}, key="k").status_code == 200
    assert shop.rows("SELECT refund_fen FROM order_line WHERE id = :id", id=line_id) == [200]


def test_two_at_once_have_one_effect(shop: Shop, program: Callable[..., Program]) -> None:
    order_no, line_id = service_line(shop)
    path, body = f"/orders/{order_no}/lines/{line_id}/refund", {"reason": "没有货", "amount_fen": 100}
    callers = [program()]
    callers += [Program(shop, callers[0].key) for _ in range(5)]
    start = threading.Barrier(len(callers))
    answers: list[tuple[int, bytes]] = []

    def call(caller: Program) -> None:
        start.wait()
        answer = caller.post(path, body, key="same")
        answers.append((answer.status_code, answer.content))

    threads = [threading.Thread(target=call, args=(one,)) for one in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {status for status, _ in answers} <= {200, 409}
    assert len({content for status, content in answers if status == 200}) == 1
    assert shop.rows("SELECT refund_fen FROM order_line WHERE id = :id", id=line_id) == [100]
    assert shop.rows("SELECT count(*) FROM line_refund") == [1]
    assert shop.books_agree()


def test_what_is_being_worked_on_is_not_begun_again_until_its_worker_is_taken_for_dead(
    shop: Shop, program: Callable[..., Program]
) -> None:
    caller = program()
    engine, now = shop.services.engine, shop.clock.now()
    with engine.connect() as conn:
        number = conn.execute(text("SELECT id FROM api_key")).scalar_one()
    body = json.dumps({"ids": [1], "reason": "x"}).encode()
    digest = once.sha256_of("POST", "/api/v1/keys/void", body)
    dead = once.begin(engine, number, "k", digest, now)
    assert isinstance(dead, once.Claim)

    def ask() -> int:
        headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
        return caller.http.post("/api/v1/keys/void", content=body, headers=headers).status_code

    assert ask() == 409
    shop.clock.move(once.LEASE + timedelta(seconds=1))
    assert ask() == 200
    with pytest.raises(once.ClaimLostError), engine.begin() as conn:
        dead.keep(conn, 200, "{}")  # it wakes up: what it did rolls back
    dead.let_go(engine)
    assert ask() == 200


def test_what_was_refused_may_be_tried_again_under_its_key(shop: Shop, program: Callable[..., Program]) -> None:
    caller = program()
    order = shop.order(*SERVICE)
    path = f"/orders/{order.order_no}/lines/{order.lines[0].id}/done"
    refused = caller.post(path, {"note": ""}, key="k")
    assert refused.status_code == 409
    shop.work()
    done = caller.post(path, {"note": ""}, key="k")
    assert (done.status_code, done.json()["state"]) == (200, "delivered")


def test_a_secret_is_answered_once_and_kept_nowhere_in_clear(shop: Shop, program: Callable[..., Program]) -> None:
    caller = program()
    first = caller.post("/webhooks", {"url": "https://erp.example/"}, key="k")
    secret = first.json()["secret"]
    assert secret.startswith("whsec_")
    again = caller.post("/webhooks", {"url": "https://erp.example/"}, key="k")
    assert again.json() == {"id": first.json()["id"], "secret": None}
    assert shop.rows("SELECT count(*) FROM webhook_endpoint") == [1]
    kept = shop.rows(
        "SELECT a::text FROM api_answer a UNION ALL SELECT w::text FROM webhook_endpoint w"
        " UNION ALL SELECT o::text FROM operator_action o"
    )
    assert all(secret not in str(row) for row in kept)


def test_answers_are_kept_for_a_day(shop: Shop, program: Callable[..., Program]) -> None:
    caller = program()
    body = {"url": "https://erp.example/"}
    one = caller.post("/webhooks", body, key="k").json()["id"]
    shop.passes(23 * 60)
    webhooks_out.forget_rest(shop.services)
    assert caller.post("/webhooks", body, key="k").json()["id"] == one
    shop.passes(2 * 60)
    assert caller.post("/webhooks", body, key="k").json()["id"] != one
    shop.passes(25 * 60)
    webhooks_out.forget_rest(shop.services)
    assert shop.rows("SELECT count(*) FROM api_answer") == [0]


@pytest.mark.parametrize("key", [None, "", "x" * 129, "a b", "é"])
def test_without_a_key_for_it_nothing_is_done(shop: Shop, program: Callable[..., Program], key: str | None) -> None:
    caller = program(Scope.WEBHOOKS_WRITE, name=uuid4().hex[:8])
    headers = {} if key is None else {"Idempotency-Key": key.encode("latin-1")}
    answer = caller.http.post("/api/v1/webhooks", json={"url": "https://erp.example/"}, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:kabot:problem:idempotency-key")
    assert shop.rows("SELECT count(*) FROM webhook_endpoint") == [0]
