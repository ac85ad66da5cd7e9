"""A yes to the summary, in whatever words, and what only looks like one."""
# ruff: noqa: E501 - tables of words; a wide character counts twice

import pytest

from nlu.assent import agrees

YES = """
确认确认|哎呀 确认 确认|对的对的 就这样 交吧|对对 是这个号 就这么办|没得改 就充这个|巴适 就这个|这回对了|嗯嗯对了|嗯 来|对 赶紧的|确认确认 烦死了
行了行了 快点安排|那行|行 就要这些|好了就这些 下单吧|好了就这样 付钱|嗯 这回没错了 就这样|算了 下单吧|要的|要得要得|没毛病 老铁 走起|就酱|妥妥的
好的 去付钱了|没错没错 买单|确认没错 赶紧发货吧|好了可以下了|烦死了 对对对 下单|好的，发付款链接|行 等你消息|阔以 整|好的谢谢|系嘅 就咁
"""
NO = """
等等|我看看对不对|就这些吗|这样行吗|确认不了|确认一下地址|让我老婆确认下|还没确认呢|先不确认|对了|对了 还有个事|哦对了|得了没|好了没|行了别烦我
来两张|再来一张|就这么贵啊|下错了|付了|我付钱了|充了|来了|快点|赶紧的|烦死了|算了|就这样算了|行 那算了|好的 不要了|就要那个大的|换这个|收到|谢谢
好 再来一个|嗯 再想想|就这个号有点问题|应该对了|好 明天再付|嗯 多少钱|买单数是几|没错是没错 但贵了|嗯 哈哈哈|付款码怎么弄|不改了|对 不对
"""


def _each(table: str) -> list[str]:
    return [one for row in table.split("\n") for one in row.split("|") if one]


@pytest.mark.parametrize("text", _each(YES))
def test_a_yes_with_haste_sighs_or_thanks_around_it_is_a_yes(text: str) -> None:
    assert agrees(text)


@pytest.mark.parametrize("text", _each(NO))
def test_what_waits_asks_wants_more_or_tells_is_no_yes(text: str) -> None:
    assert not agrees(text)
