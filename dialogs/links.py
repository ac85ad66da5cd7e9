"""Text messages as WeChat takes them: web links, answers that can be tapped, and how long a text may be."""

from functools import lru_cache
from urllib.parse import quote

TEXT_BYTES_MAX = 2000
"""A text may have about 2,047 bytes (wechat.md, A); some room is left for what the edge adds."""

_TAP = "weixin://bizmsgmenu?msgmenucontent="


def link(url: str, text: str) -> str:
    """Make a web link. `url` is ours, never a buyer's."""
    return f'<a href="{url}">{plain(text)}</a>'


@lru_cache(maxsize=4096)
def tap(text: str, sends: str, menu_id: str = "1") -> str:
    """Make a tappable answer: a tap arrives as the text message `sends` (wechat.md, A). Typing it must do the same."""
    return f'<a href="{_TAP}{quote(sends, safe="")}&msgmenuid={quote(menu_id, safe="")}">{plain(text)}</a>'


_FULL_WIDTH = str.maketrans({"<": "＜", ">": "＞", '"': "＂", "\n": " ", "\r": " "})


def plain(text: str) -> str:
    """Take the power out of text that we did not write, so that it can form no link. Full-width, not `&lt;`: WeChat
    shows entities as they are."""
    return text.translate(_FULL_WIDTH)


def fit(text: str, most: int = TEXT_BYTES_MAX) -> str:
    """Shorten a text by whole lines from its middle: what is said first and what is asked last both stay."""
    if _size(text) <= most:
        return text
    lines = text.split("\n")
    head, tail = lines[:1], lines[-1:] if len(lines) > 1 else []
    room = most - _size("\n".join([*head, "…", *tail]))
    for line in lines[1:-1]:
        room -= _size(line) + 1
        if room < 0:
            break
        head.append(line)
    short = "\n".join([*head, "…", *tail])
    return short if _size(short) <= most else "…"


def split(text: str, most: int = TEXT_BYTES_MAX) -> tuple[str, ...]:
    """Cut a text into messages at line ends. A single line that is too long is a link or a key gone wrong: it stays
    whole and is refused by WeChat rather than cut."""
    parts: list[str] = []
    current = ""
    for line in text.split("\n"):
        longer = f"{current}\n{line}" if current else line
        if current and _size(longer) > most:
            parts.append(current)
            current = line
        else:
            current = longer
    return (*parts, current) if current else tuple(parts)


def _size(text: str) -> int:
    return len(text.encode())
