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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encodings_line_ends_and_blank_lines_change_nothing(importer: Importer, encoding: str, line_end: str) -> None:
    lines = ["卡一,密码甲", "", "   ", "\t", "密码乙", ""]

    assert importer.run(line_end.join(lines).encode(encoding)) == ImportResult(2, 0, 0, ())
    assert importer.in_stock() == [CardSecret("密码甲", "卡一"), CardSecret("密码乙")]


@pytest.mark.parametrize(
    "content",
    [
        "number,secret\nN1,S1\nN2,S2\n",
        "卡密,备注,卡号\nS1,好,N1\n,,\nS2,,N2\n",
        '"序列号","激活码"\r\n"N1","S1"\r\n"N2","S2"\r\n',
        "账号\t密码\nN1\tS1\nN2\tS2\n",
        " Card_No ; SECRET \nN1;S1\nN2;S2",
    ],
)
def test_a_csv_is_read_by_its_header(importer: Importer, content: str) -> None:
    assert importer.run(content, "keys.csv") == ImportResult(2, 0, 0, ())
    assert importer.in_stock() == [CardSecret("S1", "N1"), CardSecret("S2", "N2")]


def test_a_csv_may_have_secrets_alone_and_quoted_commas(importer: Importer) -> None:
    assert importer.run('secret\n"A,B"\n"say ""hi"""\n', "keys.CSV") == ImportResult(2, 0, 0, ())
    assert importer.in_stock() == [CardSecret("A,B"), CardSecret('say "hi"')]


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


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a,b,c", "逗号多于一个"),
        (",SECRET", "没有卡号"),
        ("SECRET,", "没有卡密"),
        ("SECRET\tNUMBER", "看不见的字符"),
        ("SEC\u200bRET", "看不见的字符"),
        ("SECRET" * 100, "超过 500 个字符"),
        ("N" * 101 + ",SECRET", "超过 100 个字符"),
        ("1.23457E+15", "科学计数法"),
    ],
)
def test_a_bad_line_is_named_but_never_quoted(importer: Importer, line: str, reason: str) -> None:
    result = importer.run(f"GOOD1\n{line}\nGOOD2\n")

    assert isinstance(result, ImportResult)
    assert (result.imported, result.duplicate, result.invalid) == (2, 0, 1)
    assert result.problems[0].line == 2
    assert reason in result.problems[0].reason
    assert "SECRET" not in str(result)


@pytest.mark.parametrize("header", ["number,secret", "卡号,卡密", "\ufeffSecret"])
def test_a_header_in_a_text_file_is_not_sold_as_a_key(importer: Importer, header: str) -> None:
    result = importer.run(f"{header}\nN1,secret\n")

    assert result == ImportResult(1, 0, 1, (BadLine(1, "是表头, 不是卡密"),))
    assert importer.in_stock() == [CardSecret("secret", "N1")]


def test_a_stray_quote_spoils_its_own_line_only(importer: Importer) -> None:
    result = importer.run('secret\nA\n"B\nC\n', "keys.csv")

    assert result == ImportResult(2, 0, 1, (BadLine(3, "引号不成对"),))


def test_only_the_first_bad_lines_are_named(importer: Importer) -> None:
    result = importer.run(",x\n" * 50)

    assert isinstance(result, ImportResult)
    assert (result.invalid, [problem.line for problem in result.problems]) == (50, list(range(1, 11)))


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"PK\x03\x04 whatever", "keys.csv", "Excel"),
        ("A\n".encode("utf-16"), "keys.txt", "UTF-16"),
        (b"A\nB\x00\n", "keys.txt", "第 2 行: 不是文本文件"),
        (b"A\n\xff\xff\xff\n", "keys.txt", "第 2 行: 既不是 UTF-8 也不是 GBK"),
        (b"A,B\nC,D\n", "keys.csv", "第 1 行: CSV 第一行应是表头"),
        (b"", "keys.csv", "CSV 第一行应是表头"),
    ],
)
def test_a_file_that_holds_no_keys_at_all_is_refused(importer: Importer, content: bytes, name: str, says: str) -> None:
    refused = importer.run(content, name)

    assert isinstance(refused, ImportRefused)
    assert says in str(refused)
    assert importer.in_stock() == []


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
        together.wait(10)
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

    assert time.monotonic() - started < 50  # about 5 s on an idle machine
