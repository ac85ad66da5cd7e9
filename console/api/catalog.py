"""The catalog: read page by page or whole, replaced whole as a file would, and prices changed one by one."""

import json
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import ConfigDict, Field, model_validator
from sqlalchemy import Connection

from catalog import store
from catalog.entries import read_products
from catalog.files import CatalogError, read_text
from catalog.model import Delivery, Product, Sku
from catalog.shelf import Shelf
from catalog.version import content_version
from catalog.writing import to_toml
from console import audit, drafts
from console.api import reading
from console.api.calling import SCOPE, Caller, Calling, Guarded
from console.api.problems import Problem, not_found
from console.api.scopes import Scope
from console.api.shapes import Fen, Given, Limit, Page, SkuCode, SomeFen, Told
from kernel.money import Fen as FenValue

router = APIRouter(route_class=Guarded, tags=["catalog"])
_READ = {SCOPE: Scope.CATALOG_READ}
TOML = "application/toml"
_JSON = "application/json"
_ERRORS_MAX = 50
_FILE: dict[str, Any] = {
    "type": "object",
    "description": "What the catalog file holds, as JSON: `product` with its `field`, `option` and `sku`. As in the"
    " file, prices are yuan with two decimals, in quotes.",
    "required": ["product"],
    "properties": {"product": {"type": "array", "minItems": 1, "items": {"type": "object"}}},
    "additionalProperties": False,
}
_PUT = {
    SCOPE: Scope.CATALOG_WRITE,
    "requestBody": {"required": True, "content": {TOML: {"schema": {"type": "string"}}, _JSON: {"schema": _FILE}}},
}


class Choice(Told):
    """One value of an option or a choice."""

    id: str
    label: str
    aliases: list[str]


class FieldTold(Told):
    """Something the buyer must give."""

    name: str
    label: str
    kind: str
    pattern: str | None
    values: list[Choice]
    default: str | None
    optional: bool


class OptionTold(Told):
    """Something that picks among a product's SKUs."""

    name: str
    label: str
    values: list[Choice]
    default: str | None


class SkuTold(Told):
    """One thing with one price."""

    code: str
    product_id: str
    label: str
    price_fen: Fen = Field(description="Of one unit, where any number is sold.")
    cost_fen: Fen | None
    face_fen: Fen | None
    value: float | None
    unit: str
    options: dict[str, str]
    aliases: list[str]
    eta: str | None
    any_value_min: int | None
    any_value_max: int | None
    supplier: str | None
    supplier_code: str | None
    paused: str | None = Field(description="Why it is off sale for now; null: it is on sale.")


class ProductTold(Told):
    """One product on sale."""

    id: str
    name: str
    category: list[str]
    delivery: Delivery
    aliases: list[str]
    fields: list[FieldTold]
    options: list[OptionTold]
    eta: str
    note: str
    tags: list[str]
    skus: list[SkuTold]


class Products(Page):
    """Products in the shop's order."""

    version: str
    products: list[ProductTold]


class Imported(Told):
    """What became of a catalog, counted in SKUs."""

    version: str = Field(description="Of the catalog now; what If-Match compares with.")
    added: int
    changed: int
    unchanged: int
    off_sale: int = Field(description="On sale before and not in it.")


class Prices(Given):
    """New prices of a SKU; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    price_fen: SomeFen = Field(default_factory=int, description="Fen.")
    cost_fen: Fen | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Prices":
        if not self.model_fields_set:
            raise ValueError("price_fen or cost_fen")
        return self


@router.get("/products", openapi_extra=_READ)
def list_products(
    caller: Calling,
    cursor: Annotated[SkuCode | None, Field(description="`next` of the page before.")] = None,
    limit: Limit = 50,
) -> Products:
    """List what is on sale, in the shop's order."""
    with caller.parts.engine.connect() as conn:
        found = reading.products(conn, after=cursor, limit=limit)
        version = store.current_version(conn)
    if found is None:
        raise not_found("没有这个 cursor，请从第一页开始。")
    shown = [ProductTold(**one) for one in found[:limit]]
    return Products(version=version, products=shown, next=shown[-1].id if len(found) > limit else None)


@router.get("/products/{product_id}", openapi_extra=_READ)
def get_product(caller: Calling, product_id: SkuCode) -> ProductTold:
    """One product on sale."""
    with caller.parts.engine.connect() as conn:
        found = reading.product(conn, product_id)
    if found is None:
        raise not_found("没有这个商品。")
    return ProductTold(**found)


@router.get(
    "/catalog",
    openapi_extra=_READ,
    response_class=Response,
    responses={200: {"content": {TOML: {"schema": {"type": "string"}}, _JSON: {"schema": _FILE}}}},
)
def get_catalog(caller: Calling, accept: Annotated[str, Header(include_in_schema=False)] = "") -> Response:
    """The whole catalog as a file: TOML, or with `Accept: application/json` the same as JSON. Put back it changes
    nothing. The ETag is its version."""
    with caller.parts.engine.connect() as conn:
        shelf = store.load_listed(conn)
    body = to_toml(shelf.products)
    headers = {"ETag": f'"{shelf.version}"'}
    if TOML not in accept and _JSON in accept:
        return Response(json.dumps(tomllib.loads(body) or {"product": []}, ensure_ascii=False), 200, headers, _JSON)
    return Response(body, 200, headers, TOML)


async def _raw(request: Request) -> tuple[str, bytes]:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower(), await request.body()


@router.put("/catalog", openapi_extra=_PUT)
def put_catalog(
    caller: Calling,
    given: Annotated[tuple[str, bytes], Depends(_raw)],
    if_match: Annotated[
        str | None, Header(max_length=100, description="The version it was made from: refused when it is another now.")
    ] = None,
) -> Imported:
    """Replace the catalog, as `kabot catalog import` does: what is not in it goes off sale. All or nothing."""
    products = _read(*given)
    with caller.parts.engine.begin() as conn:
        store.lock(conn)
        before = store.load_listed(conn)
        if if_match is not None and if_match.strip().removeprefix("W/").strip('"') not in (before.version, "*"):
            raise Problem(
                412, "catalog-moved", "The catalog has another version now", "目录已被改动，请重新读取后再提交。"
            )
        if content_version(products) != before.version:
            drafts.keep(conn, before, caller.actor, caller.parts.clock.now())  # the console goes back to it
        return _import(caller, conn, before, products, "put_catalog", "catalog", {})


@router.patch("/skus/{code}", openapi_extra={SCOPE: Scope.CATALOG_WRITE})
def change_prices(caller: Calling, code: SkuCode, prices: Prices) -> SkuTold:
    """Change a SKU's price or cost. Orders that are placed keep theirs."""
    with caller.parts.engine.begin() as conn:
        store.lock(conn)
        before = store.load_listed(conn)
        if not any(sku.code == code for one in before.products for sku in one.skus):
            raise not_found("没有这个在售的 SKU。")
        after = tuple(
            replace(one, skus=tuple(_priced(sku, prices) if sku.code == code else sku for sku in one.skus))
            for one in before.products
        )
        _import(caller, conn, before, after, "change_prices", f"sku:{code}", prices.model_dump(exclude_unset=True))
        return SkuTold(**reading.sku(conn, code))


def _priced(sku: Sku, prices: Prices) -> Sku:
    changed = sku
    if "price_fen" in prices.model_fields_set:
        changed = replace(changed, price_fen=FenValue(prices.price_fen))
    if "cost_fen" in prices.model_fields_set:
        changed = replace(changed, cost_fen=None if prices.cost_fen is None else FenValue(prices.cost_fen))
    return changed


def _import(
    caller: Caller,
    conn: Connection,
    before: Shelf,
    products: Sequence[Product],
    what: str,
    about: str,
    told: dict[str, object],
) -> Imported:
    version = content_version(products)
    done = store.import_catalog(conn, Shelf(products, version))
    audit.record(
        conn,
        operator=caller.actor,
        address=caller.address,
        what=what,
        about=about,
        now=caller.parts.clock.now(),
        before={"version": before.version},
        after={"version": version, **told},
    )
    return Imported(
        version=version, added=done.added, changed=done.changed, unchanged=done.unchanged, off_sale=done.paused
    )


def _read(kind: str, body: bytes) -> tuple[Product, ...]:
    """Raises Problem with everything that is wrong, each with its place."""
    if kind == TOML:
        try:
            return tuple(read_text(body).products)
        except CatalogError as error:
            raise _bad([(f"line {one.line}" if one.line else "", one.message) for one in error.problems]) from None
    if kind != _JSON:
        detail = "请用 Content-Type: application/toml 或 application/json 提交。"
        raise Problem(415, "media-type", "application/toml or application/json is wanted", detail)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise Problem(400, "bad-request", "The body is not JSON", "请求内容不是 JSON。") from None
    if not isinstance(document, dict):
        raise _bad([("", "应是一个对象")])
    products, complaints = read_products(document)
    if complaints.count:
        raise _bad([(".".join(map(str, one.at)), one.message) for one in complaints.kept])
    return products


def _bad(problems: Sequence[tuple[str, str]]) -> Problem:
    errors = [{"at": at, "message": message} for at, message in problems[:_ERRORS_MAX]]
    return Problem(422, "invalid", "Invalid catalog", f"目录有 {len(problems)} 处问题，没有导入。", errors=errors)
