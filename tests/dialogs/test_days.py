"""A day stands in an order as he named it, without the words he said it in."""

import pytest

from bot.lexicon import build_lexicon
from catalog.model import AnyValue, Delivery, Field, FieldKind, Product, Sku
from catalog.shelf import Shelf
from dialogs.state import Collecting, Confirming
from kernel.money import Fen
from nlu.dates import day_in
from tests.stories.counter import Counter

PHONE = "13588881234"
TICKET = Product(
    "tickets",
    "凌云山门票",
    ("门票",),
    Delivery.CARD,
    (Sku("CR", "成人票", Fen(8000), aliases=("成人",)), Sku("XS", "学生票", Fen(5800), aliases=("学生",))),
    fields=(Field("day", "游玩日期", FieldKind.TEXT), Field("phone", "取票手机号", FieldKind.PHONE)),
)


def counter() -> Counter:
    shelf = Shelf([TICKET], "1")
    return Counter(shelf, build_lexicon(shelf))


def fields_after(*said: str) -> dict[str, str]:
    buyer = counter()
    for message in ("凌云山门票学生票两张", *said):
        buyer.says(message)
    state = buyer.dialog.state
    assert isinstance(state, Confirming)
    return dict(state.lines[0].fields)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ((f"8月9号去 {PHONE}",), "8月9号"),
        (("礼拜五啊 我刚说了", PHONE), "礼拜五"),
        (("5月4号", PHONE, "刚室友说4号有雨 改5号去吧 就是5月5号"), "5月5号"),
        (("5月4号", PHONE, "日期写礼拜五就行了"), "礼拜五"),
        (("5月4号", PHONE, "5月4号会下雨的吧"), "5月4号"),
    ],
)
def test_a_day_is_kept_without_the_words_around_it(said: tuple[str, ...], day: str) -> None:
    assert fields_after(*said) == {"day": day, "phone": PHONE}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("下周六上午十点到", "下周六上午十点"),
        ("十月十二号，手机号是139", "十月十二号"),
        ("我住3号楼", ""),
        ("周五或者周六", ""),
        ("4号下雨 5号去", ""),
    ],
)
def test_the_one_day_named_is_it(text: str, day: str) -> None:
    assert day_in(text) == day


def test_a_day_is_written_as_the_shop_wants_it() -> None:
    assert day_in("就十月十二号吧", lambda one: one == "10月12号") == "10月12号"


def test_the_digits_of_a_mail_address_are_no_answer() -> None:
    printing = Product(
        "print",
        "文件打印",
        ("打印",),
        Delivery.SERVICE,
        (Sku("DY", "打印", Fen(10), unit="页", any_value=AnyValue(1, 1000)),),
        fields=(Field("mail", "发件邮箱", FieldKind.EMAIL),),
    )
    shelf = Shelf([printing], "1")
    buyer = Counter(shelf, build_lexicon(shelf))
    buyer.says("文件打印")
    buyer.says("文件发了 我是liuyang0312@163.com")
    state = buyer.dialog.state
    assert isinstance(state, Collecting)
    assert state.lines[0].value is None
