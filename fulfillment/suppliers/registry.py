"""The shop's suppliers, by the names its configuration gives them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from fulfillment.suppliers.choosing import Terms
from fulfillment.suppliers.fulu import Fulu
from fulfillment.suppliers.juhe import Juhe
from fulfillment.suppliers.port import Supplier
from kernel.clock import Clock

KINDS = ("fulu", "juhe")


@dataclass(frozen=True, slots=True)
class SupplierSettings:
    """One [supplier.NAME] section."""

    name: str
    kind: str
    api_base: str
    app_key: str
    app_secret: str = field(repr=False)
    default: bool = False
    price_account: str = ""
    """Of a supplier that tells prices only for an account: the one to ask for."""
    terms: Terms = field(default_factory=Terms)


@dataclass(frozen=True, slots=True)
class Suppliers:
    """All of them. `default_name` is for SKUs that name none; empty when there is no supplier at all."""

    by_name: Mapping[str, Supplier]
    default_name: str = ""
    terms: Mapping[str, Terms] = field(default_factory=dict)
    """On what terms is bought at each."""

    def get(self, name: str) -> Supplier | None:
        """Find a supplier by its name in the configuration."""
        return self.by_name.get(name)


def open_suppliers(sections: Iterable[SupplierSettings], clock: Clock) -> Suppliers:
    """Build an adapter for each section. Raises ValueError on an unknown kind or on two defaults.

    The default is the section marked so, or the only one there is.
    """
    sections = tuple(sections)
    adapters = {section.name: _adapter(section, clock) for section in sections}
    marked = [section.name for section in sections if section.default]
    if len(marked) > 1:
        raise ValueError(f"more than one default supplier: {', '.join(marked)}")
    if not marked and len(sections) == 1:
        marked = [sections[0].name]
    terms = MappingProxyType({section.name: section.terms for section in sections})
    return Suppliers(MappingProxyType(adapters), marked[0] if marked else "", terms)


def _adapter(section: SupplierSettings, clock: Clock) -> Supplier:
    account = {"api_base": section.api_base, "app_key": section.app_key, "app_secret": section.app_secret}
    match section.kind:
        case "fulu":
            fulu = Fulu(**account, clock=clock)
            return Supplier(section.name, section.kind, fulu, balances=fulu, prices=fulu, callbacks=fulu)
        case "juhe":
            juhe = Juhe(**account, clock=clock, price_account=section.price_account)
            prices = juhe if section.price_account else None
            return Supplier(section.name, section.kind, juhe, balances=juhe, prices=prices, callbacks=juhe)
    raise ValueError(f"supplier.{section.name}: unknown kind {section.kind!r}; known: {', '.join(KINDS)}")
