"""Browsers in front of the console: on a desk and on a phone, and logging in."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import browser, fits, page_of, serving
from tests.console.conftest import PASSWORD

__all__ = ["browser", "desk", "fits", "logs_in", "page", "page_of", "phone", "serving"]
PHONE = 390


@pytest.fixture
def desk(browser: Browser) -> Iterator[Page]:
    yield from page_of(browser, width=1280, height=900)


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    yield from page_of(browser, width=PHONE, height=844)


@pytest.fixture(params=[PHONE, 1280], ids=["phone", "desk"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    yield from page_of(browser, width=request.param, height=844)


def logs_in(page: Page, address: str, name: str = "anna") -> None:
    """Open a page of the console and log in, which leads there."""
    page.goto(address)
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
