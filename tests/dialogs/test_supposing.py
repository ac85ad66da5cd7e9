"""Of a message that nobody understood, what it names otherwise is asked about, and nothing is ordered over it."""

import pytest

from dialogs.draft import look
from dialogs.state import Confirming
from dialogs.turn import Pressed
from kernel.orders import LineState
from tests.stories.counter import Counter
from tests.stories.shops import summed_up

NAMED = [
    ("demo", "充100话费 13812345678", "一百块她用不完的呀，三十顶天了", "话费充值 30元", "HF30"),
    ("demo", "网易一卡通50", "骏网那家的卡 网易的我充不了", "骏网一卡通 50元", "JW50"),
]


def held(counter: Counter) -> list[tuple[str, int, dict[str, str]]]:
    """(SKU, how many, fields) of what is summed up"""
    state = counter.dialog.state
    assert isinstance(state, Confirming)
    looked = [look(line, counter.scene.shelf) for line in state.lines]
    return [(one.sku.code if one.sku else "", one.line.quantity, dict(one.line.fields)) for one in looked]


@pytest.mark.parametrize(("shop", "first", "message", "offered", "wanted"), NAMED)
@pytest.mark.parametrize("yes", ["1", "是的", "对", "确认"])
def test_what_it_names_is_offered_and_taken_by_a_yes(
    shop: str, first: str, message: str, offered: str, wanted: str, yes: str
) -> None:
    counter = summed_up(shop, first)
    before = held(counter)
    assert offered in counter.says(message).text
    assert held(counter) == before
    counter.says(yes)
    assert counter.orders == []
    assert any(wanted in (code, *fields.values()) for code, _, fields in held(counter))


@pytest.mark.parametrize(("shop", "first", "message", "offered"), [row[:4] for row in NAMED])
@pytest.mark.parametrize("no", ["2", "不是", "不改", "照刚才的"])
def test_the_order_stays_by_a_no(shop: str, first: str, message: str, offered: str, no: str) -> None:
    counter = summed_up(shop, first)
    before = held(counter)
    assert offered in counter.says(message).text
    counter.says(no)
    assert held(counter) == before
    counter.says("确认")
    assert len(counter.orders) == 1


@pytest.mark.parametrize("remark", ["哈哈哈", "我朋友上个月充了50", "多少钱", "话费100是快充吗", "好慢啊"])
def test_a_remark_is_no_wish(remark: str) -> None:
    counter = summed_up("demo", "充100话费 13812345678")
    assert "您是想" not in counter.says(remark).text


def test_what_else_he_says_is_taken_as_it_always_is() -> None:
    counter = summed_up("demo", "充100话费 13812345678")
    counter.says("一百块她用不完的呀，三十顶天了")
    counter.says("改成50")
    assert held(counter)[0][0] == "HF50"
    assert counter.dialog.supposed == ()


@pytest.mark.parametrize("small_talk", ["今天天气真好", "我朋友推荐来的", "刚下班累死了", "等我一下", "哈哈哈"])
def test_small_talk_at_the_summary_stands_in_nobodys_way(small_talk: str) -> None:
    counter = summed_up("demo", "充100话费 13812345678")
    counter.says(small_talk)
    counter.says("确认")
    assert len(counter.orders) == 1


@pytest.mark.parametrize("wish", ["等不了三天的 人在外地都停机了 要立马到", "iPhone登的那个", "给弄得好看一点嘛"])
def test_what_may_be_a_wish_is_looked_at_once_more_before_it_is_ordered_over(wish: str) -> None:
    counter = summed_up("demo", "充100话费 13812345678")
    counter.says(wish)
    assert counter.orders == []
    assert "¥99.50" in counter.says("确认").text
    assert counter.orders == []
    counter.says("确认")
    assert len(counter.orders) == 1


def test_a_supposition_is_of_the_summary_it_was_asked_at() -> None:
    counter = summed_up("demo", "京东卡100")
    counter.says("确认")
    counter.settle(LineState.DELIVERED)
    counter.says("充100话费 13812345678")
    assert "30元" in counter.says("一百块她用不完的呀，三十顶天了").text
    counter.hears(Pressed("reorder"))
    assert held(counter)[0][0] == "JD100"
    counter.says("确认")
    assert [line.sku_code for order in counter.orders for line in order.lines] == ["JD100", "JD100"]
