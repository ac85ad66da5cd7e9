"""A dialog survives its storage, and nothing that is stored can break a talk."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.state import Dialog, from_json, to_json
from tests.dialogs.talkers import dialogs

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["state", "kind", "lines", "line", "slot", "listed", "shape", "resume", "until"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(dialogs)
def test_a_dialog_survives_its_storage(dialog: Dialog) -> None:
    assert from_json(to_json(dialog)) == dialog


@settings(max_examples=100, deadline=None)
@given(JSON)
def test_what_is_not_a_dialog_is_read_as_a_fresh_one(stored: object) -> None:
    assert isinstance(from_json(json.dumps(stored)), Dialog)


@pytest.mark.parametrize(
    "stored",
    [
        None,
        "",
        "{",
        b"\xff",
        '{"shape": 2}',
        '{"state": {"kind": "collecting", "lines": [], "line": 0, "slot": "value"}}',
        '{"state": {"kind": "collecting", "lines": [{}], "line": 3, "slot": "value"}}',
        '{"state": {"kind": "confirming", "lines": [{}], "totals_fen": []}}',
        '{"state": {"kind": "dreaming"}}',
        '{"listed": {"entries": ["p:a"], "page": 7}}',
    ],
)
def test_damaged_and_older_shapes_are_a_fresh_talk(stored: str | bytes | None) -> None:
    assert from_json(stored) == Dialog()
