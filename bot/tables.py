"""Tables of the edge itself: who follows the account, and who asked for a person."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, DateTime, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class BuyerRow(SQLModel, table=True):
    """A person who follows, or followed, the account."""

    __tablename__ = "buyer"

    openid: str = Field(primary_key=True, max_length=64)
    subscribed: bool = True
    first_seen_at: datetime = Field(sa_type=DateTime(timezone=True))
    changed_at: datetime = Field(sa_type=DateTime(timezone=True))


class HandoffRow(SQLModel, table=True):
    """One talk with a person: what he needs to know to take over, and when it began and ended."""

    __tablename__ = "handoff"
    __table_args__ = (
        # A buyer has at most one open handoff, however often he asks.
        Index("handoff_one_open", "openid", unique=True, postgresql_where=text("ended_at IS NULL")),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="handoff_ended_by_someone"),
    )

    id: int | None = Field(default=None, primary_key=True)
    openid: str = Field(max_length=64)
    reason: str = Field(max_length=16)
    opened_at: datetime = Field(sa_type=DateTime(timezone=True))
    last_heard_at: datetime = Field(sa_type=DateTime(timezone=True))
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    ended_by: str | None = Field(default=None, max_length=16)
    """buyer, operator or timeout."""
    pending: str = ""
    """The order that was being put together, in words."""
    transcript: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    orders: list[str] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
