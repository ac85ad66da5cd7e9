"""The composition root: builds every real part from the configuration. Tests give their own by argument."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import redis
from sqlalchemy import Engine
from werobot.crypto.exceptions import UnvalidEncodingAESKey

from bot.breakers import Breakers
from bot.config import Config, ConfigError, WeChatConfig
from bot.database import make_engine
from bot.jobs import Jobs
from bot.owner_texts import FaqSource, WordingSource
from bot.redis_client import RedisUrlError, open_redis
from bot.shelf_source import ShelfSource
from bot.speech.opening import open_recogniser
from bot.speech.port import Recogniser
from bot.tasks import TASKS
from bot.visits import Visits
from bot.webhook import Mode, Webhook
from bot.wechat import AccountApi, open_account
from catalog.vault import Vault
from dialogs.store import DialogStore
from fulfillment import audit
from fulfillment.suppliers.choosing import Terms
from fulfillment.suppliers.registry import Suppliers, SupplierSettings, open_suppliers
from kernel.clock import Clock, SystemClock
from kernel.hours import WorkingHours, parse_hours
from nlu.lexicon import Lexicon
from payments.absent import NoMerchant
from payments.exchange import PaySettings
from payments.gateway import PayGateway
from payments.notices import NoticeKeys
from payments.signing import PlatformKeys
from payments.wechatpay import WechatPay
from risk.lists import Marks


@dataclass(frozen=True, slots=True)
class Services:
    """Every part of the running shop. Functions of the edge take it whole and use what they need."""

    config: Config
    clock: Clock
    engine: Engine
    redis: "redis.Redis"
    store: DialogStore
    shelf: ShelfSource
    faq: FaqSource
    wording: WordingSource
    vault: Vault
    visits: Visits
    webhook: Webhook
    account: AccountApi
    gateway: PayGateway
    notice_keys: NoticeKeys
    suppliers: Suppliers
    breakers: Breakers
    jobs: Jobs
    hours: WorkingHours
    marks: Marks
    """Finds who is on the block and allow lists."""
    recogniser: Recogniser | None = None
    """Writes down what WeChat did not; None: the buyer is asked to type."""


def build(config: Config, *, database_url: str, redis_url: str, clock: Clock | None = None) -> Services:
    """Build every part for one process. Raises ConfigError for what cannot be built.

    `database_url` and `redis_url` name the servers themselves; embedded ones are started by the caller.
    """
    clock = clock or SystemClock()
    engine = make_engine(database_url, name="kabot", pool_size=config.store.pool_size)
    try:
        client = open_redis(redis_url)
    except RedisUrlError as error:
        raise ConfigError(f"[redis] url: {error}") from None
    secret_key = config.app.key()
    earlier_keys = config.app.earlier_keys()
    audit.arm(engine, secret_key, earlier_keys)
    wechat = config.wechat
    gateway, notice_keys = _pay(config, clock)
    wording = WordingSource(config.app.wording_file)
    faq = FaqSource(config.app.faq_file)

    def look(lexicon: Lexicon) -> None:
        faq.look(lexicon)
        wording.look()

    return Services(
        config=config,
        clock=clock,
        engine=engine,
        redis=client,
        store=DialogStore(client, clock),
        shelf=ShelfSource(engine, also=look),
        faq=faq,
        wording=wording,
        vault=Vault(secret_key, earlier_keys),
        visits=Visits(secret_key),
        webhook=_webhook(wechat),
        account=open_account(wechat, client),
        gateway=gateway,
        notice_keys=notice_keys,
        suppliers=_suppliers(config, clock),
        breakers=Breakers(client, clock),
        jobs=Jobs(TASKS),
        hours=parse_hours(wechat.kf_hours, config.app.timezone),
        marks=Marks(secret_key, earlier_keys),
        recogniser=open_recogniser(config.speech),
    )


def _webhook(wechat: WeChatConfig) -> Webhook:
    try:
        return Webhook(token=wechat.token, app_id=wechat.app_id, aes_key=wechat.aes_key, mode=cast(Mode, wechat.mode))
    except (UnvalidEncodingAESKey, ValueError):
        raise ConfigError("[wechat] aes_key: must be the 43 characters of EncodingAESKey") from None


def _pay(config: Config, clock: Clock) -> tuple[PayGateway, NoticeKeys]:
    """The merchant's gateway; without a merchant one that refuses everything, and keys that no notice fits."""
    pay = config.pay
    if not pay.mch_id:
        return NoMerchant(), NoticeKeys(PlatformKeys({}), b"", config.wechat.app_id, "")
    try:
        gateway = WechatPay(
            PaySettings(
                app_id=config.wechat.app_id,
                mch_id=pay.mch_id,
                api_v3_key=pay.api_v3_key.encode(),
                cert_serial=pay.cert_serial,
                private_key_pem=_read(pay.private_key_file, "[pay] private_key_file"),
                notify_url=f"{config.app.public_url}/pay/notify",
                public_key_id=pay.public_key_id,
                public_key_pem=_read(pay.public_key_file, "[pay] public_key_file") if pay.public_key_file else b"",
                api_base=pay.api_base,
            ),
            clock,
        )
    except ConfigError:
        raise
    except ValueError as error:
        raise ConfigError(f"[pay]: {error}") from None
    return gateway, NoticeKeys(gateway.platform_keys, pay.api_v3_key.encode(), config.wechat.app_id, pay.mch_id)


def _read(file: Path | None, what: str) -> bytes:
    if file is None:
        raise ConfigError(f"{what}: missing")
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{what}: {file}: {error.strerror}") from None


def _suppliers(config: Config, clock: Clock) -> Suppliers:
    try:
        return open_suppliers(
            (
                SupplierSettings(
                    name,
                    one.kind,
                    one.api_base,
                    one.app_key,
                    one.app_secret,
                    one.default,
                    one.price_account,
                    Terms(one.margin_percent, one.allow_loss),
                )
                for name, one in config.supplier.items()
            ),
            clock,
        )
    except ValueError as error:
        raise ConfigError(str(error)) from None
