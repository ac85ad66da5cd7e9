"""The routes of the console, each with the right it needs."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console import gate, render
from console.desk import Parts
from console.gate import Page
from console.login import Login
from console.orders import Orders
from console.roles import Right
from console.talks import Talks
from console.today import Today
from console.todo import Todo


def routes(parts: Parts) -> list[Route]:
    """Everything below /console."""
    login, orders, talks, today, todo = Login(parts), Orders(parts), Talks(parts), Today(parts), Todo(parts)

    def get(path: str, page: Page, right: Right) -> Route:
        return Route(gate.HOME + path, gate.guarded(parts, page, right), methods=["GET"])

    def post(path: str, page: Page, right: Right) -> Route:
        return Route(gate.HOME + path, gate.guarded(parts, page, right), methods=["POST"])

    return [
        Route("/console/static/console.css", _style, methods=["GET"]),
        Route(gate.LOGIN, login.form, methods=["GET"]),
        Route(gate.LOGIN, login.submit, methods=["POST"]),
        post("/logout", login.log_out, Right.SEE),
        get("/sessions", login.sessions, Right.SEE),
        post("/sessions/{id}/end", login.end_session, Right.SEE),
        get("", today.page, Right.SEE),
        get("/actions", today.actions, Right.SEE_ACTIONS),
        get("/orders", orders.find, Right.SEE),
        get("/orders/{order_no}", orders.detail, Right.SEE),
        post("/lines/{id}/done", orders.deliver, Right.DELIVER),
        post("/lines/{id}/refund", orders.refund, Right.REFUND),
        get("/todo", todo.page, Right.SEE),
        post("/cases/{id}/answer", todo.answer, Right.ANSWER),
        post("/cases/{id}/close", todo.close, Right.ANSWER),
        post("/cases/{id}/refund", todo.refund, Right.REFUND),
        get("/talks", talks.page, Right.SEE_TALKS),
        post("/talks/{id}/say", talks.say, Right.ANSWER),
        post("/talks/{id}/end", talks.end, Right.ANSWER),
    ]


async def _style(_: Request) -> Response:
    return Response(render.STYLE, media_type="text/css", headers=dict(render.STYLE_HEADERS))
