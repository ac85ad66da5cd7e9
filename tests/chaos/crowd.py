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
_NONE_LEFT = re.compile("没有货|售罄|只剩|卖完")
_PAID_AT_ONCE = re.compile("已用余额付款.*小额免确认")
_IMPATIENT = 0.25
"""So many of those who paid want their money back when they hear that a person looks at it first."""
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
        if self.openid:
            self._buy(until)
        self.ended = self.ended or "gave up"

    def _buy(self, until: float) -> None:
        if link := self._order(self.wants, until):
            self._pay(link, until)

    def _order(self, wants: str, until: float) -> str:
        """Say it until a link to pay comes ("": there is none left, or it was paid at 确认). Whoever gets no answer
        says it again."""
        while time.monotonic() < until:
            summary = self.say(wants)
            if _NONE_LEFT.search(summary):
                self.ended = "told that there is none"
                return ""
            if "确认" not in summary:
                time.sleep(self.dice.uniform(0.2, 1.5))
                continue
            said = self.say("确认")
            if "再回复一次" in said:  # a large order is confirmed twice
                said = self.say("确认")
            if _NONE_LEFT.search(said):
                self.ended = "told that there is none"
                return ""
            for _ in range(8):
                if link := _LINK.search(said):
                    self.links.append(link.group())
                    return link.group()
                if _PAID_AT_ONCE.search(said):
                    return ""
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
        if self.dice.random() < _IMPATIENT:
            self._take_back_what_is_held(until)

    def _take_back_what_is_held(self, until: float) -> None:
        """Wait a while for a word that a person looks at it, and want the money back then."""
        until = min(until, time.monotonic() + 20)
        while time.monotonic() < until:
            if "需要人工核对" in self._latest():
                self.say(self.dice.choice(("退款", "退到余额")))
                self.ended = "took a held order back"
                return
            time.sleep(self.dice.uniform(0.5, 2.0))

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
        return "\n".join(m["content"] for m in self._chat()[-2:] if m["from"] == "bot")

    def _chat(self) -> list[dict[str, Any]]:
        """The talk so far, as the phone shows it."""
        try:
            return list(self.http.get(f"/sandbox/api/chat/{self.openid}").json()["messages"])
        except (httpx.HTTPError, ValueError):
            return []

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


class Saver(Buyer):
    """Tops his balance up and pays from it: by a tap, on the page, at 确认, or at WeChat Pay at the same time."""

    def _buy(self, until: float) -> None:
        top_up = self._order(f"充值余额{self.dice.choice((50, 100, 200))}", until)
        params = self._insist(lambda: self._bridge(top_up), until) if top_up else None
        if not params or not self._insist(lambda: self._sheet(params, "ok"), until):
            self.ended = "could not top up"
            return
        way = self.dice.choice(("a tap", "the page", "one tap", "WeChat Pay beside it", "nothing"))
        balance = self._insist(self._has_a_balance, until)
        if not balance or balance == "0":
            self.ended = "topping up was refused" if balance else "saw no balance"
            return
        if way == "one tap":
            self._insist(lambda: self.say("开通小额免确认付款"), until)
        if way != "nothing":
            self._spend(way, until)
            if self.dice.random() < 0.2:
                self.say("退款")
        if self.dice.random() < 0.3:
            self._insist(self._withdraws, until)
        self.ended = self.ended or f"balance, then {way}"

    def _spend(self, way: str, until: float) -> None:
        link = self._order(self.wants, until)
        if not link:
            return
        pays: list[Callable[[], Any]] = [self._pays_by_page(link) if way == "the page" else self._taps]
        if way == "WeChat Pay beside it" and (params := self._insist(lambda: self._bridge(link), until)):
            pays.append(lambda: self._sheet(params, "ok"))
        threads = [threading.Thread(target=self._insist, args=(pay, until)) for pay in pays]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _has_a_balance(self) -> str | None:
        """Its amount; "0" where a person has refused it, and the money goes back."""
        time.sleep(self.dice.uniform(1, 3))
        found = re.search("您的余额：¥([0-9.]+)", self.say("余额"))
        if found and float(found[1]) > 0:
            return found[1]
        return "0" if any("为您退款" in line["content"] for line in self._chat()) else None

    def _taps(self) -> str | None:
        said = self.say("余额支付")
        return said if "已用余额付款" in said or "没有扣款" in said or "没有重复扣款" in said else None

    def _pays_by_page(self, link: str) -> Callable[[], str | None]:
        def pays() -> str | None:
            self.http.get(f"/wx/{self.openid}{link}", follow_redirects=True)
            answer = self.http.post(f"/wx/{self.openid}{link}/balance", json={})
            return answer.text if answer.status_code in (200, 409) else None

        return pays

    def _withdraws(self) -> str | None:
        self.say("余额提现")
        said = self.say("确认提现")
        return said if "正在按原路退款" in said or "没有可以退回" in said else None


def let_in(
    url: str, wants: Sequence[str], dice: random.Random, *, over_s: float, patience_s: float, saving: float = 0.0
) -> list[Buyer]:
    """Let one buyer in for each wish, spread over so many seconds; comes back when the last has done what he wants.
    The share `saving` of them keeps a balance and pays from it."""
    # One process plays the world for everybody: hundreds of calls at once would leave it no time to answer any.
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=48)
    with httpx.Client(base_url=url, timeout=30, limits=limits) as http:
        buyers = [
            (Saver if dice.random() < saving else Buyer)(http, random.Random(dice.random()), wish) for wish in wants
        ]
        threads = []
        begun = time.monotonic()
        for nth, buyer in enumerate(buyers):
            time.sleep(max(0.0, begun + over_s * nth / len(buyers) - time.monotonic()))
            threads.append(threading.Thread(target=buyer.live, args=(patience_s,), daemon=True))
            threads[-1].start()
        for thread in threads:
            thread.join(patience_s + 60)
    return buyers
