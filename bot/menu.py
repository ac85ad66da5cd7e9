"""The custom menu: 自助下单 (the shop window, then categories) · 我的订单 · 客服."""

from typing import Any

from bot.bootstrap import Services
from catalog.shelf import Shelf

SUB_BUTTONS_MAX = 5
"""WeChat's limits (wechat.md, C): three buttons with five below each, names of 60 bytes, keys of 128."""
_NAME_BYTES_MAX = 60
_KEY_BYTES_MAX = 128


def buttons(shelf: Shelf) -> list[dict[str, Any]]:
    """The menu for what is on sale, as POST /cgi-bin/menu/create takes it."""
    categories = dict.fromkeys(product.category[0] for product in shelf.products if product.category)
    fitting = [name for name in categories if len(f"category:{name}".encode()) <= _KEY_BYTES_MAX]
    return [
        _group(
            "自助下单",
            ("热门商品", "self_order"),
            *((name, f"category:{name}") for name in fitting[: SUB_BUTTONS_MAX - 1]),
        ),
        _group(
            "我的订单",
            ("订单状态", "my_orders"),
            ("我的卡密", "my_keys"),
            ("再来一单", "reorder"),
            ("评价", "rate"),
        ),
        _group("客服", ("人工客服", "human"), ("帮助", "help")),
    ]


def publish(services: Services) -> str:
    """Publish the menu and say what was published. Raises what bot.wechat raises."""
    shelf, _ = services.shelf.current()
    wanted = buttons(shelf)
    services.account.publish_menu(wanted)
    return "；".join(f"{button['name']}：{'、'.join(sub['name'] for sub in button['sub_button'])}" for button in wanted)


def _group(name: str, *subs: tuple[str, str]) -> dict[str, Any]:
    return {
        "name": name,
        "sub_button": [{"type": "click", "name": _cut(sub_name), "key": key} for sub_name, key in subs],
    }


def _cut(name: str) -> str:
    return name.encode()[:_NAME_BYTES_MAX].decode(errors="ignore")
