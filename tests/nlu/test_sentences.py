"""Sentences of many shops with what each one says: sentences.txt, one kind of misreading after the other."""

from pathlib import Path

import pytest

from nlu import Frame, parse
from tests.corpus.evaluate import DEMO, lexicon_of

HERE = Path(__file__).parent


def _cases() -> list[tuple[str, str, str]]:
    lines = (HERE / "sentences.txt").read_text("utf-8").splitlines()
    said = (line.split("|", 1) for line in lines if line and not line.startswith("#"))
    return [(shop, *map(str.strip, rest.split("=>", 1))) for shop, rest in said]  # type: ignore[misc]


def _catalog(shop: str) -> str:
    own = HERE / f"{shop}.toml"
    return str(DEMO if shop == "demo" else own) if shop == "demo" or own.exists() else f"{shop}.toml"


def _short(frame: Frame) -> str:
    """Write a frame as sentences.txt does: `order jdcard JD100 x2; huafei 50 account=138…`."""
    parts = []
    for item in frame.items:
        what = item.product or "|".join(item.candidates) or "?"
        size = item.sku or ("-" if item.value is None else f"{item.value:g}")
        times = f" x{item.quantity}" if item.quantity != 1 else ""
        given = "".join(f" {name}={said}" for name, said in sorted({**item.options, **item.fields}.items()))
        wrong = "".join(f" {name}!{said}" for name, said in item.invalid.items())
        parts.append(f"{what} {size}{times}{given}{wrong}")
    index = f" {frame.index}" if frame.index else ""
    return f"{frame.intent}{index} {'; '.join(parts)}".strip()


def fits(expected: str, read: str) -> bool:
    """Tell whether what was read is what was expected: each item's given words in order; `~` leaves the items open."""
    if expected.endswith("~"):
        return read.split(" ")[0] in expected[:-1].strip().split("/")
    intent, _, items = expected.partition(" ")
    got, _, found = read.partition(" ")
    wanted, said = [i.split() for i in items.split(";") if i], [i.split() for i in found.split(";") if i]
    return (
        got in intent.split("/")
        and len(wanted) == len(said)
        and all(_agree(*pair) for pair in zip(wanted, said, strict=True))
    )


def _agree(wanted: list[str], said: list[str]) -> bool:
    counted = any(word.startswith("x") and word[1:].isdigit() for word in (*wanted, *said))
    same_count = not counted or {w for w in wanted[1:] if w[:1] == "x"} == {w for w in said[1:] if w[:1] == "x"}
    return wanted[:2] == said[:2] and set(wanted) <= set(said) and same_count


@pytest.mark.parametrize(("shop", "text", "expected"), _cases())
def test_a_sentence_says_what_it_says(shop: str, text: str, expected: str) -> None:
    read = _short(parse(text.replace("\\n", "\n"), lexicon_of(_catalog(shop))))
    assert fits(expected, read), f"{text}: {expected} was read as {read}"
