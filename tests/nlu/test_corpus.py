"""Floors under the scores of every corpus; `make eval` prints the table."""

from pathlib import Path

import pytest

from tests.corpus.evaluate import CORPORA, never_shown, score

FLOORS = {"sample": 0.97, "demo": 0.95, "heldout": 0.93, "campus": 0.93, "cloud": 0.93, "games": 0.93}
FLOORS |= {"heldout_dev": 0.91, "heldout_test": 0.88}
FLOORS |= {f"{shop}_{half}": 0.78 for shop in ("driving", "photo", "venue", "street") for half in ("dev", "test")}
HARM = {f"{shop}_{half}": 0.13 for shop in ("driving", "photo", "venue", "street") for half in ("dev", "test")}


@pytest.mark.parametrize("corpus", CORPORA, ids=lambda path: path.stem)
def test_a_corpus_is_read_at_least_this_well(corpus: Path) -> None:
    result = score(corpus)
    right, harm = result.share, result.harmful / result.total
    misses = "not shown" if never_shown(corpus) else result.misses
    del result  # pytest would print it, with lines that nobody who works on the reader may see
    assert right >= FLOORS.get(corpus.stem, 0.9), misses
    assert harm <= HARM.get(corpus.stem, 0.03), misses
