"""How every answer is put together: amounts, numbers, quoted words, and the three answers to tap."""

from dialogs.links import plain, tap
from dialogs.wording import Say, line
from kernel.money import format_yuan

JUST_FAILED = "充值失败"
"""What suppliers give as a reason when they have none to give."""
_TEXT_MAX = 60
NAMES_MAX = 5


def yuan(fen: int) -> str:
    """¥99.50."""
    return f"¥{format_yuan(fen)}"


def number(value: float | None) -> str:
    """A denomination without a needless decimal point."""
    if value is None:
        return ""
    return str(int(value)) if value == int(value) else str(value)


def said(text: str) -> str:
    """Text of the buyer's, shortened and made harmless."""
    return plain(text if len(text) <= _TEXT_MAX else text[:_TEXT_MAX] + "…")


def join(*parts: str) -> str:
    """Paragraphs, one below the other; empty ones fall out."""
    return "\n".join(part for part in parts if part)


CONFIRM_TAP = tap("确认", "确认", "confirm")
CANCEL_TAP = tap("取消", "取消", "cancel")
HUMAN_TAP = tap("人工", "人工", "human")


def entry(index: int, text: str, sends: str) -> str:
    """One numbered line that can be tapped. It sends its own words, not its number, so that a tap on an old list never
    picks from a new one."""
    return tap(f"{index}. {text}", sends, str(index))


@line("（{shown}/{count}）回复「{more}」看后面的")
def more(say: Say, shown: int, total: int) -> str:
    return say(shown=shown, count=total, more=tap("更多", "更多", "more"))


def plain_lines(words: str) -> str:
    """What an operator wrote, line breaks kept."""
    return "\n".join(plain(row) for row in words.splitlines() if row.strip())
