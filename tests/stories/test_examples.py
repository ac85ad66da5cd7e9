"""What the bot quotes as an example is on sale here, is understood, and leaves nothing to ask."""

import re
from pathlib import Path

import pytest

from bot.lexicon import build_lexicon
from catalog.model import FieldKind
from catalog.shelf import Shelf
from dialogs import examples
from dialogs.state import Confirming
from dialogs.turn import Followed
from nlu.parsing import parse
from tests.stories.counter import Counter
from tests.stories.shops import goods_of

ROOT = Path(__file__).parents[2]
CATALOGS = ("data/catalog.demo.toml", "tests/contracts/shop.toml", "tests/stories/云服务.toml")
TAGS = re.compile(r"<a [^>]*>|</a>")


@pytest.mark.parametrize("catalog", CATALOGS)
def test_what_is_quoted_as_an_order_is_one(catalog: str) -> None:
    shelf, lexicon = goods_of(ROOT / catalog)
    quoted = examples.orders(shelf)
    assert len(quoted) == 2
    for text in quoted:
        counter = Counter(shelf, lexicon)
        assert "请核对订单" in counter.says(text).text, text


@pytest.mark.parametrize("catalog", CATALOGS)
def test_what_is_quoted_as_a_correction_corrects(catalog: str) -> None:
    shelf, lexicon = goods_of(ROOT / catalog)
    for product in shelf.products:
        for text in examples.orders(Shelf((product,), "one")):
            counter = Counter(shelf, lexicon)
            summed = TAGS.sub("", counter.says(text).text)
            state = counter.dialog.state
            if not isinstance(state, Confirming):
                continue
            for change in examples.changes(state.lines, shelf):
                counter.dialog = Counter(shelf, lexicon).dialog
                counter.says(text)
                counter.says(change)
                assert counter.dialog.misses == 0, (text, change)
                assert counter.dialog.state != state, (text, change)
            assert f"如「{examples.changes(state.lines, shelf)[0]}」" in summed


@pytest.mark.parametrize("catalog", CATALOGS[1:])
def test_the_welcome_speaks_of_this_shop_alone(catalog: str) -> None:
    shelf, lexicon = goods_of(ROOT / catalog)
    counter = Counter(shelf, lexicon)
    told = [counter.hears(Followed()).text, counter.says("你好").text, counter.says("帮助").text]
    assert all(examples.orders(shelf)[0] in text for text in told)
    assert not any(word in text for text in told for word in ("Steam", "话费100", "充100"))


@pytest.mark.parametrize("catalog", [*CATALOGS, "tests/stories/先问再买.toml", "tests/stories/话里有话.toml"])
def test_no_id_is_quoted_that_looks_like_a_telephone(catalog: str) -> None:
    shelf, _ = goods_of(ROOT / catalog)
    for product in shelf.products:
        telephones = any(field.kind in (FieldKind.PHONE, FieldKind.PHONE_OR_QQ) for field in product.fields)
        quoted = examples.orders(Shelf((product,), "one"))
        assert telephones or not any("13812345678" in text for text in quoted), product.name


def test_an_empty_shop_quotes_nothing() -> None:
    shelf = Shelf((), "empty")
    counter = Counter(shelf, build_lexicon(shelf))
    assert "例如" not in counter.hears(Followed()).text
    assert "例如" not in counter.says("你好").text
    assert examples.orders(shelf) == ()


@pytest.mark.parametrize("catalog", CATALOGS)
def test_what_is_quoted_needs_no_more_than_one_message(catalog: str) -> None:
    shelf, lexicon = goods_of(ROOT / catalog)
    frames = [parse(text, lexicon) for text in examples.orders(shelf)]
    assert all(frame.intent == "order" and not frame.items[0].missing for frame in frames)
