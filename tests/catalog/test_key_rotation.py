"""A new app secret: every key is sealed and hashed anew, whenever it is cut off, while the shop goes on."""

import os
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from catalog import key_rotation
from catalog.key_import import ImportResult, import_keys
from catalog.key_rotation import Rotated, left_to_rotate, rotate
from catalog.stock import count, hold, keys_of, sell
from catalog.vault import CardSecret, Vault, VaultError
from tests.catalog.conftest import NOW

OLD = bytes(range(32))
NEW = b"n" * 32
TODAY = Vault(NEW, [OLD])
"""What every process has once the configuration has changed."""
ALONE = Vault(NEW)
"""What it will do with when all is done."""


def opened(shop: Engine, vault: Vault) -> list[CardSecret]:
    with shop.connect() as conn:
        rows = conn.execute(text("SELECT id, sku_code, secret_enc FROM card_key ORDER BY id")).all()
    return [vault.open(row.secret_enc, row.sku_code, row.id) for row in rows]


def left(shop: Engine) -> int:
    with shop.connect() as conn:
        return left_to_rotate(conn, TODAY)


def imported(shop: Engine, vault: Vault, folder: Path, content: str) -> ImportResult:
    file = folder / "more.txt"
    file.write_text(content)
    result = import_keys(shop, vault, "C10", file)
    assert isinstance(result, ImportResult)
    return result


def test_after_it_the_old_secret_opens_nothing_and_is_not_needed(stocked: Engine, vault: Vault) -> None:
    before = opened(stocked, vault)
    assert opened(stocked, TODAY) == before
    told: list[tuple[int, int]] = []
    assert rotate(stocked, TODAY, NOW, lambda done, in_all: told.append((done, in_all))) == Rotated(25)
    assert told == [(25, 25)]
    assert opened(stocked, ALONE) == before
    with pytest.raises(VaultError):
        opened(stocked, vault)
    assert rotate(stocked, TODAY, NOW) == Rotated(0)


@pytest.mark.parametrize("at", [1, 4])
def test_cut_off_between_any_two_batches_it_goes_on_where_it_was(
    stocked: Engine, vault: Vault, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_rotation, "BATCH", 6)
    before = opened(stocked, vault)

    def cut(done: int, _in_all: int) -> None:
        if done >= at * 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate(stocked, TODAY, NOW, cut)
    assert left(stocked) == 25 - at * 6
    assert opened(stocked, TODAY) == before
    assert rotate(stocked, TODAY, NOW) == Rotated(25 - at * 6)
    assert opened(stocked, ALONE) == before


def test_killed_in_the_middle_of_a_batch_nothing_is_lost(stocked: Engine, vault: Vault, tmp_path: Path) -> None:
    before = opened(stocked, vault)
    program = tmp_path / "rotate.py"
    program.write_text(
        "import sys\n"
        "from catalog import key_rotation\n"
        "from catalog.vault import Vault\n"
        "from sqlalchemy import create_engine\n"
        "key_rotation.BATCH = 5\n"
        "write, batches = key_rotation._write, []\n"
        "def slow(conn, new, now):\n"
        "    done = write(conn, new, now)\n"
        "    batches.append(1)\n"
        "    if len(batches) == 3:\n"
        "        print('written, not committed', flush=True)\n"
        "        sys.stdin.read()\n"
        "    return done\n"
        "key_rotation._write = slow\n"
        f"key_rotation.rotate(create_engine(sys.argv[1]), Vault({NEW!r}, [{OLD!r}]), None)\n"
    )
    url = stocked.url.render_as_string(hide_password=False)
    process = subprocess.Popen(
        [sys.executable, str(program), url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"written, not committed\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert left(stocked) == 15
    assert opened(stocked, TODAY) == before
    assert rotate(stocked, TODAY, NOW).sealed == 15
    assert opened(stocked, ALONE) == before


def test_halfway_the_shop_sells_and_the_owner_sees_his_keys(
    stocked: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_rotation, "BATCH", 5)

    def meanwhile(done: int, _in_all: int) -> None:
        order_no = f"K{done}"
        with stocked.begin() as conn:
            hold(conn, "C10", 2, order_no, now)
            sell(conn, order_no, done, "C10", 2, now)
            assert all(key.secret.startswith("C10-") for key in keys_of(conn, TODAY, order_no))

    with stocked.begin() as conn:
        sell(conn, "K0", 0, "C10", 2, now)
    assert rotate(stocked, TODAY, NOW, meanwhile).sealed == 25
    with stocked.connect() as conn:
        assert [key.secret for key in keys_of(conn, ALONE, "K0")] == ["C10-1", "C10-2"]
        assert count(conn, "C10") == 25 - 2 - 10


def test_a_key_is_a_duplicate_before_during_and_after(
    stocked: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = "".join(f"C10-{number}\n" for number in range(1, 26))
    assert imported(stocked, TODAY, tmp_path, every) == ImportResult(0, 25, 0, ())
    monkeypatch.setattr(key_rotation, "BATCH", 5)

    def meanwhile(_done: int, _in_all: int) -> None:
        assert imported(stocked, TODAY, tmp_path, every) == ImportResult(0, 25, 0, ())

    rotate(stocked, TODAY, NOW, meanwhile)
    assert imported(stocked, ALONE, tmp_path, every + "C10-26\n") == ImportResult(1, 25, 0, ())


def test_a_key_that_got_in_twice_is_sold_once(stocked: Engine, tmp_path: Path) -> None:
    """Somebody imported under the new secret without naming the old one: its hashes were not found."""
    assert imported(stocked, ALONE, tmp_path, "C10-3\nC10-4\n") == ImportResult(2, 0, 0, ())
    done = rotate(stocked, TODAY, NOW)
    assert (done.sealed, len(done.duplicates)) == (25, 2)
    with stocked.connect() as conn:
        assert count(conn, "C10") == 25
        rows = conn.execute(text("SELECT id FROM card_key WHERE state = 'void' ORDER BY id")).scalars().all()
    assert tuple(rows) == done.duplicates
    assert left(stocked) == 0


def test_keys_under_a_secret_nobody_named_are_left_and_told(stocked: Engine) -> None:
    stranger = Vault(b"s" * 32)
    done = rotate(stocked, stranger, NOW)
    assert (done.sealed, len(done.unreadable)) == (0, 25)
    assert rotate(stocked, TODAY, NOW).sealed == 25
