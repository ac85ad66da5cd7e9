"""Tables of risk: the block and allow lists with their history, and the verdicts that were more than a pass."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from kernel.columns import id_column, text_column, time_column


class RiskList(SQLModel, table=True):
    """One entry of the lists. It is ended, never deleted: the rows are the history of who put what there."""

    __tablename__: ClassVar[Any] = "risk_list"
    __table_args__ = (
        CheckConstraint("kind IN ('buyer', 'account')", name="risk_list_kind_known"),
        CheckConstraint("listing IN ('block', 'allow')", name="risk_list_listing_known"),
        CheckConstraint("(ended_at IS NULL) = (ended_by = '')", name="risk_list_ended_by_someone"),
        # Somebody is on one list or on the other.
        Index("risk_list_one", "value_hash", unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    id: int | None = id_column()
    kind: str = text_column()
    value_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """Keyed: an openid or account is found again by whoever has it, and read by nobody."""
    shown: str = text_column()
    """The value, masked."""
    listing: str = text_column()
    why: str = text_column("")
    by: str = text_column()
    at: datetime = time_column()
    ended_at: datetime | None = time_column(nullable=True)
    ended_by: str = text_column("")


class RiskVerdict(SQLModel, table=True):
    """What was decided about an order that did not simply pass, and about one that was not placed for it."""

    __tablename__: ClassVar[Any] = "risk_verdict"
    __table_args__ = (
        CheckConstraint("outcome IN ('pass', 'ask', 'hold', 'refuse')", name="risk_verdict_outcome_known"),
        CheckConstraint("score BETWEEN 0 AND 100", name="risk_verdict_score_in_range"),
        Index("risk_verdict_of_order", "order_no", postgresql_where=text("order_no <> ''")),
        Index("risk_verdict_at", text("at DESC"), text("id DESC")),
        Index("risk_verdict_of_buyer", "openid"),
    )

    id: int | None = id_column()
    order_no: str = text_column("")
    """Empty: none was placed."""
    openid: str = text_column()
    total_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    outcome: str = text_column()
    score: int = Field(sa_column=Column(Integer, nullable=False))
    reasons: list[list[Any]] = Field(sa_column=Column(JSONB, nullable=False))
    """Reason and points, pair by pair."""
    at: datetime = time_column()
