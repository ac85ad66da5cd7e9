"""make audit reads every lock file and tells known holes from what it could not ask about."""

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

AUDIT = Path(__file__).resolve().parents[2] / "requirements" / "audit.py"
HOLE = {"id": "PYSEC-1", "aliases": ["CVE-1"], "fixed_in": ["9.9"], "withdrawn": None}


class _Index(http.server.BaseHTTPRequestHandler):
    answers: dict[str, object]

    def do_GET(self) -> None:
        found = self.answers.get(self.path)
        self.send_response(404 if found is None else 200)
        self.end_headers()
        self.wfile.write(json.dumps(found).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def index() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Index) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/simple"
        server.shutdown()


def _audit(index: str, only: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PIP_INDEX_URL": index, "ONLY": only, "AGAIN_AFTER_S": "0.1", "no_proxy": "127.0.0.1"}
    return subprocess.run(
        [sys.executable, AUDIT], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_known_hole_is_named_with_the_version_that_has_none(index: str) -> None:
    lock = (AUDIT.parent / "run.lock").read_text("utf-8")
    starlette = lock.split("starlette==")[1].split()[0]
    jinja = lock.split("jinja2==")[1].split()[0]
    _Index.answers = {
        f"/pypi/starlette/{starlette}/json": {"info": {"version": starlette}, "vulnerabilities": [HOLE]},
        "/pypi/jinja2/json": {"info": {"version": jinja}, "vulnerabilities": []},
    }
    found = _audit(index, "starlette jinja2")
    assert found.returncode == 1
    assert f"starlette {starlette}: PYSEC-1 CVE-1 (fixed in 9.9)" in found.stdout
    assert "2 packages: 1 known holes, 0 that" in found.stdout
    assert _audit(index, "jinja2").returncode == 0


def test_what_the_index_does_not_tell_is_said_and_is_no_clean_result(index: str) -> None:
    _Index.answers = {
        "/pypi/jinja2/json": {"info": {"version": "0.0.1"}, "vulnerabilities": []},
        "/pypi/uvicorn/json": {"info": {"version": "0.0.1"}},
    }
    found = _audit(index, "starlette jinja2 uvicorn")
    assert found.returncode == 3
    assert found.stderr.count("cannot be told here") == 3
    away = _audit("http://127.0.0.1:1/simple", "jinja2")
    assert away.returncode == 3
