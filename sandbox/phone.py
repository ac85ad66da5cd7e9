"""The buyers' phones over HTTP, for the chat page and for tests: say, subscribe, look, listen; and the fault panel."""

import asyncio
import re
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from sandbox import bodies, wechat_crypto
from sandbox.account_api import AccountApi
from sandbox.customer_message import open_window
from sandbox.faults import FORGERIES, FaultError
from sandbox.fulu import STATES, Fulu
from sandbox.juhe import STATES as JUHE_STATES
from sandbox.juhe import Juhe
from sandbox.notices import Notices
from sandbox.settings import SandboxSettings
from sandbox.spoken import UnsayableError, message_fields
from sandbox.stream import TooManyListenersError
from sandbox.trades import Trades
from sandbox.wechat_push import WeChatPush
from sandbox.world import Buyer, World, rfc3339

_NAME_LIMIT, _MOST_REPEATS = 40, 20


class Phone:
    """The interface under /sandbox/api."""

    def __init__(
        self, settings: SandboxSettings, world: World, push: WeChatPush, account: AccountApi, trades: Trades,
        notices: Notices, supplier: Fulu, juhe: Juhe,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._world = world
        self._push = push
        self._account = account
        self._trades = trades
        self._notices = notices
        self._supplier = supplier
        self._juhe = juhe

    def routes(self) -> list[Route]:
        """Everything this interface answers."""
        chat = "/sandbox/api/chat/{openid}"
        return [
            Route("/sandbox/api/about", self._about, methods=["GET"]),
            Route("/sandbox/api/buyers", self._buyers, methods=["GET"]),
            Route("/sandbox/api/buyers", self._new_buyer, methods=["POST"]),
            Route(chat, self._chat, methods=["GET"]),
            Route(f"{chat}/say", self._say, methods=["POST"]),
            Route(f"{chat}/subscribe", self._subscribe, methods=["POST"]),
            Route(f"{chat}/unsubscribe", self._unsubscribe, methods=["POST"]),
            Route(f"{chat}/kf-close", self._kf_close, methods=["POST"]),
            Route("/sandbox/api/push", self._raw_push, methods=["POST"]),
            Route("/sandbox/api/stream", self._stream, methods=["GET"]),
            Route("/sandbox/api/menu", self._menu, methods=["GET"]),
            Route("/sandbox/api/transactions", self._transactions, methods=["GET"]),
            Route("/sandbox/api/notices", self._sent_notices, methods=["GET"]),
            Route("/sandbox/api/notices", self._send_notice, methods=["POST"]),
            Route("/sandbox/api/supplier-orders", self._supplier_orders, methods=["GET"]),
            Route("/sandbox/api/supplier-orders/{number}", self._settle, methods=["PUT"]),
            Route("/sandbox/api/pushes", self._pushes, methods=["GET"]),
            Route("/sandbox/api/faults", self._faults, methods=["GET"]),
            Route("/sandbox/api/faults", self._set_faults, methods=["PUT", "POST"]),
            Route("/sandbox/media/{media_id}", self._media, methods=["GET"]),
        ]

    async def _about(self, _: Request) -> Response:
        """What the chat page must know: the account's name, and which links are the bot's."""
        return bodies.json_response(
            {"shop_name": self._settings.account_name, "public_url": self._settings.bot_address}
        )

    # -- buyers and chats

    async def _buyers(self, _: Request) -> Response:
        return bodies.json_response({"buyers": [self._shown(one) for one in self._world.memory.buyers.values()]})

    def _shown(self, buyer: Buyer) -> dict[str, Any]:
        last = self._world.memory.chats.get(buyer.openid, [])[-1:]
        return {
            "openid": buyer.openid,
            "name": buyer.name,
            "subscribed": buyer.subscribed,
            "kf_account": buyer.kf_account,
            "created_at": rfc3339(buyer.created_at),
            "last": last[0] if last else None,
        }

    async def _new_buyer(self, request: Request) -> Response:
        body = await _object(request)
        name = body.get("name") or f"顾客{len(self._world.memory.buyers) + 1}"
        if not isinstance(name, str) or len(name) > _NAME_LIMIT:
            return _error(f"name：最多{_NAME_LIMIT}个字")
        buyer = self._world.add_buyer(name)
        buyer.snapshot = body.get("snapshot") is True
        self._world.stream.publish("buyer", buyer.openid, buyer=self._shown(buyer))
        messages = [] if body.get("subscribe") is False else await self._follow(buyer, body.get("scene"))
        return bodies.json_response({**self._shown(buyer), "messages": messages}, 201)

    async def _chat(self, request: Request) -> Response:
        if (buyer := self._buyer(request)) is None:
            return _error("没有这位顾客", 404)
        lines = self._world.memory.chats.get(buyer.openid, [])
        after = request.query_params.get("after", "")
        if after.isdigit():
            lines = [line for line in lines if int(line["id"]) > int(after)]
        return bodies.json_response({**self._shown(buyer), "messages": lines})

    async def _say(self, request: Request) -> Response:
        if (buyer := self._buyer(request)) is None:
            return _error("没有这位顾客", 404)
        said = await _object(request)
        event = said.get("event") if said.get("kind") == "event" else None
        if event == "subscribe":
            return bodies.json_response({"messages": await self._follow(buyer, said.get("event_key"))})
        if event == "unsubscribe":
            return bodies.json_response({"messages": await self._leave(buyer)})
        if not buyer.subscribed:
            return _error("尚未关注公众号", 409)
        try:
            fields, line = message_fields(said, self._world, self._settings)
        except UnsayableError as error:
            return _error(str(error))
        tapped = event in ("CLICK", "SCAN")
        if event is None or tapped:
            open_window(buyer, "tap" if tapped else "message", self._world.now())
        mine = self._world.add_line(buyer.openid, "buyer", **line)
        if buyer.kf_account:
            return bodies.json_response({"messages": [mine], "answers": []})
        repeat = said.get("repeat", 1)
        repeat = repeat if isinstance(repeat, int) and 1 <= repeat <= _MOST_REPEATS else 1
        return await self._deliver(buyer, mine, fields, repeat)

    async def _deliver(self, buyer: Buyer, mine: dict[str, Any], fields: dict[str, Any], repeat: int) -> Response:
        # The same XML every time, CreateTime too: this is what WeChat's own resending looks like.
        xml = self._push.message_xml(buyer.openid, fields)
        pushes = [self._push.deliver_xml(buyer.openid, xml) for _ in range(repeat)]
        answers = await asyncio.gather(*pushes)
        # Whichever of the same pushes was answered with a reply is the one the buyer sees, once.
        told = next((one for one in answers if one.body.strip() not in ("", "success")), answers[0])
        shown = self._push.show(buyer.openid, told)
        return bodies.json_response({"messages": [mine, *shown], "answers": [one.as_json() for one in answers]})

    async def _subscribe(self, request: Request) -> Response:
        if (buyer := self._buyer(request)) is None:
            return _error("没有这位顾客", 404)
        return bodies.json_response({"messages": await self._follow(buyer, (await _object(request)).get("scene"))})

    async def _unsubscribe(self, request: Request) -> Response:
        if (buyer := self._buyer(request)) is None:
            return _error("没有这位顾客", 404)
        return bodies.json_response({"messages": await self._leave(buyer)})

    async def _follow(self, buyer: Buyer, scene: Any) -> list[dict[str, Any]]:
        buyer.subscribed = True
        open_window(buyer, "tap", self._world.now())
        fields: dict[str, Any] = {"MsgType": "event", "Event": "subscribe", "EventKey": ""}
        if isinstance(scene, str) and scene:
            key = "qrscene_" + scene.removeprefix("qrscene_")[:64]
            fields |= {"EventKey": key, "Ticket": wechat_crypto.signature("ticket", scene)}
        return await self._happen(buyer, fields, "已关注公众号", "subscribe")

    async def _leave(self, buyer: Buyer) -> list[dict[str, Any]]:
        buyer.subscribed, buyer.grants, buyer.kf_account = False, [], ""
        fields = {"MsgType": "event", "Event": "unsubscribe", "EventKey": ""}
        return await self._happen(buyer, fields, "已取消关注", "unsubscribe")

    async def _happen(self, buyer: Buyer, fields: dict[str, Any], words: str, event: str) -> list[dict[str, Any]]:
        mine = self._world.add_line(buyer.openid, "system", "event", words, event=event)
        self._world.stream.publish("buyer", buyer.openid, buyer=self._shown(buyer))
        answer = await self._push.deliver(buyer.openid, fields)
        # Nobody who has left sees a reply any more.
        return [mine] if event == "unsubscribe" else [mine, *self._push.show(buyer.openid, answer)]

    async def _kf_close(self, request: Request) -> Response:
        if (buyer := self._buyer(request)) is None or not buyer.kf_account:
            return _error("没有进行中的人工会话", 404)
        self._account.end_kf_session(buyer.openid)
        return bodies.json_response({"ok": True})

    def _buyer(self, request: Request) -> Buyer | None:
        return self._world.memory.buyers.get(request.path_params["openid"])

    async def _raw_push(self, request: Request) -> Response:
        """Any XML, any signature, once; nothing of it goes into a chat."""
        body = await _object(request)
        xml, openid = body.get("xml"), str(body.get("openid", ""))
        if not isinstance(xml, str):
            return _error("xml is missing")
        query, text = self._push.envelope(openid, xml)
        if body.get("plain") is True:
            text = xml
            query = {name: value for name, value in query.items() if name not in ("encrypt_type", "msg_signature")}
        changed = body.get("query", {})
        if not isinstance(changed, dict):
            return _error("query is an object")
        query |= {str(name): str(value) for name, value in changed.items() if value is not None}
        for name in [name for name, value in changed.items() if value is None]:
            query.pop(name, None)
        try:
            status, answer = await self._push.post(query, text)
        except httpx.HTTPError as error:
            return bodies.json_response({"status": None, "body": type(error).__name__})
        return bodies.json_response({"status": status, "body": answer})

    # -- what happened

    async def _stream(self, _: Request) -> Response:
        try:
            lines = self._world.stream.listen()
        except TooManyListenersError:
            return _error("太多监听者", 503)
        return StreamingResponse(lines, media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    async def _menu(self, _: Request) -> Response:
        return bodies.json_response({"menu": self._world.memory.menu})

    async def _transactions(self, _: Request) -> Response:
        trades = [self._trades.listed(one) for one in reversed(self._world.memory.trades.values())]
        return bodies.json_response({"transactions": trades[:500]})

    async def _sent_notices(self, request: Request) -> Response:
        number = request.query_params.get("out_trade_no")
        shown = [
            {
                "id": one.id,
                "out_trade_no": one.out_trade_no,
                "event_type": one.event_type,
                "url": one.url,
                "done": one.done,
                "attempts": one.attempts,
            }
            for one in reversed(self._world.memory.notices.values())
            if number in (None, one.out_trade_no)
        ]
        return bodies.json_response({"notices": shown[:500]})

    async def _send_notice(self, request: Request) -> Response:
        """Send one payment notice now: a genuine one again for a paid trade, or a forged one for any."""
        body = await _object(request)
        trade = self._world.memory.trades.get(str(body.get("out_trade_no")))
        forge = body.get("forge") or ""
        if trade is None:
            return _error("没有这笔交易", 404)
        if forge not in ("", *FORGERIES):
            return _error(f"forge is one of {', '.join(FORGERIES)}")
        if not trade.transaction_id and not forge:
            return _error("尚未支付的交易没有真实的通知", 409)
        plain = self._notices.transaction(trade)
        if not trade.transaction_id:
            plain |= {"transaction_id": "4200000000209912310000000000", "payer": {"openid": trade.openid}}
        notice = self._notices.make(trade, "TRANSACTION.SUCCESS", "transaction", plain, trade.notify_url)
        return bodies.json_response(await self._notices.send_once(notice, forge))

    async def _supplier_orders(self, _: Request) -> Response:
        """What both suppliers have on record, newest first."""
        memory = self._world.memory
        both = [(one.created_at, self._supplier.listed(one)) for one in memory.supplier_orders.values()]
        both += [(one.created_at, self._juhe.listed(one)) for one in memory.juhe_orders.values()]
        both.sort(key=lambda entry: entry[0], reverse=True)
        return bodies.json_response({"supplier_orders": [order for _, order in both[:500]]})

    async def _settle(self, request: Request) -> Response:
        number, memory = request.path_params["number"], self._world.memory
        supplier = self._juhe if number in memory.juhe_orders else self._supplier
        order = memory.juhe_orders.get(number) or memory.supplier_orders.get(number)
        states = JUHE_STATES if isinstance(supplier, Juhe) else STATES
        state = str((await _object(request)).get("state"))
        if order is None:
            return _error("没有这张供应商订单", 404)
        if state not in states:
            return _error(f"state is one of {', '.join(states)}")
        supplier.settle(order, state)
        return bodies.json_response(supplier.listed(order))

    async def _pushes(self, request: Request) -> Response:
        openid = request.query_params.get("openid")
        pushes = [
            one for one in reversed(self._world.memory.pushes) if openid in (None, (one["message"] or {}).get("touser"))
        ]
        return bodies.json_response({"pushes": pushes[:500]})

    # -- the fault panel

    async def _faults(self, _: Request) -> Response:
        return bodies.json_response(self._world.faults.as_json())

    async def _set_faults(self, request: Request) -> Response:
        try:
            changed = self._world.faults.change(await _object(request))
        except FaultError as error:
            return _error(str(error))
        supplier = self._world.faults.supplier
        if "supplier" in changed and (supplier is None or supplier.kind != "processing"):
            self._supplier.fault_cleared()
        juhe = self._world.faults.juhe
        if "juhe" in changed and (juhe is None or juhe.kind != "processing"):
            self._juhe.fault_cleared()
        self._world.stream.publish("faults", None, faults=self._world.faults.as_json())
        return bodies.json_response(self._world.faults.as_json())

    async def _media(self, request: Request) -> Response:
        found = self._world.media.get(request.path_params["media_id"])
        if found is None or not re.fullmatch(r"(image|audio|video)/[\w.+-]+", found[1]):
            return _error("没有这份素材", 404)
        headers = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}
        return Response(found[2], media_type=found[1], headers=headers)


async def _object(request: Request) -> dict[str, Any]:
    return bodies.json_object(await bodies.read(request)) or {}


def _error(words: str, status: int = 400) -> Response:
    return bodies.json_response({"error": words}, status)
