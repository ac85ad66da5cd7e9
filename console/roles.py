"""Who may do what: the one table of rights. Routes name the right they need, and nothing else decides."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What somebody is in the shop."""

    OWNER = "owner"
    MANAGER = "manager"
    SUPPORT = "support"
    FINANCE = "finance"
    READONLY = "readonly"


class Right(StrEnum):
    """What one may be allowed to do."""

    SEE = "see"
    """Figures, orders and what waits; accounts masked."""
    SEE_MONEY = "see_money"
    SEE_ACCOUNTS = "see_accounts"
    """What buyers gave, in full: it takes that to deliver by hand."""
    SEE_TALKS = "see_talks"
    DELIVER = "deliver"
    REFUND = "refund"
    ANSWER = "answer"
    """Write to buyers: talks and cases."""
    SEE_ACTIONS = "see_actions"
    """What operators did."""


_ALL = frozenset(Right)
RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        Role.OWNER: _ALL,
        Role.MANAGER: _ALL,
        Role.SUPPORT: frozenset({Right.SEE, Right.SEE_ACCOUNTS, Right.SEE_TALKS, Right.DELIVER, Right.ANSWER}),
        Role.FINANCE: frozenset({Right.SEE, Right.SEE_MONEY, Right.REFUND}),
        Role.READONLY: frozenset({Right.SEE, Right.SEE_MONEY}),
    }
)


def may(role: Role, right: Right) -> bool:
    """Whether this role has this right."""
    return right in RIGHTS[role]


ROLE_NAMES: Mapping[Role, str] = MappingProxyType(
    {Role.OWNER: "店主", Role.MANAGER: "经理", Role.SUPPORT: "客服", Role.FINANCE: "财务", Role.READONLY: "只读"}
)
