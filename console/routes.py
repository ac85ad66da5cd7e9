"""The routes of the console, each with the right it needs."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console import gate, render
from console.books import Books
from console.bot_talks import BotTalks
from console.canned import Canned
from console.cases import Cases
from console.desk import Parts
from console.events import Live
from console.gate import Page
from console.goods import Goods
from console.goods_files import GoodsFiles
from console.goods_parts import GoodsParts
from console.goods_saving import GoodsSaving
from console.key_imports import KeyImports
from console.keys import Keys
from console.knowledge import Knowledge
from console.login import Login
from console.mine import Mine
from console.notes import Notes
from console.orders import Orders
from console.people import People
from console.programs import Programs
from console.risk import RiskPages
from console.roles import Right
from console.runs import Runs
from console.suppliers import SupplierPages
from console.talks import Talks
from console.today import Today
from console.todo import Todo
from console.uploads import UploadPage, guarded_upload
from console.wallets import Wallets
from console.webhooks import Webhooks


def routes(parts: Parts, live: Live | None = None) -> list[Route]:
    """Everything below /console. `live`: what whoever stops the server closes first."""
    live = live or Live(parts)
    login, orders, today, todo = Login(parts), Orders(parts), Today(parts), Todo(parts)
    cases = Cases(parts)

    def get(path: str, page: Page, right: Right) -> Route:
        return Route(gate.HOME + path, gate.guarded(parts, page, right), methods=["GET"])

    def post(path: str, page: Page, right: Right) -> Route:
        return Route(gate.HOME + path, gate.guarded(parts, page, right), methods=["POST"])

    return [
        Route("/console/static/console.css", _style, methods=["GET"]),
        Route("/console/static/console.js", _script, methods=["GET"]),
        Route("/console/events", live.events, methods=["GET"]),
        Route(gate.LOGIN, login.form, methods=["GET"]),
        Route(gate.LOGIN, login.submit, methods=["POST"]),
        post("/logout", login.log_out, Right.SEE),
        get("/sessions", login.sessions, Right.SEE),
        post("/sessions/{id}/end", login.end_session, Right.SEE),
        *_people(parts),
        *_wallets(parts),
        *_programs(parts),
        *_knowledge(parts),
        *_books(parts),
        *_goods(parts),
        *_keys(parts),
        get("", today.page, Right.SEE),
        get("/actions", today.actions, Right.SEE_ACTIONS),
        get("/orders", orders.find, Right.SEE),
        post("/orders/by-key", orders.by_key, Right.SEE_KEYS),
        post("/orders/export", orders.export, Right.EXPORT),
        get("/orders/{order_no}", orders.detail, Right.SEE),
        post("/lines/{id}/refund-some", orders.refund_some, Right.REFUND),
        post("/lines/{id}/replace-key", orders.replace_key, Right.DELIVER),
        post("/lines/{id}/done", orders.deliver, Right.DELIVER),
        post("/lines/{id}/refund", orders.refund, Right.REFUND),
        get("/todo", todo.page, Right.SEE),
        get("/cases", cases.page, Right.SEE),
        post("/cases/{id}/answer", cases.answer, Right.ANSWER),
        post("/cases/{id}/close", cases.close, Right.ANSWER),
        post("/cases/{id}/refund", cases.refund, Right.REFUND),
        post("/lines/{id}/resend", orders.resend, Right.ANSWER),
        post("/orders/{order_no}/cancel", orders.cancel, Right.DELIVER),
        *_talks(parts),
    ]


def _talks(parts: Parts) -> list[Route]:
    talks, alone, notes, canned = Talks(parts), BotTalks(parts), Notes(parts), Canned(parts)
    return [
        _get(parts, "/talks", talks.page, Right.SEE_TALKS),
        _get(parts, "/talks/bot", alone.page, Right.SEE_TALKS),
        _get(parts, "/talks/bot/{id}", alone.one, Right.SEE_TALKS),
        _post(parts, "/talks/bot/{id}/take", alone.take, Right.ANSWER),
        _post(parts, "/talks/bot/{id}/note", alone.note, Right.NOTE),
        _get(parts, "/talks/{id}", talks.one, Right.SEE_TALKS),
        _post(parts, "/talks/{id}/say", talks.say, Right.ANSWER),
        _post(parts, "/talks/{id}/hand", talks.hand, Right.ANSWER),
        _post(parts, "/talks/{id}/finish", talks.finish, Right.ANSWER),
        _post(parts, "/talks/{id}/note", talks.note, Right.NOTE),
        _post(parts, "/talks/{id}/end", talks.end, Right.ANSWER),
        _get(parts, "/canned", canned.page, Right.ANSWER),
        _post(parts, "/canned", canned.save, Right.EDIT_CANNED),
        _post(parts, "/canned/{id}/drop", canned.drop, Right.EDIT_CANNED),
        _post(parts, "/orders/{order_no}/note", notes.about_order, Right.NOTE),
        _post(parts, "/notes/{id}/drop", notes.drop, Right.NOTE),
    ]


def _people(parts: Parts) -> list[Route]:
    people, mine = People(parts), Mine(parts)
    return [
        _get(parts, "/people", people.page, Right.PEOPLE),
        _post(parts, "/people", people.add, Right.PEOPLE),
        _get(parts, "/people/{id}", people.detail, Right.PEOPLE),
        _post(parts, "/people/{id}/role", people.set_role, Right.PEOPLE),
        _post(parts, "/people/{id}/off", people.off, Right.PEOPLE),
        _post(parts, "/people/{id}/password", people.new_password, Right.PEOPLE),
        _post(parts, "/people/{id}/factor", people.factor_off, Right.PEOPLE),
        _post(parts, "/people/{id}/logout", people.log_out, Right.PEOPLE),
        _post(parts, "/me/password", mine.change_password, Right.SEE),
        _get(parts, "/me/factor", mine.factor, Right.SEE),
        _post(parts, "/me/factor", mine.factor_on, Right.SEE),
        _post(parts, "/me/factor/off", mine.factor_off, Right.SEE),
    ]


def _wallets(parts: Parts) -> list[Route]:
    wallets = Wallets(parts)
    return [
        _get(parts, "/wallets", wallets.page, Right.SEE_BOOKS),
        _get(parts, "/wallets/moves", wallets.moves, Right.SEE_BOOKS),
        _post(parts, "/wallets/search", wallets.search, Right.SEE_BOOKS),
        _post(parts, "/wallets/open", wallets.open, Right.WALLETS),
        _get(parts, "/wallets/{id}", wallets.one, Right.SEE_BOOKS),
        _post(parts, "/wallets/{id}/ask", wallets.ask, Right.WALLETS),
        _post(parts, "/wallets/{id}/correct", wallets.correct, Right.WALLETS),
        _post(parts, "/wallets/{id}/withdraw", wallets.withdraw, Right.WALLETS),
    ]


def _programs(parts: Parts) -> list[Route]:
    programs, hooks = Programs(parts), Webhooks(parts)
    one = "/programs/webhooks/{id}"
    return [
        _get(parts, "/programs", programs.page, Right.PROGRAMS),
        _post(parts, "/programs/keys", programs.add_key, Right.PROGRAMS),
        _post(parts, "/programs/keys/{id}/off", programs.key_off, Right.PROGRAMS),
        _post(parts, "/programs/webhooks", programs.add_hook, Right.PROGRAMS),
        _get(parts, one, hooks.page, Right.PROGRAMS),
        _post(parts, f"{one}/change", hooks.change, Right.PROGRAMS),
        _post(parts, f"{one}/pause", hooks.pause, Right.PROGRAMS),
        _post(parts, f"{one}/resume", hooks.resume, Right.PROGRAMS),
        _post(parts, f"{one}/test", hooks.test, Right.PROGRAMS),
        _post(parts, f"{one}/secret", hooks.renew_secret, Right.PROGRAMS),
        _post(parts, f"{one}/remove", hooks.remove, Right.PROGRAMS),
        _post(parts, f"{one}/deliveries/{{delivery}}/resend", hooks.resend, Right.PROGRAMS),
    ]


def _knowledge(parts: Parts) -> list[Route]:
    knowledge = Knowledge(parts)
    return [
        _get(parts, "/knowledge", knowledge.page, Right.KNOWLEDGE),
        _post(parts, "/knowledge/alias", knowledge.alias, Right.KNOWLEDGE),
        _post(parts, "/knowledge/settle", knowledge.settle, Right.KNOWLEDGE),
        _get(parts, "/knowledge/{kind}", knowledge.file, Right.KNOWLEDGE),
        _upload(parts, "/knowledge/{kind}", knowledge.save_file, Right.KNOWLEDGE),
        _post(parts, "/knowledge/{kind}/undo", knowledge.undo_file, Right.KNOWLEDGE),
        _get(parts, "/menu", knowledge.menu, Right.KNOWLEDGE),
        _post(parts, "/menu", knowledge.save_menu, Right.KNOWLEDGE),
        _post(parts, "/menu/publish", knowledge.publish_menu, Right.KNOWLEDGE),
    ]


def _books(parts: Parts) -> list[Route]:
    books, suppliers, risk = Books(parts), SupplierPages(parts), RiskPages(parts)
    return [
        _get(parts, "/suppliers", suppliers.page, Right.SEE_BOOKS),
        _post(parts, "/suppliers/ask", suppliers.ask, Right.BOOKS),
        _post(parts, "/suppliers/pause", suppliers.pause, Right.SUPPLIERS),
        _post(parts, "/suppliers/resume", suppliers.resume, Right.SUPPLIERS),
        _get(parts, "/books", books.page, Right.SEE_BOOKS),
        _post(parts, "/books/compare", books.compare, Right.BOOKS),
        _post(parts, "/books/{kind}/{id}", books.done, Right.BOOKS),
        _get(parts, "/risk", risk.page, Right.RISK),
        _post(parts, "/risk/{order_no}/release", risk.release, Right.RISK),
        _post(parts, "/risk/{order_no}/refuse", risk.refuse, Right.RISK),
        _post(parts, "/risk/lists", risk.put, Right.RISK),
        _post(parts, "/risk/lists/{id}/end", risk.take_off, Right.RISK),
    ]


def _goods(parts: Parts) -> list[Route]:
    goods, pieces, saving, files = Goods(parts), GoodsParts(parts), GoodsSaving(parts), GoodsFiles(parts)
    return [
        _get(parts, "/goods", goods.page, Right.SEE),
        _get(parts, "/goods/product", goods.detail, Right.SEE),
        _post(parts, "/goods/product", goods.edit, Right.GOODS),
        _post(parts, "/goods/product/try", goods.try_edit, Right.GOODS),
        _post(parts, "/goods/sku", goods.edit_sku, Right.GOODS),
        _post(parts, "/goods/sku/add", pieces.add_sku, Right.GOODS),
        _post(parts, "/goods/sku/place", pieces.place_sku, Right.GOODS),
        _post(parts, "/goods/option", pieces.put_option, Right.GOODS),
        _post(parts, "/goods/field", pieces.put_field, Right.GOODS),
        _post(parts, "/goods/alias", pieces.add_alias, Right.GOODS),
        _post(parts, "/goods/new", pieces.add_product, Right.GOODS),
        _upload(parts, "/goods/toml", goods.edit_toml, Right.GOODS),
        _get(parts, "/goods/new", goods.new, Right.GOODS),
        _post(parts, "/goods/out", goods.take_out, Right.GOODS),
        _post(parts, "/goods/back", goods.bring_back, Right.GOODS),
        _post(parts, "/goods/place", goods.bring_to, Right.GOODS),
        _get(parts, "/goods/prices", saving.prices, Right.GOODS),
        _post(parts, "/goods/prices", saving.reprice, Right.GOODS),
        _get(parts, "/goods/draft", saving.page, Right.SEE),
        _post(parts, "/goods/try", saving.try_words, Right.SEE),
        _post(parts, "/goods/save", saving.save, Right.GOODS),
        _post(parts, "/goods/discard", saving.discard, Right.GOODS),
        _get(parts, "/goods/history", saving.history, Right.GOODS),
        _post(parts, "/goods/history/{id}", saving.undo, Right.GOODS),
        _get(parts, "/goods/catalog.toml", files.toml, Right.GOODS),
        _get(parts, "/goods/catalog.xlsx", files.xlsx, Right.GOODS),
        _get(parts, "/goods/file", files.form, Right.GOODS),
        _upload(parts, "/goods/file", files.upload, Right.GOODS),
        _get(parts, "/goods/runs/{id}", Runs(parts).catalog, Right.GOODS),
    ]


def _keys(parts: Parts) -> list[Route]:
    keys, imports, runs = Keys(parts), KeyImports(parts), Runs(parts)
    return [
        _get(parts, "/keys", keys.page, Right.SEE_KEYS),
        _get(parts, "/keys/list", keys.listed, Right.SEE_KEYS),
        _post(parts, "/keys/search", keys.search, Right.SEE_KEYS),
        _get(parts, "/keys/key/{id}", keys.detail, Right.SEE_KEYS),
        _post(parts, "/keys/key/{id}/reveal", keys.reveal, Right.REVEAL_KEYS),
        _post(parts, "/keys/key/{id}/{act}", keys.change, Right.KEYS),
        _get(parts, "/keys/bulk", keys.ask_bulk, Right.KEYS),
        _post(parts, "/keys/bulk", keys.bulk, Right.KEYS),
        _get(parts, "/keys/import", imports.form, Right.KEYS),
        _upload(parts, "/keys/import", imports.look, Right.KEYS),
        _get(parts, "/keys/uploads/{id}", imports.report, Right.KEYS),
        _post(parts, "/keys/uploads/{id}/import", imports.run, Right.KEYS),
        _post(parts, "/keys/uploads/{id}/drop", imports.drop, Right.KEYS),
        _post(parts, "/keys/uploads/{id}/bad", imports.bad, Right.REVEAL_KEYS),
        _get(parts, "/keys/runs/{id}", runs.keys, Right.KEYS),
        _post(parts, "/keys/runs/{id}/bad", runs.bad, Right.REVEAL_KEYS),
    ]


def _get(parts: Parts, path: str, page: Page, right: Right) -> Route:
    return Route(gate.HOME + path, gate.guarded(parts, page, right), methods=["GET"])


def _post(parts: Parts, path: str, page: Page, right: Right) -> Route:
    return Route(gate.HOME + path, gate.guarded(parts, page, right), methods=["POST"])


def _upload(parts: Parts, path: str, page: UploadPage, right: Right) -> Route:
    return Route(gate.HOME + path, guarded_upload(parts, page, right), methods=["POST"])


async def _script(_: Request) -> Response:
    return Response(render.SCRIPT, media_type="text/javascript", headers=dict(render.STYLE_HEADERS))


async def _style(_: Request) -> Response:
    return Response(render.STYLE, media_type="text/css", headers=dict(render.STYLE_HEADERS))
