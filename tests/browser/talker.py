"""A bot of a few fixed answers that speaks WeChat's protocol, in front of one order's pages."""

import threading
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from kernel.orders import LineState, OrderState

from .shop import TOKEN, Shop

Heard = dict[str, str]


@dataclass
class Talker:
    """Answers by the text's first word; remembers everything it was sent."""

    public_url: str = ""
    shop: Shop = field(default_factory=Shop)
    heard: list[Heard] = field(default_factory=list)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/wechat", self._wechat, methods=["POST"]),
                Route("/pay/notify", self._notify, methods=["POST"]),
                Mount("/", self.shop.app()),
            ]
        )

    def last(self, count: int = 1) -> Heard:
        """The newest message, as soon as there are `count` of them."""
        deadline = time.monotonic() + 60
        while len(self.heard) < count and time.monotonic() < deadline:
            threading.Event().wait(0.01)
        return self.heard[-1]

    async def _notify(self, _: Request) -> Response:
        """Paid: this shop delivers on the spot, whoever says so."""
        self.shop.become(OrderState.DELIVERED, *[LineState.DELIVERED for _ in self.shop.order.lines])
        return Response(status_code=204)

    async def _wechat(self, request: Request) -> Response:
        root = ET.fromstring(await request.body())
        heard = {child.tag: child.text or "" for child in root}
        self.heard.append(heard)
        reply = self._reply(heard)
        if reply == "":
            return PlainTextResponse("success")
        return Response(
            f"<xml><ToUserName><![CDATA[{heard['FromUserName']}]]></ToUserName>"
            f"<FromUserName><![CDATA[{heard['ToUserName']}]]></FromUserName><CreateTime>1</CreateTime>"
            f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{reply}]]></Content></xml>",
            media_type="text/xml",
        )

    def _reply(self, heard: Heard) -> str:
        if heard["MsgType"] == "voice":
            return f"听到了：{heard.get('Recognition') or '什么也没有'}"
        if heard["MsgType"] == "event":
            return {"subscribe": "欢迎光临！", "CLICK": f"菜单 {heard['EventKey']}"}.get(heard["Event"], "")
        said = heard.get("Content", "")
        if said.startswith("付款"):
            return f'订单已创建，请付款：<a href="{self.public_url}/pay/{TOKEN}">去支付</a>'
        if said.startswith("选择"):
            tap = "weixin://bizmsgmenu?msgmenucontent=%E7%A1%AE%E8%AE%A4%2B1&msgmenuid=m7"
            bad = '<a href="javascript:alert(1)">这个</a><b>粗</b><img src=x onerror=alert(1)>'
            return f'点 <a href="{tap}">确认</a> 或 {bad}'
        if said.startswith("坏掉"):
            return "x" * 3000
        return f"收到：{said}"
