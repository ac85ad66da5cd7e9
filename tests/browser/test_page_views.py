"""What is in the buyers' pages, without a browser: who sees what, and that nothing leaves the page."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pages import render
from bot.pages.views import KeyView, PageState, order_view, page_state, pay_view
from kernel.ids import OpenId
from kernel.orders import Line, LineState, Order, OrderState

from .shop import CARDS, FRIEND, NOW, OWNER, SHELF, TOKEN, TOPUP, order

KEYS = {2: [KeyView("ABCD-<&>-EFGH", "880012"), KeyView("ZZZZ-1111")]}


def _pay(placed: Order, viewer: OpenId | None) -> str:
    view = pay_view(placed, SHELF, viewer=viewer, shop_name="好店", now=NOW)
    return (render.render_pay(view) if viewer else render.render_scan(view)).html


def _order(placed: Order, viewer: OpenId | None) -> str:
    view = order_view(placed, SHELF, viewer=viewer, shop_name="好店", keys=KEYS, waiting_messages=["补发：充值成功"])
    return render.render_order(view, in_wechat=viewer is not None).html


def test_the_owner_sees_the_account_in_full_and_nobody_else_does() -> None:
    assert "13812345678" in _pay(order(), OWNER)
    assert "13812345678" in _order(order(), OWNER)
    for viewer in (FRIEND, None):
        for html in (_pay(order(), viewer), _order(order(), viewer)):
            assert "13812345678" not in html
            assert "138****5678" in html


def test_card_keys_and_kept_messages_are_on_the_owners_page_alone() -> None:
    placed = order(CARDS, state=OrderState.DELIVERED)
    owners = _order(placed, OWNER)
    assert "ABCD-&lt;&amp;&gt;-EFGH" in owners
    assert "880012" in owners
    assert "ZZZZ-1111" in owners
    assert "补发：充值成功" in owners
    for viewer in (FRIEND, None):
        other = _order(placed, viewer)
        assert not any(secret in other for secret in ("ABCD", "880012", "ZZZZ", "补发", "兑换"))


def test_only_the_owner_is_led_from_the_pay_page_to_the_order() -> None:
    placed = order(state=OrderState.DELIVERED)
    assert f'href="../orders/{TOKEN}"' in _pay(placed, OWNER)
    assert "/orders/" not in _pay(placed, FRIEND)
    assert render.pay_state(pay_view(placed, SHELF, viewer=FRIEND, shop_name="店", now=NOW))["order_url"] is None


def test_a_choice_is_shown_by_its_label_and_units_by_their_number() -> None:
    line = replace(
        TOPUP, product_id="game", sku_code="DQ", sku_label="点券", value=37, options={},
        fields={"account": "123456789", "server": "ios"},
    )  # fmt: skip
    html = _pay(order(line), FRIEND)
    assert "37个" in html
    assert "苹果QQ区" in html
    assert "123****6789" in html


def test_a_product_gone_from_the_catalog_still_has_its_page_and_its_mask() -> None:
    gone = replace(TOPUP, product_id="gone", sku_code="GONE")
    assert "13812345678" in _pay(order(gone), OWNER)
    assert "13812345678" not in _pay(order(gone), FRIEND)


@given(st.text(min_size=1, max_size=60))
def test_whatever_a_buyer_gave_stays_text(given_text: str) -> None:
    placed = order(replace(TOPUP, product_name=given_text, note=given_text, fields={"account": given_text}))
    for html in (_pay(placed, OWNER), _order(placed, OWNER)):
        assert html.count("<script") == 1
        assert not re.search(r"<(?:img|iframe|style|svg[^>]*\son)", html)


@pytest.mark.parametrize("state", list(OrderState))
@pytest.mark.parametrize("viewer", [OWNER, FRIEND, None])
def test_every_state_has_its_page_without_inline_code_or_absolute_addresses(
    state: OrderState, viewer: OpenId | None
) -> None:
    placed = order(TOPUP, CARDS, state=state)
    for html in (_pay(placed, viewer), _order(placed, viewer)):
        addresses = re.findall(r'(?:href|src|action)="([^"]*)"', html)
        assert addresses
        assert all(re.match(r"(\.\./|data:,|t0ken)", address) for address in addresses)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", html)
        assert "None" not in html


def test_an_unknown_link_is_answered_without_a_trace() -> None:
    page = render.render_not_found("好店")
    assert page.status == 404
    assert "链接无效" in page.html
    assert TOKEN not in page.html
    assert "¥" not in page.html


def test_pages_may_only_load_their_own_things() -> None:
    policy = render.HEADERS["Content-Security-Policy"]
    for rule in ("default-src 'self'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"):
        assert rule in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("name", ["../render.py", "..", "", "page.css/", "pay.html", "/etc/passwd"])
def test_only_known_static_files_are_given_out(name: str) -> None:
    assert render.static_file(name) is None


def test_static_addresses_name_files_that_exist() -> None:
    for name in re.findall(r"\.\./pay/static/([\w.]+)\?v=\w+", _pay(order(), OWNER) + _order(order(), OWNER)):
        assert render.static_file(name) is not None


def test_the_qr_code_is_a_picture_of_its_own() -> None:
    svg = render.render_qr("weixin://wxpay/bizpayurl?pr=NwY5Mz9")
    assert svg.startswith("<svg")
    assert 'xmlns="http://www.w3.org/2000/svg"' in svg
    assert svg != render.render_qr("weixin://wxpay/bizpayurl?pr=Other12")
    with pytest.raises(ValueError, match="too long"):
        render.render_qr("x" * 2000)


def test_expiry_counts_down_to_nothing_and_no_further() -> None:
    placed = order()
    for later, left in ((0, 900), (899.5, 0), (5000, 0)):
        view = pay_view(placed, SHELF, viewer=OWNER, shop_name="店", now=NOW + timedelta(seconds=later))
        assert view.expires_in == left


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([LineState.DELIVERING, LineState.REFUNDING], PageState.PAID),
        ([LineState.DELIVERED, LineState.REFUNDING], PageState.REFUNDING),
        ([LineState.REFUNDED, LineState.REFUNDING], PageState.REFUNDING),
        ([LineState.ATTENTION, LineState.REFUNDING], PageState.PAID),
    ],
)
def test_refunding_is_said_when_nothing_else_is_open(lines: list[LineState], expected: PageState) -> None:
    placed = order(*_in(lines), state=OrderState.PAID)
    assert page_state(placed) is expected


def test_a_partly_refunded_order_says_so() -> None:
    placed = order(*_in([LineState.DELIVERED, LineState.REFUNDED]), state=OrderState.DELIVERED)
    html = _pay(placed, OWNER)
    assert "充值成功" in html
    assert "已退款" in html
    assert "原路退回" in html


def _in(states: list[LineState]) -> list[Line]:
    return [replace(line, state=state) for line, state in zip((TOPUP, CARDS), states, strict=True)]
