"""Webhooks: which addresses are told what, and what became of each thing they are told. Rows come from triggers."""

import base64
import ipaddress
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from catalog.vault import CardSecret, Vault, VaultError

ENDPOINTS_MAX = 20
"""Each is a row more for everything that happens to an order."""
URL_CHARS_MAX = 500
TRIED_FOR = timedelta(hours=24)
LEASE = timedelta(seconds=60)
KEPT = timedelta(days=30)
_WAITS_S = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400)
_PAUSE_MAX_S = 300
_BOUND_TO = "webhook"

_NAME = re.compile(r"(?=.{1,254}$)([A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?")
_PUBLIC_NAME = re.compile(r"\.(?!local(host)?\.?$)(?!internal\.?$)[A-Za-z][A-Za-z0-9-]*\.?$")
"""127.1 and 0x7f.1 are numbers for whoever looks names up, a name without a dot is one of this network."""

_NEXT_ID = text("SELECT nextval(pg_get_serial_sequence('webhook_endpoint', 'id'))")
_COUNT = text("SELECT count(*) FROM webhook_endpoint")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('webhook endpoints', 0))")
_ADD = text("""
    INSERT INTO webhook_endpoint (id, url, events, secret_enc, note, made_at)
    VALUES (:id, :url, :events, :secret, :note, :now)
""").bindparams(bindparam("events", type_=JSONB))
_COLUMNS = "id, url, events, note, active, off_reason, made_at, failures, paused_until, last_ok_at"
_ALL = text(f"SELECT {_COLUMNS} FROM webhook_endpoint ORDER BY id")  # noqa: S608
_ONE = text(f"SELECT {_COLUMNS} FROM webhook_endpoint WHERE id = :id")  # noqa: S608
_CHANGE = text("""
    UPDATE webhook_endpoint SET
        url = coalesce(:url, url), events = coalesce(:events, events), note = coalesce(:note, note),
        active = coalesce(:active, active),
        off_reason = CASE WHEN :active THEN '' ELSE off_reason END,
        failures = CASE WHEN :active OR CAST(:url AS text) IS NOT NULL THEN 0 ELSE failures END,
        paused_until = CASE WHEN :active OR CAST(:url AS text) IS NOT NULL THEN NULL ELSE paused_until END
    WHERE id = :id RETURNING id
""").bindparams(bindparam("events", type_=JSONB(none_as_null=True)))
_NEW_SECRET = text("UPDATE webhook_endpoint SET secret_enc = :secret WHERE id = :id RETURNING id")
_REMOVE = text("DELETE FROM webhook_endpoint WHERE id = :id RETURNING url")
_FAILED = text("SELECT count(*) FROM webhook_endpoint WHERE NOT active AND off_reason <> ''")
_DELIVERY = """
    SELECT id, type, order_no, line_id, case_id, happened_at, state, attempts, next_try_at, last_at, last_status,
           last_problem, delivered_at
    FROM webhook_delivery
"""
_DELIVERIES = text(f"""
    {_DELIVERY} WHERE endpoint_id = :endpoint AND (CAST(:state AS text) IS NULL OR state = :state)
      AND (CAST(:before AS bigint) IS NULL OR id < :before) ORDER BY id DESC LIMIT :most
""")
_ONE_DELIVERY = text(f"{_DELIVERY} WHERE endpoint_id = :endpoint AND id = :id")
_AGAIN = text("""
    UPDATE webhook_delivery SET state = 'waiting', next_try_at = :now, first_try_at = NULL, delivered_at = NULL
    WHERE endpoint_id = :endpoint AND id = :id AND state <> 'sending' RETURNING id
""")
_UNPAUSE = text("UPDATE webhook_endpoint SET paused_until = NULL WHERE id = :endpoint")
_TEST = text("""
    INSERT INTO webhook_delivery (endpoint_id, source, source_id, type, happened_at, next_try_at)
    VALUES (:endpoint, 'test', nextval(pg_get_serial_sequence('webhook_delivery', 'id')), 'kabot.test', :now, :now)
    RETURNING id
""")
_DUE = text("""
    SELECT e.id FROM webhook_endpoint e
    WHERE e.active AND (e.paused_until IS NULL OR e.paused_until <= :now)
      AND EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.endpoint_id = e.id AND d.state IN ('waiting', 'sending')
                  AND d.next_try_at <= :now)
""")
_CLAIM = text("""
    UPDATE webhook_delivery d SET state = 'sending', next_try_at = :until, attempts = attempts + 1, last_at = :now,
        first_try_at = coalesce(first_try_at, :now)
    FROM webhook_endpoint e
    WHERE e.id = d.endpoint_id AND e.active AND (e.paused_until IS NULL OR e.paused_until <= :now) AND d.id = (
        SELECT id FROM webhook_delivery
        WHERE endpoint_id = :endpoint AND state IN ('waiting', 'sending') AND next_try_at <= :now
        ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING d.id, d.type, d.order_no, d.line_id, d.case_id, d.happened_at, d.attempts, d.first_try_at, e.url,
              e.secret_enc
""")
_ORDER_FACTS = text("SELECT total_fen FROM orders WHERE order_no = :order_no")
_LINE_FACTS = text("SELECT product_id, sku_code, quantity, total_fen FROM order_line WHERE id = :id")
_CASE_FACTS = text("SELECT kind FROM support_case WHERE id = :id")
_TOOK = text("""
    UPDATE webhook_delivery SET state = 'delivered', delivered_at = :now, last_status = :status, last_problem = ''
    WHERE id = :id AND attempts = :attempts AND state = 'sending' RETURNING endpoint_id
""")
_IS_WELL = text("UPDATE webhook_endpoint SET failures = 0, paused_until = NULL, last_ok_at = :now WHERE id = :id")
_TOOK_NOT = text("""
    UPDATE webhook_delivery SET state = :state, next_try_at = :next, last_status = :status, last_problem = :problem
    WHERE id = :id AND attempts = :attempts AND state = 'sending' RETURNING endpoint_id
""")
_IS_ILL = text("""
    UPDATE webhook_endpoint SET failures = failures + 1,
        paused_until = CAST(:now AS timestamptz)
            + make_interval(secs => least(:most, 5 * power(2, least(failures, 10))))
    WHERE id = :id RETURNING last_ok_at, url
""")
_OFF = text("UPDATE webhook_endpoint SET active = false, off_reason = :reason WHERE id = :id AND active RETURNING id")
_FORGET = text("""
    DELETE FROM webhook_delivery WHERE id IN (
        SELECT d.id FROM webhook_delivery d
        WHERE (d.state IN ('delivered', 'failed') AND d.happened_at < :before)
           OR NOT EXISTS (SELECT 1 FROM webhook_endpoint e WHERE e.id = d.endpoint_id)
        LIMIT :most)
""")
_FORGOTTEN_MAX = 20_000


class BadUrlError(ValueError):
    """An address that nothing is sent to; the message says why, in Chinese."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new endpoint, or a new secret of one. The secret is shown this once."""

    id: int
    secret: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """One thing to be sent now, to be told of again unless it is recorded."""

    id: int
    type: str
    data: dict[str, Any]
    happened_at: datetime
    attempts: int
    first_try_at: datetime
    url: str
    secret: bytes | None
    """What signs it; None: it opens under no secret that is configured."""

    @property
    def message_id(self) -> str:
        """The same however often it is sent: who has it already does not need it again."""
        return f"msg_{self.id}"


def check_url(url: str, *, private: bool) -> str:
    """An address that webhooks may go to, as far as one can tell without looking its host up. Raises BadUrlError."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise BadUrlError("不是网址") from None
    if len(url) > URL_CHARS_MAX or not url.isascii() or any(char <= " " for char in url) or "\\" in url:
        raise BadUrlError("网址太长或含有不能用的字符")
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        raise BadUrlError("网址里不能有用户名、密码或 #")
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        raise BadUrlError("只能用 https:// 网址")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if port == 0 or not _NAME.fullmatch(host):
            raise BadUrlError("不是网址") from None
        if not private and not _PUBLIC_NAME.search(host):
            raise BadUrlError("不能指向本机或内网地址") from None
        return url
    if not private and not is_public(address):
        raise BadUrlError("不能指向本机或内网地址")
    return url


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is one of the internet's, also where IPv6 carries an IPv4 address in it."""
    if isinstance(address, ipaddress.IPv6Address):
        within = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in _NAT64:
            within.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
        if any(one is not None and not is_public(one) for one in within):
            return False
    return address.is_global and not address.is_multicast


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def add(conn: Connection, vault: Vault, url: str, events: Sequence[str], note: str, now: datetime) -> Made | None:
    """Add an endpoint. None: there are as many as there may be."""
    conn.execute(_LOCK)
    if conn.execute(_COUNT).scalar_one() >= ENDPOINTS_MAX:
        return None
    number = int(conn.execute(_NEXT_ID).scalar_one())
    secret = _new_secret()
    sealed = vault.seal(CardSecret(secret), _BOUND_TO, number)
    values = {"id": number, "url": url, "events": list(events), "secret": sealed, "note": note, "now": now}
    conn.execute(_ADD, values)
    return Made(number, secret)


def renew_secret(conn: Connection, vault: Vault, endpoint_id: int) -> Made | None:
    """Give an endpoint another secret; from now on everything is signed with it. None: there is no such endpoint."""
    secret = _new_secret()
    sealed = vault.seal(CardSecret(secret), _BOUND_TO, endpoint_id)
    found = conn.execute(_NEW_SECRET, {"id": endpoint_id, "secret": sealed}).one_or_none()
    return Made(endpoint_id, secret) if found is not None else None


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def all_of(conn: Connection) -> list[dict[str, Any]]:
    """Every endpoint, without its secret."""
    return [dict(row) for row in conn.execute(_ALL).mappings()]


def one(conn: Connection, endpoint_id: int) -> dict[str, Any] | None:
    """An endpoint, without its secret."""
    row = conn.execute(_ONE, {"id": endpoint_id}).mappings().one_or_none()
    return dict(row) if row is not None else None


def change(
    conn: Connection,
    endpoint_id: int,
    *,
    url: str | None = None,
    events: Sequence[str] | None = None,
    note: str | None = None,
    active: bool | None = None,
) -> bool:
    """Change an endpoint; None leaves a thing as it is. False: there is no such endpoint."""
    kinds = None if events is None else list(events)
    values = {"id": endpoint_id, "url": url, "events": kinds, "note": note, "active": active}
    return conn.execute(_CHANGE, values).one_or_none() is not None


def remove(conn: Connection, endpoint_id: int) -> str | None:
    """Delete an endpoint and give its address; what was for it is forgotten within the hour. None: there is none."""
    row = conn.execute(_REMOVE, {"id": endpoint_id}).one_or_none()
    return str(row.url) if row is not None else None


def count_failed(conn: Connection) -> int:
    """How many were switched off because they took nothing."""
    return int(conn.execute(_FAILED).scalar_one())


def deliveries(
    conn: Connection, endpoint_id: int, state: str | None, before: int | None, limit: int
) -> list[dict[str, Any]]:
    """List what an endpoint was told, the latest first: one more than `limit`, when there are more."""
    values = {"endpoint": endpoint_id, "state": state, "before": before, "most": limit + 1}
    return [dict(row) for row in conn.execute(_DELIVERIES, values).mappings()]


def delivery(conn: Connection, endpoint_id: int, delivery_id: int) -> dict[str, Any] | None:
    """One thing an endpoint was told."""
    row = conn.execute(_ONE_DELIVERY, {"endpoint": endpoint_id, "id": delivery_id}).mappings().one_or_none()
    return dict(row) if row is not None else None


def send_again(conn: Connection, endpoint_id: int, delivery_id: int, now: datetime) -> bool:
    """Tell an endpoint of something once more, under the same message id. False: there is no such delivery, or it is
    on its way."""
    values = {"endpoint": endpoint_id, "id": delivery_id, "now": now}
    found = conn.execute(_AGAIN, values).one_or_none() is not None
    if found:
        conn.execute(_UNPAUSE, {"endpoint": endpoint_id})
    return found


def send_test(conn: Connection, endpoint_id: int, now: datetime) -> int:
    """Have a test sent, whatever the endpoint is told of, and give the delivery's number."""
    conn.execute(_UNPAUSE, {"endpoint": endpoint_id})
    return int(conn.execute(_TEST, {"endpoint": endpoint_id, "now": now}).scalar_one())


# ---- sending -------------------------------------------------------------------------------------------------------


def due(conn: Connection, now: datetime) -> tuple[int, ...]:
    """The endpoints there is something to send to."""
    return tuple(conn.execute(_DUE, {"now": now}).scalars())


def claim(conn: Connection, vault: Vault, endpoint_id: int, now: datetime) -> Claimed | None:
    """Take the next thing to be sent. It comes back by itself where whoever took it dies."""
    row = conn.execute(_CLAIM, {"endpoint": endpoint_id, "now": now, "until": now + LEASE}).one_or_none()
    if row is None:
        return None
    try:
        secret = base64.b64decode(vault.open(row.secret_enc, _BOUND_TO, endpoint_id).secret.removeprefix("whsec_"))
    except VaultError:
        secret = None
    data = _facts(conn, row.order_no, row.line_id, row.case_id)
    head = (row.id, row.type, data, row.happened_at, row.attempts, row.first_try_at)
    return Claimed(*head, url=row.url, secret=secret)


def _facts(conn: Connection, order_no: str, line_id: int | None, case_id: int | None) -> dict[str, Any]:
    """What never changes of what it is about, so that a repetition says the same. Nothing of the buyer, no key."""
    data: dict[str, Any] = {}
    if order_no:
        data |= {"order_no": order_no, "total_fen": conn.execute(_ORDER_FACTS, {"order_no": order_no}).scalar()}
    if line_id is not None:
        line = conn.execute(_LINE_FACTS, {"id": line_id}).mappings().one_or_none()
        data["line"] = {"id": line_id, **(line or {})}
    if case_id is not None:
        kind = conn.execute(_CASE_FACTS, {"id": case_id}).scalar()
        data["case"] = {"id": case_id, "number": f"S{case_id:05d}", "kind": kind}
    return data


def taken(conn: Connection, done: Claimed, status: int, now: datetime) -> None:
    """The endpoint has it."""
    row = conn.execute(_TOOK, {"id": done.id, "attempts": done.attempts, "status": status, "now": now}).one_or_none()
    if row is not None:
        conn.execute(_IS_WELL, {"id": row.endpoint_id, "now": now})


def not_taken(
    conn: Connection, done: Claimed, status: int | None, problem: str, now: datetime, *, gone: bool = False
) -> str | None:
    """The endpoint has not got it, or nobody knows: it is sent again, later and later, for a day.

    Gives the address of an endpoint that this has switched off: it took nothing for as long as that, or said that it
    is `gone` for good.
    """
    ends_at = done.first_try_at + TRIED_FOR
    wait = timedelta(seconds=_WAITS_S[min(done.attempts - 1, len(_WAITS_S) - 1)])
    is_over = now >= ends_at
    row = conn.execute(
        _TOOK_NOT,
        {
            "id": done.id,
            "attempts": done.attempts,
            "state": "failed" if is_over else "waiting",
            "next": min(now + wait, max(ends_at, now)),
            "status": status,
            "problem": problem[:200],
        },
    ).one_or_none()
    if row is None:
        return None
    endpoint = conn.execute(_IS_ILL, {"id": row.endpoint_id, "now": now, "most": _PAUSE_MAX_S}).one()
    dead = is_over and (endpoint.last_ok_at is None or endpoint.last_ok_at < done.first_try_at)
    if not (dead or gone):
        return None
    reason = "answered 410 Gone" if gone else f"took nothing for 24 h: {problem[:100]}"
    off = conn.execute(_OFF, {"id": row.endpoint_id, "reason": reason}).one_or_none()
    return str(endpoint.url) if off is not None else None


def forget_old(conn: Connection, now: datetime) -> int:
    """Delete some of what was settled long ago, or was for endpoints that are no more, and say how many."""
    return conn.execute(_FORGET, {"before": now - KEPT, "most": _FORGOTTEN_MAX}).rowcount
