"""More buyers than keys, all at the same instant: threads against the real database, from the order to the key."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from statistics import quantiles
from threading import Barrier
from typing import Any, TypeVar

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot import delivering, embedded, migrations, ordering, paying
from bot.background import TASKS
from bot.bootstrap import Services, build
from bot.config import load_config
from bot.jobs import Jobs
from catalog.store import import_catalog
from dialogs.facts import OrderPlaced, SoldOut
from fulfillment import paying as order_ends
from kernel.clock import MovableClock
from kernel.ids import OpenId
from kernel.orders import Order, WantedLine
from payments.attempts import Opened, open_attempt
from payments.fake import FakeWechatPay
from payments.gateway import Prepay, TradeType, Transaction
from tests.fulfillment.counter import NOW, SHELF, add_keys, want

_T = TypeVar("_T")
_R = TypeVar("_R")
LATE_EVERY = 10
"""Every tenth of those who could order pays only when his time is over."""


@dataclass
class Figures:
    """What came of it."""

    buyers: int = 0
    keys: int = 0
    served: int = 0
    told_before_paying: int = 0
    refunded: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    p99_ms: dict[str, float] = field(default_factory=dict)

    def lines(self) -> Iterable[str]:
        yield f"  {self.buyers} buyers, {self.keys} keys: {self.served} served, {self.told_before_paying} told before"
        yield f"  they paid, {self.refunded} refunded, {sum(self.errors.values())} errors {dict(self.errors) or ''}"
        for step, seconds in self.seconds.items():
            yield f"  {step:<28} {seconds:6.2f} s   p99 {self.p99_ms[step]:6.0f} ms"


class Rush:
    """The shop, and a crowd before it."""

    def __init__(self, services: Services, *, buyers: int, keys: int, threads: int) -> None:
        self.clock = MovableClock(NOW)
        self.wechat = FakeWechatPay(self.clock)
        self.services = replace(services, clock=self.clock, gateway=self.wechat, jobs=Jobs(TASKS))
        self.threads = threads
        self.figures = Figures(buyers, keys)
        with services.engine.begin() as conn:
            import_catalog(conn, SHELF)
            add_keys(conn, "ST50", keys)

    def run(self) -> Figures:
        """Everybody orders, some let it lapse, others take what became free, and then everybody pays at once."""
        buyers = [OpenId(f"oRush{n:05d}") for n in range(self.figures.buyers)]
        first, without = self._order("order", buyers)
        late, prompt = first[::LATE_EVERY], [order for n, order in enumerate(first) if n % LATE_EVERY]
        paid_late = self._pay_in_wechat(late)
        paid = self._pay_in_wechat(prompt)
        self._all_at_once("pay and deliver", paid, self._settle)
        self.clock.move(timedelta(minutes=16))
        lapsed = [order.order_no for order in late]
        self.wechat_is_slow_to_tell(lapsed)
        second, told = self._order("order what became free", without)
        self._all_at_once("pay and deliver again", self._pay_in_wechat(second), self._settle)
        self._all_at_once("pay too late", paid_late, self._settle)
        self._refund()
        self.figures.told_before_paying = len(told)
        self._count()
        return self.figures

    def wechat_is_slow_to_tell(self, order_nos: Sequence[str]) -> None:
        """They paid in the last second and no query saw it: their orders end, and their keys are free."""
        for order_no in order_nos:
            with self.services.engine.begin() as conn:
                order_ends.expire(conn, order_no, self.clock.now())
                order_ends.release_closed(conn, order_no, self.clock.now())

    def _order(self, step: str, buyers: Sequence[OpenId]) -> tuple[list[Order], list[OpenId]]:
        facts = self._all_at_once(step, buyers, lambda buyer: self._place(buyer, step, (want("ST50"),)))
        placed = [fact.order for fact in facts if isinstance(fact, OrderPlaced)]
        return placed, [buyer for buyer, fact in zip(buyers, facts, strict=True) if isinstance(fact, SoldOut)]

    def _place(self, buyer: OpenId, step: str, lines: Sequence[WantedLine]) -> Any:
        return ordering.place(self.services, buyer, f"{step} {buyer}", lines)

    def _pay_in_wechat(self, orders: Sequence[Order]) -> list[Transaction]:
        given = self._all_at_once("open", orders, self._open)
        return [
            paid
            for order, prepay in zip(orders, given, strict=True)
            if isinstance(prepay, Prepay) and (paid := self.wechat.pay(prepay, order.openid))
        ]

    def _open(self, order: Order) -> Prepay | None:
        opened = open_attempt(
            self.services.engine, self.wechat, order_no=order.order_no, total_fen=order.total_fen, description="x",
            trade_type=TradeType.JSAPI, payer_openid=order.openid, expires_at=order.expires_at, now=self.clock.now(),
        )  # fmt: skip
        return opened.credential if isinstance(opened, Opened) and isinstance(opened.credential, Prepay) else None

    def _settle(self, transaction: Transaction) -> None:
        paying.take_transaction(self.services, transaction)
        delivering.deliver_order(self.services, order_no=transaction.out_trade_no)

    def _refund(self) -> None:
        for _ in range(2):
            with self.services.engine.connect() as conn:
                ids = list(conn.scalars(text("SELECT id FROM refund WHERE state IN ('created', 'processing')")))
            self._all_at_once("refund", ids, lambda number: paying.drive_refund_on(self.services, refund_id=number))

    def _all_at_once(self, step: str, of: Sequence[_T], act: Callable[[_T], _R]) -> list[_R | None]:
        """Everybody in a thread; nobody begins before all threads are ready."""
        took: list[float] = []
        start = Barrier(min(self.threads, max(len(of), 1)))

        def one(nth_of: tuple[int, _T]) -> _R | None:
            nth, whom = nth_of
            if nth < start.parties:
                start.wait(30)
            begun = time.perf_counter()
            try:
                return act(whom)
            except DBAPIError as error:
                self.figures.errors[type(error.orig).__name__] += 1
                return None
            finally:
                took.append(time.perf_counter() - begun)

        begun = time.perf_counter()
        with ThreadPoolExecutor(self.threads) as pool:
            found = list(pool.map(one, enumerate(of)))
        self.figures.seconds[step] = self.figures.seconds.get(step, 0.0) + time.perf_counter() - begun
        if len(took) > 1:
            self.figures.p99_ms[step] = max(self.figures.p99_ms.get(step, 0.0), quantiles(took, n=100)[-1] * 1000)
        self.figures.p99_ms.setdefault(step, 0.0)
        return found

    def _count(self) -> None:
        with self.services.engine.connect() as conn:
            one = lambda sql: conn.execute(text(sql)).scalar_one()  # noqa: E731
            sold, different = (
                one("SELECT count(*) FROM key_sale"),
                one("SELECT count(DISTINCT card_key_id) FROM key_sale"),
            )
            self.figures.served = one("SELECT count(*) FROM orders WHERE state = 'delivered'")
            self.figures.refunded = one("SELECT count(*) FROM orders WHERE state = 'refunded'")
            assert sold == different == self.figures.served
            assert one("SELECT count(*) FROM card_key WHERE state IN ('available', 'held')") == 0
            assert one("SELECT count(*) FROM refund WHERE state = 'success'") == self.figures.refunded
            assert one("SELECT count(DISTINCT openid) FROM orders WHERE state = 'delivered'") == self.figures.served
            assert one("SELECT count(*) FROM orders WHERE state IN ('unpaid', 'paid')") == 0


def run(home: Path, *, buyers: int = 1000, keys: int = 600, threads: int = 40) -> bool:
    """The rush over a PostgreSQL that writes everything to disk, told on stdout. True: as many served as keys."""
    print(f"rush: {buyers} buyers, {keys} keys, {threads} at a time", flush=True)
    (home / "rush.toml").write_text('[app]\ndata_dir = "rush"\n[store]\npool_size = 40\n')
    home.chmod(0o711)
    servers = embedded.join(home)
    try:
        services = build(
            load_config(home / "rush.toml", {}), database_url=servers.database_url, redis_url=servers.redis_url
        )
        migrations.upgrade(services.engine)
        figures = Rush(services, buyers=buyers, keys=keys, threads=threads).run()
        services.engine.dispose()
        log = next(home.glob("servers/pg.log")).read_text(errors="replace")
    finally:
        servers.leave()
    print("\n".join(figures.lines()))
    print(f"  deadlocks in the database: {log.count('deadlock detected')}")
    return not figures.errors and figures.served == keys and "deadlock detected" not in log
