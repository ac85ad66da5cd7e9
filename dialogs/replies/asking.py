"""Lists to choose from, and questions for what is missing."""

import re
from collections.abc import Sequence

from catalog.model import AnyValue, Product, Sku
from dialogs.links import plain, tap
from dialogs.replies.saying import said, yuan
from dialogs.wording import Say, line, phrase


def sku_entry(sku: Sku, options: str = "") -> str:
    price = f"{yuan(sku.price_fen)}/{sku.unit or '个'}" if sku.any_value else yuan(sku.price_fen)
    return f"{sku.label}{options} {price}"


def choice_entry(label: str, price_fen: int | None) -> str:
    return f"{label} {yuan(price_fen)}" if price_fen is not None else label


_from = phrase("from", "{product} {price}起")


def product_entry(product: Product) -> str:
    prices = [sku.price_fen for sku in product.skus]
    if not prices:
        return product.name
    low = min(prices)
    if len(prices) > 1 or any(sku.any_value for sku in product.skus):
        return _from(product=product.name, price=yuan(low))
    return f"{product.name} {yuan(low)}"


ask_which_product = phrase("ask_which_product", "请问您要哪一种？回复序号或名称：")


ask_fitting_product = phrase("ask_fitting_product", "您要买的是下面哪一种？回复序号或名称（没列出来的小店暂时不卖）：")


ask_any_product = phrase("ask_any_product", "请问想买哪种商品？回复序号或名称：")


@line("收到 {account}，请问要给它买什么？回复序号或名称：")
def ask_product_for_account(say: Say, account: str) -> str:
    return say(account=said(account))


_face_value = phrase("face_value", "面额")
_size = phrase("size", "规格")


def size_word(product: Product | None) -> str:
    """What the denomination is called: 面额 is for money alone."""
    money = product is not None and product.skus and all(sku.unit in ("元", "块") for sku in product.skus)
    return _face_value() if money else _size()


@line("{product}，请选{label}（回复序号或{label}）：")
def ask_value(say: Say, product: Product) -> str:
    return say(product=product.name, label=size_word(product))


@line("{label}：{given}\n还差{missing}，发给我补上，例如：{example}")
def ask_address_rest(say: Say, label: str, given: str, wants: Sequence[str], example: str) -> str:
    missing = "和".join(wants) if len(wants) < 3 else "、".join(wants)
    return say(label=label, given=said(given), missing=missing, example=example)


@line("{product}要多少{unit}？{least}–{most}{unit}都可以，每{unit}{price}，直接回复数字。")
def ask_units(say: Say, product: Product, sku: Sku, limits: AnyValue) -> str:
    unit = sku.unit or "个"
    return say(product=product.name, unit=unit, least=limits.min, most=limits.max, price=yuan(sku.price_fen))


@line("请问{product}要的数量是多少？直接回复1到{most}的数字。")
def ask_quantity(say: Say, product: Product, most: int) -> str:
    return say(product=product.name, most=most)


@line("也可以直接回复数量：{least}–{most}{unit}")
def or_any_units(say: Say, sku: Sku, limits: AnyValue) -> str:
    return say(least=limits.min, most=limits.max, unit=sku.unit or "个")


@line("{product}，请选{label}（回复序号或名称）：")
def ask_choice(say: Say, product: Product, label: str) -> str:
    return say(product=product.name, label=label)


@line("请发一下{product}的{label}：")
def ask_field(say: Say, product: Product, label: str) -> str:
    return say(product=product.name, label=label)


@line("{product}：{label}？")
def ask_in_its_words(say: Say, product: Product, label: str) -> str:
    """Where the label is a question itself: 什么时候开始."""
    return say(product=product.name, label=label)


_QUESTION_WORDS = re.compile("什么|几[点时号天个位]|哪|怎么|多少|谁|是否|[吗呢]$")
_ask_together = phrase("ask_together", "（可以一条发完）")
_or_number = phrase("or_number", "（或回复序号）")


def ask_fields(product: Product, labels: Sequence[str], *, offers: bool = False) -> str:
    """One thing, or several that can be said in one line; `offers`: what was given before follows, numbered."""
    asked = ask_field(product, "、".join(labels))
    if any(map(_QUESTION_WORDS.search, labels)):
        asked = ask_in_its_words(product, "、".join(labels).rstrip("?？"))
    how = (_or_number() if offers else "") + (_ask_together() if len(labels) > 1 else "")
    end = "？" if asked.endswith("？") else "："
    return f"{asked.removesuffix(end)}{how}{end}" if how else asked


no_hurry = phrase("no_hurry", "好的，不急，有了直接发过来就行。")
"""He does not know it yet, or will send it later."""


@line("{label} {account} 记下了。")
def noted(say: Say, label: str, account: str) -> str:
    """An account that came before it was asked for."""
    return say(label=label, account=said(account))


@line("第{position}件：{what} 记下了。")
def noted_for(say: Say, position: int, what: str) -> str:
    """What was given for one of several lines."""
    return say(position=position, what=said(what))


@line("每件的{label}不一样的话，一件一件跟我说就行：")
def each_by_itself(say: Say, label: str) -> str:
    """Two different choices were named, and not which of several lines is to have which."""
    return say(label=label)


address_how = phrase("address_how", "收货人姓名、手机号、省市区、街道门牌，一条发完就行。")
_parts_name = phrase("parts_name", "收货人 {said}")
_parts_phone = phrase("parts_phone", "手机号 {said}")
_parts_region = phrase("parts_region", "地区 {said}")
_parts_street = phrase("parts_street", "街道门牌 {said}")


def address_parts(name: str, phone: str, region: str, street: str) -> str:
    """How an address was understood, part by part."""
    told = ((_parts_name, name), (_parts_phone, phone), (_parts_region, region), (_parts_street, street))
    return f"（{'；'.join(say(said=plain(part)) for say, part in told if part)}）"


another_account = phrase("another_account", "好的，发新的就行。")


_used_last = phrase("used_last", "上次的{label} {account}")
_used_before = phrase("used_before", "用过的{label} {account}")
_number_word = phrase("number_word", "号码")


def used_before(index: int, label: str, masked: str) -> str:
    """An account of an earlier order, the latest first (index 0)."""
    numberlike = any(word in label for word in ("号", "QQ", "UID"))
    what = _number_word() if numberlike else label
    return (_used_before if index else _used_last)(label=what, account=masked)


@line("{label}可以一起发。")
def along(say: Say, labels: Sequence[str]) -> str:
    """What may be sent together with the answer to a question that has a list."""
    return say(label="、".join(labels))


@line("{label}可以一起发，如「{example}」。")
def along_like(say: Say, label: str, example: str) -> str:
    return say(label=label, example=example)


@line("{label}可以一起发，或用{value}。")
def along_with_last(say: Say, label: str, entry_text: str) -> str:
    """The same, where an account of an earlier order can be used."""
    return say(label=label, value=tap(entry_text, entry_text, "last"))


@line("第{position}件（共{count}件）")
def which_line(say: Say, position: int, total: int) -> str:
    return say(position=position, count=total)


@line("第{position}件（共{count}件）：{what}")
def which_line_called(say: Say, position: int, total: int, what: str) -> str:
    """The same, where several lines are of one product: 儿童票, 陈子涵."""
    return say(position=position, count=total, what=said(what))


@line("好的，哪里要改？直接说就行，例如：{examples}；不买了回复「取消」。")
def what_to_change(say: Say, examples: Sequence[str]) -> str:
    return say(examples="、".join(examples))


_any_change = phrase("any_change", "换规格、改数量、改号码")


@line("可以，付款前都能改。要改什么直接说，例如：{examples}。")
def may_be_changed(say: Say, examples: Sequence[str]) -> str:
    """能改吗, of what is not paid."""
    return say(examples="、".join(examples) or _any_change())


@line("这单有{count}件，请说明改哪一件，例如：{example}。")
def which_line_to_change(say: Say, total: int, example: str) -> str:
    return say(count=total, example=example)


@line("这单有{count}件，请说明不要哪一件，例如：第1件不要了。")
def which_line_to_drop(say: Say, total: int) -> str:
    return say(count=total)


@line("这单有{count}件，要多加哪一种？请带上名称，或说第几件，例如：第1件再来一份。")
def which_line_to_add(say: Say, total: int) -> str:
    return say(count=total)


_taken_out_several = phrase("taken_out_several", "好的，已去掉{count}件。")


@line("好的，已去掉。")
def taken_out(say: Say, count: int) -> str:
    return say() if count == 1 else _taken_out_several(count=count)


added = phrase("added", "好的，已加上。")


nothing_changed = phrase("nothing_changed", "现在就是这样的：")
