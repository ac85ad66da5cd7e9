"""Which lines of several go and which stay, below a summary and below the link of an order that waits."""

import pytest

from dialogs.state import Collecting, Confirming, DraftLine
from kernel.orders import OrderState
from tests.stories.counter import Counter
from tests.stories.shops import counter_in

_TWO = "充100话费 13812345678 还有steam50两张"
_CARDS = "京东卡50 京东卡100 steam50"
_SPA = "盐搓两张 奶搓一张 采耳一次"


def _after(shop: str, first: str, *rest: str) -> Counter:
    counter = counter_in(shop)
    for text in (first, *rest):
        counter.says(text)
    return counter


_LEFT = [
    ("demo", _TWO, "steam卡先不买了 话费照旧", ["huafei"]),
    ("demo", _TWO, "话费暂时不充了 只要卡", ["steam"]),
    ("demo", _TWO, "话费不充了 卡照买", ["steam"]),
    ("demo", _TWO, "就充话费 steam算了", ["huafei"]),
    ("demo", _TWO, "steam那个先放放", ["huafei"]),
    ("demo", _TWO, "卡的不要话费的要", ["huafei"]),
    ("demo", _TWO, "两样里面话费不要了", ["steam"]),
    ("demo", _TWO, "卡我自己有了 去掉吧", ["huafei"]),
    ("demo", _TWO, "不要了 那个卡", ["huafei"]),
    ("demo", _TWO, "不要话费了吧 好像还有钱", ["steam"]),
    ("demo", _TWO, "steam不要了哈 剩下的确认", ["huafei"]),
    ("demo", _TWO, "第二个不要 其他要", ["huafei"]),
    ("demo", _TWO, "除了steam其他不要", ["steam"]),
    ("demo", _CARDS, "京东的50不要 其他照旧", ["jdcard", "steam"]),
    ("demo", _CARDS, "steam留着 京东都不要", ["steam"]),
    ("demo", _CARDS, "就要京东的", ["jdcard", "jdcard"]),
    ("p9_spa", _SPA, "采耳不做了 其他照旧", ["cuozao", "cuozao"]),
    ("p9_spa", _SPA, "奶搓那个取消掉", ["cuozao", "caier"]),
    ("p9_spa", _SPA, "搓澡的都不要了", ["caier"]),
    ("p9_spa", _SPA, "盐搓不要了 奶搓要", ["cuozao", "caier"]),
]


@pytest.mark.parametrize(("shop", "first", "said", "stay"), _LEFT, ids=[row[2] for row in _LEFT])
def test_below_a_summary_what_is_refused_goes_and_the_rest_stays(
    shop: str, first: str, said: str, stay: list[str]
) -> None:
    state = _after(shop, first, said).dialog.state
    assert isinstance(state, Confirming)
    assert [line.product for line in state.lines] == stay


@pytest.mark.parametrize(("shop", "first", "said", "stay"), _LEFT, ids=[row[2] for row in _LEFT])
def test_below_the_link_the_order_gives_way_to_what_stays(shop: str, first: str, said: str, stay: list[str]) -> None:
    counter = _after(shop, first, "确认", said, "确认")
    waiting = [order for order in counter.orders if order.state is OrderState.UNPAID]
    assert [[line.product_id for line in order.lines] for order in waiting] == [stay]


@pytest.mark.parametrize(
    "said",
    ["卡换成100的", "steam不要一张", "话费照旧", "要卡", "京东的要200面额，steam不要了", "充话费就行吗", "再要卡"],
)
def test_what_says_more_than_who_goes_takes_nothing_out_by_this_rule(said: str) -> None:
    from dialogs.staying import staying
    from dialogs.turn import Said
    from nlu.parsing import parse

    counter = _after("demo", _TWO)
    state = counter.dialog.state
    assert isinstance(state, Collecting | Confirming)
    assert staying(state.lines, Said(parse(said, counter.lexicon), said), counter.shelf) is None


@pytest.mark.parametrize(
    "said",
    [
        "我没要京东卡啊!!删了删了 只要steam",
        "搞反了!要steam不要京东卡",
        "我可没说要京东卡 就steam一个",
        "怎么还两件 就steam一个",
        "要steam不要京东卡 steam100的",
    ],
)
def test_what_he_never_wanted_goes_and_what_he_wants_stays_as_it_was(said: str) -> None:
    (line,) = _lines(_after("demo", "steam100 京东卡200", said))
    assert (line.product, line.value, line.quantity) == ("steam", 100, 1)


@pytest.mark.parametrize("said", ["就一件啊 怎么两件了 还是那个号", "重复了 只要一个", "发重了"])
def test_of_the_same_twice_one_goes(said: str) -> None:
    assert len(_lines(_after("demo", "Q币50 20488123\nQ币50 20488123", said))) == 1


@pytest.mark.parametrize("said", ["我没要京东卡啊 删了", "我没点京东卡呀"])
def test_what_he_never_wanted_and_is_not_there_changes_nothing(said: str) -> None:
    counter = _after("demo", "话费100 13812345678")
    before = counter.dialog.state
    assert "现在就是这样的" in counter.says(said).text
    assert _lines(counter) == before.lines if isinstance(before, Confirming) else False


def _lines(counter: Counter) -> tuple[DraftLine, ...]:
    state = counter.dialog.state
    assert isinstance(state, Collecting | Confirming)
    return state.lines
