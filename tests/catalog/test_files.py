"""Catalog files: everything wrong is named at once, with its line; what is right comes out whole."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog import files
from catalog.files import CatalogError, Problem, read_catalog
from catalog.model import AnyValue, Delivery, FieldKind
from catalog.version import content_version

DEMO = Path(__file__).parents[2] / "data" / "catalog.demo.toml"

GOOD = """\
# a comment with [[product]] and "quotes
[[product]]
id = "card"
name = "测试卡"
category = ["一级", "二级"]
aliases = [
  "甲",  # 第一个
  "乙",
]
delivery = "card"
note = \"\"\"
第一行 [不是表头]
第二行\"\"\"
field = [{ name = "server", kind = "choice", label = "区服", default = "a", values = [
  { id = "a", label = "一区" },
  { id = "b", label = "二区", aliases = ["2区"] } ] }]
option = [{ name = "speed", label = "速度", default = "fast", values = [
  { id = "fast", label = "快" }, { id = "slow", label = "慢" } ] }]
sku = [
  { code = "C10", label = "10元", value = 10, price = "9.90", options = { speed = "fast" } },
  { code = "C20", label = "20元", value = 20, price = "19.80", options = { speed = "slow" } },
]
"""


@pytest.fixture
def check(tmp_path: Path) -> Callable[[str | bytes], tuple[Problem, ...]]:
    """Give the problems of a file with this content."""

    def check(content: str | bytes) -> tuple[Problem, ...]:
        path = tmp_path / "catalog.toml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(CatalogError) as caught:
            read_catalog(path)
        return caught.value.problems

    return check


def test_the_demo_catalog_comes_out_whole() -> None:
    shelf = read_catalog(DEMO)

    assert len(shelf.products) == 22
    huafei = shelf.product("huafei")
    assert huafei is not None
    assert (huafei.delivery, huafei.category) == (Delivery.TOPUP, ("充值缴费", "手机话费"))
    assert (huafei.fields[0].kind, huafei.options[0].default) == (FieldKind.PHONE, "fast")
    assert huafei.options[0].values[1].aliases == ("延迟到账", "72小时", "不着急的")
    slow = shelf.sku("HF100S")
    assert slow is not None
    assert (slow.price_fen, slow.face_fen, slow.value, slow.eta) == (9550, 10000, 100, "72小时内")
    coin = shelf.sku("QB")
    assert coin is not None
    assert coin.any_value == AnyValue(1, 2000)
    assert shelf.version == content_version(shelf.products)


@pytest.mark.parametrize("encode", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_bom_and_windows_line_ends_change_nothing(tmp_path: Path, encode: str, line_end: str) -> None:
    path = tmp_path / "catalog.toml"
    path.write_bytes(GOOD.replace("\n", line_end).encode(encode))

    shelf = read_catalog(path)

    assert shelf.products[0].note == "第一行 [不是表头]\n第二行"
    plain = tmp_path / "plain.toml"
    plain.write_text(GOOD, encoding="utf-8")
    assert shelf.version == read_catalog(plain).version


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('price = "9.90"', 'price = "-1.00"', 20, "sku.price 不是金额: -1.00"),
        ('price = "9.90"', 'price = "9.901"', 20, "sku.price 不是金额: 9.901"),
        ('price = "9.90"', "price = 9.901", 20, "sku.price 不是金额: 9.901"),
        ('price = "9.90"', 'price = "９.９０"', 20, "sku.price 不是金额"),
        ('price = "9.90"', 'price = "9.90\\n"', 20, "sku.price 不是金额"),
        ('price = "9.90"', "price = true", 20, "sku.price 不是金额: True"),
        ('price = "9.90"', "price = nan", 20, "sku.price 不是金额: nan"),
        ('price = "9.90"', 'price = "0.00"', 20, "sku.price 必须大于 0"),
        ('price = "9.90", ', "", 20, "缺少 sku.price"),
        ('code = "C10", ', "", 20, "缺少 sku.code"),
        ('code = "C20"', 'code = "C10"', 21, "sku.code 重复: C10 (第 20 行已经用过)"),
        ('code = "C20"', 'code = "C 20"', 21, "sku.code 里不能有空格"),
        ('code = "C20"', f'code = "{"C" * 65}"', 21, "sku.code太长: 65 个字"),
        ("value = 20", 'value = "20"', 21, "sku.value 不是 0 到"),
        ("value = 20", "value = inf", 21, "sku.value 不是 0 到"),
        (
            'options = { speed = "slow" }',
            'options = { speed = "warp" }',
            21,
            "sku.options.speed 不在 option 的 values 里",
        ),
        ('options = { speed = "slow" }', 'options = { colour = "red" }', 21, "colour 不是这个商品的 option"),
        (', options = { speed = "slow" }', "", 21, "sku.options 缺少 speed"),
        (
            ', options = { speed = "slow" }',
            ', options = { speed = "slow" }, any_value = { min = 5, max = 1 }',
            21,
            "大于",
        ),
        (
            ', options = { speed = "slow" }',
            ', options = { speed = "slow" }, any_value = { min = 0 }',
            21,
            "any_value.min",
        ),
        ('delivery = "card"', 'delivery = "drone"', 10, "product.delivery 只能是 topup card service parcel: drone"),
        ('delivery = "card"', 'delivery = ["card"]', 10, "product.delivery 只能是"),
        ('kind = "choice"', 'kind = "blood"', 14, "field.kind 只能是"),
        ('kind = "choice"', 'kind = "qq"', 14, "field.values 只用于 kind = choice"),
        ('default = "a"', 'default = "z"', 14, "field.default 不在 values 的 id 里: z"),
        ('default = "fast"', 'default = "z"', 17, "option.default 不在 values 的 id 里: z"),
        ('{ id = "b", label = "二区"', '{ label = "二区"', 16, "缺少 values.id"),
        ('{ id = "b", label = "二区"', '{ id = "a", label = "二区"', 16, "id 重复: a"),
        ('name = "speed"', 'name = "server"', 14, "重复: server"),
        ('name = "speed"', 'name = "value"', 17, "不能叫 value"),
        ('id = "card"', 'id = "card"\ncolour = "red"', 4, "不认识的键: product.colour"),
        ('id = "card"\n', "", 2, "缺少 product.id"),
        ('name = "测试卡"', f'name = "{"长" * 101}"', 4, "product.name太长: 101 个字"),
        ('name = "测试卡"', "name = 7", 4, "product.name不是文字"),
        ('name = "测试卡"', 'name = "\\u0000"', 4, "product.name里有控制字符"),
        ('["一级", "二级"]', '["1", "2", "3", "4"]', 5, "product.category 应有 1 到 3 级"),
        ('["一级", "二级"]', "[]", 5, "product.category 应有 1 到 3 级"),
        ('["一级", "二级"]', '"一级"', 5, "product.category 应是一个列表"),
        ('"乙",', "3,", 6, "aliases 里的一项不是文字"),
        ('kind = "choice", label = "区服"', 'kind = "choice", label = "区服", pattern = "("', 14, "正则表达式有误"),
        ('kind = "choice", label = "区服"', 'kind = "choice", label = "区服", pattern = "(a+)+$"', 14, "太复杂"),
        ('kind = "choice", label = "区服"', 'kind = "choice", label = "区服", optional = "yes"', 14, "true 或 false"),
    ],
)
def test_each_mistake_is_named_with_its_line(
    check: Callable[[str], tuple[Problem, ...]], old: str, new: str, line: int, says: str
) -> None:
    assert old in GOOD

    problems = check(GOOD.replace(old, new, 1))

    assert [problem for problem in problems if problem.line == line and says in problem.message], problems
    assert len(problems) <= 5  # the mistake and what follows from it for the two SKUs


def test_a_second_product_of_the_same_id_names_both_lines(check: Callable[[str], tuple[Problem, ...]]) -> None:
    problems = check(GOOD + GOOD.replace('"C', '"D'))

    assert problems == (Problem(25, "product.id 重复: card (第 3 行已经用过)"),)
    assert str(problems[0]).startswith("第 25 行: ")


def test_every_problem_is_named_at_once_in_the_order_of_lines(check: Callable[[str], tuple[Problem, ...]]) -> None:
    spoiled = GOOD.replace('"9.90"', '"abc"').replace('"19.80"', '"-2"').replace('"card"\nnote', '"drone"\nnote')

    assert [problem.line for problem in check(spoiled)] == [10, 20, 21]


def test_tables_written_out_in_full_are_located_too(check: Callable[[str], tuple[Problem, ...]]) -> None:
    problems = check("""\
[[product]]
id = "a"
name = "a"
category = ["a"]
delivery = "card"

[[product.sku]]
code = "A1"
label = "1"
price = 1

  [[product.sku]]
  code = "A2"
  label = '2'
  "price" = "x"
""")

    assert problems == (Problem(15, "sku.price 不是金额: x"),)


def test_problems_beyond_the_limit_are_counted_not_listed(check: Callable[[str], tuple[Problem, ...]]) -> None:
    rows = "".join(f'  {{ code = "C{n}", label = "x", price = "-1" }},\n' for n in range(1000))
    problems = check(f'[[product]]\nid="a"\nname="a"\ncategory=["a"]\ndelivery="card"\nsku = [\n{rows}]\n')

    assert len(problems) == 201
    assert problems[-1] == Problem(0, "另有 800 处问题没有列出")


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b'[[product]]\nid = "a\n', 2, "TOML 写法有误"),
        (b"[[product]]\nid = [1,\n", 3, "文件到此结束"),
        (b'id = "a"\nid = "b"\n', 2, "TOML 写法有误"),
        (b"a = " + b"[" * 100_000, 0, "嵌套太深"),
        (b"a = " + b"9" * 5_000, 0, "TOML 写法有误"),
        ('id = "a"\nname = "话费"\n'.encode("gb18030"), 2, "看起来是 GBK"),
        ("id = 1".encode("utf-16"), 1, "看起来是 UTF-16"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\xff\xff", 1, "不是文本文件"),
        (b"\n\na\x00b", 3, "不是文本文件"),
        (b"", 1, "文件里没有商品"),
        (b"product = 3", 1, "应是一个列表"),
        (b"product = [3]", 1, "应是表格"),
        (b"[shop]\nname = 1\n[[product]]\n", 1, "不认识的键: shop"),
    ],
)
def test_what_is_no_catalog_at_all_is_refused_in_one_line(
    check: Callable[[bytes], tuple[Problem, ...]], content: bytes, line: int, says: str
) -> None:
    first = check(content)[0]

    assert first.line == line
    assert says in first.message
    assert "\n" not in first.message


def test_a_missing_file_and_one_too_big_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CatalogError, match="文件不存在"):
        read_catalog(tmp_path / "none.toml")
    with pytest.raises(CatalogError, match="文件读不了"):
        read_catalog(tmp_path)
    monkeypatch.setattr(files, "FILE_BYTES_MAX", 1000)
    with pytest.raises(CatalogError, match="文件太大"):
        read_catalog(DEMO)


def test_prices_may_be_numbers_that_are_exact_to_the_fen(tmp_path: Path) -> None:
    path = tmp_path / "catalog.toml"
    path.write_text(GOOD.replace('"9.90"', "9.9").replace('"19.80"', "20"), encoding="utf-8")

    assert [sku.price_fen for sku in read_catalog(path).products[0].skus] == [990, 2000]


def test_a_denomination_of_10_and_one_of_10_0_are_one_content(tmp_path: Path) -> None:
    versions = set()
    for value in ("10", "10.0", "10.5"):
        path = tmp_path / f"{value}.toml"
        path.write_text(GOOD.replace("value = 10", f"value = {value}"), encoding="utf-8")
        versions.add(read_catalog(path).version)

    assert len(versions) == 2


def test_a_catalog_of_a_hundred_thousand_skus_is_read_in_seconds(tmp_path: Path) -> None:
    rows = "".join(f'  {{ code = "S{n}", label = "{n}", value = {n}, price = "1.50" }},\n' for n in range(100_000))
    path = tmp_path / "big.toml"
    path.write_text(f'[[product]]\nid="a"\nname="a"\ncategory=["a"]\ndelivery="card"\nsku = [\n{rows}]\n', "utf-8")
    started = time.process_time()

    shelf = read_catalog(path)

    assert len(shelf.products[0].skus) == 100_000
    assert time.process_time() - started < 20  # of its own, about 2 s; quadratic would be minutes
