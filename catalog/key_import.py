"""Imports a file of card keys into the stock, in whole batches, so that it can be cut off and run again."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from catalog.key_file import BadLine, FileRefused, KeyLines, read_card, read_key_file
from catalog.model import Delivery
from catalog.vault import CardSecret, Vault

BATCH_LINES = 5_000
PROBLEMS_NAMED_MAX = 10
PROBLEMS_SHOWN_MAX = 200
"""By a preview, which is there to be read before anything is done."""

_SKU = text("SELECT product.delivery FROM sku JOIN product ON product.id = sku.product_id WHERE sku.code = :sku_code")

_START = text("""
    INSERT INTO key_batch (sku_code, file_name, imported, duplicate, invalid, finished, unit_cost_fen)
    VALUES (:sku_code, :file_name, 0, 0, 0, false, :unit_cost_fen) RETURNING id
""")

_RECORD = text("""
    UPDATE key_batch SET imported = :imported, duplicate = :duplicate, invalid = :invalid, finished = :finished
    WHERE id = :batch_id
""")

_COUNTS = text("SELECT imported, duplicate, invalid FROM key_batch WHERE id = :batch_id")

_THERE = text("SELECT secret_hash FROM card_key WHERE secret_hash = ANY(CAST(:hashes AS bytea[]))")

_NEW_IDS = text("""
    SELECT nextval(pg_get_serial_sequence('card_key', 'id')) FROM generate_series(1, :quantity)
""")

# In the order of hashes: two imports of the same keys in different order then wait for each other only one way round.
_INSERT = text("""
    INSERT INTO card_key (id, sku_code, secret_enc, secret_hash, state, batch_id)
    SELECT id, :sku_code, secret_enc, secret_hash, 'available', :batch_id
    FROM unnest(CAST(:ids AS bigint[]), CAST(:sealed AS bytea[]), CAST(:hashes AS bytea[]))
         AS given(id, secret_enc, secret_hash)
    ORDER BY secret_hash
    ON CONFLICT (secret_hash) DO NOTHING
""")


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of a file's lines, blank ones aside."""

    imported: int
    duplicate: int
    """In stock already (under any SKU, sold ones included), or further up in the file."""
    invalid: int
    problems: tuple[BadLine, ...]
    """The first few invalid lines."""


@dataclass(frozen=True, slots=True)
class ImportRefused:
    """Nothing was imported. `line` is 0 when the reason is not about one line of the file."""

    reason: str
    line: int = 0

    def __str__(self) -> str:
        return f"第 {self.line} 行: {self.reason}" if self.line else self.reason


def import_keys(
    engine: Engine,
    vault: Vault,
    sku_code: str,
    path: Path,
    progress: Callable[[int, int], None] | None = None,
    *,
    unit_cost_fen: int | None = None,
) -> ImportResult | ImportRefused:
    """Import a file's keys for one SKU. `progress` is told lines done and lines in all after each batch.

    `unit_cost_fen` is what one key cost us; None: what the catalog says.

    Each batch is a transaction of its own; running the same file again imports what is not there yet.
    """
    path = Path(path)
    with engine.connect() as conn:
        why = why_not(conn, sku_code)
    if why is not None:
        return why
    lines = read_key_file(path)
    if isinstance(lines, FileRefused):
        return ImportRefused(lines.reason, lines.line)
    with engine.begin() as conn:
        batch_id = start_batch(conn, sku_code, path.name, unit_cost_fen)
    return import_lines(engine, vault, sku_code, batch_id, lines, progress)


def why_not(conn: Connection, sku_code: str) -> ImportRefused | None:
    """Say why no keys can be imported for this SKU, if none can."""
    delivery = conn.execute(_SKU, {"sku_code": sku_code}).scalar()
    if delivery is None:
        return ImportRefused(f"商品目录里没有 SKU {sku_code!r}, 请先导入目录")
    if delivery != Delivery.CARD:
        return ImportRefused(f"SKU {sku_code} 不是卡密商品 (delivery = {delivery})")
    return None


def start_batch(conn: Connection, sku_code: str, file_name: str, unit_cost_fen: int | None) -> int:
    """Begin an import and give its number; in the caller's transaction."""
    batch = {"sku_code": sku_code, "file_name": file_name[:200], "unit_cost_fen": unit_cost_fen}
    return int(conn.execute(_START, batch).scalar_one())


def import_lines(
    engine: Engine,
    vault: Vault,
    sku_code: str,
    batch_id: int,
    lines: KeyLines,
    progress: Callable[[int, int], None] | None = None,
    *,
    after: int = 0,
    also: Callable[[Connection, int], None] | None = None,
) -> ImportResult:
    """Import the keys of lines that were read already, into an import that was begun.

    `also` writes down in each batch's transaction up to which line it is done; one that was cut off goes on `after`
    that line, with the counts it had.
    """
    return _Import(vault, sku_code, batch_id).run(engine, lines, progress, after, also)


def import_cards(
    conn: Connection,
    vault: Vault,
    sku_code: str,
    cards: Iterable[tuple[str, str | None]],
    *,
    name: str,
    unit_cost_fen: int | None = None,
) -> ImportResult:
    """Import secrets (with their numbers, where there are any) in the caller's transaction: all or none. Meant for
    some thousands. A problem's `line` is the place of its card, from 0."""
    batch_id = start_batch(conn, sku_code, name, unit_cost_fen)
    found: list[CardSecret | BadLine] = []
    for index, (secret, number) in enumerate(cards):
        card = read_card(number.strip() or None if number else None, secret.strip())
        found.append(BadLine(index, card) if isinstance(card, str) else card)
    return _Import(vault, sku_code, batch_id).run_within(conn, found)


def preview(conn: Connection, vault: Vault, lines: KeyLines) -> ImportResult:
    """Tell what an import of these lines would do, and do nothing. `imported` is what is new."""
    seen: set[bytes] = set()
    new = duplicate = 0
    problems: list[BadLine] = []
    for _, batch in _batches(lines.read()):
        hashes: dict[bytes, tuple[bytes, ...]] = {}
        for found in batch:
            if isinstance(found, BadLine):
                problems.append(found)
                continue
            fingerprint = vault.fingerprint(found)
            if fingerprint in seen:
                duplicate += 1
                continue
            seen.add(fingerprint)
            hashes[fingerprint] = (fingerprint, *vault.earlier_fingerprints(found))
        every = [one for each in hashes.values() for one in each]
        there = set(conn.execute(_THERE, {"hashes": every}).scalars()) if every else set()
        old = sum(any(one in there for one in each) for each in hashes.values())
        duplicate += old
        new += len(hashes) - old
    return ImportResult(new, duplicate, len(problems), tuple(problems[:PROBLEMS_SHOWN_MAX]))


class _Import:
    """One run over one file."""

    def __init__(self, vault: Vault, sku_code: str, batch_id: int) -> None:
        self._vault, self._sku_code, self._batch_id = vault, sku_code, batch_id
        self._seen: set[bytes] = set()
        self._imported = self._duplicate = self._invalid = 0
        self._problems: list[BadLine] = []

    def run(
        self,
        engine: Engine,
        lines: KeyLines,
        progress: Callable[[int, int], None] | None,
        after: int,
        also: Callable[[Connection, int], None] | None,
    ) -> ImportResult:
        if after:
            with engine.connect() as conn:
                row = conn.execute(_COUNTS, {"batch_id": self._batch_id}).one()
            self._imported, self._duplicate, self._invalid = row
        for done, batch in _batches(found for found in lines.read() if found[0] > after):
            keys = self._new_keys(batch)
            with engine.begin() as conn:
                self._add(conn, keys, finished=False)
                if also:
                    also(conn, done)
            if progress:
                progress(done, len(lines.lines))
        with engine.begin() as conn:
            self._record(conn, finished=True)
        if progress:
            progress(len(lines.lines), len(lines.lines))
        return self._result()

    def run_within(self, conn: Connection, cards: Iterable[CardSecret | BadLine]) -> ImportResult:
        self._add(conn, self._new_keys(cards), finished=True)
        return self._result()

    def _add(self, conn: Connection, keys: list[tuple[bytes, CardSecret]], *, finished: bool) -> None:
        added = self._insert(conn, keys)
        self._imported += added
        self._duplicate += len(keys) - added
        self._record(conn, finished=finished)

    def _result(self) -> ImportResult:
        return ImportResult(self._imported, self._duplicate, self._invalid, tuple(self._problems))

    def _new_keys(self, batch: Iterable[CardSecret | BadLine]) -> list[tuple[bytes, CardSecret]]:
        """Hash each key, counting bad lines and repeats within the file."""
        keys = []
        for found in batch:
            if isinstance(found, BadLine):
                self._invalid += 1
                if len(self._problems) < PROBLEMS_NAMED_MAX:
                    self._problems.append(found)
                continue
            fingerprint = self._vault.fingerprint(found)
            if fingerprint in self._seen:
                self._duplicate += 1
                continue
            self._seen.add(fingerprint)
            keys.append((fingerprint, found))
        return keys

    def _insert(self, conn: Connection, keys: list[tuple[bytes, CardSecret]]) -> int:
        keys = self._not_there_yet(conn, keys)
        if not keys:
            return 0
        # The ids come first, because each key is sealed for its row's id.
        ids = list(conn.execute(_NEW_IDS, {"quantity": len(keys)}).scalars())
        pairs = zip(ids, keys, strict=True)
        rows = {
            "sku_code": self._sku_code,
            "batch_id": self._batch_id,
            "ids": ids,
            "sealed": [self._vault.seal(card, self._sku_code, card_key_id) for card_key_id, (_, card) in pairs],
            "hashes": [fingerprint for fingerprint, _ in keys],
        }
        return conn.execute(_INSERT, rows).rowcount

    def _not_there_yet(self, conn: Connection, keys: list[tuple[bytes, CardSecret]]) -> list[tuple[bytes, CardSecret]]:
        """Leave out keys that stand under the hash of an earlier secret. (Under today's, the insert leaves them out.)

        While keys are rotated a row goes from an earlier hash to today's: whichever it has, it is seen here or there.
        """
        before = {one: fingerprint for fingerprint, card in keys for one in self._vault.earlier_fingerprints(card)}
        if not before:
            return keys
        there = {before[one] for one in conn.execute(_THERE, {"hashes": list(before)}).scalars()}
        return [key for key in keys if key[0] not in there]

    def _record(self, conn: Connection, *, finished: bool) -> None:
        counts = {"imported": self._imported, "duplicate": self._duplicate, "invalid": self._invalid}
        conn.execute(_RECORD, {**counts, "batch_id": self._batch_id, "finished": finished})


def _batches(
    lines: Iterator[tuple[int, CardSecret | BadLine]],
) -> Iterator[tuple[int, list[CardSecret | BadLine]]]:
    while batch := list(islice(lines, BATCH_LINES)):
        yield batch[-1][0], [found for _, found in batch]
