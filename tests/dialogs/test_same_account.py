"""还是那个号, 号码不变: the account he has given before, for what is being put together and for nothing else."""

from datetime import timedelta

import pytest

from dialogs.state import Collecting, Confirming
from kernel.orders import LineState
from tests.stories.counter import Counter
from tests.stories.shops import counter_in

A, B, QQ = "13812345678", "13987654321", "12345678"
_PLACE = f"张三 {A} 广东省深圳市南山区科技路1号"


def _after(shop: str, *messages: str) -> Counter:
    counter = counter_in(shop)
    for message in messages:
        if message == "paid":
            counter.settle(LineState.DELIVERED)
            counter.passes(timedelta(minutes=10))
        else:
            counter.says(message)
    return counter


def _shown(counter: Counter) -> list[tuple[str | None, str]]:
    state = counter.dialog.state
    assert isinstance(state, Confirming), state
    return [(line.product, next(iter(line.fields.values()))) for line in state.lines]


_WORDS = [
    "还是那个号", "跟上次一样", "和之前一样的号", "号码照旧", "照旧", "一样的", "同一个号", "号码不变",
    "就刚才那个手机", "同一个", "同号", "老样子", "还是上次那个", "老号码", "同上", "手机号跟之前一样",
    "还是我那个", "充到同一个手机上",
]  # fmt: skip
_ASKED = [
    *(("demo", f"话费50 {A}", "话费100", word, ("huafei", A)) for word in _WORDS),
    ("demo", f"话费50 {A}", "爱奇艺年卡", "还是那个号", ("iqiyi", A)),
    ("demo", f"q币100 {QQ}", "绿钻年卡", "qq一样的", ("lvzuan", QQ)),
    ("demo", f"q币100 {QQ}", "绿钻年卡", "还是这个qq", ("lvzuan", QQ)),
    ("demo", "加油卡500 1000111122223333444", "加油卡1000元", "还是那张卡", ("jiayou", "1000111122223333444")),
    ("campus", "饭卡50 2021001234", "饭卡100", "学号跟之前一样", ("fanka", "2021001234")),
    ("p11_market", f"酷狗月卡 {A}", "喜马拉雅畅听月卡", "还是那个手机号", ("ximalaya", A)),
    ("cloud", "绘图猫月会员 a@qq.com", "绘图猫年会员", "还是那个邮箱", ("huitu", "a@qq.com")),
    ("demo", f"一米数据线 {_PLACE}", "两米数据线", "地址不变", ("shujuxian", _PLACE)),
]


@pytest.mark.parametrize(("shop", "first", "second", "same", "line"), _ASKED, ids=[f"{r[2]}/{r[3]}" for r in _ASKED])
@pytest.mark.parametrize("paid", [True, False])
def test_while_an_account_is_asked_for_it_is_the_last_one(
    shop: str, first: str, second: str, same: str, line: tuple[str, str], paid: bool
) -> None:
    counter = _after(shop, first, "确认", *(["paid"] if paid else []), second, same)
    assert _shown(counter) == [line]


@pytest.mark.parametrize(
    ("shop", "messages", "shown"),
    [
        ("demo", [f"腾讯会员月卡 {A}", "爱奇艺也要一个月 同一个号"], [("txvip", A), ("iqiyi", A)]),
        ("demo", [f"话费50 {A}", "再来个5g流量 号码一样"], [("huafei", A), ("liuliang", A)]),
        ("demo", [f"话费50 {A}", "流量5g也要 还是这个手机"], [("huafei", A), ("liuliang", A)]),
        ("demo", [f"q币20 {QQ}", "再加个绿钻月卡 就用刚才那个qq"], [("qbi", QQ), ("lvzuan", QQ)]),
        ("demo", [f"话费50 {A}", "另外爱奇艺月卡一个 也是这个号"], [("huafei", A), ("iqiyi", A)]),
        ("demo", [f"话费50 {A}", "爱奇艺月卡也要", "跟话费一样"], [("huafei", A), ("iqiyi", A)]),
        ("p11_market", [f"酷狗月卡 {A}", "喜马拉雅畅听月卡也要 同一个手机号"], [("kugou", A), ("ximalaya", A)]),
        ("demo", ["话费50 流量5g 爱奇艺月卡", A, "都是这个号"], [("huafei", A), ("liuliang", A), ("iqiyi", A)]),
        ("demo", ["话费50 流量5g 爱奇艺月卡", f"三个都充{A}"], [("huafei", A), ("liuliang", A), ("iqiyi", A)]),
        ("demo", [f"话费50 {A}", "同一个号"], [("huafei", A)]),
        ("demo", [f"话费50 {A}", "换成流量5g 号码一样"], [("liuliang", A)]),
    ],
    ids=str,
)
def test_beside_a_further_wish_it_is_the_one_of_the_draft(
    shop: str, messages: list[str], shown: list[tuple[str, str]]
) -> None:
    assert _shown(_after(shop, *messages)) == shown


@pytest.mark.parametrize(
    "messages",
    [
        [f"话费50 {A}", "确认", "paid", "q币50", "还是那个号"],
        [f"话费50 {A}", "确认", "paid", "话费100", "不是上次那个号"],
        [f"话费50 {A}", "确认", "paid", "话费100", "跟上次不一样"],
        [f"话费50 {A}", "确认", "paid", "话费100", "不充那个号了"],
        [f"话费50 {A}", "确认", "paid", "话费100", "换个号"],
        ["话费100", "还是那个号"],
        [f"话费50 {A} {B}", "确认", "话费100", "还是那个号"],
    ],
    ids=str,
)
def test_what_is_another_or_not_known_stays_asked_for(messages: list[str]) -> None:
    state = _after("demo", *messages).dialog.state
    assert not isinstance(state, Collecting) or state.slot == "account"
    assert not isinstance(state, Confirming)


@pytest.mark.parametrize("words", ["照旧", "老样子", "跟上次一样"])
def test_with_nothing_put_together_they_repeat_the_last_order(words: str) -> None:
    assert _shown(_after("demo", f"话费50 {A}", "确认", "paid", words)) == [("huafei", A)]
    state = _after("demo", f"话费50 {A}", "确认", "paid", "充话费", words).dialog.state
    assert isinstance(state, Confirming)
    assert state.lines[0].value == 50


def test_below_a_summary_they_leave_it_as_it_is() -> None:
    state = _after("demo", f"话费50 {A}", "确认", "paid", "京东卡100", "照旧").dialog.state
    assert isinstance(state, Confirming)
    assert state.lines[0].product == "jdcard"
