"""Several suppliers for one SKU: written in the file, checked by line, and the same again out of the database."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from catalog.files import CatalogError, read_catalog
from catalog.model import Backup
from catalog.store import import_catalog, load_shelf
from catalog.version import content_version
from kernel.money import Fen

FILE = """\
[[product]]
id = "calls"
name = "话费"
category = ["充值"]
delivery = "{delivery}"
[[product.sku]]
code = "HF100"
label = "100元"
price = "99.50"
supplier = "a"
allow_loss = true
backup = {backup}
[[product.sku]]
code = "HF50"
label = "50元"
price = "49.80"
"""
TWO = '[{ supplier = "b", supplier_code = "x", cost = "98.00" }, { supplier = "c" }]'


def write(folder: Path, backup: str = TWO, delivery: str = "topup") -> Path:
    path = folder / "catalog.toml"
    path.write_text(FILE.format(backup=backup, delivery=delivery), encoding="utf-8")
    return path


def test_backups_come_out_in_the_order_they_are_written(tmp_path: Path, engine: Engine) -> None:
    shelf = read_catalog(write(tmp_path))
    sku = shelf.sku("HF100")
    assert sku is not None
    assert sku.backup == (Backup("b", "x", Fen(9800)), Backup("c"))
    assert sku.allow_loss
    with engine.begin() as conn:
        import_catalog(conn, shelf)
        assert load_shelf(conn).products == shelf.products
        assert import_catalog(conn, shelf).unchanged == 2


def test_another_backup_is_another_version_and_none_leaves_the_version_as_it_was(tmp_path: Path) -> None:
    with_two = read_catalog(write(tmp_path))
    with_one = read_catalog(write(tmp_path, '[{ supplier = "b" }]'))
    assert with_two.version != with_one.version == content_version(with_one.products)


@pytest.mark.parametrize(
    ("backup", "words"),
    [
        ('[{ supplier_code = "x" }]', "缺少 backup.supplier"),
        ('[{ supplier = "b", cost = "-1" }]', "backup.cost 不是金额"),
        ('[{ supplier = "b", price = "1" }]', "不认识的键: backup.price"),
        ('[{ supplier = "a" }]', "sku.backup 重复: a 的 HF100"),
        ('[{ supplier = "b" }, { supplier = "b", supplier_code = "HF100" }]', "sku.backup 重复"),
        ('"b"', "应是一个列表"),
        ('[{ supplier = "b" }, { supplier = "c" }, { supplier = "d" }, { supplier = "e" }, { supplier = "f" },'
         ' { supplier = "g" }]', "最多 5 个"),
    ],
)  # fmt: skip
def test_a_backup_that_cannot_be_is_named_with_its_line(tmp_path: Path, backup: str, words: str) -> None:
    with pytest.raises(CatalogError) as caught:
        read_catalog(write(tmp_path, backup))
    [problem] = caught.value.problems
    assert words in problem.message
    assert problem.line == 12


def test_only_what_is_topped_up_has_backups(tmp_path: Path) -> None:
    with pytest.raises(CatalogError) as caught:
        read_catalog(write(tmp_path, delivery="card"))
    assert "只用于 delivery = topup" in str(caught.value)
