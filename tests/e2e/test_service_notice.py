"""What WeChat's window keeps back is announced by a service notice, where the owner has a template for it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from tests.e2e.shop import Shop, eventually

ANNOUNCED = "SELECT state FROM push WHERE openid = :o AND kind = 'service_notice'"
WAIT_S = 60


@pytest.fixture(scope="module")
def announcing(
    opened_shop: Callable[..., AbstractContextManager[Shop]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    with opened_shop(wechat={"template_id": "TM00001"}) as shop:
        shop.stock("ST50", *(f"NOTICE-KEY-{n}" for n in range(4)), tmp=tmp_path_factory.mktemp("keys"))
        yield shop


def test_where_the_window_is_closed_a_notice_says_where_to_look_and_the_message_comes_later(announcing: Shop) -> None:
    buyer = announcing.buyer()
    path = buyer.order("steam卡50元", "确认")
    announcing.faults(push={"kind": "45015", "times": -1})
    buyer.pay(path)
    eventually(lambda: announcing.query(ANNOUNCED, o=buyer.openid) == ["sent"], WAIT_S)
    [order] = announcing.query("SELECT order_no || ' ' || token FROM orders WHERE openid = :o", o=buyer.openid)
    order_no, token = order.split()
    [notice] = [line for line in buyer.chat() if line["kind"] == "template"]
    assert order_no in notice["content"]
    assert "订单有新消息" in notice["content"]
    assert notice["url"] == f"{announcing.sandbox_url}/orders/{token}"
    assert not any("NOTICE-KEY" in line["content"] for line in buyer.chat())
    announcing.faults(push=None)
    assert "NOTICE-KEY" in buyer.say("你好")


def test_an_order_is_announced_once_however_much_about_it_is_kept_back(announcing: Shop) -> None:
    buyer = announcing.buyer()
    path = buyer.order("充50话费 13912340055", "确认")
    announcing.faults(push={"kind": "45047", "times": -1}, supplier={"kind": "failed", "times": -1})
    buyer.pay(path)
    kept = "SELECT count(*) FROM push WHERE openid = :o AND state = 'kept'"
    eventually(lambda: announcing.query(kept, o=buyer.openid) == [2], WAIT_S)  # that it failed, that the money is back
    eventually(lambda: announcing.query(ANNOUNCED, o=buyer.openid) == ["sent"], WAIT_S)
    announcing.faults(push=None, supplier=None)


def test_what_will_be_tried_again_is_not_announced(announcing: Shop) -> None:
    buyer = announcing.buyer()
    path = buyer.order("steam卡50元", "确认")
    announcing.faults(push={"kind": "5xx", "times": -1})
    buyer.pay(path)
    tried = "SELECT count(*) FROM push WHERE openid = :o AND state = 'waiting' AND attempts > 0"
    eventually(lambda: announcing.query(tried, o=buyer.openid) == [1], WAIT_S)
    announcing.faults(push=None)
    assert announcing.query(ANNOUNCED, o=buyer.openid) == []
