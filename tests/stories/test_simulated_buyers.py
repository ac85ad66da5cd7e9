"""Buyers who know what they want and say it in all kinds of ways: in the end exactly that is ordered, or nothing."""

import random
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.lexicon import build_lexicon
from catalog.files import read_catalog
from catalog.model import Delivery, Field, FieldKind, Product, Sku
from catalog.shelf import Shelf, line_total_fen
from dialogs.turn import PlaceOrder, Showed
from nlu.lexicon import Lexicon
from tests.stories.counter import Counter

HERE = Path(__file__).parent
TAGS = re.compile(r"<a [^>]*>|</a>")
FREE = (FieldKind.TEXT, FieldKind.ADDRESS)
BUYERS = 1000
TURNS_MAX = 25


@cache
def shop(catalog: Path) -> tuple[Shelf, Lexicon]:
    shelf = read_catalog(catalog)
    return shelf, build_lexicon(shelf)


@dataclass
class Wish:
    """What one buyer wants."""

    product: Product
    sku: Sku
    value: int | None
    quantity: int
    fields: dict[str, str]

    def words(self, field: Field) -> str:
        value = self.fields[field.name]
        return next((choice.label for choice in field.values if choice.id == value), value)

    @property
    def size(self) -> str:
        return str(self.value) if self.sku.any_value else self.sku.label


def a_wish(dice: random.Random, shelf: Shelf) -> Wish:
    product = dice.choice([p for p in shelf.products if p.skus])
    sku = dice.choice(product.skus)
    value = dice.randint(sku.any_value.min, min(sku.any_value.max, 900)) if sku.any_value else None
    several = product.delivery is Delivery.CARD and dice.random() < 0.3
    fields = {f.name: _value(dice, f) for f in product.fields if not f.optional}
    return Wish(product, sku, value, dice.randint(2, 5) if several else 1, fields)


def _value(dice: random.Random, field: Field) -> str:
    digits = "".join(dice.choice("123456789") for _ in range(30))
    match field.kind:
        case FieldKind.CHOICE:
            return dice.choice(field.values).id
        case FieldKind.PHONE | FieldKind.PHONE_OR_QQ:
            return f"1{dice.choice('3578')}{digits[:9]}"
        case FieldKind.QQ:
            return digits[:8]
        case FieldKind.EMAIL:
            return f"user{digits[:4]}@example.com"
        case FieldKind.ADDRESS:
            return f"浙江省杭州市西湖区文三路{digits[:2]}号 张三 138{digits[:8]}"
        case FieldKind.CARD_NO:
            return f"1000{digits[:15]}"
        case FieldKind.UID:
            return f"APP{digits[:6]}" if field.pattern and "APP" in field.pattern else digits[:9]
        case _:
            return dice.choice(["小明的店", "abc", "快乐星球"])


class Buyer:
    """Reads what the bot says, as a person would: prompts by their labels, lists by their lines."""

    def __init__(self, dice: random.Random, wish: Wish, counter: Counter) -> None:
        self.dice, self.wish, self.counter = dice, wish, counter
        self.said: list[str] = []
        self.summary = ""
        self.corrected = dice.random() < 0.5
        self.orders: list[PlaceOrder] = []

    def shop(self) -> bool:
        """Talk until something is ordered or he gives up. True when he ordered."""
        reply = self.say(self.opening())
        for _ in range(TURNS_MAX):
            if self.orders:
                return True
            reply = self.say(self.next(reply))
        self.say("取消")
        return bool(self.orders)

    def say(self, text: str) -> str:
        self.said.append(text)
        reply = self.counter.says(text)
        self.orders += [effect for effect in self.counter.effects if isinstance(effect, PlaceOrder)]
        return TAGS.sub("", reply.text)

    def opening(self) -> str:
        wish, dice = self.wish, self.dice
        options = [c.label for o in wish.product.options for c in o.values if c.id == wish.sku.options.get(o.name)]
        parts = [wish.product.name]
        if dice.random() < 0.6:
            parts += [f"{wish.value}{wish.sku.unit}" if wish.value else wish.sku.label]
        if dice.random() < 0.5:
            parts += options
        if dice.random() < 0.4:
            parts += [wish.words(f) for f in wish.product.fields if f.name in wish.fields and f.kind not in FREE]
        return dice.choice(["", "我要", "买", "来个"]) + " ".join(parts)

    def next(self, reply: str) -> str:
        if self.dice.random() < 0.15:
            return self.digress()
        if "请核对订单" in reply:
            self.summary = reply
            return self.judge(reply)
        if "刚才的订单还在" in reply:
            return self.judge(self.summary)
        rows = re.findall(r"^(\d+)\. (.+)$", reply, re.MULTILINE)
        for field in self.wish.product.fields:
            if field.label in reply and field.name in self.wish.fields:
                if not rows:
                    return self.account(field)
                return self.pick(rows, self.wish.words(field))
        for option in self.wish.product.options:
            if option.label in reply and rows:
                wanted = next(c.label for c in option.values if c.id == self.wish.sku.options.get(option.name))
                return self.pick(rows, wanted)
        if rows:
            return self.pick(rows, self.wish.sku.label, self.wish.product.name)
        if self.wish.value is not None and "直接回复数字" in reply:
            return self.dice.choice(
                [str(self.wish.value), f"{self.wish.value}{self.wish.sku.unit}", f"要{self.wish.value}"]
            )
        return self.opening()

    def pick(self, rows: list[tuple[str, str]], *wanted: str) -> str:
        for words in wanted:
            for number, row in rows:
                if row == words or row.startswith(f"{words} "):
                    return self.dice.choice([number, words, f"第{number}个" if int(number) < 10 else number])
        return self.switch() or self.opening()

    def switch(self) -> str | None:
        """The list lacks what he wants: it stands under another choice of an option."""
        for option in self.wish.product.options:
            value = self.wish.sku.options.get(option.name)
            if value is not None and value != option.default:
                return "换成" + next(c.label for c in option.values if c.id == value)
        return None

    def account(self, field: Field) -> str:
        value = self.wish.fields[field.name]
        if field.kind is FieldKind.PHONE and self.dice.random() < 0.3:
            return self.dice.choice([value[:10], f"{value[:3]} {value[3:7]} {value[7:]}", f"+86{value}"])
        return value

    def digress(self) -> str:
        if self.dice.random() < 0.2:
            self.counter.hears(Showed("image"))
        return self.dice.choice(
            ["你好", "多少钱", "多久到账", "安全吗", "谢谢", "哈哈哈", "有什么卖的", "帮助", "你们是机器人吗"]
        )

    def judge(self, summary: str) -> str:
        """Say 确认 only when the summary is what he wants; change his mind once before that."""
        if not self.corrected:
            self.corrected = True
            others = [
                s for s in self.wish.product.skus if s.options == self.wish.sku.options and not s.any_value and s.value
            ]
            if others and self.wish.sku.value and not self.wish.sku.any_value:
                self.wish.sku = self.dice.choice(others)
                return f"改成{self.wish.sku.label}"
        return self.correction(summary) or self.dice.choice(["确认", "好的", "没问题", "对"])

    def correction(self, summary: str) -> str | None:
        wish = self.wish
        if f"商品：{wish.product.name}" not in summary:
            return self.opening()
        label = f"{wish.sku.label} {wish.value}{wish.sku.unit}" if wish.sku.any_value else wish.sku.label
        line = next((row for row in summary.split("\n") if row.startswith("规格：")), "")
        if line.split(" ×")[0] != f"规格：{label}":
            return self.switch() if "慢" in wish.sku.label + line else f"改成{wish.size}"
        if (f" ×{wish.quantity}" if wish.quantity > 1 else "") != line.removeprefix(f"规格：{label}"):
            return f"数量改{wish.quantity}"
        for field in wish.product.fields:
            if field.name in wish.fields and f"{field.label}：{wish.words(field)}" not in summary:
                return f"{field.label}改成{wish.words(field)}"
        return None


def test_what_is_ordered_is_what_was_wanted() -> None:
    failed: list[str] = []
    gave_up: list[str] = []
    for seed in range(BUYERS):
        dice = random.Random(seed)
        shelf, lexicon = shop(dice.choice([HERE.parents[1] / "data" / "catalog.demo.toml", HERE / "云服务.toml"]))
        wish = a_wish(dice, shelf)
        buyer = Buyer(dice, wish, Counter(shelf, lexicon))
        if not buyer.shop():
            gave_up.append(" / ".join(buyer.said))
            continue
        ordered = buyer.orders[0].lines
        right = (
            len(buyer.orders) == len(ordered) == 1
            and ordered[0].sku == wish.sku.code
            and ordered[0].quantity == wish.quantity
            and ordered[0].total_fen == line_total_fen(wish.sku, wish.value, wish.quantity)
            and all(ordered[0].fields.get(name) == value for name, value in wish.fields.items())
        )
        if not right:
            failed.append(f"{seed} {wish}: {' / '.join(buyer.said)} → {ordered}")
    assert not failed, "\n".join(failed)
    assert len(gave_up) <= BUYERS * 0.05, "\n".join(gave_up)
