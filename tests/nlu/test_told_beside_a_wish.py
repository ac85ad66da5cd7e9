"""Circumstances told before an order leave it one; questions, complaints and talk about the same goods are none."""

import pytest

from nlu import parse
from tests.corpus.evaluate import lexicon_of

SPA, GARAGE = "p9_spa.toml", "garage.toml"


@pytest.mark.parametrize(
    ("shop", "text"),
    [
        (SPA, "我们单位组织来玩，一共九个人，搓澡券盐搓的拿三张"), (SPA, "票已经买过两张了，再补一张夜场门票"),
        (SPA, "我们老板说六十八太贵，不过足疗还是要一张"), (GARAGE, "一个月不够我用，洗车卡再来一张"),
        (SPA, "同学说他那儿便宜，不过我还是要一张夜场门票"), (GARAGE, "我那车跑了十一万公里声音有点大，洗车来一次"),
        (GARAGE, "前天刚下过雨车上全是泥，洗车次卡办一张"),
    ],
)  # fmt: skip
def test_an_order_after_a_story_is_an_order(shop: str, text: str) -> None:
    assert parse(text, lexicon_of(shop)).intent == "order"


@pytest.mark.parametrize(
    ("shop", "text", "intent"),
    [
        (SPA, "我头一回来，足疗一次要多久", "help"), (SPA, "我是新手什么都不懂，汗蒸要提前几天约", "help"),
        (SPA, "汗蒸要几张我还没定呢", "unknown"), (SPA, "听说搓澡今天排队排了俩小时", "unknown"),
        (GARAGE, "洗车卡刚办三天就刷不出来了", "problem"), (GARAGE, "前天约的打蜡到现在没人理我", "problem"),
    ],
)  # fmt: skip
def test_what_is_asked_told_or_complained_of_is_no_order(shop: str, text: str, intent: str) -> None:
    assert parse(text, lexicon_of(shop)).intent == intent
