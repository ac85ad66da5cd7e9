"""The loop behind `kabot parse`: texts in, one frame as a JSON line out for each, in order."""

import io
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from rich.console import Console

from bot.commands.connecting import BadInputError
from bot.explaining import explain
from bot.lexicon import build_lexicon
from catalog.files import CatalogError, read_catalog
from nlu import Lexicon, Trace, frame_to_json, parse
from nlu.frame import Channel

MAX_LINE_CHARS = 65_536
"""A longer input line is not read as one message; the rest of it is skipped and it counts as bad."""
NOT_UTF8 = "not UTF-8"
_FOREIGN = re.compile("[\udc80-\udcff]")
"""How Python hands on bytes that are no UTF-8."""


def run(
    catalog_file: Path | None,
    channel: Channel,
    texts: Sequence[str],
    stdin: TextIO | None,
    stdout: TextIO,
    stderr: TextIO = sys.stderr,
    *,
    explains: bool = False,
) -> int:
    """Print one frame per text, or per JSON line of `stdin` when there are no texts. Gives the exit code.

    With `explains`, each frame comes after what it was read from: in colour on a terminal, plain otherwise.

    A bad input line or text is answered with an `unknown` frame, so that answers stay in step with what was asked, is
    named on `stderr`, and makes the exit code 2.
    """
    file = catalog_file or demo_catalog()
    try:
        lexicon = build_lexicon(read_catalog(file))
    except (CatalogError, OSError) as error:
        print("\n".join(f"kabot: {file}: {line}" for line in str(error).splitlines()), file=stderr)
        return 2
    bad = 0
    for where, heard in _given(texts, channel) if texts else _from_lines(stdin, channel):
        if isinstance(heard, str):
            bad += 1
            print(f"{where}: {heard}", file=stderr)
            heard = ("", channel)
        _answer(heard[0], heard[1], lexicon, stdout, explains)
    return 2 if bad else 0


def demo_catalog() -> Path:
    """Find the demo catalog that comes with the repository."""
    return Path(__file__).resolve().parent.parent.parent / "data" / "catalog.demo.toml"


def _answer(text: str, channel: Channel, lexicon: Lexicon, stdout: TextIO, explains: bool) -> None:
    trace = Trace() if explains else None
    frame = parse(text, lexicon, channel=channel, trace=trace)
    if trace is not None:
        explain(trace, frame, Console(file=stdout, highlight=False))
    print(json.dumps(frame_to_json(frame), ensure_ascii=False), file=stdout, flush=True)


def _given(texts: Sequence[str], channel: Channel) -> Iterator[tuple[str, tuple[str, Channel] | str]]:
    """The texts of the command line; a string says what is wrong with one."""
    for number, text in enumerate(texts, start=1):
        yield f"TEXT {number}", NOT_UTF8 if _FOREIGN.search(text) else (text, channel)


def _from_lines(stdin: TextIO | None, channel: Channel) -> Iterator[tuple[str, tuple[str, Channel] | str]]:
    """The messages of `stdin`, blank lines passed over; a string says what is wrong with a line."""
    if stdin is None:
        raise BadInputError("stdin is closed: give a TEXT, or JSON lines on stdin")
    if isinstance(stdin, io.TextIOWrapper):
        # JSON is UTF-8 whatever the terminal speaks; other bytes spoil their own line only.
        stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
    for number, line in _lines(stdin):
        if line is None:
            yield f"stdin, line {number}", f"longer than {MAX_LINE_CHARS} characters"
        elif line.strip():
            yield f"stdin, line {number}", _read(line.removeprefix("\ufeff") if number == 1 else line, channel)


def _lines(stdin: TextIO) -> Iterator[tuple[int, str | None]]:
    """Read numbered lines, None for one too long, never holding more than one bounded piece in memory."""
    number = 0
    while piece := stdin.readline(MAX_LINE_CHARS):
        number += 1
        whole = piece.endswith("\n") or len(piece) < MAX_LINE_CHARS
        rest = piece
        while rest and not rest.endswith("\n"):
            rest = stdin.readline(MAX_LINE_CHARS)
        yield number, piece if whole else None


def _read(line: str, channel: Channel) -> tuple[str, Channel] | str:
    """Read one input line; a string says what is wrong with it."""
    if _FOREIGN.search(line):
        return NOT_UTF8
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return "not JSON"
    if not isinstance(said, dict) or not isinstance(said.get("text"), str):
        return 'needs {"text": …} with a string'
    heard = channel if said.get("channel") is None else said["channel"]
    if heard not in ("text", "voice"):
        return 'channel must be "text" or "voice"'
    return said["text"], heard
