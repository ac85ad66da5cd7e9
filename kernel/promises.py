"""How long a delivery may take by the words its buyer was told."""

import re
from datetime import timedelta

_AT_ONCE = re.compile(r"即时|立即|立刻|秒(?:到|充|发)|马上")
_SPAN = re.compile(
    r"(?:(\d{1,4})\s*[-~～到至]\s*)?(\d{1,4}|半)\s*个?(秒钟?|分钟?|小时|钟头|天|日|min|h)", re.IGNORECASE
)
_AFTER_ELSE = re.compile(r"(?<!付款)(?<!支付)(?<!下单)(?<!购买)(?:后|起)")
"""客服接单后1-3天: counted from something that we do not see."""
_VAGUE = re.compile(r"工作日|左右|以上|起步|不超过\D|T\+")
_SECONDS = {"秒": 1, "分": 60, "m": 60, "小": 3600, "钟": 3600, "h": 3600, "天": 86_400, "日": 86_400}


_BEGINS_AS_TIME = re.compile(
    r"(?:大?约|大概|一般|最快|最晚|付款后|下单后)?(?:[\d半几一两三]|当[天日]|当晚|次日|隔[天日]|[今明后][天日晚]|即时|立即|立刻|马上|随时|秒|T\+|工作日)"
)


def begins_as_time(eta: str) -> bool:
    """Whether 预计 can stand before it: 48小时内 and 当天送到, and not 现摘现发，48小时内 or 接单后1-3天."""
    return _BEGINS_AS_TIME.match(eta) is not None


def promised(eta: str) -> timedelta | None:
    """Read how long a delivery may take by the words the buyer was told (1-5分钟, 72小时内, 即时发卡), from the payment
    on; None where they promise nothing that can be measured."""
    if _AFTER_ELSE.search(eta) or _VAGUE.search(eta):
        return None
    spans = _SPAN.findall(eta)
    if not spans:
        return timedelta(0) if _AT_ONCE.search(eta) else None
    if len(spans) > 1:
        return None  # 白天10分钟，夜里2小时: which of them he was promised is not ours to choose
    [(_, upper, unit)] = spans
    seconds = _SECONDS[unit[0].lower()]
    return timedelta(seconds=seconds / 2 if upper == "半" else int(upper) * seconds)
