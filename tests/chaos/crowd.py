"""Buyers, each in a thread of his own: they order, pay, pay twice, change their minds, and repeat themselves."""

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

_LINK = re.compile(r"/pay/[A-Za-z0-9_-]+")
SLOW_S = 5.0
_BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux) Chrome/140"}


@dataclass
class Buyer:
    """One person with a phone, who wants one thing."""

    http: httpx.Client
    dice: random.Random
    wants: str
    openid: str = ""
    links: list[str] = field(default_factory=list)
    ended: str = ""
    hindrances: Counter[str] = field(default_factory=Counter)
    """What kept him from paying, each as often as he met it."""
    waited_s: float = 0.0

    def live(self, patience_s: float) -> None:
        """All of it: follow, order, pay."""
        until = time.monotonic() + patience_s
        self.openid = self._insist(lambda: self.http.post("/sandbox/api/buyers", json={}).json()["openid"], until) or ""
        link = self._order(until) if self.openid else ""
        if not link:
            self.ended = self.ended or "gave up"
            return
        self.links.append(link)
        self._pay(link, until)

    def _order(self, until: float) -> str:
        """Say it until a link comes. Whoever gets no answer says it again."""
        while time.monotonic() < until:
            summary = self.say(self.wants)
            if "没有货" in summary or "售罄" in summary or "只剩" in summary or "卖完" in summary:
                self.ended = "told that there is none"
                return ""
            if "确认" not in summary:
                time.sleep(self.dice.uniform(0.2, 1.5))
                continue
            said = self.say("确认")
            if "只剩" in said or "卖完" in said or "售罄" in said:
                self.ended = "told that there is none"
                return ""
            for _ in range(8):
                if link := _LINK.search(said):
                    return link.group()
                if said and "稍等" not in said:
                    break
                time.sleep(0.5)
                said = self._latest()
        return ""

    def _pay(self, link: str, until: float) -> None:
        """Open the page, and pay with what it gives; some twice, some never, some while they cancel."""
        mood = self.dice.choices(("pays", "twice", "cancels", "never", "first not"), (78, 7, 6, 5, 4))[0]
        if mood == "never":
            self.ended = "never paid"
            return
        sheets: list[Callable[[], str]] = []
        if mood == "twice" and (code := self._code(link)):
            sheets.append(lambda: self._scan(code))
        params = self._insist(lambda: self._bridge(link), until)
        if params is None:
            self.ended = "could not pay"
            return
        if not params:
            self.ended = "came too late to pay"
            return
        sheets.append(lambda: self._sheet(params, "ok"))
        if mood == "first not":
            self._insist(lambda: self._sheet(params, "cancel"), until)
        if mood == "cancels":
            sheets.append(lambda: self.say("取消"))
        threads = [threading.Thread(target=self._insist, args=(sheet, until)) for sheet in sheets]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.ended = mood

    def _bridge(self, link: str) -> dict[str, Any] | None:
        """What the page gives for paying; {} when it is too late for that, None when it may yet come."""
        page = self._ask("page", lambda: self.http.get(f"/wx/{self.openid}{link}", follow_redirects=True))
        if page.status_code != 200:
            return None
        answer = self._ask("sheet", lambda: self.http.post(f"/wx/{self.openid}{link}/jsapi"))
        if answer.status_code == 409 and "没有回应" not in answer.text:
            return {}
        return answer.json() if answer.status_code == 200 else None

    def _ask(self, what: str, ask: Callable[[], httpx.Response]) -> httpx.Response:
        """Ask, and remember what stood in the way."""
        begun = time.monotonic()
        try:
            answer = ask()
        except httpx.HTTPError as error:
            self.hindrances[f"{what}: {type(error).__name__}"] += 1
            raise
        if answer.status_code != 200:
            said = answer.json().get("error", "") if "json" in answer.headers.get("content-type", "") else ""
            self.hindrances[f"{what}: {answer.status_code} {said}".strip()] += 1
        if (waited_s := time.monotonic() - begun) > SLOW_S:
            self.hindrances[f"{what}: an answer after over {SLOW_S:.0f} s"] += 1
            self.waited_s += waited_s
        return answer

    def _sheet(self, params: dict[str, Any], outcome: str) -> str:
        if not params:
            return "closed"
        sheet = {"openid": self.openid, "outcome": outcome, **params}
        said = str(self.http.post("/sandbox/api/cashier", json=sheet).json().get("err_msg", ""))
        if outcome == "ok" and not said.endswith(":ok"):
            self.hindrances[f"cashier: {said or 'no answer'}"] += 1
        return said

    def _code(self, link: str) -> str:
        """What a second person scans: the code that the page shows on a computer. The world knows it by the order."""
        try:
            if self.http.get(f"{link}/qr.svg", headers=_BROWSER).status_code != 200:
                return ""
            return link
        except httpx.HTTPError:
            return ""

    def _scan(self, link: str) -> str:
        """Scan the newest code there is for a description like ours: the picture itself is not read here."""
        trades = self.http.get("/sandbox/api/transactions").json()["transactions"]
        code = next((t["code_url"] for t in trades if t["trade_type"] == "NATIVE" and t.get("code_url")), "")
        if not code:
            return link
        asked = {"openid": self.openid, "code_url": code, "outcome": "ok"}
        return str(self.http.post("/sandbox/api/scan", json=asked).json().get("err_msg", ""))

    def say(self, words: str) -> str:
        """What the bot answered at once; empty when nothing came."""
        try:
            asked = {"kind": "text", "content": words}
            answer = self.http.post(f"/sandbox/api/chat/{self.openid}/say", json=asked)
            return "\n".join(m["content"] for m in answer.json().get("messages", []) if m["from"] == "bot")
        except (httpx.HTTPError, ValueError):
            return ""

    def _latest(self) -> str:
        try:
            lines = self.http.get(f"/sandbox/api/chat/{self.openid}").json()["messages"]
        except (httpx.HTTPError, ValueError):
            return ""
        return "\n".join(m["content"] for m in lines[-2:] if m["from"] == "bot")

    def _insist(self, act: Callable[[], Any], until: float) -> Any:
        """Do it until it gives something."""
        while time.monotonic() < until:
            try:
                if (found := act()) is not None and found != "":
                    return found
            except (httpx.HTTPError, ValueError, KeyError):
                pass
            time.sleep(self.dice.uniform(0.3, 1.0))
        return None


def let_in(url: str, wants: Sequence[str], dice: random.Random, *, over_s: float, patience_s: float) -> list[Buyer]:
    """Let one buyer in for each wish, spread over so many seconds; comes back when the last has done what he wants."""
    # One process plays the world for everybody: hundreds of calls at once would leave it no time to answer any.
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=48)
    with httpx.Client(base_url=url, timeout=30, limits=limits) as http:
        buyers = [Buyer(http, random.Random(dice.random()), wish) for wish in wants]
        threads = []
        begun = time.monotonic()
        for nth, buyer in enumerate(buyers):
            time.sleep(max(0.0, begun + over_s * nth / len(buyers) - time.monotonic()))
            threads.append(threading.Thread(target=buyer.live, args=(patience_s,), daemon=True))
            threads[-1].start()
        for thread in threads:
            thread.join(patience_s + 60)
    return buyers
