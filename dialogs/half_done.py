"""A correction of which a part was done: what else it plainly wants and no line holds is told, and the next 确认 shows
the order once more. 充50就行 号码最后两位是78: 50, with the number as it was, is never 已改好 without a word."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from catalog.checks import fold
from catalog.model import Field, Option, Product
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.draft import look
from dialogs.gist.choices import names_of
from dialogs.gist.clauses import JOINTS, asks
from dialogs.gist.mentions import read, refused
from dialogs.state import Confirming, DraftLine
from dialogs.turn import Said, Scene, Turn
from nlu.text import normalise

_TAIL = re.compile(
    r"(?:尾号|末尾|[最后末]+[一二两三四1-4]?个?[位]|结尾)[是为应该]*(?P<tail>\d{1,4})(?![\d.元块张份个点])"
)
_OF_DIGITS = re.compile(
    "号码?|手机|电话|qq|扣扣|账号|末[尾位]|最后[两三四2-4]位|尾数|倒数第|第[一二三四五六七八九十]+位"
)
_PUT_RIGHT = re.compile(
    r"[写打填输说抄报]?错|不对|[写打填输]反|[少漏多][打写输填]|漏了?个?\d|(?:是|改成?|换成)\d{1,4}(?!\d)|第[一二三四五六七八九十\d]+位"
)
_ACCOUNT = re.compile(r"(?<![A-Za-z0-9._@+-])[A-Za-z0-9][A-Za-z0-9._@+-]{4,}[A-Za-z0-9](?![A-Za-z0-9_@+-])")
_NOT_FOR_IT = re.compile(
    r"不是|不要|别|不用|没|以前|之前|上次|原来|旧|老号|联系|微信|[了过]$|如果|要是|的话|也行|都行|[?？吗]|还是.*还是|比|贵|便宜|多少"
)
_NO_SIZE = re.compile("数量|总额|合计|一共")
_TEXT_MAX = 90


def telling_the_rest(before: Sequence[DraftLine], said: Said, scene: Scene, turn: Turn) -> Turn:
    """The turn; where it changed the order (`before`) by a part of the message alone, with the clause that was not
    used."""
    after = turn.dialog.state
    if not isinstance(after, Confirming) or not before or after.lines == tuple(before) or after.lines[0].row:
        return turn
    if said.late or len(said.text) > _TEXT_MAX or asks(said.text):
        return turn
    if not turn.asks_nothing:
        return turn
    clause = next(_not_used(before, after.lines, said.text, scene.shelf), "")
    if not clause or replies.said(clause) in turn.reply.text:
        return turn
    told = replies.join(replies.half_not_done(clause), turn.reply.text.removeprefix(replies.changed()).lstrip())
    doubtful = replace(turn.dialog, state=replace(after, denied=True))
    return replace(turn, dialog=doubtful, reply=replace(turn.reply, text=told))


def _not_used(before: Sequence[DraftLine], after: Sequence[DraftLine], text: str, shelf: Shelf) -> Iterator[str]:
    """The clauses that want something which stands in no line."""
    found = [p for line in (*after, *before) if (p := shelf.product(line.product or "")) is not None]
    products = list({product.id: product for product in found}.values())
    clauses = (
        *_sizes_not_taken(before, after, text, products, shelf),
        *_numbers_not_taken(before, after, text, products),
        *_choices_not_made(after, text, products, shelf),
    )
    yield from (clause for clause in clauses if clause and not _NOT_FOR_IT.search(clause))
    if [line.fields for line in before] == [line.fields for line in after[: len(before)]]:
        yield from _digits_not_put_right(before, text)


def _sizes_not_taken(
    before: Sequence[DraftLine], after: Sequence[DraftLine], text: str, products: Sequence[Product], shelf: Shelf
) -> Iterator[str]:
    """Clauses that want a size which no line is of, and none that stood there and was taken out."""
    held = _codes(after, shelf) | _codes([line for line in before if line not in after], shelf)
    given = {
        fold(name)
        for line in after
        for product in products
        if product.id == line.product
        for field in product.fields
        for choice in field.values
        if choice.id == line.fields.get(field.name)
        for name in (choice.label, *choice.aliases)
    }
    message = read(text, products, shelf)
    for mention in message.mentions:
        if mention.way == "more" and len(after) > len(before):
            continue  # 再加50q币, of which 50 is a size of what was there
        if mention.sign > 0 and mention.skus and not mention.skus & held and mention.text not in given:
            clause = message.clauses[mention.clause]
            yield clause if not _NO_SIZE.search(clause) else ""


def _codes(lines: Iterable[DraftLine], shelf: Shelf) -> set[str]:
    return {sku.code for line in lines for sku in look(line, shelf).skus}


def _numbers_not_taken(
    before: Sequence[DraftLine], after: Sequence[DraftLine], text: str, products: Sequence[Product]
) -> Iterator[str]:
    """Clauses with an account that no line has, or with the last digits of none."""
    values = [fold(value) for line in (*after, *before) for value in line.fields.values() if value]
    now = [fold(value) for line in after for value in line.fields.values()]
    for clause in JOINTS.split(normalise(text)):
        tail = _TAIL.search(clause)
        if tail is not None and not any(value.endswith(tail["tail"]) for value in now):
            yield clause
        for token in _ACCOUNT.findall(clause):
            known = any(token in value or value in token for value in values)
            if not known and sum(map(str.isdigit, token)) > 2 and not _is_of_goods(token, products):
                yield clause


def _digits_not_put_right(before: Sequence[DraftLine], text: str) -> Iterator[str]:
    """Clauses that say that something is wrong with a number: qq少打了个1, which nobody could place."""
    held = [fold(value) for line in before for value in line.fields.values()]
    for clause in JOINTS.split(normalise(text)):
        wrong = _OF_DIGITS.search(clause) and _PUT_RIGHT.search(clause.replace("没错", ""))
        if wrong and not any(value in clause for value in held):
            yield clause


def _is_of_goods(token: str, products: Sequence[Product]) -> bool:
    """Whether it is a name of goods, as it is or with a size before or behind it: steam50, 50q币."""
    word = token.strip("0123456789.")
    names = (n for p in products for n in (p.name, *p.aliases, *(n for s in p.skus for n in (s.label, *s.aliases))))
    return any(word in fold(name) for name in names) if word else False


def _choices_not_made(
    after: Sequence[DraftLine], text: str, products: Sequence[Product], shelf: Shelf
) -> Iterator[str]:
    """Clauses that name a choice of an option or a field that no line has."""
    said = fold(text)
    for product in products:
        looked = [look(line, shelf) for line in after if line.product == product.id]
        goods = "|".join(fold(name) for sku in product.skus for name in (sku.label, *sku.aliases))
        made = {choice for one in looked for choice in one.line.fields.values()}
        made |= {choice for one in looked for sku in one.skus for choice in sku.options.values()}
        parts: tuple[Option | Field, ...] = (*product.options, *product.fields)
        for part in (one for one in parts if one.values and looked):
            called = _names(part)
            named = {name: choice for name, choice in called.items() if len(name) > 1 and name in said}
            if {*made, part.default} & set(named.values()) or any(name in goods for name in named):
                continue  # 打到钻石, the rank to reach: called like the rank he is at
            for name in named:
                if not refused(normalise(text), name):
                    yield next((clause for clause in JOINTS.split(normalise(text)) if name in fold(clause)), "")


def _names(part: Option | Field) -> dict[str, str]:
    """What its choices are called, and which that is."""
    if isinstance(part, Field):
        return dict(names_of(part))
    return {fold(name): choice.id for choice in part.values for name in (choice.label, *choice.aliases)}
