"""Columns that every room's tables have."""

from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Identity, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field


def id_column() -> Any:
    """The primary key the database gives out."""
    return Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))


def time_column(*, nullable: bool = False) -> Any:
    """A point in time, with its zone."""
    return Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=nullable))


def text_column(default: str | None = None) -> Any:
    """Text that is there, if only empty; a default is the database's, too."""
    if default is None:
        return Field(sa_column=Column(Text, nullable=False))
    return Field(default=default, sa_column=Column(Text, nullable=False, server_default=default))


def object_column() -> Any:
    """A JSON object, empty unless said."""
    return Field(default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default=text("'{}'")))


def list_column() -> Any:
    """A JSON list, empty unless said."""
    return Field(default_factory=list, sa_column=Column(JSONB, nullable=False, server_default=text("'[]'")))
