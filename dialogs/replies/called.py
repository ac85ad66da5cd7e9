"""What is delivered from stock, by the product's own word: the code of a ticket is no 卡密."""

from collections.abc import Iterable

from dialogs.wording import phrase
from kernel.orders import Line

__all__ = ["keys_called"]

_CODE = "码"
_OWN_WORD_CHARS = 3
_BY_ENDING = {
    "票": phrase("called_ticket", "票码"),
    "券": phrase("called_voucher", "券码"),
}
_called_key = phrase("called_key", "卡密")


def keys_called(lines: Iterable[Line]) -> str:
    """What the codes of these lines are called; one word for all, where their products agree on it."""
    words = {_of(line.product_name.strip()) for line in lines if line.delivery == "card"}
    return words.pop() if len(words) == 1 else _called_key()


def _of(product: str) -> str:
    if product.endswith(_CODE) and len(product) > _OWN_WORD_CHARS:
        return product[-_OWN_WORD_CHARS:]  # 激活码, 兑换码: its own word
    said = _BY_ENDING.get(product[-1:], _called_key)
    return said()
