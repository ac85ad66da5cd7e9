"""The shop window: categories, goods and prices."""

from catalog.model import AnyValue, Product, Sku
from dialogs.replies.saying import HUMAN_TAP, yuan
from dialogs.wording import Say, line, phrase

hot = phrase("hot", "想买点什么？热门商品和分类，回复序号或直接说：")


@line("{name}有这些，回复序号或名称：")
def category(say: Say, name: str) -> str:
    return say(name=name)


@line("找到{count}种，回复序号或名称：")
def found(say: Say, count: int) -> str:
    return say(count=count)


@line("{product}的价格：")
def prices(say: Say, name: str) -> str:
    return say(product=name)


def price_row(entry_text: str) -> str:
    return f"· {entry_text}"


_arrives = phrase("arrives", "到账")
"""What an eta may end in itself: 当天到账."""
_price_line_eta = phrase("price_line_eta", "，{when}到账")


@line("{product} {what}：{price}{eta}")
def price_line(say: Say, product: Product, label: str, fen: int, eta: str) -> str:
    when = _price_line_eta(when=eta.removesuffix(_arrives())) if eta and product.delivery == "topup" else ""
    return say(product=product.name, what=label, price=yuan(fen), eta=when)


@line("{product}：{price}/{unit}")
def price_per_unit(say: Say, product: Product, sku: Sku) -> str:
    return say(product=product.name, price=yuan(sku.price_fen), unit=sku.unit or "个")


yes_we_have = phrase("yes_we_have", "有的。")


@line("{product}最少{least}{unit}，最多{most}{unit}，每{unit}{price}。")
def limits(say: Say, product: Product, sku: Sku, most: AnyValue) -> str:
    """How little and how much of it can be had."""
    unit = sku.unit or "个"
    return say(product=product.name, least=most.min, most=most.max, unit=unit, price=yuan(sku.price_fen))


@line("一共{total}。")
def in_all(say: Say, fen: int) -> str:
    return say(total=yuan(fen))


no_fee = phrase("no_fee", "标的价就是实付，这边不另收手续费。")
as_you_have = phrase("as_you_have", "选哪个以您自己用的为准，定了直接告诉我。")
same_price = phrase("same_price", "这几种价钱一样。")
choose_yourself = phrase("choose_yourself", "价格都在上面了，选哪个看您用得上哪个。")


@line("便宜的是{what}")
def cheapest(say: Say, name: str, less_fen: int) -> str:
    """`less_fen`: by how much, of two."""
    return say(what=name) + (_cheaper_by(amount=yuan(less_fen)) if less_fen else "")


_cheaper_by = phrase("cheaper_by", "，差{amount}")


@line("别的区别店里没有写明，我不敢乱说；想问准可以找客服，回复「{human}」。")
def difference_not_stated(say: Say) -> str:
    return say(human=HUMAN_TAP)


to_buy = phrase("to_buy", "要买的话：")


@line("店里正在上货，请稍后再来，或回复「{human}」找客服。")
def empty_shop(say: Say) -> str:
    return say(human=HUMAN_TAP)
