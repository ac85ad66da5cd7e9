"""All wording that buyers read, and nothing else. Short, warm, plain Chinese; at most one emoji a message."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from catalog.model import AnyValue, Delivery, Product, Sku
from dialogs.links import link, plain, tap
from kernel.money import format_yuan
from kernel.orders import Line, LineState, Order, OrderState

# ---- words buyers use that the dialogs themselves must know ---------------------------------------------------------

MORE_WORDS = frozenset({"更多", "下一页", "下页", "还有吗", "还有呢", "还有别的吗", "more", "继续"})
BACK_WORDS = frozenset({"上一页", "上页"})
CONFIRM_WORDS = frozenset({"确认", "确认下单", "确认订单"})
CANCEL_WORDS = frozenset({"取消", "取消订单"})
"""With a person on, only these very words are for the bot."""
BACK_TO_BOT_WORDS = frozenset({"转回机器人", "结束人工", "取消人工", "退出人工", "回到机器人", "机器人"})
ACCOUNT_WORDS = ("号码", "账号", "帐号", "号错", "错号", "换号", "换个号", "改号", "的号", "号不对", "号写错")
ETA_WORDS = ("多久", "多长时间", "几分钟", "几天", "什么时候到", "啥时候到", "何时到", "马上到")
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
)
MISTAKE_WORDS = ("错", "不对", "有误")
WRONG_WORDS = ("错", "不对", "有误", "改", "换")
NOT_WORDS = ("不是", "不要", "不用", "别", "没有")
VALUE_WORDS = ("面额", "面值", "金额", "规格", "套餐")

_DIGITAL = "虚拟商品，付款发货后不支持7天无理由退货。"
_JUST_FAILED = "充值失败"
"""What suppliers give as a reason when they have none to give."""
_TEXT_MAX = 60
_SUMMARY_BYTES_MAX = 1300


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


def more(shown: int, total: int) -> str:
    return f"（{shown}/{total}）回复「{tap('更多', '更多', 'more')}」看后面的"


def sku_entry(sku: Sku, options: str = "") -> str:
    price = f"{yuan(sku.price_fen)}/{sku.unit or '个'}" if sku.any_value else yuan(sku.price_fen)
    return f"{sku.label}{options} {price}"


def choice_entry(label: str, price_fen: int | None) -> str:
    return f"{label} {yuan(price_fen)}" if price_fen is not None else label


def product_entry(product: Product) -> str:
    prices = [sku.price_fen for sku in product.skus]
    if not prices:
        return product.name
    low = min(prices)
    if any(sku.any_value for sku in product.skus):
        return f"{product.name} {yuan(low)}起"
    return f"{product.name} {yuan(low)}" + ("起" if len(prices) > 1 else "")


def ask_which_product() -> str:
    return "请问您要哪一种？回复序号或名称："


def ask_fitting_product() -> str:
    return "您要买的是下面哪一种？回复序号或名称（没列出来的小店暂时不卖）："


def ask_any_product() -> str:
    return "请问想买哪种商品？回复序号或名称："


def ask_product_for_account(account: str) -> str:
    return f"收到 {said(account)}，请问要给它买什么？回复序号或名称："


def size_word(product: Product | None) -> str:
    """What the denomination is called: 面额 is for money alone."""
    money = product is not None and product.skus and all(sku.unit in ("元", "块") for sku in product.skus)
    return "面额" if money else "规格"


def ask_value(product: Product) -> str:
    word = size_word(product)
    return f"{product.name}，请选{word}（回复序号或{word}）："


def ask_address_rest(label: str, given: str, wants: Sequence[str]) -> str:
    return f"{label}：{said(given)}\n还差{'和'.join(wants)}，发给我补上，例如：收货人张三 138…："


def ask_units(product: Product, sku: Sku, limits: AnyValue) -> str:
    unit = sku.unit or "个"
    return (
        f"{product.name}要多少{unit}？{limits.min}–{limits.max}{unit}都可以，单价{yuan(sku.price_fen)}/{unit}，"
        "直接回复数字。"
    )


def ask_quantity(product: Product, most: int) -> str:
    return f"请问{product.name}要的数量是多少？直接回复1到{most}的数字。"


def or_any_units(sku: Sku, limits: AnyValue) -> str:
    unit = sku.unit or "个"
    return f"也可以直接回复数量：{limits.min}–{limits.max}{unit}"


def ask_choice(product: Product, label: str) -> str:
    return f"{product.name}，请选{label}（回复序号或名称）："


def ask_field(product: Product, label: str) -> str:
    return f"请发一下{product.name}的{label}："


def which_line(position: int, total: int) -> str:
    return f"第{position}件（共{total}件）"


def what_to_change(examples: Sequence[str]) -> str:
    return f"好的，哪里要改？直接说就行，例如：{'、'.join(examples)}；不买了回复「取消」。"


def which_line_to_change(total: int, example: str) -> str:
    return f"这单有{total}件，请说明改哪一件，例如：{example}。"


def which_line_to_drop(total: int) -> str:
    return f"这单有{total}件，请说明不要哪一件，例如：第1件不要了。"


def which_line_to_add(total: int) -> str:
    return f"这单有{total}件，要多加哪一种？请带上名称，或说第几件，例如：第1件再来一份。"


def taken_out(count: int) -> str:
    return "好的，已去掉。" if count == 1 else f"好的，已去掉{count}件。"


def added() -> str:
    return "好的，已加上。"


def nothing_changed() -> str:
    return "现在就是这样的："


# ---- what is wrong -------------------------------------------------------------------------------------------------


def unread_row(number: int, row: str) -> str:
    return f"第{number}行「{said(row)}」没看懂，没有算进去。"


def no_bargain() -> str:
    return "都是实价，已经是最低的了，不讲价哈。"


def take_your_time() -> str:
    return "好的，您慢慢看，有问题直接问我。"


def sorry_for_that() -> str:
    return f"抱歉让您不满意了。着急的话回复「{HUMAN_TAP}」，客服马上来。"


def best_value(label: str) -> str:
    return f"按单价算，{label}最划算；看您需要多少。"


def no_more() -> str:
    return "没有更多了，就这些："


def also_options(labels: Sequence[str]) -> str:
    return f"（另有{'、'.join(labels)}，要的话直接说）"


def quantity_out_of_range(most: int) -> str:
    return f"数量要在1到{most}之间。"


def qq_not_phone(label: str, raw: str) -> str:
    return f"这里要的是{label}，{said(raw)}像是手机号，请发一下{label}"


def change_size_instead(label: str) -> str:
    change = f"改成{label}"
    return f"要换成{label}请回复「{tap(change, change, 'change')}」。"


def last_account_how() -> str:
    last = tap("上次的号", "上次的号", "last")
    return f"要用上次的号码请回复「{last}」，要用别的就发新号码。"


def rest_of_number(got: int) -> str:
    return f"（前{got}位已记下，可以接着发后面的，或重发完整的）"


def no_last_account(label: str) -> str:
    return f"没查到您上次用的{label}。"


def check_again(label: str, raw: str) -> str:
    return f"{label}「{said(raw)}」好像不对，请再核对一下"


def off_sale(product: Product, wanted: str, nearest: Sequence[str]) -> str:
    hint = f"最接近的是{'、'.join(nearest)}。" if nearest else ""
    return f"抱歉，{product.name}没有{wanted}。{hint}"


def nothing_on_sale(product: Product) -> str:
    return f"抱歉，{product.name}暂时没有可买的，看看别的吧；不买了回复「{CANCEL_TAP}」。"


def not_together(product: Product, wanted: str) -> str:
    return f"抱歉，{product.name}没有{wanted}的组合，请重新选。"


def out_of_range(product: Product, sku: Sku, limits: AnyValue, value: float) -> str:
    unit = sku.unit or "个"
    return f"{product.name}一次可买{limits.min}–{limits.max}{unit}的整数，{number(value)}{unit}不行。"


def not_found() -> str:
    return "没找到您说的商品，我们现在卖这些，回复序号或名称："


def choose_between(shown: int) -> str:
    return f"请回复1到{shown}之间的序号。"


def nothing_listed() -> str:
    return "现在没有可选的列表。"


def not_understood() -> str:
    return "抱歉，没太明白您的意思。"


def not_an_answer() -> str:
    return "抱歉，这句我没看懂。"


def offer_human() -> str:
    return f"需要的话可以找客服帮您，回复「{HUMAN_TAP}」即可。"


def too_many_lines(most: int) -> str:
    return f"一单最多{most}件，先帮您记下前{most}件，其余的请下一单再买。"


def draft_words(parts: Iterable[tuple[str, str, int, Iterable[str]]]) -> str:
    """A draft in one line for the person who takes over: (product, SKU label, quantity, masked fields) of each line."""
    return "；".join(
        " ".join([product or "商品未定", label or "面额未定", f"×{quantity}" if quantity > 1 else "", *fields]).strip()
        for product, label, quantity, fields in parts
    )


def batch_how(most: int, examples: Sequence[str]) -> str:
    told = f"可以一次买多件：一条消息里写清商品、规格和号码即可，一行一件（一单最多{most}件）。"
    return join(told + ("例如：" if len(examples) > 1 else ""), *(examples if len(examples) > 1 else ()))


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


def summary(lines: Sequence[SummaryLine], digital: bool, change: str) -> str:
    """Every line in full; one row a line when there are many, so that nothing has to be cut. `change` is an example of
    what could be said to correct it."""
    several = len(lines) > 1
    blocks = [_summary_line(line, index if several else 0) for index, line in enumerate(lines, 1)]
    if several and sum(len(block.encode()) for block in blocks) > _SUMMARY_BYTES_MAX:
        blocks = [_summary_row(line, index) for index, line in enumerate(lines, 1)]
    total = sum(line.total_fen for line in lines)
    return join(
        "请核对订单：",
        *blocks,
        f"合计：{yuan(total)}",
        _DIGITAL if digital else "",
        f"回复「{CONFIRM_TAP}」下单，「{CANCEL_TAP}」不买了；要改直接说，如「{change}」。",
    )


def _summary_row(line: SummaryLine, index: int) -> str:
    quantity = f" ×{line.quantity}" if line.quantity > 1 else ""
    values = " ".join(plain(value) for _, value in line.details)
    return f"{index}）{line.product} {line.sku}{quantity} {values} {yuan(line.total_fen)}"


def _summary_line(line: SummaryLine, index: int) -> str:
    head = f"{index}）{line.product}" if index else f"商品：{line.product}"
    quantity = f" ×{line.quantity}" if line.quantity > 1 else ""
    return join(
        head,
        f"规格：{line.sku}{quantity}",
        *(f"{label}：{plain(value)}" for label, value in line.details),
        line.eta if not index else "",
        f"小计：{yuan(line.total_fen)}" if index else "",
    )


def eta_line(product: Product, eta: str) -> str:
    if not eta:
        return ""
    return f"预计到账：{eta}" if product.delivery == Delivery.TOPUP else f"时效：{eta}"


def any_value_label(sku: Sku, value: float | None) -> str:
    """The label of a SKU sold in any number: what it is, and how many."""
    amount = f"{number(value)}{sku.unit}"
    return amount if sku.label == sku.unit else f"{sku.label} {amount}"


def summary_brief(first: str, lines: int, total_fen: int) -> str:
    what = f"{first}等{lines}件" if lines > 1 else first
    return f"刚才的订单还在：{what}，合计{yuan(total_fen)}。回复「{CONFIRM_TAP}」下单，「{CANCEL_TAP}」不买了。"


def still_open(product: str, label: str) -> str:
    what = f"刚才的{product}" if product else "刚才的订单"
    return f"（{what}还没下完，还差{label}，发给我就能继续；不买了回复「{CANCEL_TAP}」）"


def changed() -> str:
    return "好的，已改好。"


def price_moved() -> str:
    return "价格或库存刚有变动，请再核对一次。"


# ---- order and payment ---------------------------------------------------------------------------------------------


def placed(order_no: str, total_fen: int, url: str, minutes: int) -> str:
    return join(
        f"下单成功，订单号：{order_no}",
        f"应付{yuan(total_fen)}，请在{minutes}分钟内付款：",
        link(url, "点这里付款"),
        "付款后自动处理，结果会发给您。改主意了回复「取消」。",
    )


def still_unpaid(order_no: str, total_fen: int, url: str) -> str:
    return join(f"订单 {order_no} 已经下好，还没收到付款，应付{yuan(total_fen)}：", link(url, "点这里付款"))


def sold_out(what: str, left: int) -> str:
    if left > 0:
        return f"抱歉，{what}只剩{left}张了，还没有下单。"
    return f"抱歉，{what}刚刚卖完了，还没有下单。"


def sold_out_fewer(left: int) -> str:
    fewer = f"数量改{left}"
    return f"要买{left}张请回复「{tap(fewer, fewer, 'fewer')}」，也可以换个面额；不买了回复「取消」。"


def sold_out_other() -> str:
    return "可以换一个面额："


def sold_out_nothing_else() -> str:
    return f"这款暂时没有别的面额，看看其他商品请回复「{tap('自助下单', '自助下单', 'shop')}」。"


def too_many_unpaid(count: int) -> str:
    return f"您有{count}笔订单还没付款，先付款或取消一笔才能再下单。回复序号取消那一笔："


def unpaid_entry(order_no: str, what: str, total_fen: int) -> str:
    return f"取消 {what} {yuan(total_fen)}（{order_no}）"


def pay_links(orders: Sequence[tuple[str, str]]) -> str:
    """(what, url) of orders to be paid."""
    return join("去付款：", *(link(url, what) for what, url in orders))


def which_to_cancel() -> str:
    return "您有几笔没付款的订单，要取消哪一笔？回复序号："


def draft_cleared() -> str:
    return "好的，已取消，没有下单。需要时随时叫我。"


def unpaid_remains(order_no: str) -> str:
    return f"（之前的订单 {order_no} 还没付款，也不要了请再回复「{CANCEL_TAP}」）"


def order_cancelled(order_no: str) -> str:
    return f"订单 {order_no} 已取消，不用付款了。"


def order_cancelled_for_change(order_no: str) -> str:
    return f"原订单 {order_no} 已取消，按新的来："


def cancel_refused(order_no: str, state: OrderState) -> str:
    if state in (OrderState.PAID, OrderState.DELIVERED):
        return f"订单 {order_no} 已付款，取消不了了。要退款请回复「{tap('退款', '退款', 'refund')}」，我们帮您看。"
    if state is OrderState.REFUNDED:
        return f"订单 {order_no} 已经退款了，不用再取消。"
    return f"订单 {order_no} 已经关闭，不会再收款。"


def nothing_to_cancel() -> str:
    return "现在没有要取消的订单。"


def nothing_to_confirm() -> str:
    return "现在没有等您确认的订单。"


def nothing_to_change() -> str:
    return "现在没有可以修改的订单。"


def order_expired(order_no: str) -> str:
    return f"订单 {order_no} 超时未付款，已自动关闭。还想要请回复「{tap('再来一单', '再来一单', 'again')}」。"


# ---- shop window ---------------------------------------------------------------------------------------------------


def hot() -> str:
    return "想买点什么？热门商品和分类，回复序号或直接说："


def category(name: str) -> str:
    return f"{name}有这些，回复序号或名称："


def found(count: int) -> str:
    return f"找到{count}种，回复序号或名称："


def prices(name: str) -> str:
    return f"{name}的价格："


def price_row(entry_text: str) -> str:
    return f"· {entry_text}"


def price_line(product: Product, label: str, fen: int, eta: str) -> str:
    return f"{product.name} {label}：{yuan(fen)}" + (f"，{eta}到账" if eta and product.delivery == "topup" else "")


def price_per_unit(product: Product, sku: Sku) -> str:
    return f"{product.name}：{yuan(sku.price_fen)}/{sku.unit or '个'}"


def yes_we_have() -> str:
    return "有的。"


def to_buy() -> str:
    return "要买的话："


def empty_shop() -> str:
    return f"店里正在上货，请稍后再来，或回复「{HUMAN_TAP}」找客服。"


# ---- orders --------------------------------------------------------------------------------------------------------

_ORDER_STATES = {
    OrderState.UNPAID: "待付款",
    OrderState.PAID: "处理中",
    OrderState.DELIVERED: "已完成",
    OrderState.REFUNDED: "已退款",
    OrderState.CANCELLED: "已取消",
    OrderState.EXPIRED: "超时关闭",
}

_LINE_STATES = {
    LineState.WAITING: "已付款，马上处理",
    LineState.DELIVERING: "处理中",
    LineState.DELIVERED: "已完成",
    LineState.REFUNDING: "没有成功，退款中",
    LineState.REFUNDED: "已退款",
    LineState.ATTENTION: "客服处理中",
}


def order_state(order: Order) -> str:
    """The state in plain words, with what happens next."""
    if order.state is OrderState.DELIVERED and len(order.lines) == 1:
        return line_done(order.lines[0])
    if order.state is OrderState.PAID and order.lines:
        states = {line.state for line in order.lines}
        if len(states) == 1:
            return line_state(order.lines[0])
    return _ORDER_STATES[order.state]


def line_state(line: Line) -> str:
    if line.state is LineState.DELIVERED:
        return line_done(line)
    if line.state is LineState.DELIVERING:
        doing = {
            Delivery.SERVICE: "客服已接单",
            Delivery.PARCEL: "备货发货中",
            Delivery.TOPUP: "正在充值",
        }.get(Delivery(line.delivery) if line.delivery in list(Delivery) else Delivery.CARD, "处理中")
        return f"{doing}，预计{plain(line.eta)}" if line.eta else doing
    return _LINE_STATES[line.state]


def line_done(line: Line) -> str:
    done = {"topup": "充值成功", "card": "已发卡密", "service": "已完成", "parcel": "已发货"}
    return done.get(line.delivery, "已完成") if line.state is not LineState.REFUNDED else "已退款"


def line_what(line: Line) -> str:
    label = f" {line.sku_label}" if line.sku_label != line.product_name else ""
    quantity = f" ×{line.quantity}" if line.quantity > 1 else ""
    return plain(f"{line.product_name}{label}{quantity}")


def order_what(order: Order) -> str:
    if not order.lines:
        return "订单"
    more_lines = f"等{len(order.lines)}件" if len(order.lines) > 1 else ""
    return line_what(order.lines[0]) + more_lines


def order_entry(order: Order) -> str:
    return f"{order_what(order)} {yuan(order.total_fen)} {order_state(order)}"


def my_orders() -> str:
    return "您最近的订单（回复序号看详情、卡密，或再来一单）："


def no_orders() -> str:
    return f"还没有您的订单。想买点什么，回复「{tap('自助下单', '自助下单', 'shop')}」看看。"


def order_detail(order: Order, owner_url: str, pay_url: str) -> str:
    lines = [f"· {line_what(line)}：{line_state(line)}" for line in order.lines] if order.paid_at else []
    unpaid = order.state is OrderState.UNPAID
    again = tap("再来一单", f"再来一单 {order.order_no}", "again")
    return join(
        f"订单 {order.order_no}",
        f"{order_what(order)}，合计{yuan(order.total_fen)}，{order_state(order)}",
        *(lines if len(lines) > 1 else []),
        link(pay_url, "点这里付款") if unpaid else link(owner_url, "订单详情"),
        "" if unpaid else f"还要一样的：{again}",
    )


def status_brief(order: Order, url: str) -> str:
    return join(f"{order_what(order)}：{order_state(order)}（{order.order_no}）", link(url, "查看订单"))


def keys_below() -> str:
    return "卡密："


def keys_head(order: Order) -> str:
    return f"{order_what(order)} 的卡密（订单 {order.order_no}）："


def no_keys_yet() -> str:
    return "没有找到已发货的卡密订单。付款后卡密会自动发给您。"


def keys_unpaid(pay_url: str) -> str:
    return join("这笔订单还没付款，付款后卡密会自动发给您：", link(pay_url, "点这里付款"))


def reorder_none() -> str:
    return "还没有可以照着再买的订单。"


def reorder_gone() -> str:
    return "那笔订单里的商品已经下架了，看看别的吧。"


def reordered() -> str:
    return "照上次的来："


def reorder_reduced() -> str:
    return "有的商品已经下架，没有算进去。"


def facts_of(order: Order) -> str:
    """What we know of an order, said before anything is promised."""
    lines = "；".join(f"{line_what(line)}：{line_state(line)}" for line in order.lines)
    return f"帮您查了订单 {order.order_no}（{yuan(order.total_fen)}）：{lines or order_state(order)}。"


def refund_nothing_paid() -> str:
    return "没有查到您已付款的订单，没付款的订单不会扣钱。"


def refund_unpaid(order_no: str) -> str:
    return f"订单 {order_no} 还没付款，不会扣钱；不想要了回复「{CANCEL_TAP}」就行。"


def refund_already() -> str:
    return "这笔款已经退回，按原路到账，一般几分钟到3个工作日。"


def refund_under_way() -> str:
    return "退款已经在路上，按原路退回，一般几分钟到3个工作日。"


def refund_person() -> str:
    return "退款要由客服核实后处理，已为您转给客服。"


def problem_person() -> str:
    return "已把情况转给客服核实，1小时内给您答复。"


def invoice() -> str:
    return f"可以开发票：请回复「{HUMAN_TAP}」，把订单号、抬头和税号发给客服即可。"


def balance() -> str:
    return "小店没有余额账户：都是买一单付一单，不用预存。"


def rated() -> str:
    return "谢谢您的评价，我们会继续努力。"


# ---- small talk ----------------------------------------------------------------------------------------------------


def greeting(examples: Sequence[str]) -> str:
    return f"您好，在的！想买什么直接说{_for_example(examples[:1])}。"


def greeting_short() -> str:
    return "您好，在的！"


def you_are_welcome() -> str:
    return "不客气，随时叫我。"


def eta(product: Product, when: str) -> str:
    sent = {Delivery.PARCEL: "发货", Delivery.SERVICE: "安排"}.get(product.delivery, "到账")
    return f"{product.name}一般{when}（付款后{sent}）。" if when else f"{product.name}付款后会尽快{sent}。"


def safe() -> str:
    return "放心：走微信支付官方渠道，没成功会按原路退款，有问题随时找客服。"


def how_to_pay() -> str:
    return "用微信支付：确认订单后点链接付款，零钱、银行卡、信用卡都行，以微信付款页为准。"


def robot() -> str:
    return f"我是店里的智能小助手，下单、查单都能办；想找真人请回复「{HUMAN_TAP}」。"


def help_text(examples: Sequence[str]) -> str:
    return join(
        "直接说要什么就行" + ("，例如：" if examples else "。"),
        *(f"· {example}" for example in examples),
        "核对后回复「确认」，点链接用微信支付，付款后自动发货。",
        f"查订单回复「{tap('我的订单', '我的订单', 'orders')}」，取卡密回复「{tap('卡密', '卡密', 'keys')}」，"
        f"找客服回复「{HUMAN_TAP}」。",
    )


def unknown() -> str:
    return "抱歉，这个我不太懂。我能帮您下单、查订单、找客服。"


def unknown_how() -> str:
    return (
        f"看商品回复「{tap('自助下单', '自助下单', 'shop')}」，怎么用回复「{tap('帮助', '帮助', 'help')}」，"
        f"找客服回复「{HUMAN_TAP}」。"
    )


def welcome(examples: Sequence[str]) -> str:
    return join(
        f"欢迎！想买什么直接说{_for_example(examples)}。",
        "核对无误回复「确认」，微信付款后马上处理；回复「帮助」看更多。",
    )


def _for_example(examples: Sequence[str]) -> str:
    return f"，例如{''.join(f'「{one}」' for one in examples)}" if examples else ""


def welcome_back() -> str:
    return "欢迎回来！想买什么直接说。"


def cannot_read(kind: str) -> str:
    what = {
        "image": "图片",
        "voice": "语音",
        "video": "视频",
        "location": "位置",
        "link": "链接",
        "file": "文件",
    }.get(kind, "这类消息")
    if kind == "voice":
        return "这条语音没听清，麻烦打字告诉我。"
    return f"我还看不懂{what}，麻烦打字告诉我。"


def heard_voice(text: str) -> str:
    return f"听到：「{said(text)}」"


# ---- a person ------------------------------------------------------------------------------------------------------


def handoff_opened(ahead: int) -> str:
    place = f"您前面还有{ahead}位，" if ahead > 0 else ""
    return join(
        f"已为您转人工客服，{place}请稍等。有什么要说的可以先发过来，客服都能看到。",
        f"想继续自助下单，回复「{tap('转回机器人', '转回机器人', 'bot')}」。",
    )


def handoff_over() -> str:
    return "人工服务已结束，我来继续为您服务。"


def handoff_timed_out() -> str:
    return "人工服务已结束（30分钟没有新消息），我来继续为您服务。"


# ---- what the worker pushes ----------------------------------------------------------------------------------------


def keys_delivered(order: Order, keys: Iterable[tuple[str, str, str | None, str]]) -> str:
    """Card keys as imported: (product, SKU label, card number or None, secret)."""
    lines: list[str] = []
    head = ""
    for product, label, card_no, secret in keys:
        if head != f"{product} {label}":
            head = f"{product} {label}"
            lines.append(f"{head}：")
        lines.append(f"卡号：{card_no}\n密码：{secret}" if card_no else secret)
    return join(f"付款成功，您的卡密（订单 {order.order_no}）：", *lines, "请尽快使用，不要发给别人。")


def keys_ready(order: Order, url: str) -> str:
    """Where the keys are, when the message with them may not have arrived."""
    return join(f"您的卡密已发货（订单 {order.order_no}），没收到的话点这里查看：", link(url, "查看卡密"))


def keys_block(keys: Iterable[tuple[str, str, str | None, str]]) -> str:
    """The same keys below a reply (Reply.keys_of): no head, no advice."""
    return join(*(f"卡号：{card_no}\n密码：{secret}" if card_no else secret for _, _, card_no, secret in keys))


def topup_done(order: Order, line: Line, product: Product | None = None) -> str:
    """`product`, where it is still on sale, gives the names of what was chosen."""
    return f"充值成功：{line_what(line)}{_for_account(line, product)}。\n订单 {order.order_no}，谢谢惠顾！"


def topup_failed_refunding(order: Order, line: Line, amount_fen: int, product: Product | None = None) -> str:
    note = line.note.strip()
    why = f"（{plain(note)}）" if note and note != _JUST_FAILED else ""
    return (
        f"抱歉，{line_what(line)}{_for_account(line, product)} 没有充成{why}。\n"
        f"{yuan(amount_fen)}正在按原路退款（订单 {order.order_no}），到账会告诉您。"
    )


def refunded(order: Order, amount_fen: int) -> str:
    return f"退款成功：{yuan(amount_fen)}已按原路退回（订单 {order.order_no}），请留意微信零钱或银行卡。"


def late_payment_refunding(order: Order, amount_fen: int) -> str:
    return (
        f"您的付款到得晚了，订单 {order.order_no} 已关闭且暂时没货。\n{yuan(amount_fen)}正在按原路退款，到账会告诉您。"
    )


def service_accepted(order: Order, line: Line) -> str:
    return f"已收到付款，{line_what(line)}已转给客服接单，预计{line.eta or '尽快完成'}。\n订单 {order.order_no}"


def parcel_accepted(order: Order, line: Line) -> str:
    return f"已收到付款，{line_what(line)}准备发货，{line.eta or '尽快发出'}。\n订单 {order.order_no}"


def service_done(order: Order, line: Line) -> str:
    return f"{line_what(line)}已完成（订单 {order.order_no}），谢谢惠顾！"


def parcel_sent(order: Order, line: Line) -> str:
    note = f"，{plain(line.note)}" if line.note else ""
    return f"{line_what(line)}已发货{note}（订单 {order.order_no}）。"


def _for_account(line: Line, product: Product | None) -> str:
    """For whom it was, and what else was chosen: → 12345678 苹果QQ区."""
    fields = product.fields if product is not None else ()
    choices = {field.name: {c.id: c.label for c in field.values} for field in fields if field.values}
    given = {name: value for name, value in line.fields.items() if name not in choices}
    account = next((value for value in given.values() if any(c.isdigit() for c in value)), "")
    chosen = [choices[name].get(value, "") for name, value in line.fields.items() if name in choices]
    told = " ".join(plain(part) for part in (account, *chosen) if part)
    return f" → {told}" if told else ""


def out_of_order() -> str:
    """When a part of the shop is away; the buyer's message had no effect."""
    return "系统有点忙，刚才的消息没能处理，请稍等一会儿再发一次。"


def still_working() -> str:
    """When a turn takes longer than WeChat waits; it goes on, and its outcome is there when the buyer asks."""
    return "正在处理，请稍等几秒，再发一条消息看看。"


def rest_on_the_page() -> str:
    """When an answer is longer than one message may be."""
    return f"（一条消息放不下，其余的请回复「{tap('我的订单', '我的订单', 'orders')}」，在订单页查看）"
