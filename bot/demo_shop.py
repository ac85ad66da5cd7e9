"""Prepares what ``kabot demo`` shows: credentials, configuration, catalog and card keys that are plainly not real.

A process of its own (``python -m bot.demo_shop DIR PORT BOT_PORT``), so that the supervising one stays small.
"""

import json
import os
import secrets
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from bot import embedded, migrations
from bot.config import load_config
from bot.database import make_engine
from bot.speech.sound import can_decode
from catalog.files import read_catalog
from catalog.key_import import ImportRefused, import_keys
from catalog.store import import_catalog
from catalog.vault import Vault
from console import accounts, passwords
from kernel.clock import SystemClock
from sandbox.settings import Credentials, new_credentials

CONFIG_FILE = "demo.toml"
SANDBOX_FILE = "sandbox.json"
KEYS_PER_SKU = 30
_DATA = Path(__file__).resolve().parent.parent / "data"
_CATALOG = _DATA / "catalog.demo.toml"
_FAQ = _DATA / "faq.toml"
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

_EMPTY_SKUS = text(
    "SELECT sku.code FROM sku JOIN product ON product.id = sku.product_id"
    " WHERE product.delivery = 'card' AND NOT EXISTS (SELECT 1 FROM card_key WHERE card_key.sku_code = sku.code)"
    " ORDER BY sku.code"
)


def write_settings(home: Path, port: int, bot_port: int) -> None:
    """Write what the sandbox and the bot are started with. Credentials are made once and kept."""
    kept = home / "credentials.json"
    if kept.exists():
        credentials = Credentials.read(kept)
    else:
        credentials = new_credentials()
        credentials.write(kept)
    url = f"http://127.0.0.1:{port}"
    sandbox_dir = home / "sandbox"
    sandbox_dir.mkdir(exist_ok=True)
    settings = credentials.sandbox_settings(
        bot_url=f"http://127.0.0.1:{bot_port}", public_url=url, data_dir=str(sandbox_dir)
    )
    settings.write(home / SANDBOX_FILE)
    app = {"public_url": url, "data_dir": str(home), "log_format": "text", "faq_file": str(_FAQ)}
    sections: dict[str, Mapping[str, Any]] = {"app": app}
    sections |= credentials.bot_sections(sandbox_url=url, key_dir=home / "keys")
    if credentials.speech_key and can_decode():
        sections["speech"] = credentials.speech_section(url)
    _write_private(home / CONFIG_FILE, _toml(sections))


def fill(engine: Engine, vault: Vault) -> None:
    """Load the demo catalog into an empty shop, and card keys for the card SKUs that never had one."""
    with engine.begin() as conn:
        if not conn.scalar(text("SELECT EXISTS (SELECT 1 FROM product)")):
            import_catalog(conn, read_catalog(_CATALOG))
        codes = list(conn.scalars(_EMPTY_SKUS))
    with tempfile.TemporaryDirectory() as folder:
        for code in codes:
            file = Path(folder) / "keys.txt"
            file.write_text("".join(f"DEMO-{_group()}-{_group()}-{_group()}\n" for _ in range(KEYS_PER_SKU)))
            done = import_keys(engine, vault, code, file)
            if isinstance(done, ImportRefused):
                raise RuntimeError(f"demo keys for {code}: {done}")


def first_operator(engine: Engine) -> str:
    """Make the console's first operator, and give his password; empty where there is one already."""
    password = passwords.generated()
    with engine.begin() as conn:
        return password if accounts.add_first(conn, "admin", password, SystemClock().now()) else ""


def prepare(home: Path, port: int, bot_port: int) -> str:
    """Write the settings, bring the database up to date and fill the shop. Gives the first operator's password, if he
    was made just now."""
    write_settings(home, port, bot_port)
    config = load_config(home / CONFIG_FILE)
    with embedded.servers(config.app.data_dir, config.store.database_url, config.redis.url) as at:
        engine = make_engine(at.database_url, name="kabot demo", statement_timeout_ms=0)
        migrations.upgrade(engine)
        fill(engine, Vault(config.app.key()))
        password = first_operator(engine)
        engine.dispose()
    return password


def _group() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(4))


def _toml(sections: Mapping[str, Mapping[str, Any]]) -> str:
    """Strings, numbers and booleans are written in TOML as in JSON."""
    lines = ["# Written by kabot demo, anew each time it starts.\n"]
    for section, keys in sections.items():
        lines += [f"\n[{section}]\n", *(f"{k} = {json.dumps(v, ensure_ascii=False)}\n" for k, v in keys.items())]
    return "".join(lines)


def _write_private(path: Path, content: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(content)


if __name__ == "__main__":
    # The password goes to whoever started this, and nowhere else.
    with os.fdopen(int(sys.argv[4]), "w", encoding="ascii") as tell:
        tell.write(prepare(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
