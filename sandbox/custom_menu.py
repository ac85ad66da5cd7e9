"""The rules a custom menu must keep (/cgi-bin/menu/create), with WeChat's error codes."""

from typing import Any

_TYPES = {"click", "view", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin"}
_TYPES |= {"location_select", "media_id", "miniprogram", "article_id", "article_view_limited"}
_TOP_NAME_BYTES, _SUB_NAME_BYTES, _KEY_BYTES, _URL_BYTES = 16, 60, 128, 1024
_TOP, _SUB = 3, 5

Error = tuple[int, str]


def menu_error(body: dict[str, Any]) -> Error | None:
    """The first thing wrong with a menu, or None."""
    buttons = body.get("button")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= _TOP:
        return 40016, "invalid button size"
    for button in buttons:
        if not isinstance(button, dict):
            return 40017, "invalid button type"
        if not _fits(button.get("name"), _TOP_NAME_BYTES):
            return 40018, "invalid button name size"
        if "sub_button" not in button or button["sub_button"] == []:
            if error := _action_error(button, below=False):
                return error
            continue
        below = button["sub_button"]
        if not isinstance(below, list) or not 1 <= len(below) <= _SUB:
            return 40023, "invalid sub button size"
        for sub in below:
            if error := _sub_error(sub):
                return error
    return None


def _sub_error(button: Any) -> Error | None:
    if not isinstance(button, dict) or button.get("sub_button"):
        return 40022, "invalid sub menu level"
    if not _fits(button.get("name"), _SUB_NAME_BYTES):
        return 40025, "invalid sub button name size"
    return _action_error(button, below=True)


def _action_error(button: dict[str, Any], below: bool) -> Error | None:
    kind = button.get("type")
    if not isinstance(kind, str) or kind not in _TYPES:
        return (40024, "invalid sub button type") if below else (40017, "invalid button type")
    if kind == "click" and not _fits(button.get("key"), _KEY_BYTES):
        return (40026, "invalid sub button key size") if below else (40019, "invalid button key size")
    if kind == "view":
        url = button.get("url")
        if not _fits(url, _URL_BYTES):
            return (40027, "invalid sub button url size") if below else (40020, "invalid button url size")
        if not str(url).startswith(("http://", "https://")):
            return 40055, "invalid button url domain"
    return None


def _fits(value: Any, limit_bytes: int) -> bool:
    return isinstance(value, str) and 0 < len(value.encode("utf-8", "replace")) <= limit_bytes
