"""What may be shown of an account where it need not be shown whole: logs, lists, error texts."""


def mask(account: str) -> str:
    """Hide the middle of a phone, QQ, card or other account: 13812345678 → 138****5678, 12345 → 1***5."""
    if len(account) >= 9:
        return f"{account[:3]}****{account[-4:]}"
    if len(account) >= 3:
        return f"{account[0]}***{account[-1]}"
    return "***"
