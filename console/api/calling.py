"""One call: whose key it is, whether it may, and that a repeated one has one effect and one answer."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from console import audit
from console.api import once
from console.api.access import ApiKey
from console.api.parts import ApiParts
from console.api.problems import Problem, conflict, unprocessable
from console.api.scopes import Scope
from console.desk import Also, Parts

SCOPE = "x-scope"
"""Where a route names the scope it needs: in its own description, so that the two cannot differ."""
NO_EFFECT = "x-no-effect"
"""Marks a POST that changes nothing, and so takes no Idempotency-Key."""
KEY_PATTERN = r"^[A-Za-z0-9_.:\-]{1,128}$"
_KEY = re.compile(KEY_PATTERN)


@dataclass(slots=True)
class Caller:
    """Who calls, and what he is answered."""

    key: ApiKey
    address: str
    api: ApiParts
    claim: once.Claim | None = None
    _answer: Response | None = field(default=None)

    @property
    def parts(self) -> Parts:
        """What the console has as well."""
        return self.api.console

    @property
    def actor(self) -> str:
        """Who is named in the order's history."""
        return f"api:{self.key.name}"

    def may(self, scope: Scope) -> bool:
        """Whether the key has this scope."""
        return scope in self.key.scopes

    def also(
        self,
        what: str,
        about: str,
        answer: Callable[[Connection], BaseModel],
        *,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
        status: int = 200,
        kept: Callable[[BaseModel], BaseModel] | None = None,
    ) -> Also:
        """What belongs into the transaction of an effect: the record of who did it, and the answer to it.

        `kept` makes what is kept for a repetition of what is answered now, where the two must differ.
        """

        def write(conn: Connection) -> None:
            now = self.parts.clock.now()
            audit.record(
                conn,
                operator=self.actor,
                address=self.address,
                what=what,
                about=about,
                now=now,
                before=before,
                after=after,
            )
            body = answer(conn)
            if self.claim is not None:
                self.claim.keep(conn, status, (kept(body) if kept else body).model_dump_json())
            self._answer = _json(status, body.model_dump_json())

        return write

    def answered(self) -> Response:
        """The answer written with the effect. A bug where there is none."""
        if self._answer is None:
            raise RuntimeError("an effect without an answer")
        return self._answer


def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


Calling = Annotated[Caller, Depends(_caller)]


class Guarded(APIRoute):
    """A route that looks at the key's scopes before anything else, and at the Idempotency-Key of what has an effect."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        """See APIRoute."""
        inner = super().get_route_handler()
        about: Mapping[str, Any] = self.openapi_extra or {}
        scope = Scope(about[SCOPE])
        has_effect = "POST" in (self.methods or ()) and not about.get(NO_EFFECT)

        async def handler(request: Request) -> Response:
            caller = _caller(request)
            if not caller.may(scope):
                raise Problem(403, "scope-missing", f"The key lacks the scope {scope}", f"这把密钥没有 {scope} 权限。")
            known = {one.alias for one in self.dependant.query_params}
            asked = [name for name, _ in request.query_params.multi_items()]
            if not known.issuperset(asked) or len(asked) > len(set(asked)):
                # A filter that is misspelt would otherwise filter nothing.
                raise unprocessable(
                    "有不认识的或重复的查询参数。", "query", f"known, once each: {', '.join(sorted(known)) or 'none'}"
                )
            if not has_effect:
                answer: Response = await inner(request)
                return answer
            return await _once(caller, request, inner)

        return handler


async def _once(caller: Caller, request: Request, inner: Callable[[Request], Any]) -> Response:
    given = request.headers.getlist("idempotency-key")
    if len(given) != 1 or not _KEY.fullmatch(given[0]):
        raise Problem(
            400,
            "idempotency-key",
            "An Idempotency-Key of 1 to 128 letters, digits and _ . : - is required",
            "请带上 Idempotency-Key 请求头：每个新操作用一个新值，重发同一操作用同一个值。",
        )
    body = await request.body()
    digest = once.sha256_of(request.method, request.url.path, body)
    engine, now = caller.parts.engine, caller.parts.clock.now()
    found = await run_in_threadpool(once.begin, engine, caller.key.id, given[0], digest, now)
    match found:
        case once.Again(status, kept):
            return _json(status, kept, replayed=True)
        case once.Busy():
            raise conflict("in-progress", "The same request is being worked on", "相同的请求正在处理，请稍后再试。")
        case once.OtherRequest():
            raise Problem(
                422,
                "idempotency-key-reused",
                "The Idempotency-Key was used for another request",
                "这个 Idempotency-Key 已用于另一个请求，请换一个。",
            )
    caller.claim = found
    try:
        answer: Response = await inner(request)
    except BaseException:
        await run_in_threadpool(found.let_go, engine)
        raise
    return answer


def _json(status: int, body: str, *, replayed: bool = False) -> Response:
    headers = {"Idempotent-Replayed": "true"} if replayed else None
    return Response(body.encode(), status, headers, "application/json")
