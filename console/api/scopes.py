"""What a key may be allowed to do: the one table of scopes. Routes name the scope they need."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Scope(StrEnum):
    """One thing a key may be allowed."""

    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    REFUNDS_WRITE = "refunds:write"
    ACCOUNTS_READ = "accounts:read"
    BUYERS_READ = "buyers:read"
    CATALOG_READ = "catalog:read"
    CATALOG_WRITE = "catalog:write"
    KEYS_READ = "keys:read"
    KEYS_WRITE = "keys:write"
    CASES_READ = "cases:read"
    CASES_WRITE = "cases:write"
    SHOP_READ = "shop:read"
    WEBHOOKS_WRITE = "webhooks:write"


MEANINGS: Mapping[Scope, str] = MappingProxyType(
    {
        Scope.ORDERS_READ: "orders and what happened to them; accounts masked",
        Scope.ORDERS_WRITE: "mark lines done, send again, cancel unpaid orders",
        Scope.REFUNDS_WRITE: "give money back",
        Scope.ACCOUNTS_READ: "see what buyers gave in full, and look for orders by it",
        Scope.BUYERS_READ: "what an order's buyer has bought; his identity masked",
        Scope.CATALOG_READ: "products, SKUs, prices and costs",
        Scope.CATALOG_WRITE: "replace the catalog, change prices",
        Scope.KEYS_READ: "how many card keys there are and in which state; never a key itself",
        Scope.KEYS_WRITE: "import and void card keys",
        Scope.CASES_READ: "complaints with their deadlines",
        Scope.CASES_WRITE: "answer and close complaints",
        Scope.SHOP_READ: "suppliers' balances and the shop's health",
        Scope.WEBHOOKS_WRITE: "see and change where webhooks go",
    }
)


def read_scopes(given: str) -> frozenset[Scope]:
    """Read a comma-separated list; `*` is every scope. Raises ValueError naming what is no scope."""
    words = [word.strip() for word in given.split(",") if word.strip()]
    if words == ["*"]:
        return frozenset(Scope)
    unknown = [word for word in words if word not in set(Scope)]
    if unknown or not words:
        raise ValueError(f"no scope {unknown[0]}; known: {', '.join(Scope)}" if unknown else "name at least one scope")
    return frozenset(Scope(word) for word in words)
