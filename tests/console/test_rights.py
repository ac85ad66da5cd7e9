"""Roles × what can be done: the table of rights, and that every route asks for the right it should."""

from collections.abc import Callable

import pytest

from bot import desk
from console.roles import RIGHTS, Right, Role, may
from console.routes import routes
from tests.bot.test_after_sale import Shop
from tests.console.conftest import Window, csrf_in

TABLE = """
                owner manager support finance readonly
see             x     x       x       x       x
see_money       x     x       -       x       x
see_accounts    x     x       x       -       -
see_talks       x     x       x       -       -
deliver         x     x       x       -       -
refund          x     x       -       x       -
answer          x     x       x       -       -
note            x     x       x       x       -
edit_canned     x     x       -       -       -
export          x     x       -       x       -
see_notices     x     x       -       x       -
see_actions     x     x       -       -       -
people          x     -       -       -       -
programs        x     -       -       -       -
wallets         x     -       -       x       -
knowledge       x     x       -       -       -
see_books       x     x       -       x       -
books           x     x       -       x       -
suppliers       x     x       -       -       -
risk            x     x       -       -       -
goods           x     x       -       -       -
see_keys        x     x       x       -       -
keys            x     x       -       -       -
reveal_keys     x     x       -       -       -
"""
HEAD, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
NEEDS = {
    ("GET", "/console"): Right.SEE,
    ("GET", "/console/sessions"): Right.SEE,
    ("GET", "/console/orders"): Right.SEE,
    ("GET", "/console/todo"): Right.SEE,
    ("GET", "/console/cases"): Right.SEE,
    ("GET", "/console/orders/K1"): Right.SEE,
    ("GET", "/console/talks"): Right.SEE_TALKS,
    ("GET", "/console/actions"): Right.SEE_ACTIONS,
    ("POST", "/console/lines/1/done"): Right.DELIVER,
    ("POST", "/console/lines/1/refund"): Right.REFUND,
    ("POST", "/console/cases/1/answer"): Right.ANSWER,
    ("POST", "/console/cases/1/close"): Right.ANSWER,
    ("POST", "/console/cases/1/refund"): Right.REFUND,
    ("POST", "/console/talks/1/say"): Right.ANSWER,
    ("POST", "/console/talks/1/end"): Right.ANSWER,
    ("GET", "/console/talks/1"): Right.SEE_TALKS,
    ("GET", "/console/talks/bot"): Right.SEE_TALKS,
    ("GET", "/console/talks/bot/1"): Right.SEE_TALKS,
    ("POST", "/console/talks/bot/1/take"): Right.ANSWER,
    ("POST", "/console/talks/bot/1/note"): Right.NOTE,
    ("POST", "/console/talks/1/hand"): Right.ANSWER,
    ("POST", "/console/talks/1/finish"): Right.ANSWER,
    ("POST", "/console/talks/1/note"): Right.NOTE,
    ("GET", "/console/canned"): Right.ANSWER,
    ("POST", "/console/canned"): Right.EDIT_CANNED,
    ("POST", "/console/canned/1/drop"): Right.EDIT_CANNED,
    ("POST", "/console/orders/K1/note"): Right.NOTE,
    ("POST", "/console/orders/by-key"): Right.SEE_KEYS,
    ("POST", "/console/orders/export"): Right.EXPORT,
    ("POST", "/console/lines/1/refund-some"): Right.REFUND,
    ("POST", "/console/lines/1/replace-key"): Right.DELIVER,
    ("POST", "/console/orders/K1/cancel"): Right.DELIVER,
    ("POST", "/console/notes/1/drop"): Right.NOTE,
    ("POST", "/console/lines/1/resend"): Right.ANSWER,
    ("GET", "/console/people"): Right.PEOPLE,
    ("POST", "/console/people"): Right.PEOPLE,
    ("GET", "/console/people/999"): Right.PEOPLE,
    ("POST", "/console/people/999/role"): Right.PEOPLE,
    ("POST", "/console/people/999/off"): Right.PEOPLE,
    ("POST", "/console/people/999/password"): Right.PEOPLE,
    ("POST", "/console/people/999/factor"): Right.PEOPLE,
    ("POST", "/console/people/999/logout"): Right.PEOPLE,
    ("GET", "/console/wallets"): Right.SEE_BOOKS,
    ("GET", "/console/wallets/moves"): Right.SEE_BOOKS,
    ("POST", "/console/wallets/search"): Right.SEE_BOOKS,
    ("POST", "/console/wallets/open"): Right.WALLETS,
    ("GET", "/console/wallets/999"): Right.SEE_BOOKS,
    ("POST", "/console/wallets/999/ask"): Right.WALLETS,
    ("POST", "/console/wallets/999/correct"): Right.WALLETS,
    ("POST", "/console/wallets/999/withdraw"): Right.WALLETS,
    ("GET", "/console/programs"): Right.PROGRAMS,
    ("POST", "/console/programs/keys"): Right.PROGRAMS,
    ("POST", "/console/programs/keys/999/off"): Right.PROGRAMS,
    ("POST", "/console/programs/webhooks"): Right.PROGRAMS,
    ("GET", "/console/programs/webhooks/999"): Right.PROGRAMS,
    ("POST", "/console/programs/webhooks/999/change"): Right.PROGRAMS,
    ("POST", "/console/programs/webhooks/999/pause"): Right.PROGRAMS,
    ("POST", "/console/programs/webhooks/999/resume"): Right.PROGRAMS,
    ("POST", "/console/programs/webhooks/999/test"): Right.PROGRAMS,
    ("POST", "/console/programs/webhooks/999/secret"): Right.PROGRAMS,
    ("POST", "/console/programs/webhooks/999/remove"): Right.PROGRAMS,
    ("POST", "/console/programs/webhooks/999/deliveries/777/resend"): Right.PROGRAMS,
    ("POST", "/console/me/password"): Right.SEE,
    ("GET", "/console/me/factor"): Right.SEE,
    ("POST", "/console/me/factor"): Right.SEE,
    ("POST", "/console/me/factor/off"): Right.SEE,
    ("GET", "/console/knowledge"): Right.KNOWLEDGE,
    ("POST", "/console/knowledge/alias"): Right.KNOWLEDGE,
    ("POST", "/console/knowledge/settle"): Right.KNOWLEDGE,
    ("GET", "/console/knowledge/faq"): Right.KNOWLEDGE,
    ("POST", "/console/knowledge/faq"): Right.KNOWLEDGE,
    ("POST", "/console/knowledge/faq/undo"): Right.KNOWLEDGE,
    ("GET", "/console/menu"): Right.KNOWLEDGE,
    ("POST", "/console/menu"): Right.KNOWLEDGE,
    ("POST", "/console/menu/publish"): Right.KNOWLEDGE,
    ("GET", "/console/suppliers"): Right.SEE_BOOKS,
    ("POST", "/console/suppliers/ask"): Right.BOOKS,
    ("POST", "/console/suppliers/pause"): Right.SUPPLIERS,
    ("POST", "/console/suppliers/resume"): Right.SUPPLIERS,
    ("GET", "/console/books"): Right.SEE_BOOKS,
    ("POST", "/console/books/compare"): Right.BOOKS,
    ("POST", "/console/books/bill/999"): Right.BOOKS,
    ("GET", "/console/risk"): Right.RISK,
    ("POST", "/console/risk/K1/release"): Right.RISK,
    ("POST", "/console/risk/K1/refuse"): Right.RISK,
    ("POST", "/console/risk/lists"): Right.RISK,
    ("POST", "/console/risk/lists/999/end"): Right.RISK,
    ("GET", "/console/goods"): Right.SEE,
    ("GET", "/console/goods/product"): Right.SEE,
    ("POST", "/console/goods/product"): Right.GOODS,
    ("POST", "/console/goods/sku"): Right.GOODS,
    ("POST", "/console/goods/toml"): Right.GOODS,
    ("GET", "/console/goods/new"): Right.GOODS,
    ("POST", "/console/goods/out"): Right.GOODS,
    ("POST", "/console/goods/back"): Right.GOODS,
    ("POST", "/console/goods/place"): Right.GOODS,
    ("GET", "/console/goods/prices"): Right.GOODS,
    ("POST", "/console/goods/prices"): Right.GOODS,
    ("GET", "/console/goods/draft"): Right.SEE,
    ("POST", "/console/goods/try"): Right.SEE,
    ("POST", "/console/goods/save"): Right.GOODS,
    ("POST", "/console/goods/discard"): Right.GOODS,
    ("GET", "/console/goods/history"): Right.GOODS,
    ("POST", "/console/goods/history/1"): Right.GOODS,
    ("GET", "/console/goods/catalog.toml"): Right.GOODS,
    ("GET", "/console/goods/catalog.xlsx"): Right.GOODS,
    ("GET", "/console/goods/runs/1"): Right.GOODS,
    ("POST", "/console/goods/product/try"): Right.GOODS,
    ("POST", "/console/goods/sku/add"): Right.GOODS,
    ("POST", "/console/goods/sku/place"): Right.GOODS,
    ("POST", "/console/goods/option"): Right.GOODS,
    ("POST", "/console/goods/field"): Right.GOODS,
    ("POST", "/console/goods/alias"): Right.GOODS,
    ("POST", "/console/goods/new"): Right.GOODS,
    ("GET", "/console/keys/runs/1"): Right.KEYS,
    ("POST", "/console/keys/runs/1/bad"): Right.REVEAL_KEYS,
    ("POST", "/console/keys/uploads/1/bad"): Right.REVEAL_KEYS,
    ("GET", "/console/goods/file"): Right.GOODS,
    ("POST", "/console/goods/file"): Right.GOODS,
    ("GET", "/console/keys"): Right.SEE_KEYS,
    ("GET", "/console/keys/list"): Right.SEE_KEYS,
    ("POST", "/console/keys/search"): Right.SEE_KEYS,
    ("GET", "/console/keys/key/1"): Right.SEE_KEYS,
    ("POST", "/console/keys/key/1/reveal"): Right.REVEAL_KEYS,
    ("POST", "/console/keys/key/1/void"): Right.KEYS,
    ("GET", "/console/keys/bulk"): Right.KEYS,
    ("POST", "/console/keys/bulk"): Right.KEYS,
    ("GET", "/console/keys/import"): Right.KEYS,
    ("POST", "/console/keys/import"): Right.KEYS,
    ("GET", "/console/keys/uploads/1"): Right.KEYS,
    ("POST", "/console/keys/uploads/1/import"): Right.KEYS,
    ("POST", "/console/keys/uploads/1/drop"): Right.KEYS,
    ("POST", "/console/sessions/999/end"): Right.SEE,
    ("POST", "/console/logout"): Right.SEE,
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_table_of_rights_is_this_one(row: list[str]) -> None:
    right, *marks = row
    assert {role: may(Role(role), Right(right)) for role in HEAD} == {
        role: mark == "x" for role, mark in zip(HEAD, marks, strict=True)
    }


def test_every_role_and_right_stands_in_the_table() -> None:
    assert set(HEAD) == set(Role) == set(RIGHTS)
    assert [row[0] for row in ROWS] == list(Right)


@pytest.mark.parametrize("role", list(Role))
def test_every_address_is_open_to_those_with_its_right_and_to_nobody_else(
    login: Callable[..., Window], role: Role
) -> None:
    window = login(role)
    form = {"words": "好", "reason": "好", "note": "", "csrf": csrf_in(window.see("/console/sessions"))}
    for (method, path), right in NEEDS.items():
        answer = window.http.get(path) if method == "GET" else window.http.post(path, data=form)
        assert "页面已过期" not in answer.text, (method, path)
        refused = answer.status_code == 403 and "没有权限" in answer.text
        assert refused is not may(role, right), (method, path, answer.status_code)


def test_no_address_is_missing_in_this_test(shop: Shop) -> None:
    # /console/events is a stream: test_talks.py asks who may have it.
    open_to_all = {"/console/login", "/console/events", "/console/static/console.css", "/console/static/console.js"}
    known = {
        (next(iter(set(route.methods or ()) - {"HEAD"})), route.path)
        for route in routes(desk.console_parts(shop.services))
        if route.path not in open_to_all
    }
    asked = {(method, _as_route(path)) for method, path in NEEDS}
    assert asked == known


def _as_route(path: str) -> str:
    for example, name in (
        ("/1/void", "/1/{act}"),
        ("/faq", "/{kind}"),
        ("/bill", "/{kind}"),
        ("/1", "/{id}"),
        ("/999", "/{id}"),
        ("/777", "/{delivery}"),
        ("/K1", "/{order_no}"),
    ):
        path = path.replace(example, name)
    return path


def test_a_form_without_this_sessions_token_changes_nothing(login: Callable[..., Window]) -> None:
    window = login()
    for path in [path for method, path in NEEDS if method == "POST"]:
        for form in ({}, {"csrf": "0" * 64}, {"csrf": ""}):
            answer = window.http.post(path, data={"words": "x", "reason": "x", **form})
            assert (answer.status_code, "页面已过期" in answer.text) == (403, True), (path, form)
        assert window.http.get("/console").status_code == 200, path
