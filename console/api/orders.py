"""Orders: listed, looked up with all that happened to them, and what may be done about them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, Field
from sqlalchemy import Connection

from console import reading as console_reading
from console.api import reading
from console.api.calling import NO_EFFECT, SCOPE, Caller, Calling, Guarded
from console.api.problems import conflict, not_found
from console.api.scopes import Scope
from console.api.shapes import Cursor, Fen, Given, Limit, Number, OrderNo, Page, Reason, SomeFen, Time, Told, Words
from console.desk import Also
from kernel.masking import mask, mask_within
from kernel.orders import LineState, OrderState

router = APIRouter(route_class=Guarded, tags=["orders"])
_READ = {SCOPE: Scope.ORDERS_READ}
_WRITE = {SCOPE: Scope.ORDERS_WRITE}


class OrderBrief(Told):
    """An order in a list."""

    order_no: str
    state: OrderState
    total_fen: Fen
    created_at: Time
    what: str = Field(description="The first three lines in words.")


class Orders(Page):
    """Orders, the latest first."""

    orders: list[OrderBrief]


class OrderLine(Told):
    """One line of an order, as it was sold."""

    id: Number
    product_id: str
    product: str
    sku_code: str
    sku: str
    value: int | None
    quantity: int
    unit_fen: Fen
    total_fen: Fen
    refunded_fen: Fen = Field(description="Given back of it, or on its way.")
    state: LineState
    delivery: str
    note: str
    options: dict[str, str]
    fields: dict[str, str] = Field(description="What the buyer gave; masked without accounts:read.")
    keys: int = Field(description="Card keys sold to it. They themselves are never told.")
    delivered_at: Time | None
    refunded_at: Time | None


class Happened(Told):
    """One thing that happened to an order."""

    at: Time
    part: str = Field(description="order, payment, refund, supplier, push or case")
    what: str
    detail: str
    line_id: Number | None
    who: str


class Order(Told):
    """An order with its lines and all that happened to it."""

    order_no: str
    state: OrderState
    total_fen: Fen
    refunded_fen: Fen
    buyer: str = Field(description="The buyer's openid; masked without accounts:read.")
    held: bool = Field(description="Paid, and waiting for a person to look at it.")
    created_at: Time
    expires_at: Time
    paid_at: Time | None
    lines: list[OrderLine]
    timeline: list[Happened] = Field(description="Oldest first, 500 at most.")


class Search(Given):
    """What to look for. In a body: an account belongs into no address."""

    words: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")] = Field(
        description="An order's number, an openid, or what a buyer gave: an account, whole."
    )


class Done(Given):
    """That a person has delivered a line."""

    note: Annotated[Words, Field(max_length=200)] = Field(default="", description="A tracking number, say.")


class RefundWanted(Given):
    """Money to be given back."""

    reason: Reason = Field(description="The buyer is told it.")
    amount_fen: SomeFen | None = Field(
        default=None, description="A part of the line; left out, all that is left of it."
    )
    refunded_before_fen: Fen | None = Field(
        default=None, description="Refused when something else has gone back since. For parts."
    )


class LineNow(Told):
    """How a line stands after what was done."""

    line_id: Number
    order_no: str
    state: LineState
    refunded_fen: Fen


class OrderNow(Told):
    """How an order stands after what was done."""

    order_no: str
    state: OrderState


class Buyer(Told):
    """The buyer of an order."""

    buyer: str = Field(description="His openid; masked without accounts:read.")
    follows: bool | None = Field(description="null: not known.")
    first_seen_at: Time | None
    orders: int
    paid_orders: int
    paid_fen: int
    refunded_fen: int
    balance_fen: int
    open_cases: int
    last_order_at: Time | None


@router.get("/orders", openapi_extra=_READ)
def list_orders(
    caller: Calling,
    state: OrderState | None = None,
    since: Annotated[AwareDatetime | None, Query(description="Placed at this moment or later.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Placed before this moment.")] = None,
    cursor: Cursor | None = None,
    limit: Limit = 50,
) -> Orders:
    """List orders, the latest first."""
    with caller.parts.engine.connect() as conn:
        found = reading.orders(
            conn, state=state.value if state else "", since=_sane(since), until=_sane(until), after=cursor, limit=limit
        )
    if found is None:
        raise not_found("没有这个 cursor，请从第一页开始。")
    return _page(found, limit)


@router.post("/orders/search", openapi_extra={SCOPE: Scope.ACCOUNTS_READ, NO_EFFECT: True}, response_model=Orders)
def search_orders(caller: Calling, wanted: Search) -> Orders:
    """Find orders by number, buyer or account; the latest 50."""
    with caller.parts.engine.connect() as conn:
        return _page(reading.matching(conn, wanted.words.strip(), 50), 50, last=True)


@router.get("/orders/{order_no}", openapi_extra=_READ)
def get_order(caller: Calling, order_no: OrderNo) -> Order:
    """One order with its lines and its timeline."""
    full = caller.may(Scope.ACCOUNTS_READ)
    with caller.parts.engine.connect() as conn:
        head = reading.order(conn, order_no)
        if head is None:
            raise not_found("没有这个订单。")
        lines = reading.lines(conn, order_no)
        story = console_reading.story(conn, order_no)
    told = [OrderLine(**{**line, "fields": _given(line["fields"], full=full)}) for line in lines]
    return Order(
        **{**head, "buyer": _named(head["buyer"], full=full)},
        refunded_fen=sum(line.refunded_fen for line in told),
        lines=told,
        timeline=[
            Happened(
                at=one.at,
                part=one.part,
                what=one.what,
                detail=one.detail or "" if full else mask_within(one.detail or ""),
                line_id=one.line_id,
                who=one.who or "",
            )
            for one in story
        ],
    )


@router.get("/orders/{order_no}/buyer", openapi_extra={SCOPE: Scope.BUYERS_READ}, tags=["buyers"])
def get_buyer(caller: Calling, order_no: OrderNo) -> Buyer:
    """Who bought it, in figures."""
    with caller.parts.engine.connect() as conn:
        found = reading.buyer_of(conn, order_no)
    if found is None:
        raise not_found("没有这个订单。")
    return Buyer(**{**found, "buyer": _named(found["buyer"], full=caller.may(Scope.ACCOUNTS_READ))})


@router.post("/orders/{order_no}/cancel", openapi_extra=_WRITE, response_model=OrderNow)
def cancel_order(caller: Calling, order_no: OrderNo) -> Response:
    """Cancel an unpaid order; what it held is on sale again once the payment is closed."""

    def now(conn: Connection) -> OrderNow:
        return OrderNow(order_no=order_no, state=OrderState(reading.order_state(conn, order_no)))

    with caller.parts.engine.connect() as conn:
        before = reading.order(conn, order_no)
    if before is None:
        raise not_found("没有这个订单。")
    also = caller.also("cancel_order", f"order:{order_no}", now, before={"state": before["state"]})
    if not caller.parts.desk.cancel(order_no, actor=caller.actor, also=also):
        raise _not_now("只有未付款的订单可以取消。")
    return caller.answered()


@router.post("/orders/{order_no}/lines/{line_id}/done", openapi_extra=_WRITE, response_model=LineNow)
def deliver_line(caller: Calling, order_no: OrderNo, line_id: Number, done: Done) -> Response:
    """Record that a person delivered a line; the buyer is told."""
    act = partial(caller.parts.desk.deliver, line_id, done.note.strip(), actor=caller.actor)
    return _act(caller, "deliver", order_no, line_id, act, {"words": done.note}, "这一行不在人工处理中。")


@router.post("/orders/{order_no}/lines/{line_id}/resend", openapi_extra=_WRITE, response_model=LineNow)
def resend_line(caller: Calling, order_no: OrderNo, line_id: Number) -> Response:
    """Send the message about a delivered line, card keys included, to its buyer once more."""
    act = partial(caller.parts.desk.resend, line_id, "")
    return _act(caller, "resend", order_no, line_id, act, {}, "还没有交付，或一分钟内刚发送过。")


@router.post(
    "/orders/{order_no}/lines/{line_id}/refund",
    openapi_extra={SCOPE: Scope.REFUNDS_WRITE},
    response_model=LineNow,
)
def refund_line(caller: Calling, order_no: OrderNo, line_id: Number, wanted: RefundWanted) -> Response:
    """Give a line's money back, all of what is left or a part: of a delivered line, or one in a person's hands. It goes
    the way it came; the buyer is told."""
    desk, reason, amount = caller.parts.desk, wanted.reason.strip(), wanted.amount_fen
    if amount is None:
        act = partial(desk.give_back, line_id, reason, actor=caller.actor)
    else:
        before = wanted.refunded_before_fen
        if before is None:
            with caller.parts.engine.connect() as conn:
                before = reading.refunded_fen(conn, line_id)
        act = partial(desk.give_some, line_id, amount, reason, back_before_fen=before, actor=caller.actor)
    told = {"words": reason, "amount_fen": amount}
    what = "give_back" if amount is None else "give_some"
    return _act(caller, what, order_no, line_id, act, told, "现在不能退这么多，或这一行不能由人工退款。")


def _act(
    caller: Caller,
    what: str,
    order_no: str,
    line_id: int,
    act: Callable[..., bool],
    told: Mapping[str, object],
    refusal: str,
) -> Response:
    def now(conn: Connection) -> LineNow:
        state, refunded_fen = reading.line_now(conn, line_id)
        return LineNow(line_id=line_id, order_no=order_no, state=LineState(state), refunded_fen=refunded_fen)

    with caller.parts.engine.connect() as conn:
        before = console_reading.line_now(conn, line_id)
    if before is None or before["order"] != order_no:
        raise not_found("这个订单没有这一行。")
    also: Also = caller.also(what, f"line:{line_id}", now, before=before, after=told)
    if not act(also=also):
        raise _not_now(refusal)
    return caller.answered()


def _not_now(detail: str) -> Exception:
    return conflict("not-now", "It cannot be done as things stand", detail)


def _page(found: list[reading.Brief], limit: int, *, last: bool = False) -> Orders:
    """One more than the limit was asked for, to know whether there is a following page."""
    shown = found[:limit]
    more = not last and len(found) > limit
    return Orders(orders=[OrderBrief(**one) for one in shown], next=shown[-1]["order_no"] if more else None)


def _sane(at: datetime | None) -> datetime | None:
    """Within the times that orders can have: the database and time zones have none for the year 1."""
    if at is None:
        return None
    low, high = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    return min(max(at, low), high)


def _given(fields: Mapping[str, str], *, full: bool) -> dict[str, str]:
    return {name: value if full else mask(value) for name, value in fields.items()}


def _named(openid: str, *, full: bool) -> str:
    return openid if full else mask(openid)
