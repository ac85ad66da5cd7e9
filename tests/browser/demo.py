"""A real ``kabot demo`` under test: its processes, and a person at its chat page."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from playwright.sync_api import FrameLocator, Locator, Page, expect
from sqlalchemy import create_engine, text

from bot import embedded

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 120.0


@dataclass
class Demo:
    """``kabot demo`` on one data directory and one port, started and ended as often as a test likes."""

    home: Path
    port: int = field(default_factory=lambda: _free_port())
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "bot", "demo", "--port", str(self.port), "--data-dir", str(self.home)]

    def start(self) -> None:
        """Type the command and wait until it prints the address of the chat page."""
        log = self.home.with_suffix(".log")
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,  # Ctrl-C in the terminal of the tests is not for it
            )
        ends = time.monotonic() + READY_WITHIN_S
        while f"{self.url}/" not in log.read_text(encoding="utf-8"):
            assert self.process.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < ends, "the demo did not start"
            time.sleep(0.05)
        # Tests wait for no second that says nothing.
        self.faults(supplier_seconds=0.3)

    def ensure(self) -> "Demo":
        """Start it if it does not run."""
        if self.process is None or self.process.poll() is not None:
            self.start()
        return self

    def press_ctrl_c(self) -> int:
        """Interrupt it and give its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def kill_everything(self) -> None:
        """kill -9 of the supervisor and all it has started, database and Redis too, at once."""
        assert self.process is not None
        for pid in self.processes():
            _kill(pid)
        self.process.wait(60)
        self.wait_until_gone()

    def wait_until_gone(self, seconds: float = 60.0) -> None:
        ends = time.monotonic() + seconds
        while left := self.processes():
            assert time.monotonic() < ends, f"still there: {left}"
            time.sleep(0.05)

    def processes(self) -> dict[int, str]:
        """Everything that names the data directory in its command or environment, and their children: pid → command."""
        found, parents = {}, {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                command = (entry / "cmdline").read_bytes()
                told = command + (entry / "environ").read_bytes()
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if stat[0] == "Z":
                continue
            parents[int(entry.name)] = int(stat[1])
            if re.search(re.escape(os.fsencode(self.home)) + rb"(?![\w.-])", told):
                found[int(entry.name)] = command.replace(b"\0", b" ").decode(errors="replace")
        for pid, parent in sorted(parents.items()):
            if parent in found and pid not in found:
                found[pid] = f"child of {found[parent]}"
        return found

    def faults(self, **parts: object) -> None:
        """Set the fault panel over HTTP; None clears a part."""
        httpx.put(f"{self.url}/sandbox/api/faults", json=parts, timeout=60).raise_for_status()

    def wait_until_kept(self, words: str) -> None:
        """Wait until the stand-in WeChat has written these words of a chat down; it saves about once a second."""
        ends = time.monotonic() + 60
        while not any(words in file.read_text(encoding="utf-8") for file in (self.home / "sandbox").glob("*.json")):
            assert time.monotonic() < ends, "the sandbox saves nothing"
            time.sleep(0.05)

    def run_out_of_time(self, order_no: str) -> None:
        """Move the end of an unpaid order into the past, in the demo's own database."""
        with embedded.servers(self.home, embedded.EMBEDDED, embedded.EMBEDDED) as at:
            engine = create_engine(at.database_url)
            with engine.begin() as conn:
                moved = conn.execute(
                    text("UPDATE orders SET expires_at = now() - interval '2 min' WHERE order_no = :no"),
                    {"no": order_no},
                )
            engine.dispose()
        assert moved.rowcount == 1

    def follower(self, name: str) -> str:
        """Somebody new follows the account; gives his openid."""
        answer = httpx.post(f"{self.url}/sandbox/api/buyers", json={"name": name}, timeout=60)
        return str(answer.raise_for_status().json()["openid"])

    def say(self, openid: str, words: str, **more: str) -> str:
        """Without a browser: say something and give what the bot answers at once."""
        body = {"kind": "text", "content": words, **more}
        answer = httpx.post(f"{self.url}/sandbox/api/chat/{openid}/say", json=body, timeout=60)
        return "\n".join(one["content"] for one in answer.raise_for_status().json()["messages"] if one["from"] == "bot")

    def new_customer(self, page: Page, name: str) -> "Customer":
        """Somebody new follows the account, and his phone lies on the page."""
        return self.customer(page, self.follower(name))

    def customer(self, page: Page, openid: str) -> "Customer":
        """Somebody known, on a page opened afresh."""
        page.goto(self.url)
        customer = Customer(page, page.locator(f'.phone[data-openid="{openid}"]'))
        expect(customer.phone.locator(".theirs").first).to_be_visible()
        return customer


@dataclass
class Customer:
    """A person with one of the phones; does what a thumb can do."""

    page: Page
    phone: Locator

    @property
    def openid(self) -> str:
        return str(self.phone.get_attribute("data-openid"))

    @property
    def browser(self) -> FrameLocator:
        """The page open over the chat."""
        return self.phone.frame_locator("iframe")

    def hears(self, *words: str) -> str:
        """Wait for one message with all these words, and give it."""
        found = self.phone.locator(".theirs .bubble")
        for word in words:
            found = found.filter(has_text=word)
        expect(found.last).to_be_visible()
        return found.last.inner_text()

    def types(self, words: str) -> None:
        keyboard = self.phone.get_by_role("button", name="打开键盘")
        if keyboard.is_visible():
            keyboard.click()
        field = self.phone.get_by_label("输入消息")
        field.fill(words)
        field.press("Enter")
        expect(self.phone.locator(".mine .bubble").last).to_have_text(words)

    def taps(self, words: str) -> None:
        """Tap a link or an answer in the newest message that offers it."""
        self.phone.get_by_role("link", name=words).last.click()

    def picks(self, menu: str, entry: str) -> None:
        """Choose from the menu bar."""
        bar = self.phone.get_by_role("button", name="打开菜单")
        if bar.is_visible():
            bar.click()
        self.phone.get_by_role("button", name=menu, exact=True).click()
        self.phone.get_by_role("menuitem", name=entry).click()

    def speaks(self, words: str) -> None:
        """Send a voice message that WeChat has transcribed."""
        keyboard = self.phone.get_by_role("button", name="打开键盘")
        if keyboard.is_visible():
            keyboard.click()
        self.phone.get_by_role("button", name="语音", exact=True).first.click()
        self.phone.get_by_label("说了什么").fill(words)
        self.phone.get_by_role("button", name="发送语音").click()

    def confirms(self) -> str:
        """Tap 确认 under the summary; gives the order's number."""
        placed = self.phone.locator(".theirs .bubble").filter(has_text="下单成功")
        before = placed.count()
        self.taps("确认")
        expect(placed).to_have_count(before + 1)
        found = re.search(r"K\d{10,}", placed.last.inner_text())
        assert found
        return found.group()

    def opens_the_pay_page(self) -> FrameLocator:
        self.taps("点这里付款")
        expect(self.phone.get_by_role("dialog", name="内置浏览器")).to_be_visible()
        return self.browser

    def pays(self) -> FrameLocator:
        """Open the link, press the button, confirm WeChat's sheet; the page stays open."""
        self.opens_the_pay_page()
        self.answers_the_sheet("立即支付")
        return self.browser

    def answers_the_sheet(self, answer: str) -> None:
        self.browser.get_by_role("button", name=re.compile("立即支付|重新支付")).click()
        sheet = self.browser.get_by_role("dialog", name="微信支付")
        expect(sheet.locator(".amount")).to_contain_text("¥")
        sheet.get_by_role("button", name=answer, exact=True).click()
        expect(sheet).to_be_hidden()

    def sees(self, heading: str) -> None:
        """Wait until the page over the chat says this in large."""
        expect(self.browser.get_by_role("heading", name=heading, exact=True)).to_be_visible()

    def looks_at_the_order(self) -> list[str]:
        """From the result to the order's page; gives the card keys on it."""
        self.browser.get_by_role("link", name="查看订单").click()
        expect(self.browser.get_by_text("商户", exact=True)).to_be_visible()
        return self.browser.locator(".key code").all_inner_texts()

    def closes_the_page(self) -> None:
        self.phone.get_by_role("button", name="关闭页面").click()


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
