"""Delivering paid orders: begun by a job, carried on with suppliers, settled in the database."""

import logging
from dataclasses import replace

from sqlalchemy import Connection

from bot import raw_notices, work
from bot.bootstrap import Services
from bot.tasks import TASKS
from fulfillment import delivering, pausing, topups
from fulfillment.suppliers.choosing import Market
from fulfillment.suppliers.port import Supplier, Unknown

log = logging.getLogger(__name__)


@TASKS.task("deliver_order")
def deliver_order(services: Services, *, order_no: str) -> None:
    """Begin to deliver every line of a paid order: keys at once, top-ups with their supplier, the rest by a person."""
    market = _market(services, may_probe=True)
    default = services.suppliers.default_name
    with services.engine.begin() as conn:
        market = _as_paused(conn, market)
        to_do = delivering.deliver(conn, order_no, services.clock.now(), default_supplier=default, market=market)
        work.enqueue(services, conn, to_do)


@TASKS.task("send_to_supplier")
def send_to_supplier(services: Services, *, supplier_order_id: int) -> None:
    """Send one purchase to its supplier. Its row is there before the call; no answer means: ask, never buy again."""
    terms = services.suppliers.terms
    answering = Market(terms, services.breakers.silent(terms))
    with services.engine.begin() as conn:
        market = _as_paused(conn, answering)
        sent = topups.claim_send(conn, supplier_order_id, services.clock.now(), market)
        if sent is None:
            work.enqueue(services, conn, topups.left_sending(conn, supplier_order_id, services.clock.now()))
            return
    supplier = _supplier(services, sent.supplier)
    answer = supplier.orders.order(sent.request) if supplier is not None else Unknown("supplier is not configured")
    services.breakers.record(sent.supplier, answer)
    market = _market(services)
    with services.engine.begin() as conn:
        market = _as_paused(conn, market)
        work.enqueue(services, conn, topups.record_sent(conn, sent, answer, services.clock.now(), market))


@TASKS.task("query_supplier")
def query_supplier(services: Services, *, supplier_order_id: int) -> None:
    """Ask a supplier what became of one purchase."""
    with services.engine.begin() as conn:
        asked = topups.claim_query(conn, supplier_order_id, services.clock.now())
    if asked is None:
        return
    supplier = _supplier(services, asked.supplier)
    number = asked.supplier_order_no
    answer = supplier.orders.query(number) if supplier is not None else Unknown("supplier is not configured")
    market = _market(services)
    with services.engine.begin() as conn:
        market = _as_paused(conn, market)
        work.enqueue(services, conn, topups.record_query(conn, asked, answer, services.clock.now(), market))


def take_callback(services: Services, supplier_name: str, body: bytes) -> bool:
    """Take a supplier's callback as a hint to ask now. False when it is not truly from that supplier."""
    supplier = services.suppliers.get(supplier_name)
    callbacks = supplier.callbacks if supplier is not None else None
    supplier_order_no = callbacks.read_callback(body) if callbacks is not None else None
    if supplier_order_no is None:
        return False
    with services.engine.begin() as conn:
        raw_notices.keep_body(conn, supplier_name, supplier_order_no, body, services.clock.now())
        work.enqueue(services, conn, topups.hint(conn, supplier_name, supplier_order_no, services.clock.now()))
    return True


def _market(services: Services, *, may_probe: bool = False) -> Market:
    """What is known of the suppliers now, for outside any transaction. `may_probe`: orders are about to go out."""
    terms = services.suppliers.terms
    return Market(terms, services.breakers.avoided(terms, may_probe=may_probe))


def _as_paused(conn: Connection, market: Market) -> Market:
    """The market without those a person has paused, as they stand in this transaction."""
    return replace(market, paused=frozenset(pausing.paused(conn)))


def _supplier(services: Services, name: str) -> Supplier | None:
    supplier = services.suppliers.get(name)
    if supplier is None:
        log.error("supplier %s is not configured: its orders wait", name)
    return supplier
