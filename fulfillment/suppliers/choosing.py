"""Which supplier a unit is bought from next, and why others are passed over. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from kernel.money import format_yuan


@dataclass(frozen=True, slots=True)
class Source:
    """One place where a SKU can be bought. Its product code there is part of its name: two of one supplier are two."""

    supplier: str
    product_code: str
    cost_fen: int | None = None
    """For one unit, as last heard; None: nobody has said."""
    available: bool = True
    """What the supplier said last; not relied on, only taken into account."""

    @property
    def key(self) -> tuple[str, str]:
        return self.supplier, self.product_code


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms the shop buys at a supplier."""

    margin_percent: int = 0
    """Of the selling price, that has to be left."""
    allow_loss: bool = False


@dataclass(frozen=True, slots=True)
class Market:
    """What is known of the suppliers when something is bought."""

    terms: Mapping[str, Terms] | None = None
    """By name, of those that are configured. None: any name will do, without a margin."""
    avoid: frozenset[str] = field(default_factory=frozenset)
    """Have lately given no answers: asked last."""
    paused: frozenset[str] = field(default_factory=frozenset)
    """A person has paused them: chosen where nobody else is left, and then not asked before he lets them."""

    @property
    def last(self) -> frozenset[str]:
        """Who is chosen only where nobody else will do."""
        return self.avoid | self.paused


ANY_MARKET = Market()


@dataclass(frozen=True, slots=True)
class Skipped:
    """Passed over, and why."""

    source: Source
    reason: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Where to buy (None: nowhere is left) and who was passed over for it."""

    source: Source | None
    skipped: tuple[Skipped, ...] = ()


def choose(
    sources: Sequence[Source],
    *,
    tried: Collection[tuple[str, str]],
    unit_fen: int,
    allow_loss: bool,
    market: Market,
) -> Choice:
    """Choose among `sources`, in the order of priority, the next that was not `tried` for this unit.

    Those that give no answers or say they have none come last, but they do come: it may have changed. After them come
    the paused ones: what is bought there waits. Never one that is too dear for the selling price of `unit_fen`.
    """
    left = [source for source in sources if source.key not in tried]
    silent = market.avoid
    left.sort(key=lambda one: (one.supplier in market.paused, one.supplier in silent or not one.available))
    skipped: list[Skipped] = []
    for source in left:
        reason = _objection(source, unit_fen, allow_loss, market)
        if reason is None:
            return Choice(source, tuple(skipped))
        skipped.append(Skipped(source, reason))
    return Choice(None, tuple(skipped))


def _objection(source: Source, unit_fen: int, allow_loss: bool, market: Market) -> str | None:
    terms = Terms() if market.terms is None else market.terms.get(source.supplier)
    if terms is None:
        return "not configured"
    if allow_loss or terms.allow_loss or source.cost_fen is None:
        return None
    ceiling_fen = unit_fen * (100 - terms.margin_percent) // 100
    if source.cost_fen <= ceiling_fen:
        return None
    return f"costs {format_yuan(source.cost_fen)}, at most {format_yuan(ceiling_fen)}"
