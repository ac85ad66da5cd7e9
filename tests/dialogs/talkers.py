"""Hypothesis strategies: any dialog, anything heard, over a small shop with every kind of product."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from catalog.model import AnyValue, Choice, Delivery, Field, FieldKind, Option, Product, Sku
from catalog.shelf import Shelf
from dialogs import facts as talk
from dialogs import turn
from dialogs.state import (
    Collecting,
    Confirming,
    Dialog,
    DraftLine,
    Idle,
    InvoiceAsked,
    Listed,
    Lookup,
    Replacement,
    Unpaid,
    WithHuman,
)
from dialogs.turn import Scene
from kernel.cases import Case, CaseKind, CaseState, LineFacts, RefundWay, SupplierSays
from kernel.ids import OpenId, OrderNo
from kernel.money import Fen
from kernel.orders import Line, LineState, Order, OrderState, UsedAccount
from nlu.frame import INTENTS, Frame, Item

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
SPEED = Option("speed", "速度", (Choice("fast", "快"), Choice("slow", "慢", ("不急",))), default="fast")
PLAN = Option("plan", "方案", (Choice("a", "甲"), Choice("b", "乙")))
SHELF = Shelf(
    [
        Product(
            "tel",
            "电话卡",
            ("充值", "电话"),
            Delivery.TOPUP,
            (
                Sku("T10", "10元", Fen(1005), 10, "元", options={"speed": "fast"}),
                Sku("T50", "50元", Fen(4980), 50, "元", options={"speed": "fast"}),
                Sku("T50S", "50元慢", Fen(4880), 50, "元", options={"speed": "slow"}),
            ),
            fields=(Field("phone", "手机号", FieldKind.PHONE),),
            options=(SPEED,),
        ),
        Product(
            "coin", "点数", ("充值",), Delivery.TOPUP, (Sku("C", "点", Fen(98), unit="点", any_value=AnyValue(1, 500)),)
        ),
        Product(
            "soft",
            "软件",
            ("软件",),
            Delivery.CARD,
            (
                Sku("SA1", "一年", Fen(100), 1, "年", options={"plan": "a"}),
                Sku("SA2", "两年", Fen(180), 2, "年", options={"plan": "a"}),
                Sku("SB1", "一年", Fen(300), 1, "年", options={"plan": "b"}),
            ),
            options=(PLAN,),
        ),
        Product(
            "job",
            "代办",
            ("服务",),
            Delivery.SERVICE,
            (Sku("J", "一次", Fen(9900)), Sku("K", "包月", Fen(29900), aliases=("月卡",))),
            fields=(
                Field("where", "地址", FieldKind.ADDRESS),
                Field("zone", "大区", FieldKind.CHOICE, values=(Choice("n", "北"), Choice("s", "南"))),
                Field("memo", "备注", FieldKind.TEXT, optional=True),
            ),
        ),
        Product("gone", "空货架", ("软件",), Delivery.CARD, ()),
    ],
    "1",
)
SCENE = Scene(NOW, SHELF, "https://shop.example")

product_ids = st.sampled_from(["tel", "coin", "soft", "job", "gone", "nothing"])
sku_codes = st.sampled_from(["T10", "T50", "T50S", "C", "SA1", "SB1", "J", "K", "NO"])
slots = st.sampled_from(
    ["product", "value", "speed", "plan", "phone", "where", "zone", "memo", "quantity", "no", "account"]
)
words = st.one_of(
    st.sampled_from(["13812345678", "1381234567", "北", "fast", "a", "50元", "乙", "12345678", "<a href='x'>", "确认"]),
    st.text(max_size=30),
)
values = st.one_of(st.none(), st.integers(-5, 3000), st.floats(allow_nan=False, allow_infinity=False, width=32))
slot_maps = st.dictionaries(slots, words, max_size=3)
order_nos = st.integers(0, 9).map(lambda n: OrderNo(f"K{n:016d}"))
moments = st.integers(-60, 60).map(lambda minutes: NOW + timedelta(minutes=minutes))

drafts = st.builds(
    DraftLine,
    st.one_of(st.none(), product_ids),
    st.lists(product_ids, max_size=3).map(tuple),
    st.one_of(st.none(), sku_codes),
    values,
    st.integers(1, 99),
    slot_maps,
    slot_maps,
)
draft_lines = st.lists(drafts, min_size=1, max_size=3).map(tuple)
FULL = (
    (DraftLine("tel", value=50, fields={"phone": "13812345678"}), 4980),
    (DraftLine("coin", value=30), 2940),
    (DraftLine("soft", value=2), 180),
    (DraftLine("job", sku="K", quantity=2, fields={"where": "杭州市文三路1号", "zone": "n"}), 59800),
)
ready = st.lists(st.sampled_from(FULL), min_size=1, max_size=3).map(
    lambda full: Confirming(tuple(line for line, _ in full), tuple(fen for _, fen in full))
)
"""Drafts that a 确认 would order."""
talks = st.one_of(
    st.just(Idle()),
    ready,
    st.builds(lambda lines, slot: Collecting(lines, len(lines) - 1, slot), draft_lines, slots),
    st.builds(
        lambda lines, fen, no: Confirming(lines, (fen,) * len(lines), no), draft_lines, st.integers(0), st.booleans()
    ),
)
entries = st.tuples(
    st.sampled_from(["p:", "c:", "s:", "v:", "o:", "u:", "w:", "a:", "q:退款 "]),
    st.one_of(product_ids, sku_codes, slots, order_nos),
).map("".join)
entry_lists = st.lists(entries, min_size=1, max_size=25).map(tuple)
dialogs = st.builds(
    Dialog,
    st.one_of(talks, st.builds(WithHuman, moments, talks, st.booleans())),
    st.one_of(
        st.none(),
        st.builds(lambda rows, page: Listed(rows, min(page, (len(rows) - 1) // 9)), entry_lists, st.integers(0, 3)),
    ),
    st.integers(0, 4),
    st.one_of(st.none(), st.builds(Unpaid, order_nos, st.just("t"), st.integers(1, 10**6), moments, draft_lines)),
    st.one_of(
        st.none(),
        st.builds(
            Lookup,
            st.one_of(st.none(), order_nos),
            st.one_of(st.none(), drafts),
            text=words,
            line_no=st.one_of(st.none(), st.integers(0, 12)),
        ),
        st.builds(Replacement, draft_lines),
    ),
    st.sampled_from(["", "先说的话"]),
    invoice=st.one_of(st.none(), st.builds(InvoiceAsked, order_nos, moments, words, words, words)),
    angry=st.integers(0, 2),
)

items = st.builds(
    Item,
    st.one_of(st.none(), product_ids),
    st.lists(product_ids, max_size=3).map(tuple),
    st.one_of(st.none(), sku_codes),
    values,
    st.integers(-2, 200),
    slot_maps,
    slot_maps,
    slot_maps,
    st.just(()),
    said=st.frozensets(slots, max_size=4),
)
frames = st.builds(
    Frame, st.sampled_from(INTENTS), st.lists(items, max_size=12).map(tuple), st.one_of(st.none(), st.integers(-1, 30))
)
orders = st.builds(
    Order,
    order_nos,
    st.just(OpenId("o")),
    st.just("t"),
    st.sampled_from(OrderState),
    st.integers(1, 10**6).map(Fen),
    moments,
    moments,
    st.lists(
        st.builds(
            Line,
            st.integers(1, 9),
            st.integers(0, 9),
            product_ids,
            words,
            sku_codes,
            words,
            st.one_of(st.none(), st.integers(1, 500)),
            st.integers(1, 5),
            st.integers(1, 10**6).map(Fen),
            slot_maps,
            slot_maps,
            st.sampled_from(["topup", "card", "service", "parcel"]),
            words,
            st.sampled_from(LineState),
        ),
        max_size=3,
    ).map(tuple),
    st.one_of(st.none(), moments),
)
some_accounts = st.lists(st.builds(UsedAccount, product_ids, slots, words), max_size=4).map(tuple)
some_orders = st.lists(orders, max_size=6).map(tuple)
cases = st.builds(
    Case,
    st.integers(1, 10**6),
    st.sampled_from(CaseKind),
    st.sampled_from(CaseState),
    order_nos,
    st.one_of(st.none(), st.integers(1, 9)),
    moments,
    moments,
    moments,
    st.booleans(),
)
line_facts = st.builds(
    LineFacts,
    st.integers(1, 9),
    st.sampled_from(SupplierSays),
    st.one_of(st.none(), moments),
    st.integers(0, 3),
    st.one_of(st.none(), moments),
)
AFTER_SALE = (
    "退款",
    "退款 K0000000000000001-2",
    "K0000000000000002怎么还没到",
    "评价K0000000000000001 5",
    "卡密无效",
    "没到账",
    "再来一单第二个",
    "开发票 个人",
    "北京某某科技有限公司 91110105MA01ABCD2X a@b.com",
    "垃圾",
    "转回机器人",
)
sayings = st.builds(
    turn.Said,
    frames,
    st.one_of(words, st.sampled_from(["更多", "3", "取消 K0000000000000001", *AFTER_SALE])),
    st.booleans(),
)
facts = st.one_of(
    st.builds(talk.OrderPlaced, orders),
    st.builds(talk.SoldOut, st.integers(-1, 3), st.integers(0, 5)),
    st.builds(talk.TooManyUnpaid, some_orders),
    st.just(talk.CatalogMoved()),
    st.builds(talk.AskedAgain, st.sampled_from(["large", "often", "other"])),
    st.just(talk.OrderDeclined()),
    st.builds(talk.OrderCancelled, order_nos),
    st.builds(talk.CancelRefused, order_nos, st.sampled_from(OrderState)),
    st.builds(
        talk.OrdersFound,
        st.sampled_from(
            ["list", "status", "keys", "reorder", "refund", "problem", "invoice", "cancel", "remains", "correct"]
        ),
        some_orders,
        st.lists(cases, max_size=2).map(tuple),
    ),
    st.builds(talk.FavouritesFound, some_accounts),
    st.builds(talk.CaseOpened, cases, orders, st.one_of(st.none(), line_facts), st.booleans()),
    st.builds(
        talk.RefundDecided,
        orders,
        st.dictionaries(st.integers(1, 9), st.sampled_from(RefundWay), max_size=3),
        st.one_of(st.none(), cases),
        st.booleans(),
    ),
    st.just(talk.NoSuchOrder()),
    st.builds(talk.Rated, st.one_of(st.none(), orders), st.one_of(st.none(), st.integers(1, 5))),
    st.builds(talk.HandoffOpened, st.booleans(), st.integers(0, 3), st.one_of(st.none(), moments)),
    st.just(talk.HandoffEnded()),
)
heard = st.one_of(
    sayings,
    st.builds(turn.Pressed, st.sampled_from(["self_order", "my_orders", "human", "help", "else"])),
    st.builds(turn.Followed, st.one_of(product_ids, sku_codes, words), st.booleans()),
    st.builds(turn.Linked, words, words),
    st.builds(turn.Showed, st.sampled_from(["image", "voice", "other"])),
    facts,
)
