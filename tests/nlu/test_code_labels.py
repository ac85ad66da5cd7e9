"""Texts that are codes by their label: which labels say so, and which token of a sentence is meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.code_labels import code_in, is_code_label


@pytest.mark.parametrize(
    "label",
    ["通行证账号", "角色编号", "光遇编号", "用户ID", "游戏UID", "Steam 用户名", "微信号", "账号(不是昵称)", "学号："],
)
def test_a_label_that_asks_for_a_code_is_known(label: str) -> None:
    assert is_code_label(label)


@pytest.mark.parametrize(
    "label", ["车牌号", "角色名", "区服名", "备注", "收件人", "门牌号", "应聘岗位", "房间号", "考场"]
)
def test_a_label_that_asks_for_words_is_none(label: str) -> None:
    assert not is_code_label(label)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("fengxue_88", "fengxue_88"),
        ("刚才不是发了吗 fengxue_88", "fengxue_88"),
        ("就是fengxue_88呀", "fengxue_88"),
        ("总算有个活的 9f2e-11bb-77cc 快点", "9f2e-11bb-77cc"),
        ("编号上面有啊 30581122", "30581122"),
        ("Feng.Xue88@163 这个", "Feng.Xue88@163"),
        ("我是苹果手机 ios的", ""),
        ("2024年注册的", ""),
        ("我找不到编号在哪看", ""),
        ("fengxue_88 或者 fengxue_99", ""),
        ("清风明月", ""),
    ],
)
def test_the_one_code_of_a_sentence_is_what_was_meant(said: str, code: str) -> None:
    assert code_in("通行证账号", said) == code


@given(
    st.from_regex(r"[a-z]{3,8}_[0-9]{2,5}", fullmatch=True),
    st.sampled_from(["{}", "账号{}", "就{}吧", "不是说了吗 {} 快点"]),
)
def test_a_code_comes_out_of_a_sentence_as_it_was_typed(code: str, sentence: str) -> None:
    assert code_in("游戏账号", sentence.format(code)) == code
