"""Trains the intent model on this folder's intents.txt and the demo catalog: `python -m tests.corpus.train`."""

from nlu.train import read_corpus, save, train
from tests.corpus.evaluate import DEMO, HERE, lexicon_for

if __name__ == "__main__":
    weights = train(read_corpus(HERE / "intents.txt"), lexicon_for(DEMO))
    save(weights)
    print(f"{len(weights)} features written")
