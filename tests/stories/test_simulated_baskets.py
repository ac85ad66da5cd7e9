"""Buyers of several things at once, who add, take out and change one of them: each edit does what was said, or nothing
and says so."""

import random
from dataclasses import dataclass, replace

from catalog.model import Delivery, Product, Sku
from catalog.shelf import Shelf
from dialogs.draft import account_field, look
from dialogs.effects import PlaceOrder
from dialogs.state import Collecting, Confirming, DraftLine
from tests.dialogs.buyers import TAGS
from tests.dialogs.wants import TESTS
from tests.stories.counter import Counter
from tests.stories.shops import DEMO, goods_of

BASKETS = 400
EDITS = 3
AT_HOME = TESTS / "stories" / "家里.toml"
NTH = "一二三四五六七八九"


@dataclass(frozen=True)
class Thing:
    """One line as it is wanted."""

    product: Product
    sku: Sku
    quantity: int
    account: str

    @property
    def size(self) -> str:
        return self.sku.label

    def words(self) -> str:
        count = f"{self.quantity}份" if self.quantity > 1 else ""
        return " ".join(part for part in (self.product.name, self.size, count, self.account) if part)


def _fixed(product: Product) -> list[Sku]:
    """Sizes that a number names: the default options lead to them."""
    chosen = {option.name: option.default for option in product.options}
    return [
        s for s in product.skus if s.value and not s.any_value and all(s.options.get(n) == v for n, v in chosen.items())
    ]


def _sold(shelf: Shelf) -> list[Product]:
    """Products that one message can order: a size, and at most an account."""
    return [
        product
        for product in shelf.products
        if len(_fixed(product)) > 1
        and all(field is account_field(product) for field in product.fields)
        and product.delivery is not Delivery.PARCEL
    ]


def _thing(dice: random.Random, product: Product, has: list[Thing]) -> Thing:
    field = account_field(product)
    kind = field.kind.value if field else ""
    digits = "".join(dice.choice("123456789") for _ in range(19))
    account = {"phone": f"13{digits[:9]}", "qq": digits[:8], "phone_or_qq": f"15{digits[:9]}"}.get(kind, "")
    if field is not None and not account:
        account = f"1000{digits[:15]}"
    taken = {thing.sku.code for thing in has}
    free = [sku for sku in _fixed(product) if sku.code not in taken] or _fixed(product)
    return Thing(product, dice.choice(free), 1 if field else dice.randint(1, 3), account)


def _wanted(things: list[Thing]) -> list[tuple[str, int, str]]:
    return [(thing.sku.code, thing.quantity, thing.account) for thing in things]


def _held(lines: tuple[DraftLine, ...], shelf: Shelf) -> list[tuple[str, int, str]]:
    out = []
    for line in lines:
        looked = look(line, shelf)
        field = account_field(looked.product) if looked.product else None
        out.append(
            (looked.sku.code if looked.sku else "", line.quantity, looked.fields.get(field.name, "") if field else "")
        )
    return out


def _edit(dice: random.Random, things: list[Thing], shelf: Shelf) -> tuple[str, list[Thing]]:
    """What he says, and what he then wants."""
    at = dice.randrange(len(things))
    thing, nth = things[at], f"第{NTH[at]}{dice.choice('个件')}"
    others = [*things[:at], *things[at + 1 :]]
    alone = all(other.product.id != thing.product.id for other in others)
    calls = [nth, *([thing.product.name] if alone else []), *([thing.account] if thing.account else [])]
    call = dice.choice(calls)
    kind = dice.choice(["out", "size", "count", "more", "account"])
    if kind == "out" and len(things) > 1:
        return dice.choice([f"{call}不要了", f"把{call}去掉", f"{call}删掉吧", f"不要{call}了"]), others
    sizes = [sku for sku in _fixed(thing.product) if sku != thing.sku]
    if kind == "size" and len(things) > 1:
        sku = dice.choice(sizes)
        said = dice.choice([f"{call}改成{sku.label}", f"{call}换成{sku.label}的"])
        return said, [*things[:at], replace(thing, sku=sku), *things[at + 1 :]]
    if kind == "count" and len(things) > 1 and not thing.account:
        count = dice.randint(2, 5)
        said = dice.choice([f"{call}数量改{count}", f"{call}改成{count}份"])
        return said, [*things[:at], replace(thing, quantity=count), *things[at + 1 :]]
    if kind == "account" and len(things) > 1 and thing.account and call == nth:
        fresh = _thing(dice, thing.product, [])
        said = f"{nth}号码错了，是{fresh.account}"
        return said, [*things[:at], replace(thing, account=fresh.account), *things[at + 1 :]]
    new = _thing(dice, dice.choice(_sold(shelf)), things)
    return dice.choice(["再加", "另外再要", "顺便再来"]) + new.words(), [*things, new]


def test_an_edit_of_several_lines_does_what_was_said_or_nothing() -> None:
    wrong: list[str] = []
    edits = missed = 0
    for seed in range(BASKETS):
        dice = random.Random(seed)
        shelf, lexicon = goods_of(dice.choice([DEMO, DEMO, AT_HOME]))
        counter = Counter(shelf, lexicon)
        products = _sold(shelf)
        things = [_thing(dice, dice.choice(products), [])]
        counter.says(f"我要{things[0].words()}")
        said = [things[0].words()]
        state = counter.dialog.state
        if not isinstance(state, Confirming) or _held(state.lines, shelf) != _wanted(things):
            continue
        for _ in range(EDITS):
            text, after = _edit(dice, things, shelf)
            said.append(text)
            edits += 1
            reply = TAGS.sub("", counter.says(text).text)
            state = counter.dialog.state
            held = _held(state.lines, shelf) if isinstance(state, Collecting | Confirming) else []
            if sorted(held) == sorted(_wanted(after)):
                things = after
                continue
            missed += 1
            if held != _wanted(things) or "好的，已" in reply:
                wrong.append(f"{seed} {' / '.join(said)} → {held} instead of {_wanted(after)}: {reply}")
                break
        else:
            counter.says("确认")
            placed = [effect for effect in counter.effects if isinstance(effect, PlaceOrder)]
            ordered = [(w.sku, w.quantity, next(iter(w.fields.values()), "")) for e in placed for w in e.lines]
            if placed and sorted(ordered) != sorted(_wanted(things)):
                wrong.append(f"{seed} {' / '.join(said)} ordered {ordered} instead of {_wanted(things)}")
    assert not wrong, f"{len(wrong)} of {edits}\n" + "\n".join(wrong)
    assert edits > BASKETS
    assert missed <= edits * 0.05, f"{missed} of {edits} edits were not understood"
