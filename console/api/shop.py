"""How the shop is: its suppliers' balances and its health."""

from datetime import timedelta

from fastapi import APIRouter
from pydantic import Field

from console.api import endpoints
from console.api.calling import SCOPE, Calling, Guarded
from console.api.scopes import Scope
from console.api.shapes import Time, Told
from fulfillment import pausing, standing

router = APIRouter(route_class=Guarded, tags=["shop"])
_READ = {SCOPE: Scope.SHOP_READ}
_LOOKED_BACK = timedelta(days=1)


class Supplier(Told):
    """How the shop stands with a supplier."""

    name: str
    balance_fen: int | None = Field(description="What is left of the deposit; null: it has never said.")
    told_at: Time | None
    problem: str = Field(description="Why the last question for it got no answer.")
    last_success_at: Time | None = Field(description="Within a day.")
    open: int = Field(description="Purchases without a result.")
    unknown: int = Field(description="Of these, what became of them nobody knows.")
    paused_at: Time | None = Field(description="Since when a person lets nothing be ordered from it; null: he does.")


class Suppliers(Told):
    """The suppliers of the configuration."""

    suppliers: list[Supplier]


class Jobs(Told):
    """Background work by state; late: due for over ten seconds."""

    todo: int
    late: int
    doing: int
    failed: int


class Health(Told):
    """The shop's health in figures."""

    database: str = Field(description="ok, or what is wrong.")
    redis: str
    workers: int = Field(description="Heard of lately.")
    jobs: Jobs
    keys_short: dict[str, int] = Field(description="SKUs with fewer keys left than wanted.")
    cases_overdue: int
    ledger_differences: int
    webhooks_off: int = Field(description="Switched off because they took nothing for a day.")


@router.get("/suppliers", openapi_extra=_READ)
def list_suppliers(caller: Calling) -> Suppliers:
    """The suppliers' balances and what is open with them."""
    parts = caller.parts
    with parts.engine.connect() as conn:
        found = standing.standings(conn, caller.api.shop.suppliers(), parts.clock.now() - _LOOKED_BACK)
        paused = pausing.paused(conn)
    return Suppliers(
        suppliers=[
            Supplier(
                name=one.supplier,
                balance_fen=one.balance_fen,
                told_at=one.told_at,
                problem=one.problem,
                last_success_at=one.last_success_at,
                open=one.open,
                unknown=one.unknown,
                paused_at=paused[one.supplier].at if one.supplier in paused else None,
            )
            for one in found
        ]
    )


@router.get("/health", openapi_extra=_READ)
def get_health(caller: Calling) -> Health:
    """Parts, jobs, stock and books in figures."""
    found = caller.api.shop.health()
    with caller.parts.engine.connect() as conn:
        off = endpoints.count_failed(conn)
    return Health(
        database=found.parts.get("database", ""),
        redis=found.parts.get("redis", ""),
        workers=found.workers,
        jobs=Jobs(**{state: found.jobs.get(state, 0) for state in Jobs.model_fields}),
        keys_short=dict(found.keys_short),
        cases_overdue=found.cases_overdue,
        ledger_differences=found.ledger_differences,
        webhooks_off=off,
    )
