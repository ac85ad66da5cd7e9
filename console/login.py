"""Logging in and out, and an operator's own sessions."""

import secrets

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console import accounts, audit, gate, render, second_factor
from console.accounts import Locked, WrongLogin
from console.desk import Parts
from console.gate import Asked
from console.render import SAID
from console.showing import record, shown

FORM_COOKIE = "kabot_console_form"
_FORM_SECONDS = 3600


class Login:
    """The pages before the gate, and those about one's own sessions behind it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def form(self, request: Request) -> Response:
        """GET /console/login."""
        return self._shown(request, 200, "", request.query_params.get("next", ""))

    def _shown(self, request: Request, status: int, problem: str, wanted: str) -> Response:
        token = request.cookies.get(FORM_COOKIE, "")
        fresh = not gate.TOKEN_MIN <= len(token) <= 64
        token = secrets.token_urlsafe(24) if fresh else token
        answer = render.page(
            "login.html",
            status,
            shop_name=self._parts.shop_name,
            problem=problem,
            note=SAID.get(request.query_params.get("said", ""), ""),
            next=gate.own_path(wanted),
            csrf=gate.csrf_of(token),
        )
        if fresh:
            self._set_cookie(answer, FORM_COOKIE, token, _FORM_SECONDS)
        return answer

    async def submit(self, request: Request) -> Response:
        """POST /console/login."""
        form = await gate.read_form(request)
        if form is None:
            return render.problem(413, "内容太多", "请返回重新登录。")
        return await run_in_threadpool(self._log_in, request, form)

    def _log_in(self, request: Request, form: dict[str, str]) -> Response:
        wanted = form.get("next", "")
        # The form has a token of its own: nobody logs a stranger into an account that is not his.
        if not gate.is_csrf(request.cookies.get(FORM_COOKIE, ""), form.get("csrf", "")):
            return self._shown(request, 403, "页面已过期，请再登录一次", wanted)
        now, address = self._parts.clock.now(), gate.address_of(request)
        code = form.get("code", "")[:40]
        done = accounts.log_in(
            self._parts.engine,
            form.get("name", "").strip(),
            form.get("password", ""),
            address=address,
            browser=request.headers.get("user-agent", ""),
            now=now,
            second=lambda conn, number: second_factor.take(conn, self._parts.backroom.vault, number, code, now),
        )
        if isinstance(done, Locked):
            return self._shown(request, 429, "尝试次数太多，请 15 分钟后再试", wanted)
        if isinstance(done, WrongLogin):
            return self._shown(request, 401, "用户名、密码或验证码不对", wanted)
        with self._parts.engine.begin() as conn:
            name = done.operator.name
            audit.record(conn, operator=name, address=address, what="log_in", about=f"operator:{name}", now=now)
        answer = RedirectResponse(gate.own_path(wanted), status_code=303)
        self._set_cookie(answer, gate.SESSION_COOKIE, done.token, int(self._parts.life.whole.total_seconds()))
        answer.delete_cookie(FORM_COOKIE, path=gate.HOME)
        return answer

    def log_out(self, asked: Asked) -> Response:
        """POST /console/logout."""
        self._end(asked, asked.operator.session_id, "log_out")
        answer = gate.said(gate.LOGIN, "logged_out")
        answer.delete_cookie(gate.SESSION_COOKIE, path=gate.HOME)
        return answer

    def sessions(self, asked: Asked) -> Response:
        """GET /console/sessions: where one is logged in."""
        with self._parts.engine.connect() as conn:
            found = accounts.sessions_of(conn, asked.operator.id)
            has_second = second_factor.is_on(conn, asked.operator.id)
            codes_left = second_factor.recovery_left(conn, asked.operator.id)
        return shown(self._parts, asked, "sessions.html", sessions=found, has_second=has_second, codes_left=codes_left)

    def end_session(self, asked: Asked) -> Response:
        """POST /console/sessions/{id}/end."""
        ended = self._end(asked, asked.number("id"), "end_session")
        return gate.said("/console/sessions", "session_ended" if ended else "not_now")

    def _end(self, asked: Asked, session_id: int, what: str) -> bool:
        with self._parts.engine.begin() as conn:
            ended = accounts.end_session(conn, asked.operator.id, session_id)
            if ended:
                record(self._parts, asked, what, f"operator:{asked.operator.name}")(conn)
        return ended

    def _set_cookie(self, answer: Response, name: str, value: str, seconds: int) -> None:
        answer.set_cookie(
            name, value, max_age=seconds, path=gate.HOME, httponly=True, secure=self._parts.https, samesite="lax"
        )
