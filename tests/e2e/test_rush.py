"""More buyers than keys at the same instant; `make chaos` does it with a thousand."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from bot.bootstrap import Services, build
from bot.config import load_config
from tests.chaos.rush import Rush
from tests.fulfillment.counter import add_keys, want


@pytest.fixture
def services(engine: Engine, redis_url: str, tmp_path: Path) -> Iterator[Services]:
    (tmp_path / "config.toml").write_text('[app]\ndata_dir = "data"\n[store]\npool_size = 24\n')
    url = engine.url.render_as_string(hide_password=False)
    services = build(load_config(tmp_path / "config.toml", {}), database_url=url, redis_url=redis_url)
    yield services
    services.engine.dispose()


def test_as_many_are_served_as_there_are_keys_and_the_others_are_told_or_get_their_money_back(
    services: Services,
) -> None:
    figures = Rush(services, buyers=100, keys=60, threads=24).run()
    assert figures.errors == {}
    assert (figures.served, figures.told_before_paying, figures.refunded) == (60, 34, 6)


def test_baskets_that_want_the_same_goods_in_another_order_do_not_lock_each_other_out(services: Services) -> None:
    rush = Rush(services, buyers=60, keys=30, threads=24)
    with services.engine.begin() as conn:
        add_keys(conn, "ST100", 30)
    baskets = [("ST50", "ST100"), ("ST100", "ST50")]
    lines = [tuple(want(sku) for sku in baskets[n % 2]) for n in range(60)]
    rush._all_at_once("order", range(60), lambda n: rush._place(f"oBoth{n}", "both", lines[n]))  # type: ignore[arg-type]
    assert rush.figures.errors == {}
    with services.engine.connect() as conn:
        held = conn.execute(text("SELECT sku_code, count(*) FROM card_key WHERE state = 'held' GROUP BY 1")).all()
        placed = conn.execute(text("SELECT count(*) FROM orders")).scalar_one()
    assert {count for _, count in held} == {placed}
    assert 0 < placed <= 30
