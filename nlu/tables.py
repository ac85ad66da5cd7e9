"""Builds nlu/data/*.json from opencc and pypinyin, so that neither dictionary is loaded while the bot runs.

Run once after changing either library: `python -m nlu.tables`.
"""

import json
from pathlib import Path

import opencc
from pypinyin import pinyin_dict

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


def _write(name: str, table: dict[str, str]) -> None:
    text = json.dumps(table, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    (DATA / name).write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    _write("simplified.json", simplified())
    _write("syllables.json", syllables())
