"""What is wished beside the answer that was asked for, or in its place: <地址> 要三块, <手机号> 再加一条17寸的, 换6寸.

Each part is read by itself at the edge; the answer is taken first, and the wish as it would be below the summary."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from catalog.model import Field, FieldKind, Product
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.around_places import is_talk
from dialogs.by_text import accounts_anywhere
from dialogs.clauses import read_clauses
from dialogs.draft import field_of
from dialogs.freetext import is_person
from dialogs.gist.answers import choice_names, open_choices
from dialogs.gist.chosen import SAID, chosen
from dialogs.hearing import names_a_part
from dialogs.ordering import doubted
from dialogs.places import read, says_part
from dialogs.pointing import pointed
from dialogs.state import Collecting, Confirming, Dialog, DraftLine
from dialogs.turn import Reply, Said, Scene, Turn
from nlu.frame import Expecting, Frame, Item
from nlu.lexicon import Lexicon
from nlu.numerals import CHINESE
from nlu.parsing import parse
from nlu.regions import region_at
from nlu.surnames import NO_NAME, SURNAMES
from nlu.words import PIECES

_CHARS_MAX, _CLAUSE_MAX, _CLAUSES_MAX = 120, 24, 16
_PIECE = re.compile(r"[^\s,，。;；!！~～、]+")
_NUMBER = re.compile(r"\d{5,}")
_ENDS = re.compile(r"\d{5,}|(?<=[号室楼层栋幢元收])(?=再[加来要]|另外|还要|改成|换成|要[\d一二两三四五六七八九十])")
_HOUSE = re.compile(
    rf"(?:\d|[{CHINESE}])[号栋幢楼室座弄单层组院环]|[省市区县镇乡村路街道巷弄苑园厦][\d东西南北]?$|^(?:小区|门口)|\d$"
)
_COUNTS = re.compile(
    rf"(?!一[样般点些下起次定直会])(?:\d{{1,4}}|[半俩仨{CHINESE}]{{1,3}})个?(?:[{PIECES}晚间月天次米]|小时)"
)
_DROPS = re.compile("不要了?|别要|去掉|取消|算了|删|不用了?")
_CONNECTS = re.compile("(?:另外|还有|对了|哦对|哦|然后|顺便|再|以及|[和跟]){1,2}")
_ASKS = re.compile(r"[?？吗呢]|多少|什么|怎么|哪|能不能|可不可以|行不行|有没有")
_CHANGES = re.compile(r"[改换加添住订]|还是|再|也|[要来]|就|不对|错|[吧的]$")
"""Without one of these words, a sentence is as good a text for a card or a banner as any other."""
_CHANGES_IT = re.compile(r"[改换加减多少添]|还是|再|也|另|还|不|错|只|就")
_ADDS = re.compile("再|另外|还[要有]|也|加")
_OPENS = re.compile("^(?:那|就|还是|我们?|想|要|住|来|换|改|成|买|订|都|应该|是)+")
_TRAILS = re.compile("(?:的|吧|了|就?[行好够]|可以|啊|哈)+$")
_NO_CORE = re.compile(r"[再也另加减多少添不别没删取去]|还[有要]|\s")
_JUST_ONE = re.compile(
    rf"(?:那|就|先|给我|帮我|我|要|[,， ])*[来要买拿订开办整弄搞充][一1][{PIECES}](?:的|吧|啊|就行|就好)*"
)
_CORE_MAX = 8
_NO_WORDS = re.compile("不[用要是对]|别|太|算了|那|还是|我[想要]|等[等下一]|好[的吧]|嗯")
_FIRST = "(?:请问|那么?|我|想问[下一]*|问[下一]+|老板|亲|你好|[,，\\s])*"
_YES_NO = r"(?:吗|么|嘛|不|呢|吧|行吗|好吗|可以吗|行不行)?[?？]*"
_MAY_I = re.compile(
    rf"{_FIRST}(?:能不能|可不可以|能否|可否|能|可以|方便)(?:给我|帮我|麻烦)*(?P<verb>[换改]成?|再?加|再来|少|减|要|用)"
    rf"(?P<what>.{{1,12}}?)(?:的)?{_YES_NO}"
)
_MAY_IT = re.compile(
    rf"{_FIRST}(?P<verb>[换改]成?|再?加|再来)(?P<what>.{{1,12}}?)(?:的)?"
    r"(?:[行好]吗|可以吗|[行好]不[行好]?|可不可以|成不成|可以不|ok吗)[?？]*"
)
_WOULD_DO = re.compile(rf"{_FIRST}(?P<what>.{{1,10}}?)(?:的)?(?:[行好]吗|可以吗|[行好]不[行好]|可不可以|也行吗)[?？]*")
_INTENTS = ("order", "change", "answer", "search")


def with_wishes(said: Said, dialog: Dialog, scene: Scene, lexicon: Lexicon) -> Said:
    """The message with what it wishes beside an account, an address or a text that was asked for, or in its place, and
    with what it asks for politely (能换芒果吗); else as it is."""
    state = dialog.state
    if not isinstance(state, Collecting | Confirming) or not 1 < len(said.text) <= _CHARS_MAX or state.lines[0].row:
        return said  # a pasted list goes by its rows
    if polite := _politely(said.text, state.lines, scene.shelf):
        return replace(said, wishes=tuple(_read(text, state.lines, lexicon) for text in polite))
    asked = _asked(dialog, scene.shelf)
    return _apart(said, asked, state, scene.shelf, lexicon) if asked is not None else said


def _apart(
    said: Said, asked: tuple[Product, Field], state: Collecting | Confirming, shelf: Shelf, lexicon: Lexicon
) -> Said:
    lines, text = state.lines, said.text
    spans = [span for piece in _PIECE.finditer(text) for span in _unglued(piece)]
    if len(spans) > _CLAUSES_MAX:
        return said
    wishes = [span for span in spans if _is_wish(text[slice(*span)], asked, lines, shelf, lexicon)]
    if not wishes or _ASKS.search(wished := _joined(text, spans, wishes)):
        return said
    if _JUST_ONE.fullmatch(wished) and all(line.quantity == 1 for line in lines):
        return said  # 来一个 me@qq.com: one it is
    rest = _without(text, spans, wishes)
    if _is_answer(asked[1], rest):
        answer = parse(rest, lexicon, expecting=Expecting(asked[1].name, asked[0].id))
        return replace(said, answer=Said(answer, rest), wishes=_readings([wished], lines, lexicon, beside=True))
    only_counts = all(item.said == {"quantity"} for item in said.frame.items) and bool(said.frame.items)
    if only_counts and not _CHANGES_IT.search(text):
        return said  # 要两袋: it is read so anyway, and noted
    if asked[1].kind is FieldKind.TEXT and not is_person(asked[1]) and not _CHANGES.search(text):
        return said
    readings = _readings(dict.fromkeys((text, wished)), lines, lexicon)
    if said.frame.intent == "unknown" and len(readings) > 1 and readings[1].frame.intent == "order":
        readings = (readings[1], readings[0], *readings[2:])  # 额先不充了 我先买星巴克吧 超大杯2张
    return replace(said, wishes=readings)


def _readings(
    texts: Iterable[str], lines: Sequence[DraftLine], lexicon: Lexicon, *, beside: bool = False
) -> tuple[Said, ...]:
    """A wish as it was said; as one more thing, where nobody begins anew beside an answer; and as a plain change."""
    read = [_read(text, lines, lexicon) for text in texts]
    last = read[-1].text
    if beside and not _ADDS.search(last) and _of_others(read[-1].frame, lines):
        read = [_read(f"另外{last}", lines, lexicon)]
    core = _TRAILS.sub("", _OPENS.sub("", last))
    if 1 < len(core) <= _CORE_MAX and not _NO_CORE.search(last):
        read.append(_read(f"改成{core}", lines, lexicon))
    return tuple(read)


def _politely(text: str, lines: Sequence[DraftLine], shelf: Shelf) -> tuple[str, ...]:
    """能换芒果吗, 芒果行不行: the wish without the question."""
    found = _MAY_I.fullmatch(text.strip()) or _MAY_IT.fullmatch(text.strip())
    if found is not None:
        wanted = f"换成{found['what']}"
        return (wanted,) if found["verb"] in ("要", "用") else (f"{found['verb']}{found['what']}", wanted)
    asked = _WOULD_DO.fullmatch(text.strip())
    return (f"换成{asked['what']}",) if asked is not None and names_a_part(lines, asked["what"], shelf) else ()


def taken(dialog: Dialog, said: Said, scene: Scene, step: Callable[[Dialog, Said, Scene], Turn]) -> Turn | None:
    """What it comes to, the answer first and then the wish; None where a wish alone cannot be used."""
    if said.answer is None:
        turn = _wished(dialog, said.wishes, scene, step)
        moved = turn is not None and turn.dialog.drafted != dialog.drafted
        return turn if moved or _asked(dialog, scene.shelf) is not None else None
    first = step(dialog, said.answer, scene)
    if not first.asks_nothing:
        before = _wished(dialog, said.wishes, scene, step)
        return step(before.dialog, said.answer, scene) if before is not None else _told(first, said)
    after = _wished(first.dialog, said.wishes, scene, step)
    if after is None:
        return _told(first, said)
    if after.dialog.drafted == first.dialog.drafted:
        return first  # it stands in the order already
    failed = first.dialog.misses > dialog.misses
    return replace(after, reply=Reply(replies.join(first.reply.text, after.reply.text))) if failed else after


def _wished(
    dialog: Dialog, wishes: Sequence[Said], scene: Scene, step: Callable[[Dialog, Said, Scene], Turn]
) -> Turn | None:
    """The wish taken as below the summary; None where nothing became of it."""
    state = dialog.state
    if not isinstance(state, Collecting | Confirming):
        return None
    below = dialog
    if _asked(dialog, scene.shelf) is not None:
        below = replace(dialog, state=Confirming(state.lines, ()), listed=None)
    for wish in wishes:
        turn = step(below, wish, scene)
        after = turn.dialog.state
        if not isinstance(after, Collecting | Confirming) or turn.dialog.misses > dialog.misses:
            continue
        taken = (
            after.lines != state.lines or isinstance(after, Collecting) or replies.nothing_changed() in turn.reply.text
        )
        if taken and turn.asks_nothing:
            return turn
    return None


def _told(turn: Turn, said: Said) -> Turn:
    """The answer alone, and what was not taken."""
    told = replies.join(replies.not_taken_beside(said.wishes[0].text), turn.reply.text)
    return replace(turn, dialog=doubted(turn.dialog), reply=replace(turn.reply, text=told))


def _asked(dialog: Dialog, shelf: Shelf) -> tuple[Product, Field] | None:
    """The account, address or text that is asked for; None where it is a choice or a size."""
    state = dialog.state
    product = shelf.product(state.lines[state.line].product or "") if isinstance(state, Collecting) else None
    field = field_of(product, state.slot) if product is not None and isinstance(state, Collecting) else None
    return (
        (product, field) if product is not None and field is not None and field.kind is not FieldKind.CHOICE else None
    )


def _unglued(piece: re.Match[str]) -> list[tuple[int, int]]:
    """13900001111要17寸的, 1号再加一块: where something else begins without a space."""
    edges = [piece.start(), *(piece.start() + one.end() for one in _ENDS.finditer(piece[0])), piece.end()]
    return [(start, end) for start, end in pairwise(edges) if start < end]


def _is_wish(
    clause: str, asked: tuple[Product, Field], lines: Sequence[DraftLine], shelf: Shelf, lexicon: Lexicon
) -> bool:
    """Whether a clause is about what is ordered, and no part of what was asked for."""
    if _answers_too(clause, asked[0], lines, shelf):
        return False
    part = names_a_part(lines, clause, shelf)
    if not 1 < len(clause) <= _CLAUSE_MAX or _NUMBER.search(clause) or (_HOUSE.search(clause) and not part):
        return False
    if region_at(clause) is not None or (clause[0] in SURNAMES and len(clause) < 4 and not part):
        return False
    if is_talk(clause) and not (part or _COUNTS.search(clause)):
        return False
    if _COUNTS.fullmatch(clause) or ((part or _COUNTS.search(clause)) and _CHANGES.search(clause)):
        return True
    if _DROPS.search(clause) and pointed(lines, clause, shelf) is not None:
        return True
    frame = _read(clause, lines, lexicon).frame
    return (
        frame.intent in _INTENTS
        and bool(frame.items)
        and all(_wants(item, asked[1], lines, shelf) for item in frame.items)
    )


def _answers_too(clause: str, product: Product, lines: Sequence[DraftLine], shelf: Shelf) -> bool:
    """Whether a clause gives a choice that is still open: 苹果的, beside the number, before the system is asked for."""
    open_ = {name for line in lines if line.product == product.id for name in open_choices(line, product, shelf)}
    values = [one.values for one in product.options if one.name in open_]
    values += [one.values for one in product.fields if one.name in open_]
    return any(chosen(choice_names(one), clause, least=SAID) is not None for one in values)


def _wants(item: Item, asked: Field, lines: Sequence[DraftLine], shelf: Shelf) -> bool:
    """Whether an item is of goods and choices alone."""
    if item.invalid or item.candidates or asked.name in item.fields or not item.said:
        return False
    ids = (item.product, *(line.product for line in lines))
    products = [product for one in ids if (product := shelf.product(one or "")) is not None]
    choices = {field.name for product in products for field in product.fields if field.kind is FieldKind.CHOICE}
    return item.fields.keys() <= choices


def _is_answer(asked: Field, rest: str) -> bool:
    """Whether what is left besides the wishes can be what was asked for."""
    if not rest:
        return False
    if asked.kind is FieldKind.ADDRESS:
        return says_part(read(rest))
    if asked.kind is FieldKind.TEXT:
        called = re.search("姓名|名字|叫|是", rest) is not None or _NUMBER.search(rest) is not None
        return called or (
            rest[0] in SURNAMES and re.match(NO_NAME, rest) is None if is_person(asked) else not _NO_WORDS.match(rest)
        )
    return bool(accounts_anywhere(asked, rest)) or _NUMBER.search(rest) is not None


def _of_others(frame: Frame, lines: Sequence[DraftLine]) -> bool:
    held = {line.product for line in lines}
    return any(item.product not in (None, *held) for item in frame.items)


def _joined(text: str, spans: Sequence[tuple[int, int]], wishes: Sequence[tuple[int, int]]) -> str:
    """The wishes, each with the 另外 that stands alone before it."""
    words = [text[slice(*span)] for span in spans if span in wishes or _leads(text, spans, wishes, span)]
    return " ".join(words)


def _leads(
    text: str, spans: Sequence[tuple[int, int]], wishes: Sequence[tuple[int, int]], span: tuple[int, int]
) -> bool:
    at = spans.index(span) + 1
    return at < len(spans) and spans[at] in wishes and _CONNECTS.fullmatch(text[slice(*span)]) is not None


def _without(text: str, spans: Sequence[tuple[int, int]], wishes: Sequence[tuple[int, int]]) -> str:
    kept, end = [], 0
    for span in spans:
        if span not in wishes and not _leads(text, spans, wishes, span):
            kept.append(text[end : span[1]])
        end = span[1]
    return "".join(kept).strip(" ,，。;；!！~～、\n")


def _read(text: str, lines: Sequence[DraftLine], lexicon: Lexicon) -> Said:
    products = {line.product for line in lines}
    expecting = Expecting("confirm", products.pop() if len(products) == 1 else None)
    return Said(parse(text, lexicon, expecting=expecting), text, clauses=read_clauses(text, lexicon))
