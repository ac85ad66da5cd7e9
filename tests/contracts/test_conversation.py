"""Contract part 6: what a buyer reads, before any money."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contracts.outside import AES_KEY, Buyer, Order, Shop, sha1


def seen(reply: str) -> str:
    """What WeChat shows of a reply: links are their text."""
    return re.sub(r"<a [^>]*>(.*?)</a>", r"\1", reply)


def has(reply: str, *parts: str) -> bool:
    """Whether all parts are in the reply; shows them when not."""
    assert [part for part in parts if part not in reply] == [], reply
    return True


@pytest.mark.parametrize("answer", ["2", "60元", "60", "中杯", "选2", "第二个"])
def test_the_denominations_are_numbered_with_label_and_price_and_taken_in_any_form(buyer: Buyer, answer: str) -> None:
    prompt = seen(buyer.say("星海点卡"))
    assert [line in prompt for line in ("1. 30元 ¥29.40", "2. 60元 ¥58.88", "3. 120元 ¥117.00")] == [True] * 3
    summary = seen(buyer.say(answer))
    assert has(summary, "星海点卡", "60元", "¥58.88", "确认")


def test_an_ambiguous_name_lists_the_candidates_numbered(buyer: Buyer) -> None:
    asked = seen(buyer.say("光影会员月卡"))
    assert re.findall(r"(\d)\. (光影会员\w\w\w?)", asked) == [("1", "光影会员激活码"), ("2", "光影会员直充")]
    assert "光影账号" in buyer.say("2")
    assert "¥16.80" in buyer.say("10000")


def test_the_summary_has_every_field_in_full_and_the_total(buyer: Buyer) -> None:
    summary = seen(buyer.say("光影会员直充季卡 账号13812345678 平板"))
    assert has(summary, "光影会员直充", "季卡", "13812345678", "平板", "¥48.00", "确认")
    assert "×" not in summary
    assert "×3" in buyer.say("数量改成3")


def test_confirming_answers_with_a_number_and_one_link(buyer: Buyer) -> None:
    order = buyer.order("星海60")
    assert re.search(r"订单号[：:]\s*\w{6,32}", order.reply)
    assert "¥58.88" in order.reply


@pytest.mark.parametrize("so_far", [["星海"], ["话费50"], ["充50 13812345678"], ["光影会员"]])
def test_cancel_clears_what_is_pending(buyer: Buyer, so_far: list[str]) -> None:
    for text in so_far:
        buyer.say(text)
    assert "取消" in buyer.say("取消")
    assert "/pay/" not in buyer.say("确认")


@pytest.mark.parametrize(
    ("correction", "now"),
    [
        ("改成80", ["80元", "¥79.60", "13812345678", "极速"]),
        ("号码错了是13987654321", ["50元", "¥49.70", "13987654321", "极速"]),
        ("换成闲时", ["50元", "¥47.30", "13812345678", "闲时"]),
    ],
)
def test_a_correction_changes_that_slot_alone(buyer: Buyer, correction: str, now: list[str]) -> None:
    buyer.say("充50 13812345678")
    summary = seen(buyer.say(correction))
    assert [part for part in now if part not in summary] == []


def test_a_correction_in_the_middle_is_kept(buyer: Buyer) -> None:
    buyer.say("话费50")
    buyer.say("改成80")
    assert "¥79.60" in buyer.say("13812345678")


def test_a_new_request_replaces_the_old_one(buyer: Buyer) -> None:
    buyer.say("充50 13812345678")
    summary = buyer.say("星海60")
    assert "星海点卡" in summary
    assert "13812345678" not in summary
    assert "¥58.88" in buyer.say("确认")


def test_a_question_in_the_middle_is_answered_and_the_order_goes_on(buyer: Buyer) -> None:
    buyer.say("话费50")
    assert "49.70" in buyer.say("多少钱")
    assert "¥49.70" in buyer.say("13812345678")
    assert "49.70" in buyer.say("多少钱")
    assert "/pay/" in buyer.say("确认")


def test_what_fails_its_check_is_never_taken_and_the_third_miss_offers_a_human(buyer: Buyer) -> None:
    buyer.say("话费50")
    first, second, third = (buyer.say(text) for text in ("1381234567", "138123456789", "13812"))
    assert ["11位" in reply and f"{n}位" in reply for reply, n in ((first, 10), (second, 12), (third, 5))] == [True] * 3
    assert all("充值手机" in reply for reply in (first, second, third))
    assert ["人工" in seen(reply) for reply in (first, second, third)] == [False, False, True]
    assert "13812345678" in buyer.say("138 1234 5678")


def test_small_talk_is_not_a_field(buyer: Buyer) -> None:
    buyer.say("加油卡500")
    for text in ("今天天气真好", "随便吧"):
        assert "油卡卡号" in buyer.say(text)
    assert "¥494.00" in buyer.say("7712345678901234")


def test_an_amount_outside_the_range_is_said_so(buyer: Buyer) -> None:
    assert has(buyer.say("绿豆币"), "5", "800", "0.93")
    assert has(buyer.say("900"), "5", "800", "900")
    assert "QQ号码" in buyer.say("100")
    assert has(buyer.say("1234567"), "¥93.00", "1234567")


def test_a_choice_is_taken_by_number_and_alias_and_refused_outside_the_list(buyer: Buyer) -> None:
    prompt = seen(buyer.say("陪练三小时"))
    assert has(prompt, "当前段位", "1. 黄金", "2. 钻石")
    assert "当前段位" in buyer.say("3")
    assert "联系邮箱" in buyer.say("砖石")
    assert "联系邮箱" in buyer.say("a@b")
    assert has(buyer.say("a@b.com"), "钻石", "a@b.com", "¥99.00")


def test_shipped_goods_keep_the_whole_address(buyer: Buyer) -> None:
    assert "收货地址" in buyer.say("马克杯")
    address = "北京市海淀区中关村大街1号 张三 13812345678"
    assert address in buyer.say(address)


def test_a_message_pushed_twice_has_one_effect_and_one_answer(buyer: Buyer) -> None:
    buyer.say("充50 13812345678")
    confirm = buyer.xml("text", Content="确认")
    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(lambda _: buyer.read(buyer.push(confirm)), range(4)))
    assert len(answers) == 1
    assert "/pay/" in answers.pop()
    assert seen(buyer.say("我的订单")).count("待付款") == 1


def test_an_event_pushed_twice_gets_the_same_answer_and_the_next_second_a_new_one(buyer: Buyer) -> None:
    at = int(time.time())
    first, again = buyer.event("subscribe", at=at), buyer.event("subscribe", at=at)
    assert first == again != ""
    assert buyer.event("CLICK", "self_order", at=at) != first


def test_the_menu_keys_do_what_they_say(buyer: Buyer) -> None:
    assert "彩虹话费" in buyer.event("CLICK", "self_order")
    assert "订单" in buyer.event("CLICK", "my_orders")
    assert "确认" in buyer.event("CLICK", "help")
    assert re.search("人工|客服", buyer.event("CLICK", "human"))


def test_three_unpaid_orders_are_the_limit(buyer: Buyer) -> None:
    for i in range(3):
        buyer.order(f"充50 1381234560{i}")
    buyer.say("充50 13812345609")
    assert "3" in buyer.say("确认")
    assert seen(buyer.say("我的订单")).count("待付款") == 3


def test_short_stock_is_told_before_anything_can_be_paid(buyer: Buyer) -> None:
    buyer.say("星海30")
    told = buyer.say("确认")
    assert "/pay/" not in told
    assert re.search("卖完|没货|缺货|库存", told)


def test_two_accounts_are_two_lines_of_one_order(buyer: Buyer) -> None:
    summary = seen(buyer.say("给13812345678和13987654321各充50"))
    assert has(summary, "13812345678", "13987654321", "¥99.40")
    assert Order(buyer, buyer.say("确认")).open()
    assert (
        max(
            o["ask"]["amount"]["total"]
            for o in buyer.shop.pay.orders.values()
            if o["ask"]["payer"]["openid"] == buyer.openid
        )
        == 9940
    )


def test_the_server_is_verified_by_its_signature(shop: Shop) -> None:
    asked = {"timestamp": str(int(time.time())), "nonce": "n0", "echostr": "echo<&>1"}
    good = asked | {"signature": sha1("outsidetoken", asked["timestamp"], "n0")}
    assert shop.http.get("/wechat", params=good).text == "echo<&>1"
    for bad in ({"signature": "0" * 40}, {"nonce": "n1"}, {"timestamp": "1"}):
        assert shop.http.get("/wechat", params=good | bad).status_code in range(400, 500)
    assert shop.http.get("/wechat").status_code in range(400, 500)


def test_a_push_that_is_not_wechats_changes_nothing(buyer: Buyer) -> None:
    buyer.say("充50 13812345678")
    confirm = buyer.xml("text", Content="确认")
    answers = [
        buyer.push(confirm, mode="plain"),
        buyer.push(confirm, signature="0" * 40),
        buyer.push(confirm, msg_signature="0" * 40),
        buyer.push(""),
        buyer.push("{}"),
        buyer.push("<xml>" * 3000),
        buyer.push(confirm.replace("<xml>", "<!DOCTYPE x [<!ENTITY a 'b'>]><xml>", 1)),
    ]
    assert [answer.status_code for answer in answers if not 400 <= answer.status_code < 500] == []
    assert AES_KEY not in "".join(answer.text for answer in answers)
    assert "待付款" not in buyer.say("我的订单")


@pytest.mark.parametrize("kind", ["image", "video", "location", "link", "something_new"])
def test_what_cannot_be_read_gets_an_answer(buyer: Buyer, kind: str) -> None:
    assert buyer.read(
        buyer.push(buyer.xml(kind, MediaId="1", PicUrl="http://127.0.0.1/x", Label="x", Url="http://127.0.0.1/"))
    )


def test_voice_is_taken_where_wechat_has_transcribed_it(buyer: Buyer) -> None:
    said = buyer.xml("voice", MediaId="1", Format="amr", Recognition="充五十块话费幺三八一二三四五六七八。")
    assert "13812345678" in buyer.read(buyer.push(said))
    assert "打字" in buyer.read(buyer.push(buyer.xml("voice", MediaId="1", Format="amr", Recognition="")))
