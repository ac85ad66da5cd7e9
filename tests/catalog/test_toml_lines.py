"""Lines of TOML values."""

import tomllib
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.toml_lines import locate

DEMO = Path(__file__).parents[2] / "data" / "catalog.demo.toml"


def _texts(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in _texts(inner, (*path, key))]
    if isinstance(value, list):
        return [found for at, inner in enumerate(value) for found in _texts(inner, (*path, at))]
    return [(path, str(value))] if isinstance(value, str) else []


def test_every_text_of_the_demo_catalog_stands_on_the_line_named_for_it() -> None:
    document = DEMO.read_text(encoding="utf-8")
    lines = document.split("\n")
    texts = _texts(tomllib.loads(document))

    found = locate(document, [path for path, _ in texts])

    assert len(texts) > 500
    assert [text for path, text in texts if text not in lines[found[path] - 1]] == []


def test_a_path_that_is_absent_is_named_by_what_encloses_it() -> None:
    document = "a = 1\n[[b]]\nc = 2\n[[b]]\n\nd.e = 3\n"

    wanted = [("b", 1, "x"), ("b", 1, "d", "y"), ("b", 0, "c"), ("nothing",)]
    assert [locate(document, wanted)[path] for path in wanted] == [4, 6, 3, 1]


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_document_can_hang_or_break_it(document: str) -> None:
    assert locate(document, [("a", 0, "b")])[("a", 0, "b")] >= 1


@given(st.text(alphabet="[]{}\"'#=,.\\\n a1", max_size=60))
@settings(max_examples=500, deadline=None)
def test_no_arrangement_of_marks_can_hang_or_break_it(document: str) -> None:
    assert locate(document, [("a",)])[("a",)] >= 1
