"""What somebody gave, and where: the configuration file, then the environment over it; nothing is checked but names."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from bot.config.keys import ConfigError
from bot.config.sections import Config
from kernel.toml_text import BadTomlError, read_toml

PREFIX = "KABOT_"
SECTIONS: dict[str, type] = {item.name: type(item.default) for item in fields(Config) if item.name != "supplier"}
KNOWN_SECTIONS = ", ".join([*SECTIONS, "supplier.NAME"])
_FILE_BYTES_MAX = 1_000_000
_PROJECT_CONFIG = Path(__file__).resolve().parents[2] / "config.toml"


@dataclass(frozen=True, slots=True)
class Given:
    """One value as somebody gave it, and where: the error message's beginning."""

    value: Any
    where: str


Values = dict[str, dict[str, Given]]
"""Section (``supplier.NAME`` for suppliers) → key → value."""


def find_file(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    """``path``, else what KABOT_CONFIG names, else ./config.toml, else the project's own."""
    if path is None and environ.get("KABOT_CONFIG"):
        path = Path(environ["KABOT_CONFIG"]).expanduser()
    if path is not None:
        return path
    return next((file for file in (Path("config.toml"), _PROJECT_CONFIG) if file.is_file()), None)


def from_file(path: Path) -> Values:
    """What the file gives. Raises ConfigError for one that cannot be read and for sections that are not known."""
    text = _text(path)
    try:
        tree = read_toml(text)
    except BadTomlError as error:
        raise ConfigError(f"{path}: {error}") from None
    given: Values = {}
    for section, keys in tree.items():
        where = f"{path}{_line(text, section, None)}"
        if not isinstance(keys, dict):
            wanted = section if section in SECTIONS else "supplier.NAME" if section == "supplier" else ""
            cause = f"write [{wanted}] once and its keys below it" if wanted else "it stands in no section"
            raise ConfigError(f"{where}: {'' if wanted else 'unknown key '}{section}: {cause}")
        if section != "supplier":
            if section not in SECTIONS:
                raise ConfigError(f"{where}: unknown section [{section}]; known: {KNOWN_SECTIONS}")
            given[section] = {k: Given(v, f"{path}{_line(text, section, k)}") for k, v in keys.items()}
            continue
        for name, settings in keys.items():
            if not isinstance(settings, dict):
                raise ConfigError(f"{where}: [supplier] {name}: write [supplier.NAME] and the keys below it")
            full = f"supplier.{name}"
            given[full] = {k: Given(v, f"{path}{_line(text, full, k)}") for k, v in settings.items()}
    return given


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(_FILE_BYTES_MAX + 1)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None
    if len(raw) > _FILE_BYTES_MAX:
        raise ConfigError(f"{path}: larger than {_FILE_BYTES_MAX} bytes")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: not UTF-8") from None


def _line(text: str, section: str, key: str | None) -> str:
    """``:12`` for the line a section or key stands on, or nothing where it is written in an unusual way."""
    current = ""
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("["):
            current = stripped.strip("[]").split("#")[0].rstrip(" ]").replace(" ", "").replace('"', "")
            if key is None and current.partition(".")[0] == section:
                return f":{number}"
        elif "=" in stripped:
            name = stripped.split("=")[0].strip().strip('"')
            if (current == section and name == key) or (key is None and not current and name == section):
                return f":{number}"
    return ""


def from_environment(environ: Mapping[str, str] = os.environ) -> list[tuple[str, str, Given]]:
    """Section, key and value of each variable of ours. Raises ConfigError for one that names no key."""
    found = []
    for variable, value in sorted(environ.items()):
        if not variable.startswith(PREFIX) or variable == "KABOT_CONFIG":
            continue
        parts = variable.removeprefix(PREFIX).lower().split("__")
        if parts[0] == "supplier" and len(parts) == 3:
            section, key = f"supplier.{parts[1]}", parts[2]
        elif len(parts) == 2 and parts[0] != "supplier":
            section, key = parts
        else:
            raise ConfigError(f"{variable}: write KABOT_SECTION__KEY or KABOT_SUPPLIER__NAME__KEY")
        found.append((section, key, Given(value, variable)))
    return found
