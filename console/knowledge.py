"""What the bot knows beside the catalog: what it did not understand, the owner's answers and texts, and the menu."""

from hashlib import sha256

from starlette.responses import Response

from console import gate
from console.backroom import MenuGroup
from console.desk import Parts
from console.gate import Asked
from console.showing import record, shown
from console.uploads import Upload

PATH = "/console/knowledge"
ALIAS_MAX = 40
FILES = {"faq": "问答", "wording": "话术"}
LINES_SHOWN = 40
_IDS_MAX = 500
_MENU_MAX = 4000
_PROBLEMS_SHOWN = 20


class Knowledge:
    """The pages about what the bot says and understands."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def page(self, asked: Asked) -> Response:
        """GET /console/knowledge: messages nobody understood."""
        return shown(
            self._parts,
            asked,
            "knowledge.html",
            groups=self._parts.backroom.misheard(),
            against="",
            alias_max=ALIAS_MAX,
        )

    def alias(self, asked: Asked) -> Response:
        """POST /console/knowledge/alias: a word is a product's name from now on."""
        alias, product = asked.words("alias", ALIAS_MAX), asked.form.get("product", "")[:64]
        if not alias or not product:
            return gate.said(PATH, "no_words" if alias is not None else "too_long")
        also = record(self._parts, asked, "add_alias", f"product:{product}", alias=alias)
        by = asked.operator.name
        against = self._parts.backroom.add_alias(product, alias, _ids(asked), by=by, also=also)
        if not against:
            return gate.said(PATH, "alias_added")
        groups = self._parts.backroom.misheard()
        return shown(self._parts, asked, "knowledge.html", 422, groups=groups, against=against, alias_max=ALIAS_MAX)

    def settle(self, asked: Asked) -> Response:
        """POST /console/knowledge/settle."""
        done = _ids(asked)
        also = record(self._parts, asked, "settle_misheard", "misheard", messages=len(done))
        self._parts.backroom.settle(done, also=also)
        return gate.said(PATH, "settled")

    def file(self, asked: Asked) -> Response:
        """GET /console/knowledge/{kind}: the owner's answers or texts."""
        kind = asked.request.path_params["kind"]
        return self._file(asked, kind, None, ())

    def _file(self, asked: Asked, kind: str, content: str | None, problems: tuple[str, ...]) -> Response:
        if kind not in FILES:
            return gate.said(PATH, "not_now")
        room = self._parts.backroom
        found = room.owner_file(kind)
        looks = room.faq_warnings if kind == "faq" else room.wording_warnings
        warnings = looks() if found.where and not problems else ()
        words = asked.request.query_params.get("q", "").replace("\0", "").strip()[:60]
        lines = room.wording_lines() if kind == "wording" else ()
        shown_lines = [one for one in lines if not words or any(words in part for part in one)]
        return shown(
            self._parts,
            asked,
            "owner_file.html",
            422 if problems else 200,
            kind=kind,
            title=FILES[kind],
            file=found,
            content=found.content if content is None else content,
            seen=_digest(found.content),
            problems=problems[:_PROBLEMS_SHOWN],
            warnings=warnings[:_PROBLEMS_SHOWN],
            lines=shown_lines[:LINES_SHOWN],
            lines_more=max(0, len(shown_lines) - LINES_SHOWN),
            q=words,
        )

    def save_file(self, asked: Asked, _: Upload | None) -> Response:
        """POST /console/knowledge/{kind}: the whole file."""
        kind = asked.request.path_params["kind"]
        if kind not in FILES:
            return gate.said(PATH, "not_now")
        content = asked.form.get("content", "").replace("\r\n", "\n")
        before = self._parts.backroom.owner_file(kind).content
        if asked.form.get("seen", "") != _digest(before):
            return self._file(asked, kind, content, ("文件刚被别人改过：下面还是您写的，请对照后再保存一次",))
        was = {"bytes": len(before.encode())}
        also = record(self._parts, asked, "save_file", f"file:{kind}", was, None, bytes=len(content.encode()))
        problems = self._parts.backroom.save_owner_file(kind, content, also=also)
        return self._file(asked, kind, content, problems) if problems else gate.said(f"{PATH}/{kind}", f"{kind}_saved")

    def undo_file(self, asked: Asked) -> Response:
        """POST /console/knowledge/{kind}/undo."""
        kind = asked.request.path_params["kind"]
        if kind not in FILES:
            return gate.said(PATH, "not_now")
        also = record(self._parts, asked, "undo_file", f"file:{kind}")
        done = self._parts.backroom.undo_owner_file(kind, also=also)
        return gate.said(f"{PATH}/{kind}", f"{kind}_saved" if done else "not_now")

    def menu(self, asked: Asked) -> Response:
        """GET /console/menu."""
        groups = self._parts.backroom.menu()
        return self._menu(asked, groups, menu_text(groups), ())

    def _menu(self, asked: Asked, groups: tuple[MenuGroup, ...], given: str, problems: tuple[str, ...]) -> Response:
        return shown(
            self._parts,
            asked,
            "menu.html",
            422 if problems else 200,
            groups=groups,
            given=given,
            problems=problems,
            menu_max=_MENU_MAX,
        )

    def save_menu(self, asked: Asked) -> Response:
        """POST /console/menu."""
        given = asked.form.get("menu", "")[:_MENU_MAX].replace("\r\n", "\n")
        room = self._parts.backroom
        usual = asked.form.get("usual") == "1"
        groups = None if usual else read_menu(given)
        if isinstance(groups, str):
            return self._menu(asked, room.menu(), given, (groups,))
        before = {"menu": menu_text(room.menu())}
        after = menu_text(groups if groups is not None else room.usual_menu())
        also = record(self._parts, asked, "save_menu", "menu", before, None, menu=after)
        problems = room.save_menu(groups, asked.operator.name, also=also)
        return self._menu(asked, room.menu(), given, problems) if problems else gate.said("/console/menu", "menu_saved")

    def publish_menu(self, asked: Asked) -> Response:
        """POST /console/menu/publish."""
        room = self._parts.backroom
        against = room.publish_menu(also=record(self._parts, asked, "publish_menu", "menu"))
        if against:
            groups = room.menu()
            return self._menu(asked, groups, menu_text(groups), (f"微信没有接受：{against}",))
        return gate.said("/console/menu", "menu_published")


def menu_text(groups: tuple[MenuGroup, ...]) -> str:
    """A menu as it is written: a name a line, and below it, indented, `name = key`."""
    return "\n".join(line for one in groups for line in (one.name, *(f"  {name} = {key}" for name, key in one.buttons)))


def read_menu(given: str) -> tuple[MenuGroup, ...] | str:
    """What was written; a string says what is wrong with it."""
    groups: list[tuple[str, list[tuple[str, str]]]] = []
    for number, line in enumerate(given.split("\n"), start=1):
        if not line.strip():
            continue
        name, equals, key = (part.strip() for part in line.partition("="))
        if not equals and line[:1].isspace():
            return f"第 {number} 行：缩进的行要写成“名字 = 功能”"
        if not equals:
            groups.append((name, []))
        elif not groups:
            return f"第 {number} 行：先写一级菜单的名字，再写它下面的"
        else:
            groups[-1][1].append((name, key))
    return tuple(MenuGroup(name, tuple(buttons)) for name, buttons in groups)


def _ids(asked: Asked) -> list[int]:
    given = asked.form.get("ids", "").split(",")[:_IDS_MAX]
    return [int(one) for one in given if one.isascii() and one.isdecimal() and len(one) <= 9]


def _digest(content: str) -> str:
    return sha256(content.encode()).hexdigest()[:16]
