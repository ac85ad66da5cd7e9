"""A backup holds the whole shop, and a restore gives all of it back or changes nothing."""

import gzip
import tarfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from bot import backups
from bot.config import AppConfig, ConfigError, keep_earlier_keys
from bot.database import make_engine
from bot.demo_shop import fill
from bot.jobs import Jobs, Tasks
from catalog.stock import count, hold
from catalog.store import load_shelf
from catalog.vault import Vault
from fulfillment import audit
from kernel.clock import SystemClock
from payments import ledger
from tests.fulfillment.counter import NOW, open_shop, place, want


@pytest.fixture
def shop(engine: Engine) -> Engine:
    return engine


@pytest.mark.parametrize("damage", ["a digit", "its last bytes"])
def test_a_damaged_backup_changes_nothing(shop: Engine, other: Engine, tmp_path: Path, damage: str) -> None:
    here, file = AppConfig(data_dir=tmp_path / "here"), tmp_path / "shop.backup"
    fill(shop, Vault(here.key()))
    backups.write(shop, here, file)
    whole = file.read_bytes()
    if damage == "a digit":  # and all the rest as it was, the checksum of the whole file at its end included
        content = gzip.decompress(whole)
        at = content.rindex(b",0,")
        file.write_bytes(gzip.compress(content[: at + 1] + b"7" + content[at + 2 :])[:-8] + whole[-8:])
    else:
        file.write_bytes(whole[:-8])
    with pytest.raises(backups.BadBackupError, match="not a whole backup"):
        backups.read(other, AppConfig(data_dir=tmp_path / "there"), file)
    assert rows(other, "card_key") == []
    assert not (tmp_path / "there").exists()


def test_a_backup_that_fails_leaves_nothing_beside_the_last_one(shop: Engine, tmp_path: Path) -> None:
    here, file = AppConfig(data_dir=tmp_path / "here"), tmp_path / "shop.backup"
    backups.write(shop, here, file)
    last = file.read_bytes()
    with pytest.raises(ConfigError, match="secret_key"):
        backups.write(shop, replace(here, secret_key="none"), file)
    assert file.read_bytes() == last
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["shop.backup"]


@pytest.fixture
def other(new_database: Callable[[], AbstractContextManager[str]]) -> Iterator[Engine]:
    with new_database() as url:
        engine = make_engine(url)
        yield engine
        engine.dispose()


def rows(engine: Engine, table: str) -> list[tuple[object, ...]]:
    with engine.begin() as conn:
        return [tuple(row) for row in conn.execute(text(f"SELECT * FROM {table} ORDER BY 1"))]


def test_a_restored_shop_is_the_same_shop_and_goes_on(shop: Engine, other: Engine, tmp_path: Path) -> None:
    here = AppConfig(data_dir=tmp_path / "here")
    there = AppConfig(data_dir=tmp_path / "there")
    fill(shop, Vault(here.key()))
    tasks = Tasks()
    tasks.task("later")(print)
    with shop.begin() as conn:
        sku = conn.scalar(text("SELECT sku_code FROM card_key LIMIT 1"))
        hold(conn, sku, 2, "K2603010000000001", SystemClock().now())
        Jobs(tasks).defer(conn, "later", order="K1")

    written = backups.write(shop, here, tmp_path / "shop.backup")
    assert (tmp_path / "shop.backup").stat().st_mode & 0o077 == 0
    assert backups.read(other, there, tmp_path / "shop.backup") == written

    for table in ("card_key", "sku", "product", "key_batch", "procrastinate_jobs"):
        assert rows(shop, table) == rows(other, table) != []
    assert there.key() == here.key()
    with other.begin() as conn:
        assert load_shelf(conn).products
        before = count(conn, sku)
        hold(conn, sku, 1, "K2603010000000002", SystemClock().now())
        assert count(conn, sku) == before - 1
        assert Jobs(tasks).defer(conn, "later", order="K2") not in [row[0] for row in rows(shop, "procrastinate_jobs")]


def test_no_card_key_stands_in_a_backup_in_clear(shop: Engine, tmp_path: Path) -> None:
    here = AppConfig(data_dir=tmp_path)
    vault = Vault(here.key())
    fill(shop, vault)
    with shop.connect() as conn:
        sealed = conn.execute(text("SELECT id, sku_code, secret_enc FROM card_key")).all()
    keys = [vault.open(bytes(row.secret_enc), row.sku_code, row.id).secret.encode() for row in sealed]
    backups.write(shop, here, tmp_path / "shop.backup")
    with tarfile.open(tmp_path / "shop.backup") as archive:
        content = b"".join(part.read() for member in archive if (part := archive.extractfile(member)) is not None)
    assert b"card_key" in content
    assert len(keys) > 100
    assert [key for key in keys if key in content] == []


def test_a_shop_that_is_not_empty_is_never_overwritten(shop: Engine, tmp_path: Path) -> None:
    here = AppConfig(data_dir=tmp_path)
    fill(shop, Vault(here.key()))
    backups.write(shop, here, tmp_path / "shop.backup")
    before = rows(shop, "card_key")
    with pytest.raises(backups.BadBackupError, match="not empty"):
        backups.read(shop, here, tmp_path / "shop.backup")
    assert rows(shop, "card_key") == before


def test_under_another_secret_key_nothing_is_restored(shop: Engine, other: Engine, tmp_path: Path) -> None:
    here = AppConfig(data_dir=tmp_path)
    fill(shop, Vault(here.key()))
    backups.write(shop, here, tmp_path / "shop.backup")
    stranger = replace(here, secret_key="A" * 43 + "=")
    with pytest.raises(backups.BadBackupError, match="secret_key"):
        backups.read(other, stranger, tmp_path / "shop.backup")
    assert rows(other, "card_key") == []


def test_a_cut_off_or_foreign_file_changes_nothing(shop: Engine, other: Engine, tmp_path: Path) -> None:
    here = AppConfig(data_dir=tmp_path)
    fill(shop, Vault(here.key()))
    whole = tmp_path / "shop.backup"
    backups.write(shop, here, whole)
    cut = tmp_path / "cut.backup"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    foreign = tmp_path / "foreign.tar.gz"
    with tarfile.open(foreign, "w:gz") as archive:
        archive.add(__file__, "manifest.json")
    noise = tmp_path / "noise"
    noise.write_bytes(b"\x1f\x8b" + bytes(100))
    for file in (cut, foreign, noise, tmp_path / "missing"):
        with pytest.raises(backups.BadBackupError):
            backups.read(other, here, file)
    assert rows(other, "card_key") == rows(other, "product") == []


def test_history_and_books_come_back_whole_and_are_guarded_again(shop: Engine, other: Engine, tmp_path: Path) -> None:
    here, there = AppConfig(data_dir=tmp_path / "here"), AppConfig(data_dir=tmp_path / "there")
    keep_earlier_keys(here, [b"older".ljust(32)])
    audit.arm(shop, here.key())
    open_shop(shop)
    with shop.begin() as conn:
        order_no = place(conn, want("HF100")).order.order_no
        ledger.book_payment(
            conn,
            order_no=order_no,
            out_trade_no=order_no,
            total_fen=9950,
            settles=True,
            at=NOW,
            now=NOW,
            fee_rate_bp=60,
        )
        audit.anchor(conn, NOW + timedelta(days=1))
    with other.begin() as conn:  # not empty in its books, though no order was placed: still to be replaced
        conn.execute(
            text(
                "INSERT INTO audit_anchor VALUES (7, :at, :at + interval '1 day', 1, '', '', '', :at)",
            ),
            {"at": NOW},
        )

    backups.write(shop, here, tmp_path / "shop.backup")
    backups.read(other, there, tmp_path / "shop.backup")

    assert (there.key(), there.earlier_keys()) == (here.key(), here.earlier_keys())
    audit.arm(other, there.key())
    with other.connect() as conn:
        assert list(audit.verify(conn)) == []
        assert (audit.count(conn), len(rows(other, "audit_anchor"))) == (1, 1)
    for table in ("order_event", "ledger_booking", "ledger_entry"):
        assert rows(shop, table) == rows(other, table) != []
        with pytest.raises(DBAPIError, match="only ever added to"), other.begin() as conn:
            conn.execute(text(f"DELETE FROM {table}"))
    with pytest.raises(DBAPIError, match="does not sum to zero"), other.begin() as conn:
        conn.execute(text("INSERT INTO ledger_entry (booking_id, account, amount_fen) VALUES (1, 'wallet', 1)"))
