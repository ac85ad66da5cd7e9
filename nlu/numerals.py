"""Numbers as people write them: digits, 1k, Chinese numerals (一百二 = 120), and those that name no amount (百八十)."""

import re

DIGITS = {
    char: value
    for value, chars in enumerate(
        ("零〇洞", "一幺壹", "二两贰", "三叁", "四肆", "五伍", "六陆", "七柒拐", "八捌", "九玖")
    )
    for char in chars
}
SCALES = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
CHINESE = "零〇一二两三四五六七八九十百千万壹贰叁肆伍陆柒捌玖拾佰仟"
NUMERAL = re.compile(
    rf"(?<![\d.])\d{{1,12}}(?:\.\d+)?(?:[kw](?![a-z])|[百千万](?:[1-9一二三四五六七八九](?![\d{CHINESE}]))?)?(?!\d)"
    rf"|[{CHINESE}几数幺]+"
)
_LATIN_SCALE = {"k": 1000, "w": 10000, "百": 100, "千": 1000, "万": 10000}
_RANGE = re.compile(
    "[一二两三四五六七八九][两二三四五六七八九](?=[十百千万])|[几数]|(?<=十)[一二两三四五六七八][二三四五六七八九]$"
)


_DAYS = frozenset(("三八", "五一", "五四", "六一", "七一", "八一"))
"""Holidays, before they are numbers read out digit by digit."""
_PAIRS = {"俩": 2, "仨": 3}
"""Two and three of them, measure word and all."""


def read_numeral(said: str) -> int | float | None:
    """Read one numeral; None when it names no single amount (几十, 一两百, 百八十)."""
    return _read_latin(said) if said[0].isdecimal() else _PAIRS.get(said) or _read_chinese(said)


def _read_latin(said: str) -> int | float | None:
    match = re.match(r"[\d.]+", said)
    if match is None:
        return None
    plain = float(match[0]) if "." in match[0] else int(match[0])
    rest = said[match.end() :]
    if rest:
        scale = _LATIN_SCALE[rest[0]]
        plain *= scale
        if len(rest) > 1:
            plain += (int(rest[1]) if rest[1].isdecimal() else DIGITS[rest[1]]) * scale // 10
    return int(plain) if plain == int(plain) else plain


def _read_chinese(said: str) -> int | None:
    if _RANGE.search(said) or said in _DAYS:
        return None
    if all(char in DIGITS for char in said):
        # 五零 = 50, read out digit by digit; 一两 or 三五 is "one or two".
        if len(said) == 2 and said[0] not in "零〇" and said[1] not in "零〇" and "幺" not in said:
            return None if 0 < DIGITS[said[1]] - DIGITS[said[0]] <= 2 else int("".join(str(DIGITS[c]) for c in said))
        return int("".join(str(DIGITS[char]) for char in said)) if len(said) <= 6 else None
    if said[0] in "百千万佰仟":
        return None
    total = 0
    if "万" in said:
        head, _, said = said.partition("万")
        high = _read_chinese(head) if head else None
        if high is None or "万" in said:
            return None
        total = high * 10000
        if len(said) == 1 and said in DIGITS:
            return total + DIGITS[said] * 1000
    below = _below_ten_thousand(said)
    return None if below is None else total + below


def _below_ten_thousand(said: str) -> int | None:
    total, last_scale, i, zero = 0, 10000, 0, False
    while i < len(said):
        if said[i] in "零〇":
            zero, i = True, i + 1
            continue
        digit = DIGITS.get(said[i])
        if digit is not None:
            i += 1
            if i == len(said):  # the last digit: 一百二 = 120, but 一百零二 = 102 and 十二 = 12
                return total + digit * (1 if zero or last_scale <= 10 or last_scale == 10000 else last_scale // 10)
        elif said[i] in "十拾":
            digit = 1
        else:
            return None
        scale = SCALES.get(said[i])
        if scale is None or scale >= last_scale:
            return None
        total, last_scale, zero, i = total + digit * scale, scale, False, i + 1
    return total
