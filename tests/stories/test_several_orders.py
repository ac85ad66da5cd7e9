"""Whatever is said of one of several unpaid orders, or of several lines at once, reaches those that are named and no
other."""

from time import process_time

from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.effects import CancelOrder
from dialogs.gist.deciding import of_several
from dialogs.state import DraftLine
from dialogs.which import all_of, named
from kernel.orders import OrderState
from tests.stories.counter import Counter
from tests.stories.shops import DEMO, goods_of

PHONE = "13687654321"
GOODS = {"京东": ("京东卡200", "jdcard"), "话费": (f"充100话费 {PHONE}", "huafei"), "优酷": ("优酷月卡", "youku")}
DROPS = ("{}那单不要了", "{}的取消", "不要{}了", "把{}那个取消掉", "{}不买了，其他的照付")
CHANGES = ("{}那单改成两张", "{}改成两份", "{}的换成两张", "{}那个要两份，别的不动")
JOINTS = ("，", " ", "。", "、")


def _with_orders(names: list[str]) -> Counter:
    shelf, lexicon = goods_of(DEMO)
    counter = Counter(shelf, lexicon)
    for name in names:
        counter.says(GOODS[name][0])
        counter.says("确认")
    counter.says("好的")
    assert [order.state for order in counter.orders] == [OrderState.UNPAID] * len(names)
    return counter


def _cancelled(counter: Counter) -> list[str]:
    """The products of the orders that were cancelled."""
    return [o.lines[0].product_id for o in counter.orders if o.state is OrderState.CANCELLED]


@settings(max_examples=60, deadline=None)
@given(st.permutations(sorted(GOODS)), st.sampled_from(sorted(GOODS)), st.sampled_from((*DROPS, *CHANGES)))
def test_no_other_order_is_cancelled_than_the_one_that_is_named(order: list[str], meant: str, says: str) -> None:
    counter = _with_orders(order)
    counter.says(says.format(meant))
    assert set(_cancelled(counter)) <= {GOODS[meant][1]}


@settings(max_examples=20, deadline=None)
@given(st.permutations(sorted(GOODS)), st.sampled_from(sorted(GOODS)))
def test_the_one_that_is_named_is_cancelled_wherever_it_stands(order: list[str], meant: str) -> None:
    counter = _with_orders(order)
    counter.says(f"{meant}那单不要了")
    assert _cancelled(counter) == [GOODS[meant][1]]


@settings(max_examples=12, deadline=None)
@given(st.permutations(sorted(GOODS)), st.sampled_from(("改成50", "数量改成3", "取消吧", "不要了")))
def test_what_names_none_of_several_is_asked_about(order: list[str], says: str) -> None:
    counter = _with_orders(order)
    reply = counter.says(says)
    assert not any(isinstance(effect, CancelOrder) for effect in counter.effects)
    assert "哪一笔" in reply.text


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from((50, 100, 200, 500)),
    st.sampled_from((50, 100, 200)),
    st.integers(1, 9),
    st.integers(1, 9),
    st.booleans(),
    st.sampled_from(JOINTS),
)
def test_each_clause_changes_its_own_line(
    card: int, steam: int, cards: int, steams: int, turned: bool, joint: str
) -> None:
    shelf, _ = goods_of(DEMO)
    lines = (DraftLine("jdcard", value=1000), DraftLine("steam", value=500))
    clauses = [f"京东换成{card}的{cards}张", f"steam换成{steam}的{steams}张"]
    new = of_several(lines, joint.join(reversed(clauses) if turned else clauses), shelf)
    assert new is not None
    assert [(line.product, line.value, line.quantity) for line in new] == [
        ("jdcard", card, cards),
        ("steam", steam, steams),
    ]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=12), st.text(max_size=12))
def test_a_clause_that_says_nothing_known_never_turns_a_line_into_another_product(one: str, other: str) -> None:
    shelf, _ = goods_of(DEMO)
    lines = (DraftLine("jdcard", value=100), DraftLine("steam", value=50))
    new = of_several(lines, f"京东{one}，steam{other}", shelf)
    if new is not None:
        assert {line.product for line in new} <= {"jdcard", "steam"}
        assert len({line.product for line in new}) == min(len(new), 2)


def test_orders_are_named_by_place_goods_amount_and_tail() -> None:
    counter = _with_orders(["京东", "话费"])
    newest, oldest = counter.orders
    for text, meant in (
        ("第一单", oldest),
        ("前一单", oldest),
        ("后面那个", newest),
        ("刚才那单", newest),
        ("99.5的", newest),
        ("200块的", oldest),
        ("尾号4321那单", newest),
        (f"取消{oldest.order_no}", oldest),
    ):
        found = named(counter.orders, text, counter.shelf)
        assert found is not None, text
        assert found[0] == (meant,), text
    assert named(counter.orders, "随便哪个", counter.shelf) is None
    shown = [str(newest.order_no), str(oldest.order_no)]
    assert (named(counter.orders, "第一个", counter.shelf, shown) or ((), ""))[0] == (newest,)
    assert all_of(counter.orders, "两单都不要了")
    assert not all_of(counter.orders, "三单都不要了")


def test_a_long_run_of_filler_words_costs_no_time() -> None:
    counter = _with_orders(["京东", "话费"])
    before = process_time()
    for text in ("取消" + "好的" * 500 + "x", "再来一单" + "好的我要" * 400 + "x"):
        counter.says(text)
    lines = (DraftLine("jdcard", value=100), DraftLine("steam", value=50))
    assert of_several(lines, "京东" + "的那个" * 60 + "，steam" + "都" * 60, counter.shelf) is None
    assert process_time() - before < 20
