"""Voice that WeChat did not write down: fetched, decoded and recognised over real HTTP, answered by push."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.e2e.shop import Buyer, Shop, eventually, pay_path

HEARD_AT_ONCE = "正在听"


@pytest.fixture(scope="module")
def listening_shop(opened_shop: Callable[..., AbstractContextManager[Shop]]) -> Iterator[Shop]:
    with opened_shop(speech={"timeout_s": 1, "per_buyer_per_hour": 4}) as running:
        yield running


@pytest.fixture
def shop(listening_shop: Shop) -> Shop:
    listening_shop.faults(media=None, speech=None, push=None)
    return listening_shop


def speaks(buyer: Buyer, words: str, recognition: str = "empty", **more: object) -> str:
    return buyer.say(words, kind="voice", recognition=recognition, **more)


def heard(buyer: Buyer, words: str) -> str:
    """What is pushed once a voice has been written down."""
    return buyer.told(f"听到：「{words}」")


@pytest.mark.parametrize("recognition", ["empty", "absent"])
def test_an_order_is_spoken_from_the_first_word_to_the_link(shop: Shop, recognition: str) -> None:
    buyer = shop.buyer()
    assert HEARD_AT_ONCE in speaks(buyer, "充100话费 13812345678", recognition)
    summary = heard(buyer, "充100话费 13812345678")
    for part in ("话费充值", "100元", "13812345678", "¥99.50", "确认"):
        assert part in summary
    assert HEARD_AT_ONCE in speaks(buyer, "确认", recognition)
    buyer.pay(pay_path(heard(buyer, "确认")))
    buyer.told("充值成功")


def test_what_wechat_has_written_down_is_answered_at_once(shop: Shop) -> None:
    said = speaks(shop.buyer(), "充100话费 13812345678", "filled")
    assert "听到：「充100话费 13812345678」" in said
    assert "¥99.50" in said
    assert HEARD_AT_ONCE not in said


def test_a_voice_pushed_three_times_has_one_effect_and_one_answer(shop: Shop) -> None:
    buyer = shop.buyer()
    buyer.say("充100话费 13812345678")
    speaks(buyer, "确认", repeat=3)
    heard(buyer, "确认")
    time.sleep(0.3)
    assert sum("听到" in line["content"] for line in buyer.chat()) == 1
    assert shop.query("SELECT count(*) FROM orders WHERE openid = :openid", openid=buyer.openid) == [1]


def test_two_voices_are_answered_in_the_order_they_were_spoken(shop: Shop) -> None:
    buyer = shop.buyer()
    speaks(buyer, "我要充话费给13812345678")
    speaks(buyer, "充100的")
    heard(buyer, "充100的")
    told = [line["content"] for line in buyer.chat() if "听到" in line["content"]]
    assert [line.partition("」")[0] for line in told] == ["听到：「我要充话费给13812345678", "听到：「充100的"]
    assert "¥99.50" in told[1]


def test_what_is_typed_meanwhile_is_taken_first_and_the_voice_after_it(shop: Shop) -> None:
    buyer = shop.buyer()
    shop.faults(speech={"kind": "slow", "seconds": 0.8})
    speaks(buyer, "13812345678")
    assert "手机" in buyer.say("充100话费")
    assert "¥99.50" in heard(buyer, "13812345678")


def test_a_spoken_yes_does_not_confirm_what_was_changed_since(shop: Shop) -> None:
    buyer = shop.buyer()
    buyer.say("充100话费 13812345678")
    shop.faults(speech={"kind": "slow", "seconds": 0.8})
    speaks(buyer, "确认")
    assert "¥49.80" in buyer.say("改成50")
    answer = heard(buyer, "确认")
    assert "/pay/" not in answer
    assert "¥49.80" in answer
    assert shop.query("SELECT count(*) FROM orders WHERE openid = :openid", openid=buyer.openid) == [0]


@pytest.mark.parametrize("fault", ["garbage", "huge", "401"])
def test_a_recogniser_that_makes_no_sense_or_refuses_leads_to_please_type(shop: Shop, fault: str) -> None:
    buyer = shop.buyer()
    shop.faults(speech=fault)
    speaks(buyer, "充100话费")
    assert "自助下单" in buyer.told("打字")


def test_a_recogniser_that_hangs_or_fails_once_is_asked_again(shop: Shop) -> None:
    buyer = shop.buyer()
    for fault in ({"kind": "5xx", "times": 1}, {"kind": "slow", "seconds": 3, "times": 1}):
        shop.faults(speech=fault)
        speaks(buyer, f"有没有{fault['kind']}")
        heard(buyer, f"有没有{fault['kind']}")


def test_a_recogniser_that_hangs_leads_to_please_type(shop: Shop) -> None:
    buyer = shop.buyer()
    shop.faults(speech={"kind": "slow", "seconds": 30})
    speaks(buyer, "充100话费")
    buyer.told("打字")


@pytest.mark.parametrize(
    ("said", "words"), [({"content": ""}, "没听到说话"), ({"content": "喂", "seconds": 75}, "太长")]
)
def test_silence_and_what_is_too_long_are_named(shop: Shop, said: dict[str, object], words: str) -> None:
    buyer = shop.buyer()
    buyer.say(str(said.pop("content")), kind="voice", recognition="empty", **said)
    assert "打字" in buyer.told(words)


def test_a_recogniser_that_hears_nothing_leads_to_say_it_again(shop: Shop) -> None:
    buyer = shop.buyer()
    shop.faults(speech="empty")
    speaks(buyer, "充100话费")
    buyer.told("请再说一次")


@pytest.mark.parametrize("fault", ["gone", "5xx", "huge", "garbage", "speex"])
def test_without_the_good_sound_the_other_one_is_taken(shop: Shop, fault: str) -> None:
    buyer = shop.buyer()
    shop.faults(media={"kind": fault, "on": "voice amr-wb"})
    speaks(buyer, "充100话费")
    heard(buyer, "充100话费")


@pytest.mark.parametrize("fault", ["gone", "5xx", "huge", "garbage"])
def test_a_sound_that_is_not_to_be_had_leads_to_please_type(shop: Shop, fault: str) -> None:
    buyer = shop.buyer()
    shop.faults(media=fault)
    speaks(buyer, "充100话费")
    buyer.told("打字")


def test_an_answer_that_cannot_be_pushed_comes_with_the_next_message(shop: Shop) -> None:
    buyer = shop.buyer()
    shop.faults(push="45047")
    speaks(buyer, "充100话费 13812345678")
    eventually(lambda: shop.query("SELECT 1 FROM push WHERE openid = :openid AND state = 'kept'", openid=buyer.openid))
    shop.faults(push=None)
    # The flag that something waits is set a moment after the row.
    assert "¥99.50" in eventually(lambda: next((one for one in [buyer.say("在吗")] if "听到" in one), ""))


def test_card_keys_asked_for_by_voice_are_pushed_and_kept_nowhere(shop: Shop, tmp_path: Path) -> None:
    shop.stock("JW10", "JUNWANG-SPOKEN-1", tmp=tmp_path)
    buyer = shop.buyer()
    buyer.pay(buyer.order("骏网卡10块的", "确认"))
    buyer.told("JUNWANG-SPOKEN-1")
    speaks(buyer, "卡密再发一次")
    assert "JUNWANG-SPOKEN-1" in heard(buyer, "卡密再发一次")
    kept = shop.query("SELECT answer::text FROM voice WHERE openid = :openid", openid=buyer.openid)
    assert kept
    assert "SPOKEN" not in str(kept)


def test_a_buyer_who_only_speaks_is_asked_to_type_after_so_many_in_an_hour(shop: Shop) -> None:
    buyer = shop.buyer()
    told = [speaks(buyer, "你好") for _ in range(5)]
    assert [HEARD_AT_ONCE in one for one in told] == [True] * 4 + [False]
    assert "打字" in told[4]


def test_what_is_spoken_to_a_person_is_written_down_for_him_and_the_bot_is_silent(shop: Shop) -> None:
    buyer = shop.buyer()
    buyer.say("人工")
    assert speaks(buyer, "我的东西坏了") == ""
    eventually(
        lambda: shop.query(
            "SELECT 1 FROM handoff WHERE openid = :openid AND transcript::text LIKE '%我的东西坏了%'",
            openid=buyer.openid,
        )
    )
    assert not any("听到" in line["content"] for line in buyer.chat())


def test_a_voice_come_to_too_late_is_not_acted_upon(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    buyer = shop.buyer()
    buyer.say("充100话费 13812345678")
    shop.faults(media={"kind": "slow", "seconds": 30})
    with shop.engine.begin() as conn:
        found = conn.execute(
            text(
                "INSERT INTO voice (openid, message_key, media_ids, talk, taken_at)"
                " VALUES (:openid, 'old', '[\"x\"]', '', now() - CAST(:age AS interval)) RETURNING id"
            ),
            {"openid": buyer.openid, "age": timedelta(minutes=11)},
        ).scalar_one()
        shop.services.jobs.defer(conn, "hear_voice", voice_id=found)
    buyer.told("没听清")
    assert "could not be fetched" not in caplog.text, "nobody waited for it"
    assert shop.query("SELECT count(*) FROM orders WHERE openid = :openid", openid=buyer.openid) == [0]


def test_who_leaves_is_forgotten_with_what_he_said(shop: Shop) -> None:
    buyer = shop.buyer()
    speaks(buyer, "充100话费")
    heard(buyer, "充100话费")
    shop.sandbox.post(f"/sandbox/api/chat/{buyer.openid}/unsubscribe").raise_for_status()
    assert shop.query("SELECT 1 FROM voice WHERE openid = :openid", openid=buyer.openid) == []


def test_neither_key_nor_token_nor_words_are_in_the_log(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        for part, fault, words in (
            ("speech", None, "听到"),
            ("speech", "401", "打字"),
            ("speech", "garbage", "打字"),
            ("media", "5xx", "打字"),
        ):
            buyer = shop.buyer()
            shop.faults(**{part: fault})
            speaks(buyer, "充100话费给13987654321")
            buyer.told(words)
    assert "written down" in caplog.text
    for secret in (shop.services.config.speech.api_key, "13987654321", "access_token", "sk-"):
        assert secret not in caplog.text
