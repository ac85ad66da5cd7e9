"""GET/POST /wechat: verify, parse, decrypt with WeRoBot behind our own checks, answer with a passive reply.

WeRoBot 1.13.1 compares signatures with ==, never looks at timestamps, takes plain bodies although a key is set, and
raises four kinds of exception on bad bodies (design, part 4). So it is given only what has passed the checks here,
and only this file knows it. It decrypts, says what a message is, renders and encrypts; of its ways in only xmltodict is
passed over: it was a sixth of a whole turn, and a push is a flat list of fields, which the standard library reads.
"""

import base64
import hashlib
import hmac
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha1
from typing import Literal
from xml.etree import ElementTree

from werobot.crypto import MessageCrypt
from werobot.crypto.exceptions import AppIdValidationError
from werobot.messages.messages import LocationMessage, TextMessage, VoiceMessage
from werobot.parser import process_message
from werobot.replies import TextReply, TransferCustomerServiceReply

from kernel.ids import OpenId, is_openid

BODY_MAX_BYTES = 64 * 1024
TIMESTAMP_WINDOW_S = 300
TAGS_MAX = 400
"""A real push has under 60 tags; expat needs seconds for tens of thousands of nested ones."""
KEY_MAX_CHARS = 200
TEXT_MAX_CHARS = 3000

_CHARS = r"\x00-\x08\x0b-\x1f\ufffe\uffff"
"""What is none of XML's, or is read as something else (the end of a line in Windows' way)."""
_FIELD = re.compile(rf"[ \t\n]*<([A-Za-z][A-Za-z0-9]*)>(?:<!\[CDATA\[([^\]{_CHARS}]*)\]\]>|([^<>&\]{_CHARS}]*))</\1>")
_CDATA = re.compile(r"<!\[CDATA\[.*?\]\]>", re.DOTALL)
_INVALID_XML_CHARS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")

Mode = Literal["plain", "compat", "safe"]


class BadPushError(Exception):
    """The request is not a push WeChat would send. `status` is the HTTP answer; nothing was changed."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Push:
    """One message or event from WeChat, checked."""

    openid: OpenId
    account: str
    """Our original id (gh_…), the sender of the passive reply."""
    key: str
    """What makes it one and the same push when it is sent again (contract, part 6)."""
    kind: str
    """MsgType, or `event`."""
    text: str = ""
    """Content of a text, Recognition of a voice, label of a location."""
    event: str = ""
    event_key: str = ""
    media_id: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Every flat field of the push, for events that need more."""
    standing: str = ""
    """Given for a voice that had to be transcribed first: what the buyer was being asked when he spoke."""


class Webhook:
    """The account's side of the message push: one token, one AES key, one mode."""

    def __init__(self, *, token: str, app_id: str, aes_key: str = "", mode: Mode = "plain") -> None:
        self._token = token
        self._mode = mode
        # Without a key nothing encrypted can be read, and in safe mode nothing else is: everything is refused.
        self._crypt = MessageCrypt(token, aes_key, app_id) if mode != "plain" and aes_key else None

    def verify(self, query: Mapping[str, str], now: datetime) -> str:
        """Check a server verification (wechat.md, A) and return the echostr to answer. Raises BadPushError."""
        self._check_signature(query, now)
        echo = query.get("echostr", "")
        if not echo or len(echo) > 1024:
            raise BadPushError(400, "no echostr")
        return echo

    def read(self, query: Mapping[str, str], body: bytes, now: datetime) -> Push:
        """Check, decrypt and parse one push.

        Raises BadPushError: 403 for a bad or old signature, 400 for a bad body, 413 for a huge one.
        """
        if len(body) > BODY_MAX_BYTES:
            raise BadPushError(413, "body too large")
        self._check_signature(query, now)
        message = _parse(body)
        if self.is_encrypted(query):
            message = self._decrypt(query, message)
        return _to_push(message)

    def answer(self, push: Push, text: str, now: datetime, *, transfer: bool = False, encrypt: bool) -> str:
        """Render a passive reply, encrypted when the push was. No text and no transfer: `success`, which shows the
        buyer nothing and stops the retries."""
        if not text and not transfer:
            return "success"
        at = {"source": push.account, "target": push.openid, "time": int(now.timestamp())}
        if transfer:
            reply = TransferCustomerServiceReply(**at)
        else:
            # `]]>` would end the CDATA section that WeRoBot's template opens.
            safe = _INVALID_XML_CHARS.sub("", text).replace("]]>", "]]]]><![CDATA[>")
            reply = TextReply(content=safe, **at)
        xml: str = reply.render()
        if encrypt and self._crypt is not None:
            return str(self._crypt.encrypt_message(xml))
        return xml

    def is_encrypted(self, query: Mapping[str, str]) -> bool:
        """Whether this push has to be encrypted, and so its reply."""
        return self._mode == "safe" or (self._mode == "compat" and query.get("encrypt_type") == "aes")

    def _check_signature(self, query: Mapping[str, str], now: datetime) -> None:
        timestamp = query.get("timestamp", "")
        if not self._token or not _matches(query.get("signature", ""), self._token, timestamp, query.get("nonce", "")):
            raise BadPushError(403, "bad signature")
        if not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > 12:
            raise BadPushError(403, "bad timestamp")
        if abs(now.timestamp() - int(timestamp)) > TIMESTAMP_WINDOW_S:
            raise BadPushError(403, "old timestamp")

    def _decrypt(self, query: Mapping[str, str], outer: dict[str, str]) -> dict[str, str]:
        encrypted = outer.get("Encrypt")
        if encrypted is None or query.get("encrypt_type", "aes") != "aes":
            raise BadPushError(403, "a plain body where only encrypted ones are taken")
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        if not _matches(query.get("msg_signature", ""), self._token, timestamp, nonce, encrypted):
            raise BadPushError(403, "bad msg_signature")
        if self._crypt is None:
            raise BadPushError(403, "no AES key is configured")
        try:
            if len(base64.b64decode(encrypted, validate=True)) % 16:
                raise BadPushError(400, "Encrypt is no AES block sequence")
            xml = self._crypt.prp_crypto.decrypt(encrypted, self._crypt.app_id)
        except AppIdValidationError:
            raise BadPushError(403, "encrypted for another account") from None
        except (ValueError, IndexError, TypeError, struct.error):
            # What struct, base64, padding and unicode do on a body that WeChat did not write.
            raise BadPushError(400, "Encrypt cannot be read") from None
        return _parse(xml)


def _matches(signature: str, *parts: str) -> bool:
    """Compare with hex sha1 of the sorted parts, in constant time (wechat.md, A)."""
    expected = sha1("".join(sorted(parts)).encode("utf-8", "replace")).hexdigest()  # noqa: S324 - WeChat's protocol
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))


def _parse(body: bytes) -> dict[str, str]:
    """Read the flat fields of a push; those that have parts are none that we use. Raises BadPushError."""
    try:
        text = body.decode()
        if (plain := _read_plain(text)) is not None:
            return plain
        # Declarations are refused before expat sees them: with none, there are no entities to expand. As text, since
        # in another encoding they would look different.
        bare = _CDATA.sub("", text)
        if bare.count("<") > TAGS_MAX or "<!" in bare:
            raise BadPushError(400, "not a message: too many tags, or a declaration")
        message = ElementTree.fromstring(text)  # noqa: S314 - see above
    except (ElementTree.ParseError, ValueError):
        raise BadPushError(400, "not a message: malformed XML") from None
    if message.tag != "xml":
        raise BadPushError(400, "not a message: no <xml>")
    return {field.tag: field.text.strip() for field in message if field.text and not len(field)}


def _read_plain(text: str) -> dict[str, str] | None:
    """The fields of a push as WeChat writes them: one behind the other, and nothing else. None: XML has to be read."""
    if not text.startswith("<xml>"):
        return None
    flat: dict[str, str] = {}
    at = len("<xml>")
    for _ in range(TAGS_MAX // 2 - 1):
        found = _FIELD.match(text, at)
        if found is None:
            return flat if text[at:].strip(" \t\n") == "</xml>" else None
        at = found.end()
        value = found[2] or found[3]
        if value:
            flat[found[1]] = value.strip()
    return None


def _to_push(flat: dict[str, str]) -> Push:
    openid, msg_type = flat.get("FromUserName", ""), flat.get("MsgType", "")
    if not is_openid(openid) or not msg_type:
        raise BadPushError(400, "not a message: no sender or no type")
    kind = msg_type.lower()
    if kind == "event" and not flat.get("Event"):
        raise BadPushError(400, "an event without a name")
    key = flat.get("MsgId", "") if kind != "event" else ""
    if not key:
        # A message without its number has no right to be; two of one second are still two where they say two things.
        said = flat.get("Content") or flat.get("MediaId", "") if kind != "event" else ""
        parts = (openid, flat.get("CreateTime", ""), flat.get("Event", kind), flat.get("EventKey", ""), said)
        key = "|".join(parts)
    if len(key) > KEY_MAX_CHARS:
        key = f"{openid}|{hashlib.sha256(key.encode(errors='replace')).hexdigest()}"
    return Push(
        openid=OpenId(openid),
        account=flat.get("ToUserName", ""),
        key=key,
        kind=kind,
        text=_words(flat)[:TEXT_MAX_CHARS] if kind != "event" else "",
        event=flat.get("Event", "").lower() if kind == "event" else "",
        event_key=flat.get("EventKey", "")[:1024],
        media_id=flat.get("MediaId16K") or flat.get("MediaId", ""),
        fields=flat,
    )


def _words(flat: Mapping[str, str]) -> str:
    """What was said in a message, as WeRoBot reads it. Not for events: its picture events need parts that we drop."""
    match process_message(dict(flat)):
        case TextMessage(content=str(words)) | VoiceMessage(recognition=str(words)) | LocationMessage(label=str(words)):
            return words
        case _:
            return ""
