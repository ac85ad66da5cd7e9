"""Requests that are sent again: the first is worked on, every other gets its answer. Kept for a day."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, text

KEPT = timedelta(hours=24)
LEASE = timedelta(minutes=2)
"""Whoever has worked on a request for so long is taken for dead; what he writes after that is refused."""

_CLAIM = text("""
    INSERT INTO api_answer (api_key_id, key, request_hash, claim, at, claimed_at)
    VALUES (:api_key_id, :key, :request_hash, :claim, :now, :now)
    ON CONFLICT (api_key_id, key) DO NOTHING RETURNING id
""")
_THERE = text("""
    SELECT id, request_hash, at, claimed_at, status, body FROM api_answer
    WHERE api_key_id = :api_key_id AND key = :key FOR UPDATE
""")
_TAKE_OVER = text("""
    UPDATE api_answer SET request_hash = :request_hash, claim = :claim, claimed_at = :now, at = :at,
        status = NULL, body = NULL
    WHERE id = :id
""")
_KEEP = text("""
    UPDATE api_answer SET status = :status, body = :body WHERE id = :id AND claim = :claim AND status IS NULL
""")
_LET_GO = text("DELETE FROM api_answer WHERE id = :id AND claim = :claim AND status IS NULL")
_FORGET = text("DELETE FROM api_answer WHERE at < :before")


class ClaimLostError(Exception):
    """Another process has taken the request over: what this one did must roll back."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a request and to answer it."""

    id: int
    claim: str

    def keep(self, conn: Connection, status: int, body: str) -> None:
        """Write the answer in the transaction of the effect. Raises ClaimLostError."""
        values = {"id": self.id, "claim": self.claim, "status": status, "body": body}
        if conn.execute(_KEEP, values).rowcount != 1:
            raise ClaimLostError

    def let_go(self, engine: Engine) -> None:
        """Nothing was done: the same request may be sent again. Changes nothing once there is an answer."""
        with engine.begin() as conn:
            conn.execute(_LET_GO, {"id": self.id, "claim": self.claim})


@dataclass(frozen=True, slots=True)
class Again:
    """It was answered already."""

    status: int
    body: str


@dataclass(frozen=True, slots=True)
class Busy:
    """It is being worked on."""


@dataclass(frozen=True, slots=True)
class OtherRequest:
    """The client has used the key for something else."""


def sha256_of(method: str, path: str, body: bytes) -> bytes:
    """What makes two requests the same."""
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).digest()


def begin(
    engine: Engine, api_key_id: int, key: str, request_hash: bytes, now: datetime
) -> Claim | Again | Busy | OtherRequest:
    """Claim a request, or say what became of it. The unique constraint decides between two at once."""
    claim = secrets.token_hex(16)
    values = {"api_key_id": api_key_id, "key": key, "request_hash": request_hash, "claim": claim, "now": now}
    with engine.begin() as conn:
        number = conn.execute(_CLAIM, values).scalar_one_or_none()
        if number is not None:
            return Claim(number, claim)
        row = conn.execute(_THERE, {"api_key_id": api_key_id, "key": key}).one_or_none()
        if row is None:
            return Busy()  # it was let go between the two statements: whoever asks again gets through
        if row.at > now - KEPT:
            if row.request_hash != request_hash:
                return OtherRequest()
            if row.status is not None:
                return Again(row.status, row.body)
            if row.claimed_at > now - LEASE:
                return Busy()
        at = row.at if row.at > now - KEPT else now
        taken = {"id": row.id, "request_hash": request_hash, "claim": claim, "now": now, "at": at}
        conn.execute(_TAKE_OVER, taken)
        return Claim(row.id, claim)


def forget_old(conn: Connection, now: datetime) -> int:
    """Delete the answers whose day is over, and say how many."""
    return conn.execute(_FORGET, {"before": now - KEPT}).rowcount
