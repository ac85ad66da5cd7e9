"""What a buyer's page shows, as frozen values, and how an order becomes them. Masking happens here alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from catalog.model import Delivery, FieldKind, Product
from catalog.shelf import Shelf
from kernel.ids import OpenId
from kernel.masking import mask
from kernel.orders import BALANCE_DELIVERY, Line, LineState, Order, OrderState

SHANGHAI = ZoneInfo("Asia/Shanghai")


class PageState(StrEnum):
    """Where an order stands, in the words of the pages' ``state`` JSON."""

    UNPAID = "unpaid"
    PAID = "paid"
    DELIVERED = "delivered"
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    EXPIRED = "expired"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Nothing more will happen to the order by itself, so a page need not ask again."""
        return self in _FINAL


_FINAL = frozenset({PageState.DELIVERED, PageState.REFUNDED, PageState.EXPIRED, PageState.CANCELLED})


@dataclass(frozen=True, slots=True)
class FieldView:
    """One thing the buyer gave; `value` is masked already unless the viewer owns the order."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class KeyView:
    """One card key as it was imported. Only ever part of a view made for the order's owner."""

    secret: str
    number: str | None = None


@dataclass(frozen=True, slots=True)
class LineView:
    """One line of the order."""

    name: str
    detail: str
    """The SKU's label or the chosen number of units, then the chosen options."""
    quantity: int
    total_fen: int
    fields: tuple[FieldView, ...]
    state: LineState
    state_text: str
    note: str = ""
    part_back_fen: int = 0
    """What of its price has gone back, or is on its way, while the rest of it stands."""
    eta: str = ""
    use_note: str = ""
    """How the goods are used; shown with the card keys."""
    keys: tuple[KeyView, ...] = ()


@dataclass(frozen=True, slots=True)
class PayView:
    """The pay page of one order for one viewer, inside WeChat or with a QR code outside of it."""

    shop_name: str
    token: str
    order_no: str
    state: PageState
    title: str
    message: str
    total_fen: int
    lines: tuple[LineView, ...]
    is_owner: bool
    expires_at: datetime
    now: datetime
    balance_fen: int | None = None
    """What the owner keeps with the shop, where it is enough to pay this; None for anybody else."""

    @property
    def expires_in(self) -> int:
        """Whole seconds until the order expires, never below 0."""
        return max(0, int((self.expires_at - self.now).total_seconds()))

    @property
    def order_url(self) -> str | None:
        """The order page's address relative to the pay page; None for anybody but the owner."""
        return f"../orders/{self.token}" if self.is_owner else None


class StepState(StrEnum):
    """How far a step of the timeline is."""

    DONE = "done"
    NOW = "now"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an order's story in plain words; `at` where the time is known."""

    text: str
    state: StepState
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderView:
    """The order page for one viewer."""

    shop_name: str
    token: str
    order_no: str
    state: PageState
    title: str
    message: str
    total_fen: int
    lines: tuple[LineView, ...]
    is_owner: bool
    steps: tuple[Step, ...]
    waiting_messages: tuple[str, ...] = ()
    """What the bot could not send by chat; empty for anybody but the owner."""

    @property
    def pay_url(self) -> str | None:
        """The pay page's address relative to the order page, while there is something to pay."""
        return f"../pay/{self.token}" if self.state is PageState.UNPAID else None

    @property
    def has_keys(self) -> bool:
        """There is at least one card key on the page."""
        return any(line.keys for line in self.lines)


@dataclass(frozen=True, slots=True)
class MoneyView:
    """What of an order's money was the buyer's balance with the shop."""

    balance_fen: int | None = None
    """What he keeps with the shop, where it is enough to pay the order."""
    paid: bool = False
    back: bool = False
    """What went back went there."""


NO_BALANCE = MoneyView()


def pay_view(
    order: Order,
    shelf: Shelf,
    *,
    viewer: OpenId | None,
    shop_name: str,
    now: datetime,
    balance: MoneyView = NO_BALANCE,
) -> PayView:
    """Show an order on its pay page to `viewer` (None: an ordinary browser). Only its owner sees accounts in full."""
    is_owner = viewer is not None and viewer == order.openid
    state = page_state(order)
    title, message = _headline(order, state, balance)
    return PayView(
        shop_name=shop_name,
        token=order.token,
        order_no=order.order_no,
        state=state,
        title=title,
        message=message,
        total_fen=order.total_fen,
        lines=tuple(_line_view(line, shelf, is_owner=is_owner) for line in order.lines),
        is_owner=is_owner,
        expires_at=order.expires_at,
        now=now,
        balance_fen=balance.balance_fen if is_owner and state is PageState.UNPAID else None,
    )


def order_view(
    order: Order,
    shelf: Shelf,
    *,
    viewer: OpenId | None,
    shop_name: str,
    keys: Mapping[int, Sequence[KeyView]] | None = None,
    waiting_messages: Sequence[str] = (),
    balance: MoneyView = NO_BALANCE,
) -> OrderView:
    """Show an order on its own page. `keys` (by line id) and `waiting_messages` are only for its owner."""
    is_owner = viewer is not None and viewer == order.openid
    state = page_state(order)
    title, message = _headline(order, state, balance)
    own_keys = keys if is_owner and keys else {}
    return OrderView(
        shop_name=shop_name,
        token=order.token,
        order_no=order.order_no,
        state=state,
        title=title,
        message=message,
        total_fen=order.total_fen,
        lines=tuple(
            _line_view(line, shelf, is_owner=is_owner, keys=tuple(own_keys.get(line.id, ()))) for line in order.lines
        ),
        is_owner=is_owner,
        steps=_steps(order, state, balance),
        waiting_messages=tuple(waiting_messages) if is_owner else (),
    )


def page_state(order: Order) -> PageState:
    """Tell where an order stands: as the order says, but refunding once only refunds are still open."""
    if order.state is not OrderState.PAID:
        return PageState(order.state.value)
    states = {line.state for line in order.lines}
    if LineState.REFUNDING in states and states <= {LineState.REFUNDING, LineState.REFUNDED, LineState.DELIVERED}:
        return PageState.REFUNDING
    return PageState.PAID


def _line_view(line: Line, shelf: Shelf, *, is_owner: bool, keys: tuple[KeyView, ...] = ()) -> LineView:
    product = shelf.product(line.product_id)
    return LineView(
        name=line.product_name,
        detail=_detail(line, product, shelf),
        quantity=line.quantity,
        total_fen=line.total_fen,
        fields=tuple(_field_view(name, value, product, is_owner=is_owner) for name, value in line.fields.items()),
        state=line.state,
        state_text=_line_state_text(line),
        note=line.note if is_owner else "",
        part_back_fen=line.refund_fen if line.state not in (LineState.REFUNDING, LineState.REFUNDED) else 0,
        eta=line.eta,
        use_note=product.note if product is not None else "",
        keys=keys,
    )


def _detail(line: Line, product: Product | None, shelf: Shelf) -> str:
    sku = shelf.sku(line.sku_code)
    if sku is not None and sku.any_value is not None and line.value is not None:
        parts = [f"{line.value}{sku.unit}"]
    elif sku is None and line.value is not None and str(line.value) not in line.sku_label:
        parts = [f"{line.sku_label} {line.value}"]  # gone from the catalog, so its unit is not known any more
    else:
        parts = [line.sku_label]
    for option in product.options if product is not None else ():
        chosen = line.options.get(option.name)
        label = next((value.label for value in option.values if value.id == chosen), None)
        if label is not None and label not in parts[0]:
            parts.append(label)
    return " · ".join(parts)


def _field_view(name: str, value: str, product: Product | None, *, is_owner: bool) -> FieldView:
    field = next((field for field in product.fields if field.name == name), None) if product is not None else None
    if field is None:  # the product left the catalog since; what the field held may be anybody's number
        return FieldView(label="账号" if name == "account" else name, value=value if is_owner else mask(value))
    if field.kind is FieldKind.CHOICE:
        label = next((choice.label for choice in field.values if choice.id == value), value)
        return FieldView(label=field.label, value=label)
    return FieldView(label=field.label, value=value if is_owner else mask(value))


_DELIVERING: Mapping[str, str] = {
    Delivery.TOPUP: "充值中",
    Delivery.SERVICE: "客服处理中",
    Delivery.PARCEL: "备货中",
}
_DELIVERED: Mapping[str, str] = {
    Delivery.TOPUP: "充值成功",
    Delivery.SERVICE: "已完成",
    Delivery.PARCEL: "已发货",
    BALANCE_DELIVERY: "充值成功，已到余额",
}


def _line_state_text(line: Line) -> str:
    match line.state:
        case LineState.WAITING:
            return ""
        case LineState.DELIVERING:
            return _DELIVERING.get(line.delivery, "发货中")
        case LineState.DELIVERED:
            return _DELIVERED.get(line.delivery, "已发卡")
        case LineState.REFUNDING:
            return "退款中"
        case LineState.REFUNDED:
            return "已退款"
        case LineState.ATTENTION:
            return "人工核实中"


def _headline(order: Order, state: PageState, balance: MoneyView) -> tuple[str, str]:
    match state:
        case PageState.UNPAID:
            return "待支付", ""
        case PageState.PAID:
            return "支付成功", _paid_message(order)
        case PageState.DELIVERED:
            some_refunded = any(line.state is LineState.REFUNDED for line in order.lines)
            where = "退回您的余额" if balance.back else "原路退回"
            message = f"部分商品未能完成，对应金额已{where}" if some_refunded else "感谢您的购买"
            return "交易完成", message
        case PageState.REFUNDING:
            return "退款中", "未能完成的部分正在原路退回，一般几分钟内到账"
        case PageState.REFUNDED:
            return "已退款", "款项已退回您的余额" if balance.back else "款项已原路退回您的微信支付账户"
        case PageState.EXPIRED:
            return "订单已超时关闭", "未在规定时间内支付，请回到聊天重新下单"
        case PageState.CANCELLED:
            return "订单已取消", "如仍需要，请回到聊天重新下单"


def _paid_message(order: Order) -> str:
    kinds = {line.delivery for line in order.lines if line.state in (LineState.WAITING, LineState.DELIVERING)}
    if any(line.state is LineState.ATTENTION for line in order.lines):
        return "有商品需要人工核实，客服会尽快处理，请留意聊天消息"
    if Delivery.SERVICE.value in kinds:
        return "客服已接单，进度会在聊天里通知您"
    if Delivery.PARCEL.value in kinds:
        return "正在备货，发货后会在聊天里通知您"
    if kinds == {Delivery.CARD.value}:
        return "正在发卡，请稍候"
    return "正在充值，请稍候"


def _steps(order: Order, state: PageState, balance: MoneyView) -> tuple[Step, ...]:
    placed = Step("已下单", StepState.DONE, order.created_at)
    if state is PageState.UNPAID:
        return placed, Step("等待支付", StepState.NOW)
    if state is PageState.EXPIRED:
        return placed, Step("超时未支付，订单已关闭", StepState.STOPPED)
    if state is PageState.CANCELLED:
        return placed, Step("订单已取消", StepState.STOPPED)
    paid = Step("已用余额支付" if balance.paid else "已支付", StepState.DONE, order.paid_at)
    if state is PageState.DELIVERED:
        return placed, paid, Step("交易完成", StepState.DONE)
    if state is PageState.REFUNDING:
        return placed, paid, Step("退款中", StepState.NOW)
    if state is PageState.REFUNDED:
        return placed, paid, Step("已退回余额" if balance.back else "已原路退款", StepState.STOPPED)
    return placed, paid, Step(_paid_message(order), StepState.NOW)
