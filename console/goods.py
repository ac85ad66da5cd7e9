"""The catalog: products and their SKUs changed in a draft, looked at as a whole, and saved as a new version."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from catalog import editing
from catalog.editing import Products
from catalog.files import CatalogError, read_text
from catalog.model import AnyValue, Choice, Product, Sku
from catalog.sheets import DELIVERIES, KINDS, in_words
from catalog.store import load_listed, load_off_sale
from catalog.writing import product_toml
from console import drafts, gate, render
from console.backroom import Misheard, Reading
from console.desk import Parts
from console.gate import Asked
from console.showing import shown
from console.uploads import Upload
from kernel.money import parse_yuan

PATH = "/console/goods"
PAGE = 50
TEXT_MAX = 1000
LIST_MAX = 4000
SENTENCE_MAX = 200
_ID_MAX = 64
_LINE = re.compile(r"^第 \d+ 行: ")
"""Of the catalog file, which somebody at a form does not see."""
_NUMBER = re.compile(r"\d{1,10}(\.\d{1,6})?", re.ASCII)
PROBLEMS_SHOWN = 20
NEW_PRODUCT = """[[product]]
id = "new"
name = "新商品"
category = ["未分类"]
aliases = []
delivery = "card"
sku = [
  { code = "NEW1", label = "1个", price = "1.00" },
]
"""

Edit = Callable[[Products], Products]


@dataclass(frozen=True, slots=True)
class Unfit:
    """What was given cannot stand in a catalog."""

    problems: tuple[str, ...]


class Goods:
    """The pages that look at the catalog and change it in a draft."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def products(self, asked: Asked) -> tuple[Products, bool]:
        """The catalog as this operator has it, and whether that is a draft."""
        with self._parts.engine.connect() as conn:
            draft = drafts.find(conn, asked.operator.id)
            return (draft.products, True) if draft is not None else (load_listed(conn).products, False)

    def page(self, asked: Asked) -> Response:
        """GET /console/goods."""
        query = asked.request.query_params
        words = query.get("q", "").replace("\0", "").strip()[:60]
        start = gate.whole(query.get("from", ""), 7) or 0
        products, is_draft = self.products(asked)
        with self._parts.engine.connect() as conn:
            off = load_off_sale(conn)
        listed = {sku.code for product in products for sku in product.skus}
        found = [(n, one) for n, one in enumerate(products) if not words or _has(one, words.casefold())]
        return shown(
            self._parts,
            asked,
            "goods.html",
            found=found[start : start + PAGE],
            more=start + PAGE if len(found) > start + PAGE else 0,
            q=words,
            count=len(products),
            skus=len(listed),
            is_draft=is_draft,
            last=len(products) - 1,
            off=[(one, [sku for sku in one.skus if sku.code not in listed]) for one in off],
        )

    def detail(self, asked: Asked) -> Response:
        """GET /console/goods/product: one product, every part of it."""
        product_id = asked.request.query_params.get("id", "")[:_ID_MAX]
        products, is_draft = self.products(asked)
        looked = _looked(products, product_id, is_draft)
        if looked.product is None:
            return render.problem(404, "没有这个商品", "它可能已经下架，请从商品页查找。")
        hints = self._hints(looked.product) if asked.request.query_params.get("hints") == "1" else None
        return self._show(asked, looked, (), product_toml(looked.product), hints=hints)

    def _hints(self, product: Product) -> tuple[Misheard, ...]:
        """What was not understood and may mean this product."""
        found = self._parts.backroom.misheard()
        return tuple(one for one in found if one.alias and product.id in [id_ for id_, _ in one.products])

    def _show(
        self,
        asked: Asked,
        looked: "_Looked",
        problems: tuple[str, ...],
        toml: str,
        *,
        words: str = "",
        readings: Sequence[tuple[str, Reading]] = (),
        hints: Sequence[Misheard] | None = None,
    ) -> Response:
        """The page of one product, or of a new one."""
        status = 422 if problems else 200
        return shown(
            self._parts,
            asked,
            "goods_product.html",
            status,
            product=looked.product,
            is_draft=looked.is_draft,
            place=looked.place,
            problems=problems[:PROBLEMS_SHOWN],
            toml=toml,
            text_max=TEXT_MAX,
            list_max=LIST_MAX,
            words=words,
            readings=readings,
            hints=hints,
            choices_text=choices_text,
            kinds=KINDS,
            deliveries=DELIVERIES,
            sentence_max=SENTENCE_MAX,
        )

    def new(self, asked: Asked) -> Response:
        """GET /console/goods/new."""
        return self._show(asked, _Looked(None, 0, False), (), NEW_PRODUCT)

    def edit(self, asked: Asked) -> Response:
        """POST /console/goods/product: the names and words of one product."""
        return self.apply(asked, lambda products: _named(products, asked.form), product_page(asked.form.get("id", "")))

    def try_edit(self, asked: Asked) -> Response:
        """POST /console/goods/product/try: how the bot reads a sentence, with what stands in the form and is kept
        nowhere yet."""
        words = asked.words("words", SENTENCE_MAX) or ""
        products, is_draft = self.products(asked)
        product_id = asked.form.get("id", "")
        try:
            changed = _named(products, asked.form)
        except UnfitError as error:
            return render.problem(422, "没有改动", str(error))
        looked = _looked(changed, product_id, is_draft)
        toml = product_toml(one_of(changed, product_id))
        try:
            read_text(toml.encode())
        except CatalogError as error:
            return self._show(asked, looked, _for_forms(str(one) for one in error.problems), toml, words=words)
        with self._parts.engine.connect() as conn:
            listed = load_listed(conn).products
        read = self._parts.backroom.read
        readings = [("现在", read(words, listed)), ("带上这里的改动", read(words, changed))] if words else []
        return self._show(asked, looked, (), toml, words=words, readings=readings)

    def edit_sku(self, asked: Asked) -> Response:
        """POST /console/goods/sku: the words and prices of one SKU."""
        form = asked.form
        product_id = form.get("id", "")

        def changed(products: Products) -> Products:
            product = one_of(products, product_id)
            sku = next((one for one in product.skus if one.code == form.get("code", "")), None)
            if sku is None:
                raise UnfitError("没有这个规格")
            return editing.put_sku(products, product_id, edited_sku(sku, form, one_of(products, product_id)))

        return self.apply(asked, changed, product_page(product_id))

    def edit_toml(self, asked: Asked, _: Upload | None) -> Response:
        """POST /console/goods/toml: one product as its whole entry; a new one, too."""
        given = asked.form.get("toml", "").replace("\r\n", "\n")
        was = asked.form.get("id", "")

        def changed(products: Products) -> Products:
            found = read_text(given.encode()).products
            if len(found) != 1:
                raise UnfitError(f"这里写一个商品，给了 {len(found)} 个")
            if was and found[0].id != was:
                raise UnfitError(f"id 不能改：订单里记着 {was}")
            if not was and any(one.id == found[0].id for one in products):
                raise UnfitError(f"已经有 id 是 {found[0].id} 的商品")
            return editing.put(products, found[0])

        done = self._edited(asked, changed)
        if isinstance(done, Unfit):
            products, is_draft = self.products(asked)
            return self._show(asked, _looked(products, was, is_draft), done.problems, given)
        return gate.said(PATH + "/draft", "drafted")

    def take_out(self, asked: Asked) -> Response:
        """POST /console/goods/out: a product or SKU is sold no more."""
        product_id, code = asked.form.get("id", ""), asked.form.get("code", "") or None
        return self.apply(asked, lambda products: editing.without(products, product_id, code), PATH)

    def bring_back(self, asked: Asked) -> Response:
        """POST /console/goods/back: what was on sale once is sold again, as it was."""
        product_id, code = asked.form.get("id", ""), asked.form.get("code", "")
        with self._parts.engine.connect() as conn:
            off = next((one for one in load_off_sale(conn) if one.id == product_id), None)

        def changed(products: Products) -> Products:
            if off is None:
                return products
            there = {sku.code for product in products for sku in product.skus}
            skus = tuple(one for one in off.skus if code in ("", one.code) and one.code not in there)
            if not any(one.id == product_id for one in products):
                return editing.put(products, replace(off, skus=skus)) if skus else products
            for sku in skus:
                products = editing.put_sku(products, product_id, sku)
            return products

        return self.apply(asked, changed, PATH)

    def bring_to(self, asked: Asked) -> Response:
        """POST /console/goods/place: where a product stands among the others, from 1."""
        place = (gate.whole(asked.form.get("place", ""), 7) or 1) - 1
        product_id = asked.form.get("id", "")
        page = product_page(product_id) if asked.form.get("back") else PATH
        return self.apply(asked, lambda products: editing.brought_to(products, product_id, place), page)

    def apply(self, asked: Asked, change: Edit, page: str) -> Response:
        """Carry a change into the draft, or say why it cannot be."""
        done = self._edited(asked, change)
        if isinstance(done, Unfit):
            return render.problem(422, "没有改动", "；".join(_for_forms(done.problems[:PROBLEMS_SHOWN])))
        return RedirectResponse(f"{page}{'&' if '?' in page else '?'}said=drafted", status_code=303)

    def _edited(self, asked: Asked, change: Edit) -> Unfit | None:
        """Carry a change into the draft; what a catalog file could not say changes nothing."""
        try:
            with self._parts.engine.begin() as conn:
                draft = drafts.find(conn, asked.operator.id)
                products = draft.products if draft is not None else load_listed(conn).products
                drafts.put(conn, asked.operator.id, change(products), self._parts.clock.now())
        except CatalogError as error:
            return Unfit(tuple(str(one) for one in error.problems))
        except UnfitError as error:
            return Unfit((str(error),))
        return None


@dataclass(frozen=True, slots=True)
class _Looked:
    """The product a page is about, None for a new one; where it stands, from 1."""

    product: Product | None
    place: int
    is_draft: bool


def _looked(products: Products, product_id: str, is_draft: bool) -> _Looked:
    for place, one in enumerate(products, start=1):
        if one.id == product_id:
            return _Looked(one, place, is_draft)
    return _Looked(None, 0, is_draft)


def _for_forms(problems: Iterable[str]) -> tuple[str, ...]:
    """What is wrong, without the lines of a file that nobody sees."""
    return tuple(in_words(_LINE.sub("", one)) for one in problems)


class UnfitError(Exception):
    """The form cannot be carried out; the words are for the operator."""


def product_page(product_id: str) -> str:
    """The address of a product's page."""
    return f"{PATH}/product?id={quote(product_id[:_ID_MAX], safe='')}"


def one_of(products: Products, product_id: str) -> Product:
    """The product with this id. Raises UnfitError."""
    found = next((one for one in products if one.id == product_id), None)
    if found is None:
        raise UnfitError("没有这个商品")
    return found


def _named(products: Products, form: Mapping[str, str]) -> Products:
    """The same with the words of one product as a form gives them."""
    product = one_of(products, form.get("id", ""))
    named = replace(
        product,
        name=form.get("name", "")[:TEXT_MAX].strip(),
        category=tuple(listed_words(form.get("category", ""), "/")),
        aliases=tuple(listed_words(form.get("aliases", ""))),
        eta=form.get("eta", "")[:TEXT_MAX].strip(),
        note=form.get("note", "")[:TEXT_MAX].replace("\r\n", "\n").strip(),
        tags=tuple(listed_words(form.get("tags", ""))),
        delivery=DELIVERIES.get(form.get("delivery", ""), product.delivery),
    )
    return editing.put(products, named)


def edited_sku(sku: Sku, form: Mapping[str, str], product: Product) -> Sku:
    """The same with the words, prices and choices a form gives; parts it does not name stay. Raises UnfitError."""
    price_fen = fen(form.get("price", ""))
    if price_fen is None:
        raise UnfitError("售价不能空着")
    return replace(
        sku,
        label=form.get("label", "")[:TEXT_MAX].strip(),
        price_fen=price_fen,
        cost_fen=fen(form.get("cost", "")),
        face_fen=fen(form.get("face", "")),
        aliases=tuple(listed_words(form.get("aliases", ""))),
        eta=form.get("eta", "")[:TEXT_MAX].strip() or None,
        supplier=form.get("supplier", "")[:TEXT_MAX].strip() or None,
        supplier_code=form.get("supplier_code", "")[:TEXT_MAX].strip() or None,
        value=_value(form["value"]) if "value" in form else sku.value,
        unit=form["unit"][:TEXT_MAX].strip() if "unit" in form else sku.unit,
        any_value=_limits(form["min"], form["max"]) if "min" in form and "max" in form else sku.any_value,
        options={**sku.options, **{key: form[at] for key, at in _option_fields(product) if at in form}},
    )


def _option_fields(product: Product) -> list[tuple[str, str]]:
    """The names of options, and of the form's fields that choose their values."""
    return [(option.name, f"option{number}") for number, option in enumerate(product.options, start=1)]


def _value(given: str) -> int | float | None:
    text = given.strip()
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise UnfitError(f"数值写成数字：{text[:20]}")
    return float(text) if "." in text else int(text)


def _limits(least: str, most: str) -> AnyValue | None:
    least, most = least.strip(), most.strip()
    if not least and not most:
        return None
    if not (_NUMBER.fullmatch(least) and _NUMBER.fullmatch(most) and least.isdecimal() and most.isdecimal()):
        raise UnfitError("任意数量要填从多少到多少，都是整数")
    return AnyValue(int(least), int(most))


def fen(given: str) -> Any:
    """An amount in yuan, in fen; None: nothing is given. Raises UnfitError."""
    if not given.strip():
        return None
    with suppress(ValueError):
        return parse_yuan(given.strip()[:20])
    raise UnfitError(f"金额写成 9.50 这样：{given[:20]}")


def listed_words(given: str, mark: str = "") -> list[str]:
    """Words divided as people divide them: by lines, commas of either kind, 、 — or by one mark alone."""
    text = _whole(given).replace("\r", "")
    for one in (mark,) if mark else ("\n", ",", "，", "、", ";", "；"):
        text = text.replace(one, "\0")
    return [word for word in dict.fromkeys(part.strip() for part in text.split("\0")) if word]


def _whole(given: str) -> str:
    """A list as it was given. One that is cut would lose names that stood there already. Raises UnfitError."""
    if len(given) > LIST_MAX:
        raise UnfitError(f"一个列表最多 {LIST_MAX} 个字，给了 {len(given)} 个：更长的请用目录条目或目录文件修改")
    return given


def choices_text(values: Sequence[Choice]) -> str | None:
    """Values as lines of `编号 | 名称 | 别名，别名`; None: they could not be read back as they are."""
    lines = "\n".join(f"{one.id} | {one.label} | {'，'.join(one.aliases)}".removesuffix(" | ") for one in values)
    return lines if len(lines) <= LIST_MAX and choices_of(lines) == tuple(values) else None


def choices_of(given: str) -> tuple[Choice, ...]:
    """The values of such lines. A line without a number is numbered."""
    found: list[Choice] = []
    for line in filter(None, (one.strip() for one in _whole(given).replace("\r", "").split("\n"))):
        parts = [part.strip() for part in line.split("|", 2)]
        id_, label = (parts[0], parts[1]) if len(parts) > 1 else (f"v{len(found) + 1}", parts[0])
        found.append(Choice(id_, label, tuple(listed_words(parts[2])) if len(parts) > 2 else ()))
    return tuple(found)


def _has(product: Product, words: str) -> bool:
    names = (product.id, product.name, *product.aliases, *product.category, *product.tags)
    codes = (text for sku in product.skus for text in (sku.code, sku.label))
    return any(words in text.casefold() for text in (*names, *codes))
