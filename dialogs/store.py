"""Talks in Redis: one speaker per buyer at a time, each message answered once. Nothing of value is kept here."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha1, sha256
from secrets import token_hex
from typing import Any, Generic, TypeVar, cast

import redis
from pydantic_core import to_json

from dialogs import state
from dialogs.state import Dialog, WithHuman, from_json
from kernel.clock import Clock
from kernel.ids import OpenId

LEASE_MS = 10_000
"""A speaker that has not committed by then is dead, or too late for WeChat: another may have the floor."""
DIALOG_TTL_S = 24 * 3600
REPLY_TTL_S = 30 * 60
"""WeChat pushes a message again within a minute; the rest is for one that hung in a queue."""
WAITING_TTL_S = 30 * 24 * 3600
TRANSCRIPT_LINES_MAX = 20
_TEXT_MAX = 500
_KEY_MAX = 120
POLL_S = 0.015

_BEGIN = (
    f"local lease_ms = {LEASE_MS}"
    + """
local reply, talk, waiting = unpack(redis.call('MGET', KEYS[1], KEYS[3], KEYS[4]))
if reply then return {1, reply} end
if not redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', lease_ms) and redis.call('GET', KEYS[2]) ~= ARGV[1] then
  return {0}
end
return {2, talk, waiting}
"""
)

_COMMIT = (
    f"local dialog_ttl, reply_ttl, lines_max = {DIALOG_TTL_S}, {REPLY_TTL_S}, {TRANSCRIPT_LINES_MAX}"
    + """
local lease, talk = unpack(redis.call('MGET', KEYS[2], KEYS[3]))
if lease and lease ~= ARGV[1] then return 0 end
if (talk and string.match(talk, '^%d+') or '0') ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[3], ARGV[3], 'EX', dialog_ttl)
redis.call('SET', KEYS[1], ARGV[4], 'EX', reply_ttl)
if ARGV[5] then
  local lines = redis.call('RPUSH', KEYS[4], unpack(ARGV, 5))
  if lines > 2 * lines_max then redis.call('LTRIM', KEYS[4], -lines_max, -1) end
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


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script and the name Redis knows it by once it has seen it."""

    lua: str
    sha: str


def _script(lua: str) -> Script:
    return Script(lua, sha1(lua.encode()).hexdigest())  # noqa: S324 - Redis names scripts so


BEGIN, COMMIT, RELEASE = _script(_BEGIN), _script(_COMMIT), _script(_RELEASE)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ask(Generic[T]):
    """One round trip: the script to run, and what its answer means. Whoever holds a connection runs it."""

    script: Script
    keys: tuple[str, ...]
    args: tuple[str | bytes | int, ...]
    read: Callable[[Any], T]

    @property
    def command(self) -> tuple[str | bytes | int, ...]:
        """What goes to Redis, when it knows the script."""
        return ("EVALSHA", self.script.sha, len(self.keys), *self.keys, *self.args)


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
    understood: str = ""
    """What the bot took a buyer's words for, in one line."""


def new_lease() -> str:
    """The name of one speaker, for one message."""
    return token_hex(12)


def ask_to_begin(openid: OpenId, message_key: str, lease: str) -> Ask[Answered | Busy | Opened]:
    """Ask for the floor for one message. Asked again with the same lease, it is given again."""

    def read(found: list[Any]) -> Answered | Busy | Opened:
        if found[0] == 1:
            return Answered(_text(found[1]))
        if found[0] == 0:
            return Busy()
        version, _, dialog = _text(found[1] or b"0").partition(" ")
        return Opened(openid, message_key, lease, int(version), dialog or None, found[2] is not None)

    keys = (_reply_key(openid, message_key), _key(openid, "lock"), _key(openid, "dialog"), _key(openid, "waiting"))
    return Ask(BEGIN, keys, (lease,), read)


def ask_to_commit(
    opened: Opened,
    at: datetime,
    *,
    dialog: str,
    reply: str | bytes,
    said: str = "",
    answered: str = "",
    understood: str = "",
) -> Ask[bool]:
    """Save the talk and the reply, add to the transcript (with what the bot took `said` for), and give up the floor.
    False, and nothing saved, when somebody else has or had the floor meanwhile: a lease that merely ran out, on a
    machine that stood still, loses no talk. `reply` and `answered` never hold a card key."""
    openid = opened.openid
    keys = (_reply_key(openid, opened.key), _key(openid, "lock"), _key(openid, "dialog"), _key(openid, "said"))
    when = at.isoformat()
    lines = ((when, "buyer", said[:_TEXT_MAX], understood), (when, "bot", answered[:_TEXT_MAX]))
    spoken = (to_json(line) for line in lines if line[2])
    talk = f"{opened.version + 1} {dialog}"
    return Ask(COMMIT, keys, (opened.lease, opened.version, talk, reply, *spoken), bool)


def ask_to_release(opened: Opened) -> Ask[bool]:
    """Give up the floor without saving: the turn failed, and the message may be tried again."""
    return Ask(RELEASE, (_key(opened.openid, "lock"),), (opened.lease,), bool)


class DialogStore:
    """The talks of all buyers. Every key of one buyer lies in one slot of a Redis Cluster; one round trip a call.

    For threads; a turn in the event loop asks the same through `bot.floor`.
    """

    def __init__(self, client: redis.Redis, clock: Clock) -> None:
        self._redis = client
        self._clock = clock
        self._scripts = {script: client.register_script(script.lua) for script in (BEGIN, COMMIT, RELEASE)}

    def run(self, ask: Ask[T]) -> T:
        """Make one round trip. Raises TalkUnavailableError."""
        return ask.read(_reached(lambda: self._scripts[ask.script](keys=ask.keys, args=ask.args)))

    def begin(self, openid: OpenId, message_key: str, wait_s: float = 0.0) -> Answered | Busy | Opened:
        """Take the floor for one message, waiting up to `wait_s` while someone else has it. A message that has been
        answered brings its stored reply. Raises TalkUnavailableError."""
        ask = ask_to_begin(openid, message_key, new_lease())
        give_up_at = time.monotonic() + wait_s
        while True:
            begun = self.run(ask)
            if not isinstance(begun, Busy) or time.monotonic() >= give_up_at:
                return begun
            time.sleep(POLL_S)

    def commit(self, opened: Opened, *, dialog: str, reply: str | bytes, said: str = "", answered: str = "") -> bool:
        """See `ask_to_commit`. Raises TalkUnavailableError."""
        now = self._clock.now()
        return self.run(ask_to_commit(opened, now, dialog=dialog, reply=reply, said=said, answered=answered))

    def release(self, opened: Opened) -> None:
        """See `ask_to_release`. Raises TalkUnavailableError."""
        self.run(ask_to_release(opened))

    def transcript(self, openid: OpenId) -> tuple[Spoken, ...]:
        """The last 20 lines, oldest first."""
        lines = cast(
            list[bytes | str], _reached(lambda: self._redis.lrange(_key(openid, "said"), -TRANSCRIPT_LINES_MAX, -1))
        )
        return tuple(_spoken(line) for line in lines)

    def dialog(self, openid: OpenId) -> Dialog:
        """Where his talk stands, for whoever only looks: the floor stays whose it is."""
        found = cast(bytes | str | None, _reached(lambda: self._redis.get(_key(openid, "dialog"))))
        _, _, dialog = _text(found or b"").partition(" ")
        return from_json(dialog or None)

    def set_waiting(self, openid: OpenId) -> None:
        """Note that something is kept for this buyer, to come with the answer to his next message."""
        _reached(lambda: self._redis.set(_key(openid, "waiting"), 1, ex=WAITING_TTL_S))

    def clear_waiting(self, openid: OpenId) -> None:
        """Nothing is kept for this buyer any more."""
        _reached(lambda: self._redis.delete(_key(openid, "waiting")))

    def begin_handoff(self, openid: OpenId, until: datetime, wait_s: float = 2.0) -> bool:
        """Give the talk to a person who has begun to speak; where it stood is kept. False when the buyer's messages
        kept the floor."""
        opened = self.begin(openid, f"begin-handoff-{token_hex(8)}", wait_s)
        if not isinstance(opened, Opened):
            return False
        dialog = from_json(opened.dialog)
        resume = dialog.state.resume if isinstance(dialog.state, WithHuman) else dialog.state
        given = replace(dialog, state=WithHuman(until, resume), misses=0)
        return self.commit(opened, dialog=state.to_json(given), reply="")

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
        names = [_key(openid, "dialog"), _key(openid, "said")]
        _reached(lambda: self._redis.delete(*names))

    def erase(self, openid: OpenId) -> None:
        """Delete everything there is of a buyer, stored replies too. Looks at every name there is: not in a turn."""

        def every() -> None:
            for name in list(self._redis.scan_iter(match=_key(openid, "*"), count=1000)):
                self._redis.delete(name)

        _reached(every)


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
    at, who, text, *understood = json.loads(line)
    return Spoken(datetime.fromisoformat(at), who, text, *understood[:1])


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
