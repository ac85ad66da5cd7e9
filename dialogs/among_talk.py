"""A wish among talk, where nothing else was understood: one thing that is sold is named, and wanted."""

import re

from catalog.checks import fold
from dialogs.gist.clauses import asks, clauses_in
from dialogs.turn import Said, Scene
from nlu.frame import Item

_WANTS = re.compile("[想要约订办弄买充开报租]|来[个张份一两]|给[我他她]|帮我|需要|整[个张份一]")
_ASKS = re.compile("([\u4e00-\u9fff])不\\1|怎么|多少|几[天个块元]|最[少多低高]")
_IS_PAST = re.compile("[了过](?!吧)|不[想要用买]|没|别|上次|以前|之前")


def wished_among_talk(said: Said, scene: Scene) -> Item | None:
    """What alone is named in a clause that wants something: 给她吓得 非要我给她约带状疱疹疫苗."""
    ids = {code for named in said.frame.named for code in named.products}
    product = scene.shelf.product(next(iter(ids))) if len(ids) == 1 else None
    if product is None or not product.skus or asks(said.text) or _ASKS.search(said.text):
        return None
    words = [named.word for named in said.frame.named]
    clauses = [clause for clause in clauses_in(said.text) if any(word in fold(clause) for word in words)]
    if not any(_WANTS.search(clause) for clause in clauses) or any(_IS_PAST.search(clause) for clause in clauses):
        return None
    sizes = [sku for sku in product.skus if {*map(fold, (sku.label, *sku.aliases))} & set(words)]
    sized = sizes[0] if len(sizes) == 1 and sizes[0].any_value is None else None
    slots = frozenset({"product", *(("value",) if sized is not None else ())})
    return Item(product.id, sku=sized.code if sized else None, value=sized.value if sized else None, said=slots)
