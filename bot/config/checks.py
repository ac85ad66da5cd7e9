"""Gives each value its type, or says in one line what is wrong with it, never showing it: it may be a secret."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import Field
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bot.config.keys import ConfigError, decode_key
from bot.config.reading import Given
from bot.config.sections import Config
from kernel.hours import BadHoursError, parse_hours

_SECRET_CHARS_MAX = 10_000
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:,]*)(?::([0-9]{1,5}))?")
_CONTROL_OR_FOREIGN = re.compile("[\0-\x1f\x7f\ud800-\udfff]")


def convert(given: Given, what: str, item: Field[Any], owner: type, folder: Path) -> Any:
    """Give the value the type of its key. Raises ConfigError."""
    wanted = get_type_hints(owner)[item.name]
    if wanted is bool:
        return _to_bool(given.value, what)
    if wanted is int:
        return _to_int(given.value, what, *item.metadata["range"])
    if not isinstance(given.value, str):
        raise ConfigError(f"{what}: write it as text in quotes")
    text = given.value.strip()
    if _CONTROL_OR_FOREIGN.search(text):
        raise ConfigError(f"{what}: has a line break, a control character or bytes that are not UTF-8 in it")
    if wanted in (Path, Path | None):
        return _path(text, what, folder).resolve() if text else item.default
    return _check_text(text, what, item)


def read_secret(given: Given, what: str, folder: Path) -> str:
    """What the file named by a KEY_file holds. Raises ConfigError."""
    if not isinstance(given.value, str) or not given.value or _CONTROL_OR_FOREIGN.search(given.value):
        raise ConfigError(f"{what}: must name a file")
    file = _path(given.value, what, folder)
    try:
        return file.read_text(encoding="utf-8")[:_SECRET_CHARS_MAX].strip()
    except OSError as error:
        raise ConfigError(f"{what}: {file}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{what}: {file}: not UTF-8") from None


def wrong_compensation(config: Config) -> str:
    """What does not go together in the section; empty when all does, or it is off."""
    terms = config.compensation
    if not terms.enabled:
        return ""
    if bool(terms.amount_fen) == bool(terms.percent_bp):
        return "give amount_fen or percent_bp, one of them"
    if min(terms.amount_fen or terms.max_fen, terms.max_fen) > terms.daily_max_fen:
        return "daily_max_fen: less than is given for one line"
    if terms.way == "wallet" and not config.wallet.enabled:
        return 'way = "wallet" needs [wallet] enabled = true'
    return ""


def _path(text: str, what: str, folder: Path) -> Path:
    try:
        return folder / Path(text).expanduser()
    except RuntimeError:  # ~somebody
        raise ConfigError(f"{what}: nobody of that name has a home here") from None


def _check_text(text: str, what: str, item: Field[Any]) -> str:
    if item.metadata.get("url") and text:
        return _address(text, what)
    values = item.metadata.get("values")
    if values and text not in values:
        raise ConfigError(f"{what}: must be one of {', '.join(one for one in values if one)}")
    schemes = item.metadata.get("schemes")
    if schemes and text != "embedded":
        _check_server(text, what, schemes)
    if text and item.name in _CHECKS:
        _CHECKS[item.name](text, what)
    return text


def _address(text: str, what: str) -> str:
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and parts.hostname and not parts.query and not parts.fragment
        _ = parts.port
    except ValueError:
        good = False
    if not good:
        raise ConfigError(f"{what}: not an http(s):// address")
    return text.rstrip("/")


def _check_server(text: str, what: str, schemes: tuple[str, ...]) -> None:
    """A URL whose hosts, and Sentinel's service, can be read; what the driver thinks of the rest it says itself."""
    if not text.startswith(schemes):
        raise ConfigError(f'{what}: must be "embedded" or begin with {" ".join(schemes)}')
    scheme, _, rest = text.partition("://")
    hosts, _, path = rest.partition("?")[0].rpartition("@")[2].partition("/")
    found = [_HOST.fullmatch(host) for host in hosts.split(",")]
    if scheme != "unix" and not all(host and int(host[2] or 0) <= 65535 for host in found):
        raise ConfigError(f"{what}: hosts are written host:port, the port being a number up to 65535")
    if scheme == "redis+sentinel" and not re.fullmatch(r"[^/]+(/[0-9]*)?/?", path):
        raise ConfigError(f"{what}: redis+sentinel:// needs /SERVICE or /SERVICE/DATABASE")


def _check_zone(text: str, what: str) -> None:
    try:
        ZoneInfo(text)
    except (ValueError, OSError, KeyError):
        raise ConfigError(f"{what}: not a time zone; write one such as Asia/Shanghai") from None


def _check_hours(text: str, what: str) -> None:
    try:
        parse_hours(text)
    except BadHoursError as error:
        raise ConfigError(f"{what}: {error}; 00:00-24:00 is always") from None


def _check_aes_key(text: str, what: str) -> None:
    try:
        whole = len(text) == 43 and len(base64.b64decode(f"{text}=", validate=True)) == 32
    except binascii.Error:
        whole = False
    if not whole:
        raise ConfigError(f"{what}: must be the 43 characters of EncodingAESKey")


def _check_keys(text: str, what: str) -> None:
    for one in text.replace(",", " ").split():
        decode_key(one, what)


_CHECKS: Mapping[str, Callable[[str, str], None]] = {
    "timezone": _check_zone,
    "kf_hours": _check_hours,
    "aes_key": _check_aes_key,
    "secret_key": _check_keys,
    "previous_secret_keys": _check_keys,
}
"""By the name of the key; an empty text is a key left out."""


def _to_bool(value: Any, what: str) -> bool:
    if isinstance(value, bool):
        return value
    known = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    if isinstance(value, str) and value.strip().lower() in known:
        return known[value.strip().lower()]
    raise ConfigError(f"{what}: must be true or false")


def _to_int(value: Any, what: str, low: int, high: int) -> int:
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,12}\s*", value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ConfigError(f"{what}: must be a whole number")
    if not low <= value <= high:
        raise ConfigError(f"{what}: must be from {low} to {high}")
    return value
