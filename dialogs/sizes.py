"""Keeping a text inside what WeChat takes: cut at line ends, never inside a link or a key."""

TEXT_BYTES_MAX = 2000
"""A text may have about 2,047 bytes (wechat.md, A); some room is left for what the edge adds."""


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
