"""From facts to a verdict: the table of what leads to what, and what holds for any facts."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.scoring import Facts, Limits, Outcome, Reason, Verdict, judge, needs_history

YUAN = 100
LIMITS = Limits(
    large_order_fen=1_000 * YUAN,
    buyer_orders_1h=10,
    buyer_spends_24h_fen=5_000 * YUAN,
    buyer_unpaid_1h=8,
    buyer_accounts_1h=5,
    account_buyers_24h=3,
    account_spends_24h_fen=3_000 * YUAN,
)
SMALL = 50 * YUAN


@pytest.mark.parametrize(
    ("facts", "outcome", "reasons"),
    [
        (Facts(SMALL), Outcome.PASS, ()),
        (Facts(999 * YUAN), Outcome.PASS, ()),
        (Facts(1_000 * YUAN), Outcome.ASK, (Reason.LARGE_ORDER,)),
        (Facts(2_000 * YUAN), Outcome.HOLD, (Reason.LARGE_ORDER,)),
        # One small order before does not make him known; three deliveries that stayed so do.
        (Facts(1_000 * YUAN, delivered=2), Outcome.ASK, (Reason.LARGE_ORDER, Reason.CREDIT)),
        (Facts(1_000 * YUAN, delivered=3), Outcome.PASS, (Reason.LARGE_ORDER, Reason.CREDIT)),
        (Facts(2_000 * YUAN, delivered=4), Outcome.HOLD, (Reason.LARGE_ORDER, Reason.CREDIT)),
        (Facts(2_000 * YUAN, delivered=99), Outcome.ASK, (Reason.LARGE_ORDER, Reason.CREDIT)),
        (Facts(SMALL, buyer_orders_1h=10), Outcome.PASS, (Reason.BUYER_ORDERS,)),
        (Facts(SMALL, buyer_orders_1h=20), Outcome.ASK, (Reason.BUYER_ORDERS,)),
        (Facts(SMALL, buyer_spent_24h_fen=4_950 * YUAN), Outcome.ASK, (Reason.BUYER_SPENDS,)),
        (Facts(SMALL, buyer_spent_24h_fen=4_949 * YUAN), Outcome.PASS, ()),
        (Facts(SMALL, buyer_spent_24h_fen=9_950 * YUAN), Outcome.HOLD, (Reason.BUYER_SPENDS,)),
        # Cards are tested by many small orders that are opened and fail.
        (Facts(SMALL, buyer_unpaid_1h=8), Outcome.ASK, (Reason.BUYER_UNPAID,)),
        (Facts(SMALL, buyer_unpaid_1h=16), Outcome.REFUSE, (Reason.BUYER_UNPAID,)),
        (Facts(SMALL, buyer_unpaid_1h=16, delivered=20), Outcome.HOLD, (Reason.BUYER_UNPAID, Reason.CREDIT)),
        (Facts(SMALL, buyer_accounts_1h=5), Outcome.ASK, (Reason.BUYER_ACCOUNTS,)),
        (Facts(SMALL, buyer_accounts_1h=10), Outcome.HOLD, (Reason.BUYER_ACCOUNTS,)),
        # Many buyers of one account alone stop nothing; with a large order they do.
        (Facts(SMALL, account_buyers_24h=400), Outcome.PASS, (Reason.ACCOUNT_BUYERS,)),
        (Facts(1_000 * YUAN, account_buyers_24h=3), Outcome.HOLD, (Reason.LARGE_ORDER, Reason.ACCOUNT_BUYERS)),
        (Facts(SMALL, account_spent_24h_fen=2_950 * YUAN), Outcome.ASK, (Reason.ACCOUNT_SPENDS,)),
        (Facts(SMALL, given_back=9, complaints=9), Outcome.PASS, (Reason.TROUBLE,)),
        (Facts(1_000 * YUAN, given_back=1, complaints=1), Outcome.HOLD, (Reason.LARGE_ORDER, Reason.TROUBLE)),
        (Facts(SMALL, blocked=True), Outcome.REFUSE, (Reason.BLOCKED,)),
        (Facts(99_999 * YUAN, allowed=True, buyer_unpaid_1h=99), Outcome.PASS, (Reason.ALLOWED,)),
        (Facts(SMALL, allowed=True, blocked=True), Outcome.REFUSE, (Reason.BLOCKED,)),
    ],
)
def test_these_facts_lead_to_this_outcome_for_these_reasons(
    facts: Facts, outcome: Outcome, reasons: tuple[Reason, ...]
) -> None:
    verdict = judge(facts, LIMITS)
    assert (verdict.outcome, tuple(reason for reason, _ in verdict.reasons)) == (outcome, reasons)


def test_the_score_is_the_sum_of_its_reasons() -> None:
    verdict = judge(Facts(1_000 * YUAN, account_buyers_24h=3, delivered=3), LIMITS)
    expected = ((Reason.LARGE_ORDER, 50), (Reason.ACCOUNT_BUYERS, 20), (Reason.CREDIT, -15))
    assert verdict == Verdict(Outcome.ASK, 55, expected)


def test_a_limit_or_score_of_nothing_never_counts() -> None:
    wild = Facts(10**9, 999, 999, 999, 10**9, 999, 10**9)
    assert judge(wild, Limits()).outcome is Outcome.PASS
    assert judge(wild, replace(LIMITS, ask_score=0, hold_score=0, refuse_score=0)).outcome is Outcome.PASS
    assert judge(wild, replace(LIMITS, refuse_score=0)).outcome is Outcome.HOLD


_NUMBERS = [one.name for one in fields(Facts) if one.type in ("int", int)]
_SEVERITY = list(Outcome)
some_facts = st.builds(
    Facts,
    **{name: st.integers(0, 30) for name in _NUMBERS},
    blocked=st.booleans(),
    allowed=st.booleans(),
)
tight = st.builds(
    Limits,
    **{one.name: st.integers(0, 20) for one in fields(Limits) if not one.name.endswith("_score")},
)


@given(some_facts, tight, st.sampled_from(_NUMBERS), st.integers(1, 30))
def test_more_against_him_never_helps_and_more_for_him_never_harms(
    facts: Facts, limits: Limits, name: str, more: int
) -> None:
    grown: dict[str, Any] = {name: getattr(facts, name) + more}
    before, after = judge(facts, limits), judge(replace(facts, **grown), limits)
    if name == "delivered":
        before, after = after, before
    assert before.score <= after.score
    assert _SEVERITY.index(before.outcome) <= _SEVERITY.index(after.outcome)


HISTORY = ("delivered", "given_back", "complaints")


@given(some_facts, tight, st.integers(0, 60))
def test_a_history_that_is_not_looked_at_would_change_nothing(
    facts: Facts, tight_limits: Limits, ask_score: int
) -> None:
    limits = replace(tight_limits, ask_score=ask_score)
    without = replace(facts, **dict.fromkeys(HISTORY, 0))
    if not needs_history(without, limits):
        assert judge(facts, limits).outcome is judge(without, limits).outcome


@given(some_facts, tight)
def test_blocked_is_always_refused_and_allowed_else_always_passes(facts: Facts, limits: Limits) -> None:
    assert judge(replace(facts, blocked=True), limits).outcome is Outcome.REFUSE
    assert judge(replace(facts, blocked=False, allowed=True), limits).outcome is Outcome.PASS
    assert 0 <= judge(facts, limits).score <= 100
