"""Links in a text message: web links, and answers that can be tapped."""

from urllib.parse import quote

_TAP = "weixin://bizmsgmenu?msgmenucontent="


def link(url: str, text: str) -> str:
    """Make a web link. `url` is ours, never a buyer's."""
    return f'<a href="{url}">{text}</a>'


def tap(text: str, sends: str, menu_id: str = "1") -> str:
    """Make a tappable answer: a tap arrives as the text message `sends` (wechat.md, A). Typing it must do the same."""
    return f'<a href="{_TAP}{quote(sends, safe="")}&msgmenuid={quote(menu_id, safe="")}">{text}</a>'


_FULL_WIDTH = str.maketrans({"<": "＜", ">": "＞", '"': "＂", "\n": " ", "\r": " "})


def plain(text: str) -> str:
    """Take the power out of text that we did not write, so that it can form no link. Full-width, not `&lt;`: WeChat
    shows entities as they are."""
    return text.translate(_FULL_WIDTH)
