"""Builds nlu/data/*.json from opencc, pypinyin and jieba, so that none of their dictionaries is loaded while the bot runs.

Run after changing one of these libraries or the corpora: `python -m nlu.tables [CORPUS FILE …]`.
"""
# ruff: noqa: E501 - a wide character counts twice

import json
import math
import re
import sys
from collections import defaultdict
from pathlib import Path

import jieba
import opencc
from pypinyin import pinyin_dict

from nlu.numerals import CHINESE
from nlu.words import COUNTERS, MONTHS_OF, SHOP_WORDS

DATA = Path(__file__).parent / "data"
# The characters of GB2312: everything that is typed or transcribed in ordinary messages.
GB2312 = [bytes((high, low)).decode("gb2312", "ignore") for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF)]
PLAIN = str.maketrans("āáǎàēéěèōóǒòīíǐìūúǔùǖǘǚǜü", "aaaaeeeeooooiiiiuuuuvvvvv", "\u0304\u0301\u030c\u0300")


def simplified() -> dict[str, str]:
    """Read opencc's traditional → simplified characters, first choice only."""
    path = Path(opencc.__file__).parent / "dictionary" / "TSCharacters.txt"
    pairs = (line.split("\t") for line in path.read_text("utf-8").splitlines() if "\t" in line)
    table = {old: new.split()[0] for old, new in pairs}
    return {old: new for old, new in table.items() if old != new and len(old) == len(new) == 1}


def syllables() -> dict[str, str]:
    """Read pypinyin's toneless readings of every GB2312 character: "yue" or "le yue"."""
    readings: dict[str, str] = {}
    for char in filter(None, GB2312):
        known = pinyin_dict.pinyin_dict.get(ord(char), "")
        plain = dict.fromkeys(reading.translate(PLAIN) for reading in known.split(",") if reading)
        if plain:
            readings[char] = " ".join(list(plain)[:2])
    return readings


COMMON = 120
"""A dictionary word of two to four characters that occurs this often is kept whether or not our corpora have it."""
_WORD = re.compile(r"[\u4e00-\u9fff]{2,4}")
_COUNTED = re.compile(
    rf"[{CHINESE}半几多]+[{COUNTERS}].+|[{CHINESE}半几多]+[{COUNTERS}{''.join(MONTHS_OF)}天周号点元块角分毛钱倍次位回遍岁日时下们些]*|第.+"
)
"""一个, 三月, 十块: amounts, to be read as such and not as one word (but 三国, 一样 and 四川 are words)."""
KEPT = frozenset(("一样", "一直", "一起", "一般", "一定", "一下", "一些", "一次性", "万一", "一旦", "一点", "一共"))


def words(corpora: list[Path]) -> dict[str, str]:
    """Choose from jieba's dictionary what people write to shops: common words, and every word our corpora contain.

    Grouped by how often they occur, rounded to powers of two.
    """
    corpus = "\n".join(path.read_text("utf-8") for path in corpora)
    runs = re.findall(r"[\u4e00-\u9fff]+", corpus)
    occurring = {run[i : i + n] for run in runs for n in (1, 2, 3, 4) for i in range(len(run) - n + 1)}
    often: dict[str, int] = dict.fromkeys(SHOP_WORDS.split(), 2048)
    for line in (Path(jieba.__file__).parent / "dict.txt").read_text("utf-8").splitlines():
        word, count, _ = line.split(" ")
        single = len(word) == 1 and word in occurring
        telling = _WORD.fullmatch(word) and (int(count) >= COMMON or word in occurring)
        if single or (telling and (word in KEPT or not _COUNTED.fullmatch(word))):
            often[word] = max(often.get(word, 0), 1 << max(1, round(math.log2(int(count) or 1))))
    groups: dict[int, list[str]] = defaultdict(list)
    for word, frequency in often.items():
        groups[frequency].append(word)
    return {str(count): " ".join(sorted(found)) for count, found in sorted(groups.items())}


def nouns(kept: dict[str, str]) -> dict[str, str]:
    """Choose those of the words kept that name things: what stands right behind goods then makes other goods of them."""
    known = {word for found in kept.values() for word in found.split() if len(word) > 1}
    tagged = (line.split(" ") for line in (Path(jieba.__file__).parent / "dict.txt").read_text("utf-8").splitlines())
    return {"nouns": " ".join(sorted(word for word, _, tag in tagged if word in known and tag in _NAMES_THINGS))}


_NAMES_THINGS = ("n", "nz", "nt", "nl")


def _write(name: str, table: dict[str, str]) -> None:
    text = json.dumps(table, ensure_ascii=False, sort_keys=name != "words.json", separators=(",", ":"))
    (DATA / name).write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    _write("simplified.json", simplified())
    _write("syllables.json", syllables())
    kept = words([Path(name) for name in sys.argv[1:]])
    _write("words.json", kept)
    _write("nouns.json", nouns(kept))
