"""WeChat Pay's notices on their way to the merchant: sealed, signed, resent on schedule, and forged on request."""

import asyncio
import json
import secrets
from typing import Any

import httpx

from sandbox import pay_crypto
from sandbox.background import Background
from sandbox.faults import Fault
from sandbox.settings import SandboxSettings
from sandbox.world import TRADES, Notice, Refund, Trade, World, keep_newest, rfc3339

ANSWER_SECONDS = 5.0
_LOOK_SECONDS = 0.5
"""How soon a waiting notice sees that the speed was changed."""
SCHEDULE_SECONDS = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)


class Notices:
    """Sends each notice until it is acknowledged or the schedule is over."""

    def __init__(
        self, settings: SandboxSettings, world: World, client: httpx.AsyncClient, background: Background
    ) -> None:
        self._settings = settings
        self._world = world
        self._client = client
        self._background = background
        self._key = pay_crypto.private_key(settings.platform_private_key_pem)

    async def rest(self, seconds: float) -> None:
        """Wait as long as the real one would, divided by the fault panel's speed, which may change meanwhile."""
        left = seconds
        while left > 0:
            step = min(left, _LOOK_SECONDS * self._world.faults.notice_speed)
            await asyncio.sleep(step / self._world.faults.notice_speed)
            left -= step

    def paid(self, trade: Trade) -> Notice:
        """Announce a payment."""
        return self._begin(trade, "TRANSACTION.SUCCESS", "transaction", self.transaction(trade), trade.notify_url)

    def refunded(self, trade: Trade, refund: Refund) -> Notice | None:
        """Announce the end of a refund; None when the merchant asked for no notice."""
        url = str(refund.request.get("notify_url") or "")
        if not url:
            return None
        plain: dict[str, Any] = {
            "mchid": self._settings.mch_id,
            "transaction_id": trade.transaction_id,
            "out_trade_no": trade.out_trade_no,
            "refund_id": refund.refund_id,
            "out_refund_no": refund.out_refund_no,
            "refund_status": refund.status,
            "user_received_account": "支付用户零钱",
            "amount": {
                "total": trade.total_fen,
                "refund": refund.refund_fen,
                "payer_total": trade.total_fen,
                "payer_refund": refund.refund_fen,
            },
        }
        if refund.success_at:
            plain["success_time"] = rfc3339(refund.success_at)
        return self._begin(trade, f"REFUND.{refund.status}", "refund", plain, url)

    def transaction(self, trade: Trade) -> dict[str, Any]:
        """A trade as queries and notices show it once it is paid."""
        return {
            "appid": self._settings.app_id,
            "mchid": self._settings.mch_id,
            "out_trade_no": trade.out_trade_no,
            "transaction_id": trade.transaction_id,
            "trade_type": trade.trade_type,
            "trade_state": "SUCCESS",
            "trade_state_desc": "支付成功",
            "bank_type": "OTHERS",
            "attach": trade.request.get("attach", ""),
            "success_time": rfc3339(trade.paid_at or self._world.now()),
            "payer": {"openid": trade.openid},
            "amount": {
                "total": trade.total_fen,
                "payer_total": trade.total_fen,
                "currency": "CNY",
                "payer_currency": "CNY",
            },
        }

    def resume(self) -> None:
        """After a restart: go on with what was not acknowledged."""
        for notice in self._world.memory.notices.values():
            if not notice.done:
                self._background.start(self._send(notice))

    async def send_once(self, notice: Notice, forge: str = "") -> dict[str, Any]:
        """One attempt; what came of it is kept with the notice. `forge` names what is wrong with it."""
        headers, body = self.envelope(notice, forge)
        url = notice.url
        if url.startswith(self._settings.bot_address + "/"):
            # The bot's public address may not be reachable from this machine; the bot itself always is.
            url = self._settings.bot_url + url[len(self._settings.bot_address) :]
        result: dict[str, Any] = {"at": rfc3339(self._world.now()), "forge": forge or None, "status": None, "body": ""}
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self._client.post(url, content=body, headers=headers)
            result |= {"status": answer.status_code, "body": answer.text[:500]}
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            result["body"] = type(error).__name__
        notice.attempts.append(result)
        if result["status"] in (200, 204) and not forge:
            notice.done = True
        self._world.changed()
        self._world.stream.publish("notice", None, out_trade_no=notice.out_trade_no, notice=notice.id, attempt=result)
        return result

    def envelope(self, notice: Notice, forge: str = "") -> tuple[dict[str, str], str]:
        """Headers and body of a notice, genuine or forged in one respect."""
        plain = json.loads(json.dumps(notice.plaintext))
        if forge == "amount":
            plain["amount"] |= {"total": plain["amount"]["total"] + 1, "payer_total": plain["amount"]["total"] + 1}
        if forge == "mchid":
            plain["mchid"] = "1600000000"
        resource = pay_crypto.seal(
            json.dumps(plain, ensure_ascii=False), self._settings.api_v3_key, notice.original_type
        )
        body = json.dumps(
            {
                "id": notice.id,
                "create_time": rfc3339(notice.created_at),
                "resource_type": "encrypt-resource",
                "event_type": notice.event_type,
                "summary": "支付成功" if notice.original_type == "transaction" else "退款结果",
                "resource": {"original_type": notice.original_type, **resource},
            },
            ensure_ascii=False,
        )
        stamp, nonce = str(int(self._world.now())), secrets.token_hex(16)
        signature = pay_crypto.sign(f"{stamp}\n{nonce}\n{body}\n", self._key)
        serial = self._settings.platform_key_id
        if forge == "signature":
            signature = pay_crypto.sign(f"{stamp}\n{nonce}\nsomething else\n", self._key)
        elif forge == "signtest":
            signature = "WECHATPAY/SIGNTEST/" + signature[19:]
        elif forge == "serial":
            serial = "PUB_KEY_ID_0199999999999999999999999999999999"
        return {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Mozilla/4.0",
            "Accept": "*/*",
            "Request-ID": secrets.token_hex(16),
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Signature": signature,
            "Wechatpay-Serial": serial,
            "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
        }, body

    def make(self, trade: Trade, event_type: str, original_type: str, plain: dict[str, Any], url: str) -> Notice:
        """A notice that is not sent yet."""
        number = f"{self._world.next_id():x}-sandbox"
        return Notice(number, url, event_type, original_type, plain, self._world.now(), trade.out_trade_no)

    def _begin(self, trade: Trade, event_type: str, original_type: str, plain: dict[str, Any], url: str) -> Notice:
        notice = self.make(trade, event_type, original_type, plain, url)
        keep_newest(self._world.memory.notices, notice.id, notice, TRADES)
        self._world.changed()
        self._background.start(self._send(notice))
        return notice

    async def _send(self, notice: Notice) -> None:
        while not notice.done:
            await self._attempt(notice)
            if notice.done or len(notice.attempts) > len(SCHEDULE_SECONDS):
                break
            await self.rest(SCHEDULE_SECONDS[len(notice.attempts) - 1])
        notice.done = True
        self._world.changed()

    async def _attempt(self, notice: Notice) -> None:
        fault = self._world.faults.take("notice", f"{notice.event_type} {notice.out_trade_no}")
        if fault is None:
            await self.send_once(notice)
        elif fault.kind == "lose":
            self._lose(notice)
        elif fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
            await self.send_once(notice)
        elif fault.kind == "repeat":
            await self._repeat(notice, fault)
        else:
            await self.send_once(notice, forge=fault.forge)

    async def _repeat(self, notice: Notice, fault: Fault) -> None:
        # All at the same instant: the hardest case for the merchant's idempotence. They count as one attempt.
        before = len(notice.attempts)
        results = await asyncio.gather(*(self.send_once(notice) for _ in range(fault.n)))
        notice.attempts[before:] = [{**results[-1], "repeated": [result["status"] for result in results]}]

    def _lose(self, notice: Notice) -> None:
        notice.attempts.append({"at": rfc3339(self._world.now()), "forge": None, "status": None, "body": "lost"})
        self._world.changed()
        self._world.stream.publish(
            "notice", None, out_trade_no=notice.out_trade_no, notice=notice.id, attempt=notice.attempts[-1]
        )
