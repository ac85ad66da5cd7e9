"""The documents name every setting and every command, and no link in them leads nowhere."""

import re
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import typer

from bot.cli import app
from bot.config import Config, SupplierConfig, load_config
from bot.schema import metadata
from kernel.guards import guards_of

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
ROOM_FOLDERS = ("bot", "catalog", "console", "dialogs", "fulfillment", "kernel", "nlu", "payments", "risk")
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("sandbox/*.md"), *ROOT.glob("tests/*/*.md"))
)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def _sections() -> Iterator[tuple[str, Any]]:
    for section in fields(Config):
        if section.name != "supplier":
            assert is_dataclass(section.default)
            yield section.name, section.default
    yield "supplier.NAME", SupplierConfig("NAME")


def _rows(section: str) -> dict[str, str]:
    """Key → the default as the table shows it."""
    after = re.split(rf"^## \[{re.escape(section)}\].*$", CONFIGURATION, flags=re.MULTILINE)
    assert len(after) == 2, f"[{section}] has no heading of its own"
    table = after[1].split("\n## ", 1)[0]
    return {found[1]: found[2] for found in re.finditer(r"^\| `(\w+)`[^|]*\| ([^|]*) \|", table, re.MULTILINE)}


@pytest.mark.parametrize(
    ("section", "default"), list(_sections()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_setting_stands_in_its_table_with_its_default(section: str, default: Any) -> None:
    rows = _rows(section)
    keys = {item.name: getattr(default, item.name) for item in fields(default) if item.default is not MISSING}
    assert set(rows) == set(keys)
    for key, value in keys.items():
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        if value in ("", None):
            assert rows[key].startswith("*"), f"[{section}] {key}: says {rows[key]} of an empty default"
        else:
            assert rows[key] == f"`{shown}`", f"[{section}] {key}"


def test_every_secret_is_marked_as_one() -> None:
    for _, default in _sections():
        for item in fields(default):
            if item.metadata.get("secret"):
                assert f"| `{item.name}` 🔒" in CONFIGURATION


def _commands(group: Any, path: str = "kabot") -> Iterator[str]:
    for name, command in group.commands.items():
        below = f"{path} {name}"
        yield from _commands(command, below) if hasattr(command, "commands") else (below,)


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_every_command_is_in_the_readme(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    missing = [command for command in _commands(typer.main.get_command(app)) if f"`{command}" not in text]
    assert missing == []


def test_the_example_for_a_server_is_a_configuration_that_loads() -> None:
    environ = {}
    for line in (ROOT / "docs" / "deploy" / "kabot.env").read_text(encoding="utf-8").splitlines():
        name, is_setting, value = line.removeprefix("# ").partition("=")
        if is_setting and re.fullmatch(r"KABOT_[A-Z0-9_]+", name) and name != "KABOT_CONFIG":
            environ[name] = value.strip('"')
    config = load_config(ROOT / "config.toml", environ)
    assert config.app.public_url == "https://shop.example.com"
    assert config.supplier["fulu"].default
    assert config.store.database_url != "embedded"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    path = ROOT / document
    text = _FENCED.sub("", path.read_text(encoding="utf-8"))
    dead = []
    for link in _LINK.findall(text):
        target, _, anchor = unquote(link).partition("#")
        if "://" in target:
            continue
        file = (path.parent / target).resolve() if target else path
        if not file.exists() or (anchor and anchor not in _anchors(file)):
            dead.append(link)
    assert dead == []


def _anchors(file: Path) -> set[str]:
    """Headings as they are linked to: lower case, spaces as dashes, punctuation gone."""
    headings = re.findall(r"^#+ (.*)$", _FENCED.sub("", file.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def test_the_map_names_every_table_and_only_constraints_that_exist() -> None:
    text = (ROOT / "docs" / "map.md").read_text(encoding="utf-8")
    data, holds = text.split("\n## Data\n", 1)[1].split("\n## What holds what\n", 1)
    assert {f"`{name}`" for name in metadata().tables} - set(re.findall(r"`\w+`", data)) == set()
    known = {column.name for table in metadata().tables.values() for column in table.columns} | set(metadata().tables)
    for table in metadata().tables.values():
        known |= {str(getattr(one, "name", "")) for one in (*table.constraints, *table.indexes)}
    known |= {guard.name for guard in guards_of(metadata())}
    assert set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", holds)) - known == set()


def test_the_map_names_only_files_that_exist() -> None:
    text = (ROOT / "docs" / "map.md").read_text(encoding="utf-8")
    there = {path.name for folder in ROOM_FOLDERS for path in (ROOT / folder).rglob("*.py")}
    assert {name.rpartition("/")[2] for name in re.findall(r"[\w/]+\.py", text)} - there == set()
