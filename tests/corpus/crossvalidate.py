"""Scores intents on lines that the model never saw: `python -m tests.corpus.crossvalidate [--folds N] [--show]`.

Each fold leaves out every N-th line of intents.txt, trains on the rest and on wordings.txt, and reads what it left out.
"""

import sys
from collections import Counter

from nlu import intent, parse
from nlu.train import read_corpus, train
from tests.corpus.evaluate import DEMO, HERE, lexicon_for
from tests.corpus.train import of_the_demo
from tests.corpus.wordings import wordings


def main(arguments: list[str]) -> int:
    """Print the share of left-out lines whose intent was read as labelled, and the confusion pairs."""
    folds = int(arguments[arguments.index("--folds") + 1]) if "--folds" in arguments else 6
    lexicon = lexicon_for(DEMO)
    pairs = list(dict.fromkeys(read_corpus(HERE / "intents.txt")))
    right = 0
    confusions: Counter[tuple[str, str]] = Counter()
    for fold in range(folds):
        rest = [pair for i, pair in enumerate(pairs) if i % folds != fold]
        intent.use_weights(train([*of_the_demo(rest), *wordings()]))
        for said, text in pairs[fold::folds]:
            read = parse(text, lexicon).intent
            right += read == said
            if read != said:
                confusions[said, read] += 1
                if "--show" in arguments:
                    print(f"  {said} → {read}: {text}")
    print(f"{right / len(pairs):.1%} of {len(pairs)} left-out lines")
    print(", ".join(f"{a} → {b} ×{n}" for (a, b), n in confusions.most_common(20)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
