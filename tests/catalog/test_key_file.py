"""Key files: which lines are keys, exactly as they stand, and what is said of the others."""

from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.key_file import BadLine, FileRefused, read_key_file
from catalog.vault import CardSecret

Read = Callable[..., list[CardSecret | BadLine]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Give the keys and bad lines of a file with this content."""

    def read(content: str | bytes, name: str = "keys.txt") -> list[CardSecret | BadLine]:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        lines = read_key_file(path)
        assert not isinstance(lines, FileRefused), lines
        return [found for _, found in lines.read()]

    return read


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encodings_line_ends_and_blank_lines_change_nothing(read: Read, encoding: str, line_end: str) -> None:
    lines = ["卡一,密码甲", "", "   ", "\t", "密码乙", ""]

    assert read(line_end.join(lines).encode(encoding)) == [CardSecret("密码甲", "卡一"), CardSecret("密码乙")]


@pytest.mark.parametrize(
    "content",
    [
        "number,secret\nN1,S1\nN2,S2\n",
        "卡密,备注,卡号\nS1,好,N1\n,,\nS2,,N2\n",
        '"序列号","激活码"\r\n"N1","S1"\r\n"N2","S2"\r\n',
        '"number" , "secret"\nN1,S1\nN2,S2\n',
        "账号\t密码\nN1\tS1\nN2\tS2\n",
        " Card_No ; SECRET \nN1;S1\nN2;S2",
        "\n \nnumber,secret\nN1,S1\n\nN2,S2,,\n",
        "code,number,secret\nx,N1,S1\ny,N2,S2\n",
        '"from, to", "number", "secret"\n"a, b", N1,S1\n"c", "N2", "S2"\n',
    ],
)
def test_a_csv_is_read_by_its_header(read: Read, content: str) -> None:
    assert read(content, "keys.csv") == [CardSecret("S1", "N1"), CardSecret("S2", "N2")]


def test_a_csv_may_have_secrets_alone_and_quoted_commas(read: Read) -> None:
    assert read('secret\n"A,B"\n"say ""hi"""\n', "keys.CSV") == [CardSecret("A,B"), CardSecret('say "hi"')]


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
def test_a_bad_line_is_named_but_never_quoted(read: Read, line: str, reason: str) -> None:
    first, found, last = read(f"GOOD1\n{line}\nGOOD2\n")

    assert (first, last) == (CardSecret("GOOD1"), CardSecret("GOOD2"))
    assert isinstance(found, BadLine)
    assert found.line == 2
    assert str(found).startswith("第 2 行: ")
    assert reason in found.reason
    assert "SECRET" not in repr(found)


@pytest.mark.parametrize("row", ["N1,S1", "N1,S1,x", "S,1"])
def test_a_row_with_more_cells_than_its_header_is_no_key(read: Read, row: str) -> None:
    header = "secret" if row.count(",") == 1 else "number,secret"
    bad, good = read(f"{header}\n{row}\n{'N2,' if ',' in header else ''}S2\n", "keys.csv")
    assert isinstance(bad, BadLine)
    assert "列数比表头多" in bad.reason
    assert isinstance(good, CardSecret)


def test_a_header_below_blank_lines_of_a_text_file_is_none_of_its_keys(read: Read) -> None:
    assert read("\n\nnumber,secret\nN1,S1\n") == [BadLine(3, "是表头, 不是卡密"), CardSecret("S1", "N1")]


@pytest.mark.parametrize("header", ["number,secret", "卡号,卡密", "\ufeffSecret"])
def test_a_header_in_a_text_file_is_not_sold_as_a_key(read: Read, header: str) -> None:
    assert read(f"{header}\nN1,secret\n") == [BadLine(1, "是表头, 不是卡密"), CardSecret("secret", "N1")]


def test_a_stray_quote_spoils_its_own_line_only(read: Read) -> None:
    assert read('secret\nA\n"B\nC\n', "keys.csv") == [CardSecret("A"), BadLine(3, "引号不成对"), CardSecret("C")]


@pytest.mark.parametrize(
    ("content", "name", "line", "says"),
    [
        (b"PK\x03\x04 whatever", "keys.csv", 0, "Excel"),
        ("A\n".encode("utf-16"), "keys.txt", 0, "UTF-16"),
        (b"A\nB\x00\n", "keys.txt", 2, "不是文本文件"),
        (b"A\n\xff\xff\xff\n", "keys.txt", 2, "既不是 UTF-8 也不是 GBK"),
        (b"A,B\nC,D\n", "keys.csv", 1, "CSV 第一行应是表头"),
        (b"", "keys.csv", 1, "CSV 第一行应是表头"),
        (b"\n\nA,B\n", "keys.csv", 3, "CSV 第一行应是表头"),
        (b"code,pin\nA,B\n", "keys.csv", 1, "不止一列像卡密"),
        (b"secret,secret\nA,B\n", "keys.csv", 1, "不止一列像卡密"),
    ],
)
def test_a_file_that_holds_no_keys_at_all_is_refused(
    tmp_path: Path, content: bytes, name: str, line: int, says: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    refused = read_key_file(path)

    assert isinstance(refused, FileRefused)
    assert refused.line == line
    assert says in refused.reason


def test_lines_never_show_in_a_repr(tmp_path: Path) -> None:
    path = tmp_path / "keys.txt"
    path.write_text("SECRET\n", encoding="utf-8")

    assert "SECRET" not in repr(read_key_file(path))
