"""What the interface tells and does: orders, buyers, catalog, card keys, cases, suppliers, health."""

import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from catalog.files import read_catalog
from console.api.scopes import Scope
from console.words import WORDS
from tests.api.conftest import Program
from tests.bot.test_after_sale import LI, WANG, Shop
from tests.e2e.shop import DEMO

SERVICE = ("王者代练打到星耀 QQ 12345678 现在铂金", "确认")


def placed(shop: Shop, count: int) -> list[str]:
    """So many unpaid orders, the latest last; two at a time are of one moment."""
    for number in range(count):
        shop.say("充50话费 13812345678", openid=type(LI)(f"oBuyer{number}"))
        shop.say("确认", openid=type(LI)(f"oBuyer{number}"))
        if number % 2:
            shop.passes(1)
    return [str(one) for one in shop.rows("SELECT order_no FROM orders ORDER BY created_at, order_no")]


def test_orders_are_paged_without_missing_or_repeating_one(shop: Shop, program: Callable[..., Program]) -> None:
    caller, numbers = program(), placed(shop, 7)
    seen, cursor, pages = [], None, 0
    while True:
        page = caller.get("/orders", limit=3, **({"cursor": cursor} if cursor else {})).json()
        seen += [one["order_no"] for one in page["orders"]]
        cursor, pages = page["next"], pages + 1
        if cursor is None:
            break
    assert (seen, pages) == (numbers[::-1], 3)
    assert caller.get("/orders", limit=7).json()["next"] is None
    assert caller.get("/orders", cursor="K404").status_code == 404
    assert caller.get("/orders", limit=101).status_code == caller.get("/orders", limit=0).status_code == 422


def test_orders_are_filtered_by_state_and_time(shop: Shop, program: Callable[..., Program]) -> None:
    caller = program()
    early = shop.order("充50话费 13812345678", "确认").order_no
    shop.passes(60)
    late = placed(shop, 1)[-1]

    def found(**query: str) -> list[str]:
        return [one["order_no"] for one in caller.get("/orders", **query).json()["orders"]]

    noon = (shop.clock.now() - timedelta(minutes=30)).isoformat()
    assert found(state="unpaid") == found(since=noon) == [late]
    assert found(state="paid") == found(until=noon) == [early]
    assert found(since="0001-01-01T00:00:00Z") == [late, early]
    assert caller.get("/orders", since="2026-03-02T10:00:00").status_code == 422, "a time has a zone"
    assert caller.get("/orders", state="lost").status_code == 422


def test_an_order_is_told_with_lines_and_timeline_and_what_the_buyer_gave_is_masked(
    shop: Shop, program: Callable[..., Program]
) -> None:
    order = shop.order("充100话费 13812345678", "确认")
    masked, full = program(Scope.ORDERS_READ, name="a"), program(Scope.ORDERS_READ, Scope.ACCOUNTS_READ, name="b")
    told = masked.get(f"/orders/{order.order_no}").json()
    assert (told["state"], told["total_fen"], told["refunded_fen"], told["held"]) == ("paid", 9950, 0, False)
    assert told["created_at"] == "2026-03-02T02:00:00Z"
    [line] = told["lines"]
    assert (line["sku_code"], line["quantity"], line["total_fen"]) == ("HF100", 1, 9950)
    assert line["fields"]["account"] == "138****5678"
    assert {"order", "payment"} <= {one["part"] for one in told["timeline"]}
    whole = masked.get(f"/orders/{order.order_no}").text
    for secret in ("13812345678", str(LI), order.token):
        assert secret not in whole
    seen = full.get(f"/orders/{order.order_no}").json()
    assert (seen["lines"][0]["fields"]["account"], seen["buyer"]) == ("13812345678", LI)
    assert masked.get("/orders/K404").status_code == 404


def test_orders_are_found_by_account_in_a_body_and_not_in_an_address(
    shop: Shop, program: Callable[..., Program]
) -> None:
    caller = program()
    mine = shop.order("充50话费 13812345678", "确认").order_no
    shop.order("充50话费 13912345678", "确认", openid=WANG)
    for words in ("13812345678", str(LI), mine):
        found = caller.http.post("/api/v1/orders/search", json={"words": words}).json()
        assert [one["order_no"] for one in found["orders"]] == [mine]
    assert caller.http.post("/api/v1/orders/search", json={"words": "1381234567"}).json()["orders"] == []


def test_a_person_delivers_through_the_interface_as_in_the_console(shop: Shop, program: Callable[..., Program]) -> None:
    caller = program(name="erp")
    order = shop.order(*SERVICE)
    shop.work()
    path = f"/orders/{order.order_no}/lines/{order.lines[0].id}"
    assert caller.post(f"/orders/K1/lines/{order.lines[0].id}/done", {}).status_code == 404
    done = caller.post(f"{path}/done", {"note": "打完了"})
    assert done.json() == {
        "line_id": order.lines[0].id,
        "order_no": order.order_no,
        "state": "delivered",
        "refunded_fen": 0,
    }
    shop.work()
    assert "打完了" in shop.say("好的") or shop.rows("SELECT count(*) FROM push WHERE kind = 'service_done'") == [1]
    assert caller.post(f"{path}/done", {}).json()["type"] == "urn:kabot:problem:not-now"
    shop.passes(2)
    assert caller.post(f"{path}/resend").status_code == 200
    with shop.services.engine.connect() as conn:
        rows = conn.execute(text("SELECT operator, what, about, address FROM operator_action ORDER BY id")).all()
    about = f"line:{order.lines[0].id}"
    assert [tuple(row) for row in rows] == [
        ("api:erp", "deliver", about, "192.0.2.7"),
        ("api:erp", "resend", about, "192.0.2.7"),
    ]
    assert "api:erp" in shop.rows("SELECT actor FROM order_event WHERE to_state = 'delivered'")


def test_money_goes_back_whole_or_in_parts_and_never_more_than_there_is(
    shop: Shop, program: Callable[..., Program]
) -> None:
    caller = program()
    order = shop.order(*SERVICE)
    shop.work()
    path, total = f"/orders/{order.order_no}/lines/{order.lines[0].id}/refund", order.total_fen
    part = caller.post(path, {"reason": "慢了", "amount_fen": 300})
    assert (part.json()["refunded_fen"], part.json()["state"]) == (300, "delivering")
    stale = caller.post(path, {"reason": "慢了", "amount_fen": 300, "refunded_before_fen": 0})
    assert stale.status_code == 409, "something has gone back since he looked"
    assert caller.post(path, {"reason": "慢了", "amount_fen": total}).status_code == 409
    rest = caller.post(path, {"reason": "不做了"})
    assert rest.json()["refunded_fen"] == total
    assert caller.post(path, {"reason": "再来"}).status_code == 409
    shop.work()
    assert shop.books_agree()
    for wrong in ({"reason": ""}, {"reason": " "}, {"reason": "x" * 81}, {"reason": "x", "amount_fen": 0}, {}):
        assert caller.post(path, wrong).status_code == 422


def test_only_an_unpaid_order_is_cancelled(shop: Shop, program: Callable[..., Program]) -> None:
    caller = program()
    paid = shop.order("充50话费 13812345678", "确认").order_no
    unpaid = next(one for one in placed(shop, 1) if one != paid)
    assert caller.post(f"/orders/{unpaid}/cancel").json() == {"order_no": unpaid, "state": "cancelled"}
    assert caller.post(f"/orders/{paid}/cancel").status_code == 409
    assert caller.post("/orders/K404/cancel").status_code == 404


def test_a_buyer_is_told_in_figures_and_masked(shop: Shop, program: Callable[..., Program]) -> None:
    order = shop.order("充100话费 13812345678", "确认")
    told = program(Scope.BUYERS_READ).get(f"/orders/{order.order_no}/buyer").json()
    assert (told["orders"], told["paid_orders"], told["paid_fen"], told["balance_fen"]) == (1, 1, 9950, 0)
    assert told["buyer"] != LI
    assert program(Scope.BUYERS_READ, name="b").get("/orders/K1/buyer").status_code == 404


# ---- catalog -------------------------------------------------------------------------------------------------------


def test_the_catalog_put_back_changes_nothing_as_toml_and_as_json(program: Callable[..., Program]) -> None:
    caller = program()
    for kind in ("application/toml", "application/json"):
        got = caller.http.get("/api/v1/catalog", headers={"Accept": kind})
        assert got.headers["content-type"].startswith(kind)
        put = caller.http.put(
            "/api/v1/catalog", content=got.content, headers={"Content-Type": kind, "If-Match": got.headers["etag"]}
        )
        assert put.status_code == 200, put.text
        told = put.json()
        assert (told["added"], told["changed"], told["off_sale"]) == (0, 0, 0)
        assert f'"{told["version"]}"' == got.headers["etag"]
    whole = tomllib.loads(caller.http.get("/api/v1/catalog").text)
    assert [one["id"] for one in whole["product"]] == [one.id for one in read_catalog(DEMO).products]


def test_products_are_paged_in_the_shops_order(program: Callable[..., Program]) -> None:
    caller, seen, query = program(), [], {"limit": 10}
    while True:
        page = caller.get("/products", **query).json()
        seen += page["products"]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    wanted = read_catalog(DEMO).products
    assert [one["id"] for one in seen] == [one.id for one in wanted]
    assert [[sku["price_fen"] for sku in one["skus"]] for one in seen] == [
        [sku.price_fen for sku in one.skus] for one in wanted
    ]
    assert caller.get(f"/products/{wanted[0].id}").json() == seen[0]
    assert caller.get("/products/none").status_code == caller.get("/products", cursor="none").status_code == 404


def test_a_price_is_changed_for_what_is_sold_from_now_on(shop: Shop, program: Callable[..., Program]) -> None:
    caller = program()
    version = caller.get("/products").json()["version"]
    told = caller.http.patch("/api/v1/skus/HF100", json={"price_fen": 9800})
    assert told.json()["price_fen"] == 9800
    assert caller.get("/products").json()["version"] != version
    assert "¥98.00" in shop.say("充100话费 13812345678")
    assert caller.http.patch("/api/v1/skus/HF100", json={"cost_fen": None}).json()["cost_fen"] is None
    for wrong in ({}, {"price_fen": 0}, {"price_fen": 98.5}, {"price_fen": "98"}, {"price_fen": None}, {"label": "x"}):
        assert caller.http.patch("/api/v1/skus/HF100", json=wrong).status_code == 422, wrong
    assert caller.http.patch("/api/v1/skus/none", json={"price_fen": 1}).status_code == 404
    assert shop.rows("SELECT after ->> 'price_fen' FROM operator_action WHERE about = 'sku:HF100' ORDER BY id LIMIT 1")


def test_a_catalog_with_a_mistake_changes_nothing_and_says_where(program: Callable[..., Program]) -> None:
    caller = program()
    whole = caller.http.get("/api/v1/catalog").text
    broken = whole.replace('price = "99.50"', 'price = "cheap"')
    assert broken != whole
    answer = caller.http.put("/api/v1/catalog", content=broken, headers={"Content-Type": "application/toml"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["at"].startswith("line ")
    other = caller.http.put("/api/v1/catalog", json={"product": [{"id": "a"}]})
    assert "product.0.name" in {one["at"] for one in other.json()["errors"]}
    for kind, body, status in (
        ("text/plain", "x", 415),
        ("application/json", "{", 400),
        ("application/json", "[]", 422),
        ("application/json", "{}", 422),
    ):
        sent = caller.http.put("/api/v1/catalog", content=body, headers={"Content-Type": kind})
        assert sent.status_code == status, (kind, body)
    assert caller.http.get("/api/v1/catalog").text == whole


def test_a_catalog_made_from_an_older_one_is_refused(program: Callable[..., Program]) -> None:
    caller = program()
    got = caller.http.get("/api/v1/catalog")
    assert caller.http.patch("/api/v1/skus/HF100", json={"price_fen": 9800}).status_code == 200
    headers = {"Content-Type": "application/toml", "If-Match": got.headers["etag"]}
    assert caller.http.put("/api/v1/catalog", content=got.content, headers=headers).status_code == 412
    assert (
        caller.http.put("/api/v1/catalog", content=got.content, headers={**headers, "If-Match": "*"}).status_code == 200
    )


def test_a_catalog_a_program_replaced_is_kept_for_the_console_to_go_back_to(
    shop: Shop, program: Callable[..., Program]
) -> None:
    caller = program()
    got = caller.http.get("/api/v1/catalog")
    other = got.text.replace('price = "99.50"', 'price = "98.50"')
    for body in (got.text, other, other):
        sent = caller.http.put("/api/v1/catalog", content=body, headers={"Content-Type": "application/toml"})
        assert sent.status_code == 200
    kept = [str(one) for one in shop.rows("SELECT version || ' ' || saved_by FROM catalog_snapshot")]
    assert kept == [f"{got.headers['etag'].strip(chr(34))} api:erp"]


def test_what_programs_did_stands_in_the_consoles_record_in_chinese(
    shop: Shop, program: Callable[..., Program]
) -> None:
    caller = program()
    whole = caller.http.get("/api/v1/catalog").content
    caller.http.put("/api/v1/catalog", content=whole, headers={"Content-Type": "application/toml"})
    caller.http.patch("/api/v1/skus/HF100", json={"price_fen": 9800})
    hook = f"/webhooks/{caller.post('/webhooks', {'url': 'https://erp.example/'}).json()['id']}"
    test = caller.post(f"{hook}/test").json()["id"]
    caller.post(f"{hook}/deliveries/{test}/resend")
    caller.post(f"{hook}/secret")
    caller.http.patch(f"/api/v1{hook}", json={"note": "ERP"})
    caller.http.delete(f"/api/v1{hook}")
    caller.post("/keys/void", {"ids": [1], "reason": "x"})
    done = [str(one) for one in shop.rows("SELECT what FROM operator_action WHERE operator = 'api:erp' ORDER BY id")]
    assert done == [
        *("put_catalog", "change_prices", "add_webhook", "test_webhook", "resend_webhook", "renew_webhook_secret"),
        *("change_webhook", "remove_webhook", "void_keys"),
    ]
    assert set(done) <= set(WORDS)


# ---- card keys -----------------------------------------------------------------------------------------------------


def card_sku(shop: Shop) -> str:
    return str(
        shop.rows(
            "SELECT code FROM sku JOIN product p ON p.id = product_id WHERE delivery = 'card' ORDER BY code LIMIT 1"
        )[0]
    )


def test_keys_are_imported_counted_and_voided_and_never_read(shop: Shop, program: Callable[..., Program]) -> None:
    caller, sku = program(), card_sku(shop)
    keys = [{"secret": f"SECRET-{n:04d}", "number": f"NO{n}"} for n in range(20)]
    bad = [{"secret": " "}, {"secret": "1.2E+15"}, {"secret": "a\tb"}]
    answers = [caller.post(f"/skus/{sku}/keys", {"keys": [*keys, keys[0], *bad], "unit_cost_fen": 950})]
    told = answers[0].json()
    assert (told["imported"], told["duplicate"], told["invalid"]) == (20, 1, 3)
    assert [one["index"] for one in told["problems"]] == [21, 22, 23]
    answers.append(caller.post(f"/skus/{sku}/keys", {"keys": keys}))
    assert (answers[1].json()["imported"], answers[1].json()["duplicate"]) == (0, 20)
    answers.append(caller.get(f"/skus/{sku}/keys", state="available", limit=15))
    page = answers[-1].json()
    answers.append(caller.get(f"/skus/{sku}/keys", cursor=page["next"]))
    ids = [one["id"] for one in page["keys"] + answers[-1].json()["keys"]]
    assert len(set(ids)) == 20
    answers.append(caller.post("/keys/void", {"ids": [*ids[:3], 10**9], "reason": "渠道说有问题"}))
    assert answers[-1].json() == {"voided": 3, "refused": [{"id": 10**9, "why": "no such key"}]}
    answers.append(caller.get("/keys"))
    assert answers[-1].json()["stock"] == [{"sku_code": sku, "available": 17, "held": 0, "sold": 0, "void": 3}]
    assert all("SECRET" not in one.text for one in answers)
    assert shop.rows("SELECT count(*) FROM key_batch WHERE unit_cost_fen = 950") == [1]
    assert shop.rows("SELECT DISTINCT actor FROM key_change") == ["api:erp"]
    kept = shop.rows("SELECT body FROM api_answer UNION ALL SELECT after::text FROM operator_action")
    assert all("SECRET" not in str(one) for one in kept)


def test_ten_thousand_keys_are_one_call_and_one_more_is_too_many(shop: Shop, program: Callable[..., Program]) -> None:
    caller, sku = program(), card_sku(shop)
    keys = [{"secret": f"SECRET-{n:06d}"} for n in range(10_001)]
    assert caller.post(f"/skus/{sku}/keys", {"keys": keys}).status_code == 422
    assert caller.post(f"/skus/{sku}/keys", {"keys": keys[:-1]}).json()["imported"] == 10_000
    for code in ("HF100", "NOPE"):
        refused = caller.post(f"/skus/{code}/keys", {"keys": keys[:1]})
        assert refused.status_code == 409
        assert code not in refused.text, "refusals repeat nothing of what was sent"
    assert caller.post("/skus/none/keys", {"keys": keys[:1]}).status_code == 409


# ---- cases, suppliers, health --------------------------------------------------------------------------------------


def test_a_case_is_answered_and_closed(shop: Shop, program: Callable[..., Program]) -> None:
    caller = program()
    order = shop.order(*SERVICE)
    shop.work()
    shop.say("怎么还没到账，QQ 12345678")
    [case] = caller.get("/cases", state="open").json()["cases"]
    assert (case["order_no"], case["number"], case["overdue"]) == (order.order_no, "S00001", False)
    path = f"/cases/{case['id']}"
    assert caller.post(f"{path}/answer", {"words": "师傅今晚开打"}).json()["state"] == "answered"
    shop.work()
    assert "师傅今晚开打" in shop.say("好的")
    assert caller.post(f"{path}/close", {"words": ""}).json()["state"] == "closed"
    assert caller.post(f"{path}/close", {"words": ""}).status_code == 409
    events = caller.get(path).json()["events"]
    assert [one["what"] for one in events][:1] + [one["what"] for one in events][-2:] == [
        "opened",
        "answered",
        "closed",
    ]
    assert "12345678" not in program(Scope.CASES_READ, name="b").get(path).text
    assert caller.get("/cases/404").status_code == caller.post("/cases/404/answer", {"words": "x"}).status_code == 404


def test_suppliers_and_health_are_told_in_figures(shop: Shop, program: Callable[..., Program]) -> None:
    caller = program()
    health = caller.get("/health").json()
    assert (health["database"], health["redis"], health["workers"]) == ("ok", "ok", 0)
    assert health["jobs"]["failed"] == health["ledger_differences"] == health["webhooks_off"] == 0
    assert set(health["keys_short"]) == set(
        shop.rows("SELECT code FROM sku JOIN product p ON p.id = product_id WHERE delivery = 'card'")
    )
    names = [one["name"] for one in caller.get("/suppliers").json()["suppliers"]]
    assert names == list(shop.services.config.supplier)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_NAMES = st.sampled_from(["keys", "ids", "reason", "words", "amount_fen", "url", "events", "price_fen", "secret"])


@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(body=st.dictionaries(_NAMES, _JSON, max_size=4) | _JSON, at=st.integers(0, 7))
def test_no_body_breaks_anything(program_once: Program, body: object, at: int) -> None:
    paths = (
        "/keys/void",
        "/skus/HF100/keys",
        "/orders/K1/lines/1/refund",
        "/orders/search",
        "/webhooks",
        "/cases/1/answer",
    )
    path = paths[at % len(paths)]
    answer = program_once.post(path, body)
    assert answer.status_code in {200, 201, 400, 404, 409, 422}, (path, body, answer.text)
    patched = program_once.http.patch("/api/v1/skus/HF100", json=body)
    assert patched.status_code in {200, 400, 422}, (body, patched.text)


@pytest.fixture
def program_once(program: Callable[..., Program]) -> Program:
    return program(per_minute=100_000)


def test_times_of_orders_are_aware(shop: Shop, program: Callable[..., Program]) -> None:
    order = shop.order("充50话费 13812345678", "确认")
    told = program().get(f"/orders/{order.order_no}").json()
    assert datetime.fromisoformat(told["paid_at"]) == datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
