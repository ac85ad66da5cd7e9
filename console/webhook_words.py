"""What operators read of webhooks: what they tell of, and why one was not taken."""

import re
from collections.abc import Mapping
from types import MappingProxyType

EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "order.placed": "下单",
        "order.paid": "付款",
        "order.delivered": "全部交付",
        "order.refunded": "全部退款",
        "order.cancelled": "取消",
        "order.expired": "超时未付",
        "order.reopened": "完结后又打开",
        "line.delivered": "一行交付",
        "line.refunding": "一行开始退款",
        "line.refunded": "一行退款到账",
        "line.attention": "一行待人工",
        "case.opened": "工单提出",
        "case.answered": "工单答复",
        "case.closed": "工单关闭",
        "case.overdue": "工单超时",
    }
)
STATES: Mapping[str, str] = MappingProxyType(
    {"waiting": "等待发送", "sending": "正在发送", "delivered": "已送达", "failed": "已放弃"}
)
_PROBLEMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"answered 410 Gone"), "对方说永久停用（410）"),
    (re.compile(r"took nothing for 24 h: (.*)"), r"24 小时没有收下任何一条：\1"),
    (re.compile(r"answered (\d+)"), r"答复 \1"),
    (re.compile(r"no answer in time"), "没有按时答复（5 秒）"),
    (re.compile(r"no answer: (.*)"), r"没有答复（\1）"),
    (re.compile(r"its host cannot be found"), "找不到这个域名"),
    (re.compile(r"its host has no public address"), "域名指向内网地址"),
    (re.compile(r"certificate: (.*)"), r"证书不对：\1"),
    (re.compile(r"its secret opens under no app secret.*"), "签名密钥打不开，请更换"),
)


def event(kind: str) -> str:
    """What is told, in words."""
    return "测试" if kind == "kabot.test" else EVENTS.get(kind, kind)


def problem(said: str) -> str:
    """Why something was not taken, in words; a text nobody knows stays."""
    for pattern, words in _PROBLEMS:
        found = pattern.fullmatch(said)
        if found is not None:
            return found.expand(words) if not found.groups() else _inner(found, words)
    return said


def _inner(found: re.Match[str], words: str) -> str:
    return words.replace(r"\1", problem(found[1]))
