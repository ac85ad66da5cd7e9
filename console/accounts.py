"""Operators and their sessions: added, logged in with a limit on guesses, recognised, logged out."""

import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, Row, TextClause, text

from console import passwords
from console.roles import Role

TRIES_WITHIN = timedelta(minutes=15)
TRIES_MAX = 5
"""For one name from one address."""
TRIES_OF_ADDRESS_MAX = 20
TRIES_OF_NAME_MAX = 30
"""From wherever: more than five, or a stranger could lock the owner out with five guesses."""
NAME_MAX = 32
_SEEN_EVERY = timedelta(minutes=1)
_NAME = re.compile(r"[\w.@-]{1,32}")

Second = Callable[[Connection, int], bool]
"""Whether the code that was given is one of this operator's; in the transaction that begins his session."""

_ADD = text("""
    INSERT INTO operator (name, password, role, made_at) VALUES (:name, :password, :role, :now)
    ON CONFLICT (name) DO NOTHING RETURNING id
""")
_FIRST = text("""
    INSERT INTO operator (name, password, role, made_at)
    SELECT :name, :password, 'owner', :now WHERE NOT EXISTS (SELECT 1 FROM operator)
    ON CONFLICT (name) DO NOTHING RETURNING id
""")
_ANY = text("SELECT EXISTS (SELECT 1 FROM operator)")
_BY_NAME = text("""
    SELECT id, name, password, role, totp IS NOT NULL AS has_second FROM operator WHERE name = :name AND active
""")
_LIST = text("SELECT id, name, role, active FROM operator ORDER BY id")
_SET_PASSWORD = text("UPDATE operator SET password = :password, active = true WHERE name = :name RETURNING id")
_SET_ROLE = text("UPDATE operator SET role = :role WHERE name = :name RETURNING id")
_LOCK_OWNERS = text("SELECT id FROM operator WHERE role = 'owner' AND active ORDER BY id FOR UPDATE")
_PEOPLE = text("""
    SELECT o.id, o.name, o.role, o.active, o.totp IS NOT NULL AS has_second, o.made_at,
           (SELECT max(last_seen_at) FROM operator_session s WHERE s.operator_id = o.id) AS last_seen_at
    FROM operator o ORDER BY o.active DESC, o.id
""")
_PASSWORD_OF = text("SELECT password FROM operator WHERE id = :id")
_CHANGE_OWN = text("UPDATE operator SET password = :password WHERE id = :id")
_END_OTHERS = text("DELETE FROM operator_session WHERE operator_id = :id AND id <> :session_id")
_SET_ACTIVE = text("UPDATE operator SET active = false WHERE name = :name RETURNING id")
_END_ALL = text("DELETE FROM operator_session WHERE operator_id = :id")
_LOCK_KEY = text("SELECT pg_advisory_xact_lock(7365, hashtext(:key))")
_TRIED = text("SELECT count(*) FROM login_try WHERE key = :key AND at > :since")
_TRY = text("INSERT INTO login_try (key, at) VALUES (:key, :now)")
_FORGET_OLD = text("DELETE FROM login_try WHERE at <= :since")
_FORGET = text("DELETE FROM login_try WHERE key = ANY(:keys)")
# Of an address this try alone: whoever knows one password is not to guess at others for ever.
_TAKE_BACK = text("""
    DELETE FROM login_try WHERE id = (SELECT max(id) FROM login_try WHERE key = :key AND at = :now)
""")
_BEGIN = text("""
    INSERT INTO operator_session (token_hash, operator_id, begun_at, last_seen_at, address, browser)
    VALUES (:token_hash, :operator_id, :now, :now, :address, :browser)
""")
_WHO = text("""
    SELECT s.id AS session_id, s.last_seen_at, o.id, o.name, o.role
    FROM operator_session s JOIN operator o ON o.id = s.operator_id
    WHERE s.token_hash = :token_hash AND o.active AND s.begun_at > :begun_after AND s.last_seen_at > :seen_after
""")
_SEEN = text("UPDATE operator_session SET last_seen_at = :now WHERE id = :id")
_OVER = text("DELETE FROM operator_session WHERE begun_at <= :begun_after OR last_seen_at <= :seen_after")
_END = text("DELETE FROM operator_session WHERE id = :id AND operator_id = :operator_id")
_SESSIONS = text("""
    SELECT id, begun_at, last_seen_at, address, browser FROM operator_session
    WHERE operator_id = :operator_id ORDER BY last_seen_at DESC LIMIT 50
""")


@dataclass(frozen=True, slots=True)
class SessionLife:
    """How long a login lasts: at all, and without a sign of life."""

    whole: timedelta
    idle: timedelta


@dataclass(frozen=True, slots=True)
class Operator:
    """Who is logged in, and by which session."""

    id: int
    name: str
    role: Role
    session_id: int = 0


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The token is for the cookie and kept nowhere else."""

    operator: Operator
    token: str


@dataclass(frozen=True, slots=True)
class WrongLogin:
    """No such operator, not his password, or no code of his: which of them is nobody's business."""


@dataclass(frozen=True, slots=True)
class Locked:
    """Too many guesses; even the right password is refused for a while."""


@dataclass(frozen=True, slots=True)
class Session:
    """One of an operator's logins."""

    id: int
    begun_at: datetime
    last_seen_at: datetime
    address: str
    browser: str


def is_name(name: str) -> bool:
    """Whether an operator can be called this: 1 to 32 letters (Chinese too), digits and . _ - @"""
    return _NAME.fullmatch(name) is not None


def add(conn: Connection, name: str, password: str, role: Role, now: datetime) -> bool:
    """Add an operator; False when the name is taken. Raises ValueError for a bad name or password."""
    return _added(conn, _ADD, name, password, now, role=role.value)


def add_first(conn: Connection, name: str, password: str, now: datetime) -> bool:
    """Add the owner, where there is no operator yet. Raises ValueError for a bad name or password."""
    if conn.execute(_ANY).scalar_one():
        return False
    return _added(conn, _FIRST, name, password, now)


def _added(conn: Connection, statement: TextClause, name: str, password: str, now: datetime, **more: str) -> bool:
    if not is_name(name):
        raise ValueError(f"a name has 1 to {NAME_MAX} letters, digits and . _ - @")
    values = {"name": name, "password": passwords.hashed(password), "now": now, **more}
    return conn.execute(statement, values).one_or_none() is not None


def all_of(conn: Connection) -> tuple[tuple[str, Role, bool], ...]:
    """Every operator: name, role, and whether he may log in."""
    return tuple((row.name, Role(row.role), row.active) for row in conn.execute(_LIST))


def set_password(conn: Connection, name: str, password: str) -> bool:
    """Give an operator another password, let him in again, and log him out everywhere. False: no such operator."""
    row = conn.execute(_SET_PASSWORD, {"name": name, "password": passwords.hashed(password)}).one_or_none()
    return _log_out_everywhere(conn, row)


def shut_out(conn: Connection, name: str) -> bool:
    """Let an operator in no more, and log him out everywhere. False: no such operator."""
    return _log_out_everywhere(conn, conn.execute(_SET_ACTIVE, {"name": name}).one_or_none())


@dataclass(frozen=True, slots=True)
class Person:
    """An operator as the owner sees him."""

    id: int
    name: str
    role: Role
    active: bool
    has_second: bool
    made_at: datetime
    last_seen_at: datetime | None


def people(conn: Connection) -> tuple[Person, ...]:
    """Every operator, those who may log in first."""
    return tuple(
        Person(row.id, row.name, Role(row.role), row.active, row.has_second, row.made_at, row.last_seen_at)
        for row in conn.execute(_PEOPLE)
    )


def set_role(conn: Connection, name: str, role: Role) -> bool:
    """Give an operator another role; his sessions have it at once. False: no such operator."""
    return conn.execute(_SET_ROLE, {"name": name, "role": role.value}).one_or_none() is not None


def is_last_owner(conn: Connection, operator_id: int) -> bool:
    """Whether nobody else could let anybody in. Owners stay as they are until the caller's transaction ends."""
    owners = conn.execute(_LOCK_OWNERS).scalars().all()
    return list(owners) == [operator_id]


def change_own_password(conn: Connection, operator: "Operator", new: str) -> None:
    """Give oneself another password; one's other logins end. Raises ValueError for a bad one."""
    conn.execute(_CHANGE_OWN, {"id": operator.id, "password": passwords.hashed(new)})
    conn.execute(_END_OTHERS, {"id": operator.id, "session_id": operator.session_id})


def is_password(engine: Engine, operator: "Operator", given: str, *, address: str, now: datetime) -> bool:
    """Whether this is the operator's password. Guesses count as those at the login do: whoever finds a browser logged
    in is not to find out the password."""
    keys = _keys(operator.name, address)
    if not _count_try(engine, keys, now):
        return False
    with engine.connect() as conn:
        kept = conn.execute(_PASSWORD_OF, {"id": operator.id}).scalar_one()
    if not passwords.fits(given, kept):
        return False
    with engine.begin() as conn:
        _succeeded(conn, keys, now)
    return True


def log_out_everywhere(conn: Connection, operator_id: int) -> None:
    """End every login of an operator."""
    conn.execute(_END_ALL, {"id": operator_id})


def _log_out_everywhere(conn: Connection, row: "Row[tuple[int]] | None") -> bool:
    if row is not None:
        conn.execute(_END_ALL, {"id": row.id})
    return row is not None


def log_in(
    engine: Engine, name: str, password: str, *, address: str, browser: str, now: datetime, second: Second | None = None
) -> LoggedIn | WrongLogin | Locked:
    """Check a password, and the second factor by `second`, and begin a session.

    Every try counts as failed until it has succeeded, so guesses made at the same time count as well.
    """
    name = name[: NAME_MAX + 1]
    keys = _keys(name, address)
    if not _count_try(engine, keys, now):
        return Locked()
    with engine.connect() as conn:
        row = conn.execute(_BY_NAME, {"name": name}).one_or_none()
    right = passwords.fits(password, row.password if row is not None else passwords.nobodys())
    if row is None or not right:
        return WrongLogin()
    token = secrets.token_urlsafe(32)
    with engine.begin() as conn:
        if row.has_second and (second is None or not second(conn, row.id)):
            return WrongLogin()
        _succeeded(conn, keys, now)
        begun = {"token_hash": _digest(token), "operator_id": row.id, "now": now}
        conn.execute(_BEGIN, {**begun, "address": address[:64], "browser": browser[:200]})
    return LoggedIn(Operator(row.id, row.name, Role(row.role)), token)


def _keys(name: str, address: str) -> Sequence[tuple[str, int]]:
    """What a try counts against, and how many are too many. Hashed: people type passwords into the wrong field."""
    parts = ((f"both:{name}\n{address}", TRIES_MAX), (f"address:{address}", TRIES_OF_ADDRESS_MAX))
    return [(hashlib.sha256(key.encode()).hexdigest(), most) for key, most in (*parts, (name, TRIES_OF_NAME_MAX))]


def _count_try(engine: Engine, keys: Sequence[tuple[str, int]], now: datetime) -> bool:
    since = now - TRIES_WITHIN
    with engine.begin() as conn:
        conn.execute(_FORGET_OLD, {"since": since})
        for key, _ in sorted(keys):  # always in one order: two tries never wait for each other
            conn.execute(_LOCK_KEY, {"key": key})
        if any(conn.execute(_TRIED, {"key": key, "since": since}).scalar_one() >= most for key, most in keys):
            return False
        for key, _ in keys:
            conn.execute(_TRY, {"key": key, "now": now})
    return True


def _succeeded(conn: Connection, keys: Sequence[tuple[str, int]], now: datetime) -> None:
    (both, _), (address, _), (name, _) = keys
    conn.execute(_FORGET, {"keys": [both, name]})
    conn.execute(_TAKE_BACK, {"key": address, "now": now})


def who(engine: Engine, token: str, life: SessionLife, now: datetime, *, seen: bool = True) -> Operator | None:
    """Whose session a cookie names; None when it is over, revoked or nobody's. `seen`: this is a sign of life."""
    if not token or len(token) > 64:
        return None
    ends = {"begun_after": now - life.whole, "seen_after": now - life.idle}
    with engine.connect() as conn:
        row = conn.execute(_WHO, {"token_hash": _digest(token), **ends}).one_or_none()
    if row is None:
        return None
    if seen and now - row.last_seen_at > _SEEN_EVERY:
        with engine.begin() as conn:
            conn.execute(_SEEN, {"id": row.session_id, "now": now})
            conn.execute(_OVER, ends)
    return Operator(row.id, row.name, Role(row.role), row.session_id)


def sessions_of(conn: Connection, operator_id: int) -> tuple[Session, ...]:
    """An operator's logins, the latest first."""
    rows = conn.execute(_SESSIONS, {"operator_id": operator_id})
    return tuple(Session(row.id, row.begun_at, row.last_seen_at, row.address, row.browser) for row in rows)


def end_session(conn: Connection, operator_id: int, session_id: int) -> bool:
    """Log one of an operator's own sessions out. False when it is not his, or over."""
    return conn.execute(_END, {"id": session_id, "operator_id": operator_id}).rowcount > 0


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
