"""The catalog in the database: imports a Shelf, and loads the Shelf that is on sale."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from catalog.model import AnyValue, Backup, Choice, Delivery, Field, FieldKind, Option, Product, Sku
from catalog.shelf import Shelf
from catalog.version import content_version, product_digest, sku_digest
from kernel.money import Fen

_ROWS_PER_STATEMENT = 5_000

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('catalog import', 0))")

_KNOWN_PRODUCTS = text("SELECT id, position, on_sale, digest FROM product")
_KNOWN_SKUS = text("SELECT code, position, on_sale, digest FROM sku")
_PAUSE_PRODUCTS = text("UPDATE product SET on_sale = false WHERE id = ANY(:gone) AND on_sale")
_PAUSE_SKUS = text("UPDATE sku SET on_sale = false WHERE code = ANY(:gone) AND on_sale")

_PUT_PRODUCTS = text("""
    INSERT INTO product (id, position, name, category, delivery, aliases, fields, options, eta, note, tags, on_sale,
                         digest)
    SELECT id, position, name, category, delivery, aliases, fields, options, eta, note, tags, true, digest
    FROM jsonb_to_recordset(:rows) AS given(
        id text, position int, name text, category jsonb, delivery text, aliases jsonb, fields jsonb, options jsonb,
        eta text, note text, tags jsonb, digest text)
    ON CONFLICT (id) DO UPDATE SET
        position = excluded.position, name = excluded.name, category = excluded.category,
        delivery = excluded.delivery, aliases = excluded.aliases, fields = excluded.fields,
        options = excluded.options, eta = excluded.eta, note = excluded.note, tags = excluded.tags, on_sale = true,
        digest = excluded.digest
""").bindparams(bindparam("rows", type_=JSONB))

_PUT_SKUS = text("""
    INSERT INTO sku (code, product_id, position, label, price_fen, value, unit, face_fen, cost_fen, options, aliases,
                     eta, any_value_min, any_value_max, supplier, supplier_code, backup, allow_loss, on_sale, digest)
    SELECT code, product_id, position, label, price_fen, value, unit, face_fen, cost_fen, options, aliases,
           eta, any_value_min, any_value_max, supplier, supplier_code, backup, allow_loss, true, digest
    FROM jsonb_to_recordset(:rows) AS given(
        code text, product_id text, position int, label text, price_fen bigint, value float8, unit text,
        face_fen bigint, cost_fen bigint, options jsonb, aliases jsonb, eta text, any_value_min int,
        any_value_max int, supplier text, supplier_code text, backup jsonb, allow_loss boolean, digest text)
    ON CONFLICT (code) DO UPDATE SET
        product_id = excluded.product_id, position = excluded.position, label = excluded.label,
        price_fen = excluded.price_fen, value = excluded.value, unit = excluded.unit, face_fen = excluded.face_fen,
        cost_fen = excluded.cost_fen, options = excluded.options, aliases = excluded.aliases, eta = excluded.eta,
        any_value_min = excluded.any_value_min, any_value_max = excluded.any_value_max,
        supplier = excluded.supplier, supplier_code = excluded.supplier_code, backup = excluded.backup,
        allow_loss = excluded.allow_loss, on_sale = true, digest = excluded.digest, paused_note = NULL
""").bindparams(bindparam("rows", type_=JSONB))

_ADD_VERSION = text("INSERT INTO catalog_version (version, skus) VALUES (:version, :skus)")
_VERSION = text("SELECT version FROM catalog_version ORDER BY id DESC LIMIT 1")

_ANY_PAUSED = text("SELECT EXISTS (SELECT 1 FROM sku WHERE on_sale AND paused_note IS NOT NULL)")
_PRODUCTS_ON_SALE = text("SELECT * FROM product WHERE on_sale ORDER BY position, id")
_SKUS_ON_SALE = text("""
    SELECT sku.* FROM sku JOIN product ON product.id = sku.product_id
    WHERE sku.on_sale AND sku.paused_note IS NULL AND product.on_sale ORDER BY sku.product_id, sku.position, sku.code
""")


_SKUS_LISTED = text("""
    SELECT sku.* FROM sku JOIN product ON product.id = sku.product_id
    WHERE sku.on_sale AND product.on_sale ORDER BY sku.product_id, sku.position, sku.code
""")
_OFF_SALE = text("""
    SELECT sku.* FROM sku JOIN product ON product.id = sku.product_id
    WHERE NOT sku.on_sale OR NOT product.on_sale ORDER BY product.position, sku.product_id, sku.position, sku.code
    LIMIT :limit
""")
_PRODUCTS_BY_ID = text("SELECT * FROM product WHERE id = ANY(:ids)")


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, counted in SKUs. A SKU whose product changed counts as changed."""

    added: int
    changed: int
    unchanged: int
    paused: int
    """On sale before, not in the file: off sale now, never deleted."""
    version: str


def import_catalog(conn: Connection, shelf: Shelf) -> Imported:
    """Make the database's catalog equal to the shelf, in the caller's transaction. Importing twice changes nothing."""
    conn.execute(_LOCK)
    products = [_product_row(position, product) for position, product in enumerate(shelf.products)]
    skus = [_sku_row(position, product, sku) for product in shelf.products for position, sku in enumerate(product.skus)]
    known_products = {row.id: row for row in conn.execute(_KNOWN_PRODUCTS)}
    known_skus = {row.code: row for row in conn.execute(_KNOWN_SKUS)}
    _put(conn, _PUT_PRODUCTS, [row for row in products if not _is_there(known_products.get(row["id"]), row)])
    _put(conn, _PUT_SKUS, [row for row in skus if not _is_there(known_skus.get(row["code"]), row)])
    gone_products = known_products.keys() - {row["id"] for row in products}
    gone_skus = known_skus.keys() - {row["code"] for row in skus}
    conn.execute(_PAUSE_PRODUCTS, {"gone": list(gone_products)})
    paused = conn.execute(_PAUSE_SKUS, {"gone": list(gone_skus)}).rowcount
    version = content_version(shelf.products)
    if conn.execute(_ANY_PAUSED).scalar_one():
        version = renew_version(conn)  # what is paused is not on sale, whatever the file says
    elif version != current_version(conn):
        conn.execute(_ADD_VERSION, {"version": version, "skus": len(skus)})
    same_products = {row["id"] for row in products if _is_same(known_products.get(row["id"]), row)}
    added = sum(row["code"] not in known_skus for row in skus)
    unchanged = sum(row["product_id"] in same_products and _is_same(known_skus.get(row["code"]), row) for row in skus)
    return Imported(added, len(skus) - added - unchanged, unchanged, paused, version)


def current_version(conn: Connection) -> str:
    """Give the version of what is on sale now: cheap enough to ask often."""
    return conn.execute(_VERSION).scalar() or content_version(())


def renew_version(conn: Connection) -> str:
    """Give what is on sale now its version, so that every process loads it; in the caller's transaction."""
    conn.execute(_LOCK)
    shelf = load_shelf(conn)
    version = content_version(shelf.products)
    if version != current_version(conn):
        skus = sum(len(product.skus) for product in shelf.products)
        conn.execute(_ADD_VERSION, {"version": version, "skus": skus})
    return version


def lock(conn: Connection) -> None:
    """Keep everybody else from importing until the caller's transaction ends."""
    conn.execute(_LOCK)


def load_listed(conn: Connection) -> Shelf:
    """Load what the catalog lists: everything on sale, and what is only paused because no supplier has it now.

    Importing it again changes nothing. Its version is that of this content, which may be another than that of what is
    on sale.
    """
    products = {row.id: row for row in conn.execute(_PRODUCTS_ON_SALE)}
    skus: dict[str, list[Sku]] = {product_id: [] for product_id in products}
    for row in conn.execute(_SKUS_LISTED):
        if row.product_id in skus:
            skus[row.product_id].append(_sku(row))
    listed = [_product(row, skus[row.id]) for row in products.values() if skus[row.id]]
    return Shelf(listed, content_version(listed))


def load_off_sale(conn: Connection, limit: int = 500) -> tuple[Product, ...]:
    """Load what was on sale once: products with those of their SKUs that are off sale; of a product that is on sale
    itself, those SKUs alone."""
    rows = conn.execute(_OFF_SALE, {"limit": limit}).all()
    ids = list(dict.fromkeys(row.product_id for row in rows))
    products = {row.id: row for row in conn.execute(_PRODUCTS_BY_ID, {"ids": ids})}
    return tuple(_product(products[one], [_sku(row) for row in rows if row.product_id == one]) for one in ids)


def load_shelf(conn: Connection) -> Shelf:
    """Load everything on sale: not what a supplier cannot deliver now, nor a product of which nothing is left."""
    # The version first: should an import commit in between, the shelf is newer than its version says and is simply
    # loaded once more; the other way round it would stay old for ever.
    version = current_version(conn)
    products = {row.id: row for row in conn.execute(_PRODUCTS_ON_SALE)}
    skus: dict[str, list[Sku]] = {product_id: [] for product_id in products}
    for row in conn.execute(_SKUS_ON_SALE):
        if row.product_id in skus:
            skus[row.product_id].append(_sku(row))
    return Shelf((_product(row, skus[row.id]) for row in products.values() if skus[row.id]), version)


def _is_same(known: Row[Any] | None, row: Mapping[str, Any]) -> bool:
    return known is not None and known.on_sale and known.digest == row["digest"]


def _is_there(known: Row[Any] | None, row: Mapping[str, Any]) -> bool:
    return known is not None and _is_same(known, row) and known.position == row["position"]


def _put(conn: Connection, statement: Any, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), _ROWS_PER_STATEMENT):
        conn.execute(statement, {"rows": rows[start : start + _ROWS_PER_STATEMENT]})


def _product_row(position: int, product: Product) -> dict[str, Any]:
    row = {
        key: getattr(product, key) for key in ("id", "name", "category", "delivery", "aliases", "eta", "note", "tags")
    }
    row["fields"] = [asdict(field) for field in product.fields]
    row["options"] = [asdict(option) for option in product.options]
    return row | {"position": position, "digest": product_digest(product)}


def _sku_row(position: int, product: Product, sku: Sku) -> dict[str, Any]:
    return {
        "code": sku.code,
        "product_id": product.id,
        "position": position,
        "label": sku.label,
        "price_fen": sku.price_fen,
        "value": sku.value,
        "unit": sku.unit,
        "face_fen": sku.face_fen,
        "cost_fen": sku.cost_fen,
        "options": dict(sku.options),
        "aliases": sku.aliases,
        "eta": sku.eta,
        "any_value_min": sku.any_value.min if sku.any_value else None,
        "any_value_max": sku.any_value.max if sku.any_value else None,
        "supplier": sku.supplier,
        "supplier_code": sku.supplier_code,
        "backup": [asdict(backup) for backup in sku.backup],
        "allow_loss": sku.allow_loss,
        "digest": sku_digest(product.id, sku),
    }


def _product(row: Row[Any], skus: Iterable[Sku]) -> Product:
    return Product(
        id=row.id,
        name=row.name,
        category=tuple(row.category),
        delivery=Delivery(row.delivery),
        skus=tuple(skus),
        aliases=tuple(row.aliases),
        fields=tuple(_field(given) for given in row.fields),
        options=tuple(Option(**{**given, "values": _choices(given["values"])}) for given in row.options),
        eta=row.eta,
        note=row.note,
        tags=tuple(row.tags),
    )


def _field(given: dict[str, Any]) -> Field:
    return Field(**{**given, "kind": FieldKind(given["kind"]), "values": _choices(given["values"])})


def _choices(given: list[dict[str, Any]]) -> tuple[Choice, ...]:
    return tuple(Choice(id=one["id"], label=one["label"], aliases=tuple(one["aliases"])) for one in given)


def _sku(row: Row[Any]) -> Sku:
    return Sku(
        code=row.code,
        label=row.label,
        price_fen=Fen(row.price_fen),
        value=int(row.value) if row.value is not None and row.value == int(row.value) else row.value,
        unit=row.unit,
        face_fen=_fen(row.face_fen),
        cost_fen=_fen(row.cost_fen),
        options=row.options,
        aliases=tuple(row.aliases),
        eta=row.eta,
        any_value=AnyValue(row.any_value_min, row.any_value_max) if row.any_value_min is not None else None,
        supplier=row.supplier,
        supplier_code=row.supplier_code,
        backup=tuple(Backup(**given) for given in row.backup),
        allow_loss=row.allow_loss,
    )


def _fen(amount: int | None) -> Fen | None:
    return None if amount is None else Fen(amount)
