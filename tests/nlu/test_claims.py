"""Sentences written to mislead claim hardly anything that they do not say."""

from typing import Any

from nlu import Lexicon, frame_to_json, parse
from tests.corpus.evaluate import HERE, lexicon_of


def _beyond(allowed: set[str], item: dict[str, Any]) -> list[str]:
    """List what an item claims beyond what is allowed; an account is a field with four digits in a row or more."""
    claimed = [name for name in (item["product"], item["sku"]) if name]
    claimed += [f"v={item['value']}"] if item["value"] not in (None, 1) else []
    claimed += [f"q={item['quantity']}"] if item["quantity"] != 1 else []
    for said in item["fields"].values():
        claimed += [f"a={said}"] if sum(char.isdigit() for char in said) > 3 and " " not in said else []
    return [claim for claim in claimed if claim not in allowed]


def test_sentences_written_to_mislead_claim_little_that_they_do_not_say(demo: Lexicon) -> None:
    lines = (HERE / "claims.txt").read_text("utf-8").splitlines()
    rows = [line.split("|") for line in lines if line and not line.startswith("#")]
    wrong = []
    for shop, text, allowed in rows:
        frame: Any = frame_to_json(parse(text, demo if shop == "demo" else lexicon_of(f"{shop}.toml")))
        beyond = [claim for item in frame["items"] for claim in _beyond(set(allowed.split()), item)]
        if beyond:
            wrong.append((text, beyond))
    assert len(rows) > 240
    assert len(wrong) <= 13, wrong
