"""Passwords as they are kept: scrypt (RFC 7914) with a salt, and its parameters beside the result."""

import base64
import hashlib
import hmac
import secrets
from functools import cache
from threading import BoundedSemaphore

LENGTH_MIN = 10
LENGTH_MAX = 200
_N, _R, _P = 2**15, 8, 1
_BYTES_MAX = 64 * 2**20
# One takes 32 MB and a tenth of a second: strangers who try many at once must not take the machine.
_AT_ONCE = BoundedSemaphore(2)


def hashed(password: str) -> str:
    """What is kept of a password. Raises ValueError for one that is too short or too long."""
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        raise ValueError(f"a password has {LENGTH_MIN} to {LENGTH_MAX} characters")
    salt = secrets.token_bytes(16)
    return f"scrypt:{_N}:{_R}:{_P}:{_text(salt)}:{_text(_scrypt(password, salt, _N, _R, _P))}"


def fits(password: str, kept: str) -> bool:
    """Whether this is the password, in constant time."""
    _, n, r, p, salt, result = kept.split(":")
    found = _scrypt(password[: LENGTH_MAX + 1], base64.b64decode(salt), int(n), int(r), int(p))
    return hmac.compare_digest(found, base64.b64decode(result))


@cache
def nobodys() -> str:
    """What to compare with where there is no such operator, so that an answer takes as long as for one there is."""
    return hashed(secrets.token_urlsafe(24))


def generated() -> str:
    """A password nobody guesses: 16 characters, 80 bits, easily typed."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    with _AT_ONCE:
        return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=_BYTES_MAX, dklen=32)


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
