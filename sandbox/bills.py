"""The day's trade bill: CSV as WeChat Pay writes it, every cell behind a backtick, sums at the end."""

import gzip
import hashlib
import re
import secrets
from datetime import date, datetime, timedelta
from typing import Any

from sandbox.pay_request import PayError, bad
from sandbox.settings import SandboxSettings
from sandbox.trades import yuan
from sandbox.world import SHANGHAI, Refund, Trade, World, at_shanghai, keep_newest

_HEADER = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
_SUM_HEADER = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
_READY_HOUR = 10
_KEPT = 100


class Bills:
    """Makes bills and keeps them for download."""

    def __init__(self, settings: SandboxSettings, world: World) -> None:
        self._settings = settings
        self._world = world
        self._files: dict[str, bytes] = {}

    def order(self, query: dict[str, str]) -> dict[str, str]:
        """The answer to GET /v3/bill/tradebill, the download's token in place of its address. Raises PayError."""
        day = self._day(query.get("bill_date", ""))
        kind, packing = query.get("bill_type", "ALL"), query.get("tar_type")
        if kind not in ("ALL", "SUCCESS", "REFUND") or packing not in (None, "GZIP"):
            raise bad("bill_type或tar_type无效")
        paid = [trade for trade in self._world.memory.trades.values() if trade.paid_at and self._on(trade.paid_at, day)]
        known = self._world.memory.trades
        refunds = self._world.memory.refunds.values()
        back = [one for one in refunds if one.out_trade_no in known and self._on(one.created_at, day)]
        if kind == "SUCCESS":
            back = []
        if kind == "REFUND":
            paid = []
        if not paid and not back:
            raise PayError(400, "NO_STATEMENT_EXIST", "账单文件不存在")
        text = self._csv(paid, back).encode()
        token = secrets.token_urlsafe(32)
        keep_newest(self._files, token, gzip.compress(text, mtime=0) if packing else text, _KEPT)
        digest = hashlib.sha1(text, usedforsecurity=False).hexdigest()
        return {"hash_type": "SHA1", "hash_value": digest, "token": token}

    def download(self, token: str) -> bytes | None:
        """The file behind a token."""
        return self._files.get(token)

    def _day(self, text: str) -> date:
        try:
            day = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
        except ValueError:
            day = None
        if day is None:
            raise bad("bill_date：格式为yyyy-MM-dd")
        if self._world.faults.bills_at_once:
            return day
        now = at_shanghai(self._world.now())
        if day >= now.date():
            raise bad("bill_date：不能是当日或未来日期")
        ready = datetime.combine(day + timedelta(days=1), datetime.min.time(), SHANGHAI) + timedelta(hours=_READY_HOUR)
        if now < ready:
            raise PayError(400, "STATEMENT_CREATING", "账单生成中，请30分钟后再试")
        return day

    def _on(self, moment: float, day: date) -> bool:
        return at_shanghai(moment).date() == day

    def _csv(self, paid: list[Trade], back: list[Refund]) -> str:
        rows = [(trade.paid_at, self._paid_row(trade)) for trade in paid]
        trades = self._world.memory.trades
        rows += [(one.created_at, self._refund_row(trades[one.out_trade_no], one)) for one in back]
        rows.sort(key=lambda row: row[0], reverse=True)
        total, refunds = sum(trade.total_fen for trade in paid), sum(one.refund_fen for one in back)
        fees = sum(trade.total_fen for trade in paid) * 6 / 100_000
        sums = [str(len(rows)), yuan(total), yuan(refunds), "0.00", f"{fees:.5f}", yuan(total), yuan(refunds)]
        lines = [_HEADER, *(_cells(row) for _, row in rows), _SUM_HEADER, _cells(sums)]
        return "\ufeff" + "".join(line + "\r\n" for line in lines)

    def _paid_row(self, trade: Trade) -> list[str]:
        money = yuan(trade.total_fen)
        fee = f"{trade.total_fen * 6 / 100_000:.5f}"
        return [
            *self._left(trade, trade.paid_at, "SUCCESS"), money, "0.00", "0", "0", "0.00", "0.00", "", "",
            *self._right(trade), fee, "0.60%", money, "0.00", "",
        ]  # fmt: skip

    def _refund_row(self, trade: Trade, refund: Refund) -> list[str]:
        money = yuan(refund.refund_fen)
        return [
            *self._left(trade, refund.created_at, "REFUND"), "0.00", "0.00", refund.refund_id, refund.out_refund_no,
            money, "0.00", "ORIGINAL", refund.status, *self._right(trade), "0.00000", "0.60%", "0.00", money, "",
        ]  # fmt: skip

    def _left(self, trade: Trade, moment: float, state: str) -> list[str]:
        settings = self._settings
        at = f"{at_shanghai(moment):%Y-%m-%d %H:%M:%S}"
        return [
            at, settings.app_id, settings.mch_id, "0", "", trade.transaction_id, trade.out_trade_no, trade.openid,
            trade.trade_type, state, "OTHERS", "CNY",
        ]  # fmt: skip

    def _right(self, trade: Trade) -> list[Any]:
        return [trade.request["description"], trade.request.get("attach", "")]


def _cells(values: list[str]) -> str:
    return ",".join("`" + re.sub(r"[,\r\n`]", " ", value) for value in values)
