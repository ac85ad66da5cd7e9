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
    NOTE = "note"
    """Leave notes about buyers and orders for each other."""
    EDIT_CANNED = "edit_canned"
    """Write the answers that everybody has ready."""
    EXPORT = "export"
    """Carry orders away as a file; accounts as they are shown to him."""
    SEE_NOTICES = "see_notices"
    """What WeChat Pay and suppliers were asked and said, number by number."""
    SEE_ACTIONS = "see_actions"
    """What operators did."""
    PEOPLE = "people"
    """Operators: add, change, log out, let in no more. The owner's."""
    PROGRAMS = "programs"
    """Keys of the REST interface, and where webhooks go. The owner's."""
    WALLETS = "wallets"
    """Correct a buyer's balance by hand, or give it back. The owner's and finance's."""
    KNOWLEDGE = "knowledge"
    """What was not understood, the shop's own answers and texts, the menu."""
    SEE_BOOKS = "see_books"
    """Suppliers, and what books and bills disagree about."""
    BOOKS = "books"
    """Have days compared, ask for balances, say that a difference is dealt with."""
    SUPPLIERS = "suppliers"
    """Pause a supplier by hand, and let it go on."""
    RISK = "risk"
    """Held orders released or refused, and who is blocked or allowed."""
    GOODS = "goods"
    """Change the catalog."""
    SEE_KEYS = "see_keys"
    """Card keys in stock, masked: listed and looked for."""
    KEYS = "keys"
    """Import, void, restore and move card keys."""
    REVEAL_KEYS = "reveal_keys"
    """See one in clear, with a reason, on record."""


_ALL = frozenset(Right)
RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        Role.OWNER: _ALL,
        Role.MANAGER: _ALL - {Right.PEOPLE, Right.PROGRAMS, Right.WALLETS},
        Role.SUPPORT: frozenset(
            {
                Right.SEE,
                Right.SEE_ACCOUNTS,
                Right.SEE_TALKS,
                Right.DELIVER,
                Right.ANSWER,
                Right.NOTE,
                Right.SEE_KEYS,
            }
        ),
        Role.FINANCE: frozenset(
            {
                Right.SEE,
                Right.SEE_MONEY,
                Right.REFUND,
                Right.NOTE,
                Right.EXPORT,
                Right.SEE_NOTICES,
                Right.SEE_BOOKS,
                Right.BOOKS,
                Right.WALLETS,
            }
        ),
        Role.READONLY: frozenset({Right.SEE, Right.SEE_MONEY}),
    }
)


def may(role: Role, right: Right) -> bool:
    """Whether this role has this right."""
    return right in RIGHTS[role]


ROLE_NAMES: Mapping[Role, str] = MappingProxyType(
    {Role.OWNER: "店主", Role.MANAGER: "经理", Role.SUPPORT: "客服", Role.FINANCE: "财务", Role.READONLY: "只读"}
)
