"""The demo's catalog, read once in a process: every second shop under test sells it."""

from functools import cache
from pathlib import Path

from catalog.files import read_catalog
from catalog.shelf import Shelf

DEMO = Path(__file__).parents[1] / "data" / "catalog.demo.toml"


@cache
def demo_shelf() -> Shelf:
    """What is in the file; nobody can change it."""
    return read_catalog(DEMO)
