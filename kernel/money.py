"""Money is an integer number of fen inside the program and yuan with two decimals outside it."""

import re
from decimal import Decimal
from typing import NewType

Fen = NewType("Fen", int)

_YUAN = re.compile(r"\d{1,9}(\.\d{1,2})?", re.ASCII)


def parse_yuan(text: str) -> Fen:
    """Turn yuan such as ``99.5`` or ``99.50`` into fen. Raises ValueError on a sign, an exponent or a third decimal."""
    if not _YUAN.fullmatch(text):
        raise ValueError(f"not an amount in yuan: {text!r}")
    return Fen(int(Decimal(text) * 100))


def format_yuan(fen: int) -> str:
    """Turn fen into yuan with two decimals, without a currency sign: 9950 → ``99.50``."""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100}.{fen % 100:02d}"
