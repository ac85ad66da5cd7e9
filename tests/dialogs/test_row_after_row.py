"""Several corrections in one message, each done by itself."""

import pytest

from dialogs.state import Confirming, DraftLine
from tests.stories.shops import counter_in, lines_after

_TWO = "steam100两张 京东卡200"
_PHONE = "话费100 13812345678"


def _put(line: DraftLine) -> tuple[str | None, float | None, int, str | None]:
    return line.product, line.value, line.quantity, line.fields.get("account")


@pytest.mark.parametrize(
    ("said", "want"),
    [
        (
            (_TWO, "steam不要了\n京东卡换成500的\n再来一张骏卡50"),
            {("jdcard", 500, 1, None), ("junwang", 50, 1, None)},
        ),
        ((_TWO, "等等\nsteam改成三张\n京东卡删了吧"), {("steam", 100, 3, None)}),
        (
            (_PHONE, "号码不对 是13812345679\n再加个50Q币 qq20488123"),
            {("huafei", 100, 1, "13812345679"), ("qbi", 50, 1, "20488123")},
        ),
        (
            (_PHONE, "尾号是9 不是8，再加50Q币 qq20488123"),
            {("huafei", 100, 1, "13812345679"), ("qbi", 50, 1, "20488123")},
        ),
        (
            (_PHONE, "末尾是9 另外再来50Q币 qq20488123"),
            {("huafei", 100, 1, "13812345679"), ("qbi", 50, 1, "20488123")},
        ),
    ],
)
def test_each_correction_of_a_message_is_done(
    said: tuple[str, ...], want: set[tuple[str, float, int, str | None]]
) -> None:
    assert {_put(line) for line in lines_after("demo", *said)} == want


def test_what_of_them_was_not_understood_is_told_and_not_ordered_at_once() -> None:
    counter = counter_in("demo")
    counter.says(_PHONE)
    told = counter.says("改成200的\n哇啦哇啦那个不要了").text
    assert "「哇啦哇啦那个不要了」没看懂" in told
    assert "200元" in told
    counter.says("确认")
    assert not counter.orders


def test_one_of_several_that_are_said_below_each_other_keeps_what_it_was() -> None:
    """Rows that stand below the sizes and give their accounts are no orders of their own."""
    for said in (
        "话费100\nQ币50\n手机号13812345678\nqq号20488123",
        "话费100\n13812345678\nQ币50\n20488123",
        "话费100\nQ币50\n话费手机号13812345678\nQ币qq号20488123",
    ):
        lines = {_put(line) for line in lines_after("demo", said)}
        assert lines == {("huafei", 100, 1, "13812345678"), ("qbi", 50, 1, "20488123")}


@pytest.mark.parametrize(
    "said",
    [
        "都不要了 重新来",
        "取消 再见了您嘞",
        "这啥啊 我一共就两个东西 取消重来吧",
        "取消吧 我重新发",
        "烦死了 不要了不要了",
    ],
)
@pytest.mark.parametrize("before", [_PHONE, "话费100", "话费100\n13812345678\n13912345678\n1371234567"])
def test_all_of_it_is_dropped_whatever_is_said_around_it(before: str, said: str) -> None:
    counter = counter_in("demo")
    counter.says(before)
    assert "已取消" in counter.says(said).text


@pytest.mark.parametrize("said", ["别取消 我看看", "取消吗 我没说取消", "不要快充 重新来", "不要了 来50的"])
def test_what_drops_only_a_part_of_it_drops_not_all(said: str) -> None:
    assert lines_after("demo", _PHONE, said)


def test_an_account_is_for_the_wrong_row_of_a_list_that_names_its_product() -> None:
    counter = counter_in("games")
    first = counter.says("60星钻\n328星钻\n萌宠300钻石\n星屿角色ID 12345678 东风").text
    assert "行3：缺" in first
    told = counter.says("？萌宠的QQ是20488123").text
    assert "1行没问题" in told
    assert "行3" not in told


def test_the_size_of_the_card_named_before_is_of_no_other_card() -> None:
    """25美元 两张 alone would be of another card."""
    counter = counter_in("demo")
    counter.says("骏卡50")
    told = counter.says("我说的是京东卡 200元 两张").text
    assert "没算进去" not in told
    assert "200元 ×2" in told


@pytest.mark.parametrize(
    "said",
    [
        "改成50的 号码改成13812345679",
        "要50的 号码错了 应该是13812345679",
        "哎呀 刚下那个改一下 要50的 号码其实是13812345679",
    ],
)
@pytest.mark.parametrize("placed", [False, True])
def test_two_things_of_one_order_are_both_changed_before_and_after_it_is_placed(said: str, placed: bool) -> None:
    counter = counter_in("demo")
    counter.says(_PHONE)
    if placed:
        counter.says("确认")
    counter.says(said)
    state = counter.dialog.state
    assert isinstance(state, Confirming)
    assert [_put(line) for line in state.lines] == [("huafei", 50, 1, "13812345679")]
