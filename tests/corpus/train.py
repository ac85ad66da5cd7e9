"""Trains the intent model on this folder's intents.txt and wordings.txt: `python -m tests.corpus.train`."""

from collections.abc import Iterable, Iterator

from nlu.train import Line, mean, read_corpus, save, train, varied
from tests.corpus.evaluate import DEMO, HERE, lexicon_for
from tests.corpus.wordings import wordings

DRAWS = (5, 6)
"""The wordings are drawn twice and the two models averaged: one draw alone moves three frames in a thousand."""


def all_lines(seed: int = DRAWS[0]) -> Iterator[Line]:
    """Give every line that the model is trained on."""
    yield from of_the_demo(read_corpus(HERE / "intents.txt"))
    yield from wordings(seed)


def of_the_demo(pairs: Iterable[tuple[str, str]]) -> Iterator[Line]:
    """Read pairs of intent and utterance in the demo shop, each with an opening and an ending, too."""
    lexicon = lexicon_for(DEMO)
    for intent, text in varied(pairs):
        yield intent, text, lexicon


if __name__ == "__main__":
    weights = mean([train(all_lines(seed), slight=0) for seed in DRAWS])
    save(weights)
    print(f"{len(weights)} features written")
