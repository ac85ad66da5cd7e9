"""What a message is for, where its wording alone makes it certain; half of the sentences only look like it."""

import pytest

from nlu import Lexicon, parse


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("付了100，到账98，还差2块", "problem"),
        ("买100的话费到了99.5，少了五毛", "problem"),
        ("还差2块就够了", "unknown"),
        ("九点充的，眼瞅着十二点了", "order_status"),
        ("三点下班，五点到家", "unknown"),
        ("先取消吧，回头再说", "cancel"),
        ("不好意思，手滑了，帮我取消", "cancel"),
        ("手滑了", "unknown"),
        ("苹果8块一斤", "unknown"),
        ("苹果手机八千一台", "unknown"),
        ("苹果区", "answer"),
        ("我充的话费呢", "order_status"),
        ("不用了，已经充好了", "cancel"),
        ("不用了，已经充了没到", "order_status"),
        ("别下单哈，我不要了", "cancel"),
        ("fuel card 200", "order"),
        ("how much is a gift card 200", "price"),
        ("租个帐篷两天", "order"),
        ("帐篷租了两天了", "unknown"),
        ("50 不 100", "answer"),
        ("该成50", "change"),
        ("点券怎么充啊，帮我充一份", "order"),
        ("点券怎么充", "help"),
        ("对的，信息都没错，麻烦帮我下单", "confirm"),
        ("好的，麻烦帮我下单京东卡500", "order"),
        ("要得嘛，就恁个弄", "confirm"),
        ("算了 我再想想", "cancel"),
        ("我再想想", "unknown"),
        ("你好慢啊", "unknown"),
        ("你好，在吗", "greet"),
    ],
)
def test_the_wording_alone_says_what_a_message_is_for(demo: Lexicon, said: str, intent: str) -> None:
    assert parse(said, demo).intent == intent


@pytest.mark.parametrize(
    ("said", "intent"),
    [("京东卡500来10张，少5块行不行", "problem"), ("应该50", "change"), ("信息都没错的话麻烦帮我看看", "confirm")],
)
def test_what_only_looks_like_it_is_not_that(demo: Lexicon, said: str, intent: str) -> None:
    assert parse(said, demo).intent != intent


def test_the_last_order_for_another_account_keeps_the_account(demo: Lexicon) -> None:
    frame = parse("老样子，这次充到13855556666", demo)
    assert frame.intent == "reorder"
    assert [dict(item.fields) for item in frame.items] == [{"account": "13855556666"}]
    assert parse("照旧", demo).items == ()


def test_a_brand_in_letters_beside_an_english_kind_is_the_goods(demo: Lexicon) -> None:
    (item,) = parse("JD gift card 500", demo).items
    assert (item.product, item.sku) == ("jdcard", "JD500")
    assert parse("fuel card 200", demo).items[0].product is None


def test_asking_for_help_asks_for_no_slow_topup(demo: Lexicon) -> None:
    (item,) = parse("帮忙充50话费 13812345678", demo).items
    assert dict(item.options) == {"speed": "fast"}
    assert dict(parse("漫充50话费 13812345678", demo).items[0].options) == {"speed": "slow"}


def test_money_of_a_told_topup_orders_nothing(demo: Lexicon) -> None:
    frame = parse("充了50没到，手机还是停机，13812345678", demo)
    assert frame.intent != "order"
    assert parse("手机停机了，充50，13812345678", demo).items[0].value == 50
