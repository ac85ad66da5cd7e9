"""What operators' pages need of the running shop, beside the desk: made of the functions the command line uses too."""

from collections.abc import Iterator, Sequence

from bot.bootstrap import Services
from bot.lexicon import build_lexicon
from catalog.model import Product
from catalog.shelf import Shelf
from catalog.vault import Vault
from catalog.version import content_version
from console.backroom import Reading
from nlu import Lexicon, parse
from nlu.frame import Item

_MISSING = {"product": "哪个商品", "value": "面额"}


class ShopBackroom:
    """console.backroom.Backroom over the running shop."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._read: dict[str, Lexicon] = {}

    @property
    def vault(self) -> Vault:
        """See Backroom."""
        return self._services.vault

    def read(self, words: str, products: Sequence[Product]) -> Reading:
        """See Backroom."""
        shelf = Shelf(products, "")
        frame = parse(words, self._lexicon(shelf))
        return Reading(frame.intent, tuple("；".join(_told(item, shelf)) for item in frame.items))

    def _lexicon(self, shelf: Shelf) -> Lexicon:
        """Indexing a large catalog takes seconds: the last two are kept."""
        version = content_version(shelf.products)
        found = self._read.get(version)
        if found is None:
            found = build_lexicon(shelf)
            self._read = {**dict(list(self._read.items())[-1:]), version: found}
        return found


def _told(item: Item, shelf: Shelf) -> Iterator[str]:
    product = shelf.product(item.product) if item.product else None
    if product is None:
        named = [shelf.product(one) for one in item.candidates]
        yield "可能是：" + "、".join(one.name for one in named if one) if named else "商品没听出来"
        return
    sku = shelf.sku(item.sku) if item.sku else None
    yield product.name + (f" {sku.label}（{sku.code}）" if sku else "")
    if sku is None and item.value is not None:
        yield f"面额 {item.value:g}"
    if item.quantity != 1:
        yield f"×{item.quantity}"
    labels = {one.name: one.label for one in product.options} | {one.name: one.label for one in product.fields}
    for name, value in {**item.options, **item.fields}.items():
        yield f"{labels.get(name, name)} {value}"
    for name, value in item.invalid.items():
        yield f"{labels.get(name, name)} 不对：{value}"
    if item.missing:
        yield "还要问：" + "、".join(labels.get(name, _MISSING.get(name, name)) for name in item.missing)
