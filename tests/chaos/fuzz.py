"""Random and bent input to the webhook, the notices and the callbacks of suppliers: never a 5xx, never a long wait.

Half of it is bent after it was signed, and is refused at the door; the other half is bent first and then sealed and
signed as it should be, so that it reaches the code behind the door.
"""

import contextlib
import json
import random
import secrets
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from sandbox import fulu, pay_crypto, wechat_crypto
from sandbox.settings import Credentials
from sandbox.wechat_push import to_xml
from tests.chaos.house import house

SLOW_S = 5.0
_WORDS = (
    "充", "话费", "100", "138", "确认", "取消", "第二个", "改成", "骏网卡", "steam", "Q币", "我的订单", "转人工",
    "一万张",
    "给", "各",
    "13812345678", "\u202e", "\x00", "]]>", "<a>", "&amp;", "😀", "\ud7ff", "０１２", "一二三", "-1",
    "1e99", "\n", "\t", " " * 50,
    "退款", "K2611220000000001", "%s", "{0}", "' OR 1=1", "上次的", "批量", "地址", "发票", "余额", "谢谢", "🀄" * 20,
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**63, -(2**63), 10**40, 0.5, 1e308, "", "0", "x" * 10_000, "\x00", "\ud83d", "é",
    [], {},
    [[]],
    {"a": {"a": {}}}, "2026-13-45T99:99:99+99:99", "SUCCESS", "CNY", "999999999999999999999", "١٢٣",
)  # fmt: skip
_KINDS = ("text", "voice", "image", "location", "link", "video", "event", "", "shortvideo", "file", "TEXT", "text\n")
_EVENTS = (
    "CLICK",
    "VIEW",
    "subscribe",
    "unsubscribe",
    "SCAN",
    "LOCATION",
    "TEMPLATESENDJOBFINISH",
    "kf_create_session",
    "x" * 500,
)


class Fuzz:
    """Makes one request after the other and looks at what comes back."""

    def __init__(self, url: str, made: Credentials, seed: int) -> None:
        self._url, self._made, self._seed = url, made, seed
        self.answers: Counter[str] = Counter()
        self.worst_s = 0.0
        self.broken: list[str] = []
        self._key = pay_crypto.private_key(made.platform_private_key_pem)

    def run(self, seconds: float, threads: int = 4) -> None:
        until = time.monotonic() + seconds
        workers = [threading.Thread(target=self._loop, args=(self._seed + n, until)) for n in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if time.monotonic() < until and not self.broken:
            self.broken.append("the fuzz itself broke")

    def _loop(self, seed: int, until: float) -> None:
        dice = random.Random(seed)
        with httpx.Client(base_url=self._url, timeout=20) as client:
            while time.monotonic() < until and len(self.broken) < 20:
                self.one(dice, client, SLOW_S)

    def one(self, dice: random.Random, client: httpx.Client, slow_s: float) -> None:
        """Make one request and keep what is wrong with its answer."""
        kind, path, query, headers, body = self._request(dice)
        begun = time.monotonic()
        try:
            answer = client.post(path, params=query, headers=headers, content=body)
            outcome = str(answer.status_code)
        except httpx.HTTPError as error:
            outcome = type(error).__name__
        took = time.monotonic() - begun
        self.worst_s = max(self.worst_s, took)
        self.answers[f"{kind} {outcome}"] += 1
        if not outcome.isdigit() or int(outcome) >= 500 or took > slow_s:
            self.broken.append(f"{kind} {outcome} {took:.1f} s: {query} {headers} {body[:600]!r}")

    def _request(self, dice: random.Random) -> tuple[str, str, dict[str, str], dict[str, str], bytes]:
        make = dice.choices((self._push, self._notice, self._callback), (6, 5, 2))[0]
        kind, path, query, headers, body = make(dice)
        if dice.random() < 0.3:
            kind, body = f"{kind}, bytes bent", _bent_bytes(dice, body)
        if dice.random() < 0.1:
            kind, query = f"{kind}, query bent", {k: dice.choice(("", "0", v * 3, "\x00", v)) for k, v in query.items()}
        if dice.random() < 0.1:
            headers = {k: dice.choice(("", "0", "x" * 900, v)) for k, v in headers.items()}
            kind = f"{kind}, headers bent"
        return kind, path, query, headers, body

    # ---- messages of WeChat

    def _push(self, dice: random.Random) -> tuple[str, str, dict[str, str], dict[str, str], bytes]:
        made, stamp, nonce = self._made, str(int(time.time())), str(dice.randrange(10**9))
        xml = self._xml(dice)
        sealed = wechat_crypto.encrypt(xml, made.aes_key, made.app_id)
        query = {
            "signature": wechat_crypto.signature(made.token, stamp, nonce),
            "timestamp": stamp,
            "nonce": nonce,
            "openid": "oFuzz",
            "encrypt_type": "aes",
            "msg_signature": wechat_crypto.signature(made.token, stamp, nonce, sealed),
        }
        body = to_xml({"ToUserName": made.original_id, "Encrypt": sealed})
        return "message", "/wechat", query, {"Content-Type": "text/xml"}, body.encode("utf-8", "replace")

    def _xml(self, dice: random.Random) -> str:
        words = "".join(dice.choice(_WORDS) for _ in range(dice.randint(0, 12)))
        fields: dict[str, Any] = {
            "ToUserName": self._made.original_id,
            "FromUserName": f"oFuzz{dice.randrange(200)}",
            "CreateTime": int(time.time()),
            "MsgType": dice.choice(_KINDS) if dice.random() < 0.4 else "text",
            "Content": words,
            "MsgId": dice.randrange(2**63),
        }
        if fields["MsgType"] == "event":
            fields |= {
                "Event": dice.choice(_EVENTS),
                "EventKey": dice.choice((words, "qrscene_x", "category:游戏", "")),
            }
        if fields["MsgType"] == "voice":
            fields |= {"MediaId": words or "m", "Format": "amr", "Recognition": words}
        for name in dice.sample(list(fields), dice.choice((0, 0, 1, 2))):
            change = dice.randrange(4)
            if change == 0:
                del fields[name]
            else:
                fields[name] = str(dice.choice(_VALUES)) if change == 1 else {"x": words} if change == 2 else words * 3
        try:
            xml = to_xml(fields)
            xml.encode()
        except UnicodeEncodeError:
            return "<xml></xml>"
        if dice.random() < 0.1:
            cut = dice.randrange(len(xml))
            xml = dice.choice((xml[:cut], xml[:cut] + "<a>" * 300 + xml[cut:], xml + xml, "<!DOCTYPE x>" + xml, ""))
        return xml

    # ---- notices of WeChat Pay

    def _notice(self, dice: random.Random) -> tuple[str, str, dict[str, str], dict[str, str], bytes]:
        made, refund = self._made, dice.random() < 0.3
        plain: Any = {
            "appid": made.app_id, "mchid": made.mch_id, "out_trade_no": f"K{dice.randrange(10**16):016d}",
            "transaction_id": "4200" + str(dice.randrange(10**20)), "trade_type": "JSAPI", "trade_state": "SUCCESS",
            "success_time": "2026-11-22T12:00:00+08:00", "payer": {"openid": "oFuzz"},
            "amount": {"total": 9950, "payer_total": 9950, "currency": "CNY"},
        }  # fmt: skip
        if refund:
            plain |= {"out_refund_no": "R1", "refund_id": "50", "refund_status": "SUCCESS"}
            plain["amount"] |= {"refund": 9950}
        plain = _bent(dice, plain) if dice.random() < 0.8 else plain
        sealed = pay_crypto.seal(_text(plain), made.api_v3_key, "transaction")
        event = dice.choice(("TRANSACTION.SUCCESS", "REFUND.SUCCESS", "REFUND.CLOSED", "REFUND.ABNORMAL", "X.Y"))
        whole: Any = {
            "id": secrets.token_hex(8), "create_time": "2026-11-22T12:00:00+08:00", "resource_type": "encrypt-resource",
            "event_type": event if dice.random() < 0.3 else "REFUND.SUCCESS" if refund else "TRANSACTION.SUCCESS",
            "summary": "x", "resource": {"original_type": "transaction", **sealed},
        }  # fmt: skip
        body = _text(_bent(dice, whole) if dice.random() < 0.3 else whole)
        stamp, nonce = str(int(time.time())), secrets.token_hex(8)
        headers = {
            "Content-Type": "application/json",
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": made.platform_key_id,
            "Wechatpay-Signature": pay_crypto.sign(f"{stamp}\n{nonce}\n{body}\n", self._key),
        }
        return "notice", "/pay/notify", {}, headers, body.encode()

    # ---- callbacks of suppliers

    def _callback(self, dice: random.Random) -> tuple[str, str, dict[str, str], dict[str, str], bytes]:
        content: Any = {
            "order_id": "1", "charge_finish_time": "2026-11-22 12:00:00", "customer_order_no": "K1L1U0A1",
            "order_status": "success", "recharge_description": "", "product_id": "1", "price": "1.0", "buy_num": "1",
            "operator_serial_number": "",
        }  # fmt: skip
        content = _bent(dice, content)
        if isinstance(content, dict):
            with contextlib.suppress(UnicodeEncodeError):  # then it goes unsigned
                content["sign"] = fulu.sign(json.loads(_text(content)), self._made.fulu_app_secret)
        name = dice.choice(("fulu", "fulu", "juhe", "nobody", "%00"))
        return "callback", f"/supplier/{name}/notify", {}, {"Content-Type": "application/json"}, _text(content).encode()


def _text(value: Any) -> str:
    """JSON that can be sent: lone surrogates go as they are written in JSON, escaped."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    return text


def _bent(dice: random.Random, value: Any) -> Any:
    """The same with one to three places in it changed, missing, or somewhere else."""
    whole = json.loads(_text(value))
    for _ in range(dice.randint(1, 3)):
        at = whole
        while isinstance(at, dict) and at and dice.random() < 0.5:
            deeper = [one for one in at.values() if isinstance(one, dict) and one]
            if not deeper:
                break
            at = dice.choice(deeper)
        if not isinstance(at, dict) or not at:
            return dice.choice(_VALUES)
        name, change = dice.choice(list(at)), dice.randrange(4)
        if change == 0:
            del at[name]
        elif change == 1:
            at[name] = dice.choice(_VALUES)
        elif change == 2:
            at[name] = at[dice.choice(list(at))]
        else:
            at[name] = str(at[name]) * dice.choice((1, 2, 50))
    return whole


def _bent_bytes(dice: random.Random, body: bytes) -> bytes:
    cut = dice.randrange(len(body) + 1)
    return dice.choice((
        body[:cut], body[:cut] + bytes([dice.randrange(256)]) + body[cut + 1:], body + body, b"", body[::-1],
        dice.randbytes(200), b"x" * 70_000, b"[" * 20_000, body.replace(b">", b"", 1),
    ))  # fmt: skip


def run(home: Path, seed: int, seconds: float) -> bool:
    """Fuzz real web processes, told on stdout. True: nothing broke."""
    print(f"fuzz: seed {seed}, {seconds:.0f} s", flush=True)
    with house(home, random.Random(seed)) as shop:
        fuzz = Fuzz(shop.bot_url, shop.credentials, seed)
        fuzz.run(seconds)
        died = sum(child.starts - 1 for child in shop.children)
        logs = "".join((shop.home / f"{child.name}.log").read_text(errors="replace") for child in shop.children)
    unhandled = [line for line in logs.splitlines() if "Traceback" in line or "unhandled" in line]
    for what, count in sorted(fuzz.answers.items()):
        print(f"  {what:<50} {count:>7}")
    print(f"  {sum(fuzz.answers.values())} requests, the slowest {fuzz.worst_s:.2f} s, processes that died: {died}")
    for problem in [*fuzz.broken[:10], *unhandled[:10]]:
        print(f"  BROKEN {problem}")
    return not fuzz.broken and not unhandled and died == 0
