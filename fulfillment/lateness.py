"""What a delivery was promised for, whether it was late, and what that is worth to its buyer. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from kernel.money import Fen
from kernel.promises import promised

BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class Terms:
    """What the owner gives for a late delivery."""

    grace: timedelta
    """So much later than promised is not late yet."""
    otherwise: Mapping[str, timedelta]
    """What is promised by kind of delivery where the product's words promise nothing; a kind left out: nothing."""
    amount_fen: int = 0
    percent_bp: int = 0
    """Of the line's price, in hundredths of a percent; where there is no fixed amount."""
    max_fen: int = 0
    """Never more for one line; 0: no such limit."""

    def worth_fen(self, total_fen: int) -> Fen:
        """What a late line of this price is worth, rounded down to a fen."""
        worth = self.amount_fen or total_fen * self.percent_bp // BASIS_POINTS
        return Fen(min(worth, self.max_fen) if self.max_fen else worth)


@dataclass(frozen=True, slots=True)
class Late:
    """A delivery that came later than it may."""

    promised_at: datetime
    worth_fen: Fen


def judge(
    terms: Terms, *, eta: str, delivery: str, begun_at: datetime, delivered_at: datetime, total_fen: int
) -> Late | None:
    """Say whether a delivery was late, and what that is worth; None when it was not, or nothing was promised."""
    within = promised(eta)
    if within is None:
        within = terms.otherwise.get(delivery)
    if within is None or delivered_at <= begun_at + within + terms.grace:
        return None
    worth_fen = terms.worth_fen(total_fen)
    return Late(begun_at + within, worth_fen) if worth_fen > 0 else None
