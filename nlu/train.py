"""Trains the intent model (run as `python -m tests.corpus.train`): deterministic, pure Python, about a minute.

The lines are the repository's own: tests/corpus/intents.txt, sections named by intent, one utterance a line, read in
the demo shop; and tests/corpus/wordings.txt, read in several others.
"""

import json
import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from nlu.frame import INTENTS
from nlu.intent import SCALE, WEIGHTS, blank, features, slots_of, words_of
from nlu.lexicon import Lexicon
from nlu.seeing import look

EPOCHS = 14
RATE = 0.35
DECAY = 2e-5
SLIGHT = 4
"""Weights up to this are dropped: a third of them, for three frames of all corpora read otherwise."""
Line = tuple[str, str, Lexicon]
"""Intent, utterance, and the shop it is read in."""
RULED = ("confirm", "deny", "cancel", "choose")
"""Decided by rule alone (nlu.intent): a model must never confirm or cancel for a buyer."""
_BEFORE = ("你好，", "老板，", "那个", "您好 ", "请问", "我想问一下 ", "嗯 ", "麻烦", "亲 ", "哎 ")
_AFTER = ("啊", "吧", "谢谢", "呢", "哈", "呗", "～", "。", "！", " 急", "哦", "噻", "嘛")


def read_corpus(path: Path) -> list[tuple[str, str]]:
    """Read (intent, utterance) pairs."""
    pairs, section = [], ""
    for line in path.read_text("utf-8").splitlines():
        line = line.strip()
        if line.startswith("[") and line.endswith("]") and line[1:-1] in INTENTS:
            section = line[1:-1]
        elif line and not line.startswith("#") and section and section not in RULED:
            pairs.append((section, line))
    return pairs


def varied(pairs: Iterable[tuple[str, str]], seed: int = 7) -> list[tuple[str, str]]:
    """Add copies with an opening or a closing particle, so that neither decides an intent."""
    chance = random.Random(seed)  # noqa: S311 - training data, not a secret
    made = []
    for intent, text in pairs:
        made.append((intent, text))
        if intent not in ("greet", "unknown"):
            made.append((intent, chance.choice(_BEFORE) + text))
            made.append((intent, text + chance.choice(_AFTER)))
    return made


def looked_at(text: str, lexicon: Lexicon) -> list[str]:
    """List the features of one utterance, as `parse` would see them."""
    seen = look(text, lexicon)
    slots = slots_of(seen)
    return sorted(features(blank(seen, slots), words_of(seen, slots)))


def train(lines: Iterable[Line], slight: int = SLIGHT) -> dict[str, list[list[int]]]:
    """Fit a multinomial logistic model by AdaGrad and give its weights as small integers, those above `slight`."""
    chance = random.Random(11)  # noqa: S311 - order of examples
    samples = [(INTENTS.index(intent), looked_at(text, lexicon)) for intent, text, lexicon in lines]
    seen = Counter(feature for _, found in samples for feature in found)
    samples = [(gold, [f for f in found if seen[f] > 1]) for gold, found in samples]
    size = len(INTENTS)
    weights: dict[str, list[float]] = {f: [0.0] * size for f, count in seen.items() if count > 1}
    squares: dict[str, list[float]] = {f: [0.1] * size for f in weights}
    for _ in range(EPOCHS):
        chance.shuffle(samples)
        for gold, found in samples:
            totals = [0.0] * size
            for feature in found:
                for place, weight in enumerate(weights[feature]):
                    totals[place] += weight
            top = max(totals)
            odds = [math.exp(total - top) for total in totals]
            whole = sum(odds)
            slopes = [(place, odd / whole - (place == gold)) for place, odd in enumerate(odds)]
            slopes = [(place, slope) for place, slope in slopes if abs(slope) > 0.01]
            for feature in found:
                row, square = weights[feature], squares[feature]
                for place, slope in slopes:
                    slope += DECAY * row[place]
                    square[place] += slope * slope
                    row[place] -= RATE * slope / math.sqrt(square[place]) * 0.3
    packed = {}
    for feature, row in sorted(weights.items()):
        pairs_kept = [
            [place, round(weight * SCALE)] for place, weight in enumerate(row) if abs(round(weight * SCALE)) > slight
        ]
        if pairs_kept:
            packed[feature] = pairs_kept
    return packed


def mean(models: Sequence[dict[str, list[list[int]]]]) -> dict[str, list[list[int]]]:
    """Average models that saw other draws of the same lines: less is left to the draw."""
    sums: dict[str, Counter[int]] = {}
    for model in models:
        for feature, row in model.items():
            sums.setdefault(feature, Counter()).update({pair[0]: pair[1] for pair in row})
    averaged = {
        feature: [[place, round(weight / len(models))] for place, weight in sorted(row.items())]
        for feature, row in sorted(sums.items())
    }
    kept = {f: [pair for pair in row if abs(pair[1]) > SLIGHT] for f, row in averaged.items()}
    return {feature: row for feature, row in kept.items() if row}


def save(packed: dict[str, list[list[int]]], path: Path = WEIGHTS) -> None:
    """Write the weights, one feature a line so that a retrained model reads well in a diff."""
    lines = [
        f"{json.dumps(f, ensure_ascii=False)}:{json.dumps(row, separators=(',', ':'))}" for f, row in packed.items()
    ]
    path.write_text('{"weights":{\n' + ",\n".join(lines) + "\n}}\n", "utf-8")
