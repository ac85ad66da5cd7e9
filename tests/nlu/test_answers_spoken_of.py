"""A choice that was asked for and is named, but not made: refused, asked about, spoken of. Any shop, any slot."""

import pytest

from nlu import Expecting, Frame, Lexicon, parse
from tests.corpus.evaluate import lexicon_of

SPOKEN_OF = """
X不要 X不要了 X就算了 X算了 X就不用了 X就别了 X太贵 X太贵了 X有点贵 X不划算 X我有了 X已经买过了 X刚买过 X是什么
X能用吗 X怎么样 上次买的X X用完了 X不好 X不行 别X 不是X 不想要X 除了X 没有X吗 X不会用 X用不了 X少了点 X不够
X过期了 X打折吗 我室友买的X X免了 X不合适 X我不用 X没意思 X不喜欢 X用过了 X坏了 X哪里用 X划算吗 X跳过 X不考虑
X先不买 X差了点 X干嘛的 怎么是X 为什么X 只有X吗 X以外的 X不值 X退了 拒绝X X好贵 X咋这么贵
"""
CHOSEN = """
X X吧 就X X好了 那就X 来X 要X的 选X X，谢谢 X没错 还是X吧 X就行 X也行 X可以 我要X 给我X 整X 先X吧 X哈 X嘛
嗯X 对X X呗 买X X得了 X的那个 就这个X X不变 X不换了 X👌 X好 X行 就要X X呀 X就可以了 我选X X的 X差不多 X不错
X没问题 X即可 有X吗 X有吗 要不X吧 X行吗 X可以吗
"""
ASKED = [
    ("", "50", Expecting("value", "huafei", listed=8)),
    ("", "季卡", Expecting("value", "txvip", listed=3)),
    ("", "100", Expecting("value", "qbi")),
    ("", "家庭版", Expecting("edition", "win11", listed=2)),
    ("p11_market.toml", "全家桶", Expecting("meal", "kfc", listed=3)),
    ("p11_market.toml", "巅峰版", Expecting("plan", "ximalaya", listed=2)),
    ("p11_market.toml", "微信登录", Expecting("login_by", "eggy", listed=3)),
    ("p11_market.toml", "生椰", Expecting("value", "luckin", listed=3)),
]


def _claims(frame: Frame) -> bool:
    makes = frame.intent in ("answer", "order", "change")
    return makes and any(i.value is not None or i.sku or i.options or i.fields for i in frame.items)


@pytest.mark.parametrize(("shop", "choice", "expecting"), ASKED)
def test_a_choice_that_is_refused_or_spoken_of_is_not_made(
    demo: Lexicon, shop: str, choice: str, expecting: Expecting
) -> None:
    lexicon = lexicon_of(shop) if shop else demo
    said = [way.replace("X", choice) for way in SPOKEN_OF.split()]
    assert [one for one in said if _claims(parse(one, lexicon, expecting=expecting))] == []


@pytest.mark.parametrize(("shop", "choice", "expecting"), ASKED)
def test_a_choice_is_made_in_whatever_few_words(demo: Lexicon, shop: str, choice: str, expecting: Expecting) -> None:
    lexicon = lexicon_of(shop) if shop else demo
    said = [way.replace("X", choice) for way in CHOSEN.split()]
    assert [one for one in said if not _claims(parse(one, lexicon, expecting=expecting))] == []


@pytest.mark.parametrize(
    ("said", "edition"),
    [("专业版不会装，家庭版吧", "home"), ("不要专业版，家庭版", "home"), ("家庭版太差，专业版", "pro")],
)
def test_of_two_that_are_named_the_one_is_made_that_is_not_refused(demo: Lexicon, said: str, edition: str) -> None:
    (item,) = parse(said, demo, expecting=Expecting("edition", "win11", listed=2)).items
    assert item.options["edition"] == edition


P, Q = "13912345678", "13787654321"
PHONE = Expecting("account", "huafei")


@pytest.mark.parametrize(
    "said",
    [
        "不是P",
        "P不是我的号",
        "别充P",
        "P不用了",
        "P我不用了",
        "上次那个P充错了",
        "P是谁的号",
        "除了P",
        "不要P",
        "我之前的号P换了",
    ],
)
def test_a_number_that_is_ruled_out_is_no_answer(demo: Lexicon, said: str) -> None:
    assert not _claims(parse(said.replace("P", P), demo, expecting=PHONE))


@pytest.mark.parametrize(
    "said",
    [
        "P",
        "P吧",
        "充P",
        "我的号P",
        "P谢谢",
        "P，别充错了",
        "P不用急",
        "联通P",
        "老号P",
        "是P",
        "P欠费了",
        "我妈的号P",
        "P千万别弄错",
    ],
)
def test_a_number_is_an_answer_in_whatever_few_words(demo: Lexicon, said: str) -> None:
    (item,) = parse(said.replace("P", P), demo, expecting=PHONE).items
    assert item.fields == {"account": P}


@pytest.mark.parametrize(
    "said",
    [
        "不是P，是Q",
        "我的是P，给Q充",
        "给Q充，我的是P",
        "P，哦不，Q",
        "别充P，充Q",
        "原来的P不用了，新号Q",
        "我号P，要充的是我妈的Q",
        "Q 别充到P",
        "Q（联系电话P）",
        "P是我的，充Q这个",
        "到账了打P，充的号Q",
    ],
)
def test_of_two_numbers_the_one_to_be_charged_is_the_answer(demo: Lexicon, said: str) -> None:
    (item,) = parse(said.replace("P", P).replace("Q", Q), demo, expecting=PHONE).items
    assert item.fields == {"account": Q}


@pytest.mark.parametrize("said", ["P和Q", "P Q都充", "我的P和我妈的Q都充上"])
def test_two_numbers_that_are_both_meant_stay_two(demo: Lexicon, said: str) -> None:
    items = parse(said.replace("P", P).replace("Q", Q), demo, expecting=PHONE).items
    assert [item.fields for item in items] == [{"account": P}, {"account": Q}]


@pytest.mark.parametrize("said", ["奶搓两张", "那就奶搓 两张", "奶搓吧，两张"])
def test_a_count_said_along_with_a_choice_counts(said: str) -> None:
    (item,) = parse(said, lexicon_of("p9_spa.toml"), expecting=Expecting("scrub", "cuozao", listed=3)).items
    assert (item.options, item.quantity) == ({"scrub": "milk"}, 2)


@pytest.mark.parametrize(
    ("said", "items"),
    [
        ("50和100各一张", [(50, 1), (100, 1)]),
        ("50的两张100的一张", [(50, 2), (100, 1)]),
        ("100的两张，再来一张50的", [(100, 2), (50, 1)]),
    ],
)
def test_sizes_said_with_their_counts_are_an_item_each(demo: Lexicon, said: str, items: list[tuple[int, int]]) -> None:
    frame = parse(said, demo, expecting=Expecting("value", "jdcard", listed=6))
    assert [(item.value, item.quantity) for item in frame.items] == items


@pytest.mark.parametrize(
    ("said", "expecting"),
    [
        ("50或者100", Expecting("value", "jdcard", listed=6)),
        ("50还是100好", Expecting("value", "jdcard", listed=6)),
        (f"{P}或者{Q}", PHONE),
    ],
)
def test_one_of_two_is_no_answer(demo: Lexicon, said: str, expecting: Expecting) -> None:
    assert not _claims(parse(said, demo, expecting=expecting))
