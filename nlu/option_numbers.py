"""Numbers that name an option: 2号 of what comes as 2号50米 and 2号100米, the option being called 2号线."""

from nlu.amounts import Amount, settle
from nlu.lexicon import Lexicon, ProductIndex
from nlu.phrases import Mention
from nlu.seen import Seen

_DAYS_AND_DOORS = ("楼", "院", "门", "栋", "前", "之前", "以前", "发货", "到货", "上午", "下午", "晚上", "早上")


def name_options_by_number(product: ProductIndex, seen: Seen, lexicon: Lexicon) -> None:
    """Read an amount that picks all SKUs of one option and no other as that option: it is no size of its own."""
    for amount in list(seen.amounts):
        word = _option_meant(product, amount)
        entry = lexicon.phrases.get(word) if word else None
        if word and entry is not None:
            seen.amounts = [other for other in seen.amounts if other is not amount]
            if seen.text.startswith(_DAYS_AND_DOORS, amount.end):
                continue  # 2号发货: a day
            named = Mention(amount.start, amount.end, word, entry)
            seen.mentions = sorted([*seen.mentions, named], key=lambda mention: mention.start)


def _option_meant(product: ProductIndex, amount: Amount) -> str:
    """Give the word of the option whose SKUs, and no others, have this number and unit in their names; "" for none."""
    if amount.kind != "value" or amount.word or amount.unit in ("", "元", product.unit, product.any_unit):
        return ""
    settled = settle(product, amount)
    picked = {sku.code for sku in (settled.skus if settled else None) or ()}
    if len(picked) < 2:
        return ""
    for word, (name, chosen) in product.option_words.items():
        if picked == {sku.code for sku in product.words.skus if sku.options.get(name) == chosen}:
            return word
    return ""
