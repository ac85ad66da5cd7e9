"""Tables of the edge itself: who follows the account, who asked for a person, what was spoken."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, DateTime, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class BuyerRow(SQLModel, table=True):
    """A person who follows, or followed, the account."""

    __tablename__ = "buyer"

    openid: str = Field(primary_key=True, max_length=64)
    subscribed: bool = True
    first_seen_at: datetime = Field(sa_type=DateTime(timezone=True))
    changed_at: datetime = Field(sa_type=DateTime(timezone=True))


class RawNoticeRow(SQLModel, table=True):
    """What WeChat Pay or a supplier reported, without accounts and secrets. Kept for 180 days."""

    __tablename__ = "raw_notice"
    __table_args__ = (
        UniqueConstraint("source", "number", name="raw_notice_once"),
        Index("raw_notice_about", "ref"),
        Index("raw_notice_received", "received_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    source: str
    """wechat_pay, or the supplier's name."""
    number: str
    """Its own, or a hash of what it says."""
    ref: str
    """The number of the payment (out_trade_no) or the purchase."""
    kind: str
    told: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    received_at: datetime = Field(sa_type=DateTime(timezone=True))


class BuyerDayRow(SQLModel, table=True):
    """A buyer wrote on this day of the shop's calendar. Rows are kept for 40 days."""

    __tablename__ = "buyer_day"
    __table_args__ = (Index("buyer_day_of", "openid"),)

    day: date = Field(primary_key=True)
    openid: str = Field(primary_key=True, max_length=64)


class LatestTalkRow(SQLModel, table=True):
    """A buyer who wrote lately. The number names his talk in addresses, where no openid belongs. Kept for a day."""

    __tablename__ = "latest_talk"
    __table_args__ = (Index("latest_talk_heard", "heard_at", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    openid: str = Field(max_length=64, unique=True)
    heard_at: datetime = Field(sa_type=DateTime(timezone=True))
    """To the minute: a buyer who writes much costs a row a minute."""


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
    heard_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    """When the buyer last wrote: WeChat's window for messages to him counts from it."""
    answered_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    """When a person first wrote to him."""
    assignee: str = Field(default="", max_length=32, sa_column_kwargs={"server_default": ""})
    """The operator whose talk it is; empty: whoever comes first."""
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    ended_by: str | None = Field(default=None, max_length=16)
    """buyer, operator or timeout."""
    pending: str = ""
    """The order that was being put together, in words."""
    question: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """What it is about, in one line: what he wrote last, and what the bot had asked him."""
    transferred: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    """WeChat's own customer service has the talk: what is said there does not reach us."""
    left_message: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    """Outside of working hours he left a message: answered first in the morning, and never ended by silence."""
    transcript: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    orders: list[str] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))


class VoiceRow(SQLModel, table=True):
    """A voice message that has to be transcribed, and what it was answered with. Rows are kept for three days."""

    __tablename__ = "voice"
    __table_args__ = (UniqueConstraint("openid", "message_key", name="voice_taken_once"),)

    id: int | None = Field(default=None, primary_key=True)
    openid: str = Field(max_length=64)
    message_key: str = Field(max_length=200)
    media_ids: list[str] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    """At WeChat, the best sound first."""
    talk: str = Field(max_length=64)
    """Digest of the talk as it stood when this was spoken: an answer to something said since is no answer."""
    taken_at: datetime = Field(sa_type=DateTime(timezone=True))
    done_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    answer: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB, nullable=True))
    """Words and references, never a card key; none when the bot had nothing to say."""


class OperatorWordRow(SQLModel, table=True):
    """What a person wrote to a buyer whose talk he has; it goes out through the outbox."""

    __tablename__ = "operator_word"

    id: int | None = Field(default=None, primary_key=True)
    openid: str = Field(max_length=64, index=True)
    words: str
    said_at: datetime = Field(sa_type=DateTime(timezone=True))


class RestockWishRow(SQLModel, table=True):
    """A buyer who wants to be told, once, when a sold-out SKU is there again. Rows are kept for 90 days."""

    __tablename__ = "restock_wish"
    __table_args__ = (
        Index("restock_wish_once", "openid", "sku_code", unique=True, postgresql_where=text("told_at IS NULL")),
        Index("restock_wish_open", "sku_code", "id", postgresql_where=text("told_at IS NULL")),
    )

    id: int | None = Field(default=None, primary_key=True)
    openid: str = Field(max_length=64)
    sku_code: str = Field(foreign_key="sku.code")
    asked_at: datetime = Field(sa_type=DateTime(timezone=True))
    told_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class ErasureRow(SQLModel, table=True):
    """A buyer who is to be forgotten: asked for, or he left. Once nothing is left of him, only his pseudonym stays."""

    __tablename__ = "erasure"
    __table_args__ = (
        Index("erasure_pending", "openid", unique=True, postgresql_where=text("done_at IS NULL")),
        Index("erasure_due", "due_at", postgresql_where=text("done_at IS NULL")),
        CheckConstraint("why IN ('asked', 'left')", name="erasure_why_known"),
    )

    id: int | None = Field(default=None, primary_key=True)
    openid: str = Field(max_length=64)
    pseudonym: str = Field(max_length=64)
    asked_at: datetime = Field(sa_type=DateTime(timezone=True))
    """What there was until then is forgotten; he may come back."""
    why: str = Field(max_length=16)
    due_at: datetime = Field(sa_type=DateTime(timezone=True))
    """When there may be more to forget: what was bought is kept for years."""
    done_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class MisheardRow(SQLModel, table=True):
    """A message that was not understood or was corrected at once, without accounts. Rows are kept for 30 days."""

    __tablename__ = "misheard"

    id: int | None = Field(default=None, primary_key=True)
    heard_at: datetime = Field(sa_type=DateTime(timezone=True), index=True)
    buyer: str = Field(max_length=16)
    """A pseudonym, no openid."""
    words: str = Field(max_length=200)
    intent: str = Field(max_length=16)
    followed_by: str = Field(default="", max_length=16)
