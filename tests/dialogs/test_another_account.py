"""An account that the draft does not hold yet: the next announced, one more, a share, instead, or only spoken of."""

import pytest

from dialogs.state import Collecting, Confirming
from tests.stories.counter import Counter
from tests.stories.shops import counter_in


def _after(shop: str, *messages: str) -> Counter:
    counter = counter_in(shop)
    for message in messages:
        counter.says(message)
    return counter


def _lines(counter: Counter) -> list[str]:
    """What the summary shows: 50 13812345678, 月卡×2 1234567."""
    state = counter.dialog.state
    assert isinstance(state, Confirming), state
    out = []
    for line in state.lines:
        sku = counter.shelf.sku(line.sku) if line.sku else None
        size = sku.label if sku is not None else str(line.value)
        times = f"×{line.quantity}" if line.quantity > 1 else ""
        out.append(f"{size}{times} {next(iter(line.fields.values()))}")
    return out


A, B, C = "13812345678", "13987654321", "13700001111"
_SEVERAL = [
    ("demo", ["给三个号充话费", A, B, C, "都充50"], [f"50 {A}", f"50 {B}", f"50 {C}"]),
    ("demo", ["我家三个人的号都要充50话费", A, B, C], [f"50 {A}", f"50 {B}", f"50 {C}"]),
    ("demo", ["q币50 给两个号", "12345678", "87654321"], ["50 12345678", "50 87654321"]),
    ("demo", ["给三个号充话费50", f"{A} {B}", C], [f"50 {A}", f"50 {B}", f"50 {C}"]),
    ("demo", [A, B, "这俩号都充30"], [f"30 {A}", f"30 {B}"]),
    ("demo", ["给三个号充话费50", A, "就这一个"], [f"50 {A}"]),
    ("demo", ["帮我和我妈充话费", f"我{A}", f"我妈{B}", "各100"], [f"100 {A}", f"100 {B}"]),
    ("demo", ["给爸妈充话费100", f"爸爸{A}", f"妈妈{B}"], [f"100 {A}", f"100 {B}"]),
    ("campus", ["给两个同学充饭卡50", "2021001234", "2021005678"], ["50 2021001234", "50 2021005678"]),
    ("cloud", ["给两个同事买绘图猫月会员", "a@qq.com", "b@qq.com"], ["1 a@qq.com", "1 b@qq.com"]),
    ("demo", ["话费100两份", f"一个{A}", f"一个{B}"], [f"100 {A}", f"100 {B}"]),
    ("demo", ["话费50 两份", A, B], [f"50 {A}", f"50 {B}"]),
    ("demo", ["话费50 两份", f"{A} {B}"], [f"50 {A}", f"50 {B}"]),
    ("demo", ["话费100三份", A, B, C], [f"100 {A}", f"100 {B}", f"100 {C}"]),
    ("demo", ["绿钻月卡2个 1234567", "分开 一个充7654321"], ["1 1234567", "1 7654321"]),
    ("games", ["萌宠300钻两份", "一份1234567", "另一份7654321"], ["300 1234567", "300 7654321"]),
    ("heldout11_shop", ["剪映月卡两个", A, f"还有{B}"], [f"1 {A}", f"1 {B}"]),
]
_ONE_MORE = [
    ("demo", [f"话费100 {A}", f"对了{B}这个也欠费了"], [f"100 {A}", f"100 {B}"]),
    ("demo", [f"话费50 {A}", f"{B} 也是50"], [f"50 {A}", f"50 {B}"]),
    ("demo", [f"话费50 {A}", f"我妈的{B}也一样"], [f"50 {A}", f"50 {B}"]),
    ("demo", [f"我的号{A}充50", f"我妈的{B}充100"], [f"50 {A}", f"100 {B}"]),
    ("demo", [f"{A}充50", f"{B}充100", f"{C}充200"], [f"50 {A}", f"100 {B}", f"200 {C}"]),
    ("demo", [f"{A}充50", f"{B}也充50", f"{C}充100"], [f"50 {A}", f"50 {B}", f"100 {C}"]),
    ("demo", [f"话费50 {A} 绿钻月卡 1234567", f"{B}也充50"], [f"50 {A}", "1 1234567", f"50 {B}"]),
    ("campus", ["饭卡50 2021001234", "室友的2021005678也没钱了"], ["50 2021001234", "50 2021005678"]),
    ("p11_market", [f"酷狗月卡 {A}", f"我妹的{B}也要一个"], [f"1 {A}", f"1 {B}"]),
]
_INSTEAD = [
    ("demo", [f"话费50 {A}", f"号码错了是{B}"], [f"50 {B}"]),
    ("demo", [f"话费50 {A}", f"不是这个号 是{B}"], [f"50 {B}"]),
    ("demo", [f"话费50 {A}", f"充到{B}"], [f"50 {B}"]),
    ("demo", [f"话费50 {A}", f"还是充{B}吧"], [f"50 {B}"]),
    ("demo", [f"话费50 {A}", f"手机号是{B}"], [f"50 {B}"]),
    ("demo", [f"话费50 {A}", "13812345679"], ["50 13812345679"]),
    ("demo", [f"话费50 {A}", "1381234568", A], [f"50 {A}"]),
    ("demo", [f"话费100两份 {A}", f"换成{B}"], [f"100×2 {B}"]),
    ("demo", ["绿钻月卡 1234567", "qq错了 7654321"], ["1 7654321"]),
    ("demo", [f"话费50 {A}", f"刚才那个号是我微信 应该充{B}"], [f"50 {B}"]),
]


@pytest.mark.parametrize(
    ("shop", "messages", "shown"),
    [*_SEVERAL, *_ONE_MORE, *_INSTEAD],
    ids=lambda v: "/".join(v) if type(v) is list else v,
)
def test_each_account_gets_what_was_said_for_it(shop: str, messages: list[str], shown: list[str]) -> None:
    assert _lines(_after(shop, *messages)) == shown


@pytest.mark.parametrize("bare", [B, f"我妈的{B}", f"{B}充100", f"给{B}充", f"我老公 {B}"])
@pytest.mark.parametrize(
    ("answer", "accounts"),
    [
        ("换成这个", [B]),
        ("1", [B]),
        ("再加", [A, B]),
        ("再加一个", [A, B]),
        ("都要", [A, B]),
        ("两个都充", [A, B]),
        ("都不是", [A]),
        ("3", [A]),
        ("确认", [A]),
    ],
)
def test_an_account_alone_is_asked_about(bare: str, answer: str, accounts: list[str]) -> None:
    counter = _after("demo", f"话费50 {A}", bare, answer)
    assert isinstance(counter.dialog.state, Confirming)
    assert [line.fields["account"] for line in counter.dialog.state.lines] == accounts
    assert not counter.orders


def test_an_account_left_open_is_told_to_be_left_out() -> None:
    counter = _after("demo", "充话费", A, B)
    assert f"{B} 没有算进去" in counter.says("50").text
    assert _lines(counter) == [f"50 {A}"]
    assert _lines(_after("demo", "充话费", A, B, "各50")) == [f"50 {A}", f"50 {B}"]


@pytest.mark.parametrize(
    ("shop", "first", "remark"),
    [
        ("demo", f"话费50 {A}", f"有事打{B}找我"),
        ("demo", f"话费50 {A}", f"加我微信{B}"),
        ("demo", f"话费50 {A}", f"我的微信号是{B}"),
        ("demo", f"话费50 {A}", f"我电话{B} 有问题联系我"),
        ("demo", f"话费50 {A}", f"我平时用{B}登微信"),
        ("demo", f"话费50 {A}", f"我{B}这个号也在你家充过"),
        ("demo", f"话费50 {A}", f"我爸原来的号是{B} 现在不用了"),
        ("demo", f"话费50 {A}", f"没填成{B}吧"),
        ("demo", f"话费50 {A}", f"这个不是{B}那个号吧"),
        ("demo", f"话费50 {A}", f"别充到{B}上了啊"),
        ("demo", f"话费50 {A}", f"{B}这个号停机了"),
        ("demo", f"话费50 {A} 爱奇艺月卡 {A}", f"充好了发短信到{B}"),
        ("demo", "q币50 12345678", "我还有个号87654321是老号"),
        ("demo", "绿钻月卡 12345678", "87654321那个号已经有绿钻了"),
        ("campus", "饭卡50 2021001234", "室友的2021005678上周在你们这充的"),
        ("p11_market", f"酷狗月卡 {A}", f"微信同号{B}"),
    ],
)
def test_an_account_that_is_only_spoken_of_changes_nothing(shop: str, first: str, remark: str) -> None:
    counter = _after(shop, first)
    before = _lines(counter)
    assert "没有填进订单" in counter.says(remark).text
    assert _lines(counter) == before
    counter.says("确认")
    assert len(counter.orders) == 1


@pytest.mark.parametrize(
    "text", [f"我有两个号 充话费50 {A}", f"两个号选一个充 话费50 {A}", "帮我和我妈买京东卡100", "给我爸充话费100"]
)
def test_who_counts_accounts_without_wanting_each_gets_one_line(text: str) -> None:
    state = _after("demo", text).dialog.state
    assert isinstance(state, Confirming | Collecting)
    assert len(state.lines) == 1


def test_an_address_for_a_share_is_another_parcel() -> None:
    counter = _after(
        "demo",
        "一米数据线两根",
        f"一根寄给我 张三 {A} 广东省深圳市南山区科技路1号",
        f"另一根寄给我妈 李梅 {B} 湖南省长沙市岳麓区麓山路2号",
    )
    shown = _lines(counter)
    assert ["张三" in shown[0], "李梅" in shown[1], len(shown)] == [True, True, 2]
