"""Once more: the last order repeated, as it was or with what is said to be different; the account of the last one."""

import re
from dataclasses import replace

from catalog.checks import Valid, check_field, fold
from catalog.model import Field, FieldKind, Product
from dialogs import replies
from dialogs.asking import answer, fitting_products
from dialogs.draft import account_field, field_of, look
from dialogs.effects import FindOrders
from dialogs.filling import fill, says_anything
from dialogs.gist.amounts import in_a_row
from dialogs.gist.clauses import PEOPLE
from dialogs.ordering import advance, doubted, start
from dialogs.pointing import longest_name
from dialogs.state import Collecting, Confirming, Dialog, DraftLine, Idle, Lookup
from dialogs.turn import Said, Scene, Turn
from dialogs.varying import Varied, varied
from kernel.orders import Line, Order
from nlu.frame import Item

_OTHERS_MAX = 3
_NAME_CHARS = 4
_FOR_ANOTHER = re.compile(rf"[给帮替](?:我|咱)?家?(?:{PEOPLE}|[他她]|别人|同事)们?也")
_ANOTHER_BESIDE = re.compile("也[来要买充拿订]|再[来加要买充]|另外|还要|加一")
_ACCOUNT = re.compile(r"(?<![0-9A-Za-z])\d[\d -]{3,24}\d(?![0-9A-Za-z])")
_LAST_ACCOUNT = re.compile(
    r"(?:上次|上回|上一次|以前|之前|原来|老|同一个|同样的?|这个|一样的?|刚才)(?:那个|的|用的|充的|填的|一样)*(?:手机|QQ|qq)?(?:号码?|账号|帐号|地址)"
)
_NOT_LAST = re.compile(r"不是|不要|别|错|换|多少|什么|吗|[?？]")
_ALSO = re.compile(
    r"(?:再|也|还)[^,，。]{0,20}?[来充冲交买要][一1](?:个|份|单|次|笔)(?!月)"
    r"|[来充冲交买要][一1](?:个|份|单)(?:一样|同样)的"
)
_AS_IT_WAS = re.compile("照旧|老样子|老规矩|一样|同样|原样")
_OF_THE_PAST = re.compile("上次|上回|之前|以前|那[个单次笔]|[充买冲]的")
_ANOTHER = re.compile("(?:再|还)(?:来|要|充|冲|买|交|缴|续|给我来|帮我来|拿|弄|下)|(?:又|另外)(?:来|要)")


def with_last_account(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """上次的号, 还是老号码: only the account comes from the last order, the rest is what is being put together."""
    if _LAST_ACCOUNT.search(said.text) is None or _ACCOUNT.search(said.text):
        return None
    if isinstance(dialog.state, Confirming) and _ANOTHER_BESIDE.search(said.text):
        return None  # 平装的也来一本 同一个地址: one more line, and not instead
    if _NOT_LAST.search(said.text):
        pending = isinstance(dialog.state, Collecting | Confirming) and said.frame.intent == "reorder"
        return answer(dialog, scene, replies.last_account_how()) if pending else None
    here = bool(re.search("这个号|同一个号|一样的号", said.text)) and not isinstance(dialog.state, Idle)
    if here:
        return None
    items = [item for item in said.frame.items if says_anything(item)]
    if isinstance(dialog.state, Collecting | Confirming):
        lines = dialog.state.lines
        if items and all(item.product in (None, lines[0].product) for item in items) and len(lines) == 1:
            lines = (fill(lines[0], items[0], scene.shelf).line,)
        turn = advance(dialog, lines, scene)
    elif any(item.product or item.candidates or item.value is not None for item in items):
        turn = start(dialog, items, scene)
    else:
        return None
    return Turn(replace(turn.dialog, waiting=Lookup(only_account=True), misses=0), effects=(FindOrders("reorder"),))


def another_of_it(dialog: Dialog, said: Said) -> Turn | None:
    """再来一张100的, with nothing to say of what: of what he bought last."""
    items = said.frame.items
    if not isinstance(dialog.state, Idle) or said.frame.intent not in ("order", "change") or len(items) != 1:
        return None
    (item,) = items
    if item.fields and item.value is None and item.sku is None and item.quantity == 1 and _ALSO.search(said.text):
        line = DraftLine(item.product, fields=item.fields)  # 给139…也来一个
        return Turn(
            replace(dialog, waiting=Lookup(line=line, another=True), misses=0), effects=(FindOrders("reorder"),)
        )
    counted = item.value is None and "quantity" in item.said and item.quantity > 1
    if item.product or item.candidates or _ANOTHER.search(said.text) is None or not (counted or item.value is not None):
        return None
    line = DraftLine(value=item.value, quantity=item.quantity, options=item.options, fields=item.fields)
    return Turn(replace(dialog, waiting=Lookup(line=line, another=True), misses=0), effects=(FindOrders("reorder"),))


def _another(dialog: Dialog, said: DraftLine, orders: tuple[Order, ...], scene: Scene) -> Turn:
    item = Item(None, (), None, said.value, said.quantity, said.options, said.fields)
    bought = {line.product_id for line in orders[0].lines} if orders else set()
    if said.value is None and said.fields and said.quantity == 1:
        return _for_another(dialog, said, orders, scene)
    product = scene.shelf.product(bought.pop()) if len(bought) == 1 else None
    if product is not None:
        if said.value is None and all(sku.any_value is not None for sku in product.skus):
            item = replace(item, value=said.quantity, quantity=1)  # 再充500个, of what is sold in any number
        line = _as_last_time(fill(DraftLine(product.id), item, scene.shelf).line, product, orders, scene)
        if any(sku.value == line.value or sku.any_value for sku in product.skus):
            return advance(replace(dialog, misses=0), [line], scene)
    return start(dialog, (item,), scene)


def _for_another(dialog: Dialog, said: DraftLine, orders: tuple[Order, ...], scene: Scene) -> Turn:
    """The last thing he bought, for the account he gives; something of its own where that is not it."""
    line = line_again(orders[0].lines[0], scene) if orders and len(orders[0].lines) == 1 else None
    item = Item(said.product, (), None, None, 1, {}, said.fields, said=frozenset(said.fields))
    if line is None or said.product not in (None, line.product):
        return start(dialog, (item,), scene)
    filled = fill(replace(line, quantity=1), item, scene.shelf)
    if filled.problems or not filled.changed & line.fields.keys():
        return start(dialog, (item,), scene)
    return advance(replace(dialog, misses=0), [filled.line], scene, replies.reordered())


def account_again(dialog: Dialog, orders: tuple[Order, ...], scene: Scene) -> Turn:
    """The account of the last order of that product, else of the last one whose account is of the same kind."""
    state = dialog.state
    if not isinstance(state, Collecting | Confirming):
        return answer(dialog, scene, replies.reorder_none())
    at = state.line if isinstance(state, Collecting) else 0
    line = _with_last_product(state.lines[at], orders, scene)
    product = scene.shelf.product(line.product) if line.product else None
    if product is None:
        return advance(dialog, state.lines, scene)
    asked = field_of(product, state.slot) if isinstance(state, Collecting) else None
    field = asked if asked is not None and asked.kind is not FieldKind.CHOICE else account_field(product)
    if field is None:
        return advance(dialog, (*state.lines[:at], line, *state.lines[at + 1 :]), scene)
    found = _last_value(product, field, orders, scene)
    line = _as_last_time(line, product, orders, scene, fields=found is not None)
    notes = () if found is not None else (replies.no_last_account(field.label),)
    if found is not None:
        line = replace(line, fields={**line.fields, field.name: found})
    return advance(dialog, (*state.lines[:at], line, *state.lines[at + 1 :]), scene, *notes)


def _as_last_time(
    line: DraftLine, product: Product, orders: tuple[Order, ...], scene: Scene, *, fields: bool = False
) -> DraftLine:
    """再充个60的 还是这个号: what would be asked of it, the system or the server, is as in the last order of it, where
    it is sold so."""
    last = next((one for order in orders for one in order.lines if one.product_id == product.id), None)
    if last is None:
        return line
    open_ = {option.name for option in product.options if option.default is None} - line.options.keys()
    choices = {field.name for field in product.fields if field.kind is FieldKind.CHOICE} - line.fields.keys()
    as_it_was = replace(
        line,
        options={**line.options, **{name: last.options[name] for name in open_ & last.options.keys()}},
        fields={**line.fields, **{name: last.fields[name] for name in choices & last.fields.keys() if fields}},
    )
    return as_it_was if look(as_it_was, scene.shelf).trouble is None else line


def _with_last_product(line: DraftLine, orders: tuple[Order, ...], scene: Scene) -> DraftLine:
    """再给这个号充50: of the products it could be, the one of the last order."""
    if line.product is not None or not orders:
        return line
    last = orders[0].lines[0].product_id if orders[0].lines else ""
    if scene.shelf.product(last) is None or last not in {p.id for p in fitting_products(line, scene.shelf)}:
        return line
    return fill(line, Item(product=last), scene.shelf).line


def _last_value(product: Product, field: Field, orders: tuple[Order, ...], scene: Scene) -> str | None:
    same = [line.fields.get(field.name) for o in orders for line in o.lines if line.product_id == product.id]
    for order in orders:
        for line in order.lines:
            other = scene.shelf.product(line.product_id)
            kinds = {f.name: f.kind for f in other.fields} if other else {}
            same += [value for name, value in line.fields.items() if kinds.get(name) is field.kind]
    valid = (value for value in same if value and isinstance(check_field(field, value), Valid))
    return next(valid, None)


def again(dialog: Dialog, orders: tuple[Order, ...], lookup: Lookup, scene: Scene) -> Turn:
    """The same once more, at today's prices, with whatever he said to be different this time."""
    if lookup.another and lookup.line is not None:
        return _another(dialog, lookup.line, orders, scene)
    if not orders:
        return answer(dialog, scene, replies.reorder_none())
    if "上上" in lookup.text and len(orders) > 1:
        orders = orders[1:]
    if lookup.text and _OF_THE_PAST.search(lookup.text):
        orders = _for_that_account(orders, lookup)
    lines = [line for line in (line_again(line, scene) for line in orders[0].lines) if line is not None]
    if not lines:
        return answer(dialog, scene, replies.reorder_gone())
    problems: tuple[str, ...] = ()
    said = lookup.line
    if said is not None and said.product is None and _AS_IT_WAS.search(lookup.text):
        said = replace(said, candidates=())  # 再照旧来一个，我想连着开两个月: of nothing else that is sold by the month
    if said is not None and said.product is None and said.candidates and lines[0].product not in said.candidates:
        item = Item(None, said.candidates, None, said.value, said.quantity, said.options, said.fields)
        return start(dialog, (item,), scene)  # 再充50, after something else
    if said is not None and len(lines) == 1:
        size, product = look(lines[0], scene.shelf).sku, scene.shelf.product(lines[0].product or "")
        value = said.value if in_a_row(lookup.text, size, product) is None else None
        item = Item(said.product, (), None, value, said.quantity, said.options, said.fields)
        item = _by_its_name(item, lookup.text, product)
        filled = fill(lines[0], item, scene.shelf)
        lines, problems = [filled.line], filled.problems
    if said is None and len(lines) == 1 and _FOR_ANOTHER.search(lookup.text):
        lines = [_whose_is_open(lines[0], scene)]
    this_time = varied(tuple(lines), lookup.text, scene) if lookup.text else Varied(tuple(lines))
    notes = [replies.reordered()] + ([replies.reorder_reduced()] if len(lines) < len(orders[0].lines) else [])
    others = [] if lookup.order_no or lookup.line is not None else _others(orders)
    notes += [replies.reorder_others(others)] if others else []
    notes += [replies.again_unclear(this_time.unclear)] if this_time.unclear else []
    turn = advance(replace(dialog, misses=0), this_time.lines, scene, *notes, *problems)
    return replace(turn, dialog=doubted(turn.dialog)) if this_time.unclear else turn


def _whose_is_open(line: DraftLine, scene: Scene) -> DraftLine:
    """给我妈也充一个一样的: the same, and her number is asked for."""
    product = scene.shelf.product(line.product or "")
    field = account_field(product) if product is not None else None
    if field is None:
        return line
    return replace(line, fields={name: value for name, value in line.fields.items() if name != field.name})


def _by_its_name(item: Item, text: str, product: Product | None) -> Item:
    """还是5斤小果: the size that is called so, and no number 5 of anything."""
    if product is None or item.value is None or any(sku.value == item.value or sku.any_value for sku in product.skus):
        return item
    names = {fold(name): sku.code for sku in product.skus for name in (sku.label, *sku.aliases)}
    called = longest_name(names, fold(text))
    return replace(item, value=None, sku=names[called]) if called else item


def _for_that_account(orders: tuple[Order, ...], lookup: Lookup) -> tuple[Order, ...]:
    """上次给139…充的那个: the last one for that account comes first, if there is one."""
    said = set(lookup.line.fields.values()) if lookup.line is not None else set()
    mine = tuple(order for order in orders if said and any(said <= set(line.fields.values()) for line in order.lines))
    return (*mine, *(order for order in orders if order not in mine))


def of_that_size(orders: tuple[Order, ...], lookup: Lookup, scene: Scene) -> Lookup:
    """还是5斤小果: of several things that he bought the one that comes in a size called so, whatever else is sold by
    weight. What he calls by its name is that."""
    line = lookup.line
    if line is None:
        return lookup
    named = scene.shelf.product(line.product or "")
    if named is not None and longest_name((named.name, *named.aliases), fold(lookup.text)):
        return lookup
    sized = {one.product_id for order in orders for one in order.lines if _called(one, lookup.text, scene)}
    return replace(lookup, line=replace(line, product=sized.pop(), candidates=())) if len(sized) == 1 else lookup


def _called(line: Line, text: str, scene: Scene) -> bool:
    product = scene.shelf.product(line.product_id)
    sizes = [name for sku in product.skus for name in (sku.label, *sku.aliases)] if product is not None else []
    return len(longest_name(sizes, fold(text))) >= _NAME_CHARS


def _others(orders: tuple[Order, ...]) -> list[Order]:
    """Other orders of late that he may have meant: one tap each. The last one is summed up without asking first."""
    different = {_content(order): order for order in reversed(orders)}
    different.pop(_content(orders[0]), None)
    return sorted(different.values(), key=lambda order: order.created_at, reverse=True)[:_OTHERS_MAX]


def _content(order: Order) -> tuple[object, ...]:
    return tuple((line.sku_code, line.value, line.quantity, tuple(sorted(line.fields.items()))) for line in order.lines)


def line_again(line: Line, scene: Scene) -> DraftLine | None:
    """A line of a placed order as a draft; None when its product is gone."""
    product = scene.shelf.product(line.product_id)
    if product is None:
        return None
    sku = next((sku for sku in product.skus if sku.code == line.sku_code), None)
    return DraftLine(
        product.id,
        sku=sku.code if sku else None,
        value=line.value if sku is None or sku.any_value else sku.value,
        quantity=line.quantity,
        options=line.options,
        fields=line.fields,
    )
