"""Messages and events on their way to the bot's POST /wechat, and the passive replies that come back."""

import asyncio
import re
import secrets
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import Any

import httpx

from sandbox import wechat_crypto
from sandbox.settings import SandboxSettings
from sandbox.world import World

ATTEMPTS = 3
TEXT_LIMIT_BYTES = 2048
OUT_OF_ORDER = "该公众号提供的服务出现故障，请稍后再试"
_REPLY_LIMIT_BYTES = 1 << 20
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

Fields = dict[str, str | int | dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bot answered to one push: an HTTP status and a body, or None and why there was none."""

    status: int | None
    body: str
    attempts: int

    def as_json(self) -> dict[str, Any]:
        return {"status": self.status, "body": self.body, "attempts": self.attempts}


class BrokenReplyError(ValueError):
    """A passive reply WeChat would not accept."""


class WeChatPush:
    """Delivers as WeChat does: signed, encrypted by mode, 5 s to answer, three times in all."""

    def __init__(self, settings: SandboxSettings, world: World, client: httpx.AsyncClient) -> None:
        self._settings = settings
        self._world = world
        self._client = client

    async def deliver(self, openid: str, fields: Fields) -> Answer:
        """Push one message or event; `fields` come after the common ones, in order."""
        return await self.deliver_xml(openid, self.message_xml(openid, fields))

    def message_xml(self, openid: str, fields: Fields) -> str:
        """The XML of one message or event of now."""
        common: Fields = {
            "ToUserName": self._settings.original_id,
            "FromUserName": openid,
            "CreateTime": int(self._world.now()),
        }
        return to_xml({**common, **fields})

    async def deliver_xml(self, openid: str, xml: str) -> Answer:
        """Push this XML, again with the same MsgId when no answer comes."""
        why = ""
        for attempt in range(1, ATTEMPTS + 1):
            query, body = self.envelope(openid, xml)
            try:
                status, text = await self.post(query, body)
            except httpx.HTTPError as error:
                why = type(error).__name__
                await asyncio.sleep(0.2 if isinstance(error, httpx.ConnectError) else 0)
                continue
            self._world.stream.publish("delivery", openid, status=status, attempts=attempt)
            return Answer(status, text, attempt)
        self._world.stream.publish("delivery", openid, status=None, attempts=ATTEMPTS)
        return Answer(None, why, ATTEMPTS)

    def envelope(self, openid: str, xml: str) -> tuple[dict[str, str], str]:
        """The query and the body of one push, by the account's mode."""
        settings, now = self._settings, str(int(self._world.now()))
        nonce = str(secrets.randbelow(10**10))
        query = {
            "signature": wechat_crypto.signature(settings.token, now, nonce),
            "timestamp": now,
            "nonce": nonce,
            "openid": openid,
        }
        if settings.mode == "plain":
            return query, xml
        cipher = wechat_crypto.encrypt(xml, settings.aes_key, settings.app_id)
        query["encrypt_type"] = "aes"
        query["msg_signature"] = wechat_crypto.signature(settings.token, now, nonce, cipher)
        if settings.mode == "compat":
            return query, xml.removesuffix("</xml>") + f"<Encrypt><![CDATA[{cipher}]]></Encrypt></xml>"
        return query, to_xml({"ToUserName": settings.original_id, "Encrypt": cipher})

    async def post(self, query: dict[str, str], body: str | bytes) -> tuple[int, str]:
        """One POST with WeChat's five seconds for everything. Raises httpx.HTTPError when no answer comes."""
        try:
            async with asyncio.timeout(self._settings.answer_seconds):
                response = await self._client.post(
                    f"{self._settings.bot_url}/wechat",
                    params=query,
                    content=body if isinstance(body, bytes) else body.encode(),
                    headers={"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0", "Pragma": "no-cache"},
                )
        except TimeoutError:
            raise httpx.ReadTimeout("no answer in time") from None
        return response.status_code, response.content[:_REPLY_LIMIT_BYTES].decode("utf-8", "replace")

    def show(self, openid: str, answer: Answer) -> list[dict[str, Any]]:
        """Put the passive reply into the buyer's chat; a reply WeChat would refuse shows its well-known line."""
        if answer.status == 200 and answer.body.strip() in ("", "success"):
            return []
        try:
            if answer.status != 200:
                raise BrokenReplyError(f"HTTP {answer.status} {answer.body[:80]}")
            reply = self._open(answer.body)
            return self._lines(openid, reply)
        except BrokenReplyError as error:
            line = self._world.add_line(openid, "system", "error", OUT_OF_ORDER, via="passive", reason=str(error))
            return [line]

    def _open(self, body: str) -> ET.Element:
        root = _parse(body)
        cipher = root.findtext("Encrypt")
        if cipher is None:
            if self._settings.mode == "safe":
                raise BrokenReplyError("a plain reply in safe mode")
            return root
        signature = wechat_crypto.signature(
            self._settings.token, root.findtext("TimeStamp") or "", root.findtext("Nonce") or "", cipher
        )
        if not secrets.compare_digest(signature, root.findtext("MsgSignature") or ""):
            raise BrokenReplyError("MsgSignature does not fit")
        try:
            return _parse(wechat_crypto.decrypt(cipher, self._settings.aes_key, self._settings.app_id))
        except wechat_crypto.CipherError as error:
            raise BrokenReplyError(f"cannot be decrypted: {error}") from None

    def _lines(self, openid: str, reply: ET.Element) -> list[dict[str, Any]]:
        if reply.findtext("ToUserName") != openid or reply.findtext("FromUserName") != self._settings.original_id:
            raise BrokenReplyError("ToUserName and FromUserName must be swapped")
        if not (reply.findtext("CreateTime") or "").isdigit():
            raise BrokenReplyError("CreateTime is missing")
        kind = reply.findtext("MsgType") or ""
        add = self._world.add_line
        if kind == "text":
            content = reply.findtext("Content") or ""
            if not content.strip() or len(content.encode()) > TEXT_LIMIT_BYTES:
                raise BrokenReplyError("Content is empty or longer than 2048 bytes")
            return [add(openid, "bot", "text", content, via="passive")]
        if kind == "image":
            media_id = reply.findtext("Image/MediaId") or ""
            if media_id not in self._world.media:
                raise BrokenReplyError("no such MediaId")
            return [add(openid, "bot", "image", f"/sandbox/media/{media_id}", media_id=media_id, via="passive")]
        if kind == "news":
            return [add(openid, "bot", "news", articles[0]["title"], articles=articles, via="passive")
                    for articles in [_articles(reply)]]  # fmt: skip
        if kind == "transfer_customer_service":
            return [self._transfer(openid, reply.findtext("TransInfo/KfAccount") or "")]
        raise BrokenReplyError(f"MsgType {kind[:40]!r}")

    def _transfer(self, openid: str, account: str) -> dict[str, Any]:
        online = self._settings.kf_accounts
        taken = account if account in online else "" if account else next(iter(online), "")
        self._world.memory.buyers[openid].kf_account = taken
        words = f"已转接人工客服 {taken}" if taken else "已转接人工客服，目前没有客服在线"
        return self._world.add_line(openid, "system", "transfer", words, kf_account=taken, via="passive")


def to_xml(fields: Fields, tag: str = "xml") -> str:
    """XML as WeChat writes it: strings in CDATA, numbers bare, dictionaries nested."""
    parts = [f"<{tag}>"]
    for name, value in fields.items():
        if isinstance(value, dict):
            parts.append(to_xml(value, name))
        elif isinstance(value, int):
            parts.append(f"<{name}>{value}</{name}>")
        else:
            value = _NOT_XML.sub("", value).replace("]]>", "]]]]><![CDATA[>")
            parts.append(f"<{name}><![CDATA[{value}]]></{name}>")
    return "".join(parts) + f"</{tag}>"


def _parse(text: str) -> ET.Element:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise BrokenReplyError("a document type in a reply")
    try:
        root = ET.fromstring(text)  # noqa: S314 - no document type, limited size
    except ET.ParseError:
        raise BrokenReplyError("not XML") from None
    if root.tag != "xml":
        raise BrokenReplyError("not <xml>")
    return root


def _articles(reply: ET.Element) -> list[dict[str, str]]:
    items = reply.findall("Articles/item")
    if len(items) != 1 or reply.findtext("ArticleCount") != "1":
        raise BrokenReplyError("news of one article only")
    names = {"Title": "title", "Description": "description", "PicUrl": "pic_url", "Url": "url"}
    return [{key: item.findtext(name) or "" for name, key in names.items()} for item in items]
