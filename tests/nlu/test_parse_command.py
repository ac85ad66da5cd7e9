"""The loop behind `kabot parse`."""

import io
import json
from pathlib import Path

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


def test_half_a_character_and_foreign_bytes_spoil_nothing_else() -> None:
    stdin = io.TextIOWrapper(
        io.BytesIO(b'{"text": "\xff\xfe"}\n{"text": "\\ud800 \xe8\xaf\x9d"}\n{"text": "hi"}\n'), "utf-8"
    )
    out = io.StringIO()
    assert run(None, "text", [], stdin, out) == 0
    out.getvalue().encode("utf-8")
    assert len(out.getvalue().splitlines()) == 3


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
