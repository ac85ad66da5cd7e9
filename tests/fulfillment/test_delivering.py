"""Delivering: keys at once, top-ups by what the supplier truly says, the rest by a person; or the money back."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from fulfillment import byhand, delivering, reading, topups
from fulfillment.byhand import NotNow
from fulfillment.paying import mark_paid
from fulfillment.refunding import refund_settled
from fulfillment.suppliers.port import (
    Accepted,
    Failed,
    NoSuchOrder,
    OrderAnswer,
    Processing,
    QueryAnswer,
    Rejected,
    Success,
    TopupRequest,
    Unknown,
)
from fulfillment.work import NOTHING_TO_DO, Work
from kernel.orders import Line, LineState, Order, OrderState, WantedLine
from tests.fulfillment.counter import NOW, add_keys, history, left, place, want

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def paid(conn: Connection, *lines: WantedLine) -> Order:
    order = place(conn, *lines).order
    mark_paid(conn, order.order_no, NOW, NOW)
    return order


def deliver(conn: Connection, order: Order, now: datetime = NOW) -> Work:
    return delivering.deliver(conn, order.order_no, now, default_supplier="fulu")


def send(
    conn: Connection, supplier_order_id: int, answer: OrderAnswer, now: datetime = NOW
) -> tuple[TopupRequest, Work]:
    sent = topups.claim_send(conn, supplier_order_id, now)
    assert sent is not None
    return sent.request, topups.record_sent(conn, sent, answer, now)


def query(conn: Connection, supplier_order_id: int, answer: QueryAnswer, now: datetime) -> Work:
    asked = topups.claim_query(conn, supplier_order_id, now)
    assert asked is not None
    return topups.record_query(conn, asked, answer, now)


def now_of(conn: Connection, order: Order) -> Order:
    again = reading.by_no(conn, order.order_no)
    assert again is not None
    return again


def line_of(conn: Connection, order: Order, position: int = 0) -> Line:
    return now_of(conn, order).lines[position]


def said(conn: Connection, order: Order) -> list[str]:
    """What the buyer is told about the order, in order."""
    rows = conn.execute(text("SELECT kind FROM push WHERE order_no = :no ORDER BY id"), {"no": order.order_no})
    return list(rows.scalars())


def sold(conn: Connection, line: Line) -> int:
    return conn.execute(text("SELECT count(*) FROM key_sale WHERE line_id = :id"), {"id": line.id}).scalar_one()


# ---- keys ----------------------------------------------------------------------------------------------------------


def test_keys_are_delivered_at_once_and_only_once(conn: Connection) -> None:
    order = paid(conn, want("ST50", 2), want("ST50"), want("ST100"))
    work = deliver(conn, order)
    assert len(work.push_ids) == 3
    assert deliver(conn, order, NOW + HOUR) == NOTHING_TO_DO
    order = now_of(conn, order)
    assert order.state is OrderState.DELIVERED
    assert [sold(conn, line) for line in order.lines] == [2, 1, 1]
    assert said(conn, order) == ["keys"] * 3


def test_an_unpaid_order_is_not_delivered(conn: Connection) -> None:
    order = place(conn, want("ST50")).order
    assert deliver(conn, order) == NOTHING_TO_DO
    assert line_of(conn, order).state is LineState.WAITING


def test_keys_that_are_gone_after_all_give_the_money_back_and_the_rest_of_the_stock_too(conn: Connection) -> None:
    order = paid(conn, want("ST50", 2), want("ST100"))
    conn.execute(  # an operator voids a key that turned out stolen
        text(
            "UPDATE card_key SET state = 'void', order_no = NULL, held_at = NULL WHERE id ="
            " (SELECT id FROM card_key WHERE sku_code = 'ST50' AND state = 'held' LIMIT 1)"
        )
    )
    conn.execute(text("UPDATE card_key SET state = 'void' WHERE sku_code = 'ST50' AND state = 'available'"))
    work = deliver(conn, order)
    assert [(refund.line_id, refund.amount_fen) for refund in work.refunds] == [(order.lines[0].id, 10200)]
    assert [line.state for line in now_of(conn, order).lines] == [LineState.REFUNDING, LineState.DELIVERED]
    assert left(conn, "ST50") == 1
    assert sorted(said(conn, order)) == ["keys", "out_of_stock"]
    refund_settled(conn, order.lines[0].id, NOW)
    assert now_of(conn, order).state is OrderState.DELIVERED


# ---- top-ups -------------------------------------------------------------------------------------------------------


def test_a_top_up_is_done_when_the_supplier_says_so_and_not_before(conn: Connection) -> None:
    order = paid(conn, want("HF100"))
    (supplier_order_id,) = deliver(conn, order).send_ids
    request, work = send(conn, supplier_order_id, Accepted())
    assert (request.product_code, request.account, request.buy_num, request.details) == ("HF100", "13812345678", 1, {})
    (next_query,) = work.queries
    assert topups.claim_query(conn, supplier_order_id, next_query.at - SECOND) is None
    query(conn, supplier_order_id, Processing(), next_query.at)
    assert line_of(conn, order).state is LineState.DELIVERING
    query(conn, supplier_order_id, Success(), NOW + MINUTE)
    assert now_of(conn, order).state is OrderState.DELIVERED
    assert said(conn, order) == ["topup_done"]
    assert topups.claim_query(conn, supplier_order_id, NOW + HOUR) is None


def test_what_the_buyer_chose_goes_to_the_supplier_in_words(conn: Connection) -> None:
    order = paid(conn, want("WZ60"))
    request, _ = send(conn, *deliver(conn, order).send_ids, Accepted())
    assert (request.account, request.details) == ("123456", {"server": "苹果QQ区"})


def test_each_unit_is_a_purchase_but_any_number_is_a_single_one(conn: Connection) -> None:
    order = paid(conn, want("HF100", 3), want("QB", 2, value=50))
    work = deliver(conn, order)
    requests = [send(conn, supplier_order_id, Accepted())[0] for supplier_order_id in work.send_ids]
    assert [(request.product_code, request.buy_num) for request in requests] == [("HF100", 1)] * 3 + [("10000001", 100)]
    assert len({request.supplier_order_no for request in requests}) == 4
    assert all(8 <= len(request.supplier_order_no) <= 32 for request in requests)


def test_a_failed_top_up_gives_the_money_back_and_says_so(conn: Connection) -> None:
    order = paid(conn, want("HF100"))
    (supplier_order_id,) = deliver(conn, order).send_ids
    send(conn, supplier_order_id, Accepted())
    work = query(conn, supplier_order_id, Failed("余额不足"), NOW + MINUTE)
    assert [(refund.line_id, refund.amount_fen) for refund in work.refunds] == [(order.lines[0].id, 9950)]
    assert "余额" not in work.refunds[0].reason + line_of(conn, order).note
    assert now_of(conn, order).state is OrderState.PAID
    assert refund_settled(conn, order.lines[0].id, NOW + HOUR) != NOTHING_TO_DO
    assert refund_settled(conn, order.lines[0].id, NOW + HOUR) == NOTHING_TO_DO
    assert (now_of(conn, order).state, line_of(conn, order).refund_fen) == (OrderState.REFUNDED, 9950)
    assert said(conn, order) == ["topup_failed", "refunded"]


def test_only_the_failed_units_are_given_back(conn: Connection) -> None:
    order = paid(conn, want("WZ60", 3))
    ids = deliver(conn, order).send_ids
    for supplier_order_id in ids:
        send(conn, supplier_order_id, Accepted())
    assert query(conn, ids[0], Success(), NOW + MINUTE) == NOTHING_TO_DO
    assert query(conn, ids[1], Failed(""), NOW + MINUTE) == NOTHING_TO_DO
    (refund,) = query(conn, ids[2], Success(), NOW + MINUTE).refunds
    assert refund.amount_fen == 601
    refund_settled(conn, refund.line_id, NOW + HOUR)
    line = line_of(conn, order)
    assert (line.state, line.refund_fen, line.note) == (LineState.DELIVERED, 601, "2份已到账，1份充值失败")
    assert now_of(conn, order).state is OrderState.DELIVERED
    assert said(conn, order) == ["topup_partly", "refunded"]


def test_silence_proves_nothing_however_long_it_lasts(conn: Connection) -> None:
    order = paid(conn, want("HF100"))
    (supplier_order_id,) = deliver(conn, order).send_ids
    _, work = send(conn, supplier_order_id, Unknown("timeout"))
    now, waits = NOW, []
    while work.queries:
        waits.append(work.queries[0].at - now)
        now = work.queries[0].at
        work = query(conn, supplier_order_id, Unknown("timeout"), now)
        assert work.refunds == work.send_ids == ()
    assert 72 * HOUR <= now - NOW < 76 * HOUR
    assert waits == sorted(waits), "less and less often"
    assert waits[0] < MINUTE < HOUR <= waits[-1]
    assert line_of(conn, order).state is LineState.ATTENTION
    assert said(conn, order) == []
    # It settles nevertheless when the supplier wakes up.
    assert topups.hint(conn, "fulu", number_of(conn, supplier_order_id), now) != NOTHING_TO_DO
    query(conn, supplier_order_id, Success(), now)
    assert now_of(conn, order).state is OrderState.DELIVERED


def number_of(conn: Connection, supplier_order_id: int) -> str:
    return conn.execute(
        text("SELECT supplier_order_no FROM supplier_order WHERE id = :id"), {"id": supplier_order_id}
    ).scalar_one()


def test_a_lost_request_is_sent_again_under_the_same_number_and_never_refunded(conn: Connection) -> None:
    order = paid(conn, want("HF100"))
    (supplier_order_id,) = deliver(conn, order).send_ids
    numbers, now = [], NOW
    work = Work(send_ids=(supplier_order_id,))
    for _ in range(400):
        if work.send_ids:
            request, work = send(conn, supplier_order_id, Unknown("timeout"), now)
            numbers.append(request.supplier_order_no)
        elif work.queries:
            now = work.queries[0].at
            work = query(conn, supplier_order_id, NoSuchOrder(), now)
        assert work.refunds == ()
    assert len(numbers) == 3
    assert len(set(numbers)) == 1
    assert line_of(conn, order).state is LineState.ATTENTION


def test_a_no_that_the_query_confirms_gives_the_money_back(conn: Connection) -> None:
    order = paid(conn, want("HF100"))
    (supplier_order_id,) = deliver(conn, order).send_ids
    _, work = send(conn, supplier_order_id, Rejected("3002 商品维护中"))
    assert work.refunds == ()
    assert query(conn, supplier_order_id, NoSuchOrder(), NOW + 5 * SECOND).refunds == ()
    assert len(query(conn, supplier_order_id, NoSuchOrder(), NOW + 15 * SECOND).refunds) == 1


def test_a_no_that_the_query_contradicts_is_no_no(conn: Connection) -> None:
    order = paid(conn, want("HF100"))
    (supplier_order_id,) = deliver(conn, order).send_ids
    send(conn, supplier_order_id, Rejected("9999"))
    query(conn, supplier_order_id, Success(), NOW + 15 * SECOND)
    assert now_of(conn, order).state is OrderState.DELIVERED


def test_a_worker_that_died_between_claim_and_answer_is_followed_by_a_query(conn: Connection) -> None:
    order = paid(conn, want("HF100"))
    (supplier_order_id,) = deliver(conn, order).send_ids
    assert topups.due(conn, NOW).send_ids == (supplier_order_id,)
    assert topups.claim_send(conn, supplier_order_id, NOW) is not None
    assert topups.claim_send(conn, supplier_order_id, NOW) is None
    assert topups.due(conn, NOW + 20 * SECOND) == NOTHING_TO_DO
    (late,) = topups.due(conn, NOW + 31 * SECOND).queries
    assert late.supplier_order_id == supplier_order_id
    query(conn, supplier_order_id, Processing(), NOW + 31 * SECOND)
    query(conn, supplier_order_id, Success(), NOW + 2 * MINUTE)
    assert now_of(conn, order).state is OrderState.DELIVERED


def test_an_answer_slower_than_the_query_changes_nothing_any_more(conn: Connection) -> None:
    order = paid(conn, want("HF100"))
    (supplier_order_id,) = deliver(conn, order).send_ids
    sent = topups.claim_send(conn, supplier_order_id, NOW)
    assert sent is not None
    query(conn, supplier_order_id, Success(), NOW + MINUTE)
    assert topups.record_sent(conn, sent, Failed("?"), NOW + MINUTE) == NOTHING_TO_DO
    assert now_of(conn, order).state is OrderState.DELIVERED


def test_a_straggling_no_to_the_first_request_is_no_answer_to_the_second(conn: Connection) -> None:
    order = paid(conn, want("HF100"))
    (supplier_order_id,) = deliver(conn, order).send_ids
    first = topups.claim_send(conn, supplier_order_id, NOW)
    assert first is not None
    assert query(conn, supplier_order_id, NoSuchOrder(), NOW + 3 * MINUTE).send_ids == (supplier_order_id,)
    assert topups.claim_send(conn, supplier_order_id, NOW + 3 * MINUTE) is not None
    assert topups.record_sent(conn, first, Rejected("too late"), NOW + 3 * MINUTE) == NOTHING_TO_DO
    assert query(conn, supplier_order_id, NoSuchOrder(), NOW + HOUR).refunds == ()


def test_a_success_after_the_refund_goes_to_a_person(conn: Connection) -> None:
    order = paid(conn, want("HF100"), want("QB", value=1))
    first, second = deliver(conn, order).send_ids
    for supplier_order_id in (first, second):
        send(conn, supplier_order_id, Accepted())
    query(conn, first, Failed(""), NOW + MINUTE)
    query(conn, second, Failed(""), NOW + MINUTE)
    refund_settled(conn, order.lines[0].id, NOW + HOUR)
    for supplier_order_id in (first, second):
        assert topups.hint(conn, "fulu", number_of(conn, supplier_order_id), NOW + HOUR) != NOTHING_TO_DO
        assert query(conn, supplier_order_id, Success(), NOW + HOUR) == NOTHING_TO_DO
    refund_settled(conn, order.lines[1].id, NOW + 2 * HOUR)
    assert {line.state for line in now_of(conn, order).lines} == {LineState.ATTENTION}
    assert now_of(conn, order).state is OrderState.PAID
    assert said(conn, order).count("refunded") == 2
    assert "topup_done" not in said(conn, order)
    assert byhand.complete(conn, order.lines[0].id, NOW, actor="ops") == NOTHING_TO_DO
    assert byhand.give_back(conn, order.lines[1].id, NOW, actor="ops", reason="x") == NotNow(LineState.ATTENTION)


def test_a_late_callbacks_question_is_asked_again_when_nobody_answers(conn: Connection) -> None:
    order = paid(conn, want("HF100"))
    (supplier_order_id,) = deliver(conn, order).send_ids
    send(conn, supplier_order_id, Accepted())
    query(conn, supplier_order_id, Failed(""), NOW + MINUTE)
    topups.hint(conn, "fulu", number_of(conn, supplier_order_id), NOW + HOUR)
    (again,) = query(conn, supplier_order_id, Unknown("timeout"), NOW + HOUR).queries
    assert query(conn, supplier_order_id, Failed(""), again.at) == NOTHING_TO_DO
    assert line_of(conn, order).state is LineState.REFUNDING


def test_a_callback_for_nobodys_order_asks_nothing(conn: Connection) -> None:
    order = paid(conn, want("HF100"))
    (supplier_order_id,) = deliver(conn, order).send_ids
    send(conn, supplier_order_id, Accepted())
    assert topups.hint(conn, "fulu", "K0L0U0A1", NOW) == NOTHING_TO_DO
    assert topups.hint(conn, "other", number_of(conn, supplier_order_id), NOW) == NOTHING_TO_DO


def test_without_any_supplier_the_money_goes_back(conn: Connection) -> None:
    order = paid(conn, want("HF100"))
    work = delivering.deliver(conn, order.order_no, NOW, default_supplier="")
    assert [refund.amount_fen for refund in work.refunds] == [9950]


def test_the_database_itself_refuses_a_second_live_purchase(conn: Connection) -> None:
    order = paid(conn, want("HF100"))
    deliver(conn, order)
    copy = text(
        "INSERT INTO supplier_order (order_no, line_id, unit, attempt, supplier, supplier_order_no, buy_num, state,"
        " created_at) SELECT order_no, line_id, unit, 2, supplier, 'another', buy_num, 'created', created_at"
        " FROM supplier_order"
    )
    with pytest.raises(IntegrityError, match="supplier_order_one_live"):
        conn.execute(copy)


# ---- by hand -------------------------------------------------------------------------------------------------------


def test_a_person_delivers_services_and_parcels_and_the_buyer_hears_twice(conn: Connection) -> None:
    order = paid(conn, want("BJ2"), want("TEA"))
    assert len(deliver(conn, order).push_ids) == 2
    service, parcel = order.lines
    assert isinstance(byhand.complete(conn, service.id, NOW + HOUR, actor="ops"), Work)
    byhand.complete(conn, parcel.id, NOW + HOUR, actor="ops", note="顺丰 SF123")
    assert byhand.complete(conn, parcel.id, NOW + HOUR, actor="ops") == NotNow(LineState.DELIVERED)
    assert now_of(conn, order).state is OrderState.DELIVERED
    assert line_of(conn, order, 1).note == "顺丰 SF123"
    assert sorted(said(conn, order)) == ["parcel_accepted", "parcel_sent", "service_accepted", "service_done"]
    assert history(conn, order.order_no, parcel.id) == [("waiting", "delivering"), ("delivering", "delivered")]


def test_a_person_gives_a_service_back(conn: Connection) -> None:
    order = paid(conn, want("BJ2"))
    deliver(conn, order)
    work = byhand.give_back(conn, order.lines[0].id, NOW + HOUR, actor="ops", reason="约不到师傅")
    assert isinstance(work, Work)
    assert [refund.amount_fen for refund in work.refunds] == [8800]
    refund_settled(conn, order.lines[0].id, NOW + HOUR)
    assert now_of(conn, order).state is OrderState.REFUNDED


def test_nobody_refunds_a_top_up_whose_result_is_unknown(conn: Connection) -> None:
    order = paid(conn, want("HF100"))
    (supplier_order_id,) = deliver(conn, order).send_ids
    send(conn, supplier_order_id, Unknown("timeout"))
    refused = byhand.give_back(conn, order.lines[0].id, NOW + HOUR, actor="ops", reason="催")
    assert refused == NotNow(LineState.DELIVERING)


def test_more_keys_do_not_reopen_a_line_that_was_given_back(conn: Connection) -> None:
    order = paid(conn, want("ST50", 3))
    conn.execute(text("UPDATE card_key SET state = 'void', order_no = NULL, held_at = NULL WHERE sku_code = 'ST50'"))
    assert len(deliver(conn, order).refunds) == 1
    add_keys(conn, "ST50", 3)
    assert deliver(conn, order) == NOTHING_TO_DO
    assert left(conn, "ST50") == 3


def test_a_sending_that_its_worker_died_in_is_asked_about_at_once_and_never_sent_again(conn: Connection) -> None:
    order = paid(conn, want("HF100"))
    [supplier_order_id] = deliver(conn, order).send_ids
    assert topups.claim_send(conn, supplier_order_id, NOW) is not None
    assert topups.left_sending(conn, supplier_order_id, NOW + SECOND) == NOTHING_TO_DO
    later = NOW + 6 * SECOND
    assert topups.claim_send(conn, supplier_order_id, later) is None
    [asking] = topups.left_sending(conn, supplier_order_id, later).queries
    assert asking.at == later
    assert topups.claim_query(conn, supplier_order_id, later) is not None
