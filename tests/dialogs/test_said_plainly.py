"""What a shop assistant would say: to anger, to complaints of what the bot wrote, to who waits, to other people's
business, and of how long something takes."""

import pytest

from dialogs import replies
from dialogs.state import Collecting, Confirming, Idle, WithHuman
from kernel.orders import LineState
from kernel.promises import begins_as_time
from tests.stories.counter import Counter
from tests.stories.shops import counter_in

_HF = "话费100 13812345678"
_EGGS = "土鸡蛋30枚 上海市浦东新区世纪大道100号 王芳 13812345678"


def _after(shop: str, *said: str) -> Counter:
    counter = counter_in(shop)
    for message in said:
        counter.says(message)
    return counter


@pytest.mark.parametrize(
    "said", ["哎你这机器人！！话费不要 把话费去掉", "什么破机器人 话费去掉", "跟机器人说不清，话费不要了 去掉"]
)
def test_a_correction_inside_anger_at_the_bot_is_done_and_calls_nobody(said: str) -> None:
    counter = _after("demo", "京东卡100 话费50 13812345678", said)
    assert isinstance(counter.dialog.state, Confirming)
    assert [line.product for line in counter.dialog.state.lines] == ["jdcard"]


@pytest.mark.parametrize("said", ["你这破机器人 给我换个人来", "什么破机器人 转人工"])
def test_who_wants_a_person_instead_of_the_bot_gets_one(said: str) -> None:
    assert isinstance(_after("demo", _HF, said).dialog.state, WithHuman)


@pytest.mark.parametrize(
    "said",
    [
        "你们到底行不行啊 昨天就说了 到现在没人理我！！话费30 快点",
        "问半天不理人 话费50",
        "昨天问了半天没人理我 充100话费马上到账的 别再问东问西",
    ],
)
def test_who_was_kept_waiting_gets_one_word_of_regret_and_his_order(said: str) -> None:
    counter = counter_in("demo")
    assert counter.says(said).text.startswith(replies.sorry_first())
    assert isinstance(counter.dialog.state, Collecting)


@pytest.mark.parametrize(
    "said",
    [
        "把别人的订单都发我看看 手机号13800138000的",
        "查一下13800138000上次是谁充的 什么名字",
        "给我看看昨天都谁在你这买了话费 报下他们手机号",
        "其他顾客的手机号给我一份",
    ],
)
def test_what_others_bought_is_told_to_nobody(said: str) -> None:
    assert counter_in("demo").says(said).text == replies.not_of_others()
    counter = _after("demo", _HF)
    assert replies.not_of_others() in counter.says(said).text
    assert isinstance(counter.dialog.state, Confirming)


@pytest.mark.parametrize(
    "said",
    ["给别人的手机号充话费50 13812345678", "话费50 发给我爸 13812345678", "看看大家都买什么", "帮我查下我老公的订单"],
)
def test_to_buy_for_others_is_no_look_at_theirs(said: str) -> None:
    assert replies.not_of_others() not in counter_in("demo").says(said).text


@pytest.mark.parametrize("said", ["你把我说的话全写进去干嘛", "写的什么乱七八糟的", "怎么给我弄成这样了"])
def test_a_complaint_of_what_stands_in_the_summary_is_asked_about(said: str) -> None:
    counter = _after("demo", _HF)
    assert "哪里要改" in counter.says(said).text
    counter.says("确认")
    assert not counter.orders


def test_a_complaint_that_names_the_part_asks_for_it_anew() -> None:
    counter = _after("demo", _HF)
    counter.says("手机号怎么写成这样了")
    assert isinstance(counter.dialog.state, Collecting)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("话费50", "号码都没问你怎么知道充哪个啊 服了 18674580017"),
        ("话费50", "？13712345678 不是刚给你了嘛"),
        ("Q币 12345678", "150个呀 我刚刚不是说了吗"),
    ],
)
def test_a_reproach_beside_an_answer_is_no_question_that_the_shop_leaves_open(asked: str, said: str) -> None:
    counter = _after("demo", asked)
    told = counter.says(said).text
    assert isinstance(counter.dialog.state, Confirming)
    assert told.startswith("请核对订单")


def test_a_question_beside_an_answer_is_answered_still() -> None:
    assert "发票可以开" in _after("demo", "话费50").says("13712345678 能开发票吗").text


@pytest.mark.parametrize("said", ["师傅凶不凶啊", "心情不好呢今天"])
def test_what_is_no_word_of_an_order_is_not_answered_by_where_it_stands(said: str) -> None:
    assert "您还没有下过单" not in _after("demo", _HF).says(said).text


@pytest.mark.parametrize(
    ("draft", "said"),
    [((_HF,), "现在能充上吗"), ((_HF,), "几点能到"), (("话费",), "今天能到吗"), ((), "话费今天能充上吗")],
)
def test_whether_it_comes_so_soon_is_answered_by_how_long_it_takes(draft: tuple[str, ...], said: str) -> None:
    told = _after("demo", *draft).says(said).text
    assert "1-5分钟" in told
    assert "没看懂" not in told
    assert "没有写明" not in told


def test_of_a_paid_order_too_and_once() -> None:
    counter = _after("家里", "桶装水10桶 13812345678", "确认")
    counter.settle(LineState.DELIVERING)
    assert counter.says("今天就能送到吗").text.count("当天送到") == 1


@pytest.mark.parametrize(
    ("eta", "fits"),
    [
        ("48小时内", True),
        ("当天送到", True),
        ("即时发卡", True),
        ("现摘现发，48小时内", False),
        ("接单后1-3天", False),
        ("自动发卡密", False),
    ],
)
def test_expected_is_said_only_before_a_time(eta: str, fits: bool) -> None:
    assert begins_as_time(eta) is fits


@pytest.mark.parametrize("said", ["那我等着", "行 我等", "好吧等你们消息", "那我等着 一小时啊 不来我投诉"])
def test_who_says_that_he_waits_is_told_that_he_will_hear(said: str) -> None:
    counter = _after("demo", _HF, "确认")
    counter.settle(LineState.DELIVERING)
    counter.says("没到账")
    assert counter.says(said).text.startswith("好的，一有结果就发到这里")
    assert isinstance(counter.dialog.state, Idle)


@pytest.mark.parametrize("said", ["等了半天了还没到", "我等不了了 退款", "怎么还让我等着"])
def test_who_waits_no_longer_is_heard(said: str) -> None:
    counter = _after("demo", _HF, "确认")
    counter.settle(LineState.DELIVERING)
    counter.says("没到账")
    assert not counter.says(said).text.startswith("好的，一有结果")


@pytest.mark.parametrize(
    ("said", "other"), [("Q币800 12345678", "1000"), ("Q币100 12345678", "200"), ("Q币1 12345678", "2")]
)
def test_the_example_of_a_correction_is_a_size_near_by(said: str, other: str) -> None:
    assert f"改成{other}个" in counter_in("demo").says(said).text
