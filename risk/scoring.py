"""From facts to a verdict: pass, ask once more, hold for a person once it is paid, refuse. Pure."""

from dataclasses import dataclass
from enum import StrEnum

SCORE_MAX = 100
CREDIT_EACH = 5
CREDIT_MAX = 40
TROUBLE_EACH = 10
TROUBLE_MAX = 30
"""Below what asks again by itself: a supplier's bad week must not mark its buyers."""


class Outcome(StrEnum):
    """What becomes of the order, the mildest first."""

    PASS = "pass"  # noqa: S105 - no password
    ASK = "ask"
    """The buyer confirms once more, to a line that says why."""
    HOLD = "hold"
    """Once it is paid a person looks before it is delivered."""
    REFUSE = "refuse"


class Reason(StrEnum):
    """What counts for or against an order."""

    BLOCKED = "blocked"
    ALLOWED = "allowed"
    LARGE_ORDER = "large_order"
    BUYER_ORDERS = "buyer_orders"
    BUYER_SPENDS = "buyer_spends"
    BUYER_UNPAID = "buyer_unpaid"
    """Orders opened and not paid, one after the other: how cards are tested."""
    BUYER_ACCOUNTS = "buyer_accounts"
    ACCOUNT_BUYERS = "account_buyers"
    ACCOUNT_SPENDS = "account_spends"
    TROUBLE = "trouble"
    """His refunds and complaints."""
    CREDIT = "credit"
    """What was delivered to him and stayed so: its points are negative."""


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on something counts; 0 = never. Amounts in fen, scores in points."""

    large_order_fen: int = 0
    buyer_orders_1h: int = 0
    buyer_spends_24h_fen: int = 0
    buyer_unpaid_1h: int = 0
    buyer_accounts_1h: int = 0
    account_buyers_24h: int = 0
    account_spends_24h_fen: int = 0
    ask_score: int = 40
    hold_score: int = 60
    refuse_score: int = 100


@dataclass(frozen=True, slots=True)
class Facts:
    """What the books say of an order's buyer and accounts before it is placed; this order itself counts only in
    `total_fen`."""

    total_fen: int
    buyer_orders_1h: int = 0
    buyer_unpaid_1h: int = 0
    """Of these, how many are not paid: waiting, cancelled, expired."""
    buyer_accounts_1h: int = 0
    """How many different accounts these went to, the first of each order: a pasted list is one order."""
    buyer_spent_24h_fen: int = 0
    account_buyers_24h: int = 0
    """Other buyers who ordered for the same account, for the most wanted account of the order."""
    account_spent_24h_fen: int = 0
    """What all buyers paid for that account."""
    delivered: int = 0
    """Orders of the last 180 days that were delivered and of which nothing went back; the latest 30 orders count."""
    given_back: int = 0
    """Of the same orders, those of which something went back."""
    complaints: int = 0
    blocked: bool = False
    """The buyer or an account stands on the block list."""
    allowed: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided, and what it rests on."""

    outcome: Outcome
    score: int
    """0 to 100."""
    reasons: tuple[tuple[Reason, int], ...] = ()
    """Each with its points, the weightiest first."""


def judge(facts: Facts, limits: Limits) -> Verdict:
    """Score an order. A block beats everything, an allowance everything else; then the points decide.

    More of any fact that speaks against an order never lowers its score; more deliveries never raise it.
    """
    if facts.blocked:
        return Verdict(Outcome.REFUSE, SCORE_MAX, ((Reason.BLOCKED, SCORE_MAX),))
    if facts.allowed:
        return Verdict(Outcome.PASS, 0, ((Reason.ALLOWED, 0),))
    against = {reason: points for reason, points in _against(facts, limits).items() if points}
    if not against:
        return Verdict(Outcome.PASS, 0)
    credit = -min(CREDIT_MAX, CREDIT_EACH * facts.delivered)
    score = max(0, min(SCORE_MAX, sum(against.values()) + credit))
    reasons = sorted({**against, **({Reason.CREDIT: credit} if credit else {})}.items(), key=lambda one: -one[1])
    return Verdict(_outcome(score, limits), score, tuple(reasons))


def needs_history(facts: Facts, limits: Limits) -> bool:
    """Whether the buyer's history can change the outcome. It need not be looked at for an order that nothing else
    speaks against, unless his troubles alone would stop it."""
    if facts.blocked or facts.allowed:
        return False
    thresholds = [one for one in (limits.ask_score, limits.hold_score, limits.refuse_score) if one]
    return any(_against(facts, limits).values()) or min(thresholds, default=SCORE_MAX) <= TROUBLE_MAX


def _against(facts: Facts, limits: Limits) -> dict[Reason, int]:
    spent_fen = facts.buyer_spent_24h_fen + facts.total_fen
    account_fen = facts.account_spent_24h_fen + facts.total_fen if facts.account_spent_24h_fen else 0
    return {
        Reason.LARGE_ORDER: _points(facts.total_fen, limits.large_order_fen, 50, 80),
        Reason.BUYER_ORDERS: _points(facts.buyer_orders_1h, limits.buyer_orders_1h, 20, 50),
        Reason.BUYER_SPENDS: _points(spent_fen, limits.buyer_spends_24h_fen, 50, 80),
        Reason.BUYER_UNPAID: _points(facts.buyer_unpaid_1h, limits.buyer_unpaid_1h, 50, 100),
        Reason.BUYER_ACCOUNTS: _points(facts.buyer_accounts_1h, limits.buyer_accounts_1h, 50, 80),
        # Alone it asks nobody again: a family's phone, and a shop's test account, are everybody's.
        Reason.ACCOUNT_BUYERS: _points(facts.account_buyers_24h, limits.account_buyers_24h, 20, 20),
        Reason.ACCOUNT_SPENDS: _points(account_fen, limits.account_spends_24h_fen, 50, 80),
        Reason.TROUBLE: min(TROUBLE_MAX, TROUBLE_EACH * (facts.given_back + facts.complaints)),
    }


def _points(value: int, limit: int, points: int, from_twice: int) -> int:
    """Nothing below the limit (0: there is none), `points` from there on, `from_twice` from twice the limit on."""
    if limit == 0 or value < limit:
        return 0
    return from_twice if value >= 2 * limit else points


def _outcome(score: int, limits: Limits) -> Outcome:
    for outcome, from_score in (
        (Outcome.REFUSE, limits.refuse_score),
        (Outcome.HOLD, limits.hold_score),
        (Outcome.ASK, limits.ask_score),
    ):
        if from_score and score >= from_score:
            return outcome
    return Outcome.PASS
