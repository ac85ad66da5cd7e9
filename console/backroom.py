"""What the pages about goods, people and money need of the bot, beside the desk: the bot implements it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from sqlalchemy import Connection

from catalog.model import Product
from catalog.vault import Vault
from kernel.ids import OpenId

Also = Callable[[Connection], None]
"""Written in the same transaction as what it belongs to: the record of who did it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the bot reads a sentence: what it is taken for, and each thing that is named."""

    intent: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Misheard:
    """Messages that say about the same and are not understood."""

    ids: tuple[int, ...]
    buyers: int
    heard_at: datetime
    examples: tuple[str, ...]
    followed_by: str
    alias: str
    """The words that look like a name."""
    products: tuple[tuple[str, str], ...]
    """The products it is likeliest for: id and name."""


@dataclass(frozen=True, slots=True)
class OwnerFile:
    """A file of the owner's, and whether the console may write it."""

    content: str
    where: str
    """What [app] says; "" when it says nothing."""
    editable: bool
    has_before: bool


@dataclass(frozen=True, slots=True)
class MenuGroup:
    """One of the three buttons, and what opens above it: names, each with a key or an https address."""

    name: str
    buttons: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SupplierView:
    """How the shop stands with one supplier, in the words of `kabot suppliers`."""

    name: str
    kind: str
    is_default: bool
    balance: str
    low: bool
    told_at: datetime | None
    breaker: str
    well: bool
    last_success_at: datetime | None
    open: int
    unknown: int
    problem: str
    pause: str = ""
    """That somebody has paused it: who, when and why, in words."""


class Backroom(Protocol):
    """The parts of the running shop that only operators' pages ask for."""

    @property
    def vault(self) -> Vault:
        """Opens and seals card keys, and what else must not lie open in the database."""

    @property
    def private_webhooks(self) -> bool:
        """Whether webhooks may go to this machine and private networks, and by http."""

    def read(self, words: str, products: Sequence[Product]) -> Reading:
        """How a sentence would be understood if this were the catalog."""

    def misheard(self) -> tuple[Misheard, ...]:
        """What buyers said lately that is still not understood, alike messages together, the most frequent first."""

    def begin_run(self, conn: Connection, number: int, *, after_s: int = 0) -> None:
        """Have the worker do what `console_run` says under this number, once the transaction commits."""

    def add_alias(self, product_id: str, alias: str, done: Sequence[int], *, by: str, also: Also) -> str:
        """Give a product one more name and settle messages; the catalog before is kept.

        Gives what speaks against it, or "".
        """

    def settle(self, done: Sequence[int], *, also: Also) -> None:
        """Forget messages that somebody has dealt with."""

    def owner_file(self, kind: str) -> OwnerFile:
        """The owner's own answers (`faq`) or texts (`wording`)."""

    def save_owner_file(self, kind: str, content: str, *, also: Also) -> tuple[str, ...]:
        """Check a file and put it in the place of the one that is there, which is kept. Gives what is wrong with it."""

    def undo_owner_file(self, kind: str, *, also: Also) -> bool:
        """Put the file before the last change back. False: none is kept."""

    def faq_warnings(self) -> tuple[str, ...]:
        """What the answers name and nobody sells, and questions that get another answer."""

    def wording_warnings(self) -> tuple[str, ...]:
        """What is wrong with the owner's texts as their file stands: the bot goes on with those before."""

    def wording_lines(self) -> tuple[tuple[str, str, str], ...]:
        """Every line the bot says: its name, its own text, and the owner's in its place or ""."""

    def menu(self) -> tuple[MenuGroup, ...]:
        """The account's menu as it would be published now."""

    def usual_menu(self) -> tuple[MenuGroup, ...]:
        """The menu that comes of the catalog alone."""

    def save_menu(self, groups: Sequence[MenuGroup] | None, by: str, *, also: Also) -> tuple[str, ...]:
        """Keep a menu (None: the usual one again). Gives what is wrong with it."""

    def publish_menu(self, *, also: Also) -> str:
        """Publish it at WeChat. Gives what WeChat has against it, or ""."""

    def suppliers(self) -> tuple[SupplierView, ...]:
        """How the shop stands with each supplier."""

    def ask_balances(self) -> None:
        """Ask every supplier for what is left, now."""

    def pause_supplier(self, name: str, why: str, *, by: str, also: Also) -> bool:
        """Order nothing from a supplier until it is resumed. False: there is none of that name, or it is paused."""

    def resume_supplier(self, name: str, *, by: str, also: Also) -> bool:
        """Order from a supplier again. False: it is not paused."""

    def withdrawable_fen(self, openid: OpenId) -> int:
        """What of a buyer's balance would go back by the original route now."""

    def withdraw(self, openid: OpenId, amount_fen: int, *, actor: str, also: Also) -> bool:
        """Give this much of a balance back by the original route. False: that is not what would go back now."""

    def compare_bill(self, day: date, *, also: Also) -> None:
        """Have a day's bill compared with the books by the worker."""

    def release_order(self, order_no: str, *, actor: str, also: Also) -> bool:
        """Let a held order be delivered. False: it is not held."""

    def refuse_order(self, order_no: str, reason: str, *, actor: str, also: Also) -> bool:
        """Give a held order back and tell the buyer why. False: it is not held."""

    def put_on_list(self, kind: str, value: str, listing: str, why: str, *, actor: str, also: Also) -> int | None:
        """Block or allow a buyer or an account. Gives how many of his orders are held for it; None: no such value."""
