"""What is on sale, as plain frozen values. The catalog file and the tables are two ways to store these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kernel.money import Fen


class Delivery(StrEnum):
    """How a product reaches the buyer."""

    TOPUP = "topup"
    """Direct recharge of an account through a supplier."""
    CARD = "card"
    """Card keys from our own encrypted stock."""
    SERVICE = "service"
    """A person fulfils it."""
    PARCEL = "parcel"
    """Shipped goods."""


class FieldKind(StrEnum):
    """The kind of thing a buyer must give; each has a check of its own."""

    PHONE = "phone"
    QQ = "qq"
    PHONE_OR_QQ = "phone_or_qq"
    UID = "uid"
    CARD_NO = "card_no"
    EMAIL = "email"
    TEXT = "text"
    CHOICE = "choice"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of an option or of a choice field."""

    id: str
    label: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """Something the buyer must give: the account to top up, a server, an address."""

    name: str
    label: str
    kind: FieldKind
    pattern: str | None = None
    """A regular expression the canonical value must match, on top of the kind's own check."""
    values: tuple[Choice, ...] = ()
    default: str | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """Something that picks among a product's SKUs: speed, edition, length."""

    name: str
    label: str
    values: tuple[Choice, ...]
    default: str | None = None


@dataclass(frozen=True, slots=True)
class AnyValue:
    """The SKU is sold in any whole number from min to max; its price is then per unit."""

    min: int
    max: int


@dataclass(frozen=True, slots=True)
class Backup:
    """Where else a SKU can be bought when its own supplier has definitely failed; in the order of priority."""

    supplier: str
    supplier_code: str | None = None
    """The SKU's code there; None: the same as the SKU's own."""
    cost_fen: Fen | None = None


@dataclass(frozen=True, slots=True)
class Sku:
    """One thing with one price."""

    code: str
    label: str
    price_fen: Fen
    value: int | float | None = None
    """The denomination, as a number of `unit`."""
    unit: str = ""
    face_fen: Fen | None = None
    cost_fen: Fen | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    eta: str | None = None
    any_value: AnyValue | None = None
    supplier: str | None = None
    supplier_code: str | None = None
    backup: tuple[Backup, ...] = ()
    allow_loss: bool = False
    """Bought even where it costs more than it is sold for."""


@dataclass(frozen=True, slots=True)
class Product:
    """One product: its names, what must be asked, and its SKUs in the order the shop lists them."""

    id: str
    name: str
    category: tuple[str, ...]
    delivery: Delivery
    skus: tuple[Sku, ...]
    aliases: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    options: tuple[Option, ...] = ()
    eta: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
