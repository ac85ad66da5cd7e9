"""What can stand on a list, and on which."""

from enum import StrEnum


class Kind(StrEnum):
    """What is listed."""

    BUYER = "buyer"
    """An openid."""
    ACCOUNT = "account"
    """What is topped up: a phone, a QQ number …"""


class Listing(StrEnum):
    """On which list."""

    BLOCK = "block"
    ALLOW = "allow"
