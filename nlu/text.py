"""One plain form of a message: half-width, lower case, simplified, without emoji; and how its characters sound."""

import json
import re
from functools import cache, lru_cache
from pathlib import Path

MAX_CHARS = 1500
"""Longer messages are read up to here: the longest sensible order (a list of accounts) is shorter."""

DATA = Path(__file__).parent / "data"
_DROPPED = "\u200b\u200c\u200d\u200e\u200f\ufe0e\ufe0f\u20e3\ufeff\u2060\u00ad"
_DASHES = "‐‑‒–—―－−﹣⁃ー"


def _plain_table() -> dict[int, str | None]:
    table: dict[int, str | None] = {ord(old): new for old, new in load_table("simplified.json").items()}
    table.update({code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)})
    table.update(
        {
            code: " "
            for span in ((0x2190, 0x2460), (0x2500, 0x2C00), (0x1F000, 0x1FB00), (0xD800, 0xE900))
            for code in range(*span)
        }
    )
    table.update({0x2460 + i: f"{i + 1}." for i in range(20)})  # ①138…: the number of a line, and no digit of the phone
    table.update({0x2776 + i: f"{i + 1}." for i in range(10)})
    table.update({ord(char): "-" for char in _DASHES})
    table.update({ord(char): None for char in _DROPPED})
    table.update({0x3000: " ", 0xA0: " ", ord("\t"): " ", ord("\r"): " ", ord("×"): "*", ord("✖"): "*", ord("¥"): "¥"})
    table.update({ord("￥"): "¥", ord("。"): "。", ord("．"): ".", ord("妳"): "你", ord("佢"): "他"})
    table.update(
        {ord(old): new for old, new in zip("嘅喇啫嚟俾畀啲咗冇睇搵嗰哋蚊", "的啦啫来给给些了没看找那们块", strict=True)}
    )
    table.update({ord("廿"): "二十", ord("卅"): "三十"})
    return table


def load_table(name: str) -> dict[str, str]:
    """Read one of the generated tables."""
    loaded: dict[str, str] = json.loads((DATA / name).read_text("utf-8"))
    return loaded


_PLAIN = _plain_table()
_LOWER = {code: code + 32 for code in range(65, 91)}


@lru_cache(maxsize=16)  # one turn asks a dozen times about the same message
def normalise_keeping_case(text: str) -> str:
    """Put a message into plain form, letters as they were typed: an account may need its capitals."""
    return text[:MAX_CHARS].translate(_PLAIN).strip()


def as_written(text: str, cased: str) -> str:
    """Give the plain form with its Chinese characters as they were written (葉小燕).

    Everything is found in the plain form; what a buyer gives of his own (a name, a street) is kept as he wrote it.
    """
    text = text[:MAX_CHARS]
    start = len(text) - len(text.lstrip())
    said = text[start : start + len(cased)]
    if said == cased:
        return cased
    if len(said) != len(cased) or said.translate(_PLAIN) != cased:
        return cased
    return "".join(mine if "\u4e00" <= mine <= "\u9fff" else plain for mine, plain in zip(said, cased, strict=True))


def lower(text: str) -> str:
    """Lower ASCII letters alone: the result is as long as the text, so positions agree."""
    return text.translate(_LOWER) if text != text.lower() else text


def normalise(text: str) -> str:
    """Put a message into the one form in which everything else reads it."""
    return lower(normalise_keeping_case(text))


# --- sound -----------------------------------------------------------------------------------------------------

_FOLDS = (
    (re.compile(r"^([zcs])h"), r"\1"),
    (re.compile(r"^n(?=[aeiouv])"), "l"),
    (re.compile(r"(?<=[aei])ng$"), "n"),
    (re.compile(r"^lue$"), "lve"),
)
LETTER_SOUNDS = {
    "a": "ei", "b": "bi", "c": "xi", "d": "di", "e": "yi", "g": "ji", "k": "kai", "o": "ou", "p": "pi", "q": "kou",
    "t": "ti", "u": "you", "v": "wei", "y": "wai",
}  # fmt: skip
ENGLISH_SOUNDS = {"win": "wen", "vip": "wei ai pi", "pro": "pu rou", "steam": "si di mu", "office": "ou fei si"}
"""What speech recognition writes when it hears an English word as Chinese: generic, not a product list."""


def fold(syllable: str) -> str:
    """Drop the differences that pinyin typists and speech recognition confuse: z/zh, n/l, in/ing."""
    for pattern, into in _FOLDS:
        syllable = pattern.sub(into, syllable)
    return syllable


POLYPHONES = frozenset("乐重长行都还弹调朝曾藏参传降觉角校会券单盛石宿省奇给血种仇解华秘")
"""Characters whose second reading is really heard; a dictionary's rare readings only make false homophones."""


class Sounds:
    """Gives every folded syllable one private character, so that a text's sound is a string as long as the text."""

    def __init__(self) -> None:
        self.codes: dict[str, str] = {}
        self.table: dict[int, str] = {}
        self.second: dict[str, str] = {}
        self.spelling: dict[int, str] = {}
        for char, readings in load_table("syllables.json").items():
            first, _, second = readings.partition(" ")
            self.table[ord(char)] = self.code(first)
            self.spelling[ord(char)] = first
            if second and char in POLYPHONES and fold(second) != fold(first):
                self.second[char] = self.code(second)

    def code(self, syllable: str) -> str:
        return self.codes.setdefault(fold(syllable), chr(0xE000 + len(self.codes)))


@cache
def sounds() -> Sounds:
    return Sounds()


def sound(text: str) -> str:
    """Write a text as sounds, character by character; what is not Chinese stays as it is."""
    return text.translate(sounds().table)


def syllables_code(syllables: str) -> str:
    """Write space-separated pinyin in the same code as `sound`."""
    return "".join(sounds().code(syllable) for syllable in syllables.split())


def second_readings(text: str) -> list[str]:
    """Write a text as sounds with one character at a time in its second reading (音乐 as yin yue)."""
    second, plain = sounds().second, sound(text)
    return [plain[:i] + second[char] + plain[i + 1 :] for i, char in enumerate(text) if char in second]
