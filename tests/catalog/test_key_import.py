"""Key files: every line is imported, a duplicate or invalid, and nothing else happens, however often it is run."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from catalog import key_file, key_import
from catalog.key_file import BadLine
from catalog.key_import import ImportRefused, ImportResult, import_keys
from catalog.stock import count, keys_of, sell
from catalog.vault import CardSecret, Vault


class Importer:
    """Imports files of given content and tells what is in stock."""

    def __init__(self, shop: Engine, vault: Vault, folder: Path) -> None:
        self.shop, self.vault, self.folder = shop, vault, folder

    def run(self, content: str | bytes, name: str = "keys.txt", sku_code: str = "C10") -> ImportResult | ImportRefused:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return import_keys(self.shop, self.vault, sku_code, path)

    def in_stock(self) -> list[CardSecret]:
        with self.shop.connect() as conn:
            rows = conn.execute(text("SELECT id, sku_code, secret_enc FROM card_key ORDER BY id")).all()
        return [self.vault.open(row.secret_enc, row.sku_code, row.id) for row in rows]


@pytest.fixture
def importer(shop: Engine, vault: Vault, tmp_path: Path) -> Importer:
    return Importer(shop, vault, tmp_path)


def test_a_text_file_holds_secrets_or_number_and_secret(importer: Importer) -> None:
    assert importer.run("AAAA-1111\nN1,BBBB\n N2 , CCCC \nwith space inside\n") == ImportResult(4, 0, 0, ())

    assert importer.in_stock() == [
        CardSecret("AAAA-1111"),
        CardSecret("BBBB", "N1"),
        CardSecret("CCCC", "N2"),
        CardSecret("with space inside"),
    ]


def test_duplicates_in_the_file_and_against_the_stock_are_counted(importer: Importer) -> None:
    assert importer.run("A\nB\nA\n") == ImportResult(2, 1, 0, ())
    assert importer.run("B\nC\nC\nN1,C\n") == ImportResult(2, 2, 0, ())
    assert importer.run("A\n", sku_code="C20") == ImportResult(0, 1, 0, ())


def test_running_it_again_changes_nothing_even_after_a_sale(importer: Importer, now: datetime) -> None:
    importer.run("A\nB\n")
    with importer.shop.begin() as conn:
        sell(conn, "K1", 1, "C10", 1, now)

    assert importer.run("A\nB\n") == ImportResult(0, 2, 0, ())
    with importer.shop.begin() as conn:
        assert count(conn, "C10") == 1
        assert [key.secret for key in keys_of(conn, importer.vault, "K1")] == ["A"]


def test_only_the_first_bad_lines_are_named(importer: Importer) -> None:
    result = importer.run(",x\n" * 50)

    assert isinstance(result, ImportResult)
    assert (result.invalid, [problem.line for problem in result.problems]) == (50, list(range(1, 11)))


def test_a_missing_file_an_unknown_sku_and_a_top_up_are_refused(
    importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = import_keys(importer.shop, importer.vault, "C10", importer.folder / "none.txt")
    assert isinstance(missing, ImportRefused)
    assert missing.reason == "文件不存在"
    unknown, topup = importer.run("A", sku_code="X9"), importer.run("A", sku_code="T1")
    assert isinstance(unknown, ImportRefused)
    assert "X9" in unknown.reason
    assert isinstance(topup, ImportRefused)
    assert "不是卡密商品" in topup.reason
    monkeypatch.setattr(key_file, "FILE_BYTES_MAX", 10)
    big = importer.run("A" * 11)
    assert isinstance(big, ImportRefused)
    assert "太大" in big.reason
    assert importer.in_stock() == []


def test_a_gbk_csv_with_bad_lines_is_imported_as_far_as_it_goes(importer: Importer) -> None:
    result = importer.run("卡号,卡密\r\nN1,密码一\r\n,,\r\nN2,\r\nN3,密码三\r\n".encode("gb18030"), "keys.csv")

    assert result == ImportResult(2, 0, 1, (BadLine(4, "没有卡密"),))
    assert importer.in_stock() == [CardSecret("密码一", "N1"), CardSecret("密码三", "N3")]


def test_a_refused_file_names_its_line_and_imports_nothing(importer: Importer) -> None:
    refused = importer.run(b"A\nB\x00\n")

    assert str(refused) == "第 2 行: 不是文本文件"
    assert importer.in_stock() == []


def test_an_empty_file_imports_nothing(importer: Importer) -> None:
    assert importer.run("\n\n") == ImportResult(0, 0, 0, ())


def test_a_run_that_is_cut_off_leaves_whole_batches_and_can_be_finished(
    importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_import, "BATCH_LINES", 10)
    path = importer.folder / "keys.txt"
    path.write_text("".join(f"S{n}\n" for n in range(35)), encoding="utf-8")
    told: list[tuple[int, int]] = []

    def cut_off(done: int, lines: int) -> None:
        told.append((done, lines))
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_keys(importer.shop, importer.vault, "C10", path, cut_off)

    assert told == [(10, 36), (20, 36)]
    assert len(importer.in_stock()) == 20
    with importer.shop.connect() as conn:
        batch = conn.execute(text("SELECT imported, finished FROM key_batch")).one()
        assert tuple(batch) == (20, False)
    assert import_keys(importer.shop, importer.vault, "C10", path) == ImportResult(15, 20, 0, ())
    assert [card.secret for card in importer.in_stock()] == [f"S{n}" for n in range(35)]


def test_the_same_file_imported_twice_at_once_is_imported_once(importer: Importer) -> None:
    lines = [f"S{n}" for n in range(3000)]
    for number, ordered in enumerate((lines, lines[::-1])):
        (importer.folder / f"{number}.txt").write_text("\n".join(ordered), encoding="utf-8")
    together = threading.Barrier(2)

    def run(number: int) -> ImportResult | ImportRefused:
        together.wait(60)
        return import_keys(importer.shop, importer.vault, "C10", importer.folder / f"{number}.txt")

    with ThreadPoolExecutor(2) as pool:
        results = [result for result in pool.map(run, range(2)) if isinstance(result, ImportResult)]

    assert sum(result.imported for result in results) == 3000
    assert sum(result.duplicate for result in results) == 3000


@given(content=st.text(max_size=60) | st.binary(max_size=60), name=st.sampled_from(["keys.txt", "keys.csv"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_file_at_all_gets_an_answer(importer: Importer, content: str | bytes, name: str) -> None:
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")

    assert isinstance(importer.run(raw, name), ImportResult | ImportRefused)


def test_a_hundred_thousand_keys_are_imported_in_seconds(importer: Importer) -> None:
    content = "".join(f"6012{n:012d},{n * 7919 % 10**9:09d}-{n}\n" for n in range(100_000))
    started = time.monotonic()

    assert importer.run(content) == ImportResult(100_000, 0, 0, ())

    assert time.monotonic() - started < 120  # about 5 s on an idle machine
