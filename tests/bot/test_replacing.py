"""A key that does not work is replaced in one step: another one from stock, told once, the bad one never sold again."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot import books, delivering, operators, replacing
from bot.cli import main
from bot.wechat import MaybeSent
from catalog import stock_care
from catalog.key_import import import_keys
from catalog.key_replacing import NoneLeft, NotThatKey
from fulfillment import audit
from fulfillment.byhand import NotNow
from fulfillment.replacing import KeyReplaced
from kernel.orders import Order
from tests.bot.test_after_sale import Shop, opened


@pytest.fixture
def shop(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Shop]:
    with opened(tmp_path, database_url, redis_url) as shop:
        yield shop


def stocked(shop: Shop, folder: Path, count: int, cost_fen: int | None = None) -> None:
    file = folder / "ST50.txt"
    file.write_text("\n".join(f"SECRET-ST50-{n:04d}" for n in range(1, count + 1)))
    import_keys(shop.services.engine, shop.services.vault, "ST50", file, unit_cost_fen=cost_fen)  # type: ignore[arg-type]


def delivered(shop: Shop, words: str = "50的steam卡一张") -> Order:
    order = shop.order(words, "确认")
    shop.work()
    assert "SECRET-ST50-0001" in shop.say("嗯")
    return order


def replace(shop: Shop, order: Order, key_id: int | None = None) -> object:
    return replacing.replace_key(shop.services, order.lines[0].id, key_id, "已被使用", actor="operator")


def agrees(shop: Shop) -> bool:
    with shop.services.engine.connect() as conn:
        return list(audit.verify(conn)) == [] and books.compare(conn) == ()


def test_another_key_comes_in_place_of_the_bad_one_and_the_complaint_is_closed(shop: Shop, tmp_path: Path) -> None:
    stocked(shop, tmp_path, 2, cost_fen=4_500)
    order = delivered(shop)
    assert "S00001" in shop.say("卡密无效，提示已被使用")
    done = replace(shop, order)
    assert isinstance(done, KeyReplaced)
    shop.work()
    told = shop.say("好的")
    assert "SECRET-ST50-0002" in told
    assert "SECRET-ST50-0001" not in told
    assert "换了一张新的" in told
    assert shop.rows("SELECT state FROM support_case") == ["closed"]
    assert shop.rows("SELECT what || ' ' || reason FROM key_change") == ["replace 已被使用"]
    assert "SECRET-ST50-0001" not in shop.say("卡密再发我一次")
    assert shop.rows("SELECT sum(amount_fen) FROM ledger_entry WHERE account = 'supplier_cost'") == [9_000]
    assert agrees(shop)


def test_the_bad_key_never_comes_back_whoever_tries(shop: Shop, tmp_path: Path) -> None:
    stocked(shop, tmp_path, 2)
    order = delivered(shop)
    done = replace(shop, order)
    assert isinstance(done, KeyReplaced)
    forced = text(
        "UPDATE card_key SET state = :state, order_no = NULL, line_id = NULL, held_at = NULL, sold_at = NULL"
        " WHERE id = :id"
    )
    for state in ("available", "void"):
        with pytest.raises(DBAPIError), shop.services.engine.begin() as conn:
            conn.execute(forced, {"id": done.old_id, "state": state})
    with shop.services.engine.begin() as conn:
        again = stock_care.restore(
            conn, shop.services.vault, [done.old_id], shop.clock.now(), reason="x", actor="operator"
        )
    assert again.ids == ()


def test_a_key_replaced_before_its_message_went_out_is_told_of_once_and_the_bad_one_never(
    shop: Shop, tmp_path: Path
) -> None:
    stocked(shop, tmp_path, 3)
    order = shop.order("50的steam卡两张", "确认")
    delivering.deliver_order(shop.services, order_no=order.order_no)
    [first, _] = shop.rows("SELECT card_key_id FROM key_sale ORDER BY 1")
    assert isinstance(replace(shop, order, int(str(first))), KeyReplaced)
    shop.work()
    told = shop.say("嗯") + shop.say("好的")
    assert [told.count(f"SECRET-ST50-000{n}") for n in (1, 2, 3)] == [0, 1, 1]


def test_nothing_in_stock_says_so_and_changes_nothing(shop: Shop, tmp_path: Path) -> None:
    stocked(shop, tmp_path, 1)
    order = delivered(shop)
    assert replace(shop, order) == NoneLeft()
    assert shop.rows("SELECT count(*) FROM key_replacement") == [0]
    assert "SECRET-ST50-0001" in shop.say("卡密再发我一次")
    assert agrees(shop)


def test_of_several_keys_the_one_that_is_named_is_replaced_once(shop: Shop, tmp_path: Path) -> None:
    stocked(shop, tmp_path, 4)
    order = delivered(shop, "50的steam卡两张")
    has = replace(shop, order)
    assert isinstance(has, NotThatKey)
    assert len(has.of_line) == 2
    first, second = has.of_line
    assert isinstance(replace(shop, order, first), KeyReplaced)
    left = replace(shop, order, first)
    assert isinstance(left, NotThatKey)
    assert second in left.of_line
    assert first not in left.of_line
    shop.work()
    assert "SECRET-ST50-0003" in shop.say("好的")
    again = shop.say("卡密再发我一次")
    assert "SECRET-ST50-0002" in again
    assert "SECRET-ST50-0003" in again
    assert agrees(shop)


def test_two_operators_at_the_same_moment_replace_it_once(shop: Shop, tmp_path: Path) -> None:
    stocked(shop, tmp_path, 6)
    order = delivered(shop)
    [key] = shop.rows("SELECT card_key_id FROM key_sale")
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(lambda _: replace(shop, order, int(str(key))), range(4)))
    assert sum(isinstance(one, KeyReplaced) for one in done) == 1
    assert shop.rows("SELECT count(*) FROM key_sale") == [2]
    assert shop.rows("SELECT count(*) FROM push WHERE kind = 'key_replaced'") == [1]


def test_what_is_not_delivered_or_has_gone_back_is_not_replaced(shop: Shop, tmp_path: Path) -> None:
    stocked(shop, tmp_path, 3)
    order = shop.order("50的steam卡一张", "确认")
    assert isinstance(replace(shop, order), NotNow)
    shop.work()
    assert shop.rows("SELECT state FROM order_line") == ["delivered"]
    assert operators.give_back(shop.services, order.lines[0].id, "卡坏了", delivered_too=True)
    assert isinstance(replace(shop, order), NotNow)
    assert shop.rows("SELECT count(*) FROM key_sale") == [1]


def test_a_new_key_that_may_have_arrived_is_not_pushed_again(shop: Shop, tmp_path: Path) -> None:
    stocked(shop, tmp_path, 2)
    order = delivered(shop)
    sent: list[str] = []

    class Silent:
        def send_text(self, _openid: str, words: str) -> MaybeSent:
            sent.append(words)
            return MaybeSent("timeout")

    assert isinstance(replace(shop, order), KeyReplaced)
    object.__setattr__(shop.services, "account", Silent())
    for _ in range(5):
        shop.work()
        shop.passes(10)
    assert sum("SECRET-ST50-0002" in words for words in sent) == 1
    assert "SECRET-ST50-0002" in shop.say("好的")


def test_the_command_line_replaces_by_order(
    shop: Shop, database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    stocked(shop, tmp_path, 2)
    order = delivered(shop)
    environment = {"STORE__DATABASE_URL": database_url, "REDIS__URL": redis_url, "APP__DATA_DIR": str(tmp_path)}
    for name, value in environment.items():
        monkeypatch.setenv(f"KABOT_{name}", value)
    assert main(["keys", "replace", order.order_no, "--reason", "无效"]) == 0
    assert "作废，换成" in capsys.readouterr().out
    assert main(["keys", "replace", order.order_no, "--reason", "无效"]) == 1
    assert "no key of ST50 is in stock" in capsys.readouterr().err
    assert main(["keys", "replace", "K1", "--reason", "无效"]) == 1
