"""The loop behind `kabot parse`: texts in, one frame as a JSON line out for each, in order."""

import io
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from rich.console import Console

from bot.explaining import explain
from bot.lexicon import build_lexicon
from catalog.files import CatalogError, read_catalog
from nlu import Lexicon, Trace, frame_to_json, parse
from nlu.frame import Channel

MAX_LINE_CHARS = 65_536
"""A longer input line is not read as one message; the rest of it is skipped and it counts as bad."""


def run(
    catalog_file: Path | None,
    channel: Channel,
    texts: Sequence[str],
    stdin: TextIO,
    stdout: TextIO,
    stderr: TextIO = sys.stderr,
    *,
    explains: bool = False,
) -> int:
    """Print one frame per text, or per JSON line of `stdin` when there are no texts. Gives the exit code.

    With `explains`, each frame comes after what it was read from: in colour on a terminal, plain otherwise.

    A bad input line is answered with an `unknown` frame, so that answers stay in step with the lines, named on
    `stderr`, and makes the exit code 2.
    """
    file = catalog_file or demo_catalog()
    try:
        lexicon = build_lexicon(read_catalog(file))
    except (CatalogError, OSError) as error:
        print("\n".join(f"kabot: {file}: {line}" for line in str(error).splitlines()), file=stderr)
        return 2
    if texts:
        for text in texts:
            _answer(text, channel, lexicon, stdout, explains)
        return 0
    if isinstance(stdin, io.TextIOWrapper):
        stdin.reconfigure(errors="replace")  # bytes that are no UTF-8 spoil their own line only
    bad = 0
    for number, line in _lines(stdin):
        if not line.strip():
            continue
        heard = _read(line, channel)
        if isinstance(heard, str):
            bad += 1
            print(f"stdin, line {number}: {heard}", file=stderr)
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


def _lines(stdin: TextIO) -> Iterator[tuple[int, str]]:
    """Read numbered lines, never holding more than one bounded piece in memory."""
    number = 0
    while piece := stdin.readline(MAX_LINE_CHARS):
        number += 1
        whole = piece.endswith("\n") or len(piece) < MAX_LINE_CHARS
        while piece and not piece.endswith("\n"):
            piece_before, piece = piece, stdin.readline(MAX_LINE_CHARS)
            if not piece:
                piece = piece_before
                break
        yield number, piece if whole else '{"too long'


def _read(line: str, channel: Channel) -> tuple[str, Channel] | str:
    """Read one input line; a string says what is wrong with it."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return "not a JSON object (or longer than 65536 characters)"
    if not isinstance(said, dict) or not isinstance(said.get("text"), str):
        return 'needs {"text": …} with a string'
    heard = said.get("channel", channel)
    if heard not in ("text", "voice"):
        return 'channel must be "text" or "voice"'
    return said["text"], heard
