"""`make audit`: asks the package index what it knows of holes in the versions the lock files name.

Standard library alone. The index is the one pip is configured with; no address stands here. One question after the
other, with a pause between them; what fails in passing is asked again, later each time. ONLY="name name" asks about
these alone. Exit codes: 0 nothing known, 1 something is known, 3 the index could not be asked about everything.
"""

import argparse
import http.client
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

HERE = Path(__file__).resolve().parent
TIMEOUT_S = 20
ANSWER_BYTES_MAX = 20_000_000
PAUSE_S = 0.5
"""Between two questions: nobody waits for this, and the index serves others too."""
TRIES = 4
AGAIN_AFTER_S = float(os.environ.get("AGAIN_AFTER_S", "2.0"))
"""After the first failure that may pass (429, 5xx, no answer); twice as long each time, or what the index asks for."""
WAIT_S_MAX = 60.0
_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Known:
    """One known hole."""

    package: str
    version: str
    names: str
    fixed_in: str


@dataclass(frozen=True, slots=True)
class NotTold:
    """The index said nothing of this version."""

    package: str
    version: str
    why: str


def pinned(locks: list[Path]) -> dict[str, str]:
    """Every package of the lock files with its version."""
    return {name.lower(): version for lock in locks for name, version in _PINNED.findall(lock.read_text("utf-8"))}


def index() -> str:
    """Where the index's JSON answers lie, by pip's own configuration; beside its /simple, as on the public index."""
    asked = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    found = os.environ.get("PIP_INDEX_URL") or subprocess.run(asked, capture_output=True, text=True).stdout.strip()  # noqa: S603
    if not found:
        from pip._internal.models.index import PyPI

        found = PyPI.simple_url
    parts = urlsplit(found)
    path = parts.path.rstrip("/").removesuffix("/simple")
    return urlunsplit((parts.scheme, parts.netloc, path + "/pypi", "", ""))


def ask(url: str, wait: Callable[[float], None] = time.sleep) -> dict[str, Any] | str:
    """The index's answer, or why there is none: asked again, after a wait, while that may pass."""
    why = ""
    for nth in range(TRIES):
        again_after_s = AGAIN_AFTER_S * 2**nth
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310 - pip's own index
                told = json.loads(answer.read(ANSWER_BYTES_MAX))
                return told if isinstance(told, dict) else "no answer in JSON"
        except urllib.error.HTTPError as error:
            why, asked_for = f"HTTP {error.code}", error.headers.get("Retry-After", "")
            if error.code != http.client.TOO_MANY_REQUESTS and error.code < http.client.INTERNAL_SERVER_ERROR:
                return why
            again_after_s = float(asked_for) if asked_for.isdecimal() else again_after_s
        except ValueError:
            return "no answer in JSON"
        except (OSError, http.client.HTTPException) as error:
            why = type(error).__name__
        if nth + 1 < TRIES:
            wait(min(again_after_s, WAIT_S_MAX))
    return why


def look_at(base: str, package: str, version: str, wait: Callable[[float], None] = time.sleep) -> list[Known] | NotTold:
    """Ask about one version; an index that keeps only the newest one's answer is believed when that is ours."""
    told = ask(f"{base}/{quote(package)}/{quote(version)}/json", wait)
    if told == "HTTP 404":
        told = ask(f"{base}/{quote(package)}/json", wait)
    if isinstance(told, str):
        return NotTold(package, version, told)
    if told.get("info", {}).get("version") != version:
        return NotTold(package, version, f"the index answers for {told.get('info', {}).get('version')} only")
    if "vulnerabilities" not in told:
        return NotTold(package, version, "the index keeps no list of holes")
    return [
        Known(package, version, " ".join([one["id"], *one.get("aliases", [])]), ", ".join(one.get("fixed_in", [])))
        for one in told["vulnerabilities"]
        if not one.get("withdrawn")
    ]


def main(arguments: Sequence[str] = ()) -> int:
    """Ask about everything and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args(arguments)
    wanted = pinned(sorted(HERE.glob("*.lock")))
    if only := os.environ.get("ONLY", "").lower().split():
        wanted = {name: version for name, version in wanted.items() if name in only}
    base = index()
    answers = []
    for nth, (package, version) in enumerate(sorted(wanted.items()), start=1):
        if nth > 1:
            time.sleep(PAUSE_S)
        print(f"{nth}/{len(wanted)} {package} {version}", file=sys.stderr, flush=True)
        answers.append(look_at(base, package, version))
    holes = [hole for answer in answers if isinstance(answer, list) for hole in answer]
    silent = [answer for answer in answers if isinstance(answer, NotTold)]
    for hole in holes:
        print(f"{hole.package} {hole.version}: {hole.names} (fixed in {hole.fixed_in or 'no version yet'})")
    for one in silent:
        print(f"{one.package} {one.version}: cannot be told here: {one.why}", file=sys.stderr)
    print(f"{len(wanted)} packages: {len(holes)} known holes, {len(silent)} that could not be asked about")
    return 1 if holes else 3 if silent else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
