"""The pages with a real shop behind them: figures, orders, what waits, talks, and the record of what was done."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import text

from bot import operators
from bot.cli import main
from catalog.key_import import import_keys
from console.roles import Role
from tests.bot.test_after_sale import LI, WANG, Shop
from tests.console.conftest import PASSWORD, Window

Login = Callable[..., Window]
BY_HAND = ("王者代练打到星耀 QQ 12345678 现在铂金", "确认")


def _actions(shop: Shop) -> list[dict[str, object]]:
    sql = "SELECT json_build_object('who', operator, 'what', what, 'about', about, 'before', before, 'after', after)"
    return [one for one in shop.rows(f"{sql} FROM operator_action ORDER BY id") if one["what"] != "log_in"]  # type: ignore[index, misc]


def test_today_counts_what_was_sold_and_what_waits(shop: Shop, login: Login) -> None:
    shop.order(*BY_HAND)
    shop.work()
    shop.say("没到账")
    shop.say("转人工", WANG)
    shop.say("充100话费 13812345678", WANG)
    page = " ".join(login().see("/console").split())
    for number, name in (
        ("1", "付款"),
        ("¥150.00", "收款"),
        ("¥0.00", "退款"),
        ("1", "待人工"),
        ("1", "工单"),
        ("1", "等客服"),
    ):
        assert f"<b>{number}</b><span>{name}" in page, (number, name)
    assert "库存告警" in page
    assert "<title>2026-03-02 ¥150.00" in page
    support = login(Role.SUPPORT, "sue").see("/console")
    assert "¥150.00" not in support


def test_yesterdays_sales_are_not_todays(shop: Shop, login: Login) -> None:
    shop.order(*BY_HAND)
    shop.passes(24 * 60)
    page = " ".join(login().see("/console").split())
    assert "<b>¥0.00</b><span>收款" in page
    assert "3月2日" not in page
    assert "2026-03-02 ¥150.00" in page, "the curve knows"


@pytest.mark.parametrize("how", ["number", "account", "openid"])
def test_an_order_is_found_by_its_number_its_account_and_its_buyer(shop: Shop, login: Login, how: str) -> None:
    mine = shop.order(*BY_HAND)
    other = shop.order("充100话费 13812345678", "确认", openid=WANG)
    page = login().see(f"/console/orders?q={ {'number': mine.order_no, 'account': '12345678', 'openid': LI}[how] }")
    assert mine.order_no in page
    assert other.order_no not in page
    of_his = login(name="bob").see(f"/console/orders?of={mine.order_no}")
    assert mine.order_no in of_his
    assert f'/console/orders/{other.order_no}"' not in of_his


def test_a_number_is_found_as_people_paste_it(shop: Shop, login: Login) -> None:
    mine = shop.order(*BY_HAND)
    phone = shop.order("充100话费 13812345678", "确认", openid=WANG)
    window = login()
    for given in (
        "138 1234 5678",
        "+86 138-1234-5678",
        "8613812345678",
        "１３８１２３４５６７８",
        phone.order_no.lower(),
    ):
        page = window.see(f"/console/orders?q={quote(given)}")
        assert phone.order_no in page, given
        assert mine.order_no not in page, given
    assert phone.order_no not in window.see("/console/orders?q=" + quote("138 1234 567"))


def test_orders_are_found_by_state_and_day(shop: Shop, login: Login) -> None:
    paid = shop.order(*BY_HAND)
    window = login()
    assert paid.order_no in window.see("/console/orders?state=paid&since=2026-03-02&until=2026-03-02")
    for query in ("state=unpaid", "since=2026-03-03", "until=2026-03-01", "q=nothing"):
        assert paid.order_no not in window.see(f"/console/orders?{query}"), query
    for query in (
        "state=x'--",
        "since=2026-99-99",
        "after=zzz",
        "after=99999999999999999-K1",
        "q=%00",
        "q=" + "长" * 300,
    ):
        window.see(f"/console/orders?{query}")


def test_the_list_goes_on_where_it_stopped_also_where_times_are_equal(shop: Shop, login: Login) -> None:
    with shop.services.engine.begin() as conn:
        conn.execute(
            text(
                "INSERT INTO orders (order_no, openid, message_key, token, state, total_fen, created_at, expires_at)"
                " SELECT 'K' || n, 'o', n::text, n::text, 'expired', 100, :now, :now FROM generate_series(1, 65) n"
            ),
            {"now": shop.clock.now()},
        )
    window, seen, path = login(), [], "/console/orders?state=expired"
    for _ in range(3):
        page = window.see(path)
        seen += re.findall(r'/console/orders/(K\d+)"', page)
        more = re.search(r'href="(/console/orders\?[^"]*after=[^"]*)"', page)
        path = more[1] if more else ""
    assert path == ""
    assert len(seen) == len(set(seen)) == 65


def test_the_story_of_an_order_tells_everything_that_happened_to_it(shop: Shop, login: Login) -> None:
    order = shop.order(*BY_HAND)
    shop.work()
    shop.say("没到账")
    page = login().see(f"/console/orders/{order.order_no}")
    for words in (
        "王者荣耀代练",
        "¥150.00",
        "12345678",
        "已付款",
        "处理中",
        "微信内支付",
        "通知",
        "工单",
        "S00001",
        "没到账",
    ):
        assert words in page, words
    assert "已付款" in page.split("经过")[1]


def test_accounts_are_masked_for_whoever_need_not_have_them(shop: Shop, login: Login) -> None:
    order = shop.order(*BY_HAND)
    shop.work()
    window = login(Role.FINANCE)
    for path in (f"/console/orders/{order.order_no}", "/console/todo"):
        assert "12345678" not in window.see(path)
        assert "1***8" in window.see(path)
    assert LI not in window.see(f"/console/orders/{order.order_no}").replace(order.order_no, "")


def test_a_key_is_never_on_a_page(shop: Shop, login: Login, tmp_path: Path) -> None:
    file = tmp_path / "ST50.txt"
    file.write_text("ST50-SECRET-0001")
    import_keys(shop.services.engine, shop.services.vault, "ST50", file)
    order = shop.order("50的steam卡一张", "确认")
    shop.work()
    shop.say("嗯")
    page = login().see(f"/console/orders/{order.order_no}")
    assert "卡密 1 张" in page
    assert "首次展示" in page
    assert "SECRET" not in page


def test_a_line_is_delivered_by_hand_and_the_buyer_told(shop: Shop, login: Login) -> None:
    order = shop.order(*BY_HAND)
    shop.work()
    window = login(Role.SUPPORT, "sue")
    assert order.order_no in window.see("/console/todo")
    line = order.lines[0].id
    answer = window.send(f"/console/lines/{line}/done", note="打完了")
    assert answer.headers["location"] == f"/console/orders/{order.order_no}?said=delivered"
    assert "会通知顾客" in window.see(answer.headers["location"])
    shop.work()
    assert "已完成" in shop.say("嗯")
    assert shop.rows("SELECT DISTINCT actor FROM order_event WHERE to_state = 'delivered'") == ["operator:sue"]
    [done] = _actions(shop)
    assert (done["who"], done["what"], done["about"]) == ("sue", "deliver", f"line:{line}")
    assert done["before"]["state"] == "delivering"  # type: ignore[index]
    assert done["after"] == {"order": order.order_no, "state": "delivered", "refund_fen": 0, "words": "打完了"}
    assert window.send(f"/console/lines/{line}/done", note="").headers["location"].endswith("said=not_now")
    assert len(_actions(shop)) == 1, "what did not happen is not recorded as done"


@pytest.mark.parametrize("delivered", [True, False])
def test_a_line_is_given_back_once_with_its_amount_in_the_question(shop: Shop, login: Login, delivered: bool) -> None:
    order = shop.order(*BY_HAND)
    shop.work()
    line = order.lines[0].id
    if delivered:
        operators.done(shop.services, line, "")
    window = login(Role.FINANCE)
    assert "确认退款 ¥150.00" in window.see(f"/console/orders/{order.order_no}")
    for expected in ("refunded", "not_now"):
        answer = window.send(f"/console/lines/{line}/refund", reason="师傅没空，联系13812345678")
        assert answer.headers["location"].endswith(f"said={expected}")
    assert "确认退款" not in window.see(f"/console/orders/{order.order_no}")
    shop.work()
    shop.passes(2)
    shop.work()
    assert shop.rows("SELECT sum(amount_fen) FROM refund") == [15000]
    assert shop.books_agree()
    [done] = _actions(shop)
    assert done["what"] == "give_back"
    assert "13812345678" not in json.dumps(done), "rows stay for ever"


def test_a_refund_without_a_reason_or_with_too_long_a_one_changes_nothing(shop: Shop, login: Login) -> None:
    order = shop.order(*BY_HAND)
    shop.work()
    window = login()
    for reason, code in (("", "no_words"), ("  ", "no_words"), ("长" * 301, "too_long")):
        answer = window.send(f"/console/lines/{order.lines[0].id}/refund", reason=reason)
        assert answer.headers["location"].endswith(code)
    assert window.send("/console/lines/999999999999999999999/refund", reason="x").status_code == 404
    assert shop.rows("SELECT count(*) FROM refund") == [0]
    assert _actions(shop) == []


def test_a_case_is_answered_closed_and_given_back_from_its_page(shop: Shop, login: Login) -> None:
    shop.order(*BY_HAND)
    shop.work()
    shop.say("怎么还没到账")
    window = login()
    page = window.see("/console/cases")
    for words in ("S00001", "没到账", "请答复：03-02 11:00 前", "怎么还没到账", "确认退款 ¥150.00"):
        assert words in page, words
    assert window.send("/console/cases/1/answer", words="师傅今晚开打").headers["location"].endswith("answered")
    shop.work()
    assert "师傅今晚开打" in shop.say("好的")
    assert window.send("/console/cases/1/refund", words="不打了").headers["location"].endswith("refunded")
    assert window.send("/console/cases/1/close", words="").headers["location"].endswith("not_now")
    assert "没有未结的工单" in window.see("/console/cases")
    states = [(one["before"]["state"], one["after"]["state"]) for one in _actions(shop)]  # type: ignore[index]
    assert states == [("open", "answered"), ("answered", "closed")]
    listed = window.see("/console/actions")
    for words in ("anna 答复工单", "case:1", "open → answered", "192.0.2.1"):
        assert words in listed, words


def test_a_case_keeps_its_history_and_is_seen_for_a_week_after_it_is_closed(shop: Shop, login: Login) -> None:
    shop.order(*BY_HAND)
    shop.work()
    shop.say("怎么还没到账")
    shop.say("还没到账呢")
    shop.say("转人工")
    window = login()
    window.send("/console/cases/1/answer", words="师傅今晚开打")
    page = window.see("/console/cases")
    for words in ("还没到账呢", "师傅今晚开打", "（operator:anna）", "他正在等客服"):
        assert words in page, words
    assert "他正在等客服" not in login(Role.FINANCE, "fred").see("/console/cases")
    window.send("/console/cases/1/close", words="已经打完")
    page = window.see("/console/cases")
    assert "没有未结的工单" in page
    assert "已经打完" in page.split("最近关闭的")[1]
    shop.passes(8 * 24 * 60)
    window.log_in()
    assert "最近关闭的" not in window.see("/console/cases")


def test_a_waiting_talk_is_answered_as_the_shop_and_given_back(shop: Shop, login: Login) -> None:
    shop.order(*BY_HAND)
    shop.work()
    shop.say("在吗，有件事")
    shop.say("转人工")
    window = login(Role.SUPPORT)
    [number] = shop.rows("SELECT id FROM handoff")
    assert "转人工" in window.see("/console/talks")
    page = window.see(f"/console/talks/{number}")
    for words in ("等回复", "在吗，有件事", "转人工", "王者荣耀代练"):
        assert words in page, words
    assert '<a href="weixin' not in page
    assert "点这里付款</a>" not in page
    assert window.send(f"/console/talks/{number}/say", words="您好，请讲").headers["location"].endswith("sent")
    shop.work()
    assert shop.rows("SELECT words FROM operator_word") == ["您好，请讲"]
    assert "您好，请讲" in window.see(f"/console/talks/{number}")
    assert window.send(f"/console/talks/{number}/end").headers["location"].endswith("ended")
    assert "没有等客服的顾客" in window.see("/console/talks")
    assert window.send(f"/console/talks/{number}/say", words="还在吗").headers["location"].endswith("not_now")
    assert LI not in json.dumps(_actions(shop)), "rows stay for ever, buyers may be forgotten"


def test_what_a_buyer_wrote_stays_text_on_every_page(shop: Shop, login: Login) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'"
    order = shop.order(*BY_HAND)
    shop.work()
    shop.say("没到账")
    shop.say(f"转人工 {evil}")
    shop.say(evil)
    with shop.services.engine.begin() as conn:
        conn.execute(text("UPDATE support_case SET said = :evil"), {"evil": evil})
        conn.execute(text("UPDATE handoff SET pending = :evil, question = :evil"), {"evil": evil})
        fields = json.dumps({evil: evil})
        conn.execute(text("UPDATE order_line SET note = :evil, fields = :f"), {"evil": evil, "f": fields})
    window = login()
    lists = ("/console", "/console/orders", "/console/talks")
    for path in (*lists, "/console/todo", "/console/cases", "/console/talks/1", f"/console/orders/{order.order_no}"):
        answer = window.http.get(path)
        assert answer.status_code == 200
        assert "<script>" not in answer.text
        assert "<img" not in answer.text
        if path not in lists:
            assert "&lt;script&gt;" in answer.text, path
    assert "<script>" not in window.http.get("/console/orders", params={"q": evil}).text


def test_operators_are_added_from_the_command_line_with_the_password_from_the_environment(
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    database_url: str,
    redis_url: str,
) -> None:
    monkeypatch.setenv("KABOT_STORE__DATABASE_URL", database_url)
    monkeypatch.setenv("KABOT_REDIS__URL", redis_url)
    assert main(["operator", "add", "anna", "--role", "support"]) == 2, "no terminal, no password"
    assert "OPERATOR_PASSWORD" in capsys.readouterr().err
    monkeypatch.setenv("OPERATOR_PASSWORD", "short")
    assert main(["operator", "add", "anna", "--role", "support"]) == 2
    monkeypatch.setenv("OPERATOR_PASSWORD", PASSWORD)
    assert main(["operator", "add", "a b", "--role", "support"]) == 2
    assert main(["operator", "add", "anna", "--role", "king"]) == 2
    assert main(["operator", "add", "anna", "--role", "support"]) == 0
    assert main(["operator", "add", "anna", "--role", "owner"]) == 1
    assert Window(shop).log_in().status_code == 303
    monkeypatch.setenv("OPERATOR_PASSWORD", "another password")
    assert main(["operator", "password", "anna"]) == 0
    assert Window(shop).log_in().status_code == 401
    assert main(["operator", "off", "anna"]) == 0
    assert main(["operator", "off", "eve"]) == 1
    capsys.readouterr()
    assert main(["operator", "list"]) == 0
    assert capsys.readouterr().out == "anna\toff\n"
