"""Customer-service messages (/cgi-bin/message/custom/send): what may be sent to whom, when, and how often."""

from typing import Any

from sandbox.world import PUSHES, Buyer, World, rfc3339

TEXT_LIMIT_BYTES = 2048
TWO_DAYS, ONE_MINUTE = 48 * 3600.0, 60.0


class Refusal(Exception):  # noqa: N818 - an answer, not an outage
    """WeChat's answer is an error code."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(errcode, errmsg)
        self.errcode = errcode
        self.errmsg = errmsg


def open_window(buyer: Buyer, why: str, now: float, payment_quota: int = 20) -> None:
    """A message, a tap (click, subscribe, scan) or a payment of the buyer allows the account some pushes."""
    if why == "message":
        buyer.grant("message", now + TWO_DAYS, 5)
    elif why == "tap":
        buyer.grant("tap", now + ONE_MINUTE, 3)
    elif payment_quota > 0:
        buyer.grant("payment", now + TWO_DAYS, payment_quota)


class CustomerMessages:
    """Checks and delivers pushes, and keeps the record of them."""

    def __init__(self, world: World) -> None:
        self._world = world

    def send(self, body: dict[str, Any], refuse: int = 0) -> None:
        """Deliver into the chat, or raise Refusal. `refuse` is an error code the fault panel wants."""
        buyer = self._world.memory.buyers.get(str(body.get("touser")))
        if buyer is None:
            raise Refusal(40003, "invalid openid")
        line = self._line(body)
        if not buyer.subscribed:
            raise Refusal(43004, "require subscribe")
        if refuse:
            raise Refusal(refuse, "response out of time limit or subscription is canceled" if refuse == 45015 else
                          "out of response count limit")  # fmt: skip
        self._use_up(buyer)
        self._world.add_line(buyer.openid, "bot", via="push", **line)

    def record(self, body: dict[str, Any] | None, answer: dict[str, Any] | None, fault: str) -> None:
        """Keep a push with its answer (None: none was given)."""
        push = {"at": rfc3339(self._world.now()), "message": body, "answer": answer, "fault": fault or None}
        pushes = self._world.memory.pushes
        pushes.append(push)
        del pushes[:-PUSHES]
        self._world.changed()
        self._world.stream.publish("push", str((body or {}).get("touser", "")) or None, push=push)

    def _use_up(self, buyer: Buyer) -> None:
        now = self._world.now()
        buyer.grants = [grant for grant in buyer.grants if grant.until > now]
        if not buyer.grants:
            raise Refusal(45015, "response out of time limit or subscription is canceled")
        for grant in sorted(buyer.grants, key=lambda grant: grant.until):
            if grant.left > 0:
                grant.left -= 1
                self._world.changed()
                return
        raise Refusal(45047, "out of response count limit")

    def _line(self, body: dict[str, Any]) -> dict[str, Any]:
        kind = body.get("msgtype")
        part = body.get(kind) if isinstance(kind, str) else None
        if not isinstance(part, dict):
            raise Refusal(40008, "invalid message type")
        if kind == "text":
            return {"kind": "text", "content": _text(part.get("content"))}
        if kind in ("image", "voice"):
            media_id = str(part.get("media_id"))
            if media_id not in self._world.media:
                raise Refusal(40007, "invalid media_id")
            return {"kind": kind, "content": f"/sandbox/media/{media_id}", "media_id": media_id}
        if kind == "news":
            return _news(part)
        if kind == "msgmenu":
            return _msgmenu(part)
        if kind == "miniprogrampage":
            return {"kind": "miniprogrampage", "content": str(part.get("title", ""))[:200]}
        raise Refusal(40008, "invalid message type")


def _text(content: Any) -> str:
    if not isinstance(content, str) or not content.strip():
        raise Refusal(44004, "empty content")
    if len(content.encode("utf-8", "replace")) > TEXT_LIMIT_BYTES:
        raise Refusal(45002, "content size out of limit")
    return content


def _news(part: dict[str, Any]) -> dict[str, Any]:
    articles = part.get("articles")
    if not isinstance(articles, list) or not articles or not all(isinstance(one, dict) for one in articles):
        raise Refusal(44003, "empty news data")
    if len(articles) > 1:
        raise Refusal(45008, "article size out of limit")
    one = articles[0]
    article = {"title": one.get("title"), "description": one.get("description")}
    article |= {"url": one.get("url"), "pic_url": one.get("picurl")}
    shown = {name: str(value or "") for name, value in article.items()}
    return {"kind": "news", "content": shown["title"], "articles": [shown]}


def _msgmenu(part: dict[str, Any]) -> dict[str, Any]:
    entries = part.get("list")
    if not isinstance(entries, list) or not entries:
        raise Refusal(47001, "data format error")
    menu = []
    for entry in entries:
        if not isinstance(entry, dict) or not str(entry.get("id", "")) or not isinstance(entry.get("content"), str):
            raise Refusal(47001, "data format error")
        menu.append({"id": str(entry["id"]), "content": entry["content"]})
    head, tail = str(part.get("head_content", "")), str(part.get("tail_content", ""))
    whole = "\n".join([head, *(entry["content"] for entry in menu), tail]).strip()
    _text(whole)
    return {"kind": "menu", "content": whole, "menu": {"head_content": head, "list": menu, "tail_content": tail}}
