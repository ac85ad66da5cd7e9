"""The sandbox and a talker behind it, both listening, for the chat page."""

import base64
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from starlette.applications import Starlette

from sandbox.app import create_app
from sandbox.faults import KINDS
from sandbox.server import free_socket, running
from sandbox.settings import Credentials
from sandbox.world import Memory, Trade
from tests.credentials import credentials

from .conftest import serving
from .shop import Shop
from .talker import Talker

MENU = {
    "button": [
        {"type": "click", "name": "自助下单", "key": "self_order"},
        {"name": "我的", "sub_button": [{"type": "click", "name": "我的订单", "key": "my_orders"}]},
        {
            "name": "客服",
            "sub_button": [
                {"type": "click", "name": "人工客服", "key": "human"},
                {"type": "click", "name": "使用帮助", "key": "help"},
            ],
        },
    ]
}


@dataclass
class Table:
    """One sandbox, one bot."""

    url: str
    bot: Talker
    sandbox: Starlette
    credentials: Credentials
    bot_url: str

    def clear(self) -> None:
        """Back to an untouched table: nobody is there, nothing was said, the menu stands."""
        world = self.sandbox.state.world
        world.memory = Memory(menu=MENU)
        world.faults.change(dict.fromkeys(KINDS))
        self.bot.heard.clear()
        self.bot.shop.__dict__.update(vars(Shop(bridged=False)))

    def open_trade(self, openid: str, code_url: str = "") -> None:
        """Open a payment of the order as the bot would through the Pay API: JSAPI, or native with a code."""
        now = time.time()
        order = self.bot.shop.order
        self.sandbox.state.world.memory.trades[order.order_no] = Trade(
            out_trade_no=order.order_no,
            trade_type="NATIVE" if code_url else "JSAPI",
            request={"description": "好店-话费充值", "amount": {"total": order.total_fen, "currency": "CNY"}},
            total_fen=order.total_fen,
            notify_url=self.bot_url + "/pay/notify",
            created_at=now,
            expires_at=now + 900,
            openid=openid,
            prepay_id="" if code_url else "wx" + "1" * 34,
            code_url=code_url,
            prepay_until=now + 7200,
        )
        self.bot.shop.sign = self._bridge_parameters

    def call(self, path: str, body: dict[str, Any]) -> None:
        """One call of the account API with a valid token; anything but ok is a failure."""
        names = {"grant_type": "client_credential"}
        names |= {"appid": self.credentials.app_id, "secret": self.credentials.app_secret}
        token = httpx.get(f"{self.url}/cgi-bin/token", params=names).json()["access_token"]
        answer = httpx.post(f"{self.url}{path}", params={"access_token": token}, json=body).json()
        assert answer["errcode"] == 0

    def _bridge_parameters(self) -> dict[str, str]:
        key = serialization.load_pem_private_key(self.credentials.merchant_private_key_pem.encode(), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        app_id, package = self.credentials.app_id, "prepay_id=wx" + "1" * 34
        text = f"{app_id}\n1\nnonce\n{package}\n".encode()
        return {
            "appId": app_id,
            "timeStamp": "1",
            "nonceStr": "nonce",
            "package": package,
            "signType": "RSA",
            "paySign": base64.b64encode(key.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode(),
        }


@contextmanager
def laid() -> Iterator[Table]:
    """Lay the table: a sandbox without memory, in front of a talker."""
    bot = Talker(shop=Shop(bridged=False))
    with serving(bot.app()) as bot_url:
        listening = free_socket()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        bot.public_url = url
        settings = credentials().sandbox_settings(bot_url=bot_url, public_url=url, mode="plain", notice_speed=1000.0)
        app = create_app(settings)
        app.state.world.memory.menu = MENU
        with running(app, listening):
            yield Table(url, bot, app, credentials(), bot_url)
