"""The shop's own answers: questions in several wordings → an answer, found by the understanding's own means.

The owner's file is read and checked by `read`; `Book` prepares it once for a catalog. A message is compared in the
form in which the understanding sees it: simplified and half-width, every slot (product, amount, account) blanked out,
by its characters, by their sounds and by its words.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from typing import Any

from rapidfuzz import fuzz

from catalog.model import Product
from catalog.shelf import Shelf
from dialogs.wording import unfit
from kernel.toml_text import BadTomlError, read_toml
from nlu.intent import ACCOUNT, COUNT, NUMBER, SLOTS, VALUE, blank, slots_of
from nlu.lexicon import Lexicon
from nlu.seeing import look
from nlu.seen import Seen
from nlu.text import sound

FILE_BYTES_MAX = 256 * 1024
ENTRIES_MAX = 300
ASKS_MAX = 20
ASK_CHARS_MAX = 60
ANSWER_BYTES_MAX = 1200
"""400 characters: with the open question below it an answer still fits into one message."""
MARGIN = 4.0
"""By how much the best entry must be nearer than any other: which of two is meant is not guessed."""
_HEARD = 0.95
_REORDERED = 0.96
_WITHIN = 90.0
_NEGATION_COSTS = 20.0
_LEAST_WEIGHT = 0.3
_LOOKED_AT = 40
"""So many questions are looked at letter by letter: it bounds the time a large file takes."""


class FaqError(ValueError):
    """A file that cannot be used: one line of words for each thing that is wrong."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer, the wordings of its question, and what it is about where it is not about everything."""

    asks: tuple[str, ...]
    answer: str
    products: frozenset[str] = frozenset()
    """Only where one of these products is meant; empty: any, or none."""
    categories: frozenset[str] = frozenset()
    """The same with categories: 充值缴费, or 充值缴费/手机话费."""

    @property
    def limited(self) -> bool:
        """Whether it is about some products only."""
        return bool(self.products or self.categories)

    def concerns(self, product: Product) -> bool:
        """Whether it is about this product."""
        path = "/".join(product.category) + "/"
        return not self.limited or product.id in self.products or any(path.startswith(f"{c}/") for c in self.categories)


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a message, and how near its question is: 100 is the very same."""

    answer: str
    nearness: float


@dataclass(frozen=True, slots=True)
class _Wording:
    """A question as it is compared."""

    text: str
    heard: str
    words: tuple[str, ...]
    named: frozenset[str]
    """Products that its own words could mean."""
    negated: bool
    tells: bool = True
    """Whether enough is left of it without its amounts and accounts: 能充 of 171能充吗 asks nothing."""


class Book:
    """The entries, prepared for one catalog. Finding one is pure and takes well under a millisecond."""

    def __init__(self, entries: Sequence[Entry] = (), lexicon: Lexicon | None = None) -> None:
        self._lexicon = lexicon
        prepared = [(e, [_worded(ask, lexicon) for ask in e.asks]) for e in entries] if lexicon is not None else []
        self._asks = [(entry, ask) for entry, asks in prepared for ask in asks if ask.tells]
        self._having: dict[str, list[int]] = {}
        for place, (_, ask) in enumerate(self._asks):
            for word in set(ask.words):
                self._having.setdefault(word, []).append(place)
        self._weights, self._unheard = _weights([{word for ask in asks for word in ask.words} for _, asks in prepared])
        self._wholes = [self._whole(ask) for _, ask in self._asks]

    def __bool__(self) -> bool:
        return bool(self._asks)

    def find(self, text: str, about: Collection[str], shelf: Shelf) -> Found | None:
        """The answer to this message; `about` holds the products that it or the talk is about. None when no question is
        clearly the nearest."""
        if not self._asks or self._lexicon is None or len(text) > 4 * ASK_CHARS_MAX:
            return None
        said = _worded(text, self._lexicon)
        about = {*about, *said.named}
        best: dict[int, tuple[float, Entry]] = {}
        for agreement, place in self._agreeing(said):
            entry, ask = self._asks[place]
            if _concerns(entry, ask, about, shelf):
                near = _nearness(said, ask, agreement) + (1.0 if entry.limited else 0.0)
                if near > best.get(id(entry), (0.0, entry))[0]:
                    best[id(entry)] = near, entry
        ranked = sorted(best.values(), key=lambda pair: -pair[0])
        if not ranked or (len(ranked) > 1 and ranked[0][0] - ranked[1][0] < MARGIN and _general(ranked[0], ranked[1])):
            return None
        return Found(ranked[0][1].answer, min(100.0, ranked[0][0]))

    def _agreeing(self, said: _Wording) -> list[tuple[float, int]]:
        """The questions that say most of the same, 0 to 100: whatever has no word in common is never near enough."""
        common: dict[int, float] = {}
        for word in set(said.words):
            for place in self._having.get(word, ()):
                common[place] = common.get(place, 0.0) + self._weight(word)
        whole = self._whole(said)
        found = ((100.0 * told / math.sqrt(whole * self._wholes[place]), place) for place, told in common.items())
        return nlargest(_LOOKED_AT, found)

    def _whole(self, wording: _Wording) -> float:
        return sum(map(self._weight, set(wording.words)))

    def _weight(self, word: str) -> float:
        return self._weights.get(word, self._unheard)


def _weights(having: Sequence[set[str]]) -> tuple[dict[str, float], float]:
    """How much each word tells, the fewer entries have it the more; and how much one tells that none has."""
    count, most = Counter(word for words in having for word in words), len(having) + 2
    told = {word: math.log(most / (often + 1)) + _LEAST_WEIGHT for word, often in count.items()}
    return told, math.log(most) + _LEAST_WEIGHT


def _general(first: tuple[float, Entry], second: tuple[float, Entry]) -> bool:
    """Whether two are told apart by nearness alone: an answer for this very product goes before a general one."""
    return first[1].limited == second[1].limited


def _concerns(entry: Entry, ask: _Wording, about: Collection[str], shelf: Shelf) -> bool:
    if ask.named and not ask.named.intersection(about):
        return False
    return not entry.limited or any(
        entry.concerns(product) for one in about if (product := shelf.product(one)) is not None
    )


# ---- how near two wordings are -------------------------------------------------------------------------------------

_FOLDED = (
    (re.compile("多长时间|多少时间|几分钟|几小时|几个小时|几天|什么时候|啥时候|何时|几时"), "多久"),
    (re.compile("可不可以|能不能|可否|能否|可以|支不支持|支持"), "能"),
    (re.compile("有没有|有无|有木有"), "有"),
    (re.compile("如何|怎样|咋个|咋样|咋|怎么样|点样"), "怎么"),
    (re.compile("啥|神马|什么样"), "什么"),
    (re.compile("哪里|哪儿|哪边|什么地方|在哪"), "哪"),
    (re.compile("几点钟?"), "几点"),
    (re.compile("使用"), "用"),
    (re.compile("付钱|支付|给钱"), "付款"),
    (re.compile("到帐"), "到账"),
    (re.compile("电话|手机号码?|联系方式"), "电话"),
)
"""Words that ask for the same."""
_IDLE = re.compile(
    r"请问一?下?|问一?下|我?想问|想知道|麻烦|老板|店家|亲|你好|您好|哈喽|在吗|你们(?:家|店)?|您们|咱们?|这边|这里|这个|那个|那|就是|一般"
    r"|大概|大约|需要|一下|的话|我们?|你|您|吗|嘛|么(?!样)|呢|吧|啊|呀|哦|哈|哪(?=[,，?？]|$)|啦|了|的|要|会|是|[\s,，。.!！?？~、:：;；…\"'“”‘’()（）-]+"
)
"""Words that are part of asking, not of the question."""
_EITHER = re.compile(r"(.)不\1")
"""包不包邮 asks for 包邮."""
_OR_NOT = re.compile("(?:没有|不|没)$")
_NOT = re.compile("不|没|无法|别")
_SLOTS = re.compile(f"[{SLOTS}]+")
_FIGURES = re.compile(f"[{VALUE}{COUNT}{ACCOUNT}{NUMBER}]")


def _worded(text: str, lexicon: Lexicon) -> _Wording:
    seen = look(text, lexicon)
    named = frozenset(
        product for ref in seen.refs for product in ((ref.product,) if ref.product else ref.candidates) if product
    )
    core = _core(seen)
    tells = len(core) > 2 or not _FIGURES.search(blank(seen, slots_of(seen)))
    return _Wording(core, sound(core), _words(core, lexicon), named, _NOT.search(core) is not None, tells)


def _core(seen: Seen) -> str:
    text = _SLOTS.sub("", blank(seen, slots_of(seen)))
    for pattern, into in _FOLDED:
        text = pattern.sub(into, text)
    text = _IDLE.sub("", _EITHER.sub(r"\1", text))
    return _OR_NOT.sub("", text) or text


def _words(core: str, lexicon: Lexicon) -> tuple[str, ...]:
    return tuple(word for _, _, word in lexicon.words.split(core) if word.strip())


def _nearness(said: _Wording, ask: _Wording, agreement: float) -> float:
    """0 to 100: the mean of how alike the two are letter by letter and of how much of what they say is the same.
    Neither is enough: short questions share letters by chance (有 heard as 邮), and some words (能, 充) say little."""
    if said.text == ask.text:
        return 100.0
    near = 0.5 * _likeness(said, ask) + 0.5 * agreement
    return near - _NEGATION_COSTS if said.negated != ask.negated else near


def _likeness(said: _Wording, ask: _Wording) -> float:
    """Letter by letter: as written, as heard, with the words in another order, or inside of a longer message."""
    if not said.text or not ask.text:
        return 0.0
    return max(
        fuzz.ratio(said.text, ask.text),
        _HEARD * fuzz.ratio(said.heard, ask.heard),
        _REORDERED * fuzz.token_sort_ratio(" ".join(said.words), " ".join(ask.words)),
        _within(said, ask),
    )


def _within(said: _Wording, ask: _Wording) -> float:
    """The question stands in a longer message: every word of it is said, and little besides."""
    wanted, there = set(ask.words), set(said.words)
    if len(wanted) < 2 or not wanted <= there:
        return 0.0
    besides = sum(len(word) for word in there - wanted)
    return _WITHIN - 3.0 * besides


NOTHING = Book()


# ---- the file ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Problems:
    toml: str
    found: list[str] = field(default_factory=list)

    def add(self, number: int, why: str) -> None:
        """Note what is wrong with an entry (1-based), by the line on which it begins."""
        starts = [one.start() for one in re.finditer(r"^[ \t]*\[\[[ \t]*faq[ \t]*\]\]", self.toml, re.MULTILINE)]
        at = self.toml.count("\n", 0, starts[number - 1]) + 1 if number <= len(starts) else 0
        self.found.append(f"line {at}: {why}" if at else f"entry {number}: {why}")


def read(toml: str) -> tuple[Entry, ...]:
    """Read and check the owner's file. Raises FaqError with everything that is wrong."""
    try:
        tree = read_toml(toml)
    except BadTomlError as error:
        raise FaqError(str(error)) from None
    rows = tree.pop("faq", [])
    if tree or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise FaqError(f"{next(iter(tree), 'faq')}: write every question below a line [[faq]]")
    if len(rows) > ENTRIES_MAX:
        raise FaqError(f"{len(rows)} entries; at most {ENTRIES_MAX}")
    problems = _Problems(toml)
    asked: dict[tuple[str, frozenset[str], frozenset[str]], int] = {}
    entries = []
    for number, row in enumerate(rows, 1):
        entry = _entry(row, number, problems)
        for ask in entry.asks:
            key = (_IDLE.sub("", ask), entry.products, entry.categories)
            if asked.setdefault(key, number) != number:
                problems.add(number, f"「{ask}」 is asked already in entry {asked[key]}")
        entries.append(entry)
    if problems.found:
        raise FaqError("\n".join(problems.found))
    return tuple(entries)


def unknown_names(entries: Iterable[Entry], shelf: Shelf) -> list[str]:
    """Products and categories that this catalog does not have: their answers are never given."""
    paths = ["/".join(product.category) + "/" for product in shelf.products]
    wrong = [f"product {one}" for entry in entries for one in sorted(entry.products) if shelf.product(one) is None]
    return wrong + [
        f"category {one}"
        for entry in entries
        for one in sorted(entry.categories)
        if not any(path.startswith(f"{one}/") for path in paths)
    ]


def _entry(row: dict[str, Any], number: int, problems: _Problems) -> Entry:
    for key in row.keys() - {"ask", "answer", "product", "category"}:
        problems.add(number, f"unknown key {key}; known: ask, answer, product, category")
    asks = _texts(row, "ask", number, problems)
    answer = row.get("answer", "")
    if not asks:
        problems.add(number, "ask is missing or empty")
    if len(asks) > ASKS_MAX:
        problems.add(number, f"{len(asks)} wordings; at most {ASKS_MAX}")
    for ask in asks:
        if not 2 <= len(ask) <= ASK_CHARS_MAX or not _IDLE.sub("", ask):
            problems.add(number, f"「{ask[:ASK_CHARS_MAX]}」: a question has 2 to {ASK_CHARS_MAX} characters that ask")
    if not isinstance(answer, str) or not answer.strip():
        problems.add(number, "answer is missing or empty")
    elif why := unfit(answer, ANSWER_BYTES_MAX):
        problems.add(number, f"answer {why}")
    products, categories = (_texts(row, key, number, problems) for key in ("product", "category"))
    return Entry(asks, str(answer).strip(), frozenset(products), frozenset(one.strip("/") for one in categories))


def _texts(row: dict[str, Any], key: str, number: int, problems: _Problems) -> tuple[str, ...]:
    """One text, or a list of texts."""
    value = row.get(key, [])
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
        problems.add(number, f"{key}: write a text in quotes, or a list of them")
        return ()
    return tuple(one.strip() for one in texts)
