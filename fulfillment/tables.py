"""Tables of the order as a promise: orders, their lines, their history, supplier orders, the outbox, cases, ratings."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from kernel.columns import id_column, object_column, text_column, time_column
from kernel.guards import Guard, append_only, guard


def _order_no(*, index: bool = True) -> Any:
    return Field(sa_column=Column(Text, ForeignKey("orders.order_no"), nullable=False, index=index))


class Orders(SQLModel, table=True):
    """One order. `message_key` is the message that placed it: pushed twice, it still places one order."""

    __tablename__: ClassVar[Any] = "orders"
    __table_args__ = (
        UniqueConstraint("openid", "message_key", name="orders_placed_once"),
        CheckConstraint("total_fen > 0", name="orders_total_positive"),
        CheckConstraint(
            "state IN ('unpaid', 'paid', 'delivered', 'refunded', 'cancelled', 'expired')", name="orders_state_known"
        ),
        CheckConstraint(
            "(paid_at IS NOT NULL) = (state IN ('paid', 'delivered', 'refunded'))", name="orders_paid_has_time"
        ),
        Index("orders_of_buyer", "openid", text("created_at DESC")),
        Index("orders_by_time", text("created_at DESC"), text("order_no DESC")),
        Index("orders_paid_at", "paid_at", postgresql_where=text("paid_at IS NOT NULL")),
        Index("orders_unpaid", "expires_at", postgresql_where=text("state = 'unpaid'")),
        Index("orders_unpaid_of_buyer", "openid", postgresql_where=text("state = 'unpaid'")),
        Index(
            "orders_to_release",
            "closed_at",
            postgresql_where=text("state IN ('cancelled', 'expired') AND stock_released_at IS NULL"),
        ),
    )

    order_no: str = Field(sa_column=Column(Text, primary_key=True))
    openid: str = text_column()
    message_key: str = text_column()
    token: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    state: str = text_column()
    total_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    catalog_version: str = text_column("")
    created_at: datetime = time_column()
    expires_at: datetime = time_column()
    paid_at: datetime | None = time_column(nullable=True)
    closed_at: datetime | None = time_column(nullable=True)
    """When it was cancelled or expired; stays when it is paid afterwards, which marks a late payment."""
    stock_released_at: datetime | None = time_column(nullable=True)
    settled_at: datetime | None = time_column(nullable=True)


class OrderLine(SQLModel, table=True):
    """One line: names, price and what to deliver, frozen as they were when the order was placed."""

    __tablename__: ClassVar[Any] = "order_line"
    __table_args__ = (
        UniqueConstraint("order_no", "position", name="order_line_position"),
        CheckConstraint("quantity > 0", name="order_line_quantity_positive"),
        CheckConstraint("total_fen >= 0", name="order_line_total_not_negative"),
        CheckConstraint("refund_fen BETWEEN 0 AND total_fen", name="order_line_refund_within_total"),
        CheckConstraint("goodwill_fen BETWEEN 0 AND refund_fen", name="order_line_goodwill_within_refund"),
        CheckConstraint(
            "state IN ('waiting', 'delivering', 'delivered', 'refunding', 'refunded', 'attention')",
            name="order_line_state_known",
        ),
        Index("order_line_refunding", "id", postgresql_where=text("state = 'refunding'")),
        Index("order_line_delivered_at", "delivered_at", postgresql_where=text("delivered_at IS NOT NULL")),
        Index("order_line_attention", "id", postgresql_where=text("state = 'attention'")),
        # With the one above: what is in a person's hands, asked for by every page that counts it.
        Index(
            "order_line_by_hand",
            "id",
            postgresql_where=text("state = 'delivering' AND delivery IN ('service', 'parcel')"),
        ),
        Index(
            "order_line_in_hands",
            "id",
            postgresql_where=text(
                "state = 'attention' OR (state = 'delivering' AND delivery IN ('service', 'parcel'))"
            ),
        ),
        # Operators find orders by what the buyer gave, whatever the field is called.
        Index("order_line_given", text("jsonb_path_query_array(fields, '$.*'::jsonpath)"), postgresql_using="gin"),
        # A day's orders for an account, whoever placed them (numbers begin with the day); in the way of every placing,
        # where GIN is too slow.
        Index(
            "order_line_account",
            text("(fields ->> account_field)"),
            "order_no",
            postgresql_where=text("account_field <> ''"),
        ),
    )

    id: int | None = id_column()
    order_no: str = _order_no(index=False)
    position: int = Field(sa_column=Column(Integer, nullable=False))
    product_id: str = text_column()
    product_name: str = text_column()
    sku_code: str = text_column()
    sku_label: str = text_column()
    value: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    any_value: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false")))
    """Sold in any number: one supplier order carries value × quantity."""
    quantity: int = Field(sa_column=Column(Integer, nullable=False))
    unit_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    total_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    cost_fen: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    options: dict[str, str] = object_column()
    fields: dict[str, str] = object_column()
    account_field: str = text_column("")
    """Which of `fields` is the account to top up; empty when there is none."""
    choice_labels: dict[str, str] = object_column()
    """The words behind the choices among `fields`, which suppliers and people understand better than ids."""
    delivery: str = text_column()
    supplier: str = text_column("")
    """The supplier's name in the configuration; empty means the default one."""
    supplier_code: str = text_column("")
    backup: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSONB, nullable=False, server_default=text("'[]'"))
    )
    """Where else it may be bought, by priority, as it stood when the order was placed: supplier, supplier_code,
    cost_fen."""
    allow_loss: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false")))
    eta: str = text_column("")
    state: str = text_column()
    note: str = text_column("")
    refund_fen: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default=text("0")))
    """What of `total_fen` is being given back or was: the sum of its line_refund rows."""
    goodwill_fen: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default=text("0")))
    """What of `refund_fen` was given back though the line was delivered or shall be: such money settles nothing."""
    delivered_at: datetime | None = time_column(nullable=True)
    refunded_at: datetime | None = time_column(nullable=True)


class OrderHold(SQLModel, table=True):
    """An order that a person looks at before it is delivered. Wanted: it is held once it is paid."""

    __tablename__: ClassVar[Any] = "order_hold"
    __table_args__ = (
        CheckConstraint(
            "state IN ('wanted', 'held', 'released', 'refused', 'withdrawn')", name="order_hold_state_known"
        ),
        CheckConstraint("(held_at IS NULL) = (state = 'wanted')", name="order_hold_held_has_time"),
        CheckConstraint(
            "(ended_at IS NOT NULL) = (state IN ('released', 'refused', 'withdrawn'))", name="order_hold_ended_has_time"
        ),
        Index("order_hold_held", "held_at", postgresql_where=text("state = 'held'")),
    )

    order_no: str = Field(sa_column=Column(Text, ForeignKey("orders.order_no"), primary_key=True))
    state: str = text_column()
    wanted_at: datetime = time_column()
    held_at: datetime | None = time_column(nullable=True)
    alerted_at: datetime | None = time_column(nullable=True)
    """When it was said that nobody has looked at it in the time promised."""
    ended_at: datetime | None = time_column(nullable=True)
    ended_by: str = text_column("")
    why: str = text_column("")
    """What whoever ended it said; of a refused one the buyer is told it."""


class OrderEvent(SQLModel, table=True):
    """History, only ever added to: every move of an order (line_id empty) or of a line."""

    __tablename__: ClassVar[Any] = "order_event"
    __table_args__ = (
        UniqueConstraint("order_no", "n", name="order_event_in_turn"),
        CheckConstraint(
            "money IN ('', 'total', 'paid', 'back', 'paid_again', 'again_back')", name="order_event_money_known"
        ),
        CheckConstraint("(money = '') = (amount_fen IS NULL)", name="order_event_money_has_amount"),
        Index("order_event_at", "at", postgresql_using="brin"),
    )

    id: int | None = id_column()
    order_no: str = _order_no(index=False)
    n: int = Field(sa_column=Column(Integer, nullable=False))
    """Its place in the order's chain, from 1."""
    line_id: int | None = Field(default=None, sa_column=Column(BigInteger, ForeignKey("order_line.id"), nullable=True))
    at: datetime = time_column()
    from_state: str = text_column("")
    to_state: str = text_column()
    cause: str = text_column("")
    actor: str = text_column("system")
    money: str = text_column("")
    """What `amount_fen` is: `total` of the order, `paid`, `back` to the buyer, `paid_again` by a second payment, which
    is `again_back` when it has been given back; empty where no money moved."""
    amount_fen: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    prev_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """Keyed, over all of the row and the hash before it; see audit.py."""


class LineRefund(SQLModel, table=True):
    """One decision to give money of a line back: whole, a share, or a part by amount. There before anybody is asked to
    pay it, so that a request that was lost is made again."""

    __tablename__: ClassVar[Any] = "line_refund"
    __table_args__ = (
        UniqueConstraint("line_id", "n", name="line_refund_in_turn"),
        UniqueConstraint("line_id", "key", name="line_refund_key_once"),
        Index("line_refund_of_order", "order_no", "key"),
        Index("line_refund_gathering", "order_no", postgresql_where=text("key IS NULL")),
        CheckConstraint("amount_fen > 0", name="line_refund_amount_positive"),
        Index("line_refund_under_way", "id", postgresql_where=text("arrived_at IS NULL")),
    )

    id: int | None = id_column()
    order_no: str = _order_no(index=False)
    line_id: int = Field(sa_column=Column(BigInteger, ForeignKey("order_line.id"), nullable=False))
    n: int = Field(sa_column=Column(Integer, nullable=False))
    """Its place among the line's refunds, from 1."""
    key: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    """What the refund is asked for under, once: `line:ID`, `line:ID:2` for the second, `lines:1` together with others.
    Empty: it waits to be asked for together with others, since WeChat Pay takes only so many of one payment."""
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    goodwill: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false")))
    """Given though the line was delivered or shall be."""
    compensates: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false")))
    """For a delivery that came late: no sale is taken back by it."""
    reason: str = text_column("")
    actor: str = text_column("system")
    asked_at: datetime = time_column()
    arrived_at: datetime | None = time_column(nullable=True)


class CompensationRow(SQLModel, table=True):
    """Money for a line that was delivered later than promised; once for each."""

    __tablename__: ClassVar[Any] = "compensation"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'given', 'dropped')", name="compensation_state_known"),
        CheckConstraint("way IN ('', 'refund', 'wallet')", name="compensation_way_known"),
        CheckConstraint("amount_fen > 0", name="compensation_amount_positive"),
        CheckConstraint(
            "(state = 'given') = (given_at IS NOT NULL AND day IS NOT NULL AND way <> '')",
            name="compensation_given_has_time",
        ),
        Index("compensation_waiting", "id", postgresql_where=text("state = 'waiting'")),
        Index("compensation_of_day", "day", postgresql_where=text("day IS NOT NULL")),
    )

    id: int | None = id_column()
    line_id: int = Field(sa_column=Column(BigInteger, ForeignKey("order_line.id"), nullable=False, unique=True))
    order_no: str = _order_no(index=False)
    amount_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    promised_at: datetime = time_column()
    delivered_at: datetime = time_column()
    state: str = text_column()
    way: str = text_column("")
    day: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    """The shop's day on whose limit it counts."""
    found_at: datetime = time_column()
    given_at: datetime | None = time_column(nullable=True)


class CompensationWatch(SQLModel, table=True):
    """One row while late deliveries are compensated: since when, and until where was looked."""

    __tablename__: ClassVar[Any] = "compensation_watch"
    __table_args__ = (CheckConstraint("id = 1", name="compensation_watch_is_one"),)

    id: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    since: datetime = time_column()
    """Orders paid before it are left alone."""
    looked_until: datetime = time_column()
    stopped_on: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    """The last day whose limit was reached: the owner was told."""


class AuditAnchor(SQLModel, table=True):
    """A seal over every event of a span of time: a chain cut at its end, or an order that is gone, shows."""

    __tablename__: ClassVar[Any] = "audit_anchor"
    __table_args__ = (CheckConstraint("covers_from < covers_to", name="audit_anchor_covers_some_time"),)

    n: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    covers_from: datetime = time_column()
    covers_to: datetime = time_column()
    events: int = Field(sa_column=Column(BigInteger, nullable=False))
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    prev_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    made_at: datetime = time_column()


class SupplierOrder(SQLModel, table=True):
    """One purchase at a supplier for one unit of a line. The row, with its number, is there before the call."""

    __tablename__: ClassVar[Any] = "supplier_order"
    __table_args__ = (
        CheckConstraint("buy_num > 0", name="supplier_order_buy_num_positive"),
        CheckConstraint(
            "state IN ('created', 'sent', 'processing', 'unknown', 'success', 'failed')",
            name="supplier_order_state_known",
        ),
        # Never two live purchases, nor a second one after a success, for the same unit.
        Index("supplier_order_one_live", "line_id", "unit", unique=True, postgresql_where=text("state <> 'failed'")),
        Index(
            "supplier_order_open",
            "supplier",
            postgresql_where=text("state NOT IN ('success', 'failed')"),
        ),
        Index("supplier_order_first_sent", "first_sent_at"),
        Index(
            "supplier_order_due",
            "next_query_at",
            postgresql_where=text("next_query_at IS NOT NULL"),
        ),
    )

    id: int | None = id_column()
    order_no: str = _order_no()
    line_id: int = Field(sa_column=Column(BigInteger, ForeignKey("order_line.id"), nullable=False, index=True))
    unit: int = Field(sa_column=Column(Integer, nullable=False))
    attempt: int = Field(default=1, sa_column=Column(Integer, nullable=False, server_default=text("1")))
    supplier: str = text_column()
    supplier_order_no: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    product_code: str = text_column("")
    cost_fen: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    """What the purchase was expected to cost as a whole when it was decided on; empty where nobody has said."""
    buy_num: int = Field(sa_column=Column(BigInteger, nullable=False))
    state: str = text_column()
    rejected: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false")))
    """The supplier itself answered no to the request; a query that then finds no order settles it as failed."""
    reason: str = text_column("")
    sends: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default=text("0")))
    queries: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default=text("0")))
    created_at: datetime = time_column()
    first_sent_at: datetime | None = time_column(nullable=True)
    sent_at: datetime | None = time_column(nullable=True)
    next_query_at: datetime | None = time_column(nullable=True)
    """When it has to be looked at again: sent (created) or queried; empty when a person has it or it is settled."""
    settled_at: datetime | None = time_column(nullable=True)
    changed_mind_at: datetime | None = time_column(nullable=True)
    """When the supplier said success of what had failed and was by then bought elsewhere: a person decides."""


class SupplierAccount(SQLModel, table=True):
    """What a supplier last said is left of our deposit."""

    __tablename__: ClassVar[Any] = "supplier_account"

    supplier: str = Field(sa_column=Column(Text, primary_key=True))
    balance_fen: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    told_at: datetime | None = time_column(nullable=True)
    asked_at: datetime = time_column()
    problem: str = text_column("")
    """Why the last question got no answer."""


class SupplierPause(SQLModel, table=True):
    """A supplier that a person has paused: nothing is ordered from it until the row is deleted."""

    __tablename__: ClassVar[Any] = "supplier_pause"

    supplier: str = Field(sa_column=Column(Text, primary_key=True))
    paused_at: datetime = time_column()
    paused_by: str = text_column()
    why: str = text_column("")


class SupplierDifference(SQLModel, table=True):
    """A purchase of a day of which the supplier says something else than our books: for a person."""

    __tablename__: ClassVar[Any] = "supplier_difference"
    __table_args__ = (UniqueConstraint("day", "supplier_order_id", name="supplier_difference_once_a_day"),)

    id: int | None = id_column()
    day: date = Field(sa_column=Column(Date, nullable=False))
    supplier: str = text_column()
    supplier_order_id: int = Field(sa_column=Column(BigInteger, ForeignKey("supplier_order.id"), nullable=False))
    supplier_order_no: str = text_column()
    ours: str = text_column()
    theirs: str = text_column()
    found_at: datetime = time_column()


class Push(SQLModel, table=True):
    """One message to a buyer that is to go out once. It names what to say; the words are made when it is sent."""

    __tablename__: ClassVar[Any] = "push"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sending', 'sent', 'kept', 'given_up')", name="push_state_known"),
        Index("push_due", "next_try_at", postgresql_where=text("state IN ('waiting', 'sending')")),
        Index("push_not_delivered", "openid", postgresql_where=text("state IN ('waiting', 'kept')")),
        Index("push_by_reply", "openid", "reply_key", postgresql_where=text("reply_key IS NOT NULL")),
    )

    id: int | None = id_column()
    openid: str = text_column()
    order_no: str | None = Field(
        default=None, sa_column=Column(Text, ForeignKey("orders.order_no"), nullable=True, index=True)
    )
    """Empty: it is about no order."""
    line_id: int | None = Field(default=None, sa_column=Column(BigInteger, ForeignKey("order_line.id"), nullable=True))
    about_id: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    """What it is about where that is no order: a row of the edge's, or an event of a case."""
    kind: str = text_column()
    dedupe_key: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    state: str = text_column("waiting")
    attempts: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default=text("0")))
    next_try_at: datetime | None = time_column(nullable=True)
    claimed_at: datetime | None = time_column(nullable=True)
    errcode: int | None = Field(default=None, sa_column=Column(Integer, nullable=True))
    maybe_arrived: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false")))
    """The last try got no answer after the request was written: it may have reached the buyer."""
    via: str = text_column("")
    """How it reached the buyer: push, reply, or empty."""
    reply_key: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    """The buyer's message it was answered with."""
    created_at: datetime = time_column()
    sent_at: datetime | None = time_column(nullable=True)


class SupportCase(SQLModel, table=True):
    """One thing a buyer wants a person to look at, with what was promised for it. Times count working hours."""

    __tablename__: ClassVar[Any] = "support_case"
    __table_args__ = (
        CheckConstraint("kind IN ('missing', 'bad_key', 'refund', 'invoice', 'amend')", name="support_case_kind_known"),
        CheckConstraint("state IN ('open', 'answered', 'closed')", name="support_case_state_known"),
        CheckConstraint("(closed_at IS NOT NULL) = (state = 'closed')", name="support_case_closed_has_time"),
        # Asking again shows the running case: there is no second one of a kind for an order line (or an order).
        Index(
            "support_case_one_open",
            "order_no",
            text("coalesce(line_id, 0)"),
            "kind",
            unique=True,
            postgresql_where=text("state <> 'closed'"),
        ),
        Index("support_case_running", "answer_due_at", postgresql_where=text("state <> 'closed'")),
        Index("support_case_of_buyer", "openid"),
    )

    id: int | None = id_column()
    kind: str = text_column()
    state: str = text_column("open")
    openid: str = text_column()
    order_no: str = _order_no()
    line_id: int | None = Field(default=None, sa_column=Column(BigInteger, ForeignKey("order_line.id"), nullable=True))
    said: str = text_column("")
    """What the buyer wrote, or what the case needs: title, tax number and address of an invoice."""
    transcript: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSONB, nullable=False, server_default=text("'[]'"))
    )
    opened_at: datetime = time_column()
    answer_due_at: datetime = time_column()
    remedy_due_at: datetime = time_column()
    answered_at: datetime | None = time_column(nullable=True)
    overdue_at: datetime | None = time_column(nullable=True)
    """When the sweep found that a deadline had passed; the buyer was told then, once."""
    closed_at: datetime | None = time_column(nullable=True)


class CaseEvent(SQLModel, table=True):
    """The history of a case, only ever added to."""

    __tablename__: ClassVar[Any] = "case_event"
    __table_args__ = (
        CheckConstraint("what IN ('opened', 'said', 'answered', 'overdue', 'closed')", name="case_event_what_known"),
    )

    id: int | None = id_column()
    case_id: int = Field(sa_column=Column(BigInteger, ForeignKey("support_case.id"), nullable=False, index=True))
    at: datetime = time_column()
    what: str = text_column()
    words: str = text_column("")
    actor: str = text_column("system")


class Rating(SQLModel, table=True):
    """What a buyer thought of an order, 1 to 5; rating it again replaces it."""

    __tablename__: ClassVar[Any] = "rating"
    __table_args__ = (CheckConstraint("stars BETWEEN 1 AND 5", name="rating_one_to_five"),)

    order_no: str = Field(sa_column=Column(Text, ForeignKey("orders.order_no"), primary_key=True))
    stars: int = Field(sa_column=Column(Integer, nullable=False))
    rated_at: datetime = time_column()


_REFUNDS_SUM_UP = Guard(
    "line_refund_sums_up",
    (
        """
CREATE OR REPLACE FUNCTION line_refund_sums_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(amount_fen) FROM line_refund WHERE line_id = NEW.line_id)
       <> (SELECT refund_fen FROM order_line WHERE id = NEW.line_id) THEN
        RAISE EXCEPTION 'refunds of line % are not what it says', NEW.line_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
""".strip(),
        # At the end of the transaction; the line's own check holds the sum within what was paid for it.
        "CREATE CONSTRAINT TRIGGER line_refund_sums_up AFTER INSERT OR UPDATE OF amount_fen, line_id ON line_refund"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION line_refund_sums_up()",
    ),
)
guard(SQLModel.metadata.tables["line_refund"], _REFUNDS_SUM_UP)
for _name in ("order_event", "audit_anchor"):
    guard(SQLModel.metadata.tables[_name], append_only(_name))
