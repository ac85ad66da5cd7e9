"""Floors under the scores of every corpus; `make eval` prints the table."""

from pathlib import Path

import pytest

from tests.corpus.evaluate import CORPORA, never_shown, score

OURS = ("sample", "demo", "everyday", "campus", "cloud", "games", "life", "fresh", "slips", "heldout", "heldout_dev")
FLOORS = dict.fromkeys((*OURS, "street_dev", "driving_dev", "photo_dev", "venue_dev"), 0.95)
FLOORS |= {"red_dev": 0.88, "red_shops_dev": 0.8, "garage_dev": 0.8, "studio_dev": 0.8}
FLOORS |= {"p9_dev": 0.93, "heldout_test": 0.92, "heldout9_test": 0.89, "street_test": 0.87, "driving_test": 0.88}
FLOORS |= {"photo_test": 0.88, "venue_test": 0.83, "p10_dev": 0.95, "heldout10_test": 0.92}
NEW = 0.6
"""A corpus that was just written and has shaped nothing yet."""
HARM = dict.fromkeys((*OURS, "street_dev", "driving_dev", "photo_dev", "venue_dev"), 0.01)
HARM |= {"red_dev": 0.03, "red_shops_dev": 0.06, "garage_dev": 0.05, "studio_dev": 0.05}
HARM |= {"p9_dev": 0.03, "heldout_test": 0.02, "heldout9_test": 0.04, "street_test": 0.055, "driving_test": 0.03}
HARM |= {"photo_test": 0.04, "venue_test": 0.07, "p10_dev": 0.015, "heldout10_test": 0.03}


@pytest.mark.parametrize("corpus", CORPORA, ids=lambda path: path.stem)
def test_a_corpus_is_read_at_least_this_well(corpus: Path) -> None:
    result = score(corpus)
    right, harm = result.share, result.harmful / result.total
    misses = "not shown" if never_shown(corpus) else result.misses
    del result  # pytest would print it, with lines that nobody who works on the reader may see
    assert right >= FLOORS.get(corpus.stem, NEW), misses
    assert harm <= HARM.get(corpus.stem, 0.25), misses
