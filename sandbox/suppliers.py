"""The suppliers over the sandbox's own interface: what they say of balance and goods; the second one's orders."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import bodies, juhe
from sandbox.juhe import Juhe
from sandbox.world import World

_GOODS_MAX = 1_000


class Suppliers:
    """The interface under /sandbox/api/juhe-orders and /sandbox/api/suppliers."""

    def __init__(self, world: World, juhe_: Juhe) -> None:
        self._world = world
        self._juhe = juhe_

    def routes(self) -> list[Route]:
        """Everything this interface answers."""
        return [
            Route("/sandbox/api/juhe-orders", self._orders, methods=["GET"]),
            Route("/sandbox/api/juhe-orders/{number}", self._settle, methods=["PUT"]),
            Route("/sandbox/api/suppliers", self._show, methods=["GET"]),
            Route("/sandbox/api/suppliers/{kind}", self._change, methods=["PUT"]),
        ]

    async def _orders(self, _: Request) -> Response:
        orders = [self._juhe.listed(one) for one in reversed(self._world.memory.juhe_orders.values())]
        return bodies.json_response({"supplier_orders": orders[:500]})

    async def _settle(self, request: Request) -> Response:
        order = self._world.memory.juhe_orders.get(request.path_params["number"])
        state = (bodies.json_object(await bodies.read(request)) or {}).get("state")
        if order is None:
            return bodies.json_response({"error": "没有这张供应商订单"}, 404)
        if state not in juhe.STATES:
            return bodies.json_response({"error": f"state is one of {', '.join(juhe.STATES)}"}, 400)
        self._juhe.settle(order, state)
        return bodies.json_response(self._juhe.listed(order))

    async def _show(self, _: Request) -> Response:
        return bodies.json_response(self._shown())

    async def _change(self, request: Request) -> Response:
        """`{"balance": "12.5", "goods": {"HF100": {"price": "98.5", "state": "上架", "stock": "充足"}}}`, in part."""
        kind, body = request.path_params["kind"], bodies.json_object(await bodies.read(request)) or {}
        balance, goods = body.get("balance"), body.get("goods", {})
        if kind not in self._world.memory.supplier_balances:
            return bodies.json_response({"error": "没有这个供应商"}, 404)
        if not (balance is None or isinstance(balance, str)) or not _is_goods(goods):
            return bodies.json_response({"error": "balance: text; goods: {code: {price, state, stock}}"}, 400)
        if balance is not None:
            self._world.memory.supplier_balances[kind] = balance
        kept = self._world.memory.supplier_goods.setdefault(kind, {})
        for code, one in goods.items():
            kept[code] = kept.get(code, {}) | one
        self._world.changed()
        return bodies.json_response(self._shown())

    def _shown(self) -> dict[str, Any]:
        return {"balances": self._world.memory.supplier_balances, "goods": self._world.memory.supplier_goods}


def _is_goods(goods: object) -> bool:
    return (
        isinstance(goods, dict)
        and len(goods) <= _GOODS_MAX
        and all(
            isinstance(one, dict) and one.keys() <= {"price", "state", "stock"}
            and all(isinstance(value, str) and len(value) <= 100 for value in one.values())
            for one in goods.values()
        )
    )  # fmt: skip
