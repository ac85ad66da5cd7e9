"""The secret keys of the shop: read from the configuration, or made and kept in `data_dir`."""

import base64
import binascii
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.config.sections import AppConfig

SECRET_KEY_BYTES = 32
_EARLIER = "previous_secret_keys"


class ConfigError(ValueError):
    """What is wrong, in one line that names the file or variable, and the section and key."""


def decode_key(text: str, what: str) -> bytes:
    """The 32 bytes of a secret key in base64; ``what`` begins the message. Raises ConfigError."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise ConfigError(f"{what}: not base64") from None
    if len(key) != SECRET_KEY_BYTES:
        raise ConfigError(f"{what}: must be base64 of {SECRET_KEY_BYTES} bytes, not of {len(key)}")
    return key


def keep_key(app: "AppConfig", key: bytes) -> None:
    """Make ``key`` the kept one, where none is configured: after a restore, the backup's."""
    if not app.secret_key:
        _fresh_key_file(app.data_dir, key).replace(app.data_dir / "secret_key")


def kept_key(data_dir: Path) -> bytes:
    """The key kept in ``data_dir/secret_key``, made by whichever process comes first."""
    kept = data_dir / "secret_key"
    if not kept.exists():
        fresh = _fresh_key_file(data_dir, secrets.token_bytes(SECRET_KEY_BYTES))
        try:
            os.link(fresh, kept)  # whole or not at all, and never over another process's key
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return decode_key(kept.read_text(), str(kept))


def keep_earlier_keys(app: "AppConfig", keys: Sequence[bytes]) -> None:
    """Make these the kept keys of before, where none are configured."""
    if not app.previous_secret_keys and (keys or kept_earlier_keys(app.data_dir)):
        _fresh_key_file(app.data_dir, *keys).replace(app.data_dir / _EARLIER)


def make_new_key(app: "AppConfig") -> bool:
    """Make a new secret key, and the one of today a key of before. False where keys are configured, not kept."""
    if app.secret_key or app.previous_secret_keys:
        return False
    # First the old one: cut off between, it is both, which changes nothing.
    keep_earlier_keys(app, (app.key(), *(key for key in app.earlier_keys() if key != app.key())))
    keep_key(app, secrets.token_bytes(SECRET_KEY_BYTES))
    return True


def kept_earlier_keys(data_dir: Path) -> str:
    """The kept keys of before in base64, a line each; empty where there are none."""
    kept = data_dir / _EARLIER
    return kept.read_text() if kept.exists() else ""


def _fresh_key_file(data_dir: Path, *keys: bytes) -> Path:
    data_dir.mkdir(parents=True, exist_ok=True)
    fresh = data_dir / f"secret_key.{os.getpid()}.{secrets.token_hex(4)}"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(base64.b64encode(key).decode() + "\n" for key in keys)
        file.flush()
        os.fsync(file.fileno())  # card keys are encrypted under it: it must not be lost with the power
    return fresh
