"""A shop of one order behind the real pages: the routes bot/app.py will have, with the order in a variable."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from bot.pages import render
from bot.pages.views import KeyView, MoneyView, order_view, pay_view
from catalog.model import AnyValue, Choice, Delivery, Field, FieldKind, Option, Product, Sku
from catalog.shelf import Shelf
from kernel.ids import OpenId, OrderNo
from kernel.money import Fen
from kernel.orders import Line, LineState, Order, OrderState

NOW = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
OWNER = OpenId("o_owner")
FRIEND = OpenId("o_friend")
TOKEN = "t0kent0kent0kent0kent0kent0ken12"
BRIDGE = Path(__file__).parents[2] / "sandbox" / "web" / "bridge.js"

SHELF = Shelf(
    [
        Product(
            id="huafei",
            name="话费充值",
            category=("充值缴费",),
            delivery=Delivery.TOPUP,
            skus=(Sku("HF100", "100元", Fen(9950), value=100, unit="元", options={"speed": "fast"}),),
            fields=(Field("account", "手机号", FieldKind.PHONE),),
            options=(Option("speed", "到账方式", (Choice("fast", "快充"), Choice("slow", "慢充"))),),
            eta="1-5分钟",
        ),
        Product(
            id="steam",
            name="Steam充值卡",
            category=("游戏充值",),
            delivery=Delivery.CARD,
            skus=(Sku("ST100", "100元", Fen(9800), value=100, unit="元"),),
            note="在 Steam 客户端「兑换钱包充值码」处使用",
            eta="即时发卡",
        ),
        Product(
            id="game",
            name="游戏点券",
            category=("游戏充值",),
            delivery=Delivery.TOPUP,
            skus=(Sku("DQ", "点券", Fen(98), unit="个", any_value=AnyValue(1, 2000)),),
            fields=(
                Field("account", "QQ号", FieldKind.QQ),
                Field("server", "区服", FieldKind.CHOICE, values=(Choice("ios", "苹果QQ区"),)),
            ),
        ),
    ],
    version="1",
)

TOPUP = Line(
    id=1,
    position=0,
    product_id="huafei",
    product_name="话费充值",
    sku_code="HF100",
    sku_label="100元",
    value=100,
    quantity=1,
    total_fen=Fen(9950),
    options={"speed": "fast"},
    fields={"account": "13812345678"},
    delivery="topup",
    eta="1-5分钟",
    state=LineState.WAITING,
)
CARDS = Line(
    id=2,
    position=1,
    product_id="steam",
    product_name="Steam充值卡",
    sku_code="ST100",
    sku_label="100元",
    value=100,
    quantity=2,
    total_fen=Fen(19600),
    options={},
    fields={},
    delivery="card",
    eta="即时发卡",
    state=LineState.WAITING,
)


def order(*lines: Line, state: OrderState = OrderState.UNPAID, now: datetime = NOW) -> Order:
    """An order of these lines, placed at `now` with a quarter of an hour to pay."""
    lines = lines or (TOPUP,)
    return Order(
        order_no=OrderNo("K2611210123456789"),
        openid=OWNER,
        token=TOKEN,
        state=state,
        total_fen=Fen(sum(line.total_fen for line in lines)),
        created_at=now,
        expires_at=now + timedelta(minutes=15),
        lines=lines,
        paid_at=now + timedelta(minutes=1) if state not in (OrderState.UNPAID, OrderState.CANCELLED) else None,
    )


@dataclass
class Shop:
    """The order, who looks at it, and what the cashier was told."""

    order: Order = field(default_factory=order)
    viewer: OpenId | None = OWNER
    now: datetime = NOW
    keys: dict[int, list[KeyView]] = field(default_factory=dict)
    jsapi_error: str | None = None
    outcomes: list[str] = field(default_factory=list)
    asked: int = 0
    bridged: bool = True
    """Whether these routes put the bridge into the pages, as the phone's browser does; off behind the sandbox."""
    balance_fen: int | None = None
    """What the owner keeps with the shop, where it is enough."""
    balance_error: str | None = None
    sign: Callable[[], dict[str, str]] | None = None
    """Makes the parameters for the bridge, where a real cashier checks them."""

    def become(self, state: OrderState, *line_states: LineState) -> None:
        """Move the order and its lines on."""
        lines = (
            tuple(replace(line, state=new) for line, new in zip(self.order.lines, line_states, strict=True))
            if line_states
            else self.order.lines
        )
        self.order = replace(self.order, state=state, lines=lines, paid_at=self.now)

    def app(self) -> Starlette:
        """The routes bot/app.py has for buyers, and a cashier that agrees to everything."""
        return Starlette(
            routes=[
                Route("/pay/static/{name}", self._static),
                Route("/pay/{token}", self._pay),
                Route("/pay/{token}/jsapi", self._jsapi, methods=["POST"]),
                Route("/pay/{token}/balance", self._balance, methods=["POST"]),
                Route("/pay/{token}/state", self._state),
                Route("/pay/{token}/qr.svg", self._qr),
                Route("/orders/{token}", self._order),
                Route("/sandbox/bridge.js", self._bridge),
                Route("/sandbox/api/cashier", self._cashier, methods=["POST"]),
                Route("/sandbox/api/cashier/show", self._show, methods=["POST"]),
            ]
        )

    async def _static(self, request: Request) -> Response:
        found = render.static_file(request.path_params["name"])
        if found is None:
            return Response(status_code=404)
        return Response(found.body, media_type=found.media_type, headers=dict(render.STATIC_HEADERS))

    def _html(self, page: render.Page) -> Response:
        html = page.html
        if self.bridged and self.viewer is not None:
            html = html.replace("<head>", '<head><script src="/sandbox/bridge.js?openid=o_owner"></script>', 1)
        return HTMLResponse(html, page.status, headers=dict(render.HEADERS))

    async def _pay(self, request: Request) -> Response:
        if request.path_params["token"] != TOKEN:
            return self._html(render.render_not_found("好店"))
        kept = MoneyView(balance_fen=self.balance_fen)
        view = pay_view(self.order, SHELF, viewer=self.viewer, shop_name="好店", now=self.now, balance=kept)
        return self._html(render.render_pay(view) if self.viewer else render.render_scan(view))

    async def _order(self, _: Request) -> Response:
        view = order_view(self.order, SHELF, viewer=self.viewer, shop_name="好店", keys=self.keys)
        return self._html(render.render_order(view, in_wechat=self.viewer is not None))

    async def _jsapi(self, _: Request) -> Response:
        if self.jsapi_error:
            return JSONResponse({"error": self.jsapi_error}, 409)
        if self.sign is not None:
            return JSONResponse(self.sign())
        return JSONResponse(
            {
                "appId": "wx1",
                "timeStamp": "1",
                "nonceStr": "n",
                "package": "prepay_id=wx0001",
                "signType": "RSA",
                "paySign": "c2ln",
            }
        )

    async def _balance(self, _: Request) -> Response:
        if self.balance_error is not None:
            return JSONResponse({"error": self.balance_error}, 409)
        self.become(OrderState.PAID)
        return JSONResponse({"paid": True})

    async def _state(self, _: Request) -> Response:
        self.asked += 1
        return JSONResponse(
            render.pay_state(pay_view(self.order, SHELF, viewer=self.viewer, shop_name="好店", now=self.now))
        )

    async def _qr(self, _: Request) -> Response:
        return Response(render.render_qr("weixin://wxpay/bizpayurl?pr=NwY5Mz9"), media_type="image/svg+xml")

    async def _bridge(self, _: Request) -> Response:
        return Response(BRIDGE.read_text("utf-8"), media_type="text/javascript")

    async def _show(self, _: Request) -> Response:
        return JSONResponse({"total_fen": self.order.total_fen, "description": "好店-话费充值"})

    async def _cashier(self, request: Request) -> Response:
        outcome = str((await request.json())["outcome"])
        self.outcomes.append(outcome)
        return JSONResponse({"err_msg": f"get_brand_wcpay_request:{outcome}"})
