"""Words of a message, by a private jieba tokenizer whose small dictionary is ours: evidence for where words end."""

import re
from collections.abc import Iterable
from functools import cache

import jieba

from nlu.text import load_table
from nlu.words import ABOUT_GOODS, GENERIC_TAILS, SHOP_WORDS, TOO_GENERIC

MAX_CHARS = 200
"""jieba costs about 3 µs a character; a longer message is segmented up to here."""
OWN = 20_000
"""How often a catalog word is taken to occur: about as often as the commonest hundred words of the language."""
LONGEST = 8
_HAN = re.compile(r"[\u4e00-\u9fff]+")
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
        known = dict(common)
        for word in words:
            if 2 <= len(word) <= LONGEST and _HAN.fullmatch(word):
                total += OWN - known.get(word, 0)
                known[word] = OWN
                _add_prefixes(known, word)
        self._language = common
        self._jieba = jieba.Tokenizer()
        # Filled directly: Tokenizer.initialize() would read jieba's 5 MB dictionary and leave a cache file in /tmp.
        self._jieba.FREQ, self._jieba.total, self._jieba.initialized = known, total, True

    def split(self, text: str) -> list[Segment]:
        """Give the words of a text in order, with where each begins and ends."""
        segments, place = [], 0
        for word in self._jieba.cut(text[:MAX_CHARS], HMM=False):
            segments.append((place, place + len(word), word))
            place += len(word)
        return segments

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
