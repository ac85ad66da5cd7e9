"""What is to be otherwise of a paid order goes to the person who has it in hand, in the buyer's own words; and of
several lines each complaint is about the one it names; what he says of a card below a new draft is about the card."""

import pytest

from dialogs.effects import AskRefund, OpenCase
from dialogs.state import Confirming, Idle
from kernel.cases import CaseKind
from kernel.orders import LineState
from tests.stories.counter import Counter
from tests.stories.shops import counter_in

_EGGS = ("家里", "土鸡蛋30枚 上海市浦东新区世纪大道100号 王芳 13812345678")
_WATER = ("家里", "桶装水10桶 13812345678")
_TWO = ("demo", "京东卡100两张 话费100 13812345678")


def _paid(shop: str, order: str, state: LineState = LineState.DELIVERING) -> Counter:
    """A buyer who has ordered this, paid, and is at this point of its delivery."""
    counter = counter_in(shop)
    counter.says(order)
    counter.says("确认")
    counter.settle(state)
    return counter


def _cases(counter: Counter) -> list[OpenCase]:
    return [effect for effect in counter.effects if isinstance(effect, OpenCase)]


@pytest.mark.parametrize(
    ("paid", "said"),
    [
        (_EGGS, "地址写错了 是文三路208号 麻烦改一下"),
        (_EGGS, "什么时候寄 门牌100号改成108号行吗"),
        (_EGGS, "电话写错了 应该是13812345679"),
        (_WATER, "师傅几点来啊 今晚我临时有事 改成明天下午3点行不"),
        (_WATER, "我刚问的改时间呢 改明天下午三点！"),
        (_WATER, "能不能推迟一天啊"),
        (_WATER, "明天下午我没空 换成后天上午吧"),
    ],
)
def test_what_is_to_be_changed_is_passed_on_at_once_as_he_said_it(paid: tuple[str, str], said: str) -> None:
    counter = _paid(*paid)
    told = counter.says(said).text
    (case,) = _cases(counter)
    assert (case.kind, case.said) == (CaseKind.AMEND, said.rstrip("！"))
    assert "已登记给客服处理" in told


@pytest.mark.parametrize(
    ("paid", "state", "said"),
    [
        (_WATER, LineState.DELIVERING, "师傅几点来啊"),
        (_WATER, LineState.DELIVERING, "改天再说吧"),
        (_WATER, LineState.DELIVERING, "时间能改吗"),
        (_EGGS, LineState.DELIVERING, "地址能改吗"),
        (_EGGS, LineState.DELIVERED, "地址写错了 是文三路208号"),
        (_TWO, LineState.DELIVERING, "号码写错了 是13812345679"),
    ],
)
def test_what_only_asks_or_comes_too_late_is_answered_and_passed_to_nobody(
    paid: tuple[str, str], state: LineState, said: str
) -> None:
    counter = _paid(*paid, state)
    counter.says(said)
    assert not _cases(counter)


def test_the_order_that_a_person_has_in_hand_is_meant_though_a_card_was_bought_since() -> None:
    counter = _paid(*_WATER)
    counter.says("驾校报名C1 张伟 110101199003078515 13812345678")
    counter.says("确认")
    counter.settle(LineState.DELIVERED)
    counter.says("我刚问的改时间呢 改明天下午三点！")
    (case,) = _cases(counter)
    assert case.order_no == counter.orders[-1].order_no


@pytest.mark.parametrize(
    "said",
    [
        "第二个 话费那个",
        "2 话费",
        "不是京东卡 是话费",
        "是话费没到！！不是京东卡",
        "话费没到",
        "后面那个",
        "我不是要再充 我说没到账的是话费",
    ],
)
def test_the_answer_to_which_line_is_about_the_line_it_names(said: str) -> None:
    counter = _paid(*_TWO)
    assert "哪一笔没到" in counter.says("没到账").text
    counter.says(said)
    (case,) = _cases(counter)
    line = next(line for line in counter.orders[0].lines if line.id == case.line_id)
    assert line.product_id == "huafei"
    assert len(counter.orders) == 1


@pytest.mark.parametrize("said", ["是话费没到！！不是京东卡", "话费没到账啊"])
def test_a_complaint_that_names_its_line_is_about_that_line_at_once(said: str) -> None:
    counter = _paid(*_TWO)
    counter.says(said)
    (case,) = _cases(counter)
    assert next(line for line in counter.orders[0].lines if line.id == case.line_id).product_id == "huafei"


@pytest.mark.parametrize(("said", "what"), [("话费还没到啊 这都多久了", "话费"), ("京东卡到哪了", "京东")])
def test_where_it_stands_is_told_of_the_line_that_is_named(said: str, what: str) -> None:
    told = _paid(*_TWO).says(said).text
    assert told.startswith(what)
    assert "等2件" not in told


@pytest.mark.parametrize("said", ["话费没到 帮我充话费100 13812345678", "再来一张京东卡100"])
def test_a_new_order_beside_a_list_of_lines_is_one(said: str) -> None:
    counter = _paid(*_TWO)
    counter.says("没到账")
    counter.says(said)
    assert not _cases(counter)


_CARDS = ("demo", "京东卡100两张")


@pytest.mark.parametrize(
    "said",
    ["算了 有一张卡密用不了 提示已使用 我要退款", "不买了 我说的是之前买的卡 用不了 退款", "不要了，刚买的卡密无效"],
)
def test_a_new_draft_that_is_given_up_goes_and_the_card_is_looked_at(said: str) -> None:
    counter = _paid(*_CARDS, LineState.DELIVERED)
    counter.says("再来一单一样的")
    told = counter.says(said).text
    assert [case.kind for case in _cases(counter)] == [CaseKind.BAD_KEY]
    assert isinstance(counter.dialog.state, Idle)
    assert "新的这单不下了" in told


def test_money_wanted_back_for_what_was_bought_gives_the_new_draft_up_too() -> None:
    counter = _paid(*_CARDS, LineState.DELIVERED)
    counter.says("steam50")
    counter.says("不买了 把之前那单退了 退款")
    assert any(isinstance(effect, AskRefund) for effect in counter.effects)
    assert isinstance(counter.dialog.state, Idle)


def test_a_key_that_does_not_work_asks_nothing_about_the_draft_which_stays() -> None:
    counter = _paid(*_CARDS, LineState.DELIVERED)
    counter.says("steam50")
    assert "改成" not in counter.says("有一张卡密用不了 提示已使用").text
    assert isinstance(counter.dialog.state, Confirming)
    counter.says("确认")
    assert len(counter.orders) == 2


def test_giving_a_draft_up_alone_looks_nothing_up() -> None:
    counter = _paid(*_CARDS, LineState.DELIVERED)
    counter.says("steam50")
    counter.says("算了 不要了")
    assert not _cases(counter)


def test_what_is_said_of_the_same_card_again_is_added_to_its_case() -> None:
    counter = _paid(*_CARDS, LineState.DELIVERED)
    counter.says("我要退款")
    counter.says("第二张用不了")
    assert [case.number for case in counter.cases] == ["S00001"]
