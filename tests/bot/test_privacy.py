"""What is kept about a buyer is given out whole, and forgotten whole, but for the money and what the law keeps."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot import background, books, followers, misses, privacy
from bot.bootstrap import Services
from bot.schema import metadata
from fulfillment import audit
from fulfillment import paying as order_ends
from kernel.ids import OpenId
from tests.bot.test_ledger import Counter, shop  # noqa: F401 - a fixture
from tests.fulfillment.counter import NOW

WANG = OpenId("wang-who-stays")
HIM = OpenId("oJ8Li_7-the-buyer")
PHONE = "13812345678"
FOUR_YEARS = timedelta(days=4 * 366)


@pytest.fixture
def counter(shop: Services) -> Iterator[Counter]:  # noqa: F811
    made = Counter(shop)
    yield made
    for key in made.services.redis.scan_iter(match="talk:*"):
        made.services.redis.delete(key)


def bought(counter: Counter, buyer: str = HIM) -> str:
    """A paid and delivered order for keys and a top-up of which the supplier said too much."""
    order_no = counter.order(("ST50", 1, None), ("HF100", 1, None), buyer=buyer)
    assert order_no is not None
    counter.settle(counter.pay(order_no, buyer))
    counter.deliver(order_no)
    for number, of in counter.purchases():
        if of == order_no:
            counter.supplier_answers(number, succeeds=True)
    counter.execute(f"UPDATE supplier_order SET reason = '{PHONE} ok'")
    return order_no


def said_much(counter: Counter, buyer: str = HIM) -> None:
    """Whatever else there can be of a buyer, in every table."""
    key = misses.pseudonym(counter.services.config.app.key(), OpenId(buyer))
    said = json.dumps([{"from": "buyer", "text": f"充{PHONE}"}])
    for statement in (
        "INSERT INTO buyer VALUES (:b, true, :now, :now)",
        "INSERT INTO voice (openid, message_key, media_ids, talk, taken_at, answer)"
        " VALUES (:b, :bk, '[]', '', :now, CAST(:said AS jsonb))",
        "INSERT INTO handoff (openid, reason, opened_at, last_heard_at, ended_at, ended_by, pending, transcript,"
        " orders) VALUES (:b, 'asked', :now, :now, :now, 'buyer', :phone, CAST(:said AS jsonb), '[]')",
        "INSERT INTO operator_word (openid, words, said_at) VALUES (:b, :phone, :now)",
        "INSERT INTO push (openid, kind, dedupe_key, about_id, created_at)"
        " VALUES (:b, 'person', 'p' || CAST(:bk AS text), 1, :now)",
        "INSERT INTO support_case (kind, state, openid, order_no, said, transcript, opened_at, answer_due_at,"
        " remedy_due_at, closed_at) SELECT 'missing', 'closed', :b, order_no, :phone, CAST(:said AS jsonb), :now,"
        " :now, :now, :now FROM orders WHERE openid = :b ORDER BY paid_at LIMIT 1",
        "INSERT INTO case_event (case_id, at, what, words, actor) SELECT id, :now, 'closed', :phone, 'ops'"
        " FROM support_case WHERE openid = :b",
        "INSERT INTO push (openid, order_no, kind, dedupe_key, about_id, created_at, state)"
        " SELECT :b, order_no, 'case_closed', 'c' || CAST(:bk AS text), (SELECT max(id) FROM case_event), :now, 'kept'"
        " FROM support_case WHERE openid = :b",
        "INSERT INTO misheard (heard_at, buyer, words, intent, followed_by) VALUES (:now, :key, 'x', 'unknown', '')",
        "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args)"
        " VALUES ('d', 't', 'voice:' || CAST(:bk AS text), '{}')",
    ):
        values = {"b": buyer, "bk": f"{buyer}k", "now": NOW, "said": said, "phone": PHONE, "key": key}
        counter.do(lambda conn, statement=statement, values=values: conn.execute(text(statement), values))
    counter.services.redis.set(f"talk:{{{buyer}}}:reply:1", PHONE)
    counter.services.redis.rpush(f"talk:{{{buyer}}}:said", json.dumps([NOW.isoformat(), "buyer", PHONE]))


def where(counter: Counter, word: str) -> set[str]:
    """Every table (or name in Redis) in which the word stands anywhere in clear."""
    with counter.services.engine.connect() as conn:
        tables = conn.execute(
            text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        ).scalars()
        found = {
            table
            for table in tables.all()
            if conn.execute(
                text(f"SELECT EXISTS (SELECT 1 FROM {table} t WHERE strpos(to_jsonb(t)::text, :word) > 0)"),
                {"word": word},
            ).scalar_one()
        }
    names = {name.decode() for name in counter.services.redis.scan_iter(match="talk:*")}
    return found | {name for name in names if word in name}


def test_after_the_law_lets_him_go_nothing_of_him_is_anywhere_and_the_money_is(counter: Counter) -> None:
    order_no = bought(counter)
    said_much(counter)
    assert {"orders", "payment", "push", "support_case", "handoff", "voice", "operator_word", "buyer"} <= where(
        counter, HIM
    )
    assert {"order_line", "case_event", "supplier_order"} <= where(counter, PHONE)
    before = counter.balances(order_no)

    counter.clock.move(FOUR_YEARS)
    done = privacy.erase(counter.services, HIM)

    assert done == privacy.Erased(1, 0, None, open=False)
    assert where(counter, HIM) == where(counter, PHONE) == set()
    assert counter.balances(order_no) == before
    assert counter.do(books.compare) == ()
    with counter.services.engine.connect() as conn:
        assert list(audit.verify(conn)) == []
        kept = conn.execute(text("SELECT openid, total_fen, token FROM orders")).one()
        assert kept.openid.startswith("erased-")
        assert kept.total_fen == 5100 + 9950
    assert privacy.export(counter.services, HIM) == {}


def test_before_that_only_what_was_bought_is_kept_and_goes_by_itself_later(counter: Counter) -> None:
    bought(counter)
    said_much(counter)
    counter.clock.move(timedelta(days=1))
    done = privacy.erase(counter.services, HIM)
    assert (done.orders_forgotten, done.orders_kept, done.open) == (0, 1, False)
    assert done.kept_until == NOW + timedelta(days=3 * 366)
    assert where(counter, HIM) == {"orders", "payment", "push", "erasure"}
    assert where(counter, PHONE) == {"order_line", "supplier_order"}

    due_at = counter.do(lambda conn: conn.execute(text("SELECT due_at FROM erasure")).scalar_one())
    assert due_at == done.kept_until  # not looked at every night for three years
    counter.clock.move(timedelta(days=2 * 366))
    privacy.finish_erasures(counter.services)
    assert "orders" in where(counter, HIM)
    counter.clock.move(timedelta(days=366))
    privacy.finish_erasures(counter.services)
    assert where(counter, HIM) == where(counter, PHONE) == set()
    privacy.finish_erasures(counter.services)


def test_nobody_elses_rows_change(counter: Counter) -> None:
    bought(counter, WANG)
    said_much(counter, WANG)
    bought(counter)
    said_much(counter)
    counter.clock.move(FOUR_YEARS)
    mine = privacy.export(counter.services, WANG)
    privacy.erase(counter.services, HIM)
    assert where(counter, HIM) == set()
    assert {"messages_to_him", "orders"} <= set(mine)
    assert privacy.export(counter.services, WANG) == mine


def test_what_still_runs_is_not_touched(counter: Counter) -> None:
    unpaid = ordered_by(counter, HIM)
    bought(counter)
    said_much(counter)
    counter.execute("UPDATE support_case SET state = 'open', closed_at = NULL")
    counter.execute("UPDATE handoff SET ended_at = NULL, ended_by = NULL")
    counter.clock.move(FOUR_YEARS)
    done = privacy.erase(counter.services, HIM)
    assert (done.orders_forgotten, done.orders_kept, done.open) == (0, 2, True)
    assert {"support_case", "handoff", "orders"} <= where(counter, HIM)

    def ends(conn: Any) -> None:
        order_ends.cancel(conn, unpaid, HIM, counter.now)
        order_ends.release_closed(conn, unpaid, counter.now)

    counter.do(ends)
    counter.execute("UPDATE support_case SET state = 'closed', closed_at = now()")
    counter.execute("UPDATE handoff SET ended_at = now(), ended_by = 'operator'")
    counter.clock.move(timedelta(days=2))
    privacy.finish_erasures(counter.services)
    assert where(counter, HIM) == where(counter, PHONE) == set()


def ordered_by(counter: Counter, buyer: str) -> str:
    order_no = counter.order(("HF100", 1, None), buyer=buyer)
    assert order_no is not None
    return order_no


def test_who_paid_for_somebody_else_is_forgotten_there_too(counter: Counter) -> None:
    order_no = ordered_by(counter, WANG)
    counter.settle(counter.pay(order_no, HIM))
    counter.deliver(order_no)
    counter.clock.move(FOUR_YEARS)
    privacy.erase(counter.services, HIM)
    assert where(counter, HIM) == set()
    assert where(counter, WANG) >= {"orders"}


def test_who_unfollows_is_forgotten_by_a_job_and_what_he_does_after_coming_back_stays(counter: Counter) -> None:
    said_much(counter, WANG)  # somebody else's talk stands
    never_paid = ordered_by(counter, HIM)

    def cancelled(conn: Any) -> None:
        order_ends.cancel(conn, never_paid, HIM, counter.now)
        order_ends.release_closed(conn, never_paid, counter.now)

    counter.do(cancelled)
    said_much(counter)
    counter.clock.move(timedelta(days=2))
    followers.left(counter.services, HIM)
    (erasure_id,) = counter.do(
        lambda conn: (
            conn.execute(text("SELECT args->>'erasure_id' FROM procrastinate_jobs WHERE task_name = 'erase_buyer'"))
            .scalars()
            .all()
        )
    )
    counter.clock.move(timedelta(minutes=1))
    followers.joined(counter.services, HIM)
    again = ordered_by(counter, HIM)
    privacy.erase_buyer(counter.services, erasure_id=int(erasure_id))
    privacy.erase_buyer(counter.services, erasure_id=int(erasure_id))
    assert where(counter, HIM) == {"buyer", "orders"}
    assert counter.do(
        lambda conn: conn.execute(text("SELECT order_no FROM orders WHERE openid = :b"), {"b": HIM}).scalars().all()
    ) == [again]
    assert "voice" in where(counter, WANG)


def test_everything_about_him_is_given_out_and_no_card_key_or_link(counter: Counter) -> None:
    order_no = bought(counter)
    said_much(counter)
    bought(counter, WANG)
    found = privacy.export(counter.services, HIM)
    assert set(found) == {
        "follower", "orders", "order_lines", "order_history", "payments", "card_keys", "messages_to_him", "cases",
        "talks_with_a_person", "written_by_a_person", "voice_messages", "not_understood", "latest_talk",
    }  # fmt: skip
    assert [one["order_no"] for one in found["orders"]] == [order_no]
    written = json.dumps(found, default=str)
    assert PHONE in written
    assert WANG not in written
    with counter.services.engine.connect() as conn:
        token = conn.execute(text("SELECT token FROM orders WHERE order_no = :o"), {"o": order_no}).scalar_one()
    assert token not in written
    assert "secret_enc" not in written


def test_every_table_that_names_a_buyer_is_known_here() -> None:
    """A new table with an openid in it must be given out and forgotten, too."""
    naming = {t.name for t in metadata().tables.values() if {"openid", "payer_openid", "buyer"} & set(t.columns.keys())}
    in_export = " ".join(privacy._OF_HIM.values())
    assert [name for name in naming if f" {name} t" not in in_export] == []
    in_erasure = " ".join(
        [*privacy._TALK, *privacy._ORDERS, str(privacy._TOKEN), str(privacy._PAYER), str(privacy._DONE)]
    )
    assert [name for name in naming if f" {name} " not in in_erasure] == []
    assert background.TASKS.by_name["finish_erasures"].cron
