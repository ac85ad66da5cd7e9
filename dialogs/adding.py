"""More or less of what is being put together: 再加50Q币, B也充100, 再来一张, 减一张."""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.checks import Valid, check_field, fold
from catalog.model import Delivery, FieldKind, Product
from catalog.shelf import Shelf
from dialogs import replies, same_account
from dialogs.clauses import adds
from dialogs.draft import account_field, field_of, look
from dialogs.filling import (
    fill,
    says_anything,
)
from dialogs.gist.more_than import of_one
from dialogs.ordering import advance, doubted, miss
from dialogs.pointing import longest_name, names_else, pointed
from dialogs.state import (
    BATCH_LINES_MAX,
    DRAFT_LINES_MAX,
    QUANTITY_MAX,
    Collecting,
    Confirming,
    Dialog,
    DraftLine,
)
from dialogs.turn import Said, Scene, Turn
from nlu.frame import Item
from nlu.numerals import CHINESE, read_numeral
from nlu.surnames import KIN
from nlu.words import PIECES

_ADDING = re.compile(
    r"再[加来要买充给多订办送弄添带捎拿配整搞](?!说|改|想|看|换)|另外|还要|(?<![我他她家里])还有|顺[便带]|加上|多[要来加买订]|加一[张份个单件条袋盒]|加[两三四五]"
    r"|也[充来要买给办订加]|外加|^加(?=\d)"
)
_ALONG = re.compile(
    rf"(?<![一先])再(?=[给帮替请麻]|[\u4e00-\u9fffa-zA-Z]{{0,8}}?[充买来要订弄搞整加开办交续])(?![说想看改换等见次议问考也])"
    rf"|(?:^|[,，\s])(?:对了|然后|接着|第[二2][个件样])|一起(?:付|算|结|买|下|充|[。.!！~]?$)|一块儿?(?:付|算|结|买|下|[。.!！~]?$)|一并|一道(?:付|买)"
    rf"|(?:我|咱|俺)?(?:{KIN})(?:他|她)?(?:还|也)?(?:想?要|想[买充]|的)(?!的?是|求)|给(?:我|咱)?(?:家|的)?(?:{KIN})(?:[来买充订弄拿带办]|点)"
)
"""Said of another thing, these (再帮我充X) mean that it comes besides; 我妈要的是, 我妈说要 say what this is to be."""
_LEAD = re.compile("^(?:算了|那就?|还是|就|哦|嗯|好吧?|行|不对|等等)++[,，]?")
_TOO = re.compile("也[充要改换来买是]")
_ALSO_WRONG = re.compile("(?:还有|另外)[^,，]{1,8}(?:是|要改|得改|改成?|换成?|不对|错)")
"""还有区是苹果的: one more thing to be put right."""
_INSTEAD = re.compile(r"[改换]|不要|不是|错|还是")
_COUNT_IN = re.compile(rf"(\d{{1,2}}|[{CHINESE}]{{1,2}})[{PIECES}]")
_LAST_ORDER = re.compile("[单次回]|照旧|老样")
_SAME_ACCOUNT = re.compile("同一?个?号|这个号|一样的?号")
_DIGITS = re.compile(r"(?<![\d.])\d{1,7}(?![\d.])")
_TOKEN = re.compile(r"[0-9a-z][0-9a-z._%+@-]{4,}")


def added(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """再加50Q币, B也充100, 再来一张: one more line, or more of one."""
    text = fold(said.text)
    adding = _ADDING.search(text) or _along(state, said, scene.shelf)
    if adding is None or said.frame.intent in ("cancel", "browse", "order_status", "greet"):
        return None
    if said.frame.intent == "reorder" and _LAST_ORDER.search(text):
        return None
    plain = same_account.without_it(text)
    if _INSTEAD.search(plain) or _ALSO_WRONG.match(plain) or any(line.product is None for line in state.lines):
        return None
    items = [_of_its_owner(item, said, state.lines) for item in said.frame.items if says_anything(item)]
    if items and adding[0] == "还有" and all(_only_chooses(item, state.lines, scene.shelf) for item in items):
        return None  # 还有区是苹果的
    if len(state.lines) > 1 and len(items) == 1 and not (items[0].fields or items[0].invalid):
        meant = pointed(state.lines, text, scene.shelf)
        if _TOO.search(text) and meant is not None and meant.by in ("number", "account"):
            return None  # 第一个也充100: that line, changed
    if isinstance(state, Collecting) and (len(items) > 1 or any(_answers(item, state) for item in items)):
        return None
    if not items:
        items = _accounts_said(state.lines, text, scene.shelf) or _named_said(state.lines[-1], text, scene.shelf)
    lines = list(state.lines)
    notes: list[str] = []
    for item in items:
        more = with_more(lines, item, text, scene.shelf)
        if more is None:
            return miss(doubted(dialog), scene, replies.which_line_to_add(len(lines)))
        lines, problems = more
        notes += problems
    if not items or (lines == list(state.lines) and not notes):
        return None
    most = DRAFT_LINES_MAX if len(state.lines) <= DRAFT_LINES_MAX else BATCH_LINES_MAX
    if len(lines) > most:
        notes.append(replies.too_many_lines(most))
    told = replies.added() if lines != list(state.lines) else ""
    return advance(replace(dialog, misses=0), lines[:most], scene, told, *notes, missed=bool(notes))


def _of_its_owner(item: Item, said: Said, lines: Sequence[DraftLine]) -> Item:
    """再加两张奶搓, of tickets: what one other product alone is called by is that product's."""
    owners = {one for word in said.frame.named if len(word.products) == 1 for one in word.products}
    if item.product is not None or item.candidates or len(owners) != 1 or owners & {line.product for line in lines}:
        return item
    return replace(item, product=owners.pop(), said=item.said | {"product"})


def _along(state: Collecting | Confirming, said: Said, shelf: Shelf) -> re.Match[str] | None:
    """对了 京东卡100两张, 我妈要一个优酷月卡: other goods, in words that leave what is there. Who wants them is such a
    word only where they are counted, of another kind, or for another account: 我妈要优酷的 may be a change of mind."""
    found = _ALONG.search(said.text)
    items, held = said.frame.items, {line.product for line in state.lines}
    if found is None or not items or any(item.product is None or item.product in held for item in items):
        return None
    given = {value for line in state.lines for value in line.fields.values()}
    kinds = {product.category[:1] for line in state.lines if (product := shelf.product(line.product or "")) is not None}
    other = all(
        "quantity" in item.said
        or {*item.fields.values()} - given
        or ((product := shelf.product(item.product or "")) is not None and product.category[:1] not in kinds)
        for item in items
    )
    return found if other or not re.search(KIN, found[0]) else None


def changed_and_added(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """年卡吧 另外优酷月卡也要: what stands before is changed, and what is named behind is one more."""
    held, clauses = {line.product for line in state.lines}, said.clauses
    foreign = [any(item.product not in (None, *held) for item in clause.frame.items) for clause in clauses]
    first = foreign.index(True) if True in foreign else 0
    if not first or len(state.lines) != 1 or not all(foreign[first:]) or not adds(clauses[first].text):
        return None
    line: DraftLine | None = state.lines[0]
    for clause in clauses[:first]:
        line = of_one(line, _LEAD.sub("", fold(clause.text)), scene.shelf) if line is not None else None
    if line is None or line == state.lines[0]:
        return None
    lines = [line]
    for clause in clauses[first:]:
        for item in clause.frame.items:
            more = with_more(lines, item, fold(clause.text), scene.shelf)
            if more is None or more[1]:
                return None
            lines = more[0]
    return (
        advance(replace(dialog, misses=0), lines, scene, replies.changed()) if len(lines) <= DRAFT_LINES_MAX else None
    )


def _only_chooses(item: Item, lines: Sequence[DraftLine], shelf: Shelf) -> bool:
    """Whether an item says nothing but a choice of what is there."""
    if item.product or item.candidates or item.value is not None or item.sku or item.invalid or item.quantity != 1:
        return False
    fields = [field_of(product, name) for line in lines if (product := shelf.product(line.product or ""))
              for name in item.fields]  # fmt: skip
    return all(field is not None and field.kind is FieldKind.CHOICE for field in fields)


def _named_said(line: DraftLine, text: str, shelf: Shelf) -> list[Item]:
    """再来一张超大杯, where the understanding made no item of it: a SKU of the line's product, or only a number."""
    product = shelf.product(line.product or "")
    names = {fold(name): sku for sku in product.skus for name in (sku.label, *sku.aliases)} if product else {}
    name = longest_name(names, text)
    count = _COUNT_IN.search(text)
    wanted = read_numeral(count[1]) if count else None
    quantity = int(wanted) if wanted is not None and 1 <= wanted <= QUANTITY_MAX else 1
    if name and product is not None:
        said = frozenset({"product", "value", "quantity"})
        return [Item(product.id, sku=names[name].code, value=names[name].value, quantity=quantity, said=said)]
    units = "|".join(re.escape(fold(sku.unit)) for sku in product.skus if sku.unit) if product is not None else ""
    more = (
        re.search(rf"(\d{{1,4}}|[{CHINESE}]{{1,3}})个?(?:{units})", text) if units and _in_units(line, shelf) else None
    )
    by = read_numeral(more[1]) if more is not None else None
    if by is not None:  # 加两小时
        return [Item(value=by, said=frozenset({"value"}))]
    bare = _DIGITS.findall(text)
    sized = product is not None and any(replies.number(sku.value) == bare[0] for sku in product.skus if bare)
    if len(bare) == 1 and product is not None and (sized or (not count and _in_units(line, shelf))):
        same = account_field(product) if _SAME_ACCOUNT.search(text) else None
        fields = {same.name: line.fields[same.name]} if same is not None and same.name in line.fields else {}
        many = _counted_beside(bare[0], text)
        told = frozenset({"value", *fields, *(("quantity",) if many > 1 else ())})
        return [Item(value=int(bare[0]), quantity=many, fields=fields, said=told)]
    return [Item(quantity=quantity, said=frozenset({"quantity"}))] if count else []


def _counted_beside(size: str, text: str) -> int:
    """Three, in 领导两个人呢 200的来三张吧: how many of a size are said right beside it."""
    behind = re.search(rf"{size}(?:元|块钱?)?的?[^\d{CHINESE}]{{0,3}}{_COUNT_IN.pattern}", text)
    found = behind or re.search(rf"{_COUNT_IN.pattern}(?:的)?{size}", text)
    many = read_numeral(found[1]) if found is not None else None
    return int(many) if many is not None and 1 <= many <= QUANTITY_MAX else 1


def _answers(item: Item, state: Collecting) -> bool:
    """Whether an item is no more than what was asked for."""
    if item.product is not None or item.candidates:
        return False
    if state.slot == "value":
        return not item.fields and not item.invalid
    return item.value is None and item.sku is None


def _accounts_said(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> list[Item]:
    """再给139…也来一个, where the understanding made no item of it."""
    product = shelf.product(lines[-1].product or "")
    field = account_field(product) if product else None
    if field is None:
        return []
    checked = [check_field(field, token) for token in _TOKEN.findall(text)]
    valid = [one.canonical for one in checked if isinstance(one, Valid)]
    return [Item(fields={field.name: account}, said=frozenset({field.name})) for account in valid]


def with_more(
    lines: list[DraftLine], item: Item, text: str, shelf: Shelf
) -> tuple[list[DraftLine], tuple[str, ...]] | None:
    """The lines with one thing more; None when it cannot be told of which line more is wanted."""
    count = item.quantity if "quantity" in item.said or item.quantity != 1 else None
    base = _like(lines, item)
    only_count = not (item.product or item.sku or item.candidates or item.options or item.fields or item.invalid)
    if only_count and item.value is None and not (len(lines) == 1 and _in_units(lines[0], shelf)):
        meant = pointed(lines, text, shelf) if len(lines) > 1 else None
        which = meant.lines if meant is not None else ((0,) if len(lines) == 1 else ())
        if len(which) != 1 or names_else(lines[which[0]], text, shelf):
            return None  # 再加一个QQ会员: of what is not sold here, no more of this
        return _raised(lines, which[0], count or 1)
    if base is None:
        filled = fill(DraftLine(), item, shelf)
        return [*lines, _with_shared(filled.line, lines, shelf)], filled.problems
    line = lines[base]
    product = shelf.product(line.product or "")
    if product is None:
        return None
    item = replace(item, product=None, candidates=())
    fresh = _sibling(line, item, product, shelf)
    filled = fill(fresh, item, shelf)
    ranged = all(sku.any_value is not None for sku in product.skus)
    units = item.value if item.value is not None else count
    if ranged and not item.fields and line.value is not None and units is not None:
        grown = replace(line, value=line.value + units)
        return [*lines[:base], grown, *lines[base + 1 :]], ()
    for i, other in enumerate(lines):
        counted = product.delivery is not Delivery.TOPUP or account_field(product) is None
        alike = _same_fields(other, filled.line) if item.fields else counted
        if alike and _same_thing(other, filled.line, shelf):
            return _raised(lines, i, count or 1)
    return [*lines, replace(filled.line, quantity=count or 1)], filled.problems


def _with_shared(line: DraftLine, lines: Sequence[DraftLine], shelf: Shelf) -> DraftLine:
    """A new line with the address or name that another line has already been given for a field of the same label."""
    product = shelf.product(line.product or "")
    if product is None:
        return line
    fields = dict(line.fields)
    for field in product.fields:
        for other in lines:
            owner = shelf.product(other.product or "")
            same = field_of(owner, field.name) if owner is not None else None
            if same is not None and same.label == field.label and _free(product, field.name):
                fields |= {field.name: other.fields[field.name]} if field.name in other.fields else {}
    return replace(line, fields={**fields, **line.fields})


def _in_units(line: DraftLine, shelf: Shelf) -> bool:
    """Whether a line is of something sold in any number: more of it is more units."""
    product = shelf.product(line.product or "")
    return product is not None and bool(product.skus) and all(sku.any_value is not None for sku in product.skus)


def _like(lines: Sequence[DraftLine], item: Item) -> int | None:
    """The line that one more is to be like: the last of its product; None for another product."""
    if item.product is not None:
        return next((i for i in reversed(range(len(lines))) if lines[i].product == item.product), None)
    known = [i for i, line in enumerate(lines) if line.product in item.candidates]
    if item.candidates:
        return known[-1] if known else None
    same_value = [i for i, line in enumerate(lines) if item.value is not None and line.value == item.value]
    return same_value[-1] if same_value else len(lines) - 1


def _sibling(line: DraftLine, item: Item, product: Product, shelf: Shelf) -> DraftLine:
    """A line like this one, without what the new one is to say for itself."""
    names_size = item.value is not None or item.sku is not None
    kept = {
        name: value
        for name, value in line.fields.items()
        if product.delivery is not Delivery.TOPUP or _free(product, name)
    }
    if names_size or item.options:
        sized = replace(line, value=None, sku=None, quantity=1, fields=kept)
        still = replace(sized, value=item.value, options={**line.options, **item.options})
        return sized if not look(still, shelf).trouble else replace(sized, options={})
    return replace(line, quantity=1, fields=kept)


def _free(product: Product, name: str) -> bool:
    field = field_of(product, name)
    return field is not None and field.kind in (FieldKind.TEXT, FieldKind.ADDRESS)


def _same_thing(one: DraftLine, other: DraftLine, shelf: Shelf) -> bool:
    first, second = look(one, shelf), look(other, shelf)
    return first.sku is not None and first.sku == second.sku and first.line.value == second.line.value


def _same_fields(one: DraftLine, other: DraftLine) -> bool:
    return all(one.fields.get(name) == value for name, value in other.fields.items())


def _raised(lines: list[DraftLine], index: int, by: int) -> tuple[list[DraftLine], tuple[str, ...]]:
    wanted = lines[index].quantity + by
    if not 1 <= wanted <= QUANTITY_MAX:
        return lines, (replies.quantity_out_of_range(QUANTITY_MAX),)
    return [*lines[:index], replace(lines[index], quantity=wanted), *lines[index + 1 :]], ()
