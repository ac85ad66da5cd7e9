"""What is said again, taken back or set beside an order in the same message: only what holds in the end is ordered."""

import pytest

from nlu import Lexicon, parse
from tests.corpus.evaluate import HERE, lexicon_for

A, B = "13612340000", "13612340001"


def ordered(text: str, lexicon: Lexicon, channel: str = "text") -> list[tuple[object, ...]]:
    frame = parse(text, lexicon, channel=channel)  # type: ignore[arg-type]
    assert frame.intent == "order"
    return [(item.sku, item.quantity, *(v for n, v in item.fields.items() if n == "account")) for item in frame.items]


@pytest.mark.parametrize(
    ("text", "items"),
    [
        (f"话费50 {A} 和 {B}，哦第二个不用充了", [("HF50", 1, A)]),
        (f"话费50 {A} 和 {B}，前面那个不充了", [("HF50", 1, B)]),
        (f"话费50充到{A}，我的联系电话是{B}", [("HF50", 1, A)]),
        (f"我是{A}，帮{B}充100话费", [("HF100", 1, B)]),
        (f"用{A}给{B}充50话费", [("HF50", 1, B)]),
        (f"话费50 {A}，别充到{B}", [("HF50", 1, A)]),
        (f"我自己{A}不用充，给{B}充50", [("HF50", 1, B)]),
        (f"给{A}和{B}各充50", [("HF50", 1, A), ("HF50", 1, B)]),
        ("京东卡100和steam50各一张，哦京东的不要了", [("ST50", 1)]),
        ("京东卡200两张，steam卡100一张，不对京东的要三张", [("JD200", 3), ("ST100", 1)]),
        ("给我来300块钱的京东卡，要100面额的", [("JD100", 3)]),
        ("1米数据线一条，2米太长", [("SJX1", 1)]),
        ("steam 50的来一张，余额还有13块", [("ST50", 1)]),
        ("网易云黑胶年卡两张，我和室友各一张", [("HJ12", 2)]),
    ],
)
def test_of_what_is_said_again_only_the_last_word_is_ordered(
    demo: Lexicon, text: str, items: list[tuple[object, ...]]
) -> None:
    assert ordered(text, demo) == items


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("充三十幺三九零零零零一一一一", [("HF30", 1, "13900001111")]),
        ("我要充话费五十元一三六一二三四零零零零", [("HF50", 1, A)]),
        ("一三八一二三四五六七八一百", [("HF100", 1, "13812345678")]),
        ("话费五十，一三七二二零零三三零零，哎不对，最后是三三一一。", [("HF50", 1, "13722003311")]),
    ],
)
def test_a_number_read_out_beside_an_amount_is_whole(demo: Lexicon, text: str, items: list[tuple[object, ...]]) -> None:
    assert ordered(text, demo, "voice") == items


@pytest.mark.parametrize(
    ("shop", "text", "items"),
    [
        ("garage", "停车券2小时的三张 5小时的两张，啊5小时的一张就行", [("PH2", 3), ("PH5", 1)]),
        ("driving", "科目一科目四补考", [("BK1", 1), ("BK4", 1)]),
        ("studio", "吉他弦软的两套硬的一套", [("GS10", 2), ("GS12", 1)]),
        ("fresh", "日本7天流量卡", [("ES-JP7", 1)]),
        ("p9_spa", "夜场两大一小", [("MP-NA", 2), ("MP-NC", 1)]),
        ("p9_spa", "掏耳朵的来一张，再来一张盐搓的", [("CE", 1), ("CZ-S", 1)]),
        ("p9_spa", "足疗两个小时的来一张", [("ZL120", 1)]),
        ("p9_spa", "泡脚券一个半小时的来一张", [("ZL90", 1)]),
        ("p9_spa", "会籍升黑金，我现在是银卡", [("HY-B", 1)]),
    ],
)
def test_it_holds_for_any_shop(shop: str, text: str, items: list[tuple[object, ...]]) -> None:
    assert ordered(text, lexicon_for(HERE / "catalogs" / f"{shop}.toml")) == items
