"""The gate before whatever cannot be taken back: only a plain wish passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.wishes import Act, Stance, stance

WANTED: list[tuple[Act, str]] = [
    ("refund", "退款"),
    ("refund", "我要退款"),
    ("refund", "退了吧"),
    ("refund", "把钱退给我"),
    ("refund", "不想要了，退款吧"),
    ("refund", "不要了退款"),
    ("refund", "不充了退钱"),
    ("refund", "算了退款吧"),
    ("refund", "别废话，退款"),
    ("refund", "我要退款，不要换货券"),
    ("refund", "怎么还没到！给我退款"),
    ("refund", "那退吧"),
    ("refund", "我号码填错了，退款吧"),
    ("refund", "全部退款"),
    ("refund", "取消订单退钱"),
    ("refund", "京东那单退款"),
    ("refund", "退款 K2611200000000001"),
    ("problem", "没到账"),
    ("problem", "卡密无效怎么办"),
    ("problem", "卡密無效怎麼辦"),
    ("problem", "有一张卡密用不了"),
    ("human", "转人工"),
    ("human", "怎么转人工"),
    ("human", "有没有客服"),
    ("human", "能不能转人工"),
    ("invoice", "能开发票吗"),
    ("invoice", "开票"),
    ("keys", "卡密再发一次"),
    ("reorder", "再来一单"),
    ("cancel", "取消订单"),
    ("cancel", "取消"),
    ("cancel", "不要了，取消吧"),
]
REFUSED: list[tuple[Act, str]] = [
    ("refund", "不用退款，继续充就行"),
    ("refund", "别给我退款"),
    ("refund", "我没说要退款啊"),
    ("refund", "算了不退了"),
    ("refund", "我没有申请退款"),
    ("refund", "不是要退款，是想问什么时候到"),
    ("refund", "我不是来退款的"),
    ("refund", "不退款了"),
    ("refund", "先不退"),
    ("refund", "退款不用了"),
    ("refund", "取消退款"),
    ("refund", "撤销刚才的退款申请"),
    ("refund", "我要退款，算了不退了"),
    ("refund", "谁要退款了"),
    ("refund", "暫時不用退款"),
    ("refund", "不需要给我退款"),
    ("refund", "不准退款"),
    ("refund", "拒绝退款"),
    ("refund", "不用把钱还我"),
    ("refund", "no refund please"),
    ("refund", "I don't want a refund"),
    ("problem", "不是没到账，是我看错了"),
    ("problem", "不用投诉了"),
    ("human", "别给我转人工"),
    ("human", "不用转人工了"),
    ("human", "不需要人工"),
    ("human", "不找客服"),
    ("human", "人工不用了"),
    ("invoice", "不用开发票"),
    ("invoice", "发票不用开了"),
    ("keys", "不要再发卡密了"),
    ("keys", "卡密不用再发了"),
    ("reorder", "不用再来一单"),
    ("cancel", "别取消"),
    ("cancel", "我没说要取消订单"),
    ("cancel", "不取消了"),
]
ASKED: list[tuple[Act, str]] = [
    ("refund", "能退款吗"),
    ("refund", "退款，可以吗"),
    ("refund", "退款多久到账"),
    ("refund", "怎么还不给我退款"),
    ("refund", "为什么不退款"),
    ("refund", "还没退款"),
    ("refund", "要是今天不到就退款"),
    ("refund", "再不到我就退款了"),
    ("refund", "5分钟内不到账我就要退款了"),
    ("refund", "再不发货我要退款了"),
    ("refund", "超过十分钟就退钱"),
    ("refund", "退款不退款"),
    ("refund", "不退款我投诉"),
    ("refund", "不能退款"),
    ("refund", "退什么款啊我没要"),
    ("refund", "不满意退款"),
    ("human", "要不要转人工"),
    ("cancel", "我朋友让我取消"),
    ("cancel", "等会儿再取消"),
    ("refund", "充不上就退款吧"),
    ("refund", "如果没货，退款"),
    ("refund", "退款的话要多久"),
    ("refund", "我朋友说可以退款"),
    ("refund", "你们说了退款"),
    ("refund", "不是不退款"),
    ("refund", "不用退款，还是退款吧"),
    ("problem", "要是没到账怎么办"),
    ("problem", "会不会没到账"),
    ("human", "不行我再找人工"),
    ("cancel", "能取消吗"),
    ("cancel", "要是充不上就取消"),
]
UNNAMED: list[tuple[Act, str]] = [("refund", "你好"), ("human", "充100话费"), ("cancel", "取消退款")]


@pytest.mark.parametrize(
    ("act", "text", "expected"),
    [(act, text, Stance.WANTED) for act, text in WANTED]
    + [(act, text, Stance.REFUSED) for act, text in REFUSED]
    + [(act, text, Stance.ASKED) for act, text in ASKED]
    + [(act, text, Stance.UNNAMED) for act, text in UNNAMED],
)
def test_only_a_plain_wish_is_one(act: Act, text: str, expected: Stance) -> None:
    assert stance(text, act) is expected


PLAIN: list[tuple[Act, str]] = [
    ("refund", "退款"),
    ("refund", "给我退款"),
    ("refund", "我要退款"),
    ("refund", "退钱"),
    ("refund", "退了"),
    ("refund", "帮我退一下款"),
    ("refund", "申请退款 K2611200000000001"),
    ("problem", "投诉"),
    ("human", "转人工"),
    ("human", "帮我转接人工客服"),
    ("human", "找客服"),
    ("invoice", "开发票"),
    ("invoice", "给我开张电子发票"),
    ("keys", "再发一次卡密"),
    ("keys", "给我看卡密"),
    ("reorder", "再来一单"),
    ("cancel", "取消"),
    ("cancel", "取消订单"),
    ("cancel", "帮我取消这单"),
]
NO = [
    "不用",
    "别",
    "不要",
    "没说要",
    "不需要",
    "我不是要",
    "没有要",
    "先别",
    "请不要",
    "不用再",
    "我没让你",
    "谁要",
    "無需",
]
CONDITION = ["要是不行就", "如果还没好，", "再不来我就", "万一没货", "等会儿再不到我", "10分钟内不到就"]


@pytest.mark.parametrize(("act", "text"), PLAIN)
def test_the_plain_wishes_are_wishes(act: Act, text: str) -> None:
    assert stance(text, act) is Stance.WANTED


@given(st.sampled_from(PLAIN), st.sampled_from(NO), st.sampled_from(["", " ", "再", "给我"]))
def test_a_no_before_a_wish_leaves_no_wish(wish: tuple[Act, str], no: str, between: str) -> None:
    act, text = wish
    assert stance(no + between + text, act) is not Stance.WANTED


@given(st.sampled_from([wish for wish in PLAIN if wish[0] in ("refund", "cancel")]), st.sampled_from(CONDITION))
def test_money_and_orders_do_not_move_on_a_condition(wish: tuple[Act, str], condition: str) -> None:
    act, text = wish
    assert stance(condition + text, act) is Stance.ASKED


@given(st.text(max_size=60), st.sampled_from(sorted({act for act, _ in PLAIN})))
def test_any_text_has_a_stance(text: str, act: Act) -> None:
    assert stance(text, act) in Stance
