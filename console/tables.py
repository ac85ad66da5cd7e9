"""Tables of the console: operators, their sessions, tries to log in, and what each operator did."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from kernel.columns import id_column, object_column, text_column, time_column
from kernel.guards import append_only, guard


class OperatorRow(SQLModel, table=True):
    """Somebody who works in the shop."""

    __tablename__: ClassVar[Any] = "operator"
    __table_args__ = (
        CheckConstraint("role IN ('owner', 'manager', 'support', 'finance', 'readonly')", name="operator_role_known"),
    )

    id: int | None = id_column()
    name: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    password: str = text_column()
    """scrypt, with its parameters and salt; see passwords.py."""
    role: str = text_column()
    totp: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    """The secret of his second factor, sealed; none: the password is enough."""
    totp_step: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default=text("0")))
    """The last time step a code was taken for: each code works once."""
    active: bool = Field(default=True, sa_column=Column(Boolean, nullable=False, server_default=text("true")))
    made_at: datetime = time_column()


class OperatorSession(SQLModel, table=True):
    """One browser that is logged in. Deleting the row logs it out."""

    __tablename__: ClassVar[Any] = "operator_session"

    id: int | None = id_column()
    token_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    """SHA-256 of what the cookie holds: who reads the table can log in as nobody."""
    operator_id: int = Field(sa_column=Column(BigInteger, ForeignKey("operator.id"), nullable=False, index=True))
    begun_at: datetime = time_column()
    last_seen_at: datetime = time_column()
    address: str = text_column()
    browser: str = text_column()


class OperatorRecovery(SQLModel, table=True):
    """A code that stands for the second factor once. Using it deletes the row."""

    __tablename__: ClassVar[Any] = "operator_recovery"

    id: int | None = id_column()
    operator_id: int = Field(sa_column=Column(BigInteger, ForeignKey("operator.id"), nullable=False, index=True))
    code_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    """SHA-256: a code has 80 random bits, there is nothing to guess."""


class LoginTry(SQLModel, table=True):
    """A try to log in that has not succeeded (yet). Rows are kept for as long as they count."""

    __tablename__: ClassVar[Any] = "login_try"
    __table_args__ = (Index("login_try_of", "key", "at"), Index("login_try_at", "at"))

    id: int | None = id_column()
    key: str = text_column()
    """What it counts against: a name, an address, or both; hashed."""
    at: datetime = time_column()


class OperatorAction(SQLModel, table=True):
    """What an operator did in the console. Only ever added to."""

    __tablename__: ClassVar[Any] = "operator_action"
    __table_args__ = (Index("operator_action_about", "about"),)

    id: int | None = id_column()
    at: datetime = time_column()
    operator: str = text_column()
    address: str = text_column()
    what: str = text_column()
    about: str = text_column()
    """`line:12`, `case:3`, `talk:7`, `operator:anna`; never an openid, since rows stay for ever."""
    before: dict[str, Any] = object_column()
    after: dict[str, Any] = object_column()


class KeyUpload(SQLModel, table=True):
    """Card keys that were looked at and wait for the word to import them. Sealed, and kept for an hour at most."""

    __tablename__: ClassVar[Any] = "key_upload"

    id: int | None = id_column()
    operator_id: int = Field(sa_column=Column(BigInteger, ForeignKey("operator.id"), nullable=False, index=True))
    sku_code: str = text_column()
    file_name: str = text_column()
    has_header: bool = Field(sa_column=Column(Boolean, nullable=False))
    unit_cost_fen: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    report: dict[str, Any] = object_column()
    made_at: datetime = time_column()


class ConsoleRun(SQLModel, table=True):
    """A file of keys or a catalog that is worked on, how far it has come, and what became of it."""

    __tablename__: ClassVar[Any] = "console_run"
    __table_args__ = (CheckConstraint("state IN ('waiting', 'running', 'done', 'refused')", name="console_run_state"),)

    id: int | None = id_column()
    operator_id: int = Field(sa_column=Column(BigInteger, ForeignKey("operator.id"), nullable=False, index=True))
    kind: str = text_column()
    """keys or catalog."""
    about: str = text_column()
    """For keys their SKU."""
    file_name: str = text_column()
    state: str = text_column()
    stage: str = text_column()
    done: int = Field(sa_column=Column(BigInteger, nullable=False, server_default=text("0")))
    total: int = Field(sa_column=Column(BigInteger, nullable=False))
    """Lines of keys, or steps with a catalog."""
    batch_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    given: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    """What came: keys sealed, and afterwards their bad lines alone."""
    outcome: dict[str, Any] = object_column()
    made_at: datetime = time_column()
    ended_at: datetime | None = time_column(nullable=True)


class CatalogDraft(SQLModel, table=True):
    """The catalog as an operator would have it, not saved yet; one an operator."""

    __tablename__: ClassVar[Any] = "catalog_draft"

    operator_id: int = Field(sa_column=Column(BigInteger, ForeignKey("operator.id"), primary_key=True))
    base: str = text_column()
    """The version it was begun from."""
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """A catalog file, compressed."""
    changed_at: datetime = time_column()


class CatalogSnapshot(SQLModel, table=True):
    """The catalog as it was before somebody saved another one: what an undo goes back to."""

    __tablename__: ClassVar[Any] = "catalog_snapshot"

    id: int | None = id_column()
    version: str = text_column()
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    saved_by: str = text_column()
    saved_at: datetime = time_column()


class DifferenceDone(SQLModel, table=True):
    """That somebody has dealt with a difference between our books and others'."""

    __tablename__: ClassVar[Any] = "difference_done"
    __table_args__ = (UniqueConstraint("kind", "ref", name="difference_done_once"),)

    id: int | None = id_column()
    kind: str = text_column()
    """bill, supplier or ledger."""
    ref: int = Field(sa_column=Column(BigInteger, nullable=False))
    note: str = text_column()
    operator: str = text_column()
    done_at: datetime = time_column()


class MenuVersion(SQLModel, table=True):
    """The account's menu as an operator made it; the last row is what is published next."""

    __tablename__: ClassVar[Any] = "menu_version"

    id: int | None = id_column()
    buttons: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    saved_by: str = text_column()
    saved_at: datetime = time_column()
    published_at: datetime | None = time_column(nullable=True)


class BuyerNote(SQLModel, table=True):
    """What operators note about a buyer, for each other. Goes when the buyer is forgotten."""

    __tablename__: ClassVar[Any] = "buyer_note"
    __table_args__ = (Index("buyer_note_of", "openid", "id"),)

    id: int | None = id_column()
    openid: str = text_column()
    order_no: str = text_column()
    """The order it is about; empty: the buyer himself."""
    words: str = text_column()
    by: str = text_column()
    at: datetime = time_column()


class CannedReply(SQLModel, table=True):
    """An answer written beforehand, with fields in braces that the buyer's own orders fill."""

    __tablename__: ClassVar[Any] = "canned_reply"

    id: int | None = id_column()
    title: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    words: str = text_column()
    by: str = text_column()
    changed_at: datetime = time_column()


guard(SQLModel.metadata.tables["operator_action"], append_only("operator_action"))
