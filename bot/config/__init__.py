"""Configuration: config.toml, then the environment, into one frozen Config. Each part is given its own section only."""

import os
import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bot.config.checks import convert, read_secret, wrong_compensation
from bot.config.keys import ConfigError, keep_earlier_keys, keep_key, make_new_key
from bot.config.reading import KNOWN_SECTIONS, SECTIONS, Given, Values, find_file, from_environment, from_file
from bot.config.sections import (
    ApiConfig,
    AppConfig,
    CompensationConfig,
    Config,
    ConsoleConfig,
    PayConfig,
    PrivacyConfig,
    RedisConfig,
    RiskConfig,
    ShopConfig,
    SpeechConfig,
    StockConfig,
    StoreConfig,
    SupplierConfig,
    WalletConfig,
    WebConfig,
    WeChatConfig,
    WorkerConfig,
)

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = [
    "ApiConfig",
    "AppConfig",
    "CompensationConfig",
    "Config",
    "ConfigError",
    "ConsoleConfig",
    "PayConfig",
    "PrivacyConfig",
    "RedisConfig",
    "RiskConfig",
    "ShopConfig",
    "SpeechConfig",
    "StockConfig",
    "StoreConfig",
    "SupplierConfig",
    "WalletConfig",
    "WeChatConfig",
    "WebConfig",
    "WorkerConfig",
    "keep_earlier_keys",
    "keep_key",
    "load_config",
    "make_new_key",
]

_Section = TypeVar("_Section", bound="DataclassInstance")
_NAME = re.compile(r"^[a-z0-9_-]{1,32}$")


def load_config(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Config:
    """Read the configuration. ``path`` comes before KABOT_CONFIG, then ./config.toml, then the project's own.

    Relative paths are taken from the folder of the file. Raises ConfigError.
    """
    found = find_file(path, environ)
    given: Values = {} if found is None else from_file(found)
    for section, key, value in from_environment(environ):
        given.setdefault(section, {})[key] = value
    return _build(given, (found.parent if found else Path.cwd()).resolve())


def _build(given: Values, folder: Path) -> Config:
    sections: dict[str, Any] = {}
    suppliers: dict[str, SupplierConfig] = {}
    for section, keys in given.items():
        if section.startswith("supplier."):
            name = section.removeprefix("supplier.")
            if not _NAME.match(name):
                raise ConfigError(f"{_where(keys)}: [{section}]: a supplier's name is a-z, 0-9, _ and -")
            suppliers[name] = _read(SupplierConfig(name), section, keys, folder)
        elif section in SECTIONS:
            sections[section] = _read(SECTIONS[section](), section, keys, folder)
        else:
            raise ConfigError(f"{_where(keys)}: unknown section [{section}]; known: {KNOWN_SECTIONS}")
    defaults = [name for name, supplier in suppliers.items() if supplier.default]
    if len(defaults) > 1:
        where = given[f"supplier.{defaults[1]}"]["default"].where
        raise ConfigError(f"{where}: two default suppliers: {', '.join(defaults)}")
    config = Config(**sections, supplier=suppliers)
    if wrong := wrong_compensation(config):
        raise ConfigError(f"{_where(given.get('compensation', {}))}: [compensation] {wrong}")
    return replace(config, app=replace(config.app, data_dir=(folder / config.app.data_dir).resolve()))


def _where(keys: Mapping[str, Given]) -> str:
    return next((one.where for one in keys.values()), "configuration")


def _read(section_default: _Section, section: str, keys: Mapping[str, Given], folder: Path) -> _Section:
    """Put the given values over a section's defaults."""
    kind = type(section_default)
    known: dict[str, Field[Any]] = {item.name: item for item in fields(kind) if item.default is not MISSING}
    secret_names = [name for name, item in known.items() if item.metadata.get("secret")]
    changes: dict[str, Any] = {}
    for key, given in keys.items():
        what = f"{given.where}: [{section}] {key}"
        if key.endswith("_file") and (name := key.removesuffix("_file")) in secret_names:
            if name not in keys:
                changes[name] = read_secret(given, what, folder)
        elif key in known:
            changes[key] = convert(given, what, known[key], kind, folder)
        else:
            raise ConfigError(f"{given.where}: unknown key {key} in [{section}]; known: {', '.join(known)}")
    return replace(section_default, **changes)
