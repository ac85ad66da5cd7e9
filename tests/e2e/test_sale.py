"""The main job over real HTTP, database, Redis and jobs: from a message to the goods, and every way it can go wrong."""

import threading
import time

import pytest

from bot import background, operators
from tests.e2e.conftest import KeyImport
from tests.e2e.shop import Buyer, Shop, eventually, pay_path


def test_a_one_line_order_is_two_turns_to_the_link_and_is_topped_up_after_payment(shop: Shop) -> None:
    buyer = shop.buyer()
    summary = buyer.say("充100话费 13812345678")
    for part in ("话费充值", "100元", "13812345678", "¥99.50", "确认"):
        assert part in summary
    placed = buyer.say("确认")
    assert placed.count("/pay/") == 1
    assert buyer.pay(pay_path(placed)) == "get_brand_wcpay_request:ok"
    assert "话费充值" in buyer.told("充值成功")


def test_two_steam_cards_are_pushed_with_their_keys_once(shop: Shop, keys: KeyImport) -> None:
    keys("ST100", "STEAM-AAAA-0001", "STEAM-AAAA-0002")
    buyer = shop.buyer()
    buyer.pay(buyer.order("steam卡100块来两张", "确认"))
    assert "STEAM-AAAA-0002" in buyer.told("STEAM-AAAA-0001")
    assert sum("STEAM-AAAA-0001" in m["content"] for m in buyer.chat()) == 1


def test_any_number_of_qbi_is_bought_as_one_supplier_order(shop: Shop) -> None:
    buyer = shop.buyer()
    buyer.pay(buyer.order("充88个Q币", "123456789", "确认"))
    buyer.told("充值成功")
    bought = shop.sandbox.get("/sandbox/api/supplier-orders").json()["supplier_orders"][0]
    assert "88" in str(bought)
    assert "123456789" in str(bought)


def test_a_membership_is_ordered_by_voice(shop: Shop) -> None:
    buyer = shop.buyer()
    said = buyer.say("开个腾讯会员月卡，手机号13712340987", kind="voice", recognition="filled")
    assert "腾讯视频VIP" in said
    assert "13712340987" in said
    buyer.pay(buyer.order("确认"))
    buyer.told("充值成功")


@pytest.mark.parametrize("recognition", ["empty", "absent"])
def test_voice_that_was_not_transcribed_is_asked_to_be_typed(shop: Shop, recognition: str) -> None:
    assert "打字" in shop.buyer().say("充100话费", kind="voice", recognition=recognition)


def test_a_server_is_chosen_by_its_number(shop: Shop) -> None:
    buyer = shop.buyer()
    asked = buyer.say("王者荣耀充60点券 QQ 55667788")
    assert "区服" in asked
    summary = buyer.say("2")
    assert "苹果QQ区" in summary
    buyer.pay(buyer.order("确认"))
    buyer.told("充值成功")


def test_a_cancelled_order_is_closed_at_wechat_and_its_keys_are_back_on_sale(shop: Shop, keys: KeyImport) -> None:
    keys("JW10", "JUNWANG-CANCEL-1")
    buyer = shop.buyer()
    path = buyer.order("骏网卡10块的", "确认")
    shop.sandbox.post(f"/wx/{buyer.openid}{path}/jsapi").raise_for_status()
    assert "已取消" in buyer.say("取消")
    eventually(lambda: shop.query("SELECT 1 FROM card_key WHERE sku_code = 'JW10' AND state = 'available'"))
    assert shop.query("SELECT state FROM payment ORDER BY id DESC LIMIT 1") == ["closed"]
    assert shop.sandbox.post(f"/wx/{buyer.openid}{path}/jsapi").status_code == 409


def test_an_order_not_paid_in_time_is_closed_first_and_its_keys_released_then(shop: Shop, keys: KeyImport) -> None:
    keys("JW30", "JUNWANG-EXPIRE-1")
    buyer = shop.buyer()
    path = buyer.order("骏网卡30块的", "确认")
    shop.sandbox.post(f"/wx/{buyer.openid}{path}/jsapi").raise_for_status()
    assert not shop.query("SELECT 1 FROM card_key WHERE sku_code = 'JW30' AND state = 'available'")
    with shop.engine.begin() as conn:
        conn.exec_driver_sql(
            "UPDATE orders SET expires_at = now() - interval '2 min' WHERE token = %s", (path.removeprefix("/pay/"),)
        )
    background.expire_orders(shop.services)
    buyer.told("超时")
    assert shop.query("SELECT state FROM card_key WHERE sku_code = 'JW30'") == ["available"]
    assert shop.query("SELECT state FROM orders WHERE openid = :openid", openid=buyer.openid) == ["expired"]


def test_a_payment_whose_notice_is_lost_is_found_by_asking(shop: Shop, keys: KeyImport) -> None:
    keys("WY15", "WANGYI-LOST-1")
    shop.faults(notice={"kind": "lose", "times": -1})
    buyer = shop.buyer()
    buyer.pay(buyer.order("网易卡15块的", "确认"))
    assert "WANGYI-LOST-1" in buyer.told("WANGYI-LOST-1")


def test_a_refused_push_comes_with_the_next_answer_and_stands_on_the_order_page(shop: Shop, keys: KeyImport) -> None:
    keys("YK1", "YOUKU-REFUSED-1")
    shop.faults(push={"kind": "45015", "times": -1})
    buyer = shop.buyer()
    path = buyer.order("优酷月卡", "确认")
    buyer.pay(path)
    eventually(lambda: shop.query("SELECT 1 FROM push WHERE openid = :o AND state = 'kept'", o=buyer.openid))
    assert "YOUKU-REFUSED-1" in buyer.open(path.replace("/pay/", "/orders/")).text
    shop.faults(push=None)
    answer = buyer.say("你好")
    assert "YOUKU-REFUSED-1" in answer
    assert "YOUKU-REFUSED-1" not in buyer.say("谢谢")


def test_a_push_that_meets_an_outage_is_tried_again(shop: Shop, keys: KeyImport) -> None:
    keys("YK12", "YOUKU-OUTAGE-1")
    shop.faults(push={"kind": "5xx", "times": 1})
    buyer = shop.buyer()
    buyer.pay(buyer.order("优酷年卡", "确认"))
    buyer.told("YOUKU-OUTAGE-1")
    assert sum("YOUKU-OUTAGE-1" in m["content"] for m in buyer.chat()) == 1


def test_a_failed_top_up_is_refunded_and_the_buyer_told(shop: Shop) -> None:
    shop.faults(supplier={"kind": "failed", "times": -1})
    buyer = shop.buyer()
    buyer.pay(buyer.order("充50话费 13912340001", "确认"))
    told = buyer.told("退款成功")
    assert "49.80" in told
    assert shop.query("SELECT refunded_fen FROM payment ORDER BY id DESC LIMIT 1") == [4980]


def test_a_supplier_that_gives_no_answer_is_asked_and_never_bought_from_again(shop: Shop) -> None:
    shop.faults(supplier={"kind": "timeout", "times": 1})
    buyer = shop.buyer()
    buyer.pay(buyer.order("充30话费 13912340002", "确认"))
    buyer.told("充值成功")
    orders = shop.sandbox.get("/sandbox/api/supplier-orders").json()["supplier_orders"]
    assert sum("13912340002" in str(order) for order in orders) == 1


def test_the_same_message_pushed_three_times_at_once_places_one_order_and_gets_one_answer(shop: Shop) -> None:
    buyer = shop.buyer()
    buyer.say("充20话费 13912340003")
    answer = shop.sandbox.post(
        f"/sandbox/api/chat/{buyer.openid}/say", json={"kind": "text", "content": "确认", "repeat": 3}
    ).json()
    assert len(shop.query("SELECT 1 FROM orders WHERE openid = :o", o=buyer.openid)) == 1
    assert len({pay_path(m["content"]) for m in answer["messages"] if m["from"] == "bot"}) == 1


def test_two_messages_of_one_buyer_at_the_same_instant_are_taken_one_after_the_other(shop: Shop) -> None:
    buyer = shop.buyer()
    buyer.say("话费")
    words = ["13912340004", "50"]
    threads = [threading.Thread(target=buyer.say, args=(said,)) for said in words]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    summary = next(m["content"] for m in reversed(buyer.chat()) if m["from"] == "bot" and "合计" in m["content"])
    assert "13912340004" in summary
    assert "50元" in summary


@pytest.mark.parametrize("kind", ["signature", "amount", "mchid", "serial", "signtest"])
def test_a_forged_notice_is_refused_and_changes_nothing(shop: Shop, kind: str) -> None:
    buyer = shop.buyer()
    path = buyer.order("充10话费 13912340005", "确认")
    shop.sandbox.post(f"/wx/{buyer.openid}{path}/jsapi").raise_for_status()
    number = shop.query("SELECT order_no FROM orders WHERE openid = :o", o=buyer.openid)[0]
    answer = shop.sandbox.post("/sandbox/api/notices", json={"out_trade_no": number, "forge": kind}).json()
    assert answer["status"] == 401
    assert "FAIL" in answer["body"]
    assert shop.query("SELECT state FROM orders WHERE openid = :o", o=buyer.openid) == ["unpaid"]


def test_a_repeated_notice_delivers_once(shop: Shop, keys: KeyImport) -> None:
    keys("HJ1", "HEIJIAO-1", "HEIJIAO-2")
    shop.faults(notice={"kind": "repeat", "n": 5})
    buyer = shop.buyer()
    buyer.pay(buyer.order("网易云黑胶会员月卡", "确认"))
    buyer.told("HEIJIAO-1")
    assert shop.query(
        "SELECT count(*) FROM key_sale k JOIN orders USING (order_no) WHERE openid = :o", o=buyer.openid
    ) == [1]


def test_somebody_else_may_pay_a_forwarded_link_and_sees_no_key(shop: Shop, keys: KeyImport) -> None:
    keys("BD1", "BAIDU-FORWARD-1")
    buyer, friend = shop.buyer(), shop.buyer()
    path = buyer.order("百度网盘月卡", "确认")
    assert friend.pay(path) == "get_brand_wcpay_request:ok"
    buyer.told("BAIDU-FORWARD-1")
    order_page = path.replace("/pay/", "/orders/")
    assert "BAIDU-FORWARD-1" not in friend.open(order_page).text
    assert "BAIDU-FORWARD-1" not in shop.bot.get(order_page, headers={"User-Agent": "Mozilla/5.0 Chrome/140"}).text
    assert "BAIDU-FORWARD-1" in buyer.open(order_page).text
    assert not any("BAIDU-FORWARD-1" in m["content"] for m in friend.chat())


def test_outside_wechat_the_pay_page_shows_a_code_to_scan(shop: Shop, keys: KeyImport) -> None:
    keys("BD12", "BAIDU-SCAN-1")
    buyer = shop.buyer()
    path = buyer.order("百度网盘年卡", "确认")
    page = shop.bot.get(path, headers={"User-Agent": "Mozilla/5.0 (X11; Linux) Chrome/140"})
    assert page.status_code == 200
    assert "qr.svg" in page.text
    assert shop.bot.get(f"{path}/qr.svg").headers["content-type"].startswith("image/svg")
    code_url = shop.query("SELECT code_url FROM payment WHERE code_url IS NOT NULL ORDER BY id DESC LIMIT 1")[0]
    paid = shop.sandbox.post(
        "/sandbox/api/scan", json={"openid": buyer.openid, "code_url": code_url, "outcome": "ok"}
    ).json()
    assert paid["err_msg"].endswith(":ok")
    buyer.told("BAIDU-SCAN-1")


def test_a_cancelled_or_failed_payment_leaves_the_order_to_be_paid(shop: Shop) -> None:
    buyer = shop.buyer()
    path = buyer.order("充10话费 13912340006", "确认")
    assert buyer.pay(path, "cancel") == "get_brand_wcpay_request:cancel"
    assert buyer.pay(path, "fail") == "get_brand_wcpay_request:fail"
    assert buyer.pay(path) == "get_brand_wcpay_request:ok"
    buyer.told("充值成功")


def test_a_fourth_unpaid_order_is_refused(shop: Shop) -> None:
    buyer = shop.buyer()
    for _ in range(3):
        buyer.order("充10话费 13912340007", "确认")
    buyer.say("充10话费 13912340007")
    assert "/pay/" not in buyer.say("确认").split("去付款")[0]
    assert shop.query("SELECT count(*) FROM orders WHERE openid = :o", o=buyer.openid) == [3]


def test_short_stock_is_told_before_there_is_anything_to_pay(shop: Shop, keys: KeyImport) -> None:
    keys("JD50", "JD-ONLY-1")
    buyer = shop.buyer()
    buyer.say("京东卡50的来三张")
    answer = buyer.say("确认")
    assert "只剩1" in answer
    assert "/pay/" not in answer


def test_after_redis_is_lost_the_talk_begins_anew_and_the_order_stands(shop: Shop) -> None:
    buyer = shop.buyer()
    path = buyer.order("充10话费 13912340008", "确认")
    shop.services.redis.flushdb()
    assert buyer.say("你好")
    buyer.pay(path)
    buyer.told("充值成功")


def test_menu_keys_and_events_are_answered(shop: Shop) -> None:
    buyer = shop.buyer()
    welcome = next(m["content"] for m in buyer.chat() if m["from"] == "bot")
    assert "欢迎" in welcome
    assert "1." in buyer.press("self_order")
    assert buyer.press("my_orders")
    assert buyer.press("help")
    assert "游戏充值" in buyer.press("category:游戏充值")
    for event in ("VIEW", "SCAN", "LOCATION", "TEMPLATESENDJOBFINISH", "subscribe_msg_popup_event", "never_heard_of"):
        answer = shop.sandbox.post(
            f"/sandbox/api/chat/{buyer.openid}/say", json={"kind": "event", "event": event, "event_key": "x"}
        ).json()["answers"]
        assert [one["status"] for one in answer] == [200]


def test_with_a_person_the_bot_is_silent_until_the_buyer_comes_back(shop: Shop) -> None:
    buyer = shop.buyer()
    buyer.say("充50话费")
    assert "人工" in buyer.say("转人工")
    assert buyer.say("有人吗") == ""
    [transcript] = shop.query("SELECT transcript FROM handoff WHERE openid = :o", o=buyer.openid)
    assert any("充50话费" in line["text"] for line in transcript)
    assert any("有人吗" in line["text"] for line in transcript)
    assert buyer.say("转回机器人")
    assert "13912340009" in buyer.say("13912340009")


def test_a_handoff_times_out_after_half_an_hour_of_silence_and_says_so(shop: Shop) -> None:
    buyer = shop.buyer()
    buyer.say("转人工")
    with shop.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE handoff SET last_heard_at = now() - interval '31 min'")
    background.end_silent_handoffs(shop.services)
    buyer.told("人工服务已结束")
    assert "话费充值" in buyer.say("充100话费")


def test_an_order_page_and_a_pay_link_that_do_not_exist_tell_nothing(shop: Shop) -> None:
    for path in ("/pay/nothing", "/orders/nothing", "/pay/" + "x" * 500):
        answer = shop.bot.get(path)
        assert answer.status_code == 404
        assert "Traceback" not in answer.text


def test_pictures_places_and_links_are_answered_in_words(shop: Shop) -> None:
    buyer: Buyer = shop.buyer()
    for kind in ("image", "location", "video"):
        assert "打字" in buyer.say("x", kind=kind)
    assert "链接" in buyer.say("x", kind="link")  # what it names is looked for: of an unknown one the bot says so


def test_a_buyer_who_leaves_is_forgotten_and_welcomed_again_when_he_comes_back(shop: Shop) -> None:
    buyer = shop.buyer()
    buyer.say("充100话费")
    shop.sandbox.post(f"/sandbox/api/chat/{buyer.openid}/unsubscribe", json={}).raise_for_status()
    assert shop.query("SELECT subscribed FROM buyer WHERE openid = :o", o=buyer.openid) == [False]
    assert shop.services.store.transcript(buyer.openid) == ()
    time.sleep(1.05)  # events carry no number: within one second WeChat's second subscribe could not be told apart
    shop.sandbox.post(f"/sandbox/api/chat/{buyer.openid}/subscribe", json={}).raise_for_status()
    assert shop.query("SELECT subscribed FROM buyer WHERE openid = :o", o=buyer.openid) == [True]
    assert "合计" not in buyer.say("13812345678")


def test_goods_that_a_person_delivers_are_listed_done_and_told(shop: Shop) -> None:
    buyer = shop.buyer()
    buyer.pay(buyer.order("王者代练打到星耀 QQ 12345678 现在铂金", "确认"))
    buyer.told("已收到付款")
    [line] = [one for one in operators.todo(shop.services) if "12345678" in one]
    number = int(line.split("\t")[0])
    assert operators.done(shop.services, number, "") is not None
    buyer.told("已完成")
    assert operators.done(shop.services, number, "") is None
    assert shop.query("SELECT state FROM orders WHERE openid = :o", o=buyer.openid) == ["delivered"]


def test_goods_that_a_person_cannot_deliver_are_given_back(shop: Shop) -> None:
    buyer = shop.buyer()
    buyer.pay(buyer.order("王者代练打到钻石 QQ 22345678 现在铂金", "确认"))
    buyer.told("已收到付款")
    [line] = [one for one in operators.todo(shop.services) if "22345678" in one]
    assert operators.give_back(shop.services, int(line.split("\t")[0]), "代练师傅不在") is not None
    assert "60.00" in buyer.told("退款成功")


def test_the_operator_sees_who_waits_and_gives_him_back_to_the_bot(shop: Shop) -> None:
    buyer = shop.buyer()
    buyer.say("充100话费")
    buyer.say("转人工")
    listed = "\n".join(operators.waiting(shop.services))
    assert buyer.openid in listed
    assert "充100话费" in listed
    assert operators.end_handoff(shop.services, buyer.openid) is not None
    buyer.told("人工服务已结束")
    assert "13912340010" in buyer.say("13912340010")
    assert operators.end_handoff(shop.services, buyer.openid) is None


def test_a_turn_that_takes_too_long_is_answered_in_time_and_goes_on(shop: Shop) -> None:
    buyer = shop.buyer()
    buyer.say("充10话费 13912340011")
    with shop.engine.begin() as conn:
        # What placing an order of this buyer waits for.
        conn.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7081))", (buyer.openid,))
        assert "稍等" in buyer.say("确认"), "while what it waits for is held all the time"
    eventually(lambda: shop.query("SELECT 1 FROM orders WHERE openid = :o", o=buyer.openid))
    assert "13912340011" in buyer.say("我的订单") or "10元" in buyer.say("我的订单")


def test_a_card_key_is_shown_again_to_its_owner_and_is_never_in_redis_or_in_clear_in_the_database(
    shop: Shop, keys: KeyImport
) -> None:
    keys("JD100", "JD-SECRET-KEY-0001")
    buyer = shop.buyer()
    buyer.pay(buyer.order("京东卡100的一张", "确认"))
    buyer.told("JD-SECRET-KEY-0001")
    assert "JD-SECRET-KEY-0001" in buyer.say("把卡密再发我一次")
    assert "JD-SECRET-KEY-0001" not in shop.buyer().say("把卡密再发我一次")
    redis = shop.services.redis
    read = {b"string": redis.get, b"hash": redis.hgetall, b"list": lambda key: redis.lrange(key, 0, -1)}
    kept = [str(read[redis.type(key)](key)) for key in redis.scan_iter("*")]  # type: ignore[index]
    assert kept
    assert not any("JD-SECRET-KEY-0001" in one for one in kept)
    columns = shop.query(
        "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND data_type IN ('text', 'character varying', 'jsonb', 'bytea')"
    )
    for column in columns:
        table, name = column.split(".")
        assert not shop.query(f"SELECT 1 FROM {table} WHERE CAST({name} AS text) LIKE '%JD-SECRET-KEY-0001%'"), column
        in_hex = b"JD-SECRET-KEY-0001".hex()
        assert not shop.query(f"SELECT 1 FROM {table} WHERE CAST({name} AS text) LIKE '%{in_hex}%'"), column


def test_keys_whose_push_got_no_answer_are_not_pushed_twice_but_their_place_is_told(
    shop: Shop, keys: KeyImport
) -> None:
    keys("JD200", "JD-NO-ANSWER-1")
    shop.faults(push={"kind": "drop", "times": 1, "on": "JD-NO-ANSWER-1"})
    buyer = shop.buyer()
    path = buyer.order("京东卡200的一张", "确认")
    buyer.pay(path)
    assert path.replace("/pay/", "/orders/") in buyer.told("没收到的话")
    assert not any("JD-NO-ANSWER-1" in m["content"] for m in buyer.chat())
    assert "JD-NO-ANSWER-1" in buyer.say("你好")


def test_more_keys_than_one_answer_holds_are_cut_between_keys_and_the_rest_is_pointed_at(
    shop: Shop, keys: KeyImport
) -> None:
    cards = [f"JUNWANG-LONG-{number:04d}-ABCDEFGHIJKLMNOP" for number in range(60)]
    keys("JW100", *cards)
    buyer = shop.buyer()
    path = buyer.order("骏网卡100块的60张", "确认")
    buyer.pay(path)
    buyer.told(cards[-1])
    pushed = "".join(m["content"] for m in buyer.chat() if m["from"] == "bot")
    assert all(pushed.count(card) == 1 for card in cards)
    again = buyer.say("把卡密再发我一次")
    assert len(again.encode()) <= 2047
    assert again.count("JUNWANG-LONG") == sum(card in again for card in cards) < 60
    assert "订单页" in again
    page = buyer.open(path.replace("/pay/", "/orders/")).text
    assert all(card in page for card in cards)


def test_without_a_template_nothing_is_announced(shop: Shop, keys: KeyImport) -> None:
    keys("ST50", "SILENT-KEY-1")
    buyer = shop.buyer()
    path = buyer.order("steam卡50元", "确认")
    shop.faults(push={"kind": "45015", "times": -1})
    buyer.pay(path)
    kept = "SELECT count(*) FROM push WHERE openid = :o AND state = 'kept'"
    eventually(lambda: shop.query(kept, o=buyer.openid) == [1])
    shop.faults(push=None)
    assert shop.query("SELECT state FROM push WHERE openid = :o AND kind = 'service_notice'", o=buyer.openid) == []
