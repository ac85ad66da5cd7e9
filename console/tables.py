"""Tables of the console: operators, their sessions, tries to log in, and what each operator did."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from kernel.guards import append_only, guard


def _id() -> Any:
    return Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))


def _time(*, nullable: bool = False) -> Any:
    return Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=nullable))


def _text() -> Any:
    return Field(sa_column=Column(Text, nullable=False))


def _json() -> Any:
    return Field(default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default=text("'{}'")))


class OperatorRow(SQLModel, table=True):
    """Somebody who works in the shop."""

    __tablename__: ClassVar[Any] = "operator"
    __table_args__ = (
        CheckConstraint("role IN ('owner', 'manager', 'support', 'finance', 'readonly')", name="operator_role_known"),
    )

    id: int | None = _id()
    name: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    password: str = _text()
    """scrypt, with its parameters and salt; see passwords.py."""
    role: str = _text()
    totp: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    """The secret of his second factor, sealed; none: the password is enough."""
    totp_step: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default=text("0")))
    """The last time step a code was taken for: each code works once."""
    active: bool = Field(default=True, sa_column=Column(Boolean, nullable=False, server_default=text("true")))
    made_at: datetime = _time()


class OperatorSession(SQLModel, table=True):
    """One browser that is logged in. Deleting the row logs it out."""

    __tablename__: ClassVar[Any] = "operator_session"

    id: int | None = _id()
    token_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    """SHA-256 of what the cookie holds: who reads the table can log in as nobody."""
    operator_id: int = Field(sa_column=Column(BigInteger, ForeignKey("operator.id"), nullable=False, index=True))
    begun_at: datetime = _time()
    last_seen_at: datetime = _time()
    address: str = _text()
    browser: str = _text()


class OperatorRecovery(SQLModel, table=True):
    """A code that stands for the second factor once. Using it deletes the row."""

    __tablename__: ClassVar[Any] = "operator_recovery"

    id: int | None = _id()
    operator_id: int = Field(sa_column=Column(BigInteger, ForeignKey("operator.id"), nullable=False, index=True))
    code_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    """SHA-256: a code has 80 random bits, there is nothing to guess."""


class LoginTry(SQLModel, table=True):
    """A try to log in that has not succeeded (yet). Rows are kept for as long as they count."""

    __tablename__: ClassVar[Any] = "login_try"
    __table_args__ = (Index("login_try_of", "key", "at"), Index("login_try_at", "at"))

    id: int | None = _id()
    key: str = _text()
    """What it counts against: a name, an address, or both; hashed."""
    at: datetime = _time()


class OperatorAction(SQLModel, table=True):
    """What an operator did in the console. Only ever added to."""

    __tablename__: ClassVar[Any] = "operator_action"
    __table_args__ = (Index("operator_action_about", "about"),)

    id: int | None = _id()
    at: datetime = _time()
    operator: str = _text()
    address: str = _text()
    what: str = _text()
    about: str = _text()
    """`line:12`, `case:3`, `talk:7`, `operator:anna`; never an openid, since rows stay for ever."""
    before: dict[str, Any] = _json()
    after: dict[str, Any] = _json()


class KeyUpload(SQLModel, table=True):
    """Card keys that were looked at and wait for the word to import them. Sealed, and kept for an hour at most."""

    __tablename__: ClassVar[Any] = "key_upload"

    id: int | None = _id()
    operator_id: int = Field(sa_column=Column(BigInteger, ForeignKey("operator.id"), nullable=False, index=True))
    sku_code: str = _text()
    file_name: str = _text()
    has_header: bool = Field(sa_column=Column(Boolean, nullable=False))
    unit_cost_fen: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    report: dict[str, Any] = _json()
    made_at: datetime = _time()


class ConsoleRun(SQLModel, table=True):
    """A file of keys or a catalog that is worked on, how far it has come, and what became of it."""

    __tablename__: ClassVar[Any] = "console_run"
    __table_args__ = (CheckConstraint("state IN ('waiting', 'running', 'done', 'refused')", name="console_run_state"),)

    id: int | None = _id()
    operator_id: int = Field(sa_column=Column(BigInteger, ForeignKey("operator.id"), nullable=False, index=True))
    kind: str = _text()
    """keys or catalog."""
    about: str = _text()
    """For keys their SKU."""
    file_name: str = _text()
    state: str = _text()
    stage: str = _text()
    done: int = Field(sa_column=Column(BigInteger, nullable=False, server_default=text("0")))
    total: int = Field(sa_column=Column(BigInteger, nullable=False))
    """Lines of keys, or steps with a catalog."""
    batch_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    given: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    """What came: keys sealed, and afterwards their bad lines alone."""
    outcome: dict[str, Any] = _json()
    made_at: datetime = _time()
    ended_at: datetime | None = _time(nullable=True)


class CatalogDraft(SQLModel, table=True):
    """The catalog as an operator would have it, not saved yet; one an operator."""

    __tablename__: ClassVar[Any] = "catalog_draft"

    operator_id: int = Field(sa_column=Column(BigInteger, ForeignKey("operator.id"), primary_key=True))
    base: str = _text()
    """The version it was begun from."""
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """A catalog file, compressed."""
    changed_at: datetime = _time()


class CatalogSnapshot(SQLModel, table=True):
    """The catalog as it was before somebody saved another one: what an undo goes back to."""

    __tablename__: ClassVar[Any] = "catalog_snapshot"

    id: int | None = _id()
    version: str = _text()
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    saved_by: str = _text()
    saved_at: datetime = _time()


class DifferenceDone(SQLModel, table=True):
    """That somebody has dealt with a difference between our books and others'."""

    __tablename__: ClassVar[Any] = "difference_done"
    __table_args__ = (UniqueConstraint("kind", "ref", name="difference_done_once"),)

    id: int | None = _id()
    kind: str = _text()
    """bill, supplier or ledger."""
    ref: int = Field(sa_column=Column(BigInteger, nullable=False))
    note: str = _text()
    operator: str = _text()
    done_at: datetime = _time()


class MenuVersion(SQLModel, table=True):
    """The account's menu as an operator made it; the last row is what is published next."""

    __tablename__: ClassVar[Any] = "menu_version"

    id: int | None = _id()
    buttons: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    saved_by: str = _text()
    saved_at: datetime = _time()
    published_at: datetime | None = _time(nullable=True)


class BuyerNote(SQLModel, table=True):
    """What operators note about a buyer, for each other. Goes when the buyer is forgotten."""

    __tablename__: ClassVar[Any] = "buyer_note"
    __table_args__ = (Index("buyer_note_of", "openid", "id"),)

    id: int | None = _id()
    openid: str = _text()
    order_no: str = _text()
    """The order it is about; empty: the buyer himself."""
    words: str = _text()
    by: str = _text()
    at: datetime = _time()


class CannedReply(SQLModel, table=True):
    """An answer written beforehand, with fields in braces that the buyer's own orders fill."""

    __tablename__: ClassVar[Any] = "canned_reply"

    id: int | None = _id()
    title: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    words: str = _text()
    by: str = _text()
    changed_at: datetime = _time()


guard(SQLModel.metadata.tables["operator_action"], append_only("operator_action"))
