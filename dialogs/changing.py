"""One line of a draft changed, or a field of it by its name: 第二个改成200, 名字错了是王方, 门牌号是68号不是66号."""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.checks import Valid, check_field, fold
from catalog.model import Product
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.digits import with_digits
from dialogs.draft import account_field
from dialogs.field_changes import ACCOUNT, ASKS, changed_field, is_size, with_field
from dialogs.filling import (
    fill,
    fill_by_mention,
)
from dialogs.gist.deciding import unclear
from dialogs.line_changes import changed_line, line_with
from dialogs.ordering import advance, ask_which_line, doubted, miss
from dialogs.pointing import Pointed, by_each_number, names_else, pointed
from dialogs.state import Collecting, Confirming, Dialog, DraftLine
from dialogs.turn import Said, Scene, Turn
from nlu.frame import Item
from nlu.numerals import CHINESE, read_numeral
from nlu.surnames import KIN
from nlu.words import PIECES

_SOMEONES = re.compile(rf"^(?:那|把|给)?(?:[我他她]|{KIN})的?那[{PIECES}](?!号)")
_CHANGING = re.compile(r"[改换变用要是错订来充]|不对|应该|也(?=\d)")
_SOME_OF = re.compile(
    rf"^(?:其中|里面)?的?([{CHINESE}]|\d{{1,2}})[{PIECES}](?:要)?(?:给我|帮我)?(?:[改换]成?|升级?[到为]?|降[到成为])(.+)$"
)
_PLAIN_HEAD = re.compile(
    "[那就还是都全部一起请帮我给把它们两三四五个单件张份面额金数量规格号码账手机的嗯哦好吧啊算了等下不对错麻烦再想要"
    "充值话费统各均也换改到,，。！!、~ ]*"
)
_UP_TO = re.compile(
    rf"^(?:那|就|再|还是|给我|帮我|我要?|想)*(?:增?加|减少?|升|降|提|凑|延长?|缩短?)(?:时)?[到成至为]((?:\d{{1,7}}[百千万]?|[{CHINESE}]{{1,4}})[^\d,，。]{{0,4}}?)(?:吧|了|的)*$"
)
_RATHER = re.compile(
    r"^.{0,12}?(?:(?:不要|不用|别要?)(?:了)?[^要]{0,10}?(?:我?要|换成?|改成?|用)"
    r"|不[充买要来][^,，\s]{0,10}[,，\s]+(?:还是|就|我|先)*(?:[充买来要]|换成?|改成?))(.{1,20})$"
)
_PEOPLE = re.compile(
    rf"(?:我们|一共|总共|就|那|是)*([{CHINESE}]|\d{{1,2}})个?(?:大?人|位)(?:去|看|来|玩|吃|用|一起|参加)*(?:的|吧|哦|啊)*"
)
_TOO_DEAR = re.compile("太[贵多大高]|贵了|少[充买要来]")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[ -](?=\d)")
_NOT_THIS = re.compile("不是|别|不要|取消|不充|上次|之前|以前")
_WRONG_ACCOUNT = re.compile(
    r"(?:qq|手机|电话|账|帐)?(?:号码?)?(?:也|又|都)?[写打填输]?错了?[,，]?(?:应该)?[是为:：]+([0-9a-z][0-9a-z._@+-]{4,})"
)
_AFTER_ALL = re.compile(
    r"^(?:算了|还是|要不|那就|不如|干脆)+[,，]?(?:就|要|充|来|换|买)*(.{1,10}?)(?:吧|的|好了|得了)*$"
)
_WRONG_WANTS = re.compile(
    r"^(?:哎|啊|哦|等等|不对|不是|错了|搞错了|说错了|弄错了)+[,，。]?(?:我)?(?:是)?"
    r"(?:想?要|改成?|换成?|充|冲|买|来|选)(.{1,20}?)(?:的|吧|了)*$"
)
_MIND_CHANGED = re.compile(r"\A(?s:.*)(?:不对|不是|不[,，]|还是|改主意了?)")
_NOT_WANTED = re.compile(
    "[不没别]|多[打写点按拍]了|[打写点按拍]多了|上次|之前|以前|昨天|剩|只有|如果|要是|的话|[充付买][了过]"
)
_AMOUNT = (
    rf"(?:\d{{1,6}}(?![\d.])|[半{CHINESE}]{{1,4}})个?"
    rf"(?:月|年|天|周|小时|钟头|分钟|元|块钱?|[{PIECES}])(?![点分号岁楼人字]|汉字|数字|字母)|(?<![\d.])\d{{1,6}}[千万](?!\d)|(?<![\d.])\d{{2,6}}(?![\d.点分号岁楼层%折千万])"
)
_CLAUSES = re.compile(r"[\s,，。;；!！~]+")


def changed(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """A correction of one line, of each, of some pieces of one, or of a field by its name."""
    return (
        _digits_changed(dialog, state, said, scene)
        or _account_and_choice(dialog, state, said, scene)
        or _several(dialog, state, said, scene)
        or _some_changed(dialog, state, said, scene)
        or _each_changed(dialog, state, said, scene)
        or _changed_one(dialog, state, said, scene)
        or _all_accounts(dialog, state, said, scene)
        or _as_many_as_go(dialog, state, said, scene)
        or _while_asked(dialog, state, said, scene)
        or changed_field(dialog, state, said, scene)
        or _other_account(dialog, state, said, scene)
    )


def _digits_changed(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """倒数第二位是5不是4, 2918改成2981."""
    lines = with_digits(state.lines, said.text, scene.shelf) if not ASKS.search(said.text) else None
    return advance(replace(dialog, misses=0), lines, scene, replies.changed()) if lines is not None else None


def _several(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """京东换成200的，steam那个要快点: what could not be used is told, and nothing is done by halves."""
    if isinstance(state, Collecting) or said.frame.intent in ("batch", "confirm", "choose"):
        return None
    held = {None, *(line.product for line in state.lines)}
    if any(item.product not in held for item in said.frame.items):
        return None
    clause = unclear(state.lines, said.text, scene.shelf)
    return replace(miss(doubted(dialog), scene, replies.clause_unclear(clause)), lost=True) if clause else None


def _account_and_choice(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """我是苹果的 qq也错了 是54321: two corrections in one message, of which the number is an account and no size."""
    text, line = fold(said.text), state.lines[0]
    found = _WRONG_ACCOUNT.search(text)
    product = scene.shelf.product(line.product or "")
    field = account_field(product) if product is not None else None
    if found is None or product is None or field is None or len(state.lines) != 1:
        return None
    checked = check_field(field, found[1])
    other = fill_by_mention(line, text[: found.start()] + text[found.end() :], product, scene.shelf)
    if not isinstance(checked, Valid) or other is None or not other.changed or other.problems:
        return None
    both = replace(other.line, fields={**other.line.fields, field.name: checked.canonical})
    return advance(replace(dialog, misses=0), (both,), scene, replies.changed())


def _some_changed(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """一张换成50, of two: the other stays."""
    found = _SOME_OF.match(fold(said.text)) if len(state.lines) == 1 else None
    line = state.lines[0]
    count = read_numeral(found[1]) if found else None
    product = scene.shelf.product(line.product or "")
    if found is None or count is None or product is None or not 1 <= count < line.quantity:
        return None
    some = replace(line, quantity=int(count))
    filled = line_with(some, found[2], product, scene.shelf)
    if filled is None and len(said.frame.items) == 1:  # 一张换成普通的: a choice by its short name
        item = replace(said.frame.items[0], quantity=1, said=said.frame.items[0].said - {"quantity"})
        filled = fill(some, item, scene.shelf)
    if filled is None or filled.problems or filled.line.quantity != count:
        return None
    left = replace(line, quantity=line.quantity - int(count))
    return advance(dialog, (left, filled.line), scene, replies.changed())


def _each_changed(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """反了，第一个50第二个100."""
    parts = by_each_number(fold(said.text)) if len(state.lines) > 1 else []
    parts = parts or _by_each_account(state.lines, said.text, scene.shelf)
    if not parts:
        return None
    lines = list(state.lines)
    for number, rest in parts:
        product = scene.shelf.product(lines[number - 1].product or "") if 1 <= number <= len(lines) else None
        filled = line_with(lines[number - 1], rest, product, scene.shelf) if product is not None else None
        if filled is None or filled.problems:
            return ask_which_line(dialog, scene)
        lines[number - 1] = filled.line
    return advance(dialog, lines, scene, replies.changed())


def _by_each_account(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> list[tuple[int, str]]:
    """138的充100，139的充50: (number, what is said of it) for each clause, where each is about a line of its own."""
    clauses = [clause for clause in _CLAUSES.split(fold(text)) if any(map(str.isdigit, clause))]
    meant = [pointed(lines, clause, shelf) for clause in clauses] if 1 < len(clauses) <= len(lines) else []
    found = [(one.lines[0] + 1, one.rest) for one in meant if one is not None and one.by == "account" and one.lines]
    return found if len({number for number, _ in found}) == len(clauses) else []


def _all_accounts(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """QQ都换成87654321: where every line takes it."""
    text = fold(said.text)
    tokens = ACCOUNT.findall(text)
    if len(state.lines) < 2 or "都" not in text or len(tokens) != 1 or not re.search("[改换用充是]", text):
        return None
    lines: list[DraftLine] = []
    for line in state.lines:
        product = scene.shelf.product(line.product or "")
        field = account_field(product) if product else None
        checked = check_field(field, tokens[0]) if field else None
        if field is None or product is None or not isinstance(checked, Valid) or is_size(tokens[0], product):
            return None
        lines.append(replace(line, fields={**line.fields, field.name: checked.canonical}))
    return advance(dialog, lines, scene, replies.changed())


def _as_many_as_go(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """三个人去, below one ticket that nobody's name stands on: three of them."""
    found = _PEOPLE.fullmatch(fold(said.text))
    wanted = read_numeral(found[1]) if found is not None else None
    product = scene.shelf.product(state.lines[0].product or "")
    if wanted is None or product is None or len(state.lines) != 1 or not isinstance(state, Confirming):
        return None
    if product.fields or any(sku.any_value is not None for sku in product.skus):
        return None
    filled = fill(state.lines[0], Item(quantity=int(wanted), said=frozenset({"quantity"})), scene.shelf)
    return advance(dialog, (filled.line,), scene, replies.changed()) if not filled.problems else None


def rather(line: DraftLine, said: Said, scene: Scene) -> DraftLine | None:
    """不对，要500的, of what was ordered and is not paid: the line as he wants it; None when he says something else."""
    text = fold(said.text)
    found = _WRONG_WANTS.match(text) or _AFTER_ALL.match(text) or _RATHER.match(text) or _UP_TO.match(text)
    product = scene.shelf.product(line.product or "")
    filled = line_with(line, found[1], product, scene.shelf) if found is not None and product is not None else None
    return filled.line if filled is not None and filled.changed and not filled.problems else None


def _while_asked(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """算了50, while something else is asked: the size or count he wants instead (below a summary the gist has it)."""
    if not isinstance(state, Collecting) or len(state.lines) != 1 or said.frame.items or ASKS.search(said.text):
        return None
    line = rather(state.lines[0], said, scene)
    return advance(dialog, (line,), scene, replies.changed()) if line is not None else None


def named_alone(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """嗯我妈说要100, 算了租一个月就行, 对 但是充两次: the one size or count in a message that was not understood, below
    the summary of one thing; the summary shows what became of it, and nothing is ordered by that."""
    state, text = dialog.state, _MIND_CHANGED.sub("", fold(said.text))
    if not isinstance(state, Confirming) or len(state.lines) != 1 or any(item.product for item in said.frame.items):
        return None
    product = scene.shelf.product(state.lines[0].product or "")
    if product is None or ASKS.search(said.text) or _NOT_WANTED.search(text) or _TOO_DEAR.search(text):
        return None
    names = {fold(name) for sku in product.skus for name in (sku.label, *sku.aliases) if len(name) > 1}
    names |= _choices(product)
    pattern = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    said_sizes = list(dict.fromkeys(re.findall(rf"{pattern}|{_AMOUNT}" if pattern else _AMOUNT, text)))
    made = [line_with(state.lines[0], size, product, scene.shelf) for size in said_sizes]
    if len(made) != 1 or made[0] is None or made[0].problems or not made[0].changed:
        return None
    told = replies.changed() if made[0].line != state.lines[0] else replies.nothing_changed()
    return advance(replace(dialog, misses=0), (made[0].line,), scene, told)


def _choices(product: Product) -> set[str]:
    """What the choices of its options are called, whole or by a beginning of one alone (金牌 of 金牌教练)."""
    called: set[str] = set()
    for option in product.options:
        names = {choice.id: [fold(n) for n in (choice.label, *choice.aliases)] for choice in option.values}
        for own, mine in names.items():
            others = [name for other, theirs in names.items() if other != own for name in theirs]
            starts = {name[:end] for name in mine for end in range(2, len(name) + 1) if not name[0].isdecimal()}
            called |= {start for start in starts if not any(start in other for other in others)}
    return called


def _other_account(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """等等我老公的是138 1234 5678，充他的: below a summary, another account than the one it shows is a correction."""
    line, text = state.lines[0], _BETWEEN_DIGITS.sub("", fold(said.text))
    product = scene.shelf.product(line.product or "")
    field = account_field(product) if product is not None else None
    numbers = re.findall(r"(?<![0-9a-z])\d{5,}(?![0-9a-z])", text)
    single = len(state.lines) == 1 and len(numbers) == 1 and isinstance(state, Confirming) and not said.frame.items
    if field is None or product is None or not single or field.name not in line.fields:
        return None
    checked = check_field(field, numbers[0])
    if not isinstance(checked, Valid) or ASKS.search(said.text) or _NOT_THIS.search(text):
        return None
    if checked.canonical == line.fields[field.name] or is_size(numbers[0], product):
        return None
    return with_field(dialog, state, field.name, checked.canonical, scene, replies.changed())


def placed_change(dialog: Dialog, index: int, scene: Scene) -> Turn | None:
    """第一个, after it was asked which line a correction is about."""
    state = dialog.state
    if not isinstance(state, Confirming) or not state.unplaced or not 1 <= index <= len(state.lines):
        return None
    line = state.lines[index - 1]
    product = scene.shelf.product(line.product or "")
    filled = line_with(line, state.unplaced, product, scene.shelf) if product is not None else None
    if filled is None or filled.problems:
        return None
    lines = (*state.lines[: index - 1], filled.line, *state.lines[index:])
    return advance(dialog, lines, scene, replies.changed())


def _changed_one(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """第二个改成200, 598的改成4份, 13511110002改成100: that line alone."""
    lines = state.lines
    text = fold(said.text)
    if len(lines) < 2 or not _CHANGING.search(text) or "都" in text:
        return None
    meant = _meant(lines, text, scene.shelf)
    if meant is None and isinstance(state, Confirming) and _SOMEONES.match(text):
        return ask_which_line(dialog, scene, said.text)  # 我那张换不限量的: whose is whose is not known
    if meant is None and isinstance(state, Confirming) and said.frame.intent in ("change", "answer", "unknown"):
        verb = re.search("[改换]成?", text)
        if verb is not None and not _PLAIN_HEAD.fullmatch(text[: verb.start()]):
            return ask_which_line(dialog, scene, said.text)  # 爸爸的改成50: whoever that is
    if meant is None or (len(said.frame.items) > 1 and meant.by != "number"):
        return None
    if len(meant.lines) != 1:
        return ask_which_line(dialog, scene, said.text)
    index = meant.lines[0]
    filled = changed_line(lines[index], meant.rest, said, scene.shelf, meant)
    if filled is None:
        return None
    same = filled.line == lines[index] and not filled.problems
    if same and isinstance(state, Confirming) and names_else(lines[index], text, scene.shelf):
        return miss(doubted(dialog), scene)  # 油烟机要拆开洗的那种: more was said than the shop's words
    if not filled.changed and not filled.problems:
        return advance(dialog, lines, scene, replies.nothing_changed())
    out = (*lines[:index], filled.line, *lines[index + 1 :])
    told = replies.changed() if not filled.problems and filled.line != lines[index] else ""
    return advance(dialog, out, scene, told, *filled.problems, missed=bool(filled.problems))


def _meant(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> Pointed | None:
    """The line a change is about. What stands behind 改成 is the new value, so only what is before it can point by
    what the line is."""
    meant = pointed(lines, text, shelf)
    if meant is None or meant.by == "number":
        return meant
    verb = re.search(r"改|换|变成|要", text)
    if verb is None:
        return meant if meant.by in ("account", "product") else None
    head = pointed(lines, text[: verb.start()], shelf)
    return replace(head, rest=head.rest + text[verb.start() :]) if head is not None else None
