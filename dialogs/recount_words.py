"""A message about how many of what there is, word by word: 有一盒换成团圆, 夜场多拿两张. Nothing is read from one of
which a word is left over."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from catalog.checks import fold
from catalog.model import Product, Sku
from catalog.shelf import Shelf
from dialogs.replies import number
from dialogs.subjects import parts_of, spaced
from nlu.numerals import CHINESE, read_numeral
from nlu.surnames import KIN
from nlu.words import PIECES

TEXT_MAX = 60
HALF = 0
"""What is counted where he says 一半."""
BARE = "#"
"""The piece of a number with none, 减50: it can only count what is sold in any number."""
_DONE = "[加来要买拿给订印换带补充弄做洗添打租冲住点]"
_NUMERAL = rf"(?:\d{{1,4}}|[{CHINESE}]{{1,3}})"
_KINDS: tuple[tuple[str, str], ...] = (
    ("B", r"[,，。.;；!！、~～]+"),
    (
        "M",
        rf"(?:再|另外|还(?=[要来买加拿想差缺有多])|又|顺便)+(?:想|多)*{_DONE}?(?:有|差|缺)?(?:我|上)?|多{_DONE}?(?:我|上)?(?![了少])"
        "|追?加上?(?![到至成为油急])|添上?|补上?|还?[差缺]",
    ),
    (
        "D",
        "算了|(?:就|都|全|先)*(?:不用|不要|不买|不需要|别要|不想要|不充)了|(?:先|暂时)不[要买充]了?|[去删拿划撤退取][掉消]了?|删了|下次再[说买]|取消掉",
    ),
    ("Z", "除[了开去]"),
    (
        "L",
        rf"少(?![了点]|一点){_DONE}?|减(?![到至成为])[掉去少]?|去掉|拿掉|拿走|删[掉除]?|划掉|退掉?|砍掉?|取消掉?|撤掉?|扣掉?|不[要买]|别要|不需要",
    ),
    ("S", r"(?:[改换变调降提凑减加增升]|减少|增加|升级)[成为到至]|[改换]|升级"),
    (
        "W",
        r"(?:只|就|应该|还是|需)*[要来买拿订充印做洗打租是用](?:够)?|只|我?(?:要|想要|说|应该)的?是|(?:数量)?(?:弄|写|点|搞|选)?错了[,，]?(?:应该)?是|[改弄变换]成|[多少]写了[,，]?应该是",
    ),
    ("A", rf"也(?:想)?(?:是|去|改|{_DONE})?[成为到]?"),
    ("E", r"(?:[两三四2-4][样种个款]|每[样种个款])?(?:各自?|都|全部?|分别)都?|每[样种款件]"),
    ("O", r"(?:其中|里面|里头|当中)有?|有"),
    ("K", r"[就只]?(?:留下|保留|留着|留)"),
    ("U", r"(?:还是)?(?:保持)?(?:都?不变|都?照旧|不动|不用[动改]|都?(?:对|没错|没问题))"),
    ("R", r"其[他它余]|剩[下余]?|余下|别的"),
    ("T", r"[太有点买要订拿]*[多少][买要订拿]?了|不太?够|太[多少]"),
    ("X", r"不是|不用(?!了)"),
    (
        "Y",
        rf"(?:{KIN}|孩子|小朋友|朋友|同学|同事|室友|家人|他|她)们?[也又还](?:要|想)?(?:一起)?(?:[去来喝吃看玩要])(?=[,，。!！]|$)",
    ),
    (
        "",
        rf"(?:我|他|她)?(?:{KIN}|孩子|小孩|朋友|同学|同事|他|她|有个?人)们?(?:突然|临时|又)?不(?:想|能|打算)?(?:去|来|吃|喝|玩|住|要)了?(?=[,，。!！]|$)|少了?一?个人(?=[,，。!！])|"
        rf"不好意思|抱歉|对不起|刚刚?|哎呀|等一?下|要不|想了?(?:一?想|一?下)|已经有了?|(?:我?刚才?)?问[了过]?一?下(?:我|咱)?(?:们|家)?(?:{KIN}|孩子|领导|同事|朋友|室友|对象|客户)(?=[,，])|"
        r"(?:我|咱)?(?:都|全)?[用吃喝看玩装]不[了完着]|预算不?[够多]了?|[他她]说[^,，]{0,3}够了|(?:全|都)?[弄搞说写点]?反了|(?:其他|其它|别的|其余|剩下)的?都?(?:不[变动改用换]|照旧|一样|对|没错)|"
        r"我说的是?|(?:我|刚才?)*[说搞弄写点][错反]了?|就?(?:足?够了?|行|好)|的话?|了|吧|啊|呢|呀|哈|哦|噢|嗯|哎|诶|嘛|啦|好的?|可以|行|那个?|这个?|就|把|将|给我|帮[我忙]|麻烦|请|谢谢|其实|不过|但是?|然后|我"
        r"|先|想|一下|还是|算了|即可|而已|对了|等[等下]|[一总]共|应该|老板|亲|[卡票券码]",
    ),
)
_WORD = [(kind, re.compile(pattern)) for kind, pattern in _KINDS]
_COUNT = re.compile(
    rf"(?P<number>{_NUMERAL})(?P<piece>[{PIECES}位块]|小时|[天晚米度])|(?P<half>一半|半数)|(?P<pair>[俩仨])"
)
_BARE = re.compile(r"[1-9]\d{0,4}(?![\da-z.])")
_PIECE = re.compile(f"[{PIECES}位]")
_PIECES = (*PIECES, "位", "小时", *"天晚米度")
_NTH = re.compile(rf"第({_NUMERAL})[个件张份样种条项]")
_LAST = re.compile("(?:后面|下面|最后)(?:那|的|一|这)*[个件张份样种条]")
_VERY_LAST = re.compile("最(?:后|下)面?(?:那|的|一|这)*[个件张份样种条]")
_FIRST = re.compile("(?:前面|上面)(?:那|的|一|这)*[个件张份样种条]")
_ANY_COUNT = re.compile(rf"[\d{CHINESE}俩仨半]|[多加再也还添补另都各每全]")
_DROPS = re.compile("不[要用买需充]|别要|算了|删|[去删拿划撤退取][掉消]|下次再|只[要买留]|就[要留]|留")
_LETTERS = re.compile("[a-z]{4,}")
_LEADING_NUMBER = re.compile(r"\d+(?=ml|l|g|kg|cm|mm|寸|英寸|米|w|号|码)")
_ONLY = re.compile("[只就]+[要来买拿订充]?$")
_ENOUGH_OF_IT = "算了"
"""大杯算了 drops it; 算了 大杯两份 does not."""
_SIZES_BY_WORD = "一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class Word:
    """One word: its kind (a letter of `_KINDS`, N a name, C a count), and what it names or counts."""

    kind: str
    text: str
    count: int = 1
    piece: str = ""
    skus: frozenset[str] = frozenset()
    """Codes of what it names."""
    nth: int = -1
    """The line it names by its place."""


def may_recount(text: str) -> bool:
    """Whether it is worth reading a message word by word."""
    return len(text) <= TEXT_MAX and (_ANY_COUNT.search(text) or _DROPS.search(text)) is not None


def words_of(text: str, products: Sequence[str], lines: int, shelf: Shelf) -> list[Word] | None:
    """The message in words, without those that say nothing; None where one of them is not known here."""
    words = _words_of(text, tuple(products), lines, shelf)
    return list(words) if words is not None else None


@lru_cache(maxsize=64)  # one turn asks up to three times about the same message
def _words_of(text: str, products: tuple[str, ...], lines: int, shelf: Shelf) -> tuple[Word, ...] | None:
    named = [(name, codes) for product in products for name, codes in names_of_product(product, shelf).items()]
    said = _with_names_whole(spaced(text), products, shelf)
    names: dict[str, frozenset[str]] = {}
    by_number = any(_by_number(product, shelf) for product in products)
    pieces = frozenset(_PIECES).difference("单笔").union(*(_units(product, shelf) for product in products))
    for name, codes in named:
        if name in said:
            names[name] = names.get(name, frozenset()) | codes
    found: list[Word] = []
    at = 0
    while at < len(said):
        behind_name = bool(found) and found[-1].kind == "N" and said.endswith(found[-1].text[-1], 0, at)
        word = _longest(said, at, names, lines, by_number, pieces, behind_name=behind_name)
        if word is None:
            return None
        at += len(word.text)
        if word.kind:
            _add(found, word)
    return tuple(_settled(found))


def _with_names_whole(said: str, products: Sequence[str], shelf: Shelf) -> str:
    """A space in Windows 11 parts no clauses."""
    for product in filter(None, map(shelf.product, products)):
        for name in (product.name, *product.aliases):
            if " " in name:
                said = said.replace(name.casefold().replace(" ", ","), fold(name))
    return said


def _add(found: list[Word], word: Word) -> None:
    """Put a word behind the others; two names of one thing are one."""
    before = found[-1] if found else None
    if word.kind == "N" and before is not None and before.kind == "N":
        both = before.skus & word.skus if before.skus and word.skus else before.skus | word.skus
        if both:
            found[-1] = replace(before, text=before.text + word.text, skus=both, nth=max(before.nth, word.nth))
            return
    found.append(word)


def _settled(found: list[Word]) -> list[Word]:
    """Without what says nothing; 再加个老人票 counts one."""
    out: list[Word] = []
    for word in found:
        if word.kind == "D":
            if word.text != _ENOUGH_OF_IT or (out and out[-1].kind == "N"):
                out.append(replace(word, kind="L"))
            continue
        if word.kind == "P":
            if out and out[-1].kind in "MSW":
                out.append(replace(word, kind="C"))
            continue
        if word.kind != "B" or (out and out[-1].kind != "B"):
            out.append(word)
    while out and out[-1].kind == "B":
        out.pop()
    kinds = "".join(word.kind for word in out) + "."
    return [
        replace(word, kind="K")
        if word.kind == "W" and _ONLY.match(word.text) and re.match("N[^C]", kinds[at + 1 :])
        else word
        for at, word in enumerate(out)
    ]


def _longest(
    said: str,
    at: int,
    names: dict[str, frozenset[str]],
    lines: int,
    by_number: bool,
    pieces: frozenset[str],
    *,
    behind_name: bool,
) -> Word | None:
    here = [name for name in names if said.startswith(name, at) and _stands_alone(name, said, at, behind_name)]
    name = max(here, key=len, default="")
    words = [Word("N", name, skus=names[name])] if name else []
    if (placed := _placed(said, at, lines)) is not None:
        words.append(placed)
    if (count := _COUNT.match(said, at)) is not None and not (said[at].isdecimal() and said[at - 1 : at].isdecimal()):
        words += [word for word in _counted(count) if word.piece in pieces or not word.piece]
    known = ((kind, pattern.match(said, at)) for kind, pattern in _WORD if not (name and kind == "Y"))
    words += [Word(kind, word[0]) for kind, word in known if word is not None and word[0]]
    if by_number and not name and (bare := _BARE.match(said, at)) is not None:
        words.append(Word("C", bare[0], int(bare[0]), BARE))
    if not words and (piece := _PIECE.match(said, at)) is not None:
        words.append(Word("P", piece[0]))
    return max(words, key=lambda word: len(word.text), default=None)


def _counted(found: re.Match[str]) -> list[Word]:
    if found["half"]:
        return [Word("C", found[0], HALF)]
    if found["pair"]:
        return [Word("C", found[0], int(read_numeral(found["pair"]) or 0))]
    wanted = read_numeral(found["number"])
    return [Word("C", found[0], int(wanted), found["piece"])] if wanted is not None and wanted >= 1 else []


def _placed(said: str, at: int, lines: int) -> Word | None:
    """第二个, 后面那个: a line by its place."""
    if (nth := _NTH.match(said, at)) is not None:
        place = read_numeral(nth[1])
        return Word("N", nth[0], nth=int(place) - 1) if place is not None and 1 <= place <= lines else None
    if lines == 2 and (end := _LAST.match(said, at) or _FIRST.match(said, at)) is not None:
        return Word("N", end[0], nth=1 if _LAST.match(said, at) else 0)
    if lines > 1 and (end := _VERY_LAST.match(said, at)) is not None:
        return Word("N", end[0], nth=lines - 1)
    return None


def _stands_alone(name: str, said: str, at: int, behind_name: bool) -> bool:
    """A number, and what is written in letters, must be whole; steam50 is the one and the other."""
    before, after = said[at - 1 : at] if at else "", said[at + len(name) : at + len(name) + 1]
    parted = behind_name and name[0].isdecimal() and before.isalpha()
    cut = (name[0].isascii() and name[0].isalnum() and before.isascii() and before.isalnum() and not parted) or (
        name[-1].isascii()
        and name[-1].isalnum()
        and after.isascii()
        and after.isalnum()
        and not (_LETTERS.fullmatch(name) and after.isdecimal())
    )
    return not cut and not (name[0].isdecimal() and before == ".")


@lru_cache(maxsize=256)
def _by_number(product_id: str, shelf: Shelf) -> bool:
    product = shelf.product(product_id)
    return product is not None and any(sku.any_value is not None for sku in product.skus)


@lru_cache(maxsize=256)
def _units(product_id: str, shelf: Shelf) -> frozenset[str]:
    """What it is counted by: 块, of cake."""
    product = shelf.product(product_id)
    return frozenset(sku.unit for sku in product.skus) if product is not None else frozenset()


@lru_cache(maxsize=256)
def names_of_product(product_id: str, shelf: Shelf) -> dict[str, frozenset[str]]:
    """What of a product is called how, folded."""
    product = shelf.product(product_id)
    named = _names_of(product) if product is not None else {}
    return {name: codes for name, codes in named.items() if len(name) > 1 or (name.isascii() and name.isalnum())}


def _names_of(product: Product) -> dict[str, frozenset[str]]:
    """The product by the beginnings of its names, its choices, and its SKUs, whose names go before the product's."""
    everything = frozenset(sku.code for sku in product.skus)
    names = [fold(name) for name in (product.name, *product.aliases)]
    found = {name[:end]: everything for name in names for end in range(2, len(name) + 1)}
    for option in product.options:
        for choice in option.values:
            own = frozenset(sku.code for sku in product.skus if sku.options.get(option.name) == choice.id)
            found |= {short: own for name in (choice.label, *choice.aliases) for short in _short(fold(name))}
    sized: dict[str, frozenset[str]] = {}
    for sku in product.skus:
        for name in {fold(sku.label), *map(fold, sku.aliases), *parts_of(sku, product), *_sizes(sku)}:
            sized[name] = sized.get(name, frozenset()) | {sku.code}
    return found | sized


def _short(name: str) -> set[str]:
    """A choice's name as it is said: 白的, 350, 老人."""
    found, size = {name}, _LEADING_NUMBER.match(name)
    if size is not None:
        found.add(size[0])
    if len(name) == 2 and name[1] == "色":
        found.add(f"{name[0]}的")
    if len(name) > 2 and name[-1] in "票卡券":
        found.add(name[:-1])
    return found


def _sizes(sku: Sku) -> set[str]:
    """100, 100元, 两小时: a size by its number."""
    if sku.value is None or sku.any_value is not None:
        return set()
    plain, unit = number(sku.value), fold(sku.unit)
    sizes = {plain, f"{plain}{unit}"} | ({f"{plain}块", f"{plain}块钱"} if unit == "元" else set())
    if sku.value in range(1, 11) and unit and unit not in PIECES:
        spoken = _SIZES_BY_WORD[int(sku.value) - 1]
        sizes |= {f"{spoken}{unit}", *([f"两{unit}"] if spoken == "二" else [])}
    return sizes
