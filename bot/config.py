"""Configuration: config.toml, then the environment, into one frozen Config. Each part is given its own section only."""

import base64
import binascii
import os
import re
import secrets
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from kernel.hours import BadHoursError, parse_hours

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

PREFIX = "KABOT_"
SECRET_KEY_BYTES = 32
_EARLIER = "previous_secret_keys"
_FILE_BYTES_MAX = 1_000_000
_PROJECT_CONFIG = Path(__file__).resolve().parent.parent / "config.toml"
_Section = TypeVar("_Section", bound="DataclassInstance")
_NAME = re.compile(r"^[a-z0-9_-]{1,32}$")


class ConfigError(ValueError):
    """What is wrong, in one line that names the file or variable, and the section and key."""


def _secret() -> Any:
    """A value that repr, and so no log or error, ever shows; it may also come from a file named by KEY_file."""
    return field(default="", repr=False, metadata={"secret": True})


def _url(default: str) -> Any:
    return field(default=default, metadata={"url": True})


def _server(*schemes: str) -> Any:
    """An embedded server, or the URL of one's own: it may hold a password."""
    return field(default="embedded", repr=False, metadata={"schemes": schemes})


def _one_of(default: str, *values: str) -> Any:
    return field(default=default, metadata={"values": values})


def _between(default: int, low: int, high: int) -> Any:
    return field(default=default, metadata={"range": (low, high)})


@dataclass(frozen=True, slots=True)
class AppConfig:
    """What concerns every part."""

    public_url: str = _url("http://127.0.0.1:8000")
    """Under which buyers, WeChat and suppliers reach the bot; no slash at the end."""
    data_dir: Path = Path("var")
    secret_key: str = _secret()
    """Base64 of 32 bytes: encrypts card keys and signs links. Left out, one is made and kept in data_dir."""
    previous_secret_keys: str = _secret()
    """Secret keys of before, comma-separated: what was written under them can still be read (`kabot keys rotate`)."""
    log_level: str = _one_of("INFO", "DEBUG", "INFO", "WARNING", "ERROR")
    log_format: str = _one_of("auto", "auto", "text", "json")
    timezone: str = "Asia/Shanghai"
    wording_file: Path | None = None
    """The owner's own texts in place of the bot's (TOML, see docs/wording.md)."""
    faq_file: Path | None = None
    """The owner's answers to questions (TOML, see docs/wording.md)."""

    def key(self) -> bytes:
        """The 32 secret bytes. Made on first use where none are configured; raises ConfigError or OSError."""
        return _decode_key(self.secret_key, "[app] secret_key") if self.secret_key else _kept_key(self.data_dir)

    def earlier_keys(self) -> tuple[bytes, ...]:
        """The secret keys of before, the latest first; kept ones where none are configured. Raises ConfigError."""
        given = self.previous_secret_keys or _kept_earlier_keys(self.data_dir)
        return tuple(_decode_key(one, "[app] previous_secret_keys") for one in given.replace(",", " ").split())


@dataclass(frozen=True, slots=True)
class ShopConfig:
    """How the shop presents itself."""

    name: str = "卡宝小店"


@dataclass(frozen=True, slots=True)
class WebConfig:
    """The web process."""

    host: str = "127.0.0.1"
    port: int = _between(8000, 0, 65535)
    threads: int = _between(16, 1, 200)
    """Requests worked on at the same time."""
    trusted_proxies: str = "127.0.0.1"
    """Addresses, comma-separated, whose X-Forwarded-For is believed."""


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """The worker process."""

    threads: int = _between(8, 1, 100)
    """Jobs worked on at the same time."""


@dataclass(frozen=True, slots=True)
class WeChatConfig:
    """The official account."""

    app_id: str = ""
    app_secret: str = _secret()
    token: str = _secret()
    aes_key: str = _secret()
    """EncodingAESKey, 43 characters; needed in compat and safe mode."""
    mode: str = _one_of("safe", "plain", "compat", "safe")
    api_base: str = _url("https://api.weixin.qq.com")
    oauth_base: str = _url("https://open.weixin.qq.com")
    kf: bool = False
    """Customer-service accounts are configured at WeChat: a handoff answers transfer_customer_service."""
    kf_hours: str = "00:00-24:00"
    """When somebody is there, in the shop's time zone: `09:00-22:00`, or several spans by comma."""
    template_id: str = ""
    """Of a service notice that says that an order has news; without it none is sent."""
    template_order: str = "character_string1"
    """Which of the template's fields takes the order's number."""
    template_what: str = "thing2"
    """And which the words, 20 characters at most."""


@dataclass(frozen=True, slots=True)
class PayConfig:
    """The WeChat Pay merchant."""

    mch_id: str = ""
    api_v3_key: str = _secret()
    cert_serial: str = ""
    private_key_file: Path | None = None
    public_key_id: str = ""
    public_key_file: Path | None = None
    api_base: str = _url("https://api.mch.weixin.qq.com")
    order_ttl_minutes: int = _between(15, 1, 120)
    fee_rate_bp: int = _between(60, 0, 1000)
    """What WeChat Pay takes, in hundredths of a percent: the estimate in the books until the bill has come."""


@dataclass(frozen=True, slots=True)
class StockConfig:
    """Card keys."""

    alert_below: int = _between(10, 0, 1_000_000)
    """A SKU on sale with fewer keys than this is an alert: log, metric, doctor. 0 = none."""
    scarce_ttl_minutes: int = _between(5, 1, 120)
    """How long an order is held whose keys are scarce; never longer than [pay] order_ttl_minutes."""


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """The database: ``embedded`` or postgresql+psycopg://…"""

    database_url: str = _server("postgresql+psycopg://")
    pool_size: int = _between(8, 1, 100)


@dataclass(frozen=True, slots=True)
class RedisConfig:
    """Redis: ``embedded`` or redis:// rediss:// unix:// redis+sentinel:// redis+cluster://"""

    url: str = _server("redis://", "rediss://", "unix://", "redis+sentinel://", "redis+cluster://")


@dataclass(frozen=True, slots=True)
class SupplierConfig:
    """One supplier of top-ups and cards."""

    name: str
    kind: str = ""
    api_base: str = _url("")
    app_key: str = ""
    app_secret: str = _secret()
    default: bool = False
    """Serves the SKUs that name no supplier."""
    price_account: str = ""
    """A phone number prices are asked for, at a supplier that tells none without (juhe)."""
    margin_percent: int = _between(0, 0, 100)
    """Nothing is bought that leaves less than this share of its selling price."""
    allow_loss: bool = False
    """Buy here even what costs more than it is sold for."""
    balance_alert: int = _between(0, 0, 100_000_000)
    """Yuan: a warning when less is left of the deposit; 0 = none."""


@dataclass(frozen=True, slots=True)
class SpeechConfig:
    """Transcribes voice that WeChat did not; without a kind the buyer is asked to type."""

    kind: str = _one_of("", "openai", "sherpa", "")
    api_base: str = _url("")
    api_key: str = _secret()
    model: str = ""
    """The service's name of the model; for sherpa its family."""
    model_dir: Path | None = None
    timeout_s: int = _between(10, 1, 60)
    per_buyer_per_hour: int = _between(60, 1, 10_000)
    """Transcribing costs money or time, and anybody can speak."""


@dataclass(frozen=True, slots=True)
class RiskConfig:
    """Limits and thresholds; 0 = no limit."""

    enabled: bool = True
    per_ip_per_minute: int = _between(0, 0, 1_000_000)
    """0 by default: WeChat pushes every buyer's messages from a few addresses."""
    per_buyer_per_minute: int = _between(120, 0, 1_000_000)
    """Messages of one buyer: beyond what a person types. He is told once and then not answered for the minute."""
    unpaid_orders_max: int = _between(3, 1, 3)
    unknown_links_per_minute: int = _between(30, 0, 1_000_000)
    """Links below /pay and /orders that name nothing, by address. Not all pages: a carrier gives many one address."""
    payments_opened_per_minute: int = _between(20, 0, 1_000_000)
    """How often the payment of one order is asked for: each may be a question to WeChat Pay."""
    large_order_yuan: int = _between(20_000, 0, 1_000_000)
    """What this and the next limits weigh, at their value and at twice that, stands in risk/scoring.py."""
    buyer_orders_per_hour: int = _between(300, 0, 1_000_000)
    buyer_yuan_per_day: int = _between(50_000, 0, 100_000_000)
    buyer_unpaid_per_hour: int = _between(300, 0, 1_000_000)
    """Orders opened and not paid: how cards are tested."""
    buyer_accounts_per_hour: int = _between(100, 0, 1_000_000)
    account_buyers_per_day: int = _between(20, 0, 40)
    """Buyers of one account; of its latest 40 order lines."""
    account_yuan_per_day: int = _between(20_000, 0, 100_000_000)
    ask_score: int = _between(40, 0, 100)
    """From this score on the buyer confirms once more."""
    hold_score: int = _between(60, 0, 100)
    """From this score on a person looks at the order once it is paid."""
    refuse_score: int = _between(100, 0, 100)
    hold_hours: int = _between(2, 1, 24)
    """What the buyer of a held order is promised; after it the owner is alerted."""
    hold_refund_hours: int = _between(24, 2, 720)
    """A held order that nobody decided on goes back by itself."""

    @property
    def buyer_limit(self) -> int:
        """Messages a buyer may send in a minute; 0 = any number."""
        return self.per_buyer_per_minute if self.enabled else 0


@dataclass(frozen=True, slots=True)
class PrivacyConfig:
    """What is kept about buyers, and for how long."""

    keep_orders_years: int = _between(3, 3, 30)
    """How long what was bought is kept under its buyer's name, once he is to be forgotten. The law says three years."""


@dataclass(frozen=True, slots=True)
class WalletConfig:
    """What buyers may keep with the shop, in whole yuan."""

    enabled: bool = True
    """False: nothing more is topped up, shown or paid from; balances stay, and refunds still reach them."""
    topup_min: int = _between(1, 1, 10_000)
    topup_max: int = _between(1000, 1, 100_000)
    balance_max: int = _between(5000, 1, 1_000_000)
    """No top-up leads beyond it. Refunds and compensation may."""
    one_tap_max: int = _between(50, 0, 1000)
    """The largest order that a buyer who has asked for it pays at 确认, without a further tap; 0 = off."""
    one_tap_daily: int = _between(200, 0, 100_000)
    """What goes out that way in a day, for one buyer; 0 = off."""


@dataclass(frozen=True, slots=True)
class CompensationConfig:
    """What a buyer is given, without asking, for a delivery that came later than promised."""

    enabled: bool = False
    late_minutes: int = _between(30, 0, 100_000)
    """So much later than the product's eta is late."""
    topup_minutes: int = _between(0, 0, 100_000)
    """What is promised where the product's eta says nothing that can be measured, by kind of delivery; 0 = nothing."""
    card_minutes: int = _between(0, 0, 100_000)
    service_minutes: int = _between(0, 0, 100_000)
    parcel_minutes: int = _between(0, 0, 100_000)
    amount_fen: int = _between(0, 0, 1_000_000)
    """For each late line; 0: by `percent_bp`."""
    percent_bp: int = _between(0, 0, 10_000)
    """Of the line's price, in hundredths of a percent."""
    max_fen: int = _between(500, 1, 1_000_000)
    """Never more for one line."""
    daily_max_fen: int = _between(10_000, 1, 100_000_000)
    """When so much has been given in a day the rest waits for the next, and the owner is told."""
    way: str = _one_of("refund", "refund", "wallet")
    """`refund`: part of the price by the original route; `wallet`: into the buyer's balance."""


@dataclass(frozen=True, slots=True)
class ConsoleConfig:
    """The operators' pages."""

    admin: str = "admin"
    """The first administrator's name."""
    admin_password: str = _secret()
    """Used once, to make the first administrator; without it there is none until one is made."""
    session_minutes: int = _between(720, 5, 43_200)
    """How long a login lasts."""
    idle_minutes: int = _between(120, 5, 43_200)
    """How long it lasts without a sign of life."""


@dataclass(frozen=True, slots=True)
class ApiConfig:
    """The REST interface and what it sends."""

    wrong_keys_per_minute: int = _between(30, 0, 1_000_000)
    """Requests without a valid key, from one address; 0 = any number."""
    private_webhooks: bool = False
    """Webhooks may go to this machine and to private networks, and over http."""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that can be configured; every key has a default."""

    app: AppConfig = AppConfig()
    shop: ShopConfig = ShopConfig()
    web: WebConfig = WebConfig()
    worker: WorkerConfig = WorkerConfig()
    wechat: WeChatConfig = WeChatConfig()
    pay: PayConfig = PayConfig()
    stock: StockConfig = StockConfig()
    store: StoreConfig = StoreConfig()
    redis: RedisConfig = RedisConfig()
    supplier: Mapping[str, SupplierConfig] = field(default_factory=dict)
    speech: SpeechConfig = SpeechConfig()
    risk: RiskConfig = RiskConfig()
    privacy: PrivacyConfig = PrivacyConfig()
    wallet: WalletConfig = WalletConfig()
    compensation: CompensationConfig = CompensationConfig()
    console: ConsoleConfig = ConsoleConfig()
    api: ApiConfig = ApiConfig()


_SECTIONS: dict[str, type] = {item.name: type(item.default) for item in fields(Config) if item.name != "supplier"}


@dataclass(frozen=True, slots=True)
class _Given:
    """One value as somebody gave it, and where: the error message's beginning."""

    value: Any
    where: str


_Values = dict[str, dict[str, _Given]]
"""Section (``supplier.NAME`` for suppliers) → key → value."""


def load_config(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Config:
    """Read the configuration. ``path`` comes before KABOT_CONFIG, then ./config.toml, then the project's own.

    Relative paths are taken from the folder of the file. Raises ConfigError.
    """
    found = _find_file(path, environ)
    given: _Values = {} if found is None else _from_file(found)
    for section, key, value in _from_environment(environ):
        given.setdefault(section, {})[key] = value
    return _build(given, (found.parent if found else Path.cwd()).resolve())


def _find_file(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    if path is None and environ.get("KABOT_CONFIG"):
        path = Path(environ["KABOT_CONFIG"]).expanduser()
    if path is not None:
        return path
    return next((file for file in (Path("config.toml"), _PROJECT_CONFIG) if file.is_file()), None)


def _from_file(path: Path) -> _Values:
    try:
        raw = path.read_bytes()
        if len(raw) > _FILE_BYTES_MAX:
            raise ConfigError(f"{path}: larger than {_FILE_BYTES_MAX} bytes")
        text = raw.decode("utf-8-sig")
        tree = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 (byte {error.start})") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from None
    given: _Values = {}
    for section, keys in tree.items():
        where = f"{path}{_line(text, section, None)}"
        if not isinstance(keys, dict):
            raise ConfigError(f"{where}: unknown key {section}: it stands in no section")
        if section != "supplier":
            if section not in _SECTIONS:
                raise ConfigError(f"{where}: unknown section [{section}]; known: {', '.join(_SECTIONS)}, supplier.NAME")
            given[section] = {k: _Given(v, f"{path}{_line(text, section, k)}") for k, v in keys.items()}
            continue
        for name, settings in keys.items():
            if not isinstance(settings, dict):
                raise ConfigError(f"{where}: [supplier] {name}: write [supplier.NAME] and the keys below it")
            full = f"supplier.{name}"
            given[full] = {k: _Given(v, f"{path}{_line(text, full, k)}") for k, v in settings.items()}
    return given


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


def _from_environment(environ: Mapping[str, str]) -> list[tuple[str, str, _Given]]:
    found = []
    for variable, value in sorted(environ.items()):
        if not variable.startswith(PREFIX) or variable == "KABOT_CONFIG":
            continue
        parts = variable.removeprefix(PREFIX).lower().split("__")
        if parts[0] == "supplier" and len(parts) == 3:
            section, key = f"supplier.{parts[1]}", parts[2]
        elif len(parts) == 2:
            section, key = parts
        else:
            raise ConfigError(f"{variable}: write KABOT_SECTION__KEY or KABOT_SUPPLIER__NAME__KEY")
        found.append((section, key, _Given(value, variable)))
    return found


def _build(given: _Values, folder: Path) -> Config:
    sections: dict[str, Any] = {}
    suppliers: dict[str, SupplierConfig] = {}
    for section, keys in given.items():
        where = next((value.where for value in keys.values()), "configuration")
        if section.startswith("supplier."):
            name = section.removeprefix("supplier.")
            if not _NAME.match(name):
                raise ConfigError(f"{where}: [{section}]: a supplier's name is a-z, 0-9, _ and -")
            suppliers[name] = _read(SupplierConfig(name), section, keys, folder)
        elif section in _SECTIONS:
            sections[section] = _read(_SECTIONS[section](), section, keys, folder)
        else:
            raise ConfigError(f"{where}: unknown section [{section}]; known: {', '.join(_SECTIONS)}, supplier.NAME")
    defaults = [name for name, supplier in suppliers.items() if supplier.default]
    if len(defaults) > 1:
        raise ConfigError(f"{given[f'supplier.{defaults[1]}']['default'].where}: two default suppliers: {defaults}")
    config = Config(**sections, supplier=suppliers)
    wrong = _wrong_compensation(config)
    if wrong:
        where = next((one.where for one in given.get("compensation", {}).values()), "configuration")
        raise ConfigError(f"{where}: [compensation] {wrong}")
    return replace(config, app=replace(config.app, data_dir=(folder / config.app.data_dir).resolve()))


def _wrong_compensation(config: Config) -> str:
    """What does not go together in the section; empty when all does, or it is off."""
    terms = config.compensation
    if not terms.enabled:
        return ""
    if bool(terms.amount_fen) == bool(terms.percent_bp):
        return "give amount_fen or percent_bp, one of them"
    if min(terms.amount_fen or terms.max_fen, terms.max_fen) > terms.daily_max_fen:
        return "daily_max_fen: less than is given for one line"
    if terms.way == "wallet" and not config.wallet.enabled:
        return 'way = "wallet" needs [wallet] enabled = true'
    return ""


def _read(section_default: _Section, section: str, keys: Mapping[str, _Given], folder: Path) -> _Section:
    """Put the given values over a section's defaults."""
    kind = type(section_default)
    known: dict[str, Field[Any]] = {item.name: item for item in fields(kind) if item.default is not MISSING}
    secret_names = [name for name, item in known.items() if item.metadata.get("secret")]
    changes: dict[str, Any] = {}
    for key, given in keys.items():
        if key.endswith("_file") and (name := key.removesuffix("_file")) in secret_names:
            if name not in keys:
                changes[name] = _read_secret(given, section, key, folder)
        elif key in known:
            changes[key] = _convert(given, f"{given.where}: [{section}] {key}", known[key], kind, folder)
        else:
            raise ConfigError(f"{given.where}: unknown key {key} in [{section}]; known: {', '.join(known)}")
    return replace(section_default, **changes)


def _convert(given: _Given, what: str, item: Field[Any], owner: type, folder: Path) -> Any:
    """Give the value its type. Messages show no value: it may be a secret put in a wrong place."""
    wanted = get_type_hints(owner)[item.name]
    if wanted is bool:
        return _to_bool(given.value, what)
    if wanted is int:
        return _to_int(given.value, what, *item.metadata["range"])
    if not isinstance(given.value, str):
        raise ConfigError(f"{what}: write it as text in quotes")
    text = given.value.strip()
    if wanted in (Path, Path | None):
        return (folder / Path(text).expanduser()).resolve() if text else item.default
    return _check_text(text, what, item)


def _check_text(text: str, what: str, item: Field[Any]) -> str:
    if any(ord(character) < 32 for character in text):
        raise ConfigError(f"{what}: has a line break or control character in it")
    if item.metadata.get("url") and text:
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ConfigError(f"{what}: not an http(s):// address")
        return text.rstrip("/")
    values = item.metadata.get("values")
    if values and text not in values:
        raise ConfigError(f"{what}: must be one of {', '.join(values)}")
    schemes = item.metadata.get("schemes")
    if schemes and text != "embedded" and not text.startswith(schemes):
        raise ConfigError(f'{what}: must be "embedded" or begin with {" ".join(schemes)}')
    if item.name == "timezone":
        try:
            ZoneInfo(text)
        except (ValueError, OSError, KeyError):
            raise ConfigError(f"{what}: not a time zone; write one such as Asia/Shanghai") from None
    if item.name == "kf_hours":
        try:
            parse_hours(text)
        except BadHoursError as error:
            raise ConfigError(f"{what}: {error}; 00:00-24:00 is always") from None
    if item.name == "secret_key" and text:
        _decode_key(text, what)
    if item.name == "previous_secret_keys":
        for one in text.replace(",", " ").split():
            _decode_key(one, what)
    return text


def _to_bool(value: Any, what: str) -> bool:
    if isinstance(value, bool):
        return value
    known = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    if isinstance(value, str) and value.strip().lower() in known:
        return known[value.strip().lower()]
    raise ConfigError(f"{what}: must be true or false")


def _to_int(value: Any, what: str, low: int, high: int) -> int:
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,12}\s*", value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ConfigError(f"{what}: must be a whole number")
    if not low <= value <= high:
        raise ConfigError(f"{what}: must be from {low} to {high}")
    return value


def _read_secret(given: _Given, section: str, key: str, folder: Path) -> str:
    if not isinstance(given.value, str) or not given.value:
        raise ConfigError(f"{given.where}: [{section}] {key}: must name a file")
    file = folder / Path(given.value).expanduser()
    try:
        return file.read_text(encoding="utf-8")[:10_000].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{given.where}: [{section}] {key}: {file}: {error}") from None


def _decode_key(text: str, what: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise ConfigError(f"{what}: not base64") from None
    if len(key) != SECRET_KEY_BYTES:
        raise ConfigError(f"{what}: must be base64 of {SECRET_KEY_BYTES} bytes, not of {len(key)}")
    return key


def keep_key(app: AppConfig, key: bytes) -> None:
    """Make ``key`` the kept one, where none is configured: after a restore, the backup's."""
    if not app.secret_key:
        _fresh_key_file(app.data_dir, key).replace(app.data_dir / "secret_key")


def _kept_key(data_dir: Path) -> bytes:
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
    return _decode_key(kept.read_text(), str(kept))


def keep_earlier_keys(app: AppConfig, keys: Sequence[bytes]) -> None:
    """Make these the kept keys of before, where none are configured."""
    if not app.previous_secret_keys and (keys or _kept_earlier_keys(app.data_dir)):
        _fresh_key_file(app.data_dir, *keys).replace(app.data_dir / _EARLIER)


def make_new_key(app: AppConfig) -> bool:
    """Make a new secret key, and the one of today a key of before. False where keys are configured, not kept."""
    if app.secret_key or app.previous_secret_keys:
        return False
    # First the old one: cut off between, it is both, which changes nothing.
    keep_earlier_keys(app, (app.key(), *(key for key in app.earlier_keys() if key != app.key())))
    keep_key(app, secrets.token_bytes(SECRET_KEY_BYTES))
    return True


def _kept_earlier_keys(data_dir: Path) -> str:
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
