"""``kabot doctor``: looks at everything the shop depends on and says, one line each, what is well or what to mend."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot import embedded, health
from bot.config import Config, ConfigError, load_config

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from bot.bootstrap import Services


_NAMED_MAX = 5
_AWAY = "连接不上"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    part: str
    ok: bool
    words: str = ""


def examine() -> Iterator[Finding]:
    """Look at everything, configuration first; nothing raises, and no secret is shown."""
    try:
        config = load_config()
    except ConfigError as error:
        yield Finding("配置", False, str(error))
        return
    from redis import RedisError

    try:
        with embedded.servers(config.app.data_dir, config.store.database_url, config.redis.url) as at:
            from bot import bootstrap

            try:
                services = bootstrap.build(config, database_url=at.database_url, redis_url=at.redis_url)
            except ConfigError as error:
                yield Finding("配置", False, str(error))
                return
            except RedisError as error:  # a cluster is connected to at once
                yield _configuration(config)
                yield Finding("Redis", False, f"{_AWAY}: {error}")
                return
            yield _configuration(config)
            try:
                yield from _servers(services)
                yield _wechat(services)
                yield _pay(services)
                yield _speech(services)
                yield from _suppliers(services)
                yield from _unsupplied(services)
                yield _stock(services)
                yield _keys(services)
                yield from _answers(services)
            finally:
                services.engine.dispose()
    except embedded.EmbeddedError as error:
        yield _configuration(config)
        yield Finding("内置服务", False, str(error))


def _configuration(config: Config) -> Finding:
    problems = []
    if config.app.public_url.startswith("http://127.") and config.wechat.api_base.startswith("https://api.weixin"):
        problems.append("[app] public_url 仍是本机地址，微信无法访问")
    if not config.app.public_url.startswith("https://") and config.wechat.api_base.startswith("https://api.weixin"):
        problems.append("[app] public_url 应为 https 地址（微信支付要求）")
    for name, supplier in config.supplier.items():
        if supplier.kind == "juhe" and supplier.api_base.startswith("http://") and "//127." not in supplier.api_base:
            problems.append(f"[supplier.{name}] api_base 应为 https 地址（聚合的应答没有签名）")
    if config.wechat.mode != "plain" and len(config.wechat.aes_key) != 43:
        problems.append("[wechat] aes_key 应为 43 位 EncodingAESKey，或将 mode 设为 plain")
    if not config.wechat.token:
        problems.append("[wechat] token 未填写")
    if len(config.supplier) > 1 and not any(supplier.default for supplier in config.supplier.values()):
        problems.append("[supplier.*] 没有一个设为 default = true")
    if not config.app.secret_key and config.store.database_url != embedded.EMBEDDED:
        problems.append("[app] secret_key 未填写：多台机器必须使用同一个密钥")
    return Finding("配置", not problems, "；".join(problems))


def _servers(services: "Services") -> Iterator[Finding]:
    words = {health.AWAY: _AWAY, health.NOT_MIGRATED: "表结构不是最新，请运行 kabot migrate"}
    words |= {health.NEWER: "属于更新版本的 kabot，请换用那个版本"}
    names = {"database": "数据库", "redis": "Redis"}
    for part, state in health.checks(services.engine, services.redis).items():
        yield Finding(names[part], state == health.OK, "" if state == health.OK else words.get(state, state))
    room = room_for_connections(services.engine)
    if room is not None:
        yield connections(services.config.store.pool_size, room)


def room_for_connections(engine: "Engine") -> int | None:
    """How many connections the database grants to all processes together; None while it does not answer."""
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    kept_back = "current_setting('superuser_reserved_connections')::int"
    kept_back += " + coalesce(current_setting('reserved_connections', true), '0')::int"  # from PostgreSQL 16 on
    limits = "least(nullif(d.datconnlimit, -1), nullif(r.rolconnlimit, -1))"
    most = text(
        f"SELECT least(current_setting('max_connections')::int - {kept_back}, {limits})"  # noqa: S608 - no value
        " FROM pg_database d, pg_roles r WHERE d.datname = current_database() AND r.rolname = current_user"
    )
    try:
        with engine.connect() as conn:
            return int(conn.scalar(most) or 0)
    except SQLAlchemyError:
        return None


def connections(pool_size: int, room: int) -> Finding:
    """Beyond what the database grants, a busy shop's requests fail: it is to be known before it is busy."""
    from bot.database import MAX_OVERFLOW
    from bot.jobs import CONNECTIONS_MAX

    web = pool_size + MAX_OVERFLOW
    worker = web + CONNECTIONS_MAX
    pairs = room // (web + worker)
    words = f"数据库最多给 {room} 个；每个 web 进程最多用 {web} 个，每个 worker {worker} 个"
    if pairs < 1:
        words += "：不够各一个，请调小 [store] pool_size 或调大 max_connections"
        return Finding("连接数", False, words)
    return Finding("连接数", True, f"{words}：够 {pairs} 个 web 加 {pairs} 个 worker")


def _wechat(services: "Services") -> Finding:
    from bot.wechat import AccountError

    if not services.config.wechat.app_id:
        return Finding("公众号", False, "[wechat] app_id 未填写")
    try:
        services.account.check_credentials()
    except AccountError as error:
        cause = {40013: "app_id 不对", 40125: "app_secret 不对", 40164: "本机 IP 不在白名单", 50002: "账号被冻结"}
        return Finding("公众号", False, cause.get(error.errcode or 0, f"调用失败: {error}"))
    return Finding("公众号", True)


def _pay(services: "Services") -> Finding:
    """Ask for an order that cannot exist: "no such order" proves merchant number, key and serial at once."""
    from payments.gateway import NoSuchNumber, Rejected, Transaction

    if not services.config.pay.mch_id:
        return Finding("微信支付", False, "[pay] mch_id 未填写")
    answer = services.gateway.query("KABOTDOCTOR0000")
    if isinstance(answer, NoSuchNumber | Transaction):
        return Finding("微信支付", True)
    if isinstance(answer, Rejected):
        return Finding("微信支付", False, f"被拒绝: {answer.code}，请核对商户号、证书序列号与私钥")
    return Finding("微信支付", False, f"没有得到可信的应答: {getattr(answer, 'reason', '请求过于频繁')}")


def _speech(services: "Services") -> Finding:
    if services.recogniser is None:
        return Finding("语音识别", True, "未配置：微信没有转写的语音，请顾客打字")
    trouble = services.recogniser.check()
    return Finding("语音识别", not trouble, f"[speech] {trouble}" if trouble else "")


def _suppliers(services: "Services") -> Iterator[Finding]:
    """Ask each supplier for its balance: a number proves address, key and secret at once, any other answer nothing."""
    from bot import suppliers
    from fulfillment.suppliers.port import Unknown

    for name, why in suppliers.paused_words(services).items():
        yield Finding(f"供货商 {name}", True, why)
    for name, supplier in services.suppliers.by_name.items():
        answer = suppliers.ask_now(supplier)
        if answer is None:
            yield Finding(f"供货商 {name}", True, "不提供余额查询")
        elif isinstance(answer, Unknown) and answer.unreachable:
            yield Finding(f"供货商 {name}", False, f"连接不上（{answer.reason}），请核对 api_base 和网络")
        elif isinstance(answer, Unknown):
            # No proof that orders would fail: to be looked at, and no reason to call the shop broken.
            words = f"查不到余额（{answer.reason}），请核对 api_base、app_key、app_secret"
            yield Finding(f"供货商 {name}", True, words)
        else:
            low = suppliers.is_low(services, name, answer.fen)
            words = f"余额 {suppliers.balance_words(services, supplier, answer.fen, '')}"
            yield Finding(f"供货商 {name}", not low, f"{words}，请充值" if low else words)


def _unsupplied(services: "Services") -> Iterator[Finding]:
    """Top-ups on sale that nobody here delivers: paid, they go straight back. Nothing where there are none."""
    from sqlalchemy.exc import SQLAlchemyError

    from catalog.model import Delivery

    try:
        shelf, _ = services.shelf.current()
    except SQLAlchemyError:
        return  # said already
    topups = [sku for product in shelf.products if product.delivery is Delivery.TOPUP for sku in product.skus]
    known, default = services.suppliers.by_name, services.suppliers.default_name
    without = [
        sku.code
        for sku in topups
        if not any(name in known for name in (sku.supplier or default, *(one.supplier for one in sku.backup)))
    ]
    if without:
        named = " ".join(without[:_NAMED_MAX]) + (f" 等 {len(without)} 个规格" if len(without) > _NAMED_MAX else "")
        yield Finding(
            "供货商", False, f"{named} 没有配置好的供货商，付了款只能退：请填 [supplier.NAME]，或改 SKU 的 supplier"
        )


def _stock(services: "Services") -> Finding:
    from sqlalchemy.exc import SQLAlchemyError

    try:
        shelf, _ = services.shelf.current()
    except SQLAlchemyError:
        return Finding("商品", False, "读不到商品目录")
    if not shelf.products:
        return Finding("商品", False, "目录是空的，请运行 kabot catalog import FILE")
    return Finding("商品", True, f"{len(shelf.products)} 种商品在售")


def _keys(services: "Services") -> Finding:
    """What should be done about card keys; nothing of it keeps the shop from working."""
    from sqlalchemy.exc import SQLAlchemyError

    from catalog import scarcity
    from catalog.key_rotation import left_to_rotate

    try:
        with services.engine.connect() as conn:
            short = scarcity.short(conn, services.config.stock.alert_below)
            old = left_to_rotate(conn, services.vault)
    except SQLAlchemyError:
        return Finding("卡密", False, "读不到库存")
    words = [f"{sku} 剩 {keys} 张" for sku, keys in list(short.items())[:_NAMED_MAX]]
    if len(short) > _NAMED_MAX:
        words.append(f"共 {len(short)} 种不足")
    if old:
        words.append(f"{old} 张仍用旧密钥加密，请运行 kabot keys rotate")
    return Finding("卡密", True, "；".join(words))


def _answers(services: "Services") -> Iterator[Finding]:
    """Whether the owner's answers are about what is sold; nothing where there are none."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot.owner_texts import read_faq
    from dialogs.faq import unknown_names

    try:
        entries = read_faq(services.config.app.faq_file)
        shelf, _ = services.shelf.current()
    except (ConfigError, SQLAlchemyError):
        return  # said already
    if not entries:
        return
    unknown = unknown_names(entries, shelf)
    words = f"目录里没有: {'、'.join(unknown[:5])}" if unknown else f"{len(entries)} 条"
    yield Finding("问答", not unknown, words)
