"""A shop counter made of plain values: answers the effects of a talk with facts, as the edge does with a database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from catalog.shelf import Shelf
from dialogs.as_heard import as_heard
from dialogs.effects import (
    AskRefund,
    CancelOrder,
    DropCase,
    Effect,
    EndHandoff,
    FindBalance,
    FindFavourites,
    FindOrders,
    OpenCase,
    OpenHandoff,
    PayFromBalance,
    PlaceOrder,
    Rate,
    SetOneTap,
    TopUp,
    Withdraw,
)
from dialogs.facts import (
    AskedAgain,
    BalanceBack,
    BalanceFound,
    BalanceMove,
    BalanceShort,
    CancelRefused,
    CaseDropped,
    CaseOpened,
    CatalogMoved,
    Fact,
    FavouritesFound,
    HandoffOpened,
    NoSuchOrder,
    NotPayable,
    OneTapSet,
    OrderCancelled,
    OrderDeclined,
    OrderPlaced,
    OrdersFound,
    PaidFromBalance,
    PaidTwice,
    Rated,
    RefundDecided,
    SoldOut,
    TooManyUnpaid,
)
from dialogs.state import Dialog, from_json, to_json
from dialogs.step import step
from dialogs.turn import Heard, Reply, Scene, WalletTerms
from fulfillment.states import refund_way
from kernel.cases import Case, CaseKind, CaseState, LineFacts, RefundWay, SupplierSays
from kernel.hours import ALWAYS, WorkingHours
from kernel.ids import OpenId, OrderNo
from kernel.money import Fen
from kernel.orders import BALANCE_DELIVERY, Line, LineState, Order, OrderState, UsedAccount, WantedLine
from nlu.frame import Channel
from nlu.lexicon import Lexicon

UNPAID_MAX = 3
STEPS_MAX = 7
SHOP_URL = "https://shop.example"


class Counter:
    """One buyer at the counter. The dialog goes through its stored form between any two messages."""

    def __init__(self, shelf: Shelf, lexicon: Lexicon) -> None:
        self.shelf, self.lexicon = shelf, lexicon
        self.now = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
        self.dialog = Dialog()
        self.orders: list[Order] = []
        self.stock: dict[str, int] = {}
        self.moved = False
        self.asks_again = self.declines = False
        """The next order is unusual: it is confirmed once more, or not taken at all."""
        self.transfers = False
        self.hours: WorkingHours = ALWAYS
        self.waiting = 0
        """How many buyers wait for a person."""
        self.cases: list[Case] = []
        self.paid_twice: list[PaidTwice] = []
        self.supplier_asked = True
        self.wallet: WalletTerms | None = None
        self.balance_fen = 0
        self.balance_moves: list[BalanceMove] = []
        self.one_tap = False
        self.effects: list[Effect] = []

    @property
    def scene(self) -> Scene:
        return Scene(self.now, self.shelf, SHOP_URL, hours=self.hours, wallet=self.wallet)

    def says(self, text: str, channel: Channel = "text") -> Reply:
        return self.hears(as_heard(text, self.dialog, self.scene, self.lexicon, channel=channel))

    def hears(self, heard: Heard) -> Reply:
        self.effects = []
        turn = step(self.dialog, heard, self.scene)
        for _ in range(STEPS_MAX):
            facts = [fact for fact in map(self._carry_out, turn.effects) if fact is not None]
            if not facts:
                break
            turn = step(turn.dialog, facts[0], self.scene)
        self.dialog = from_json(to_json(turn.dialog))
        assert self.dialog == turn.dialog
        return turn.reply

    def settle(self, state: LineState) -> None:
        """Pay the latest order and bring all its lines to this state."""
        order = self.orders[0]
        lines = tuple(replace(line, state=state) for line in order.lines)
        whole = {LineState.DELIVERED: OrderState.DELIVERED, LineState.REFUNDED: OrderState.REFUNDED}
        self.orders[0] = replace(order, state=whole.get(state, OrderState.PAID), lines=lines, paid_at=self.now)

    def hold(self) -> None:
        """Pay the latest order; a person looks at it first."""
        self.settle(LineState.WAITING)
        held = tuple(replace(line, held=True) for line in self.orders[0].lines)
        self.orders[0] = replace(self.orders[0], lines=held)

    def passes(self, by: timedelta) -> None:
        """Let time go by; orders expire."""
        self.now += by
        self.orders = [
            replace(o, state=OrderState.EXPIRED) if o.state is OrderState.UNPAID and o.expires_at <= self.now else o
            for o in self.orders
        ]

    def _carry_out(self, effect: Effect) -> Fact | None:
        self.effects.append(effect)
        match effect:
            case PlaceOrder(lines=lines, again=again):
                if self.declines:
                    return OrderDeclined()
                return AskedAgain("large") if self.asks_again and not again else self._place(lines)
            case CancelOrder(order_no=order_no):
                return self._cancel(order_no)
            case FindOrders(purpose=purpose, limit=limit, order_no=only):
                found = [o for o in self.orders if only in (None, o.order_no)]
                return OrdersFound(purpose, tuple(found[:limit]), tuple(self.cases), tuple(self.paid_twice))
            case FindFavourites():
                return FavouritesFound(self._used())
            case OpenCase():
                return self._open_case(effect)
            case DropCase(case_id=case_id):
                dropped = next((case for case in self.cases if case.id == case_id), None)
                self.cases = [case for case in self.cases if case.id != case_id]
                return CaseDropped(dropped)
            case AskRefund():
                return self._refund(effect)
            case Rate():
                return self._rate(effect)
            case OpenHandoff():
                opens_at = None if self.hours.is_open(self.now) else self.hours.opens_at(self.now)
                return HandoffOpened(self.transfers and opens_at is None, self.waiting, opens_at)
            case EndHandoff():
                return None
            case FindBalance():
                return BalanceFound(self.balance_fen, tuple(self.balance_moves[:5]), self.one_tap)
            case TopUp(amount_fen=amount_fen):
                return OrderPlaced(self._top_up(amount_fen))
            case PayFromBalance(order_no=order_no):
                return self._pay(order_no)
            case SetOneTap(on=on):
                self.one_tap = on
                return OneTapSet(on)
            case Withdraw():
                back, self.balance_fen = self.balance_fen, 0
                return BalanceBack(back, 0)

    def keeps(self, fen: int) -> None:
        """Let this shop keep money of buyers, and him have this much."""
        self.wallet = WalletTerms(100, 100_000, 5_000, 20_000)
        self.balance_fen = fen
        self.balance_moves = [BalanceMove("topup", fen, self.now)] if fen else []

    def _top_up(self, amount_fen: int) -> Order:
        line = Line(
            1, 0, "", "余额充值", "", f"{amount_fen // 100}元", None, 1, Fen(amount_fen), {}, {}, BALANCE_DELIVERY, "",
            LineState.WAITING,
        )  # fmt: skip
        return self._placed(Fen(amount_fen), (line,))

    def _pay(self, order_no: OrderNo | None) -> Fact:
        order = next((o for o in self.orders if order_no in (None, o.order_no)), None)
        if order is None:
            return NotPayable()
        if order.state is not OrderState.UNPAID or order.lines[0].delivery == BALANCE_DELIVERY:
            return NotPayable(order.order_no, order.state)
        if order.total_fen > self.balance_fen:
            return BalanceShort(order, self.balance_fen)
        return PaidFromBalance(self._paid_from_balance(order), self.balance_fen)

    def _paid_from_balance(self, order: Order) -> Order:
        self.balance_fen -= order.total_fen
        paid = replace(order, state=OrderState.PAID, paid_at=self.now)
        self.orders[self.orders.index(order)] = paid
        return paid

    def _used(self) -> tuple[UsedAccount, ...]:
        paid = [line for order in self.orders if order.paid_at is not None for line in order.lines]
        found = [UsedAccount(line.product_id, name, value) for line in paid for name, value in line.fields.items()]
        return tuple(dict.fromkeys(found))

    def _place(self, lines: tuple[WantedLine, ...]) -> Fact:
        if self.moved:
            self.moved = False
            return CatalogMoved()
        unpaid = tuple(o for o in self.orders if o.state is OrderState.UNPAID)
        if len(unpaid) >= UNPAID_MAX:
            return TooManyUnpaid(unpaid)
        for position, line in enumerate(lines):
            left = self.stock.get(line.sku)
            if left is not None and left < line.quantity:
                return SoldOut(position, left)
        total_fen = Fen(sum(line.total_fen for line in lines))
        order = self._placed(total_fen, tuple(self._line(i, line) for i, line in enumerate(lines)))
        if self.wallet is None or self.balance_fen < total_fen:
            return OrderPlaced(order)
        if self.one_tap and total_fen <= self.wallet.one_tap_max_fen:
            return OrderPlaced(self._paid_from_balance(order), self.balance_fen)
        return OrderPlaced(order, self.balance_fen)

    def _placed(self, total_fen: Fen, lines: tuple[Line, ...]) -> Order:
        number = len(self.orders) + 1
        order = Order(
            OrderNo(f"K261120{number:010d}"),
            OpenId("o"),
            f"token{number}",
            OrderState.UNPAID,
            total_fen,
            self.now,
            self.now + timedelta(minutes=15),
            lines,
        )
        self.orders.insert(0, order)
        return order

    def _line(self, position: int, wanted: WantedLine) -> Line:
        product, sku = self.shelf.product_of(wanted.sku), self.shelf.sku(wanted.sku)
        assert product is not None
        assert sku is not None
        return Line(
            position + 1,
            position,
            product.id,
            product.name,
            sku.code,
            f"{wanted.value}{sku.unit}" if sku.any_value is not None else sku.label,
            wanted.value,
            wanted.quantity,
            wanted.total_fen,
            wanted.options,
            wanted.fields,
            product.delivery,
            sku.eta or product.eta,
            LineState.WAITING,
        )

    def _open_case(self, wanted: OpenCase) -> Fact:
        order = next((o for o in self.orders if o.order_no == wanted.order_no and o.paid_at is not None), None)
        if order is None:
            return NoSuchOrder()
        line_id = wanted.line_id or (order.lines[0].id if len(order.lines) == 1 else None)
        facts = self._facts(order, line_id) if line_id else None
        for case in self.cases:
            if (case.kind, case.order_no, case.line_id) == (wanted.kind, wanted.order_no, wanted.line_id):
                return CaseOpened(case, order, facts, first=False)
        answer, remedy = (self.hours.after(self.now, timedelta(hours=hours)) for hours in (1, 2))
        number = len(self.cases) + 1
        state = CaseState.OPEN
        case = Case(number, wanted.kind, state, order.order_no, wanted.line_id, self.now, answer, remedy)
        self.cases.append(case)
        return CaseOpened(case, order, facts, first=True)

    def _facts(self, order: Order, line_id: int) -> LineFacts:
        line = next(line for line in order.lines if line.id == line_id)
        if line.delivery == "card" and line.state is LineState.DELIVERED:
            return LineFacts(line_id, keys=line.quantity, shown_at=order.paid_at)
        says = {LineState.DELIVERING: SupplierSays.PROCESSING, LineState.DELIVERED: SupplierSays.SUCCESS}
        known = line.delivery == "topup"
        return LineFacts(
            line_id, says.get(line.state, SupplierSays.NOTHING) if known else SupplierSays.NOTHING, self.now
        )

    def _refund(self, wanted: AskRefund) -> Fact:
        order = next((o for o in self.orders if o.order_no == wanted.order_no and o.paid_at is not None), None)
        if order is None:
            return NoSuchOrder()
        if wanted.units is not None:
            order, apart = self._split(order, wanted)
            wanted = replace(wanted, line_id=apart)
        ways = {
            line.id: refund_way(
                line.state, supplier_asked=self.supplier_asked, by_hand=line.delivery in ("service", "parcel")
            )
            for line in order.lines
            if wanted.line_id in (None, line.id)
        }
        lines = tuple(
            replace(line, state=LineState.REFUNDING, refund_fen=line.total_fen)
            if ways.get(line.id) is RefundWay.AT_ONCE
            else line
            for line in order.lines
        )
        changed = replace(order, lines=lines)
        self.orders[self.orders.index(order)] = changed
        left = [line for line, way in ways.items() if way in (RefundWay.PERSON, RefundWay.AFTER_RESULT)]
        if not left:
            back_fen = {line.id: line.total_fen for line in order.lines if ways.get(line.id) is RefundWay.AT_ONCE}
            return RefundDecided(changed, ways, to_balance=wanted.to_balance, back_fen=back_fen)
        one = left[0] if len(left) == 1 else None
        opened = self._open_case(OpenCase(CaseKind.REFUND, order.order_no, one, wanted.said))
        assert isinstance(opened, CaseOpened)
        return RefundDecided(changed, ways, opened.case, opened.first)

    def _split(self, order: Order, wanted: AskRefund) -> tuple[Order, int]:
        assert wanted.units is not None
        line = next(line for line in order.lines if line.id == wanted.line_id)
        share = Fen(line.total_fen * wanted.units // line.quantity)
        rest = replace(line, quantity=line.quantity - wanted.units, total_fen=Fen(line.total_fen - share))
        number, position = line.id + 1000, len(order.lines)
        apart = replace(line, id=number, position=position, quantity=wanted.units, total_fen=share)
        lines = (*(rest if one.id == line.id else one for one in order.lines), apart)
        changed = replace(order, lines=lines)
        self.orders[self.orders.index(order)] = changed
        return changed, number

    def _rate(self, wanted: Rate) -> Fact:
        settled = [o for o in self.orders if o.state in (OrderState.DELIVERED, OrderState.REFUNDED)]
        order = next((o for o in settled if wanted.order_no in (None, o.order_no)), None)
        return Rated(order, wanted.stars if order else None)

    def _cancel(self, order_no: OrderNo) -> Fact:
        for i, order in enumerate(self.orders):
            if order.order_no == order_no:
                if order.state is not OrderState.UNPAID:
                    return CancelRefused(order_no, order.state)
                self.orders[i] = replace(order, state=OrderState.CANCELLED)
                left = tuple(o for o in self.orders if o.state is OrderState.UNPAID)
                return OrderCancelled(order_no, self.orders[i], left)
        return CancelRefused(order_no, OrderState.CANCELLED)
