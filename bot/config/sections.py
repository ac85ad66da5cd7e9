"""What can be configured: a frozen dataclass for each section, its defaults and limits beside its keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.config.keys import decode_key, kept_earlier_keys, kept_key

SUPPLIER_KINDS = ("fulu", "juhe")
"""The adapters there are; a test compares them with fulfillment's."""


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
        return decode_key(self.secret_key, "[app] secret_key") if self.secret_key else kept_key(self.data_dir)

    def earlier_keys(self) -> tuple[bytes, ...]:
        """The secret keys of before, the latest first; kept ones where none are configured. Raises ConfigError."""
        given = self.previous_secret_keys or kept_earlier_keys(self.data_dir)
        return tuple(decode_key(one, "[app] previous_secret_keys") for one in given.replace(",", " ").split())


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
    kind: str = _one_of("", *SUPPLIER_KINDS, "")
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
