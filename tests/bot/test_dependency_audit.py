"""`make audit`: every locked version is asked about, one after the other, and what it could not hear of it says."""

import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

REQUIREMENTS = Path(__file__).parents[2] / "requirements"


@pytest.fixture
def audit(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(REQUIREMENTS))
    monkeypatch.delenv("ONLY", raising=False)
    sys.modules.pop("audit", None)
    import audit  # type: ignore[import-not-found]

    monkeypatch.setattr(audit, "PAUSE_S", 0.0)
    monkeypatch.setattr(audit, "AGAIN_AFTER_S", 0.0)
    yield audit
    sys.modules.pop("audit", None)


class Index:
    """What a package index answers: by path, a list of (status, headers, body), the last one for ever."""

    def __init__(self) -> None:
        self.answers: dict[str, list[tuple[int, dict[str, str], Any]]] = {}
        self.asked: list[str] = []
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                index.asked.append(self.path)
                given = index.answers.get(self.path, [(404, {}, {})])
                status, headers, body = given.pop(0) if len(given) > 1 else given[0]
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode() if not isinstance(body, bytes) else body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def says(self, package: str, version: str, *holes: str) -> None:
        known = [{"id": one, "aliases": [], "fixed_in": ["9.9"], "withdrawn": None} for one in holes]
        body = {"info": {"version": version}, "vulnerabilities": known}
        self.answers[f"/pypi/{package}/{version}/json"] = [(200, {}, body)]


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    index = Index()
    thread = Thread(target=index.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("PIP_INDEX_URL", f"{index.url}/simple")
    yield index
    index.server.shutdown()
    index.server.server_close()
    thread.join()


def test_every_locked_package_is_asked_about_once_with_its_version(
    audit: Any, index: Index, capsys: pytest.CaptureFixture[str]
) -> None:
    locked = audit.pinned(sorted(REQUIREMENTS.glob("*.lock")))
    lines = "\n".join(lock.read_text("utf-8") for lock in REQUIREMENTS.glob("*.lock")).split("\n")
    named = {line.split("==")[0].partition("[")[0].lower() for line in lines if "==" in line and line[0] not in " #"}
    assert set(locked) == named
    for package, version in locked.items():
        index.says(package, version)
    assert audit.main() == 0
    assert sorted(index.asked) == sorted(f"/pypi/{package}/{version}/json" for package, version in locked.items())
    told = capsys.readouterr()
    assert f"{len(locked)} packages: 0 known holes, 0 that could not be asked about" in told.out
    assert f"{len(locked)}/{len(locked)} " in told.err, "how far it is"


def test_a_known_hole_is_named_and_one_that_was_withdrawn_is_not(
    audit: Any, index: Index, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    version = audit.pinned(sorted(REQUIREMENTS.glob("*.lock")))["jinja2"]
    monkeypatch.setenv("ONLY", "Jinja2")
    index.says("jinja2", version, "HOLE-1")
    assert audit.main() == 1
    assert f"jinja2 {version}: HOLE-1 (fixed in 9.9)" in capsys.readouterr().out
    index.answers[f"/pypi/jinja2/{version}/json"][0][2]["vulnerabilities"][0]["withdrawn"] = "2026-01-01"
    assert audit.main() == 0


def test_what_fails_in_passing_is_asked_again_as_late_as_the_index_wants(audit: Any, index: Index) -> None:
    fine = {"info": {"version": "1.0"}, "vulnerabilities": []}
    index.answers["/pypi/x/1.0/json"] = [(429, {"Retry-After": "7"}, {}), (503, {}, {}), (200, {}, fine)]
    waited: list[float] = []
    assert audit.look_at(f"{index.url}/pypi", "x", "1.0", waited.append) == []
    assert waited == [7.0, 0.0]


@pytest.mark.parametrize(
    ("status", "body", "why", "times"),
    [
        (500, {}, "HTTP 500", 4),
        (403, {}, "HTTP 403", 1),
        (200, b"<html>", "no answer in JSON", 1),
        (200, {"info": {"version": "1.0"}}, "the index keeps no list of holes", 1),
        (200, {"info": {"version": "2.0"}, "vulnerabilities": []}, "the index answers for 2.0 only", 1),
    ],
)
def test_what_it_could_not_hear_of_is_never_taken_for_fine(
    audit: Any, index: Index, status: int, body: Any, why: str, times: int
) -> None:
    index.answers["/pypi/x/1.0/json"] = [(status, {}, body)]
    assert audit.look_at(f"{index.url}/pypi", "x", "1.0", lambda _: None) == audit.NotTold("x", "1.0", why)
    assert len(index.asked) == times


def test_an_index_that_knows_only_the_newest_version_is_believed_when_that_is_ours(audit: Any, index: Index) -> None:
    index.answers["/pypi/x/json"] = [(200, {}, {"info": {"version": "1.0"}, "vulnerabilities": []})]
    assert audit.look_at(f"{index.url}/pypi", "x", "1.0", lambda _: None) == []
    assert index.asked == ["/pypi/x/1.0/json", "/pypi/x/json"]


def test_an_index_that_is_away_is_said_to_be(audit: Any) -> None:
    found = audit.look_at("http://127.0.0.1:9/pypi", "x", "1.0", lambda _: None)
    assert isinstance(found, audit.NotTold)


def test_help_asks_nobody(audit: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "ask", lambda *_: pytest.fail("it asked"))
    with pytest.raises(SystemExit) as ended:
        audit.main(["--help"])
    assert ended.value.code == 0
    assert "make audit" in capsys.readouterr().out
