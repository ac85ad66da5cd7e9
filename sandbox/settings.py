"""What a sandbox must know to play WeChat for one bot, and the making of a matching set of credentials."""

import base64
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

Mode = Literal["plain", "compat", "safe"]


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """One account, one merchant and one supplier. Addresses have no trailing slash; keys are PEM text."""

    bot_url: str
    """Where the bot listens."""
    public_url: str
    """Where this sandbox is reached."""
    app_id: str
    app_secret: str = field(repr=False)
    token: str = field(repr=False)
    aes_key: str = field(repr=False)
    mch_id: str
    api_v3_key: str = field(repr=False)
    merchant_cert_public_key_pem: str = field(repr=False)
    merchant_serial: str
    platform_private_key_pem: str = field(repr=False)
    platform_key_id: str
    fulu_app_key: str
    fulu_app_secret: str = field(repr=False)
    juhe_app_key: str = ""
    """Empty: there is no such supplier, and every request to it is refused."""
    juhe_open_id: str = field(default="", repr=False)
    mode: Mode = "safe"
    original_id: str = "gh_5a6d8f3b21c4"
    data_dir: str | None = None
    """Where state is kept between runs; None keeps nothing."""
    bot_public_url: str = ""
    """The bot's own `public_url`; empty: the bot is reached through this sandbox's port."""
    supplier_name: str = "fulu"
    """The NAME of [supplier.NAME]: callbacks go to /supplier/NAME/notify."""
    juhe_name: str = "juhe"
    kf_accounts: tuple[str, ...] = ()
    """Customer-service accounts that are online; with none, a handoff reaches nobody."""
    payment_quota: int = 20
    """Pushes a payment allows within 48 h. The official pages disagree: 20, none, or no limit."""
    answer_seconds: float = 5.0
    """How long the bot may take over a push: WeChat's five seconds, unless a test has no time."""
    notice_speed: float = 1.0
    """Divides every waiting time of notices, refunds and callbacks, so that tests need not wait."""
    supplier_seconds: float = 2.0
    """How long the supplier works on an order, before `notice_speed`."""
    speech_key: str = field(default="", repr=False)
    """The speech service's API key; empty: it refuses everybody."""
    account_name: str = "卡宝小店"
    """The official account's name, at the top of every chat."""

    @property
    def bot_address(self) -> str:
        """The address under which buyers know the bot."""
        return self.bot_public_url or self.public_url

    def write(self, path: Path) -> None:
        """Write the settings as JSON, readable by the owner alone."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(self), file, ensure_ascii=False, indent=1)

    @classmethod
    def read(cls, path: Path) -> "SandboxSettings":
        """Read what `write` wrote. Raises ValueError that names the file and the unknown or missing key."""
        try:
            values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            values["kf_accounts"] = tuple(values.get("kf_accounts", ()))
            return cls(**values)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path}: {error}") from None


@dataclass(frozen=True, slots=True)
class Credentials:
    """A complete set: what WeChat's side holds and what the bot's side holds."""

    app_id: str
    app_secret: str = field(repr=False)
    token: str = field(repr=False)
    aes_key: str = field(repr=False)
    original_id: str
    mch_id: str
    api_v3_key: str = field(repr=False)
    merchant_serial: str
    merchant_private_key_pem: str = field(repr=False)
    merchant_public_key_pem: str = field(repr=False)
    platform_key_id: str
    platform_private_key_pem: str = field(repr=False)
    platform_public_key_pem: str = field(repr=False)
    fulu_app_key: str
    fulu_app_secret: str = field(repr=False)
    speech_key: str = field(default="", repr=False)
    juhe_app_key: str = ""
    juhe_open_id: str = field(default="", repr=False)

    def sandbox_settings(self, *, bot_url: str, public_url: str, **more: Any) -> SandboxSettings:
        """WeChat's side of the set. `more` are further fields of SandboxSettings."""
        return SandboxSettings(
            bot_url=bot_url.rstrip("/"),
            public_url=public_url.rstrip("/"),
            app_id=self.app_id,
            app_secret=self.app_secret,
            token=self.token,
            aes_key=self.aes_key,
            original_id=self.original_id,
            mch_id=self.mch_id,
            api_v3_key=self.api_v3_key,
            merchant_cert_public_key_pem=self.merchant_public_key_pem,
            merchant_serial=self.merchant_serial,
            platform_private_key_pem=self.platform_private_key_pem,
            platform_key_id=self.platform_key_id,
            fulu_app_key=self.fulu_app_key,
            fulu_app_secret=self.fulu_app_secret,
            juhe_app_key=self.juhe_app_key,
            juhe_open_id=self.juhe_open_id,
            speech_key=self.speech_key,
            **more,
        )

    def bot_sections(self, *, sandbox_url: str, key_dir: Path, mode: Mode = "safe") -> dict[str, dict[str, Any]]:
        """The bot's side, as the configuration's sections; its two key files are written into `key_dir`."""
        key_dir.mkdir(parents=True, exist_ok=True)
        private, public = key_dir / "merchant_private_key.pem", key_dir / "wechatpay_public_key.pem"
        for path, text in ((private, self.merchant_private_key_pem), (public, self.platform_public_key_pem)):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
        return {
            "wechat": {
                "app_id": self.app_id,
                "app_secret": self.app_secret,
                "token": self.token,
                "aes_key": self.aes_key,
                "mode": mode,
                "api_base": sandbox_url,
                "oauth_base": sandbox_url,
            },
            "pay": {
                "mch_id": self.mch_id,
                "api_v3_key": self.api_v3_key,
                "cert_serial": self.merchant_serial,
                "private_key_file": str(private),
                "public_key_id": self.platform_key_id,
                "public_key_file": str(public),
                "api_base": sandbox_url,
            },
            "supplier.fulu": {
                "kind": "fulu",
                "api_base": f"{sandbox_url}/fulu",
                "app_key": self.fulu_app_key,
                "app_secret": self.fulu_app_secret,
                "default": True,
            },
            **self._juhe(sandbox_url),
        }

    def speech_section(self, sandbox_url: str) -> dict[str, Any]:
        """The bot's [speech], for a bot that can decode voice."""
        return {
            "kind": "openai",
            "api_base": f"{sandbox_url}/speech/v1",
            "api_key": self.speech_key,
            "model": "whisper-1",
        }

    def _juhe(self, sandbox_url: str) -> dict[str, dict[str, Any]]:
        """The second supplier; none in a set that was made before there was one."""
        if not self.juhe_app_key:
            return {}
        account = {"app_key": self.juhe_app_key, "app_secret": self.juhe_open_id}
        return {"supplier.juhe": {"kind": "juhe", "api_base": f"{sandbox_url}/juhe", **account}}

    def write(self, path: Path) -> None:
        """Write the set as JSON, readable by the owner alone, so that a demo keeps it over restarts."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(self), file, indent=1)

    @classmethod
    def read(cls, path: Path) -> "Credentials":
        """Read what `write` wrote. Raises ValueError that names the file."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path}: {error}") from None


def new_credentials() -> Credentials:
    """Make a complete, matching, random set: both RSA key pairs, tokens and keys in the lengths WeChat gives out."""
    merchant_private, merchant_public = _key_pair()
    platform_private, platform_public = _key_pair()
    return Credentials(
        app_id="wx" + secrets.token_hex(8),
        app_secret=secrets.token_hex(16),
        token=secrets.token_hex(16),
        aes_key=base64.b64encode(secrets.token_bytes(32)).decode().rstrip("="),
        original_id="gh_" + secrets.token_hex(6),
        mch_id=f"16{secrets.randbelow(10**8):08d}",
        api_v3_key=secrets.token_hex(16),
        merchant_serial=secrets.token_hex(20).upper(),
        merchant_private_key_pem=merchant_private,
        merchant_public_key_pem=merchant_public,
        platform_key_id=f"PUB_KEY_ID_01{secrets.randbelow(10**30):030d}",
        platform_private_key_pem=platform_private,
        platform_public_key_pem=platform_public,
        fulu_app_key=base64.b64encode(secrets.token_bytes(48)).decode(),
        fulu_app_secret=secrets.token_hex(16),
        juhe_app_key=secrets.token_hex(16),
        juhe_open_id=f"JH{secrets.token_hex(16)}",
        speech_key="sk-" + secrets.token_hex(24),
    )


def _key_pair() -> tuple[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()
