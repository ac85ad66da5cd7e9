"""Cases: opened once, answered, late, closed; each change is in the history, and the buyer is told."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from fulfillment import cases, delivering, paying, reading, refunding, topups
from fulfillment.cases import NotRunning, Opened
from fulfillment.suppliers.port import Accepted, Failed
from kernel.cases import CaseKind, CaseState, SupplierSays
from kernel.orders import LineState, Order
from tests.fulfillment import test_topups_failover as failover
from tests.fulfillment.counter import LI, NOW, place, want

HOUR = timedelta(hours=1)


def paid(conn: Connection, *skus: str, openid: str = LI) -> Order:
    order: Order = place(conn, *(want(sku) for sku in skus), openid=openid).order
    paying.mark_paid(conn, order.order_no, NOW, NOW)
    return order


def opened(conn: Connection, order: Order, kind: CaseKind = CaseKind.MISSING, **more: Any) -> Opened | None:
    values: dict[str, Any] = {"openid": LI, "line_id": order.lines[0].id, "now": NOW, "said": "没到账"} | more
    now = values["now"]
    return cases.open_case(
        conn,
        kind=kind,
        order_no=order.order_no,
        transcript=[{"from": "buyer", "text": "没到账"}],
        answer_due_at=now + HOUR,
        remedy_due_at=now + 2 * HOUR,
        **values,
    )


def events(conn: Connection, case_id: int) -> list[str]:
    sql = text("SELECT what FROM case_event WHERE case_id = :id ORDER BY id")
    return list(conn.execute(sql, {"id": case_id}).scalars())


def pushes(conn: Connection, order: Order) -> list[str]:
    sql = text("SELECT kind FROM push WHERE order_no = :no ORDER BY id")
    return list(conn.execute(sql, {"no": order.order_no}).scalars())


def test_asking_again_gives_the_running_case_and_keeps_what_was_said(conn: Connection) -> None:
    order = paid(conn, "HF100")
    first, again = opened(conn, order), opened(conn, order, said="还没到")
    assert first is not None
    assert first.first
    assert again is not None
    assert not again.first
    assert again.case.id == first.case.id
    assert events(conn, first.case.id) == ["opened", "said"]


def test_another_kind_or_another_line_is_a_case_of_its_own(conn: Connection) -> None:
    order = paid(conn, "HF100", "WZ60")
    found = [
        opened(conn, order),
        opened(conn, order, CaseKind.REFUND),
        opened(conn, order, line_id=order.lines[1].id),
        opened(conn, order, CaseKind.INVOICE, line_id=None),
    ]
    assert len({one.case.id for one in found if one is not None}) == 4


def test_the_database_itself_refuses_a_second_open_case(conn: Connection) -> None:
    order = paid(conn, "HF100")
    opened(conn, order, CaseKind.INVOICE, line_id=None)
    copy = "INSERT INTO support_case (kind, openid, order_no, opened_at, answer_due_at, remedy_due_at)"
    savepoint = conn.begin_nested()
    with pytest.raises(Exception, match="support_case_one_open"):
        conn.execute(text(f"{copy} SELECT kind, openid, order_no, opened_at, opened_at, opened_at FROM support_case"))
    savepoint.rollback()


def test_nobody_opens_a_case_about_somebody_else_s_order(conn: Connection) -> None:
    assert opened(conn, paid(conn, "HF100"), openid="openid-wang") is None


def test_an_answer_reaches_the_buyer_and_a_closed_case_takes_no_more(conn: Connection) -> None:
    order = paid(conn, "HF100")
    case = opened(conn, order)
    assert case is not None
    answered = cases.answer(conn, case.case.id, "正在联系运营商", NOW, actor="operator")
    assert not isinstance(answered, NotRunning)
    assert len(answered.push_ids) == 1
    assert cases.running_of(conn, LI)[0].state is CaseState.ANSWERED
    closed = cases.close(conn, case.case.id, "已到账", NOW, actor="operator")
    assert not isinstance(closed, NotRunning)
    assert pushes(conn, order) == ["case_answered", "case_closed"]
    assert cases.running_of(conn, LI) == ()
    assert isinstance(cases.answer(conn, case.case.id, "再说", NOW, actor="operator"), NotRunning)
    assert isinstance(cases.close(conn, 10**9, "", NOW, actor="operator"), NotRunning)
    assert events(conn, case.case.id) == ["opened", "answered", "closed"]


def test_what_a_person_wrote_is_found_for_the_message_that_carries_it(conn: Connection) -> None:
    order = paid(conn, "HF100")
    case = opened(conn, order)
    assert case is not None
    for words in ("第一次答复", "第二次答复"):
        cases.answer(conn, case.case.id, words, NOW, actor="operator")
    ids = conn.execute(text("SELECT about_id FROM push WHERE kind = 'case_answered' ORDER BY id")).scalars().all()
    assert [found[1] for one in ids if (found := cases.words_of(conn, one))] == ["第一次答复", "第二次答复"]


def test_a_late_case_is_marked_and_told_once(conn: Connection) -> None:
    order = paid(conn, "HF100")
    case = opened(conn, order)
    assert case is not None
    assert cases.mark_overdue(conn, NOW + HOUR).push_ids == ()
    later = NOW + HOUR + timedelta(seconds=1)
    assert len(cases.mark_overdue(conn, later).push_ids) == 1
    assert cases.mark_overdue(conn, later + HOUR).push_ids == ()
    assert cases.overdue_count(conn, later) == 1
    assert events(conn, case.case.id) == ["opened", "overdue"]
    again = opened(conn, order, now=later)
    assert again is not None
    assert again.case.overdue


def test_an_answered_case_is_late_only_when_its_remedy_is(conn: Connection) -> None:
    order = paid(conn, "HF100")
    case = opened(conn, order)
    assert case is not None
    cases.answer(conn, case.case.id, "在查", NOW, actor="operator")
    assert cases.mark_overdue(conn, NOW + HOUR + timedelta(minutes=30)).push_ids == ()
    assert len(cases.mark_overdue(conn, NOW + 2 * HOUR + timedelta(seconds=1)).push_ids) == 1


def move(conn: Connection, line_id: int, state: LineState, column: str) -> None:
    conn.execute(
        text(f"UPDATE order_line SET state = :s, {column} = :at WHERE id = :id"),
        {"s": state.value, "at": NOW + timedelta(minutes=5), "id": line_id},
    )


def test_what_has_come_in_the_meantime_closes_its_case_without_a_word(conn: Connection) -> None:
    order = paid(conn, "HF100")
    opened(conn, order)
    opened(conn, order, CaseKind.REFUND)
    move(conn, order.lines[0].id, LineState.DELIVERED, "delivered_at")
    assert cases.close_settled(conn, NOW + HOUR) == 1
    assert [case.kind for case in cases.running_of(conn, LI)] == [CaseKind.REFUND]
    assert "case_closed" not in pushes(conn, order)


def test_money_that_is_back_closes_every_case_but_the_invoice(conn: Connection) -> None:
    order = paid(conn, "HF100")
    for kind in CaseKind:
        opened(conn, order, kind)
    move(conn, order.lines[0].id, LineState.REFUNDED, "refunded_at")
    assert cases.close_settled(conn, NOW + HOUR) == len(CaseKind) - 1
    assert [case.kind for case in cases.running_of(conn, LI)] == [CaseKind.INVOICE]


def test_what_was_delivered_before_the_complaint_is_no_answer_to_it(conn: Connection) -> None:
    order = paid(conn, "HF100")
    move(conn, order.lines[0].id, LineState.DELIVERED, "delivered_at")
    opened(conn, order, now=NOW + HOUR)
    assert cases.close_settled(conn, NOW + HOUR) == 0


def test_the_facts_say_what_the_supplier_said_and_whether_a_key_was_shown(conn: Connection) -> None:
    order = paid(conn, "HF100", "ST50")
    delivering.deliver(conn, order.order_no, NOW, default_supplier="fulu")
    topup, card = order.lines[0].id, order.lines[1].id
    facts = cases.facts_of(conn, order.order_no)
    assert facts[topup].supplier is SupplierSays.NOT_ASKED
    assert (facts[card].keys, facts[card].shown_at) == (1, None)
    number = conn.execute(text("SELECT id FROM supplier_order WHERE line_id = :l"), {"l": topup}).scalar_one()
    topups.claim_send(conn, number, NOW)
    conn.execute(
        text(
            "INSERT INTO key_showing (card_key_id, place, shown_at)"
            " SELECT card_key_id, 'chat', :now FROM key_sale WHERE line_id = :l"
        ),
        {"l": card, "now": NOW},
    )
    facts = cases.facts_of(conn, order.order_no)
    assert facts[topup].supplier is SupplierSays.UNKNOWN
    assert facts[card].shown_at == NOW


def test_an_overdue_case_stands_first_in_the_list_with_all_that_is_needed(conn: Connection) -> None:
    late, early = paid(conn, "HF100"), paid(conn, "WZ60")
    opened(conn, early, now=NOW + HOUR)
    opened(conn, late)
    listed = cases.running(conn)
    assert [one.case.order_no for one in listed] == [late.order_no, early.order_no]
    assert listed[0].what == "话费 100元 ×1"
    assert listed[0].transcript == [{"from": "buyer", "text": "没到账"}]


# ---- money back by the buyer's own wish -----------------------------------------------------------------------------


def test_what_nobody_has_begun_to_deliver_goes_back_at_once_and_its_keys_are_on_sale_again(conn: Connection) -> None:
    order = paid(conn, "ST50", "HF100")
    taken = refunding.take_back(conn, order.order_no, LI, NOW)
    assert taken is not None
    assert {way.value for way in taken.ways.values()} == {"at_once"}
    assert sorted(due.amount_fen for due in taken.work.refunds) == sorted(line.total_fen for line in order.lines)
    held = text("SELECT count(*) FROM card_key WHERE order_no = :no")
    assert conn.execute(held, {"no": order.order_no}).scalar_one() == 0
    assert delivering.deliver(conn, order.order_no, NOW, default_supplier="fulu").send_ids == ()


def test_asking_twice_gives_back_once(conn: Connection) -> None:
    order = paid(conn, "HF100")
    refunding.take_back(conn, order.order_no, LI, NOW)
    again = refunding.take_back(conn, order.order_no, LI, NOW)
    assert again is not None
    assert [way.value for way in again.ways.values()] == ["under_way"]
    assert again.work.refunds == ()


def test_a_purchase_not_sent_yet_is_never_sent_after_the_money_went_back(conn: Connection) -> None:
    order = paid(conn, "HF100")
    work = delivering.deliver(conn, order.order_no, NOW, default_supplier="fulu")
    taken = refunding.take_back(conn, order.order_no, LI, NOW)
    assert taken is not None
    assert len(taken.work.refunds) == 1
    assert topups.claim_send(conn, work.send_ids[0], NOW) is None


def test_a_purchase_in_flight_waits_for_its_result(conn: Connection) -> None:
    order = paid(conn, "HF100")
    work = delivering.deliver(conn, order.order_no, NOW, default_supplier="fulu")
    assert topups.claim_send(conn, work.send_ids[0], NOW) is not None
    taken = refunding.take_back(conn, order.order_no, LI, NOW)
    assert taken is not None
    assert [way.value for way in taken.ways.values()] == ["after_result"]
    assert taken.work.refunds == ()


def test_what_is_wanted_back_and_fails_is_given_back_and_not_bought_elsewhere(conn: Connection) -> None:
    order = paid(conn, "HF100", "WZ60")
    first, second = (line.id for line in order.lines)
    assert not cases.wants_money_back(conn, order.order_no, first)
    case = opened(conn, order, CaseKind.REFUND)
    assert case is not None
    assert cases.wants_money_back(conn, order.order_no, first)
    assert not cases.wants_money_back(conn, order.order_no, second)
    cases.close(conn, case.case.id, "", NOW, actor="operator")
    assert not cases.wants_money_back(conn, order.order_no, first)
    opened(conn, order, CaseKind.REFUND, line_id=None)
    assert cases.wants_money_back(conn, order.order_no, second)


def test_a_purchase_that_fails_is_not_tried_at_the_next_supplier_when_the_buyer_wants_his_money(
    conn: Connection,
) -> None:
    order = failover.paid(conn)
    work = failover.deliver(conn, order)
    sent, _ = failover.send(conn, work.send_ids[0], Accepted())
    taken = refunding.take_back(conn, order.order_no, "li", NOW)
    assert taken is not None
    assert [way.value for way in taken.ways.values()] == ["after_result"]
    opened(conn, order, CaseKind.REFUND, openid="li")
    settled = failover.query(conn, sent.id, Failed("no"), NOW + HOUR)
    assert settled.send_ids == ()
    assert [due.amount_fen for due in settled.refunds] == [order.total_fen]


def test_one_line_of_several_goes_back_and_the_others_keep_their_keys(conn: Connection) -> None:
    order = paid(conn, "ST50", "ST100")
    taken = refunding.take_back(conn, order.order_no, LI, NOW, only=order.lines[0].id)
    assert taken is not None
    assert len(taken.work.refunds) == 1
    work = delivering.deliver(conn, order.order_no, NOW)
    assert work.refunds == ()
    after = reading.by_no(conn, order.order_no)
    assert after is not None
    assert [line.state for line in after.lines] == [LineState.REFUNDING, LineState.DELIVERED]


def test_keys_that_were_sold_and_goods_in_somebody_s_hands_are_for_a_person(conn: Connection) -> None:
    order = paid(conn, "ST50", "BJ2")
    delivering.deliver(conn, order.order_no, NOW)
    taken = refunding.take_back(conn, order.order_no, LI, NOW)
    assert taken is not None
    assert {way.value for way in taken.ways.values()} == {"person"}
    assert taken.work.refunds == ()


def test_somebody_else_s_order_and_an_unpaid_one_are_not_given_back(conn: Connection) -> None:
    order = paid(conn, "HF100")
    assert refunding.take_back(conn, order.order_no, "openid-wang", NOW) is None
    assert refunding.take_back(conn, place(conn, want("WZ60")).order.order_no, LI, NOW) is None
