"""Card keys: each belongs to at most one order for ever, nothing oversells, and "sold out" is the truth."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from catalog.key_import import import_keys
from catalog.scarcity import is_scarce, short
from catalog.stock import Held, Short, Sold, count, counts, hold, keys_of, record_shown, release, sell
from catalog.vault import Vault, VaultError


def _secrets(conn: Connection, vault: Vault, order_no: str) -> list[str]:
    return [key.secret for key in keys_of(conn, vault, order_no)]


def test_keys_are_held_oldest_first_and_count_as_gone(stocked: Engine, now: datetime) -> None:
    with stocked.begin() as conn:
        first = hold(conn, "C10", 2, "K1", now)
        second = hold(conn, "C10", 1, "K2", now)

        assert isinstance(first, Held)
        assert isinstance(second, Held)
        assert max(first.ids) < min(second.ids)
        assert counts(conn, ["C10", "C20"]) == {"C10": 22, "C20": 0}


def test_too_few_keys_hold_nothing_and_say_how_many_there_are(stocked: Engine, now: datetime) -> None:
    with stocked.begin() as conn:
        assert hold(conn, "C10", 26, "K1", now) == Short(25)
        assert count(conn, "C10") == 25
        assert hold(conn, "C20", 1, "K1", now) == Short(0)
        assert hold(conn, "no such SKU", 1, "K1", now) == Short(0)


def test_released_keys_can_be_bought_and_sold_ones_cannot(stocked: Engine, vault: Vault, now: datetime) -> None:
    with stocked.begin() as conn:
        hold(conn, "C10", 3, "K1", now)
        sell(conn, "K1", 11, "C10", 2, now)

        assert release(conn, "K1") == 1
        assert release(conn, "K1") == 0
        assert count(conn, "C10") == 23
        assert _secrets(conn, vault, "K1") == ["C10-1", "C10-2"]


def test_an_order_gets_the_keys_it_holds_exactly_as_imported(
    shop: Engine, vault: Vault, now: datetime, tmp_path: Path
) -> None:
    path = tmp_path / "keys.txt"
    path.write_text("  N-1 , ＡＢ c\"d'é-1 \r\nplain\r\n", encoding="utf-8")
    import_keys(shop, vault, "C10", path)
    with shop.begin() as conn:
        held = hold(conn, "C10", 2, "K1", now)
        sold = sell(conn, "K1", 11, "C10", 2, now)

        assert isinstance(held, Held)
        assert sold == Sold(held.ids)
        assert [(key.line_id, key.number, key.secret) for key in keys_of(conn, vault, "K1")] == [
            (11, "N-1", "ＡＢ c\"d'é-1"),
            (11, None, "plain"),
        ]


def test_selling_a_line_again_gives_the_same_keys(stocked: Engine, now: datetime) -> None:
    with stocked.begin() as conn:
        sold = sell(conn, "K1", 11, "C10", 2, now)
    with stocked.begin() as conn:
        assert sell(conn, "K1", 11, "C10", 2, now + timedelta(hours=1)) == sold
        assert count(conn, "C10") == 23


def test_two_lines_of_one_order_share_what_it_holds(stocked: Engine, now: datetime) -> None:
    with stocked.begin() as conn:
        held = hold(conn, "C10", 3, "K1", now)
        one, two = sell(conn, "K1", 11, "C10", 2, now), sell(conn, "K1", 12, "C10", 1, now)

        assert isinstance(held, Held)
        assert isinstance(one, Sold)
        assert isinstance(two, Sold)
        assert one.ids + two.ids == held.ids


def test_an_order_that_lost_its_hold_is_served_from_what_is_there(stocked: Engine, now: datetime) -> None:
    with stocked.begin() as conn:
        hold(conn, "C10", 2, "K1", now)
        release(conn, "K1")
        hold(conn, "C10", 1, "K1", now)

        sold = sell(conn, "K1", 11, "C10", 3, now)

        assert isinstance(sold, Sold)
        assert count(conn, "C10") == 22


def test_a_line_that_cannot_be_served_whole_takes_nothing(stocked: Engine, vault: Vault, now: datetime) -> None:
    with stocked.begin() as conn:
        hold(conn, "C10", 20, "K1", now)
        hold(conn, "C10", 2, "K2", now)

        assert sell(conn, "K2", 22, "C10", 6, now) == Short(5)
        assert keys_of(conn, vault, "K2") == ()
        assert count(conn, "C10") == 3


def test_the_database_itself_refuses_a_second_sale(stocked: Engine, now: datetime) -> None:
    with stocked.begin() as conn:
        sold = sell(conn, "K1", 11, "C10", 1, now)
        assert isinstance(sold, Sold)
        # As if a bug had put the key back on sale, and nothing had stood against it.
        conn.execute(text("ALTER TABLE card_key DISABLE TRIGGER card_key_never_returns"))
        conn.execute(text("UPDATE card_key SET state = 'available', order_no = NULL, line_id = NULL, sold_at = NULL,"
                          " held_at = NULL WHERE id = :id"), {"id": sold.ids[0]})  # fmt: skip

    with stocked.connect() as conn, pytest.raises(IntegrityError, match="key_sale"):
        sell(conn, "K2", 22, "C10", 1, now)


def test_a_state_that_does_not_fit_the_order_is_refused_by_the_database(stocked: Engine) -> None:
    misfits = ["state = 'sold'", "state = 'held'", "order_no = 'K9'", "state = 'lost'", "line_id = 3"]
    misfits += ["state = 'held', order_no = 'K'", "state = 'void', order_no = 'K'"]
    for misfit in misfits:
        with stocked.connect() as conn, pytest.raises(IntegrityError, match="card_key_state_fits_order"):
            conn.execute(text(f"UPDATE card_key SET {misfit} WHERE state = 'available'"))


def test_every_showing_is_recorded(stocked: Engine, now: datetime) -> None:
    with stocked.begin() as conn:
        sold = sell(conn, "K1", 11, "C10", 2, now)
        assert isinstance(sold, Sold)
        record_shown(conn, sold.ids, "chat", now)
        record_shown(conn, sold.ids[:1], "page", now)
        record_shown(conn, [], "page", now)

        shown = conn.execute(text("SELECT card_key_id, place FROM key_showing ORDER BY id")).all()
        assert [tuple(row) for row in shown] == [(sold.ids[0], "chat"), (sold.ids[1], "chat"), (sold.ids[0], "page")]


def test_keys_stay_shut_without_the_app_secret_and_never_show_in_a_repr(
    stocked: Engine, vault: Vault, now: datetime
) -> None:
    with stocked.begin() as conn:
        sell(conn, "K1", 11, "C10", 1, now)

        assert "C10-1" not in repr(keys_of(conn, vault, "K1"))
        with pytest.raises(VaultError):
            keys_of(conn, Vault(b"x" * 32), "K1")


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_quantity_below_one_is_a_bug(stocked: Engine, now: datetime, quantity: int) -> None:
    with stocked.begin() as conn:
        with pytest.raises(ValueError, match="quantity"):
            hold(conn, "C10", quantity, "K1", now)
        with pytest.raises(ValueError, match="quantity"):
            sell(conn, "K1", 11, "C10", quantity, now)


def test_forty_buyers_for_twenty_five_keys_get_twenty_five(stocked: Engine, vault: Vault, now: datetime) -> None:
    together = threading.Barrier(20)

    def buy(buyer: int) -> bool:
        if buyer < 20:
            together.wait(60)
        with stocked.begin() as conn:
            held = hold(conn, "C10", 1, f"K{buyer}", now)
        if isinstance(held, Short):
            return False
        with stocked.begin() as conn:
            return isinstance(sell(conn, f"K{buyer}", buyer, "C10", 1, now), Sold)

    with ThreadPoolExecutor(20) as pool:
        served = list(pool.map(buy, range(40)))

    assert Counter(served) == {True: 25, False: 15}
    with stocked.connect() as conn:
        delivered = [secret for buyer in range(40) for secret in _secrets(conn, vault, f"K{buyer}")]
    assert sorted(delivered) == sorted(f"C10-{number}" for number in range(1, 26))


def test_buyers_who_reach_for_the_last_keys_at_once_are_not_all_sent_away(stocked: Engine, now: datetime) -> None:
    """25 keys serve eight orders of three. Were partial locks taken for shortage, several would be turned away."""
    for attempt in range(5):
        together = threading.Barrier(12)

        def buy(buyer: int, together: threading.Barrier = together, attempt: int = attempt) -> Held | Short:
            together.wait(60)
            with stocked.begin() as conn:
                return hold(conn, "C10", 3, f"K{attempt}-{buyer}", now)

        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(buy, range(12)))

        assert sum(isinstance(answer, Held) for answer in answers) == 8
        assert all(answer.left < 3 for answer in answers if isinstance(answer, Short))
        with stocked.begin() as conn:
            for buyer in range(12):
                release(conn, f"K{attempt}-{buyer}")


def test_a_buyer_waits_for_keys_that_another_may_yet_give_back(stocked: Engine, now: datetime) -> None:
    with stocked.connect() as other, ThreadPoolExecutor(1) as pool:
        hold(other, "C10", 24, "K1", now)

        def buy() -> Held | Short:
            with stocked.begin() as conn:
                return hold(conn, "C10", 2, "K2", now)

        waiting = pool.submit(buy)
        _wait_until_someone_waits(stocked)
        other.rollback()

        assert isinstance(waiting.result(10), Held)


def _wait_until_someone_waits(engine: Engine) -> None:
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(1000):
        with engine.connect() as conn:
            if conn.execute(waits).scalar():
                return
    raise AssertionError("nobody waits")


def test_two_workers_on_one_line_sell_it_once(stocked: Engine, now: datetime) -> None:
    together = threading.Barrier(4)

    def work(_: int) -> Sold | Short:
        together.wait(60)
        with stocked.begin() as conn:
            return sell(conn, "K1", 11, "C10", 2, now)

    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(work, range(4)))

    assert len(answers) == 1
    with stocked.connect() as conn:
        assert count(conn, "C10") == 23


_moves = st.lists(
    st.tuples(st.sampled_from(["hold", "release", "sell", "fail"]), st.integers(1, 5), st.integers(1, 9)), max_size=20
)


@given(moves=_moves)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_a_key_belongs_to_one_order_for_ever(
    stocked: Engine, vault: Vault, now: datetime, moves: list[tuple[str, int, int]]
) -> None:
    with stocked.connect() as conn:  # rolled back, so that each run starts with all 25
        owner: dict[str, str] = {}
        for move, buyer, quantity in moves:
            order_no, line_id = f"K{buyer}", buyer
            before = count(conn, "C10")
            if move == "hold":
                held = hold(conn, "C10", quantity, order_no, now)
                assert isinstance(held, Held) == (before >= quantity)
                assert count(conn, "C10") == before - (quantity if isinstance(held, Held) else 0)
            elif move == "release":
                released = release(conn, order_no)
                assert count(conn, "C10") == before + released
            elif move == "sell":
                sell(conn, order_no, line_id, "C10", quantity, now)
            else:
                savepoint = conn.begin_nested()
                sell(conn, order_no, line_id + 100, "C10", quantity, now)
                savepoint.rollback()
            for one in range(1, 6):
                for secret in _secrets(conn, vault, f"K{one}"):
                    assert owner.setdefault(secret, f"K{one}") == f"K{one}"
            states = Counter(conn.execute(text("SELECT state FROM card_key")).scalars())
            assert states.total() == 25
            assert states["sold"] == len(owner)


@pytest.mark.parametrize("plan", ["force_custom_plan", "force_generic_plan"])
def test_the_keys_that_were_sold_are_not_read_to_find_one_that_is_free_or_none(
    stocked: Engine, now: datetime, plan: str
) -> None:
    many = text(
        "INSERT INTO card_key (id, sku_code, secret_enc, secret_hash, state, order_no, line_id, batch_id, sold_at)"
        " SELECT -n, 'C10', '', CAST('key ' || n AS bytea), CASE WHEN sold THEN 'sold' ELSE 'available' END,"
        "  CASE WHEN sold THEN 'K' || n END, CASE WHEN sold THEN n END, batch, CASE WHEN sold THEN now() END"
        " FROM (SELECT n, n > 20000 AS sold, (SELECT max(id) FROM key_batch) AS batch"
        "       FROM generate_series(1, 40000) n) AS old"  # the oldest half is sold
    )
    with stocked.begin() as conn:
        conn.execute(many)
        conn.execute(text("ANALYZE card_key"))
    with stocked.begin() as conn:
        conn.execute(text(f"SET LOCAL plan_cache_mode = {plan}"))
        read = text(
            "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relname = 'card_key'"
        )
        looks: dict[str, Callable[[], object]] = {
            "hold one": lambda: hold(conn, "C10", 1, "K", now),
            "hold none": lambda: hold(conn, "C20", 1, "K", now),
            "short": lambda: short(conn, 10),
            "scarce": lambda: is_scarce(conn, ["C20"]),
        }
        for name, look in looks.items():
            before = conn.scalar(read) or 0
            for _ in range(7):  # often enough for the driver to keep the plan
                look()
            assert (conn.scalar(read) or 0) - before < 500, name
