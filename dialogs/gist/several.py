"""Several lines in one message: what is said of each changes that one, and what of the order goes."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from catalog.shelf import Shelf
from dialogs.draft import look, products_of
from dialogs.gist.going import counts_in, fate
from dialogs.gist.lines import NAMED, Part, parts
from dialogs.gist.mentions import read
from dialogs.state import DraftLine

Lines = tuple[DraftLine, ...]
Change = Callable[[Sequence[DraftLine], str, Shelf], Lines | None]
"""What a message makes of lines of which it names none by itself."""
_WISHES = re.compile(
    r"\d|\|.{0,2}[要得想](?![是紧])|[改换]|[充弄整搞变升降加减打交][成到为]|来[一两三四五]"
    r"|[一两二三四五六七八九十](?:百|千|[张份个])"
)
"""What a clause that changes nothing does not hold."""
_BESIDES = re.compile("再[来加添要买带]|另外|顺[便手带]|还要|捎|外加|也[要来]|反了|换一下|对调|互换")
"""Said before any line is named: something besides, or something that the rest says once more."""
_REVERSED = re.compile("[^,]{0,4}反[了啦](?:哈|呀)?")
"""写反了: what it should be stands behind it."""
_OF_ALL = re.compile(
    "(?<![这那])各(?:来|要|买|拿|给|自|个)?(?=[一二两三四五六七八九十俩\\d])|每(?:样|种|个|件|款)|(?:全部?|所有|统统|两样|两种|几样|大家|东西|数量)(?:的|东西|商品|的?券|卡)*都?"
    "|都(?=[去开办充续订要来翻加减砍改弄搞拿买充换一二两三四五六七八九十俩\\d]|对半)|一样(?=[一二两三四五六七八九十俩\\d])|俩都"
)
"""What is said of every line."""
_ALL_DO = re.compile("(?:那|就|还是|干脆|我们|咱们?|我俩)*都(?:给我)?(?:去|[换改弄升][成为到]?|要|来)(?!了)")
"""都去南湖店: of which one line is there already."""
_ALL_SIZED = re.compile("(?:[都全]|全部|统统)(?:给我)?(?:[换改弄搞升][成为到]|[要来])")
_EACH = re.compile(
    "(?:东西|商品|大家)?(?:都|各|各自|每(?:样|种|个|件)?|一样)(?:来|要|买|拿|给|改成?)?(?=[一二两三四五六七八九十俩\\d]+(?:[张份个杯瓶盒件套根条束]|$))"
)
_MORE = re.compile("再多?[来凑补添要买搞整弄](?=[一二两三四五六七八九十\\d]|个|张)")
_USES = "按做洗泡搓去吃喝看玩拍学用打住坐"
_ASIDE_CHARS = 4
_ENOUGH = re.compile(r"^\|的?(?:就|也)?(?:行|可以|够|好|得)了?[吧啊呀哈]*(?=,|$)")
"""头两个就行: only those."""
_HEADS = re.compile(rf"(?<=\|)(?:的|是|就|有|要)*([一两三四五六七八九十]|\d{{1,2}})个?人(?:都|一起)?[{_USES}]+(?=,|$)")
"""按脚的三个人按."""
_COMES_TOO = re.compile("^[^,]{1,5}也(?:想|要|说)*[来去喝吃看玩用有][了的啊]*$")
"""小姑子也来: why there are to be more."""
_COUNTED = re.compile(r"(?<=^\|)[x*]?(\d{1,2})$")
_TO_ACCOUNT = re.compile(r"\|(?=[^,改换]{0,5}[0-9]{6,})")
_PUT_RIGHT = re.compile(r"不[了着完用]|多了|太多|不对|不是|算了|还是|哦不|错|应该|[总一]共|凑|\|.*\|")


def by_line(lines: Lines, text: str, shelf: Shelf, change: Change) -> Lines | str | None:
    """The lines as a message leaves them that names some of them; None where it names none.

    Where it names one and leaves open what of it: what it says there."""
    found = parts(lines, text, shelf) if not _ALL_DO.match(text) else None
    if found is None:
        return _each(lines, text, shelf, change)
    new: list[DraftLine | None] = list(lines)
    only: set[int] = set()
    spoken: set[int] = set()
    for part in _gathered(found):
        after = _said(new, part, shelf, change) if part.named else _said_before(lines, part, shelf, change)
        if after is None:
            return part.words if part.named else lines
        alone = _is_only(part, len(lines))
        kept = alone or fate(part.words) == "keep"
        spoken |= {at for at in part.lines if kept or after[at] != new[at]} if part.named else set()
        only |= part.lines if alone else set()
        new = after
    return tuple(one for at, one in enumerate(new) if one is not None and (not only or at in spoken)) or lines


def only_keeps(lines: Lines, text: str, shelf: Shelf) -> bool:
    """Whether it says of the lines that it names that they stay, and nothing else: 京东那张还留着."""
    found = parts(lines, text, shelf) if len(lines) > 1 else None
    if found is None or not any(part.named for part in found):
        return False
    return all(fate(part.words) == "keep" if part.named else len(part.words) < _ASIDE_CHARS for part in found)


def _is_only(part: Part, count: int) -> bool:
    """Whether he keeps these and no others."""
    some = part.plural and 1 < len(part.lines) < count and _ENOUGH.search(part.words) is not None
    return part.named and (some or fate(part.words) == "only")


def _each(lines: Lines, text: str, shelf: Shelf, change: Change) -> Lines | None:
    """都翻个倍, 所有东西都三份: what is said of all of them; None where it fits one of them only, or is less sure."""
    if _OF_ALL.search(text) is None or _BESIDES.search(text):
        return None
    plain = _EACH.sub("要", text)
    new = [(said or (line,))[0] for line in lines for said in [change((line,), plain, shelf)]]
    counted = len({line.quantity for line in new}) == 1 or all(a != b for a, b in zip(new, lines, strict=True))
    alike = all(a.product == b.product and a.fields == b.fields for a, b in zip(new, lines, strict=True))
    sized = _sized(new, lines, shelf)
    if len(set(sized)) > 1 and _ALL_SIZED.search(text):
        return lines  # 都换成季卡, of which one has none
    return tuple(new) if tuple(new) != lines and counted and alike and len(set(sized)) == 1 else None


def _sized(new: Sequence[DraftLine], lines: Sequence[DraftLine], shelf: Shelf) -> list[bool]:
    """Which lines become of another size; 都开年卡, of which one is: all of them."""
    pairs = [(_traits(one, shelf), _traits(was, shelf)) for one, was in zip(new, lines, strict=True)]
    become = {trait for one, was in pairs for trait in one - was}
    return [one != was or become <= one for one, was in pairs]


def _traits(line: DraftLine, shelf: Shelf) -> frozenset[tuple[str, object]]:
    """What sets a size apart: how much of it, and its options."""
    sku = look(line, shelf).sku
    return frozenset({("", sku.value), *sku.options.items()}) if sku is not None else frozenset()


def _gathered(found: Sequence[Part]) -> list[Part]:
    """大杯少算一个人，大杯该是四张: what is said of the same is one."""
    out: list[Part] = []
    for part in found:
        if out and out[-1].named and out[-1].lines == part.lines:
            before = out.pop()
            words = f"{before.words},{part.words}".strip(",")
            part = Part(part.lines, words, plural=before.plural or part.plural)
        elif out and not out[-1].named and part.words == NAMED:
            part = replace(part, words=f"{NAMED}{out.pop().words}")  # 30就行 8493这个
        out.append(part)
    return out


def _said_before(lines: Lines, part: Part, shelf: Shelf, change: Change) -> list[DraftLine | None] | None:
    """号是139…，流量给10g: what is said before any line is named is said of all; None where it is something else."""
    if _BESIDES.search(part.words) and not _REVERSED.fullmatch(part.words):
        return None
    said = change(lines, part.words, shelf) or lines
    told = any(replace(new, fields=line.fields) != line for new, line in zip(said, lines, strict=False))
    return None if told else list(said)


def _said(lines: Sequence[DraftLine | None], part: Part, shelf: Shelf, change: Change) -> list[DraftLine | None] | None:
    """The lines with what is said of some of them; None where that is not clear."""
    new, becomes, many = list(lines), fate(part.words), len(part.lines) > 1
    if many and not part.plural and becomes != "keep":
        return None
    counted = len(counts_in(part.words)) == 1  # 就只要200的三张
    for at in part.lines if becomes != "keep" and (counted or not _is_only(part, len(lines))) else ():
        line = new[at]
        after = _changed(line, part.words, shelf, change, goes=becomes == "drop") if line is not None else None
        as_it_is = line is not None and (counts_in(part.words) == {line.quantity} or _is_so(line, part.words, shelf))
        if after == line and (_WISHES.search(part.words) or many) and not as_it_is:
            return None
        new[at] = after
    return new


def _is_so(line: DraftLine, words: str, shelf: Shelf) -> bool:
    """Whether 只有我爸是100 says what that line is already."""
    looked = look(line, shelf)
    message = read(words.replace(NAMED, "就"), products_of([looked]), shelf)
    sku = looked.sku.code if looked.sku is not None else ""
    return bool(message.mentions) and all(m.sign >= 0 and m.way == "set" and sku in m.skus for m in message.mentions)


def _is_by_piece(line: DraftLine, words: str, shelf: Shelf) -> bool:
    """Whether 中杯3 says how many: 3 is none of its sizes."""
    said, looked = _COUNTED.search(words), look(line, shelf)
    if said is None or looked.product is None:
        return False
    return all(sku.any_value is None and sku.value != int(said[1]) for sku in looked.product.skus)


def _without_reasons(words: str) -> str:
    """中杯五张 新来了三个人: how many are wanted is said beside the name."""
    first, *behind = words.split(",")
    beside = re.search(r"\|[^,]{0,6}", first)
    own = beside is not None and counts_in(beside[0]) and not _PUT_RIGHT.search(words)
    return ",".join([first, *(one for one in behind if not (own and (counts_in(one) or _COMES_TOO.search(one))))])


def _changed(line: DraftLine, words: str, shelf: Shelf, change: Change, *, goes: bool) -> DraftLine | None:
    """The line with what is said of it; as it was where that is not clear, None where it goes."""
    words = _COUNTED.sub("要\\g<1>份", words) if _is_by_piece(line, words, shelf) else words
    words = _HEADS.sub("要\\g<1>份", words)
    words = _without_reasons(_MORE.sub("再加", _EACH.sub("要", words)).replace(f"{NAMED}也", NAMED))
    said = change((line,), _TO_ACCOUNT.sub("就用", words).replace(NAMED, "就"), shelf)
    counts = counts_in(words)
    if said is None and goes:
        left = line.quantity - min(counts) if len(counts) == 1 else 0
        return replace(line, quantity=left) if left > 0 else None
    if said is None:
        return line
    (after,) = said
    sized = (after.sku, after.value, after.options) != (line.sku, line.value, line.options)
    sku = look(after, shelf).sku
    amount = after.value if sku is not None and sku.any_value is not None else after.quantity
    said_size = {sku.value} if sku is not None else set()
    return line if sized and counts - {amount, *said_size} else after
