"""A real Chromium, and a way to serve a Starlette app to it."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

import pytest
import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, expect, sync_playwright
from starlette.types import ASGIApp

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium from PATH. Without one: skipped, but a failure where CI=true, because CI skips nothing.

    For one module: while it lives, this thread has a running event loop, which no other test can stand.
    """
    path = next((found for name in CHROMIUMS if (found := shutil.which(name))), None)
    if path is None:
        reason = "browser tests need chromium or google-chrome on PATH"
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    expect.set_options(timeout=60_000)  # machines that test are busy
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A page as wide as a phone; anything a script throws or a policy forbids fails the test."""
    yield from page_of(browser, width=390, height=844)


@pytest.fixture
def desktop(browser: Browser) -> Iterator[Page]:
    """A page on a desktop screen, with the same strictness."""
    yield from page_of(browser, width=1440, height=900)


def fits(page: Page) -> None:
    """Assert that nothing is wider than the screen. A page just coming in has no document yet: it is waited for."""
    page.wait_for_load_state()
    wide, screen = page.locator("body").evaluate("() => [document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= screen, (page.url, wide, screen)


_SPARE: WeakKeyDictionary[Browser, list[Page]] = WeakKeyDictionary()
"""Pages that were cleared of what a test left: a new one is a new window and costs more than most tests."""


def page_of(browser: Browser, *, width: int, height: int) -> Iterator[Page]:
    """A page without a past, alone in its context."""
    spare = _SPARE.setdefault(browser, [])
    page = spare.pop() if spare else browser.new_context(locale="zh-CN").new_page()
    page.set_viewport_size({"width": width, "height": height})
    page.set_default_timeout(60_000)
    complaints: list[str] = []

    def thrown(error: Error) -> None:
        complaints.append(str(error))

    def logged(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            complaints.append(message.text)

    page.on("pageerror", thrown)
    page.on("console", logged)
    yield page
    page.remove_listener("pageerror", thrown)
    page.remove_listener("console", logged)
    try:
        _clear(page)
        spare.append(page)
    except Error:
        page.context.close()
    assert complaints == []


def _clear(page: Page) -> None:
    for other in page.context.pages:
        if other is not page:
            other.close()
    for frame in page.frames:
        if frame.url.startswith("http"):
            frame.evaluate("localStorage.clear(); sessionStorage.clear()")
    page.goto("about:blank")
    page.unroute_all()
    page.context.clear_cookies()
    page.context.clear_permissions()


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve the app on a free port of this machine from a thread; gives its base address."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 60
        while not server.started:
            if time.monotonic() > deadline or not thread.is_alive():
                raise RuntimeError("the test server did not start")
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        server.force_exit = True  # live event streams of open pages would hold it
        thread.join(timeout=60)
