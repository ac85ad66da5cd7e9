"""Contract parts 1, 2 and 4: the commands, their exit codes and their one line on stderr."""

import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from tests.contracts.outside import APP_SECRET, CATALOG, Shop, kabot


def run(*args: str, stdin: str | None = None, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **env}
    return subprocess.run(
        [kabot(), *args], input=stdin, text=True, capture_output=True, cwd=cwd, env=clean, timeout=120, check=False
    )


def said(
    *args: str, stdin: str = "", env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """What `run` tells, without a process that would first load the whole program: the same entry point, streams,
    folder and settings. Only for what ends by itself; that the script is this entry point is seen by those who `run`.
    """
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("KABOT_")]:
            patch.delenv(name)
        for name, value in (env or {}).items():
            patch.setenv(name, value)
        if cwd is not None:
            patch.chdir(cwd)
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8"))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        code = main(list(args))
    told = []
    for stream in (out, err):
        stream.seek(0)
        told.append(stream.read())
    return subprocess.CompletedProcess(args, code, *told)


def of(shop: Shop, *args: str, **more: str) -> subprocess.CompletedProcess[str]:
    """What a command tells of this shop; `more` are settings."""
    return said(*args, env=shop.env | more, cwd=shop.root)


def frames(*args: str, stdin: str = "") -> list[dict[str, Any]]:
    done = said("parse", "--catalog", str(CATALOG), *args, stdin=stdin)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def refused(done: subprocess.CompletedProcess[str], *named: str) -> None:
    """Exit code 2, nothing on stdout, one line on stderr that names everything in `named`."""
    assert (done.returncode, done.stdout) == (2, ""), done
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert all(part in done.stderr for part in named), done.stderr


def with_change(tmp_path: Path, old: str, new: str) -> tuple[Path, int]:
    """The catalog with one thing changed, and the line it stands on."""
    text = CATALOG.read_text()
    assert text.count(old) == 1
    file = tmp_path / "changed.toml"
    file.write_text(text.replace(old, new))
    return file, text[: text.index(old)].count("\n") + 1


def test_a_good_catalog_checks() -> None:
    assert run("catalog", "check", str(CATALOG)).returncode == 0


def test_a_bad_catalog_ends_the_process_with_2(tmp_path: Path) -> None:
    file, line = with_change(tmp_path, '"29.40"', '"-1.00"')
    refused(run("catalog", "check", str(file)), str(file), str(line), "-1.00")


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('"58.88"', '"58.888"', "58.888"),
        ('code = "XH60"', 'code = "XH30"', "XH30"),
        ('kind = "uid"', 'kind = "uidd"', "uidd"),
        ('delivery = "parcel"', 'delivery = "parcels"', "parcels"),
        ('default = "now"', 'default = "never"', "never"),
        ("min = 5, max = 800", "min = 500, max = 80", "500"),
        ('pattern = "^77[0-9]{14}$"', 'pattern = "("', "pattern"),
        ('eta = "3天"', 'etaa = "3天"', "etaa"),
    ],
)
def test_a_bad_catalog_is_named_by_file_line_and_cause(tmp_path: Path, old: str, new: str, named: str) -> None:
    file, line = with_change(tmp_path, old, new)
    refused(said("catalog", "check", str(file)), str(file), str(line), named)


@pytest.mark.parametrize("args", [("catalog", "check"), ("parse", "--catalog")])
def test_a_missing_catalog_is_named(tmp_path: Path, args: tuple[str, ...]) -> None:
    refused(said(*args, str(tmp_path / "nowhere.toml")), "nowhere.toml")


@pytest.mark.parametrize(
    "args",
    [
        ("catalog", "check"),
        ("keys", "import", "XH60"),
        ("reconcile",),
        ("reconcile", "--date", "2026-13-01"),
        ("parse", "--channel", "smell", "x"),
    ],
)
def test_bad_usage_exits_with_2_and_one_line(args: tuple[str, ...]) -> None:
    refused(said(*args))


@pytest.mark.parametrize("args", [("sell",), ("serve", "--port", "99999")])
def test_bad_usage_ends_the_process_with_2_and_one_line(args: tuple[str, ...]) -> None:
    refused(run(*args))


@pytest.mark.parametrize(
    "command",
    [
        "demo",
        "serve",
        "worker",
        "parse",
        "catalog",
        "keys import",
        "migrate",
        "backup",
        "restore",
        "menu publish",
        "reconcile",
        "doctor",
    ],
)
def test_every_command_has_help(command: str) -> None:
    done = said(*command.split(), "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Usage: kabot {command}" in done.stdout


def test_the_script_has_help() -> None:
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage" in done.stdout


def test_python_m_bot_is_the_same_script(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "parse", "--catalog", str(CATALOG), "谢谢"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert json.loads(done.stdout)["intent"] == "thanks"


def test_a_frame_is_written_as_the_contract_says() -> None:
    (frame,) = frames("充50 13812345678")
    assert list(frame) == ["intent", "index", "confidence", "items"]
    assert frame["intent"] == "order"
    assert 0 < frame["confidence"] <= 1
    assert frame["items"] == [
        {
            "product": "tonghua",
            "candidates": [],
            "sku": "TH50",
            "value": 50,
            "quantity": 1,
            "options": {"pace": "now"},
            "fields": {"mobile": "13812345678"},
            "invalid": {},
            "missing": [],
        }
    ]


def test_frames_know_a_catalog_by_its_entries_alone() -> None:
    bare, ten, both, any_value, out_of_range, choice, zone, card = frames(
        "光影会员月卡",
        "话费50 手机号1381234567",
        "给13812345678和13987654321各充50",
        "绿豆200个 QQ 123456",
        "绿豆2个 QQ 123456",
        "光影会员直充季卡 账号 13812345678 平板",
        "仙境300月石",
        "加油卡500 卡号8812345678901234",
    )
    assert (bare["items"][0]["product"], bare["items"][0]["missing"]) == (None, ["product"])
    assert set(bare["items"][0]["candidates"]) == {"guangying", "guangying_direct"}
    assert (ten["items"][0]["fields"], ten["items"][0]["invalid"]) == ({}, {"mobile": "1381234567"})
    assert ten["items"][0]["missing"] == ["mobile"]
    assert [item["fields"]["mobile"] for item in both["items"]] == ["13812345678", "13987654321"]
    assert (any_value["items"][0]["sku"], any_value["items"][0]["value"]) == ("LD", 200)
    assert (out_of_range["items"][0]["sku"], out_of_range["items"][0]["missing"]) == (None, ["value"])
    assert choice["items"][0]["fields"] == {"account": "13812345678", "screen": "pad"}
    assert (zone["items"][0]["sku"], zone["items"][0]["missing"]) == (None, ["zone", "role"])
    assert (card["items"][0]["fields"], card["items"][0]["missing"]) == ({}, ["card"])


def test_parse_answers_every_line_in_order() -> None:
    lines = [
        {"text": "星海60"},
        {"text": ""},
        {"text": "星海六十", "channel": "voice"},
        {"text": "选3", "channel": "text"},
    ]
    got = frames(stdin="".join(json.dumps(line) + "\n" for line in lines))
    assert [frame["intent"] for frame in got] == ["order", "unknown", "order", "choose"]
    assert [got[0]["items"][0]["sku"], got[2]["items"][0]["sku"], got[3]["index"]] == ["XH60", "XH60", 3]


def test_parse_goes_on_after_a_bad_line_and_exits_with_2() -> None:
    done = run("parse", "--catalog", str(CATALOG), stdin='{"text": "谢谢"}\nnot json\n{"text": 5}\n{"text": "你好"}\n')
    assert [json.loads(line)["intent"] for line in done.stdout.splitlines()] == [
        "thanks",
        "unknown",
        "unknown",
        "greet",
    ]
    assert done.returncode == 2
    assert ["line 2" in done.stderr, "line 3" in done.stderr, len(done.stderr.splitlines())] == [True, True, 2]


def test_ten_thousand_lines_load_the_catalog_once() -> None:
    begun = time.monotonic()
    got = frames(stdin="".join(json.dumps({"text": f"星海60 {i % 9 + 1}张"}) + "\n" for i in range(10_000)))
    assert [frame["items"][0]["quantity"] for frame in got] == [i % 9 + 1 for i in range(10_000)]
    assert time.monotonic() - begun < 200, "loading it for each would take an hour"


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("[pay]\norder_ttl_minutes = 9\nbogus = 1\n", "bogus"),
        ("[wechat]\nmode = 'odd'\n", "mode"),
        ("[app\n", "own.toml"),
    ],
)
def test_an_unknown_or_wrong_setting_is_an_error_that_names_it(tmp_path: Path, written: str, named: str) -> None:
    file = tmp_path / "own.toml"
    file.write_text(written)
    refused(run("worker", KABOT_CONFIG=str(file), cwd=tmp_path), "own.toml", named)


@pytest.mark.parametrize("name", ["KABOT_BOGUS__X", "KABOT_SUPPLIER__FULU__BOGUS"])
def test_an_unknown_variable_is_an_error_that_names_it(tmp_path: Path, name: str) -> None:
    refused(run("worker", cwd=tmp_path, **{name: "1"}), name)


def test_importing_a_catalog_again_changes_nothing(shop: Shop) -> None:
    again, migrated = of(shop, "catalog", "import", str(CATALOG)), of(shop, "migrate")
    assert (again.returncode, migrated.returncode, migrated.stdout != "") == (0, 0, True), (again, migrated)
    assert re.findall(r"added 0, changed 0, unchanged (\d+)", again.stdout) == ["20"]


def test_keys_come_from_text_and_csv_and_are_counted(shop: Shop, tmp_path: Path) -> None:
    text, table = tmp_path / "k.txt", tmp_path / "k.csv"
    text.write_bytes("﻿k-n1,k-s1\r\nk-s2\r\n\r\nk-n1,k-s1\r\n".encode())
    table.write_text("number,secret\nk-n3,k-s3\nk-n4,k-s4\n")
    told = [of(shop, "keys", "import", "XH120", str(file)) for file in (text, text, table, table)]
    assert [(done.returncode, done.stdout.strip()) for done in told] == [
        (0, "imported 2, duplicate 1, invalid 0"),
        (0, "imported 0, duplicate 3, invalid 0"),
        (0, "imported 2, duplicate 0, invalid 0"),
        (0, "imported 0, duplicate 2, invalid 0"),
    ]


def test_keys_for_the_wrong_sku_or_from_no_file_are_refused(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "k.txt"
    file.write_text("a\n")
    refused(of(shop, "keys", "import", "NOPE", str(file)), "NOPE")
    refused(of(shop, "keys", "import", "TH50", str(file)), "TH50")
    refused(of(shop, "keys", "import", "XH60", str(tmp_path / "none.txt")), "none.txt")


def test_the_doctor_says_what_to_mend(shop: Shop) -> None:
    well = of(shop, "doctor")
    assert (well.returncode, "✗" in well.stdout) == (0, False), well
    ill = of(shop, "doctor", KABOT_PAY__CERT_SERIAL="OTHER")
    assert ill.returncode == 1
    assert [line.split()[0] for line in ill.stdout.splitlines() if "✗" in line] == ["微信支付"]
    assert APP_SECRET not in ill.stdout + ill.stderr


def test_the_menu_is_published_within_wechats_limits(shop: Shop) -> None:
    shop.ok("menu", "publish")
    top = shop.account.menus[-1]["button"]
    assert 1 <= len(top) <= 3
    assert all(1 <= len(button["sub_button"]) <= 5 and len(button["name"].encode()) <= 16 for button in top)
    leaves = [leaf for button in top for leaf in button["sub_button"]]
    assert {"self_order", "my_orders", "human", "help"} <= {leaf["key"] for leaf in leaves}
    assert all(len(leaf["name"].encode()) <= 60 and len(leaf["key"].encode()) <= 128 for leaf in leaves)


def test_a_backup_holds_no_key_in_clear_and_goes_into_no_shop_that_has_something(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "shop.backup"
    shop.ok("backup", str(file))
    assert b"XH-SECRET" not in file.read_bytes()
    refused(of(shop, "restore", str(file)), str(file))
