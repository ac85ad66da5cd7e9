"""Each of two telephones gets what was said for it, in whatever words."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialogs.draft import look
from dialogs.state import Confirming
from tests.stories.shops import counter_in

A, B = "13812345678", "18912340077"
EACH_ITS_OWN = (
    "话费50 {a}，话费100 {b}",
    "话费 {a} 50，{b} 100",
    "给{a}充话费50，给{b}充100",
    "{a}充50话费，{b}充100话费",
    "话费\n{a} 50\n{b} 100",
    "我妈{a}充50话费，我爸{b}充100",
    "话费50块{a}和100块{b}",
    "话费50给{a}，再来100给{b}",
    "话费50充到{a}，另外{b}充100",
    "{a}要50话费 {b}要100的",
)
THE_SAME = (
    "话费50 {a} {b}",
    "{a}和{b}各充50话费",
    "话费50 {a}、{b}",
    "{a} {b} 都充50话费",
    "两个号都充50话费 {a} {b}",
    "给{a}和{b}各来一份50话费",
)


def given_to(shop: str, message: str) -> dict[tuple[str, str], int]:
    """(SKU, account): how many, of the summary that the message leads to."""
    counter = counter_in(shop)
    counter.says(message)
    state = counter.dialog.state
    assert isinstance(state, Confirming)
    made: dict[tuple[str, str], int] = {}
    for line in state.lines:
        sku = look(line, counter.scene.shelf).sku
        (account,) = (value for value in line.fields.values() if value.isdecimal())
        key = (sku.code if sku else "", account)
        made[key] = made.get(key, 0) + line.quantity
    return made


@given(
    st.sampled_from([*((one, "HF100") for one in EACH_ITS_OWN), *((one, "HF50") for one in THE_SAME)]),
    st.sampled_from(("", "老板，", "帮我", "麻烦", "在吗 ", "你好 ", "给家里人充 ")),
    st.sampled_from(("", "谢谢", "，谢谢", "，快点", "，麻烦了", "，别充错了")),
    st.booleans(),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_each_account_gets_its_own(wording: tuple[str, str], lead: str, closing: str, turned: bool) -> None:
    one, other = (B, A) if turned else (A, B)
    message = f"{lead}{wording[0].format(a=one, b=other)}{closing}"
    assert given_to("demo", message) == {("HF50", one): 1, (wording[1], other): 1}


@pytest.mark.parametrize("message", [f"健身房次卡50次 {A}，健身房次卡10次 {B}", f"次卡50次 {A}\n次卡10次 {B}"])
def test_sizes_that_are_counts_elsewhere_keep_their_accounts(message: str) -> None:
    assert given_to("heldout_club", message) == {("CK50", A): 1, ("CK10", B): 1}
