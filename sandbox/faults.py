"""The fault panel: what goes wrong next, in notices, pushes, files, at the supplier, at WeChat Pay, at the speech
service."""

from dataclasses import asdict, dataclass
from typing import Any

NOTICE = ("lose", "delay", "repeat", "forge")
FORGERIES = ("signature", "amount", "mchid", "serial", "signtest")
PUSH = ("45015", "45047", "5xx", "slow", "drop")
SUPPLIER = ("success", "failed", "processing", "timeout", "unknown", "garbage", "refused")
PAY = ("5xx", "slow", "429", "not_enough")
REFUND = ("closed", "abnormal", "processing")
MEDIA = ("gone", "5xx", "slow", "huge", "garbage", "speex")
SPEECH = ("5xx", "slow", "401", "garbage", "huge", "empty")

KINDS = {
    "notice": NOTICE,
    "push": PUSH,
    "supplier": SUPPLIER,
    "juhe": SUPPLIER,
    "pay": PAY,
    "refund": REFUND,
    "media": MEDIA,
    "speech": SPEECH,
}
NUMBERS = {"notice_speed": (0.01, 100_000.0), "supplier_seconds": (0.0, 86_400.0)}


class FaultError(ValueError):
    """The panel has no such fault."""


@dataclass(slots=True)
class Fault:
    kind: str
    times: int = -1
    seconds: float = 10.0
    """For delay and slow."""
    n: int = 3
    """For repeat: how often a notice comes in all."""
    forge: str = "signature"
    """For forge: what is wrong with it."""
    accepted: bool = True
    """For supplier timeout, unknown and garbage: whether the order was taken nevertheless."""
    on: str = ""
    """Strikes only what contains this: a pay call's `METHOD /path`, a push's body, a supplier's method, a notice's
    event type and number, a file's kind (`voice amr`, `voice amr-wb`)."""


@dataclass(slots=True)
class Faults:
    """The panel's state."""

    notice: Fault | None = None
    push: Fault | None = None
    supplier: Fault | None = None
    """The supplier 福禄; `juhe` is the other one."""
    juhe: Fault | None = None
    pay: Fault | None = None
    refund: Fault | None = None
    media: Fault | None = None
    speech: Fault | None = None
    notice_speed: float = 1.0
    supplier_seconds: float = 2.0
    bills_at_once: bool = False
    """Bills are there for today too, not only from 10:00 of the next day."""

    def take(self, part: str, said: str = "") -> Fault | None:
        """The fault that strikes this part now, counted down; None when all is well."""
        fault: Fault | None = getattr(self, part)
        if fault is None or (fault.on and fault.on not in said):
            return None
        if fault.times > 0:
            fault.times -= 1
            if fault.times == 0:
                setattr(self, part, None)
        return fault

    def as_json(self) -> dict[str, Any]:
        """The panel as the HTTP interface shows it."""
        return asdict(self)

    def change(self, wanted: dict[str, Any]) -> list[str]:
        """Apply a partial panel and return which parts changed. Raises FaultError, changing nothing."""
        new: dict[str, Any] = {}
        for name, value in wanted.items():
            if name in KINDS:
                new[name] = None if value is None else _fault(name, value)
            elif name in NUMBERS:
                low, high = NUMBERS[name]
                if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                    raise FaultError(f"{name}: a number from {low:g} to {high:g}")
                new[name] = float(value)
            elif name == "bills_at_once" and isinstance(value, bool):
                new[name] = value
            else:
                raise FaultError(f"no such part: {name[:40]}")
        for name, value in new.items():
            setattr(self, name, value)
        return list(new)


def _fault(part: str, value: Any) -> Fault | None:
    if isinstance(value, str | int):
        value = {"kind": str(value)}
    if not isinstance(value, dict):
        raise FaultError(f"{part}: an object with a kind, or null")
    kind = str(value.get("kind") or "")
    if kind in ("", "none", "off"):
        return None
    if kind not in KINDS[part]:
        raise FaultError(f"{part}: kind is one of {', '.join(KINDS[part])}")
    fault = Fault(kind)
    for name, type_, low, high in (("times", int, -1, 10_000), ("n", int, 1, 50), ("seconds", float, 0, 3_600)):
        if name in value:
            number = value[name]
            if isinstance(number, bool) or not isinstance(number, int | float) or not low <= number <= high:
                raise FaultError(f"{part}: {name} is a number from {low} to {high}")
            setattr(fault, name, type_(number))
    if fault.times == 0:
        return None
    fault.forge = str(value.get("forge", fault.forge))
    if fault.forge not in FORGERIES:
        raise FaultError(f"{part}: forge is one of {', '.join(FORGERIES)}")
    fault.accepted = value.get("accepted", True) is not False
    fault.on = str(value.get("on", ""))[:200]
    return fault
