"""The shop's own answers: which questions find them, which do not, and that an order goes on where it stood."""

import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.lexicon import build_lexicon
from catalog.files import read_catalog
from catalog.shelf import Shelf
from dialogs import faq
from dialogs.faq import Book, FaqError, read
from dialogs.state import Collecting, Confirming, Idle
from dialogs.turn import Scene
from nlu.lexicon import Lexicon
from tests.stories.counter import Counter

DATA = Path(__file__).parents[2] / "data"
OPEN_AT, CARRIER, CARD, STEAM, BAN, PORTO = (
    "自助下单24小时",
    "携号转网可以充",
    "到对应平台",
    "登录 Steam",
    "官方直充",
    "包邮",
)
ETA = "话费流量一般1–10分钟"


@cache
def shop() -> tuple[Shelf, Lexicon, Book]:
    shelf = read_catalog(DATA / "catalog.demo.toml")
    lexicon = build_lexicon(shelf)
    return shelf, lexicon, Book(read((DATA / "faq.toml").read_text("utf-8")), lexicon)


class Asked(Counter):
    """A counter that has the demo's answers."""

    def __init__(self, book: Book | None = None) -> None:
        shelf, lexicon, answers = shop()
        super().__init__(shelf, lexicon)
        self.book = answers if book is None else book

    @property
    def scene(self) -> Scene:
        here = super().scene
        return Scene(here.now, here.shelf, here.public_url, faq=self.book)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("你们晚上能充不", OPEN_AT),
        ("请问一下，周末也可以充值的吗？", OPEN_AT),
        ("大半夜的能下单不", OPEN_AT),
        ("晚上還能充嗎", OPEN_AT),  # traditional
        ("多长时间到账", ETA),
        ("充值一般多久能到啊", ETA),
        ("冲值要多长时间", ETA),  # a homophone
        ("虚拟运营商能不能充", CARRIER),
        ("携号转网的可以冲吗", CARRIER),
        ("卡密咋用", CARD),
        ("我买的卡密要怎么使用啊", CARD),
        ("Ｓｔｅａｍ卡怎么用？", STEAM),  # full-width
        ("原神会不会封号", BAN),
        ("发啥快递呀", PORTO),
        ("包不包邮", PORTO),
        ("运费怎么算的呀老板", PORTO),
    ],
)
def test_a_question_in_other_words_gets_the_shops_answer(asked: str, told: str) -> None:
    assert told in Asked().says(asked).text


@pytest.mark.parametrize(
    "said",
    [
        "充100话费", "王者点券60", "多少钱", "话费多少钱", "没到账", "卡密无效怎么办", "怎么退款", "退款", "人工",
        "取消", "查订单", "卡密再发一次", "有没有steam卡", "今天天气怎么样", "帮我写首诗", "你们老板是谁", "你好",
        "谢谢", "需要密码吗",
        "账号被封了怎么办", "会封号吗的反面", "怎么付款", "你是机器人吗", "快递单号发我", "便宜点",
    ],
)  # fmt: skip
def test_whatever_is_no_question_of_the_file_is_answered_as_without_it(said: str) -> None:
    assert Asked().says(said) == Asked(faq.NOTHING).says(said)


def test_the_order_goes_on_after_the_answer() -> None:
    buyer = Asked()
    buyer.says("充100话费")
    told = buyer.says("晚上还能充吗").text
    assert told.startswith(OPEN_AT)
    assert "手机号" in told.split("\n", 1)[1]
    assert isinstance(buyer.dialog.state, Collecting)
    buyer.says("13812345678")
    assert isinstance(buyer.dialog.state, Confirming)
    told = buyer.says("携号转网能充吗").text
    assert told.startswith(CARRIER)
    assert "确认" in told
    assert isinstance(buyer.dialog.state, Confirming)
    buyer.says("确认")
    assert [order.total_fen for order in buyer.orders] == [9950]


def test_what_fills_the_open_question_is_no_question_to_the_shop() -> None:
    book = Book(read('[[faq]]\nask = ["备注写什么好", "苹果QQ区"]\nanswer = "随便写"'), shop()[1])
    buyer = Asked(book)
    buyer.says("王者点券60")
    assert "随便写" not in buyer.says("苹果QQ区").text


@pytest.mark.parametrize("said", ["确认", "取消", "改成50", "不要了", "好的", "第一个"])
def test_no_question_of_the_file_stands_in_the_way_of_an_order(said: str) -> None:
    book = Book(read(f'[[faq]]\nask = ["{said}"]\nanswer = "问答"'), shop()[1])
    with_file, without = Asked(book), Asked(faq.NOTHING)
    for buyer in (with_file, without):
        buyer.says("充100话费 13812345678")
        buyer.says(said)
    assert with_file.dialog == without.dialog
    assert with_file.effects == without.effects


def test_a_product_or_category_limits_an_answer_and_goes_before_a_general_one() -> None:
    toml = """
[[faq]]
ask = "要密码吗"
answer = "都不要"
[[faq]]
ask = "要密码吗"
answer = "代练要"
product = "dailian"
[[faq]]
ask = "能转让吗"
answer = "会员不能"
category = "影音会员"
"""
    book = Book(read(toml), shop()[1])
    assert "代练要" in Asked(book).says("王者代练要密码吗").text
    assert "都不要" in Asked(book).says("充话费要密码吗").text
    assert "会员不能" in Asked(book).says("爱奇艺会员能转让吗").text
    assert "会员不能" not in Asked(book).says("话费能转让吗").text
    pending = Asked(book)
    pending.says("优酷月卡")
    assert "会员不能" in pending.says("可以转让么").text


def test_which_of_two_near_questions_is_meant_is_not_guessed() -> None:
    book = Book(read('[[faq]]\nask="东门店几点关门"\nanswer="A"\n[[faq]]\nask="西门店几点关门"\nanswer="B"'), shop()[1])
    shelf = shop()[0]
    assert book.find("几点关门", (), shelf) is None
    found = book.find("西门店几点关门啊", (), shelf)
    assert found is not None
    assert found.answer == "B"


def test_yes_and_no_are_not_the_same_question() -> None:
    book = Book(read('[[faq]]\nask = "停机以后话费能充上"\nanswer = "能"'), shop()[1])
    found = book.find("停机以后话费不能充上", (), shop()[0])
    assert found is None or found.nearness < 85


def test_what_the_books_know_is_not_answered_from_the_file() -> None:
    toml = '[[faq]]\nask=["到哪了","什么时候能到","没到账怎么办","能退款吗","王者点券多久到账"]\nanswer="问答"'
    for said in ("到哪了", "什么时候能到", "没到账怎么办", "能退款吗", "王者点券多久到账"):
        assert "问答" not in Asked(Book(read(toml), shop()[1])).says(said).text


def test_a_question_that_is_all_figures_asks_nothing() -> None:
    book = Book(read('[[faq]]\nask = ["171能充吗", "虚拟运营商能充吗"]\nanswer = "不能"'), shop()[1])
    assert "不能" not in Asked(book).says("能充抖音吗").text
    assert "不能" in Asked(book).says("虚拟运营商能不能充").text


def test_long_messages_and_nothing_at_all_find_nothing() -> None:
    shelf, _, book = shop()
    assert book.find("包邮吗" * 100, (), shelf) is None
    assert book.find("", (), shelf) is None
    assert faq.NOTHING.find("包邮吗", (), shelf) is None
    buyer = Asked()
    buyer.says("？？")
    assert buyer.dialog.state == Idle()


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ('[[faq]]\nanswer = "好"', "line 1: ask is missing or empty"),
        ('[[faq]]\nask = "几点开门"', "line 1: answer is missing or empty"),
        ('\n[[faq]]\nask = "几点开门"\nanswer = " "', "line 2: answer is missing or empty"),
        ('[[faq]]\nask = "x"\nanswer = "好"', "a question has 2 to 60 characters that ask"),
        (f'[[faq]]\nask = "{"问" * 61}"\nanswer = "好"', "a question has 2 to 60"),
        ('[[faq]]\nask = "请问一下吗"\nanswer = "好"', "a question has 2 to 60"),
        (f'[[faq]]\nask = "几点开门"\nanswer = "{"好" * 401}"', "answer is 1203 bytes long; at most 1200"),
        ('[[faq]]\nask = "几点开门"\nanswer = "<script>"', "answer < and > may stand only in a whole link"),
        ('[[faq]]\nask = "几点开门"\nanswer = "好"\nwhen = "now"', "unknown key when"),
        ("[[faq]]\nask = 5\nanswer = '好'", "ask: write a text in quotes, or a list of them"),
        ('ask = "几点开门"', "ask: write every question below a line [[faq]]"),
        ("[faq]\nask = 1", "faq: write every question below a line [[faq]]"),
        ("[[faq]", "line 1"),
        (
            '[[faq]]\nask = "几点开门"\nanswer = "8点"\n[[faq]]\nask = "请问几点开门？"\nanswer = "9点"',
            "line 4: 「请问几点开门？」 is asked already in entry 1",
        ),
        (f"[[faq]]\nask = [{','.join(f'{chr(34)}问题{i}{chr(34)}' for i in range(21))}]\nanswer='好'", "at most 20"),
        ('[[faq]]\nask = "几点开门"\nanswer = "好"\n' * 301, "301 entries; at most 300"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_refused_with_its_line_and_cause(toml: str, says: str) -> None:
    with pytest.raises(FaqError, match=re.escape(says)):
        read(toml)


def test_names_the_catalog_does_not_have_are_found() -> None:
    entries = read('[[faq]]\nask="几点开门"\nanswer="8点"\nproduct=["huafei","nothing"]\ncategory="空"')
    assert faq.unknown_names(entries, shop()[0]) == ["product nothing", "category 空"]


@given(st.text(max_size=80))
def test_whatever_is_written_is_looked_up_without_a_fault(words: str) -> None:
    found = shop()[2].find(words, ("steam", "nothing"), shop()[0])
    assert found is None or 0 <= found.nearness <= 100
