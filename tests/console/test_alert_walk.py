"""A new waiting talk is heard and shown by the browser: permission given, sound running, another window in front."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Browser, Page, expect

from console import accounts
from console.roles import Role
from tests.bot.test_after_sale import WANG, Shop
from tests.console.conftest import PASSWORD
from tests.console.walking import browser, logs_in, serving
from tests.e2e.shop import eventually

__all__ = ["browser"]
PATIENCE_MS = 60_000
pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """In a context of its own: the permission and the windows are part of what is tested."""
    context = browser.new_context(locale="zh-CN")
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def _anna(shop: Shop) -> None:
    with shop.services.engine.begin() as conn:
        accounts.add(conn, "anna", PASSWORD, Role.OWNER, shop.clock.now())


def _asks_for_a_person(shop: Shop) -> None:
    shop.passes(1)
    shop.say("转人工")


def _told_of(page: Page) -> str:
    """The latest waiting message that this browser knows of; "0": that there is none."""
    return str(page.evaluate("localStorage.getItem('kabot.newest')"))


def _has(page: Page, name: str, value: str) -> None:
    expect(page.locator("main")).to_have_attribute(f"data-{name}", value, timeout=PATIENCE_MS)


def test_a_new_waiting_talk_rings_and_is_told_by_the_browser_and_an_old_one_is_not(shop: Shop, page: Page) -> None:
    with ThreadPoolExecutor(1) as elsewhere:  # this thread's event loop is the browser's
        elsewhere.submit(_anna, shop).result()
        with serving(shop.app) as base:
            page.context.grant_permissions(["notifications"], origin=base)
            logs_in(page, f"{base}/console/talks")
            eventually(lambda: _told_of(page) == "0")  # it has heard that nobody waits
            page.get_by_role("button", name="提醒：关").click()
            expect(page.get_by_role("button", name="提醒：开")).to_be_visible()
            _has(page, "rung", "1")
            _has(page, "sound", "running")

            # The operator is at another window: the very first talk that waits is heard, and shown by the browser.
            page.context.new_cdp_session(page).send("Emulation.setFocusEmulationEnabled", {"enabled": False})
            page.context.new_page().bring_to_front()
            eventually(lambda: not page.evaluate("document.hasFocus()"))
            elsewhere.submit(_asks_for_a_person, shop).result()
            _has(page, "rung", "2")
            _has(page, "noticed", "1")
            expect(page.locator("[data-waiting]").first).to_have_text("1")

            # In front of him it is heard alone.
            page.bring_to_front()
            eventually(lambda: page.evaluate("document.hasFocus()"))
            elsewhere.submit(lambda: (shop.passes(1), shop.say("转人工", WANG))).result()
            _has(page, "rung", "3")
            _has(page, "noticed", "1")

            # What he was told of does not ring again when he comes to another page, nor when he wants no alerts.
            page.reload()
            expect(page.locator("[data-waiting]").first).to_have_text("2")
            assert page.locator("main").get_attribute("data-rung") is None
            page.get_by_role("button", name="提醒：开").click()
            before = _told_of(page)
            elsewhere.submit(lambda: (shop.passes(1), shop.say("在吗", WANG))).result()
            eventually(lambda: _told_of(page) > before)
            assert page.locator("main").get_attribute("data-rung") is None
