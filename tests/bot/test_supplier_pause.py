"""A supplier that a person has paused is not ordered from, whatever it was in the middle of; nothing is lost by it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from bot import after_sale, background, doctor, giving_back, operators, suppliers
from bot.bootstrap import Services
from bot.cli import main
from catalog.shelf import Shelf
from catalog.store import import_catalog
from console import reading
from dialogs.effects import AskRefund
from dialogs.facts import RefundDecided
from fulfillment import byhand, pausing
from fulfillment.suppliers.choosing import Market, Source, choose
from kernel.ids import OpenId, OrderNo
from kernel.money import Fen
from kernel.orders import LineState
from tests.bot.supplying import CALLS, Supplying, supplying


@pytest.fixture
def shop(engine: Engine, redis_url: str, tmp_path: Path) -> Iterator[Supplying]:
    with supplying(engine, redis_url, tmp_path) as shop:
        yield shop


def _off_sale(services: Services) -> dict[str, str]:
    with services.engine.connect() as conn:
        rows = conn.exec_driver_sql("SELECT code, paused_note FROM sku WHERE paused_note IS NOT NULL").all()
    return {row.code: row.paused_note for row in rows}


def _paused(shop: Supplying, name: str = "fulu") -> None:
    assert suppliers.pause(shop.services, name, by="anna", why="对账")


SOURCES = st.lists(
    st.builds(Source, st.sampled_from("abc"), st.sampled_from("xy"), st.none(), st.booleans()), max_size=6
)


@given(SOURCES, st.sets(st.sampled_from("abc")), st.sets(st.sampled_from("abc")))
def test_a_paused_one_is_chosen_only_where_every_other_is_paused_too(
    sources: list[Source], paused: set[str], silent: set[str]
) -> None:
    market = Market(avoid=frozenset(silent), paused=frozenset(paused))
    chosen = choose(sources, tried=(), unit_fen=100, allow_loss=False, market=market).source
    if chosen is not None and chosen.supplier in paused:
        assert all(one.supplier in paused for one in sources)
    assert (chosen is None) == (not sources)


def test_the_next_supplier_is_asked_and_what_only_it_has_is_off_sale(shop: Supplying) -> None:
    _paused(shop)
    assert _off_sale(shop.services) == {"HF50": "fulu 已暂停"}
    order_no = shop.paid("HF100")
    shop.settle_all()
    assert shop.attempts(order_no) == [("juhe", "success")]
    assert not suppliers.pause(shop.services, "fulu", by="bob"), "it is paused already"
    with shop.services.engine.connect() as conn:
        assert pausing.paused(conn)["fulu"].by == "anna"


def test_the_ten_minute_round_keeps_it_off_sale_and_the_end_of_the_pause_puts_it_back(shop: Supplying) -> None:
    _paused(shop)
    suppliers.synchronise_offers(shop.services)
    assert _off_sale(shop.services) == {"HF50": "fulu 已暂停"}
    assert suppliers.resume(shop.services, "fulu", by="anna")
    assert _off_sale(shop.services) == {}
    assert not suppliers.resume(shop.services, "fulu", by="anna")


def test_a_sku_that_is_changed_meanwhile_goes_off_sale_again(shop: Supplying) -> None:
    _paused(shop)
    dearer = replace(CALLS, skus=tuple(replace(sku, price_fen=Fen(sku.price_fen + 10)) for sku in CALLS.skus))
    with shop.services.engine.begin() as conn:
        import_catalog(conn, Shelf((dearer,), "v2"))
    assert _off_sale(shop.services) == {}
    suppliers.keep_off_sale(shop.services)
    assert _off_sale(shop.services) == {"HF50": "fulu 已暂停"}


def test_what_was_paid_and_only_it_has_waits_and_goes_out_first_when_it_is_let_go_on(shop: Supplying) -> None:
    order_no = shop.paid("HF50")
    _paused(shop)
    shop.send_all()
    assert shop.attempts(order_no) == [("fulu", "created")]
    assert shop.line(order_no).state is LineState.DELIVERING
    assert shop.rows("SELECT sends FROM supplier_order") == [(0,)]
    [report] = [line for line in suppliers.report(shop.services) if line.startswith("fulu")]
    assert "已暂停（anna" in report
    assert "：对账），1 笔在等" in report
    examined = {one.part: one.words for one in doctor._suppliers(shop.services) if "已暂停" in one.words}
    assert "1 笔在等" in examined["供货商 fulu"]
    assert suppliers.resume(shop.services, "fulu", by="anna")
    asked = "SELECT count(*) AS n FROM procrastinate_jobs WHERE task_name = 'send_to_supplier'"
    assert [row.n for row in shop.rows(asked)] == [2], "when it was written down, and when the pause ended"
    shop.settle_all()
    assert shop.attempts(order_no) == [("fulu", "success")]
    assert shop.line(order_no).state is LineState.DELIVERED


def test_what_waits_to_be_sent_goes_elsewhere_and_what_was_sent_is_asked_about(shop: Supplying) -> None:
    sent = shop.paid()
    shop.send_all()
    waiting = shop.paid()
    assert shop.attempts(waiting) == [("fulu", "created")]
    _paused(shop)
    shop.settle_all()
    assert shop.attempts(sent) == [("fulu", "success")], "a query is no order"
    assert shop.attempts(waiting) == [("juhe", "success")]


def test_after_a_failure_elsewhere_the_unit_waits_for_the_paused_one(shop: Supplying) -> None:
    shop.faults(juhe="failed")
    _paused(shop)
    order_no = shop.paid("HF100")
    shop.send_all()
    for _ in range(20):
        shop.query_all()
        shop.send_all()
    assert shop.attempts(order_no) == [("juhe", "failed"), ("fulu", "created")]
    assert suppliers.resume(shop.services, "fulu", by="anna")
    shop.settle_all()
    assert shop.attempts(order_no)[-1] == ("fulu", "success")


def test_what_would_be_repeated_is_asked_about_instead(shop: Supplying) -> None:
    shop.faults(supplier={"kind": "unknown", "accepted": False})
    order_no = shop.paid("HF50")
    shop.send_all()
    assert shop.attempts(order_no) == [("fulu", "unknown")]
    shop.clock.move(timedelta(minutes=3))
    shop.query_all()
    assert shop.attempts(order_no) == [("fulu", "created")], "to be sent again under the same number"
    _paused(shop)
    shop.send_all()
    assert shop.attempts(order_no) == [("fulu", "unknown")]
    shop.query_all()
    assert shop.attempts(order_no) == [("fulu", "unknown")], "nothing goes out while it is paused"
    assert shop.rows("SELECT sends FROM supplier_order") == [(1,)]
    shop.faults(supplier=None)
    assert suppliers.resume(shop.services, "fulu", by="anna")
    shop.query_all()
    shop.settle_all()
    assert shop.attempts(order_no) == [("fulu", "success")]
    assert shop.rows("SELECT sends FROM supplier_order") == [(2,)]


def test_whoever_waits_for_a_paused_one_gets_his_money_back_at_a_word(shop: Supplying) -> None:
    order_no = shop.paid("HF50")
    _paused(shop)
    shop.send_all()
    openid = OpenId(shop.rows("SELECT openid FROM orders")[0].openid)
    fact = after_sale.ask_refund(shop.services, openid, AskRefund(OrderNo(order_no), shop.line(order_no).id, "不要了"))
    assert isinstance(fact, RefundDecided)
    shop.query_all()
    assert shop.rows("SELECT amount_fen FROM refund") == [(4980,)]
    assert suppliers.resume(shop.services, "fulu", by="anna")
    shop.send_all()
    assert shop.rows("SELECT sends FROM supplier_order") == [(0,)], "nothing is bought for money that went back"


@pytest.mark.parametrize("by_command", [True, False])
def test_a_person_gives_back_what_waits_for_a_paused_one_and_nothing_is_bought(
    shop: Supplying, by_command: bool
) -> None:
    order_no = shop.paid("HF50")
    line_id = shop.line(order_no).id

    def given_back() -> bool:
        if not by_command:
            return operators.give_back(shop.services, line_id, "供货商停了", delivered_too=True) is not None
        try:
            return bool(list(giving_back.refund_order(shop.services, giving_back.Wanted(order_no), "停了", actor="a")))
        except giving_back.RefundNotPossibleError:
            return False

    _paused(shop)
    shop.send_all()
    some = giving_back.give_some(shop.services, line_id, 100, "一部分", actor="a")
    assert isinstance(some, byhand.NotNow), "what is left of it would still be bought"
    with shop.services.engine.connect() as conn:
        seen = reading.order(conn, order_no)
    assert seen is not None
    assert seen.lines[0].can_go_back
    assert given_back()
    assert not given_back(), "once"
    shop.query_all()
    assert shop.rows("SELECT amount_fen FROM refund") == [(4980,)]
    assert suppliers.resume(shop.services, "fulu", by="anna")
    shop.send_all()
    assert shop.rows("SELECT state, sends FROM supplier_order") == [("failed", 0)]


def test_what_a_supplier_was_asked_for_a_person_gives_back_only_after_its_result(shop: Supplying) -> None:
    order_no = shop.paid("HF50")
    shop.send_all()
    assert shop.rows("SELECT sends FROM supplier_order") == [(1,)]
    assert operators.give_back(shop.services, shop.line(order_no).id, "x", delivered_too=True) is None
    with shop.services.engine.connect() as conn:
        seen = reading.order(conn, order_no)
    assert seen is not None
    assert not seen.lines[0].can_go_back
    assert shop.rows("SELECT count(*) FROM refund") == [(0,)]


def test_a_paused_one_that_is_looked_at_again_by_the_sweep_stays_unsent(shop: Supplying) -> None:
    shop.paid("HF50")
    _paused(shop)
    shop.send_all()
    [before] = shop.rows("SELECT next_query_at FROM supplier_order")
    assert before.next_query_at > shop.clock.now() + timedelta(minutes=9), "not every minute"
    shop.clock.move(timedelta(hours=80))
    background.sweep_work(shop.services)
    shop.send_all()
    assert shop.rows("SELECT state, sends FROM supplier_order") == [("created", 0)]


def test_the_command_line_pauses_and_lets_go_on_and_both_are_on_record(
    shop: Supplying, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], redis_url: str, tmp_path: Path
) -> None:
    environ = {
        "KABOT_CONFIG": str(tmp_path / "config.toml"),
        "KABOT_STORE__DATABASE_URL": shop.services.engine.url.render_as_string(hide_password=False),
        "KABOT_REDIS__URL": redis_url,
        **{
            f"KABOT_SUPPLIER__FULU__{key.upper()}": value
            for key, value in {"kind": "fulu", "api_base": shop.url, "app_key": "k", "app_secret": "s" * 32}.items()
        },
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert main(["suppliers", "pause", "fulu", "--reason", "涨价了"]) == 0
    assert main(["suppliers", "pause", "fulu"]) == 0
    assert main(["suppliers"]) == 0
    told = capsys.readouterr().out
    assert "fulu: paused\nfulu: it was paused already" in told
    assert "已暂停（命令行" in told
    assert "涨价了" in told
    assert main(["suppliers", "pause", "nobody"]) == 2
    assert "nobody: no such supplier; configured: fulu" in capsys.readouterr().err
    assert main(["suppliers", "pause", "fulu", "--reason", "x" * 201]) == 2
    assert main(["suppliers", "resume", "fulu"]) == 0
    assert main(["suppliers", "resume", "fulu"]) == 1
    done = shop.rows("SELECT what, about, operator, before, after FROM operator_action ORDER BY id")
    assert [(row.what, row.about, row.operator) for row in done] == [
        ("pause_supplier", "supplier:fulu", "命令行"),
        ("resume_supplier", "supplier:fulu", "命令行"),
    ]
    assert (done[0].before, done[0].after) == ({"paused": False}, {"paused": True, "why": "涨价了"})
