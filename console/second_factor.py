"""The second factor of a login: codes by time (RFC 6238: SHA-1, 6 digits, 30 seconds), and codes for a lost phone."""

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime
from urllib.parse import quote

from sqlalchemy import Connection, text

from catalog.vault import CardSecret, Vault, VaultError
from console import passwords

STEP_S = 30
DRIFT = 1
"""Steps a phone's clock may be off, either way."""
SECRET_BYTES = 20
RECOVERY_CODES = 10
_SEALED_AS = "second factor"
_CODE = re.compile(r"\d{6}", re.ASCII)

_OF = text("SELECT totp, totp_step FROM operator WHERE id = :id")
# The step only ever grows: whoever reads a code over a shoulder has nothing of it.
_TAKE = text("UPDATE operator SET totp_step = :step WHERE id = :id AND totp_step < :step RETURNING id")
_TAKE_RECOVERY = text("DELETE FROM operator_recovery WHERE operator_id = :id AND code_hash = :hash RETURNING id")
_SET = text("UPDATE operator SET totp = :totp, totp_step = :step WHERE id = :id")
_DROP_RECOVERY = text("DELETE FROM operator_recovery WHERE operator_id = :id")
_ADD_RECOVERY = text("""
    INSERT INTO operator_recovery (operator_id, code_hash)
    SELECT :id, unnest(CAST(:hashes AS bytea[]))
""")
_LEFT = text("SELECT count(*) FROM operator_recovery WHERE operator_id = :id")


def new_secret() -> str:
    """A secret as authenticators take it: Base32."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def uri(secret: str, name: str, shop_name: str) -> str:
    """What the QR code says (Key Uri Format)."""
    issuer = quote(shop_name, safe="")
    return f"otpauth://totp/{issuer}:{quote(name, safe='')}?secret={secret}&issuer={issuer}&digits=6&period={STEP_S}"


def code_at(secret: str, step: int) -> str:
    """The code of one time step."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1)
    place = digest[-1] & 15
    number = int.from_bytes(digest[place : place + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def step_of(now: datetime) -> int:
    """The time step of a moment."""
    return int(now.timestamp()) // STEP_S


def fitting_step(secret: str, given: str, now: datetime) -> int | None:
    """The time step whose code this is, around now; None: it is no such code."""
    given = given.replace(" ", "")
    if not _CODE.fullmatch(given):
        return None
    found = None
    for step in range(step_of(now) - DRIFT, step_of(now) + DRIFT + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), given.encode()):
            found = step
    return found


def seal(vault: Vault, secret: str, operator_id: int) -> bytes:
    """The secret as it is kept, for one operator."""
    return vault.seal(CardSecret(secret), _SEALED_AS, operator_id)


def opened(vault: Vault, sealed: bytes, operator_id: int) -> str | None:
    """The secret again; None where it was not sealed for this operator, or under another key."""
    try:
        return vault.open(sealed, _SEALED_AS, operator_id).secret
    except VaultError:
        return None


def turn_on(conn: Connection, operator_id: int, sealed: bytes, step: int) -> tuple[str, ...]:
    """Ask for codes from now on (the one of `step` was just used); gives the recovery codes, kept nowhere else."""
    conn.execute(_SET, {"id": operator_id, "totp": sealed, "step": step})
    codes = tuple(passwords.generated() for _ in range(RECOVERY_CODES))
    conn.execute(_DROP_RECOVERY, {"id": operator_id})
    conn.execute(_ADD_RECOVERY, {"id": operator_id, "hashes": [_hash(code) for code in codes]})
    return codes


def turn_off(conn: Connection, operator_id: int) -> None:
    """The password is enough from now on."""
    conn.execute(_SET, {"id": operator_id, "totp": None, "step": 0})
    conn.execute(_DROP_RECOVERY, {"id": operator_id})


def is_on(conn: Connection, operator_id: int) -> bool:
    """Whether codes are asked for."""
    row = conn.execute(_OF, {"id": operator_id}).one_or_none()
    return row is not None and row.totp is not None


def recovery_left(conn: Connection, operator_id: int) -> int:
    """How many recovery codes are left."""
    return int(conn.execute(_LEFT, {"id": operator_id}).scalar_one())


def take(conn: Connection, vault: Vault, operator_id: int, given: str, now: datetime) -> bool:
    """Whether this code lets in, where one is asked for; it lets in once."""
    row = conn.execute(_OF, {"id": operator_id}).one_or_none()
    if row is None:
        return False
    if row.totp is None:
        return True
    secret = opened(vault, bytes(row.totp), operator_id)
    step = fitting_step(secret, given, now) if secret is not None else None
    if step is not None:
        return conn.execute(_TAKE, {"id": operator_id, "step": step}).one_or_none() is not None
    return conn.execute(_TAKE_RECOVERY, {"id": operator_id, "hash": _hash(given)}).one_or_none() is not None


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.strip().lower().encode()).digest()
