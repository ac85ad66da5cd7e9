"""The loop behind `kabot parse`."""

import io
import json
import os
from pathlib import Path

import pytest

from bot.cli import main
from bot.commands.parsing import run


def _run(lines: str, catalog: Path | None = None) -> tuple[int, list[dict[str, object]], str]:
    out, err = io.StringIO(), io.StringIO()
    code = run(catalog, "text", [], io.StringIO(lines), out, err)
    return code, [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue()


def test_texts_are_answered_in_order_one_line_each() -> None:
    out = io.StringIO()
    assert run(None, "text", ["你好", "话费50"], io.StringIO(), out) == 0
    frames = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [frame["intent"] for frame in frames] == ["greet", "order"]
    assert list(frames[1]) == ["intent", "index", "confidence", "items"]


def test_a_bad_line_is_named_and_the_answers_stay_in_step() -> None:
    code, frames, error = _run('{"text": "你好"}\n{"text": 5}\nnot json\n{"text": "谢谢", "channel": "voice"}\n')
    assert code == 2
    assert [frame["intent"] for frame in frames] == ["greet", "unknown", "unknown", "thanks"]
    assert "line 2" in error
    assert "line 3" in error


def test_a_huge_line_is_bounded_and_the_next_one_is_read() -> None:
    code, frames, error = _run('{"text": "' + "长" * 200_000 + '"}\n{"text": "你好"}\n')
    assert code == 2
    assert [frame["intent"] for frame in frames] == ["unknown", "greet"]
    assert "line 1" in error


def _piped(raw: bytes) -> tuple[int, list[str], list[str]]:
    """Bytes on a stdin whose terminal does not speak UTF-8."""
    out, err = io.StringIO(), io.StringIO()
    code = run(None, "text", [], io.TextIOWrapper(io.BytesIO(raw), "ascii"), out, err)
    out.getvalue().encode("utf-8")
    intents = [json.loads(line)["intent"] for line in out.getvalue().splitlines()]
    return code, intents, err.getvalue().splitlines()


def test_json_lines_are_utf8_whatever_the_terminal_speaks() -> None:
    assert _piped('{"text": "话费50"}\n{"text": "谢谢"}'.encode()) == (0, ["order", "thanks"], [])


def test_other_bytes_are_named_and_spoil_nothing_else() -> None:
    lines = b'{"text": "' + "你好".encode("gbk") + b'"}\n{"text": "\xff\xfe"}\n' + '{"text": "谢谢"}\n'.encode()
    said = ["stdin, line 1: not UTF-8", "stdin, line 2: not UTF-8"]
    assert _piped(lines) == (2, ["unknown", "unknown", "thanks"], said)


def test_half_a_character_written_as_an_escape_is_a_character_that_says_nothing() -> None:
    assert _piped(b'{"text": "\\ud800 \xe8\xaf\x9d"}\n{"text": "hi"}\n')[::2] == (0, [])


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    assert _piped(b"\xef\xbb\xbf" + '{"text": "你好"}\r\n{"text": "谢谢"}\r\n'.encode()) == (0, ["greet", "thanks"], [])


def test_a_channel_of_null_is_one_left_out() -> None:
    assert _run('{"text": "谢谢", "channel": null}')[0] == 0


def test_what_is_wrong_with_a_line_is_told_apart() -> None:
    *_, error = _run(
        '{"text": \n{"text": "' + "长" * 70_000 + '"}\n{"channel": "text"}\n{"text": "a", "channel": "fax"}\n'
    )
    assert [line.partition(": ")[2] for line in error.splitlines()] == [
        "not JSON",
        "longer than 65536 characters",
        'needs {"text": …} with a string',
        'channel must be "text" or "voice"',
    ]


def test_a_text_that_is_not_utf8_is_named_and_the_answers_stay_in_step() -> None:
    out, err = io.StringIO(), io.StringIO()
    assert run(None, "text", [os.fsdecode(b"\xb3\xe4100"), "谢谢"], io.StringIO(), out, err) == 2
    assert [json.loads(line)["intent"] for line in out.getvalue().splitlines()] == ["unknown", "thanks"]
    assert err.getvalue() == "TEXT 1: not UTF-8\n"


def test_a_closed_stdin_is_one_clear_word(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert main(["parse"]) == 2
    assert "stdin is closed" in capsys.readouterr().err


def test_a_missing_catalog_is_one_clear_line(tmp_path: Path) -> None:
    code, frames, error = _run("", tmp_path / "none.toml")
    assert (code, frames) == (2, [])
    assert "none.toml" in error
    assert error.count("\n") == 1


def _explained(*texts: str) -> list[str]:
    out = io.StringIO()
    assert run(None, "text", list(texts), io.StringIO(), out, explains=True) == 0
    return out.getvalue().splitlines()


def test_an_explanation_ends_in_the_same_frame_as_without_one() -> None:
    texts = ["给13812345678充50…不对充100", "好的", "会议室10点开始", "", "[b]不对[/b]"]
    frames = [json.loads(line) for line in _explained(*texts) if line.startswith("{")]
    plain = io.StringIO()
    run(None, "text", texts, io.StringIO(), plain)
    assert frames == [json.loads(line) for line in plain.getvalue().splitlines()]


def test_an_explanation_names_what_was_found_by_whom_and_what_was_dropped() -> None:
    shown = "\n".join(_explained("给13812345678充50…不对充100慢充，瑞幸咖啡券"))
    assert "account 13812345678 · by its digits" in shown
    assert "option speed=slow · as written" in shown
    assert "50  taken back" in shown
    assert "瑞幸咖啡券  off catalog" in shown


def test_an_explanation_shows_the_competing_intents_and_goods() -> None:
    shown = "\n".join(_explained("腾讯月卡"))
    assert "月卡 for qbi  cannot be one of its denominations" in shown
    assert "月卡 for txvip  1 → TX1" in shown
    assert shown.count("intent ") >= 3


def test_an_explanation_is_plain_where_there_is_no_terminal() -> None:
    assert "\x1b" not in "\n".join(_explained("爱其艺年卡"))
    assert "heard as 爱奇艺" in "\n".join(_explained("爱其艺年卡"))
