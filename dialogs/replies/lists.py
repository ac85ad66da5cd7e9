"""The report on a pasted list of orders."""

from collections.abc import Sequence

from catalog.model import Product
from dialogs.links import tap
from dialogs.replies.saying import CANCEL_TAP, NAMES_MAX, said, yuan
from dialogs.wording import Say, line, phrase


@line("一次最多{most}行，您发了{count}行，请分几次发；这次一行都没有记下。")
def too_many_rows(say: Say, most: int, given: int) -> str:
    return say(most=most, count=given)


_list_all_wrong = phrase("list_all_wrong", "收到{count}行，每一行都要改：")


@line("收到{count}行，{good}行没问题，{wrong}行要改：")
def list_report(say: Say, count: int, good: int, wrong: int) -> str:
    return say(count=count, good=good, wrong=wrong) if good else _list_all_wrong(count=count)


@line("行{number}：{why}")
def wrong_row(say: Say, number: int, why: str) -> str:
    return say(number=number, why=why)


@line("（还有{count}行有问题，改好这些再列）")
def more_wrong_rows(say: Say, count: int) -> str:
    return say(count=count)


@line(
    "改好的行再发一遍就行，如「行{number} …」。没问题的{good}行合计{total}，"
    "先下这些请回复「{only}」；不买了回复「{cancel}」。"
)
def list_how(say: Say, number: int, good: int, total_fen: int) -> str:
    return say(number=number, good=good, total=yuan(total_fen), only=_only_good(), cancel=CANCEL_TAP)


@line("改好再发一遍就行，单改一行如「行{number} …」；不买了回复「{cancel}」。")
def list_how_none(say: Say, number: int) -> str:
    return say(number=number, cancel=CANCEL_TAP)


def _only_good() -> str:
    return tap("只下对的", "只下对的", "good")


@line("没看懂「{said}」")
def row_not_read(say: Say, text: str) -> str:
    return say(said=said(text))


several_in_a_row = phrase("several_in_a_row", "一行请只写一件")


no_such_row = phrase("no_such_row", "没有这一行要改")


@line("缺{label}")
def lacks(say: Say, label: str) -> str:
    return say(label=label)


@line("{product}没有{what}")
def not_on_sale(say: Say, product: Product, wanted: str) -> str:
    return say(product=product.name, what=wanted)


@line("是哪一种：{names}？")
def which_of(say: Say, names: Sequence[str]) -> str:
    return say(names="、".join(names[:NAMES_MAX]))


_repeated_row = phrase("repeated_row", "行{number}同行{earlier}")


@line("有重复，都要的话不用管：{rows}。")
def repeated_rows(say: Say, pairs: Sequence[tuple[int, int]]) -> str:
    """(row, the earlier row that says the same)."""
    rows = "，".join(_repeated_row(number=row, earlier=earlier) for row, earlier in pairs[:NAMES_MAX])
    return say(rows=rows + ("…" if len(pairs) > NAMES_MAX else ""))


@line("好的，有问题的{count}行没有算进去。")
def left_out(say: Say, count: int) -> str:
    return say(count=count)


@line("行{number}：")
def row_open(say: Say, row: int) -> str:
    return say(number=row)


@line("行{number}「{said}」没看懂，请把这一行改好再发一遍，或回复「{only}」先下其余的。")
def row_again(say: Say, row: int, text: str) -> str:
    return say(number=row, said=said(text), only=_only_good())


@line("（刚才那份清单的行{number}还没改好，发我就能继续，或回复「{only}」；不买了回复「{cancel}」）")
def row_still_open(say: Say, row: int) -> str:
    return say(number=row, only=_only_good(), cancel=CANCEL_TAP)


changed = phrase("changed", "好的，已改好。")


price_moved = phrase("price_moved", "价格或库存刚有变动，请再核对一次。")
