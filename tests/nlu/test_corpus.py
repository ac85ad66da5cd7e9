"""Floors under the scores of every corpus; `python -m tests.corpus.evaluate` prints the table."""

from pathlib import Path

import pytest

from tests.corpus.evaluate import score

CORPUS = Path(__file__).resolve().parent.parent / "corpus"
FLOORS = {"sample": 0.97, "demo": 0.95, "heldout": 0.93, "campus": 0.93, "cloud": 0.93, "games": 0.93}
FLOORS |= {"heldout_dev": 0.91, "heldout_test": 0.88}


@pytest.mark.parametrize("corpus", sorted(CORPUS.glob("*.jsonl")), ids=lambda path: path.stem)
def test_a_corpus_is_read_at_least_this_well(corpus: Path) -> None:
    result = score(corpus)
    shown = result.share if corpus.stem == "heldout_test" else result.misses
    assert result.share >= FLOORS.get(corpus.stem, 0.9), shown
    assert result.harmful <= 0.03 * result.total
