"""Reads a story file and plays it at the counter. How stories are written: tests/stories/README.md."""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from dialogs.effects import (
    AskRefund,
    CancelOrder,
    DropCase,
    Effect,
    EndHandoff,
    FindBalance,
    FindFavourites,
    FindOrders,
    OpenCase,
    OpenHandoff,
    PayFromBalance,
    PlaceOrder,
    Rate,
    SetOneTap,
    TopUp,
    Withdraw,
)
from dialogs.facts import PaidTwice
from dialogs.turn import Followed, Linked, Pressed, Reply, Showed
from kernel.hours import parse_hours
from kernel.money import format_yuan
from kernel.orders import LineState
from tests.stories.counter import Counter

_KINDS = {"图片": "image", "语音": "voice", "视频": "video", "位置": "location", "链接": "link", "文件": "file"}
_STATES = {
    "已付款": LineState.WAITING,
    "处理中": LineState.DELIVERING,
    "已完成": LineState.DELIVERED,
    "退款中": LineState.REFUNDING,
    "已退款": LineState.REFUNDED,
}
_TAGS = re.compile(r"<a [^>]*>|</a>")


@dataclass(frozen=True, slots=True)
class Story:
    """One transcript."""

    title: str
    lines: tuple[tuple[int, str, str], ...]
    """(line number, who, what)."""


def read_stories(path: Path) -> list[Story]:
    """Stories stand below their titles (## …)."""
    stories: list[Story] = []
    title, lines = "", []
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.strip()
        if line.startswith("## "):
            if lines:
                stories.append(Story(title, tuple(lines)))
            title, lines = line.removeprefix("## "), []
        elif line and not line.startswith("#"):
            parts = re.split("[:：]", line, maxsplit=1)
            assert len(parts) == 2, f"{path.name}:{number}: {line}"
            lines.append((number, parts[0].strip(), parts[1].strip()))
    if lines:
        stories.append(Story(title, tuple(lines)))
    return stories


def play(story: Story, counter: Counter) -> None:
    """Play a story; AssertionError says at which line it went another way."""
    reply = Reply()
    for number, who, what in story.lines:
        where = f"line {number} ({who}: {what})"
        match who:
            case "顾客":
                reply = counter.says(what.replace("\\n", "\n"))
            case "顾客语音":
                reply = counter.says(what, "voice")
            case "顾客点菜单":
                reply = counter.hears(Pressed(what))
            case "顾客发来":
                reply = counter.hears(Showed(_KINDS.get(what, "other")))  # type: ignore[arg-type]
            case "顾客发链接":
                title, _, url = what.partition("|")
                reply = counter.hears(Linked(title.strip(), url.strip()))
            case "顾客关注":
                reply = counter.hears(Followed(what, first=True))
            case "顾客扫码":
                reply = counter.hears(Followed(what, first=False))
            case "机器人":
                _said(reply, what, where)
            case "机器人不说":
                shown = _shown(reply)
                assert all(part not in shown for part in _parts(what)), f"{where}\nsaid: {shown}"
            case "机器人沉默":
                assert reply == Reply(), f"{where}\nsaid: {reply}"
            case "发卡密":
                assert [str(no) for no in reply.keys_of] == what.split(), f"{where}\nkeys of: {reply.keys_of}"
            case "结果":
                _done(counter.effects, what, where)
            case "店里":
                _happens(counter, what)
            case _:
                raise AssertionError(f"{where}: 不认识的行")


def _parts(what: str) -> list[str]:
    return [part.strip() for part in what.split("|")]


def _shown(reply: Reply) -> str:
    return _TAGS.sub("", reply.text)


def _said(reply: Reply, what: str, where: str) -> None:
    for part in _parts(what):
        seen = reply.text if "/pay/" in part or "/orders/" in part else _shown(reply)
        assert part in seen, f"{where}\nmissing: {part}\nsaid: {_shown(reply)}"
    assert len(reply.text.encode()) <= 2048, where


def _done(effects: list[Effect], what: str, where: str) -> None:
    found = [words for words in map(_effect, effects) if words]
    assert found == ([] if what == "无" else _parts(what)), f"{where}\nhappened: {found or '无'}"


def _effect(effect: Effect) -> str:
    match effect:
        case PlaceOrder(lines=lines):
            return "下单 " + " + ".join(
                " ".join([line.sku, f"×{line.quantity}", f"¥{format_yuan(line.total_fen)}", *line.fields.values()])
                for line in lines
            )
        case CancelOrder(order_no=order_no):
            return f"取消订单 {order_no[-1]}"
        case OpenHandoff(reason=reason):
            return f"转人工 {reason}"
        case EndHandoff():
            return "结束人工"
        case OpenCase(kind=kind, order_no=order_no, line_id=line_id):
            return f"开单 {kind.value} {order_no[-1]}" + (f"-{line_id}" if line_id else "")
        case DropCase(case_id=case_id):
            return f"撤单 S{case_id:05d}"
        case AskRefund(order_no=order_no, line_id=line_id, units=units):
            of_it = f" {units}份" if units else ""
            where = "退到余额" if effect.to_balance else "退款"
            return f"{where} {order_no[-1]}" + (f"-{line_id}" if line_id and not units else "") + of_it
        case Rate(order_no=order_no, stars=stars):
            return " ".join(part for part in ("评价", (order_no or "")[-1:], str(stars or "")) if part)
        case TopUp(amount_fen=amount_fen):
            return f"充余额 ¥{format_yuan(amount_fen)}"
        case PayFromBalance(order_no=named):
            return f"余额支付 {named[-1]}" if named is not None else "余额支付"
        case SetOneTap(on=on):
            return "开通免确认" if on else "关闭免确认"
        case Withdraw():
            return "提现"
        case FindOrders() | FindFavourites() | FindBalance():
            return ""


def _happens(counter: Counter, what: str) -> None:
    """What goes on in the shop between two messages."""
    if match := re.fullmatch(r"过了(\d+)分钟", what):
        counter.passes(timedelta(minutes=int(match[1])))
    elif match := re.fullmatch(r"(\w[\w-]*) 只剩(\d+)", what):
        counter.stock[match[1]] = int(match[2])
    elif what == "最近的订单多付了一笔":
        latest = counter.orders[0]
        counter.paid_twice.append(PaidTwice(latest.order_no, latest.total_fen, back=False))
    elif what == "最近的订单付款后等人工核对":
        counter.hold()
    elif match := re.fullmatch(r"最近的订单(.+)", what):
        counter.settle(_STATES[match[1]])
    elif match := re.fullmatch(r"余额有(\d+)元", what):
        counter.keeps(int(match[1]) * 100)
    elif what == "价格变了":
        counter.moved = True
    elif match := re.fullmatch(r"客服时间(.+)", what):
        counter.hours = parse_hours(match[1], "Asia/Shanghai")
    elif match := re.fullmatch(r"前面有(\d+)位", what):
        counter.waiting = int(match[1])
    elif what == "充值还没提交":
        counter.supplier_asked = False
    elif what in ("大额要再确认", "这单不接", "都照常接"):
        counter.asks_again, counter.declines = what == "大额要再确认", what == "这单不接"
    elif what == "微信客服在线":
        counter.transfers = True
    else:
        raise AssertionError(f"不认识: {what}")
