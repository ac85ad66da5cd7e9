"""Words of a message, split as jieba splits (the likeliest path, no HMM) by our small dictionary: where words end."""

import math
import re
from collections.abc import Iterable, Iterator
from functools import cache

from nlu.text import load_table
from nlu.words import ABOUT_GOODS, GENERIC_TAILS, SHOP_WORDS, TOO_GENERIC

MAX_CHARS = 200
"""Splitting costs about 1 µs a character; a longer message is segmented up to here."""
OWN = 20_000
"""How often a catalog word is taken to occur: about as often as the commonest hundred words of the language."""
LONGEST = 8
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_BLOCK = re.compile(r"[\u4e00-\u9fd5a-zA-Z0-9+#&._%-]+|.", re.DOTALL)
"""What jieba splits by itself: words never reach across anything else."""
_LATIN = re.compile("[a-zA-Z0-9]")
_HEAD = -1.0
"""In place of how likely a word is: it is none, and only begins some."""
Segment = tuple[int, int, str]


@cache
def _common() -> tuple[dict[str, int], int]:
    """Give the words of the language (nlu.tables chose them) with every prefix, as jieba keeps them."""
    known: dict[str, int] = {}
    for often, words in load_table("words.json").items():
        for word in words.split():
            known[word] = int(often)
    total = sum(known.values())
    for word in list(known):
        _add_prefixes(known, word)
    return known, total


@cache
def _logarithms() -> dict[str, float]:
    """Give how often each word occurs as its logarithm, shared by all catalogs."""
    return {word: math.log(often) if often else _HEAD for word, often in _common()[0].items()}


def _add_prefixes(known: dict[str, int], word: str) -> None:
    for end in range(1, len(word)):
        known.setdefault(word[:end], 0)


def is_word(word: str) -> bool:
    """Tell whether this is a word of the language, of two or more characters."""
    return len(word) > 1 and _common()[0].get(word, 0) > 0


_SHOP_WORDS = frozenset(SHOP_WORDS.split())


@cache
def _nouns() -> frozenset[str]:
    about_it = {*SHOP_WORDS.split(), *GENERIC_TAILS, *TOO_GENERIC, *ABOUT_GOODS.split()}
    return frozenset(load_table("nouns.json")["nouns"].split()) - about_it


def noun_at(text: str, place: int) -> str:
    """Give the word for a thing that begins here and does not speak of any goods (面额, 订单); "" if none does."""
    nouns = _nouns()
    for length in (4, 3, 2):
        if text[place : place + length] in nouns:
            return "" if text[place + 1 : place + 3] in _SHOP_WORDS else text[place : place + length]
    return ""  # nor is it 开 with the 发票 of 话费开发票


def noun_before(text: str, place: int) -> str:
    """Give the word for a thing that ends here; "" if none does."""
    return next((text[place - n : place] for n in (4, 3, 2) if place >= n and text[place - n : place] in _nouns()), "")


class Segmenter:
    """Splits messages into words: those of the language and one catalog's own."""

    def __init__(self, words: Iterable[str]) -> None:
        common, total = _common()
        known = dict(_logarithms())
        own = math.log(OWN)
        for word in words:
            if 2 <= len(word) <= LONGEST and _HAN.fullmatch(word):
                if known.get(word) != own:
                    total += OWN - common.get(word, 0)
                known[word] = own
                for end in range(1, len(word)):
                    known.setdefault(word[:end], _HEAD)
        self._language = common
        self._known, self._log_total = known, math.log(total)

    def split(self, text: str) -> list[Segment]:
        """Give the words of a text in order, with where each begins and ends."""
        segments: list[Segment] = []
        for block in _BLOCK.finditer(text[:MAX_CHARS]):
            start, end = block.span()
            if end - start == 1:
                segments.append((start, end, block[0]))
            else:
                segments += ((start + s, start + e, block[0][s:e]) for s, e in self._likeliest(block[0]))
        return segments

    def _likeliest(self, block: str) -> Iterator[tuple[int, int]]:
        """Divide a block into the words likeliest together; Latin letters and digits that are no word stay joined."""
        ends = self._ends(block)
        place = 0
        while place < len(block):
            start, place = place, ends[place]
            if place - start == 1 and _LATIN.match(block, start):
                while place < len(block) and ends[place] == place + 1 and _LATIN.match(block, place):
                    place += 1
            yield start, place

    def _ends(self, block: str) -> list[int]:
        """Give for each place where the word ends that begins there on the likeliest path, from the end backwards."""
        known, log_total, size = self._known.get, self._log_total, len(block)
        ends = [0] * size
        likely = [0.0] * (size + 1)
        for start in range(size - 1, -1, -1):
            best, end, stop = -math.inf, 0, start + 1
            weight = known(block[start])
            while weight is not None:
                if weight >= 0 and (chance := weight - log_total + likely[stop]) >= best:
                    best, end = chance, stop
                if stop == size:
                    break
                stop += 1
                weight = known(block[start:stop])
            ends[start] = end or start + 1
            likely[start] = best if end else likely[start + 1] - log_total
        return ends

    def knows(self, word: str) -> bool:
        """Tell whether this is a word of the language, of two or more characters."""
        return len(word) > 1 and self._language.get(word, 0) > 0

    def may_be_inside(self, text: str, start: int, end: int) -> bool:
        """Tell cheaply whether some longer word of the language could cover [start, end): worth splitting the text."""
        known = self._language.get
        for begin in range(max(0, start - 2), start + 1):
            for stop in range(end, min(len(text), end + 2) + 1):
                often = known(text[begin:stop])
                if often is None:
                    break  # begins no word
                if often and stop - begin > end - start:
                    return True
        return False
