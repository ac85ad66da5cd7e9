"""All wording that buyers read, and nothing else. Short, warm, plain Chinese; at most one emoji a message.

Every text stands in a `@line` (named as its function) or a `phrase`, so that the shop's owner can put his own in its
place (docs/wording.md). A new text: add one of the two; what is worked out beforehand goes in by a placeholder.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from catalog.model import AnyValue, Delivery, Product, Sku
from dialogs.links import link, plain, tap
from dialogs.wording import Say, line, phrase
from kernel.cases import Case, LineFacts, RefundWay, SupplierSays
from kernel.hours import WorkingHours
from kernel.masking import mask
from kernel.money import format_yuan
from kernel.orders import Line, LineState, Order, OrderState

# ---- words buyers use that the dialogs themselves must know ---------------------------------------------------------

DETAIL_WORDS = frozenset({"全部明细", "明细", "看明细", "看全部", "全部", "详情", "清单", "看清单"})
MORE_WORDS = frozenset({"更多", "下一页", "下页", "还有吗", "还有呢", "还有别的吗", "more", "继续"})
BACK_WORDS = frozenset({"上一页", "上页"})
CONFIRM_WORDS = frozenset({"确认", "确认下单", "确认订单"})
CANCEL_WORDS = frozenset({"取消", "取消订单"})
"""With a person on, only these very words are for the bot."""
BACK_TO_BOT_WORDS = frozenset({"转回机器人", "结束人工", "取消人工", "退出人工", "回到机器人", "机器人"})
ACCOUNT_WORDS = ("号码", "账号", "帐号", "号错", "错号", "换号", "换个号", "改号", "的号", "这个号", "号不对", "号写错")
ETA_WORDS = ("多久", "多长时间", "几分钟", "几天", "什么时候到", "啥时候到", "何时到", "马上到")
STATE_WORDS = ("到", "单", "好了", "好没", "进度", "处理", "成功", "催", "付了", "充上", "快点")
"""What is asked about an order at hand, as opposed to about orders in general (发什么快递)."""
SAFE_WORDS = ("安全", "靠谱", "正规", "可靠", "骗", "正品", "真的假的")
PAY_WORDS = ("怎么付", "如何付", "付款方式", "支付方式", "支付宝", "信用卡", "花呗", "货到付款", "微信支付", "怎么支付")
ROBOT_WORDS = ("是机器人", "是不是机器人", "是人工吗", "是真人", "是不是真人", "是ai", "是人吗")
QUANTITY_WORDS = ("数量", "张数", "份数", "个数", "几张", "几份")
CHEAPEST_WORDS = ("最便宜", "最低的", "最少的", "最小的", "便宜的那个")
WAIT_WORDS = ("等等", "等一下", "等下", "稍等", "我看看", "我想想", "再想想", "考虑", "看一下先", "先看看")
DOUBT_WORDS = ("不太对", "好像不对", "有点不对", "不大对", "有问题吧", "怪怪的")
ANGRY_WORDS = (
    "破玩意",
    "垃圾",
    "慢死",
    "什么玩意",
    "坑人",
    "骗子",
    "傻",
    "妈的",
    "他妈",
    "卧槽",
    "有病",
    "智障",
    "滚",
    "废物",
    "去死",
    "脑残",
    "气死",
)
MISTAKE_WORDS = ("错", "不对", "有误")
WRONG_WORDS = ("错", "不对", "有误", "改", "换")
NOT_WORDS = ("不是", "不要", "不用", "别", "没有")
VALUE_WORDS = ("面额", "面值", "金额", "规格", "套餐")

_JUST_FAILED = "充值失败"
"""What suppliers give as a reason when they have none to give."""
_TEXT_MAX = 60
_SUMMARY_BYTES_MAX = 1300
SUMMARY_LINES = 10
"""More lines than this are summed up by kind, and shown in full on request."""
_FIRST_LINES = 5
_KINDS_MAX = 10
_NAMES_MAX = 5


def yuan(fen: int) -> str:
    """¥99.50."""
    return f"¥{format_yuan(fen)}"


def number(value: float | None) -> str:
    """A denomination without a needless decimal point."""
    if value is None:
        return ""
    return str(int(value)) if value == int(value) else str(value)


def said(text: str) -> str:
    """Text of the buyer's, shortened and made harmless."""
    return plain(text if len(text) <= _TEXT_MAX else text[:_TEXT_MAX] + "…")


def join(*parts: str) -> str:
    """Paragraphs, one below the other; empty ones fall out."""
    return "\n".join(part for part in parts if part)


# ---- lists and questions -------------------------------------------------------------------------------------------

CONFIRM_TAP = tap("确认", "确认", "confirm")
CANCEL_TAP = tap("取消", "取消", "cancel")
HUMAN_TAP = tap("人工", "人工", "human")


def entry(index: int, text: str, sends: str) -> str:
    """One numbered line that can be tapped. It sends its own words, not its number, so that a tap on an old list never
    picks from a new one."""
    return tap(f"{index}. {text}", sends, str(index))


@line("（{shown}/{count}）回复「{more}」看后面的")
def more(say: Say, shown: int, total: int) -> str:
    return say(shown=shown, count=total, more=tap("更多", "更多", "more"))


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


@line("{product}要多少{unit}？{least}–{most}{unit}都可以，单价{price}/{unit}，直接回复数字。")
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


_ask_together = phrase("ask_together", "（可以一条发完）")
_or_number = phrase("or_number", "（或回复序号）")


def ask_fields(product: Product, labels: Sequence[str], *, offers: bool = False) -> str:
    """One thing, or several that can be said in one line; `offers`: what was given before follows, numbered."""
    asked = ask_field(product, "、".join(labels))
    how = (_or_number() if offers else "") + (_ask_together() if len(labels) > 1 else "")
    return f"{asked.removesuffix('：')}{how}：" if how else asked


@line("{label} {account} 记下了。")
def noted(say: Say, label: str, account: str) -> str:
    """An account that came before it was asked for."""
    return say(label=label, account=said(account))


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


@line("好的，哪里要改？直接说就行，例如：{examples}；不买了回复「取消」。")
def what_to_change(say: Say, examples: Sequence[str]) -> str:
    return say(examples="、".join(examples))


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


# ---- what is wrong -------------------------------------------------------------------------------------------------


@line("第{number}行「{row}」没看懂，没有算进去。")
def unread_row(say: Say, number: int, row: str) -> str:
    return say(number=number, row=said(row))


no_bargain = phrase("no_bargain", "都是实价，已经是最低的了，不讲价哈。")


take_your_time = phrase("take_your_time", "好的，您慢慢看，有问题直接问我。")


@line("抱歉让您不满意了。着急的话回复「{human}」，客服马上来。")
def sorry_for_that(say: Say) -> str:
    return say(human=HUMAN_TAP)


@line("按单价算，{what}最划算；看您需要多少。")
def best_value(say: Say, label: str) -> str:
    return say(what=label)


no_more = phrase("no_more", "没有更多了，就这些：")


@line("（另有{choices}，要的话直接说）")
def also_options(say: Say, labels: Sequence[str]) -> str:
    return say(choices="、".join(labels))


@line("数量要在1到{most}之间。")
def quantity_out_of_range(say: Say, most: int) -> str:
    return say(most=most)


@line("这里要的是{label}，{given}像是手机号，请发一下{label}")
def qq_not_phone(say: Say, label: str, raw: str) -> str:
    return say(label=label, given=said(raw))


@line("要换成{what}请回复「{change}」。")
def change_size_instead(say: Say, label: str) -> str:
    change = f"改成{label}"
    return say(what=label, change=tap(change, change, "change"))


@line("要用上次的号码请回复「{last}」，要用别的就发新号码。")
def last_account_how(say: Say) -> str:
    return say(last=tap("上次的号", "上次的号", "last"))


@line("（前{count}位已记下，可以接着发后面的，或重发完整的）")
def rest_of_number(say: Say, got: int) -> str:
    return say(count=got)


@line("没查到您上次用的{label}。")
def no_last_account(say: Say, label: str) -> str:
    return say(label=label)


@line("{label}「{given}」好像不对，请再核对一下")
def check_again(say: Say, label: str, raw: str) -> str:
    return say(label=label, given=said(raw))


_nearest = phrase("nearest", "最接近的是{choices}。")


@line("抱歉，{product}没有{wanted}。{nearest}")
def off_sale(say: Say, product: Product, wanted: str, nearest: Sequence[str]) -> str:
    return say(product=product.name, wanted=wanted, nearest=_nearest(choices="、".join(nearest)) if nearest else "")


@line("抱歉，{product}暂时没有可买的，看看别的吧；不买了回复「{cancel}」。")
def nothing_on_sale(say: Say, product: Product) -> str:
    return say(product=product.name, cancel=CANCEL_TAP)


@line("抱歉，{product}没有{wanted}的组合，请重新选。")
def not_together(say: Say, product: Product, wanted: str) -> str:
    return say(product=product.name, wanted=wanted)


@line("{product}一次可买{least}–{most}{unit}的整数，{given}{unit}不行。")
def out_of_range(say: Say, product: Product, sku: Sku, limits: AnyValue, value: float) -> str:
    return say(product=product.name, least=limits.min, most=limits.max, unit=sku.unit or "个", given=number(value))


not_found = phrase("not_found", "没找到您说的商品，我们现在卖这些，回复序号或名称：")


_choose_the_one = phrase("choose_the_one", "请回复1，或者直接说名称。")


@line("请回复1到{most}之间的序号。")
def choose_between(say: Say, shown: int) -> str:
    return say(most=shown) if shown > 1 else _choose_the_one()


nothing_listed = phrase("nothing_listed", "现在没有可选的列表。")


not_understood = phrase("not_understood", "抱歉，没太明白您的意思。")


not_an_answer = phrase("not_an_answer", "抱歉，这句我没看懂。")


@line("需要的话可以找客服帮您，回复「{human}」即可。")
def offer_human(say: Say) -> str:
    return say(human=HUMAN_TAP)


@line("一单最多{most}件，先帮您记下前{most}件，其余的请下一单再买。")
def too_many_lines(say: Say, most: int) -> str:
    return say(most=most)


_no_product = phrase("no_product", "商品未定")
_no_size = phrase("no_size", "面额未定")


def draft_words(parts: Iterable[tuple[str, str, int, Iterable[str]]]) -> str:
    """A draft in one line for the person who takes over: (product, SKU label, quantity, masked fields) of each line."""
    return "；".join(
        " ".join(
            [product or _no_product(), label or _no_size(), f"×{quantity}" if quantity > 1 else "", *fields]
        ).strip()
        for product, label, quantity, fields in parts
    )


_batch_example = phrase("batch_example", "例如：")


@line("可以一次买多件：一条消息里写清商品、规格和号码即可，一行一件（一单最多{most}件）。")
def batch_how(say: Say, most: int, examples: Sequence[str]) -> str:
    if len(examples) < 2:
        return say(most=most)
    return join(say(most=most) + _batch_example(), *examples)


# ---- the summary ---------------------------------------------------------------------------------------------------


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


# ---- a pasted list -------------------------------------------------------------------------------------------------


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
    return say(names="、".join(names[:_NAMES_MAX]))


_repeated_row = phrase("repeated_row", "行{number}同行{earlier}")


@line("有重复，都要的话不用管：{rows}。")
def repeated_rows(say: Say, pairs: Sequence[tuple[int, int]]) -> str:
    """(row, the earlier row that says the same)."""
    rows = "，".join(_repeated_row(number=row, earlier=earlier) for row, earlier in pairs[:_NAMES_MAX])
    return say(rows=rows + ("…" if len(pairs) > _NAMES_MAX else ""))


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


changed = phrase("changed", "好的，已改好。")


price_moved = phrase("price_moved", "价格或库存刚有变动，请再核对一次。")


# ---- order and payment ---------------------------------------------------------------------------------------------


_pay_here = phrase("pay_here", "点这里付款")


@line(
    "下单成功，订单号：{order_no}\n应付{total}，请在{minutes}分钟内付款：\n{link}\n付款后自动处理，结果会发给您。改主意了回复「取消」。"
)
def placed(say: Say, order_no: str, total_fen: int, url: str, minutes: int) -> str:
    return say(order_no=order_no, total=yuan(total_fen), link=link(url, _pay_here()), minutes=minutes)


@line("订单 {order_no} 已经下好，还没收到付款，应付{total}：\n{link}")
def still_unpaid(say: Say, order_no: str, total_fen: int, url: str) -> str:
    return say(order_no=order_no, total=yuan(total_fen), link=link(url, _pay_here()))


_sold_out_some = phrase("sold_out_some", "抱歉，{what}只剩{left}张了，还没有下单。")


@line("抱歉，{what}刚刚卖完了，还没有下单。")
def sold_out(say: Say, what: str, left: int) -> str:
    return _sold_out_some(what=what, left=left) if left > 0 else say(what=what)


@line("要买{left}张请回复「{fewer}」，也可以换个面额；不买了回复「取消」。")
def sold_out_fewer(say: Say, left: int) -> str:
    fewer = f"数量改{left}"
    return say(left=left, fewer=tap(fewer, fewer, "fewer"))


sold_out_other = phrase("sold_out_other", "可以换一个面额：")


@line("这款暂时没有别的面额，看看其他商品请回复「{shop}」。")
def sold_out_nothing_else(say: Say) -> str:
    return say(shop=tap("自助下单", "自助下单", "shop"))


@line("您有{count}笔订单还没付款，先付款或取消一笔才能再下单。回复序号取消那一笔：")
def too_many_unpaid(say: Say, count: int) -> str:
    return say(count=count)


@line("取消 {what} {total}（{order_no}）")
def unpaid_entry(say: Say, order_no: str, what: str, total_fen: int) -> str:
    return say(what=what, total=yuan(total_fen), order_no=order_no)


@line("去付款：")
def pay_links(say: Say, orders: Sequence[tuple[str, str]]) -> str:
    """(what, url) of orders to be paid."""
    return join(say(), *(link(url, what) for what, url in orders))


which_to_cancel = phrase("which_to_cancel", "您有几笔没付款的订单，要取消哪一笔？回复序号：")


draft_cleared = phrase("draft_cleared", "好的，已取消，没有下单。需要时随时叫我。")


@line("（之前的订单 {order_no} 还没付款，也不要了请回复「{cancel}」）")
def unpaid_remains(say: Say, order_no: str) -> str:
    return say(order_no=order_no, cancel=tap(f"取消 {order_no}", f"取消 {order_no}"))


@line("订单 {order_no} 已取消，不用付款了。")
def order_cancelled(say: Say, order_no: str) -> str:
    return say(order_no=order_no)


@line("（原订单 {order_no} 先不动，改好了再换；不改了回复「取消」）")
def order_stands(say: Say, order_no: str) -> str:
    """A correction is still incomplete."""
    return say(order_no=order_no)


@line("原订单 {order_no} 已取消，按新的来：")
def order_cancelled_for_change(say: Say, order_no: str) -> str:
    return say(order_no=order_no)


_cancel_refused_paid = phrase(
    "cancel_refused_paid", "订单 {order_no} 已付款，取消不了了。要退款请回复「{refund}」，我们帮您看。"
)
_cancel_refused_refunded = phrase("cancel_refused_refunded", "订单 {order_no} 已经退款了，不用再取消。")


@line("订单 {order_no} 已经关闭，不会再收款。")
def cancel_refused(say: Say, order_no: str, state: OrderState) -> str:
    if state in (OrderState.PAID, OrderState.DELIVERED):
        return _cancel_refused_paid(order_no=order_no, refund=tap("退款", "退款", "refund"))
    if state is OrderState.REFUNDED:
        return _cancel_refused_refunded(order_no=order_no)
    return say(order_no=order_no)


nothing_to_cancel = phrase("nothing_to_cancel", "现在没有要取消的订单。")


nothing_to_confirm = phrase("nothing_to_confirm", "现在没有等您确认的订单。")


nothing_to_change = phrase("nothing_to_change", "现在没有可以修改的订单。")


@line("订单 {order_no} 超时未付款，已自动关闭。还想要请回复「{again}」。")
def order_expired(say: Say, order_no: str) -> str:
    return say(order_no=order_no, again=tap("再来一单", "再来一单", "again"))


# ---- shop window ---------------------------------------------------------------------------------------------------


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


_price_line_eta = phrase("price_line_eta", "，{when}到账")


@line("{product} {what}：{price}{eta}")
def price_line(say: Say, product: Product, label: str, fen: int, eta: str) -> str:
    when = _price_line_eta(when=eta) if eta and product.delivery == "topup" else ""
    return say(product=product.name, what=label, price=yuan(fen), eta=when)


@line("{product}：{price}/{unit}")
def price_per_unit(say: Say, product: Product, sku: Sku) -> str:
    return say(product=product.name, price=yuan(sku.price_fen), unit=sku.unit or "个")


yes_we_have = phrase("yes_we_have", "有的。")


to_buy = phrase("to_buy", "要买的话：")


@line("店里正在上货，请稍后再来，或回复「{human}」找客服。")
def empty_shop(say: Say) -> str:
    return say(human=HUMAN_TAP)


# ---- orders --------------------------------------------------------------------------------------------------------

_ORDER_STATES = {
    OrderState.UNPAID: phrase("order_unpaid", "待付款"),
    OrderState.PAID: phrase("order_paid", "处理中"),
    OrderState.DELIVERED: phrase("order_delivered", "已完成"),
    OrderState.REFUNDED: phrase("order_refunded", "已退款"),
    OrderState.CANCELLED: phrase("order_is_cancelled", "已取消"),
    OrderState.EXPIRED: phrase("order_is_expired", "超时关闭"),
}

_LINE_STATES = {
    LineState.WAITING: phrase("line_waiting", "已付款，马上处理"),
    LineState.DELIVERING: phrase("line_delivering", "处理中"),
    LineState.DELIVERED: phrase("line_delivered", "已完成"),
    LineState.REFUNDING: phrase("line_refunding", "退款中"),
    LineState.REFUNDED: phrase("line_refunded", "已退款"),
    LineState.ATTENTION: phrase("line_attention", "客服处理中"),
}


def order_state(order: Order) -> str:
    """The state in plain words, with what happens next."""
    if order.state is OrderState.DELIVERED and len(order.lines) == 1:
        return line_done(order.lines[0])
    if order.state is OrderState.PAID and order.lines:
        states = {line.state for line in order.lines}
        if len(states) == 1:
            return line_state(order.lines[0])
    return _ORDER_STATES[order.state]()


_DOING = {
    Delivery.SERVICE: phrase("doing_service", "客服已接单"),
    Delivery.PARCEL: phrase("doing_parcel", "备货发货中"),
    Delivery.TOPUP: phrase("doing_topup", "正在充值"),
}
_doing_until = phrase("doing_until", "{doing}，预计{when}")


def line_state(line: Line, *, with_eta: bool = True) -> str:
    if line.state is LineState.DELIVERED:
        return line_done(line)
    if line.state is LineState.DELIVERING:
        delivery = Delivery(line.delivery) if line.delivery in list(Delivery) else Delivery.CARD
        doing = _DOING.get(delivery, _LINE_STATES[line.state])()
        return _doing_until(doing=doing, when=plain(line.eta)) if line.eta and with_eta else doing
    return _LINE_STATES[line.state]()


def line_state_word(state: LineState) -> str:
    """The state alone, for whoever reads a list of lines."""
    return _LINE_STATES[state]()


_DONE = {
    "topup": phrase("done_topup", "充值成功"),
    "card": phrase("done_card", "已发卡密"),
    "service": phrase("done_service", "已完成"),
    "parcel": phrase("done_parcel", "已发货"),
}


def line_done(line: Line) -> str:
    if line.state is LineState.REFUNDED:
        return _LINE_STATES[LineState.REFUNDED]()
    return _DONE.get(line.delivery, _LINE_STATES[LineState.DELIVERED])()


def line_what(line: Line) -> str:
    label = f" {line.sku_label}" if line.sku_label != line.product_name else ""
    quantity = f" ×{line.quantity}" if line.quantity > 1 else ""
    return plain(f"{line.product_name}{label}{quantity}")


_no_lines = phrase("no_lines", "订单")


def order_what(order: Order) -> str:
    if not order.lines:
        return _no_lines()
    what = line_what(order.lines[0])
    return and_others(what=what, count=len(order.lines)) if len(order.lines) > 1 else what


def order_entry(order: Order) -> str:
    return f"{order_what(order)} {yuan(order.total_fen)} {order_state(order)}"


my_orders = phrase("my_orders", "您最近的订单（回复序号看详情、卡密，或再来一单）：")


@line("还没有您的订单。想买点什么，回复「{shop}」看看。")
def no_orders(say: Say) -> str:
    return say(shop=tap("自助下单", "自助下单", "shop"))


_order_detail_total = phrase("order_detail_total", "{what}，合计{total}，{state}")
_order_page = phrase("order_page", "订单详情")
_order_detail_again = phrase("order_detail_again", "还要一样的：{again}")


@line("订单 {order_no}")
def order_detail(say: Say, order: Order, owner_url: str, pay_url: str) -> str:
    lines = [f"· {line_what(line)}：{line_state(line)}" for line in order.lines] if order.paid_at else []
    unpaid = order.state is OrderState.UNPAID
    again = tap("再来一单", f"再来一单 {order.order_no}", "again")
    return join(
        say(order_no=order.order_no),
        _order_detail_total(what=order_what(order), total=yuan(order.total_fen), state=order_state(order)),
        *(lines if len(lines) > 1 else []),
        link(pay_url, _pay_here()) if unpaid else link(owner_url, _order_page()),
        "" if unpaid else _order_detail_again(again=again),
    )


_look_at_order = phrase("look_at_order", "查看订单")


@line("{what}：{state}（{order_no}）\n{link}")
def status_brief(say: Say, order: Order, url: str) -> str:
    return say(
        what=order_what(order),
        state=order_state(order),
        order_no=order.order_no,
        link=link(url, _look_at_order()),
    )


keys_below = phrase("keys_below", "卡密：")


@line("{what} 的卡密（订单 {order_no}）：")
def keys_head(say: Say, order: Order) -> str:
    return say(what=order_what(order), order_no=order.order_no)


no_keys_yet = phrase("no_keys_yet", "没有找到已发货的卡密订单。付款后卡密会自动发给您。")


@line("这笔订单还没付款，付款后卡密会自动发给您：\n{link}")
def keys_unpaid(say: Say, pay_url: str) -> str:
    return say(link=link(pay_url, _pay_here()))


reorder_none = phrase("reorder_none", "还没有可以照着再买的订单。")


reorder_gone = phrase("reorder_gone", "那笔订单里的商品已经下架了，看看别的吧。")


reordered = phrase("reordered", "照上次的来：")


reorder_reduced = phrase("reorder_reduced", "有的商品已经下架，没有算进去。")


@line("帮您查了订单 {order_no}（{total}）：{lines}。")
def facts_of(say: Say, order: Order) -> str:
    """What we know of an order, said before anything is promised."""
    lines = "；".join(f"{line_what(line)}：{line_state(line)}" for line in order.lines)
    told = lines if lines and order.paid_at else f"{order_what(order)}：{order_state(order)}"
    return say(order_no=order.order_no, total=yuan(order.total_fen), lines=told)


refund_nothing_paid = phrase("refund_nothing_paid", "没有查到您已付款的订单，没付款的订单不会扣钱。")


@line("订单 {order_no} 还没付款，不会扣钱；不想要了回复「{cancel}」就行。")
def refund_unpaid(say: Say, order_no: str) -> str:
    return say(order_no=order_no, cancel=CANCEL_TAP)


refund_already = phrase("refund_already", "这笔款已经退回，按原路到账，一般几分钟到3个工作日。")


refund_under_way = phrase("refund_under_way", "退款已经在路上，按原路退回，一般几分钟到3个工作日。")


refund_person = phrase("refund_person", "退款要由客服核实后处理，已为您转给客服。")


problem_person = phrase("problem_person", "已把情况转给客服核实，1小时内给您答复。")


balance = phrase("balance", "小店没有余额账户：都是买一单付一单，不用预存。")


# ---- small talk ----------------------------------------------------------------------------------------------------


_for_example_line = phrase("for_example", "，例如{examples}")


@line("您好，在的！想买什么直接说{examples}。")
def greeting(say: Say, examples: Sequence[str]) -> str:
    return say(examples=_for_example(examples[:1]))


greeting_short = phrase("greeting_short", "您好，在的！")


you_are_welcome = phrase("you_are_welcome", "不客气，随时叫我。")


_sent_topup = phrase("sent_topup", "到账")
_sent_parcel = phrase("sent_parcel", "发货")
_sent_service = phrase("sent_service", "安排")
_eta_soon = phrase("eta_soon", "{product}付款后会尽快{sent}。")


@line("{product}一般{when}（付款后{sent}）。")
def eta(say: Say, product: Product, when: str) -> str:
    sent = {Delivery.PARCEL: _sent_parcel, Delivery.SERVICE: _sent_service}.get(product.delivery, _sent_topup)()
    if not when:
        return _eta_soon(product=product.name, sent=sent)
    return say(product=product.name, when=when, sent=sent)


safe = phrase("safe", "放心：走微信支付官方渠道，没成功会按原路退款，有问题随时找客服。")


how_to_pay = phrase("how_to_pay", "用微信支付：确认订单后点链接付款，零钱、银行卡、信用卡都行，以微信付款页为准。")


@line("我是店里的智能小助手，下单、查单都能办；想找真人请回复「{human}」。")
def robot(say: Say) -> str:
    return say(human=HUMAN_TAP)


_help_head = phrase("help_head", "直接说要什么就行{examples}")
_help_example = phrase("help_example", "，例如：")


@line(
    "核对后回复「确认」，点链接用微信支付，付款后自动发货。\n查订单回复「{orders}」，取卡密回复「{keys_again}」，找客服回复「{human}」。"
)
def help_text(say: Say, examples: Sequence[str]) -> str:
    return join(
        _help_head(examples=_help_example() if examples else "。"),
        *(f"· {example}" for example in examples),
        say(
            orders=tap("我的订单", "我的订单", "orders"),
            keys_again=tap("卡密", "卡密", "keys"),
            human=HUMAN_TAP,
        ),
    )


unknown = phrase("unknown", "抱歉，这个我不太懂。我能帮您下单、查订单、找客服。")


@line("看商品回复「{shop}」，怎么用回复「{help}」，找客服回复「{human}」。")
def unknown_how(say: Say) -> str:
    return say(shop=tap("自助下单", "自助下单", "shop"), help=tap("帮助", "帮助", "help"), human=HUMAN_TAP)


_welcome_second = phrase("welcome_second", "也可以「{example}」；")


@line(
    "欢迎！想买什么，一句话发给我就行{examples}。\n{second}说不全没关系，我会接着问。\n"
    "核对无误回复「确认」，微信付款后马上处理；回复「帮助」看更多。"
)
def welcome(say: Say, examples: Sequence[str]) -> str:
    """Three lines that teach by example."""
    second = _welcome_second(example=examples[1]) if len(examples) > 1 else ""
    return say(examples=_for_example(examples[:1]), second=second)


link_unknown = phrase("link_unknown", "这个链接里没看到本店的商品，想买什么直接说，或看看这些：")


def _for_example(examples: Sequence[str]) -> str:
    return _for_example_line(examples="".join(f"「{one}」" for one in examples)) if examples else ""


welcome_back = phrase("welcome_back", "欢迎回来！想买什么直接说。")


_kinds = {
    "image": phrase("kind_image", "图片"),
    "voice": phrase("kind_voice", "语音"),
    "video": phrase("kind_video", "视频"),
    "location": phrase("kind_location", "位置"),
    "link": phrase("kind_link", "链接"),
    "file": phrase("kind_file", "文件"),
}
_kind_other = phrase("kind_other", "这类消息")
_cannot_hear = phrase("cannot_hear", "这条语音没听清，麻烦打字告诉我。")
_voice_troubles = {
    "silent": phrase("voice_silent", "这条语音里没听到说话，请再说一次，或者打字告诉我。"),
    "long": phrase("voice_long", "语音太长了，请分成一分钟以内的几条，或者打字告诉我。"),
    "many": phrase("voice_many", "您的语音有点多，我一时听不过来，麻烦打字告诉我。"),
}
listening = phrase("listening", "正在听您的语音，请稍等…")
spoken_late = phrase("spoken_late", "这条语音听完时，您已经又说了别的，所以没有照办，请再说一次。")
person_by_message = phrase("person_by_message", "马上为您转人工客服，请随便再发一条消息，就能接通。")


def cannot_hear(why: str) -> str:
    """A voice that could not be taken: see `Unheard`."""
    return _voice_troubles.get(why, _cannot_hear)()


@line("我还看不懂{kind}，麻烦打字告诉我。")
def cannot_read(say: Say, kind: str) -> str:
    if kind == "voice":
        return _cannot_hear()
    return say(kind=_kinds.get(kind, _kind_other)())


@line("听到：「{text}」")
def heard_voice(say: Say, text: str) -> str:
    return say(text=said(text))


# ---- a person ------------------------------------------------------------------------------------------------------


_handoff_ahead = phrase("handoff_ahead", "您前面还有{ahead}位，")


@line("已为您转人工客服，{place}请稍等。有什么要说的可以先发过来，客服都能看到。\n想继续自助下单，回复「{bot}」。")
def handoff_opened(say: Say, ahead: int) -> str:
    place = _handoff_ahead(ahead=ahead) if ahead > 0 else ""
    return say(place=place, bot=tap("转回机器人", "转回机器人", "bot"))


handoff_over = phrase("handoff_over", "人工服务已结束，我来继续为您服务。")


handoff_timed_out = phrase("handoff_timed_out", "人工服务已结束（30分钟没有新消息），我来继续为您服务。")


# ---- after the sale: cases, refunds, ratings, invoices --------------------------------------------------------------


_just_now = phrase("just_now", "刚刚")
_minutes_ago = phrase("minutes_ago", "{minutes}分钟前")
_hours_ago = phrase("hours_ago", "{hours}小时前")
_days_ago = phrase("days_ago", "{days}天前")


def ago(passed: timedelta) -> str:
    """How long ago, as people say it."""
    minutes = int(passed.total_seconds() // 60)
    if minutes < 1:
        return _just_now()
    if minutes < 60:
        return _minutes_ago(minutes=minutes)
    return _hours_ago(hours=minutes // 60) if minutes < 24 * 60 else _days_ago(days=minutes // (24 * 60))


_tomorrow = phrase("tomorrow", "明天{clock}")
_on_day = phrase("on_day", "{month}月{day}日{clock}")


def moment(at: datetime, now: datetime, hours: WorkingHours) -> str:
    """A time by the clock on the shop's wall: 14:05, 明天9:30."""
    local, today = at.astimezone(hours.zone), now.astimezone(hours.zone).date()
    clock = f"{local.hour}:{local.minute:02d}"
    if local.date() == today:
        return clock
    if local.date() == today + timedelta(days=1):
        return _tomorrow(clock=clock)
    return _on_day(month=local.month, day=local.day, clock=clock)


_SUPPLIER = {
    SupplierSays.NOT_ASKED: phrase("supplier_not_asked", "还没提交充值，马上处理"),
    SupplierSays.PROCESSING: phrase("supplier_processing", "充值平台正在处理，还没有结果"),
    SupplierSays.UNKNOWN: phrase("supplier_unknown", "充值平台还没给结果，我们在一直查"),
    SupplierSays.SUCCESS: phrase("supplier_success", "充值平台{when}回报成功"),
    SupplierSays.FAILED: phrase("supplier_failed", "充值平台回报没有充成"),
}
_key_shown = phrase("key_shown", "{count}个卡密，{when}已发给您看过")
_key_not_shown = phrase("key_not_shown", "{count}个卡密，还没有被查看过")
_paid_when = phrase("paid_when", "{when}付款")


def _of_line(line: Line, facts: LineFacts | None, now: datetime, hours: WorkingHours) -> str:
    if facts is not None and facts.keys and line.delivery == Delivery.CARD:
        if facts.shown_at is None:
            return _key_not_shown(count=facts.keys)
        return _key_shown(count=facts.keys, when=moment(facts.shown_at, now, hours))
    if facts is None or facts.supplier is SupplierSays.NOTHING or facts.supplier not in _SUPPLIER:
        return ""
    if facts.supplier is SupplierSays.SUCCESS:
        when = moment(facts.settled_at, now, hours) if facts.settled_at else ""
        return _SUPPLIER[facts.supplier](when=when)
    return _SUPPLIER[facts.supplier]()


_soon = phrase("soon", "马上处理")


@line("帮您查了订单 {order_no}：{facts}。")
def case_facts(
    say: Say, order: Order, line: Line | None, facts: LineFacts | None, now: datetime, hours: WorkingHours
) -> str:
    """What the books say of what the buyer complains of: said before anything is promised."""
    about = line_what(line) if line else order_what(order)
    state = line_state(line, with_eta=False) if line else order_state(order)
    account = next((value for value in (line.fields.values() if line else ()) if any(c.isdigit() for c in value)), "")
    paid = _paid_when(when=ago(now - order.paid_at)) if order.paid_at else ""
    known = _of_line(line, facts, now, hours) if line else ""
    if known and line is not None and line.state is LineState.DELIVERED:
        state = ""  # what is known says it already
    if paid and line is not None and line.state is LineState.WAITING:
        state = _soon()  # when he paid stands before it
    told = [f"{about} → {plain(account)}" if account else about, paid, state, known]
    return say(order_no=order.order_no, facts="，".join(part for part in told if part))


_within = phrase("case_within", "{opens}1小时内（{answer}前）答复，2小时内（{remedy}前）处理好")
_after_opening = phrase("case_after_opening", "{clock}上班后")


def _promise(case: Case, hours: WorkingHours) -> str:
    opens = hours.opens_at(case.opened_at)
    first = _after_opening(clock=moment(opens, case.opened_at, hours)) if opens > case.opened_at else ""
    answer, remedy = (moment(at, case.opened_at, hours) for at in (case.answer_due_at, case.remedy_due_at))
    return _within(opens=first, answer=answer, remedy=remedy)


@line("已登记给客服处理，单号 {number}：{promise}，结果会发到这里。")
def case_opened(say: Say, case: Case, hours: WorkingHours) -> str:
    return say(number=case.number, promise=_promise(case, hours))


@line("这件事客服已经在处理了，单号 {number}：最晚{remedy}前处理好，结果会发到这里。着急请回复「{human}」。")
def case_running(say: Say, case: Case, now: datetime, hours: WorkingHours) -> str:
    return say(number=case.number, remedy=moment(case.remedy_due_at, now, hours), human=HUMAN_TAP)


@line("这件事（单号 {number}）已经超过了答应您的时间，实在抱歉，已经再次催办。着急请回复「{human}」。")
def case_late(say: Say, case: Case) -> str:
    """Also pushed, once, when a deadline has passed."""
    return say(number=case.number, human=HUMAN_TAP)


@line("客服回复（单号 {number}，订单 {order_no}）：\n{words}")
def case_answered(say: Say, case: Case, words: str) -> str:
    return say(number=case.number, order_no=case.order_no, words=plain_lines(words))


_case_done = phrase("case_done", "已经处理好了。")


@line("您反映的问题（单号 {number}，订单 {order_no}）处理完了：{words}\n还有问题请直接告诉我。")
def case_closed(say: Say, case: Case, words: str) -> str:
    return say(number=case.number, order_no=case.order_no, words=plain_lines(words) or _case_done())


@line("客服：{words}")
def person_says(say: Say, words: str) -> str:
    return say(words=plain_lines(words))


def plain_lines(words: str) -> str:
    """What an operator wrote, line breaks kept."""
    return "\n".join(plain(row) for row in words.splitlines() if row.strip())


_WHICH = {
    "没到账": phrase("which_missing", "哪一笔没到？回复序号："),
    "卡密无效": phrase("which_bad_key", "哪一笔的卡密用不了？回复序号："),
    "退款": phrase("which_refund", "要退哪一笔？回复序号："),
    "开发票": phrase("which_invoice", "给哪一笔开发票？回复序号："),
}


def which_order(what: str) -> str:
    return _WHICH[what]()


order_unknown = phrase("order_unknown", "没有查到这个订单号，请核对一下，或回复「我的订单」看看。")


@line("卡密再发您一次；要是用不了，点「{bad}」。")
def keys_once_more(say: Say, order: Order) -> str:
    return say(bad=tap("卡密无效", f"卡密无效 {order.order_no}", "bad"))


@line("{what}（{total}）：{state}。{advice}")
def refund_possible(say: Say, order: Order, advice: str) -> str:
    return say(what=order_what(order), total=yuan(order.total_fen), state=order_state(order), advice=advice)


@line("没发货的可以马上退，发了货的要客服核实。要退请点「{refund}」。")
def refund_how(say: Say, order: Order) -> str:
    return say(refund=tap("申请退款", f"退款 {order.order_no}", "refund"))


@line(
    "{what}：还没发货，已为您退款，{amount}按原路退回（微信零钱或银行卡），一般几分钟到3个工作日，到账会告诉您", "退款"
)
def refund_at_once(say: Say, line: Line) -> str:
    return say(what=line_what(line), amount=yuan(line.total_fen))


_REFUND_WAYS = {
    RefundWay.AFTER_RESULT: phrase(
        "refund_after_result", "{what}：充值已经提交，要等结果；没充成会自动全额退款{amount}，充成了由客服核实"
    ),
    RefundWay.PERSON: phrase("refund_by_person", "{what}：{state}，退款{amount}要由客服核实后决定，同意后按原路退回"),
    RefundWay.UNDER_WAY: phrase(
        "refund_on_its_way", "{what}：退款{amount}已经在路上，按原路退回，一般几分钟到3个工作日"
    ),
    RefundWay.DONE: phrase("refund_done", "{what}：{amount}已经按原路退回"),
}


def refund_line(line: Line, way: RefundWay) -> str:
    """What was decided about one line."""
    match way:
        case RefundWay.AT_ONCE:
            return refund_at_once(line)
        case RefundWay.PERSON:
            state = line_state(line, with_eta=False)
            return _REFUND_WAYS[way](what=line_what(line), state=state, amount=yuan(line.total_fen))
        case RefundWay.UNDER_WAY | RefundWay.DONE:
            return _REFUND_WAYS[way](what=line_what(line), amount=yuan(line.refund_fen or line.total_fen))
        case RefundWay.AFTER_RESULT:
            return _REFUND_WAYS[way](what=line_what(line), amount=yuan(line.total_fen))


_refunds_more = phrase("refunds_more", "…共{count}件，其余的在订单页看")


@line("订单 {order_no}：\n{decided}")
def refund_decided(say: Say, order: Order, decided: Sequence[str], most: int = 8) -> str:
    rows = list(decided[:most]) + ([_refunds_more(count=len(decided))] if len(decided) > most else [])
    return say(order_no=order.order_no, decided="\n".join(rows))


@line("一直没到请点「{missing}」，马上帮您查。")
def if_missing(say: Say, order: Order) -> str:
    return say(missing=tap("没到账", f"没到账 {order.order_no}", "missing"))


@line(
    "您这单有{count}件：{what}。同一种一起买的只能一起退：要全退点「{refund}」（{total}）；只退一部分请回复「{human}」，客服来办。"
)
def refund_whole(say: Say, order: Order, lines: Sequence[Line]) -> str:
    return say(
        count=sum(line.quantity for line in lines),
        what="、".join(line_what(line) for line in lines[:_NAMES_MAX]),
        refund=tap("申请退款", f"退款 {order.order_no}", "refund"),
        total=yuan(sum(line.total_fen for line in lines)),
        human=HUMAN_TAP,
    )


_too_much_back = phrase("too_much_back", "多付的已经按原路退回")
_too_much_goes = phrase("too_much_goes", "多付的正在按原路退回，一般几分钟到3个工作日")


@line("查到了：订单 {order_no}（{what}）多付了一笔{amount}，{back}；订单照常处理。")
def paid_too_often(say: Say, order: Order, amount_fen: int, *, back: bool) -> str:
    return say(
        order_no=order.order_no,
        what=order_what(order),
        amount=yuan(amount_fen),
        back=_too_much_back() if back else _too_much_goes(),
    )


@line(
    "帮您查了，订单 {order_no}（{what}）只收到一笔{amount}。"
    "要是微信账单里真扣了两笔，多的那笔会自动按原路退回，一般几分钟到3个工作日；没退回请回复「{human}」。"
)
def paid_once(say: Say, order: Order) -> str:
    return say(order_no=order.order_no, what=order_what(order), amount=yuan(order.total_fen), human=HUMAN_TAP)


@line("帮您查了，有两笔一样的订单（{what}），各付了一次：{one}、{other}。不想要其中一笔，点「{refund}」退 {one}。")
def bought_twice(say: Say, newest: Order, same: Order) -> str:
    refund = tap("申请退款", f"退款 {newest.order_no}", "refund")
    return say(what=order_what(newest), one=newest.order_no, other=same.order_no, refund=refund)


@line("删除个人信息由客服核实后办理，请回复「{human}」。")
def privacy(say: Say) -> str:
    return say(human=HUMAN_TAP)


@line("卡密一准备好就自动发给您；等久了请点「{missing}」，马上帮您查。")
def keys_coming(say: Say, order: Order) -> str:
    return say(missing=tap("没到账", f"没到账 {order.order_no}", "missing"))


@line("卡密用不了请点「{bad}」，马上帮您查。")
def if_bad_key(say: Say, order: Order) -> str:
    return say(bad=tap("卡密无效", f"卡密无效 {order.order_no}", "bad"))


paid_maybe = phrase("paid_maybe", "要是已经扣了款，一两分钟内会自动查到，不用再付一次；关闭的订单会原路退回。")


not_refunding = phrase("not_refunding", "好的，不退款，订单照常处理。")


refund_cannot_stop = phrase(
    "refund_cannot_stop", "退款已经在路上，停不下来了，会按原路退回；还想要的话回复「再来一单」就行。"
)


all_well = phrase("all_well", "好的，那就好。再有问题随时说。")


@line("单号 {number} 已为您撤下，客服不再处理。")
def case_dropped(say: Say, case: Case) -> str:
    return say(number=case.number)


no_person = phrase("no_person", "好的，不转人工，我来办。想买什么、查什么直接说。")


no_keys = phrase("no_keys", "好的，不发。要看的时候回复「卡密」就行。")


no_more_of_it = phrase("no_more_of_it", "好的，不再下单。")


not_rated = phrase("not_rated", "好的，不打分也没关系。")


not_cancelled = phrase("not_cancelled", "好的，不取消，一切照旧。")


here_i_am = phrase("here_i_am", "我一直在的，直接说要办什么就行。")


_state_line = phrase("order_row", "{index}. {what} {total} {state}")
_pay_within = phrase("pay_within", "去付款（还剩{minutes}分钟）")
_keys_word = phrase("keys_word", "卡密")
_missing_word = phrase("missing_word", "没到账")
_again_word = phrase("again_word", "再来一单")


def order_row(index: int, order: Order) -> str:
    """One order of the list: what it is, and where it stands with what happens next."""
    return _state_line(index=index, what=order_what(order), total=yuan(order.total_fen), state=order_state(order))


def order_taps(order: Order, pay_url: str, now: datetime, *, keys: bool) -> str:
    """What can be done about an order with one tap."""
    if order.state is OrderState.UNPAID:
        return link(pay_url, _pay_within(minutes=minutes_left(order, now)))
    again = tap(_again_word(), f"再来一单 {order.order_no}")
    if order.paid_at is None:
        return again
    if keys:
        return f"{tap(_keys_word(), f'卡密 {order.order_no}')} | {again}"
    settled = order.state is OrderState.REFUNDED
    return again if settled else f"{tap(_missing_word(), f'没到账 {order.order_no}')} | {again}"


def minutes_left(order: Order, now: datetime) -> int:
    return max(1, int((order.expires_at - now).total_seconds() // 60))


@line("也可以再来：{others}")
def reorder_others(say: Say, others: Sequence[Order]) -> str:
    return say(others="、".join(tap(_for_whom(order), f"再来一单 {order.order_no}") for order in others))


def _for_whom(order: Order) -> str:
    """What an order is and, masked, for which account: two top-ups of one size are not the same."""
    given = order.lines[0].fields.values() if order.lines else ()
    account = next((value for value in given if any(c.isdigit() for c in value)), "")
    return f"{order_what(order)} {mask(account)}" if account else order_what(order)


@line("满意吗？点一下打分：{stars}")
def ask_rating(say: Say, order: Order) -> str:
    """One line below the message that ends a delivery, or by itself."""
    return say(stars=" ".join(tap(f"{stars}分", f"评价{order.order_no} {stars}") for stars in (1, 2, 3, 4, 5)))


@line("给「{what}」打几分？")
def rate_which(say: Say, order: Order) -> str:
    return join(say(what=order_what(order)), ask_rating(order))


@line("谢谢您给{what}打{stars}分，我们会继续努力。")
def rated(say: Say, order: Order, stars: int) -> str:
    return say(what=order_what(order), stars=stars)


@line("收到，{what}打了{stars}分，没让您满意，很抱歉。要找客服说说请回复「{human}」。")
def rated_low(say: Say, order: Order, stars: int) -> str:
    return say(what=order_what(order), stars=stars, human=HUMAN_TAP)


nothing_to_rate = phrase("nothing_to_rate", "谢谢！等有订单完成了，就可以给它打分。")


@line(
    "给 {what}（{total}，订单 {order_no}）开发票：请一条消息发来抬头、税号、邮箱，例如：\n"
    "某某科技有限公司 91310000XXXXXXXXXX abc@qq.com\n个人发票写“个人”和邮箱就行。"
)
def ask_invoice(say: Say, order: Order) -> str:
    return say(what=order_what(order), total=yuan(order.total_fen), order_no=order.order_no)


_INVOICE_PARTS = {
    "title": phrase("invoice_title", "抬头"),
    "tax_no": phrase("invoice_tax_no", "税号"),
    "email": phrase("invoice_email", "邮箱"),
}


@line("已记下：{given}")
def invoice_given(say: Say, given: Sequence[str]) -> str:
    return say(given="，".join(plain(one) for one in given))


@line("税号应为15到20位数字或字母，您发的「{raw}」是{count}位，请核对。")
def wrong_tax_no(say: Say, raw: str) -> str:
    return say(raw=said(raw), count=len(raw))


@line("还差{wants}，发给我补上；不开了回复「取消」。")
def ask_invoice_rest(say: Say, wants: Sequence[str]) -> str:
    return say(wants="、".join(_INVOICE_PARTS[one]() for one in wants))


def invoice_details(title: str, tax_no: str, email: str) -> str:
    """What an invoice needs, in one line, for the person who makes it out and for the buyer to check."""
    given = (("title", title), ("tax_no", tax_no), ("email", email))
    return "，".join(f"{_INVOICE_PARTS[name]()}：{plain(value)}" for name, value in given if value)


@line("开票信息：{details}。")
def invoice_taken(say: Say, details: str) -> str:
    return say(details=details)


invoice_none = phrase("invoice_none", "还没有查到您付过款的订单，付款后就可以开发票。")
invoice_dropped = phrase("invoice_dropped", "好的，发票先不开，需要时再说“开发票”。")


# ---- a person: who is there, and when -------------------------------------------------------------------------------


_here_at = phrase("here_at", "（客服时间{hours}）")


def handoff_hours(hours: WorkingHours) -> str:
    return "" if hours.always else _here_at(hours=str(hours))


@line(
    "客服现在不在（上班时间{hours}）。请把要说的一条消息写给我，我留给客服，{opens}上班后先回复您。\n不留言可以直接继续下单、查单。"
)
def handoff_away(say: Say, hours: WorkingHours, opens: str) -> str:
    return say(hours=str(hours), opens=opens)


@line("留言记下了：「{words}」，客服{opens}上班后先回复您。别的事我可以继续帮您办。")
def message_kept(say: Say, words: str, opens: str) -> str:
    return say(words=said(words), opens=opens)


_person_always = phrase("person_always", "客服全天都在。")


@line("客服时间是{hours}。要找客服请回复「{human}」，机器人随时都能下单、查单。")
def person_hours(say: Say, hours: WorkingHours) -> str:
    return join(_person_always(), offer_human()) if hours.always else say(hours=str(hours), human=HUMAN_TAP)


_waits_for = phrase("waits_for", "还没答：{label}")
_waits_for_confirm = phrase("waits_for_confirm", "等他确认订单")


def open_question_brief(label: str, *, confirming: bool = False) -> str:
    """What the bot had asked last, for the person who takes over."""
    if confirming:
        return _waits_for_confirm()
    return _waits_for(label=label) if label else ""


sorry_again = phrase("sorry_again", "给您添堵了，对不起。")


_line_refused_why = phrase("line_refused_why", "原因：{note}。")


@line("{what} 为您退款：{amount}正在按原路退回（订单 {order_no}），到账会告诉您。{why}", "退款")
def line_refused(say: Say, order: Order, line: Line, amount_fen: int) -> str:
    """A person decided to give it back."""
    why = _line_refused_why(note=plain(line.note.strip())) if line.note.strip() else ""
    return say(what=line_what(line), amount=yuan(amount_fen), order_no=order.order_no, why=why)


# ---- what the worker pushes ----------------------------------------------------------------------------------------


_card = phrase("card", "卡号：{number}\n密码：{keys}")


def _key(card_no: str | None, secret: str) -> str:
    return _card(number=card_no, keys=secret) if card_no else secret


@line("付款成功，您的卡密（订单 {order_no}）：\n{keys}\n请尽快使用，不要发给别人。")
def keys_delivered(say: Say, order: Order, keys: Iterable[tuple[str, str, str | None, str]]) -> str:
    """Card keys as imported: (product, SKU label, card number or None, secret)."""
    lines: list[str] = []
    head = ""
    for product, label, card_no, secret in keys:
        if head != f"{product} {label}":
            head = f"{product} {label}"
            lines.append(f"{head}：")
        lines.append(_key(card_no, secret))
    return say(order_no=order.order_no, keys="\n".join(lines))


_look_at_keys = phrase("look_at_keys", "查看卡密")


@line("您的卡密已发货（订单 {order_no}），没收到的话点这里查看：\n{link}")
def keys_ready(say: Say, order: Order, url: str) -> str:
    """Where the keys are, when the message with them may not have arrived."""
    return say(order_no=order.order_no, link=link(url, _look_at_keys()))


def keys_block(keys: Iterable[tuple[str, str, str | None, str]]) -> str:
    """The same keys below a reply (Reply.keys_of): no head, no advice."""
    return join(*(_key(card_no, secret) for _, _, card_no, secret in keys))


@line("充值成功：{what}{account}。\n订单 {order_no}，谢谢惠顾！", "充值成功")
def topup_done(say: Say, order: Order, line: Line, product: Product | None = None) -> str:
    """`product`, where it is still on sale, gives the names of what was chosen."""
    return say(what=line_what(line), account=_for_account(line, product), order_no=order.order_no)


_why = phrase("why", "（{note}）")


@line("抱歉，{what}{account} 没有充成{why}。\n{amount}正在按原路退款（订单 {order_no}），到账会告诉您。", "退款")
def topup_failed_refunding(say: Say, order: Order, line: Line, amount_fen: int, product: Product | None = None) -> str:
    note = line.note.strip()
    return say(
        what=line_what(line),
        account=_for_account(line, product),
        why=_why(note=plain(note)) if note and note != _JUST_FAILED else "",
        amount=yuan(amount_fen),
        order_no=order.order_no,
    )


@line("退款成功：{amount}已按原路退回（订单 {order_no}），请留意微信零钱或银行卡。", "退款")
def refunded(say: Say, order: Order, amount_fen: int) -> str:
    return say(amount=yuan(amount_fen), order_no=order.order_no)


@line("您的付款到得晚了，订单 {order_no} 已关闭且暂时没货。\n{amount}正在按原路退款，到账会告诉您。", "退款")
def late_payment_refunding(say: Say, order: Order, amount_fen: int) -> str:
    return say(order_no=order.order_no, amount=yuan(amount_fen))


_soon_done = phrase("soon_done", "尽快完成")


@line("已收到付款，{what}已转给客服接单，预计{when}。\n订单 {order_no}")
def service_accepted(say: Say, order: Order, line: Line) -> str:
    return say(what=line_what(line), when=line.eta or _soon_done(), order_no=order.order_no)


_soon_sent = phrase("soon_sent", "尽快发出")


@line("已收到付款，{what}准备发货，{when}。\n订单 {order_no}")
def parcel_accepted(say: Say, order: Order, line: Line) -> str:
    return say(what=line_what(line), when=line.eta or _soon_sent(), order_no=order.order_no)


@line("{what}已完成（订单 {order_no}），谢谢惠顾！")
def service_done(say: Say, order: Order, line: Line) -> str:
    return say(what=line_what(line), order_no=order.order_no)


_parcel_note = phrase("parcel_note", "，{note}")


@line("{what}已发货{note}（订单 {order_no}）。")
def parcel_sent(say: Say, order: Order, line: Line) -> str:
    note = _parcel_note(note=plain(line.note)) if line.note else ""
    return say(what=line_what(line), note=note, order_no=order.order_no)


def _for_account(line: Line, product: Product | None) -> str:
    """For whom it was, and what else was chosen: → 12345678 苹果QQ区."""
    fields = product.fields if product is not None else ()
    choices = {field.name: {c.id: c.label for c in field.values} for field in fields if field.values}
    given = {name: value for name, value in line.fields.items() if name not in choices}
    account = next((value for value in given.values() if any(c.isdigit() for c in value)), "")
    chosen = [choices[name].get(value, "") for name, value in line.fields.items() if name in choices]
    told = " ".join(plain(part) for part in (account, *chosen) if part)
    return f" → {told}" if told else ""


out_of_order = phrase("out_of_order", "系统有点忙，刚才的消息没能处理，请稍等一会儿再发一次。")
"""When a part of the shop is away; the buyer's message had no effect."""


too_fast = phrase("too_fast", "您发得太快啦，我跟不上了，请过一分钟再发。")
"""To a buyer who sends more than anybody types; what he sends until then is not read."""


still_working = phrase("still_working", "正在处理，请稍等几秒，再发一条消息看看。")
"""When a turn takes longer than WeChat waits; it goes on, and its outcome is there when the buyer asks."""


@line("（一条消息放不下，其余的请回复「{orders}」，在订单页查看）")
def rest_on_the_page(say: Say) -> str:
    """When an answer is longer than one message may be."""
    return say(orders=tap("我的订单", "我的订单", "orders"))
