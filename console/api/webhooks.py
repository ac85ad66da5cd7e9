"""Where webhooks go: endpoints made, changed and removed, and the log of what each was told."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field, model_validator
from sqlalchemy import Connection

from console import audit
from console.api import endpoints
from console.api.calling import SCOPE, Caller, Calling, Guarded
from console.api.endpoints import BadUrlError
from console.api.problems import conflict, not_found, unprocessable
from console.api.scopes import Scope
from console.api.shapes import Given, Limit, Number, Page, Time, Told
from console.api.tables import EVENT_TYPES

router = APIRouter(route_class=Guarded, tags=["webhooks"])
_SCOPE = {SCOPE: Scope.WEBHOOKS_WRITE}
_TYPE = "^(" + "|".join(EVENT_TYPES).replace(".", r"\.") + ")$"

Url = Annotated[str, Field(min_length=9, max_length=500, pattern=r"^https?://[!-~]+$")]
EventType = Annotated[str, Field(pattern=_TYPE)]
EventTypes = Annotated[list[EventType], Field(max_length=len(EVENT_TYPES))]
Note = Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f]*$")]


class EndpointWanted(Given):
    """A new endpoint."""

    url: Url = Field(description="https; never a private address, unless the configuration allows it.")
    events: EventTypes = Field(default=[], description="What it is told of; empty: everything.")
    note: Note = ""


class EndpointChanges(Given):
    """What is to be another; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    url: Url | None = None
    events: EventTypes | None = None
    note: Note | None = None
    active: bool | None = Field(default=None, description="true lets one in again that was switched off.")

    @model_validator(mode="after")
    def _says_something(self) -> "EndpointChanges":
        if not self.model_fields_set:
            raise ValueError("url, events, note or active")
        return self


class Endpoint(Told):
    """An address that is told what happens."""

    id: Number
    url: str
    events: list[str]
    note: str
    active: bool
    off_reason: str = Field(description="Why it was switched off; empty: it was not, or by a person.")
    made_at: Time
    failures: int = Field(description="In a row.")
    paused_until: Time | None
    last_ok_at: Time | None


class EndpointMade(Told):
    """A new endpoint, or a new secret."""

    id: Number
    secret: str | None = Field(description="Checks signatures. Shown this once: null when a request is repeated.")


class Endpoints(Told):
    """Every endpoint."""

    webhooks: list[Endpoint]


class Delivery(Told):
    """One thing an endpoint was told, or is to be."""

    id: Number
    message_id: str = Field(description="Sent as webhook-id, the same however often.")
    type: str
    order_no: str
    line_id: int | None
    case_id: int | None
    happened_at: Time
    state: str = Field(description="waiting, sending, delivered or failed")
    attempts: int
    next_try_at: Time | None
    last_at: Time | None
    last_status: int | None
    last_problem: str
    delivered_at: Time | None


class Deliveries(Page):
    """What an endpoint was told, the latest first."""

    deliveries: list[Delivery]


@router.get("/webhooks", openapi_extra=_SCOPE)
def list_webhooks(caller: Calling) -> Endpoints:
    """List the endpoints."""
    with caller.parts.engine.connect() as conn:
        return Endpoints(webhooks=[Endpoint(**one) for one in endpoints.all_of(conn)])


@router.post("/webhooks", openapi_extra=_SCOPE, response_model=EndpointMade, status_code=201)
def add_webhook(caller: Calling, wanted: EndpointWanted) -> Response:
    """Add an endpoint. The answer holds its secret, this once."""
    url = _checked(caller, wanted.url)
    now, vault = caller.parts.clock.now(), caller.parts.backroom.vault
    with caller.parts.engine.begin() as conn:
        made = endpoints.add(conn, vault, url, list(dict.fromkeys(wanted.events)), wanted.note, now)
        if made is None:
            raise conflict("too-many", "There are as many as there may be", f"最多 {endpoints.ENDPOINTS_MAX} 个。")
        _show(caller, conn, "add_webhook", made, 201, {"url": url, "events": wanted.events})
    return caller.answered()


@router.get("/webhooks/{webhook_id}", openapi_extra=_SCOPE)
def get_webhook(caller: Calling, webhook_id: Number) -> Endpoint:
    """One endpoint."""
    with caller.parts.engine.connect() as conn:
        return _there(conn, webhook_id)


@router.patch("/webhooks/{webhook_id}", openapi_extra=_SCOPE)
def change_webhook(caller: Calling, webhook_id: Number, wanted: EndpointChanges) -> Endpoint:
    """Change an endpoint, switch it off, or on again. What waits for it goes out when it is on again; what happens
    while it is off is not kept for it."""
    url = None if wanted.url is None else _checked(caller, wanted.url)
    with caller.parts.engine.begin() as conn:
        before = _there(conn, webhook_id)
        endpoints.change(conn, webhook_id, url=url, events=wanted.events, note=wanted.note, active=wanted.active)
        _record(caller, conn, "change_webhook", webhook_id, _known(before), wanted.model_dump(exclude_unset=True))
        return _there(conn, webhook_id)


@router.delete("/webhooks/{webhook_id}", openapi_extra=_SCOPE, status_code=204, response_class=Response)
def remove_webhook(caller: Calling, webhook_id: Number) -> None:
    """Remove an endpoint, what waits for it, and the log of what it was told."""
    with caller.parts.engine.begin() as conn:
        before = _there(conn, webhook_id)
        endpoints.remove(conn, webhook_id)
        _record(caller, conn, "remove_webhook", webhook_id, _known(before), {})


@router.post("/webhooks/{webhook_id}/secret", openapi_extra=_SCOPE, response_model=EndpointMade)
def renew_secret(caller: Calling, webhook_id: Number) -> Response:
    """Give an endpoint another secret: from then on everything is signed with it."""
    with caller.parts.engine.begin() as conn:
        made = endpoints.renew_secret(conn, caller.parts.backroom.vault, webhook_id)
        if made is None:
            raise _none()
        _show(caller, conn, "renew_webhook_secret", made, 200, {})
    return caller.answered()


@router.post("/webhooks/{webhook_id}/test", openapi_extra=_SCOPE, response_model=Delivery, status_code=202)
def send_test(caller: Calling, webhook_id: Number) -> Response:
    """Have `kabot.test` sent, within some seconds."""
    with caller.parts.engine.begin() as conn:
        _there(conn, webhook_id)
        number = endpoints.send_test(conn, webhook_id, caller.parts.clock.now())
        about = f"webhook:{webhook_id}"
        caller.also("test_webhook", about, lambda c: _told(c, webhook_id, number), status=202)(conn)
    return caller.answered()


@router.get("/webhooks/{webhook_id}/deliveries", openapi_extra=_SCOPE)
def list_deliveries(
    caller: Calling,
    webhook_id: Number,
    state: Annotated[str | None, Query(pattern="^(waiting|sending|delivered|failed)$")] = None,
    cursor: Number | None = None,
    limit: Limit = 50,
) -> Deliveries:
    """List what an endpoint was told in the last 30 days, the latest first."""
    with caller.parts.engine.connect() as conn:
        _there(conn, webhook_id)
        rows = endpoints.deliveries(conn, webhook_id, state, cursor, limit)
    shown = [_delivery(row) for row in rows[:limit]]
    return Deliveries(deliveries=shown, next=str(shown[-1].id) if len(rows) > limit else None)


@router.post(
    "/webhooks/{webhook_id}/deliveries/{delivery_id}/resend",
    openapi_extra=_SCOPE,
    response_model=Delivery,
    status_code=202,
)
def resend(caller: Calling, webhook_id: Number, delivery_id: Number) -> Response:
    """Have something sent once more, under the same message id."""
    with caller.parts.engine.begin() as conn:
        if endpoints.delivery(conn, webhook_id, delivery_id) is None:
            raise not_found("没有这条记录。")
        if not endpoints.send_again(conn, webhook_id, delivery_id, caller.parts.clock.now()):
            raise conflict("not-now", "It is on its way", "正在发送，请稍后再试。")
        about = f"webhook:{webhook_id}"
        after = {"delivery": delivery_id}
        caller.also("resend_webhook", about, lambda c: _told(c, webhook_id, delivery_id), after=after, status=202)(conn)
    return caller.answered()


def _checked(caller: Caller, url: str) -> str:
    try:
        return endpoints.check_url(url, private=caller.api.private_webhooks)
    except BadUrlError as error:
        raise unprocessable("不能向这个网址发送。", "body.url", str(error)) from None


def _there(conn: Connection, webhook_id: int) -> Endpoint:
    found = endpoints.one(conn, webhook_id)
    if found is None:
        raise _none()
    return Endpoint(**found)


def _none() -> Exception:
    return not_found("没有这个 webhook。")


def _show(
    caller: Caller, conn: Connection, what: str, made: endpoints.Made, status: int, after: dict[str, object]
) -> None:
    """Answer with the secret, and keep the answer without it."""
    caller.also(
        what,
        f"webhook:{made.id}",
        lambda _: EndpointMade(id=made.id, secret=made.secret),
        after=after,
        status=status,
        kept=lambda _: EndpointMade(id=made.id, secret=None),
    )(conn)


def _record(
    caller: Caller, conn: Connection, what: str, webhook_id: int, before: dict[str, object], after: dict[str, object]
) -> None:
    audit.record(
        conn,
        operator=caller.actor,
        address=caller.address,
        what=what,
        about=f"webhook:{webhook_id}",
        now=caller.parts.clock.now(),
        before=before,
        after=after,
    )


def _known(endpoint: Endpoint) -> dict[str, object]:
    return endpoint.model_dump(include={"url", "events", "note", "active"})


def _told(conn: Connection, webhook_id: int, delivery_id: int) -> Delivery:
    row = endpoints.delivery(conn, webhook_id, delivery_id)
    if row is None:
        raise not_found("没有这条记录。")
    return _delivery(row)


def _delivery(row: dict[str, Any]) -> Delivery:
    is_open = row["state"] in ("waiting", "sending")
    return Delivery(**{**row, "message_id": f"msg_{row['id']}", "next_try_at": row["next_try_at"] if is_open else None})
