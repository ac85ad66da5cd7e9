"""Talks in Redis: one speaker per buyer at a time, each message answered once. Nothing of value is kept here."""

import json
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from secrets import token_hex
from typing import Any, cast

import redis
from pydantic_core import to_json
from redis.exceptions import NoScriptError

from dialogs import state
from dialogs.state import Dialog, WithHuman, from_json
from kernel.clock import Clock
from kernel.ids import OpenId

LEASE_MS = 10_000
"""A speaker that has not committed by then is dead, or too late for WeChat anyway."""
DIALOG_TTL_S = 24 * 3600
REPLY_TTL_S = 30 * 60
"""WeChat pushes a message again within a minute; the rest is for one that hung in a queue."""
WAITING_TTL_S = 30 * 24 * 3600
TRANSCRIPT_LINES_MAX = 20
_TEXT_MAX = 500
_KEY_MAX = 120
_POLL_S = 0.015

_BEGIN = (
    f"local lease_ms = {LEASE_MS}"
    + """
local reply = redis.call('GET', KEYS[1])
if reply then return {1, reply} end
if not redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', lease_ms) then return {0} end
local talk = redis.call('HMGET', KEYS[3], 'd', 'v')
return {2, talk[1] or '', talk[2] or '0', redis.call('EXISTS', KEYS[4])}
"""
)

_COMMIT = (
    f"local dialog_ttl, reply_ttl, lines_max = {DIALOG_TTL_S}, {REPLY_TTL_S}, {TRANSCRIPT_LINES_MAX}"
    + """
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
if (redis.call('HGET', KEYS[3], 'v') or '0') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[3], 'd', ARGV[3], 'v', tonumber(ARGV[2]) + 1)
redis.call('EXPIRE', KEYS[3], dialog_ttl)
redis.call('SET', KEYS[1], ARGV[4], 'EX', reply_ttl)
if ARGV[5] then
  local lines = redis.call('RPUSH', KEYS[4], unpack(ARGV, 5))
  if lines > lines_max then redis.call('LTRIM', KEYS[4], -lines_max, -1) end
  redis.call('EXPIRE', KEYS[4], dialog_ttl)
end
redis.call('DEL', KEYS[2])
return 1
"""
)

_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class TalkUnavailableError(Exception):
    """Redis does not answer: no talk can be held, and nothing of value is lost by that."""


@dataclass(frozen=True, slots=True)
class Answered:
    """This message has been answered; this was the reply, as the caller stored it."""

    reply: str


@dataclass(frozen=True, slots=True)
class Busy:
    """Another message of this buyer, or this very one, is being worked on."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The floor is ours for LEASE_MS."""

    openid: OpenId
    key: str
    lease: str
    version: int
    dialog: str | None
    waiting: bool
    """Something is kept for this buyer that could not be pushed."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One line of the transcript."""

    at: datetime
    who: str
    """"buyer" or "bot"."""
    text: str


class DialogStore:
    """The talks of all buyers. Every key of one buyer lies in one slot of a Redis Cluster; one round trip a call."""

    def __init__(self, client: redis.Redis, clock: Clock) -> None:
        self._redis = client
        self._clock = clock
        idle: deque[redis.Connection] = deque()
        self._begin = _Script(client, idle, _BEGIN)
        self._commit = _Script(client, idle, _COMMIT)
        self._release = _Script(client, idle, _RELEASE)

    def begin(self, openid: OpenId, message_key: str, wait_s: float = 0.0) -> Answered | Busy | Opened:
        """Take the floor for one message, waiting up to `wait_s` while someone else has it. A message that has been
        answered brings its stored reply. Raises TalkUnavailableError."""
        lease = token_hex(12)
        keys = [_reply_key(openid, message_key), _key(openid, "lock"), _key(openid, "talk"), _key(openid, "waiting")]
        give_up_at = time.monotonic() + wait_s
        while True:
            found = cast(list[Any], _reached(lambda: self._begin(keys, [lease])))
            if found[0] == 1:
                return Answered(_text(found[1]))
            if found[0] == 2:
                dialog = _text(found[1]) or None
                return Opened(openid, message_key, lease, int(found[2]), dialog, bool(found[3]))
            if time.monotonic() >= give_up_at:
                return Busy()
            time.sleep(_POLL_S)

    def commit(self, opened: Opened, *, dialog: str, reply: str | bytes, said: str = "", answered: str = "") -> bool:
        """Save the talk and the reply, add to the transcript, and give up the floor. False, and nothing saved, when the
        lease ran out. `reply` and `answered` never hold a card key. Raises TalkUnavailableError."""
        openid = opened.openid
        keys = [_reply_key(openid, opened.key), _key(openid, "lock"), _key(openid, "talk"), _key(openid, "said")]
        at = self._clock.now().isoformat()
        spoken = [to_json((at, who, text[:_TEXT_MAX])) for who, text in (("buyer", said), ("bot", answered)) if text]
        args = [opened.lease, opened.version, dialog, reply, *spoken]
        return bool(_reached(lambda: self._commit(keys, args)))

    def release(self, opened: Opened) -> None:
        """Give up the floor without saving: the turn failed, and the message may be tried again."""
        _reached(lambda: self._release([_key(opened.openid, "lock")], [opened.lease]))

    def transcript(self, openid: OpenId) -> tuple[Spoken, ...]:
        """The last 20 lines, oldest first."""
        lines = cast(list[bytes | str], _reached(lambda: self._redis.lrange(_key(openid, "said"), 0, -1)))
        return tuple(_spoken(line) for line in lines)

    def set_waiting(self, openid: OpenId) -> None:
        """Note that something is kept for this buyer, to come with the answer to his next message."""
        _reached(lambda: self._redis.set(_key(openid, "waiting"), 1, ex=WAITING_TTL_S))

    def clear_waiting(self, openid: OpenId) -> None:
        """Nothing is kept for this buyer any more."""
        _reached(lambda: self._redis.delete(_key(openid, "waiting")))

    def end_handoff(self, openid: OpenId, wait_s: float = 2.0) -> bool:
        """Give the talk back to the bot (the operator ended it, or it timed out), where it stood before. False when no
        person had it, or the buyer's messages kept the floor."""
        opened = self.begin(openid, f"end-handoff-{token_hex(8)}", wait_s)
        if not isinstance(opened, Opened):
            return False
        dialog = from_json(opened.dialog)
        if not isinstance(dialog.state, WithHuman):
            self.release(opened)
            return False
        back: Dialog = replace(dialog, state=dialog.state.resume, misses=0)
        return self.commit(opened, dialog=state.to_json(back), reply="")

    def forget(self, openid: OpenId) -> None:
        """Delete the talk and its transcript: the buyer left."""
        names = [_key(openid, "talk"), _key(openid, "said")]
        _reached(lambda: self._redis.delete(*names))


class _Script:
    """A Lua script, run in one round trip.

    Two of these are in every turn, and most of what redis-py's Script and pool spend goes into metrics and retries that
    a turn does not use; so the scripts keep connections of their own, as many as have been used at the same time.
    """

    def __init__(self, client: redis.Redis, idle: deque[redis.Connection], lua: str) -> None:
        self._script = client.register_script(lua)
        # A cluster or a Sentinel says for each call which server to ask: only their own clients know.
        pool = client.connection_pool if type(client) is redis.Redis else None
        self._pool = pool if type(pool) is redis.ConnectionPool else None
        self._idle = idle

    def __call__(self, keys: list[str], args: Sequence[str | bytes | int]) -> Any:
        if self._pool is None:
            return self._script(keys=keys, args=args)
        connection = self._take(self._pool)
        try:
            connection.send_command("EVALSHA", self._script.sha, len(keys), *keys, *args)  # type: ignore[no-untyped-call]
            return connection.read_response()
        except NoScriptError:
            return self._script(keys=keys, args=args)  # loads it: Redis was restarted, or this is the first call
        finally:
            self._idle.append(connection)  # redis-py has closed it if it failed; then its next command opens it

    def _take(self, pool: redis.ConnectionPool) -> redis.Connection:
        try:
            connection = self._idle.pop()
        except IndexError:
            return cast(redis.Connection, pool.connection_class(**pool.connection_kwargs))
        try:
            # Nothing has been asked yet, so all there can be to read is the end.
            ended = connection.is_connected and connection.can_read()
        except (redis.RedisError, OSError):
            ended = True
        if ended:
            connection.disconnect()  # type: ignore[no-untyped-call]
        return connection


def _reached(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except (redis.RedisError, OSError) as error:
        raise TalkUnavailableError(type(error).__name__) from error


def _key(openid: OpenId, name: str) -> str:
    tag = openid.replace("{", "(").replace("}", ")")
    return f"talk:{{{tag}}}:{name}"


def _reply_key(openid: OpenId, message_key: str) -> str:
    """One per message; a long key (an event's) is hashed, so that nobody can fill Redis with names."""
    short = message_key if len(message_key) <= _KEY_MAX else sha256(message_key.encode()).hexdigest()
    return _key(openid, f"reply:{short}")


def _spoken(line: bytes | str) -> Spoken:
    at, who, text = json.loads(line)
    return Spoken(datetime.fromisoformat(at), who, text)


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
