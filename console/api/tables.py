"""Tables of the REST interface: keys, answers kept for repeated requests, webhooks and what was sent to them."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

import fulfillment.tables  # noqa: F401 - the triggers below stand on its tables
from kernel.columns import id_column, list_column, text_column, time_column
from kernel.guards import Guard, guard


def _whole(default: int | None = None) -> Any:
    if default is None:
        return Field(sa_column=Column(Integer, nullable=False))
    return Field(default=default, sa_column=Column(Integer, nullable=False, server_default=text(str(default))))


class ApiKeyRow(SQLModel, table=True):
    """A key of the REST interface. What was shown once is kept nowhere: only its hash."""

    __tablename__: ClassVar[Any] = "api_key"

    id: int | None = id_column()
    name: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    prefix: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    """The beginning of the key, by which it is looked up and told from others."""
    secret_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """SHA-256 of the whole key: of 256 random bits there is nothing to guess."""
    scopes: list[str] = list_column()
    per_minute: int = _whole()
    made_at: datetime = time_column()
    expires_at: datetime | None = time_column(nullable=True)
    off_at: datetime | None = time_column(nullable=True)
    last_used_at: datetime | None = time_column(nullable=True)
    """To the minute."""


class ApiAnswer(SQLModel, table=True):
    """A request that is being worked on or was answered: sent again under its key it gets the same answer. One day."""

    __tablename__: ClassVar[Any] = "api_answer"
    __table_args__ = (
        UniqueConstraint("api_key_id", "key", name="api_answer_once"),
        CheckConstraint("(status IS NULL) = (body IS NULL)", name="api_answer_whole"),
        Index("api_answer_at", "at"),
    )

    id: int | None = id_column()
    api_key_id: int = Field(sa_column=Column(BigInteger, ForeignKey("api_key.id"), nullable=False))
    key: str = text_column()
    """What the client called it: Idempotency-Key."""
    request_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    claim: str = text_column()
    """Who is working on it: an answer is written only by whoever still has the claim."""
    at: datetime = time_column()
    claimed_at: datetime = time_column()
    status: int | None = Field(default=None, sa_column=Column(Integer, nullable=True))
    body: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    """Written in the transaction of the effect: there is no effect without it, nor it without the effect."""


class WebhookEndpoint(SQLModel, table=True):
    """An address that is told what happens in the shop."""

    __tablename__: ClassVar[Any] = "webhook_endpoint"

    id: int | None = id_column()
    url: str = text_column()
    events: list[str] = list_column()
    """What it is told of; empty: everything."""
    secret_enc: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """Signs what is sent; sealed under the app secret."""
    note: str = text_column("")
    active: bool = Field(default=True, sa_column=Column(Boolean, nullable=False, server_default=text("true")))
    off_reason: str = text_column("")
    made_at: datetime = time_column()
    failures: int = _whole(0)
    """In a row, since it last took something."""
    paused_until: datetime | None = time_column(nullable=True)
    last_ok_at: datetime | None = time_column(nullable=True)


class WebhookDelivery(SQLModel, table=True):
    """One thing that happened, for one endpoint. There from the transaction in which it happened."""

    __tablename__: ClassVar[Any] = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "source", "source_id", name="webhook_delivery_once"),
        CheckConstraint("state IN ('waiting', 'sending', 'delivered', 'failed')", name="webhook_delivery_state_known"),
        Index("webhook_delivery_open", "endpoint_id", "id", postgresql_where=text("state IN ('waiting', 'sending')")),
        Index("webhook_delivery_of", "endpoint_id", text("id DESC")),
    )

    id: int | None = id_column()
    endpoint_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    """No foreign key: an endpoint removed at this moment must not make an order's transaction fail, nor wait."""
    source: str = text_column()
    """Which history it stands in: order, case or test."""
    source_id: int = Field(sa_column=Column(BigInteger, nullable=False))
    type: str = text_column()
    order_no: str = text_column("")
    line_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    case_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    happened_at: datetime = time_column()
    state: str = text_column("waiting")
    attempts: int = _whole(0)
    next_try_at: datetime = time_column()
    """While sending: when whoever sends it is taken for dead."""
    first_try_at: datetime | None = time_column(nullable=True)
    """It is given up a day after; sent again by a person it begins anew."""
    last_at: datetime | None = time_column(nullable=True)
    last_status: int | None = Field(default=None, sa_column=Column(Integer, nullable=True))
    last_problem: str = text_column("")
    delivered_at: datetime | None = time_column(nullable=True)


_QUEUE = """
    INSERT INTO webhook_delivery
        (endpoint_id, source, source_id, type, order_no, line_id, case_id, happened_at, next_try_at)
    SELECT e.id, {source}, NEW.id, told.type, {order_no}, {line_id}, {case_id}, NEW.at, NEW.at
    FROM webhook_endpoint e, (SELECT {type} AS type) told
    WHERE e.active AND told.type IS NOT NULL AND (e.events = '[]' OR e.events ? told.type)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
"""
_ORDER_TYPE = """CASE
        WHEN NEW.from_state = NEW.to_state THEN NULL
        WHEN NEW.line_id IS NOT NULL THEN
            CASE WHEN NEW.to_state IN ('delivered', 'refunding', 'refunded', 'attention')
                 THEN 'line.' || NEW.to_state END
        WHEN NEW.to_state = 'unpaid' THEN 'order.placed'
        WHEN NEW.to_state = 'paid' AND NEW.from_state IN ('delivered', 'refunded') THEN 'order.reopened'
        ELSE 'order.' || NEW.to_state END"""
_CASE_TYPE = "CASE WHEN NEW.what IN ('opened', 'answered', 'closed', 'overdue') THEN 'case.' || NEW.what END"


def _outbox(table: str, **parts: str) -> Guard:
    """An outbox that no code path can forget: written by the row of history itself."""
    name = f"{table}_to_webhooks"
    body = _QUEUE.format(**parts)
    return Guard(
        name,
        (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN{body}END $$",
            f"CREATE TRIGGER {name} AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
        ),
    )


_NO_NUMBER = "CAST(NULL AS bigint)"
guard(
    SQLModel.metadata.tables["order_event"],
    _outbox(
        "order_event",
        source="'order'",
        order_no="NEW.order_no",
        line_id="NEW.line_id",
        case_id=_NO_NUMBER,
        type=_ORDER_TYPE,
    ),
)
guard(
    SQLModel.metadata.tables["case_event"],
    _outbox(
        "case_event",
        source="'case'",
        order_no="(SELECT order_no FROM support_case c WHERE c.id = NEW.case_id)",
        line_id=_NO_NUMBER,
        case_id="NEW.case_id",
        type=_CASE_TYPE,
    ),
)

EVENT_TYPES = (
    *("order.placed", "order.paid", "order.delivered", "order.refunded", "order.cancelled", "order.expired"),
    *("order.reopened", "line.delivered", "line.refunding", "line.refunded", "line.attention"),
    *("case.opened", "case.answered", "case.closed", "case.overdue"),
)
"""What webhooks are told of. `kabot.test` is sent on request alone."""
