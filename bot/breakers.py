"""Which suppliers have lately given no answers to orders: advice, kept in Redis, to ask them last for a while.

Advice only, so Redis is the place: all workers share it, it outlives none of them for long, and without it (or
with it flushed) suppliers are asked in the order of priority, as if all were well. What decides about money, that
nothing is bought twice, is in the database. Queries of what was sent never ask here.
"""

import logging
from collections.abc import Collection, Iterable
from enum import StrEnum

import redis

from fulfillment.suppliers.port import Accepted, OrderAnswer, Rejected, Unknown
from kernel.clock import Clock

log = logging.getLogger(__name__)

OUTAGES_MAX = 5
"""So many orders in a row without an answer open it."""
OPEN_S = 60
PROBE_S = 20
"""After a minute one order tries; while it does, and it may take so long, the others go on to the next supplier."""
FORGET_S = 3600

_LOOK = """
local open_until = tonumber(redis.call('HGET', KEYS[1], 'open_until') or '0')
if open_until == 0 then return 'closed' end
local now = tonumber(ARGV[1])
if now < open_until then return 'open' end
if ARGV[2] == '0' then return 'half-open' end
if now < tonumber(redis.call('HGET', KEYS[1], 'probe_until') or '0') then return 'half-open' end
redis.call('HSET', KEYS[1], 'probe_until', now + tonumber(ARGV[2]))
return 'probe'
"""
_OUTAGE = """
local outages = redis.call('HINCRBY', KEYS[1], 'outages', 1)
redis.call('EXPIRE', KEYS[1], ARGV[4])
if outages >= tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], 'open_until', tonumber(ARGV[1]) + tonumber(ARGV[3]), 'probe_until', 0)
end
return outages
"""


class Breaker(StrEnum):
    """How a supplier stands."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"
    """Its minute is over: the next order tries it."""
    UNKNOWN = "unknown"
    """Redis is away: nobody knows, and it counts as closed."""


class Breakers:
    """The breakers of all suppliers. Nothing here raises for Redis: without it all are well."""

    def __init__(self, client: "redis.Redis", clock: Clock) -> None:
        self._redis = client
        self._clock = clock
        self._look = client.register_script(_LOOK)
        self._outage = client.register_script(_OUTAGE)

    def avoided(self, names: Collection[str], *, may_probe: bool = False) -> frozenset[str]:
        """Say which suppliers should be asked last. With `may_probe` one whose minute is over is let off once."""
        if len(names) < 2:
            return frozenset()  # there is nobody else to ask
        return frozenset(name for name in names if self._asked(name, may_probe) in ("open", "half-open"))

    def silent(self, names: Collection[str]) -> frozenset[str]:
        """Say which suppliers nothing at all should be sent to now if anybody else will do: a try is let through."""
        if len(names) < 2:
            return frozenset()
        return frozenset(name for name in names if self._asked(name, may_probe=False) == "open")

    def states(self, names: Iterable[str]) -> dict[str, Breaker]:
        """Say how each supplier stands."""
        return {name: Breaker(self._asked(name, may_probe=False)) for name in names}

    def record(self, name: str, answer: OrderAnswer) -> None:
        """Take account of the answer to an order; what was not sent (`Failed`) says nothing."""
        now_s = int(self._clock.now().timestamp())
        try:
            if isinstance(answer, Unknown) and not answer.alive:
                outages = self._outage(keys=[_key(name)], args=[now_s, OUTAGES_MAX, OPEN_S, FORGET_S])
                if outages == OUTAGES_MAX:
                    log.warning("supplier %s has not answered %d orders: others are asked first", name, OUTAGES_MAX)
            elif isinstance(answer, Accepted | Rejected | Unknown):
                self._redis.delete(_key(name))
        except redis.RedisError as error:
            log.warning("suppliers' outages are not counted: %s", type(error).__name__)

    def _asked(self, name: str, may_probe: bool) -> str:
        now_s = int(self._clock.now().timestamp())
        try:
            said = self._look(keys=[_key(name)], args=[now_s, PROBE_S if may_probe else 0])
        except redis.RedisError as error:
            log.warning("suppliers' outages are not known: %s", type(error).__name__)
            return Breaker.UNKNOWN.value
        return said.decode() if isinstance(said, bytes) else str(said)


def _key(name: str) -> str:
    return f"supplier:breaker:{name}"
