"""The outbox: each message once, by push or with an answer, and none lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from fulfillment import pushing
from fulfillment.pushing import Answered, NoAnswer, Outage, PushKind, SendResult
from fulfillment.states import PushState
from tests.fulfillment.counter import LI, NOW, open_shop, place, want

SECOND = timedelta(seconds=1)


def asked(conn: Connection, kind: PushKind = PushKind.KEYS, openid: str = LI) -> int:
    order = place(conn, want("HF100"), openid=openid, now=NOW).order
    push_id = pushing.ask(conn, kind, openid, order.order_no, NOW, line_id=order.lines[0].id)
    assert push_id is not None
    return push_id


def state(conn: Connection, push_id: int) -> str:
    return conn.execute(text("SELECT state FROM push WHERE id = :id"), {"id": push_id}).scalar_one()


def test_the_same_thing_is_asked_for_once(conn: Connection) -> None:
    order = place(conn, want("HF100")).order
    line_id = order.lines[0].id
    assert pushing.ask(conn, PushKind.KEYS, LI, order.order_no, NOW, line_id=line_id) is not None
    assert pushing.ask(conn, PushKind.KEYS, LI, order.order_no, NOW, line_id=line_id) is None
    assert pushing.ask(conn, PushKind.REFUNDED, LI, order.order_no, NOW, line_id=line_id) is not None


def test_a_sent_message_is_over(conn: Connection) -> None:
    push_id = asked(conn)
    assert pushing.due(conn, NOW) == (push_id,)
    push = pushing.claim(conn, push_id, NOW)
    assert push is not None
    assert pushing.record(conn, push, Answered(0), NOW).state is PushState.SENT
    assert pushing.due(conn, NOW + timedelta(days=9)) == ()
    assert pushing.claim(conn, push_id, NOW) is None
    assert pushing.take_waiting(conn, LI, "m1", NOW) == ()


def test_two_workers_never_send_the_same_message(engine: Engine) -> None:
    open_shop(engine)
    with engine.begin() as conn:
        ids = [asked(conn, openid=f"buyer {n}") for n in range(10)]

    def worker(_: int) -> list[int]:
        mine = []
        for push_id in ids:
            with engine.begin() as conn:
                if pushing.claim(conn, push_id, NOW) is not None:
                    mine.append(push_id)
        return mine

    with ThreadPoolExecutor(4) as pool:
        sent = [push_id for mine in pool.map(worker, range(4)) for push_id in mine]
    assert sorted(sent) == ids


@pytest.mark.parametrize("errcode", [45015, 45047, 43004, 43019, 48001, 45002, 40003, 12345])
def test_what_wechat_refuses_waits_for_the_buyer(conn: Connection, errcode: int) -> None:
    push_id = asked(conn)
    push = pushing.claim(conn, push_id, NOW)
    assert pushing.record(conn, push, Answered(errcode), NOW).state is PushState.KEPT
    assert pushing.due(conn, NOW + timedelta(days=9)) == ()
    assert [waiting.id for waiting in pushing.waiting_for(conn, LI)] == [push_id]


@pytest.mark.parametrize("result", [Answered(-1), Outage(), Answered(45011), Answered(40001)])
def test_an_outage_is_tried_again_ever_more_slowly_and_then_kept(conn: Connection, result: SendResult) -> None:
    push_id, now, waits = asked(conn), NOW, []
    while (push := pushing.claim(conn, push_id, now)) is not None:
        verdict = pushing.record(conn, push, result, now)
        if verdict.retry_at is None:
            break
        assert pushing.claim(conn, push_id, verdict.retry_at - SECOND) is None
        waits.append(verdict.retry_at - now)
        now = verdict.retry_at
    assert waits == sorted(waits)
    assert timedelta(hours=48) <= now - NOW <= timedelta(hours=50)
    assert len(waits) < 70
    assert state(conn, push_id) == PushState.KEPT


def test_a_key_without_an_answer_is_not_pushed_again_but_not_lost(conn: Connection) -> None:
    push_id = asked(conn)
    push = pushing.claim(conn, push_id, NOW)
    assert pushing.record(conn, push, NoAnswer(), NOW).state is PushState.KEPT
    assert pushing.due(conn, NOW + timedelta(days=9)) == ()
    (waiting,) = pushing.take_waiting(conn, LI, "m1", NOW)
    assert (waiting.id, waiting.maybe_arrived) == (push_id, True)


def test_a_worker_that_died_while_sending_leaves_the_message_to_the_buyer(conn: Connection) -> None:
    push_id = asked(conn)
    pushing.claim(conn, push_id, NOW)
    assert pushing.rescue(conn, NOW + timedelta(seconds=30)) == ()
    assert pushing.rescue(conn, NOW + timedelta(seconds=61)) == (LI,)
    assert pushing.waiting_for(conn, LI)[0].maybe_arrived


def test_keys_left_by_a_dead_worker_are_kept_at_once_and_only_where_they_are_is_said(conn: Connection) -> None:
    push_id = asked(conn)
    pushing.claim(conn, push_id, NOW)
    assert pushing.take_over(conn, push_id, NOW + SECOND) is None, "the first worker may still be at it"
    left = pushing.take_over(conn, push_id, NOW + 6 * SECOND)
    assert left is not None
    assert state(conn, push_id) == PushState.KEPT
    assert pushing.claim(conn, push_id, NOW + 6 * SECOND) is None
    assert pushing.ready(conn, left, NOW) is not None
    assert pushing.ready(conn, left, NOW) is None
    assert [push.id for push in pushing.take_waiting(conn, LI, "m1", NOW)] == [push_id]


def test_any_other_message_left_by_a_dead_worker_is_sent_again_at_once(conn: Connection) -> None:
    push_id = asked(conn, PushKind.TOPUP_DONE)
    pushing.claim(conn, push_id, NOW)
    assert pushing.take_over(conn, push_id, NOW + 6 * SECOND) is not None
    assert pushing.claim(conn, push_id, NOW + 6 * SECOND) is not None


def test_what_waits_comes_once_with_the_next_message_and_again_when_that_is_repeated(conn: Connection) -> None:
    ids = [asked(conn, kind) for kind in (PushKind.KEYS, PushKind.TOPUP_DONE)]
    for push_id in ids:
        pushing.record(conn, pushing.claim(conn, push_id, NOW), Answered(45015), NOW)
    taken = pushing.take_waiting(conn, LI, "m1", NOW)
    assert [push.id for push in taken] == ids
    assert [push.id for push in pushing.take_waiting(conn, LI, "m1", NOW)] == ids
    assert pushing.take_waiting(conn, LI, "m2", NOW) == ()
    assert pushing.take_waiting(conn, "openid-wang", "m1", NOW) == ()


def test_what_does_not_fit_into_the_answer_goes_on_waiting(conn: Connection) -> None:
    first, second = (asked(conn, kind) for kind in (PushKind.KEYS, PushKind.TOPUP_DONE))
    for push_id in (first, second):
        pushing.record(conn, pushing.claim(conn, push_id, NOW), Answered(45047), NOW)
    assert [push.id for push in pushing.take_waiting(conn, LI, "m1", NOW, only=[first])] == [first]
    assert [push.id for push in pushing.take_waiting(conn, LI, "m2", NOW)] == [second]


def test_a_message_between_two_tries_comes_with_the_answer_and_is_not_tried_again(conn: Connection) -> None:
    push_id = asked(conn)
    assert pushing.take_waiting(conn, LI, "m0", NOW) == ()  # about to be pushed: leave it alone
    verdict = pushing.record(conn, pushing.claim(conn, push_id, NOW), Outage(), NOW)
    assert [push.id for push in pushing.take_waiting(conn, LI, "m1", NOW)] == [push_id]
    assert pushing.claim(conn, push_id, verdict.retry_at) is None


def test_news_that_is_stale_tomorrow_is_given_up(conn: Connection) -> None:
    push_id = asked(conn, PushKind.EXPIRED)
    pushing.record(conn, pushing.claim(conn, push_id, NOW), Answered(45015), NOW)
    assert state(conn, push_id) == PushState.GIVEN_UP
    assert pushing.take_waiting(conn, LI, "m1", NOW) == ()


RESULTS = st.sampled_from([Answered(0), Answered(45015), Answered(-1), Outage(), NoAnswer()])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.one_of(RESULTS, st.just("message"), st.just("crash")), max_size=8))
def test_a_key_reaches_the_buyer_whatever_happens_on_the_way(conn: Connection, steps: list[SendResult | str]) -> None:
    openid = f"buyer {conn.execute(text('SELECT count(*) FROM orders')).scalar_one()}"
    push_id, now, pushes, answers = asked(conn, openid=openid), NOW, 0, 0
    for n, step in enumerate(steps):
        now += timedelta(hours=2)
        if step == "message":
            answers += len(pushing.take_waiting(conn, openid, f"m{n}", now))
        elif (push := pushing.claim(conn, push_id, now)) is None:
            continue
        elif step == "crash":
            pushing.rescue(conn, now + timedelta(minutes=2))
        else:
            pushes += pushing.record(conn, push, step, now).state is PushState.SENT
    if state(conn, push_id) == PushState.WAITING:
        push = pushing.claim(conn, push_id, now + timedelta(hours=9))
        pushing.record(conn, push, Answered(45015), now)
    answers += len(pushing.take_waiting(conn, openid, "last", now))
    assert pushes + answers == 1
