"""The bot everybody writes first: plain WeRoBot, one handler, regular expressions, RedisStorage for the session.

Four turns to an order like ours, without understanding, checks, dedupe, lock or a database: the yardstick for what
a turn of kabot costs. It promises an order and keeps none; asked to, it at least writes it down in Redis.
"""

import json
import re
import sys
import time

import redis
from werobot import WeRoBot
from werobot.session.redisstorage import RedisStorage

PRICES = {"10": "10.05", "20": "20.05", "30": "29.95", "50": "49.80", "100": "99.50", "200": "198.80"}
WANTS = re.compile(r"话费|充值")
AMOUNT = re.compile(r"^(\d+)元?$")
PHONE = re.compile(r"^1[3-9]\d{9}$")


def make_robot(redis_socket: str, token: str, *, keeps_orders: bool) -> WeRoBot:
    """Build the robot around a Redis reached through a unix socket."""
    client = redis.Redis(unix_socket_path=redis_socket)
    robot = WeRoBot(token=token, enable_session=True, session_storage=RedisStorage(client, prefix="peer_"))

    @robot.text
    def order(message, session):  # type: ignore[no-untyped-def]
        said = message.content.strip()
        if said == "取消":
            session.clear()
            return "已取消"
        if WANTS.search(said):
            session["step"] = "amount"
            return "请选择面值:\n" + "\n".join(f"{n}. {v}元 ¥{p}" for n, (v, p) in enumerate(PRICES.items(), 1))
        if session.get("step") == "amount" and (found := AMOUNT.match(said)) and found.group(1) in PRICES:
            session.update(step="phone", amount=found.group(1))
            return "请输入手机号"
        if session.get("step") == "phone" and PHONE.match(said):
            session.update(step="confirm", phone=said)
            return (
                f"话费充值 {session['amount']}元\n手机号: {said}\n合计 ¥{PRICES[session['amount']]}\n回复「确认」下单"
            )
        if session.get("step") == "confirm" and said == "确认":
            number = kept(message.source, session) if keeps_orders else "abc"
            session.clear()
            return f"订单已创建, 请付款: https://shop.example/pay/{number}"
        return "没有听懂, 请重新输入"

    def kept(openid, session):  # type: ignore[no-untyped-def]
        number = client.incr("peer_orders")
        row = {"openid": openid, "amount": session["amount"], "phone": session["phone"], "at": int(time.time())}
        client.set(f"peer_order_{number}", json.dumps(row))
        return number

    return robot


if __name__ == "__main__":
    redis_socket, port, token, server, orders = sys.argv[1:]
    robot = make_robot(redis_socket, token, keeps_orders=orders == "kept")
    if server == "run":
        # What robot.run() comes to where only WeRoBot is installed: it takes the first server it finds.
        robot.run(server="wsgiref", host="127.0.0.1", port=int(port))
    else:
        from waitress import serve

        serve(robot.wsgi, host="127.0.0.1", port=int(port), threads=4)
