"""哪个便宜, 有什么区别, 差多少: what things cost and what is noted of them, side by side. Nothing is ordered, chosen or
changed by such a question, whatever it names."""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.checks import fold
from catalog.model import Choice
from catalog.shelf import line_total_fen
from dialogs import browsing, replies, smalltalk
from dialogs.asking import answer, sku_name
from dialogs.clauses import owners_of
from dialogs.draft import look
from dialogs.filling import fill
from dialogs.line_prices import line_prices
from dialogs.state import Collecting, Confirming, Dialog, DraftLine
from dialogs.turn import Said, Scene, Turn
from nlu.frame import Item
from nlu.lexicon import Lexicon
from nlu.parsing import parse

_BETTER = "好|划算|便宜|合算|上算|合适|实惠|值(?:得买|当)?|优惠|省钱?|贵|强|快|靠谱|管用|耐用|清楚|厉害|推荐"
WORTH = re.compile("划算|合算|上算|性价比")
_WHICH = "(?:到底|究竟)?哪(?:一?[个种款样家张边份只]|者|一)"
COMPARES = re.compile(
    rf"{_WHICH}(?:的)?(?:会|要|比较|更|最|相对|性价比|能|算|用着|用起来|买着|价格)*(?:{_BETTER})|哪(?:更|比较)(?:{_BETTER})"
    "|(?:什么|啥|哪些|多大|有没有|有无|有何|有)(?:的)?(?:区别|差别|差异|不同|不一样)|(?:区别|差别|差异|不同)(?:在哪|是什么|是啥|大[吗不么])|(?:区别|差别)(?:呢|[?？]|$)"
    "|(?:差|贵|便宜|多|少)(?:出)?(?:多少|几)(?:钱|块)|差价(?:是)?多少|哪(?:里|儿|点)不(?:一样|同)|有.{0,2}不一样[吗么的]?"
)
ADVISES = re.compile(
    "(?:是不是|要不要|该不该|应不应该|用不用|需不需要|需要不需要|得不得|是否)(?:就|也|都|还)?(?:要|得|该|应该|应当|需要|只能|必须)?(?:去)?(?:选|买|填|充|拍|挑|下)"
    "|(?:应该|应当|该|得|需要|必须)(?:要)?(?:选|买|填|充|拍|挑)[^,，。?？]{0,10}(?:吗|么|嘛|不|吧[?？]|[?？])|(?:应该|该|得)(?:要)?(?:选|买|填|拍|挑)(?:哪|什么|啥)"
)
"""我用的苹果手机 是不是要选苹果区: whether something is right for him; nobody here knows."""
_MONEY = re.compile("便宜|划算|合算|上算|实惠|省|贵|优惠|值|差(?:出)?(?:多少|几)|差价")
_SIDES = re.compile(r"[和跟与同比、,，。;；?？!！\s]+|还是|或者?|vs\.?|pk", re.IGNORECASE)
_AROUND = re.compile(
    "我?(?:就|只)?(?:是)?(?:想|要)(?:问|知道|了解)(?:一下|下)?|请问|问下|你们?家?|这(?:两|几|三)[个种款样]|(?:之间|比较|相比|对比)|的话|到底|那"
)


_DOLLARS = re.compile(r"(?<=\d)(?:美?刀|美金)")


def read_sides(text: str, lexicon: Lexicon) -> tuple[Item, ...]:
    """What each side of a comparison names by itself; none for any other message."""
    if COMPARES.search(text) is None:
        return ()
    text = _DOLLARS.sub("", text)
    pieces = [_AROUND.sub("", piece).strip() for piece in _SIDES.split(COMPARES.sub(" ", text))]
    items = [item for piece in pieces if piece for item in parse(piece, lexicon).items[:1]]
    return tuple(replace(item, fields={}, quantity=1, said=item.said - {"quantity", *item.fields}) for item in items)


def compared(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """The prices of what he compares, the lesser where both are one price each, and what the catalog notes; None where
    he compares nothing that is known here."""
    text = fold(said.text)
    advises = ADVISES.search(text) is not None and isinstance(dialog.state, Collecting | Confirming)
    if not (COMPARES.search(text) or advises) or said.late:
        return None
    if advises:
        return answer(
            dialog, scene, replies.join(smalltalk.as_noted(dialog, said, scene), replies.as_you_have()), in_full=True
        )
    lines = _sides(dialog, said, scene)
    if len({line.product for line in lines}) < 2 and WORTH.search(said.text):
        best = browsing.best_value(dialog, said.text, scene)
        if best is not None:
            return best
    rows = list(dict.fromkeys(row for line in lines for row in line_prices(line, scene.shelf)))
    if not rows:
        return None
    ids = dict.fromkeys(line.product for line in lines if line.product)
    found = [product for product in map(scene.shelf.product, ids) if product is not None]
    notes = [replies.product_note(product) for product in found if fold(product.note)]
    if _MONEY.search(said.text):
        verdict = _cheapest(lines, scene) or (replies.same_price() if _of_one_field(lines, said.text, scene) else "")
        told = replies.join(*rows, verdict or replies.choose_yourself())
    else:
        told = replies.join(*rows, *notes, replies.difference_not_stated())
    return answer(replace(dialog, priced=tuple(lines)), scene, told, in_full=True)


def _cheapest(lines: Sequence[DraftLine], scene: Scene) -> str:
    """Which costs least and by how much, where each side is one thing at one price."""
    priced: list[tuple[int, str]] = []
    for line in lines:
        looked = look(line, scene.shelf)
        if looked.sku is None or looked.product is None or (looked.sku.any_value is not None and line.value is None):
            return ""
        label = sku_name(looked.product, looked.sku) if looked.sku.label != looked.product.name else ""
        priced.append((line_total_fen(looked.sku, line.value, 1), f"{looked.product.name} {label}".strip()))
    priced = sorted(set(priced))
    if len(priced) < 2 or priced[0][0] == priced[1][0]:
        return ""
    return replies.cheapest(priced[0][1], priced[1][0] - priced[0][0] if len(priced) == 2 else 0)


def _of_one_field(lines: Sequence[DraftLine], text: str, scene: Scene) -> bool:
    """安卓区和苹果区哪个便宜: values of a field, which has no price of its own."""
    products = [scene.shelf.product(line.product or "") for line in lines]
    return any(len(_named(field.values, text)) > 1 for product in products if product for field in product.fields)


def _named(values: Sequence[Choice], text: str) -> list[str]:
    said = fold(text)
    return [one.id for one in values if any(fold(name) in said for name in (one.label, *one.aliases))]


def _sides(dialog: Dialog, said: Said, scene: Scene) -> list[DraftLine]:
    """The things that are compared: those he names, else those he was told the prices of, else what he is asked to
    choose from, else the lines of the draft."""
    whole = [item for item in said.frame.items if item.product]
    if len({item.product for item in whole}) > 1:
        return [_line(DraftLine(), item, scene) for item in whole]
    state = dialog.state
    held = (
        state.lines[state.line if isinstance(state, Collecting) else 0]
        if isinstance(state, Collecting | Confirming)
        else None
    )
    named: list[DraftLine] = []
    of = whole[0].product if whole else None
    for item in said.sides:
        product = item.product or _owner(item, held, of, scene)
        if product is None or not (item.product or item.said):
            continue
        base = DraftLine(product) if held is None or held.product != product else _without_choice(held, item)
        line = _line(base, replace(item, product=product, candidates=()), scene)
        if look(line, scene.shelf).trouble is None and line not in named:
            named.append(line)
    if len(named) > 1:
        return named
    base = held if held is not None else named[0] if named else DraftLine(of)
    if len(choices := _choices_of(base, said.text, scene)) > 1:
        return choices
    if len(dialog.priced) > 1:
        return list(dialog.priced)
    if isinstance(state, Collecting) and held is not None and state.slot not in ("product", "quantity"):
        return [held] if held.product is not None else []
    if isinstance(state, Collecting | Confirming) and len(state.lines) > 1:
        return list(state.lines)
    return named or ([held] if held is not None and held.product is not None else [])


def _choices_of(base: DraftLine, text: str, scene: Scene) -> list[DraftLine]:
    """快充慢充有啥区别: each choice of one option that the message names, as the line with that choice."""
    product = scene.shelf.product(base.product or "")
    for option in product.options if product is not None else ():
        if len(ids := _named(option.values, text)) > 1:
            plain = replace(base, sku=None, fields={}, quantity=1)
            return [replace(plain, options={**base.options, option.name: one}) for one in ids]
    return []


def _owner(item: Item, held: DraftLine | None, of: str | None, scene: Scene) -> str | None:
    """Whose choices these are: the product at hand, the one named in the message, else the only one that has them."""
    common = owners_of(scene.shelf, item)
    choices = item.options.keys() & item.said
    for product in (held.product if held is not None else None, of):
        if product is not None and (product in common or not choices):
            return product
    return common.pop() if len(common) == 1 else None


def _without_choice(held: DraftLine, item: Item) -> DraftLine:
    """The line of the draft without what this side sets anew."""
    options = {name: value for name, value in held.options.items() if name not in item.options}
    sized = "value" in item.said or item.sku is not None
    return DraftLine(
        held.product, sku=None if sized else held.sku, value=None if sized else held.value, options=options
    )


def _line(base: DraftLine, item: Item, scene: Scene) -> DraftLine:
    return replace(fill(base, item, scene.shelf).line, fields={}, quantity=1)
