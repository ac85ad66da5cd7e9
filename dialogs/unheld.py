"""A new draft held against the message it came from: what was counted, shared out or corrected in it and stands in no
line is asked for, and never dropped without a word (两辆车, 一家三口, 两个号平分100, 尾号12)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from catalog.checks import Valid, check_field, fold
from catalog.model import Delivery, Field, FieldKind, Option, Product
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.clauses import left_out
from dialogs.draft import Looked, account_field, field_of, look, option_of
from dialogs.ordering import advance
from dialogs.replies import number
from dialogs.state import NO_QUANTITY, Collecting, Confirming, Dialog, DraftLine
from dialogs.turn import Reply, Said, Scene, Turn
from nlu.numerals import CHINESE, read_numeral
from nlu.words import PIECES

_NUMERAL = rf"\d{{1,3}}|[{CHINESE}]{{1,3}}"
_PEOPLE = (
    "口(?!味|径)|(?:个|位|名)?(?:大人|小孩|孩子|宝宝|娃|老人|同学|同事|朋友|室友|学生|家长|人(?!民|份))"
    "|辆|台车|部车|只猫|只狗"
)
_COUNT = re.compile(
    rf"(?<![\d.第周头前后下上期{CHINESE}])(?P<number>{_NUMERAL})"
    rf"(?:(?P<people>{_PEOPLE})|(?P<piece>[{PIECES}]))(?P<what>[^\W\d_]{{0,2}})"
    rf"|(?P<pair>[俩仨])(?=人|娃|孩|$|\W)"
)
_ANY_NUMBER = re.compile(rf"[\d{CHINESE}俩仨]")
_FOR_EACH = re.compile("每|一人|人手|各")
_HEADS = re.compile("[口人孩娃宝老学同朋室家俩仨]")
_NO_COUNT = re.compile(
    r"[?？吗么呢]|能不能|可不可以|有没有|是不是|多少|几|多久|什么|怎么|如果|要是|的话|没|别|不|够|坐|左右"
)
"""A clause that asks, supposes, denies or explains counts nothing that is wanted."""
_OF_THE_PAST = re.compile(
    r"上次|上回|以前|之前|昨天|前天|去年|每次|每[天周月]|经常|老是|[买充订付下喝考看吃][过了]|[刚已]|还剩|说了|手里|我有"
)
_CORRECTED = re.compile(
    r"\A(?s:.*)(?:不对|[啊哦噢诶哎]不|不[,，]|不不|[说写打搞弄输]错|算了|口误|更正|不是(?=[\s,，]))"
)
_NO_PIECES = re.compile(r"^(?:月|小时|钟|半|星期|礼拜|季度|字|问题|地方|号|账号|手机|电话|多|都|qq|性|片区|楼)")
_COUNTED_BY_TIME = ("小时", "分钟", "节", "次", "课时", "天", "月", "年", "季", "周")
_PARTS = re.compile(r"[\s,，]+")
"""Of an address, whatever its order was."""
_CLAUSES = re.compile(r"[\s,，。;；!！~～、]+")
_SHARED_OUT = re.compile(r"平分|均分|平摊|[一每]人一半|[各对]一?半|分着[充买]")
_TAIL = re.compile(r"(?:尾号|最后[两三四]位|末[两三四]位|后[两三四]位)(?:应该)?(?:是|为)?\s*(\d{2,4})(?!\d)")
_ID = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]{6,24}(?![0-9A-Za-z])")
_TAKEN_BACK = re.compile("错|不是|不对|改|换成|应该")
_ANOTHERS_TAIL = re.compile("银行|付款|扣款|信用卡|储蓄卡|支付|花呗")


def unheld(dialog: Dialog, said: Said, scene: Scene, turn: Turn) -> Turn:
    """The turn, or the question that what he said leaves open; before it, what he wants and is not sold here."""
    turn, absent = _held(dialog, said, scene, turn), said.frame.absent
    there = isinstance(turn.dialog.state, Collecting | Confirming) and turn.dialog.state != dialog.state
    if not absent or not there or not turn.asks_nothing:
        return turn
    goods = [one.words for one in absent if not one.product]
    told = replies.not_sold_here("」「".join(goods)) if goods else ""
    names = {one.product: product.name for one in absent if (product := scene.shelf.product(one.product))}
    for held, name in names.items():
        words = "」「".join(one.words for one in absent if one.product == held)
        told = replies.join(told, replies.no_such_choice(name, words))
    return replace(turn, reply=replace(turn.reply, text=replies.join(told, turn.reply.text)))


def _held(dialog: Dialog, said: Said, scene: Scene, turn: Turn) -> Turn:
    before, after = dialog.state, turn.dialog.state
    if not isinstance(after, Collecting | Confirming) or turn.dialog.misses or len(after.lines) > len(said.text):
        return turn
    known = {line.product for line in before.lines} if isinstance(before, Collecting | Confirming) else set()
    if after.lines[0].row or not any(line.product and line.product not in known for line in after.lines):
        return turn
    if (word := _shared_out(after.lines, said.text)) is not None:
        open_ = [replace(line, value=None, sku=None) for line in after.lines]
        return advance(turn.dialog, open_, scene, replies.how_shared_out(word))
    if (tail := _other_tail(after.lines, said.text, scene.shelf)) is not None:
        open_ = [_without_account(line, scene.shelf) for line in after.lines]
        return advance(turn.dialog, open_, scene, replies.tail_differs(tail))
    if (others := _more_ids(after.lines, said.text, scene.shelf)) is not None:
        return advance(turn.dialog, (DraftLine(after.lines[0].product),), scene, replies.whose_number(others))
    if (opened := _without_usual(after.lines, said, scene.shelf)) != after.lines:
        return advance(turn.dialog, opened, scene)
    text = said.text
    for absent in said.frame.absent:
        text = re.sub(re.escape(absent.said), " ", text, flags=re.IGNORECASE)
    named = left_out(after.lines, said, scene.shelf)
    counted = named or uncounted(after.lines, text, scene.shelf)
    if not counted:
        return turn
    if len(after.lines) == len(counted) == 1 and after.lines[0].quantity == 1 and not named:
        return _asked_how_many(turn.dialog, after.lines[0], counted[0], scene)
    told = replies.not_counted("」「".join(counted))
    doubtful = replace(after, denied=True) if isinstance(after, Confirming) else after
    reply = replace(turn.reply, text=replies.join(told, turn.reply.text))
    return replace(turn, dialog=replace(turn.dialog, state=doubtful), reply=reply)


def _without_usual(lines: tuple[DraftLine, ...], said: Said, shelf: Shelf) -> tuple[DraftLine, ...]:
    """8寸草莓蛋糕, where there is no 草莓: the taste is asked for, and the usual one is not put in its place."""
    opened = list(lines)
    for lacked in (one for one in said.frame.absent if one.product and one.slot):
        for i, line in enumerate(opened):
            product = shelf.product(lacked.product)
            if line.product != lacked.product or product is None:
                continue
            if any(lacked.slot in item.said for item in said.frame.items if item.product in (None, line.product)):
                continue
            asks = line
            if option_of(product, lacked.slot) is not None:
                asks = replace(line, options={**line.options, lacked.slot: ""}, sku=None)
            elif field_of(product, lacked.slot) is not None:
                asks = replace(line, fields={**line.fields, lacked.slot: ""})
            opened[i] = asks if look(asks, shelf).missing == lacked.slot else line
    return tuple(opened)


def _asked_how_many(dialog: Dialog, line: DraftLine, counted: str, scene: Scene) -> Turn:
    """两个娃, where there are tickets for children, too: how many of which; else only how many."""
    open_ = (replace(line, quantity=NO_QUANTITY),)
    kinds = _kinds(look(line, scene.shelf)) if _HEADS.search(counted) else []
    if len(kinds) < 2:
        return advance(dialog, open_, scene, replies.how_many_of_it(counted))
    return replace(advance(dialog, open_, scene), reply=Reply(replies.how_many_of_which(counted, kinds)))


def _kinds(looked: Looked) -> list[str]:
    """What of this product is sold beside the one that the line comes to, where one choice alone is another."""
    product, mine = looked.product, looked.sku
    if product is None or mine is None:
        return []
    for option in (one for one in reversed(product.options) if one.name not in looked.line.options):
        others = {
            sku.options.get(option.name)
            for sku in product.skus
            if all(sku.options.get(o.name) == mine.options.get(o.name) for o in product.options if o is not option)
        }
        labels = [choice.label for choice in option.values if choice.id in others]
        if len(labels) > 1:
            return labels
    return []


def uncounted(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> tuple[str, ...]:
    """The counts in a message that are none of the draft's numbers; empty where all are there."""
    said = fold(text)
    looked = [look(line, shelf) for line in lines]
    products = [one.product for one in looked if one.product is not None]
    if not _ANY_NUMBER.search(said) or len(products) < len(looked):
        return ()
    left = _CORRECTED.sub("", _without_taken(said, looked))
    pieces = [read_numeral(one["number"]) for one in _COUNT.finditer(left) if one["piece"]]
    if len(looked) == 1 and looked[0].line.quantity in pieces:
        return ()  # 我们6个人，先买4张
    sizes = {sku.value for product in products for sku in product.skus if sku.value is not None}
    by_head = all(_sold_by_head(product) for product in products)
    known = {*_numbers(looked), *_shares(looked, text), *sizes}
    units = {fold(sku.unit) for product in products for sku in product.skus if sku.unit}
    found = [
        words
        for words, count, people in _counts(left, 2)
        if count not in known and (by_head or not people) and not any(f"个{u}" in words or u in words for u in units)
    ]
    return tuple(dict.fromkeys(found))


def _shares(looked: Sequence[Looked], text: str) -> set[int]:
    """Five and two, where each of five persons gets two and a line holds ten."""
    if not _FOR_EACH.search(text):
        return set()
    counts = {int(count) for one in _COUNT.finditer(text) if (count := read_numeral(one["number"] or "0")) is not None}
    wanted = {one.line.quantity for one in looked}
    return {one for one in counts for other in counts if one * other in wanted}


def _sold_by_head(product: Product) -> bool:
    """Whether as many are bought as people come, or cars: not where it is for an account, and not where it is an
    amount or a time that is bought."""
    ranged = any(
        sku.any_value is not None or (sku.value is not None and sku.unit in _COUNTED_BY_TIME) for sku in product.skus
    )
    return not ranged and not (product.delivery is Delivery.TOPUP and account_field(product) is not None)


def _counts(text: str, least: int) -> Iterator[tuple[str, int, bool]]:
    """What is counted in the clauses that want something: (words, number, whether it is people)."""
    for clause in _CLAUSES.split(text):
        if _NO_COUNT.search(clause) or _OF_THE_PAST.search(clause):
            continue
        for found in _COUNT.finditer(clause):
            if found["pair"]:
                yield found[0], int(read_numeral(found["pair"]) or 0), True
                continue
            count = read_numeral(found["number"])
            if count is None or not least <= count < 100 or count != int(count) or _NO_PIECES.match(found["what"]):
                continue
            yield found[0].removesuffix(found["what"]), int(count), not found["piece"]


def _without_taken(text: str, looked: Sequence[Looked]) -> str:
    """The message without what is a value of a field, or a name of what is ordered."""
    taken: list[str] = []
    for one in looked:
        taken += [part for value in one.fields.values() for part in (value, *_PARTS.split(value)) if len(part) > 1]
        if one.product is None:
            continue
        taken += [one.product.name, *one.product.aliases]
        taken += [name for sku in one.product.skus for name in (sku.label, *sku.aliases)]
        parts: tuple[Option | Field, ...] = (*one.product.options, *one.product.fields)
        taken += [name for part in parts for choice in part.values for name in (choice.label, *choice.aliases)]
    for name in sorted(map(fold, taken), key=len, reverse=True):
        if len(name) > 1:
            text = text.replace(name, " ")
    return text


def _numbers(looked: Sequence[Looked]) -> Iterator[float]:
    """The numbers that the draft holds: counts and their sums, sizes, what a size is called, how many lines."""
    counts = [one.line.quantity for one in looked]
    yield sum(counts)
    yield from range(2, len(looked) + 1)
    for size in range(1, min(len(counts), 4) + 1):
        yield from (sum(some) for some in combinations(counts[:6], size))
    for one in looked:
        sku = one.sku
        labelled = re.findall(r"\d{1,3}(?!\d)", sku.label) if sku is not None else []
        yield from map(float, labelled)
        for value in (one.line.value, sku.value if sku is not None else None):
            if value is not None:
                yield from (value, value * one.line.quantity, value / 12)


def _shared_out(lines: Sequence[DraftLine], text: str) -> str | None:
    """平分, where each of several lines has the whole of the amount that was said."""
    found = _SHARED_OUT.search(fold(text))
    value = lines[0].value
    if found is None or len(lines) < 2:
        return None
    if len({(line.product, line.sku, line.value, line.quantity) for line in lines}) > 1:
        return None
    if value is None:
        return found[0]
    return found[0] if re.search(rf"(?<![\d.]){re.escape(number(value))}(?![\d.])", text) else None


def _other_tail(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> str | None:
    """尾号12, beside one number that ends otherwise."""
    found = _TAIL.search(text)
    if found is None or _ANOTHERS_TAIL.search(text):
        return None
    products = [shelf.product(line.product or "") for line in lines]
    names = [field.name for product in products if product is not None and (field := account_field(product))]
    accounts = [line.fields[name] for line, name in zip(lines, names, strict=False) if name in line.fields]
    if len(set(accounts)) != 1 or len(names) < len(lines):
        return None
    plain = re.sub(r"(?<=\d)[ -](?=\d)", "", text)
    return found[1] if accounts[0] in plain and not accounts[0].endswith(found[1]) else None


def _more_ids(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> str | None:
    """Two people's ID numbers and fewer lines that hold one: a number no line has. Whose it is, is asked."""
    product = shelf.product(lines[0].product or "")
    field = next((f for f in product.fields if f.kind is FieldKind.CARD_NO and f.pattern), None) if product else None
    if field is None or _TAKEN_BACK.search(text):
        return None
    plain = re.sub(r"(?<=\d)[ -](?=\d)", "", text)
    given = [one for one in dict.fromkeys(_ID.findall(plain)) if isinstance(check_field(field, one), Valid)]
    held = {line.fields.get(field.name) for line in lines}
    left = [one for one in given if one.upper() not in {str(value).upper() for value in held}]
    return left[0] if left and len(given) > len(lines) and len(left) < len(given) else None


def _without_account(line: DraftLine, shelf: Shelf) -> DraftLine:
    product = shelf.product(line.product or "")
    field = account_field(product) if product is not None else None
    return replace(line, fields={n: v for n, v in line.fields.items() if field is None or n != field.name})
