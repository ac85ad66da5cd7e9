"""The owner's files written from the console: in one piece, checked before, the one before kept beside it."""

import contextlib
import os
import tempfile
from pathlib import Path

from bot.config import AppConfig
from console.backroom import OwnerFile
from dialogs import faq, wording

KINDS = ("faq", "wording")
_BYTES_MAX = {"faq": faq.FILE_BYTES_MAX, "wording": wording.FILE_BYTES_MAX}


def file_of(app: AppConfig, kind: str) -> Path | None:
    """Where the configuration says it is."""
    return {"faq": app.faq_file, "wording": app.wording_file}[kind]


def is_ours(app: AppConfig, file: Path) -> bool:
    """Whether the console may write it: files elsewhere belong to whoever put them there."""
    try:
        return file.resolve().is_relative_to(app.data_dir.resolve())
    except OSError:
        return False


def look(app: AppConfig, kind: str) -> OwnerFile:
    """The file as it is now; an empty one where there is none."""
    file = file_of(app, kind)
    if file is None:
        return OwnerFile("", "", editable=False, has_before=False)
    try:
        with file.open("rb") as opened:
            content = opened.read(_BYTES_MAX[kind] + 1).decode("utf-8-sig", errors="replace")
    except OSError:
        content = ""
    return OwnerFile(content.replace("\r\n", "\n"), str(file), is_ours(app, file), _before(file).is_file())


def problems_of(kind: str, content: str) -> tuple[str, ...]:
    """What the check at the start would say."""
    if len(content.encode()) > _BYTES_MAX[kind]:
        return (f"文件最大 {_BYTES_MAX[kind] // 1024} KB",)
    try:
        faq.read(content) if kind == "faq" else wording.read(content)
    except (faq.FaqError, wording.WordingError) as error:
        return tuple(str(error).splitlines())
    return ()


def write(app: AppConfig, kind: str, content: str) -> None:
    """Put a checked file in the place of the one there, which is kept. Raises OSError."""
    file = file_of(app, kind)
    if file is None or not is_ours(app, file):
        raise PermissionError("not a file of the console's")
    file.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        _put(_before(file), file.read_bytes())
    _put(file, content.encode())


def undo(app: AppConfig, kind: str) -> bool:
    """Change the file with the one before. False: there is none. Raises OSError."""
    file = file_of(app, kind)
    if file is None or not is_ours(app, file):
        return False
    try:
        before = _before(file).read_bytes()
    except FileNotFoundError:
        return False
    write(app, kind, before.decode("utf-8-sig", errors="replace"))
    return True


def _before(file: Path) -> Path:
    return file.with_name(f"{file.name}.before")


def _put(file: Path, content: bytes) -> None:
    """Whoever reads it meanwhile sees the old one whole, or the new one whole."""
    number, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(number, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
