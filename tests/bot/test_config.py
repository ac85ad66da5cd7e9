"""config.toml and the environment become one Config, or one line that names what is wrong."""

import base64
import stat
from pathlib import Path

import pytest

from bot.config import Config, ConfigError, load_config
from bot.config.sections import SUPPLIER_KINDS
from fulfillment.suppliers.registry import KINDS

KEY = base64.b64encode(bytes(range(32))).decode()


def load(tmp_path: Path, text: str = "", **environ: str) -> Config:
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    return load_config(file, environ)


def test_everything_left_out_has_a_default(tmp_path: Path) -> None:
    config = load(tmp_path)
    assert (config.pay.order_ttl_minutes, config.risk.enabled, config.risk.per_ip_per_minute) == (15, True, 0)
    assert (config.store.database_url, config.redis.url) == ("embedded", "embedded")
    assert config.wechat.mode == "safe"
    assert config.app.data_dir == tmp_path / "var"


def test_the_projects_own_file_holds_nothing_but_defaults() -> None:
    own = Path(__file__).parents[2] / "config.toml"
    config = load_config(own, {})
    assert config.app.data_dir == own.parent / "var"
    assert config.supplier == {}


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    text = '[pay]\norder_ttl_minutes = 20\n[supplier.fulu]\nkind = "fulu"\napp_key = "file"\n'
    config = load(
        tmp_path,
        text,
        KABOT_PAY__ORDER_TTL_MINUTES="5",
        KABOT_SUPPLIER__FULU__APP_KEY="env",
        KABOT_SUPPLIER__OTHER__DEFAULT="true",
        KABOT_WECHAT__KF="on",
        UNRELATED="x",
    )
    assert config.pay.order_ttl_minutes == 5
    assert (config.supplier["fulu"].kind, config.supplier["fulu"].app_key) == ("fulu", "env")
    assert config.supplier["other"].default
    assert config.wechat.kf


def test_kabot_config_names_another_file(tmp_path: Path) -> None:
    other = tmp_path / "shop" / "kabot.toml"
    other.parent.mkdir()
    other.write_text(
        '[pay]\nprivate_key_file = "keys/apiclient_key.pem"\n[app]\npublic_url = "https://shop.example/"\n'
    )
    config = load_config(environ={"KABOT_CONFIG": str(other)})
    assert config.pay.private_key_file == tmp_path / "shop" / "keys" / "apiclient_key.pem"
    assert config.app.public_url == "https://shop.example"


@pytest.mark.parametrize(
    ("text", "environ", "said"),
    [
        ("[app]\n\npublic_ulr = 'x'", {}, r"config\.toml:3: unknown key public_ulr in \[app\]"),
        ("[ap]\nx = 1", {}, r"config\.toml:1: unknown section \[ap\]"),
        ("[ap]", {}, r"config\.toml:1: unknown section \[ap\]"),
        ("x = 1", {}, r"config\.toml:1: unknown key x"),
        ("[supplier]\nfulu = 1", {}, r"\[supplier\] fulu"),
        ("[supplier.fulu]\nkey = 1", {}, r"config\.toml:2: unknown key key in \[supplier\.fulu\]"),
        ("[pay]\norder_ttl_minutes = 0", {}, r"config\.toml:2: \[pay\] order_ttl_minutes: must be from 1"),
        ("[pay]\norder_ttl_minutes = 1.5", {}, "must be a whole number"),
        ("[pay]\norder_ttl_minutes = true", {}, "must be a whole number"),
        ("[wechat]\nmode = 'open'", {}, "must be one of plain, compat, safe"),
        ("[wechat]\napi_base = 'api.weixin.qq.com'", {}, "not an http"),
        ("[wechat]\napp_id = 5", {}, "write it as text in quotes"),
        ("[app]\ntimezone = 'Peking'", {}, "not a time zone"),
        ("[app]\nsecret_key = 'c2hvcnQ='", {}, "must be base64 of 32 bytes, not of 5"),
        ("[app\n", {}, r"config\.toml: .*line 1"),
        ("[risk]\nenabled = 'maybe'", {}, "must be true or false"),
        ("", {"KABOT_PAY__TTL": "1"}, r"KABOT_PAY__TTL: unknown key ttl in \[pay\]"),
        ("", {"KABOT_PAYMENT__MCH_ID": "1"}, r"KABOT_PAYMENT__MCH_ID: unknown section \[payment\]"),
        ("", {"KABOT_APP_DATA_DIR": "/x"}, "KABOT_APP_DATA_DIR: write KABOT_SECTION__KEY"),
        ("", {"KABOT_PAY__ORDER_TTL_MINUTES": "soon"}, "KABOT_PAY__ORDER_TTL_MINUTES: .*must be a whole number"),
        ("[supplier.a]\ndefault=true\n[supplier.b]\ndefault=true", {}, "two default suppliers"),
        ("[app]\nsecret_key_file = 'nowhere'", {}, r"nowhere: No such file or directory$"),
        ("[app]\nsecret_key = 'not base64!'", {}, r"config\.toml:2: \[app\] secret_key: not base64"),
        ('[app]\nsecret_key_file = "a\\u0000"', {}, "must name a file"),
        ("[app]\ndata_dir = '~nobody-of-this-name/x'", {}, r"config\.toml:2: \[app\] data_dir: nobody of that name"),
        ("[web]\nport = " + "[" * 50_000, {}, r"config\.toml: .*within each other"),
        ("[web]\nport = 1" + "0" * 5000, {}, r"config\.toml: a number too long"),
        ("[[shop]]\nname = 'x'", {}, r"config\.toml:1: shop: write \[shop\] once"),
        ("supplier = 'fulu'", {}, r"config\.toml:1: supplier: write \[supplier\.NAME\] once"),
        ("[supplier.a]\nkind = 'amazon'", {}, r"config\.toml:2: \[supplier\.a\] kind: must be one of fulu, juhe$"),
        ("[speech]\nkind = 'x'", {}, "must be one of openai, sherpa$"),
        ("[wechat]\naes_key = 'short'", {}, r"config\.toml:2: \[wechat\] aes_key: must be the 43 characters"),
        ("[redis]\nurl = 'redis://:hush@h:abc/0'", {}, r"config\.toml:2: \[redis\] url: hosts are written host:port"),
        ("[redis]\nurl = 'redis+sentinel://h'", {}, r"config\.toml:2: \[redis\] url: .*/SERVICE"),
        ("[store]\ndatabase_url = 'postgresql+psycopg://u:hush@h:99999/d'", {}, r"config\.toml:2: .*up to 65535"),
        ("[wechat]\napi_base = 'https://h:port'", {}, "not an http"),
        ("", {"KABOT_SUPPLIER__FULU": "1"}, "KABOT_SUPPLIER__FULU: write KABOT_SECTION__KEY or KABOT_SUPPLIER__NAME"),
        ("", {"KABOT_SHOP__NAME": "\udcff"}, r"KABOT_SHOP__NAME: \[shop\] name: .*not UTF-8"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(tmp_path: Path, text: str, environ: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        load(tmp_path, text, **environ)
    assert "\n" not in str(refused.value)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("KABOT_REDIS__URL", "redis://:p%40,:w@[::1]:6379/0"),
        ("KABOT_REDIS__URL", "rediss://cache"),
        ("KABOT_REDIS__URL", "unix:///run/redis.sock?db=1"),
        ("KABOT_REDIS__URL", "redis+sentinel://u:p@h1:26379,h2/main/3?ssl=true"),
        ("KABOT_REDIS__URL", "redis+cluster://h1:6379,h2"),
        ("KABOT_STORE__DATABASE_URL", "postgresql+psycopg://kabot:p@ss@db:5432/kabot?sslmode=require"),
        ("KABOT_STORE__DATABASE_URL", "postgresql+psycopg://kabot@/kabot?host=/run/postgresql"),
        ("KABOT_WECHAT__AES_KEY", "0123456789abcdefghijABCDEFGHIJ0123456789abc"),
        ("KABOT_WECHAT__AES_KEY", ""),
        ("KABOT_APP__SECRET_KEY", ""),
    ],
)
def test_what_is_right_is_taken(tmp_path: Path, variable: str, value: str) -> None:
    section, key = variable.removeprefix("KABOT_").lower().split("__")
    assert getattr(getattr(load(tmp_path, **{variable: value}), section), key) == value


def test_the_kinds_of_suppliers_are_those_there_are_adapters_for() -> None:
    assert SUPPLIER_KINDS == KINDS


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.toml"):
        load_config(environ={"KABOT_CONFIG": str(tmp_path / "missing.toml")})
    (tmp_path / "gbk.toml").write_bytes("[shop]\nname = '卡宝'".encode("gbk"))
    with pytest.raises(ConfigError, match=r"gbk\.toml:2: not UTF-8"):
        load_config(tmp_path / "gbk.toml", {})


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("from-a-file\n")
    config = load(
        tmp_path,
        f'[app]\nsecret_key = "{KEY}"\n'
        '[console]\nadmin_password_file = "password"\n'
        '[supplier.s]\napp_secret = "hush-1"\n',
        KABOT_WECHAT__APP_SECRET="hush-2",
        KABOT_PAY__API_V3_KEY="hush-3",
        KABOT_STORE__DATABASE_URL="postgresql+psycopg://u:hush-4@db/kabot",
        KABOT_REDIS__URL="redis://:hush-5@cache/0",
    )
    assert config.console.admin_password == "from-a-file"
    assert config.app.key() == bytes(range(32))
    shown = repr(config)
    assert not [secret for secret in ("hush", "from-a-file", KEY) if secret in shown]
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, KABOT_WECHAT__MODE="hush-6")
    assert "hush" not in str(refused.value)


def test_without_a_secret_key_one_is_made_and_kept(tmp_path: Path) -> None:
    first = load(tmp_path).app.key()
    kept = tmp_path / "var" / "secret_key"
    assert len(first) == 32
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert load(tmp_path).app.key() == first
    assert [file.name for file in kept.parent.iterdir()] == ["secret_key"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("KABOT_STORE__DATABASE_URL", "mysql://x"),
        ("KABOT_STORE__DATABASE_URL", "nonsense"),
        ("KABOT_REDIS__URL", "foo"),
    ],
)
def test_a_server_of_an_unknown_kind_is_named_with_its_key(variable: str, value: str) -> None:
    with pytest.raises(ConfigError, match=r"(database_url|url): must be \"embedded\" or begin with") as caught:
        load_config(environ={variable: value})
    assert variable in str(caught.value)
