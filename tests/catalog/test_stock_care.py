"""Keys in a person's hands: whatever is done to them is recorded, and none that was seen is ever sold again."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from catalog import scarcity, stock_care
from catalog.key_import import import_keys
from catalog.stock import Sold, count, hold, keys_of, record_shown, release, sell
from catalog.stock_care import Changed, NotACardSku
from catalog.vault import CardSecret, Vault
from tests.catalog.conftest import NOW


def changes(stocked: Engine) -> list[tuple[int, str, str, str]]:
    with stocked.connect() as conn:
        rows = conn.execute(text("SELECT card_key_id, what, reason, actor FROM key_change ORDER BY id")).all()
    return [(row.card_key_id, row.what, row.reason, row.actor) for row in rows]


def test_a_void_key_is_not_sold_until_it_is_restored_and_both_are_recorded(stocked: Engine, vault: Vault) -> None:
    with stocked.begin() as conn:
        assert stock_care.void(conn, [1, 2], NOW, reason="供货商召回", actor="ops") == Changed((1, 2))
        assert count(conn, "C10") == 23
        held = hold(conn, "C10", 1, "K1", NOW)
        assert held.ids == (3,)  # type: ignore[union-attr]
        assert stock_care.restore(conn, vault, [2], NOW, reason="没事", actor="ops") == Changed((2,))
        assert count(conn, "C10") == 23
    assert changes(stocked) == [
        (1, "void", "供货商召回", "ops"),
        (2, "void", "供货商召回", "ops"),
        (2, "restore", "没事", "ops"),
    ]


def test_held_sold_and_unknown_keys_are_not_voided(stocked: Engine) -> None:
    with stocked.begin() as conn:
        hold(conn, "C10", 1, "K1", NOW)
        sell(conn, "K2", 2, "C10", 1, NOW)
        done = stock_care.void(conn, [1, 2, 3, 99], NOW, reason="x", actor="ops")
    assert done == Changed((3,), ((1, "held"), (2, "sold"), (99, "no such key")))


def test_a_key_that_was_shown_or_sold_never_returns_whoever_asks(stocked: Engine, vault: Vault) -> None:
    with stocked.begin() as conn:
        sold = sell(conn, "K1", 1, "C10", 1, NOW)
        assert isinstance(sold, Sold)
        stock_care.void(conn, [2], NOW, reason="x", actor="ops")
        record_shown(conn, [2], "console", NOW)
        hold(conn, "C10", 1, "K2", NOW)
        record_shown(conn, [3], "console", NOW)
        assert stock_care.restore(conn, vault, [1, 2], NOW, reason="x", actor="ops") == Changed(
            (), ((1, "sold"), (2, "shown"))
        )
    back = "UPDATE card_key SET state = 'available', order_no = NULL, line_id = NULL, held_at = NULL, sold_at = NULL"
    for statement in (
        f"{back} WHERE id = 1",
        f"{back} WHERE id = 2",
        f"{back.replace('available', 'void')} WHERE id = 1",
        "DELETE FROM key_sale",
        "UPDATE key_change SET reason = ''",
    ):
        with stocked.connect() as conn, pytest.raises(IntegrityError, match=r"never returns|only ever added to"):
            conn.execute(text(statement))
    with stocked.begin() as conn:
        release(conn, "K2")
        assert [row.id for row in stock_care.of_sku(conn, "C10", "void")] == [3, 2]


def test_a_released_key_that_nobody_saw_is_sold_again(stocked: Engine) -> None:
    with stocked.begin() as conn:
        hold(conn, "C10", 2, "K1", NOW)
        assert release(conn, "K1") == 2
        assert count(conn, "C10") == 25


def test_a_moved_key_is_sold_as_the_other_sku_and_still_opens(stocked: Engine, vault: Vault, now: datetime) -> None:
    with stocked.begin() as conn:
        hold(conn, "C10", 1, "K9", now)
        done = stock_care.move(conn, vault, [1, 2, 3], "C20", now, reason="贴错了", actor="ops")
        assert done == Changed((2, 3), ((1, "held"),))
        sell(conn, "K1", 7, "C20", 2, now)
        assert [key.secret for key in keys_of(conn, vault, "K1")] == ["C10-2", "C10-3"]
        assert stock_care.move(conn, vault, [4], "T1", now, reason="", actor="ops") == NotACardSku("T1")
        assert stock_care.move(conn, vault, [4], "X9", now, reason="", actor="ops") == NotACardSku("X9")
    assert changes(stocked)[0] == (2, "move", "C10 → C20 贴错了", "ops")


def test_a_duplicate_found_by_a_rotation_is_not_restored(stocked: Engine) -> None:
    today = Vault(b"n" * 32, [bytes(range(32))])
    with stocked.begin() as conn:
        twin = today.fingerprint(CardSecret("C10-1"))
        conn.execute(text("UPDATE card_key SET secret_hash = :h WHERE id = 2"), {"h": twin})
        stock_care.void(conn, [1], NOW, reason="twice", actor="system")
        assert stock_care.restore(conn, today, [1], NOW, reason="", actor="ops") == Changed((), ((1, "duplicate"),))
        assert stock_care.restore(conn, Vault(b"s" * 32), [1], NOW, reason="", actor="ops").refused == (
            (1, "unreadable"),
        )


def test_keys_are_found_whole_by_hash_and_by_a_part_and_never_shown(stocked: Engine, vault: Vault) -> None:
    told: list[tuple[int, int]] = []
    with stocked.begin() as conn:
        (whole,) = stock_care.search(conn, vault, "C10-7", lambda done, in_all: told.append((done, in_all)))
        assert (whole.id, whole.state, whole.masked) == (7, "available", "***")
        assert told == []
        parts = stock_care.search(conn, vault, "10-2", lambda done, in_all: told.append((done, in_all)))
        assert [row.id for row in parts] == [2, 20, 21, 22, 23, 24, 25]
        assert told == [(25, 25)]
        assert stock_care.search(conn, vault, "nothing like it") == ()
        with pytest.raises(ValueError, match="4 characters"):
            stock_care.search(conn, vault, "C10")
        assert stock_care.search(conn, Vault(b"s" * 32), "C10-7") == ()
    assert "C10-7" not in repr(whole)


def test_the_stock_is_counted_and_listed(stocked: Engine) -> None:
    with stocked.begin() as conn:
        hold(conn, "C10", 2, "K1", NOW)
        stock_care.void(conn, stock_care.oldest(conn, "C10", 1), NOW, reason="坏", actor="ops")
        assert stock_care.totals(conn) == {"C10": {"available": 22, "held": 2, "void": 1}}
        (void,) = stock_care.of_sku(conn, "C10", "void")
        assert (void.id, void.reason) == (3, "坏")
        assert len(stock_care.in_batch(conn, void.batch_id)) == 25


def test_scarce_is_under_five_or_under_a_tenth(stocked: Engine) -> None:
    stock = text(
        "INSERT INTO card_key (sku_code, secret_enc, secret_hash, state, order_no, held_at, batch_id)"
        " SELECT 'C20', '', sha256(CAST(n::text AS bytea)), CASE WHEN n <= :free THEN 'available' ELSE 'held' END,"
        " CASE WHEN n > :free THEN 'K' END, CASE WHEN n > :free THEN now() END, 1"
        " FROM generate_series(1, :free + :held) n"
    )
    with stocked.connect() as conn:
        for free, held, scarce in (
            (4, 0, True), (5, 0, False), (0, 0, True), (5, 45, False), (5, 46, True), (10, 90, False), (10, 91, True),
        ):  # fmt: skip
            with conn.begin_nested() as tried:
                conn.execute(stock, {"free": free, "held": held})
                assert scarcity.is_scarce(conn, ["C20"]) is scarce, (free, held)
                tried.rollback()


def test_skus_with_few_keys_are_named_those_without_any_too(stocked: Engine) -> None:
    with stocked.connect() as conn:
        assert scarcity.short(conn, 26) == {"C10": 25, "C20": 0}
        assert scarcity.short(conn, 25) == {"C20": 0}
        assert scarcity.short(conn, 0) == {}
        conn.execute(text("UPDATE sku SET on_sale = false WHERE code = 'C20'"))
        assert scarcity.short(conn, 25) == {}


def test_a_search_ends_when_it_has_found_enough(stocked: Engine, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stock_care, "FOUND_MAX", 3)
    with stocked.connect() as conn:
        assert [row.id for row in stock_care.search(conn, vault, "C10-")] == [1, 2, 3]


def test_only_of_a_long_key_the_end_is_shown(stocked: Engine, vault: Vault, tmp_path: Path) -> None:
    file = tmp_path / "long.txt"
    file.write_text("ABCD-EFGH-1234\nSHORT-KEY12\n")
    import_keys(stocked, vault, "C10", file)
    with stocked.connect() as conn:
        assert [row.masked for row in stock_care.search(conn, vault, "ABCD-EFGH-1234")] == ["***1234"]
        assert [row.masked for row in stock_care.search(conn, vault, "SHORT-KEY12")] == ["***"]
