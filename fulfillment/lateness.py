"""What a delivery was promised for, whether it was late, and what that is worth to its buyer. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from kernel.money import Fen

BASIS_POINTS = 10_000
_AT_ONCE = re.compile(r"即时|立即|立刻|秒(?:到|充|发)|马上")
_SPAN = re.compile(
    r"(?:(\d{1,4})\s*[-~～到至]\s*)?(\d{1,4}|半)\s*个?(秒钟?|分钟?|小时|钟头|天|日|min|h)", re.IGNORECASE
)
_AFTER_ELSE = re.compile(r"(?<!付款)(?<!支付)(?<!下单)(?<!购买)(?:后|起)")
"""客服接单后1-3天: counted from something that we do not see."""
_VAGUE = re.compile(r"工作日|左右|以上|起步|不超过\D|T\+")
_SECONDS = {"秒": 1, "分": 60, "m": 60, "小": 3600, "钟": 3600, "h": 3600, "天": 86_400, "日": 86_400}


def promised(eta: str) -> timedelta | None:
    """Read how long a delivery may take by the words the buyer was told (1-5分钟, 72小时内, 即时发卡), from the payment
    on; None where they promise nothing that can be measured."""
    if _AFTER_ELSE.search(eta) or _VAGUE.search(eta):
        return None
    spans = _SPAN.findall(eta)
    if not spans:
        return timedelta(0) if _AT_ONCE.search(eta) else None
    if len(spans) > 1:
        return None  # 白天10分钟，夜里2小时: which of them he was promised is not ours to choose
    [(_, upper, unit)] = spans
    seconds = _SECONDS[unit[0].lower()]
    return timedelta(seconds=seconds / 2 if upper == "半" else int(upper) * seconds)


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
