"""The catalog's tables: what is on sale, its versions, and the stock of card keys with every sale and showing."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, LargeBinary, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from kernel.guards import Guard, append_only, guard

_Moment: Any = DateTime(timezone=True)


class ProductRow(SQLModel, table=True):
    """One product. A product that left the catalog file stays, off sale."""

    __tablename__ = "product"

    id: str = Field(primary_key=True)
    position: int
    name: str
    category: list[str] = Field(sa_type=JSONB)
    delivery: str
    aliases: list[str] = Field(sa_type=JSONB)
    fields: list[dict[str, Any]] = Field(sa_type=JSONB)
    options: list[dict[str, Any]] = Field(sa_type=JSONB)
    eta: str
    note: str
    tags: list[str] = Field(sa_type=JSONB)
    on_sale: bool
    digest: str
    """Of everything above but position and on_sale: tells whether an import changes this row."""


class SkuRow(SQLModel, table=True):
    """One SKU. A SKU that left the catalog file stays, off sale: orders and card keys still name it."""

    __tablename__ = "sku"
    __table_args__ = (CheckConstraint("price_fen > 0", name="sku_price_above_zero"),)

    code: str = Field(primary_key=True)
    product_id: str = Field(foreign_key="product.id", index=True)
    position: int
    label: str
    price_fen: int = Field(sa_type=BigInteger)
    value: float | None
    unit: str
    face_fen: int | None = Field(sa_type=BigInteger)
    cost_fen: int | None = Field(sa_type=BigInteger)
    options: dict[str, str] = Field(sa_type=JSONB)
    aliases: list[str] = Field(sa_type=JSONB)
    eta: str | None
    any_value_min: int | None
    any_value_max: int | None
    supplier: str | None
    supplier_code: str | None
    backup: list[dict[str, Any]] = Field(sa_type=JSONB, sa_column_kwargs={"server_default": text("'[]'")})
    """Where else it can be bought, by priority: supplier, supplier_code, cost_fen."""
    allow_loss: bool = Field(sa_column_kwargs={"server_default": text("false")})
    on_sale: bool
    digest: str
    paused_note: str | None
    """Off sale for now because every supplier that tells says it cannot be had; this is what they say."""


class SkuOfferRow(SQLModel, table=True):
    """What a supplier last said of a SKU: what it costs there and whether it can be had."""

    __tablename__ = "sku_offer"

    sku_code: str = Field(primary_key=True, foreign_key="sku.code")
    supplier: str = Field(primary_key=True)
    product_code: str = Field(primary_key=True)
    listed_fen: int | None = Field(sa_type=BigInteger)
    """The cost in the catalog when this was last looked at: a new one there is the owner's word, and starts afresh."""
    cost_fen: int | None = Field(sa_type=BigInteger)
    """What the shop reckons with."""
    said_fen: int | None = Field(sa_type=BigInteger)
    """What the supplier says; not reckoned with where it is too far from the above (`alert`)."""
    available: bool
    said: str
    alert: bool
    seen_at: datetime = Field(sa_type=_Moment)


class CatalogVersionRow(SQLModel, table=True):
    """Every content the catalog ever had, by the hash of it; the last row is what is on sale."""

    __tablename__ = "catalog_version"

    id: int | None = Field(default=None, primary_key=True)
    version: str
    skus: int
    imported_at: datetime = Field(sa_type=_Moment, sa_column_kwargs={"server_default": func.now()})


class KeyBatchRow(SQLModel, table=True):
    """One run of a key import: which file, and what became of its lines so far."""

    __tablename__ = "key_batch"

    id: int | None = Field(default=None, primary_key=True)
    sku_code: str = Field(foreign_key="sku.code", index=True)
    file_name: str
    imported: int
    duplicate: int
    invalid: int
    finished: bool
    """False for ever when the import was cut off; the batches it had committed stay."""
    unit_cost_fen: int | None = Field(default=None, sa_type=BigInteger)
    """What one key of it cost us, where it was said; else the SKU's cost counts."""
    started_at: datetime = Field(sa_type=_Moment, sa_column_kwargs={"server_default": func.now()})


class CardKeyRow(SQLModel, table=True):
    """One card key, encrypted. The checks tie its state to the order it belongs to."""

    __tablename__ = "card_key"
    __table_args__ = (
        CheckConstraint(
            "(state IN ('available', 'void') AND order_no IS NULL AND line_id IS NULL"
            "  AND held_at IS NULL AND sold_at IS NULL)"
            " OR (state = 'held' AND order_no IS NOT NULL AND held_at IS NOT NULL"
            "  AND line_id IS NULL AND sold_at IS NULL)"
            " OR (state = 'sold' AND order_no IS NOT NULL AND line_id IS NOT NULL AND sold_at IS NOT NULL)",
            name="card_key_state_fits_order",
        ),
        Index("card_key_available", "sku_code", "id", postgresql_where=text("state = 'available'")),
        Index("card_key_held", "sku_code", postgresql_where=text("state = 'held'")),
        Index("card_key_listed", "sku_code", "state", "id"),
        Index("card_key_order", "order_no", postgresql_where=text("order_no IS NOT NULL")),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    sku_code: str = Field(foreign_key="sku.code")
    secret_enc: bytes = Field(sa_type=LargeBinary)
    """Number and secret together; see catalog/vault.py."""
    secret_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    """Keyed, so that a stolen table does not let short keys be guessed."""
    state: str
    order_no: str | None
    line_id: int | None = Field(sa_type=BigInteger)
    batch_id: int = Field(foreign_key="key_batch.id", index=True)
    imported_at: datetime = Field(sa_type=_Moment, sa_column_kwargs={"server_default": func.now()})
    held_at: datetime | None = Field(sa_type=_Moment)
    sold_at: datetime | None = Field(sa_type=_Moment)


class KeyChangeRow(SQLModel, table=True):
    """What a person, or a rotation, did to a key that was not sold. Only ever added to."""

    __tablename__ = "key_change"
    __table_args__ = (CheckConstraint("what IN ('void', 'restore', 'move', 'replace')", name="key_change_known"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    card_key_id: int = Field(foreign_key="card_key.id", index=True, sa_type=BigInteger)
    what: str
    reason: str
    """Why; of a move, the SKU it came from and the one it went to."""
    actor: str
    changed_at: datetime = Field(sa_type=_Moment)


class KeySaleRow(SQLModel, table=True):
    """That a key was sold, for ever: the primary key is what makes a second sale impossible, whatever the code does."""

    __tablename__ = "key_sale"

    card_key_id: int = Field(primary_key=True, foreign_key="card_key.id", sa_type=BigInteger)
    line_id: int = Field(sa_type=BigInteger, index=True)
    order_no: str = Field(index=True)
    sold_at: datetime = Field(sa_type=_Moment)


class KeyReplacementRow(SQLModel, table=True):
    """That a sold key did not work and its line got another one, once."""

    __tablename__ = "key_replacement"

    old_key_id: int = Field(primary_key=True, foreign_key="card_key.id", sa_type=BigInteger)
    new_key_id: int = Field(unique=True, foreign_key="card_key.id", sa_type=BigInteger)
    line_id: int = Field(sa_type=BigInteger, index=True)
    replaced_at: datetime = Field(sa_type=_Moment)


class KeyShowingRow(SQLModel, table=True):
    """That a key was shown in clear, and where: the chat, the order page, the console."""

    __tablename__ = "key_showing"

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    card_key_id: int = Field(foreign_key="card_key.id", index=True, sa_type=BigInteger)
    place: str
    shown_at: datetime = Field(sa_type=_Moment)


_NEVER_RETURNS = Guard(
    "card_key_never_returns",
    (
        """
CREATE OR REPLACE FUNCTION card_key_never_returns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'sold' OR EXISTS (SELECT 1 FROM key_sale WHERE card_key_id = OLD.id)
       OR EXISTS (SELECT 1 FROM key_showing WHERE card_key_id = OLD.id) THEN
        RAISE EXCEPTION 'card key % was sold or shown and never returns to stock', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
""".strip(),
        "CREATE TRIGGER card_key_never_returns BEFORE UPDATE ON card_key FOR EACH ROW"
        " WHEN (NEW.state <> OLD.state AND (NEW.state = 'available' OR OLD.state = 'sold'))"
        " EXECUTE FUNCTION card_key_never_returns()",
    ),
)
guard(SQLModel.metadata.tables["card_key"], _NEVER_RETURNS)
for _name in ("key_change", "key_sale", "key_replacement", "key_showing"):
    guard(SQLModel.metadata.tables[_name], append_only(_name))
