"""Card keys in stock: imported, counted, listed without being seen, voided. No answer ever holds one."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from catalog import key_import, stock_care
from console.api import reading
from console.api.calling import SCOPE, Calling, Guarded
from console.api.problems import conflict
from console.api.scopes import Scope
from console.api.shapes import Fen, Given, Limit, Number, Page, SkuCode, Time, Told

router = APIRouter(route_class=Guarded, tags=["keys"])
_READ = {SCOPE: Scope.KEYS_READ}
_WRITE = {SCOPE: Scope.KEYS_WRITE}
IMPORT_MAX = 10_000
VOID_MAX = 10_000
_FILE_NAME = "api"

Secret = Annotated[str, Field(min_length=1, max_length=500)]


class CardKey(Given):
    """A card key."""

    secret: Secret
    number: Annotated[str, Field(min_length=1, max_length=100)] | None = None


class KeysToImport(Given):
    """Card keys for one SKU."""

    keys: Annotated[list[CardKey], Field(min_length=1, max_length=IMPORT_MAX)]
    unit_cost_fen: Fen | None = Field(default=None, description="What one cost; left out, what the catalog says.")


class BadKey(Told):
    """A key that was not imported."""

    index: int = Field(description="Its place in `keys`, from 0.")
    reason: str


class KeysImported(Told):
    """What became of the keys."""

    sku_code: str
    imported: int
    duplicate: int = Field(description="In stock already, sold ones included, or twice in this call.")
    invalid: int
    problems: list[BadKey]


class Stock(Told):
    """How many keys of a SKU there are."""

    sku_code: str
    available: int
    held: int
    sold: int
    void: int


class StockPage(Told):
    """Every SKU that ever had keys."""

    stock: list[Stock]


class KeyRow(Told):
    """One key, told by its number."""

    id: Number
    state: str = Field(description="available, held, sold or void")
    batch_id: int
    order_no: str | None
    imported_at: Time


class KeyRows(Page):
    """Keys of a SKU, the latest first."""

    keys: list[KeyRow]


class KeysToVoid(Given):
    """Keys that are not to be sold."""

    ids: Annotated[list[Number], Field(min_length=1, max_length=VOID_MAX)]
    reason: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*[^\x00-\x20][^\x00-\x1f]*$")]


class Refused(Told):
    """A key that stays what it is."""

    id: int
    why: str = Field(description="Its state, or that there is none of this number.")


class KeysVoided(Told):
    """What became of them."""

    voided: int
    refused: list[Refused]


@router.get("/keys", openapi_extra=_READ)
def count_keys(caller: Calling) -> StockPage:
    """Count the keys by SKU and state."""
    with caller.parts.engine.connect() as conn:
        counts = stock_care.totals(conn)
    states = ("available", "held", "sold", "void")
    return StockPage(
        stock=[Stock(sku_code=code, **{state: of.get(state, 0) for state in states}) for code, of in counts.items()]
    )


@router.get("/skus/{code}/keys", openapi_extra=_READ)
def list_keys(
    caller: Calling,
    code: SkuCode,
    state: Annotated[str | None, Query(pattern=r"^(available|held|sold|void)$")] = None,
    cursor: Number | None = None,
    limit: Limit = 50,
) -> KeyRows:
    """List the keys of a SKU by number, the latest first."""
    with caller.parts.engine.connect() as conn:
        rows = reading.keys(conn, code, state, cursor, limit)
    shown = [KeyRow(**row) for row in rows[:limit]]
    return KeyRows(keys=shown, next=str(shown[-1].id) if len(rows) > limit else None)


@router.post("/skus/{code}/keys", openapi_extra=_WRITE, response_model=KeysImported)
def import_keys(caller: Calling, code: SkuCode, wanted: KeysToImport) -> Response:
    """Import card keys, 10,000 at most, in one transaction. Those that are there already are not imported again."""
    parts = caller.parts
    vault = parts.backroom.vault
    with parts.engine.begin() as conn:
        if key_import.why_not(conn, code) is not None:  # its words are for a terminal: they repeat the code
            raise conflict("no-card-sku", "There is no such SKU of card keys", "没有这个 SKU，或者它不是卡密商品。")
        cards = [(one.secret, one.number) for one in wanted.keys]
        done = key_import.import_cards(conn, vault, code, cards, name=_FILE_NAME, unit_cost_fen=wanted.unit_cost_fen)
        told = KeysImported(
            sku_code=code,
            imported=done.imported,
            duplicate=done.duplicate,
            invalid=done.invalid,
            problems=[BadKey(index=one.line, reason=one.reason) for one in done.problems],
        )
        counts = {"imported": done.imported, "duplicate": done.duplicate, "invalid": done.invalid}
        caller.also("import_keys", f"sku:{code}", lambda _: told, after=counts)(conn)
    return caller.answered()


@router.post("/keys/void", openapi_extra=_WRITE, response_model=KeysVoided)
def void_keys(caller: Calling, wanted: KeysToVoid) -> Response:
    """Take keys off sale; held and sold ones stay what they are."""
    now: datetime = caller.parts.clock.now()
    ids = list(dict.fromkeys(wanted.ids))
    with caller.parts.engine.begin() as conn:
        done = stock_care.void(conn, ids, now, reason=wanted.reason, actor=caller.actor)
        told = KeysVoided(voided=len(done.ids), refused=[Refused(id=number, why=why) for number, why in done.refused])
        after = {"voided": list(done.ids)[:100], "count": len(done.ids), "words": wanted.reason}
        caller.also("void_keys", "keys", lambda _: told, after=after)(conn)
    return caller.answered()
