"""The merchant's trades and refunds at WeChat Pay: opened, paid, closed, refunded."""

import secrets
from typing import Any

from sandbox.background import Background
from sandbox.customer_message import open_window
from sandbox.notices import Notices
from sandbox.pay_request import PayError, bad, expiry, refund_request, trade_request
from sandbox.settings import SandboxSettings
from sandbox.world import TRADES, Refund, Trade, World, at_shanghai, keep_newest, rfc3339

PREPAY_SECONDS = 7200.0
_WEEK_SECONDS = 7 * 86400.0
_REFUND_SECONDS = 1.0
_MOST_REFUNDS = 50
_STATE_WORDS = {"NOTPAY": "订单未支付", "SUCCESS": "支付成功", "REFUND": "转入退款", "CLOSED": "订单已关闭"}


class Trades:
    """What the merchant may do with trades (PayError otherwise), and what buyers do to them."""

    def __init__(self, settings: SandboxSettings, world: World, notices: Notices, background: Background) -> None:
        self._settings = settings
        self._world = world
        self._notices = notices
        self._background = background

    def open(self, body: dict[str, Any], trade_type: str) -> Trade:
        """Open a trade, or the same one again when every parameter is the same."""
        request, now = trade_request(body, trade_type, self._settings), self._world.now()
        openid = str(request["payer"]["openid"]) if trade_type == "JSAPI" else ""
        if openid and openid not in self._world.memory.buyers:
            raise bad("无效的openid")
        trade = self._world.memory.trades.get(request["out_trade_no"])
        if trade is None:
            expires_at = expiry(request["time_expire"]) if "time_expire" in request else now + _WEEK_SECONDS
            if expires_at <= now:
                raise bad("time_expire：须晚于当前时间")
            total, url = request["amount"]["total"], request["notify_url"]
            trade = Trade(request["out_trade_no"], trade_type, request, total, url, now, expires_at, openid)
            keep_newest(self._world.memory.trades, trade.out_trade_no, trade, TRADES)
        else:
            self._check_again(trade, request, trade_type)
        if trade.prepay_until <= now:
            trade.prepay_until = now + PREPAY_SECONDS
            if trade_type == "JSAPI":
                trade.prepay_id = f"wx{at_shanghai(now):%d%H%M%S}{secrets.token_hex(14)}"
            else:
                trade.code_url = f"weixin://wxpay/bizpayurl?pr={secrets.token_urlsafe(6)}zz"
        self._world.changed()
        self._publish(trade)
        return trade

    def _check_again(self, trade: Trade, request: dict[str, Any], trade_type: str) -> None:
        state = trade.state_at(self._world.now())
        if state in ("SUCCESS", "REFUND"):
            raise PayError(400, "ORDERPAID", "该订单已支付")
        if state == "CLOSED":
            raise PayError(400, "ORDER_CLOSED", "该订单已关闭")
        if trade.trade_type != trade_type or trade.request != request:
            raise PayError(403, "OUT_TRADE_NO_USED", "商户订单号重复")

    def find(self, out_trade_no: str) -> Trade:
        """The trade of this number, or PayError 404 ORDER_NOT_EXIST."""
        trade = self._world.memory.trades.get(out_trade_no)
        if trade is None:
            raise PayError(404, "ORDER_NOT_EXIST", "订单不存在")
        return trade

    def by_transaction_id(self, transaction_id: str) -> Trade:
        """The paid trade of this transaction, or PayError 404 ORDER_NOT_EXIST."""
        for trade in self._world.memory.trades.values():
            if transaction_id and trade.transaction_id == transaction_id:
                return trade
        raise PayError(404, "ORDER_NOT_EXIST", "订单不存在")

    def shown(self, trade: Trade) -> dict[str, Any]:
        """A trade as a query shows it."""
        state = trade.state_at(self._world.now())
        if trade.transaction_id:
            return self._notices.transaction(trade) | {"trade_state": state, "trade_state_desc": _STATE_WORDS[state]}
        return {
            "appid": self._settings.app_id,
            "mchid": self._settings.mch_id,
            "out_trade_no": trade.out_trade_no,
            "trade_state": state,
            "trade_state_desc": _STATE_WORDS[state],
            "attach": trade.request.get("attach", ""),
            "payer": {},
            "amount": {"total": trade.total_fen, "currency": "CNY"},
        }

    def close(self, out_trade_no: str) -> None:
        """Close an unpaid trade; again is no error; a paid one cannot be closed."""
        trade = self.find(out_trade_no)
        if trade.transaction_id:
            raise PayError(400, "ORDERPAID", "订单已支付，不能发起关单")
        trade.state = "CLOSED"
        self._world.changed()
        self._publish(trade)

    def by_prepay_id(self, prepay_id: str) -> Trade | None:
        """The trade of a prepay that may still be used."""
        now = self._world.now()
        for trade in self._world.memory.trades.values():
            if prepay_id and trade.prepay_id == prepay_id and now < trade.prepay_until:
                return trade
        return None

    def by_code_url(self, code_url: str) -> Trade | None:
        """The trade of a native code that may still be used."""
        now = self._world.now()
        for trade in self._world.memory.trades.values():
            if code_url and trade.code_url == code_url and now < trade.prepay_until:
                return trade
        return None

    def pay(self, trade: Trade, openid: str) -> str:
        """A buyer pays. Returns why it is not possible, or an empty string."""
        now, state = self._world.now(), trade.state_at(self._world.now())
        if state != "NOTPAY":
            return {"CLOSED": "订单已关闭"}.get(state, "该订单已支付")
        trade.state, trade.openid, trade.paid_at = "SUCCESS", openid, now
        trade.transaction_id = (
            f"4200{secrets.randbelow(10**6):06d}{at_shanghai(now):%Y%m%d}{secrets.randbelow(10**10):010d}"
        )
        buyer = self._world.memory.buyers[openid]
        open_window(buyer, "payment", now, self._settings.payment_quota)
        self._world.add_line(
            openid, "system", "payment", f"微信支付 支付成功 ¥{yuan(trade.total_fen)}",
            out_trade_no=trade.out_trade_no, description=trade.request["description"],
        )  # fmt: skip
        self._publish(trade)
        self._notices.paid(trade)
        self._world.save()  # money is never forgotten, not even by a kill -9
        return ""

    # -- refunds

    def refund(self, body: dict[str, Any]) -> Refund:
        """Take a refund, or the same one again when every parameter is the same."""
        request = refund_request(body)
        known = self._world.memory.refunds.get(request["out_refund_no"])
        if known is not None:
            if known.request != request:
                raise PayError(400, "PARAM_ERROR", "订单金额或退款金额与之前请求不一致，请核实后再试")
            return known
        trade = self._refundable(request)
        number = f"5030{secrets.randbelow(10**8):08d}{int(self._world.now())}{secrets.randbelow(10**6):06d}"
        refund = Refund(
            request["out_refund_no"], number, trade.out_trade_no, request, request["amount"]["refund"],
            self._world.now(),
        )  # fmt: skip
        keep_newest(self._world.memory.refunds, refund.out_refund_no, refund, TRADES)
        trade.state = "REFUND"
        self._publish(trade)
        self._world.save()
        self._background.start(self._settle(refund))
        return refund

    def _refundable(self, request: dict[str, Any]) -> Trade:
        by_id = request.get("transaction_id")
        try:
            trade = self.by_transaction_id(by_id) if by_id else self.find(request["out_trade_no"])
        except PayError:
            raise PayError(404, "RESOURCE_NOT_EXISTS", "订单不存在") from None
        if not trade.transaction_id:
            raise PayError(403, "TRADE_STATE_ERROR", "订单状态错误：未支付")
        if request["amount"]["total"] != trade.total_fen:
            raise bad("amount.total与原订单金额不一致")
        before = [one for one in self.refunds_of(trade) if one.status != "CLOSED"]
        if len(before) >= _MOST_REFUNDS:
            raise PayError(400, "INVALID_REQUEST", "单笔交易最多支持50次部分退款")
        if sum(one.refund_fen for one in before) + request["amount"]["refund"] > trade.total_fen:
            raise PayError(400, "INVALID_REQUEST", "退款金额大于可退金额")
        return trade

    def refunds_of(self, trade: Trade) -> list[Refund]:
        """Every refund of a trade."""
        return [one for one in self._world.memory.refunds.values() if one.out_trade_no == trade.out_trade_no]

    def find_refund(self, out_refund_no: str) -> Refund:
        """The refund of this number, or PayError 404 RESOURCE_NOT_EXISTS."""
        refund = self._world.memory.refunds.get(out_refund_no)
        if refund is None:
            raise PayError(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
        return refund

    def shown_refund(self, refund: Refund) -> dict[str, Any]:
        """A refund as answers and queries show it."""
        trade = self.find(refund.out_trade_no)
        shown = {
            "refund_id": refund.refund_id,
            "out_refund_no": refund.out_refund_no,
            "transaction_id": trade.transaction_id,
            "out_trade_no": trade.out_trade_no,
            "channel": "ORIGINAL",
            "user_received_account": "支付用户零钱",
            "create_time": rfc3339(refund.created_at),
            "status": refund.status,
            "funds_account": "AVAILABLE",
            "amount": {
                "total": trade.total_fen,
                "refund": refund.refund_fen,
                "payer_total": trade.total_fen,
                "payer_refund": refund.refund_fen,
                "settlement_refund": refund.refund_fen,
                "settlement_total": trade.total_fen,
                "discount_refund": 0,
                "currency": "CNY",
            },
        }
        return shown | ({"success_time": rfc3339(refund.success_at)} if refund.success_at else {})

    def resume(self) -> None:
        """After a restart: go on with refunds that were on their way."""
        for refund in self._world.memory.refunds.values():
            if refund.status == "PROCESSING":
                self._background.start(self._settle(refund))

    async def _settle(self, refund: Refund) -> None:
        await self._notices.rest(_REFUND_SECONDS)
        while (fault := self._world.faults.refund) and fault.kind == "processing":
            await self._notices.rest(_REFUND_SECONDS)
        fault = self._world.faults.take("refund")
        refund.status = fault.kind.upper() if fault else "SUCCESS"
        trade = self._world.memory.trades.get(refund.out_trade_no)
        if trade is None:
            return
        if refund.status == "SUCCESS":
            refund.success_at = self._world.now()
            self._world.add_line(
                trade.openid, "system", "refund", f"微信支付 退款到账 ¥{yuan(refund.refund_fen)}",
                out_trade_no=trade.out_trade_no,
            )  # fmt: skip
        elif not any(one.status != "CLOSED" for one in self.refunds_of(trade)):
            trade.state = "SUCCESS"
        self._world.changed()
        self._publish(trade)
        self._notices.refunded(trade, refund)

    def _publish(self, trade: Trade) -> None:
        self._world.stream.publish("payment", trade.openid or None, transaction=self.listed(trade))

    def listed(self, trade: Trade) -> dict[str, Any]:
        """A trade with its refunds, as the sandbox's own interface lists it."""
        more = {
            "trade_type": trade.trade_type,
            "code_url": trade.code_url if trade.state_at(self._world.now()) == "NOTPAY" else "",
            "description": trade.request["description"],
            "created_at": rfc3339(trade.created_at),
            "expires_at": rfc3339(trade.expires_at),
            "refunds": [self.shown_refund(one) for one in self.refunds_of(trade)],
        }
        return self.shown(trade) | more


def yuan(fen: int) -> str:
    """Fen as yuan with two decimals."""
    return f"{fen // 100}.{fen % 100:02d}"
