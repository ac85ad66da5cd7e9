"""What operators' pages need of the running shop, beside the desk: made of the functions the command line uses too."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from sqlalchemy import Connection

from bot import menu, misses, nlu_report, owner_files, risk, suppliers, wallet
from bot.bootstrap import Services
from bot.breakers import Breaker
from bot.config import ConfigError
from bot.lexicon import build_lexicon
from bot.nlu_report import Group
from bot.owner_texts import read_faq, read_wording, unanswered
from bot.wechat import AccountError
from catalog.model import Product
from catalog.shelf import Shelf
from catalog.store import load_listed
from catalog.vault import Vault
from catalog.version import content_version
from console import drafts
from console.backroom import Also, MenuGroup, Misheard, OwnerFile, Reading, SupplierView
from dialogs import wording
from fulfillment import pausing, standing
from kernel.ids import OpenId
from nlu import Lexicon, parse
from nlu.frame import Item
from risk.lists import Kind, Listing

_INTENTS = {
    "order": "下单",
    "browse": "逛逛",
    "search": "找商品",
    "price": "问价",
    "order_status": "查订单",
    "keys": "要卡密",
    "reorder": "再来一单",
    "refund": "退款",
    "problem": "有问题",
    "invoice": "发票",
    "balance": "余额",
    "human": "找人工",
    "help": "帮助",
    "greet": "打招呼",
    "thanks": "道谢",
    "confirm": "确认",
    "deny": "否认",
    "cancel": "取消",
    "change": "更改",
    "choose": "选择",
    "answer": "回答",
    "batch": "批量",
    "rate": "评价",
    "unknown": "没听懂",
}
_MISSING = {"product": "哪个商品", "value": "面额"}

MISSES_MAX = 500
"""So many of the latest messages are looked at: each is read again with today's catalog."""
GROUPS_MAX = 50


class ShopBackroom:
    """console.backroom.Backroom over the running shop."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._read: dict[str, Lexicon] = {}

    @property
    def vault(self) -> Vault:
        """See Backroom."""
        return self._services.vault

    @property
    def private_webhooks(self) -> bool:
        """See Backroom."""
        return self._services.config.api.private_webhooks

    def read(self, words: str, products: Sequence[Product]) -> Reading:
        """See Backroom."""
        shelf = Shelf(products, "")
        frame = parse(words, self._lexicon(shelf))
        return Reading(
            _INTENTS.get(frame.intent, frame.intent), tuple("；".join(_told(item, shelf)) for item in frame.items)
        )

    def misheard(self) -> tuple[Misheard, ...]:
        """See Backroom."""
        with self._services.engine.connect() as conn:
            found = misses.since(conn, self._services.clock.now() - misses.KEPT_FOR, MISSES_MAX)
            shelf = load_listed(conn)
        lexicon = self._lexicon(shelf)
        groups = nlu_report.grouped(miss for miss in found if nlu_report.still_missed(miss, lexicon))
        return tuple(_misheard(group, lexicon, shelf) for group in groups[:GROUPS_MAX])

    def begin_run(self, conn: Connection, number: int, *, after_s: int = 0) -> None:
        """See Backroom."""
        at = self._services.clock.now() + timedelta(seconds=after_s) if after_s else None
        self._services.jobs.defer(conn, "console_run", at=at, number=number)

    def add_alias(self, product_id: str, alias: str, done: Sequence[int], *, by: str, also: Also) -> str:
        """See Backroom."""
        with self._services.engine.connect().execution_options(isolation_level="SERIALIZABLE") as conn, conn.begin():
            before = load_listed(conn)
            against = nlu_report.add_alias(conn, product_id, alias)
            if not against:
                drafts.keep(conn, before, by, self._services.clock.now())
                misses.settle(conn, list(done))
                also(conn)
        return against

    def settle(self, done: Sequence[int], *, also: Also) -> None:
        """See Backroom."""
        with self._services.engine.begin() as conn:
            misses.settle(conn, list(done))
            also(conn)

    def owner_file(self, kind: str) -> OwnerFile:
        """See Backroom."""
        return owner_files.look(self._services.config.app, kind)

    def save_owner_file(self, kind: str, content: str, *, also: Also) -> tuple[str, ...]:
        """See Backroom."""
        problems = owner_files.problems_of(kind, content)
        if problems:
            return problems
        try:
            with self._services.engine.begin() as conn:
                also(conn)
                owner_files.write(self._services.config.app, kind, content)
        except OSError as error:
            return (f"文件写不了：{error.strerror or error}",)
        return ()

    def undo_owner_file(self, kind: str, *, also: Also) -> bool:
        """See Backroom."""
        with self._services.engine.begin() as conn:
            done = owner_files.undo(self._services.config.app, kind)
            if done:
                also(conn)
        return done

    def faq_warnings(self) -> tuple[str, ...]:
        """See Backroom."""
        shelf, _ = self._services.shelf.current()
        try:
            return tuple(unanswered(read_faq(self._services.config.app.faq_file), shelf))
        except ConfigError as error:
            return tuple(str(error).splitlines())

    def wording_warnings(self) -> tuple[str, ...]:
        """See Backroom."""
        try:
            read_wording(self._services.config.app.wording_file)
        except ConfigError as error:
            return ("文件有错，机器人说的还是改之前的：", *str(error).splitlines())
        return ()

    def wording_lines(self) -> tuple[tuple[str, str, str], ...]:
        """See Backroom."""
        try:
            given = read_wording(self._services.config.app.wording_file)
        except ConfigError:
            given = {}
        return tuple((one.name, one.own, given.get(one.name, "")) for one in wording.lines())

    def menu(self) -> tuple[MenuGroup, ...]:
        """See Backroom."""
        with self._services.engine.connect() as conn:
            return menu.wanted(conn, self._services.shelf.current()[0])

    def usual_menu(self) -> tuple[MenuGroup, ...]:
        """See Backroom."""
        return menu.usual(self._services.shelf.current()[0])

    def save_menu(self, groups: Sequence[MenuGroup] | None, by: str, *, also: Also) -> tuple[str, ...]:
        """See Backroom."""
        problems = menu.problems_of(groups, self._services.shelf.current()[0]) if groups is not None else ()
        if not problems:
            with self._services.engine.begin() as conn:
                menu.keep(conn, groups or (), by, self._services.clock.now())
                also(conn)
        return problems

    def publish_menu(self, *, also: Also) -> str:
        """See Backroom."""
        try:
            menu.publish(self._services.engine, self._services.account, self._services.clock.now())
        except AccountError as error:
            return str(error)
        with self._services.engine.begin() as conn:
            also(conn)
        return ""

    def suppliers(self) -> tuple[SupplierView, ...]:
        """See Backroom."""
        services = self._services
        names = list(services.suppliers.by_name)
        states = services.breakers.states(names)
        since = services.clock.now() - suppliers.SUCCESS_LOOKED_FOR
        with services.engine.connect() as conn:
            found = standing.standings(conn, names, since)
            paused, waiting = pausing.paused(conn), pausing.waiting(conn)
        return tuple(
            SupplierView(
                name=one.supplier,
                kind=services.suppliers.by_name[one.supplier].kind,
                is_default=one.supplier == services.suppliers.default_name,
                balance=suppliers.balance_words(
                    services, services.suppliers.by_name[one.supplier], one.balance_fen, one.problem
                ),
                low=suppliers.is_low(services, one.supplier, one.balance_fen),
                told_at=one.told_at,
                breaker=suppliers.BREAKERS[states[one.supplier]],
                well=states[one.supplier] is not Breaker.OPEN,
                last_success_at=one.last_success_at,
                open=one.open,
                unknown=one.unknown,
                problem=one.problem,
                pause=suppliers.pause_words(services, paused[one.supplier], waiting.get(one.supplier, 0))
                if one.supplier in paused
                else "",
            )
            for one in found
        )

    def ask_balances(self) -> None:
        """See Backroom."""
        suppliers.ask_balances(self._services)

    def pause_supplier(self, name: str, why: str, *, by: str, also: Also) -> bool:
        """See Backroom."""
        try:
            return suppliers.pause(self._services, name, by=by, why=why, also=also)
        except suppliers.UnknownSupplierError:
            return False

    def resume_supplier(self, name: str, *, by: str, also: Also) -> bool:
        """See Backroom."""
        return suppliers.resume(self._services, name, by=by, also=also)

    def withdrawable_fen(self, openid: OpenId) -> int:
        """See Backroom."""
        with self._services.engine.connect() as conn:
            return wallet.withdrawable_fen(self._services, conn, openid)

    def withdraw(self, openid: OpenId, amount_fen: int, *, actor: str, also: Also) -> bool:
        """See Backroom."""
        return wallet.withdraw_just(self._services, openid, amount_fen, actor=actor, also=also)

    def compare_bill(self, day: date, *, also: Also) -> None:
        """See Backroom."""
        with self._services.engine.begin() as conn:
            self._services.jobs.defer(conn, "reconcile_day", queueing_lock=f"reconcile:{day}", day=day.isoformat())
            also(conn)

    def release_order(self, order_no: str, *, actor: str, also: Also) -> bool:
        """See Backroom."""
        return risk.release(self._services, order_no, actor=actor, also=also)

    def refuse_order(self, order_no: str, reason: str, *, actor: str, also: Also) -> bool:
        """See Backroom."""
        return risk.refuse(self._services, order_no, reason, actor=actor, also=also)

    def put_on_list(self, kind: str, value: str, listing: str, why: str, *, actor: str, also: Also) -> int | None:
        """See Backroom."""
        try:
            return risk.put_on_list(self._services, Kind(kind), value, Listing(listing), why, actor=actor, also=also)
        except ValueError:
            return None

    def _lexicon(self, shelf: Shelf) -> Lexicon:
        """Indexing a large catalog takes seconds: the last two are kept."""
        version = content_version(shelf.products)
        found = self._read.get(version)
        if found is None:
            found = build_lexicon(shelf)
            self._read = {**dict(list(self._read.items())[-1:]), version: found}
        return found


def _misheard(group: Group, lexicon: Lexicon, shelf: Shelf) -> Misheard:
    newest = group.misses[0]
    alias = nlu_report.suggested_alias(group.examples[0], lexicon)
    return Misheard(
        ids=tuple(miss.id for miss in group.misses),
        buyers=group.buyers,
        heard_at=newest.heard_at,
        examples=group.examples,
        followed_by=newest.followed_by,
        alias=alias,
        products=tuple((one.id, one.name) for one in nlu_report.nearest_products(alias or newest.words, shelf)),
    )


def _told(item: Item, shelf: Shelf) -> Iterator[str]:
    product = shelf.product(item.product) if item.product else None
    if product is None:
        named = [shelf.product(one) for one in item.candidates]
        yield "可能是：" + "、".join(one.name for one in named if one) if named else "商品没听出来"
        return
    sku = shelf.sku(item.sku) if item.sku else None
    yield product.name + (f" {sku.label}（{sku.code}）" if sku else "")
    if sku is None and item.value is not None:
        yield f"面额 {item.value:g}"
    if item.quantity != 1:
        yield f"×{item.quantity}"
    labels = {one.name: one.label for one in product.options} | {one.name: one.label for one in product.fields}
    for name, value in {**item.options, **item.fields}.items():
        yield f"{labels.get(name, name)} {value}"
    for name, value in item.invalid.items():
        yield f"{labels.get(name, name)} 不对：{value}"
    if item.missing:
        yield "还要问：" + "、".join(labels.get(name, _MISSING.get(name, name)) for name in item.missing)
