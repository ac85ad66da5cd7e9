"""Finding the catalog's words in a text, as written and as they sound, in one pass over its characters."""
# ruff: noqa: E501 - tables of words; a wide character counts twice

import re
from dataclasses import dataclass, field
from functools import cache
from operator import add
from typing import TypeVar

from nlu.text import ENGLISH_SOUNDS, LETTER_SOUNDS, second_readings, sound, sounds, syllables_code
from nlu.words import PIECES

_T = TypeVar("_T")
MOST = 64
"""No word lists more meanings than this: a word that thousands of SKUs share tells nothing about which one is meant."""


@dataclass(slots=True)
class Entry:
    """Everything one word can mean. Filled while the lexicon is built, then only read."""

    products: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    shorthand: list[str] = field(default_factory=list)
    skus: list[str] = field(default_factory=list)
    options: list[tuple[str, str]] = field(default_factory=list)
    choices: list[tuple[str, str]] = field(default_factory=list)
    owners: list[str] = field(default_factory=list)
    parts: "list[tuple[str, Entry]]" = field(default_factory=list)
    """What a SKU's name says of each option (大杯美式: 大杯, 美式), where it is one SKU's."""
    foreign: bool = False
    spelled: bool = False
    """Only ever typed as a stand-in for a name (wzry): must stand alone between other letters."""

    def add_product(self, pid: str) -> None:
        _once(self.products, pid)

    def add_category(self, pid: str) -> None:
        _once(self.categories, pid)

    def add_shorthand(self, pid: str) -> None:
        _once(self.shorthand, pid)

    def add_sku(self, pid: str) -> None:
        _once(self.skus, pid)

    def add_option(self, pid: str, pair: tuple[str, str]) -> None:
        _once(self.options, pair)
        _once(self.owners, pid)

    def add_choice(self, pid: str, pair: tuple[str, str]) -> None:
        _once(self.choices, pair)
        _once(self.owners, pid)

    @property
    def only_shorthand(self) -> bool:
        """Tell whether the word is merely the beginning of longer names: too little to be believed by its sound."""
        return not (self.products or self.categories or self.skus or self.options or self.choices or self.foreign)

    @property
    def means_things(self) -> bool:
        """Tell whether the word can name a product (as opposed to a SKU, option or choice of one)."""
        return bool(self.products or self.categories or self.shorthand or self.foreign)


def _once(known: list[_T], new: _T) -> None:
    if new not in known and len(known) < MOST:
        known.append(new)


@dataclass(frozen=True, slots=True)
class Mention:
    """A catalog word found in the text."""

    start: int
    end: int
    word: str
    entry: Entry
    exact: bool = True
    near: bool = False
    """Nearly typed (stem卡), neither as written nor as heard."""
    weak: bool = False
    """Too short to settle a product when nearly typed: it only suggests."""


class PhraseIndex:
    """Looks up all phrases that start at a position: by their first two characters, then by length."""

    def __init__(self, entries: dict[str, Entry]) -> None:
        self._entries = dict(entries)
        self._lengths = _lengths(entries)
        self._sounds: dict[str, str] = {}
        for word in entries:
            entry = entries[word]
            named = re.search(r"[a-z]\d", word) is not None  # windows11, heard as windows十一
            if entry.spelled or (entry.foreign and len(word) < 3) or (entry.only_shorthand and not named):
                continue
            for heard in _sound_forms(word):
                self._sounds.setdefault(heard, word)
        self._sound_lengths = _lengths(self._sounds)
        self._single = frozenset(word for word in entries if len(word) == 1)

    def get(self, word: str) -> Entry | None:
        """Look one word up."""
        return self._entries.get(word)

    def find(self, text: str) -> list[Mention]:
        """Find the catalog's words in a normalised text: longest first where they overlap, as written before as heard."""
        compact, places = without_spaces(text)
        found = _not_cut_short(self._written(text, compact, places))
        found += _not_cutting(self._heard(compact, places), found)
        found += self._parted(text)
        if len(found) < 2:
            return found
        found.sort(key=_strength)
        taken = bytearray(len(text) + 1)
        kept: list[Mention] = []
        for mention in found:
            if not any(taken[mention.start : mention.end]):
                taken[mention.start : mention.end] = b"\x01" * (mention.end - mention.start)
                kept.append(mention)
        kept.sort(key=lambda mention: mention.start)
        return kept

    def _written(self, text: str, compact: str, places: list[int] | range) -> list[Mention]:
        found = []
        begun = [
            (i, self._lengths[pair]) for i, pair in enumerate(map(add, compact, compact[1:])) if pair in self._lengths
        ]
        begun += [(i, (1,)) for i, char in enumerate(compact) if char in self._single]
        starts: set[int] = set()
        ends: set[int] = set()
        for i, lengths in begun:  # those of one character last: they are told by what stands beside them
            for length in lengths:
                word = compact[i : i + length]
                entry = self._entries.get(word)
                if entry is not None and len(word) == length:
                    start, end = places[i], places[i + length - 1] + 1
                    if _stands_alone(text, start, end, word, entry, start in ends, end in starts):
                        found.append(Mention(start, end, word, entry))
                        starts.add(start)
                        ends.add(end)
        return found

    def _parted(self, text: str) -> list[Mention]:
        """Find verb and object with what counts the deed between them: 打个蜡 is 打蜡, 包一个月 is 包月."""
        found = []
        for match in _PARTED.finditer(text):
            for length in (3, 2, 1):
                word = match[1] + text[match.end() : match.end() + length]
                entry = self._entries.get(word)
                if entry is not None and not entry.spelled and len(word) == length + 1:
                    found.append(Mention(match.start(), match.end() + length, word, entry))
                    break
        return found

    def _heard(self, compact: str, places: list[int] | range) -> list[Mention]:
        heard = sound(compact)
        found = []
        begun = [(i, pair) for i, pair in enumerate(map(add, heard, heard[1:])) if pair in self._sound_lengths]
        for i, pair in begun:
            for length in self._sound_lengths[pair]:
                word = self._sounds.get(heard[i : i + length])
                if word is None or i + length > len(heard):
                    continue
                said = compact[i : i + length]
                if places[i + length - 1] - places[i] >= length and said[0] > "\u2fff" and length < 4:
                    continue  # 七天 移动 says no 天翼
                if (
                    compact[i + length : i + length + 1] in _COUNTED_BY
                    and said[-1] in "一二两三四五六七八九十"
                    and said != word
                ):
                    continue  # 超级会员 两个 says no 超级会员年
                if said not in self._entries and sounds_meant(said, word) and compact[i - 1 : i + 1] not in _FAVOURS:
                    found.append(Mention(places[i], places[i + length - 1] + 1, word, self._entries[word], exact=False))
        return found


def _not_cut_short(written: list[Mention]) -> list[Mention]:
    """Leave out the beginning of a name that would cut another word in two: 鸣潮月卡 is 鸣潮 and 月卡, and no 鸣潮月."""
    across = [mention for mention in written if mention.end - mention.start > len(mention.word)]
    if across:  # 一楼座 午场 is no 楼座午场
        ends = [(one.start, one.end) for one in written]
        written = [h for h in written if h not in across or not any(s < h.start < e < h.end for s, e in ends)]
    short = [mention for mention in written if mention.entry.only_shorthand]
    spans = {(mention.start, mention.end) for mention in written} if short else set()
    cutting = [
        mention
        for mention in short
        if any((mention.start, one.start) in spans and one.start < mention.end < one.end for one in written)
    ]
    return [mention for mention in written if mention not in cutting] if cutting else written


def _not_cutting(heard: list[Mention], written: list[Mention]) -> list[Mention]:
    """Leave out what would cut a written word in two: 泊车全天 is 泊车 and 全天, and no 泊车券."""
    if not heard or len(written) < 2:
        return heard
    ends = {(mention.start, mention.end) for mention in written}
    return [
        h
        for h in heard
        if not any(
            ((h.start, one.start) in ends or (h.start, one.start - 1) in ends) and one.start < h.end < one.end
            for one in written
            if one.start > h.start
        )
    ]


def _strength(mention: Mention) -> tuple[int, int, int]:
    written = len(mention.word) if mention.exact else mention.end - mention.start
    return (-written * 2 - (1 if mention.exact else 0), 0 if mention.entry.means_things else 1, mention.start)


def _lengths(words: dict[str, Entry] | dict[str, str]) -> dict[str, tuple[int, ...]]:
    """List how long the words of two and more characters are that begin with the same two, the longest first."""
    found: dict[str, set[int]] = {}
    for word in words:
        if len(word) > 1:
            found.setdefault(word[:2], set()).add(len(word))
    return {first: tuple(sorted(lengths, reverse=True)) for first, lengths in found.items()}


def without_spaces(text: str) -> tuple[str, list[int] | range]:
    """Give a text without spaces, and where each of its characters stood."""
    if " " not in text and "·" not in text:
        return text, range(len(text))
    places = [i for i, char in enumerate(text) if char not in " ·"]
    return "".join(text[i] for i in places), places


DEEDS = "打洗换修剪理泡拍学包磨封补贴调烫染焗按捏刮拔搓采掏租加刷喷抛刻印画写扫穿绑装拆接跑搬收存美护养开考验做涂剃熨缝改焊抽清"
"""What a word of deed and object begins with: 打蜡, 补胎."""
_PARTED = re.compile(f"([{DEEDS}])(?:了?一?[个次下回]|一?下儿|个一)(?=[\u4e00-\u9fff])")
_NUMERALS = frozenset("一二两三四五六七八九十百千万半")
_COUNTED_BY = frozenset(PIECES)
_FAVOURS = frozenset(("帮忙", "个忙", "麻烦", "急忙", "赶忙", "连忙", "很忙", "太忙"))
"""帮忙充50 asks for help, and not for 慢充."""


def _stands_alone(text: str, start: int, end: int, word: str, entry: Entry, behind: bool, before_word: bool) -> bool:
    """Refuse a word cut out of a longer one: pro in problem, 2米 in 12米, 一个月 in 十一个月.

    `behind`: another word of the catalog ends where it begins; `before_word`: one begins where it ends.
    """
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    first, last = word[0], word[-1]
    if (
        first.isascii()
        and before.isascii()
        and ((first.isalpha() and before.isalpha()) or (first.isdecimal() and before.isdecimal()))
    ):
        return False
    if (
        last.isascii()
        and after.isascii()
        and ((last.isalpha() and after.isalpha()) or (last.isdecimal() and after.isdecimal()))
    ):
        return False
    if entry.spelled and len(word) == 2 and text[end : end + 5].isdecimal():
        return False  # SF12345678: the head of somebody's order number
    if first in _NUMERALS and before in _NUMERALS:
        return False
    beyond = text[end + 1 : end + 2]
    ends = not beyond or beyond in " ,，。的吧!！"
    if (first in _NUMERALS or first.isdecimal()) and after in _NUMERALS and ends:
        return False  # 一米五 is no 一米
    if len(word) == 1 and not entry.means_things:  # 快, 慢: only when nothing clings to it
        if first.isascii() and (before == "\n" or not start) and len(text) > 4:
            return False  # A 138…: names a line of a list
        if first.isascii() and first.isalpha() and (entry.options or entry.choices):
            return True  # M两件L三件
        alone = behind or not ("\u4e00" <= before <= "\u9fff") or before in _LEADS_TO_ONE
        ended = after in _BEHIND_ONE or before_word or _COUNT_BEHIND.match(text, end) is not None
        return alone and ended and not first.isdecimal()
    return True


_COUNT_BEHIND = re.compile(r"来?[一两二三四五六七八九\d]{1,2}(?:[张个杯份件盒袋套只条双本]|$|[\s,，])")
_LEADS_TO_ONE = frozenset("要来选换成个的")
_BEHIND_ONE = frozenset(" 的,，。!！-—~\n/;；、吧呗哈呢")
"""要黑, 黑吧: what may stand around a choice of one character."""

# Characters that are grammar far more often than they are someone's typo.
GRAMMAR = frozenset(
    "的了吗呢吧啊我你他她它有要到是在不没这那个就都也还和跟把被给对能会可想说看来去上下里一二三四五六七八九十两半百千零幺俩仨错"
)


def sounds_meant(said: str, word: str) -> bool:
    """Tell whether a homophone is plausibly the word: 爱其艺 is, 有卡 for 油卡 is not."""
    if len(said) < 2:
        return False
    if len(said) != len(word):  # an English word or a digit, heard as Chinese
        return len(said) >= 3
    differing = [(mine, theirs) for mine, theirs in zip(said, word, strict=True) if mine != theirs]
    if not differing or any(not mine > "\u2fff" for mine, _ in differing):
        return False
    if len(said) == 2:
        return len(differing) == 1 and differing[0][0] not in GRAMMAR
    grammar = sum(mine in GRAMMAR for mine, theirs in differing if theirs > "\u2fff")
    if grammar == 1 and said[0] == word[0]:
        return len(differing) <= 2 and said[-1] != "了"  # 爱其一, 网一一卡通
    return grammar == 0 and (len(differing) < len(said) or len(said) > 3)


_HAN = re.compile(r"[\u4e00-\u9fff]")
_TOKENS = re.compile(r"[a-z]+|\d+|.")
_ONES = "零一二三四五六七八九"


def _sound_forms(word: str) -> list[str]:
    """Write one catalog word in every way it may be heard."""
    if len(word) < 2:
        return []
    forms = []
    if len(_HAN.findall(word)) >= 2:
        forms = [sound(word), *second_readings(word)]
    if re.search(r"[a-z\d]", word) and (_HAN.search(word) or len(word) >= 4):
        spoken = "".join(_spoken(token) for token in _TOKENS.findall(word))
        if len(spoken) >= 3:
            forms.append(spoken)
    if re.fullmatch(r"[a-z][\u4e00-\u9fff]", word):
        forms.append(sound(word))  # q必
    return forms


def _spoken(token: str) -> str:
    if token.isdecimal():
        return sound(_numeral(token))
    if token in ENGLISH_SOUNDS:
        return syllables_code(ENGLISH_SOUNDS[token])
    if len(token) == 1 and token in LETTER_SOUNDS:
        return syllables_code(LETTER_SOUNDS[token])
    return sound(token)


def digits_spoken(name: str) -> list[str]:
    """Write a name's number after letters as it is heard: R5 is R五, win11 is win十一."""
    match = re.search(r"(?<=[a-z])\d{1,2}(?!\d)", name) or re.fullmatch(r"\d{3,4}", name)
    return [name[: match.start()] + _numeral(match[0]) + name[match.end() :]] if match else []


def digits_said(word: str) -> list[str]:
    """Write the one digit that a word begins with as it is heard: 3d is 三d."""
    return [_ONES[int(word[0])] + word[1:]] if word[:1].isdecimal() and not word[1:2].isdecimal() else []


def _numeral(digits: str) -> str:
    if len(digits) != 2:
        return "".join(_ONES[int(digit)] for digit in digits)
    tens = "" if digits[0] == "1" else _ONES[int(digits[0])]
    return tens + "十" + ("" if digits[1] == "0" else _ONES[int(digits[1])])


@cache
def _letters() -> dict[int, str]:
    """Give each character its plain pinyin, for names typed in letters."""
    return {code: f"{first} " for code, first in sounds().spelling.items()}


_NOT_SHORT = frozenset(
    [
        "ok",
        "hi",
        "no",
        "qq",
        "id",
        "vx",
        "pc",
        "tv",
        "up",
        "go",
        "hh",
        "kk",
        "ll",
        "hao",
        "ma",
        "mm",
        "gg",
        "dd",
        "bb",
        "zz",
        "xx",
        "yy",
        "ss",
        "ww",
        "sb",
        "nb",
        "wx",
        "zfb",
    ]
)


_IN_ENGLISH = {
    "卡": ("card", "giftcard", "ecard"), "会员": ("vip", "member"), "券": ("voucher", "coupon"), "币": ("coin", "coins"),
}  # fmt: skip
"""What a kind of goods is called beside a brand's letters, without spaces."""
_BRANDED = re.compile(r"([\u4e00-\u9fff]{2,4}?)(?:购物|礼品|充值|代金|电子)?(卡|会员|券|币)")


def spellings(name: str) -> list[str]:
    """Write a Chinese name in letters, as hurried buyers do: wangzhe, wzry, tx会员."""
    if re.match(r"q[\u4e00-\u9fff]", name):
        typed = name.translate(_letters()).replace(" ", "")
        return ["q" + name, typed] if typed.isascii() and len(typed) > 2 else ["q" + name]  # QQ币, qbi for Q币
    syllables = name.translate(_letters()).split(" ")[:-1] if all(_HAN.match(char) for char in name) else []
    words = []
    if len(syllables) >= 2:
        words += ["".join(syllables), "".join(s[0] for s in syllables)]
    elif re.match(r"[\u4e00-\u9fff]{2}.", name):
        syllables = name[:2].translate(_letters()).split(" ")[:-1]
    if len(name) > 2 and len(syllables) >= 2 and _HAN.match(name):
        words.append("".join(s[0] for s in syllables[:2]) + name[2:])
    branded = _BRANDED.fullmatch(name)
    if branded:  # jd card, for 京东卡
        letters = "".join(s[0] for s in branded[1].translate(_letters()).split(" ")[:-1])
        words += [letters + kind for kind in _IN_ENGLISH[branded[2]]]
    return [word for word in dict.fromkeys(words) if len(word) >= 2 and word not in _NOT_SHORT]
