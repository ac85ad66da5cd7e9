"""Where words end (jieba), and names typed with a slip (rapidfuzz): what is believed, and what never is."""

from pathlib import Path

import pytest

from nlu import Lexicon, parse
from nlu.lexicon import ProductWords, SkuWords
from nlu.segments import MAX_CHARS, Segmenter

CORPORA = Path(__file__).parent.parent / "corpus"


def test_a_word_of_the_language_is_not_cut_into_a_catalog_word() -> None:
    lexicon = Lexicon([_sold("京东", "京东卡"), _sold("三国", "三国杀")])
    assert parse("京东方股票怎么样", lexicon).items == ()
    assert parse("京东来一张", lexicon).items[0].product == "京东"


def test_a_street_named_like_a_game_sells_no_game(demo: Lexicon) -> None:
    (item,) = parse("我在和平路给13812345678充50", demo).items
    assert (item.product, item.value) == ("huafei", 50)


def test_a_numeral_inside_a_word_is_no_amount(demo: Lexicon) -> None:
    (item,) = parse("给四川的老妈充50 13812345678", demo).items
    assert (item.value, item.quantity) == (50, 1)


def test_words_are_split_by_a_dictionary_of_our_own() -> None:
    words = Segmenter(["话费", "爱奇艺"])
    assert [word for _, _, word in words.split("给老妈充话费到账了吗")] == [
        "给",
        "老妈",
        "充",
        "话费",
        "到账",
        "了",
        "吗",
    ]


def test_a_long_message_is_split_up_to_a_bound() -> None:
    assert sum(end - start for start, end, _ in Segmenter([]).split("充" * 3000)) == MAX_CHARS


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ("stem卡100", "steam"),
        ("windwos专业版", "win11"),
        ("widows 11 家庭版两个", "win11"),
        ("哗哩哗哩年卡", "bili"),
        ("iqyi会员月卡", "iqiyi"),
        ("王者荣跃60点券", "wangzhe"),
        ("爱其艺年卡", "iqiyi"),
    ],
)
def test_a_slip_of_the_thumb_names_the_product(demo: Lexicon, text: str, product: str) -> None:
    assert [item.product for item in parse(text, demo).items] == [product]


@pytest.mark.parametrize(
    "text", ["中石由加油卡500", "联通充值卡", "盛大一卡通30", "system崩了", "优优视频会员", "招商银行卡"]
)
def test_another_things_name_is_no_slip(demo: Lexicon, text: str) -> None:
    assert all(item.product is None for item in parse(text, demo).items)


def test_what_tells_two_names_apart_is_never_taken_for_a_slip() -> None:
    lexicon = Lexicon([_sold("a", "东风快运卡"), _sold("b", "东方快运卡")])
    items = parse("东凤快运卡来一张", lexicon).items
    assert items == () or items[0].product != "b" or items[0].product is None
    one = Lexicon([_sold("a", "南方航空券")])
    assert all(item.product is None for item in parse("东方航空券来一张", one).items)


def test_a_short_name_nearly_typed_only_suggests(demo: Lexicon) -> None:
    (item,) = parse("腾迅", demo).items
    assert item.product is None
    assert "txvip" in item.candidates


def _sold(pid: str, name: str) -> ProductWords:
    return ProductWords(pid, name, aliases=(name[:2],) if pid == "京东" else (), skus=(SkuWords(f"{pid}-1", "一张"),))
