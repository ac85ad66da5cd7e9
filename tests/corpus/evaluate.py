"""Scores understanding on labelled corpora: `python -m tests.corpus.evaluate [--show] [FILE.jsonl …]`.

Without files it scores every corpus of this folder. A line that names a "catalog" is read with that one, a corpus named
like a file in catalogs/ with that catalog, every other one with the demo catalog. Prints whole-frame accuracy by
corpus and channel, harmful frames, time per utterance and the confusion pairs.
"""

import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from bot.lexicon import build_lexicon
from catalog.files import read_catalog
from nlu import Lexicon, frame_to_json, parse

HERE = Path(__file__).parent
DEMO = HERE.parent.parent / "data" / "catalog.demo.toml"
JUDGED = ("product", "sku", "value", "quantity", "options", "fields", "invalid")
PLACE = re.compile("[省市区县路街号]")
UNASKED = ("confirm", "cancel")
CORPORA = tuple(sorted(HERE.glob("*.jsonl")))


def never_shown(corpus: Path) -> bool:
    """Tell whether whoever works on the reader must not see this corpus: only then is its score evidence."""
    return corpus.stem == "heldout" or corpus.stem.endswith("_test")


@dataclass
class Score:
    """How one corpus went."""

    total: int = 0
    right: int = 0
    harmful: int = 0
    seconds: float = 0.0
    by_kind: Counter[tuple[str, bool]] = field(default_factory=Counter)
    """How many were right and wrong: typed or voice for the demo shop, other for catalogs that are not the demo's."""
    confusions: Counter[tuple[str, str]] = field(default_factory=Counter)
    claims: Counter[str] = field(default_factory=Counter)
    """What harmful frames claimed: a product, a value, a confirm."""
    misses: list[tuple[str, dict[str, Any], dict[str, Any]]] = field(default_factory=list)

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.total + other.total,
            self.right + other.right,
            self.harmful + other.harmful,
            self.seconds + other.seconds,
            self.by_kind + other.by_kind,
            self.confusions + other.confusions,
            self.claims + other.claims,
        )

    @property
    def share(self) -> float:
        """Give the share of whole frames that were right."""
        return self.right / self.total if self.total else 1.0


def lexicon_for(corpus: Path) -> Lexicon:
    """Build the lexicon that a corpus is meant for."""
    return build_lexicon(read_catalog(catalog_for(corpus)))


def catalog_for(corpus: Path) -> Path:
    """Find the catalog that a corpus is meant for by its name; the demo's when none is named like it."""
    own = HERE / "catalogs" / f"{corpus.stem.split('-')[0]}.toml"
    return own if own.exists() else DEMO


@cache
def lexicon_of(catalog: str) -> Lexicon:
    """Build the lexicon of a catalog that a line names itself (corpora about several shops)."""
    return build_lexicon(read_catalog(HERE / "catalogs" / catalog))


def score(corpus: Path, lexicon: Lexicon | None = None) -> Score:
    """Score one corpus file."""
    demo = not catalog_for(corpus).parent.samefile(HERE / "catalogs")
    lexicon = lexicon or lexicon_for(corpus)
    result = Score()
    for line in corpus.read_text("utf-8").splitlines():
        label = json.loads(line)
        shop = lexicon_of(label["catalog"]) if "catalog" in label else lexicon
        started = time.process_time()
        got = frame_to_json(parse(label["text"], shop, channel=label["channel"]))
        result.seconds += time.process_time() - started
        accepted = [label["gold"], *label.get("alt", [])]
        soft = "items_soft" in label.get("tags", [])
        right = any(same(gold, got, soft) for gold in accepted)
        result.total += 1
        result.right += right
        claim = "" if right else claimed(accepted, got, soft)
        result.harmful += bool(claim)
        result.claims.update([claim] if claim else [])
        other = "catalog" in label or not demo
        kind = "other" if other else {"text": "typed"}.get(label["channel"], label["channel"])
        result.by_kind[kind, right] += 1
        if not right:
            result.misses.append((label["text"], label["gold"], got))
            if label["gold"]["intent"] != got["intent"]:
                result.confusions[label["gold"]["intent"], str(got["intent"])] += 1
    return result


def same(gold: Mapping[str, Any], got: Mapping[str, Any], soft: bool) -> bool:
    if gold["intent"] != got["intent"] or gold["index"] != got["index"]:
        return False
    if soft:
        return True
    return len(gold["items"]) == len(got["items"]) and all(
        all(_agrees(slot, mine[slot], theirs[slot]) for slot in JUDGED)
        and set(mine.get("candidates_include", ())) <= set(theirs["candidates"])
        for mine, theirs in zip(gold["items"], got["items"], strict=True)
    )


def _agrees(slot: str, mine: Any, theirs: Any) -> bool:
    """Compare one slot; an address also agrees when name and phone beside it were taken along (a parcel needs them)."""
    if slot != "fields" or mine == theirs:
        return bool(mine == theirs)
    return mine.keys() == theirs.keys() and all(
        said == theirs[name] or (len(said) > 8 and bool(PLACE.search(said)) and said in theirs[name])
        for name, said in mine.items()
    )


def claimed(accepted: list[dict[str, Any]], got: Mapping[str, Any], soft: bool) -> str:
    """Name what a wrong frame claims although nobody said it; "" when it merely leaves something open."""
    if got["intent"] in UNASKED and all(gold["intent"] not in UNASKED for gold in accepted):
        return str(got["intent"])
    if soft:
        return ""
    said = [item for gold in accepted for item in gold["items"]]
    known = {slot: {item[slot] for item in said} for slot in ("product", "sku", "value", "quantity")}
    accounts = {account for item in said for account in (*item["fields"].values(), *item["invalid"].values())}
    for item in got["items"]:
        for slot in known:
            if item[slot] not in (None, 1) and item[slot] not in known[slot]:
                return slot
        if any(account not in accounts and any(c.isdigit() for c in account) for account in item["fields"].values()):
            return "account"
    return ""


def main(arguments: list[str]) -> int:
    """Print the table: a line for each corpus, then the sums."""
    files = [Path(name) for name in arguments if not name.startswith("-")] or list(CORPORA)
    print(f"{'corpus':<16}{'frames':>7}{'whole':>8}{'typed':>8}{'voice':>8}{'unseen':>8}{'harmful':>9}{'µs each':>9}")
    parse("你们这个是怎么弄的", lexicon_for(DEMO))  # tables are read on the first message: not part of the times
    everything, evidence = Score(), Score()
    for corpus in files:
        result = score(corpus)
        everything += result
        evidence += result if never_shown(corpus) else Score()
        _print(corpus.stem, result)
        if "--show" in arguments and not never_shown(corpus):
            _show(result.misses)
    print()
    _print("all", everything)
    if evidence.total:
        _print("never read", evidence)
    claims = ", ".join(f"{claim} ×{n}" for claim, n in everything.claims.most_common())
    print("\ntyped and voice: the demo's catalog; unseen: other catalogs, by either channel")
    print("claimed though nobody said it:", claims or "nothing")
    confusions = ", ".join(f"{a} → {b} ×{n}" for (a, b), n in everything.confusions.most_common(12))
    print("confusions (said → read):", confusions or "none")
    return 0


def _print(name: str, result: Score) -> None:
    typed, voice, unseen = (_kind(result, kind) for kind in ("typed", "voice", "other"))
    each = result.seconds / max(result.total, 1) * 1e6
    print(
        f"{name:<16}{result.total:>7}{result.share:>8.1%}{typed:>8}{voice:>8}{unseen:>8}"
        f"{result.harmful / max(result.total, 1):>9.1%}{each:>9.0f}"
    )


def _kind(result: Score, kind: str) -> str:
    right, wrong = result.by_kind[kind, True], result.by_kind[kind, False]
    return f"{right / (right + wrong):.1%}" if right + wrong else "–"


def _show(misses: Iterable[tuple[str, dict[str, Any], dict[str, Any]]]) -> None:
    for text, gold, got in misses:
        print(f"  {text!r}\n    said {short(gold)}\n    read {short(got)}")


def short(frame: Mapping[str, Any]) -> str:
    items = [{k: v for k, v in item.items() if v not in (None, {}, [], 1)} for item in frame["items"]]
    return f"{frame['intent']} {frame['index'] or ''} {items}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
