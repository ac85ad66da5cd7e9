"""The custom menu: an operator's own, else the usual 自助下单 (shop window and categories) · 我的订单 · 客服."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from bot.wechat import AccountApi
from catalog.shelf import Shelf
from catalog.store import load_shelf
from console.backroom import MenuGroup

GROUPS_MAX = 3
SUB_BUTTONS_MAX = 5
"""WeChat's limits (wechat.md, C): three buttons with five below each, names of 16 and 60 bytes, keys of 128, addresses
of 1024."""
_TOP_NAME_BYTES_MAX = 16
_NAME_BYTES_MAX = 60
_KEY_BYTES_MAX = 128
_URL_BYTES_MAX = 1024
KEYS = ("self_order", "my_orders", "my_keys", "reorder", "rate", "human", "help")
"""What a button can do, beside `category:` and the name of one."""
_URL = re.compile(r"https://[^\s<>\"]+")

_LATEST = text("SELECT id, buttons FROM menu_version ORDER BY id DESC LIMIT 1")
_KEEP = text("INSERT INTO menu_version (buttons, saved_by, saved_at) VALUES (:buttons, :by, :now)").bindparams(
    bindparam("buttons", type_=JSONB)
)
_PUBLISHED = text("UPDATE menu_version SET published_at = :now WHERE id = (SELECT max(id) FROM menu_version)")


def usual(shelf: Shelf) -> tuple[MenuGroup, ...]:
    """The menu for what is on sale."""
    categories = dict.fromkeys(product.category[0] for product in shelf.products if product.category)
    fitting = [name for name in categories if len(f"category:{name}".encode()) <= _KEY_BYTES_MAX]
    shown = [(_cut(name), f"category:{name}") for name in fitting[: SUB_BUTTONS_MAX - 1]]
    mine = (("订单状态", "my_orders"), ("我的卡密", "my_keys"), ("再来一单", "reorder"), ("评价", "rate"))
    return (
        MenuGroup("自助下单", (("热门商品", "self_order"), *shown)),
        MenuGroup("我的订单", mine),
        MenuGroup("客服", (("人工客服", "human"), ("帮助", "help"))),
    )


def wanted(conn: Connection, shelf: Shelf) -> tuple[MenuGroup, ...]:
    """The menu that is published next: the one that was made last, else the usual one."""
    row = conn.execute(_LATEST).one_or_none()
    if row is None or not row.buttons:
        return usual(shelf)
    return tuple(MenuGroup(one["name"], tuple((name, key) for name, key in one["buttons"])) for one in row.buttons)


def keep(conn: Connection, groups: Sequence[MenuGroup], by: str, now: datetime) -> None:
    """Keep a menu (none at all: the usual one from now on); in the caller's transaction."""
    rows = [{"name": one.name, "buttons": [list(pair) for pair in one.buttons]} for one in groups]
    conn.execute(_KEEP, {"buttons": rows, "by": by, "now": now})


def problems_of(groups: Sequence[MenuGroup], shelf: Shelf) -> tuple[str, ...]:
    """Say what WeChat or the bot would have against a menu."""
    found = [] if 1 <= len(groups) <= GROUPS_MAX else [f"一级菜单要有 1 到 {GROUPS_MAX} 个，这里有 {len(groups)} 个"]
    categories = {"/".join(one.category[:n]) for one in shelf.products for n in range(1, len(one.category) + 1)}
    for group in groups:
        if not 1 <= len(group.name.encode()) <= _TOP_NAME_BYTES_MAX:
            found.append(f"一级菜单“{group.name}”太长：最多 {_TOP_NAME_BYTES_MAX} 字节（5 个汉字）")
        if not 1 <= len(group.buttons) <= SUB_BUTTONS_MAX:
            found.append(f"“{group.name}”下面要有 1 到 {SUB_BUTTONS_MAX} 个，这里有 {len(group.buttons)} 个")
        for name, key in group.buttons:
            if not 1 <= len(name.encode()) <= _NAME_BYTES_MAX:
                found.append(f"“{name}”太长：最多 {_NAME_BYTES_MAX} 字节（20 个汉字）")
            if why := _problem_with(key, categories):
                found.append(f"“{name}”：{why}")
    return tuple(found)


def _problem_with(key: str, categories: set[str]) -> str:
    if key.startswith("https://"):
        return "" if _URL.fullmatch(key) and len(key.encode()) <= _URL_BYTES_MAX else "网址写法不对或太长"
    if key.startswith("category:"):
        if key.removeprefix("category:") not in categories:
            return f"目录里没有分类 {key.removeprefix('category:')}"
        return "" if len(key.encode()) <= _KEY_BYTES_MAX else "分类名太长"
    return "" if key in KEYS else f"没有 {key} 这个功能"


def buttons(groups: Sequence[MenuGroup]) -> list[dict[str, Any]]:
    """A menu as POST /cgi-bin/menu/create takes it."""
    return [{"name": one.name, "sub_button": [_button(name, key) for name, key in one.buttons]} for one in groups]


def _button(name: str, key: str) -> dict[str, Any]:
    if key.startswith("https://"):
        return {"type": "view", "name": name, "url": key}
    return {"type": "click", "name": name, "key": key}


def publish(engine: Engine, account: AccountApi, now: datetime) -> str:
    """Publish the menu for what is on sale and say what was published. Raises what bot.wechat raises."""
    with engine.connect() as conn:
        groups = wanted(conn, load_shelf(conn))
    account.publish_menu(buttons(groups))
    with engine.begin() as conn:
        conn.execute(_PUBLISHED, {"now": now})
    return "；".join(f"{one.name}：{'、'.join(name for name, _ in one.buttons)}" for one in groups)


def _cut(name: str) -> str:
    return name.encode()[:_NAME_BYTES_MAX].decode(errors="ignore")
