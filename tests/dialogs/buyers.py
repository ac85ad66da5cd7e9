"""Buyers who know what they want and say it in all kinds of ways; they read only what the bot writes.

One buyer is one seed: the same seed says the same in the same shop. A buyer confirms a summary only when it shows what
he wants, so whatever is ordered in the end and is something else is a defect of the bot.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from catalog.model import Delivery, Field, FieldKind
from catalog.shelf import Shelf
from dialogs import replies
from tests.dialogs.wants import FREE, Want, a_value, a_want, fits_in_one_message, is_sized_by_number, squeezed

TAGS = re.compile(r"<a [^>]*>|</a>")
TURNS_MAX = 30
_ROW = re.compile(r"^(?:<a href=\"[^\"]*msgmenucontent=([^&\"]*)[^>]*>)?(\d+)\. (.+?)(?:</a>)?$", re.MULTILINE)
_DIGRESSIONS = (
    "你好", "多少钱", "多久到账", "安全吗", "谢谢", "哈哈哈", "有什么卖的", "帮助", "你们是机器人吗", "支持花呗吗",
    "能便宜点吗", "今天天气真好", "晚上还能充吗", "携号转网能充吗", "会封号吗",
    "等一下", "？", "在吗", "怎么付款", "好贵啊",
)  # fmt: skip
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_YES = frozenset({"确认", "好的", "没问题", "对"})
_NUMERALS = {1: "一", 2: "两", 3: "三", 5: "五", 10: "十", 20: "二十", 30: "三十", 50: "五十", 100: "一百", 200: "两百"}


@dataclass
class Buyer:
    """One buyer; `send` gives his messages to the bot, all of one call at once, and gives back its answers as they
    came."""

    dice: random.Random
    shelf: Shelf
    send: Callable[[Sequence[str]], Sequence[str]]
    wants: list[Want] = field(default_factory=list)
    """What the order in the making is to be."""
    bought: list[Want] = field(default_factory=list)
    """What he has ordered, as he sees it."""
    talk: list[str] = field(default_factory=list)
    """Both sides, for whoever has to find out what went wrong."""
    end: str = ""
    """How it ended for him: bought, cancelled, gave up."""
    unasked: bool = False
    """Something was ordered although he had not said yes."""
    _summary: str = ""
    _second_thoughts: int = 0
    _after: int = 0
    _switches: bool = False
    _more: bool = False

    def __post_init__(self) -> None:
        self.wants = [a_want(self.dice, self.shelf)]
        if self.dice.random() < 0.12:
            more = a_want(self.dice, self.shelf)
            if all(fits_in_one_message(want) for want in (*self.wants, more)) and more.sku != self.wants[0].sku:
                self.wants.append(more)
        self._second_thoughts = self.dice.choice([0, 0, 0, 1, 1, 2])
        self._after = self.dice.choice([0, 0, 1])
        self._switches = self.dice.random() < 0.06
        self._more = self.dice.random() < 0.08

    @property
    def want(self) -> Want:
        return self.wants[0]

    def shop(self) -> None:
        """Talk until something is ordered, he has changed his mind, or he has had enough."""
        reply = self.opens()
        for _ in range(TURNS_MAX):
            reply = self.after_ordering() if "订单号：" in reply else self.responds(reply)
            if self.end:
                return
        self.cancels()
        self.end = "gave up"

    # ---- what he sends -----------------------------------------------------------------------------------------

    def say(self, *texts: str) -> str:
        """Send; now and then twice, or with something else at the same time. Gives what matters of the answers."""
        said = [text if text in _YES or text == "取消" else self.typed(text) for text in texts]
        chance = self.dice.random()
        if chance < 0.05 and not (self.bought and texts[-1] == "取消"):
            said += texts[-1:]
        elif chance < 0.10 and texts[-1] != "取消":
            said.insert(self.dice.randint(0, len(said)), self.dice.choice(_DIGRESSIONS))
        answers = self.send(said)
        self.talk += [*(f"顾客: {text}" for text in said), *(f"机器人: {TAGS.sub('', answer)}" for answer in answers)]
        shown = [TAGS.sub("", answer) for answer in answers if "请核对订单" in answer]
        self._summary = shown[-1] if shown else self._summary
        placed = [answer for answer in answers if "订单号：" in answer]
        self.unasked = self.unasked or bool(placed and not _YES.intersection(said))
        return placed[-1] if placed and "请核对订单" not in answers[-1] else answers[-1]

    def typed(self, text: str) -> str:
        """The same as thumbs and keyboards make it."""
        how = self.dice.random()
        if how < 0.04:
            return text.translate(_FULL_WIDTH)
        if how < 0.07:
            return text.replace("充", "冲").replace("话费", "花费")
        if how < 0.12:
            return self.dice.choice(["嗯 ", "那个 ", "你好，", "哦"]) + text
        return text + self.dice.choice(["。", "！", "哈", " 谢谢", "～", " "]) if how < 0.18 else text

    def opens(self) -> str:
        dice, messages = self.dice, []
        for want in self.wants:
            options = [want.option(o.name) for o in want.product.options if o.name in want.sku.options]
            parts = [
                want.product.name if dice.random() < 0.7 else dice.choice((want.product.name, *want.product.aliases))
            ]
            whole = len(self.wants) > 1
            if whole or dice.random() < 0.6:
                parts.append(self.size(want))
            if whole or dice.random() < 0.5:
                parts += options
            accounts = [want.words(f) for f in want.product.fields if f.name in want.fields and f.kind not in FREE]
            if whole or dice.random() < 0.4:
                parts += accounts
            if want.quantity > 1 and (whole or dice.random() < 0.5):
                parts.append(f"{want.quantity}{'张' if want.product.delivery is Delivery.CARD else '份'}")
            messages.append(" ".join(parts))
        if len(messages) > 1:
            return self.say("\n".join(messages))
        before, behind = (
            dice.choice(["", "", "我要", "买", "来个", "老板 ", "帮我弄个"]),
            dice.choice(["", "", "", "，谢谢", "吧"]),
        )
        text = before + messages[0] + behind
        if " " in messages[0] and dice.random() < 0.12:  # in two messages, sent without waiting
            first, _, rest = messages[0].partition(" ")
            return self.say(before + first, rest)
        return self.say(text)

    def size(self, want: Want) -> str:
        """The size in some words."""
        sku = want.sku
        if sku.any_value:
            return f"{want.value}{sku.unit}"
        ways = [sku.label, sku.label]
        if is_sized_by_number(sku, want.product) and sku.unit in ("元", "块"):
            ways += [f"{sku.value:g}元", f"{sku.value:g}块", f"{sku.value:g}块钱"]
            ways += [f"{_NUMERALS[int(sku.value or 0)]}块"] if sku.value in _NUMERALS else []
        return self.dice.choice(ways)

    def responds(self, reply: str) -> str:
        dice = self.dice
        if dice.random() < 0.1:
            return self.say(dice.choice(_DIGRESSIONS))
        if self._switches and len(self.wants) == 1 and dice.random() < 0.4:
            self._switches = False
            self.wants = [a_want(dice, self.shelf)]
            way = dice.choice(["算了，我要{0}", "不要这个了，来个{0}", "还是买{0}吧", "换成{0}"])
            return self.say(
                way.format(dice.choice([self.want.product.name, f"{self.want.product.name} {self.size(self.want)}"]))
            )
        plain = TAGS.sub("", reply)
        if "请核对订单" in plain or ("刚才的订单还在" in plain and self._summary):
            return self.judges(self._summary)
        if "刚才的订单还在" in plain:
            return self.say(f"改成{self.want.label}")
        rows = [(number, row, unquote(sends)) for sends, number, row in _ROW.findall(reply)]
        if len(self.wants) > 1:  # not understood at once: he does not go into it
            self.wants = self.wants[:1]
            return self.say("取消", self.want.product.name)
        return self.answers(plain, rows)

    def answers(self, plain: str, rows: list[tuple[str, str, str]]) -> str:
        """Answer the open question: a row of the list, the account, or a number."""
        want = self.want
        question = "\n".join(line for line in plain.split("\n") if not re.match(r"\d+\. ", line))
        asked = [f for f in want.product.fields if f.label in question and f.name in want.fields]
        picked = self.picks(plain, rows)
        typed = [f for f in asked if not f.values]
        if picked and typed and self.dice.random() < 0.3:
            return self.say(f"{picked if not picked.isdigit() else self.size(want)} {self.account(typed[0])}")
        if picked:
            return self.say(picked)
        if want.value is not None and re.search("直接回复数[字量]|都可以", question):
            return self.say(self.dice.choice([str(want.value), f"{want.value}{want.sku.unit}", f"要{want.value}"]))
        if typed and self.changes_size():
            return self.say(self.dice.choice(["改成{0}", "不对，要{0}", "换成{0}的"]).format(self.want.sku.label))
        if typed:
            return self.say(self.account(typed[0]))
        if "数量" in question:
            return self.say(str(want.quantity))
        if rows and "更多" in plain:
            return self.say("更多")
        if rows and (other := self.switches()):
            return self.say(other)
        return self.opens()

    def changes_size(self) -> bool:
        """Want another size before all is said, now and then."""
        want = self.want
        others = [s for s in want.product.skus if s.options == want.sku.options and s != want.sku and not s.any_value]
        if not others or want.sku.any_value or not self._second_thoughts or self.dice.random() < 0.7:
            return False
        self._second_thoughts -= 1
        self.wants = [replace(want, sku=self.dice.choice(others))]
        return True

    def picks(self, plain: str, rows: list[tuple[str, str, str]]) -> str:
        """The row he wants, named in one of the ways there are."""
        want = self.want
        options = [want.option(o.name) for o in want.product.options if o.label in plain]
        choices = [
            want.words(f) for f in want.product.fields if f.values and f.label in plain and f.name in want.fields
        ]
        for words in (*options, *choices, want.sku.label, want.product.name):
            for number, row, sends in rows:
                if words and (row == words or row.startswith(f"{words} ")):
                    ways = [
                        number,
                        words,
                        sends or words,
                        f"第{number}个" if int(number) < 10 else number,
                        f"选{number}",
                    ]
                    return self.dice.choice(ways)
        return ""

    def switches(self) -> str:
        """The list lacks what he wants: it stands under another choice of an option."""
        for option in self.want.product.options:
            value = self.want.sku.options.get(option.name)
            if value is not None and value != option.default:
                return f"换成{self.want.option(option.name)}"
        return ""

    def account(self, part: Field) -> str:
        value = self.want.fields[part.name]
        if part.kind is FieldKind.PHONE and self.dice.random() < 0.3:
            return self.dice.choice(
                [value[:10], f"{value[:3]} {value[3:7]} {value[7:]}", f"+86{value}", f"号码是{value}", f"给{value}"]
            )
        return value

    # ---- what he makes of a summary ----------------------------------------------------------------------------

    def judges(self, summary: str) -> str:
        """Confirm only what is right; before that change his mind now and then."""
        if self._second_thoughts and len(self.wants) == 1:
            self._second_thoughts -= 1
            changed = self.changes_his_mind()
            if changed:
                return self.say(changed)
        correction = self.correction(summary)
        if correction:
            return self.say(*correction)
        if self.dice.random() < 0.04:
            reply = self.say("取消")
            self.end = "cancelled"
            return reply
        return self.say(self.dice.choice(("确认", "确认", *sorted(_YES))))

    def changes_his_mind(self) -> str:
        """Want something else of the same product, and say so."""
        want, dice = self.want, self.dice
        kind = dice.choice(["size", "account", "digit", "quantity"])
        others = [s for s in want.product.skus if s.options == want.sku.options and s != want.sku and not s.any_value]
        if kind == "size" and others and is_sized_by_number(want.sku, want.product):
            self.wants = [replace(want, sku=dice.choice(others))]
            if not is_sized_by_number(self.want.sku, want.product):
                return f"改成{self.want.sku.label}"
            return dice.choice(["改成{0}", "换成{0}的", "不对，要{0}", "算了还是{0}吧"]).format(self.want.sku.label)
        if kind == "quantity" and want.product.delivery is Delivery.CARD and not want.sku.any_value:
            self.wants = [replace(want, quantity=dice.choice([n for n in (1, 2, 3, 4) if n != want.quantity]))]
            return dice.choice(["数量改{0}", "数量改成{0}"]).format(self.want.quantity)
        phones = [f for f in want.product.fields if f.kind is FieldKind.PHONE and f.name in want.fields]
        if not phones:
            return ""
        old = want.fields[phones[0].name]
        if kind == "digit":
            last = dice.choice([d for d in "0123456789" if d != old[-1]])
            self.wants = [replace(want, fields={**want.fields, phones[0].name: old[:-1] + last})]
            return f"最后一位是{last}不是{old[-1]}"
        fresh = a_value(dice, phones[0])
        self.wants = [replace(want, fields={**want.fields, phones[0].name: fresh})]
        return dice.choice(["号码错了，是{0}", "改成{0}", "换个号{0}", "不是这个号，{0}"]).format(fresh)

    def correction(self, summary: str) -> tuple[str, ...]:
        """What he says about a summary that is not what he wants; nothing when it is."""
        total = f"合计：{replies.yuan(sum(want.total_fen for want in self.wants))}"
        if len(self.wants) > 1:
            right = total in summary and all(self._shows(summary, want) for want in self.wants)
            if right:
                return ()
            self.wants = self.wants[:1]
            return "取消", self.want.product.name
        want = self.want
        if f"商品：{want.product.name}\n" not in summary:
            return "取消", want.product.name
        line = next((row for row in summary.split("\n") if row.startswith("规格：")), "")
        if line.split(" ×")[0] != f"规格：{want.label}":
            return (self._resized(line),)
        if (f" ×{want.quantity}" if want.quantity > 1 else "") != line.removeprefix(f"规格：{want.label}"):
            return (f"数量改{want.quantity}",)
        for option in want.product.options:
            if option.label in summary and f"{option.label}：{want.option(option.name)}" not in summary:
                return (f"换成{want.option(option.name)}",)
        for part in want.product.fields:
            if part.name in want.fields and not self._shows_field(summary, part):
                return (f"{part.label}改成{want.words(part)}",)
        if total not in summary:
            return (self.switches() or "取消",)
        return ()

    def _shows_field(self, summary: str, part: Field) -> bool:
        """Whether a field stands there as he gave it; an address in its parts, whatever their order."""
        words = self.want.words(part)
        if part.kind is FieldKind.ADDRESS:
            return all(one in summary for one in words.split())
        return f"{part.label}：{words}\n" in summary

    def _resized(self, line: str) -> str:
        other = self.switches()
        return other if other and self.dice.random() < 0.5 and line else f"改成{self.want.label}"

    def _shows(self, summary: str, want: Want) -> bool:
        shown = squeezed(summary)
        return all(
            squeezed(one) in shown
            for one in (
                want.product.name,
                want.label,
                *(want.words(f) for f in want.product.fields if f.name in want.fields),
            )
        )

    # ---- after the order is placed -----------------------------------------------------------------------------

    def after_ordering(self) -> str:
        """Stop here, or say something more while it waits for payment."""
        dice = self.dice
        if self._more and len(self.wants) == 1:
            self._more, self._after = False, 0
            return self.orders_again()
        if not self._after or len(self.wants) != 1 or self.bought:
            self.bought += self.wants
            self.end = "bought"
            return ""
        self._after = 0
        what = dice.choice(["again", "digress", "cancel", "change"])
        if what == "cancel":
            self.cancels()
            self.end = "cancelled"
            return ""
        changed = self.changes_his_mind() if what == "change" else ""
        if changed:
            reply = self.say(changed)
            if "请核对订单" in reply:
                return reply
            self.cancels()  # not understood: what he ordered has to go before he orders anew
            return self.opens()
        self.say("确认" if what == "again" else dice.choice(_DIGRESSIONS))
        self.bought += self.wants
        self.end = "bought"
        return ""

    def orders_again(self) -> str:
        """Another order beside the one that waits for payment: the same, for someone else, or something new."""
        self.bought += self.wants
        kind = self.dice.choice(["same", "else", "new"])
        phones = [f for f in self.want.product.fields if f.kind is FieldKind.PHONE and f.name in self.want.fields]
        if kind == "same":
            return self.say(self.dice.choice(["再来一单", "再来一份一样的", "照旧再来一单"]))
        if kind == "else" and len(phones) == 1:
            fresh = a_value(self.dice, phones[0])
            self.wants = [replace(self.want, fields={**self.want.fields, phones[0].name: fresh})]
            return self.say(f"再来一单，给{fresh}")
        self.wants = [a_want(self.dice, self.shelf)]
        return self.opens()

    def cancels(self) -> None:
        """Say 取消 until nothing is left to be cancelled, as the answers tell."""
        for _ in range(1 if self.bought else 4):
            reply = self.say("取消")
            if "没有要取消" in reply or ("已取消" in reply and "还没付款" not in reply):
                return
