"""A row of a list is picked in many words; a plain yes and a plain stop are told from what merely sounds like them."""

import pytest

from nlu import Lexicon, parse


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("第二个吧，第一个不要", 2), ("不要第一个，要第二个", 2), ("不是第一个，是第二个", 2),
        ("我要第二个，不是第三个", 2),
        ("刚才说错了，选第三个", 3), ("还是选第三个吧", 3), ("我改选2", 2), ("不选1了，选2", 2), ("帮我选2", 2),
        ("我选的是第二个", 2), ("上面第二个", 2), ("列表里第三个", 3), ("好，第2个", 2), ("就要第二个了不改了", 2),
    ],
)  # fmt: skip
def test_a_row_picked_in_many_words_is_a_choice(demo: Lexicon, text: str, row: int) -> None:
    frame = parse(text, demo)
    assert (frame.intent, frame.index) == ("choose", row)


@pytest.mark.parametrize(
    "text",
    ["不要第一个", "第一个和第二个哪个好", "倒数第二个", "第二次了还没到", "不要第一个，第二个多少钱", "第二个多少钱"],
)
def test_a_row_that_is_refused_or_asked_about_is_not_picked(demo: Lexicon, text: str) -> None:
    assert parse(text, demo).intent != "choose"


@pytest.mark.parametrize(
    "text", ["嗯对的，就这样下吧", "行，就按这个下", "都对，可以付款了", "那就买吧", "就定这个吧", "却认"]
)
def test_a_yes_with_a_slip_or_in_passing_words_is_a_yes(demo: Lexicon, text: str) -> None:
    assert parse(text, demo).intent == "confirm"


@pytest.mark.parametrize(
    "text",
    ["可以付款了吗", "买了没用", "就定这个价吗", "定这个要多少钱", "他说就这样下吧", "没问题的话就下单，有问题就算了"],
)
def test_what_sounds_like_a_yes_confirms_nothing(demo: Lexicon, text: str) -> None:
    assert parse(text, demo).intent not in ("confirm", "cancel")
