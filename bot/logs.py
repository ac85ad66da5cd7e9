"""Structured logs on stderr: text for people, JSON for machines; phone numbers and secrets masked in both."""

import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

from kernel.masking import mask

_PHONE = re.compile(r"(?<![\dA-Za-z])(1[3-9]\d)[ -]?(\d{4})[ -]?(\d{4})(?!\d)")
_SECRET = re.compile(
    r"((?:access_token|[a-z_]*secret|[a-z_]*password|api_v3_key|aes_key|api_key|[?&](?:code|token|sign|ticket|key))"
    r"""["']?\s*[=:]\s*["']?)([^\s"'&,;<>]{4,})""",
    re.IGNORECASE,
)
_URL_LOGIN = re.compile(r"(\w+://[^\s/:@]*:)([^\s/@]+)(@)")
_LINE_BREAKS = str.maketrans({"\n": "⏎", "\r": "⏎"})
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


def masked(text: str) -> str:
    """Hide phone numbers, tokens and passwords in a text on its way to a log."""
    text = _PHONE.sub(lambda found: mask("".join(found.groups())), text)
    text = _URL_LOGIN.sub(r"\1***\3", text)
    return _SECRET.sub(r"\1***", text)


def set_up(level: str, style: str = "auto") -> None:
    """Send every log to stderr at ``level``. ``auto`` = text on a terminal, JSON lines otherwise."""
    handler = logging.StreamHandler(sys.stderr)
    as_json = style == "json" or (style == "auto" and not sys.stderr.isatty())
    handler.setFormatter(_Json() if as_json else _Text())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # What these say at INFO is every job, every request and every request's URL, tokens included.
    for talkative in ("procrastinate", "httpx", "httpcore", "urllib3", "uvicorn", "jieba", "asyncio", "alembic"):
        logging.getLogger(talkative).setLevel(logging.WARNING)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, UTC).astimezone()
        extra = " ".join(f"{name}={value}" for name, value in _extra(record).items())
        line = f"{when:%H:%M:%S} {record.levelname:<7} {record.name}: {record.getMessage()} {extra}".rstrip()
        line = line.translate(_LINE_BREAKS)  # what a buyer wrote must not look like a log line of ours
        return masked(f"{line}\n{_trace(record)}" if record.exc_info else line)


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": masked(record.getMessage()),
        }
        fields |= {name: masked(str(value)) for name, value in _extra(record).items()}
        if record.exc_info:
            fields["trace"] = masked(_trace(record))
        return json.dumps(fields, ensure_ascii=False)


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD and not name.startswith("_")}


def _trace(record: logging.LogRecord) -> str:
    return "".join(traceback.format_exception(*record.exc_info)).rstrip() if record.exc_info else ""
