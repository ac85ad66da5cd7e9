"""The summary a buyer confirms, short or in pages."""

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.model import Delivery, Product, Sku
from dialogs.links import plain, tap
from dialogs.replies.saying import CANCEL_TAP, CONFIRM_TAP, join, number, yuan
from dialogs.wording import Say, line, phrase

_SUMMARY_BYTES_MAX = 1300
SUMMARY_LINES = 10
"""More lines than this are summed up by kind, and shown in full on request."""
_FIRST_LINES = 5
_KINDS_MAX = 10


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """One line of a summary, ready to be read."""

    product: str
    sku: str
    quantity: int
    details: tuple[tuple[str, str], ...]
    """(label, value): chosen options and every field in full."""
    eta: str
    total_fen: int
    understood: str = ""
    """A parcel's address in its parts, for him to check."""


_summary_head = phrase("summary_head", "请核对订单：")
_summary_total = phrase("summary_total", "合计：{total}")
_summary_digital = phrase("summary_digital", "虚拟商品，付款发货后不支持7天无理由退货。")
_summary_how = phrase(
    "summary_how",
    "回复「{confirm}」下单，「{cancel}」不买了；要改直接说，如「{change}」。",
)


def summary(lines: Sequence[SummaryLine], digital: bool, change: str) -> str:
    """Every line in full; one row a line when there are many, so that nothing has to be cut. `change` is an example of
    what could be said to correct it."""
    if len(lines) > SUMMARY_LINES:
        return _list_summary(lines, digital, change)
    several = len(lines) > 1
    blocks = [_summary_line(line, index if several else 0) for index, line in enumerate(lines, 1)]
    if several and sum(len(block.encode()) for block in blocks) > _SUMMARY_BYTES_MAX:
        blocks = [summary_row(line, index) for index, line in enumerate(lines, 1)]
    total = sum(line.total_fen for line in lines)
    return join(
        _summary_head(),
        *blocks,
        _summary_total(total=yuan(total)),
        _summary_digital() if digital else "",
        _summary_how(confirm=CONFIRM_TAP, cancel=CANCEL_TAP, change=change),
    )


@line("有要交代的可以补充，例如「{label}：…」，不补充也行。")
def can_add(say: Say, label: str) -> str:
    """Below the summary of what a person makes: something that may be told and is not asked for."""
    return say(label=label)


_list_head = phrase("list_head", "请核对订单，共{count}件：")
_list_first = phrase("list_first", "前{count}件：")
_list_all = phrase("list_all", "（共{count}件，逐件核对请回复「{details}」）")
_list_kinds = phrase("list_kinds", "…等{count}种")


def _list_summary(lines: Sequence[SummaryLine], digital: bool, change: str) -> str:
    """A long order: how many of what, the first lines, the total; all lines on request."""
    counted: dict[str, tuple[int, int]] = {}
    for one in lines:
        what = f"{one.product} {one.sku}"
        count, fen = counted.get(what, (0, 0))
        counted[what] = (count + one.quantity, fen + one.total_fen)
    kinds = [f"· {what} ×{count} {yuan(fen)}" for what, (count, fen) in counted.items()]
    details = tap("全部明细", "全部明细", "details")
    return join(
        _list_head(count=len(lines)),
        *kinds[:_KINDS_MAX],
        _list_kinds(count=len(kinds)) if len(kinds) > _KINDS_MAX else "",
        _list_first(count=_FIRST_LINES),
        *(summary_row(one, index) for index, one in enumerate(lines[:_FIRST_LINES], 1)),
        _list_all(count=len(lines), details=details),
        _summary_total(total=yuan(sum(one.total_fen for one in lines))),
        _summary_digital() if digital else "",
        _summary_how(confirm=CONFIRM_TAP, cancel=CANCEL_TAP, change=change),
    )


def paged(rows: Sequence[str]) -> list[list[str]]:
    """Rows in pages that fit into a message each."""
    pages: list[list[str]] = [[]]
    for row in rows:
        if pages[-1] and sum(len(one.encode()) + 1 for one in pages[-1]) + len(row.encode()) > _SUMMARY_BYTES_MAX:
            pages.append([])
        pages[-1].append(row)
    return pages


_details_more = phrase(
    "details_more", "（第{shown}/{count}页）回复「{more}」看下一页；「{confirm}」下单，「{cancel}」不买了。"
)
_details_end = phrase(
    "details_end",
    "（第{shown}/{count}页，完）「{confirm}」下单，「{cancel}」不买了；要改直接说，如「第3件不要了」。",
)


def details(rows: Sequence[str], page: int, pages: int) -> str:
    """A page of the lines of a long order."""
    if page < pages:
        more = tap("更多", "更多", "more")
        tail = _details_more(shown=page, count=pages, more=more, confirm=CONFIRM_TAP, cancel=CANCEL_TAP)
    else:
        tail = _details_end(shown=page, count=pages, confirm=CONFIRM_TAP, cancel=CANCEL_TAP)
    return join(*rows, tail)


no_more_pages = phrase("no_more_pages", "明细已经看完了。")


def summary_row(line: SummaryLine, index: int) -> str:
    quantity = f" ×{line.quantity}" if line.quantity > 1 else ""
    values = " ".join(plain(value) for _, value in line.details)
    return f"{index}）{line.product} {line.sku}{quantity} {values} {yuan(line.total_fen)}"


_summary_product = phrase("summary_product", "商品：{product}")
_summary_size = phrase("summary_size", "规格：{what}")
_summary_subtotal = phrase("summary_subtotal", "小计：{amount}")


def _summary_line(line: SummaryLine, index: int) -> str:
    head = f"{index}）{line.product}" if index else _summary_product(product=line.product)
    quantity = f" ×{line.quantity}" if line.quantity > 1 else ""
    return join(
        head,
        _summary_size(what=f"{line.sku}{quantity}"),
        *(f"{label}：{plain(value)}" for label, value in line.details),
        line.understood,
        line.eta if not index else "",
        _summary_subtotal(amount=yuan(line.total_fen)) if index else "",
    )


_eta_topup = phrase("eta_topup", "预计到账：{when}")
_eta_other = phrase("eta_other", "时效：{when}")


def eta_line(product: Product, eta: str) -> str:
    if not eta:
        return ""
    return _eta_topup(when=eta) if product.delivery == Delivery.TOPUP else _eta_other(when=eta)


def any_value_label(sku: Sku, value: float | None) -> str:
    """The label of a SKU sold in any number: what it is, and how many."""
    amount = f"{number(value)}{sku.unit}"
    return amount if sku.label == sku.unit else f"{sku.label} {amount}"


and_others = phrase("and_others", "{what}等{count}件")


@line("刚才的订单还在：{what}，合计{total}。回复「{confirm}」下单，「{cancel}」不买了。")
def summary_brief(say: Say, first: str, lines: int, total_fen: int) -> str:
    what = and_others(what=first, count=lines) if lines > 1 else first
    return say(what=what, total=yuan(total_fen), confirm=CONFIRM_TAP, cancel=CANCEL_TAP)


@line("刚才的订单没动：{what}，合计{total}。要改请直接说改成什么；不改就回复「{confirm}」，我再列一遍给您核对。")
def summary_doubted(say: Say, first: str, lines: int, total_fen: int) -> str:
    what = and_others(what=first, count=lines) if lines > 1 else first
    return say(what=what, total=yuan(total_fen), confirm=CONFIRM_TAP)


_still_open_order = phrase("still_open_order", "订单")


@line("（刚才的{what}还没下完，还差{label}，发给我就能继续；不买了回复「{cancel}」）")
def still_open(say: Say, product: str, label: str) -> str:
    return say(what=product or _still_open_order(), label=label, cancel=CANCEL_TAP)


_stands_so = phrase("stands_so", "对的，就是这样。")
_stands_so_in_part = phrase("stands_so_in_part", "对的，{what}。")
_stands_otherwise = phrase("stands_otherwise", "不是的，{what}。要改直接说。")
_field_is = phrase("field_is", "{label}是{account}")
_comes_to = phrase("comes_to", "合计{total}")


def stands_so(what: str) -> str:
    """He asks whether something stands in the summary as he says, and it does."""
    return _stands_so_in_part(what=what) if what else _stands_so()


def stands_otherwise(what: str) -> str:
    """He asks whether it is so, and it is not."""
    return _stands_otherwise(what=what)


def what_is(label: str, masked: str) -> str:
    """One account of the summary."""
    return _field_is(label=label, account=masked)


def comes_to(total_fen: int) -> str:
    """What the order costs altogether."""
    return _comes_to(total=yuan(total_fen))
