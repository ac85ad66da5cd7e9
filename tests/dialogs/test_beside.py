"""What is wished beside an answer that was asked for, in its place, or politely."""

import pytest

from catalog.model import Field, FieldKind
from dialogs import freetext
from dialogs.draft import look
from dialogs.state import Collecting, Confirming
from tests.stories.counter import Counter
from tests.stories.shops import counter_in

_PLACE = "上海市静安区南京西路1号 王五 13900001111"
_PHONE = "13900001111"


def _after(shop: str, *texts: str) -> tuple[Counter, str]:
    counter, told = counter_in(shop), ""
    for text in texts:
        told = counter.says(text).text
    return counter, told


def _held(counter: Counter) -> list[tuple[str, int]]:
    state = counter.dialog.state
    assert isinstance(state, Collecting | Confirming)
    looked = [look(line, counter.shelf) for line in state.lines]
    return [(one.sku.code if one.sku else "", one.line.quantity) for one in looked]


def _given(counter: Counter) -> set[str]:
    state = counter.dialog.state
    assert isinstance(state, Collecting | Confirming)
    return {value for line in state.lines for value in line.fields.values()}


_CAT = ("heldout_pantry", "猫砂豆腐的两袋", _PLACE)
_TYRE = ("garage", "轮胎16寸的换两条", _PHONE)
_SCENT = ("garage", "柠檬香薰两瓶", _PLACE)
_ISLE = ("campus", "欢乐岛成人票两张", _PHONE)
_EGG = ("heldout_pantry", "土鸡蛋30枚一份", _PLACE)

_BESIDE = [
    (*_CAT, "{} 要三袋", [("MST", 3)]),
    (*_CAT, "三袋 {}", [("MST", 3)]),
    (*_CAT, "{}，三袋吧", [("MST", 3)]),
    (*_CAT, "{} 再加一袋膨润土", [("MST", 2), ("MSP", 1)]),
    (*_CAT, "{}，另外膨润土的一袋", [("MST", 2), ("MSP", 1)]),
    (*_CAT, "换膨润土的吧，{}", [("MSP", 2)]),
    (*_CAT, "{}，还是膨润土吧", [("MSP", 2)]),
    (*_CAT, "{} 再来一份60枚的土鸡蛋", [("MST", 2), ("JD60", 1)]),
    (*_CAT, "{} 土鸡蛋60枚一份", [("MST", 2), ("JD60", 1)]),
    (*_CAT, "{} 两袋", [("MST", 2)]),
    (*_TYRE, "{} 要17寸的", [("TY17", 2)]),
    (*_TYRE, "{}要17寸的", [("TY17", 2)]),
    (*_TYRE, "{}，17寸的也来两条", [("TY16", 2), ("TY17", 2)]),
    (*_TYRE, "要三条吧 {}", [("TY16", 3)]),
    (*_SCENT, "{} 海洋的也来一瓶", [("SC-L", 2), ("SC-O", 1)]),
    (*_SCENT, "{} 就一瓶够了", [("SC-L", 1)]),
    (*_SCENT, "海洋的吧 {}", [("SC-O", 2)]),
    (*_ISLE, "{} 另外再来一张儿童的", [("LY-A", 2), ("LY-C", 1)]),
    (*_ISLE, "{}，改成三张", [("LY-A", 3)]),
    (*_EGG, "{} 要60枚的", [("JD60", 1)]),
    (*_EGG, "两份 {}", [("JD30", 2)]),
]


@pytest.mark.parametrize(("shop", "first", "answer", "said", "held"), _BESIDE, ids=[row[3] for row in _BESIDE])
def test_what_is_wished_beside_the_answer_is_done(
    shop: str, first: str, answer: str, said: str, held: list[tuple[str, int]]
) -> None:
    counter, _ = _after(shop, first, said.format(answer))
    assert _held(counter) == held
    assert _given(counter) == {answer}


_PLAIN = [
    (*_CAT, "{} 放门口就行", [("MST", 2)]),
    (*_CAT, "{}，谢谢，尽快发", [("MST", 2)]),
    (*_CAT, "我在{}", [("MST", 2)]),
    (*_CAT, "{} 两个人都可以收", [("MST", 2)]),
    (*_TYRE, "我的手机{}", [("TY16", 2)]),
    (*_TYRE, "{}，下午打给我就行", [("TY16", 2)]),
    (*_ISLE, "手机号是{} 麻烦快点", [("LY-A", 2)]),
]


@pytest.mark.parametrize(("shop", "first", "answer", "said", "held"), _PLAIN, ids=[row[3] for row in _PLAIN])
def test_thanks_and_wishes_for_the_way_change_nothing(
    shop: str, first: str, answer: str, said: str, held: list[tuple[str, int]]
) -> None:
    counter, told = _after(shop, first, said.format(answer))
    assert _held(counter) == held
    assert _given(counter) == {answer}
    assert "没看懂" not in told


@pytest.mark.parametrize(
    "place",
    [
        "北京市朝阳区建国路88号现代城A座3单元12层1203室 白晓 13900001111",
        "上海市闵行区七莘路三袋小区5号楼 钱两 13900001111",
        "杭州市西湖区文三路9号三楼 张三 13900001111",
        "重庆市渝中区解放碑两路口一村6栋 万一 13900001111",
    ],
)
def test_no_piece_of_an_address_and_no_name_is_a_wish(place: str) -> None:
    counter, _ = _after("heldout_pantry", "猫砂豆腐的两袋", place)
    assert _held(counter) == [("MST", 2)]
    assert _given(counter) == {place}


_INSTEAD = [
    ("heldout_pantry", "土鸡蛋30枚一份", "换60枚", [("JD60", 1)]),
    ("heldout_pantry", "土鸡蛋30枚一份", "那要60枚的", [("JD60", 1)]),
    ("heldout_pantry", "土鸡蛋30枚一份", "60枚吧", [("JD60", 1)]),
    ("heldout_pantry", "土鸡蛋30枚一份", "60枚的也来一份", [("JD30", 1), ("JD60", 1)]),
    ("heldout_pantry", "土鸡蛋30枚一份", "再来一份60枚的", [("JD30", 1), ("JD60", 1)]),
    ("heldout_pantry", "猫粮2kg鸡肉一袋", "换5kg", [("ML5C", 1)]),
    ("campus", "白色保温杯350ml一个", "还是500ml的", [("BZ-WL", 1)]),
    ("campus", "白色保温杯350ml一个", "500ml的也要一个", [("BZ-WM", 1), ("BZ-WL", 1)]),
    ("garage", "柠檬香薰两瓶", "海洋的也来一瓶", [("SC-L", 2), ("SC-O", 1)]),
    ("garage", "轮胎16寸的换两条", "还要一条17寸的", [("TY16", 2), ("TY17", 1)]),
    ("garage", "轮胎16寸的换两条", "多要一条", [("TY16", 3)]),
]


@pytest.mark.parametrize(("shop", "first", "said", "held"), _INSTEAD, ids=[row[2] for row in _INSTEAD])
def test_a_wish_in_the_place_of_the_answer_is_no_answer(
    shop: str, first: str, said: str, held: list[tuple[str, int]]
) -> None:
    counter, _ = _after(shop, first, said)
    assert _held(counter) == held
    assert _given(counter) == set()
    assert isinstance(counter.dialog.state, Collecting)


_POLITE = [
    (*_CAT, "能换膨润土吗", [("MSP", 2)]),
    (*_CAT, "膨润土行不行", [("MSP", 2)]),
    (*_CAT, "可以再加一袋膨润土吗", [("MST", 2), ("MSP", 1)]),
    (*_CAT, "能不能改成三袋", [("MST", 3)]),
    (*_TYRE, "能不能给我换17寸的", [("TY17", 2)]),
    (*_TYRE, "换17寸可以吗", [("TY17", 2)]),
    (*_EGG, "可以要60枚的吗", [("JD60", 1)]),
    (*_SCENT, "海洋的可以吗", [("SC-O", 2)]),
]


@pytest.mark.parametrize(("shop", "first", "answer", "said", "held"), _POLITE, ids=[row[3] for row in _POLITE])
def test_a_change_asked_for_politely_is_done_and_told(
    shop: str, first: str, answer: str, said: str, held: list[tuple[str, int]]
) -> None:
    counter, told = _after(shop, first, answer, said)
    assert _held(counter) == held
    assert isinstance(counter.dialog.state, Confirming)
    assert told.startswith("好的，已")


@pytest.mark.parametrize(
    "said", ["能快点发吗", "能开发票吗", "能退吗", "膨润土多少钱", "有膨润土的吗", "能便宜点吗", "可以微信付吗"]
)
def test_any_other_question_changes_nothing(said: str) -> None:
    counter, _ = _after("heldout_pantry", "猫砂豆腐的两袋", _PLACE, said)
    assert _held(counter) == [("MST", 2)]


def test_what_cannot_be_used_beside_an_answer_is_told_and_confirmed_anew() -> None:
    counter, told = _after("heldout_pantry", "猫砂豆腐的两袋", f"{_PLACE} 再来一包辣条")
    assert _held(counter) == [("MST", 2)]
    assert "没看懂" in told
    assert isinstance(counter.dialog.state, Confirming)
    assert counter.dialog.state.denied


_WORDS = Field("words", "横幅文字", FieldKind.TEXT)
_WHO = Field("who", "入住人姓名", FieldKind.TEXT)


@pytest.mark.parametrize(
    ("field", "said", "kept"),
    [
        (_WORDS, "内容是：热烈欢迎新同学", "热烈欢迎新同学"),
        (_WORDS, "就写开业大吉", "开业大吉"),
        (_WORDS, "帮我写上一路平安", "一路平安"),
        (_WORDS, "“热烈欢迎”", "热烈欢迎"),
        (_WORDS, "等下 我想想写啥", ""),
        (_WORDS, "让我想一下写什么", ""),
        (_WORDS, "写给最爱的你", "写给最爱的你"),
        (_WORDS, "想你的夜", "想你的夜"),
        (_WORDS, "我想要的未来", "我想要的未来"),
        (_WHO, "就写王五", "王五"),
        (_WHO, "我想想叫谁", ""),
    ],
)
def test_the_words_that_are_to_stand_there_are_kept_and_no_others(field: Field, said: str, kept: str) -> None:
    product = counter_in("garage").shelf.products[0]
    assert freetext.told(field, product, said).text == kept
