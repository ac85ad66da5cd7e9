"""A draft of the catalog: how it differs, how the bot would read with it, new prices, saving, undoing."""

import re

from starlette.responses import Response

from catalog import editing
from catalog.diffing import differences
from catalog.editing import Basis, Pricing
from catalog.files import CatalogError
from catalog.model import Product, Sku
from catalog.store import load_listed
from console import drafts, gate
from console.backroom import Reading
from console.desk import Parts
from console.gate import Asked
from console.goods import PATH, Goods
from console.showing import record, shown
from kernel.money import parse_yuan

CHANGES_SHOWN = 300
_SENTENCE_MAX = 200
_STEPS = (1, 10, 50, 100)
_PERCENT = re.compile(r"\d{1,3}(\.\d{1,2})?", re.ASCII)


class GoodsSaving:
    """The pages around a draft as a whole."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._goods = Goods(parts)

    def page(self, asked: Asked) -> Response:
        """GET /console/goods/draft."""
        return self._page(asked, "", None)

    def try_words(self, asked: Asked) -> Response:
        """POST /console/goods/try: how the bot reads a sentence now, and with the draft."""
        words = asked.words("words", _SENTENCE_MAX) or ""
        return self._page(asked, words, words or None)

    def _page(self, asked: Asked, words: str, tried: str | None) -> Response:
        products, is_draft = self._goods.products(asked)
        with self._parts.engine.connect() as conn:
            listed = load_listed(conn)
            draft = drafts.find(conn, asked.operator.id)
            is_behind = draft is not None and draft.base != listed.version
        changes = differences(listed.products, products)
        readings: list[tuple[str, Reading]] = []
        if tried is not None:
            read = self._parts.backroom.read
            readings = [("现在", read(tried, listed.products))]
            readings += [("保存后", read(tried, products))] if is_draft else []
        return shown(
            self._parts,
            asked,
            "goods_draft.html",
            changes=changes[:CHANGES_SHOWN],
            count=len(changes),
            losses=sum(one.loss for one in changes),
            is_draft=is_draft,
            is_behind=is_behind,
            seen=listed.version,
            words=words,
            readings=readings,
            sentence_max=_SENTENCE_MAX,
        )

    def save(self, asked: Asked) -> Response:
        """POST /console/goods/save: what was looked at, in the place of what it was compared with."""
        with self._parts.engine.begin() as conn:
            draft = drafts.find(conn, asked.operator.id)
            if draft is None:
                return gate.said(PATH, "not_now")
            before = load_listed(conn)
            seen = asked.form.get("seen", "")
            done = drafts.save(conn, draft.products, seen, asked.operator.name, self._parts.clock.now())
            if isinstance(done, drafts.Moved):
                return gate.said(f"{PATH}/draft", "catalog_moved")
            drafts.drop(conn, asked.operator.id)
            told = {"added": done.added, "changed": done.changed, "off": done.paused}
            was = {"version": before.version}
            record(self._parts, asked, "save_catalog", "catalog", was, None, version=done.version, **told)(conn)
        return gate.said(PATH, "saved_catalog")

    def discard(self, asked: Asked) -> Response:
        """POST /console/goods/discard."""
        with self._parts.engine.begin() as conn:
            drafts.drop(conn, asked.operator.id)
        return gate.said(PATH, "discarded")

    def history(self, asked: Asked) -> Response:
        """GET /console/goods/history."""
        with self._parts.engine.connect() as conn:
            found = drafts.history(conn)
        return shown(self._parts, asked, "goods_history.html", found=found)

    def undo(self, asked: Asked) -> Response:
        """POST /console/goods/history/{id}: an earlier catalog as the draft; it is looked at before it is saved."""
        with self._parts.engine.begin() as conn:
            try:
                products = drafts.earlier(conn, asked.number("id"))
            except CatalogError:  # kept by a kabot that took what this one refuses
                return gate.said(f"{PATH}/history", "unreadable_catalog")
            if products is None:
                return gate.said(f"{PATH}/history", "not_now")
            drafts.put(conn, asked.operator.id, products, self._parts.clock.now())
        return gate.said(f"{PATH}/draft", "drafted")

    def prices(self, asked: Asked) -> Response:
        """GET /console/goods/prices."""
        return self._prices(asked, "")

    def _prices(self, asked: Asked, problem: str) -> Response:
        products, is_draft = self._goods.products(asked)
        paths = dict.fromkeys("/".join(one.category[:n]) for one in products for n in range(1, len(one.category) + 1))
        return shown(
            self._parts,
            asked,
            "goods_prices.html",
            422 if problem else 200,
            problem=problem,
            categories=sorted(paths),
            products=products,
            is_draft=is_draft,
            steps=_STEPS,
        )

    def reprice(self, asked: Asked) -> Response:
        """POST /console/goods/prices: into the draft; its page is the preview."""
        rule = _rule(asked)
        if isinstance(rule, str):
            return self._prices(asked, rule)
        category = [part for part in asked.form.get("category", "").split("/") if part]
        product_id = asked.form.get("id", "")
        inside = editing.within(category)
        with self._parts.engine.begin() as conn:
            draft = drafts.find(conn, asked.operator.id)
            before = draft.products if draft is not None else load_listed(conn).products

            def meant(product: Product, sku: Sku) -> bool:
                return product_id in ("", product.id) and inside(product, sku)

            after, nothing_left = editing.priced(before, rule, meant), editing.below_zero(before, rule, meant)
            if nothing_left:
                return self._prices(
                    asked, f"{nothing_left[0]} 等 {len(nothing_left)} 个规格会变成 0 元或更少，没有改动"
                )
            if after != before:
                drafts.put(conn, asked.operator.id, after, self._parts.clock.now())
        return gate.said(f"{PATH}/draft", "drafted") if after != before else self._prices(asked, "没有价格会变")


def _rule(asked: Asked) -> Pricing | str:
    form = asked.form
    percent, plus, step = form.get("percent", "").strip(), form.get("plus", "").strip(), form.get("step", "1")
    basis = form.get("basis", "")
    if basis not in set(Basis):
        return "请选择按什么算"
    if not _PERCENT.fullmatch(percent):
        return "百分比写成 98 或 98.5，100 表示不变"
    minus = plus.startswith("-")
    try:
        plus_fen = int(parse_yuan(plus.removeprefix("-"))) if plus else 0
    except ValueError:
        return "加减的金额写成 0.50 或 -0.50"
    whole, _, part = percent.partition(".")
    hundredths = int(whole) * 100 + int((part + "00")[:2])
    step_fen = int(step) if step in {str(one) for one in _STEPS} else 1
    return Pricing(Basis(basis), hundredths, -plus_fen if minus else plus_fen, step_fen)
