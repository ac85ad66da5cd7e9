"""An account that the catalog takes as free text, and that is a code by its label, in the sentences it is given in."""

import pytest

from tests.stories.shops import lines_after

_ASKED = "校园网一学期"


@pytest.mark.parametrize(
    "said",
    [
        ("校园网一学期 stu_2025X",),
        (_ASKED, "stu_2025X"),
        (_ASKED, "不是发过了吗 stu_2025X 快点"),
        (_ASKED, "就这个stu_2025X呀"),
        (_ASKED, "stu_2024", "账号怎么把我的话写进去了 就是stu_2025X"),
        (_ASKED, "stu_2024", "stu_2025X"),
        (_ASKED, "stu_2024", "不是 上网账号是stu_2025X 前面那些字去掉"),
        (_ASKED, "stu_2024", "账号错了 stu_2025X这串才是"),
    ],
)
def test_the_code_is_taken_as_it_is_written(said: tuple[str, ...]) -> None:
    (line,) = lines_after("campus", *said)
    assert line.fields == {"net_account": "stu_2025X"}
    assert (line.value, line.quantity) == (5, 1)


@pytest.mark.parametrize("said", ["stu_2025X是我室友的 也要一个", "我室友是stu_2025X 对吗？"])
def test_a_code_of_another_changes_nothing_here(said: str) -> None:
    lines = lines_after("campus", _ASKED, "stu_2024", said)
    assert lines[0].fields == {"net_account": "stu_2024"}
