"""Lexicons of the demo shop and of the corpus's other shops, built once."""

from pathlib import Path

import pytest

from bot.lexicon import build_lexicon
from catalog.files import read_catalog
from nlu import Lexicon

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def demo() -> Lexicon:
    return build_lexicon(read_catalog(ROOT / "data" / "catalog.demo.toml"))


@pytest.fixture(scope="session")
def campus() -> Lexicon:
    return build_lexicon(read_catalog(ROOT / "tests" / "corpus" / "catalogs" / "campus.toml"))
