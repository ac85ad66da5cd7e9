"""The examples for nginx and Caddy let through what the application answers to outside, and nothing else."""

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from sqlalchemy import Engine
from starlette.routing import Route

from bot.app import create_app
from bot.bootstrap import build
from bot.config import load_config
from console.uploads import UPLOAD_BYTES_MAX

DEPLOY = Path(__file__).resolve().parents[2] / "docs" / "deploy"
EVERYBODY, OPERATORS, NOBODY = "everybody", "operators", "nobody"
OURS = {"wechat": EVERYBODY, "pay": EVERYBODY, "orders": EVERYBODY, "supplier": EVERYBODY, "console": OPERATORS,
        "api": OPERATORS, "healthz": NOBODY, "readyz": NOBODY, "metrics": NOBODY}  # fmt: skip
"""Who is to reach what begins so: the contract's table, part 5."""
CONTRACT = ("/wechat", "/pay/TOKEN", "/pay/TOKEN/jsapi", "/pay/notify", "/orders/TOKEN", "/supplier/fulu/notify",
            "/console", "/console/orders", "/api/v1/orders", "/api/openapi.json", "/healthz", "/readyz",
            "/metrics")  # fmt: skip


def _nginx(path: str) -> str:
    locations = re.findall(r"location ~ (\S+) \{(.*?)\n    \}", (DEPLOY / "nginx.conf").read_text("utf-8"), re.DOTALL)
    assert len(locations) == 2
    for pattern, inside in locations:
        if re.search(pattern, path):
            assert "proxy_pass http://127.0.0.1:8000;" in inside
            return OPERATORS if re.search(r"^ *allow .*\n(?:.*\n)*? *deny all;", inside, re.MULTILINE) else EVERYBODY
    return NOBODY


def _caddy(path: str) -> str:
    text = (DEPLOY / "Caddyfile").read_text("utf-8")
    (everybody,) = re.findall(r"@bot path (.*)\n", text)
    ((operators, whom),) = re.findall(r"@desk \{\s*path (.*)\n\s*remote_ip (\S.*)\n", text)
    assert whom.strip()
    for patterns, who in ((everybody, EVERYBODY), (operators, OPERATORS)):
        if any(fnmatchcase(path, pattern) for pattern in patterns.split()):
            return who
    return NOBODY


@pytest.mark.parametrize("proxy", [_nginx, _caddy])
def test_every_address_of_the_contract_is_let_through_to_those_it_is_for(proxy: Callable[[str], str]) -> None:
    for path in CONTRACT:
        assert proxy(path) == OURS[path.split("/")[1]], path
    for path in ("/", "/wechatx", "/consoles", "/apiary", "/pay", "/MP_verify_x.txt"):
        assert proxy(path) == NOBODY, path


def test_every_route_of_the_application_is_let_through_to_those_it_is_for(
    engine: Engine, redis_url: str, tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text('[app]\ndata_dir = "var"\n[wechat]\ntoken = "t"\nmode = "plain"\n')
    database_url = engine.url.render_as_string(hide_password=False)
    services = build(load_config(tmp_path / "config.toml", {}), database_url=database_url, redis_url=redis_url)
    try:
        paths = [route.path for route in create_app(services).routes if isinstance(route, Route)]
    finally:
        services.engine.dispose()
    assert len(paths) > len(OURS)
    for path in paths:
        who = OURS.get(path.split("/")[1])
        assert who is not None, f"{path}: say here, in the README and in both examples who is to reach it"
        asked = re.sub(r"\{[^}]*\}", "x", path)
        assert (_nginx(asked), _caddy(asked)) == (who, who), path


def test_a_file_as_large_as_the_console_takes_passes_the_proxies() -> None:
    for file, unit in (("nginx.conf", r"client_max_body_size (\d+)m;"), ("Caddyfile", r"max_size (\d+)MB")):
        (megabytes,) = re.findall(unit, (DEPLOY / file).read_text("utf-8"))
        assert int(megabytes) * 10**6 > UPLOAD_BYTES_MAX + 100_000, file
