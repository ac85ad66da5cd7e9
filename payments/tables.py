"""Tables of money: attempts to pay an order, refunds, notices seen, and what a bill and our books disagree about."""

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
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from kernel.columns import id_column, text_column, time_column
from kernel.guards import Guard, append_only, guard


def _text(*, unique: bool = False) -> Any:
    return Field(sa_column=Column(Text, nullable=False, unique=unique))


def _maybe_text(*, unique: bool = False) -> Any:
    return Field(default=None, sa_column=Column(Text, unique=unique))


def _fen(default: int | None = None) -> Any:
    if default is None:
        return Field(sa_column=Column(BigInteger, nullable=False))
    return Field(default=default, sa_column=Column(BigInteger, nullable=False, server_default=text(str(default))))


def _count(default: int = 0) -> Any:
    return Field(default=default, sa_column=Column(Integer, nullable=False, server_default=text(str(default))))


def _order_no(*, primary_key: bool = False) -> Any:
    return Field(sa_column=Column(Text, ForeignKey("orders.order_no"), nullable=False, primary_key=primary_key))


class PaymentRow(SQLModel, table=True):
    """One attempt to pay one order: a number of its own at WeChat Pay, for one payer and one way to pay.

    What was sent (total, description, time_expire) is kept, since a number may only be sent again with the same values.
    """

    __tablename__: ClassVar[Any] = "payment"
    __table_args__ = (
        UniqueConstraint("order_no", "n", name="payment_attempt_once"),
        CheckConstraint("total_fen > 0", name="payment_total_positive"),
        CheckConstraint("refunded_fen >= 0 AND refunded_fen <= total_fen", name="payment_refunds_within_paid"),
        CheckConstraint("state IN ('creating', 'open', 'paid', 'closed')", name="payment_state_known"),
        CheckConstraint("trade_type IN ('JSAPI', 'NATIVE', 'WALLET')", name="payment_trade_type_known"),
        CheckConstraint(
            "(state = 'paid') = (transaction_id IS NOT NULL) AND (state = 'paid') = (paid_at IS NOT NULL)",
            name="payment_paid_has_proof",
        ),
        CheckConstraint("state = 'paid' OR (refunded_fen = 0 AND NOT settles)", name="payment_unpaid_has_no_effect"),
        Index("payment_settles_once", "order_no", unique=True, postgresql_where=text("settles")),
        Index("payment_live", "expires_at", postgresql_where=text("state IN ('creating', 'open')")),
        Index("payment_paid_at", "paid_at"),
    )

    id: int | None = id_column()
    order_no: str = _order_no()
    n: int = _count(1)
    out_trade_no: str = _text(unique=True)
    trade_type: str = text_column()
    payer_openid: str | None = _maybe_text()
    """Who may pay (JSAPI) or who paid (native); NULL while a native payment has no payer yet."""
    total_fen: int = _fen()
    description: str = text_column()
    expires_at: datetime = time_column()
    """The time_expire sent: WeChat Pay takes no payment after it."""
    state: str = text_column()
    prepay_id: str | None = _maybe_text()
    code_url: str | None = _maybe_text()
    prepay_expires_at: datetime | None = time_column(nullable=True)
    created_at: datetime = time_column()
    opened_at: datetime = time_column()
    """When the pay page was last opened with it; the query schedule counts from here."""
    transaction_id: str | None = _maybe_text(unique=True)
    paid_at: datetime | None = time_column(nullable=True)
    settles: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false")))
    """This payment paid the order. A further one for the same order does not, and is refunded."""
    refunded_fen: int = _fen(0)
    """Asked to be refunded so far, whatever became of it: the guard that refunds never exceed what was paid."""


class PayShutRow(SQLModel, table=True):
    """An order that takes no further attempt to pay, because its attempts are being closed at WeChat Pay."""

    __tablename__: ClassVar[Any] = "pay_shut"

    order_no: str = _order_no(primary_key=True)
    shut_at: datetime = time_column()


class RefundRow(SQLModel, table=True):
    """One refund under one number. `key` says what for; a closed one gives its key to its successor."""

    __tablename__: ClassVar[Any] = "refund"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="refund_amount_positive"),
        CheckConstraint("length(out_refund_no) <= 64", name="refund_number_fits"),
        CheckConstraint(
            "state IN ('created', 'processing', 'success', 'closed', 'abnormal')", name="refund_state_known"
        ),
        CheckConstraint("(state = 'success') = (settled_at IS NOT NULL)", name="refund_success_has_time"),
        CheckConstraint("route IN ('original', 'wallet')", name="refund_route_known"),
        Index("refund_asked_once", "order_no", "key", unique=True, postgresql_where=text("state <> 'closed'")),
        Index("refund_due", "next_try_at", postgresql_where=text("state IN ('created', 'processing')")),
        Index("refund_of_payment", "payment_id"),
        Index("refund_accepted_at", "accepted_at"),
    )

    id: int | None = id_column()
    out_refund_no: str = _text(unique=True)
    payment_id: int = Field(sa_column=Column(BigInteger, ForeignKey("payment.id"), nullable=False))
    order_no: str = _order_no()
    line_id: int | None = Field(default=None, sa_column=Column(BigInteger))
    key: str = text_column()
    amount_fen: int = _fen()
    reason: str = text_column()
    route: str = Field(default="original", sa_column=Column(Text, nullable=False, server_default="original"))
    """``wallet``: into the buyer's balance, and WeChat Pay never hears of it."""
    state: str = text_column()
    tries: int = _count()
    refund_id: str | None = _maybe_text()
    problem: str | None = _maybe_text()
    """Why it is not through yet, for the operator."""
    created_at: datetime = time_column()
    next_try_at: datetime | None = time_column(nullable=True)
    """When to drive it again; NULL when it is over, or a person has to see to it."""
    accepted_at: datetime | None = time_column(nullable=True)
    """When WeChat Pay accepted it: the day on whose bill it stands."""
    settled_at: datetime | None = time_column(nullable=True)


class PayNoticeRow(SQLModel, table=True):
    """A notice, by WeChat Pay's own id: it becomes a row before it has any effect, so it has its effect once."""

    __tablename__: ClassVar[Any] = "pay_notice"
    __table_args__ = (Index("pay_notice_about", "out_trade_no"),)

    id: str = Field(sa_column=Column(Text, primary_key=True))
    kind: str = text_column()
    received_at: datetime = time_column()
    out_trade_no: str | None = _maybe_text()


class BillDifferenceRow(SQLModel, table=True):
    """Something in which a day's bill and our books disagree. Amounts are NULL where one side has nothing."""

    __tablename__: ClassVar[Any] = "bill_difference"
    __table_args__ = (
        UniqueConstraint("bill_date", "kind", "out_trade_no", "out_refund_no", name="bill_difference_once"),
    )

    id: int | None = id_column()
    bill_date: date = Field(sa_column=Column(Date, nullable=False))
    kind: str = text_column()
    out_trade_no: str = text_column()
    out_refund_no: str = text_column()
    """'' where the difference is about the payment itself."""
    here_fen: int | None = Field(default=None, sa_column=Column(BigInteger))
    there_fen: int | None = Field(default=None, sa_column=Column(BigInteger))
    found_at: datetime = time_column()


class LedgerBookingRow(SQLModel, table=True):
    """One thing that happened to money, booked once by its cause. Its entries sum to zero."""

    __tablename__: ClassVar[Any] = "ledger_booking"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('payment', 'sale', 'fee', 'refund_due', 'refund', 'fee_back', 'fee_billed', 'cost', 'wallet')",
            name="ledger_booking_kind_known",
        ),
        Index("ledger_booking_at", "at"),
    )

    id: int | None = id_column()
    cause: str = _text(unique=True)
    """What was booked, under the other side's own number: the same thing seen twice is booked once."""
    kind: str = text_column()
    order_no: str = Field(sa_column=Column(Text, nullable=False, index=True))
    """No foreign key: its check would lock the order's row for a moment that comes before the order's own lock, and two
    refunds of one order that arrive together would wait for each other."""
    at: datetime = time_column()
    """When it happened; `booked_at` is when we wrote it down."""
    booked_at: datetime = time_column()
    estimated: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false")))
    """Our own guess until the bill says (fees)."""


class LedgerEntryRow(SQLModel, table=True):
    """One account's part of a booking: above zero it receives (debit), below zero it gives (credit)."""

    __tablename__: ClassVar[Any] = "ledger_entry"
    __table_args__ = (
        UniqueConstraint("booking_id", "account", name="ledger_entry_once"),
        CheckConstraint("amount_fen <> 0", name="ledger_entry_not_nothing"),
        CheckConstraint(
            "account IN ('buyer', 'wechat_clearing', 'sales', 'refunds', 'fees', 'supplier_cost', 'suppliers',"
            " 'key_stock', 'wallet', 'compensation')",
            name="ledger_entry_account_known",
        ),
        # What is owed to balances is summed up whenever somebody looks at them.
        Index("ledger_entry_of_wallets", "amount_fen", postgresql_where=text("account = 'wallet'")),
    )

    id: int | None = id_column()
    booking_id: int = Field(sa_column=Column(BigInteger, ForeignKey("ledger_booking.id"), nullable=False))
    account: str = text_column()
    amount_fen: int = _fen()


class LedgerDifferenceRow(SQLModel, table=True):
    """Something in which the ledger and the rows it is about disagree: a bug, or a hand in the database."""

    __tablename__: ClassVar[Any] = "ledger_difference"
    __table_args__ = (
        Index("ledger_difference_open", "order_no", "what", unique=True, postgresql_where=text("resolved_at IS NULL")),
    )

    id: int | None = id_column()
    order_no: str = text_column()
    what: str = text_column()
    books_fen: int = _fen()
    rows_fen: int = _fen()
    found_at: datetime = time_column()
    resolved_at: datetime | None = time_column(nullable=True)
    """When the check found that it is no more."""


class WalletRow(SQLModel, table=True):
    """What one buyer keeps with us. Moved only together with a row of `wallet_move`."""

    __tablename__: ClassVar[Any] = "wallet"
    __table_args__ = (
        CheckConstraint("balance_fen >= 0", name="wallet_never_below_zero"),
        CheckConstraint("moves >= 0", name="wallet_moves_counted"),
        Index("wallet_by_balance", "balance_fen", "id"),
    )

    id: int | None = id_column()
    openid: str = _text(unique=True)
    """A pseudonym once the buyer is forgotten; the moves name the row, and stay."""
    balance_fen: int = _fen(0)
    moves: int = _count()
    one_tap: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false")))
    """He has asked for small orders to be paid from here at 确认, without a further tap."""
    opened_at: datetime = time_column()


class WalletMoveRow(SQLModel, table=True):
    """One thing that happened to a balance, once for each (kind, reference). Only ever added to."""

    __tablename__: ClassVar[Any] = "wallet_move"
    __table_args__ = (
        UniqueConstraint("kind", "reference", name="wallet_move_once"),
        UniqueConstraint("wallet_id", "n", name="wallet_move_in_turn"),
        CheckConstraint("amount_fen <> 0", name="wallet_move_not_nothing"),
        CheckConstraint("balance_after_fen >= 0", name="wallet_move_never_below_zero"),
        CheckConstraint(
            "kind IN ('topup', 'pay', 'refund', 'compensation', 'withdraw', 'adjust')", name="wallet_move_kind_known"
        ),
        CheckConstraint(
            "CASE WHEN kind IN ('pay', 'withdraw') THEN amount_fen < 0 WHEN kind = 'adjust' THEN true"
            " ELSE amount_fen > 0 END",
            name="wallet_move_sign_fits_kind",
        ),
        Index("wallet_move_of_order", "order_no", postgresql_where=text("order_no <> ''")),
        Index("wallet_move_of_kind", "kind", "id"),
    )

    id: int | None = id_column()
    wallet_id: int = Field(sa_column=Column(BigInteger, ForeignKey("wallet.id"), nullable=False))
    n: int = Field(sa_column=Column(Integer, nullable=False))
    """Its place among the moves of this wallet, from 1."""
    kind: str = text_column()
    amount_fen: int = _fen()
    balance_after_fen: int = _fen()
    reference: str = text_column()
    """What it was for; with the kind, what makes it happen once."""
    order_no: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    """'' where it is about no order. No foreign key, for the reason `ledger_booking` has none."""
    one_tap: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=text("false")))
    """Paid at 确认 without a further tap: what the daily limit counts."""
    note: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    actor: str = Field(default="system", sa_column=Column(Text, nullable=False, server_default="system"))
    at: datetime = time_column()


_MOVE_FITS = Guard(
    "wallet_move_fits",
    (
        """
CREATE OR REPLACE FUNCTION wallet_move_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.balance_after_fen <> NEW.amount_fen + coalesce(
        (SELECT balance_after_fen FROM wallet_move WHERE wallet_id = NEW.wallet_id AND n = NEW.n - 1), 0)
       OR (NEW.n > 1 AND NOT EXISTS (SELECT 1 FROM wallet_move WHERE wallet_id = NEW.wallet_id AND n = NEW.n - 1)) THEN
        RAISE EXCEPTION 'wallet %: move % does not follow the one before', NEW.wallet_id, NEW.n
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
""".strip(),
        "CREATE TRIGGER wallet_move_fits AFTER INSERT ON wallet_move FOR EACH ROW EXECUTE FUNCTION wallet_move_fits()",
    ),
)
_BALANCE_IS_SUM = Guard(
    "wallet_is_the_sum_of_its_moves",
    (
        """
CREATE OR REPLACE FUNCTION wallet_is_the_sum_of_its_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE which bigint; kept wallet; last wallet_move;
BEGIN
    IF TG_TABLE_NAME = 'wallet' THEN which := NEW.id; ELSE which := NEW.wallet_id; END IF;
    SELECT * INTO kept FROM wallet WHERE id = which;
    SELECT * INTO last FROM wallet_move WHERE wallet_id = which ORDER BY n DESC LIMIT 1;
    IF kept.balance_fen <> coalesce(last.balance_after_fen, 0) OR kept.moves <> coalesce(last.n, 0) THEN
        RAISE EXCEPTION 'wallet % is not the sum of its moves', which USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
""".strip(),
        # At the end of the transaction, when the move that goes with it is there. Each move follows the one before
        # (wallet_move_fits), so the last one's balance is the sum of all.
        "CREATE CONSTRAINT TRIGGER wallet_is_the_sum_of_its_moves AFTER INSERT OR UPDATE ON wallet"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wallet_is_the_sum_of_its_moves()",
        "CREATE CONSTRAINT TRIGGER wallet_move_is_in_its_sum AFTER INSERT ON wallet_move"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wallet_is_the_sum_of_its_moves()",
    ),
)

_BALANCES = Guard(
    "ledger_entry_balances",
    (
        """
CREATE OR REPLACE FUNCTION ledger_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(amount_fen) FROM ledger_entry WHERE booking_id = NEW.booking_id) <> 0 THEN
        RAISE EXCEPTION 'booking % does not sum to zero', NEW.booking_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
""".strip(),
        # At the end of the transaction, when a booking has all its entries.
        "CREATE CONSTRAINT TRIGGER ledger_entry_balances AFTER INSERT ON ledger_entry DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION ledger_entry_balances()",
    ),
)


def _table(name: str) -> Table:
    return SQLModel.metadata.tables[name]


PAYMENT = _table("payment")
PAY_SHUT = _table("pay_shut")
REFUND = _table("refund")
PAY_NOTICE = _table("pay_notice")
BILL_DIFFERENCE = _table("bill_difference")

guard(_table("wallet"), _BALANCE_IS_SUM)
guard(_table("wallet_move"), append_only("wallet_move"), _MOVE_FITS)
guard(_table("ledger_booking"), append_only("ledger_booking"))
guard(_table("ledger_entry"), append_only("ledger_entry"), _BALANCES)
