"""Talks in a real Redis: one speaker a buyer, each message answered once."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from dialogs import store as store_room
from dialogs.state import Collecting, Dialog, DraftLine, WithHuman, from_json, to_json
from dialogs.store import Answered, Busy, DialogStore, Opened, TalkUnavailableError
from kernel.clock import MovableClock
from kernel.ids import OpenId

BUYER = OpenId("oBuyer_1")
OTHER = OpenId("oBuyer_2")
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def store(client: redis.Redis) -> DialogStore:
    return DialogStore(client, MovableClock(NOW))


def _open(store: DialogStore, openid: OpenId, key: str, wait_s: float = 0.0) -> Opened:
    opened = store.begin(openid, key, wait_s)
    assert isinstance(opened, Opened)
    return opened


def test_a_talk_is_there_for_the_next_message(store: DialogStore) -> None:
    first = _open(store, BUYER, "1")
    assert first.dialog is None
    assert store.commit(first, dialog="{}", reply="好")
    second = _open(store, BUYER, "2")
    assert second.dialog == "{}"
    assert second.version == first.version + 1


def test_a_message_pushed_twice_gets_its_first_answer(store: DialogStore) -> None:
    store.commit(_open(store, BUYER, "1"), dialog="{}", reply="好")
    assert store.begin(BUYER, "1") == Answered("好")
    assert isinstance(store.begin(OTHER, "1"), Opened)


def test_one_message_of_a_buyer_at_a_time(store: DialogStore) -> None:
    opened = _open(store, BUYER, "1")
    assert store.begin(BUYER, "2") == Busy()
    assert store.begin(BUYER, "1") == Busy()
    assert isinstance(store.begin(OTHER, "3"), Opened)
    store.release(opened)
    assert isinstance(store.begin(BUYER, "2"), Opened)


def test_a_turn_that_failed_may_be_tried_again(store: DialogStore) -> None:
    store.release(_open(store, BUYER, "1"))
    assert isinstance(store.begin(BUYER, "1"), Opened)


def test_twenty_messages_at_once_are_taken_one_after_the_other(store: DialogStore) -> None:
    def talk(number: int) -> None:
        opened = _open(store, BUYER, f"m{number}", wait_s=10)
        said = (from_json(opened.dialog).misses if opened.dialog else 0) + 1
        assert store.commit(opened, dialog=to_json(Dialog(misses=said)), reply=str(said))

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last = _open(store, BUYER, "last")
    assert last.dialog is not None
    assert from_json(last.dialog).misses == 20


def test_a_message_pushed_again_while_it_is_worked_on_waits_for_the_same_answer(store: DialogStore) -> None:
    opened = _open(store, BUYER, "1")
    got: list[object] = []
    again = threading.Thread(target=lambda: got.append(store.begin(BUYER, "1", wait_s=5)))
    again.start()
    store.commit(opened, dialog="{}", reply="好")
    again.join()
    assert got == [Answered("好")]


def test_a_speaker_whose_lease_ran_out_saves_nothing(store: DialogStore, client: redis.Redis) -> None:
    late = _open(store, BUYER, "1")
    client.delete("talk:{oBuyer_1}:lock")
    other = _open(store, BUYER, "2")
    assert not store.commit(late, dialog='{"late": 1}', reply="晚了")
    assert store.commit(other, dialog='{"in_time": 1}', reply="好")
    assert not store.commit(late, dialog='{"late": 1}', reply="晚了")
    after = _open(store, BUYER, "3")
    assert after.dialog == '{"in_time": 1}'
    assert not isinstance(store.begin(BUYER, "1"), Answered)


def test_a_speaker_whose_lease_ran_out_while_nobody_else_spoke_is_kept(store: DialogStore, client: redis.Redis) -> None:
    late = _open(store, BUYER, "1")
    client.delete("talk:{oBuyer_1}:lock")
    assert store.commit(late, dialog='{"late": 1}', reply="晚了")
    assert _open(store, BUYER, "2").dialog == '{"late": 1}'
    assert store.begin(BUYER, "1") == Answered("晚了")


def test_a_late_release_does_not_take_the_floor_from_another(store: DialogStore, client: redis.Redis) -> None:
    late = _open(store, BUYER, "1")
    client.delete("talk:{oBuyer_1}:lock")
    _open(store, BUYER, "2")
    store.release(late)
    assert store.begin(BUYER, "3") == Busy()


def test_everything_of_a_talk_goes_away_by_itself(store: DialogStore, client: redis.Redis) -> None:
    store.commit(_open(store, BUYER, "1"), dialog="{}", reply="好", said="你好", answered="您好")
    store.set_waiting(BUYER)
    _open(store, BUYER, "2")
    for key in client.scan_iter():
        assert client.ttl(key) > 0, key


def test_all_keys_of_a_buyer_lie_in_one_slot(store: DialogStore, client: redis.Redis) -> None:
    odd = OpenId("o{x}y")
    store.commit(_open(store, odd, "1" * 500), dialog="{}", reply="好", said="你好")
    store.set_waiting(odd)
    tags = {key.decode().split("{")[1].split("}")[0] for key in client.scan_iter()}
    assert len(tags) == 1
    assert all(len(key) < 200 for key in client.scan_iter())


def test_the_transcript_keeps_the_last_twenty_lines(store: DialogStore) -> None:
    for number in range(15):
        store.commit(
            _open(store, BUYER, str(number)), dialog="{}", reply="", said=f"问{number}", answered=f"答{number}"
        )
    lines = store.transcript(BUYER)
    assert len(lines) == 20
    assert [(line.who, line.text) for line in lines[-2:]] == [("buyer", "问14"), ("bot", "答14")]
    assert lines[-1].at == NOW


def test_what_waits_for_a_buyer_is_seen_with_his_next_message(store: DialogStore) -> None:
    store.set_waiting(BUYER)
    opened = _open(store, BUYER, "1")
    assert opened.waiting
    store.clear_waiting(BUYER)
    store.release(opened)
    assert not _open(store, BUYER, "1").waiting


def test_the_operator_gives_the_talk_back_where_it_stood(store: DialogStore) -> None:
    draft = Collecting((DraftLine("huafei", value=100),), 0, "account")
    talking = Dialog(WithHuman(NOW + timedelta(minutes=30), draft), misses=3)
    store.commit(_open(store, BUYER, "1"), dialog=to_json(talking), reply="")
    assert store.end_handoff(BUYER)
    opened = _open(store, BUYER, "2")
    assert from_json(opened.dialog) == replace(talking, state=draft, misses=0)
    store.release(opened)
    assert not store.end_handoff(BUYER)


def test_a_buyer_who_left_is_forgotten(store: DialogStore) -> None:
    store.commit(_open(store, BUYER, "1"), dialog="{}", reply="好", said="你好")
    store.forget(BUYER)
    assert _open(store, BUYER, "2").dialog is None
    assert store.transcript(BUYER) == ()


def test_an_outage_of_redis_has_a_name() -> None:
    nowhere = redis.Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2, retry=Retry(NoBackoff(), 0))
    with pytest.raises(TalkUnavailableError):
        DialogStore(nowhere, MovableClock(NOW)).begin(BUYER, "1")


def test_a_redis_that_lost_its_scripts_is_served_on(store: DialogStore, client: redis.Redis) -> None:
    opened = _open(store, BUYER, "1")
    client.script_flush()
    assert store.commit(opened, dialog="{}", reply="好")


def test_the_lease_outlives_the_time_wechat_waits() -> None:
    assert store_room.LEASE_MS > 5_000
