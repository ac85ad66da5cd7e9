"""What may be shown of an account where it need not be shown whole: logs, lists, error texts."""

import re

_ACCOUNT = re.compile(r"[0-9]{7,}|[\w.+-]+@[\w.-]+")


def mask(account: str) -> str:
    """Hide the middle of a phone, QQ, card or other account: 13812345678 → 138****5678, 12345 → 1***5."""
    if len(account) >= 9:
        return f"{account[:3]}****{account[-4:]}"
    if len(account) >= 3:
        return f"{account[0]}***{account[-1]}"
    return "***"


def ends_of(secret: str) -> str:
    """The last four of a long card key, which tell it from its neighbours; nothing of one under 12 characters."""
    return f"····{secret[-4:]}" if len(secret) >= 12 else "····"


def mask_within(text: str) -> str:
    """Hide whatever looks like an account (7 digits in a row, an e-mail address) inside a text."""
    return _ACCOUNT.sub(lambda found: mask(found.group()), text)
