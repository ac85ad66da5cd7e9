"""The kinds of values that requests and answers are made of."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

_PRINTABLE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$"
FEN_MAX = 100_000_000_00


def _whole(given: object) -> object:
    """JSON has one kind of number: 100.0 is 100. Nothing else is converted."""
    return int(given) if isinstance(given, float) and given.is_integer() else given


WHOLE = BeforeValidator(_whole)
"""Goes last among annotations: limits after it would be missing in the description."""
Fen = Annotated[int, Field(ge=0, le=FEN_MAX, description="Fen: 100 are one yuan."), WHOLE]
"""Money, as it is asked for."""
SomeFen = Annotated[int, Field(ge=1, le=FEN_MAX), WHOLE]
"""Not nothing."""
Number = Annotated[int, Field(ge=1, le=2**53 - 1), WHOLE]
"""A row's number."""
OrderNo = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,32}$")]
SkuCode = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x20]+$")]
Reason = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]*[^\x00-\x20][^\x00-\x1f]*$")]
"""Shown to the buyer."""
Words = Annotated[str, Field(max_length=500, pattern=_PRINTABLE)]
SomeWords = Annotated[
    str,
    Field(
        min_length=1,
        max_length=500,
        pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*[^\x00-\x20][^\x00-\x08\x0b\x0c\x0e-\x1f]*$",
    ),
]
"""Not blank."""
Limit = Annotated[int, Field(ge=1, le=100)]
Cursor = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_.-]+$")]


def _rfc3339(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


Time = Annotated[datetime, PlainSerializer(_rfc3339, return_type=str, when_used="json")]


class Given(BaseModel):
    """What a client sends: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Told(BaseModel):
    """What a client is told."""


class Page(Told):
    """The end of a list."""

    next: str | None = Field(default=None, description="The cursor of the following page; null: this was the last.")
