"""Everything the sandbox remembers: buyers, chats, tokens, trades, supplier orders; kept in one JSON file."""

import asyncio
import json
import logging
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sandbox.faults import Faults
from sandbox.stream import Stream

log = logging.getLogger(__name__)

Now = Callable[[], float]
SHANGHAI = ZoneInfo("Asia/Shanghai")

BUYERS, CHAT_LINES, TRADES, PUSHES, ORDERS, MEDIA = 1_000, 200, 5_000, 1_000, 5_000, 200
VOICES = 100
_MEDIA_BYTES = 64 << 20
_SAVE_EVERY_SECONDS = 1.0
_SAVING_SHARE = 0.05
"""How much of the time may go into saving when there is a lot to save."""
_K = TypeVar("_K")
_V = TypeVar("_V")


def at_shanghai(moment: float) -> datetime:
    """Seconds since 1970 as a moment in China."""
    return datetime.fromtimestamp(moment, UTC).astimezone(SHANGHAI)


def rfc3339(moment: float) -> str:
    """A moment as WeChat Pay writes it: 2026-11-21T23:50:00+08:00."""
    return at_shanghai(moment).isoformat(timespec="seconds")


@dataclass(slots=True)
class Grant:
    """Permission to push: so many messages until then."""

    kind: str
    until: float
    left: int


@dataclass(slots=True)
class Buyer:
    """One WeChat user."""

    openid: str
    name: str
    created_at: float
    subscribed: bool = False
    kf_account: str = ""
    """The customer-service account that talks with the buyer; while it does, the bot hears nothing."""
    snapshot: bool = False
    """WeChat's virtual visitor: OAuth says is_snapshotuser."""
    grants: list[Grant] = field(default_factory=list)

    def grant(self, kind: str, until: float, count: int) -> None:
        """Allow `count` pushes until then; a new grant of a kind replaces the old one."""
        self.grants = [grant for grant in self.grants if grant.kind != kind] + [Grant(kind, until, count)]


@dataclass(slots=True)
class Trade:
    """One order number at WeChat Pay."""

    out_trade_no: str
    trade_type: str
    request: dict[str, Any]
    """The parameters it was opened with: a repetition must bring the same."""
    total_fen: int
    notify_url: str
    created_at: float
    expires_at: float
    openid: str = ""
    prepay_id: str = ""
    prepay_until: float = 0.0
    code_url: str = ""
    state: str = "NOTPAY"
    transaction_id: str = ""
    paid_at: float = 0.0

    def state_at(self, now: float) -> str:
        """NOTPAY, SUCCESS, REFUND or CLOSED; an unpaid trade closes when its time is over."""
        return "CLOSED" if self.state == "NOTPAY" and now >= self.expires_at else self.state


@dataclass(slots=True)
class Refund:
    """One refund number at WeChat Pay."""

    out_refund_no: str
    refund_id: str
    out_trade_no: str
    request: dict[str, Any]
    refund_fen: int
    created_at: float
    status: str = "PROCESSING"
    success_at: float = 0.0


@dataclass(slots=True)
class Notice:
    """A notice on its way to the merchant."""

    id: str
    url: str
    event_type: str
    original_type: str
    plaintext: dict[str, Any]
    created_at: float
    out_trade_no: str
    attempts: list[dict[str, Any]] = field(default_factory=list)
    done: bool = False


@dataclass(slots=True)
class SupplierOrder:
    """One order at the supplier."""

    customer_order_no: str
    order_id: str
    kind: str
    product_id: str
    account: str
    buy_num: int
    value: str
    created_at: float
    outcome: str = "success"
    state: str = "untreated"
    finished_at: float = 0.0
    cards: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Memory:
    """What is written to the file."""

    buyers: dict[str, Buyer] = field(default_factory=dict)
    chats: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    trades: dict[str, Trade] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    notices: dict[str, Notice] = field(default_factory=dict)
    supplier_orders: dict[str, SupplierOrder] = field(default_factory=dict)
    juhe_orders: dict[str, SupplierOrder] = field(default_factory=dict)
    supplier_balances: dict[str, str] = field(default_factory=lambda: {"fulu": "10000.0000", "juhe": "10000.000"})
    """What is left of the deposit, in yuan, by the supplier's kind."""
    supplier_goods: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    """Kind → product code → price, state, stock; what is not here the supplier does not sell or has a price for."""
    pushes: list[dict[str, Any]] = field(default_factory=list)
    menu: dict[str, Any] | None = None
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    ticket: dict[str, Any] = field(default_factory=dict)
    last_id: int = 0


class World:
    """The memory, its clock, its faults and its event stream."""

    def __init__(self, data_dir: str | None, stream: Stream, faults: Faults, now: Now = time.time) -> None:
        self.now = now
        self.stream = stream
        self.faults = faults
        self.media: dict[str, tuple[str, str, bytes]] = {}
        """Media by id: (type, content type, bytes). Three days at WeChat, one run here."""
        self.voices: dict[int, str] = {}
        """What was said, by the voice's length in frames of 20 ms: no two have the same."""
        self._file = Path(data_dir) / "sandbox.json" if data_dir else None
        self._dirty = False
        self.memory = self._load()

    def next_id(self) -> int:
        """A number that rises for ever, 64-bit like WeChat's MsgId, not repeated after a restart."""
        self.memory.last_id = max(self.memory.last_id + 1, int(self.now() * 1_000_000))
        return self.memory.last_id

    def add_buyer(self, name: str) -> Buyer:
        """A new WeChat user with a new openid; the oldest go when there are too many."""
        openid = "o" + secrets.token_urlsafe(20)[:27].replace("-", "A").replace("_", "B")
        buyer = Buyer(openid, name, self.now())
        for gone in keep_newest(self.memory.buyers, openid, buyer, BUYERS):
            self.memory.chats.pop(gone, None)
        self.memory.chats[openid] = []
        self.save()  # at once: after a kill -9 an order whose buyer is unknown could be reached by nobody
        return buyer

    def add_line(self, openid: str, sender: str, kind: str, content: str, **more: Any) -> dict[str, Any]:
        """A new line in a buyer's chat, told to whoever listens."""
        line = {"id": str(self.next_id()), "from": sender, "kind": kind, "content": content}
        line |= {"at": rfc3339(self.now()), **{name: value for name, value in more.items() if value is not None}}
        chat = self.memory.chats.setdefault(openid, [])
        chat.append(line)
        del chat[:-CHAT_LINES]
        self.changed()
        self.stream.publish("message", openid, message=line)
        return line

    def add_media(self, kind: str, content_type: str, body: bytes) -> str:
        """Keep bytes under a new media id."""
        media_id = secrets.token_urlsafe(48)
        keep_newest(self.media, media_id, (kind, content_type, body), MEDIA)
        while sum(len(kept[2]) for kept in self.media.values()) > _MEDIA_BYTES:
            del self.media[next(iter(self.media))]
        return media_id

    def keep_voice(self, frames: int, words: str) -> None:
        """Remember what was said in a voice of this length."""
        keep_newest(self.voices, frames, words, VOICES)

    def changed(self) -> None:
        """Remember that the file is behind."""
        self._dirty = True

    async def keep_saving(self) -> None:
        """Write the file whenever it is behind, at most once a second."""
        pause = _SAVE_EVERY_SECONDS
        while True:
            await asyncio.sleep(pause)
            if self._dirty and self._file:
                self._dirty = False
                begins = time.monotonic()
                text = self._text()
                pause = max(_SAVE_EVERY_SECONDS, (time.monotonic() - begins) / _SAVING_SHARE)
                await asyncio.to_thread(self._write, text)

    def save(self) -> None:
        """Write the file now."""
        if self._file:
            self._write(self._text())

    def _text(self) -> str:
        return json.dumps(asdict(self.memory), ensure_ascii=False)

    def _write(self, text: str) -> None:
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        new = self._file.with_suffix(".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        new.replace(self._file)

    def _load(self) -> Memory:
        if self._file is None or not self._file.exists():
            return Memory()
        try:
            return _memory(json.loads(self._file.read_text(encoding="utf-8")))
        except (ValueError, TypeError, KeyError) as error:
            # An unreadable file must not stop a demo; it stays beside the new one for whoever wants to look.
            aside = self._file.with_suffix(".unreadable")
            self._file.replace(aside)
            log.warning("the sandbox starts empty: %s could not be read (%s)", aside, error)
            return Memory()


def keep_newest(held: dict[_K, _V], key: _K, value: _V, limit: int) -> list[_K]:
    """Put a value into a dictionary and drop the oldest beyond the limit; returns the dropped keys."""
    held[key] = value
    gone = list(held)[: max(0, len(held) - limit)]
    for old in gone:
        del held[old]
    return gone


def _memory(data: dict[str, Any]) -> Memory:
    memory = Memory(**data)
    memory.buyers = {
        key: Buyer(**{**value, "grants": [Grant(**grant) for grant in value["grants"]]})
        for key, value in data["buyers"].items()
    }
    memory.trades = {key: Trade(**value) for key, value in data["trades"].items()}
    memory.refunds = {key: Refund(**value) for key, value in data["refunds"].items()}
    memory.notices = {key: Notice(**value) for key, value in data["notices"].items()}
    memory.supplier_orders = {key: SupplierOrder(**value) for key, value in data["supplier_orders"].items()}
    memory.juhe_orders = {key: SupplierOrder(**value) for key, value in data.get("juhe_orders", {}).items()}
    return memory
