"""Step merging: what can be asked in one line is, and what comes in one line is taken apart again."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from catalog.checks import Valid, check_field, fold
from catalog.model import Field, FieldKind, Option, Product
from catalog.shelf import Shelf
from dialogs.by_text import fill_by_text
from dialogs.draft import Looked, field_of, given_fields, look
from dialogs.filling import Filled, with_option
from dialogs.freetext import is_person
from dialogs.freetext import told as free_text
from dialogs.places import goes_by_parcel, told
from dialogs.state import DraftLine
from nlu.no_text import is_no_text
from nlu.numerals import CHINESE, read_numeral

TOGETHER_MAX = 3
_CLEAR = (FieldKind.PHONE, FieldKind.QQ, FieldKind.PHONE_OR_QQ, FieldKind.EMAIL)
_ACCOUNTS = (*_CLEAR, FieldKind.CARD_NO, FieldKind.UID)
_SPLIT = re.compile(r"[\s,，、;；/|]+")
_ORDINAL = re.compile(rf"(?:第|选)?(\d{{1,2}})(?:个)?|第([{CHINESE}]{{1,2}})个?")
_WORDS_ONLY = re.compile(r"[^\d?？]{1,20}")
_SOMEBODY = re.compile("(?:手机号?|电话|号码)?(?:是|用|留)?(?:我|他|她|孩子|家长|本人|咱)的?(?:手机|电话|号码)?")
"""我手机138…: nobody is called that."""
_WORDS_MAX = 4
_PERSON_NAME = re.compile("[\u4e00-\u9fff·]{1,12}|[A-Za-z][A-Za-z .'-]{1,30}")
_AROUND = re.compile(r"(?:我叫|叫|是|为|[:：])")
_YUAN = re.compile(r"(?<=\d)块钱?$")
_PARTICLES = re.compile("^(?:是|我是|用的?是?|选|要)(?=..)|(?:的|吧|啊|呀|哈|哦|那个)+$")
_ASKS = re.compile(r"[?？吗呢]|什么|怎么|哪|多少|取消|不要|人工|改|换|错")
_WORDS_BEFORE = (
    "我叫",
    "名字叫",
    "名字",
    "姓名",
    "身份证号",
    "身份证",
    "手机号",
    "手机",
    "电话",
    "号码",
    "账号",
    "QQ",
    "qq",
)
_FOR_WHOM = re.compile(r"^(?:卡号?(?=\d)|请|帮我?|给|为|替|充|冲|发)+(?=\w{5})|(?<=\d)(?:充|冲|的|吧|这个)+$")
_PIECES_MAX = 6
_TAKES_PHONES = (FieldKind.PHONE, FieldKind.PHONE_OR_QQ)
_LONG_NUMBERS = tuple("123456789012345678901234567890"[:digits] for digits in range(11, 25))
"""For an ID or a card number an example that looks like a telephone would say that one is wanted."""
_EXAMPLES = ("13812345678", "12345678", "123456789", "1234567890", "me@example.com")


def together(looked: Looked, slot: str) -> tuple[Field, ...]:
    """What may be asked along with a slot: the accounts still missing; beside a name also what can be told from it."""
    product = looked.product
    if product is None:
        return ()
    asked = field_of(product, slot)
    if asked is not None and not (_is_account(asked) or asked.kind is FieldKind.TEXT):
        return ()
    missing = [field for field in _missing(looked.line, product) if field is not asked]
    names = [field for field in missing if field.kind is FieldKind.TEXT and not _is_account(field)]
    named = asked is not None and _is_account(asked) and len(names) == 1
    return tuple(field for field in missing if _is_account(field) or (named and field in names))[:TOGETHER_MAX]


def sample(field: Field) -> str | None:
    """An example of what could be given for a field; None where only the buyer can know."""
    if field.kind is FieldKind.CHOICE:
        return field.values[0].label if field.values else None
    if field.kind in (FieldKind.TEXT, FieldKind.ADDRESS):
        return None
    likely = _EXAMPLES if field.kind in _TAKES_PHONES else (*_EXAMPLES[1:], *_LONG_NUMBERS, _EXAMPLES[0])
    return next((one for one in likely if isinstance(check_field(field, one), Valid)), None)


def taken_apart(line: DraftLine, slot: str, text: str, skus: Sequence[str], shelf: Shelf) -> Filled | None:
    """100 13812345678 · 张三 13812345678 110101…: every piece put where alone it can belong.

    None when one is left over, or could belong to two. `skus` are the SKU codes numbered in the question, so that a
    small number picks from them.
    """
    product = shelf.product(line.product or "")
    if product is None:
        return None
    pieces = [piece for piece in _SPLIT.split(_unlabelled(text, product)) if piece]
    asked = field_of(product, slot)
    if asked is not None and goes_by_parcel(asked, product):
        place = told(asked, line.fields.get(slot, ""), product, text)
        return Filled(replace(line, fields={**line.fields, slot: place}), frozenset({slot})) if place else None
    if _ASKS.search(text):
        return None
    lone_text = asked is not None and asked.kind is FieldKind.TEXT and not _is_account(asked) and len(pieces) == 1
    if not (2 <= len(pieces) <= _PIECES_MAX or lone_text or (slot == "value" and pieces)):
        return None
    out, changed, words = line, set[str](), list[str]()
    for piece in pieces:
        piece = _FOR_WHOM.sub("", piece) or piece
        field = _owner(piece, out, product)
        if field is not None and _sized(out, piece, slot, skus, product, shelf, changed) is not None:
            return None  # 12345: a number of units just as well as a QQ number
        if field is not None and isinstance(checked := check_field(field, _bare(piece, field)), Valid):
            out = replace(out, fields={**out.fields, field.name: checked.canonical})
            changed.add(field.name)
        elif (sized := _sized(out, piece, slot, skus, product, shelf, changed)) is not None:
            out = sized
            changed.add("value")
        elif (picked := _choice(out, piece, product)) is not None:
            out = picked[0]
            changed.add(picked[1])
        elif not (_SOMEBODY.fullmatch(piece) or is_no_text(piece)):
            words.append(piece)
    if words:
        named = _named(words, out, product) if changed - {"value"} else None
        if named is None:
            return None
        out = replace(out, fields={**out.fields, named[0]: named[1]})
        changed.add(named[0])
    if len(pieces) == 1 and not any(field.name in changed and _is_account(field) for field in product.fields):
        return None  # the answer itself: read as such elsewhere
    return Filled(out, frozenset(changed)) if changed else None


def _unlabelled(text: str, product: Product) -> str:
    """The values without the words that say what they are: 我叫王磊 身份证 3301… 电话138…."""
    return _before_values(tuple(field.label for field in product.fields if not field.values)).sub(" ", text.strip())


@lru_cache(maxsize=1024)
def _before_values(labels: tuple[str, ...]) -> re.Pattern[str]:
    """What stands before a value and says what it is: a field's label or a part of it, or a word for any such."""
    parts = {part for label in labels for part in (label, label[-2:], label[:-1]) if len(part) > 1}
    pattern = "|".join(map(re.escape, sorted((*parts, *_WORDS_BEFORE), key=len, reverse=True)))
    return re.compile(rf"(?:{pattern})\s*(?:是|为|[:：])?\s*")


def _sized(
    line: DraftLine, piece: str, slot: str, skus: Sequence[str], product: Product, shelf: Shelf, changed: set[str]
) -> DraftLine | None:
    """A piece that names the size, where that is what was asked for."""
    if slot != "value" or "value" in changed:
        return None
    number = _ORDINAL.fullmatch(fold(piece))
    index = int(read_numeral(number[1] or number[2]) or 0) if number is not None else 0
    if 1 <= index <= len(skus):
        code = skus[index - 1]
        piece = next((sku.label for sku in product.skus if sku.code == code), piece)
        if sum(sku.label == piece for sku in product.skus) > 1:
            return None
    if any(sku.unit == "元" for sku in product.skus):
        piece = _YUAN.sub("", piece)
    filled = fill_by_text(line, "value", piece, product, shelf)
    return filled.line if filled is not None and not look(filled.line, shelf).trouble else None


def _is_account(field: Field) -> bool:
    """Whether a value shows by itself that it is one of these."""
    return field.kind in _ACCOUNTS or (field.kind is FieldKind.TEXT and field.pattern is not None)


def _choice(line: DraftLine, piece: str, product: Product) -> tuple[DraftLine, str] | None:
    """A piece that is the name of one choice of an option or field, and the slot it is for."""
    said = _PARTICLES.sub("", fold(piece))
    parts: tuple[Option | Field, ...] = (*product.options, *product.fields)
    found = [
        (part, choice.id)
        for part in parts
        for choice in part.values
        if {said, fold(piece)} & {fold(name) for name in (choice.label, *choice.aliases)}
    ]
    if len(found) != 1:
        return None
    part, chosen = found[0]
    if isinstance(part, Option):
        return with_option(line, part.name, chosen), part.name
    return replace(line, fields={**line.fields, part.name: chosen}), part.name


def _missing(line: DraftLine, product: Product) -> list[Field]:
    given = given_fields(line, product)
    return [field for field in product.fields if not field.optional and field.name not in given]


def _owner(piece: str, line: DraftLine, product: Product) -> Field | None:
    """The one missing field that takes a piece; none when it could be two."""
    open_ = [field for field in _missing(line, product) if _is_account(field)]
    labelled = [field for field in open_ if fold(piece).startswith(fold(field.label))]
    if len(labelled) == 1:
        return labelled[0]
    if sum(char.isdecimal() for char in piece) < 5 and "@" not in piece:
        return None
    takes = [field for field in open_ if isinstance(check_field(field, piece), Valid)]
    strict = [field for field in takes if field.kind is not FieldKind.UID and (field.pattern or field.kind in _CLEAR)]
    return takes[0] if len(takes) == 1 else strict[0] if len(strict) == 1 else None


def _bare(piece: str, field: Field) -> str:
    """手机号13812345678: the value without its label."""
    rest = fold(piece).removeprefix(fold(field.label)) if fold(piece).startswith(fold(field.label)) else piece
    return _AROUND.sub("", rest)


def _named(words: Sequence[str], line: DraftLine, product: Product) -> tuple[str, str] | None:
    """The words left over, where just one text has still to be given: a name."""
    texts = [f for f in _missing(line, product) if f.kind is FieldKind.TEXT and not _is_account(f)]
    if len(texts) == 1 and is_person(texts[0]) and len(words) < _WORDS_MAX:
        name = free_text(texts[0], product, " ".join(words)).text  # 孩子叫林小满 手机我的
        if not _PERSON_NAME.fullmatch(name):
            return None
        return texts[0].name, name
    if len(texts) != 1 or len(words) != 1 or not _WORDS_ONLY.fullmatch(words[0]):
        return None
    said = re.sub(rf"^{re.escape(texts[0].label)}", "", words[0])
    checked = check_field(texts[0], _AROUND.sub("", said, count=1) if said != words[0] else _led(said))
    return (texts[0].name, checked.canonical) if isinstance(checked, Valid) else None


def _led(said: str) -> str:
    return re.sub("^(?:我叫|名字是|姓名是|叫|我是)", "", said)
