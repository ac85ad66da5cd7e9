"""Whatever was understood: against a buyer's words no money moves, nothing is cancelled, opened or shown."""

import pytest

from dialogs.effects import AskRefund, CancelOrder, OpenCase, OpenHandoff
from kernel.orders import LineState
from tests.stories.counter import Counter
from tests.stories.shops import counter_in

ACTS = (AskRefund, CancelOrder, OpenCase, OpenHandoff)
UNPAID = (
    "能取消吗|要是充不上就取消|我朋友让我取消|取消的话怎么弄|可以取消订单吗|不想取消|等会儿再取消|别给我取消了|没有要取消的意思|怎么取消"
    "|先别取消，我马上付|我不是要取消，就是问问怎么付款"
)
PAID = (
    "如果十分钟不到就转人工|要不要转人工|不要叫人工|我老婆说要退款|要是退款怎么退|退款是不是很慢|别退款别退款|不准退款|不许退款|拒绝退款"
    "|无需退款|千万别退款|我才不退款呢|没打算退|暂不退款|退什么款啊我没要|不急，不用退|谢谢，退款就不必了|5分钟内不到账我就要退款了|唔使退錢啦"
    "|不用把钱还我|no refund|不是没到账|没说没到账|要是没到账怎么办|不用查了"
    "|没到账就退款|我没投诉|别登记|明天还没好的话就给我退了吧"
)
DELIVERED = (
    "不要退款，帮我看看|如果卡密无效可以退吗|卡密会不会无效|别开发票|发票先不要|卡密不用给我了|要是卡密用不了怎么办|卡密没错|卡密是对的"
    "|不是卡密无效|没有说卡密无效|不要投诉|卡密没问题，谢谢|不要再发卡密了|别把我的卡密给别人看|卡密收到了，谢谢老板|哦可以用了，是我输错了"
)


def _counter(message: str, state: LineState | None) -> Counter:
    counter = counter_in("demo")
    counter.supplier_asked = False
    counter.says(message)
    counter.says("确认")
    if state is not None:
        counter.settle(state)
    return counter


@pytest.mark.parametrize(
    ("message", "state", "words"),
    [("100的steam卡", None, words) for words in UNPAID.split("|")]
    + [("充100话费 13812345678", LineState.WAITING, words) for words in PAID.split("|")]
    + [("100的steam卡", LineState.DELIVERED, words) for words in DELIVERED.split("|")],
)
def test_nothing_is_done_against_his_words(message: str, state: LineState | None, words: str) -> None:
    counter = _counter(message, state)
    reply = counter.says(words)
    assert [effect for effect in counter.effects if isinstance(effect, ACTS)] == []
    assert reply.keys_of == ()
    assert reply.text
    assert "不太懂" not in reply.text


@pytest.mark.parametrize("no", ["不用", "别", "不要", "没说要", "不需要", "先别", "我没让你"])
@pytest.mark.parametrize("wish", ["退款", "给我退款", "转人工", "再发一次卡密", "取消订单", "开发票", "退钱"])
def test_a_wish_with_a_no_before_it_has_no_effect(no: str, wish: str) -> None:
    for message, state in (("100的steam卡", None), ("充100话费 13812345678", LineState.WAITING)):
        counter = _counter(message, state)
        reply = counter.says(no + wish)
        assert [effect for effect in counter.effects if isinstance(effect, ACTS)] == []
        assert reply.keys_of == ()
