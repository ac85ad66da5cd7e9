"""What is asked of suppliers beside orders: balances, prices and stock every ten minutes, yesterday's results daily."""

import logging
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from bot import work
from bot.bootstrap import Services
from bot.breakers import Breaker
from bot.tasks import TASKS, every_minute
from bot.work import Also
from catalog import offers
from catalog.offers import Listed, Paused, Said
from fulfillment import pausing, standing, topups
from fulfillment.pausing import Pause
from fulfillment.standing import Bought
from fulfillment.suppliers.port import Balance, NotOffered, Offer, Success, Supplier, Unknown
from kernel.money import format_yuan

log = logging.getLogger(__name__)

EVERY_TEN_MINUTES = "*/10 * * * *"
BETWEEN_BALANCES = "5-59/10 * * * *"
AFTER_THE_BILL = "0 3 * * *"
"""11:00 in China."""

OFFERS_MAX = 300
COMPARED_MAX = 200
"""Of a supplier's orders of one day: all that did not succeed, and of those that did as many as still fit, by lot."""
PAUSE_S = 0.1
"""Between two questions, so that they never take a supplier's quota from orders."""
SILENCES_MAX = 3
"""So many questions in a row without an answer, and the rest waits for the next time."""
SUCCESS_LOOKED_FOR = timedelta(days=30)


class UnknownSupplierError(Exception):
    """No supplier of that name is configured."""


@TASKS.cron("ask_balances", EVERY_TEN_MINUTES)
def ask_balances(services: Services) -> None:
    """Ask every supplier that tells for what is left of the deposit; say so once when it is less than the limit."""
    for name, supplier in services.suppliers.by_name.items():
        if supplier.balances is None:
            continue
        answer = supplier.balances.balance()
        with services.engine.begin() as conn:
            before_fen = standing.record_balance(conn, name, answer, services.clock.now())
        limit_fen = _limit_fen(services, name)
        if isinstance(answer, Unknown):
            log.info("supplier %s does not tell its balance: %s", name, answer.reason)
        elif answer.fen < limit_fen and (before_fen is None or before_fen >= limit_fen):
            log.warning(
                "balance is low: supplier=%s left=%s alert=%s", name, format_yuan(answer.fen), format_yuan(limit_fen)
            )


@TASKS.cron("synchronise_offers", BETWEEN_BALANCES)
def synchronise_offers(services: Services) -> None:
    """Ask what each top-up costs and whether it can be had; pause what nobody has, and put back what came back."""
    with services.engine.connect() as conn:
        places = offers.listed(conn, services.suppliers.default_name)
    for name, supplier in services.suppliers.by_name.items():
        _ask_offers(services, supplier, [one for one in places if one.supplier == name][:OFFERS_MAX])
    with services.engine.begin() as conn:
        moved = _on_sale_as_it_can_be_had(services, conn)
    _log(moved)


def pause(services: Services, name: str, *, by: str, why: str = "", also: Also = work.nothing) -> bool:
    """Order nothing from a supplier until it is resumed, and take off sale what nobody else has. Queries of what was
    ordered go on. False: it is paused already. Raises UnknownSupplierError."""
    if name not in services.suppliers.by_name:
        raise UnknownSupplierError(name)
    with services.engine.begin() as conn:
        if not pausing.pause(conn, name, services.clock.now(), by=by, why=why):
            return False
        moved = _on_sale_as_it_can_be_had(services, conn)
        also(conn)
    log.warning("supplier %s is paused by %s: %d SKUs off sale", name, by, len(moved.off))
    return True


def resume(services: Services, name: str, *, by: str, also: Also = work.nothing) -> bool:
    """Order from a supplier again, what waits first. False: it is not paused."""
    with services.engine.begin() as conn:
        to_do = pausing.resume(conn, name, services.clock.now())
        if to_do is None:
            return False
        work.enqueue(services, conn, to_do)
        moved = _on_sale_as_it_can_be_had(services, conn)
        also(conn)
    log.warning("supplier %s is resumed by %s: %d SKUs on sale again", name, by, len(moved.on))
    return True


@TASKS.cron("keep_off_sale", every_minute(33))
def keep_off_sale(services: Services) -> None:
    """While a supplier is paused, a SKU that somebody has changed or added is on sale again until this looks."""
    with services.engine.begin() as conn:
        moved = _on_sale_as_it_can_be_had(services, conn) if pausing.paused(conn) else Paused({}, ())
    _log(moved)


def _on_sale_as_it_can_be_had(services: Services, conn: Connection) -> Paused:
    stopped = pausing.paused(conn)
    return offers.pause(conn, services.suppliers.default_name, services.clock.now(), stopped)


def _log(moved: Paused) -> None:
    for sku_code, note in moved.off.items():
        log.warning("off sale for now: sku=%s %s", sku_code, note)
    for sku_code in moved.on:
        log.info("on sale again: sku=%s", sku_code)


def _ask_offers(services: Services, supplier: Supplier, places: list[Listed]) -> None:
    if supplier.prices is None:
        return
    silences = 0
    for one in places:
        answer = supplier.prices.offer(one.product_code)
        silences = silences + 1 if isinstance(answer, Unknown) else 0
        if silences == SILENCES_MAX:
            log.info("supplier %s does not tell its prices", supplier.name)
            return
        if isinstance(answer, Offer):
            said = Said(answer.cost_fen, answer.available, answer.said)
        elif isinstance(answer, NotOffered):
            said = Said(None, available=True, words=f"not offered: {answer.said}")
        else:
            continue
        with services.engine.begin() as conn:
            alert = offers.record(conn, one, said, services.clock.now())
        if alert is not None:
            known = "?" if alert.known_fen is None else format_yuan(alert.known_fen)
            asked = format_yuan(alert.said_fen or 0)
            log.warning(
                "price moved too far: sku=%s supplier=%s from=%s to=%s", one.sku_code, supplier.name, known, asked
            )
        time.sleep(PAUSE_S)


@TASKS.cron("reconcile_suppliers", AFTER_THE_BILL)
def reconcile_suppliers(services: Services) -> None:
    """Compare yesterday's purchases with what each supplier says of them."""
    yesterday = services.clock.now().astimezone(_zone(services)).date() - timedelta(days=1)
    for line in reconcile(services, yesterday):
        log.info("%s", line)


def reconcile(services: Services, day: date) -> Iterator[str]:
    """Ask each supplier again about the day's purchases (in the shop's time zone), keep what differs for a person,
    and say line by line what that is. A success of what had failed is taken up at once, as from a callback."""
    zone = _zone(services)
    starts, ends = (
        datetime.combine(one, time_of_day(), zone).astimezone(UTC) for one in (day, day + timedelta(days=1))
    )
    with services.engine.connect() as conn:
        bought = standing.bought_between(conn, starts, ends)
    for name, supplier in services.suppliers.by_name.items():
        mine = [one for one in bought if one.supplier == name]
        yield from _compare(services, supplier, day, mine)


def _compare(services: Services, supplier: Supplier, day: date, bought: list[Bought]) -> Iterator[str]:
    asked = silent = differ = silences = 0
    lines = []
    for one in bought[:COMPARED_MAX]:
        answer = supplier.orders.query(one.supplier_order_no)
        asked += 1
        if isinstance(answer, Unknown):
            silent, silences = silent + 1, silences + 1
            if silences == SILENCES_MAX:
                break
            continue
        silences = 0
        said = standing.theirs(one.state, answer)
        with services.engine.begin() as conn:
            now = services.clock.now()
            standing.record_comparison(conn, day, one, said, now)
            if said is not None and isinstance(answer, Success):
                work.enqueue(services, conn, topups.hint(conn, one.supplier, one.supplier_order_no, now))
        if said is not None:
            differ += 1
            lines.append(f"{one.supplier_order_no}\t{supplier.name}\t本店 {_STATES[one.state]}\t供货商 {_STATES[said]}")
        time.sleep(PAUSE_S)
    answered = asked - silent
    yield f"{day} {supplier.name}：采购 {len(bought)} 笔，核对 {answered} 笔，没有答复 {silent} 笔，差异 {differ} 处"
    yield from lines


_STATES = {"success": "成功", "failed": "失败", "no such order": "没有这笔订单"}


def report(services: Services) -> Iterator[str]:
    """Say line by line how it stands with each supplier: `kabot suppliers`."""
    names = list(services.suppliers.by_name)
    if not names:
        yield "没有配置供货商"
        return
    states = services.breakers.states(names)
    with services.engine.connect() as conn:
        found = standing.standings(conn, names, services.clock.now() - SUCCESS_LOOKED_FOR)
        strange = offers.alerts(conn)
        paused, waiting = pausing.paused(conn), pausing.waiting(conn)
    yield "名称\t类型\t余额\t状态\t最近成功\t未完成\t存疑"
    for one in found:
        supplier = services.suppliers.by_name[one.supplier]
        name = f"{one.supplier}（默认）" if one.supplier == services.suppliers.default_name else one.supplier
        last = "—" if one.last_success_at is None else f"{one.last_success_at.astimezone(_zone(services)):%m-%d %H:%M}"
        left = balance_words(services, supplier, one.balance_fen, one.problem)
        state = BREAKERS[states[one.supplier]]
        if (stopped := paused.get(one.supplier)) is not None:
            state = pause_words(services, stopped, waiting.get(one.supplier, 0))
        yield "\t".join((name, supplier.kind, left, state, last, str(one.open), str(one.unknown)))
    for price in strange:
        known = "—" if price.known_fen is None else f"¥{format_yuan(price.known_fen)}"
        yield f"{price.sku_code}\t{price.supplier} 报价 ¥{format_yuan(price.said_fen or 0)}，现用进价 {known}：请核实"


def paused_words(services: Services) -> dict[str, str]:
    """The paused suppliers by name, each with who paused it, when and why; none while the database is away."""
    try:
        with services.engine.connect() as conn:
            found, waiting = pausing.paused(conn), pausing.waiting(conn)
    except SQLAlchemyError:
        return {}
    return {name: pause_words(services, one, waiting.get(name, 0)) for name, one in found.items()}


def pause_words(services: Services, pause: Pause, waiting: int) -> str:
    """Put a pause into words, with how many purchases wait for its end."""
    at = f"{pause.at.astimezone(_zone(services)):%m-%d %H:%M}"
    why = f"：{pause.why}" if pause.why else ""
    return f"已暂停（{pause.by} {at}{why}）" + (f"，{waiting} 笔在等" if waiting else "")


BREAKERS = {
    Breaker.CLOSED: "正常",
    Breaker.OPEN: "无应答，暂缓",
    Breaker.HALF_OPEN: "试探中",
    Breaker.UNKNOWN: "未知",
}


def balance_words(services: Services, supplier: Supplier, balance_fen: int | None, problem: str) -> str:
    """Put a balance into words, with what is wrong with it."""
    if supplier.balances is None:
        return "不提供"
    if balance_fen is None:
        return f"未知（{problem}）" if problem else "尚未查询"
    low = "（不足）" if balance_fen < _limit_fen(services, supplier.name) else ""
    return f"¥{format_yuan(balance_fen)}{low}{'（未更新）' if problem else ''}"


def is_low(services: Services, name: str, balance_fen: int | None) -> bool:
    """Tell whether less is left than the limit that is configured for this supplier."""
    return balance_fen is not None and balance_fen < _limit_fen(services, name)


def ask_now(supplier: Supplier) -> Balance | Unknown | None:
    """Ask for the balance at once, for whoever looks at everything; None: this supplier does not tell."""
    return supplier.balances.balance() if supplier.balances is not None else None


def _limit_fen(services: Services, name: str) -> int:
    return services.config.supplier[name].balance_alert * 100


def _zone(services: Services) -> ZoneInfo:
    return ZoneInfo(services.config.app.timezone)
