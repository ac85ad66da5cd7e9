"""Print what kabot costs beside a plain WeRoBot bot, measured in one run on this machine. Nothing is asserted."""

import hashlib
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from threading import Thread
from urllib.parse import quote

import psutil
import redis
from sqlalchemy import make_url, text

from bot import embedded, migrations
from bot.database import make_engine
from catalog.files import read_catalog
from catalog.store import import_catalog
from tests.e2e.shop import DEMO, as_environment, eventually, open_shop

TOKEN = "benchtoken"
ROUNDS = 5
ORDERS = 96
WARM_UP = 40
PEERS = {
    "plain WeRoBot, robot.run()": ("run", "lost"),
    "the same behind waitress": ("waitress", "lost"),
    "… that writes the order into Redis": ("waitress", "kept"),
}


@dataclass(frozen=True)
class Manner:
    """How the messages come."""

    keep: bool
    """Over one connection, as from a proxy that keeps it; else over a new one each, as from WeChat itself and from
    nginx as it is delivered."""
    buyers: int
    """Who talk at the same time."""

    def __str__(self) -> str:
        talkers = "one buyer after the other" if self.buyers == 1 else f"{self.buyers} buyers at once"
        return f"{talkers}, {'one connection kept' if self.keep else 'a connection a message'}"


MANNERS = tuple(Manner(keep, buyers) for buyers in (1, 8) for keep in (True, False))


@dataclass(frozen=True)
class Bot:
    port: int
    path: str
    process: psutil.Process


PATIENCE_S = 15


class WeChat:
    """The pushing side: signed plain messages over one connection, or over a new one each, as WeChat itself does."""

    def __init__(self, port: int, path: str = "/wechat", *, token: str = TOKEN, keep: bool = True) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=10)
        self._path, self._token, self._keep = path, token, keep

    def say(self, openid: str, words: str) -> str:
        stamp, nonce = str(int(time.time())), secrets.token_hex(4)
        signature = hashlib.sha1("".join(sorted((self._token, stamp, nonce))).encode()).hexdigest()
        body = (
            f"<xml><ToUserName><![CDATA[gh_x]]></ToUserName><FromUserName><![CDATA[{openid}]]></FromUserName>"
            f"<CreateTime>{stamp}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
            f"<Content><![CDATA[{words}]]></Content><MsgId>{secrets.randbelow(10**18)}</MsgId></xml>"
        ).encode()
        target = f"{self._path}?signature={signature}&timestamp={stamp}&nonce={nonce}&openid={quote(openid)}"
        self._connection.request("POST", target, body, {"Content-Type": "text/xml"})
        answer = self._connection.getresponse().read().decode()
        if not self._keep:
            self._connection.close()
        return answer


def order(chat: WeChat) -> None:
    """One order in four turns. Buyer and number are new each time, so that nobody has the answer in a cache."""
    openid, phone = f"o{secrets.token_hex(12)}", f"13{secrets.randbelow(10**9):09}"
    for words in ("充话费", "100", phone):
        chat.say(openid, words)
    answer = chat.say(openid, "确认")
    if "/pay/" not in answer:
        raise SystemExit(f"no link to pay in: {answer}")


def cpu_s(processes: Sequence[psutil.Process]) -> float:
    """CPU seconds of these processes and their children so far. The scheduler's own count, where there is one: the
    clock ticks of ps are too coarse for a hundred turns."""
    total = 0.0
    for process in processes:
        for one in (process, *process.children(recursive=True)):
            threads = list(Path(f"/proc/{one.pid}/task").glob("*/schedstat"))
            if threads:
                total += sum(int(file.read_text().split()[0]) for file in threads) / 1e9
            else:
                times = one.cpu_times()
                total += times.user + times.system
    return total


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextmanager
def running(
    arguments: list[str], port: int, environment: dict[str, str], errors: int | None = None
) -> Iterator[psutil.Process]:
    """Run a server until its port answers; end it afterwards."""
    process = subprocess.Popen(arguments, env=os.environ | environment, stderr=errors)
    ends = time.monotonic() + PATIENCE_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.05)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(10)


def orders(bot: Bot, manner: Manner, number: int) -> None:
    """So many orders, shared among the buyers who talk at once."""

    def buyer() -> None:
        chat = WeChat(bot.port, bot.path, keep=manner.keep)
        for _ in range(number // manner.buyers):
            order(chat)

    if manner.buyers == 1:
        buyer()
        return
    with ThreadPoolExecutor(manner.buyers) as crowd:
        for done in [crowd.submit(buyer) for _ in range(manner.buyers)]:
            done.result()


def costs_of_a_turn(
    bots: dict[str, Bot], manner: Manner, shared: Sequence[Sequence[psutil.Process]]
) -> dict[str, list[tuple[float, float]]]:
    """CPU milliseconds a turn for each bot, quietest round and median: its own process, then each of the groups it
    uses. The bots take turns, so that each meets the machine in the same moods."""
    for bot in bots.values():
        orders(bot, manner, WARM_UP)
    rounds: dict[str, list[list[float]]] = {name: [] for name in bots}
    for _ in range(ROUNDS):
        for name, bot in bots.items():
            groups = ([bot.process], *shared)
            before = [cpu_s(group) for group in groups]
            orders(bot, manner, ORDERS)
            spent = zip(groups, before, strict=True)
            rounds[name].append([(cpu_s(group) - was) / (4 * ORDERS) * 1000 for group, was in spent])
    return {
        name: [(min(figures), median(figures)) for figures in zip(*found, strict=True)]
        for name, found in rounds.items()
    }


def print_costs(manner: Manner, costs: dict[str, list[tuple[float, float]]]) -> None:
    """One table: best round and, in brackets, median; and how many times the others' cost ours is."""
    print(f"CPU per turn, {manner}: ms")
    print(f"  {'':36} web           redis         sum           database   kabot beside it")
    mine = costs["kabot"]
    for name, (web, cache, database) in costs.items():
        row = "   ".join(f"{low:.2f} ({mid:.2f})" for low, mid in (web, cache, (web[0] + cache[0], web[1] + cache[1])))
        beside = "" if name == "kabot" else f"{(mine[0][0] + mine[1][0]) / (web[0] + cache[0]):.2f} times"
        print(f"  {name:36} {row}   {database[0]:8.2f}   {beside}", flush=True)


def latencies_ms(port: int, turns_per_s: int = 100, seconds: int = 8, threads: int = 8) -> list[float]:
    """Time of each turn at a steady rate, from when it was due (so that a stall is counted for all it holds up)."""
    found: list[float] = []
    began = time.perf_counter() + 0.2
    total = turns_per_s * seconds
    words = ("充话费", "100", "13812345678", "确认")

    def buyer(number: int) -> None:
        chat = WeChat(port)
        openid = ""
        for turn, k in enumerate(range(number, total, threads)):
            if turn % 4 == 0:
                openid = f"o{secrets.token_hex(12)}"
            due = began + k / turns_per_s
            time.sleep(max(0.0, due - time.perf_counter()))
            chat.say(openid, words[turn % 4])
            found.append((time.perf_counter() - due) * 1000)

    crowd = [Thread(target=buyer, args=(number,)) for number in range(threads)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    return found


def bench_turns(servers: embedded.Servers, folder: Path) -> None:
    """CPU per turn and latency, kabot beside the plain bot."""
    engine = make_engine(servers.database_url)
    migrations.upgrade(engine)
    with engine.begin() as conn:
        import_catalog(conn, read_catalog(DEMO))
        postmaster = psutil.Process(conn.scalar(text("SELECT pg_backend_pid()"))).parent()
    redis_path = "/" + re.sub(r"\?.*", "", servers.redis_url.removeprefix("unix://")).lstrip("/")
    redis_processes = [psutil.Process(redis.Redis.from_url(servers.redis_url).info("server")["process_id"])]
    port = free_port()
    environment = as_environment(
        {
            "wechat": {"mode": "plain", "token": TOKEN, "app_id": "wx1"},
            "store": {"database_url": servers.database_url},
            "redis": {"url": servers.redis_url},
            "app": {"data_dir": str(folder), "public_url": "http://shop.example", "log_level": "WARNING"},
        }
    )
    with ExitStack() as stack:
        ours = stack.enter_context(
            running([sys.executable, "-m", "bot", "serve", "--port", str(port)], port, environment)
        )
        bots = {"kabot": Bot(port, "/wechat", ours)}
        for name, how in PEERS.items():
            at = free_port()
            command = [sys.executable, "-m", "tests.bench.peer", redis_path, str(at), TOKEN, *how]
            bots[name] = Bot(at, "/", stack.enter_context(running(command, at, {}, subprocess.DEVNULL)))
        shared = (redis_processes, [postmaster] if postmaster else [])
        for manner in MANNERS:
            print_costs(manner, costs_of_a_turn(bots, manner, shared))
        spent = latencies_ms(port)
    print(
        f"turn at 100 turns/s, ms                 p50 {median(spent):.1f}   p99 {quantiles(spent, n=100)[98]:.1f}"
        f"   max {max(spent):.1f}"
    )


def bench_push(servers: embedded.Servers, folder: Path) -> None:
    """From the notice of a payment to the push with the card key, over the whole shop."""
    name = "bench_push"
    engine = make_engine(servers.database_url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text(f"CREATE DATABASE {name}"))
    url = make_url(servers.database_url).set(database=name).render_as_string(hide_password=False)
    migrations.upgrade(make_engine(url))
    with open_shop(url, servers.redis_url, folder) as shop:
        shop.stock("ST50", *(f"BENCH-{n:05d}" for n in range(120)), tmp=folder)
        for _ in range(100):
            buyer = shop.buyer()
            buyer.pay(buyer.order("steam卡50", "确认"))
        eventually(lambda: len(shop.query("SELECT 1 FROM push WHERE state = 'sent'")) >= 100, 30)
        spent = shop.query(
            "SELECT extract(epoch FROM p.sent_at - n.received_at) * 1000 FROM push p"
            " JOIN pay_notice n ON n.out_trade_no = p.order_no WHERE p.kind = 'keys' ORDER BY 1"
        )
    values = [float(value) for value in spent]
    p50, p99 = median(values), quantiles(values, n=100)[98]
    print(f"push after notice, {len(values)} orders, ms      p50 {p50:.0f}   p99 {p99:.0f}")


def bench_demo(folder: Path) -> None:
    """From the command to the first answer, and what everything holds in memory when idle."""
    port = free_port()
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "demo", "--port", str(port), "--data-dir", str(folder)], stdout=subprocess.DEVNULL
    )
    import httpx

    base = f"http://127.0.0.1:{port}"

    def answered() -> bool:
        try:
            openid = httpx.post(f"{base}/sandbox/api/buyers", json={}, timeout=2).json()["openid"]
            said = httpx.post(
                f"{base}/sandbox/api/chat/{openid}/say", json={"kind": "text", "content": "你好"}, timeout=6
            ).json()
        except (httpx.HTTPError, ValueError, KeyError):
            return False
        return any(m["from"] == "bot" for m in said["messages"])

    try:
        eventually(answered, 60)
        first_s = time.monotonic() - began
        time.sleep(20)  # idle is when pools have let go of what starting took
        everything = [
            one
            for one in psutil.process_iter(["cmdline"])
            if str(folder) in " ".join(one.info["cmdline"] or ()) or one.pid == process.pid
        ]
        family = {one.pid: one for top in everything for one in (top, *top.children(recursive=True))}
        rss = sum(one.memory_info().rss for one in family.values()) / 2**20
        pss = sum(one.memory_full_info().pss for one in family.values()) / 2**20
        print(f"kabot demo: first answer after          {first_s:.1f} s")
        print(f"idle memory, {len(family)} processes, MB         {pss:.0f} (shared pages once), {rss:.0f} as ps counts")
    finally:
        process.send_signal(2)
        process.wait(30)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="kabot-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        servers = embedded.join(folder / "servers")
        try:
            bench_turns(servers, folder)
            bench_push(servers, folder)
        finally:
            servers.leave()
        bench_demo(folder / "demo")


if __name__ == "__main__":
    main()
