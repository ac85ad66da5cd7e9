"""The lines of a draft while a message about how many of which is gone through."""

from dataclasses import dataclass, field, replace

from catalog.model import Delivery, FieldKind, Product, Sku
from catalog.shelf import Shelf
from dialogs.draft import field_of, look, pick_sku, units_agree
from dialogs.recount_words import BARE, HALF, Word
from dialogs.state import QUANTITY_MAX, DraftLine


@dataclass(slots=True)
class Basket:
    """The lines, as far as the message has been gone through."""

    lines: list[DraftLine]
    shelf: Shelf
    question: str = ""
    counted: bool = False
    """Whether it has said of one line how many of it there are to be."""
    made: set[int] = field(default_factory=set)
    """Lines that were not there before."""

    def sku(self, at: int) -> Sku | None:
        return look(self.lines[at], self.shelf).sku

    def product(self, at: int) -> Product | None:
        return self.shelf.product(self.lines[at].product or "")

    def named(self, word: Word) -> list[int]:
        """The lines that a word names."""
        if word.nth >= 0:
            return [word.nth] if not word.skus or self._is(word.nth, word) else []
        return [at for at in range(len(self.lines)) if self._is(at, word)]

    def _is(self, at: int, word: Word) -> bool:
        sku = self.sku(at)
        return sku is not None and sku.code in word.skus

    def amount(self, at: int) -> int:
        sku, line = self.sku(at), self.lines[at]
        return int(line.value or 0) if sku is not None and sku.any_value is not None else line.quantity

    def set(self, at: int, amount: int, piece: str) -> bool:
        """Have so many of a line, by its own unit where it is sold in any number; False where that cannot be."""
        sku, line = self.sku(at), self.lines[at]
        if sku is None or amount < 0 or is_a_size(self.product(at), amount, piece) or holds_several(sku, piece):
            return False
        if sku.any_value is None:
            self.lines[at] = replace(line, quantity=amount)
            return amount <= QUANTITY_MAX and piece != BARE
        self.lines[at] = replace(line, value=amount) if amount else replace(line, quantity=0)
        return line.quantity == 1 and piece in (sku.unit, "个", "", BARE) and (not amount or units_agree(sku, amount))

    def like(self, word: Word, at: int) -> Sku | None:
        """What a word names, beside a line: with everything else of it as it is."""
        product, mine = self.product(at), self.sku(at)
        named = [sku for sku in product.skus if sku.code in word.skus] if product is not None else []
        if len(named) < 2 or mine is None:
            return named[0] if named else None

        def shared(sku: Sku) -> int:
            return sum(mine.options.get(k) == v for k, v in sku.options.items()) + (sku.value == mine.value)

        best = max(map(shared, named))
        nearest = [sku for sku in named if shared(sku) == best]
        return nearest[0] if len(nearest) == 1 else None

    def become(self, at: int, sku: Sku) -> None:
        self.lines[at] = as_sku(self.lines[at], sku, self.shelf)

    def part(self, at: int, sku: Sku, count: int, piece: str) -> bool:
        """Take so many from a line, which become another size."""
        before, own = self.lines[at], self.sku(at)
        if (
            own is None
            or own == sku
            or is_a_size(self.product(at), count, piece)
            or (own.any_value is None) != (sku.any_value is None)
        ):
            return False
        if count == HALF:
            count, odd = divmod(self.amount(at), 2)
            if odd:
                return False
        left = self.amount(at) - count
        if left < 0 or not self.set(at, left, piece):
            return False
        kept = as_sku(before, sku, self.shelf)
        some = replace(kept, value=count) if sku.any_value is not None else replace(kept, quantity=count)
        return self._new(some)

    def add(self, sku: Sku, like: int, count: int) -> bool:
        """One more line, of another size of what a line is of."""
        product, line = self.product(like), self.lines[like]
        topped = product is not None and product.delivery is Delivery.TOPUP
        kept = {name: value for name, value in line.fields.items() if not topped or _is_free(product, name)}
        fresh = as_sku(replace(line, quantity=1, fields=kept), sku, self.shelf)
        return self._new(replace(fresh, value=count) if sku.any_value is not None else replace(fresh, quantity=count))

    def _new(self, line: DraftLine) -> bool:
        self.made.add(len(self.lines))
        self.lines.append(line)
        return True


def as_sku(line: DraftLine, sku: Sku, shelf: Shelf) -> DraftLine:
    """The line, of another SKU of its product."""
    product = shelf.product(line.product or "")
    value = line.value if sku.any_value is not None else None
    return pick_sku(replace(line, value=value, sku=None), sku, product, shelf) if product is not None else line


def is_a_size(product: Product | None, count: int, piece: str) -> bool:
    """Whether 10桶 is what it is sold by."""
    skus = product.skus if product is not None and piece else ()
    return any(sku.value == count and sku.any_value is None and sku.unit[:1] == piece for sku in skus)


def holds_several(sku: Sku, piece: str) -> bool:
    """Whether 20节 cannot count this one: it is 10节 itself."""
    return bool(piece) and sku.any_value is None and sku.unit[:1] == piece and (sku.value or 1) > 1


def _is_free(product: Product | None, name: str) -> bool:
    found = field_of(product, name) if product is not None else None
    return found is not None and found.kind in (FieldKind.TEXT, FieldKind.ADDRESS)
