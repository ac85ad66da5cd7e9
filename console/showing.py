"""What every page behind the gate has in common: who looks, what he may do, what was just done, and its record."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from console import audit, render
from console.desk import Parts
from console.gate import Asked
from console.render import SAID
from console.roles import RIGHTS, ROLE_NAMES

WORDS_MAX = 300
"""Of what an operator writes at once: it has to fit below an answer when it cannot be pushed."""


def shown(parts: Parts, asked: Asked, template: str, status: int = 200, **view: Any) -> Response:
    """Render a page for the operator who asked."""

    def when(at: datetime | None, form: str = "%m-%d %H:%M") -> str:
        return f"{at.astimezone(parts.hours.zone):{form}}" if at is not None else ""

    return render.page(
        template,
        status,
        shop_name=parts.shop_name,
        operator=asked.operator,
        role_name=ROLE_NAMES[asked.operator.role],
        rights=RIGHTS[asked.operator.role],
        csrf=asked.csrf,
        path=asked.request.url.path,
        note=SAID.get(asked.request.query_params.get("said", ""), ""),
        when=when,
        words_max=WORDS_MAX,
        server_now=parts.clock.now().isoformat(),
        **view,
    )


def record(
    parts: Parts,
    asked: Asked,
    what: str,
    about: str,
    before: Mapping[str, object] | None = None,
    look: Callable[[Connection], Mapping[str, object]] | None = None,
    **after: object,
) -> Callable[[Connection], None]:
    """What writes an action down, in the transaction that does it; `look` tells how things stand after it."""

    def write(conn: Connection) -> None:
        audit.record(
            conn,
            operator=asked.operator.name,
            address=asked.address,
            what=what,
            about=about,
            now=parts.clock.now(),
            before=before,
            after={**(look(conn) if look is not None else {}), **after},
        )

    return write
