"""A name or another text was asked for, and something else is said: never written down as the answer."""

from pathlib import Path

import pytest

from catalog.shelf import Shelf
from dialogs.state import Collecting
from nlu.lexicon import Lexicon
from tests.stories.counter import Counter
from tests.stories.shops import goods_of

DRIVING = Path(__file__).parents[1] / "corpus" / "catalogs" / "driving.toml"
NO_NAMES = """
先约一针 要两张
等一下 等会发你 我想想 不想填 不写行吗 几天能考 两个人 两位 1 第一个 跟上次一样 老样子 随便 都行 无语 ... 哈哈 本人 姓名
"""
NAMES = {
    "张伟吧": "张伟",
    "填张伟": "张伟",
    "我叫张伟": "张伟",
    "阿依古丽·买买提": "阿依古丽·买买提",
    "欧阳娜娜": "欧阳娜娜",
}


@pytest.fixture(scope="module")
def school() -> tuple[Shelf, Lexicon]:
    return goods_of(DRIVING)


def _name(school: tuple[Shelf, Lexicon], said: str) -> str | None:
    counter = Counter(*school)
    counter.says("C1学车 普通班")
    counter.says(said)
    state = counter.dialog.state
    assert isinstance(state, Collecting)
    return state.lines[0].fields.get("name")


@pytest.mark.parametrize("said", NO_NAMES.split())
def test_what_is_no_name_is_not_taken_for_one(school: tuple[Shelf, Lexicon], said: str) -> None:
    assert _name(school, said) is None


@pytest.mark.parametrize(("said", "name"), NAMES.items())
def test_a_name_is_taken_without_the_words_around_it(school: tuple[Shelf, Lexicon], said: str, name: str) -> None:
    assert _name(school, said) == name
