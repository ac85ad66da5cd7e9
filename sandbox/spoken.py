"""What a buyer may say or tap, as the XML fields WeChat pushes for it and as the line his chat shows."""

import re
from typing import Any

from sandbox.settings import SandboxSettings
from sandbox.voices import SECONDS_MOST, record
from sandbox.world import World

_TEXT_LIMIT, _SHORT_LIMIT = 10_000, 1_024

Fields = dict[str, Any]
Line = dict[str, Any]


class UnsayableError(ValueError):
    """The phone cannot send this."""


def message_fields(said: dict[str, Any], world: World, settings: SandboxSettings) -> tuple[Fields, Line]:
    """The push's fields after the common ones, and the chat's line. Raises UnsayableError."""
    kind = said.get("kind", "text")
    if kind == "event":
        return _event(said)
    make = {"text": _text, "voice": _voice, "image": _image, "location": _location, "link": _link, "video": _video}
    if not isinstance(kind, str) or kind not in make:
        raise UnsayableError(f"kind is one of {', '.join([*make, 'event'])}")
    fields, line = make[kind](said, world, settings)
    return {"MsgType": kind, **fields, "MsgId": world.next_id()}, {"kind": kind, **line}


def _content(said: dict[str, Any], name: str = "content", limit: int = _TEXT_LIMIT, default: str = "") -> str:
    value = said.get(name, default)
    if not isinstance(value, str) or len(value) > limit:
        raise UnsayableError(f"{name}: text of at most {limit} characters")
    return value


def _text(said: dict[str, Any], _: World, __: SandboxSettings) -> tuple[Fields, Line]:
    content = _content(said)
    if not content.strip():
        raise UnsayableError("content is empty")
    fields: Fields = {"Content": content}
    if "bizmsgmenuid" in said:
        fields["bizmsgmenuid"] = str(said["bizmsgmenuid"])[:128]
    return fields, {"content": content}


def _voice(said: dict[str, Any], world: World, _: SandboxSettings) -> tuple[Fields, Line]:
    content, recognition = _content(said), said.get("recognition", "filled")
    if recognition not in ("filled", "empty", "absent"):
        raise UnsayableError("recognition is filled, empty or absent")
    seconds = said.get("seconds")
    if seconds is not None and not (isinstance(seconds, int | float) and 0 <= seconds <= SECONDS_MOST):
        raise UnsayableError(f"seconds is a number from 0 to {SECONDS_MOST}")
    narrow, wide = record(world, content, seconds)
    fields: Fields = {"MediaId": world.add_media("voice", "audio/amr", narrow), "Format": "amr"}
    fields["MediaId16K"] = world.add_media("voice", "audio/amr-wb", wide)
    if recognition != "absent":
        fields["Recognition"] = content if recognition == "filled" else ""
    return fields, {"content": content, "recognition": recognition, "media_id": fields["MediaId"]}


def _image(said: dict[str, Any], world: World, settings: SandboxSettings) -> tuple[Fields, Line]:
    # One transparent pixel stands for every picture.
    pixel = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
    media_id = world.add_media("image", "image/gif", pixel)
    url = _content(said, "pic_url", _SHORT_LIMIT) or f"{settings.public_url}/sandbox/media/{media_id}"
    return {"PicUrl": url, "MediaId": media_id}, {"content": url, "media_id": media_id}


def _location(said: dict[str, Any], _: World, __: SandboxSettings) -> tuple[Fields, Line]:
    label = _content(said, default="北京市东城区长安街") or "北京市东城区长安街"
    fields = {"Location_X": "39.908823", "Location_Y": "116.397470", "Scale": 15, "Label": label}
    return fields, {"content": label}


def _link(said: dict[str, Any], _: World, __: SandboxSettings) -> tuple[Fields, Line]:
    url = _content(said, "url", _SHORT_LIMIT, "https://example.com/") or "https://example.com/"
    title = _content(said)
    return {"Title": title, "Description": _content(said, "description"), "Url": url}, {"content": title, "url": url}


def _video(said: dict[str, Any], world: World, _: SandboxSettings) -> tuple[Fields, Line]:
    media_id = world.add_media("video", "video/mp4", b"\0\0\0\x18ftypmp42")
    thumb = world.add_media("thumb", "image/gif", b"GIF89a")
    return {"MediaId": media_id, "ThumbMediaId": thumb}, {"content": _content(said) or "[视频]"}


def _event(said: dict[str, Any]) -> tuple[Fields, Line]:
    event = _content(said, "event", 64)
    if not event:
        raise UnsayableError("event is missing")
    key = _content(said, "event_key", _SHORT_LIMIT)
    fields: Fields = {"MsgType": "event", "Event": event}
    if event in ("CLICK", "VIEW", "SCAN") or key:
        fields["EventKey"] = key
    if event == "VIEW":
        fields["MenuId"] = "430000001"
    if event == "SCAN":
        fields["Ticket"] = "gQH47joAAAAAAAAAASxodHRwOi8v"
    more = said.get("fields", {})
    if not isinstance(more, dict) or len(more) > 20:
        raise UnsayableError("fields is an object of at most 20 values")
    for name, value in more.items():
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,63}", name):
            raise UnsayableError("fields have names of letters and digits")
        fields[name] = int(value) if isinstance(value, int) else str(value)[:_SHORT_LIMIT]
    return fields, {"kind": "event", "content": _content(said) or key or event, "event": event, "event_key": key}
