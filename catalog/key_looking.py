"""Card keys as the console lists them: by SKU, state and import, page by page, and one with all that happened to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from catalog.stock_care import KeyRow, seen
from catalog.vault import CardSecret, Vault, VaultError
from kernel.money import Fen

STATES = ("available", "held", "sold", "void")
COUNTED_MAX = 10_000
"""Nothing is counted further for a list: it says that there are more."""

_COLUMNS = """
    SELECT id, sku_code, state, batch_id, order_no, imported_at, secret_enc,
    (SELECT reason FROM key_change c WHERE c.card_key_id = k.id ORDER BY c.id DESC LIMIT 1) AS reason
"""
# A state at a time: each is one stretch of the index card_key_listed, read from its end. Said as rows between two
# others, since only that index gives them in this order: said as sku_code = :sku, the planner takes the primary key
# where one SKU has most of the stock, and walks over millions of keys to find that none of them is held.
_STRETCH = """
    (sku_code, card_key.state, id) > (:sku, {state}, {after})
    AND (sku_code, card_key.state, id) < (:sku, {state}, {before})
"""
_OF_SKU = """
    {columns} FROM (
        SELECT found.* FROM unnest(CAST(:states AS text[])) AS wanted(state) CROSS JOIN LATERAL (
            SELECT * FROM card_key WHERE {stretch}
            ORDER BY sku_code DESC, card_key.state DESC, id DESC LIMIT :limit) AS found
        ORDER BY found.id DESC LIMIT :limit) AS k ORDER BY id DESC
"""
_OF_BATCH = """
    {columns} FROM (
        SELECT * FROM card_key
        WHERE batch_id = :batch AND sku_code = :sku AND state = ANY(CAST(:states AS text[])) AND id < :before
        ORDER BY id DESC LIMIT :limit) AS k ORDER BY id DESC
"""
_OLDER = _STRETCH.format(state="wanted.state", after="0", before="CAST(:before AS bigint)")
_ALL = _STRETCH.format(state="wanted.state", after="0", before="9223372036854775807")
_PAGE_OF_SKU = text(_OF_SKU.format(columns=_COLUMNS, stretch=_OLDER))
_PAGE_OF_BATCH = text(_OF_BATCH.format(columns=_COLUMNS))
_COUNT = text(f"""
    SELECT count(*) FROM (
        SELECT 1 FROM unnest(CAST(:states AS text[])) AS wanted(state) CROSS JOIN LATERAL (
            SELECT 1 FROM card_key WHERE {_ALL}
            ORDER BY sku_code, card_key.state, id LIMIT CAST(:most AS bigint)) AS found
        LIMIT CAST(:most AS bigint)) AS few
""")  # noqa: S608 - constants of this file
_COUNT_BATCH = text("""
    SELECT count(*) FROM (
        SELECT 1 FROM card_key
        WHERE batch_id = :batch AND sku_code = :sku AND state = ANY(CAST(:states AS text[]))
        LIMIT CAST(:most AS bigint)) AS few
""")
_IDS = text("""
    SELECT id FROM card_key
    WHERE sku_code = :sku AND state = :state AND id > :after AND id <= :until
      AND (CAST(:batch AS bigint) IS NULL OR batch_id = :batch)
    ORDER BY id LIMIT :limit
""")
_LAST = text(f"""
    SELECT coalesce((
        SELECT id FROM card_key WHERE {_STRETCH.format(state=":state", after="0", before="9223372036854775807")}
        ORDER BY sku_code DESC, state DESC, id DESC LIMIT 1), 0)
""")  # noqa: S608 - constants of this file
_ONE = text(_COLUMNS + " FROM card_key k WHERE id = :id")
_CHANGES = text("SELECT what, reason, actor, changed_at FROM key_change WHERE card_key_id = :id ORDER BY id LIMIT 200")
_SHOWINGS = text("SELECT place, shown_at FROM key_showing WHERE card_key_id = :id ORDER BY id LIMIT 50")
_SALE = text("SELECT order_no, sold_at FROM key_sale WHERE card_key_id = :id")
_SHELF = text("""
    SELECT page.*, free.keys AS free, held.keys AS held FROM (
        SELECT sku.code, product.name, sku.label, sku.on_sale AND product.on_sale AS on_sale,
               product.position AS p, sku.position AS s
        FROM sku JOIN product ON product.id = sku.product_id
        WHERE product.delivery = 'card' AND (CAST(:like AS text) IS NULL
              OR sku.code ILIKE :like OR product.name ILIKE :like OR sku.label ILIKE :like)
        ORDER BY 4 DESC, product.position, sku.position, sku.code LIMIT :limit OFFSET :offset) AS page
    CROSS JOIN LATERAL (SELECT count(*) AS keys FROM (
        SELECT 1 FROM card_key WHERE sku_code >= page.code AND sku_code <= page.code AND state = 'available'
        ORDER BY sku_code, id LIMIT :most) AS few) AS free
    CROSS JOIN LATERAL (SELECT count(*) AS keys FROM (
        SELECT 1 FROM card_key WHERE sku_code = page.code AND state = 'held' LIMIT :most) AS few) AS held
    ORDER BY on_sale DESC, p, s, code
""")
_BATCHES = text("""
    SELECT id, sku_code, file_name, imported, duplicate, invalid, finished, unit_cost_fen, started_at FROM key_batch
    WHERE CAST(:sku AS text) IS NULL OR sku_code = :sku ORDER BY id DESC LIMIT :limit
""")
_CARD_SKUS = text("""
    SELECT sku.code, product.name, sku.label FROM sku JOIN product ON product.id = sku.product_id
    WHERE product.delivery = 'card' ORDER BY product.position, sku.position, sku.code LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which keys: of a SKU, perhaps in one state, perhaps of one import."""

    sku: str
    state: str = ""
    """One of STATES; "" for any."""
    batch: int | None = None

    @property
    def states(self) -> list[str]:
        """The states it means."""
        return [self.state] if self.state else list(STATES)


@dataclass(frozen=True, slots=True)
class OnShelf:
    """A SKU of card keys and how many there are; COUNTED_MAX stands for that many or more."""

    code: str
    name: str
    label: str
    on_sale: bool
    free: int
    held: int


@dataclass(frozen=True, slots=True)
class Batch:
    """One import."""

    id: int
    sku_code: str
    file_name: str
    imported: int
    duplicate: int
    invalid: int
    finished: bool
    unit_cost_fen: Fen | None
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing in the life of a key."""

    at: datetime
    what: str
    about: str = ""
    who: str = ""


@dataclass(frozen=True, slots=True)
class OneKey:
    """A key and its life, the earliest first."""

    row: KeyRow
    story: tuple[Happened, ...]
    shown: bool


def shelf(conn: Connection, words: str = "", limit: int = 50, offset: int = 0) -> tuple[OnShelf, ...]:
    """The SKUs of card keys in the shop's order, those on sale first; `words` occur in code, name or label."""
    like = f"%{_literally(words)}%" if words else None
    rows = conn.execute(_SHELF, {"like": like, "limit": limit, "offset": offset, "most": COUNTED_MAX})
    return tuple(OnShelf(row.code, row.name, row.label, row.on_sale, row.free, row.held) for row in rows)


def card_skus(conn: Connection, limit: int = 2_000) -> tuple[tuple[str, str], ...]:
    """Every SKU of card keys with what it is called."""
    return tuple((row.code, f"{row.name} {row.label}") for row in conn.execute(_CARD_SKUS, {"limit": limit}))


def listed(conn: Connection, vault: Vault, wanted: Wanted, before: int, limit: int = 50) -> tuple[KeyRow, ...]:
    """The latest of these keys, masked, with numbers below `before`."""
    values = {"sku": wanted.sku, "states": wanted.states, "before": before, "limit": limit}
    if wanted.batch is not None:
        return tuple(seen(vault, row)[0] for row in conn.execute(_PAGE_OF_BATCH, {**values, "batch": wanted.batch}))
    return tuple(seen(vault, row)[0] for row in conn.execute(_PAGE_OF_SKU, values))


def count(conn: Connection, wanted: Wanted, *, most: int | None = None) -> int:
    """How many they are; counted only up to `most`."""
    values = {"sku": wanted.sku, "states": wanted.states, "most": most}
    if wanted.batch is not None:
        return int(conn.execute(_COUNT_BATCH, {**values, "batch": wanted.batch}).scalar_one())
    return int(conn.execute(_COUNT, values).scalar_one())


def last_id(conn: Connection, wanted: Wanted) -> int:
    """The highest number among them: what is imported from now on is not meant."""
    return int(conn.execute(_LAST, {"sku": wanted.sku, "state": wanted.state}).scalar_one())


def next_ids(conn: Connection, wanted: Wanted, after: int, until: int, limit: int) -> Sequence[int]:
    """The numbers of the next of these keys (a state has to be named), in their order."""
    values = {"sku": wanted.sku, "state": wanted.state, "batch": wanted.batch, "after": after, "until": until}
    return conn.execute(_IDS, {**values, "limit": limit}).scalars().all()


def batches(conn: Connection, sku: str | None = None, limit: int = 20) -> tuple[Batch, ...]:
    """The latest imports."""
    return tuple(Batch(*row) for row in conn.execute(_BATCHES, {"sku": sku, "limit": limit}))


def one(conn: Connection, vault: Vault, card_key_id: int) -> OneKey | None:
    """A key, masked, with its life; None: there is no such key."""
    row = conn.execute(_ONE, {"id": card_key_id}).one_or_none()
    if row is None:
        return None
    of = {"id": card_key_id}
    shown = conn.execute(_SHOWINGS, of).all()
    imported = Happened(row.imported_at, "imported", f"批次 {row.batch_id}")
    story = [Happened(one.changed_at, one.what, one.reason, one.actor) for one in conn.execute(_CHANGES, of)]
    story += [Happened(one.sold_at, "sold", one.order_no) for one in conn.execute(_SALE, of)]
    story += [Happened(one.shown_at, "shown", one.place) for one in shown]
    return OneKey(seen(vault, row)[0], (imported, *sorted(story, key=lambda one: one.at)), bool(shown))


def opened(conn: Connection, vault: Vault, card_key_id: int) -> CardSecret | None:
    """A key in clear. None: there is none, or it opens under no secret that is configured. Whoever asks records it."""
    row: Row[Any] | None = conn.execute(_ONE, {"id": card_key_id}).one_or_none()
    try:
        return vault.open(row.secret_enc, row.sku_code, row.id) if row is not None else None
    except VaultError:
        return None


def _literally(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
