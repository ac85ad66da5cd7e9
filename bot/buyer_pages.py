"""Routes of buyers' pages: the pay page and the order page, and who is allowed to see what on them."""

import hmac
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from sqlalchemy.exc import OperationalError, TimeoutError
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bot import ordering, paying, telling, wallet
from bot.bootstrap import Services
from bot.pages import render
from bot.pages.views import KeyView, MoneyView, PayView, order_view, pay_view
from bot.rate_limit import WINDOW_S, count
from bot.visits import (
    AGAIN_COOKIE,
    PREVIEW_COOKIE,
    STATE_COOKIE,
    VISIT_COOKIE,
    VISIT_LIFE,
    is_ordinary_browser,
    new_state,
)
from bot.wechat import BadCode, NoAnswer
from catalog.shelf import Shelf
from dialogs.facts import BalanceShort, PaidFromBalance
from kernel.ids import OpenId, is_token
from kernel.orders import Order

log = logging.getLogger(__name__)

LINK_LIVES = timedelta(days=30)
"""After that a link shows nothing to anybody but its owner: it may have been forwarded, and forgotten, anywhere."""

_NO_PREVIEW = "请点右下角「使用完整服务」后再付款。"

Page = Callable[[Request], Response]


def routes(services: Services) -> list[Route]:
    """The routes below /pay and /orders, except the notices."""
    pages = _Pages(services)
    return [
        Route("/pay/static/{name}", pages.static, methods=["GET"]),
        Route("/pay/{token}", pages.guarded(pages.pay), methods=["GET"]),
        Route("/pay/{token}/jsapi", pages.guarded(pages.jsapi), methods=["POST"]),
        Route("/pay/{token}/balance", pages.guarded(pages.balance), methods=["POST"]),
        Route("/pay/{token}/qr.svg", pages.guarded(pages.qr), methods=["GET"]),
        Route("/pay/{token}/state", pages.guarded(pages.state), methods=["GET"]),
        Route("/orders/{token}", pages.guarded(pages.order), methods=["GET"]),
    ]


class _Pages:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._shop = services.config.shop.name

    def guarded(self, page: Page) -> Page:
        """The page, unless this address has tried too many links in this minute that name nothing."""
        limits = self._services.config.risk
        at_most = limits.unknown_links_per_minute if limits.enabled else 0

        def show(request: Request) -> Response:
            try:
                return page(request) if at_most == 0 else counted(request)
            except (OperationalError, TimeoutError) as error:
                # The database restarts or is overrun: it passes, and the page's own script asks again by itself.
                log.error("the database is away: %s", type(error).__name__)
                return self._busy(request)

        def counted(request: Request) -> Response:
            what = f"unknown-link:{request.client.host if request.client else ''}"
            if count(self._services.redis, what, by=0) >= at_most:
                return _too_often()
            answer = page(request)
            if answer.status_code == 404:
                count(self._services.redis, what)
            return answer

        return show

    def _busy(self, request: Request) -> Response:
        answer = (
            _html(render.render_error(self._shop, 503, "系统正忙", "请稍等几秒后重新打开此页面。"))
            if "text/html" in request.headers.get("accept", "")
            else _json({"error": "系统正忙，请稍后再试"}, 503)
        )
        answer.headers["Retry-After"] = "5"
        return answer

    def _opens_too_often(self, order: Order) -> bool:
        limits = self._services.config.risk
        at_most = limits.payments_opened_per_minute if limits.enabled else 0
        return at_most > 0 and count(self._services.redis, f"open:{order.order_no}") > at_most

    def static(self, request: Request) -> Response:
        found = render.static_file(request.path_params["name"])
        if found is None:
            return Response(status_code=404)
        return Response(found.body, media_type=found.media_type, headers=dict(render.STATIC_HEADERS))

    def pay(self, request: Request) -> Response:
        order = self._order(request)
        if order is None:
            return _html(render.render_not_found(self._shop))
        viewer = self._viewer(request)
        if viewer is None and not is_ordinary_browser(request.headers.get("user-agent", "")):
            return self._ask_wechat(request, f"/pay/{order.token}") or self._pay_shown(request, order, None)
        return self._pay_shown(request, order, viewer)

    def _pay_shown(self, request: Request, order: Order, viewer: OpenId | None) -> Response:
        if self._is_over_for(order, viewer):
            return _html(render.render_not_found(self._shop))
        shelf, _ = self._services.shelf.current()
        view = self._pay_view(order, shelf, viewer)
        outside = is_ordinary_browser(request.headers.get("user-agent", ""))
        return _html(render.render_scan(view) if outside else render.render_pay(view))

    def jsapi(self, request: Request) -> Response:
        order = self._order(request)
        if order is None:
            return _json({"error": "订单不存在，请核对链接"}, 404)
        if self._opens_too_often(order):
            return _too_often()
        viewer = self._viewer(request)
        if viewer is None and request.cookies.get(PREVIEW_COOKIE):
            return _json({"error": _NO_PREVIEW}, 403)
        # Without a visit the prepay is made for the order's buyer: nobody else can use it, so nothing is given away.
        opened = paying.open_jsapi(self._services, order, viewer or order.openid)
        return _json(opened.params) if isinstance(opened, paying.Bridge) else _json({"error": opened.message}, 409)

    def balance(self, request: Request) -> Response:
        """Pay from what the buyer keeps with the shop: for him alone, known by his visit."""
        order = self._order(request)
        if order is None:
            return _json({"error": "订单不存在，请核对链接"}, 404)
        if self._opens_too_often(order):
            return _too_often()
        viewer = self._viewer(request)
        # A page of somebody else's cannot send JSON without asking first, and nobody answers that it may.
        plain = request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json"
        if plain or viewer is None or not _same(viewer, order.openid):
            return _json({"error": "余额只能由下单人自己使用，请在下单的微信里打开"}, 403)
        outcome = wallet.pay(self._services, viewer, order.order_no)
        if isinstance(outcome, PaidFromBalance):
            return _json({"paid": True})
        if isinstance(outcome, BalanceShort):
            return _json({"error": "余额不够付这一单，没有扣款"}, 409)
        return _json({"error": "这一单现在不能用余额支付，没有扣款"}, 409)

    def qr(self, request: Request) -> Response:
        order = self._order(request)
        if order is None:
            return Response(status_code=404)
        if self._opens_too_often(order):
            return _too_often()
        opened = paying.open_native(self._services, order)
        if not isinstance(opened, paying.Code):
            return Response(status_code=409)
        return Response(render.render_qr(opened.url), media_type="image/svg+xml", headers=dict(render.HEADERS))

    def state(self, request: Request) -> Response:
        order = self._order(request)
        if order is None:
            return _json({"error": "订单不存在，请核对链接"}, 404)
        viewer = self._viewer(request)
        if self._is_over_for(order, viewer):
            return _json({"error": "订单不存在，请核对链接"}, 404)
        shelf, _ = self._services.shelf.current()
        return _json(render.pay_state(self._pay_view(order, shelf, viewer)))

    def _pay_view(self, order: Order, shelf: Shelf, viewer: OpenId | None) -> PayView:
        own = _same(viewer, order.openid)
        balance = wallet.shown(self._services, order) if own else MoneyView()
        now = self._services.clock.now()
        return pay_view(order, shelf, viewer=viewer, shop_name=self._shop, now=now, balance=balance)

    def order(self, request: Request) -> Response:
        order = self._order(request)
        if order is None:
            return _html(render.render_not_found(self._shop))
        viewer = self._viewer(request)
        if viewer is None and not is_ordinary_browser(request.headers.get("user-agent", "")):
            return self._ask_wechat(request, f"/orders/{order.token}") or self._order_shown(request, order, None)
        return self._order_shown(request, order, viewer)

    def _is_over_for(self, order: Order, viewer: OpenId | None) -> bool:
        old = self._services.clock.now() - order.created_at > LINK_LIVES
        return old and not _same(viewer, order.openid)

    def _order_shown(self, request: Request, order: Order, viewer: OpenId | None) -> Response:
        if self._is_over_for(order, viewer):
            return _html(render.render_not_found(self._shop))
        shelf, _ = self._services.shelf.current()
        keys: dict[int, list[KeyView]] = {}
        waiting: tuple[str, ...] = ()
        if _same(viewer, order.openid):
            for key in telling.reveal_keys(self._services, order, where="page"):
                keys.setdefault(key.line_id, []).append(KeyView(key.secret, key.number))
            waiting = telling.kept_texts(self._services, order)
        view = order_view(
            order,
            shelf,
            viewer=viewer,
            shop_name=self._shop,
            keys=keys,
            waiting_messages=waiting,
            balance=wallet.shown(self._services, order) if _same(viewer, order.openid) else MoneyView(),
        )
        outside = is_ordinary_browser(request.headers.get("user-agent", ""))
        return _html(render.render_order(view, in_wechat=not outside))

    def _order(self, request: Request) -> Order | None:
        token = request.path_params["token"]
        return ordering.by_token(self._services, token) if is_token(token) else None

    def _viewer(self, request: Request) -> OpenId | None:
        cookie = request.cookies.get(VISIT_COOKIE, "")
        return self._services.visits.openid_in(cookie, self._services.clock.now()) if cookie else None

    def _ask_wechat(self, request: Request, path: str) -> Response | None:
        """Find out who is looking: send the browser to WeChat, or take the code it came back with.

        None for a browser that keeps no cookies: it would be sent to and fro for ever, and stays a stranger.
        """
        services = self._services
        address = services.config.app.public_url + path
        code, state = request.query_params.get("code", ""), request.query_params.get("state", "")
        asked = request.cookies.get(STATE_COOKIE, "")
        secure = address.startswith("https://")
        if code and not asked:
            return None
        if not code or not hmac.compare_digest(asked.encode(), state.encode()):
            state = new_state()
            answer = RedirectResponse(services.account.authorize_url(address, state), status_code=302)
            answer.set_cookie(STATE_COOKIE, state, max_age=600, httponly=True, secure=secure, samesite="lax")
            return answer
        visitor = services.account.visitor(code)
        if isinstance(visitor, NoAnswer):
            log.warning("WeChat does not say who opens a page: %s", visitor.reason)
            return self._no_word_of_wechat()
        if isinstance(visitor, BadCode):
            return self._with_another_code(request, address, visitor)
        if visitor.snapshot:
            preview = _html(render.render_error(self._shop, 200, "请使用完整服务", _NO_PREVIEW))
            preview.set_cookie(PREVIEW_COOKIE, "1", max_age=600, httponly=True, secure=secure, samesite="lax")
            return preview
        answer = RedirectResponse(address, status_code=302)
        answer.set_cookie(
            VISIT_COOKIE,
            services.visits.cookie_for(visitor.openid, services.clock.now()),
            max_age=int(VISIT_LIFE.total_seconds()),
            httponly=True,
            secure=secure,
            samesite="lax",
        )
        for done in (STATE_COOKIE, AGAIN_COOKIE, PREVIEW_COOKIE):
            if done in request.cookies:
                answer.delete_cookie(done)
        return answer

    def _with_another_code(self, request: Request, address: str, bad: BadCode) -> Response:
        """A used or old code, from going back or reloading: start again without it, once."""
        answer: Response
        if request.cookies.get(AGAIN_COOKIE):
            log.warning("WeChat refuses one code after the other: errcode %s", bad.errcode)
            answer = self._no_word_of_wechat()
            answer.delete_cookie(AGAIN_COOKIE)
        else:
            answer = RedirectResponse(address, status_code=302)
            secure = address.startswith("https://")
            answer.set_cookie(AGAIN_COOKIE, "1", max_age=60, httponly=True, secure=secure, samesite="lax")
        answer.delete_cookie(STATE_COOKIE)
        return answer

    def _no_word_of_wechat(self) -> Response:
        return _html(render.render_error(self._shop, 503, "微信暂时没有回应", "请稍等几秒后重新打开此页面。"))


def _same(viewer: OpenId | None, owner: OpenId) -> bool:
    return viewer is not None and hmac.compare_digest(viewer.encode(), owner.encode())


def _html(page: render.Page) -> Response:
    return Response(page.html, status_code=page.status, media_type="text/html", headers=dict(render.HEADERS))


def _too_often() -> Response:
    answer = _json({"error": "操作太频繁了，请一分钟后再试"}, 429)
    answer.headers["Retry-After"] = str(WINDOW_S)
    return answer


def _json(content: Mapping[str, object], status: int = 200) -> Response:
    return JSONResponse(content, status_code=status, headers=dict(render.HEADERS))
